"""What locations did in the measured period: admissions, days, operations, visits; and the rows about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import IC_TYPES, ic_pool
from zorgstroom_simulator.contacts import AFTER, BEFORE, CENTRE, Contacts
from zorgstroom_simulator.demand import (
    ACUTE,
    DAY,
    ELECTIVE,
    OBSERVATION,
    OUTPATIENT,
    OVERNIGHT,
    SESSIONS,
    profile_table,
)
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.scope import Scope
from zorgstroom_simulator.treatments import Treatments


@dataclass(frozen=True)
class Activity:
    """What was done in the measured period, by location and profile: int64[L, P] each."""

    #: Patients, sessions or first visits, whatever the profile is about.
    care: Int64Array
    admissions: Int64Array
    admissions_overnight: Int64Array
    observations: Int64Array
    #: Sessions on a chair included.
    day_treatments: Int64Array
    #: Calendar days touched by admissions with a night, and their minutes in bed without those on an IC.
    bed_days: Int64Array
    nursing_minutes: Int64Array
    ic_patients: Int64Array
    ic_minutes: Int64Array
    #: Patients with a procedure in an operating room, and its minutes without change-over.
    operations: Int64Array
    or_minutes: Int64Array
    #: In a cath lab, endoscopy, angio or treatment room.
    procedure_minutes: Int64Array
    sessions: Int64Array
    ed_visits_permille: Int64Array
    #: At a specialist, where they are, per mille: before treatment (or without one), and after.
    visits_before_permille: Int64Array
    visits_after_permille: Int64Array

    @property
    def visits_permille(self) -> Int64Array:
        """Return all visits to a specialist."""
        return self.visits_before_permille + self.visits_after_permille


def count_activity(
    dataset: Dataset, treated: Treatments, contacts: Contacts, first_visits: Int64Array
) -> Activity:
    """Return what was done; `contacts` are those around these treatments, `first_visits` int64[L, P].

    Who is treated later has his first visit among his contacts before; other first visits are counted by themselves.
    Half of the contacts that stay with the hospital that treats are before and half after treatment, as in the
    national method.
    """
    profile, flow, setting = np.ix_(*(np.arange(size) for size in treated.number.shape[1:]))
    in_care = flow <= ELECTIVE
    inpatient = in_care & (setting <= OBSERVATION)
    overnight = inpatient & (setting == OVERNIGHT)
    sessions = np.array([p.sessions_per_person if p.pathway == "sessions" else 0 for p in dataset.profiles])
    on_chair = np.array([p.setting_shares["day"] > 0.5 for p in dataset.profiles])[profile]
    acute_ed = (flow == ACUTE) & np.array(["ed" in p.needs for p in dataset.profiles])[profile]
    via_ed = round(dataset.parameter("via_ed_share") * 1000)

    def summed(amount: Int64Array, who: BoolArray) -> Int64Array:
        """Sum an amount [L, P, F, S] of those who are `who`: int64[L, P]."""
        return np.asarray(np.where(who, amount, 0).sum(axis=(2, 3)), dtype=np.int64)

    def in_room(list_of: str) -> BoolArray:
        listed = np.array([p.procedure_list == list_of for p in dataset.profiles])
        return np.asarray(in_care & listed[profile])

    number, everybody = treated.number, np.ones((1, 1, 1), np.bool_)
    came = summed(number * sessions[profile], flow == SESSIONS)
    bed_days = summed(treated.nights, overnight) + summed(number, overnight)
    observations = summed(number, inpatient & (setting == OBSERVATION))
    with_night = summed(number, overnight)
    only_visit = first_visits * np.array([p.pathway == "visit" for p in dataset.profiles])
    phases = [_contacts_at(treated, contacts, phase) for phase in (BEFORE, AFTER, CENTRE)]
    return Activity(
        care=summed(number, in_care) + came + only_visit,
        admissions=with_night + observations,
        admissions_overnight=with_night,
        observations=observations,
        day_treatments=summed(number, in_care & (setting == DAY))
        + summed(number * sessions[profile], (flow == SESSIONS) & on_chair),
        # Every night and the day of leaving.
        bed_days=bed_days,
        nursing_minutes=bed_days * MINUTES_PER_DAY - summed(treated.ic_minutes, overnight),
        ic_patients=summed(treated.ic_number, everybody),
        ic_minutes=summed(treated.ic_minutes, everybody),
        operations=summed(treated.procedures, in_room("or")),
        or_minutes=summed(treated.procedure_minutes, in_room("or")),
        procedure_minutes=summed(treated.procedure_minutes, in_room("proc")),
        sessions=came,
        ed_visits_permille=summed(number, acute_ed & (setting == OUTPATIENT)) * 1000
        + summed(number, acute_ed & inpatient) * via_ed,
        visits_before_permille=only_visit * 1000 + phases[BEFORE] + phases[CENTRE] // 2,
        visits_after_permille=phases[AFTER] + phases[CENTRE] - phases[CENTRE] // 2,
    )


def _contacts_at(treated: Treatments, contacts: Contacts, phase: int) -> Int64Array:
    """Return contacts of one phase per mille, where they are: int64[L, P]."""
    found = np.zeros(treated.number.shape[:2], np.int64)
    mine = contacts.phase == phase
    np.add.at(found, (contacts.location[mine], contacts.profile[mine]), contacts.permille[mine])
    return found


def add_activity(rows: Rows, scope: Scope, treated: Treatments, activity: Activity) -> None:
    """Add admissions, days in bed and on IC, day treatments, hours in rooms, ED visits and sessions per location."""
    weeks = scope.calendar.weeks
    present = scope.locations & treated.number.any(axis=(1, 2, 3))
    counted = {
        "admissions": activity.admissions,
        "admissions_overnight": activity.admissions_overnight,
        "observations": activity.observations,
        "day_treatments": activity.day_treatments,
        "bed_days": activity.bed_days,
        "or_hours": activity.or_minutes,
        "procedure_hours": activity.procedure_minutes,
        "sessions": activity.sessions,
    }
    for indicator, done in counted.items():
        rows.places(indicator, done.sum(axis=1) * 52, weeks, present)
    ic_minutes = activity.ic_minutes.sum(axis=1)
    rows.places("ic_days", ic_minutes * 52, weeks * MINUTES_PER_DAY, present)
    ic_type = profile_table(scope.dataset).ic_type
    for kind, name in enumerate(IC_TYPES):
        on_ic = activity.ic_patients[:, ic_type == kind].sum(axis=1)
        rows.places("ic_admissions", on_ic * 52, weeks, present & (on_ic > 0), pool=ic_pool(name))
    rows.places("ed_visits", activity.ed_visits_permille.sum(axis=1) * 52, weeks * 1000, present)
