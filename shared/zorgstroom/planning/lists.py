"""Waiting lists a year on, by what comes and what can be done: a fluid estimate, without chance.

A clinic that is too full does not only lengthen its own list: it sends fewer patients on, so that the treatment
list behind it shrinks, whatever its own load. Who waits at a clinic is seen by the part of the known wait that has
passed (`engines/`), so that all waits of a clinic lengthen by one factor and patients with a long wait are delayed
most. Source: fluid approximation of queues in overload, Newell (1982), Applications of Queueing Theory, chapter 2.
Axes Q pools, L locations, P profiles, S specialties, T treatment lists, M measures.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import TREATMENT_LISTS, clinic_pool
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.load import LoadOnDay, Loads
from zorgstroom.planning.pool_work import PATIENTS, PLANNED, WEEKS, WORK, known_wait
from zorgstroom.planning.sides import Side

#: Weeks after which a list is looked at.
WEEKS_OF_YEAR = 52


@dataclass(frozen=True)
class Lists:
    """Patients (clinics: visits) of the list of every pool; nan where there is none: float64[Q, L]."""

    #: On the list, if everybody waits as long as is known.
    known: FloatArray
    #: On the list a year after everything has changed.
    after_year: FloatArray
    #: Who join it in that year, and who leave it for treatment (clinics: are seen).
    joining: FloatArray
    leaving: FloatArray
    #: How many could be treated in that year beside acute patients.
    room: FloatArray
    #: What arrives at the pool over its capacity: less than its load where the clinics before it are too full.
    load: FloatArray

    @property
    def growth_per_week(self) -> FloatArray:
        """Patients by which the list grows in a week, below zero shrinks, as long as it is there: float64[Q, L]."""
        return (self.joining - self.room) / WEEKS_OF_YEAR


def lists_of(loads: Loads) -> Side[Lists]:
    """Return the waiting lists a year on without a plan, and a year after its last change."""
    return Side(lists_after_year(loads, loads.today), lists_after_year(loads, loads.days[-1]))


def lists_after_year(loads: Loads, day: LoadOnDay) -> Lists:
    """Return the waiting lists a year after a day, as if nothing changed any more."""
    days = loads.working_days_per_week * WEEKS_OF_YEAR
    found = Lists(*(np.full(day.capacity.shape, np.nan) for _ in fields(Lists)))
    on_list = day.measures[WEEKS] * loads.working_days_per_week

    def fill(row: int, coming: FloatArray, capacity: FloatArray) -> None:
        """Give a pool its list, by who come and how many can be treated, per working day."""
        found.known[row] = on_list[row]
        found.joining[row], found.room[row] = coming * days, capacity * days
        found.after_year[row] = np.maximum(on_list[row] + (coming - capacity) * days, 0.0)
        found.leaving[row] = found.joining[row] + found.known[row] - found.after_year[row]
        found.load[row] = day.load[row]

    going_on = day.passing[WORK].copy()
    for specialty, row in enumerate(clinic_rows(loads)):
        coming = day.measures[WORK, row]
        # A clinic too small for a queue sees everybody after the known wait.
        fill(row, coming, np.where(np.isnan(day.capacity[row]), coming, day.capacity[row]))
        work, weeks = day.passing[[WORK, WEEKS], specialty]
        delayed = work * _delay(found, day, row, _ratio(weeks, work))
        going_on[specialty] = np.maximum(work - delayed, 0.0)
    for number, pool in enumerate(TREATMENT_LISTS):
        row = loads.pools.index(pool)
        acute = day.measures[WORK, row] - day.passing[WORK, :, number].sum(axis=0)
        left = np.maximum(np.nan_to_num(day.capacity[row]) - acute, 0.0)
        size = _ratio(day.measures[WORK, row], day.measures[PATIENTS, row])
        arriving = going_on[:, number].sum(axis=0)
        fill(row, _ratio(arriving, size), _ratio(left, size))
        work = day.measures[WORK, row]
        found.load[row] *= _ratio(acute + arriving, work, empty=1.0)
    return found


def treated_shares(dataset: Dataset, loads: Loads, day: LoadOnDay, lists: Lists) -> FloatArray:
    """Return which part of those who come in the year after a day is treated in it: float64[L, P].

    Below one where a list grows, above where one melts away. Of planned patients; acute ones do not wait.
    """
    shares = np.ones(dataset.offers.shape)
    through = {
        pool: _ratio(lists.leaving[row], lists.joining[row], empty=1.0)
        for row, pool in enumerate(loads.pools)
        if pool in TREATMENT_LISTS
    }
    for index, profile in enumerate(dataset.profiles):
        if profile.pathway != "care" or profile.always_acute:
            continue
        clinic = clinic_pool(profile.specialty)
        wait = known_wait(dataset, index, clinic)
        seen = 1.0 - _delay(lists, day, loads.pools.index(clinic), wait)
        room = profile.procedure_share if profile.procedure_list != "adm" else 0.0
        treated = room * through[profile.procedure_list] + (1.0 - room) * through["adm"]
        shares[:, index] = profile.acute_share + (1 - profile.acute_share) * np.maximum(seen, 0.0) * treated
    return shares


def clinic_rows(loads: Loads) -> list[int]:
    """Return the rows of the clinics, in the order of the specialties."""
    return [row for row, pool in enumerate(loads.pools) if pool.startswith("clinic:")]


def _delay(lists: Lists, day: LoadOnDay, clinic: int, weeks: FloatArray) -> FloatArray:
    """Return which part of patients with such a known wait is not seen within the year, of the shape of `weeks`.

    Below zero where the list of the clinic melts away. The last axis of `weeks` is L.
    """
    delayed = 1.0 - _ratio(lists.leaving[clinic], lists.joining[clinic], empty=1.0)
    mean = _ratio(day.measures[WEEKS, clinic], day.measures[PLANNED, clinic])
    return np.asarray(delayed * np.where(mean > 0, _ratio(weeks, np.broadcast_to(mean, weeks.shape)), 1.0))


def _ratio(above: FloatArray, below: FloatArray, empty: float = 0.0) -> FloatArray:
    """Return a quotient, and `empty` where nothing is below."""
    return np.asarray(np.divide(above, below, out=np.full(np.shape(above), empty), where=below > 0))
