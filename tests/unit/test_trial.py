"""The calibration on trial: what is held back takes no part, and what is predicted follows from the rest."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.support.small_dataset import make_dataset, make_locations, make_profile

from zorgstroom.cli import run
from zorgstroom.dataset import dataset_folder
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import HOSPITAL_TYPES, HospitalType
from zorgstroom.planning.attraction import expected_at, fit_attraction
from zorgstroom.planning.fit import Fit, FitLine
from zorgstroom.planning.targets import Target
from zorgstroom.text import catalogue
from zorgstroom_simulator import calibrate_command
from zorgstroom_simulator.verification import trial
from zorgstroom_simulator.verification.results import Trial, TrialLine
from zorgstroom_simulator.verification.trial import (
    errors,
    halves,
    trial_of_beds,
    trial_of_minutes,
    trial_of_types,
)

pytestmark = pytest.mark.unit


def _country(beds: dict[str, float] | None = None) -> Dataset:
    """Return the small country with two more general hospitals, so that a type has organisations to compare."""
    first = make_dataset()
    south = first.locations[first.location_index["ZUID"]]
    extra = [
        dataclasses.replace(
            south, id=name, name=name, organisation_id=f"ORG-{name}", longitude=south.longitude + shift
        )
        for name, shift in (("OOST", 0.1), ("WEST", -0.1))
    ]
    organisation = next(o for o in first.organisations if o.id == south.organisation_id)
    organisations = (
        *first.organisations,
        *(
            dataclasses.replace(organisation, id=location.organisation_id, name=location.name)
            for location in extra
        ),
    )
    column = first.location_index["ZUID"]
    more = first.travel_hundredths[:, [column, column]] + np.array([[100, 300]], np.int32)
    known = {south.organisation_id: 100.0, "ORG-OOST": 140.0, "ORG-WEST": 80.0} if beds is None else beds
    return dataclasses.replace(
        first,
        locations=(*first.locations, *extra),
        organisations=tuple(dataclasses.replace(o, beds=known.get(o.id)) for o in organisations),
        travel_hundredths=np.hstack([first.travel_hundredths, more]).astype(np.int32),
        offers=np.vstack([first.offers, first.offers[[column, column]]]),
        attraction=np.vstack([first.attraction, first.attraction[[column, column]]]),
        expected_volume=np.vstack([first.expected_volume, first.expected_volume[[column, column]]]),
    )


def test_halves_are_by_name_and_equal_in_number() -> None:
    """The same whatever else is there or in which order."""
    names = [f"ORG-{number}" for number in range(9)]
    found = halves(names)
    assert sorted(found.values()) == [1] * 5 + [2] * 4
    assert found == halves(reversed(names))
    assert halves([]) == {}


def test_beds_that_are_held_back_take_no_part_in_their_prediction() -> None:
    """Ten times as many beds of one organisation change what is known of it, and not what is predicted for it."""
    before = {line.subject: line for line in trial_of_beds(_country())}
    assert set(before) == {"ORG-ZUID", "ORG-OOST", "ORG-WEST"}
    assert sum(line.known for line in before.values()) == pytest.approx(1)
    assert before["ORG-OOST"].known == pytest.approx(140 / 320)
    for line in before.values():
        assert line.fitted == pytest.approx(line.known, rel=0.01)
    name = next(line.subject for line in before.values() if line.half == 1)
    beds = {"ORG-ZUID": 100.0, "ORG-OOST": 140.0, "ORG-WEST": 80.0}
    after = {line.subject: line for line in trial_of_beds(_country(beds | {name: beds[name] * 3}))}
    assert after[name].known > before[name].known
    assert after[name].predicted == before[name].predicted
    assert after[name].without == before[name].without


def test_shares_that_are_held_back_take_no_part_in_their_prediction() -> None:
    """A profile's own shares move what is known of it; what is predicted comes from the other half."""
    kinds: tuple[HospitalType, ...] = ("umc", "topklinisch", "algemeen")
    profiles = tuple(
        make_profile(
            f"care_{number}",
            type_shares=dict.fromkeys(HOSPITAL_TYPES, 0.0) | dict(zip(kinds, shares, strict=True)),
            providers=3,
        )
        for number, shares in enumerate(
            ((0.2, 0.5, 0.3), (0.3, 0.4, 0.3), (0.1, 0.6, 0.3), (0.25, 0.45, 0.3))
        )
    )
    dataset = make_dataset(profiles=profiles)
    before = {line.subject: line for line in trial_of_types(dataset)}
    assert len(before) == 12
    for line in before.values():
        assert line.fitted == pytest.approx(line.known, rel=0.002)
    changed = dataclasses.replace(
        profiles[0],
        type_shares=dict.fromkeys(HOSPITAL_TYPES, 0.0) | {"umc": 0.7, "topklinisch": 0.1, "algemeen": 0.2},
    )
    after = {line.subject: line for line in trial_of_types(make_dataset(profiles=(changed, *profiles[1:])))}
    assert after["care_0:umc"].known == pytest.approx(0.7)
    assert after["care_0:umc"].predicted == before["care_0:umc"].predicted
    half = before["care_0:umc"].half
    others = [f"care_{number}:umc" for number in range(1, 4)]
    assert all(
        (after[name].predicted != before[name].predicted) == (before[name].half != half) for name in others
    )


