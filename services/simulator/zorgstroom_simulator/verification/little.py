"""Little's law on every queue and every kind of bed: L = lambda W (Little 1961; Little 2011, Oper. Res. 59(3)).

`L` is the mean of the engine's own count at 00:00 of the days of the measured period; `lambda` who left in the period,
per day; `W` the full wait or stay of those who left, counted in the midnights it contains, from the journeys. With W
in the unit in which L is counted, the law in a finite period needs one correction, for the two ends of the period,
and no assumption about chance (Kim & Whitt 2013, "Statistical analysis with Little's law", Oper. Res. 61(4)):

    L T = lambda T W + after - before

`before` and `after` are the midnights that those present at the start and at the end have waited so far. It holds to
the last patient, so it is a check of the engine's count against the journeys. How far lambda W alone is from L says
how far a queue is from standing still: a queue that grows has no W to speak of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import IC_TYPES, TREATMENT_LISTS, WARD_GROUPS, clinic_pool, ic_pool, ward_pool
from zorgstroom_simulator.engines import Journeys, Network, PatientTable
from zorgstroom_simulator.scope import Outcome, Scope
from zorgstroom_simulator.verification.found import Found
from zorgstroom_simulator.verification.results import InvariantLine
from zorgstroom_simulator.verification.spells import counted, spells_of


@dataclass(frozen=True)
class LittleLine:
    """One queue or kind of bed at one location, summed over the days of one or more replications."""

    location: str
    pool: str
    days: int
    #: The engine's counts at 00:00, summed over the days.
    census: int
    #: Who left in the period, and the midnights in their full waits or stays.
    left: int
    midnights: int
    #: Midnights so far of those present at the start and at the end of the period.
    before: int
    after: int

    @property
    def length(self) -> float:
        """L: patients, mean of the engine's counts."""
        return self.census / self.days

    @property
    def rate(self) -> float:
        """Lambda: patients who leave, per day."""
        return self.left / self.days

    @property
    def wait(self) -> float:
        """W: mean midnights in the waits or stays of those who left; 0 when nobody did."""
        return self.midnights / self.left if self.left else 0.0

    @property
    def difference(self) -> float:
        """How far lambda W is from L, as a part of L; 0 for an empty queue."""
        return (self.midnights - self.census) / self.census if self.census else 0.0

    @property
    def exact(self) -> bool:
        """Whether the law with the correction holds to the last patient."""
        return self.census == self.midnights + self.after - self.before


def little(scope: Scope, outcome: Outcome) -> list[LittleLine]:
    """Return Little's law for every list, clinic queue, ward and IC of the measured locations that somebody was in."""
    table, journeys, network = outcome.table, outcome.journeys, outcome.network
    start, end = scope.calendar.measured_from_day, scope.calendar.days
    lines = []
    for kind, spells in spells_of(table, journeys, network).items():
        census = getattr(journeys.census, kind)
        size = census.shape[1:]
        first, last = spells.first_midnight(), spells.last_midnight()
        place = spells.location * size[1] + spells.number
        at_start, at_end = ((first <= day) & (last >= day) for day in (start, end))
        left = (last >= start) & (last < end)

        columns = (
            census[start + 1 : end + 1].sum(axis=0, dtype=np.int64),
            *(
                np.bincount(place[who], midnights[who], minlength=size[0] * size[1])
                .astype(np.int64)
                .reshape(size)
                for who, midnights in (
                    (left, np.ones_like(first)),
                    (left, last - first + 1),
                    (at_start, start - first + 1),
                    (at_end, end - first + 1),
                )
            ),
        )
        for location, number in np.argwhere((columns[0] > 0) | (columns[1] > 0)).tolist():
            if scope.locations[location]:
                lines.append(
                    LittleLine(
                        scope.dataset.locations[location].id,
                        pool_of(scope.dataset, kind, number),
                        end - start,
                        *(int(column[location, number]) for column in columns),
                    )
                )
    return lines


def pool_of(dataset: Dataset, kind: str, number: int) -> str:
    """Return the name of a queue or kind of bed; who waits for a bed is in its `line`."""
    if kind == "lists":
        return TREATMENT_LISTS[number]
    if kind == "clinics":
        return clinic_pool(dataset.specialties[number].id)
    line = "line:" if kind.endswith("_lines") else ""
    return line + (ward_pool(WARD_GROUPS[number]) if kind.startswith("ward") else ic_pool(IC_TYPES[number]))


def census_check(patients: PatientTable, journeys: Journeys, network: Network) -> Found:
    """Compare every count of the engine at 00:00 with that from the journeys."""
    comparisons, found = 0, []
    for kind, spells in spells_of(patients, journeys, network).items():
        engine = getattr(journeys.census, kind)
        ours = counted(spells, engine.shape)
        comparisons += engine.size
        found += [
            f"{kind} day {day} location {location} number {number}: "
            f"engine {engine[day, location, number]}, journeys {ours[day, location, number]}"
            for day, location, number in np.argwhere(engine != ours).tolist()
        ]
    return Found(comparisons, tuple(found))


def together(replications: Iterable[Sequence[LittleLine]]) -> list[LittleLine]:
    """Return the lines of several replications summed per queue, in order of location and pool."""
    sums: dict[tuple[str, str], list[int]] = {}
    for lines in replications:
        for line in lines:
            values = list(astuple(line)[2:])
            key = line.location, line.pool
            sums[key] = [one + other for one, other in zip(sums.get(key, [0] * 6), values, strict=True)]
    return [LittleLine(*key, *values) for key, values in sorted(sums.items())]


def as_rows(lines: Sequence[LittleLine]) -> list[list[str | int]]:
    """Return lines as plain lists, for JSON."""
    return [list(astuple(line)) for line in lines]


def from_rows(rows: Iterable[Sequence[str | int]]) -> list[LittleLine]:
    """Return the lines that `as_rows` wrote."""
    return [LittleLine(*row) for row in rows]  # type: ignore[arg-type]


def little_invariants(
    lines: Sequence[LittleLine], replications: int, censuses: Sequence[Found] = ()
) -> list[InvariantLine]:
    """Return what of this must always hold: Little's law to the last patient, and the engine's count.

    `censuses` are the outcomes of `census_check`, one per replication.
    """
    wrong = tuple(
        f"{line.location} {line.pool}: L T = {line.census}, lambda T W + after - before = "
        f"{line.midnights + line.after - line.before}"
        for line in lines
        if not line.exact
    )
    made = [InvariantLine("little", replications, len(lines), wrong)]
    if censuses:
        found = sum(censuses, Found())
        made.append(InvariantLine("census", replications, found.comparisons, found.failures))
    return made
