"""The plan designer: its optimum is that of trying everything by hand, its plans keep what was asked."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from zorgstroom import cli
from zorgstroom.dataset import load_dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput
from zorgstroom.planning.design import nearest_program
from zorgstroom.planning.design.branching import branch_and_bound
from zorgstroom.planning.design.case import Case, Group, make_case, make_rooms
from zorgstroom.planning.design.demands import Demand, demands_of, scores
from zorgstroom.planning.design.designing import Design, design
from zorgstroom.planning.design.exhaustive import all_sets, sets_that_meet
from zorgstroom.planning.design.local_search import judge_of, search, smallest_stop_first
from zorgstroom.planning.design.nearest_program import NearestProgram
from zorgstroom.planning.design.outcome import added_work, joined, outcomes
from zorgstroom.planning.design.proposal import document_of, proposals
from zorgstroom.planning.design.request import Objective, Wish, read_request
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.expected_today import expected_today
from zorgstroom.planning.load import expected_course
from zorgstroom.planning.plan import region_of
from zorgstroom.possible_plan import possible_plan
from zorgstroom.scenario_file import example_scenarios, parse_scenario

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
DATA = load_dataset("nl2025")
EUREGIO = {"region": {"roaz": "Euregio"}}
OBJECTIVES: tuple[Objective, ...] = (
    "travel",
    "worst_off_travel",
    "extra_travel",
    "fewest_changes",
    "stranded_cost",
)


def asked(**request: object) -> Design:
    text = json.dumps({"zorgstroom_design": 1, "name": "Proef", **request})
    return design(read_request(text, "vraag.json", DATA), DATA)


def sets_of(found: Design, rank: int = 0) -> dict[str, set[str]]:
    """Return the locations of each profile in a plan."""
    return {
        DATA.profiles[case.wish.profile].id: {
            name for name, there in zip(case.ids, part.sets[0], strict=True) if there
        }
        for case, part in zip(found.cases, found.plans[rank].parts, strict=True)
    }


def minutes_of(scenario: Scenario, profiles: Sequence[str]) -> float:
    """Return the mean minutes of the region's patients of these profiles under a plan, by its expected flows."""
    course = expected_course(scenario, DATA, None)
    region = region_of(scenario.region)
    areas = np.ones(len(DATA.areas), np.bool_) if region is None else DATA.areas_in(region)
    total = persons = 0.0
    for name in profiles:
        index = DATA.profile_index[name]
        flows = course.flows[index][1] if index in course.flows else course.today.flows.of(index)
        going = flows.sum(axis=0)[areas]
        total += float((going * DATA.travel_hundredths[areas] / 100).sum())
        persons += float(going.sum())
    return total / persons


# By hand


def hand_made(minutes: FloatArray, flows: FloatArray, offered: Sequence[bool]) -> Case:
    """Return a case with the rule `nearest`: three-digit minutes and flows from areas to candidates."""
    areas, places = minutes.shape
    group = Group(
        need=0.0,
        flows=flows * np.array(offered),
        elsewhere=np.zeros(areas),
        elsewhere_minutes=np.zeros(areas),
        by_type=np.zeros((areas, 4)),
        treating=np.ones(places, np.bool_),
        weights=np.ones((areas, places)),
        outside=np.zeros(areas),
        outside_minutes=np.zeros(areas),
    )
    rows = np.arange(places)
    wish = Wish(0, tuple(rows.tolist()), (), frozenset(), frozenset(), None, None, None)
    return Case(
        wish=wish,
        rule="nearest",
        rows=rows,
        ids=tuple("abcdefgh"[:places]),
        offered=np.array(offered),
        minutes=minutes,
        outside_reach=np.full(areas, math.inf),
        groups=(group,),
        reaching=np.zeros((0, places), np.bool_),
        counted=np.ones(areas, np.bool_),
        inhabitants=np.full(areas, 100.0),
        weight=1,
        types=np.zeros(places, np.int64),
        work=np.zeros((1, 0, 4)),
        stranding=10.0 * np.arange(1, places + 1),
    )


