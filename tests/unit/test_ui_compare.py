"""The comparison page: what is compared with what, which tab is made, and a dossier that opens the same again."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.client import (
    Comparison,
    ComparisonCell,
    RunInfo,
    ScenarioInfo,
    TradeOff,
    TradeOffPoint,
    TradeOffs,
)
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.impact import Estimate, Impact
from zorgstroom_ui import session
from zorgstroom_ui.components import charts, comparing, comparison, trade_off

pytestmark = pytest.mark.unit

PLANS = [
    ScenarioInfo(
        id=letter * 64, name="Zelfde naam", slug=f"plan-{letter}", version=version, example=True, actions=1
    )
    for version, letter in enumerate("abc", start=1)
]
RUNS = {
    plan.id: RunInfo(id=plan.id[:1] * 32, scenario_id=plan.id, name=plan.name, state="completed")
    for plan in PLANS
}
SMALLER = Estimate(mean=-2.0, low=-3.0, high=-1.0)


def impact() -> Impact:
    return build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )


def cell(difference: Estimate, verdict: str) -> ComparisonCell:
    plan = Estimate(mean=20.0 + difference.mean)
    return ComparisonCell.model_validate(
        {
            "baseline": Estimate(mean=20.0),
            "plan": plan,
            "difference": difference,
            "clear": verdict != "equal",
            "verdict": verdict,
        }
    )


class Compared:
    """In place of the API: notes what is asked, and answers with a known comparison."""

    def __init__(self) -> None:
        self.compared: list[tuple[Sequence[str], str | None]] = []
        self.weighed = 0

    def compare(self, runs: Sequence[str], reference: str | None = None) -> Comparison:
        self.compared.append((runs, reference))
        cells = [
            cell(SMALLER, "better"),
            *(cell(Estimate(mean=0.1, low=-1, high=1), "equal") for _ in runs[1:]),
        ]
        known = [run for run in RUNS.values() if run.id in runs]
        return Comparison(runs=known, reference=reference, indicators={"travel_mean": cells})

    def trade_offs(self, runs: Sequence[str]) -> TradeOffs:
        self.weighed += 1
        points = [TradeOffPoint(run=run, name="", x=1, y=2, years=[(1, 2)]) for run in (None, *runs)]
        return TradeOffs(
            items=[TradeOff(profile="", across="travel_mean", against="volume_at_norm", points=points)],
            names={},
        )

    def run(self, name: str) -> RunInfo:
        return next(run for run in RUNS.values() if run.id == name)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Compared:
    made, shown = Compared(), impact()
    st.cache_data.clear()
    st.cache_resource.clear()
    monkeypatch.setattr(session, "client", lambda: made)
    monkeypatch.setattr(session, "examples", lambda: PLANS)
    monkeypatch.setattr(session, "own_plans", list)
    monkeypatch.setattr(session, "latest_runs", lambda: dict(RUNS))
    monkeypatch.setattr(session, "impact", lambda _: shown)
    monkeypatch.setattr(session, "area", lambda: "")
    monkeypatch.setattr(session, "borders", tuple)
    monkeypatch.setattr(
        session, "find_scenario", lambda name: next(plan for plan in PLANS if name in (plan.id, plan.slug))
    )
    return made


def page() -> None:
    from zorgstroom_ui.components import compare_page

    compare_page.show_page()


def opened(**address: str | list[str]) -> AppTest:
    screen = AppTest.from_function(page, default_timeout=30)
    screen.query_params["taal"] = "nl"
    for name, value in address.items():
        screen.query_params[name] = value
    return screen.run()


def words(screen: AppTest) -> str:
    return "".join(str(part.proto.body) for part in screen.get("html"))


def test_only_the_tab_that_is_open_is_made(api: Compared) -> None:
    screen = opened(onderdeel="afruil")
    assert not screen.exception
    assert (len(api.compared), api.weighed) == (0, 1)
    assert "de open stip is Nu" in words(screen)
    # What a visitor begins with is in the address, so that a link shows another person the same.
    assert screen.query_params["plan"] == [plan.id for plan in PLANS[:2]]


def test_a_plan_that_is_gone_is_named_and_the_others_stay(
    api: Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(name: str) -> ScenarioInfo:
        for plan in PLANS:
            if name == plan.id:
                return plan
        raise session.UnknownPlan(name, [PLANS[2]])

    monkeypatch.setattr(session, "find_scenario", find)
    screen = opened(plan=[PLANS[0].id, "plan-x", PLANS[1].id])
    assert not screen.exception
    assert "plan-x" in words(screen)
    assert screen.query_params["plan"] == [PLANS[0].id, PLANS[1].id]
    # The nearest one takes its place beside the others.
    offered = next(found for found in re.findall(r'href="([^"]+)"', words(screen)) if PLANS[2].id in found)
    assert [offered.count(plan.id) for plan in PLANS] == [1, 1, 1]
    assert api.compared == [(tuple(RUNS[plan.id].id for plan in PLANS[:2]), None)]


def test_a_part_that_does_not_exist_is_named(api: Compared) -> None:
    screen = opened(plan=[plan.id for plan in PLANS[:2]], onderdeel="geheim")
    assert "Het onderdeel ‘geheim’ in dit adres bestaat niet." in words(screen)


def test_points_that_nobody_would_call_different_do_not_look_it() -> None:
    dots = [charts.Dot("A", "Plan", x, 20.0, [], False) for x in (20.01, 20.02)]
    for least, length in ((1.0, 1.0), (0.001, None)):
        axis = charts.Axis("minuten", least=least)
        encoding = charts.scatter(dots, axis, axis, "nl")["layer"][0]["encoding"]
        domain = encoding["x"]["scale"].get("domain")
        assert (domain and round(domain[1] - domain[0], 6)) == length
        # Where they are in the middle of.
        assert domain is None or round(sum(domain) / 2, 6) == 20.015


def test_any_plan_can_be_what_the_others_are_compared_with(api: Compared) -> None:
    chosen = [plan.id for plan in PLANS]
    screen = opened(plan=chosen, ref="plan-b")
    assert not screen.exception
    assert api.compared == [(tuple(RUNS[name].id for name in chosen), RUNS[PLANS[1].id].id)]
    assert "vergeleken met: Zelfde naam (2)" in words(screen)
    screen.selectbox("compare-reference").select("nu").run()
    assert api.compared[-1][1] is None
    assert "ref" not in screen.query_params


def test_a_dossier_is_an_address_with_exactly_these_calculations(api: Compared) -> None:
    screen = opened(plan=[PLANS[0].id, PLANS[2].id])
    make = next(button for button in screen.button if button.label == "Bewaar als dossier")
    make.click().run()
    assert "Geef het dossier een naam." in screen.error[0].value
    screen.text_input("dossier-name").set_value("Voor de regiotafel")
    make = next(button for button in screen.button if button.label == "Bewaar als dossier")
    make.click().run()
    assert not screen.exception
    assert screen.query_params["run"] == [RUNS[PLANS[0].id].id, RUNS[PLANS[2].id].id]
    assert "Dossier: Voor de regiotafel" in words(screen)
    assert "naam=Voor+de+regiotafel" in screen.code[0].value


def test_weights_give_an_order_only_when_asked_for(api: Compared) -> None:
    screen = opened(plan=[PLANS[0].id, PLANS[1].id])
    assert "Volgorde met uw gewichten" not in words(screen)
    screen.toggle("compare-weigh").set_value(True).run()
    told = words(screen)
    assert "Plaats 1: Zelfde naam (1)" in told
    assert "Andere gewichten geven een andere volgorde" in told


def test_plans_that_weigh_the_same_share_a_place() -> None:
    runs = list(RUNS.values())
    cells = [cell(SMALLER, "worse"), cell(SMALLER, "better"), cell(SMALLER, "better")]
    compared = Comparison(runs=runs, indicators={"travel_mean": cells})
    places = comparing.ordered(compared, ["A", "B", "C"], {"travel_mean": 3})
    assert [(item.place, item.plan) for item in places] == [(1, "B"), (1, "C"), (3, "A")]
    none = comparing.ordered(compared, ["A", "B", "C"], {"travel_mean": 0})
    assert {item.place for item in none} == {1}


def test_plans_of_the_same_name_are_told_apart() -> None:
    assert list(comparing.unique_names(PLANS).values()) == [f"Zelfde naam ({n})" for n in (1, 2, 3)]
    same_version = [plan.model_copy(update={"version": 1}) for plan in PLANS[:2]]
    assert list(comparing.unique_names(same_version).values()) == [
        "Zelfde naam (aaaaaa)",
        "Zelfde naam (bbbbbb)",
    ]


def test_compared_with_a_plan_today_stands_at_the_end_without_a_difference() -> None:
    runs = list(RUNS.values())[:2]
    cells = [cell(SMALLER, "better"), cell(Estimate(mean=0.0), "none")]
    compared = Comparison(runs=runs, reference=runs[1].id, indicators={"travel_mean": cells})
    shown = comparison.outcomes(compared, {}, "nl", ["Eerste", "Tweede"])
    order = [shown.index(f">{name}</th>") for name in ("Tweede", "Eerste", "Nu")]
    assert order == sorted(order)
    assert shown.count("zs-tag") == 1


def test_arrows_of_several_plans_have_the_same_hospitals_and_the_same_scale() -> None:
    first = impact()
    nobody = first.model_copy(update={"locations": []})
    drawn = comparing.hospital_arrows([first, nobody], "nl")
    assert [row.label for row in drawn[0]] == [row.label for row in drawn[1]]
    assert {row.value for row in drawn[1]} == {0.0}
    widest = max(charts.reach_of(rows) for rows in drawn)
    domains = [
        charts.arrows(rows, "nl", widest=widest)["layer"][0]["encoding"]["x"]["scale"]["domain"]
        for rows in drawn
    ]
    assert domains[0] == domains[1]


def test_the_workbook_holds_every_table_and_leaves_out_what_cannot_be_compared() -> None:
    compared = Compared().compare([run.id for run in RUNS.values()][:2])
    weighed = Compared().trade_offs([run.id for run in RUNS.values()][:2])
    plans = [impact(), impact()]
    pages = dict(comparing.workbook_pages(compared, plans, weighed, ["Een", "Twee"], "nl"))
    assert next(iter(pages)) == "Uitkomsten"
    assert pages["Uitkomsten"].rows[0][3:9] == [20.0, 18.0, -2.0, -3.0, -1.0, "beter"]
    assert len(pages["Afruil"].rows) == 3 * 2
    assert all(len(row) == len(sheet.columns) for sheet in pages.values() for row in sheet.rows)
    without = dict(comparing.workbook_pages(None, plans, None, ["Een", "Twee"], "nl"))
    assert set(pages) - set(without) == {"Uitkomsten", "Afruil"}


def test_letters_in_a_trade_off_do_not_cover_each_other() -> None:
    weighed = Compared().trade_offs([run.id for run in RUNS.values()])
    named: dict[str | None, str] = {None: "Nu"} | {run.id: run.name for run in RUNS.values()}
    picture = trade_off.picture_of(weighed.items[0], {}, named, "", "nl")
    points = next(layer["data"]["values"] for layer in picture.spec["layer"] if "data" in layer)
    # All at the same place: each letter at another corner.
    assert len({point["corner"] for point in points}) == len(points) == 4
    assert [point["letter"] for point in points] == ["Nu", "A", "B", "C"]
