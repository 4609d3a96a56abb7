"""The flow of the model as one writes it in SimPy with its own resources: what the engines are compared with.

One process per patient, a `PriorityResource` for every queue, `with` around what is held. It lives through the same
patients on the same network, and the same stages: first visit, work-up, treatment list by due time, IC, ward,
discharge; acute patients who find no bed at first choice nor at the next-best lie above capacity. A bed above
capacity is not something a resource can do; it is counted beside it.

Its calendar is coarser: clinics and rooms work day and night at a pace at which they do in a week what ours do in
a week. Waits are therefore not the same to the day; how many are treated and how full the beds are is, and
`benchmarks.engines` shows both.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import simpy
from simpy.resources.resource import PriorityRequest, SortedQueue

from benchmarks.inputs import EngineInput
from zorgstroom.domain.calendar import MINUTES_PER_DAY as DAY
from zorgstroom.domain.hospital import OUTLIER_ORDER, TREATMENT_LISTS, WARD_GROUPS
from zorgstroom_simulator.engines import NEVER, Care, Stage

Process = Generator[simpy.Event, Any, None]
Queue = type[simpy.PriorityResource]
#: Beds of a location without queues.
ENDLESS = 10**9
#: Minutes a day of one operating room.
ROOM_DAY = 480
URGENT = -1
_OUTLIER_GROUPS = tuple(WARD_GROUPS.index(group) for group in OUTLIER_ORDER)
_ADM = TREATMENT_LISTS.index("adm")


class InsertedQueue(SortedQueue):
    """A queue that puts a request in its place; SimPy's own sorts all of them again at every request."""

    def append(self, item: PriorityRequest) -> None:
        """Add a request."""
        insort(self, item, key=lambda request: request.key)


class InsertingResource(simpy.PriorityResource):
    """What who measured it would use where lists are long: a third of the time, the same order."""

    PutQueue = InsertedQueue


class Ward:
    """Beds of one kind, and who lies above capacity."""

    def __init__(self, env: simpy.Environment, beds: int) -> None:
        self.beds = beds
        self.resource = simpy.Resource(env, max(beds, 1))
        self.above = 0
        self.outliers = 0

    @property
    def free(self) -> int:
        """Beds that nobody is in; negative above capacity."""
        return self.beds - int(self.resource.count) - self.above


class Desk:
    """A clinic or a room: requests by due time; works day and night at a pace that does the same in a week."""

    def __init__(self, resource: simpy.PriorityResource, per_day: float, pace: float) -> None:
        self.resource = resource
        #: Minutes that one unit of work (a minute of operation, a visit, an admission) holds a server.
        self.minutes = pace * resource.capacity * DAY / per_day if per_day > 0 else 0.0