def by_hand(case: Case, goes_on: Sequence[int]) -> tuple[list[float], list[float]]:
    """Return patients per candidate and minutes per area, one patient after the other."""
    flows, minutes = case.groups[0].flows, case.minutes
    patients, travelled = [0.0] * len(case.ids), [0.0] * len(flows)
    for area, row in enumerate(flows.tolist()):
        nearest = min(goes_on, key=lambda place: (minutes[area, place], place))
        for place, number in enumerate(row):
            to = place if place in goes_on else nearest
            patients[to] += number
            travelled[area] += number * minutes[area, to]
    return patients, travelled


def score_by_hand(case: Case, goes_on: Sequence[int], objective: Objective) -> float:
    _, travelled = by_hand(case, goes_on)
    if objective == "fewest_changes":
        return float(sum((place in goes_on) != case.offered[place] for place in range(len(case.ids))))
    if objective == "travel":
        return sum(travelled)
    if objective == "stranded_cost":
        return float(sum(10 * (p + 1) for p, now in enumerate(case.offered) if now and p not in goes_on))
    if objective == "extra_travel":
        today = (case.groups[0].flows * case.minutes).sum(axis=1).tolist()
        return float(sum(max(after - before, 0.0) for after, before in zip(travelled, today, strict=True)))
    persons = case.groups[0].flows.sum(axis=1).tolist()
    means = sorted(
        ((total / number, number) for total, number in zip(travelled, persons, strict=True) if number > 0),
        reverse=True,
    )
    left, worst = 0.2 * sum(persons), 0.0
    for mean, number in means:
        worst += mean * min(number, left)
        left -= min(number, left)
    return worst


def subsets(number: int) -> list[tuple[int, ...]]:
    return [chosen for size in range(1, number + 1) for chosen in itertools.combinations(range(number), size)]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    places, areas = draw(st.integers(2, 4)), draw(st.integers(1, 5))

    def table(most: int) -> FloatArray:
        numbers = st.lists(st.integers(0, most), min_size=places * areas, max_size=places * areas)
        return np.array(draw(numbers), np.float64).reshape(areas, places)

    offered = draw(st.lists(st.booleans(), min_size=places, max_size=places).filter(any))
    return hand_made(table(60) + 1, table(30), offered)


@settings(max_examples=40, deadline=None)
@given(
    cases(),
    st.sampled_from(OBJECTIVES),
    st.integers(1, 60),
    st.integers(1, 4),
)
def test_the_program_finds_what_trying_everything_by_hand_finds(
    case: Case, objective: Objective, norm: int, most: int
) -> None:
    demands = [Demand("norm", 0, norm), Demand("at_most", 0, most)]
    good = [
        chosen
        for chosen in subsets(len(case.ids))
        if len(chosen) <= most and all(by_hand(case, chosen)[0][place] >= norm for place in chosen)
    ]
    program = NearestProgram(case, demands, objective)
    solved = program.solve(20)
    everything = sets_that_meet(case, demands, "worst_off_travel")
    assert len(everything.sets) == len(good)
    chosen = program.chosen(solved)
    if not good:
        assert (solved.status, chosen) == ("infeasible", None)
        return
    best = min(score_by_hand(case, places, objective) for places in good)
    assert solved.status == "optimal"
    assert chosen is not None
    assert score_by_hand(case, np.flatnonzero(chosen).tolist(), objective) == pytest.approx(best, rel=1e-5)
    assert scores(everything, objective)[0].min() == pytest.approx(best)
    assert program.bound(solved, objective) == pytest.approx(best, rel=1e-5, abs=0.1)


@settings(max_examples=40, deadline=None)
@given(cases(), st.sampled_from(OBJECTIVES), st.integers(1, 60), st.data())
def test_a_program_that_looks_less_deep_is_less_strict_and_exact_where_it_says_so(
    case: Case, objective: Objective, norm: int, data: st.DataObject
) -> None:
    demands = [Demand("norm", 0, norm)]
    values = scores(everything := sets_that_meet(case, demands, "worst_off_travel"), objective)[0]
    known = data.draw(st.lists(st.booleans(), min_size=len(case.ids), max_size=len(case.ids)).filter(any))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest_program, "_DEEPER", 0)
        program = NearestProgram(case, demands, objective, [np.array(known)])
    solved = program.solve(20)
    chosen = program.chosen(solved)
    if solved.status == "infeasible":
        assert not len(values)
        return
    assert chosen is not None
    if len(values):
        assert program.bound(solved, objective) <= values.min() * (1 + 1e-5) + 0.1
    if program.looks_deep_enough(chosen):
        same = (everything.sets == chosen).all(axis=1)
        assert values[same] == pytest.approx([values.min()], rel=1e-5, abs=0.1)


