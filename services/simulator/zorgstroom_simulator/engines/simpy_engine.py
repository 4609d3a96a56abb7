"""The reference engine: the rules of the model as readable SimPy processes.

A patient is a generator that reads like his pathway. A location owns counters for its beds and sorted lists
for who waits; its daily planner goes down the lists. SimPy's own resources know no order by (kind, number)
and sort long queues again at every request, so waiting here is: put yourself on a list, yield an event, be
woken by the planner.
"""

from __future__ import annotations

import gc
from bisect import insort
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

import numpy as np
import simpy
from simpy.events import Event

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import (
    IC_TYPES,
    OUTLIER_ORDER,
    TREATMENT_LISTS,
    WARD_GROUPS,
    ic_pool,
    ward_pool,
)
from zorgstroom_simulator.engines import (
    NEVER,
    Care,
    Journeys,
    Kind,
    Network,
    NextFull,
    PatientTable,
    Stage,
    State,
    WhenFull,
)
from zorgstroom_simulator.engines.calendar_tables import calendar_tables
from zorgstroom_simulator.engines.conservation import check_conservation
from zorgstroom_simulator.engines.journeys import empty_journeys

Process = Generator[Event, None, None]
ADM = TREATMENT_LISTS.index("adm")
_OUTLIER_GROUPS = tuple(WARD_GROUPS.index(group) for group in OUTLIER_ORDER)
_WARD_POOLS = {ward_pool(group): index for index, group in enumerate(WARD_GROUPS)}
_IC_POOLS = {ic_pool(ic_type): index for index, ic_type in enumerate(IC_TYPES)}
_LISTS: dict[str, int] = {name: index for index, name in enumerate(TREATMENT_LISTS)}
#: First part of an event's priority: one minute, then the kind, then the number.
_KIND = 2**40


def run(patients: PatientTable, network: Network) -> Journeys:
    """Simulate the whole horizon; see `zorgstroom_simulator.engines.Engine`."""
    collecting = gc.isenabled()
    # Pathways hold no reference cycles; without this the collector walks every waiting patient again and again.
    gc.disable()
    try:
        return _Simulation(patients, network).run()
    finally:
        if collecting:
            gc.enable()
        if len(patients) > WORTH_COLLECTING:
            # The event list and the pathways of who still waits are one knot of references to each other.
            gc.collect()


#: Patients from which the memory they leave behind is worth the time of looking for it.
WORTH_COLLECTING = 100_000


@dataclass(slots=True)
class _Waiting:
    """A patient on a list; sorted by (due, number)."""

    due: int
    number: int
    woken: Event = field(compare=False)

    def __lt__(self, other: _Waiting) -> bool:
        return (self.due, self.number) < (other.due, other.number)


class _ClinicQueue:
    """Who waits for a first visit at a specialty of a location: one line per published wait, in order of due time.

    The next to be seen has waited longest for his published wait: priority grows with the time waited at the
    rate 1 / wait (Kleinrock's delay dependent priority). A backlog so lengthens all waits by one factor,
    and urgent patients keep their short ones.
    """

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: dict[int, list[_Waiting]] = {}

    def __len__(self) -> int:
        return sum(map(len, self.lines.values()))

    def add(self, entry: _Waiting, wait: int) -> None:
        """Let a patient with this published wait in minutes join."""
        insort(self.lines.setdefault(max(wait, 1), []), entry)

    def next(self, now: int) -> _Waiting | None:
        """Take out who has waited longest for his wait; on a tie, who was due first, then by number."""
        best: list[_Waiting] | None = None
        best_wait = 1
        for wait, line in self.lines.items():
            if not line:
                continue
            if best is not None:
                # Late by a larger part of the wait, in whole numbers.
                mine, other = (now - line[0].due) * best_wait, (now - best[0].due) * wait
                if mine < other or (mine == other and best[0] < line[0]):
                    continue
            best, best_wait = line, wait
        return None if best is None else best.pop(0)


