"""Which proxy holds for a place: its own, its organisation's, or the national one."""

from __future__ import annotations

from fractions import Fraction

from zorgstroom.national.case import MISSING, Case, Value
from zorgstroom.national.measures import calculate, formulas

#: A proxy of all interventions.
EVERY = "*"


class Proxies:
    """The proxies of a case, and what one patient asks by them."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.formulas = formulas(case.published_nursing_days)
        self._asked: dict[tuple[int, str, str, bool], Fraction] = {}

    def own(self, place: int, intervention: str, measure: str) -> Value:
        """Return the value a place works with: its own where it gave one, else the national one."""
        at = self._case.places[place]
        for holder in (at.id, at.organisation):
            for subject in (intervention, EVERY):
                found = self._case.own_proxies.get((holder, subject, measure))
                if found is not None:
                    return found
        return self.national(intervention, measure)

    def national(self, intervention: str, measure: str) -> Value:
        """Return the national value: of the intervention, else of all interventions, else nothing."""
        for subject in (intervention, EVERY):
            found = self._case.national_proxies.get((subject, measure))
            if found is not None:
                return found
        return MISSING

    def per_patient(self, place: int, intervention: str, what: str, *, national: bool) -> Fraction:
        """Return what one patient asks: an activity, or hours of a profession."""
        key = (place, intervention, what, national)
        if key not in self._asked:
            self._asked[key] = calculate(
                self.formulas[what],
                lambda measure: self.value(place, intervention, measure, national=national).value,
            )
        return self._asked[key]

    def value(self, place: int, intervention: str, measure: str, *, national: bool) -> Value:
        """Return the own or the national value."""
        return self.national(intervention, measure) if national else self.own(place, intervention, measure)
