"""Calibration: national means under case mix, shares of types and organisations, capacity at load 1.00."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from tests.support.small_dataset import make_dataset, make_locations, make_profile

from zorgstroom.dataset import dataset_folder, load_dataset
from zorgstroom.dataset.derived import write_derived
from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.hospital import HOSPITAL_TYPES, HospitalType, Location
from zorgstroom.planning.ability import able_mask
from zorgstroom.planning.attraction import (
    ORGANISATION_LIMIT,
    Attraction,
    calendar_bed_days,
    fit_attraction,
    organisation_index,
    type_index,
)
from zorgstroom.planning.baseline import IC_NEEDED_FROM, derive_capacities, expected_work
from zorgstroom.planning.case_mix import NIGHTS, case_mix_permille, mean_of_longest, mean_stays, night_table
from zorgstroom.planning.expected import UTILITY_SCALE, choice_shares, persons_per_year, utility
from zorgstroom.planning.fit import report_fit
from zorgstroom_simulator.calibrate import calibrate, duration_tables

pytestmark = pytest.mark.unit


def _with_case_mix(dataset: Dataset, nights: dict[HospitalType, int]) -> Dataset:
    changed: dict[tuple[HospitalType, str], int] = {(kind, "nights"): value for kind, value in nights.items()}
    return dataclasses.replace(dataset, case_mix=dict(dataset.case_mix) | changed)


def _fitted(dataset: Dataset, beds: dict[str, float] | None = None) -> tuple[Dataset, Attraction]:
    organisations = tuple(
        dataclasses.replace(organisation, beds=(beds or {}).get(organisation.id))
        for organisation in dataset.organisations
    )
    dataset = dataclasses.replace(
        dataset, organisations=organisations, attraction=np.zeros_like(dataset.attraction)
    )
    fitted = fit_attraction(dataset, dataset.offers)
    return dataclasses.replace(dataset, attraction=fitted.attraction), fitted


def test_case_mix_keeps_the_mean_of_every_profile() -> None:
    """University patients stay longer, the others shorter; the mean over the shares of the patients is one."""
    dataset = _with_case_mix(make_dataset(), {"umc": 1500, "topklinisch": 900})
    permille = case_mix_permille(dataset)
    for index, profile in enumerate(dataset.profiles):
        shares = np.array([profile.type_shares[kind] for kind in HOSPITAL_TYPES])
        assert shares @ permille[:, index, NIGHTS] == pytest.approx(1000, abs=1)
    hip = dataset.profile_index["hip"]
    # 0.1 x 1.5 + 0.4 x 0.9 + 0.5 x 1.0 = 1.01
    assert permille[0, hip, NIGHTS] == round(1500 / 1.01)


def test_patients_stay_the_published_mean_after_rounding_and_intensive_care() -> None:
    """Nights are whole, at least one, and last until the day after the IC; the mean of all that is published."""
    dataset = _with_case_mix(make_dataset(), {"umc": 1400, "algemeen": 800})
    for profile in (
        make_profile("short", los_nights_mean=1.2, los_nights_sd=0.8),
        make_profile("long", los_nights_mean=12.0, los_nights_sd=11.0),
        make_profile(
            "ic", los_nights_mean=6.0, los_nights_sd=5.0, ic_type="adult", ic_probability=0.5,
            ic_days_mean=2.5, ic_days_sd=3.0,
        ),
    ):  # fmt: skip
        made = dataclasses.replace(dataset, profiles=(profile,))
        made = dataclasses.replace(made, quantiles=duration_tables(made))
        stays = mean_stays(made)
        shares = np.array([profile.type_shares[kind] for kind in HOSPITAL_TYPES])
        in_ic = profile.ic_probability
        mean = shares @ (stays.nights[:, 0] * (1 - in_ic) + stays.nights_with_ic[:, 0] * in_ic)
        assert mean == pytest.approx(profile.los_nights_mean, abs=0.005), profile.id


def test_a_stay_too_short_for_whole_nights_becomes_one_night() -> None:
    """A published mean below one night cannot be kept: nobody stays less than one."""
    profile = make_profile("brief", los_nights_mean=0.9, los_nights_sd=0.3)
    table = night_table(profile, np.full((4, 2), 1000), None)
    assert (table <= 1499).all()


def test_the_mean_of_the_longest_is_that_of_all_pairs() -> None:
    """Checked against every pair of two short lists."""
    first, second = np.array([1, 2, 5]), np.array([3, 3, 1, 9])
    pairs = np.maximum(first[:, None], second[None, :])
    assert mean_of_longest(first, second) == pytest.approx(pairs.mean())


def test_types_get_their_shares_and_organisations_their_beds() -> None:
    """A second general hospital: the two divide the bed-days of their type as their beds."""
    noord, midden, zuid, poli = make_locations()
    west = dataclasses.replace(
        zuid, id="WEST", organisation_id="ORG-WEST", gemeente_id="GM0002", latitude=52.45, longitude=5.4
    )
    dataset = _two_general(noord, midden, zuid, poli, west)
    fitted, result = _fitted(dataset, {"ORG-ZUID": 100, "ORG-WEST": 150})
    days = calendar_bed_days(fitted, result.expected)
    by_organisation = np.bincount(organisation_index(fitted), days, minlength=len(fitted.organisations))
    names = [organisation.id for organisation in fitted.organisations]
    ratio = by_organisation[names.index("ORG-WEST")] / by_organisation[names.index("ORG-ZUID")]
    assert ratio == pytest.approx(1.5, rel=0.01)
    kinds = type_index(fitted)
    for index, profile in enumerate(fitted.profiles):
        persons = result.expected.persons[:, index]
        for kind, name in enumerate(HOSPITAL_TYPES):
            share = persons[kinds == kind].sum() / persons.sum()
            assert share == pytest.approx(profile.type_shares[name], abs=0.001), (profile.id, name)
    assert all(line.fitted for line in report_fit(fitted, result).level("organisation"))


def test_an_organisation_too_far_for_its_beds_is_reported_and_not_forced() -> None:
    """Nine tenths of the beds where few people live: the level stops at its limit."""
    noord, midden, zuid, poli = make_locations()
    west = dataclasses.replace(
        zuid, id="WEST", organisation_id="ORG-WEST", gemeente_id="GM0001", latitude=52.8, longitude=5.4
    )
    dataset = _two_general(noord, midden, zuid, poli, west)
    fitted, result = _fitted(dataset, {"ORG-ZUID": 1, "ORG-WEST": 99})
    assert np.abs(result.organisation_level).max() == pytest.approx(ORGANISATION_LIMIT)
    assert {line.id for line in report_fit(fitted, result).off_beds} == {"ORG-ZUID", "ORG-WEST"}


def _two_general(*sites: Location) -> Dataset:
    """Return the small country with a second general hospital, 25 minutes from everybody: the last of `sites`."""
    small = make_dataset()
    areas = len(small.areas)
    travel = np.concatenate([small.travel_hundredths, np.full((areas, 1), 2500, np.int32)], axis=1)
    offers = np.concatenate([small.offers, small.offers[2:3]], axis=0)
    organisations = (
        *small.organisations,
        dataclasses.replace(small.organisations[2], id="ORG-WEST", name="West", type="algemeen"),
    )
    return dataclasses.replace(
        small,
        locations=sites,
        organisations=organisations,
        travel_hundredths=travel,
        offers=offers,
        attraction=np.zeros(offers.shape, np.int32),
        expected_volume=np.zeros(offers.shape, np.int64),
    )


def test_a_location_that_could_start_a_profile_has_the_attraction_of_its_kind() -> None:
    """ZUID does not offer oesophagus; if it did, it would draw as the least attractive type that does."""
    dataset, fitted = _fitted(make_dataset())
    oesophagus = dataset.profile_index["oesophagus"]
    zuid = dataset.location_index["ZUID"]
    assert not dataset.offers[zuid, oesophagus]
    offering = dataset.offers[:, oesophagus]
    assert fitted.attraction[zuid, oesophagus] == fitted.attraction[offering, oesophagus].min()
    shipped = load_dataset()
    kinds = type_index(shipped)
    for index in range(len(shipped.profiles)):
        for kind in range(len(HOSPITAL_TYPES)):
            of_type = (kinds == kind) & able_mask(shipped, index)
            idle, active = of_type & ~shipped.offers[:, index], of_type & shipped.offers[:, index]
            if idle.any() and active.any():
                gap = shipped.attraction[idle, index].max() - shipped.attraction[active, index].max()
                assert gap <= 2 * ORGANISATION_LIMIT * UTILITY_SCALE


def test_expected_persons_are_what_the_choice_model_gives() -> None:
    """The stored attraction gives the fitted flows through the public choice function."""
    dataset, fitted = _fitted(make_dataset())
    hip = dataset.profile_index["hip"]
    score = utility(dataset, hip, dataset.travel_hundredths) / UTILITY_SCALE
    shares = choice_shares(score, dataset.offers[:, hip][None, :])
    flows = persons_per_year(dataset, dataset.base_year)[:, hip] @ shares
    assert flows == pytest.approx(fitted.expected.persons[:, hip], rel=1e-3)


def test_capacity_is_the_work_of_the_year_and_beds_are_ampler() -> None:
    """Lists and clinics at load 1.00 on the working days of the year; beds load / 0.70, small wards more."""
    dataset, fitted = _fitted(make_dataset())
    year = dataset.base_year
    work = expected_work(dataset, fitted.expected, year)
    capacities = derive_capacities(dataset, fitted.expected, year)
    hip, oesophagus = dataset.profile_index["hip"], dataset.profile_index["oesophagus"]
    midden = dataset.location_index["MIDDEN"]
    days = int(Calendar(year, 0, 52).working_days().sum())
    stays = mean_stays(dataset)
    minutes = sum(
        fitted.expected.persons[midden, index] * (stays.procedure_minutes[1, index] + 15)
        for index in (hip, oesophagus)
    )
    assert work["MIDDEN"]["or"] == pytest.approx(minutes / days)
    assert capacities["MIDDEN", "or"] == math.ceil(work["MIDDEN"]["or"] * 1000)
    # Pneumonia is acute only; on the surgical ward planned patients need beds on the mornings they come.
    load = work["MIDDEN"]["ward:medical"]
    assert capacities["MIDDEN", "ward:medical"] == math.ceil(max(load / 0.7, load + 2 * math.sqrt(load)))
    load = work["MIDDEN"]["ward:surgical"]
    assert capacities["MIDDEN", "ward:surgical"] >= math.ceil(max(load / 0.7, load + 2 * math.sqrt(load)))
    assert sum(1 for pool in work["POLI"] if not pool.startswith("clinic:")) == 0


def test_another_year_has_other_people_and_working_days() -> None:
    """Calibrating the shipped dataset for 2023 leaves its own year as it is and asks less capacity."""
    folder = dataset_folder("nl2025")
    earlier, _ = calibrate(folder, 2023)
    now = load_dataset()
    assert earlier.population.keys() == now.population.keys()
    asked = persons_per_year(earlier, 2023).sum(axis=0)
    assert earlier.expected_volume.sum(axis=0) / 1000 == pytest.approx(asked, rel=1e-3, abs=1)
    assert _minutes(earlier) < _minutes(now)


def _minutes(dataset: Dataset) -> int:
    return sum(capacity for (_, pool), capacity in dataset.capacities.items() if pool == "or")


def test_the_shipped_derived_tables_are_what_calibrate_makes(tmp_path: Path) -> None:
    """Byte for byte; nobody edits them, and nobody forgets to make them again."""
    folder = dataset_folder("nl2025")
    made, fit = calibrate(folder)
    write_derived(made, tmp_path, fit)
    for file in sorted((tmp_path / "derived").iterdir()):
        assert file.read_bytes() == (folder / "derived" / file.name).read_bytes(), file.name


def test_no_share_of_a_profile_is_without_a_location() -> None:
    """In the shipped dataset every profile is offered, and where an IC is needed an offering location has it."""
    dataset = load_dataset()
    lost = [line for line in calibrate(dataset_folder("nl2025"))[1].lines if line.measure == "ic"]
    assert lost == []
    for index, profile in enumerate(dataset.profiles):
        offering: BoolArray = dataset.offers[:, index]
        assert offering.any(), profile.id
        asked = float(persons_per_year(dataset, dataset.base_year)[:, index].sum())
        assert dataset.expected_volume[:, index].sum() / 1000 == pytest.approx(asked, rel=1e-3, abs=1)
        if profile.ic_type and profile.ic_probability > 0:
            has = [profile.ic_type in location.ic_types for location in dataset.locations]
            assert (offering & np.array(has)).any(), profile.id
            # Where a tenth or more needs an IC, every location that offers the care has one.
            assert profile.ic_probability < IC_NEEDED_FROM or not (offering & ~np.array(has)).any(), (
                profile.id
            )
