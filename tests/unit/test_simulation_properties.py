"""What must hold whatever is simulated: patients keep what is theirs, names carry no meaning, others are left alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest
from tests.support.experiments import under
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import Organisation
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.plan import Move
from zorgstroom_simulator.choice import choose_under_plan
from zorgstroom_simulator.demand import with_case_mix
from zorgstroom_simulator.engines import Stage
from zorgstroom_simulator.experiment import Experiment, ReplicationTables, sample, simulate_replication
from zorgstroom_simulator.pathways import published_waits

pytestmark = pytest.mark.unit

DATASET = make_dataset()
HEAVY = dataclasses.replace(
    DATASET,
    case_mix=dict(DATASET.case_mix)
    | {("umc", "nights"): 1900, ("umc", "procedure_minutes"): 1500, ("umc", "ic_minutes"): 1300},
)


def scenario(*actions: Mapping[str, object]) -> Scenario:
    return Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "Proef",
            "horizon": {"weeks": 12, "warmup_weeks": 2},
            "actions": list(actions),
        }
    )


CLOSE = {"close": {"location": "ZUID"}}
SPREAD = {
    "spread": {
        "profiles": ["hip"],
        "from": {"locations": ["NOORD"]},
        "to": {"locations": ["MIDDEN"]},
        "share": 0.4,
    }
}


def rows_of(result: ReplicationTables, *, without: str = "") -> set[tuple[object, ...]]:
    """Return all rows of indicators and flows; without those about one location or the norms it meets."""
    rows = [tuple(row.values()) for row in result.indicators.to_pylist()]
    rows += [tuple(row.values()) for row in result.flows.to_pylist()]
    return {row for row in rows if not without or without not in row}


def test_a_profile_moved_to_a_umc_and_back_changes_nobodys_stay_operation_or_ic_need() -> None:
    """Its patients go from the general hospitals to the UMC and, after ten weeks, home again."""
    made = Experiment(HEAVY, scenario(), None, 1)
    patients, location = sample(made, 0)
    hip = HEAVY.profile_index["hip"]
    umc = np.array([place.type == "umc" for place in HEAVY.locations])
    others = HEAVY.offers[:, hip] & ~umc
    there = Move(0, 0, hip, others, umc, "nearest", 1000, None)
    back = Move(1, 70, hip, umc, others, "choice", 1000, None, only_if_better=True)
    plan = dataclasses.replace(made.plan, moves=(there, back))
    _, chosen = choose_under_plan(HEAVY, patients, location, plan)
    of_profile = patients.profile == hip
    assert umc[chosen[of_profile, 0]].all()
    assert np.array_equal(chosen[:, 1], location)
    # Nothing of a patient is asked again: what the engine meets under the plan is the same table, to the bit.
    again, same_location = sample(under(made, plan), 0)
    assert np.array_equal(location, same_location)
    for field in dataclasses.fields(patients):
        assert np.array_equal(getattr(patients, field.name), getattr(again, field.name)), field.name
    result = simulate_replication(under(made, plan), 0)
    days = {
        row["scenario"]: row["total"]
        for row in result.indicators.to_pylist()
        if row["indicator"] == "or_hours" and not row["location"]
    }
    heavier = with_case_mix(HEAVY, patients, np.zeros(len(patients), np.int16))
    assert not np.array_equal(heavier.nights, patients.nights)
    # As many operations as the rooms allow, each of its own length: no 50% more for who moved to the UMC.
    assert days["plan"] < 1.2 * days["baseline"]


def test_patients_are_the_same_in_every_scenario() -> None:
    patients, location = sample(Experiment(DATASET, scenario(), None, 1), 0)
    other, same = sample(Experiment(DATASET, scenario(CLOSE, SPREAD), None, 1), 0)
    assert np.array_equal(location, same)
    for field in dataclasses.fields(patients):
        assert np.array_equal(getattr(patients, field.name), getattr(other, field.name)), field.name


def with_hospital(*, offers: bool, minutes: int) -> Dataset:
    """Return the small country with one more hospital, that offers all or nothing, so many minutes away."""
    extra = dataclasses.replace(
        DATASET.locations[1], id="VER", name="Ziekenhuis Ver", organisation_id="ORG-VER"
    )
    count = len(DATASET.locations)
    travel = np.column_stack([DATASET.travel_hundredths, np.full(len(DATASET.areas), minutes * 100)])
    transfer = np.full((count + 1, count + 1), minutes * 100)
    transfer[:count, :count] = DATASET.transfer_hundredths
    row = np.full((1, len(DATASET.profiles)), offers)
    return dataclasses.replace(
        DATASET,
        organisations=(*DATASET.organisations, Organisation("ORG-VER", "Ziekenhuis Ver", "topklinisch")),
        locations=(*DATASET.locations, extra),
        travel_hundredths=travel.astype(np.int32),
        transfer_hundredths=transfer.astype(np.int32),
        offers=np.vstack([DATASET.offers, row]),
        attraction=np.vstack([DATASET.attraction, np.zeros_like(row, np.int32)]),
        expected_volume=np.vstack([DATASET.expected_volume, np.zeros_like(row, np.int64)]),
        capacities=dict(DATASET.capacities) | {("VER", "ward:surgical"): 10, ("VER", "or"): 500_000},
    )


@pytest.mark.parametrize(("offers", "minutes"), [(False, 20), (True, 2000)])
def test_a_hospital_nobody_goes_to_changes_nobody_elses_numbers(offers: bool, minutes: int) -> None:
    """It offers nothing, or it is too far away for anybody's taste; it stands where there is one already."""
    before = simulate_replication(Experiment(DATASET, scenario(CLOSE, SPREAD), None, 1), 0)
    after = simulate_replication(
        Experiment(with_hospital(offers=offers, minutes=minutes), scenario(CLOSE, SPREAD), None, 1), 0
    )
    mine = rows_of(after) - rows_of(after, without="VER")
    assert mine
    assert all(row[-2] == 0 for row in mine)
    # The total of the region's beds counts its empty ones.
    beds = {row for row in rows_of(after) ^ rows_of(before) if "ward" in row}
    assert rows_of(after, without="VER") - beds == rows_of(before) - beds


