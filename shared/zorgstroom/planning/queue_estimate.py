"""What queueing theory says of one pool before a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ListKind = Literal["first_visit", "treatment"]
#: What becomes of a queue: beds have none; it grows, stays what it is, or shrinks until it is short; it does not grow
#: although there is too much work, because full clinics before it hold patients back; day places have no list of
#: their own and what comes fits; or there is work without any capacity.
Outlook = Literal["beds", "grows", "stays", "shrinks", "held_back", "fits", "no_capacity"]


@dataclass(frozen=True)
class QueueEstimate:
    """What queueing theory says of a pool at its expected load."""

    outlook: Outlook
    #: Beds: part of the arrivals that find none free. Erlang's loss formula (M/G/c/c): arrivals by chance, any
    #: distribution of the stay. None for other pools.
    blocked: float | None = None
    #: Patients (clinics: visits) by which a list grows in a week; below zero it shrinks. Those for whom there is no
    #: room (or the room left over), in patients of mean size: `planning.lists`. None for beds and where the list stays.
    growth_per_week: float | None = None
    #: Weeks of waiting that chance alone causes, when no standing list is left: M/G/1 of Pollaczek-Khinchine, with
    #: the pool as one server that does its capacity in a working day. None where there is no such steady state.
    queue_weeks: float | None = None
