"""The contract of the engines: a table of patients and a network go in, a table of journeys comes out.

Everything is an integer. Minutes count from Monday 00:00 of day 0; all durations are at least 1. What happens
at one minute happens in this order, then by patient or location number:

    0 capacity or offer change   1 discharge   2 unit transfer   3 end of work-up
    4 planning   5 clinic   6 arrival

An engine executes queues and nothing else: who goes where, for how long and with which target is in the
columns, the calendar and the rules are in the network, and indicators are made from the journeys.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

Int8Array = npt.NDArray[np.int8]
Int16Array = npt.NDArray[np.int16]
Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

#: A minute that did not happen.
NEVER = -(2**40)


class Kind(IntEnum):
    """Order of what happens at one minute."""

    CHANGE = 0
    DISCHARGE = 1
    TRANSFER = 2
    WORKED_UP = 3
    PLANNING = 4
    CLINIC = 5
    ARRIVAL = 6


class State(IntEnum):
    """Where a patient is."""

    ABSENT = 0
    AWAITING_VISIT = 1
    WORK_UP = 2
    AWAITING_TREATMENT = 3
    IN_TREATMENT = 4
    DONE = 5
    LOST = 6  # found no bed anywhere and went; only with `WhenFull.LOSE`


class Stage(IntEnum):
    """Where an elective patient is at minute 0."""

    ARRIVES = 0
    AWAITS_VISIT = 1
    IN_WORK_UP = 2
    #: Also of who comes during the run without a first visit here: straight on the list.
    ON_LIST = 3


class Care(IntEnum):
    """What an admission occupies."""

    NOTHING = 0  # outpatient
    DAY_PLACE = 1
    BED = 2  # overnight or observation
    IC_THEN_BED = 3  # without a ward group: the IC alone


class WhenFull(IntEnum):
    """What becomes of an acute patient who finds no bed at first choice nor at any of the next-best."""

    BOARD = 0  # a bed above capacity at first choice: the rule of the model
    WAIT = 1  # in line at first choice, by urgency, then first come first served
    LOSE = 2  # goes away


class NextFull(IntEnum):
    """What becomes of who leaves the IC while the ward is full."""

    OVER = 0  # a bed above capacity: the rule of the model
    BLOCK = 1  # keeps the IC bed until there is one (blocking after service)
    WAIT = 2  # gives the IC bed up and waits


@dataclass(frozen=True)
class Rules:
    """The planner's and the wards' rules as integers; see ``parameters`` of the dataset."""

    look_ahead: int
    change_over_minutes: int
    acute_reserve_permille: int
    acute_reserve_min: int
    ic_reserve: int
    outlier_permille: int
    diversion_delay_minutes: int
    discharge_minute: int
    day_turns_permille: int
    work_up_working_days: int
    #: The classical queues, for systems of one's own: `zorgstroom_simulator.systems`.
    when_full: WhenFull = WhenFull.BOARD
    next_full: NextFull = NextFull.OVER
    planning_minute: int = 7 * 60
    clinic_minute: int = 8 * 60


@dataclass(frozen=True)
class CapacityStep:
    """From 00:00 of this day a pool of a location has this capacity (in the pool's unit)."""

    day: int
    location: int
    pool: str
    capacity: int


@dataclass(frozen=True)
class Network:
    """Locations and their pools; axes L locations, G ward groups, I IC types, S specialties, T treatment lists.

    Locations with `queued` False (outside the region) have infinite capacity: acute patients always find a
    bed, planned patients are seen and treated on the day they are due.
    """

    #: From day 0; long enough to look past the end (work-up, waits without a queue).
    working_days: BoolArray
    #: Run length in days.
    days: int
    rules: Rules
    queued: BoolArray  # [L]
    ward_beds: Int64Array  # [L, G]
    ic_beds: Int64Array  # [L, I]
    day_places: Int64Array  # [L] per mille
    list_capacity: Int64Array  # [L, T] per mille a working day: or minutes, proc minutes, admissions
    clinic_capacity: Int64Array  # [L, S] per mille a working day; -1: no queue there
    transfer_minutes: Int64Array  # [L, L]
    steps: tuple[CapacityStep, ...] = ()


@dataclass(frozen=True)
class PatientTable:
    """Patients with queues or beds, in order of (minute, id); the row number is the id.

    Acute: `location` column 0 is the first choice, `diversions` the next-best. Elective and visits: `location`
    per epoch, `minute` is the referral (negative: before the run, then `stage` says where he is at minute 0).
    """

    minute: Int64Array
    acute: BoolArray
    visit_only: BoolArray
    stage: Int8Array
    #: Epoch starts in minutes, int64[E]; location int16[n, E].
    epochs: Int64Array
    location: Int16Array
    diversions: Int16Array  # [n, K], -1 unused
    specialty: Int16Array
    weight: Int32Array
    #: Minute at which the first visit is due; seen in this order.
    visit_due: Int64Array
    #: For stages past the first visit: when it was, and when the patient enters the treatment list.
    visit_minute: Int64Array
    list_minute: Int64Array
    target_minutes: Int64Array
    treatment_list: Int8Array
    care: Int8Array
    #: -1: no ward.
    ward_group: Int8Array
    ic_type: Int8Array
    #: Lower goes first in the line for a bed; see `WhenFull.WAIT`.
    urgency: Int8Array
    #: Minutes on the ward, for an observation; 0: until the hour of discharge after the last of `nights`.
    stay_minutes: Int32Array
    nights: Int32Array
    procedure_minutes: Int32Array
    ic_minutes: Int32Array

    def __len__(self) -> int:
        return len(self.minute)


@dataclass(frozen=True)
class Census:
    """Who is where at 00:00 of each day and at the end, as the engine counts them; axes D + 1 moments, L, kinds.

    Counted before anything happens at that minute. Independent of the journeys: what they add up to must be this.
    """

    #: Patients on each treatment list and in each queue for a first visit (rows, not weights).
    lists: Int32Array  # [D + 1, L, T]
    clinics: Int32Array  # [D + 1, L, S]
    #: Beds in use, held for who is on the road included.
    wards: Int32Array  # [D + 1, L, G]
    ics: Int32Array  # [D + 1, L, I]
    #: In line for a bed, who keeps his IC bed meanwhile included.
    ward_lines: Int32Array  # [D + 1, L, G]
    ic_lines: Int32Array  # [D + 1, L, I]

    def equals(self, other: Census) -> bool:
        """Return whether every count is the same."""
        names = self.__dataclass_fields__
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in names)


