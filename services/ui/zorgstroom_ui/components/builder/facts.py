"""What there is today, as a plan is made against it: locations, care, norms, capacity and names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from zorgstroom.dataset_document import PoolToday, Today
from zorgstroom.text import Language
from zorgstroom_ui import session
from zorgstroom_ui.kept import kept_for

#: Seconds for which what is there today is remembered; it changes when somebody loads other figures.
FACTS_SECONDS = 300


@dataclass(frozen=True)
class Place:
    """A hospital location today."""

    id: str
    name: str
    town: str
    type: str
    latitude: float
    longitude: float
    #: {division of the country: region}.
    regions: Mapping[str, str]
    pools: Mapping[str, PoolToday]
    #: Expected patients a year by care profile.
    patients: Mapping[str, float]

    def lies_in(self, region: Mapping[str, str] | None) -> bool:
        """Return whether it lies in the region of a document; everything lies in the whole country."""
        return all(self.regions.get(kind) == name for kind, name in (region or {}).items())


@dataclass(frozen=True)
class Care:
    """A kind of care today."""

    id: str
    names: Mapping[str, str]
    #: Who provides it.
    locations: frozenset[str]
    #: Patients a year per location by the norm in force; None without one.
    norm: int | None


@dataclass(frozen=True)
class Facts:
    """Everything a builder of scenarios has to know."""

    base_year: int
    demand_years: tuple[int, ...]
    regions: Mapping[str, Sequence[str]]
    places: Mapping[str, Place]
    care: Mapping[str, Care]
    pool_names: Mapping[str, Mapping[str, str]]

    @cached_property
    def names(self) -> dict[str, Mapping[str, str]]:
        """The names of locations, care and capacities, in both languages."""
        found: dict[str, Mapping[str, str]] = {
            place.id: {"nl": place.name, "en": place.name} for place in self.places.values()
        }
        found |= {care.id: care.names for care in self.care.values()}
        return found | dict(self.pool_names)

    def name(self, identifier: str, language: Language) -> str:
        """Return the name of a location, kind of care or capacity; its id where it is unknown."""
        return self.names.get(identifier, {}).get(language, identifier)

    def providers(self, profiles: Sequence[str], region: Mapping[str, str] | None = None) -> list[str]:
        """Return who provides any of these kinds of care in a region, those with most patients first."""
        offering = {
            name for profile in profiles if profile in self.care for name in self.care[profile].locations
        }
        return self.by_volume([name for name in offering if self.places[name].lies_in(region)], profiles)

    def by_volume(self, locations: Sequence[str], profiles: Sequence[str]) -> list[str]:
        """Return locations with most patients of these kinds of care first; of no kind, by name."""

        def order(name: str) -> tuple[float, str]:
            place = self.places.get(name)
            patients = sum(place.patients.get(profile, 0.0) for profile in profiles) if place else 0.0
            return -patients, place.name if place else name

        return sorted(locations, key=order)


def facts() -> Facts:
    """Return what there is today. Raises `Unavailable`."""
    return _facts(session.api_address())


@kept_for(FACTS_SECONDS, most=2)
def _facts(base_url: str) -> Facts:
    # The same for every visitor of this service: reading it asks for no key.
    del base_url
    dataset = session.dataset()
    return facts_of(dataset, session.client().today(dataset["id"]))


def facts_of(dataset: Mapping[str, Any], today: Today) -> Facts:
    """Return the facts from what the API says of a dataset and of today."""
    seen = {row.location: row for row in today.locations}
    places = {
        row["id"]: Place(
            id=row["id"],
            name=row["name"],
            town=row["place"],
            type=row["type"],
            latitude=row["latitude"],
            longitude=row["longitude"],
            regions=seen[row["id"]].regions,
            pools={pool.pool: pool for pool in seen[row["id"]].pools},
            patients=seen[row["id"]].patients,
        )
        for row in dataset["locations"]
        if row["id"] in seen
    }
    norms = _norms(dataset["norms"], dataset["base_year"])
    care = {
        row["id"]: Care(
            id=row["id"],
            names={"nl": row["name_nl"], "en": row["name_en"]},
            locations=frozenset(row["locations"]),
            norm=norms.get(row["id"]),
        )
        for row in dataset["profiles"]
    }
    return Facts(
        base_year=dataset["base_year"],
        demand_years=tuple(dataset["demand_years"]),
        regions=dataset["regions"],
        places=places,
        care=care,
        pool_names=today.pool_names,
    )


def _norms(rows: Sequence[Mapping[str, Any]], year: int) -> dict[str, int]:
    """Return the norm in force at some moment of a year per kind of care; the newest of several."""
    found: dict[str, int] = {}
    for row in sorted(rows, key=lambda item: str(item["valid_from"])):
        ends = row["valid_to"] and row["valid_to"] < f"{year}-01-01"
        if row["status"] == "in_force" and row["valid_from"] <= f"{year}-12-31" and not ends:
            found[row["profile_id"]] = row["minimum"]
    return found
