"""`close` and `open`: a location stops or starts care, or loses or gets a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zorgstroom.domain.hospital import Location
from zorgstroom.domain.scenario import Close, Open, Unit
from zorgstroom.planning.changes import UnitChange
from zorgstroom.planning.state import Mover, Setting, State, Step, Transfer, profile_positions

UNITS: tuple[Unit, ...] = ("ed", "obstetrics")


def close(action: Close, state: State, setting: Setting) -> Step:
    """A location stops the named profiles, the care that needs a unit it closes, or all it provides.

    Its patients go to all others that provide the care. Who stops everything has no emergency department and no
    acute obstetrics either.
    """
    dataset = setting.dataset
    row = dataset.location_index[action.location]
    units = _closing_units(action, state.locations[row])
    offered = np.flatnonzero(state.offers[row]).tolist()
    if action.profiles is not None:
        stopping = profile_positions(dataset, action.profiles)
    elif action.units is not None:
        stopping = [profile for profile in offered if dataset.profiles[profile].needs & set(units)]
    else:
        stopping = offered
    offers = state.offers.copy()
    mover = Mover(state, setting)
    for profile in stopping:
        leaving = np.zeros(len(dataset.locations), dtype=np.bool_)
        leaving[row] = state.offers[row, profile]
        offers[row, profile] = False
        mover.move(profile, leaving, offers[:, profile].copy(), action.rule)
    return _with_units(mover.step(offers), row, units, setting, opens=False)


def come_back(action: Close, closed: Step, state: State, setting: Setting) -> Step:
    """The end of a closure: the location starts again with what it had stopped, with its units as they were.

    Its patients come back, but for those whom another action sent on meanwhile. `closed` is the step of the closure.
    """
    row = setting.dataset.location_index[action.location]
    offers = state.offers.copy()
    offers[row] |= closed.before.offers[row] & ~closed.after.offers[row]
    here = np.zeros(len(offers), dtype=np.bool_)
    here[row] = True
    moves, transfers, pairs, flows = [], [], [], dict(state.flows)
    for move in closed.moves:
        profile, now = move.profile, setting.flows(state, move.profile)
        then = setting.flows(closed.after, profile)
        came = np.maximum(then - setting.flows(closed.before, profile), 0.0)
        # Who were sent on meanwhile are taken to be as many of them as of the others there.
        left = np.divide(now, then, out=np.zeros(now.shape), where=then > 0)
        back = came * np.minimum(left, 1.0)
        flows[profile] = now - back
        flows[profile][:, :, row] += back.sum(axis=2)
        pair = np.zeros((2, len(offers), len(offers)))
        pair[:, :, row] = back.sum(axis=1)
        moves.append(
            replace(
                move,
                start_day=setting.start_day,
                leaving=move.receivers,
                receivers=here,
                share_permille=1000,
                shares_permille=None,
                returns=True,
            )
        )
        transfers.append(
            Transfer(profile, pair.sum(axis=(0, 2)), pair.sum(axis=(0, 1)), back.sum(axis=(0, 2)))
        )
        pairs.append(pair)
    before, locations = closed.before.locations[row], list(state.locations)
    locations[row] = replace(locations[row], ed=before.ed, acute_obstetrics=before.acute_obstetrics)
    return Step(
        setting.action,
        setting.start_day,
        state,
        replace(state, offers=offers, flows=flows, locations=tuple(locations)),
        tuple(moves),
        tuple(transfers),
        tuple(pairs),
        # A unit that was open part of the day is no unit day and night now either.
        units=tuple(
            UnitChange(setting.action, setting.start_day, row, change.unit, True)
            for change in closed.units
            if _is_full(before, change.unit)
        ),
        ends=True,
    )


def _closing_units(action: Close, location: Location) -> list[Unit]:
    """Return which units the location has and closes."""
    if action.profiles is not None:
        return []
    return [unit for unit in UNITS if has_unit(location, unit) and unit in (action.units or UNITS)]


def open_location(action: Open, state: State, setting: Setting) -> Step:
    """A location gets a unit, starts the named profiles, or both.

    Patients of all other providers go there if they prefer it to where they go now; nobody has to.
    """
    dataset = setting.dataset
    row = dataset.location_index[action.location]
    units = [
        unit for unit in UNITS if unit in (action.units or ()) and not _is_full(state.locations[row], unit)
    ]
    offers = state.offers.copy()
    mover = Mover(state, setting)
    for profile in profile_positions(dataset, action.profiles or ()):
        if state.offers[row, profile]:
            continue
        offers[row, profile] = True
        here = np.zeros(len(dataset.locations), dtype=np.bool_)
        here[row] = True
        mover.move(profile, state.offers[:, profile].copy(), here, "choice", only_if_better=True)
    return _with_units(mover.step(offers), row, units, setting, opens=True)


def has_unit(location: Location, unit: Unit) -> bool:
    """Return whether a location has a unit; an emergency department that is open part of the day is one."""
    return location.ed != "geen" if unit == "ed" else location.acute_obstetrics


def _is_full(location: Location, unit: Unit) -> bool:
    """Return whether a unit is open day and night."""
    return location.ed == "24/7" if unit == "ed" else location.acute_obstetrics


def _with_units(step: Step, row: int, units: Sequence[Unit], setting: Setting, *, opens: bool) -> Step:
    """Return the step with these units of one location opened or closed."""
    if not units:
        return step
    changed = step.after.locations[row]
    for unit in units:
        if unit == "ed":
            changed = replace(changed, ed="24/7" if opens else "geen")
        else:
            changed = replace(changed, acute_obstetrics=opens)
    locations = list(step.after.locations)
    locations[row] = changed
    changes = tuple(UnitChange(setting.action, setting.start_day, row, unit, opens) for unit in units)
    return replace(step, after=replace(step.after, locations=tuple(locations)), units=changes)
