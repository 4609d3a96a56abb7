"""What a system of one's own is made of, and the flows of patients that meet it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from zorgstroom_simulator.systems.arrivals import Arrivals
from zorgstroom_simulator.systems.durations import Duration

#: An unplanned patient finds no bed anywhere: waits in line at first choice, goes away, or gets one above capacity.
WhenFullName = Literal["wait", "lose", "board"]
#: Who leaves the first unit of his route finds the second full: a bed above capacity, keeps his bed, or waits outside.
NextFullName = Literal["over", "block", "wait"]
WorkingDays = Literal["all", "weekdays"]


@dataclass(frozen=True)
class Location:
    """A place with beds, rooms and clinics; None is without end."""

    #: Beds per unit. Any names, such as ward, IC, or the operating rooms of a case without planning.
    units: Mapping[str, int | None] = field(default_factory=dict)
    #: Minutes per working day that the planner of a room fills at 07:00; at most two rooms have different names.
    rooms: Mapping[str, float | None] = field(default_factory=dict)
    #: Planned admissions without a room per working day.
    admissions: float | None = None
    #: First visits per working day, held at 08:00.
    clinics: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class System:
    """Locations and the rules between them; the rules that are not named are those of the model, without reserves."""

    locations: Mapping[str, Location]
    when_full: WhenFullName = "wait"
    next_unit_full: NextFullName = "over"
    #: Minutes on the road after a diversion; the way back is as long unless it is named too; none named: 0.
    transfer_minutes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: Minutes from areas to locations, for flows with an area; a location not named is out of reach.
    travel: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    working_days: WorkingDays = "all"
    #: Beds of each unit that planned patients leave free.
    reserve: int = 0
    #: Minutes between two operations.
    change_over: int = 0
    #: The planner goes no further down a list than so many who do not fit; 1: strictly in order.
    look_ahead: int = 60
    #: Working days between first visit and list.
    work_up_days: int = 0


@dataclass(frozen=True, kw_only=True)
class _Flow:
    """Patients of one kind: when they come, and where they go: `at` a location, or from an `area` to the nearest."""

    arrivals: Arrivals
    at: str | None = None
    area: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unplanned(_Flow):
    """Come and need a bed at once: in one unit, or in two after each other at one location."""

    route: Sequence[str]
    #: One for each unit of the route, in minutes.
    stay: Sequence[Duration]
    #: Where else a bed is asked for now, in order; with an area, by travel, all others that have the units.
    diversions: Sequence[str] = ()
    #: Ahead of who is not, in a line for a bed; nobody is sent out of bed (non-preemptive priority).
    urgent: bool = False


@dataclass(frozen=True, kw_only=True)
class Planned(_Flow):
    """On a list, by due time, until the planner has minutes and a bed; after a first visit if there is a clinic."""

    #: None: an admission without a room.
    room: str | None = None
    #: Minutes in the room.
    operation: Duration | None = None
    route: Sequence[str] = ()
    stay: Sequence[Duration] = ()
    #: Due so many days after entering the list; who is due first is first.
    target_days: float = 0
    clinic: str | None = None
    #: The first visit is due so many days after the referral.
    visit_target_days: float = 0


@dataclass(frozen=True, kw_only=True)
class Visits(_Flow):
    """A first visit at a clinic and nothing more: a queue that is served once every working day."""

    clinic: str
    #: Due so many days after the referral. Clinics see who has waited the largest part of it.
    target_days: float = 0


Flow = Unplanned | Planned | Visits
