"""Volumes and norms before a run: patients a year per location and profile, and whether they are enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.load import Course
from zorgstroom.planning.norms import chance_of_at_least, norm_in_force
from zorgstroom.planning.sides import Side

#: Smallest change, in patients a year, worth a line.
NOTICEABLE_PATIENTS = 0.1


@dataclass(frozen=True)
class Volume:
    """Patients a year of a profile at a location."""

    location: str
    profile: str
    #: Who go there.
    patients: Side[float]
    #: Who are treated there in the first year: fewer where a list grows, more where one melts away.
    treated: Side[float]
    #: The least by the norm in force in the demand year, if there is one.
    norm: int | None
    #: Chance that as many go there in a year: numbers of patients differ from year to year (Poisson).
    norm_chance: Side[float] | None

    @property
    def change(self) -> float:
        """Patients a year whom the plan brings."""
        return self.patients.plan - self.patients.today

    @property
    def norm_met(self) -> Side[bool] | None:
        """Whether the expected number is enough; None without a norm."""
        return None if self.norm is None else Side(*(number >= self.norm for number in self.patients))


def persons_under_plan(course: Course) -> FloatArray:
    """Return persons a year per location under the plan: float64[P, L]."""
    persons = course.today.persons.copy()
    for profile, (_, after) in course.flows.items():
        persons[profile] = after.sum(axis=(0, 1))
    return persons


def volume_estimates(
    dataset: Dataset,
    course: Course,
    shares: Side[FloatArray],
    locations: BoolArray,
    year: int,
) -> tuple[tuple[Volume, ...], Side[float] | None]:
    """Return the volumes of these locations bool[L], and which part of the care with a norm is where it is met.

    `shares` float64[L, P] each, without the plan and with it: which part of those who come is treated. A row for all
    that changes, and for all care with a norm.
    """
    today, plan = course.today.persons, persons_under_plan(course)
    rows: list[Volume] = []
    at_norm, of = np.zeros(2), np.zeros(2)
    for index, profile in enumerate(dataset.profiles):
        if profile.pathway == "visit":
            continue
        sides = np.stack([today[index], plan[index]])
        treated = sides * np.stack([share[:, index] for share in shares])
        norm = norm_in_force(dataset, profile.id, year)
        chances = None
        if norm is not None:
            chances = chance_of_at_least(sides, norm.minimum)
            # Who come to a place that meets the norm: the expected number over the years in which it does.
            at_norm += (sides * chance_of_at_least(sides, norm.minimum - 1))[:, locations].sum(axis=1)
            of += sides[:, locations].sum(axis=1)
        changed = (np.abs(sides[1] - sides[0]) >= NOTICEABLE_PATIENTS) | (
            np.abs(treated[1] - treated[0]) >= NOTICEABLE_PATIENTS
        )
        shown = changed if norm is None else changed | (sides.max(axis=0) >= NOTICEABLE_PATIENTS)
        rows += [
            Volume(
                dataset.locations[row].id,
                profile.id,
                Side(*sides[:, row].tolist()),
                Side(*treated[:, row].tolist()),
                None if norm is None else norm.minimum,
                None if chances is None else Side(*chances[:, row].tolist()),
            )
            for row in np.flatnonzero(shown & locations).tolist()
        ]
    rows.sort(key=lambda row: (-round(abs(row.change), 6), row.location, row.profile))
    return tuple(rows), Side(*(at_norm / of).tolist()) if of.all() else None
