"""Demand that changes: only under the plan, only whom it is about, and everybody else stays the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.experiments import under
from tests.support.patients import sample_patients
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar
from zorgstroom.domain.scenario import DemandFactor, Scenario
from zorgstroom.planning.demand import expected_demand
from zorgstroom.planning.expected import persons_per_year
from zorgstroom.planning.plan import DemandChange
from zorgstroom_simulator.demand import Patients, Sampler
from zorgstroom_simulator.demand_changes import extra_patients, leave, stream_names
from zorgstroom_simulator.experiment import Experiment, ReplicationTables, simulate_replication

pytestmark = pytest.mark.unit

DATASET = make_dataset()
CALENDAR = Calendar(2025, 2, 26)
HIP, PNEUMONIA = DATASET.profile_index["hip"], DATASET.profile_index["pneumonia"]
PATIENTS = sample_patients(DATASET, CALENDAR, 1, 0)
EVERYWHERE = np.ones(len(DATASET.areas), np.bool_)
ALL_AGES = np.ones(len(AGE_BANDS), np.bool_)
SCENARIO = Scenario.model_validate(
    {"zorgstroom": 1, "name": "Proef", "horizon": {"weeks": 12, "warmup_weeks": 2}}
)


def change(kind: str = "prevent", permille: int = 300, **changes: object) -> DemandChange:
    made = DemandChange(0, 0, HIP, EVERYWHERE, ALL_AGES, kind, permille)  # type: ignore[arg-type]
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def new(patients: Patients, profile: int = HIP) -> np.ndarray:
    return np.asarray((patients.profile == profile) & (patients.minute >= 0))


def run(*changes: DemandChange, seed: int = 1, weeks: int = 12) -> ReplicationTables:
    horizon = SCENARIO.horizon.model_copy(update={"weeks": weeks})
    made = Experiment(DATASET, SCENARIO.model_copy(update={"horizon": horizon}), None, seed)
    return simulate_replication(under(made, dataclasses.replace(made.plan, demand=changes)), 0)


def total(result: ReplicationTables, indicator: str, scenario: str, profile: str = "") -> int:
    (value,) = [
        row["total"]
        for row in result.indicators.to_pylist()
        if (row["indicator"], row["scenario"], row["profile"]) == (indicator, scenario, profile)
        and not row["location"]
    ]
    return int(value)


def test_the_named_part_of_the_named_patients_does_not_come() -> None:
    ages = np.array([False, False, False, False, True, True])
    areas = np.array([True, False, True])
    gone, replaced = leave(DATASET, PATIENTS, [change(areas=areas, ages=ages, start_day=30)])
    about = new(PATIENTS) & areas[PATIENTS.area] & ages[PATIENTS.age_band]
    about &= PATIENTS.minute >= 30 * MINUTES_PER_DAY
    assert not gone[~about].any()
    assert not replaced.any()
    share = gone[about].mean()
    assert share == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / about.sum()))


def test_of_a_larger_part_the_smaller_one_is_part() -> None:
    some, _ = leave(DATASET, PATIENTS, [change(permille=100)])
    more, _ = leave(DATASET, PATIENTS, [change(permille=400)])
    assert (more[some]).all()
    assert more.sum() > some.sum() > 0


def test_neither_place_nor_company_decides_who_leaves() -> None:
    alone, _ = leave(DATASET, PATIENTS, [change()])
    other = change(profile=PNEUMONIA)
    behind, _ = leave(DATASET, PATIENTS, [dataclasses.replace(other, action=0), change(action=7)])
    assert np.array_equal(alone, behind & (PATIENTS.profile == HIP))


def test_two_changes_of_the_same_patients_are_independent() -> None:
    gone, replaced = leave(DATASET, PATIENTS, [change(), change("replace"), change()])
    about = new(PATIENTS)
    spread = 4 * np.sqrt(0.25 / about.sum())
    assert gone[about].mean() == pytest.approx(1 - 0.7**3, abs=spread)
    assert replaced[about].mean() == pytest.approx(0.7 * 0.3, abs=spread)
    assert len(set(stream_names(DATASET, [change(), change("replace"), change(), change(permille=1)]))) == 4


def test_extra_patients_have_their_own_stream_and_come_from_the_start_day_on() -> None:
    sampler = Sampler(DATASET, CALENDAR, expected_demand(DATASET, 2025), 1, 0)
    ages = np.array([False] * 5 + [True])
    grown = [change("grow", 500, ages=ages, start_day=21)]
    (extra,) = extra_patients(sampler, grown, None)
    assert (extra.profile == HIP).all()
    assert (extra.age_band == 5).all()
    assert (extra.minute >= 21 * MINUTES_PER_DAY).all()
    assert not np.isin(extra.key, PATIENTS.key).any()
    old = new(PATIENTS) & (PATIENTS.age_band == 5) & (PATIENTS.minute >= 21 * MINUTES_PER_DAY)
    assert len(extra) == pytest.approx(0.5 * old.sum(), abs=5 * np.sqrt(old.sum()))
    (elsewhere,) = extra_patients(sampler, [change(profile=PNEUMONIA), *grown], None)
    assert np.array_equal(elsewhere.key, extra.key)


def test_only_the_plan_has_other_patients() -> None:
    same, less = run(), run(change(permille=1000))
    assert less.conservation.to_pylist()[0] == same.conservation.to_pylist()[0]
    assert total(less, "volume", "baseline", "hip") == total(same, "volume", "baseline", "hip")
    untouched = total(same, "volume", "baseline", "dialysis")
    assert total(less, "volume", "plan", "dialysis") == untouched
    # Those referred before the run are still treated.
    assert 0 < total(less, "volume", "plan", "hip") < total(less, "volume", "baseline", "hip")
    acute = run(change(permille=1000, profile=PNEUMONIA))
    assert not [
        row
        for row in acute.indicators.to_pylist()
        if (row["indicator"], row["scenario"], row["profile"]) == ("volume", "plan", "pneumonia")
    ]
    assert acute.flows.num_rows == 0


def test_who_is_helped_elsewhere_is_counted_where_he_would_have_gone() -> None:
    result = run(change("replace", 1000, profile=PNEUMONIA))
    assert total(result, "replaced", "plan", "pneumonia") == total(result, "volume", "baseline", "pneumonia")
    assert pc.sum(pc.equal(result.indicators["indicator"], "replaced")).as_py() > 3
    prevented = run(change("prevent", 1000, profile=PNEUMONIA))
    assert "replaced" not in prevented.indicators["indicator"].to_pylist()


def test_more_patients_give_more_work_and_no_flows() -> None:
    result = run(change("grow", 500, profile=PNEUMONIA))
    before, after = (total(result, "volume", name, "pneumonia") for name in ("baseline", "plan"))
    assert after == pytest.approx(1.5 * before, rel=0.1)
    assert result.flows.num_rows == 0
    lines = {line["scenario"]: line for line in result.conservation.to_pylist()}
    assert lines["plan"]["arrived"] > lines["baseline"]["arrived"]
    assert lines["plan"]["seeded"] == lines["baseline"]["seeded"]


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.builds(
            change,
            kind=st.sampled_from(["prevent", "replace", "grow"]),
            permille=st.integers(0, 1000),
            profile=st.sampled_from([HIP, PNEUMONIA]),
            start_day=st.integers(0, 60),
        ),
        max_size=4,
    ),
    st.integers(0, 1000),
)
def test_every_patient_is_accounted_for_on_each_side(changes: list[DemandChange], seed: int) -> None:
    sides = run(*changes, seed=seed, weeks=4).conservation.to_pylist()
    for line in sides:
        assert line["arrived"] + line["seeded"] == line["treated"] + line["in_treatment"] + line["waiting"]
    # Who was waiting at the start is there on both sides.
    assert sides[0]["seeded"] == sides[1]["seeded"]


def test_factors_multiply_what_is_expected_for_both_sides() -> None:
    factors = [
        DemandFactor(factor=2.0, profiles=["hip"], ages=["75plus"]),
        DemandFactor.model_validate({"factor": 0.5, "within": {"roaz": "Noord"}}),
    ]
    plain, changed = expected_demand(DATASET, 2025), expected_demand(DATASET, 2025, factors)
    expected = plain.by_age.copy()
    expected[:, HIP, 5] *= 2
    expected[0] *= 0.5
    assert np.array_equal(changed.by_age, expected)
    assert np.array_equal(plain.persons, persons_per_year(DATASET, 2025))
    double = SCENARIO.model_copy(
        update={"horizon": SCENARIO.horizon.model_copy(update={"demand_factors": [DemandFactor(factor=2.0)]})}
    )
    one = simulate_replication(Experiment(DATASET, SCENARIO, None, 1), 0)
    two = simulate_replication(Experiment(DATASET, double, None, 1), 0)
    for scenario in ("baseline", "plan"):
        ratio = total(two, "volume", scenario, "pneumonia") / total(one, "volume", scenario, "pneumonia")
        assert ratio == pytest.approx(2, rel=0.1)


def test_ages_are_those_of_who_has_the_care() -> None:
    population = DATASET.population[2025].astype(float)
    for profile in (HIP, PNEUMONIA):
        rates = np.array(DATASET.profiles[profile].rate_per_1000)
        for area in range(len(DATASET.areas)):
            mine = (PATIENTS.profile == profile) & (PATIENTS.area == area)
            found = np.bincount(PATIENTS.age_band[mine], minlength=len(AGE_BANDS)) / mine.sum()
            share = population[area] * rates / (population[area] @ rates)
            assert found == pytest.approx(share, abs=4 * np.sqrt(0.25 / mine.sum()))
