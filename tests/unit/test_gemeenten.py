"""Gemeenten have their own name, also where the areas of a dataset are named after towns."""

from __future__ import annotations

import dataclasses

import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.gemeenten import gemeente_names
from zorgstroom.dataset.model import Dataset

pytestmark = pytest.mark.unit


def named(*areas: tuple[str, str, str]) -> Dataset:
    """Return a dataset whose first areas have these ids, gemeenten and names."""
    made = make_dataset()
    changed = [
        dataclasses.replace(area, id=identifier, gemeente_id=gemeente, name=name)
        for area, (identifier, gemeente, name) in zip(made.areas, areas, strict=False)
    ]
    return dataclasses.replace(made, areas=(*changed, *made.areas[len(changed) :]))


def test_every_gemeente_of_the_shipped_dataset_is_called_what_it_is() -> None:
    names = gemeente_names(load_dataset())
    assert len(names) == 342
    assert (names["GM0014"], names["GM0518"]) == ("Groningen", "'s-Gravenhage")


def test_parts_of_a_gemeente_share_its_name() -> None:
    made = named(("GM9001-1", "GM9001", "Stad (Noord)"), ("GM9001-2", "GM9001", "Stad (Zuid)"))
    assert gemeente_names(made)["GM9001"] == "Stad"


def test_postcodes_have_the_name_of_their_gemeente_and_not_of_a_town() -> None:
    made = named(("PC9711", "GM0014", "9711 Hoogkerk"), ("PC9712", "GM0014", "9712 Haren"))
    assert gemeente_names(made)["GM0014"] == "Groningen"


def test_of_a_gemeente_that_nobody_knows_the_largest_town_gives_the_name() -> None:
    made = named(("PC1001", "GM9001", "1001 Oost"), ("PC1002", "GM9001", "1002 West"))
    people = made.population[made.base_year].sum(axis=1)
    assert gemeente_names(made)["GM9001"] == ("Oost" if people[0] > people[1] else "West")
