"""What the gemeenten are called that the areas of a dataset are, or are parts of."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Mapping

from zorgstroom.dataset.loading import DEFAULT_DATASET, dataset_folder
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset.pc4 import gemeenten_of

_POSTCODE = re.compile(r"^\d{4} ")


def gemeente_names(dataset: Dataset) -> dict[str, str]:
    """Return {code: name} of the gemeenten of a dataset.

    The parts of a gemeente share its name, before a hospital between brackets. Postcode areas are named after a town:
    then it is the name in the shipped dataset, and where that has none the town with most inhabitants.
    """
    people = dataset.population[dataset.base_year].sum(axis=1)
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for area, living in zip(dataset.areas, people.tolist(), strict=True):
        name = area.name.partition(" (")[0]
        names = found[area.gemeente_id]
        names[name] = names.get(name, 0) + living
    return {code: _name(code, names) for code, names in found.items()}


def _name(code: str, names: Mapping[str, int]) -> str:
    if len(names) == 1 and not _POSTCODE.match(next(iter(names))):
        return next(iter(names))
    if code in _shipped():
        return _shipped()[code]
    towns: defaultdict[str, int] = defaultdict(int)
    for name, people in names.items():
        towns[_POSTCODE.sub("", name)] += people
    return max(towns, key=lambda town: (towns[town], town))


@functools.cache
def _shipped() -> Mapping[str, str]:
    return gemeenten_of(dataset_folder(DEFAULT_DATASET))
