"""The impact page: it stays readable when a part cannot be told, makes what is opened, and asks for what is missing."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.client import RunInfo, ScenarioInfo
from zorgstroom.depth_document import AreaLine, AreaMoves
from zorgstroom.errors import NotAllowed, Unavailable
from zorgstroom.events.schemas import RunSettings
from zorgstroom.planning.parts import TOTAL
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.impact import (
    Estimate,
    Impact,
    Section,
    SectionCell,
    SectionColumn,
    TextRef,
    WaterfallRow,
)
from zorgstroom.text.numbers import MINUS
from zorgstroom_ui import session
from zorgstroom_ui.components import charts, country_map, impact_board
from zorgstroom_ui.components.impact_view import ImpactView
from zorgstroom_ui.components.origin import calculation, origin_of

pytestmark = pytest.mark.unit

PLAN = ScenarioInfo(id="s" * 64, name="Slokdarmzorg op één plek", slug="slokdarm")
RUN = RunInfo(
    id="r" * 32,
    scenario_id=PLAN.id,
    name=PLAN.name,
    state="completed",
    settings=RunSettings(replications=10),
)


def impact(**changes: object) -> Impact:
    made = build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )
    return made.model_copy(update=changes)


def moved(name: str, weeks: float | None) -> AreaLine:
    return AreaLine(
        area=name,
        name=name,
        gemeente=name,
        latitude=52.0,
        longitude=6.0,
        inhabitants=1000,
        patients=Estimate(mean=20.0),
        extra_minutes=3.0,
        extra_weeks=weeks,
        compared_share=1.0,
    )


MOVES = AreaMoves(
    patients=Estimate(mean=60.0),
    smallest=10,
    shown_share=1.0,
    items=[moved("Aalten", -2.0), moved("Borne", 5.0), moved("Ede", None)],
    left_out=2,
)


class Service:
    """In place of the API: says who moves where, or that it cannot tell."""

    def __init__(self) -> None:
        self.away = False
        self.asked: list[RunSettings] = []

    def area_moves(self, run: str) -> AreaMoves:
        if self.away:
            raise Unavailable(what="service")
        return MOVES

    def trade_offs(self, runs: list[str]) -> None:
        raise Unavailable(what="service")

    def report(self, *_: object) -> bytes:
        raise AssertionError("a file is made when somebody asks for it")

    def run(self, name: str) -> RunInfo:
        return RUN.model_copy(update={"id": name})


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    made, shown = Service(), impact()
    st.cache_data.clear()
    st.cache_resource.clear()

    def submit(scenario_id: str, settings: RunSettings) -> RunInfo:
        assert scenario_id == PLAN.id
        made.asked.append(settings)
        return RUN

    monkeypatch.setattr(session, "client", lambda: made)
    monkeypatch.setattr(session, "latest_runs", lambda: {PLAN.id: RUN})
    monkeypatch.setattr(session, "impact", lambda _: shown)
    monkeypatch.setattr(session, "borders", tuple)
    monkeypatch.setattr(session, "submit", submit)
    return made


def page() -> None:
    from tests.unit.test_ui_impact import PLAN

    from zorgstroom_ui.components import impact_page

    impact_page.show_plan(PLAN)


def opened() -> AppTest:
    screen = AppTest.from_function(page, default_timeout=30)
    screen.query_params["taal"] = "nl"
    return screen.run()


def words(screen: AppTest) -> str:
    return "".join(str(part.proto.body) for part in screen.get("html"))


def test_the_page_has_every_block_and_makes_details_only_when_opened(service: Service) -> None:
    screen = opened()
    assert not screen.exception
    told = words(screen)
    for heading in ("In het kort", "Samenvatting", "Wie wint, wie verliest", "Waar", "Wat zit er niet in"):
        assert f">{heading}</h2>" in told
    assert "Borne" in told
    assert "Gaan weg" not in told
    # The same page with nobody to tell where they live.
    service.away = True
    st.cache_data.clear()
    screen = opened()
    assert not screen.exception
    assert ">In het kort</h2>" in words(screen)
    assert "Borne" not in words(screen)


def test_what_was_not_calculated_is_asked_for_by_a_button(service: Service) -> None:
    screen = opened()
    screen.button("ask-causes").click().run()
    assert service.asked[-1].waterfall is True
    assert service.asked[-1].replications == 10
    assert screen.query_params["run"] in (RUN.id, [RUN.id])
    screen.button("ask-assumptions").click().run()
    assert service.asked[-1].draws == 50


def test_a_visitor_who_may_not_ask_is_told(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> RunInfo:
        raise NotAllowed("ui.may_not")

    screen = opened()
    monkeypatch.setattr(session, "submit", refuse)
    screen.button("ask-causes").click().run()
    assert not screen.exception
    assert "alleen wie een sleutel heeft" in screen.error[0].value


def test_the_map_of_waiting_keeps_apart_what_cannot_be_told() -> None:
    view = ImpactView(impact(), "nl")
    spots = impact_board.waiting_spots(MOVES)
    colours = [country_map.WAITING.colour(spot.value) for spot in spots]
    assert colours == ["#00645A", "#A84300", country_map.UNKNOWN[0]]
    assert f"Het meest extra wachten is in Borne: +5,0 weken; het minst in Aalten: {MINUS}2,0 weken." in (
        impact_board.waiting_words(view, MOVES)
    )
    table = impact_board.waiting_table(view, MOVES)
    assert "niet te zeggen" in table
    assert "Nog 2 gemeenten met minder dan 10 patiënten per jaar" in table
    assert [row[2] for row in impact_board.waiting_sheet(view, MOVES).rows] == [5.0, -2.0, None]


def test_causes_begin_where_the_one_before_ended_and_end_at_the_total() -> None:
    parts = {"redistribution": 2.0, "capacity": -0.5, "interaction": 0.1, TOTAL: 1.6}
    row = WaterfallRow(
        indicator="wait_treatment",
        parts={
            name: Estimate(mean=value, low=value - 0.2, high=value + 0.2) for name, value in parts.items()
        },
    )
    (drawn,) = impact_board.causes(ImpactView(impact(waterfall=[row]), "nl"))
    steps = drawn.picture.spec["data"]["values"]
    assert [(round(step["start"], 2), round(step["end"], 2)) for step in steps] == [
        (0, 2.0), (2.0, 1.5), (1.5, 1.6), (0, 1.6),
    ]  # fmt: skip
    assert steps[0]["label"].endswith(": +2,0 (1,8 tot 2,2)")
    assert "(weken)" in drawn.picture.title
    # Longer waits are worse, and what may be chance is neither.
    assert [step["colour"] for step in steps] == [charts.LOSS, charts.MAIN, charts.GREY, charts.TOTAL]
    assert len(drawn.picture.legend) == 4


@pytest.mark.parametrize(
    "parts",
    [
        {"redistribution": 2.0, TOTAL: 2.0},
        {"redistribution": 0.01, "capacity": -0.02, "interaction": 0.0, TOTAL: -0.01},
    ],
)
def test_of_causes_with_nothing_to_add_up_there_is_no_picture(parts: dict[str, float]) -> None:
    row = WaterfallRow(
        indicator="wait_treatment", parts={name: Estimate(mean=value) for name, value in parts.items()}
    )
    view = ImpactView(impact(waterfall=[row]), "nl")
    assert impact_board.causes(view) == []
    assert "<table" in impact_board.causes_table(view)


def test_years_are_two_lines_with_their_bands() -> None:
    def side(name: str, year: float, mean: float) -> list[SectionCell]:
        return [year, TextRef(key=f"report.column.{name}"), Estimate(mean=mean, low=mean - 1, high=mean + 1)]

    section = Section(
        id="years",
        criterion="redistribution",
        columns=[
            SectionColumn(id="year", kind="number"),
            SectionColumn(id="years_side"),
            SectionColumn(id="years_wait_treatment", kind="spread", decimals=1, unit="unit.weeks"),
        ],
        rows=[
            side(name, year, mean)
            for year in (1.0, 2.0)
            for name, mean in (("baseline", 5.0), ("plan", 5.0 + year), ("difference", year))
        ],
    )
    view = ImpactView(impact(sections=[section]), "en")
    (subject,) = impact_board.subjects_of_years(view)
    drawn = impact_board.years(view, subject)
    values = drawn.picture.spec["data"]["values"]
    assert [(row["year"], row["series"], row["value"]) for row in values] == [
        (1, "Today", 5.0), (1, "This plan", 6.0), (2, "Today", 5.0), (2, "This plan", 7.0),
    ]  # fmt: skip
    assert "from year to year" in drawn.picture.title
    assert impact_board.subjects_of_years(ImpactView(impact(), "en")) == {}


def test_every_number_says_where_it_was_counted() -> None:
    shown = impact()
    assert origin_of(shown, "locations").tables == ("flows",)
    told = calculation(shown, PLAN.id, ["headline"], "nl")
    assert "tabel=comparison" in told
    assert f"run={shown.identity.run_id}" in told
    assert "aannames?zoek=A-" in told
    # Without a scenario to link to, the words alone.
    assert "verdieping" not in calculation(shown, "", ["headline"], "nl")
