"""What a dataset says of today, and its tables, as it goes over the line."""

from __future__ import annotations

from typing import Literal

from zorgstroom.answer import Answer

PoolUnit = Literal["beds", "places", "admissions", "visits", "minutes"]


class PoolToday(Answer):
    """Capacity of a location, in the unit in which a plan changes it (per working day, but for beds)."""

    pool: str
    amount: float
    unit: PoolUnit


class LocationToday(Answer):
    """What a location does today."""

    location: str
    #: {division of the country: the region it lies in}.
    regions: dict[str, str]
    pools: list[PoolToday]
    #: Expected patients a year by care profile.
    patients: dict[str, float]


class Today(Answer):
    """The base year without any plan: estimates of the model, no counts."""

    year: int
    locations: list[LocationToday]
    #: {pool: {language: name}}.
    pool_names: dict[str, dict[str, str]]


class TableInfo(Answer):
    """A table of a dataset."""

    name: str
    title: str
    description: str
    rows: int
    bytes: int
    #: Made once from the other tables, such as travel times.
    calculated: bool
    #: Titles of the sources its rows name.
    sources: list[str]
    licences: list[str]


class DatasetTables(Answer):
    """The tables of a dataset; none where only its loaded form is there."""

    dataset: str
    version: str
    created: str
    licences: list[str]
    items: list[TableInfo]
    #: The organisation's own figures are in it: the tables themselves are not given.
    confidential: bool = False
