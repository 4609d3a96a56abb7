"""Actions that end again, capacity that is there twice for a time, and lists that are handed over."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.access import emergency_sites
from zorgstroom.planning.check import check_scenario
from zorgstroom.planning.load import expected_loads
from zorgstroom.planning.plan import Plan, compile_plan, take_steps
from zorgstroom_simulator.choice import choose_under_plan
from zorgstroom_simulator.experiment import Experiment, sample, simulate_replication
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.unit_access import add_unit_access

pytestmark = pytest.mark.unit

SMALL = make_dataset()
NAMES = [location.id for location in SMALL.locations]
START, END = "2025-02-10", "2025-03-17"
OUT = {"close": {"location": "ZUID", "start": START, "until": END}}


def scenario(*actions: dict[str, Any], weeks: int = 14, **horizon: Any) -> Scenario:
    return Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "Proef",
            "horizon": {"weeks": weeks, "warmup_weeks": 2, **horizon},
            "actions": list(actions),
        }
    )


def plan_of(*actions: dict[str, Any], weeks: int = 14) -> Plan:
    return compile_plan(scenario(*actions, weeks=weeks), SMALL, None)


def sizes(plan: Plan, location: str, pool: str) -> list[tuple[int, int]]:
    """Return (day, size) of every change of a pool."""
    return [
        (change.start_day, change.capacity)
        for change in plan.capacities
        if (NAMES[change.location], change.pool) == (location, pool)
    ]


def day(date: str, weeks: int = 14) -> int:
    """Return the day of the run of a date."""
    return Experiment(SMALL, scenario(weeks=weeks), None, 1).calendar.day_of(dt.date.fromisoformat(date))


def keys(*actions: dict[str, Any]) -> set[str]:
    result = check_scenario(scenario(*actions), SMALL, None)
    return {problem.key for problem in (*result.errors, *result.warnings)}


def refused(action: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        scenario(action)
    return str(caught.value)


def test_temporary_capacity_comes_and_goes() -> None:
    here = SMALL.capacities["MIDDEN", "or"]
    action = {"capacity": {"location": "MIDDEN", "pool": "or", "add": 60, "start": START, "until": END}}
    plan = plan_of(action)
    assert sizes(plan, "MIDDEN", "or") == [(day(START), here + 60_000), (day(END), here)]


def test_what_changes_meanwhile_stays_when_temporary_capacity_goes() -> None:
    here = SMALL.capacities["MIDDEN", "or"]
    plan = plan_of(
        {"capacity": {"location": "MIDDEN", "pool": "or", "percent": 50, "start": START, "until": END}},
        {"capacity": {"location": "MIDDEN", "pool": "or", "add": -30, "start": "2025-03-03"}},
    )
    assert sizes(plan, "MIDDEN", "or")[-1] == (day(END), here - 30_000)


def test_fewer_staff_for_a_time_leave_every_pool_as_it_was() -> None:
    action = {"workforce": {"profession": "ward_nurse", "percent": -25, "start": START, "until": END}}
    found = take_steps(scenario(action), SMALL, None)
    assert found.capacities
    assert found.end.capacities == SMALL.capacities


def test_a_closure_that_ends_brings_everything_and_everybody_back() -> None:
    made = Experiment(SMALL, scenario(OUT), None, 1)
    patients, location = sample(made, 0)
    days, chosen = choose_under_plan(SMALL, patients, location, made.plan)
    assert days.tolist() == [0, day(START), day(END)]
    zuid = NAMES.index("ZUID")
    assert (location == zuid).any()
    assert not (chosen[:, 1] == zuid).any()
    assert np.array_equal(chosen[:, 2], location)
    assert np.array_equal(made.plan.offers[-1][1], SMALL.offers)
    end = take_steps(made.scenario, SMALL, None).end
    assert [place.ed for place in end.locations] == [place.ed for place in SMALL.locations]
    assert emergency_sites(SMALL).sum() == 3
    assert [(change.opens, change.start_day) for change in made.plan.units] == [
        (False, day(START)), (False, day(START)), (True, day(END)), (True, day(END)),
    ]  # fmt: skip


def test_under_the_rule_nearest_the_same_patients_come_back_too() -> None:
    nearest = {"close": {**OUT["close"], "rule": "nearest"}}
    made = Experiment(SMALL, scenario(nearest), None, 1)
    patients, location = sample(made, 0)
    assert np.array_equal(choose_under_plan(SMALL, patients, location, made.plan)[1][:, -1], location)


def test_who_is_sent_on_meanwhile_does_not_come_back() -> None:
    """While ZUID is closed, the hip patients of MIDDEN go to NOORD for good, and those it took over with them."""
    on = {"concentrate": {"profiles": ["hip"], "at": ["NOORD"], "rule": "nearest", "start": "2025-02-24"}}
    made = Experiment(SMALL, scenario(OUT, on), None, 1)
    patients, location = sample(made, 0)
    chosen = choose_under_plan(SMALL, patients, location, made.plan)[1]
    hip, noord, midden, zuid = (
        patients.profile == SMALL.profile_index["hip"],
        *(location == number for number in range(3)),
    )
    to_midden = hip & zuid & (chosen[:, 1] == NAMES.index("MIDDEN"))
    assert to_midden.any()
    assert (chosen[hip & (noord | midden) | to_midden, -1] == NAMES.index("NOORD")).all()
    others = ~hip | hip & zuid & ~to_midden
    assert np.array_equal(chosen[others, -1], location[others])
    assert "scenario.back_after_concentration" in keys(OUT, on)


def test_expected_flows_are_those_of_today_when_a_closure_is_over() -> None:
    end = take_steps(scenario({"close": {**OUT["close"], "capacity_follows": 1}}), SMALL, None).end
    for profile, flows in end.flows.items():
        expected = SMALL.expected_volume[:, profile] / 1000
        assert flows.sum(axis=(0, 1)) == pytest.approx(expected, abs=0.01)
    assert {place: size for place, size in end.capacities.items() if size} == {
        place: size for place, size in SMALL.capacities.items() if size
    }


def test_an_end_after_the_run_is_no_end() -> None:
    later = {"close": {**OUT["close"], "until": "2030-01-01", "capacity_follows": 0.5}}
    never = {"close": {"location": "ZUID", "start": START, "capacity_follows": 0.5}}
    assert [str(part) for part in plan_of(later).moves] == [str(part) for part in plan_of(never).moves]
    assert plan_of(later).capacities == plan_of(never).capacities
    assert not keys(later) - keys(never)


def test_an_end_before_the_start_or_the_run_is_refused() -> None:
    assert "until_after_start" in refused({"close": {**OUT["close"], "until": START}})
    workforce = {"profession": "or_staff", "percent": 5, "start": END, "until": START}
    assert "until_after_start" in refused({"workforce": workforce})
    assert "scenario.until_before_run" in keys({"close": {"location": "ZUID", "until": "2024-01-01"}})
    moving = {**OUT["close"], "capacity_follows": 1, "after_months": 1}
    assert "until_at_once" in refused({"close": moving})


def test_overlap_gives_capacity_twice_for_a_time() -> None:
    closing = {"location": "ZUID", "profiles": ["hip"], "capacity_follows": 1, "start": START}
    plain = plan_of({"close": closing}, weeks=30)
    double = plan_of({"close": {**closing, "overlap_months": 2}}, weeks=30)
    late = plan_of({"close": {**closing, "arrives_after_months": 2}}, weeks=30)
    first, then = day(START, 30), day("2025-04-10", 30)
    for location, at_double, at_late in (("MIDDEN", first, then), ("ZUID", then, first)):
        [(_, size)] = sizes(plain, location, "or")
        assert sizes(double, location, "or") == [(at_double, size)]
        assert sizes(late, location, "or") == [(at_late, size)]
    both = {**closing, "overlap_months": 1, "arrives_after_months": 1}
    assert "overlap_or_later" in refused({"close": both})
    assert "capacity_follows_needed" in refused(
        {"close": {"location": "ZUID", "profiles": ["hip"], "overlap_months": 2}}
    )


def test_a_document_of_before_keeps_its_name() -> None:
    """Fields that are not used are in no digest."""
    for name in ("until", "overlap_months", "arrives_after_months", "demand_growth"):
        assert name not in scenario({"close": {"location": "ZUID", "capacity_follows": 1}}).canonical_json()


dates = st.sampled_from([{}, {"start": "2025-01-20"}, {"start": START}])
ends = st.sampled_from([{}, {"until": "2025-02-17"}, {"until": END}])
follows = st.sampled_from([{}, {"capacity_follows": 1}])
places = st.sampled_from(["NOORD", "MIDDEN", "ZUID"])
any_action = st.one_of(
    st.builds(lambda place, *more: {"close": {"location": place, **more[0], **more[1], **more[2]}},
              places, dates, ends, follows),
    st.builds(lambda place, percent, *more: {"capacity": {"location": place, "pool": "or", "percent": percent,
                                                          **more[0], **more[1]}},
              places, st.sampled_from([-100, -40, 80]), dates, ends),
    st.builds(lambda *more: {"workforce": {"profession": "ward_nurse", "percent": -20, **more[0], **more[1]}},
              dates, ends),
    st.builds(lambda place, start: {"concentrate": {"profiles": ["oesophagus"], "at": [place], "capacity_follows": 1,
                                                    "overlap_months": 1, **start}},
              st.sampled_from(["NOORD", "MIDDEN"]), dates),
)  # fmt: skip


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(any_action, min_size=1, max_size=3))
def test_engines_agree_to_the_bit_and_keep_everybody_on_dated_and_temporary_actions(
    actions: list[dict[str, Any]],
) -> None:
    document = scenario(*actions, weeks=12)
    if check_scenario(document, SMALL, None).errors:
        return
    tables = [
        simulate_replication(Experiment(SMALL, document, None, 1, engine), 0)
        for engine in ("simpy", "compiled")
    ]
    assert tables[0].indicators.equals(tables[1].indicators)
    assert tables[0].flows.equals(tables[1].flows)
    for row in tables[0].conservation.to_pylist():
        assert row["arrived"] + row["seeded"] == row["treated"] + row["in_treatment"] + row["waiting"]


def test_expected_load_is_that_of_today_when_a_closure_is_over() -> None:
    away = {"close": {**OUT["close"], "capacity_follows": 0.5}}
    loads = expected_loads(scenario(away), SMALL, None).days
    assert [item.day for item in loads] == [0, day(START), day(END)]
    for name in ("measures", "passing"):
        today, closed, back = (getattr(item, name) for item in loads)
        assert not np.allclose(today, closed)
        assert np.allclose(today, back, atol=1e-6)
    assert np.array_equal(np.nan_to_num(loads[0].capacity), np.nan_to_num(loads[2].capacity))


def test_a_unit_that_closes_for_a_time_counts_for_access_on_those_days_only() -> None:
    """With the others closed all the time, ZUID is the only one left."""
    others = [{"close": {"location": name, "units": ["obstetrics"]}} for name in ("NOORD", "MIDDEN")]
    closing = {"close": {"location": "ZUID", "units": ["obstetrics"], "start": START, "until": END}}
    far = {}
    for name, actions in (
        ("time", [*others, closing]),
        ("ever", [*others, {"close": {"location": "ZUID", "units": ["obstetrics"]}}]),
        ("no", others),
    ):
        made = Experiment(SMALL, scenario(*actions), None, 1)
        rows = Rows(SMALL)
        add_unit_access(rows, made.scope, made.plan)
        [whole] = [
            row for row in rows.table("plan", 0).to_pylist()
            if row["indicator"] == "beyond_30_obstetrics" and not row["area"]
        ]  # fmt: skip
        far[name] = whole["total"]
    days = 14 * 7
    extra = (far["ever"] - far["no"]) // days
    assert extra > 0
    assert far["time"] - far["no"] == extra * (day(END) - day(START))
