"""What somebody may have meant who followed a link that is broken or outdated."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from zorgstroom.client import ScenarioInfo

#: How alike two names must be, from 0 to 1, and how many are offered.
ALIKE = 0.45
MOST = 3
#: Names of places are short and many, so they have to be more alike.
ALIKE_PLACE = 0.7
#: A link is cut off at its end, so that the beginning of an id says which it was. Shorter words say nothing.
BEGINNING = 4


def nearest_plans(name: str, plans: Sequence[ScenarioInfo]) -> list[ScenarioInfo]:
    """Return the plans whose name, short name or beginning of the id resembles `name`, the most alike first."""
    wanted = name.casefold()
    if len(wanted) >= BEGINNING and (
        same_beginning := [plan for plan in plans if plan.id.startswith(wanted[:BEGINNING])]
    ):
        return same_beginning[:MOST]
    scored = [(max(_alike(wanted, plan.name), _alike(wanted, plan.slug or "")), plan) for plan in plans]
    return [plan for score, plan in sorted(scored, key=lambda item: -item[0]) if score >= ALIKE][:MOST]


def nearest_areas(area: str, divisions: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the areas whose name resembles that of `area`, the same division first.

    >>> nearest_areas("roaz:Limbrug", {"roaz": ["Limburg", "Oost"], "province": ["Limburg"]})
    ['roaz:Limburg', 'province:Limburg']
    """
    kind, _, name = area.rpartition(":")
    scored = [
        (_alike(name.casefold(), known), division == kind, f"{division}:{known}")
        for division, names in divisions.items()
        for known in names
    ]
    best = sorted(scored, key=lambda item: (-item[0], not item[1]))
    return [region for score, _, region in best if score >= ALIKE][:MOST]


def nearest_places(name: str, places: Mapping[str, str]) -> list[str]:
    """Return the ids of the places whose name resembles `name`, the most alike first; one that is the same alone.

    >>> nearest_places("Mastricht", {"GM0935": "Maastricht", "GM0141": "Almelo"})
    ['GM0935']
    """
    wanted = name.casefold()
    same = [place for place, known in places.items() if known.casefold() == wanted]
    scored = sorted(((_alike(wanted, known), place) for place, known in places.items()), reverse=True)
    return same[:1] or [place for score, place in scored if score >= ALIKE_PLACE][:MOST]


def _alike(wanted: str, name: str) -> float:
    """Return how alike a name is; a word of it that is meant counts as much as the whole, a small one does not.

    >>> _alike("zin", "Concentreren in de regio") < ALIKE < _alike("regoi", "Concentreren in de regio")
    True
    """
    words = name.casefold().replace("-", " ").split()
    parts = [name.casefold(), *(word for word in words if len(word) >= BEGINNING)]
    return max((difflib.SequenceMatcher(None, wanted, part).ratio() for part in parts), default=0.0)