def test_three_places_in_a_row_by_hand() -> None:
    """Ten patients at each of three places, 20 minutes apart; with a norm of 15 one of the ends must go."""
    minutes = np.array([[0.0, 20, 40], [20, 0, 20], [40, 20, 0]])
    case = hand_made(minutes, np.diag([10.0, 10.0, 12.0]), [True, True, True])
    found = sets_that_meet(case, [Demand("norm", 0, 15)], "travel")
    assert {tuple(np.flatnonzero(row).tolist()) for row in found.sets} == {(0,), (1,), (2,)}
    found = sets_that_meet(case, [Demand("norm", 0, 12)], "travel")
    # Whoever goes on gets ten more from the nearest; b and c, or a and c with b's patients at a.
    assert {tuple(np.flatnonzero(row).tolist()) for row in found.sets} == {(0,), (1,), (2,), (1, 2), (0, 2)}
    best = found.select(scores(found, "travel")[0] == scores(found, "travel")[0].min())
    assert {tuple(np.flatnonzero(row).tolist()) for row in best.sets} == {(1, 2), (0, 2)}
    assert set(best.minutes.tolist()) == {200.0}


@settings(max_examples=20, deadline=None)
@given(cases(), st.integers(1, 40))
def test_looking_around_finds_a_plan_that_keeps_the_norm(case: Case, norm: int) -> None:
    demands = [Demand("norm", 0, norm)]
    judge = judge_of(case, demands)
    found, meets = search(case, judge, "travel", smallest_stop_first(case, judge))
    everything = sets_that_meet(case, demands, "travel")
    if meets:
        assert found.minutes[0] >= everything.minutes.min() - 1e-6
        assert found.smallest[0] >= norm - 0.011
    if case.offered.all():
        assert meets == bool(len(everything.sets))


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize(
    ("region", "profile", "norm"), [("Zuidwest-Nederland", "rectum", 40), (None, "transplant", 60)]
)
def test_branch_and_bound_finds_what_looking_at_all_sets_finds(
    region: str | None, profile: str, norm: int, objective: Objective
) -> None:
    """Also with places outside the region, and from a start that is not good."""
    asks: dict[str, object] = {"region": {"roaz": region}} if region else {}
    text = json.dumps({"zorgstroom_design": 1, "name": "x", "profiles": [profile], "norm": norm, **asks})
    file = read_request(text, "x", DATA)
    case = make_case(file, file.wishes[0], DATA, None)
    demands = demands_of(file.request, [case])
    everything = sets_that_meet(case, demands, objective)
    values = scores(everything, objective)[0]
    judge = judge_of(case, demands)
    start = everything.select(np.array([values.argmax()]))
    found = branch_and_bound(case, demands, judge, objective, start, 60.0)
    assert scores(found.best, objective)[0][0] == pytest.approx(values.min(), rel=3e-6, abs=1e-6)
    assert found.bound <= values.min() + 1e-6
    assert found.nodes < 2 ** (len(case.ids) + 1)
    # Out of time at once: a bound is a bound.
    stopped = branch_and_bound(case, demands, judge, objective, start, 0.0)
    assert stopped.bound <= values.min() + 1e-6


@settings(max_examples=25, deadline=None)
@given(cases(), st.sampled_from(OBJECTIVES), st.integers(1, 40), st.data())
def test_branch_and_bound_finds_what_trying_everything_finds_where_people_choose(
    case: Case, objective: Objective, norm: int, data: st.DataObject
) -> None:
    shape = case.minutes.shape
    drawn = data.draw(st.lists(st.integers(1, 1000), min_size=case.minutes.size, max_size=case.minutes.size))
    weights = np.array(drawn, np.float64).reshape(shape) / 1000
    there = weights * case.offered
    persons = case.groups[0].flows.sum(axis=1, keepdims=True)
    flows = persons * there / there.sum(axis=1, keepdims=True)
    case = dataclasses.replace(
        case, rule="choice", groups=(dataclasses.replace(case.groups[0], weights=weights, flows=flows),)
    )
    demands = [Demand("norm", 0, norm)]
    everything = sets_that_meet(case, demands, "worst_off_travel")
    if not len(everything.sets):
        return
    values = scores(everything, objective)[0]
    judge = judge_of(case, demands)
    start = everything.select(np.array([values.argmax()]))
    found = branch_and_bound(case, demands, judge, objective, start, 60.0)
    assert scores(found.best, objective)[0][0] == pytest.approx(values.min(), rel=3e-6, abs=1e-5)
    assert found.bound <= values.min() + 1e-5
    stopped = branch_and_bound(case, demands, judge, objective, start, 0.0)
    assert stopped.bound <= values.min() + 1e-5


