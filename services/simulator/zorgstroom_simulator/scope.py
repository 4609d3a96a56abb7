"""What is measured, and what is known of one scenario when its engine has run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar
from zorgstroom_simulator.demand import Int16Array, Patients
from zorgstroom_simulator.engines import Journeys, Network, PatientTable


@dataclass(frozen=True)
class Scope:
    """What is measured: the period, the region's inhabitants and locations."""

    dataset: Dataset
    calendar: Calendar
    areas: BoolArray
    locations: BoolArray

    @property
    def start(self) -> int:
        """First measured minute."""
        return self.calendar.measured_from_day * MINUTES_PER_DAY

    @property
    def end(self) -> int:
        """First minute after the run."""
        return self.calendar.days * MINUTES_PER_DAY

    def within(self, minute: Int64Array) -> BoolArray:
        """Return which minutes are measured."""
        return np.asarray((minute >= self.start) & (minute < self.end))


@dataclass(frozen=True)
class Outcome:
    """Everything known about all patients of one scenario after the engine has run."""

    patients: Patients
    #: Where the choice table sends each of them in each epoch, int16[n, E], and the minutes at which epochs start.
    chosen: npt.NDArray[np.int16]
    epochs: Int64Array
    #: The first `queues` of them met queues: the rows of `table` and `journeys`.
    queues: int
    table: PatientTable
    journeys: Journeys
    network: Network

    @cached_property
    def queued(self) -> Patients:
        """The patients who met queues."""
        return self.patients.take(slice(0, self.queues))

    def chosen_at(self, minute: Int64Array, rows: Int64Array | slice) -> Int16Array:
        """Return where the choice table sends these patients at these minutes."""
        columns = self.chosen[rows]
        if columns.shape[1] == 1:
            return columns[:, 0]
        location = columns[:, 0].copy()
        for epoch, start in enumerate(self.epochs[1:].tolist(), start=1):
            np.copyto(location, columns[:, epoch], where=minute >= start)
        return location

    @cached_property
    def first_choice(self) -> Int16Array:
        """Where the choice table sends those who met queues, at arrival or referral."""
        return self.chosen_at(self.table.minute, slice(0, self.queues))


class Treated:
    """Who was treated in the measured period, through queues or at once (sessions, visits to the ED), and where."""

    def __init__(self, scope: Scope, outcome: Outcome) -> None:
        patients, journeys = outcome.patients, outcome.journeys
        done = np.flatnonzero(scope.within(journeys.admission_minute))
        direct = outcome.queues + np.flatnonzero(scope.within(patients.minute[outcome.queues :]))
        self._patients = patients
        self._rows = np.concatenate([done, direct])
        self.location: Int16Array = np.concatenate(
            [journeys.location[done], outcome.chosen_at(patients.minute[direct], direct)]
        )
        #: When each was treated.
        self.minute: Int64Array = np.concatenate([journeys.admission_minute[done], patients.minute[direct]])

    def column(self, name: str) -> npt.NDArray[np.integer]:
        """Return a column of whole numbers of `Patients` for those who were treated."""
        values: npt.NDArray[np.integer] = getattr(self._patients, name)[self._rows]
        return values


@dataclass(frozen=True)
class Cells:
    """Treatments counted by area, location, profile and stretch of days: a row per combination that occurs."""

    area: Int64Array
    location: Int64Array
    profile: Int64Array
    #: Number of the stretch of days between the changes the treatments were told apart by.
    stretch: Int64Array
    number: Int64Array