class _BedLine:
    """Who waits for a bed of one kind: by urgency, then first come first served, then by number."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        #: Urgency, minute of joining, number, and what wakes who comes from the IC (None: an arrival).
        self.entries: list[tuple[int, int, int, Event | None]] = []

    def __len__(self) -> int:
        return len(self.entries)

    def add(self, urgency: int, minute: int, patient: int, woken: Event | None) -> None:
        """Let a patient join."""
        heappush(self.entries, (urgency, minute, patient, woken))

    def next(self) -> tuple[int, Event | None]:
        """Take out who is next."""
        return heappop(self.entries)[2:]


class _Budget:
    """A daily amount in per mille: fractions and debts carry over, what nobody wanted does not."""

    __slots__ = ("balance", "fraction", "full", "kept")

    def __init__(self) -> None:
        self.balance = 0
        self.fraction = 0
        self.full = 0
        #: What yesterday's list could not fill because everybody on it needs more.
        self.kept = 0

    def new_day(self, capacity_permille: int, used_since_yesterday: int) -> None:
        """Start a working day: today's whole units and what was kept, less debts and what acute patients used."""
        whole = self.fraction + capacity_permille
        self.full, self.fraction = whole // 1000, whole % 1000
        self.balance = min(self.balance, 0) + self.kept + self.full - used_since_yesterday
        self.kept = 0


class _Location:
    """The pools, lists and clinics of one location."""

    def __init__(self, number: int, network: Network) -> None:
        self.number = number
        self.queued = bool(network.queued[number])
        self.beds = network.ward_beds[number].tolist()
        self.beds_used = [0] * len(self.beds)
        self.outliers = [0] * len(self.beds)
        self.ic_beds = network.ic_beds[number].tolist()
        self.ic_used = [0] * len(self.ic_beds)
        self.day_places = int(network.day_places[number])
        self.list_capacity = network.list_capacity[number].tolist()
        self.clinic_capacity = network.clinic_capacity[number].tolist()
        self.lists: list[list[_Waiting]] = [[] for _ in TREATMENT_LISTS]
        self.budgets = [_Budget() for _ in TREATMENT_LISTS]
        self.day_budget = _Budget()
        #: Used by acute patients since yesterday's planning: minutes per list, day places.
        self.acute_minutes = [0] * len(TREATMENT_LISTS)
        self.acute_day_places = 0
        #: Who waits for a bed, by IC type and by ward group; only with the rules of the classical queues.
        self.ic_lines = [_BedLine() for _ in self.ic_beds]
        self.ward_lines = [_BedLine() for _ in self.beds]
        self.clinic_queues = [_ClinicQueue() for _ in self.clinic_capacity]
        self.clinic_budgets = [_Budget() for _ in self.clinic_capacity]

    def has_clinic_queue(self, specialty: int) -> bool:
        """Return whether first visits of a specialty queue here."""
        return self.queued and self.clinic_capacity[specialty] >= 0

    def set_capacity(self, pool: str, capacity: int) -> None:
        """Change a pool; nobody is sent away."""
        if pool in _WARD_POOLS:
            self.beds[_WARD_POOLS[pool]] = capacity
        elif pool in _IC_POOLS:
            self.ic_beds[_IC_POOLS[pool]] = capacity
        elif pool in _LISTS:
            self.list_capacity[_LISTS[pool]] = capacity
        elif pool == "day":
            self.day_places = capacity
        else:
            self.clinic_capacity[int(pool.removeprefix("clinic:"))] = capacity

    def free_beds(self, group: int) -> int:
        """Return free staffed beds of a ward group; negative while above capacity."""
        return int(self.beds[group] - self.beds_used[group])

    def free_ic(self, ic_type: int) -> int:
        """Return free IC beds of a type."""
        return int(self.ic_beds[ic_type] - self.ic_used[ic_type])


class _Pathway:
    """Drives a generator that yields the event it waits for.

    What `simpy.Process` does, without its two extra events per patient (start and end): half the run time.
    """

    __slots__ = ("steps",)

    def __init__(self, steps: Process) -> None:
        self.steps = steps
        self.resume(None)

    def resume(self, _event: Event | None) -> None:
        """Go on to the next event the pathway waits for."""
        event = next(self.steps, None)
        if event is not None:
            event.callbacks.append(self.resume)