class Hospital:
    """A location."""

    def __init__(
        self, env: simpy.Environment, given: EngineInput, row: int, pace: float, queue: Queue
    ) -> None:
        network, rules = given.network, given.network.rules
        self.queued = bool(network.queued[row])
        self.wards = [Ward(env, beds if self.queued else ENDLESS) for beds in network.ward_beds[row].tolist()]
        self.ics = [Ward(env, beds if self.queued else ENDLESS) for beds in network.ic_beds[row].tolist()]
        turns = network.day_places[row] * rules.day_turns_permille / 1e6
        self.day_places = Ward(env, round(turns) if self.queued else ENDLESS)
        self.rooms = []
        for index, permille in enumerate(network.list_capacity[row].tolist()):
            rooms = max(1, -(-permille // (1000 * ROOM_DAY))) if index != _ADM else 1
            self.rooms.append(Desk(queue(env, rooms), permille / 1000, pace))
        self.clinics = [
            Desk(queue(env, 1), permille / 1000, pace) if permille >= 0 and self.queued else None
            for permille in network.clinic_capacity[row].tolist()
        ]


@dataclass(frozen=True)
class Lived:
    """What happened; `NEVER` for what did not."""

    admission: npt.NDArray[np.int64]
    discharge: npt.NDArray[np.int64]
    #: Minutes of first visits.
    visit: npt.NDArray[np.int64]
    #: Events that SimPy scheduled.
    events: int


class Country:
    """All hospitals and their patients."""

    def __init__(self, given: EngineInput, queue: Queue) -> None:
        self.env = simpy.Environment()
        self.given = given
        self.rules = given.network.rules
        days = given.network.days
        self.pace = days / int(given.network.working_days[:days].sum())
        self.hospitals = [
            Hospital(self.env, given, row, self.pace, queue) for row in range(len(given.network.queued))
        ]
        columns = given.patients
        # Plain lists: reading one number of an array at a time is slow.
        self.minute = columns.minute.tolist()
        self.stage = columns.stage.tolist()
        self.location = columns.location[:, 0].tolist()
        self.diversions = columns.diversions
        self.specialty = columns.specialty.tolist()
        self.weight = columns.weight.tolist()
        self.visit_due = columns.visit_due.tolist()
        self.list_minute = columns.list_minute.tolist()
        self.target = columns.target_minutes.tolist()
        self.room = columns.treatment_list.tolist()
        self.care = columns.care.tolist()
        self.ward = columns.ward_group.tolist()
        self.ic_type = columns.ic_type.tolist()
        self.stay = columns.stay_minutes.tolist()
        self.nights = columns.nights.tolist()
        self.procedure = columns.procedure_minutes.tolist()
        self.ic_minutes = columns.ic_minutes.tolist()
        self.visit_only = columns.visit_only.tolist()
        self.acute = columns.acute.tolist()
        self.admission = [NEVER] * len(columns)
        self.discharge = [NEVER] * len(columns)
        self.visit = [NEVER] * len(columns)

    def run(self) -> Lived:
        """Run to the end."""
        self.env.process(self.arrivals())
        self.env.run(until=self.given.network.days * DAY)
        scheduled = next(self.env._eid)
        return Lived(np.array(self.admission), np.array(self.discharge), np.array(self.visit), scheduled)

    def arrivals(self) -> Process:
        """Let the patients in, those of the standing lists first."""
        for patient, minute in enumerate(self.minute):
            if minute > self.env.now:
                yield self.env.timeout(minute - self.env.now)
            self.env.process(self.acute_care(patient) if self.acute[patient] else self.planned_care(patient))

    def planned_care(self, patient: int) -> Process:
        """First visit, work-up, treatment list; from where the patient is at the start."""
        env, stage = self.env, self.stage[patient]
        hospital = self.hospitals[self.location[patient]]
        if stage in (Stage.ARRIVES, Stage.AWAITS_VISIT):
            yield from self.first_visit(patient, hospital)
            if self.visit_only[patient]:
                return
            yield env.timeout(self.pace * self.rules.work_up_working_days * DAY)
        elif stage == Stage.IN_WORK_UP:
            yield env.timeout(self.list_minute[patient] - env.now)
        listed = self.list_minute[patient] if stage in (Stage.IN_WORK_UP, Stage.ON_LIST) else env.now
        yield from self.treatment(patient, hospital, listed + self.target[patient])

    def first_visit(self, patient: int, hospital: Hospital) -> Process:
        """Wait for the clinic, by due time; without a queue on the day it is due."""
        clinic = hospital.clinics[self.specialty[patient]]
        if clinic is None:
            yield self.env.timeout(max(self.visit_due[patient] - self.env.now, 0))
        else:
            with clinic.resource.request(priority=self.visit_due[patient]) as turn:
                yield turn
                yield self.env.timeout(self.weight[patient] * clinic.minutes)
        self.visit[patient] = int(self.env.now)

    def treatment(self, patient: int, hospital: Hospital, due: float) -> Process:
        """Wait for a room, by due time, until there is a bed as well; be operated on and stay."""
        env = self.env
        if not hospital.queued:
            yield env.timeout(max(due - env.now, 0))
            yield from self.admitted(patient, hospital, None, None)
            return
        room = hospital.rooms[self.room[patient]].resource
        while True:
            turn = room.request(priority=due)
            yield turn
            if self.has_place(patient, hospital):
                break
            # No bed now; first in line again tomorrow.
            room.release(turn)
            yield env.timeout(DAY)
        yield from self.admitted(patient, hospital, None, turn)

    def has_place(self, patient: int, hospital: Hospital) -> bool:
        """Whether there is a bed above what is kept for acute patients."""
        care = self.care[patient]
        if care == Care.DAY_PLACE:
            return hospital.day_places.free > 0
        if care == Care.IC_THEN_BED:
            return bool(hospital.ics[self.ic_type[patient]].free > self.rules.ic_reserve)
        if care == Care.BED:
            ward = hospital.wards[self.ward[patient]]
            share = ward.beds * self.rules.acute_reserve_permille // 1000
            return bool(ward.free > max(share, self.rules.acute_reserve_min))
        return True

    def acute_care(self, patient: int) -> Process:
        """A bed at first choice or at the next-best that has one, else above capacity; the operation in between."""
        first = self.hospitals[self.location[patient]]
        where, ward = first, self.place(patient, first)
        if ward is None:
            for row in self.diversions[patient].tolist():
                if row < 0:
                    break
                ward = self.place(patient, self.hospitals[row])
                if ward is not None:
                    where = self.hospitals[row]
                    drive = self.given.network.transfer_minutes[self.location[patient], row]
                    yield self.env.timeout(int(drive) + self.rules.diversion_delay_minutes)
                    break
        turn = None
        if self.procedure[patient] and where.queued:
            turn = where.rooms[self.room[patient]].resource.request(priority=URGENT)
        yield from self.admitted(patient, where, ward, turn)

    def place(self, patient: int, hospital: Hospital) -> Ward | None:
        """The ward, IC or other ward where an acute patient can lie now."""
        care = self.care[patient]
        if care == Care.DAY_PLACE:
            return hospital.day_places
        if care == Care.IC_THEN_BED:
            ic = hospital.ics[self.ic_type[patient]]
            return ic if ic.free > 0 else None
        own = self.ward[patient]
        if hospital.wards[own].free > 0 or own not in _OUTLIER_GROUPS:
            return hospital.wards[own] if hospital.wards[own].free > 0 else None
        for group in _OUTLIER_GROUPS:
            ward = hospital.wards[group]
            most = ward.beds * self.rules.outlier_permille // 1000
            if group != own and ward.free > 0 and ward.outliers < most:
                return ward
        return None

    def admitted(
        self, patient: int, hospital: Hospital, ward: Ward | None, turn: PriorityRequest | None
    ) -> Process:
        """IC, then the ward, with the operation at the start; discharge at its hour after the last night."""
        env, care = self.env, self.care[patient]
        self.admission[patient] = start = int(env.now)
        operation = () if turn is None else self.operation(patient, hospital, turn)
        if care == Care.NOTHING:
            self.discharge[patient] = start
            yield from operation
            return
        if care == Care.DAY_PLACE:
            self.discharge[patient] = start
            yield from self.lie(hospital.day_places, start + self.pace * DAY, operation)
            return
        own = hospital.wards[self.ward[patient]]
        if care == Care.IC_THEN_BED:
            yield from self.lie(
                hospital.ics[self.ic_type[patient]], start + self.ic_minutes[patient], operation
            )
            if self.ward[patient] >= 0:
                yield from self.lie(own, self.leaves(patient, start), ())
        elif ward is None or ward is own:
            yield from self.lie(own, self.leaves(patient, start), operation)
        else:
            ward.outliers += 1
            yield from self.lie(ward, self.leaves(patient, start), operation)
            ward.outliers -= 1
        self.discharge[patient] = int(env.now)

    def operation(self, patient: int, hospital: Hospital, turn: PriorityRequest) -> Process:
        """Hold a room, which may have been given already."""
        room, index = hospital.rooms[self.room[patient]], self.room[patient]
        yield turn
        need = 1 if index == _ADM else self.procedure[patient] + self.rules.change_over_minutes
        yield self.env.timeout(need * room.minutes)
        room.resource.release(turn)

    def lie(self, ward: Ward, until: float, operation: Iterable[simpy.Event]) -> Process:
        """Be in a bed, above capacity if none is free, for an operation and until a minute."""
        env = self.env
        if ward.free > 0:
            with ward.resource.request() as bed:
                yield bed
                yield from operation
                yield env.timeout(max(until - env.now, 0))
        else:
            ward.above += 1
            yield from operation
            yield env.timeout(max(until - env.now, 0))
            ward.above -= 1

    def leaves(self, patient: int, start: int) -> float:
        """When the stay ends. Who was planned came at the planner's hour, whenever the rooms here had a turn."""
        if self.stay[patient]:
            return float(self.env.now + self.stay[patient])
        midnight = start // DAY * DAY if self.acute[patient] else start - self.rules.planning_minute
        return float(midnight + self.nights[patient] * DAY + self.rules.discharge_minute)


def live(given: EngineInput, *, inserting: bool = False) -> Lived:
    """Simulate the whole horizon; `inserting`: with lists that are not sorted again and again."""
    return Country(given, InsertingResource if inserting else simpy.PriorityResource).run()