# The real country


@pytest.mark.parametrize("rule", ["choice", "nearest"])
@pytest.mark.parametrize("region", ["Euregio", "Limburg"])
def test_every_set_does_what_the_expected_flows_of_its_plan_say(rule: str, region: str) -> None:
    found = asked(
        region={"roaz": region},
        profiles=["lung", "rectum"],
        at_least=1,
        rule=rule,
        alternatives=10,
        max_load=9,
    )
    # Comparing volumes and travel with those of the plan is a part of proposing it.
    plans = proposals(found, DATA, "nl")
    assert len(plans) >= 5
    assert [plan.value for plan in plans] == sorted(plan.value for plan in plans)
    inside = DATA.locations_in(Region("roaz", region))
    for rank, plan in enumerate(plans[:3]):
        assert plan.value == pytest.approx(minutes_of(plan.scenario, ["lung", "rectum"]), abs=1e-6)
        loads = expected_course(plan.scenario, DATA, None).loads
        more = loads.days[-1].measures[0] - loads.today.measures[0]
        known = np.zeros_like(more)
        for case, part in zip(found.cases, found.plans[rank].parts, strict=True):
            known[:, case.rows] += added_work(case, part)[0]
        np.testing.assert_allclose(known[:, inside], more[:, inside], atol=1e-9)


def test_a_location_that_starts_is_a_part_of_the_plan() -> None:
    found = asked(
        **EUREGIO,
        profiles=["oesophagus"],
        stop=[{"location": "MST"}],
        may_open=[{"location": "SKB"}],
        max_travel={"minutes": 35, "share": 0.8},
        demand_year=2030,
    )
    [plan] = proposals(found, DATA, "en")[:1]
    assert plan.parts[0].starts == ("SKB",)
    assert [item.kind for item in plan.scenario.actions] == ["open", "concentrate"]
    assert plan.scenario.horizon.demand_year == 2030


def test_fixed_decisions_norms_and_load_hold_in_the_expected_flows_of_the_plan() -> None:
    found = asked(
        region={"roaz": "Brabant"},
        profiles=["lung", "oesophagus"],
        norm={"lung": 60, "oesophagus": 40},
        keep=[{"location": "JBZ", "profiles": ["lung"]}],
        stop=[{"location": "AMPHIA-BR"}],
        max_load=1.1,
        alternatives=2,
    )
    assert (found.status, found.method) == ("optimal", "all_sets_together")
    region = DATA.locations_in(Region("roaz", "Brabant"))
    for rank, plan in enumerate(proposals(found, DATA, "nl")):
        chosen = sets_of(found, rank)
        assert "JBZ" in chosen["lung"]
        assert "AMPHIA-BR" not in chosen["lung"] | chosen["oesophagus"]
        course = expected_course(plan.scenario, DATA, None)
        for name, norm in (("lung", 60), ("oesophagus", 40)):
            patients = course.flows[DATA.profile_index[name]][1].sum(axis=(0, 1))
            rows = [DATA.location_index[location] for location in chosen[name]]
            assert patients[rows].min() >= norm - 0.011
        today, after = course.loads.today.load[:, region], course.loads.days[-1].load[:, region]
        assert not (after > np.fmax(today, 1.1) + 1e-6).any()


