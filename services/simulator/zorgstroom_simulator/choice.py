"""Choice: which location each patient goes to.

Random utility with taste noise that belongs to the pair (patient, location): U = attraction - beta x minutes +
Gumbel[hash], all integers at scale 65536 (McFadden 1974). Closing a location therefore moves only its own
patients, and opening it again brings exactly them back.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Dataset, Int32Array, Int64Array
from zorgstroom.domain.hospital import IC_TYPES
from zorgstroom.planning.expected import utility
from zorgstroom.planning.plan import Move, Plan
from zorgstroom_simulator.demand import ACUTE, Int16Array, Patients
from zorgstroom_simulator.randomness import UInt64Array, mix, name_hashes, words

#: Patients scored at once: keeps the utility matrix in cache and memory flat.
CHUNK = 20_000
_LOWEST = -(2**62)


class Preferences:
    """Scores patients' utilities for locations; one per dataset, cheap to make."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.noise_keys: UInt64Array = name_hashes([location.id for location in dataset.locations])
        self.spread = int(dataset.gumbel[-1]) - int(dataset.gumbel[0])
        #: Ties go to the smaller noise key; locations are scored in that order, the first maximum wins.
        self.order = np.argsort(self.noise_keys)

    def candidates(
        self, patients: Patients, rows: Int64Array, offering: BoolArray, near: BoolArray | None = None
    ) -> Iterator[_Scored]:
        """Yield chunks of patients of one profile and area with their utilities for the offering locations.

        Of those `near` bool[A, L]; without it, those that can be anybody's first choice from the area.
        """
        profile = patients.profile[rows]
        for index in np.unique(profile):
            of_profile = rows[profile == index]
            base = utility(self.dataset, int(index), self.dataset.travel_hundredths)
            ic = self.dataset.profiles[int(index)].ic_type
            for with_ic in (False, True):
                group = of_profile[patients.needs_ic[of_profile] == with_ic]
                able = offering[:, index] & (has_ic(self.dataset, ic) if with_ic and ic else True)
                locations = self.order[able[self.order]]
                if len(group) and len(locations):
                    score = base[:, locations]
                    if near is None:
                        # A location further behind an area's best than the noise can bridge never wins there.
                        reach = score >= score.max(axis=1, keepdims=True) - self.spread
                    else:
                        reach = near[:, locations]
                    yield from self._chunks(patients, group, score, locations, reach)

    def _chunks(
        self,
        patients: Patients,
        group: Int64Array,
        base: Int64Array,
        locations: npt.NDArray[np.intp],
        reach: BoolArray,
    ) -> Iterator[_Scored]:
        areas = patients.area[group]
        by_area = np.argsort(areas, kind="stable")
        starts = np.flatnonzero(np.diff(areas[by_area], prepend=-1))
        for start, end in zip(starts, [*starts[1:].tolist(), len(by_area)], strict=True):
            area = int(areas[by_area[start]])
            near = np.flatnonzero(reach[area])
            if not len(near):
                continue
            for offset in range(start, end, CHUNK):
                rows = group[by_area[offset : min(end, offset + CHUNK)]]
                noise = self.noise(patients.key[rows], locations[near])
                yield _Scored(rows, locations[near], base[area, near][None, :] + noise)

    def noise(self, keys: UInt64Array, locations: npt.NDArray[np.intp]) -> Int32Array:
        """Return the taste of each patient for each location: int32[n, k]."""
        hashed = mix(keys[:, None] ^ self.noise_keys[locations][None, :])
        return np.asarray(self.dataset.gumbel[(hashed >> np.uint64(48)).astype(np.int64)])

    def noise_of_pairs(self, keys: UInt64Array, locations: Int16Array) -> Int64Array:
        """Return the taste of each patient for one location of his: int64[n]."""
        hashed = mix(keys ^ self.noise_keys[locations])
        return self.dataset.gumbel[(hashed >> np.uint64(48)).astype(np.int64)].astype(np.int64)


class _Scored:
    """Utilities of some patients (rows) for some locations (columns, in order of noise key)."""

    __slots__ = ("locations", "rows", "utilities")

    def __init__(self, rows: Int64Array, locations: npt.NDArray[np.intp], utilities: Int64Array) -> None:
        self.rows = rows
        self.locations = locations
        self.utilities = utilities

    def best(self) -> Int16Array:
        """Return the location with the largest utility for each patient."""
        return np.asarray(self.locations[self.utilities.argmax(axis=1)], dtype=np.int16)


