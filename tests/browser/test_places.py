"""A resident looks up what a plan means at home, and somebody watches a week on the map."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect
from tests.support.axe import barriers
from tests.support.browser import REPLICATIONS, Stack, Visitor

from zorgstroom.events.schemas import RunSettings

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

RUN_SECONDS = 240.0


def test_a_resident_reads_what_a_plan_means_at_home(live_stack: Stack, visitor: Visitor) -> None:
    page, plan = visitor.page, live_stack.plans[1]
    visitor.open(f"{live_stack.address}/?taal=nl&s={plan.id}")
    page.get_by_role("button", name="Meer").click()
    page.get_by_text("Mijn gemeente", exact=True).click()
    page.wait_for_url("**/mijn-gemeente*")
    visitor.wait_until_complete()
    place = page.get_by_role("combobox", name=re.compile("^Gemeente"))
    place.click()
    place.fill("Oost Gel")
    page.get_by_role("option", name="Oost Gelre").click()
    expect(page.locator("h1")).to_have_text("Mijn gemeente: Oost Gelre")
    visitor.wait_until_complete()
    sentences = page.locator(".zs-short li")
    expect(sentences).to_have_count(5)
    expect(sentences.last).to_contain_text("spoedeisende hulp")
    assert "gemeente=GM1586" in page.url
    assert barriers(page) == []
    page.reload()
    visitor.wait_until_complete()
    expect(page.locator("h1")).to_have_text("Mijn gemeente: Oost Gelre")


def test_a_week_stands_still_until_somebody_plays_it(
    live_stack: Stack, visitor: Visitor, browser: Browser
) -> None:
    run = live_stack.client.submit(
        live_stack.plans[1].id, RunSettings(replications=REPLICATIONS, journeys=True)
    )
    assert live_stack.client.wait(run.id, timeout=RUN_SECONDS).state == "completed"
    address = f"{live_stack.address}/verdieping?taal=nl&s={run.scenario_id}&run={run.id}&onderdeel=stromen"
    visitor.open(address)
    page = visitor.page
    status, slider, button = page.locator(".status"), page.locator(".slider"), page.locator("button.play")
    expect(status).to_contain_text("maandag 00.00 uur")
    expect(page.locator("svg.scene")).to_have_attribute("aria-label", re.compile("Kaart van"))
    expect(page.get_by_role("table").filter(has_text="Waarvan doorverwezen")).to_contain_text("Zondag")
    expect(page.get_by_text("een voorbeeld, geen gemiddelde").first).to_be_visible()

    button.focus()
    page.keyboard.press("Space")
    expect(button).to_have_text("Pauze")
    expect(status).not_to_contain_text("00.00 uur")
    page.keyboard.press("Space")
    expect(button).to_have_text("Speel af")
    stopped = status.inner_text()

    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("zondag"))
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(status).to_contain_text("maandag 03.00 uur")
    assert status.inner_text() != stopped
    page.get_by_role("button", name="Stap verder").click()
    expect(status).to_contain_text("maandag 06.00 uur")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Dit moment als plaatje (PNG)").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")

    context = browser.new_context(viewport={"width": 320, "height": 800}, reduced_motion="reduce")
    calm = Visitor(context.new_page())
    calm.open(address)
    expect(calm.page.get_by_text("Uw apparaat vraagt om minder beweging")).to_be_visible()
    calm.page.locator("button.play").click()
    # Whole steps, nobody in between.
    expect(calm.page.locator(".status")).to_contain_text("maandag 03.00 uur")
    assert calm.page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
    assert calm.elsewhere == []
    assert calm.complaints == []
