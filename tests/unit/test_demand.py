"""The patients: the right number, at the right moments, and the same under every scenario."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.support.patients import sample_patients
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset import load_dataset
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar
from zorgstroom.domain.scenario import Horizon, Scenario
from zorgstroom.planning.expected import persons_per_year
from zorgstroom_simulator.choice import choose
from zorgstroom_simulator.demand import (
    ACUTE,
    ELECTIVE,
    OVERNIGHT,
    SESSIONS,
    Patients,
    profile_table,
    with_case_mix,
)
from zorgstroom_simulator.engines import Stage
from zorgstroom_simulator.experiment import Experiment, sample
from zorgstroom_simulator.pathways import published_waits

pytestmark = pytest.mark.unit

CALENDAR = Calendar(2025, 2, 52)


def same(one: Patients, other: Patients) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in dataclasses.fields(Patients)
    )


def test_a_measured_year_has_the_yearly_volume() -> None:
    dataset = make_dataset()
    expected = persons_per_year(dataset, 2025).sum(axis=0)
    start, end = CALENDAR.measured_from_day * MINUTES_PER_DAY, CALENDAR.days * MINUTES_PER_DAY
    counts = np.zeros(len(dataset.profiles))
    for replication in range(8):
        patients = sample_patients(dataset, CALENDAR, 1, replication)
        inside = (patients.minute >= start) & (patients.minute < end)
        counts += np.bincount(patients.profile[inside], minlength=len(dataset.profiles)) / 8
    assert np.all(np.abs(counts - expected) < 4 * np.sqrt(expected / 8))


def test_the_expected_number_of_persons_has_the_same_bits_on_every_processor() -> None:
    """Age band by age band, in order: no linear algebra library chooses the order of the sum."""
    dataset = load_dataset()
    made = persons_per_year(dataset, 2025)
    population = dataset.population[2025].tolist()
    for column, profile in enumerate(dataset.profiles):
        divisor = profile.sessions_per_person * profile.weight
        for row in range(0, len(dataset.areas), 10):
            persons = 0.0
            for inhabitants, rate in zip(population[row], profile.rate_per_1000, strict=True):
                persons += inhabitants * rate
            assert made[row, column] == persons / 1000.0 / divisor


def test_patients_do_not_depend_on_offers_or_capacities() -> None:
    dataset = make_dataset()
    changed = dataclasses.replace(
        dataset, offers=~dataset.offers, capacities={}, attraction=dataset.attraction + 1000
    )
    assert same(sample_patients(dataset, CALENDAR, 1, 0), sample_patients(changed, CALENDAR, 1, 0))
    assert not same(sample_patients(dataset, CALENDAR, 1, 0), sample_patients(dataset, CALENDAR, 2, 0))


def test_a_cell_has_the_same_patients_whatever_else_is_sampled() -> None:
    dataset = make_dataset()
    cells = np.zeros((len(dataset.areas), len(dataset.profiles)), np.bool_)
    cells[1] = True
    everywhere = sample_patients(dataset, CALENDAR, 1, 0)
    assert same(sample_patients(dataset, CALENDAR, 1, 0, cells), everywhere.take(everywhere.area == 1))


def test_adding_a_profile_or_area_changes_nobody_else() -> None:
    dataset = make_dataset()
    fewer = make_dataset(profiles=dataset.profiles[1:])
    all_of_them, rest = sample_patients(dataset, CALENDAR, 1, 0), sample_patients(fewer, CALENDAR, 1, 0)
    assert np.array_equal(np.sort(all_of_them.key[all_of_them.profile > 0]), np.sort(rest.key))


def test_referrals_come_in_office_hours_and_acute_patients_always() -> None:
    dataset = make_dataset()
    patients = sample_patients(dataset, CALENDAR, 1, 0)
    planned = patients.flow == ELECTIVE
    day, hour = patients.minute // MINUTES_PER_DAY, patients.minute // 60 % 24
    assert (day[planned] % 7 < 5).all()
    assert ((hour[planned] >= 8) & (hour[planned] < 18)).all()
    acute = patients.flow == ACUTE
    assert set(np.unique(day[acute] % 7)) == set(range(7))
    assert patients.minute[acute].min() >= 0


def test_case_mix_goes_with_the_baseline_location() -> None:
    dataset = make_dataset()
    mix = dict(dataset.case_mix) | {("umc", "nights"): 2000, ("umc", "procedure_minutes"): 1500}
    dataset = dataclasses.replace(dataset, case_mix=mix)
    patients = sample_patients(dataset, CALENDAR, 1, 0)
    umc = np.full(len(patients), dataset.location_index["NOORD"], np.int16)
    other = np.full(len(patients), dataset.location_index["MIDDEN"], np.int16)
    heavy, light = with_case_mix(dataset, patients, umc), with_case_mix(dataset, patients, other)
    night = (patients.setting == OVERNIGHT) & ~patients.needs_ic
    assert heavy.nights[night].mean() > 1.7 * light.nights[night].mean()
    assert (light.nights[night] >= 1).all()
    assert (heavy.nights[patients.needs_ic] * MINUTES_PER_DAY >= heavy.ic_minutes[patients.needs_ic]).all()
    room = light.procedure_minutes > 0
    assert heavy.procedure_minutes[room].sum() == pytest.approx(
        1.5 * light.procedure_minutes[room].sum(), rel=0.01
    )


def test_the_standing_list_follows_from_little() -> None:
    """Patients waiting for treatment at minute 0 = yearly patients x published wait; ages spread over the wait."""
    dataset = make_dataset()
    calendar = Calendar(2025, 0, 4)
    table = profile_table(dataset)
    yearly = persons_per_year(dataset, 2025).sum(axis=0) * (1 - table.acute_permillion / 1e6)
    waiting = np.zeros(len(dataset.profiles))
    clinic = np.zeros(len(dataset.profiles))
    for replication in range(20):
        patients = sample_patients(dataset, calendar, 1, replication)
        stages = published_waits(dataset, calendar, patients)
        assert (stages.stage[patients.minute >= 0] == Stage.ARRIVES).all()
        on_list = stages.present & (stages.stage == Stage.ON_LIST)
        waiting += np.bincount(patients.profile[on_list], minlength=len(waiting)) / 20
        in_clinic = stages.stage == Stage.AWAITS_VISIT
        clinic += np.bincount(patients.profile[in_clinic], minlength=len(waiting)) / 20
    care = (table.pathway == 0) & ~table.always_acute & (yearly > 100)
    weeks = np.array([profile.wait_treatment_weeks for profile in dataset.profiles])
    assert care.any()
    assert waiting[care] == pytest.approx((yearly * weeks / 52)[care], rel=0.1)
    first = np.array([profile.wait_first_visit_weeks for profile in dataset.profiles])
    assert clinic[care] == pytest.approx((yearly * first / 52)[care], rel=0.1)


def test_visits_wait_at_the_start_as_long_as_their_specialty() -> None:
    """The list of a specialty with a long wait is whole, also when the profile's own wait is shorter."""
    dataset = make_dataset()
    slow = dataclasses.replace(dataset.specialties[0], wait_first_visit_weeks=20.0)
    dataset = dataclasses.replace(dataset, specialties=(slow, *dataset.specialties[1:]))
    calendar = Calendar(2025, 0, 4)
    visit = next(i for i, profile in enumerate(dataset.profiles) if profile.pathway == "visit")
    yearly = persons_per_year(dataset, 2025)[:, visit].sum() * slow.first_visit_share
    waiting = 0.0
    for replication in range(10):
        patients = sample_patients(dataset, calendar, 1, replication)
        stages = published_waits(dataset, calendar, patients)
        mine = (patients.profile == visit) & (patients.specialty == 0) & stages.present
        waiting += (mine & (stages.stage == Stage.AWAITS_VISIT)).sum() / 10
    assert waiting == pytest.approx(yearly * 20 / 52, rel=0.1)


