"""The proxies of one patient, and the formulas that make activity and hours of them.

A formula is written once, as text with the names of measures in it: it is calculated exactly from that text, and
shown with the numbers filled in.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache

#: Proxies per patient with their unit, in the order of the template.
MEASURES: Mapping[str, str] = {
    "visits_before": "visits",
    "visits_after": "visits",
    "visits_anaesthesia": "visits",
    "minutes_visit_before": "minutes",
    "minutes_visit_after": "minutes",
    "minutes_visit_anaesthesia": "minutes",
    "visits_vspa_before": "visits",
    "visits_vspa_after": "visits",
    "minutes_vspa_before": "minutes",
    "minutes_vspa_after": "minutes",
    "share_admitted": "share",
    "share_ic": "share",
    "stay_without_ic": "days",
    "stay_after_ic": "days",
    "ic_stay": "days",
    "day_treatments": "treatments",
    "radiotherapy_sessions": "sessions",
    "ed_visits": "visits",
    "or_minutes": "minutes",
    "scope_minutes": "minutes",
    "claims": "euro",
    "cost": "euro",
    "operators": "people",
    "non_patient_share": "share_more",
    "anaesthetists": "people",
    "anaesthetist_factor": "factor",
    "or_assistants": "people",
    "anaesthesia_assistants": "people",
    "scope_specialists": "people",
    "scope_nurses": "people",
    "recovery_hours": "hours",
    "recovery_nurses": "people",
    "ward_nurses": "people",
    "ic_nurses": "people",
}

#: Activities of a hospital: what one patient asks of it.
ACTIVITIES: Mapping[str, str] = {
    "visits": "visits_before + visits_after + visits_anaesthesia",
    "nursing_days": "share_ic * stay_after_ic + (share_admitted - share_ic) * stay_without_ic",
    "ic_days": "share_ic * ic_stay",
    "day_treatments": "day_treatments",
    "radiotherapy": "radiotherapy_sessions",
    "ed_visits": "ed_visits",
    "scope_hours": "scope_minutes / 60",
    "or_hours": "or_minutes / 60",
    "claims": "claims",
    "cost": "cost",
}
#: As the published code has it: those who are admitted are counted twice. The same when all are admitted.
PUBLISHED_NURSING_DAYS = (
    "(share_ic * stay_after_ic + (share_admitted - share_ic) * stay_without_ic) * share_admitted"
)
UNITS: Mapping[str, str] = {
    **{"visits": "visits", "nursing_days": "days", "ic_days": "days", "ed_visits": "visits"},
    **{"day_treatments": "treatments", "radiotherapy": "sessions"},
    **{"scope_hours": "hours", "or_hours": "hours", "claims": "euro", "cost": "euro"},
}

#: The nine professions: hours that one patient asks.
PROFESSIONS: Mapping[str, str] = {
    "operating_specialist": (
        "(visits_before * minutes_visit_before + visits_after * minutes_visit_after) / 60"
        " + (1 + non_patient_share) * ([or_hours] * operators + [scope_hours] * scope_specialists)"
    ),
    "anaesthetist": (
        "visits_anaesthesia * minutes_visit_anaesthesia / 60 + [or_hours] * anaesthetists * anaesthetist_factor"
    ),
    "vspa": "(visits_vspa_before * minutes_vspa_before + visits_vspa_after * minutes_vspa_after) / 60",
    "or_assistant": "[or_hours] * or_assistants",
    "anaesthesia_assistant": "[or_hours] * anaesthesia_assistants",
    "scope_nurse": "[scope_hours] * scope_nurses",
    "recovery_nurse": "recovery_hours * recovery_nurses",
    "ward_nurse": "[nursing_days] * 24 * ward_nurses",
    "ic_nurse": "[ic_days] * 24 * ic_nurses",
}

#: Activities that are also held against the total of the specialty, and against that of the location; the method had
#: no totals of the others there.
BY_SPECIALTY = ("visits", "nursing_days", "day_treatments", "scope_hours", "or_hours")
BY_LOCATION = (
    *("visits", "nursing_days", "ic_days", "day_treatments", "radiotherapy", "ed_visits", "or_hours"),
)

_INNER = re.compile(r"\[(\w+)\]")
_NAME = re.compile(r"[a-z][a-z_]*")


def formulas(published_nursing_days: bool) -> dict[str, str]:
    """Return every formula in terms of measures only."""
    activities = dict(ACTIVITIES)
    if published_nursing_days:
        activities["nursing_days"] = PUBLISHED_NURSING_DAYS
    staff = {
        name: _INNER.sub(lambda found: f"({activities[found[1]]})", text)
        for name, text in PROFESSIONS.items()
    }
    return activities | staff


def hours_per_unit(activity: str, value: Callable[[str], Fraction]) -> Fraction:
    """Return the hours of all professions together that one more unit of an activity asks.

    >>> hours_per_unit("ic_days", {"ic_nurses": Fraction(1, 2)}.get)
    Fraction(12, 1)
    """
    hours = Fraction(0)
    for text in PROFESSIONS.values():
        if f"[{activity}]" in text:
            none, one = (
                _INNER.sub(lambda found, now=now: now if found[1] == activity else "0", text)  # type: ignore[misc]
                for now in ("0", "1")
            )
            hours += calculate(one, value) - calculate(none, value)
    return hours


def measures_in(formula: str) -> tuple[str, ...]:
    """Return the measures of a formula, each once.

    >>> measures_in("scope_minutes / 60")
    ('scope_minutes',)
    """
    return tuple(dict.fromkeys(_NAME.findall(formula)))


def calculate(formula: str, value: Callable[[str], Fraction]) -> Fraction:
    """Return the outcome of a formula, exactly.

    >>> calculate("(a + 1) * b / 60", {"a": Fraction(2), "b": Fraction(10)}.__getitem__)
    Fraction(1, 2)
    """
    return _of(_parsed(formula), value)


def filled_in(formula: str, written: Callable[[str], str]) -> str:
    """Return a formula with the numbers in place of the names.

    >>> filled_in("a * 24 * b", {"a": "8", "b": "0.2"}.__getitem__)
    '8 * 24 * 0.2'
    """
    return _NAME.sub(lambda found: written(found[0]), formula)


@cache
def _parsed(formula: str) -> ast.expr:
    return ast.parse(formula, mode="eval").body


def _of(node: ast.expr, value: Callable[[str], Fraction]) -> Fraction:
    match node:
        case ast.Constant(value=int(number)):
            return Fraction(number)
        case ast.Name(id=name):
            return value(name)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _of(left, value) + _of(right, value)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _of(left, value) - _of(right, value)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _of(left, value) * _of(right, value)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _of(left, value) / _of(right, value)
    raise ValueError(f"no formula: {ast.dump(node)}")
