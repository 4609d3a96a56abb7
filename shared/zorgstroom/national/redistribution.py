"""Who goes where: step 1 (nearest that remains), overrides, the part that moves, and step 2 (up to the norm).

Nothing is lost or made: every stream is split exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from zorgstroom.national.case import TAKING_PART, Case, Decision, Norm
from zorgstroom.national.catchment import catchments, nearest, spread_over_catchment

ZERO = Fraction(0)


@dataclass(frozen=True)
class Stream:
    """Patients a year from one area who went to one place and go to another (or the same) afterwards."""

    area: int
    origin: int
    holder: int
    patients: Fraction
    #: False: the part that stays at a place that stops (90% of ERCP); it counts for no norm.
    counts: bool = True


@dataclass(frozen=True)
class TopUp:
    """Patients whom step 2 takes from one place to another."""

    receiver: int
    giver: int
    patients: Fraction
    #: What the receiver missed, and what the giver had above the norm, before this.
    shortfall: Fraction
    surplus: Fraction
    hundredths: int


@dataclass(frozen=True)
class Redistributed:
    """The outcome of one norm."""

    norm: Norm
    decisions: dict[int, Decision]
    before: dict[int, Fraction]
    after_step_1: dict[int, Fraction]
    after: dict[int, Fraction]
    streams: tuple[Stream, ...]
    top_ups: tuple[TopUp, ...]
    #: Places that take part and whose patients all live nearest to them, as they have no catchment.
    without_catchment: tuple[int, ...]

    def flows(self) -> dict[tuple[int, int], Fraction]:
        """Return the patients who went to one place and go to another."""
        found: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
        for stream in self.streams:
            if stream.origin != stream.holder and stream.patients:
                found[stream.origin, stream.holder] += stream.patients
        return dict(sorted(found.items()))

    def meets(self, place: int) -> bool | None:
        """Return whether a place reaches the norm afterwards; None: no norm, or it does not do it."""
        if self.norm.minimum is None or not self.after[place]:
            return None
        return self.after[place] >= self.norm.minimum


def redistribute(case: Case, norm: Norm) -> Redistributed:
    """Return who goes where for one norm."""
    ids = [place.id for place in case.places]
    decisions = {
        row: case.decision(row, norm.id)
        for row in range(len(ids))
        if case.decision(row, norm.id).choice in TAKING_PART
    }
    providers = [row for row in range(len(ids)) if case.total(row, norm.id) > 0]
    belongs_to = catchments(case.travel, providers, ids) if providers else (-1,) * len(case.areas)
    streams: list[Stream] = []
    without = []
    for row in decisions:
        volume = case.total(row, norm.id)
        if not volume:
            continue
        per_area, has_catchment = spread_over_catchment(volume, row, belongs_to, case.areas, case.travel)
        without += [] if has_catchment else [row]
        streams += [Stream(area, row, row, patients) for area, patients in per_area.items()]
    before = _held(streams, decisions)
    streams = _moving_part(_overridden(case, norm, _step_1(case, norm, decisions, streams)), norm, decisions)
    after_step_1 = _held(streams, decisions)
    streams, top_ups = _step_2(case, norm, decisions, streams)
    return Redistributed(
        norm,
        decisions,
        before,
        after_step_1,
        _held(streams, decisions),
        tuple(stream for stream in streams if stream.patients),
        tuple(top_ups),
        tuple(without),
    )


def remaining(decisions: dict[int, Decision], region: str) -> list[int]:
    """Return who does it afterwards in a region."""
    return [row for row, item in decisions.items() if item.choice != "stops" and item.region == region]


def _held(streams: Iterable[Stream], places: Iterable[int]) -> dict[int, Fraction]:
    held: dict[int, Fraction] = dict.fromkeys(places, ZERO)
    for stream in streams:
        held[stream.holder] = held.get(stream.holder, ZERO) + stream.patients
    return held


def _step_1(
    case: Case, norm: Norm, decisions: dict[int, Decision], streams: Sequence[Stream]
) -> list[Stream]:
    """Send every area of the region to the nearest place in it that does it afterwards.

    Who keeps doing it is nearest to its own areas already, so only a new provider can take some of them.
    """
    ids = [place.id for place in case.places]
    moved = []
    for stream in streams:
        own = decisions[stream.origin]
        staying = remaining(decisions, own.region)
        minutes = case.travel[stream.area]
        if own.choice == "stops":
            # Without anybody left only an override can say where they go; `reading` has seen to that.
            to = nearest(minutes, staying, ids) if staying else stream.holder
        else:
            new = [row for row in staying if not case.total(row, norm.id)]
            nearer = [row for row in new if minutes[row] < minutes[stream.origin]]
            to = nearest(minutes, nearer, ids) if nearer else stream.holder
        moved.append(replace(stream, holder=to))
    return moved


def _overridden(case: Case, norm: Norm, streams: Sequence[Stream]) -> list[Stream]:
    """Divide the patients of places with an override by its shares, of every area alike."""
    found = []
    for stream in streams:
        overrides = case.overrides.get((case.places[stream.origin].id, norm.id))
        if overrides is None:
            found.append(stream)
        else:
            found += [
                replace(stream, holder=item.to, patients=stream.patients * item.share) for item in overrides
            ]
    return found


def _moving_part(streams: Sequence[Stream], norm: Norm, decisions: dict[int, Decision]) -> list[Stream]:
    """Leave behind what does not move of those who would go elsewhere."""
    if norm.moving == 1:
        return list(streams)
    found = []
    for stream in streams:
        if stream.holder == stream.origin:
            found.append(stream)
            continue
        found.append(replace(stream, patients=stream.patients * norm.moving))
        rest = stream.patients * (1 - norm.moving)
        stays = decisions[stream.origin].choice != "stops"
        found.append(replace(stream, holder=stream.origin, patients=rest, counts=stays))
    return found


def _step_2(
    case: Case, norm: Norm, decisions: dict[int, Decision], streams: list[Stream]
) -> tuple[list[Stream], list[TopUp]]:
    """Bring who is below the norm up to it from the nearest place in its region that has more than it needs.

    The smallest shortfall first; of equal ones the first by id. Who gives keeps at least the norm. It stops when
    nobody has a surplus, even if the norm is not reached. Who got nobody in step 1 is not topped up.
    """
    if norm.minimum is None:
        return streams, []
    held = _held((stream for stream in streams if stream.counts), decisions)
    ids = [place.id for place in case.places]
    regions = {row: decisions[row].region for row in decisions}
    short = sorted(
        (norm.minimum - held[row], ids[row], row)
        for row in decisions
        if decisions[row].choice != "stops" and 0 < held[row] < norm.minimum
    )
    top_ups: list[TopUp] = []
    for shortfall, _, receiver in short:
        need = shortfall
        others = sorted(
            (row for row in remaining(decisions, regions[receiver]) if row != receiver),
            key=lambda row, to=receiver: (case.transfer[to][row], ids[row]),  # type: ignore[misc]
        )
        for giver in others:
            surplus = held[giver] - norm.minimum
            if need <= 0:
                break
            if surplus <= 0:
                continue
            patients = min(need, surplus)
            streams = _sent(streams, giver, receiver, patients / held[giver])
            top_ups.append(TopUp(receiver, giver, patients, need, surplus, case.transfer[receiver][giver]))
            held[giver] -= patients
            held[receiver] += patients
            need -= patients
    return streams, top_ups


def _sent(streams: Sequence[Stream], giver: int, receiver: int, share: Fraction) -> list[Stream]:
    """Send a share of everybody who is at one place to another."""
    found = []
    for stream in streams:
        if stream.holder != giver or not stream.counts:
            found.append(stream)
            continue
        found.append(replace(stream, patients=stream.patients * (1 - share)))
        found.append(replace(stream, holder=receiver, patients=stream.patients * share))
    return found
