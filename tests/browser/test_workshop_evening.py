"""A workshop from the facilitator's screen and three phones that run no script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.axe import barriers
from tests.support.browser import REPLICATIONS, Stack, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

ROLES = ("inwoner", "gemeente", "ziekenhuis")
#: What they guess; nobody may see them before the round is closed.
GUESSES = (13, 27, 41)


@pytest.fixture
def phones(browser: Browser) -> Iterator[list[Page]]:
    """Three telephones that show pages and send forms, and nothing more."""
    with ExitStack() as stack:
        contexts = [
            browser.new_context(
                viewport={"width": 320, "height": 640}, locale="nl-NL", java_script_enabled=False
            )
            for _ in ROLES
        ]
        for context in contexts:
            stack.callback(context.close)
        yield [context.new_page() for context in contexts]


def choose(page: Page, label: str, name: str) -> None:
    """Choose something by name in a list of Streamlit."""
    field = page.get_by_role("combobox", name=re.compile(f"{re.escape(label)}$"))
    field.click()
    field.fill(name)
    page.get_by_role("option", name=name, exact=True).click()


def press(visitor: Visitor, name: str) -> None:
    with visitor.keeping_fields():
        visitor.page.get_by_role("button", name=name, exact=True).click()


def test_a_workshop_is_prepared_rehearsed_led_and_finished(
    live_stack: Stack, visitor: Visitor, phones: list[Page]
) -> None:
    page, plan = visitor.page, live_stack.plans[0]
    visitor.open(f"{live_stack.address}/werksessie?taal=nl")
    page.get_by_label("Naam", exact=True).fill("Slokdarm in de regio")
    press(visitor, "Maak werksessie")
    expect(page.get_by_role("heading", name="Bewaar deze sleutel")).to_be_visible()
    press(visitor, "Ik heb de sleutel bewaard")
    expect(page.get_by_role("heading", name="Bewaar deze sleutel")).to_have_count(0)
    choose(page, "Scenario 1", plan.name)
    page.get_by_label("Doorgerekende jaren per combinatie").fill(str(REPLICATIONS))
    press(visitor, "Bewaar")
    expect(page.get_by_text("Er is één scenario om door te rekenen.")).to_be_visible()
    # It was calculated before, so nothing is waited for.
    press(visitor, "Reken alles vooraf uit")
    expect(page.get_by_role("progressbar", name="1 van 1 klaar")).to_be_visible(timeout=60_000)
    visitor.screenshot("workshop-prepare")

    press(visitor, "Oefenen met 30 verzonnen deelnemers")
    expect(page.get_by_text("OEFENING", exact=True)).to_be_visible()
    expect(page.get_by_text("Deelnemers: 30 (meedoen kan)")).to_be_visible()
    page.get_by_text("Voorbereiden", exact=True).click()
    expect(page.get_by_role("button", name="Start de werksessie")).to_be_visible()
    press(visitor, "Start de werksessie")
    expect(page.get_by_text("Deelnemers: 0 (meedoen kan)")).to_be_visible()
    expect(page.get_by_text("OEFENING", exact=True)).to_have_count(0)

    [code] = re.findall("sessie=([A-Z0-9]+)", page.url)
    for phone, role in zip(phones, ROLES, strict=True):
        phone.goto(f"{live_stack.client.base_url}/m/{code}")
        phone.get_by_label(role, exact=True).check()
        phone.get_by_role("button", name="Doe mee").click()
    press(visitor, "Volgende stap >")
    for phone, guess in zip(phones, GUESSES, strict=True):
        phone.reload()
        phone.get_by_role("textbox").fill(str(guess))
        phone.get_by_role("button", name="Verstuur").click()
        expect(phone.get_by_text("Uw antwoord is binnen.")).to_be_visible()
    expect(page.get_by_text("Antwoorden: 3 van 3 (verborgen)")).to_be_visible()
    expect(page.get_by_text("Iedereen samen")).to_have_count(0)
    # The browser keeps the key: a refresh comes back at the same step.
    page.reload()
    visitor.wait_until_complete()
    expect(page.get_by_text("Stap 2 van 7: Voorspel")).to_be_visible()
    press(visitor, "Sluit en toon")
    numbers = page.get_by_role("table").filter(has_text="Iedereen samen")
    expect(numbers.get_by_role("row")).to_have_count(2)
    expect(numbers.get_by_role("row").last).to_contain_text("27")
    expect(page.get_by_text("Het model zegt:")).to_be_visible()
    visitor.screenshot("workshop-lead")

    note = page.get_by_label("Notitie", exact=True)
    note.fill("Vervoer voor ouderen uitzoeken")
    # A line comes above the note; what was typed stays.
    press(visitor, "Zwart scherm")
    expect(page.get_by_text("Het scherm in de zaal is zwart.")).to_be_visible()
    expect(note).to_have_value("Vervoer voor ouderen uitzoeken")
    press(visitor, "Scherm weer aan")
    page.get_by_text("afspraak", exact=True).click()
    press(visitor, "Noteer")
    press(visitor, "Sluit de werksessie af")
    expect(page.get_by_role("heading", name="Peiling per rol")).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Maak opbrengst (HTML)").click()
    report = downloading.value.path().read_text("utf-8")
    assert "Dit is geen besluit." in report
    assert "Vervoer voor ouderen uitzoeken" in report
    assert live_stack.runs[0].id in report
    page.get_by_text("Ik weet dat wissen niet ongedaan kan worden gemaakt.").click()
    press(visitor, "Wis antwoorden, bewaar totalen")
    expect(page.get_by_text("Alleen totalen zijn bewaard.")).to_be_visible()
    # This part of the page does not look again by itself, so that it holds still for this.
    visitor.wait_until_complete()
    assert barriers(page) == []
    expect(page.get_by_role("table").filter(has_text="Iedereen samen")).to_be_visible()
    visitor.screenshot("workshop-report")