def test_levels_that_were_fitted_give_what_was_fitted() -> None:
    """Placing people at the fitted levels, without fitting, gives the fitted flows."""
    dataset = _country()
    fit = fit_attraction(dataset, dataset.offers)
    again = expected_at(dataset, dataset.offers, fit.type_level, fit.organisation_level)
    assert again.persons == pytest.approx(fit.expected.persons, rel=0.01)


def test_one_published_distance_predicts_the_other() -> None:
    """Where departments and obstetrics are the same sites, fitting the one figure gives the other exactly."""
    sites = [
        dataclasses.replace(
            location, ed="24/7" if location.id == "NOORD" else "geen", acute_obstetrics=location.id == "NOORD"
        )
        for location in make_locations()
    ]
    dataset = dataclasses.replace(make_dataset(), locations=tuple(sites))
    targets = [
        Target(name, 40_000.0, "persons", 0.3, "relative", 2025, "held_back", "", "known", "high", "S1", "")
        for name in ("people_beyond_45_ed", "people_beyond_45_obstetrics")
    ]
    lines = trial_of_minutes(dataset, targets)
    assert [line.half for line in lines] == [1, 2]
    for line in lines:
        assert line.predicted == pytest.approx(40_000, rel=0.02)
        assert line.fitted == line.predicted
    assert trial_of_minutes(dataset, targets[:1]) == []


def test_errors_are_means_per_kind_of_figure() -> None:
    """Absolute relative deviation, and root mean square in the figure's unit."""
    lines = (
        TrialLine("beds_share", 1, "A", 0.2, predicted=0.3, without=0.1, fitted=0.2),
        TrialLine("beds_share", 2, "B", 0.4, predicted=0.4, without=0.8, fitted=0.4),
    )
    (error,) = errors(Trial(lines, ()))
    assert (error.number, error.fitted, error.fitted_rmse) == (2, 0, 0)
    assert error.predicted == pytest.approx(0.25)
    assert error.without == pytest.approx(0.75)
    assert error.predicted_rmse == pytest.approx((0.01 / 2) ** 0.5)


def test_every_kind_of_figure_the_model_is_set_with_is_named_and_counted() -> None:
    """In both languages; figures that are not there are not counted."""
    dataset = _country()
    found = dict(trial.calibrated_on(dataset, ()))
    assert found["beds_share"] == 3
    assert found["rates"] == 6 * len(dataset.profiles)
    assert "published" not in found
    for language in ("nl", "en"):
        assert not [name for name in found if f"trial.{name}" not in catalogue(language)]


def test_a_target_that_calibration_cannot_reach_is_named_with_how_far_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was asked, what came of it and the difference; regions and types are no targets of their own."""
    lines = (
        FitLine("organisation", "ORG-ZUID", "bed_days", "algemeen", 0.10, 0.08, False),
        FitLine("organisation", "ORG-OOST", "bed_days", "algemeen", 0.10, 0.10, True),
        FitLine("profile", "hip", "homeless", "umc", 0.05, 0.0, False),
        FitLine("roaz", "Oost", "bed_days", "", 0.10, 0.20, False),
    )
    fit = Fit(3, lines)
    assert [line.id for line in fit.not_reached] == ["hip", "ORG-ZUID"]
    monkeypatch.setattr(calibrate_command, "calibrate", lambda folder: (None, fit))
    monkeypatch.setattr(calibrate_command, "write_derived", lambda *_: None)
    assert run(["calibrate", str(dataset_folder("nl2025")), "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    assert "Targets that the calibration could not reach: 2." in printed
    assert "ORG-ZUID: 10.00% of the bed-days of algemeen asked" in printed
    assert "8.00% reached, off by −20.0%" in printed
    monkeypatch.setattr(calibrate_command, "calibrate", lambda folder: (None, Fit(1, lines[1:2])))
    assert run(["calibrate", str(dataset_folder("nl2025")), "--lang", "en"]) == 0
    assert "Every target of the calibration was reached." in capsys.readouterr().out
