"""What every page has, in a browser: language, links, the keyboard, and a service that is away and comes back."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.axe import barriers
from tests.support.browser import LonelyScreens, Stack, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

FOCUSED = "document.activeElement.id"
# Other tests may keep the machine busy.
expect.set_options(timeout=30_000)


def parameters_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_the_language_is_switched_without_losing_anything(live_stack: Stack, visitor: Visitor) -> None:
    page, plan = visitor.page, live_stack.plans[0]
    visitor.open(f"{live_stack.address}/?taal=nl&s={plan.id}&jaar=2030")
    assert visitor.language() == "nl"
    page.get_by_label("Code").fill("KX7")
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("What happens when care moves?")
    page.wait_for_url(re.compile("taal=en"))
    assert visitor.language() == "en"
    expect(page).to_have_title("Start")
    assert page.get_by_label("Code").input_value() == "KX7"
    expect(page.get_by_role("combobox", name="Year")).to_have_value("2030")
    assert parameters_of(page) == {"taal": ["en"], "s": [plan.id], "jaar": ["2030"]}


def test_menu_and_links_keep_what_is_looked_at_and_the_session(live_stack: Stack, visitor: Visitor) -> None:
    page, plan = visitor.page, live_stack.plans[0]
    visitor.open(f"{live_stack.address}/over?taal=en&s={plan.id}")
    page.evaluate("window.sameLoad = true")
    terms = page.get_by_role("heading", name="Terms", exact=True)
    page.get_by_role("link", name="Terms").click()
    expect(terms).to_be_visible()
    # Who does not see the page hears where he is.
    page.wait_for_function(f"({FOCUSED}) === 'inhoud'")
    page.get_by_role("link", name="Start", exact=True).click()
    expect(page.locator("h1")).to_have_text("What happens when care moves?")
    page.wait_for_url(re.compile("s="))
    assert parameters_of(page) == {"taal": ["en"], "s": [plan.id]}
    page.go_back()
    expect(terms).to_be_visible()
    assert page.evaluate("window.sameLoad")


def test_a_shared_link_opens_the_same_for_somebody_else(
    live_stack: Stack, visitor: Visitor, browser: Browser
) -> None:
    page, plan, run = visitor.page, live_stack.plans[0], live_stack.runs[0]
    visitor.open(f"{live_stack.address}/impact?s={plan.id}")
    page.get_by_role("button", name="Deel").click()
    link = page.locator(".zs-address").inner_text()
    expect(page.get_by_role("img", name=re.compile("QR-code"))).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Kopieer titel en link").click()
    expect(page.get_by_text("Gekopieerd.")).to_be_visible()
    assert parse_qs(urlsplit(link).query)["run"] == [run.id]

    context = browser.new_context()
    other = Visitor(context.new_page())
    other.open(link)
    assert other.heading() == f"Impact: {plan.name}"
    expect(other.page.get_by_text("U bekijkt een gedeeld scenario.")).to_be_visible()
    expect(other.page.locator("footer")).to_contain_text(run.id)
    assert (other.elsewhere, other.complaints) == ([], [])
    context.close()


def test_a_broken_link_offers_the_nearest(live_stack: Stack, visitor: Visitor) -> None:
    plan = live_stack.plans[0]
    visitor.open(f"{live_stack.address}/over?s={plan.id[:40]}x")
    expect(visitor.page.get_by_text("bestaat niet.")).to_be_visible()
    visitor.page.get_by_role("link", name=plan.name).click()
    expect(visitor.page.get_by_text("Dit scenario:")).to_contain_text(plan.name)
    assert parameters_of(visitor.page)["s"] == [plan.id]


def test_the_words_of_the_toolkit_are_in_the_language_of_the_visitor(
    live_stack: Stack, visitor: Visitor
) -> None:
    visitor.open(f"{live_stack.address}/bestaat-niet?taal=nl")
    expect(visitor.page.get_by_role("dialog")).to_contain_text("Deze pagina bestaat niet.")
    # Streamlit reports its own notice to the console.
    visitor.complaints.clear()
    visitor.open(f"{live_stack.address}/scenario?taal=nl")
    expect(visitor.page.get_by_role("button", name="Uitleg bij Notitie")).to_be_visible()
    expect(visitor.page.get_by_text("1MB per bestand")).to_be_visible()


def test_by_keyboard_past_the_menu_and_on_a_phone_past_what_is_folded_away(
    live_stack: Stack, visitor: Visitor
) -> None:
    page = visitor.page
    page.set_viewport_size({"width": 320, "height": 640})
    visitor.open(f"{live_stack.address}/over")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "zs-skip"
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED) == "inhoud"
    page.evaluate("document.activeElement.blur(); document.getElementById('zs-skip').focus()")
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    page.get_by_role("button", name="Menu openen").click()
    assert barriers(page) == []
    page.get_by_role("link", name="Start", exact=True).click()
    expect(page.locator("h1")).to_have_text("Wat gebeurt er als zorg verhuist?")
    # The menu does not stay in front of the page that was chosen in it.
    expect(page.get_by_role("link", name="Start", exact=True)).not_to_be_in_viewport()


def test_without_its_service_a_page_says_what_works_and_goes_on_by_itself(
    screens_without_api: LonelyScreens, visitor: Visitor
) -> None:
    page = visitor.page
    # One that finds out half way says it instead of the half.
    visitor.open(f"{screens_without_api.address}/scenario")
    expect(page.get_by_role("heading", name="Scenario maken")).to_have_count(0)
    assert visitor.heading() == "De rekendienst antwoordt niet"
    visitor.open(f"{screens_without_api.address}/")
    assert visitor.heading() == "De rekendienst antwoordt niet"
    expect(page.get_by_text("Start de dienst, of wacht even en probeer het opnieuw.")).to_be_visible()
    assert "Traceback" not in page.locator("body").inner_text()
    visitor.screenshot("geen-dienst-nl-1280")
    with screens_without_api.with_api():
        expect(page.locator("h1:visible")).to_have_text("Wat gebeurt er als zorg verhuist?", timeout=60_000)
    # And when it is gone again, what was read stays.
    page.get_by_role("link", name="Toegankelijkheid").click()
    expect(page.locator("h1:visible")).to_have_text("Over dit model")
    page.get_by_role("link", name="Start", exact=True).click()
    expect(page.get_by_text("We zijn de verbinding met de rekendienst kwijt.")).to_be_visible()
    expect(page.locator("h1:visible")).to_have_text("Wat gebeurt er als zorg verhuist?")