def test_the_best_together_is_that_of_trying_every_pair() -> None:
    request = {
        "region": {"roaz": "Limburg"},
        "profiles": ["lung", "colon"],
        "norm": {"lung": 40, "colon": 60},
        "max_load": 1.012,
        "max_changes": 4,
        "rule": "nearest",
    }
    found = asked(**request)
    file = found.file
    today = expected_today(DATA, file.year, ())
    built = [make_case(file, wish, DATA, today) for wish in file.wishes]
    room = make_rooms(file, DATA, today).room(1.012)
    lists = [
        sets_that_meet(case, [Demand("norm", 0, norm)], "travel")
        for case, norm in zip(built, (40, 60), strict=True)
    ]
    works = [added_work(case, one) for case, one in zip(built, lists, strict=True)]
    best = math.inf
    for pair in itertools.product(*(range(len(one.sets)) for one in lists)):
        more = np.zeros_like(room)
        for case, work, row in zip(built, works, pair, strict=True):
            more[:, case.rows] += work[row]
        changes = sum(float(one.changes[row]) for one, row in zip(lists, pair, strict=True))
        if changes <= 4 and not (more > room + 1e-6).any():
            best = min(best, sum(float(one.minutes[row]) for one, row in zip(lists, pair, strict=True)))
    assert math.isfinite(best)
    assert found.plans[0].score == pytest.approx(best)
    assert found.status == "optimal"


@pytest.mark.parametrize(("profile", "sessions"), [("dialysis", 156), ("hip_replacement", 1)])
def test_cost_that_stays_behind_counts_every_session(profile: str, sessions: int) -> None:
    found = asked(
        region={"roaz": "Euregio"}, profiles=[profile], objective="stranded_cost", at_most=1, alternatives=0
    )
    [case], [part] = found.cases, found.plans[0].parts
    stops = case.rows[case.offered & ~part.sets[0]]
    persons = DATA.expected_volume[stops, case.wish.profile].sum() / 1000
    price = DATA.profiles[case.wish.profile].cost_eur
    expected = persons * sessions * price * DATA.fixed_shares[0].share
    assert part.stranded[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("number", "request_"),
    [
        (2, {**EUREGIO, "profiles": ["oesophagus", "stomach", "pancreas"], "at_most": 1}),
        (6, {**EUREGIO, "profiles": ["oesophagus", "pancreas"], "norm": 50, "rule": "nearest"}),
        pytest.param(9, {"profiles": ["lung"], "norm": 60, "seconds": 20}, marks=pytest.mark.nightly),
        (
            13,
            {**EUREGIO, "profiles": ["oesophagus", "stomach", "pancreas"], "at_most": 1, "rule": "choice"},
        ),
    ],
)
def test_no_worked_example_is_better_on_the_same_request(number: int, request_: Mapping[str, object]) -> None:
    example = parse_scenario(example_scenarios()[number - 1].text, "voorbeeld")
    found = asked(**request_)
    profiles = list(request_["profiles"])  # type: ignore[call-overload]
    [mine] = proposals(found, DATA, "nl")[:1]
    assert minutes_of(mine.scenario, profiles) <= minutes_of(example, profiles) + 1e-9
    assert found.status == ("best_found" if number == 9 else "optimal")


def test_the_country_has_a_proven_best_plan_for_a_profile_under_the_rules_of_the_model() -> None:
    found = asked(profiles=["prostate_rarp"], norm=250)
    assert (found.status, found.method, found.gap) == ("optimal", "all_sets", 0.0)
    [plan] = proposals(found, DATA, "nl")[:1]
    assert min(plan.parts[0].patients.values()) >= 250 - 0.011
    greedy = parse_scenario(
        "zorgstroom: 1\nname: x\nactions: [{concentrate: {profiles: [prostate_rarp], to_minimum: 250}}]", "x"
    )
    assert plan.value < minutes_of(greedy, ["prostate_rarp"])


@pytest.mark.nightly
def test_the_country_has_a_proven_best_plan_where_there_are_many_locations() -> None:
    found = asked(profiles=["lung"], norm=60, rule="nearest", objective="fewest_changes", seconds=900)
    assert (found.status, found.method, found.gap) == ("optimal", "program", 0.0)
    [plan] = proposals(found, DATA, "nl")[:1]
    assert min(plan.parts[0].patients.values()) >= 60 - 0.011


# No plan