def has_ic(dataset: Dataset, ic_type: str) -> BoolArray:
    """Return which locations have an IC of this type: bool[L]."""
    assert ic_type in IC_TYPES
    return np.array([ic_type in location.ic_types for location in dataset.locations], dtype=np.bool_)


def choose(dataset: Dataset, patients: Patients, rows: Int64Array, offering: BoolArray) -> Int16Array:
    """Return the location each patient of `rows` prefers among `offering` bool[L, P]; -1 if nobody can treat him."""
    chosen = np.full(len(patients), -1, dtype=np.int16)
    for scored in Preferences(dataset).candidates(patients, rows, offering):
        chosen[scored.rows] = scored.best()
    return chosen[rows]


def apply_moves(dataset: Dataset, patients: Patients, location: Int16Array, moves: list[Move]) -> Int16Array:
    """Return where each patient goes after these moves, in their order; `location` is left as it is."""
    now = location.copy()
    for move in moves:
        rows = np.flatnonzero((patients.profile == move.profile) & (now >= 0))
        rows = rows[move.leaving[now[rows]]]
        found = _destinations(dataset, patients, rows, move)
        goes = found >= 0
        if move.only_if_better:
            goes &= _prefers(dataset, patients, rows, move.profile, now[rows], found)
        goes &= _part(dataset, patients, rows, move, now[rows], found, goes)
        now[rows[goes]] = found[goes]
    return now


def _prefers(
    dataset: Dataset, patients: Patients, rows: Int64Array, profile: int, present: Int16Array, to: Int16Array
) -> BoolArray:
    """Return who would rather be at `to` than where he is; nobody who has nowhere to go."""
    gain = -_loss(dataset, patients, rows, profile, present, to)
    keys = Preferences(dataset).noise_keys
    return np.asarray((to >= 0) & ((gain > 0) | ((gain == 0) & (keys[to] < keys[present]))))


def _part(
    dataset: Dataset,
    patients: Patients,
    rows: Int64Array,
    move: Move,
    present: Int16Array,
    to: Int16Array,
    can: BoolArray,
) -> BoolArray:
    """Return who belongs to the part of the patients that moves: those among `can` who lose least by it."""
    acute = patients.flow[rows] == ACUTE
    if move.acute_permille is None:
        parts = [(np.ones(len(rows), np.bool_), move.share_permille)]
    else:
        parts = [(acute, move.acute_permille), (~acute, move.share_permille)]
    chosen = np.zeros(len(rows), np.bool_)
    loss = None
    for who, permille in parts:
        if permille >= 1000:
            chosen |= who
            continue
        if loss is None:
            loss = (
                _loss(dataset, patients, rows, move.profile, present, to)
                if move.rule == "choice"
                else _extra_travel(dataset, patients, rows, present, to)
            )
        # Rounded to the nearest: rounded down, small numbers would always fall short of the part.
        number = (int(who.sum()) * permille + 500) // 1000
        chosen |= _loses_least(patients.key[rows], loss, who & can, number)
    return chosen


def _loses_least(keys: UInt64Array, loss: Int64Array, can: BoolArray, number: int) -> BoolArray:
    """Return the `number` patients among those who can go who lose least by it: who live near go first."""
    order = np.lexsort((keys, loss))
    order = order[can[order]][:number]
    chosen = np.zeros(len(keys), np.bool_)
    chosen[order] = True
    return chosen


def _loss(
    dataset: Dataset, patients: Patients, rows: Int64Array, profile: int, present: Int16Array, to: Int16Array
) -> Int64Array:
    """Return what each patient loses in utility, taste included, by going to `to`: int64[n]."""
    scores = utility(dataset, profile, dataset.travel_hundredths)
    noise = Preferences(dataset).noise_of_pairs
    area, key = patients.area[rows], patients.key[rows]
    return np.asarray(scores[area, present] + noise(key, present) - scores[area, to] - noise(key, to))


