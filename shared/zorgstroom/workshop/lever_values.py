"""The positions of a lever as a facilitator types them: ``uit; 5; 10; 20``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.text import LANGUAGES, Language, translate
from zorgstroom.text.numbers import number, signed
from zorgstroom.workshop.combinations import LeverField
from zorgstroom.workshop.documents import MOST_OPTIONS, LeverOption

#: Between which values a field lies; those of shares as percentages.
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "to_minimum": (1, 100_000),
    "to_count": (1, 200),
    "percent": (-100, 1000),
    "add": (-1_000_000, 1_000_000),
    "set": (0, 1_000_000),
    "grow": (0, 500),
}
_SHARE_BOUNDS = (0.0, 100.0)
#: Fields of which zero means that the action does nothing: it is left out then.
_ZERO_IS_NOTHING = frozenset({"share", "prevent", "replace", "grow", "percent", "add"})
_WHOLE = frozenset({"to_minimum", "to_count"})
_NUMBER = re.compile(r"[+\-\u2212]?[0-9]{1,7}([.,][0-9]{1,4})?")
_SIGNED = frozenset({"percent", "add"})


def parse_options(text: str, field: LeverField, language: Language) -> list[LeverOption]:
    """Return the options that a text names, with semicolons between them. Raises `InvalidInput`."""
    if not field.field:
        return [
            LeverOption(label=translate("workshop.lever.on", language), value=1.0),
            LeverOption(label=translate("workshop.lever.off", language), value=None),
        ]
    parts = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
    if not 2 <= len(parts) <= MOST_OPTIONS:
        raise _refused("workshop.lever.how_many", most=MOST_OPTIONS)
    values = [_value(part, field) for part in parts]
    for position, value in enumerate(values):
        if value in values[:position]:
            raise _refused("workshop.lever.twice", value=parts[position])
    return [LeverOption(label=label(value, field, language), value=value) for value in values]


def label(value: float | None, field: LeverField, language: Language) -> str:
    """Return the words of one position."""
    if value is None:
        return translate("workshop.lever.off", language)
    if field.share:
        return number(value * 100, language, _decimals(value * 100)) + "%"
    text = (signed if field.field in _SIGNED else number)(value, language, _decimals(value))
    return text + "%" if field.field == "percent" else text


def typed(options: list[LeverOption], field: LeverField, language: Language) -> str:
    """Return options as a text that `parse_options` reads."""
    off = translate("workshop.lever.off_word", language)
    texts = []
    for option in options:
        value = option.value
        if value is None:
            texts.append(off)
        else:
            scaled = value * 100 if field.share else value
            texts.append(f"{round(scaled, 4):g}".replace(".", "," if language == "nl" else "."))
    return "; ".join(texts)


def suggestion(field: LeverField, language: Language) -> str:
    """Return positions to begin with: the value as it is, and some around it."""
    value = field.value
    if field.field in _WHOLE and value is not None:
        values = sorted({max(1.0, round(value * factor)) for factor in (0.5, 1, 1.5, 2)})
    elif field.share:
        values = [0.0, 0.5, 1.0] if value in (None, 0.0, 1.0) else [value / 2, value, min(1.0, value * 2)]
    else:
        values = [0.0, 10.0] if not value else [value / 2, value, value * 2]
    off = [LeverOption(label="-", value=None)] if field.field in _ZERO_IS_NOTHING else []
    kept = [item for item in values if item or field.field not in _ZERO_IS_NOTHING]
    return typed([*off, *(LeverOption(label="-", value=item) for item in kept)], field, language)


def start_position(options: list[LeverOption], field: LeverField) -> int:
    """Return the option at which the scenario stands, else the first."""
    return next((at for at, option in enumerate(options) if option.value == field.value), 0)


def _value(part: str, field: LeverField) -> float | None:
    word = part.casefold().rstrip("% ").strip()
    if word in {translate("workshop.lever.off_word", language) for language in LANGUAGES}:
        return None
    if not _NUMBER.fullmatch(word):
        raise _refused("workshop.lever.no_number", value=part)
    value = float(word.replace(",", ".").replace("\u2212", "-"))
    low, high = _BOUNDS.get(field.field, _SHARE_BOUNDS)
    if not low <= value <= high or (field.field in _WHOLE and value != round(value)):
        whole = ".whole" if field.field in _WHOLE else ""
        raise _refused(f"workshop.lever.outside{whole}", value=part, low=f"{low:g}", high=f"{high:g}")
    if value == 0 and field.field in _ZERO_IS_NOTHING:
        return None
    return round(value / 100, 6) if field.share else value


def _decimals(value: float) -> int:
    return next(digits for digits in range(5) if digits == 4 or abs(value - round(value, digits)) < 1e-9)


def _refused(key: str, **params: object) -> InvalidInput:
    return InvalidInput([Problem("", key, params)])
