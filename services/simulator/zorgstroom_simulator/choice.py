"""Choice: which location each patient goes to.

Random utility with taste noise that belongs to the pair (patient, location): U = attraction - beta x minutes +
Gumbel[hash], all integers at scale 65536 (McFadden 1974). Closing a location therefore moves only its own
patients, and opening it again brings exactly them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.planning.ability import has_ic
from zorgstroom.planning.expected import utility
from zorgstroom.planning.plan import Move, Plan
from zorgstroom_simulator.demand import ACUTE, Int16Array, Patients, by_profile, rows_of_profiles
from zorgstroom_simulator.randomness import UInt64Array, mix, name_hashes, words
from zorgstroom_simulator.ranking import LAST_PLACE, PLACE_BITS, rank

#: Lists of candidates that are kept of one dataset: of every profile, today and under a few plans.
MOST_KEPT = 400


@dataclass(frozen=True)
class Candidates:
    """Where the inhabitants of each area may go for a profile, as `ranking.rank` reads it.

    A row per area; where patients of the profile may need an IC, another one per area for who does.
    """

    first: Int64Array
    rivals: Int64Array
    numbers: Int64Array


@dataclass(frozen=True)
class Asked:
    """Whose choice matters: of these inhabitants bool[A], and of who chooses one of these locations bool[L]."""

    areas: BoolArray
    locations: BoolArray


class Preferences:
    """What all choices of a dataset's patients have in common."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.noise_keys: UInt64Array = name_hashes([location.id for location in dataset.locations])
        self.spread = int(dataset.gumbel[-1]) - int(dataset.gumbel[0])
        #: Ties go to the smaller noise key: a location's place is its place in that order.
        self.order = np.argsort(self.noise_keys)
        self._sorted_keys = self.noise_keys[self.order]
        self._locations = self.order.astype(np.int16)
        self._gumbel = np.array(dataset.gumbel, np.int32)
        self._kept: dict[tuple[object, ...], Candidates] = {}

    def ranked(
        self,
        candidates: Candidates,
        keys: UInt64Array,
        areas: Int16Array,
        needs_ic: BoolArray,
        left_out: Int16Array,
        most: int,
    ) -> Int16Array:
        """Return the locations each patient likes best, best first: int16[n, `most`], -1 unused.

        `left_out`: a location of each patient that is none of them, or -1.
        """
        rows = areas.astype(np.int32)
        if len(candidates.first) > len(self.dataset.areas) + 1:
            rows += needs_ic * np.int32(len(self.dataset.areas))
        found = np.empty((len(keys), most), np.int16)
        rank(
            np.require(keys, np.uint64, ["C", "W"]),
            rows,
            candidates.first,
            candidates.rivals,
            candidates.numbers,
            self._sorted_keys,
            self._locations,
            self._gumbel,
            np.require(left_out, np.int16, ["C", "W"]),
            found,
        )
        return found

    def candidates(self, profile: int, able: BoolArray, asked: Asked | None = None) -> Candidates:
        """Return who can be anybody's first choice among the locations `able` bool[L].

        With `asked`, of whose choice does not matter only that it does not.
        """
        of_asked = b"" if asked is None else asked.areas.tobytes() + asked.locations.tobytes()
        key = ("first", profile, able.tobytes(), of_asked)
        return self._kept.get(key) or self._keep(key, self._within_reach(profile, able, asked))

    def nearby(self, profile: int, able: BoolArray) -> Candidates:
        """Return all locations `able` bool[L] within `diversion_max_minutes` from home."""
        key = ("nearby", profile, able.tobytes())
        return self._kept.get(key) or self._keep(key, self._near(profile, able))

    def _keep(self, key: tuple[object, ...], candidates: Candidates) -> Candidates:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = candidates
        return candidates

    def _within_reach(self, profile: int, able: BoolArray, asked: Asked | None) -> Candidates:
        score = utility(self.dataset, profile, self.dataset.travel_hundredths)
        reached = []
        for mask in self._able(profile, able):
            best = score[:, mask].max(axis=1, keepdims=True, initial=np.iinfo(np.int64).min // 2)
            # A location further behind an area's best than the noise can bridge never wins there.
            reached.append(mask & (score >= best - self.spread))
        matters = np.ones_like(score, np.bool_)
        if asked is not None:
            matters = asked.areas[:, None] | asked.locations
        return self._listed(score, reached, matters)

    def _near(self, profile: int, able: BoolArray) -> Candidates:
        score = utility(self.dataset, profile, self.dataset.travel_hundredths)
        near = self.dataset.travel_hundredths <= int(self.dataset.parameter("diversion_max_minutes") * 100)
        reached = [mask & near for mask in self._able(profile, able)]
        return self._listed(score, reached, np.ones_like(near))

    def _able(self, profile: int, able: BoolArray) -> list[BoolArray]:
        """Return who is able to treat those who need no IC, and where there is one those who do."""
        if self.dataset.profiles[profile].ic_type is None:
            return [able]
        return [able, able & has_ic(self.dataset, profile)]

    def _listed(self, score: Int64Array, reached: list[BoolArray], matters: BoolArray) -> Candidates:
        """Return the locations reached from each area, bool[A, L] each, in descending order of `score`."""
        reach = np.concatenate(reached)[:, self.order]
        matters = np.concatenate([matters] * len(reached))[:, self.order]
        places = LAST_PLACE - np.arange(len(self.order), dtype=np.int64)
        numbers = np.concatenate([(score[:, self.order] << PLACE_BITS) + places] * len(reached))
        # Where none that matters is in reach, nobody's choice does.
        own = reach & matters
        reach &= own.any(axis=1, keepdims=True)
        last = np.int64(1) << 62
        descending = np.argsort(np.where(reach, np.where(matters, 0, last // 2) - numbers, last), axis=1)
        number = reach.sum(axis=1)
        listed = np.arange(reach.shape[1]) < number[:, None]
        first = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
        return Candidates(
            first=first,
            rivals=first[:-1] + own.sum(axis=1),
            numbers=np.take_along_axis(numbers, descending, axis=1)[listed],
        )

    def noise_of_pairs(self, keys: UInt64Array, locations: Int16Array) -> Int64Array:
        """Return the taste of each patient for one location of his: int64[n]."""
        hashed = mix(keys ^ self.noise_keys[locations])
        return self.dataset.gumbel[(hashed >> np.uint64(48)).astype(np.int64)].astype(np.int64)


@lru_cache(maxsize=4)
def preferences(dataset: Dataset) -> Preferences:
    """Return the preferences of the patients of a dataset; made once."""
    return Preferences(dataset)


def first_choices(
    dataset: Dataset,
    profile: int,
    keys: UInt64Array,
    areas: Int16Array,
    needs_ic: BoolArray,
    able: BoolArray,
    asked: Asked | None = None,
) -> Int16Array:
    """Return the location each patient of a profile prefers among `able` bool[L]; -1 if nobody can treat him.

    With `asked`, -1 also for who lives elsewhere and prefers a location elsewhere.
    """
    made = preferences(dataset)
    nobody = np.full(len(keys), -1, np.int16)
    return made.ranked(made.candidates(profile, able, asked), keys, areas, needs_ic, nobody, 1)[:, 0]


def choose(dataset: Dataset, patients: Patients, rows: Int64Array, offering: BoolArray) -> Int16Array:
    """Return the location each patient of `rows` prefers among `offering` bool[L, P]; -1 if nobody can treat him."""
    chosen = np.full(len(rows), -1, np.int16)
    for profile, places in by_profile(patients, rows):
        mine = rows[places]
        chosen[places] = first_choices(
            dataset,
            profile,
            patients.key[mine],
            patients.area[mine],
            patients.needs_ic[mine],
            offering[:, profile],
        )
    return chosen


def apply_moves(
    dataset: Dataset, patients: Patients, location: Int16Array, moves: Sequence[Move]
) -> Int16Array:
    """Return where each patient goes after these moves, in their order; `location` is left as it is."""
    rows_of = rows_of_profiles(patients, [move.profile for move in moves])
    return _moved(dataset, patients, location, moves, rows_of, _Away())


class _Away:
    """Who was sent from where to where by actions that end again."""

    def __init__(self, ending: Iterable[Move] = ()) -> None:
        self._ending = {(move.action, move.profile) for move in ending}
        self._sent: dict[tuple[int, int], tuple[Int64Array, Int16Array, Int16Array]] = {}

    def note(self, move: Move, rows: Int64Array, before: Int16Array, after: Int16Array) -> None:
        """Remember who goes, if this action ends."""
        if (move.action, move.profile) in self._ending:
            self._sent[move.action, move.profile] = rows, before, after

    def bring_back(self, move: Move, now: Int16Array) -> None:
        """Send back, in `now`, whoever still is where the action sent him."""
        rows, before, after = self._sent[move.action, move.profile]
        still = now[rows] == after
        now[rows[still]] = before[still]


def _moved(
    dataset: Dataset,
    patients: Patients,
    location: Int16Array,
    moves: Sequence[Move],
    rows_of: Mapping[int, Int64Array],
    away: _Away,
) -> Int16Array:
    now = location.copy()
    for move in moves:
        if move.returns:
            away.bring_back(move, now)
            continue
        rows = rows_of[move.profile]
        rows = rows[now[rows] >= 0]
        rows = rows[move.leaving[now[rows]]]
        found = _destinations(dataset, patients, rows, move)
        goes = found >= 0
        if move.only_if_better:
            goes &= _prefers(dataset, patients, rows, move.profile, now[rows], found)
        goes &= _part(dataset, patients, rows, move, now[rows], found, goes)
        away.note(move, rows[goes], now[rows[goes]], found[goes])
        now[rows[goes]] = found[goes]
    return now


def _prefers(
    dataset: Dataset, patients: Patients, rows: Int64Array, profile: int, present: Int16Array, to: Int16Array
) -> BoolArray:
    """Return who would rather be at `to` than where he is; nobody who has nowhere to go."""
    gain = -_loss(dataset, patients, rows, profile, present, to)
    keys = preferences(dataset).noise_keys
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
    noise = preferences(dataset).noise_of_pairs
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
    if move.rule == "choice":
        return first_choices(
            dataset,
            move.profile,
            patients.key[rows],
            patients.area[rows],
            patients.needs_ic[rows],
            move.receivers,
        )
    found = np.full(len(rows), -1, np.int16)
    for with_ic in (False, True):
        part = np.flatnonzero(patients.needs_ic[rows] == with_ic)
        able = move.receivers & (has_ic(dataset, move.profile) if with_ic else True)
        if len(part) and able.any():
            found[part] = _nearest_or_directed(dataset, patients, rows[part], move, able)
    return found


def _nearest_or_directed(
    dataset: Dataset, patients: Patients, rows: Int64Array, move: Move, able: BoolArray
) -> Int16Array:
    # In order of noise key, so that neither ties nor shares depend on the order of the table.
    order = preferences(dataset).order
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
    rows_of = rows_of_profiles(patients, [move.profile for move in plan.moves])
    chosen = np.empty((len(baseline), len(days)), np.int16)
    location, away = baseline, _Away(move for move in plan.moves if move.returns)
    for column, day in enumerate(days):
        moves = [move for move in plan.moves if move.start_day == day]
        location = _moved(dataset, patients, location, moves, rows_of, away)
        chosen[:, column] = location
    return np.array(days, dtype=np.int64), chosen


def diversion_lists(
    dataset: Dataset, patients: Patients, rows: Int64Array, first_choice: Int16Array, offering: BoolArray
) -> Int16Array:
    """Return for each patient of `rows` the next-best locations if his first choice is full: int16[n, K], -1 unused.

    At most `diversion_max_candidates` others that offer his profile, within `diversion_max_minutes` from home,
    in order of his utility. `first_choice` is of these patients.
    """
    most = int(dataset.parameter("diversion_max_candidates"))
    made = preferences(dataset)
    lists = np.full((len(rows), most), -1, np.int16)
    if not most:
        # `rank` keeps the best there is, which takes a place.
        return lists
    for profile, places in by_profile(patients, rows):
        mine = rows[places]
        lists[places] = made.ranked(
            made.nearby(profile, offering[:, profile]),
            patients.key[mine],
            patients.area[mine],
            patients.needs_ic[mine],
            first_choice[places],
            most,
        )
    return lists
