"""What the queues did in the measured period: those for a first visit, and the lists for treatment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import Int32Array, Int64Array
from zorgstroom.domain.hospital import TREATMENT_LISTS, clinic_pool
from zorgstroom_simulator.counting import (
    GROWTH,
    JOINED,
    JOINED_SQUARES,
    JOINED_WEIGHT,
    JOINED_WORK,
    MOMENTS,
    Minutes,
    add_queue,
)
from zorgstroom_simulator.demand import Int16Array
from zorgstroom_simulator.engines import NEVER, Stage, State
from zorgstroom_simulator.pathways import ADM
from zorgstroom_simulator.scope import Outcome, Scope


@dataclass(frozen=True)
class Queues:
    """Queues of one kind: L locations with Q queues each. Everything in int64."""

    pools: tuple[str, ...]
    #: Patients on the list at 00:00, summed over the days of the last quarter less those of the first: [L, Q].
    growth: Int64Array
    #: Who joined: how many are simulated, how many they stand for, their work and its squares, [L, Q] each.
    joined: Int64Array
    joined_weight: Int64Array
    joined_work: Int64Array
    joined_squares: Int64Array
    #: Work of who was served, by where he was: [L, Q].
    through: Int64Array
    #: Minutes that who was served had waited x how many they stand for, and how many: [L, P].
    waited: Int64Array
    served: Int64Array


def clinic_queues(scope: Scope, outcome: Outcome) -> Queues:
    """Return the queues for a first visit, one per specialty; work is visits."""
    journeys, table = outcome.journeys, outcome.table
    # Who had the first visit before the run, or elsewhere, does not wait for one.
    waits = ~table.acute & (table.stage < Stage.IN_WORK_UP)
    return _queues(
        scope,
        outcome,
        tuple(clinic_pool(specialty.id) for specialty in scope.dataset.specialties),
        np.where(waits, table.specialty, np.int16(-1)),
        table.minute,
        journeys.visit_minute,
        journeys.visit_location,
        table.weight,
        table.weight,
    )


def treatment_queues(scope: Scope, outcome: Outcome) -> Queues:
    """Return the lists for treatment; work is minutes in a room, on the list for planned admissions patients."""
    journeys, table = outcome.journeys, outcome.table
    listed = ~table.acute & (journeys.list_minute != NEVER) & (journeys.state >= State.AWAITING_TREATMENT)
    minutes = table.procedure_minutes + np.int32(outcome.network.rules.change_over_minutes)
    return _queues(
        scope,
        outcome,
        TREATMENT_LISTS,
        np.where(listed, table.treatment_list, np.int16(-1)),
        journeys.list_minute,
        journeys.admission_minute,
        journeys.location,
        np.ones(len(table), np.int32),
        np.where(table.treatment_list == ADM, np.int32(1), minutes),
    )


def _queues(
    scope: Scope,
    outcome: Outcome,
    pools: tuple[str, ...],
    queue: Int16Array,
    joined: Minutes,
    left: Minutes,
    served_at: Int16Array,
    weight: Int32Array,
    work: Int32Array,
) -> Queues:
    """Add everybody up by queue; see `zorgstroom_simulator.counting.add_queue`."""
    calendar, locations = scope.calendar, len(scope.locations)
    moments = np.zeros((locations, len(pools), MOMENTS), np.int64)
    through = np.zeros((locations, len(pools)), np.int64)
    waits = np.zeros((locations, len(scope.dataset.profiles), 2), np.int64)
    bounds = np.array([*outcome.epochs.tolist(), scope.end], np.int64)
    add_queue(
        calendar.measured_from_day, calendar.days, int(NEVER), bounds, outcome.chosen, queue, joined, left,
        served_at, outcome.queued.profile, weight, work, moments, through, waits,
    )  # fmt: skip
    return Queues(
        pools=pools,
        growth=moments[..., GROWTH],
        joined=moments[..., JOINED],
        joined_weight=moments[..., JOINED_WEIGHT],
        joined_work=moments[..., JOINED_WORK],
        joined_squares=moments[..., JOINED_SQUARES],
        through=through,
        waited=waits[..., 0],
        served=waits[..., 1],
    )
