"""What a visitor picked on the page Verdieping, kept in the address; unknown names are answered in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

from zorgstroom.errors import nearest_known

Tab = Literal[
    "volumes", "reistijd", "wachten", "personeel", "stromen", "verschillen", "onzekerheid", "controle"
]
TABS: tuple[Tab, ...] = get_args(Tab)
#: What volumes are added up to: hospital sites, organisations, or groups of care.
DENOMINATORS = ("locatie", "organisatie", "specialisme")
AGES = ("jong", "oud")
FIFTHS = ("1", "2", "3", "4", "5")
#: Which choices mean something on which tab; the others stay in the address.
FIELDS: Mapping[Tab, tuple[str, ...]] = {
    "volumes": ("ziekenhuis", "specialisme", "zorg", "noemer"),
    "reistijd": ("specialisme", "zorg", "woonregio", "ses"),
    "wachten": ("ziekenhuis", "specialisme", "zorg", "woonregio", "ses"),
    "personeel": ("ziekenhuis",),
    "stromen": ("ziekenhuis", "specialisme", "zorg", "woonregio", "ses"),
    "verschillen": ("ses", "leeftijd"),
    "onzekerheid": ("ziekenhuis", "zorg"),
    "controle": (),
}


@dataclass(frozen=True)
class Choices:
    """What is looked at; empty: everything. The names are those in the address."""

    ziekenhuis: tuple[str, ...] = ()
    specialisme: tuple[str, ...] = ()
    zorg: tuple[str, ...] = ()
    woonregio: tuple[str, ...] = ()
    ses: tuple[str, ...] = ()
    leeftijd: tuple[str, ...] = ()
    noemer: tuple[str, ...] = ()

    def parameters(self) -> dict[str, tuple[str, ...]]:
        """Return what stands in the address."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def moves(self) -> dict[str, Sequence[str]]:
        """Return the filters of the API on who moves."""
        asked = {
            "location": self.ziekenhuis,
            "group": self.specialisme,
            "profile": self.zorg,
            "region": self.woonregio,
            "ses": self.ses,
        }
        return {name: values for name, values in asked.items() if values}


@dataclass(frozen=True)
class Unknown:
    """A name in the address that means nothing here, and what may have been meant."""

    field: str
    value: str
    nearest: str | None


def read(
    asked: Mapping[str, Iterable[str]], known: Mapping[str, Sequence[str]]
) -> tuple[Choices, list[Unknown]]:
    """Return the choices in an address, and those that mean nothing.

    >>> read({"zorg": ["pancreas", "pancras"]}, {"zorg": ["pancreas"]})[1]
    [Unknown(field='zorg', value='pancras', nearest='pancreas')]
    """
    found: dict[str, tuple[str, ...]] = {}
    unknown = []
    for field in fields(Choices):
        values = list(dict.fromkeys(asked.get(field.name, ())))
        options = known.get(field.name, ())
        found[field.name] = tuple(value for value in values if value in options)
        unknown += [
            Unknown(field.name, value, nearest_known(value, options))
            for value in values
            if value not in options
        ]
    return Choices(**found), unknown