@pytest.mark.parametrize("what", ["hip", "clinic:surgery", "clinic:orthopaedics"])
def test_a_wait_that_a_location_gives_changes_nobody_elsewhere(what: str) -> None:
    """Also when it is longer than any published wait, so that people who were referred earlier still wait there."""
    dataset = make_dataset()
    slower = dataclasses.replace(dataset, wait_permille={("ZUID", what): 4000})
    scenario = Scenario(zorgstroom=1, name="Nu", horizon=Horizon(weeks=8))
    here = dataset.location_index["ZUID"]
    samples = []
    for country in (dataset, slower):
        patients, location = sample(Experiment(country, scenario, None, 1), 0)
        samples.append((patients, location == here))
    (before, there_before), (after, there_after) = samples
    assert same(before.take(~there_before), after.take(~there_after))
    assert there_after.sum() > there_before.sum()
    assert set(before.key.tolist()) < set(after.key.tolist())


def test_the_shipped_country_samples_its_yearly_volumes() -> None:
    """Sessions are persons, first visits stand for ten; the sum is the table's within chance."""
    dataset = load_dataset()
    calendar = Calendar(2025, 0, 4)
    patients = sample_patients(dataset, calendar, 1, 0)
    inside = patients.minute >= 0
    expected = persons_per_year(dataset, 2025).sum(axis=0)
    pattern = np.bincount(patients.profile[inside], minlength=len(expected)) / (4 / 52)
    large = expected > 20_000
    assert pattern[large] == pytest.approx(expected[large], rel=0.15)
    assert (patients.flow[patients.profile == dataset.profile_index["dialysis"]] == SESSIONS).all()


def test_nobody_is_sent_where_the_ic_he_needs_is_not() -> None:
    dataset = load_dataset()
    calendar = Calendar(2025, 0, 4)
    patients = sample_patients(dataset, calendar, 1, 0)
    patients = patients.take(patients.needs_ic)
    location = choose(dataset, patients, np.arange(len(patients)), dataset.offers)
    assert (location >= 0).all()
    for index in np.unique(patients.profile).tolist():
        ic_type = dataset.profiles[index].ic_type
        there = np.unique(location[patients.profile == index])
        assert all(ic_type in dataset.locations[number].ic_types for number in there.tolist())