def test_another_order_of_hospitals_and_other_names_of_organisations_change_nothing() -> None:
    order = [2, 0, 3, 1]
    plans = (scenario(CLOSE), scenario(SPREAD))
    other = make_dataset(
        locations=[
            dataclasses.replace(DATASET.locations[row], organisation_id=f"X{row}", name=f"Huis {row}")
            for row in order
        ]
    )
    other = dataclasses.replace(
        other, organisations=tuple(Organisation(f"X{row}", f"Huis {row}", "umc") for row in range(4))
    )
    for plan in plans:
        here = simulate_replication(Experiment(DATASET, plan, None, 1), 0)
        there = simulate_replication(Experiment(other, plan, None, 1), 0)
        assert rows_of(here) == rows_of(there)


def test_a_wait_of_its_own_scales_the_lists_of_one_location() -> None:
    """Half the wait to treatment and twice the wait to the clinic at one location: its lists, nobody else's."""
    own = {("MIDDEN", "hip"): 500, ("MIDDEN", "clinic:orthopaedics"): 2000}
    plain, scaled = (
        Experiment(dataset, scenario(), None, 1)
        for dataset in (DATASET, dataclasses.replace(DATASET, wait_permille=own))
    )
    hip, middle = DATASET.profile_index["hip"], DATASET.location_index["MIDDEN"]
    lists: dict[bool, dict[int, float]] = {}
    for made in (plain, scaled):
        counts: dict[int, float] = {}
        for replication in range(6):
            patients, location = sample(made, replication)
            waiting = published_waits(made.dataset, made.calendar, patients)
            assert waiting.present.all()
            for stage in (Stage.AWAITS_VISIT, Stage.ON_LIST):
                for here in (False, True):
                    who = (
                        (patients.profile == hip) & (waiting.stage == stage) & ((location == middle) == here)
                    )
                    counts[2 * stage + here] = counts.get(2 * stage + here, 0) + float(who.sum())
        lists[made is scaled] = counts
    ratio = {key: lists[True][key] / lists[False][key] for key in lists[True]}
    assert ratio[2 * Stage.AWAITS_VISIT + 1] == pytest.approx(2, rel=0.25)
    assert ratio[2 * Stage.ON_LIST + 1] == pytest.approx(0.5, rel=0.25)
    assert ratio[2 * Stage.AWAITS_VISIT] == pytest.approx(1, rel=0.25)
    assert ratio[2 * Stage.ON_LIST] == pytest.approx(1, rel=0.25)


def test_an_own_wait_goes_with_the_patient_into_every_scenario() -> None:
    own = dataclasses.replace(DATASET, wait_permille={("ZUID", "hip"): 3000})
    plain, _ = sample(Experiment(DATASET, scenario(), None, 1), 0)
    made = Experiment(own, scenario(CLOSE), None, 1)
    patients, location = sample(made, 0)
    mine = (patients.profile == own.profile_index["hip"]) & (location == own.location_index["ZUID"])
    days, chosen = choose_under_plan(own, patients, location, made.plan)
    assert days.tolist() == [0]
    assert (chosen[mine] != location[mine][:, None]).all()
    unscaled = dict(zip(plain.key.tolist(), plain.target_minutes.tolist(), strict=True))
    both = [(unscaled[key], target) for key, target in
            zip(patients.key[mine].tolist(), patients.target_minutes[mine].tolist(), strict=True)
            if key in unscaled]  # fmt: skip
    assert both
    assert all(target == before * 3 for before, target in both)