CONFLICTS: list[dict[str, object]] = [
    {
        "region": {"roaz": "Limburg"},
        "profiles": ["lung"],
        "norm": 100,
        "max_travel": {"minutes": 60},
        "at_least": 3,
    },
    {**EUREGIO, "profiles": ["hip_replacement"], "at_most": 1, "max_travel": {"minutes": 25}},
    {
        "region": {"roaz": "Limburg"},
        "profiles": ["lung"],
        "norm": 130,
        "keep": [{"location": "VIEC-VL"}],
        "at_least": 2,
    },
    {
        "region": {"roaz": "Limburg"},
        "profiles": ["colon"],
        "at_most": 1,
        "at_least": 1,
        "max_travel": {"minutes": 30},
    },
    {**EUREGIO, "profiles": ["oesophagus", "pancreas"], "at_most": 1, "max_changes": 1},
    {**EUREGIO, "profiles": ["hip_replacement"], "at_most": 1, "max_load": 1.0},
]


@pytest.mark.parametrize("request_", CONFLICTS)
def test_a_conflict_is_minimal_and_every_value_it_names_is_the_nearest_that_works(
    request_: dict[str, object],
) -> None:
    found = asked(**request_)
    assert (found.status, found.plans) == ("impossible", ())
    [conflict] = found.conflicts
    assert conflict.minimal
    for way in conflict.ways:
        demand = way.demand
        if demand.kind in ("keep", "reach") or way.value is None:
            continue
        changed: dict[str, object] = {"minutes": way.value} if demand.kind == "max_travel" else {}
        value: object = changed or (way.value if demand.kind == "max_load" else int(way.value))
        assert asked(**{**request_, demand.kind: value}).plans
        nearer = {"norm": 1, "at_least": 1, "max_load": -0.01}.get(demand.kind, -1)
        closer = way.value + nearer
        still: object = (
            {"minutes": closer} if changed else (closer if demand.kind == "max_load" else int(closer))
        )
        if closer > 0:
            assert not asked(**{**request_, demand.kind: still}).plans
    for way in conflict.ways:
        if way.demand.kind != "reach" and len(conflict.ways) > 1:
            others = [other.demand for other in conflict.ways if other != way]
            case = found.cases[way.demand.profile or 0]
            if len(found.cases) == 1 and not {d.kind for d in others} & {"max_load", "max_changes"}:
                assert len(sets_that_meet(case, others, "travel").sets)