class _Simulation:
    """One run: the clock, the locations, and the columns that become the journeys."""

    def __init__(self, patients: PatientTable, network: Network) -> None:
        self.env = simpy.Environment()
        self.network = network
        self.rules = network.rules
        self.patients = patients
        self.locations = [_Location(number, network) for number in range(len(network.queued))]
        self.end = network.days * MINUTES_PER_DAY
        self.events = 0
        self.lines_of_beds = self.rules.when_full == WhenFull.WAIT or self.rules.next_full != NextFull.OVER
        self.next_working_day, self.after_work_up = calendar_tables(
            network.working_days, self.rules.work_up_working_days
        )
        # Views read and write the columns in place, as plain numbers: lists would hold each number as an object.
        self.minute = _column(patients.minute)
        self.specialty = _column(patients.specialty)
        self.weight = _column(patients.weight)
        self.visit_due = _column(patients.visit_due)
        self.target = _column(patients.target_minutes)
        self.treatment_list = _column(patients.treatment_list)
        self.care = _column(patients.care)
        self.ward_group = _column(patients.ward_group)
        self.ic_type = _column(patients.ic_type)
        self.urgency = _column(patients.urgency)
        self.stay_minutes = _column(patients.stay_minutes)
        self.nights = _column(patients.nights)
        self.procedure_minutes = _column(patients.procedure_minutes)
        self.ic_minutes = _column(patients.ic_minutes)
        self.assigned = _column(patients.location[:, 0])
        #: Who waits for a date and not on a list (no queue there): entry, list or specialty, whether for a first visit.
        self.dated: dict[int, tuple[_Waiting, int, bool]] = {}
        self.journeys = empty_journeys(patients, network)
        self.state = _column(self.journeys.state)
        self.visit_location = _column(self.journeys.visit_location)
        self.visit_minute = _column(self.journeys.visit_minute)
        self.list_minute = _column(self.journeys.list_minute)
        self.at = _column(self.journeys.location)
        self.bed_minute = _column(self.journeys.bed_minute)
        self.admission = _column(self.journeys.admission_minute)
        self.ic_leave = _column(self.journeys.ic_leave_minute)
        self.discharge = _column(self.journeys.discharge_minute)
        self.bed_group = _column(self.journeys.ward_group)
        self.diversion = _column(self.journeys.diversion)
        self.boarded = _column(self.journeys.boarded)
        self.outlier = _column(self.journeys.outlier)
        self.over_capacity = _column(self.journeys.over_capacity)

    # --- the run ---------------------------------------------------------------------------------

    def run(self) -> Journeys:
        """Run to the end of the horizon and check that nobody is lost."""
        _Pathway(self._changes())
        _Pathway(self._midnights())
        for location in self.locations:
            if location.queued:
                _Pathway(self._working_days(location))
        self._start_waiting_patients()
        _Pathway(self._arrivals())
        self.env.run(until=self.end)
        self._count(self.network.days)
        check_conservation(self.patients, self.network, self.journeys)
        return replace(self.journeys, events=self.events)

    def _at(self, minute: int, kind: Kind, number: int) -> Event:
        """Return an event that happens at this minute, in the order of the model."""
        event = Event(self.env)
        event._ok, event._value = True, None
        self.env.schedule(event, priority=1 + kind * _KIND + number, delay=minute - int(self.env.now))  # type: ignore[arg-type]
        self.events += 1
        return event

    def _arrivals(self) -> Process:
        """Let everybody in who arrives after the start, one by one in order of (minute, number)."""
        first = int(np.searchsorted(self.patients.minute, 0))
        acute, visit_only = _column(self.patients.acute), _column(self.patients.visit_only)
        stages = _column(self.patients.stage)
        for patient in range(first, len(self.patients)):
            minute = self.minute[patient]
            if minute >= self.end:
                break
            yield self._at(minute, Kind.ARRIVAL, patient)
            if acute[patient]:
                self._acute(patient)
            elif stages[patient] == Stage.ON_LIST:
                _Pathway(self._treatment(patient))
            else:
                _Pathway(self._first_visit(patient, bool(visit_only[patient])))

    def _start_waiting_patients(self) -> None:
        """Put everybody where the published waits have him at minute 0: the standing lists."""
        first = int(np.searchsorted(self.patients.minute, 0))
        stages, visit_only = _column(self.patients.stage), _column(self.patients.visit_only)
        for patient in range(first):
            if stages[patient] == Stage.AWAITS_VISIT:
                _Pathway(self._first_visit(patient, bool(visit_only[patient])))
                continue
            self.visit_location[patient] = self.assigned[patient]
            if stages[patient] == Stage.IN_WORK_UP:
                _Pathway(self._work_up(patient))
            else:
                _Pathway(self._treatment(patient))

    def _changes(self) -> Process:
        """Change capacities and who goes where, at 00:00 of the days on which the plan says so."""
        epochs = self.patients.epochs.tolist()
        days = sorted(
            {step.day for step in self.network.steps} | {start // MINUTES_PER_DAY for start in epochs}
        )
        for day in days:
            if day * MINUTES_PER_DAY >= self.end:
                return
            yield self._at(day * MINUTES_PER_DAY, Kind.CHANGE, 0)
            for step in self.network.steps:
                if step.day == day:
                    self.locations[step.location].set_capacity(step.pool, step.capacity)
                    self._fill_beds(self.locations[step.location])
            if day * MINUTES_PER_DAY in epochs[1:]:
                self._start_epoch(epochs.index(day * MINUTES_PER_DAY))

    def _midnights(self) -> Process:
        """Count who is where at 00:00 of every day, before anything else happens."""
        for day in range(self.network.days):
            event = Event(self.env)
            event._ok, event._value = True, None
            delay = day * MINUTES_PER_DAY - int(self.env.now)
            self.env.schedule(event, priority=0, delay=delay)  # type: ignore[arg-type]
            yield event
            self._count(day)

    def _count(self, moment: int) -> None:
        census = self.journeys.census
        for location in self.locations:
            place = moment, location.number
            census.lists[place] = [len(waiting) for waiting in location.lists]
            census.clinics[place] = [len(queue) for queue in location.clinic_queues]
            census.wards[place] = location.beds_used
            census.ics[place] = location.ic_used
            if self.lines_of_beds:
                census.ward_lines[place] = [len(line) for line in location.ward_lines]
                census.ic_lines[place] = [len(line) for line in location.ic_lines]

    def _start_epoch(self, epoch: int) -> None:
        """Patients without a first visit, or visited and not admitted, whose location changes go to the new one.

        They keep their referral and due times; on the new list they stand by the same due time.
        """
        self.assigned = _column(self.patients.location[:, epoch])
        for location in self.locations:
            for index, waiting in enumerate(location.lists):
                location.lists[index] = self._who_stays(waiting, location, index, clinic=False)
            for specialty, queue in enumerate(location.clinic_queues):
                for wait, line in queue.lines.items():
                    queue.lines[wait] = self._who_stays(line, location, specialty, clinic=True)
        for patient, (entry, index, clinic) in list(self.dated.items()):
            new = self.locations[self.assigned[patient]]
            if new.number == self.at[patient]:
                continue
            self.at[patient] = new.number
            if new.has_clinic_queue(index) if clinic else new.queued:
                del self.dated[patient]
                # The event of the old date cannot be taken back: it wakes nobody any more.
                woken = Event(self.env)
                woken.callbacks, entry.woken.callbacks = entry.woken.callbacks, []
                self._join(_Waiting(entry.due, patient, woken), new, index, clinic=clinic)

    def _who_stays(
        self, waiting: list[_Waiting], location: _Location, index: int, *, clinic: bool
    ) -> list[_Waiting]:
        """Return who stays on a list; send the others to the same list of their new location."""
        stay: list[_Waiting] = []
        for entry in waiting:
            new = self.locations[self.assigned[entry.number]]
            if new is location:
                stay.append(entry)
                continue
            self.at[entry.number] = new.number
            if new.has_clinic_queue(index) if clinic else new.queued:
                self._join(entry, new, index, clinic=clinic)
            else:
                self._wait_for_date(entry, index, clinic=clinic)
        return stay

    def _join(self, entry: _Waiting, location: _Location, index: int, *, clinic: bool) -> None:
        """Put a patient on a treatment list, or in the queue of a clinic."""
        if clinic:
            wait = entry.due - self.minute[entry.number]
            location.clinic_queues[index].add(entry, wait)
        else:
            insort(location.lists[index], entry)

    def _wait_for_date(self, entry: _Waiting, index: int, *, clinic: bool) -> None:
        """Where nobody queues: go on at the first clinic, or planning, that is not before the due time."""
        minute_of_day = self.rules.clinic_minute if clinic else self.rules.planning_minute
        # Who comes at the minute of the clinic itself comes after it.
        due = max(entry.due, int(self.env.now) + 1)
        minute = self._working_minute(due, minute_of_day)
        self._wake(entry, minute, Kind.CLINIC if clinic else Kind.PLANNING)
        self.dated[entry.number] = (entry, index, clinic)

    def _wake(self, entry: _Waiting, minute: int, kind: Kind) -> None:
        """Let a waiting patient go on at a minute."""
        entry.woken._ok, entry.woken._value = True, None
        delay = minute - int(self.env.now)
        self.env.schedule(entry.woken, priority=1 + kind * _KIND + entry.number, delay=delay)  # type: ignore[arg-type]
        self.events += 1

    def _working_minute(self, minute: int, minute_of_day: int) -> int:
        """Return the first moment at this minute of a working day that is not before `minute`."""
        day = minute // MINUTES_PER_DAY
        if minute % MINUTES_PER_DAY > minute_of_day:
            day += 1
        return int(
            self.next_working_day[min(day, len(self.next_working_day) - 1)] * MINUTES_PER_DAY + minute_of_day
        )

    # --- planned care ----------------------------------------------------------------------------

    def _first_visit(self, patient: int, visit_only: bool) -> Process:
        """Referral -> clinic queue of location and specialty -> first visit; then work-up, if there is more."""
        self.state[patient] = State.AWAITING_VISIT
        specialty = self.specialty[patient]
        location = self.locations[self.assigned[patient]]
        self.at[patient] = location.number
        entry = _Waiting(self.visit_due[patient], patient, Event(self.env))
        if location.has_clinic_queue(specialty):
            self._join(entry, location, specialty, clinic=True)
        else:
            self._wait_for_date(entry, specialty, clinic=True)
        yield entry.woken
        self.dated.pop(patient, None)
        now = int(self.env.now)
        self.visit_minute[patient] = now
        self.visit_location[patient] = self.at[patient]
        if visit_only:
            self.state[patient] = State.DONE
            return
        self.list_minute[patient] = (
            self.after_work_up[now // MINUTES_PER_DAY] * MINUTES_PER_DAY + now % MINUTES_PER_DAY
        )
        yield from self._work_up(patient)

    def _work_up(self, patient: int) -> Process:
        """Tests and consultations after the first visit; then on the treatment list."""
        self.state[patient] = State.WORK_UP
        yield self._at(self.list_minute[patient], Kind.WORKED_UP, patient)
        yield from self._treatment(patient)

    def _treatment(self, patient: int) -> Process:
        """On the treatment list of the location, by due time; admitted by its planner; treated; discharged."""
        self.state[patient] = State.AWAITING_TREATMENT
        location = self.locations[self.assigned[patient]]
        self.at[patient] = location.number
        due = self.list_minute[patient] + self.target[patient]
        entry = _Waiting(due, patient, Event(self.env))
        if location.queued:
            self._join(entry, location, self.treatment_list[patient], clinic=False)
        else:
            self._wait_for_date(entry, self.treatment_list[patient], clinic=False)
        yield entry.woken
        self.dated.pop(patient, None)
        location = self.locations[self.at[patient]]
        if not location.queued:
            self._occupy(patient, location)
        self.admission[patient] = self.bed_minute[patient] = int(self.env.now)
        yield from self._stay(patient, location)

    def _working_days(self, location: _Location) -> Process:
        """Every working day: the planner at 07:00, the clinics at 08:00."""
        for day in np.flatnonzero(self.network.working_days[: self.network.days]).tolist():
            yield self._at(day * MINUTES_PER_DAY + self.rules.planning_minute, Kind.PLANNING, location.number)
            self._plan_admissions(location)
            yield self._at(day * MINUTES_PER_DAY + self.rules.clinic_minute, Kind.CLINIC, location.number)
            self._hold_clinics(location)

    def _hold_clinics(self, location: _Location) -> None:
        """See patients while there are slots; one simulated patient can stand for several visits."""
        now = int(self.env.now)
        for specialty, queue in enumerate(location.clinic_queues):
            if location.clinic_capacity[specialty] < 0:
                continue
            budget = location.clinic_budgets[specialty]
            budget.new_day(location.clinic_capacity[specialty], 0)
            while budget.balance > 0:
                entry = queue.next(now)
                if entry is None:
                    break
                budget.balance -= self.weight[entry.number]
                self._wake(entry, now, Kind.CLINIC)

    def _plan_admissions(self, location: _Location) -> None:
        """Go down each treatment list and admit whoever fits, skipping at most `look_ahead` entries."""
        location.day_budget.new_day(
            location.day_places * self.rules.day_turns_permille // 1000, location.acute_day_places
        )
        location.acute_day_places = 0
        for index, waiting in enumerate(location.lists):
            budget = location.budgets[index]
            budget.new_day(location.list_capacity[index], location.acute_minutes[index])
            location.acute_minutes[index] = 0
            untouched = True
            too_long = False
            skipped: list[_Waiting] = []
            looked = 0
            while looked < len(waiting) and len(skipped) < self.rules.look_ahead and budget.balance > 0:
                entry = waiting[looked]
                looked += 1
                need = self._planned_need(entry.number, index)
                # Longer than a whole day: first on a day, and the debt carries over.
                fits = need <= budget.balance or (untouched and need > budget.full)
                if fits and self._has_place(entry.number, location):
                    budget.balance -= need
                    untouched = False
                    self._admit(entry, location)
                else:
                    skipped.append(entry)
                    too_long = too_long or not fits
            waiting[:looked] = skipped
            if too_long:
                budget.kept = max(budget.balance, 0)

    def _planned_need(self, patient: int, index: int) -> int:
        """Return what a planned patient takes of the day's budget: room minutes with change-over, or one admission."""
        if index == ADM:
            return 1
        return int(self.procedure_minutes[patient] + self.rules.change_over_minutes)

    def _has_place(self, patient: int, location: _Location) -> bool:
        """Return whether the bed, IC bed or day place a planned patient needs is free above the acute reserve."""
        care = self.care[patient]
        if care == Care.DAY_PLACE:
            return location.day_budget.balance > 0
        if care == Care.IC_THEN_BED:
            return bool(location.free_ic(self.ic_type[patient]) > self.rules.ic_reserve)
        if care == Care.BED:
            group = self.ward_group[patient]
            reserve = location.beds[group] * self.rules.acute_reserve_permille // 1000
            return bool(location.free_beds(group) > max(reserve, self.rules.acute_reserve_min))
        return True

    def _admit(self, entry: _Waiting, location: _Location) -> None:
        """Take what the patient needs at once, so that the next on the list sees what is left; wake him."""
        if self.care[entry.number] == Care.DAY_PLACE:
            location.day_budget.balance -= 1
        self._occupy(entry.number, location)
        self._wake(entry, int(self.env.now), Kind.PLANNING)

    def _occupy(self, patient: int, location: _Location) -> None:
        """Take the IC bed or the bed of the patient's own ward group, free or not."""
        care = self.care[patient]
        if care == Care.IC_THEN_BED:
            location.ic_used[self.ic_type[patient]] += 1
        elif care == Care.BED:
            self._take_bed(patient, location, self.ward_group[patient])

    # --- acute care ------------------------------------------------------------------------------

    def _acute(self, patient: int) -> None:
        """First choice, else the first of the next-best that has a bed now, else boarded at first choice.

        The bed elsewhere is held at once; the patient is there after the drive and the delay of a diversion.
        """
        first = self.locations[self.assigned[patient]]
        where, minutes = first, 0
        if not self._find_place(patient, first):
            found = self._find_elsewhere(patient)
            if found is None and self.rules.when_full == WhenFull.LOSE:
                self.state[patient] = State.LOST
                return
            if found is None and self.rules.when_full == WhenFull.WAIT:
                self._wait_for_bed(patient, first)
                return
            if found is None:
                self.boarded[patient] = True
                self._occupy(patient, first)
            else:
                where = found
                drive = int(self.network.transfer_minutes[first.number, where.number])
                minutes = drive + self.rules.diversion_delay_minutes
        self._admit_acute(patient, where, minutes)

    def _admit_acute(self, patient: int, where: _Location, minutes: int) -> None:
        """Start the stay of an acute patient who holds a bed from now and is there in so many minutes."""
        self.at[patient] = where.number
        self.bed_minute[patient] = int(self.env.now)
        self.admission[patient] = int(self.env.now) + minutes
        if self.procedure_minutes[patient]:
            used = self.procedure_minutes[patient] + self.rules.change_over_minutes
            where.acute_minutes[self.treatment_list[patient]] += used
        _Pathway(self._stay(patient, where))

    def _wait_for_bed(self, patient: int, location: _Location) -> None:
        """Queue for the bed of one's own kind at first choice."""
        self.state[patient] = State.AWAITING_TREATMENT
        self.at[patient] = location.number
        if self.care[patient] == Care.IC_THEN_BED:
            line = location.ic_lines[self.ic_type[patient]]
        else:
            line = location.ward_lines[self.ward_group[patient]]
        line.add(self.urgency[patient], int(self.env.now), patient, None)

    def _fill_beds(self, location: _Location) -> None:
        """Give every free bed somebody waits for to who is next."""
        for ic_type in range(len(location.ic_lines)):
            self._fill_ic(location, ic_type)
        for group in range(len(location.ward_lines)):
            self._fill_ward(location, group)

    def _fill_ic(self, location: _Location, ic_type: int) -> None:
        line = location.ic_lines[ic_type]
        while line and location.free_ic(ic_type) > 0:
            patient, _ = line.next()
            self._occupy(patient, location)
            self._admit_acute(patient, location, 0)

    def _fill_ward(self, location: _Location, group: int) -> None:
        line = location.ward_lines[group]
        while line and location.free_beds(group) > 0:
            patient, woken = line.next()
            self._take_bed(patient, location, group)
            if woken is None:
                self._admit_acute(patient, location, 0)
            else:
                woken._ok, woken._value = True, None
                self.env.schedule(woken, priority=1 + Kind.TRANSFER * _KIND + patient)  # type: ignore[arg-type]
                self.events += 1

    def _find_elsewhere(self, patient: int) -> _Location | None:
        """Take a bed at the first of the next-best locations that has one now."""
        for place, number in enumerate(self.patients.diversions[patient].tolist(), start=1):
            if number < 0:
                return None
            location = self.locations[int(number)]
            if self._find_place(patient, location):
                self.diversion[patient] = place
                return location
        return None

    def _find_place(self, patient: int, location: _Location) -> bool:
        """Take a bed, else an outlier bed; a day place needs no queue. Return whether there was one."""
        care = self.care[patient]
        if care == Care.IC_THEN_BED:
            ic_type = self.ic_type[patient]
            if location.queued and location.free_ic(ic_type) <= 0:
                return False
            location.ic_used[ic_type] += 1
            return True
        if care == Care.DAY_PLACE:
            location.acute_day_places += 1
            return True
        if care == Care.NOTHING:
            return True
        group = self.ward_group[patient]
        if not location.queued or location.free_beds(group) > 0:
            self._take_bed(patient, location, group)
            return True
        if group not in _OUTLIER_GROUPS or not self.rules.outlier_permille:
            return False
        for other in _OUTLIER_GROUPS:
            most = location.beds[other] * self.rules.outlier_permille // 1000
            if other != group and location.free_beds(other) > 0 and location.outliers[other] < most:
                location.outliers[other] += 1
                self.outlier[patient] = True
                self._take_bed(patient, location, other)
                return True
        return False

    def _take_bed(self, patient: int, location: _Location, group: int) -> None:
        location.beds_used[group] += 1
        self.bed_group[patient] = group

    # --- the stay --------------------------------------------------------------------------------

    def _stay(self, patient: int, location: _Location) -> Process:
        """IC, then ward at the same location, above capacity if need be; discharge at 11:00 after the last night."""
        self.state[patient] = State.IN_TREATMENT
        start = admission = self.admission[patient]
        care = self.care[patient]
        if care in (Care.NOTHING, Care.DAY_PLACE):
            self.discharge[patient] = admission
            self.state[patient] = State.DONE
            return
        group = self.ward_group[patient]
        if care == Care.IC_THEN_BED:
            ic_type = self.ic_type[patient]
            self.ic_leave[patient] = admission + self.ic_minutes[patient]
            yield self._at(self.ic_leave[patient], Kind.TRANSFER, patient)
            if group < 0:
                location.ic_used[ic_type] -= 1
                self.discharge[patient] = self.ic_leave[patient]
                self.state[patient] = State.DONE
                self._fill_ic(location, ic_type)
                return
            if self.rules.next_full == NextFull.OVER:
                self.over_capacity[patient] = location.queued and location.free_beds(group) <= 0
                self._take_bed(patient, location, group)
                location.ic_used[ic_type] -= 1
            else:
                yield from self._await_ward(patient, location)
            self._fill_ic(location, ic_type)
            start = int(self.env.now)
        if self.stay_minutes[patient]:
            leaves = start + self.stay_minutes[patient]
        else:
            midnight = admission // MINUTES_PER_DAY * MINUTES_PER_DAY
            leaves = midnight + self.nights[patient] * MINUTES_PER_DAY + self.rules.discharge_minute
        self.discharge[patient] = leaves
        yield self._at(leaves, Kind.DISCHARGE, patient)
        group = self.bed_group[patient]
        location.beds_used[group] -= 1
        if self.outlier[patient]:
            location.outliers[group] -= 1
        self.state[patient] = State.DONE
        self._fill_ward(location, group)

    def _await_ward(self, patient: int, location: _Location) -> Process:
        """Leave the IC for a bed on the ward: at once, or wait for one in the IC bed or outside."""
        group, ic_type = self.ward_group[patient], self.ic_type[patient]
        if not location.queued or location.free_beds(group) > 0:
            self._take_bed(patient, location, group)
            location.ic_used[ic_type] -= 1
            return
        woken = Event(self.env)
        location.ward_lines[group].add(self.urgency[patient], int(self.env.now), patient, woken)
        blocks = self.rules.next_full == NextFull.BLOCK
        if blocks:
            self.ic_leave[patient] = NEVER
        else:
            self.state[patient] = State.AWAITING_TREATMENT
            location.ic_used[ic_type] -= 1
            self._fill_ic(location, ic_type)
        yield woken
        self.state[patient] = State.IN_TREATMENT
        if blocks:
            self.ic_leave[patient] = int(self.env.now)
            location.ic_used[ic_type] -= 1


def _column(values: np.ndarray) -> memoryview:
    """Return a view of a column that reads and writes plain numbers."""
    return np.ascontiguousarray(values).data
