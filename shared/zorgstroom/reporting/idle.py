"""Actions of a plan that did nothing, each with the reason.

A plan may hold an action that changes nothing in the run: nobody is left to move, nobody prefers the place that opens,
the nearest clinic is the one where the patient is treated, or there was room already. It then only adds words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from zorgstroom.domain.scenario import (
    AnyAction,
    Capacity,
    Concentrate,
    Demand,
    Open,
    ShareCare,
    Workforce,
)
from zorgstroom.planning.changes import CapacityChange, Move
from zorgstroom.reporting import wording
from zorgstroom.reporting.impact import Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.readings import Reading

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

#: Patients a year by profile, from and to.
Patients = Mapping[tuple[str, ...], float]
#: Fewer than this a year, on average over simulated years, is nobody.
NOBODY = 0.5
#: Below this load a pool had room already, or has it still: beds by the hour of the night, the rest by the working day.
ROOMY_BEDS, ROOMY = 0.6, 0.9


def contribute(sources: Sources) -> Sequence[Section]:
    """Return the actions that did nothing, with the reason."""
    sentences = wording.actions(sources.scenario, sources.region)
    rows: list[list[SectionCell]] = []
    told = []
    for number, reason in idle_actions(sources):
        rows.append([float(number + 1), sentences[number], reason])
        params = {"n": {"n": number + 1}, "reason": {"key": reason.key, "params": reason.params}}
        told.append(TextRef(key="report.idle.told", params=params))
    return (
        Section(
            id="idle_actions",
            criterion="other",
            columns=[
                SectionColumn(id="number", kind="number"),
                SectionColumn(id="idle_action"),
                SectionColumn(id="idle_reason"),
            ],
            rows=rows,
            sentences=told,
            confidence="medium",
            table="flows",
        ),
    )


def idle_actions(sources: Sources) -> list[tuple[int, TextRef]]:
    """Return (position, reason) of every action that did nothing."""
    found = []
    patients = sources.moves.yearly("patients", ("profile", "from_location", "to_location"))
    moved = {key: float(years.mean()) for key, years in patients.items()}
    for position, item in enumerate(sources.scenario.actions):
        reason = _reason(item.action, position, sources, moved)
        if reason is not None:
            found.append((position, reason))
    return found


def _reason(action: AnyAction, position: int, sources: Sources, moved: Patients) -> TextRef | None:
    if isinstance(action, ShareCare):
        near = [sources.readings.at("contacts_nearby", profile=name) for name in action.profiles]
        return None if _any(near) else TextRef(key="report.idle.clinic_is_centre")
    if isinstance(action, Demand):
        patients = [sources.readings.at("volume", profile=name) for name in action.profiles]
        come = any(row is not None and max(row.baseline.mean, row.plan.mean) >= NOBODY for row in patients)
        return None if come else TextRef(key="report.idle.no_patients")
    if isinstance(action, Capacity | Workforce):
        return _without_use(position, sources)
    return _nobody_moves(action, position, sources, moved)


def _any(readings: Sequence[Reading | None]) -> bool:
    return any(row is not None and abs(row.difference.mean) >= NOBODY for row in readings)


def _nobody_moves(action: AnyAction, position: int, sources: Sources, moved: Patients) -> TextRef | None:
    """Return why nobody goes elsewhere by an action that moves patients, starts care or closes it."""
    plan = sources.plan
    if any(change.action == position for change in plan.units):
        return None
    mine = [move for move in plan.moves if move.action == position]
    if sum(_by_move(sources, move, moved) for move in mine) >= NOBODY:
        return None
    if isinstance(action, Open):
        return TextRef(key="report.idle.nobody_prefers")
    if isinstance(action, Concentrate) and _starts_somewhere(action, sources):
        return None
    earlier = next(
        (
            move.action
            for move in plan.moves
            if move.action != position
            and any(move.profile == own.profile and (move.leaving & own.leaving).any() for own in mine)
        ),
        None,
    )
    if earlier is not None:
        return TextRef(key="report.idle.taken", params={"n": {"n": earlier + 1}})
    return TextRef(key="report.idle.nobody_there")


def _starts_somewhere(action: Concentrate, sources: Sources) -> bool:
    """Whether a named location begins with care it does not offer today: others may come later."""
    dataset = sources.dataset
    return any(
        not dataset.offers[dataset.location_index[name], dataset.profile_index[profile]]
        for name in action.at or ()
        for profile in action.profiles
    )


def _by_move(sources: Sources, move: Move, moved: Patients) -> float:
    """Return the patients a year who went as this move sends them."""
    dataset = sources.dataset
    profile = dataset.profiles[move.profile].id
    return sum(
        patients
        for (care, sender, receiver), patients in moved.items()
        if care == profile
        and move.leaving[dataset.location_index[sender]]
        and move.receivers[dataset.location_index[receiver]]
    )


def _without_use(position: int, sources: Sources) -> TextRef | None:
    """Return why another capacity makes no difference: there is room either way; None if somewhere there is not."""
    changes = [change for change in sources.plan.capacities if change.action == position]
    if not changes:
        return TextRef(key="report.idle.too_little")
    loads = [found for change in changes for found in _loads(sources, change)]
    if len(loads) < len(changes) or any(
        load >= (ROOMY_BEDS if pool in ("ward", "ic") else ROOMY) for pool, load in loads
    ):
        return None
    return TextRef(key="report.idle.room", params={"load": {"share": max(load for _, load in loads)}})


def _loads(sources: Sources, change: CapacityChange) -> Iterator[tuple[str, float]]:
    """Yield kind and load of the pool that changes, with the smaller of its capacities before and after."""
    place = sources.dataset.locations[change.location].id
    reading = sources.readings.at("load", location=place, pool=change.pool)
    before = sources.dataset.capacities.get((place, change.pool), 0)
    smallest = min(before, change.capacity)
    if reading is not None and smallest > 0:
        yield change.pool.partition(":")[0], reading.plan.mean * change.capacity / smallest