@dataclass(frozen=True)
class Journeys:
    """What happened to each patient; `NEVER` for a minute and -1 for a place that did not happen."""

    state: Int8Array
    visit_location: Int16Array
    visit_minute: Int64Array
    list_minute: Int64Array
    #: Where the patient was treated, or waits at the end.
    location: Int16Array
    #: Minute from which a bed is held (a diverted patient's bed is held while he is on the road).
    bed_minute: Int64Array
    admission_minute: Int64Array
    ic_leave_minute: Int64Array
    discharge_minute: Int64Array
    #: Ward group whose bed was used, -1 none.
    ward_group: Int8Array
    #: Place in the list of next-best locations, 0: first choice.
    diversion: Int8Array
    boarded: BoolArray
    outlier: BoolArray
    #: Beds taken above capacity after the IC.
    over_capacity: BoolArray
    census: Census
    #: Events executed, for throughput figures.
    events: int

    def equals(self, other: Journeys) -> bool:
        """Return whether every column and the census are the same, to the bit."""
        return self.census.equals(other.census) and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in self.__dataclass_fields__
            if name not in ("events", "census")
        )


class Engine(Protocol):
    """Anything that turns patients and a network into journeys by the rules of the model."""

    def __call__(self, patients: PatientTable, network: Network) -> Journeys:
        """Run the whole horizon. Raises ConservationError if a patient or a bed is lost."""
