"""From `TextRef` to a sentence in one language; all screens and files use this.

Forms of a parameter:

========================================  ======================================================
``"text"``, ``3``                         as it is; a whole number with thousands separator
``{"n": 12.3, "d": 1, "signed": true}``   a number with decimals, with sign if asked
``{"share": 0.123, "d": 0}``              a percentage
``{"mean", "low", "high", "d": 1}``       a number with its interval, ``12 (9 tot 15)``, with sign if asked
``{"key": ..., "params": {...}}``         another text of the catalogue
``{"date": "2026-01-31"}``                a date, written out
``{"name": "AMC", "lower": true}``        the name of a location, profile, area or pool; in a sentence
``{"names": [...], "lower": "rest"}``     several names, ``A, B en C``; at the start of a sentence
``{"texts": [...]}``                      several parameters, joined likewise
========================================  ======================================================
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from zorgstroom.reporting.impact import Estimate, TextRef
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import date, number, percent, signed

Names = Mapping[str, Mapping[str, str]]


def render(text: TextRef, language: Language, names: Names | None = None) -> str:
    """Return the sentence, its numbers written as people of that language write them."""
    params = {name: _param(value, language, names or {}) for name, value in text.params.items()}
    return translate(text.key, language, **params)


def name_of(identifier: str, language: Language, names: Names) -> str:
    """Return the name of something the document refers to, or its id when it has none."""
    return names.get(identifier, {}).get(language, identifier)


def cited(titles: str, language: Language) -> str:
    """Return titles of sources as they are, but say in the language of the reader where there is none."""
    return titles.replace(translate("source.none", "nl"), translate("source.none", language))


def uncapitalised(name: str) -> str:
    """Return a name as it reads inside a sentence; abbreviations keep their capitals.

    >>> uncapitalised("Heupfractuur"), uncapitalised("PCI (dotterbehandeling)"), uncapitalised("IC-bedden")
    ('heupfractuur', 'PCI (dotterbehandeling)', 'IC-bedden')
    """
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def joined(parts: Sequence[str], language: Language) -> str:
    """Return ``A``, ``A en B`` or ``A, B en C``."""
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {translate('report.and', language)} {parts[-1]}"


def interval(low: float, high: float, language: Language, decimals: int = 0) -> str:
    """Return ``7 tot 12``."""
    return translate(
        "report.range", language, low=number(low, language, decimals), high=number(high, language, decimals)
    )


def with_interval(value: Estimate, language: Language, decimals: int = 0, *, is_signed: bool = False) -> str:
    """Return ``9 (7 tot 12)``, or ``9`` without interval; ``+9`` if its sign counts."""
    mean = (signed if is_signed else number)(value.mean, language, decimals)
    reach = range_of(value, language, decimals)
    return f"{mean} ({reach})" if reach else mean


def range_of(value: Estimate, language: Language, decimals: int) -> str:
    """Return ``7 tot 12``, or nothing without interval or when both ends round to the mean."""
    if value.low is None or value.high is None:
        return ""
    if round(value.low, decimals) == round(value.high, decimals) == round(value.mean, decimals):
        return ""
    return interval(value.low, value.high, language, decimals)


def _param(value: Any, language: Language, names: Names) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return number(value, language, 0 if float(value).is_integer() else 1)
    if "texts" in value:
        return joined([_param(part, language, names) for part in value["texts"]], language)
    if "key" in value:
        return render(TextRef(key=value["key"], params=value.get("params", {})), language, names)
    if "name" in value or "names" in value:
        identifiers = value["names"] if "names" in value else [value["name"]]
        found = [name_of(identifier, language, names) for identifier in identifiers]
        capitals = {"rest": 1, True: 0}.get(value.get("lower", False), len(found))
        return joined(found[:capitals] + [uncapitalised(name) for name in found[capitals:]], language)
    return _figure(value, language)


def _figure(value: Mapping[str, Any], language: Language) -> str:
    decimals = value.get("d", 0)
    if "date" in value:
        return date(dt.date.fromisoformat(value["date"]), language)
    if "share" in value:
        return percent(value["share"], language, decimals)
    if "mean" in value:
        shown = Estimate(mean=value["mean"], low=value.get("low"), high=value.get("high"))
        return with_interval(shown, language, decimals, is_signed=bool(value.get("signed")))
    return (signed if value.get("signed") else number)(value["n"], language, decimals)