def _extra_travel(
    dataset: Dataset, patients: Patients, rows: Int64Array, present: Int16Array, to: Int16Array
) -> Int64Array:
    """Return the extra hundredths of minutes of travel to `to`: int64[n]."""
    travel = dataset.travel_hundredths.astype(np.int64)
    area = patients.area[rows]
    return np.asarray(travel[area, to] - travel[area, present])


def _destinations(dataset: Dataset, patients: Patients, rows: Int64Array, move: Move) -> Int16Array:
    """Return where the patients of one move would go; -1: no receiver can treat him."""
    found = np.full(len(rows), -1, np.int16)
    ic_type = dataset.profiles[move.profile].ic_type
    for with_ic in (False, True):
        part = np.flatnonzero(patients.needs_ic[rows] == with_ic)
        able = move.receivers & (has_ic(dataset, ic_type) if with_ic and ic_type else True)
        if not len(part) or not able.any():
            continue
        if move.rule == "choice":
            offering = np.zeros_like(dataset.offers)
            offering[:, move.profile] = able
            found[part] = choose(dataset, patients, rows[part], offering)
        else:
            found[part] = _nearest_or_directed(dataset, patients, rows[part], move, able)
    return found


def _nearest_or_directed(
    dataset: Dataset, patients: Patients, rows: Int64Array, move: Move, able: BoolArray
) -> Int16Array:
    # In order of noise key, so that neither ties nor shares depend on the order of the table.
    order = Preferences(dataset).order
    receivers = order[able[order]]
    if move.rule == "nearest" or move.shares_permille is None:
        nearest = receivers[dataset.travel_hundredths[:, receivers].argmin(axis=1)]
        return np.asarray(nearest[patients.area[rows]], dtype=np.int16)
    shares = move.shares_permille[receivers].astype(np.int64)
    if shares.sum() == 0:
        return np.full(len(rows), -1, np.int16)
    steps = np.cumsum(shares)
    # Named by who leaves: moving on from where an earlier action sent him, a patient is drawn anew.
    leaving = sorted(dataset.locations[number].id for number in np.flatnonzero(move.leaving).tolist())
    stream = f"direct {dataset.profiles[move.profile].id} from {' '.join(leaving)}"
    bits = words(patients.key[rows], stream) >> np.uint64(32)
    position = ((bits * np.uint64(steps[-1])) >> np.uint64(32)).astype(np.int64)
    return np.asarray(receivers[np.searchsorted(steps, position, side="right")], dtype=np.int16)


def choose_under_plan(
    dataset: Dataset, patients: Patients, baseline: Int16Array, plan: Plan
) -> tuple[Int64Array, npt.NDArray[np.int16]]:
    """Return the days on which who-goes-where changes, int64[E] (first 0), and the location in each: int16[n, E]."""
    days = sorted({0, *(move.start_day for move in plan.moves)})
    columns: list[Int16Array] = []
    location = baseline
    for day in days:
        location = apply_moves(
            dataset, patients, location, [move for move in plan.moves if move.start_day == day]
        )
        columns.append(location)
    return np.array(days, dtype=np.int64), np.stack(columns, axis=1)


def diversion_lists(
    dataset: Dataset, patients: Patients, rows: Int64Array, first_choice: Int16Array, offering: BoolArray
) -> Int16Array:
    """Return for each patient of `rows` the next-best locations if his first choice is full: int16[n, K], -1 unused.

    At most `diversion_max_candidates` others that offer his profile, within `diversion_max_minutes` from home,
    in order of his utility. `first_choice` is of these patients.
    """
    most = int(dataset.parameter("diversion_max_candidates"))
    near = dataset.travel_hundredths <= int(dataset.parameter("diversion_max_minutes") * 100)
    lists = np.full((len(patients), most), -1, dtype=np.int16)
    first = np.full(len(patients), -1, dtype=np.int16)
    first[rows] = first_choice
    for scored in Preferences(dataset).candidates(patients, rows, offering, near):
        own = scored.locations[None, :] == first[scored.rows][:, None]
        utilities = np.where(own, _LOWEST, scored.utilities)
        k = min(most, utilities.shape[1])
        best = np.argsort(-utilities, axis=1, kind="stable")[:, :k]
        usable = np.take_along_axis(utilities, best, axis=1) > _LOWEST
        lists[scored.rows, :k] = np.where(usable, scored.locations[best], -1)
    return lists[rows]