def test_the_command_names_the_demands_that_conflict_with_their_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "vraag.yaml"
    path.write_text(
        "zorgstroom_design: 1\nname: Te veel gevraagd\nregion: {roaz: Euregio}\nprofiles: [oesophagus]\n"
        "norm: 60\nkeep: [{location: MST}, {location: ZGT-AL}]\n",
        "utf-8",
    )
    assert cli.run(["design", str(path), "--lang", "en", "--out", str(tmp_path / "uit")]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(f"{path}:1: There is no plan that meets everything.")
    assert any(line.startswith(f"{path}:5: A norm of 60 for Oesophagectomy") for line in lines)
    assert not (tmp_path / "uit").exists()


# The request


def test_every_mistake_is_named_at_once_with_its_line() -> None:
    text = """zorgstroom_design: 1
name: Fout
region: {roaz: Euregio}
profiles: [oesophagus, outpatient_first, longg]
norm: {lung: 50}
keep:
  - {location: MSTT}
may_open:
  - {location: ZGT-AL, profiles: [pancreas]}
"""
    with pytest.raises(InvalidInput) as refused:
        read_request(text, "vraag.yaml", DATA)
    lines = refused.value.message("en").splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        "vraag.yaml:4",
        "vraag.yaml:5",
        "vraag.yaml:7",
        "vraag.yaml:9",
    ]
    assert "MST" in lines[2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"objective": "quickest"}, "travel"),
        ({"norm": "datset"}, "whole number"),
        ({"norm": 0}, "whole number"),
        ({"at_most": 1, "at_least": 2}, "more than"),
        ({"keep": [{"location": "SKB"}]}, "does not provide"),
        ({"keep": [{"location": "MST"}], "stop": [{"location": "MST"}]}, "Choose one"),
        ({"keep": [{"location": "UMCG"}]}, "Euregio"),
        ({"may_open": [{"location": "MST"}]}, "provides oesophagus already"),
        ({"profiles": ["endocrine"], "norm": "dataset"}, "in force"),
        ({"profiles": ["outpatient_first"]}, "first visits"),
        ({"demand_year": 2059}, "2059"),
        ({"nrom": 5}, "norm"),
        ({"max_travel": {"minutes": -3}}, "minutes"),
        ({"norm": None}, "at least one demand"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(change: dict[str, object], words: str) -> None:
    request = {
        "zorgstroom_design": 1,
        "name": "x",
        **EUREGIO,
        "profiles": ["oesophagus"],
        "norm": 20,
        **change,
    }
    with pytest.raises(InvalidInput) as refused:
        read_request(json.dumps(request), "vraag.json", DATA)
    assert words in refused.value.message("en")


def test_a_scenario_is_told_from_a_design_request() -> None:
    with pytest.raises(InvalidInput, match="scenario"):
        read_request("zorgstroom: 1\nname: x\nactions: []\n", "plan.yaml", DATA)


def test_a_demand_that_needs_all_sets_is_refused_where_there_are_too_many() -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(profiles=["lung"], norm=60, max_load=1.0)
    assert "42" in refused.value.message("nl")


# What it leaves behind


def test_the_same_request_gives_the_same_bytes_and_plans_that_can_be_carried_out(tmp_path: Path) -> None:
    example = ROOT / "examples" / "designs" / "01-slokdarm-pancreas-regio.yaml"
    folders = [tmp_path / name for name in ("een", "twee")]
    for folder in folders:
        assert cli.run(["design", str(example), "--out", str(folder)]) == 0
    files = [sorted(path.name for path in folder.iterdir()) for folder in folders]
    assert files[0] == [
        "alternative-1.yaml",
        "alternative-2.yaml",
        "alternative-3.yaml",
        "design.json",
        "plan.yaml",
    ]
    assert files[0] == files[1]
    for name in files[0]:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
        if name != "design.json":
            plan, _ = possible_plan(folders[0] / name, None, DATA)
            assert all(item.action.why for item in plan.actions)
    document = json.loads((folders[0] / "design.json").read_text("utf-8"))
    assert (document["status"], document["gap"], document["value"]) == ("optimal", 0.0, document["bound"])
    assert document["plans"][0]["file"] == "plan.yaml"


@pytest.mark.nightly
def test_the_best_plan_is_simulated_by_the_same_command(tmp_path: Path) -> None:
    path = tmp_path / "vraag.yaml"
    path.write_text(
        "zorgstroom_design: 1\nname: Proef\nregion: {roaz: Euregio}\nprofiles: [oesophagus]\nat_most: 1\n",
        "utf-8",
    )
    assert cli.run(["design", str(path), "--out", str(tmp_path / "uit"), "--simulate", "1"]) == 0
    manifest = json.loads((tmp_path / "uit" / "impact" / "manifest.json").read_text("utf-8"))
    assert manifest["scenario"] == "scenario.json"
    simulated = parse_scenario((tmp_path / "uit" / "impact" / "scenario.json").read_text("utf-8"), "x")
    assert simulated == possible_plan(tmp_path / "uit" / "plan.yaml", None, DATA)[0]


def test_a_folder_with_something_else_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mijn.txt").write_text("van mij")
    example = ROOT / "examples" / "designs" / "01-slokdarm-pancreas-regio.yaml"
    assert cli.run(["design", str(example), "--out", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mijn.txt"]


def test_the_document_says_what_was_asked_and_found() -> None:
    found = asked(**EUREGIO, profiles=["oesophagus"], at_most=1)
    document = document_of(found, proposals(found, DATA, "en"), DATA)
    assert document["request"]["at_most"] == 1
    assert document["plans"][0]["profiles"][0]["locations"] == ["MST"]
    assert document["dataset"]["digest"] == DATA.digest


def test_examples_are_requests_that_can_be_read() -> None:
    for path in sorted((ROOT / "examples" / "designs").glob("*.yaml")):
        file = read_request(path.read_bytes(), str(path), DATA)
        assert yaml.safe_load(path.read_text("utf-8"))["name"] == file.request.name


def test_all_sets_are_all_sets() -> None:
    case = hand_made(np.ones((2, 3)), np.ones((2, 3)), [True, True, False])
    found = joined([outcomes(case, sets) for sets in all_sets(case)])
    assert len({tuple(row) for row in found.sets.tolist()}) == 7
    assert found.possible.all()
    fixed = [Demand("keep", 0, location="a"), Demand("stop", 0, location="c")]
    [sets] = all_sets(dataclasses.replace(case), fixed)
    assert sets.tolist() == [[True, False, False], [True, True, False]]
