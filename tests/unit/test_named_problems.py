"""What is told of a plan names care and locations as people do."""

from __future__ import annotations

import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom.errors import Problem
from zorgstroom.named_problems import with_names

pytestmark = pytest.mark.unit


def test_care_and_locations_are_named_and_what_is_unknown_stays() -> None:
    dataset = make_dataset()
    name = dataset.profiles[dataset.profile_index["oesophagus"]].name_nl.lower()
    place = dataset.locations[dataset.location_index["NOORD"]].name
    unchanged = with_names(Problem("", "scenario.profile_unchanged", {"profile": "oesophagus"}), dataset)
    assert unchanged.message("nl") == f"Voor '{name}' verandert deze maatregel niets."
    against = with_names(
        Problem("", "scenario.contradicts", {"other": 1, "profiles": "oesophagus, hip"}), dataset
    )
    assert f"voor: {name}, " in against.message("nl")
    assert "oesophagus" not in against.message("nl")
    outside = with_names(
        Problem("", "scenario.leaves_outside_region", {"region": "Zuid", "locations": "NOORD"}), dataset
    )
    assert place in outside.message("nl")
    unknown = Problem("", "scenario.profile_unchanged", {"profile": "<b>x"})
    assert with_names(unknown, dataset) == unknown
    assert with_names(Problem("", "scenario.capacity_nothing_moves"), dataset).params == {}
