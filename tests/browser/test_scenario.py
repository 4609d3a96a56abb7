"""A planner's way through Scenario maken: choose, see the estimate, keep, calculate, stop, and come back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.support.axe import barriers
from tests.support.browser import Stack, Visitor

#: How long a step may take on a machine that does much else, in thousandths of a second.
SECONDS = 60_000
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]


def test_a_planner_builds_previews_computes_stops_and_comes_back(live_stack: Stack, visitor: Visitor) -> None:
    page, plan = visitor.page, live_stack.plans[0]
    visitor.open(f"{live_stack.address}/scenario?taal=nl&vanuit={plan.id}")
    assert visitor.heading() == "Scenario maken"
    outlook = page.locator(".st-key-zs-outlook")
    expect(outlook).to_contain_text("Snelle schatting, niet doorgerekend", timeout=SECONDS)

    expect(page.get_by_text("Nog niet bewaard als versie.")).to_have_count(0)
    # By keyboard: the place is kept, and the estimate follows.
    before = outlook.inner_text()
    with visitor.keeping_fields():
        page.get_by_role("switch", name="Pas Concentreren 1 aan").focus()
        page.keyboard.press("Space")
        expect(page.get_by_text("Wie gaat ermee door")).to_be_visible(timeout=SECONDS)
    with visitor.keeping_fields():
        page.get_by_role("button", name="Capaciteit veranderen").click()
        expect(outlook).to_contain_text("Nog niet af, telt niet mee: 1", timeout=SECONDS)
    with visitor.keeping_fields():
        page.get_by_role("textbox", name="Naam").fill("Plan van de proef")
        page.keyboard.press("Tab")
        expect(outlook).to_contain_text("Stappen terug: 2.", timeout=SECONDS)
    assert "concept=" in page.url
    expect(page.get_by_text("Nog niet bewaard als versie.")).to_be_visible()
    weeks = page.get_by_role("textbox", name="Weken die meetellen")
    with visitor.keeping_fields():
        weeks.fill("veel")
        page.keyboard.press("Tab")
        expect(page.get_by_text("‘veel’ is geen getal.")).to_be_visible(timeout=SECONDS)
    with visitor.keeping_fields():
        weeks.fill("8")
        page.keyboard.press("Tab")
        expect(page.get_by_text("‘veel’ is geen getal.")).to_have_count(0, timeout=SECONDS)
    assert outlook.inner_text() != before
    assert barriers(page) == []
    visitor.screenshot("scenario-nl")

    # It is there again after a refresh, with the way back.
    visitor.open(page.url)
    expect(page.get_by_role("textbox", name="Naam")).to_have_value("Plan van de proef")
    page.get_by_role("button", name="Capaciteit 2: terug naar Nu").click()
    expect(outlook).not_to_contain_text("Nog niet af", timeout=SECONDS)

    page.get_by_text("Instellingen van de berekening").click()
    page.get_by_text("50", exact=True).click()
    visitor.wait_until_complete()
    page.get_by_role("button", name="Bereken volledig").click()
    page.get_by_role("button", name="Stop", exact=True).click(timeout=SECONDS)
    expect(page.get_by_text("Gestopt", exact=True)).to_be_visible(timeout=SECONDS)
    address = page.url
    assert "concept=" not in address

    # Back after having been away: the version, and what became of its calculation.
    visitor.open(f"{live_stack.address}/?taal=nl")
    visitor.open(address)
    expect(page.get_by_text("Gestopt", exact=True)).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("table").filter(has_text="(hier bent u)")).to_be_visible()
    assert visitor.elsewhere == []
