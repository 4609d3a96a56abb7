"""Regions as a user names them: parsed, and judged against the regions of a dataset."""

from __future__ import annotations

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.area import REGION_KINDS, Region
from zorgstroom.domain.scenario import RegionChoice
from zorgstroom.errors import InvalidInput, Problem, nearest_known


def region_of(choice: RegionChoice | None) -> Region | None:
    """Return the region a document names."""
    return None if choice is None else Region(*choice.kind_and_name())


def parse_region(text: str, dataset: Dataset) -> Region:
    """Return the region in ``roaz:Limburg`` (as in ``--region``); raises InvalidInput for one unknown."""
    kind, _, name = text.partition(":")
    if kind not in REGION_KINDS or not name:
        params = {"value": text, "kinds": ", ".join(REGION_KINDS)}
        raise InvalidInput([Problem("--region", "scenario.region_form", params)])
    region = Region(kind, name)
    problem = region_problem(region, dataset, "--region", None)
    if problem:
        raise InvalidInput([problem])
    return region


def region_problem(region: Region, dataset: Dataset, where: str, pointer: str | None) -> Problem | None:
    """Return what is wrong with a region: unknown, or without any location."""
    names = dataset.regions(region.kind)
    params: dict[str, object] = {"name": region.name, "kind": region.kind}
    if region.name not in names:
        suggestion = nearest_known(region.name, names)
        key = "scenario.unknown_region_near" if suggestion else "scenario.unknown_region"
        return Problem(where, key, {**params, "suggestion": suggestion, "known": ", ".join(names)}, pointer)
    if not dataset.locations_in(region).any():
        return Problem(where, "scenario.region_without_location", params, pointer)
    return None


def scope_of(within: RegionChoice | None, dataset: Dataset, region: Region | None) -> BoolArray:
    """Return the locations an action is about: of its own region, else of `region`, else all: bool[L]."""
    chosen = region_of(within) or region
    if chosen is None:
        return np.ones(len(dataset.locations), dtype=np.bool_)
    return dataset.locations_in(chosen)


def areas_of(within: RegionChoice | None, dataset: Dataset, region: Region | None) -> BoolArray:
    """Return the areas whose inhabitants an action is about, likewise: bool[A]."""
    chosen = region_of(within) or region
    if chosen is None:
        return np.ones(len(dataset.areas), dtype=np.bool_)
    return dataset.areas_in(chosen)
