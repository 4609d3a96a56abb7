"""The API tells which figures of its dataset are an organisation's own."""

from __future__ import annotations

import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset.model import OwnFigure
from zorgstroom_api.datasets.service import DatasetService

pytestmark = pytest.mark.unit


def test_own_figures_stand_beside_the_defaults_they_replaced() -> None:
    own = OwnFigure("rooms", "ZUID", "or", 40.0, "hours_per_week", 35.5, "OK-rooster", "2025")
    dataset = make_dataset(own=(own,), confidential=True, based_on="nl2025 0.1.0")
    info = DatasetService(lambda: dataset).info("small")
    assert (info.confidential, info.based_on) == (True, "nl2025 0.1.0")
    assert [figure.model_dump() for figure in info.own] == [
        {
            "kind": "rooms",
            "location_id": "ZUID",
            "subject": "or",
            "value": 40.0,
            "default": 35.5,
            "unit": "hours_per_week",
            "source": "OK-rooster",
            "date": "2025",
        }
    ]


def test_a_dataset_without_own_figures_says_so() -> None:
    info = DatasetService(make_dataset).info("small")
    assert (info.confidential, info.based_on, info.own) == (False, "", [])
