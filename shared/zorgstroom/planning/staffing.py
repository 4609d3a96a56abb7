"""Hours of staff per unit of what a hospital does, by profession: the formulas of the national method.

The formulas of `zorgstroom.national.measures` are about one patient. All are straight lines in what that patient asks,
so each gives hours per unit of activity, and hours of a whole location are the sum over its activity.
"""

from __future__ import annotations

from fractions import Fraction

from zorgstroom.dataset.model import Dataset
from zorgstroom.national.measures import PROFESSIONS, calculate

#: Activity that hours lean on. An operation is a patient with a procedure in an operating room: what is counted per
#: patient besides his hours there (recovery, visits to the anaesthetist and the VS/PA). Visits are of a specialist.
DRIVERS = (
    "operations",
    "or_hours",
    "scope_hours",
    "nursing_days",
    "ic_days",
    "visits_before",
    "visits_after",
)


def hours_per_unit(dataset: Dataset) -> dict[str, dict[str, Fraction]]:
    """Return hours by profession and driver, exactly; drivers that a profession does not lean on are left out.

    An hour of surgery asks of operating specialists (1 + non-patient share) x operators, and so on.
    """
    found = {}
    for profession, formula in PROFESSIONS.items():
        plain = formula.replace("[", "").replace("]", "")
        at_rest = _hours(dataset, plain, "")
        each = {driver: _hours(dataset, plain, driver) - at_rest for driver in DRIVERS[1:]}
        found[profession] = {
            driver: hours for driver, hours in {"operations": at_rest, **each}.items() if hours
        }
    return found


def _hours(dataset: Dataset, formula: str, driver: str) -> Fraction:
    """Return the hours of one patient with one unit of the driver and nothing of the others."""

    def value(name: str) -> Fraction:
        if name in DRIVERS:
            return Fraction(name == driver)
        return Fraction(f"{dataset.staffing[name].value:.15g}")

    return calculate(formula, value)


def fte_hours(dataset: Dataset) -> int:
    """Return how many productive hours a year one FTE has."""
    return round(dataset.staffing["productive_hours"].value)
