"""The report page: what somebody chooses stands in the address, and a mistake is told at the field."""

from __future__ import annotations

import datetime as dt

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.client import RunInfo, ScenarioInfo
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.options import Options
from zorgstroom.text import Language
from zorgstroom_ui import session

pytestmark = pytest.mark.unit

PLAN = ScenarioInfo(id="s" * 64, name="Slokdarmzorg op één plek", slug="slokdarm")
RUN = RunInfo(id="r" * 32, scenario_id=PLAN.id, name=PLAN.name, state="completed")


class Reports:
    """In place of the API: makes the report that is asked for, with the writer the API has too."""

    def __init__(self, impact: Impact) -> None:
        self.impact = impact
        self.asked: list[tuple[Options, Language]] = []

    def report(self, run: str, form: str, language: Language, options: Options) -> bytes:
        assert (run, form) == (RUN.id, "html")
        self.asked.append((options, language))
        return render_html(self.impact, language, options=options).encode()


def page() -> None:
    from zorgstroom_ui.components import report_page

    report_page.show_page()


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> Reports:
    impact = build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )
    made = Reports(impact)
    st.cache_data.clear()
    st.cache_resource.clear()
    monkeypatch.setattr(session, "client", lambda: made)
    monkeypatch.setattr(session, "chosen_plan", lambda: PLAN)
    monkeypatch.setattr(session, "latest_runs", lambda: {PLAN.id: RUN})
    monkeypatch.setattr(session, "impact", lambda _: impact)
    return made


def opened(**address: str | list[str]) -> AppTest:
    screen = AppTest.from_function(page, default_timeout=30)
    for name, value in address.items():
        screen.query_params[name] = value
    return screen.run()


def test_what_is_chosen_is_what_is_shown_and_kept_in_the_address(reports: Reports) -> None:
    screen = opened(taal="nl")
    assert not screen.exception
    for name, ticked in (("full", False), ("annex", False), ("region_plan", True)):
        box = screen.checkbox(f"report-part-{name}")
        box.check() if ticked else box.uncheck()
    screen.radio("report-status").set_value("vastgesteld")
    screen.text_input("report-fixed-by").set_value(" Regiotafel ")
    screen.text_input("report-fixed-on").set_value("23-11-2026")
    screen.radio("report-language").set_value("en")
    screen.button[0].click().run()
    assert not screen.error
    assert screen.query_params["deel"] == ["board", "region_plan"]
    assert screen.query_params["door"] in ("Regiotafel", ["Regiotafel"])
    options, language = reports.asked[-1]
    assert options.parts == ("board", "region_plan")
    assert (options.status, options.fixed_by, options.fixed_on) == (
        "vastgesteld", "Regiotafel", dt.date(2026, 11, 23),
    )  # fmt: skip
    assert language == "en"
    # The text to paste is there, with its fields to fill in.
    assert "[Fill in:" in screen.code[0].value


@pytest.mark.parametrize(
    ("status", "role", "parts", "told"),
    [
        ("vastgesteld", "  ", True, "Vul bij ‘Vastgesteld door’ een rol in"),
        ("vastgesteld", "Regiotafel", True, "Vul bij ‘Vastgesteld op’ een datum in"),
        ("concept", "", False, "Kies minstens één onderdeel."),
    ],
)
def test_what_is_missing_is_told_and_nothing_changes(
    reports: Reports, status: str, role: str, parts: bool, told: str
) -> None:
    screen = opened(taal="nl")
    before = len(reports.asked)
    for box in screen.checkbox if not parts else ():
        box.uncheck()
    screen.radio("report-status").set_value(status)
    screen.text_input("report-fixed-by").set_value(role)
    screen.text_input("report-fixed-on").set_value("31-02-2026")
    screen.button[0].click().run()
    assert told in screen.error[0].value
    assert "status" not in screen.query_params
    assert all(options.status == "concept" for options, _ in reports.asked[before:])


def test_nonsense_in_the_address_is_left_out(reports: Reports) -> None:
    screen = opened(taal="nl", deel=["alles"], status="klaar", door="x" * 500, op="gisteren")
    assert not screen.exception
    options, _ = reports.asked[-1]
    assert (options.parts, options.status) == (("board", "full", "annex"), "concept")
    assert (options.fixed_by, options.fixed_on) == ("", None)


def test_a_plan_without_an_outcome_says_where_to_go(
    reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "latest_runs", dict)
    screen = opened(taal="nl")
    assert not screen.exception
    assert not reports.asked
    assert "nog niet doorgerekend" in "".join(str(part.proto.body) for part in screen.get("html"))
