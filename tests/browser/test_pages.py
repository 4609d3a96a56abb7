"""The screens as a visitor sees them: from Start to Impact to Vergelijken, in both languages."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import openpyxl
import pytest
from playwright.sync_api import Page, expect
from tests.support.browser import REPLICATIONS, Stack, Visitor

from zorgstroom.reporting.impact import Impact

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PAGES = {
    "": {"nl": "Wat gebeurt er als zorg verhuist?", "en": "What happens when care moves?"},
    "impact": {"nl": "Impact: Proef:", "en": "Impact: Proef:"},
    "vergelijken": {"nl": "Vergelijken", "en": "Compare"},
}


def address_of(stack: Stack, page: str, language: str) -> str:
    """Return the address of a page with something on it."""
    parameters = f"taal={language}"
    if page == "impact":
        parameters += f"&s={stack.plans[0].id}"
    if page == "vergelijken":
        parameters += "".join(f"&plan={plan.id}" for plan in stack.plans)
    return f"{stack.address}/{page}?{parameters}"


def parameters_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_from_start_to_the_impact_of_a_plan_to_the_comparison(live_stack: Stack, visitor: Visitor) -> None:
    page, plan = visitor.page, live_stack.plans[0]
    visitor.open(live_stack.address)
    assert visitor.heading() == PAGES[""]["nl"]
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=plan.name, exact=True))
    expect(row).to_contain_text("klaar")
    row.get_by_role("link").click()

    page.wait_for_url("**/impact?*")
    visitor.wait_until_complete()
    expect(page.locator("h1")).to_have_text(f"Impact: {plan.name}")
    impact = live_stack.client.impact(live_stack.runs[0].id)
    sender = max(impact.locations, key=lambda place: place.sent.mean)
    expect(page.get_by_role("table").filter(has_text="Gaan weg").first).to_contain_text(sender.name)
    expect(page.locator("footer")).to_contain_text(live_stack.runs[0].id)

    page.get_by_role("link", name="Vergelijk dit plan met andere plannen").click()
    page.wait_for_url("**/vergelijken?*")
    visitor.wait_until_complete()
    assert visitor.heading() == "Vergelijken"


def test_the_impact_page_answers_the_questions_of_a_board(live_stack: Stack, visitor: Visitor) -> None:
    visitor.open(address_of(live_stack, "impact", "nl"))
    page = visitor.page
    headings = page.locator("h2").all_inner_texts()
    for heading in (
        "Wat verandert er",
        "In het kort",
        "Samenvatting",
        "Wie krijgt er patiënten bij, wie raakt ze kwijt",
        "Hoeveel langer reizen zij",
        "Waar wonen zij",
        "Wachten, vóór en na",
        "Kunnen de ziekenhuizen het aan",
        "Volumes en normen",
        "Wat verandert niet",
        "Wat zit er niet in",
        "Aannames die het meest tellen",
        "Bewaren en delen",
    ):
        assert heading in headings
    summary = page.get_by_role("table").filter(has_text="Oordeel").first
    expect(summary.get_by_role("columnheader")).to_have_text(
        ["Onderwerp", "Nu", "Dit plan", "Verschil", "Norm", "Oordeel", "Zekerheid"]
    )
    assert page.get_by_text("dat klopt.").count() == 1
    assert page.locator(".zs-year").count() >= REPLICATIONS
    visitor.screenshot("impact-nl-1280")


def test_the_map_is_drawn_without_anything_from_elsewhere(live_stack: Stack, visitor: Visitor) -> None:
    visitor.open(address_of(live_stack, "impact", "nl"))
    drawing = visitor.page.locator("[role=graphics-document]")
    expect(drawing).to_have_attribute("aria-label", re.compile("^Kaart van "))
    expect(drawing.locator("path").nth(20)).to_be_attached()
    visitor.page.get_by_text(re.compile("^Toon tabel: .* gemeenten")).click()
    expect(visitor.page.get_by_role("table").filter(has_text="Inwoners").last).to_be_visible()


def test_pages_forbid_the_browser_to_fetch_from_elsewhere(live_stack: Stack) -> None:
    answer = httpx.get(f"{live_stack.address}/?taal=en")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert '<html lang="en">' in answer.text
    assert '<html lang="nl">' in httpx.get(f"{live_stack.address}/").text


@pytest.mark.parametrize("page", PAGES)
def test_the_language_switch_keeps_the_page(live_stack: Stack, visitor: Visitor, page: str) -> None:
    visitor.open(address_of(live_stack, page, "nl"))
    assert visitor.language() == "nl"
    assert visitor.heading().startswith(PAGES[page]["nl"])
    before = {name: value for name, value in parameters_of(visitor.page).items() if name != "taal"}
    visitor.page.get_by_role("link", name="English").click()
    visitor.page.wait_for_url(re.compile("taal=en"))
    visitor.wait_until_complete()
    assert visitor.language() == "en"
    assert visitor.heading().startswith(PAGES[page]["en"])
    assert {name: value for name, value in parameters_of(visitor.page).items() if name != "taal"} == before


def test_the_menu_keeps_language_and_plan(live_stack: Stack, visitor: Visitor) -> None:
    visitor.open(address_of(live_stack, "impact", "en"))
    visitor.page.get_by_role("link", name="Compare", exact=True).click()
    expect(visitor.page.locator("h1")).to_have_text("Compare")
    visitor.page.get_by_role("link", name="Impact", exact=True).click()
    expect(visitor.page.locator("h1")).to_have_text(f"Impact: {live_stack.plans[0].name}")
    assert visitor.language() == "en"
    assert parameters_of(visitor.page) == {"taal": ["en"], "s": [live_stack.plans[0].id]}


def test_plans_are_compared_side_by_side(live_stack: Stack, visitor: Visitor) -> None:
    visitor.open(address_of(live_stack, "vergelijken", "nl"))
    page = visitor.page
    outcomes = page.get_by_role("table").filter(has_text="Onderwerp")
    expect(outcomes.get_by_role("columnheader")).to_have_text(
        ["Onderwerp", "Nu", *(plan.name for plan in live_stack.plans)]
    )
    compared = live_stack.client.compare([run.id for run in live_stack.runs])
    expect(outcomes.get_by_role("rowheader")).to_have_count(len(compared.indicators))
    expect(page.get_by_text("geen duidelijk verschil").first).to_be_visible()
    expect(page.get_by_text("stopt met alle zorg").first).to_be_visible()
    visitor.screenshot("vergelijken-nl-1280")


def test_plans_are_chosen_and_too_few_are_refused(live_stack: Stack, visitor: Visitor) -> None:
    visitor.open(address_of(live_stack, "vergelijken", "nl"))
    page = visitor.page
    page.get_by_text(live_stack.plans[1].name, exact=True).first.click()
    page.get_by_role("button", name="Vergelijk").click()
    expect(page.get_by_role("alert").get_by_text("Kies twee tot 6 plannen.")).to_be_visible()
    page.get_by_text(live_stack.plans[1].name, exact=True).first.click()
    page.get_by_role("button", name="Vergelijk").click()
    expect(page.get_by_role("table").filter(has_text="Onderwerp")).to_be_visible()
    assert set(parameters_of(page)["plan"]) == {plan.id for plan in live_stack.plans}


def test_plans_of_visitors_that_were_calculated_can_be_chosen(live_stack: Stack, visitor: Visitor) -> None:
    visitor.open(f"{live_stack.address}/vergelijken?taal=nl")
    choices = visitor.page.get_by_test_id("stForm")
    for plan in live_stack.plans:
        expect(choices.get_by_text(plan.name, exact=True)).to_be_visible()


def download(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_role("button", name=button).click()
    target = folder / started.value.suggested_filename
    started.value.save_as(target)
    return target


def test_report_tables_and_figures_come_as_files(live_stack: Stack, visitor: Visitor, tmp_path: Path) -> None:
    run = live_stack.runs[0].id
    visitor.open(address_of(live_stack, "impact", "en"))
    report = download(visitor.page, "Report (HTML)", tmp_path)
    assert report.suffix == ".html"
    assert '<html lang="en"' in report.read_text("utf-8")
    assert run in report.read_text("utf-8")
    workbook = openpyxl.load_workbook(download(visitor.page, "All tables (Excel)", tmp_path))
    assert len(workbook.sheetnames) > 5
    figures = Impact.model_validate(
        json.loads(download(visitor.page, "All results (JSON)", tmp_path).read_text())
    )
    assert figures == live_stack.client.impact(run)


def test_a_plan_that_is_not_ready_is_calculated_and_can_be_stopped(
    live_stack: Stack, visitor: Visitor
) -> None:
    name = "Proef: stoppen"
    document = live_stack.plans[0].document.model_dump(mode="json", by_alias=True, exclude_none=True)
    long = {**document, "name": name, "horizon": {"weeks": 260, "warmup_weeks": 52}}
    page = visitor.page
    # The list of plans is remembered for some seconds; a plan that is newer must be found all the same.
    visitor.open(live_stack.address)
    plan = live_stack.client.add_scenario(long)
    visitor.open(f"{live_stack.address}/impact?s={plan.id}")
    status = page.get_by_role("status").filter(has_text=name)
    expect(status).to_contain_text(re.compile("Bezig: 0 van|in de rij"))
    expect(page.get_by_role("heading", name="Vooruitblik")).to_be_visible()
    expect(
        page.get_by_role("table").filter(has_text="Inwoners die langer dan 30 minuten reizen")
    ).to_be_visible()
    visitor.screenshot("bezig-nl-1280")
    page.get_by_role("button", name="Stop").click()
    alert = page.get_by_role("alert").filter(has_text="gestopt")
    expect(alert).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Reken opnieuw")).to_be_visible()
    assert live_stack.client.runs("cancelled")[0].scenario_id == plan.id


def test_a_plan_that_does_not_exist_is_told_in_words(live_stack: Stack, visitor: Visitor) -> None:
    visitor.open(f"{live_stack.address}/impact?s=bestaat-niet")
    assert visitor.heading() == "Dit kunnen we niet laten zien"
    expect(visitor.page.get_by_text("Het plan 'bestaat-niet' bestaat niet.")).to_be_visible()
    visitor.page.get_by_role("link", name="Naar Start").click()
    expect(visitor.page.locator("h1")).to_have_text(PAGES[""]["nl"])


@pytest.mark.parametrize("page", PAGES)
def test_without_its_service_every_page_says_what_to_do(
    screens_without_api: str, visitor: Visitor, page: str
) -> None:
    visitor.open(f"{screens_without_api}/{page}?s=iets")
    assert visitor.heading() == "De rekendienst antwoordt niet"
    text = visitor.page.locator("body").inner_text()
    assert "Start de dienst, of wacht even en probeer het opnieuw." in text
    assert "Traceback" not in text
    visitor.screenshot("geen-dienst-nl-1280")


STRUCTURE = """() => {
  const text = element => (element.textContent || "").trim();
  return {
    headings: [...document.querySelectorAll("h1, h2, h3, h4")].map(h => [Number(h.tagName[1]), text(h)]),
    tables: [...document.querySelectorAll("table")].map(table => ({
      caption: table.caption ? text(table.caption) : "",
      loose: [...table.querySelectorAll("th")].filter(cell => !cell.scope).length,
      rows: [...table.rows].filter(row => !row.querySelector("th")).length,
    })),
    nameless: [...document.querySelectorAll("a[href], button, input, summary")].filter(element =>
      !text(element) && !element.getAttribute("aria-label") && !element.labels?.length &&
      !element.querySelector("img[alt]") && element.checkVisibility()).map(element => element.outerHTML.slice(0, 200)),
    pictures: [...document.querySelectorAll("img, canvas, svg[role]")].filter(element =>
      element.checkVisibility() && element.getAttribute("aria-hidden") !== "true" &&
      !element.hasAttribute("alt") && !element.getAttribute("aria-label") &&
      !element.closest("[aria-hidden=true], [role=graphics-document]")).map(element => element.outerHTML.slice(0, 200)),
    doubles: [...document.querySelectorAll("[id]")].map(element => element.id)
      .filter((id, index, all) => all.indexOf(id) !== index),
  };
}"""


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_a_screen_reader_finds_its_way(live_stack: Stack, visitor: Visitor, page: str, language: str) -> None:
    visitor.open(address_of(live_stack, page, language))
    found: dict[str, Any] = visitor.page.evaluate(STRUCTURE)
    levels = [level for level, _ in found["headings"]]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(table["caption"] and not table["loose"] and not table["rows"] for table in found["tables"])
    assert found["nameless"] == []
    assert found["pictures"] == []
    assert found["doubles"] == []
    assert visitor.language() == language
    visitor.page.keyboard.press("Tab")
    skip = "Naar inhoud" if language == "nl" else "Skip to content"
    assert visitor.page.evaluate("document.activeElement.textContent") == skip
    visitor.screenshot(f"{page or 'start'}-{language}-1280")


def test_every_page_has_a_title_of_its_own(live_stack: Stack, visitor: Visitor) -> None:
    titles = []
    for page in PAGES:
        visitor.open(address_of(live_stack, page, "nl"))
        titles.append(visitor.page.title())
    assert titles == ["Start", "Impact", "Vergelijken"]


@pytest.mark.parametrize("page", PAGES)
def test_a_phone_shows_everything_without_scrolling_sideways(
    live_stack: Stack, visitor: Visitor, page: str
) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.open(address_of(live_stack, page, "nl"))
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    too_wide = visitor.page.evaluate(
        "[...document.querySelectorAll('.zs *')].filter(e => e.checkVisibility() && !e.closest('thead') &&"
        " e.getBoundingClientRect().right > 391).map(e => e.outerHTML.slice(0, 150))"
    )
    assert too_wide == []
    visitor.screenshot(f"{page or 'start'}-nl-390")
