"""Waiting lists as rows: of a region, of a location, of one pool, without a plan and with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.hospital import TREATMENT_LISTS
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.lists import WEEKS_OF_YEAR, Lists, clinic_rows
from zorgstroom.planning.load import Loads
from zorgstroom.planning.pool_estimates import FULL_LOAD
from zorgstroom.planning.queue_estimate import ListKind
from zorgstroom.planning.sides import Side

#: Patients by which the list of a pool must change to have a row.
NOTICEABLE_LIST = 1.0


@dataclass(frozen=True)
class WaitingList:
    """A list, or all lists of one kind together."""

    #: Empty: all locations asked about.
    location: str
    kind: ListKind
    #: Empty: all lists of the kind.
    pool: str
    #: Patients on it if everybody waits as long as is known, and after a year.
    at_start: Side[float]
    after_year: Side[float]
    #: Whether more come than can be treated, so that it grows for as long as nothing changes.
    grows: Side[bool]
    #: Weeks of waiting, on average over that year; None where the list grows: such a wait has no end.
    weeks: Side[float | None]

    @property
    def growth(self) -> Side[float]:
        """Patients by which it is longer at the end of the year."""
        return Side(*(end - start for start, end in zip(self.at_start, self.after_year, strict=True)))


def waiting_lists(
    dataset: Dataset, loads: Loads, lists: Side[Lists], locations: BoolArray
) -> tuple[WaitingList, ...]:
    """Return the lists of these locations bool[L]: together, per location, and of every pool whose list changes.

    Those together come first, then what changes most.
    """
    there = np.flatnonzero(locations)
    names = [*(dataset.locations[row].id for row in there.tolist()), ""]
    found = []
    for kind, rows in _kinds(loads).items():
        pools = [*(loads.pools[row] for row in rows), ""]
        at = np.ix_(np.array(rows), there)
        # Known, after a year, joining, leaving, too full: float64[5, pools + 1, locations + 1] per side.
        today, plan = (
            _with_totals(
                np.stack(
                    [
                        *(
                            np.nan_to_num(numbers[at])
                            for numbers in (side.known, side.after_year, side.joining, side.leaving)
                        ),
                        np.nan_to_num(side.load[at]) > FULL_LOAD,
                    ]
                )
            )
            for side in lists
        )
        for row, column in np.argwhere(_worth_a_row(today, plan)).tolist():
            cell = Side(today[:, row, column].tolist(), plan[:, row, column].tolist())
            found.append(_waiting_list(names[column], kind, pools[row], cell))
    found.sort(
        key=lambda item: (
            bool(item.location),
            bool(item.pool),
            "" if item.pool else item.kind,
            -round(abs(item.after_year.plan - item.after_year.today), 6),
            item.location,
            item.pool,
        )
    )
    return tuple(found)


def _worth_a_row(today: FloatArray, plan: FloatArray) -> BoolArray:
    """Return which cells of [5, pools + 1, locations + 1] to show: of one pool only where its list changes."""
    used = (today[2] > 0) | (plan[2] > 0)
    changes = (np.abs(plan[1] - today[1]) >= NOTICEABLE_LIST) | ((plan[4] > 0) != (today[4] > 0))
    changes[-1] = True
    # Of a pool in all locations together there is no row.
    changes[:-1, -1] = False
    return np.asarray(used & changes)


def _kinds(loads: Loads) -> dict[ListKind, list[int]]:
    """Return the rows of the pools with lists, by kind."""
    return {
        "first_visit": clinic_rows(loads),
        "treatment": [loads.pools.index(pool) for pool in TREATMENT_LISTS],
    }


def _with_totals(values: FloatArray) -> FloatArray:
    """Return values [M, pools, locations] with the sums over pools and over locations as last row and column."""
    values = np.concatenate([values, values.sum(axis=1, keepdims=True)], axis=1)
    return np.concatenate([values, values.sum(axis=2, keepdims=True)], axis=2)


def _waiting_list(location: str, kind: ListKind, pool: str, cell: Side[list[float]]) -> WaitingList:
    """Return the list of (known, after a year, joining, leaving, number that is too full)."""
    # By Little's law: the mean list over who leaves it.
    weeks = [
        None if full else WEEKS_OF_YEAR * (start + end) / 2 / leaving if leaving > 0 else 0.0
        for start, end, _, leaving, full in cell
    ]
    return WaitingList(
        location,
        kind,
        pool,
        at_start=Side(*(side[0] for side in cell)),
        after_year=Side(*(side[1] for side in cell)),
        grows=Side(*(side[4] > 0 for side in cell)),
        weeks=Side(*weeks),
    )
