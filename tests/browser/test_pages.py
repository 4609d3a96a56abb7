"""The screens as a visitor sees them: from Start to Impact to Vergelijken, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import openpyxl
import pytest
from playwright.sync_api import Page, expect
from tests.support.axe import barriers
from tests.support.browser import REPLICATIONS, Stack, Visitor

from zorgstroom.reporting.impact import Impact

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

#: Milliseconds for what a busy machine draws or fetches after a click.
SLOW = 30_000
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
    page.get_by_text("Per ziekenhuis: wie gaat van waar naar waar").click()
    opened = page.get_by_role("table").filter(has_text="Gaan weg").first
    expect(opened).to_contain_text(sender.name, timeout=SLOW)
    expect(page.locator("footer")).to_contain_text(live_stack.runs[0].id)

    page.get_by_role("link", name="Vergelijk dit plan met andere plannen").click()
    page.wait_for_url("**/vergelijken?*")
    visitor.wait_until_complete()
    assert visitor.heading() == "Vergelijken"


def test_a_board_member_opens_a_shared_link_reads_and_downloads(
    live_stack: Stack, visitor: Visitor, tmp_path: Path
) -> None:
    visitor.open(f"{address_of(live_stack, 'impact', 'nl')}&run={live_stack.runs[0].id}&gedeeld=1")
    page = visitor.page
    headings = page.locator("h2").all_inner_texts()
    for heading in (
        "Wat verandert er",
        "In het kort",
        "Samenvatting",
        "Volumes en normen",
        "Wie wint, wie verliest",
        "Waar",
        "De afruil",
        "Waar het verschil vandaan komt",
        "Personeel en geld",
        "Welke groep gaat er het meest op achteruit",
        "Welke aannames tellen het meest",
        "Wat verandert niet",
        "Wat zit er niet in",
        "Waar dit vandaan komt",
        "Bewaren en delen",
    ):
        assert heading in headings
    summary = page.get_by_role("table").filter(has_text="Oordeel").first
    expect(summary.get_by_role("columnheader")).to_have_text(
        ["Onderwerp", "Nu", "Dit plan", "Verschil", "Norm", "Oordeel", "Zekerheid"]
    )
    assert page.get_by_text("dat klopt.").count() == 1
    assert page.locator(".zs-year").count() >= REPLICATIONS
    # Each number leads to the rows it was counted from.
    row = summary.get_by_role("rowheader").get_by_role("link").first
    assert f"run={live_stack.runs[0].id}&tabel=comparison&maat=" in str(row.get_attribute("href"))
    visitor.screenshot("impact-nl-1280")
    page.get_by_role("link", name="Maak een rapport").click()
    page.wait_for_url("**/rapport?*")
    expect(page.get_by_role("button", name="Toon voorbeeld")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("button", name="HTML in één bestand").click()
    report = tmp_path / started.value.suggested_filename
    started.value.save_as(report)
    assert "-concept" in report.name
    assert live_stack.runs[0].id in report.read_text("utf-8")


def test_the_map_is_drawn_without_anything_from_elsewhere(live_stack: Stack, visitor: Visitor) -> None:
    visitor.open(address_of(live_stack, "impact", "nl"))
    drawing = visitor.page.locator("[role=graphics-document][aria-label^='Kaart van ']").first
    expect(drawing.locator("path").nth(20)).to_be_attached(timeout=SLOW)
    visitor.page.get_by_text(re.compile(r"^Toon tabel: \d+ gemeenten")).first.click()
    expect(visitor.page.get_by_role("table").filter(has_text="Inwoners").last).to_be_visible()


def test_pages_forbid_the_browser_to_fetch_from_elsewhere(live_stack: Stack) -> None:
    answer = httpx.get(f"{live_stack.address}/?taal=en")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert '<html lang="en">' in answer.text
    assert '<html lang="nl">' in httpx.get(f"{live_stack.address}/").text


def test_an_analyst_compares_plans_with_each_other(
    live_stack: Stack, visitor: Visitor, tmp_path: Path
) -> None:
    visitor.open(address_of(live_stack, "vergelijken", "nl"))
    page = visitor.page
    first, second = live_stack.plans
    outcomes = page.get_by_role("table").filter(has_text="Onderwerp")
    expect(outcomes.get_by_role("columnheader")).to_have_text(["Onderwerp", "Nu", first.name, second.name])
    ids = [run.id for run in live_stack.runs]
    compared = live_stack.client.compare(ids)
    expect(outcomes.get_by_role("rowheader")).to_have_count(len(compared.indicators))
    expect(page.get_by_text("geen duidelijk verschil").first).to_be_visible()
    visitor.screenshot("vergelijken-nl-1280")
    # Compared with the second plan, and opened again by its address: the same.
    visitor.open(f"{address_of(live_stack, 'vergelijken', 'nl')}&ref={second.id}&onderdeel=afruil")
    expect(page.get_by_role("table").filter(has_text=f"A: {first.name}")).to_be_visible()
    page.get_by_role("tab", name="Verschil in keuzes").click()
    expect(page.get_by_text("stopt met alle zorg").first).to_be_visible()
    expect(page.get_by_text(re.compile("instellingen gelijk")).first).to_be_visible()
    assert parameters_of(page)["onderdeel"] == ["keuzes"]
    page.get_by_role("tab", name="Samenvatting").click()
    expect(page.get_by_role("table").filter(has_text="Onderwerp").get_by_role("columnheader")).to_have_text(
        ["Onderwerp", second.name, first.name, "Nu"]
    )
    workbook = openpyxl.load_workbook(download(page, "Excel, alle tabellen", tmp_path))
    assert workbook.sheetnames[0] == "Uitkomsten"
    assert len(workbook.sheetnames) == 7


def test_two_plans_stand_on_one_map_with_a_line_that_moves_by_keyboard(
    live_stack: Stack, visitor: Visitor
) -> None:
    visitor.open(f"{address_of(live_stack, 'vergelijken', 'nl')}&onderdeel=kaarten")
    page = visitor.page
    page.get_by_text("Twee plannen op één kaart, met een schuif").click()
    slider = page.get_by_role("slider", name=re.compile("Schuif de lijn"))
    expect(slider).to_have_value("50")
    # Triangles are hospitals, and those of a plan stand on its side of the line only.
    marks = page.locator('[data-testid="stVegaLiteChart"] svg g.mark-symbol path')
    expect(marks.first).to_be_attached()
    visitor.screenshot("vergelijken-schuif-nl-1280")

    def colours() -> list[str]:
        found: list[str] = marks.evaluate_all(
            "all => all.map(one => `${one.getAttribute('fill')} ${one.getAttribute('transform')}`)"
        )
        return found

    at_half = colours()
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_value("100")
    all_left = colours()
    page.keyboard.press("Home")
    expect(slider).to_have_value("0")
    all_right = colours()
    assert len({tuple(at_half), tuple(all_left), tuple(all_right)}) == 3
    assert barriers(page) == []


def test_plans_are_chosen_and_too_few_are_refused(live_stack: Stack, visitor: Visitor) -> None:
    visitor.open(address_of(live_stack, "vergelijken", "nl"))
    page = visitor.page
    page.get_by_text("Kies scenario's").click()
    choices = page.get_by_test_id("stForm").first
    for plan in live_stack.plans:
        expect(choices.get_by_text(plan.name, exact=True)).to_be_visible()
    # By keyboard: a list that is still folding out moves away from under a mouse.
    tick = choices.get_by_role("checkbox", name=live_stack.plans[1].name, exact=True)
    tick.press("Space")
    choices.get_by_role("button", name="Vergelijk").press("Enter")
    expect(page.get_by_role("alert").get_by_text("Kies twee tot 6 plannen.")).to_be_visible()
    tick.press("Space")
    choices.get_by_role("button", name="Vergelijk").press("Enter")
    expect(page.get_by_role("table").filter(has_text="Onderwerp")).to_be_visible()
    assert set(parameters_of(page)["plan"]) == {plan.id for plan in live_stack.plans}


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
