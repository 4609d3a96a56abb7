"""What a participant filled in on a page: read, and answered at the field where it is not right."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom.workshop.documents import RANKED, Answer, SessionPlan, Step

#: Fields of the forms.
STEP, NUMBER, WORRY, ROLE = "stap", "getal", "zorg", "rol"
LEVER, CHOICE = "knop-", "keuze-"
MOST_FIELDS = 50
MOST_WORRY = 280
_THOUSANDS = {
    "nl": re.compile(r"-?\d{1,3}(\.\d{3})+(,\d+)?"),
    "en": re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?"),
}


@dataclass(frozen=True)
class Filled:
    """A form as it came: what was typed, the answer in it, and what is wrong by field."""

    values: Mapping[str, str]
    answer: Answer | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


def read_form(body: bytes) -> dict[str, str]:
    """Return the fields of a form; of what is sent twice the last, of what cannot be read nothing."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def filled(
    step: Step, plan: SessionPlan, options: Sequence[str], values: Mapping[str, str], language: Language
) -> Filled:
    """Return the answer to a step, or what is wrong with it. Its role is that of who sends it."""
    if step.kind == "number":
        return _number(step, values, language)
    if step.kind == "levers":
        return _levers(plan, values, language)
    return _ranking(options, values, language)


def values_of(step: Step, answer: Answer | None, language: Language) -> dict[str, str]:
    """Return an answer as it stands in the fields of its form."""
    if answer is None:
        return {}
    found: dict[str, str] = {}
    if answer.number is not None:
        found[NUMBER] = written(answer.number, language)
    for key, position in (answer.choice or {}).items():
        found[LEVER + key] = str(position)
    for place, option in enumerate(answer.ranking or (), start=1):
        found[f"{CHOICE}{place}"] = str(option)
    if answer.worry:
        found[WORRY] = answer.worry
    return found


def bounds_of(step: Step, language: Language) -> tuple[str, str]:
    """Return between which numbers an answer lies, as they are written."""
    return written(step.minimum, language), written(step.maximum, language)


def written(value: float, language: Language) -> str:
    """Return a number with no more decimals than it has, two at most.

    >>> written(7.5, "nl"), written(60.0, "nl"), written(1 / 3, "en")
    ('7,5', '60', '0.33')
    """
    decimals = next(count for count in range(3) if round(value, count) == round(value, 2))
    return number(value, language, decimals)


def number_of(text: str, language: Language) -> float | None:
    """Return the number that somebody typed, with a comma or a point; None for anything else.

    >>> number_of("7,5", "nl"), number_of("1.200", "nl"), number_of("7.5", "nl"), number_of("tien", "nl")
    (7.5, 1200.0, 7.5, None)
    """
    typed = text.strip().replace("\u2212", "-").replace(" ", "")
    if _THOUSANDS[language].fullmatch(typed):
        typed = typed.replace("." if language == "nl" else ",", "")
    try:
        found = float(typed.replace(",", "."))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _number(step: Step, values: Mapping[str, str], language: Language) -> Filled:
    found = number_of(values.get(NUMBER, ""), language)
    if found is None or not step.minimum <= found <= step.maximum:
        low, high = bounds_of(step, language)
        message = translate("session.error.number", language, low=low, high=high)
        return Filled(values, errors={NUMBER: message})
    return Filled(values, Answer(role="other", number=found))


def _levers(plan: SessionPlan, values: Mapping[str, str], language: Language) -> Filled:
    choice, errors = {}, {}
    for lever in plan.levers:
        given = values.get(LEVER + lever.key, "")
        if not given:
            continue
        position = _position(given, len(lever.options))
        if position is None:
            errors[LEVER + lever.key] = translate("session.error.choose", language)
        else:
            choice[lever.key] = position
    return Filled(values, errors=errors) if errors else Filled(values, Answer(role="other", choice=choice))


def _ranking(options: Sequence[str], values: Mapping[str, str], language: Language) -> Filled:
    ranking: list[int] = []
    errors: dict[str, str] = {}
    for place in range(1, RANKED + 1):
        name = f"{CHOICE}{place}"
        given = values.get(name, "")
        if not given:
            continue
        position = _position(given, len(options))
        if position is None:
            errors[name] = translate("session.error.choose", language)
        elif position in ranking:
            errors[name] = translate("session.error.twice", language)
        else:
            ranking.append(position)
    worry = " ".join(values.get(WORRY, "").split())
    if len(worry) > MOST_WORRY:
        errors[WORRY] = translate("session.error.worry", language, most=MOST_WORRY, count=len(worry))
    if not errors and not ranking and not worry:
        errors[f"{CHOICE}1"] = translate("session.error.choose", language)
    if errors:
        return Filled(values, errors=errors)
    return Filled(values, Answer(role="other", ranking=ranking, worry=worry))


def _position(text: str, count: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 and int(text) < count else None
