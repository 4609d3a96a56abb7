"""What follows from own figures, in a country small enough to follow it by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset.model import Dataset, OwnFigure, OwnKind
from zorgstroom.planning.own import apply_own, derived_capacities, expected_flows, offers_with_own

pytestmark = pytest.mark.unit

HIP = 1


def figure(kind: OwnKind, location: str, subject: str, value: float) -> OwnFigure:
    return OwnFigure(kind, location, subject, value, "", None, "", "")


@pytest.fixture(scope="module")
def country() -> Dataset:
    """Return the small country with the expected volumes and capacities that follow from its attraction."""
    dataset = make_dataset()
    flows = [expected_flows(dataset, dataset.offers[:, i], i)[0] for i in range(len(dataset.profiles))]
    dataset = dataclasses.replace(
        dataset, expected_volume=np.rint(np.stack(flows, axis=1) * 1000).astype(np.int64)
    )
    return dataclasses.replace(dataset, capacities=derived_capacities(dataset))


def with_own(country: Dataset, *own: OwnFigure) -> Dataset:
    return apply_own(dataclasses.replace(country, own=own))


def persons(dataset: Dataset, location: str, profile: int = HIP) -> float:
    return float(dataset.expected_volume[dataset.location_index[location], profile]) / 1000


def test_without_own_figures_nothing_is_done(country: Dataset) -> None:
    assert apply_own(country) is country


@pytest.mark.parametrize("factor", [0.2, 0.9, 1.3, 2.5])
def test_a_location_gets_its_own_volume_and_its_neighbours_the_difference(
    country: Dataset, factor: float
) -> None:
    wanted = persons(country, "ZUID") * factor
    dataset = with_own(country, figure("volumes", "ZUID", "hip", wanted))
    assert persons(dataset, "ZUID") == pytest.approx(wanted, rel=0.001)
    before, after = (data.expected_volume[:, HIP].sum() for data in (country, dataset))
    assert after == pytest.approx(before, abs=5)
    others = [persons(dataset, name) / persons(country, name) for name in ("NOORD", "MIDDEN")]
    assert all((ratio < 1) == (factor > 1) for ratio in others)


def test_two_own_volumes_are_met_together(country: Dataset) -> None:
    wanted = {"ZUID": persons(country, "ZUID") * 1.4, "NOORD": persons(country, "NOORD") * 0.7}
    own = [figure("volumes", name, "hip", value) for name, value in wanted.items()]
    dataset = with_own(country, *own)
    assert {name: persons(dataset, name) for name in wanted} == pytest.approx(wanted, rel=0.002)
    assert with_own(country, *reversed(own)).expected_volume.tolist() == dataset.expected_volume.tolist()


def test_other_locations_keep_their_attraction(country: Dataset) -> None:
    dataset = with_own(country, figure("volumes", "ZUID", "hip", persons(country, "ZUID") * 1.4))
    zuid = country.location_index["ZUID"]
    changed = np.argwhere(dataset.attraction != country.attraction).tolist()
    assert changed == [[zuid, HIP]]


def test_capacities_follow_volumes_that_nobody_gave(country: Dataset) -> None:
    dataset = with_own(country, figure("volumes", "ZUID", "hip", persons(country, "ZUID") * 1.5))
    grown, shrunk = (
        dataset.capacities[name, "or"] / country.capacities[name, "or"] for name in ("ZUID", "MIDDEN")
    )
    # All operations in the south are hips.
    assert grown == pytest.approx(1.5, rel=0.001)
    assert shrunk < 1
    assert dataset.capacities["ZUID", "ward:medical"] == country.capacities["ZUID", "ward:medical"]


def test_an_own_capacity_stands_where_the_volume_would_give_another(country: Dataset) -> None:
    dataset = with_own(
        country,
        figure("volumes", "ZUID", "hip", persons(country, "ZUID") * 1.5),
        figure("rooms", "ZUID", "or", 10.0),
        figure("beds", "ZUID", "ward:surgical", 7),
    )
    assert dataset.capacities["ZUID", "or"] == 10 * 60 // 5 * 1000
    assert dataset.capacities["ZUID", "ward:surgical"] == 7


def test_capacities_that_were_set_otherwise_change_in_proportion(country: Dataset) -> None:
    """A calibration may have given a location more or less than its expected work."""
    set_otherwise = dataclasses.replace(
        country, capacities={**country.capacities, ("ZUID", "or"): country.capacities["ZUID", "or"] * 2}
    )
    own = figure("volumes", "ZUID", "hip", persons(country, "ZUID") * 1.5)
    ratio = with_own(set_otherwise, own).capacities["ZUID", "or"] / set_otherwise.capacities["ZUID", "or"]
    assert ratio == pytest.approx(1.5, rel=0.001)


def test_a_location_that_stops_sends_its_patients_to_the_others(country: Dataset) -> None:
    dataset = with_own(country, figure("offers", "ZUID", "hip", 0))
    assert persons(dataset, "ZUID") == 0
    assert dataset.expected_volume[:, HIP].sum() == pytest.approx(
        country.expected_volume[:, HIP].sum(), abs=5
    )
    assert dataset.capacities["ZUID", "or"] == 0
    assert not offers_with_own(country.offers, country, dataset.own)[country.location_index["ZUID"], HIP]


def test_a_location_that_starts_is_as_attractive_as_others(country: Dataset) -> None:
    stopped = with_own(country, figure("offers", "ZUID", "hip", 0))
    again = apply_own(dataclasses.replace(stopped, own=(figure("offers", "ZUID", "hip", 1),)))
    assert again.expected_volume[:, HIP].tolist() == pytest.approx(
        country.expected_volume[:, HIP].tolist(), rel=0.01
    )


def test_what_is_said_of_the_offer_and_was_so_already_changes_nothing(country: Dataset) -> None:
    dataset = with_own(country, figure("offers", "ZUID", "hip", 1))
    assert dataset.attraction.tolist() == country.attraction.tolist()
    assert dataset.expected_volume.tolist() == country.expected_volume.tolist()
    assert dataset.capacities == country.capacities
