"""Care profiles: a kind of care with one pathway through the hospital."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zorgstroom.domain.hospital import HospitalType, IcType, TreatmentList, WardGroup

#: How a profile moves through the hospital.
#: ``care``     acute and elective patients, drawn per patient;
#: ``sessions`` a person comes for many sessions (dialysis, chemotherapy): counted, no queue;
#: ``visit``    a first outpatient visit and nothing more; one simulated patient stands for `weight` visits.
Pathway = Literal["care", "sessions", "visit"]

Setting = Literal["overnight", "observation", "day", "outpatient"]
SETTINGS: tuple[Setting, ...] = ("overnight", "observation", "day", "outpatient")


@dataclass(frozen=True)
class Profile:
    """A care profile with its figures; shares are of one, rates per 1,000 inhabitants a year.

    Figures keep their basis, confidence and source in the dataset's table ``profile_figures``.
    """

    id: str
    name_nl: str
    name_en: str
    group: str
    pathway: Pathway
    specialty: str
    ward_group: WardGroup
    ic_type: IcType | None
    #: Planned list of a patient with a procedure; a patient without one is on ``adm``.
    procedure_list: TreatmentList
    #: Acute beds and never an elective queue (mother and child).
    always_acute: bool
    #: Patients a year a simulated person stands for (10 for first visits).
    weight: int
    sessions_per_person: int
    #: Needs an emergency department (acute part), acute obstetrics, cardiac surgery or a trauma centre.
    needs: frozenset[str]
    #: beta per minute: basic, complex or acute.
    choice_class: Literal["basic", "complex", "acute"]
    complex: bool

    volume_per_year: float
    rate_per_1000: tuple[float, ...]
    acute_share: float
    setting_shares: Mapping[Setting, float]
    los_nights_mean: float
    los_nights_sd: float
    procedure_share: float
    procedure_minutes_mean: float
    procedure_minutes_sd: float
    ic_probability: float
    ic_days_mean: float
    ic_days_sd: float
    type_shares: Mapping[HospitalType, float]
    providers: int
    wait_first_visit_weeks: float
    wait_treatment_weeks: float
    #: Outpatient contacts per treated patient: before and in the first year after treatment, which can be near
    #: home, and those that stay with the hospital that treats.
    precare_contacts: float = 0.0
    aftercare_contacts: float = 0.0
    centre_contacts: float = 0.0
    #: Price of a patient, a session or a visit, in euro of the year in the dataset.
    cost_eur: float = 0.0

    def name(self, language: str) -> str:
        """Return the name in Dutch or English."""
        return self.name_en if language == "en" else self.name_nl
