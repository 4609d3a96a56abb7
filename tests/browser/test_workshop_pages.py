"""A workshop as a room lives it: telephones without scripts, a screen, a network that goes away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.axe import barriers
from tests.support.browser import REPLICATIONS, Stack, Visitor

from zorgstroom.client_sessions import Facilitator
from zorgstroom.workshop.documents import SessionPlan, Step

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

PHONE, SCREEN = {"width": 320, "height": 640}, {"width": 1920, "height": 1080}
GONE = "We zijn de verbinding kwijt. We proberen het opnieuw."


@contextmanager
def opened(browser: Browser, size: dict[str, int], *, scripts: bool) -> Iterator[Page]:
    """Give a window of somebody who at the end has seen no request to elsewhere and no complaint of the page."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        java_script_enabled=scripts,
        locale="nl-NL",
    )
    visitor = Visitor(context.new_page())
    yield visitor.page
    context.close()
    assert visitor.elsewhere == []
    assert [line for line in visitor.complaints if not line.startswith("400 ")] == []


@pytest.fixture
def session(live_stack: Stack) -> tuple[str, str, Facilitator]:
    """Return the address of the pages, the code and the facilitator of a new session."""
    scenario = live_stack.plans[0].id
    plan = SessionPlan(
        name="Slokdarm in het oosten",
        date=dt.datetime.now(dt.UTC).date(),
        scenarios=[scenario],
        years=REPLICATIONS,
        steps=[
            Step(id="welkom", kind="text", title="Welkom", text="Vijf regels vooraf.", beamer="join"),
            Step(
                id="raad",
                kind="number",
                title="Hoeveel minuten reizen patiënten langer?",
                unit="minuten",
                indicator="extra_minutes",
                beamer="question",
            ),
            Step(id="onthul", kind="reveal", title="Wat zegt het model?", beamer="results"),
            Step(id="peiling", kind="ranking", title="Uw top drie", options=["Zo", "Anders", "Later"]),
        ],
    )
    made = live_stack.client.create_session(plan)
    facilitator = live_stack.client.facilitate(made.code, made.secret)
    facilitator.prepare()
    return live_stack.client.base_url, made.code, facilitator


def no_wider_than_the_window(page: Page) -> bool:
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return wide


def test_a_room_takes_part_without_any_script(
    browser: Browser, session: tuple[str, str, Facilitator]
) -> None:
    address, code, facilitator = session
    with (
        opened(browser, PHONE, scripts=False) as phone,
        opened(browser, SCREEN, scripts=False) as screen,
    ):
        phone.goto(f"{address}/m")
        phone.get_by_label("Code").fill(code.lower())
        phone.get_by_role("button", name="Doe mee").click()
        phone.get_by_label("gemeente").check()
        phone.get_by_role("button", name="Doe mee").click()
        expect(phone.locator("h1")).to_have_text("De werksessie begint zo")
        facilitator.steer(phase="live", step=1)
        phone.reload()
        phone.get_by_label("Uw schatting, in minuten").fill("heel veel")
        phone.get_by_role("button", name="Verstuur").click()
        field = phone.get_by_label("Uw schatting, in minuten")
        expect(field).to_have_value("heel veel")
        expect(field).to_have_accessible_description(
            "Een getal van 0 tot en met 60. Vul een getal in van 0 tot en met 60."
        )
        field.fill("7,5")
        phone.get_by_role("button", name="Verstuur").click()
        expect(phone.get_by_role("status").first).to_contain_text("Uw antwoord is binnen.")
        assert no_wider_than_the_window(phone)
        screen.goto(f"{address}/beamer/{code}")
        expect(screen.get_by_role("status").first).to_have_text("1 antwoord")
        expect(screen.locator("main")).not_to_contain_text("7,5")
        facilitator.steer(step=2)
        facilitator.steer(reveal="raad")
        screen.reload()
        expect(screen.locator("svg.dots circle")).to_have_count(1)
        expect(screen.locator("main")).to_contain_text("van 7,5 tot 7,5")
        expect(screen.locator("main")).to_contain_text("Het model zegt: extra reistijd")
        sizes = screen.locator("main p, main h1, main strong").evaluate_all(
            "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
        )
        assert min(sizes) >= 28
        phone.reload()
        expect(phone.locator("main")).to_contain_text("Uw schatting: 7,5 minuten.")


def test_the_pages_follow_by_themselves_and_outlive_the_network(
    browser: Browser, session: tuple[str, str, Facilitator]
) -> None:
    address, code, facilitator = session
    with (
        opened(browser, PHONE, scripts=True) as phone,
        opened(browser, SCREEN, scripts=True) as screen,
    ):
        screen.goto(f"{address}/beamer/{code}")
        assert barriers(screen) == []
        phone.goto(f"{address}/m/{code}")
        assert barriers(phone) == []
        phone.get_by_label("inwoner").check()
        phone.get_by_role("button", name="Doe mee").click()
        expect(phone.locator("h1")).to_have_text("De werksessie begint zo")
        facilitator.steer(phase="live", step=3)
        expect(phone.locator("h1")).to_have_text("Uw top drie", timeout=10_000)
        expect(screen.locator("h1")).to_have_text("Uw top drie", timeout=10_000)
        phone.get_by_label("Eerste keuze").select_option("Anders")
        phone.get_by_label("Wat is uw grootste zorg?").fill("Te ver weg")
        phone.context.set_offline(True)
        phone.get_by_role("button", name="Verstuur").click()
        expect(phone.locator("#verbinding")).to_have_text(GONE, timeout=10_000)
        # The last screen stays, with everything in it.
        expect(phone.get_by_label("Wat is uw grootste zorg?")).to_have_value("Te ver weg")
        assert facilitator.state().answers == {}
        phone.context.set_offline(False)
        expect(phone.locator("main")).to_contain_text("Uw antwoord is binnen.", timeout=10_000)
        expect(phone.locator("#verbinding")).to_have_text("")
        assert facilitator.state().answers == {"peiling": 1}
        assert barriers(phone) == []
        facilitator.steer(reveal="peiling", beamer="results")
        expect(screen.get_by_role("table")).to_contain_text("Anders", timeout=10_000)
        assert barriers(screen) == []
        facilitator.steer(black=True)
        expect(screen.locator("h1")).to_have_text("Het scherm is even zwart", timeout=10_000)
