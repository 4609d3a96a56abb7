"""Who waits at a moment, and the lists that locations hand over to each other on the days of a plan."""

from __future__ import annotations

import numpy as np

from zorgstroom.dataset.model import BoolArray
from zorgstroom_simulator.engines import NEVER, Stage
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.scope import Outcome, Scope


def waiting_for_visit(outcome: Outcome, minute: int) -> BoolArray:
    """Return who of those who meet queues is referred before this minute and has had no first visit: bool[n]."""
    table, visit = outcome.table, outcome.journeys.visit_minute
    referred = ~table.acute & (table.stage < Stage.IN_WORK_UP) & (table.minute < minute)
    return np.asarray(referred & ((visit == NEVER) | (visit >= minute)))


def waiting_for_treatment(outcome: Outcome, minute: int) -> BoolArray:
    """Return who is on a list for treatment just before this minute: bool[n]."""
    journeys = outcome.journeys
    listed = ~outcome.table.acute & (journeys.list_minute != NEVER) & (journeys.list_minute < minute)
    # Who is seen and needs nothing more is on no list.
    listed &= ~outcome.table.visit_only & ~waiting_for_visit(outcome, minute)
    return np.asarray(listed & ~_admitted(outcome, minute))


def _admitted(outcome: Outcome, minute: int) -> BoolArray:
    admitted = outcome.journeys.admission_minute
    return np.asarray((admitted != NEVER) & (admitted < minute))


def add_handed_over(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Add how many waiting patients locations hand over and take over in the measured period.

    They are who was referred and not yet admitted (in the queue for a first visit, in work-up or on a list) when the
    location they are to go to changes. By who had them, and by who has them afterwards; each in the region only.
    """
    table, chosen = outcome.table, outcome.chosen[: outcome.queues]
    moved, had, has = [], [], []
    for epoch, minute in enumerate(outcome.epochs.tolist()):
        if epoch == 0 or not scope.start <= minute < scope.end:
            continue
        before, after = chosen[:, epoch - 1], chosen[:, epoch]
        unfinished = ~table.acute & (table.minute < minute) & ~_admitted(outcome, minute)
        unfinished &= waiting_for_visit(outcome, minute) | ~table.visit_only
        moved.append(np.flatnonzero(unfinished & (before != after)))
        had.append(before[moved[-1]])
        has.append(after[moved[-1]])
    if not moved:
        return
    who = np.concatenate(moved)
    profile, weight = outcome.queued.profile[who], table.weight[who]
    for indicator, places in (("handed_over", had), ("taken_over", has)):
        place = np.concatenate(places)
        here = scope.locations[place]
        rows.margins(indicator, weight[here], 1, {"location": place[here], "profile": profile[here]})


def add_lists_at_end(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Add who waits at the end of the period: for a first visit, and for treatment."""
    location = outcome.chosen_at(np.full(outcome.queues, scope.end - 1), slice(0, outcome.queues))
    for indicator, waiting in (
        ("list_first_visit_end", waiting_for_visit(outcome, scope.end)),
        ("list_treatment_end", waiting_for_treatment(outcome, scope.end)),
    ):
        who = np.flatnonzero(waiting & scope.locations[location])
        by = {"location": location[who]}
        if indicator == "list_treatment_end":
            by["profile"] = outcome.queued.profile[who]
        rows.margins(indicator, outcome.table.weight[who], 1, by)
