"""Who was admitted in the measured period, one row per patient, as statistics count admissions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray
from zorgstroom_simulator.demand import ACUTE, DAY, ELECTIVE, OBSERVATION, OVERNIGHT, SESSIONS
from zorgstroom_simulator.scope import Outcome, Scope, Treated

IntArray = npt.NDArray[np.integer]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Admissions:
    """Patients with a night, an observation or a day admission, and sessions in a chair: arrays of one length."""

    location: IntArray
    area: IntArray
    age_band: IntArray
    profile: IntArray
    #: `OVERNIGHT`, `OBSERVATION` or `DAY`.
    setting: IntArray
    #: Whether the patient came unplanned.
    unplanned: BoolArray
    #: How much of the admission statistics count as acute: planned care of mother and child comes as acute patients do.
    acute: FloatArray
    nights: IntArray
    #: Has an operation, in a room of any kind.
    operated: BoolArray
    needs_ic: BoolArray
    ic_minutes: IntArray
    #: Admissions that the patient stands for: 1, or the sessions of a course.
    number: FloatArray

    @property
    def overnight(self) -> BoolArray:
        """With at least one night: bool[n]."""
        return np.asarray(self.setting == OVERNIGHT)

    @property
    def in_bed(self) -> BoolArray:
        """With a night or an observation: bool[n]."""
        return np.asarray(self.setting <= OBSERVATION)

    @property
    def calendar_days(self) -> IntArray:
        """Calendar days touched, those of admission and discharge included; an observation is one: int[n]."""
        return np.where(self.overnight, self.nights.astype(np.int64) + 1, 1)


def admissions(scope: Scope, outcome: Outcome) -> Admissions:
    """Return everybody admitted in the measured period, anywhere in the country."""
    treated, profiles = Treated(scope, outcome), scope.dataset.profiles
    flow, setting, profile = (treated.column(name) for name in ("flow", "setting", "profile"))
    sessions = np.array([p.sessions_per_person if p.pathway == "sessions" else 1 for p in profiles], float)
    on_chair = np.array([p.setting_shares["day"] > 0.5 for p in profiles])[profile] & (flow == SESSIONS)
    registered = np.array([p.acute_share if p.always_acute else 1.0 for p in profiles])
    mine = np.flatnonzero((flow <= ELECTIVE) & (setting <= DAY) | on_chair)
    return Admissions(
        location=treated.location[mine],
        area=treated.column("area")[mine],
        age_band=treated.column("age_band")[mine],
        profile=profile[mine],
        setting=np.where(on_chair[mine], DAY, setting[mine]),
        unplanned=np.asarray(flow[mine] == ACUTE),
        acute=np.where(flow[mine] == ACUTE, registered[profile[mine]], 0.0),
        nights=treated.column("nights")[mine],
        operated=treated.column("has_procedure")[mine].astype(np.bool_),
        needs_ic=treated.column("needs_ic")[mine].astype(np.bool_),
        ic_minutes=treated.column("ic_minutes")[mine],
        number=np.where(on_chair[mine], sessions[profile[mine]], 1.0),
    )
