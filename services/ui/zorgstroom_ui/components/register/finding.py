"""Finding assumptions: by words, by kind and by influence. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

from zorgstroom.errors import nearest_known
from zorgstroom.places_document import Assumption, Influence
from zorgstroom.text import LANGUAGES

#: What a figure is to who doubts it: agreed upon, counted, from a source, estimated from one, or without one.
Kind = Literal["agreed", "counted", "known", "estimated", "assumed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
INFLUENCES: tuple[Influence, ...] = get_args(Influence)
#: Letters of a search that say something.
_SHORTEST = 2


def kind_of(assumption: Assumption) -> Kind:
    """Return what kind of figure it mostly is."""
    if assumption.not_varied == "agreed":
        return "agreed"
    if assumption.not_varied == "counted":
        return "counted"
    ordered = sorted(assumption.bases.items(), key=lambda item: -item[1])
    return ordered[0][0] if ordered else "assumed"


def found(
    assumptions: Sequence[Assumption], words: str, kind: Kind | None, influence: Influence | None
) -> list[Assumption]:
    """Return what has all the words in its number, name or sources, and is of the kind and influence asked for."""
    asked = [_folded(word) for word in words.split()]
    return [
        item
        for item in assumptions
        if (kind is None or kind_of(item) == kind)
        and (influence is None or item.influence == influence)
        and all(word in text for text in [_text(item)] for word in asked)
    ]


def nearest(assumptions: Sequence[Assumption], words: str) -> str | None:
    """Return a word of the register that looks like what was searched for."""
    known = {
        word
        for item in assumptions
        for name in item.name.values()
        for word in re.findall(r"\w+", name.casefold())
        if len(word) > _SHORTEST
    }
    tried = (nearest_known(word.casefold(), known) for word in words.split())
    return next((word for word in tried if word), None)


def numbered(assumptions: Sequence[Assumption], words: str) -> Assumption | None:
    """Return the entry with exactly this number, as ``A-012``, ``a012`` or ``A-012/hip``."""
    asked = _folded(words.partition("/")[0].strip())
    return next((item for item in assumptions if _folded(item.number) == asked), None)


def _text(item: Assumption) -> str:
    parts = [item.number, item.figure, *(item.name[language] for language in LANGUAGES)]
    parts += [f"{source.publisher} {source.title} {source.year}" for source in item.sources]
    return _folded(" ".join(parts))


def _folded(text: str) -> str:
    return text.casefold().replace("-", "")
