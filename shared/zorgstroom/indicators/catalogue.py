"""The KPI catalogue: what is measured, in which unit, which way is better, at which levels.

Names and explanations are in the text catalogue under ``indicator.<id>`` and ``indicator.<id>.help``.
A value is ``total / count / scale``; waits are counted in minutes, travel in hundredths of a minute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Theme = Literal["volume", "travel", "waiting", "capacity", "activity"]
Direction = Literal["lower", "higher", "neutral"]


@dataclass(frozen=True)
class Indicator:
    """Definition of one indicator.

    `unit` is a key ``unit.<unit>`` of the text catalogue, `levels` the columns that may be filled,
    `per_year` says that the total is scaled from the measured weeks to a year.
    """

    id: str
    theme: Theme
    unit: str
    direction: Direction
    decimals: int
    scale: int
    levels: tuple[str, ...]
    formula: str
    per_year: bool = False
    headline: bool = False
    #: Made for the report from other indicators; not in the result tables.
    derived: bool = False

    @property
    def empty_is_zero(self) -> bool:
        """Whether nothing observed means zero (a count), and not that there is nothing to take a mean of."""
        return self.per_year or self.unit in ("patients", "locations", "inhabitants")

    @property
    def bounds(self) -> tuple[float, float]:
        """Between which values it can lie; an interval does not promise more."""
        if self.id == "list_growth" or self.derived:
            return -math.inf, math.inf
        is_part = self.unit == "share" and self.id not in ("load", "occupancy")
        return 0.0, 1.0 if is_part else math.inf


WEEK = 7 * 1440
_ALL: tuple[Indicator, ...] = (
    Indicator(
        "volume",
        "volume",
        "patients_per_year",
        "neutral",
        0,
        1,
        ("location", "profile"),
        "patients first admitted or treated in the measured period",
        per_year=True,
    ),
    Indicator(
        "replaced",
        "volume",
        "patients_per_year",
        "neutral",
        0,
        1,
        ("location", "profile"),
        "patients whom the plan has helped elsewhere than in hospital, by where they go today",
        per_year=True,
    ),
    Indicator(
        "norm_met",
        "volume",
        "share",
        "higher",
        2,
        1,
        ("location", "profile"),
        "1 when the location's yearly volume is at or above the norm in force, else 0",
    ),
    Indicator(
        "volume_at_norm",
        "volume",
        "share",
        "higher",
        3,
        1,
        ("profile",),
        "share of patients of profiles with a norm who are treated where the norm is met",
        headline=True,
    ),
    Indicator(
        "providers",
        "volume",
        "locations",
        "neutral",
        0,
        1,
        ("profile",),
        "locations that treated at least one patient",
    ),
    Indicator(
        "travel_mean",
        "travel",
        "minutes",
        "lower",
        1,
        100,
        ("location", "profile", "area"),
        "mean minutes one way from home to the location of treatment",
        headline=True,
    ),
    Indicator(
        "travel_median",
        "travel",
        "minutes",
        "lower",
        1,
        100,
        ("profile",),
        "median minutes one way, nearest rank",
    ),
    Indicator(
        "travel_p90",
        "travel",
        "minutes",
        "lower",
        1,
        100,
        ("profile",),
        "90th percentile of minutes one way, nearest rank",
        headline=True,
    ),
    Indicator(
        "travel_over_30",
        "travel",
        "share",
        "lower",
        3,
        1,
        ("profile", "area"),
        "share of patients travelling more than 30 minutes",
        headline=True,
    ),
    Indicator(
        "travel_over_45",
        "travel",
        "share",
        "lower",
        3,
        1,
        ("profile", "area"),
        "share of patients travelling more than 45 minutes",
    ),
    Indicator(
        "extra_travel_band",
        "travel",
        "patients_per_year",
        "neutral",
        0,
        1,
        ("profile", "band"),
        "patients treated elsewhere than in the baseline, by extra minutes one way",
        per_year=True,
    ),
    Indicator(
        "contact_travel",
        "travel",
        "minutes",
        "lower",
        1,
        100,
        ("profile", "area"),
        "mean minutes one way of the outpatient contacts before and after treatment",
    ),
    Indicator(
        "beyond_45_ed",
        "travel",
        "inhabitants",
        "lower",
        0,
        1,
        ("area",),
        "inhabitants more than 45 minutes by ambulance from an emergency department open day and night; "
        "estimate of the model",
    ),
    Indicator(
        "beyond_30_obstetrics",
        "travel",
        "inhabitants",
        "lower",
        0,
        1,
        ("area",),
        "inhabitants more than 30 minutes by car from acute obstetrics; estimate of the model",
    ),
    Indicator(
        "wait_first_visit",
        "waiting",
        "weeks",
        "lower",
        1,
        WEEK,
        ("location", "profile"),
        "mean weeks from referral to first visit, of first visits in the measured period",
        headline=True,
    ),
    Indicator(
        "wait_treatment",
        "waiting",
        "weeks",
        "lower",
        1,
        WEEK,
        ("location", "profile"),
        "mean weeks from entering the treatment list to treatment, of treatments in the period",
        headline=True,
    ),
    Indicator(
        "wait_treatment_p90",
        "waiting",
        "weeks",
        "lower",
        1,
        WEEK,
        ("profile",),
        "90th percentile of weeks from list entry to treatment, nearest rank",
    ),
    Indicator(
        "within_treeknorm",
        "waiting",
        "share",
        "higher",
        3,
        1,
        ("location", "profile"),
        "share of treatments within 6 weeks (day, outpatient) or 7 weeks (admission) of list entry",
        headline=True,
    ),
    Indicator(
        "list_first_visit_end",
        "waiting",
        "patients",
        "lower",
        0,
        1,
        ("location", "pool"),
        "patients waiting for a first visit at the end of the period",
    ),
    Indicator(
        "list_treatment_end",
        "waiting",
        "patients",
        "lower",
        0,
        1,
        ("location", "profile", "pool"),
        "patients waiting for treatment at the end of the period",
        headline=True,
    ),
    Indicator(
        "list_growth",
        "waiting",
        "patients",
        "lower",
        0,
        1,
        ("location", "pool"),
        "mean list of the last quarter minus mean list of the first quarter of the period",
    ),
    Indicator(
        "list_arrivals",
        "waiting",
        "patients_per_year",
        "neutral",
        0,
        1,
        ("location", "pool"),
        "patients who joined the list in the measured period",
        per_year=True,
    ),
    Indicator(
        "list_spread",
        "waiting",
        "patients",
        "neutral",
        0,
        1,
        ("location", "pool"),
        "patients who joined the list in the period x (1 + cv^2) of their work: the variance of the list by chance",
    ),
    Indicator(
        "load",
        "capacity",
        "share",
        "lower",
        3,
        1,
        ("location", "pool"),
        "expected work of the patients who choose the location over the capacity of the pool",
    ),
    Indicator(
        "occupancy",
        "capacity",
        "share",
        "neutral",
        3,
        1,
        ("location", "pool"),
        "used minutes over available minutes of the pool",
        headline=True,
    ),
    Indicator(
        "peak_p95",
        "capacity",
        "beds",
        "lower",
        0,
        1,
        ("location", "pool"),
        "95th percentile of the daily peak of occupied beds, nearest rank",
    ),
    Indicator(
        "diverted",
        "capacity",
        "per_1000_acute",
        "lower",
        1,
        1,
        ("location",),
        "acute patients admitted elsewhere than at first choice, per 1,000 acute patients",
        headline=True,
    ),
    Indicator(
        "boarded",
        "capacity",
        "per_1000_acute",
        "lower",
        1,
        1,
        ("location",),
        "acute patients admitted above capacity because nobody had a bed, per 1,000",
    ),
    Indicator(
        "outliers",
        "capacity",
        "per_1000_acute",
        "lower",
        1,
        1,
        ("location",),
        "acute patients in a bed of another ward group, per 1,000",
    ),
    Indicator(
        "admissions",
        "activity",
        "patients_per_year",
        "neutral",
        0,
        1,
        ("location",),
        "overnight and observation admissions",
        per_year=True,
    ),
    Indicator(
        "admissions_overnight",
        "activity",
        "patients_per_year",
        "neutral",
        0,
        1,
        ("location",),
        "admissions with at least one night",
        per_year=True,
    ),
    Indicator(
        "observations",
        "activity",
        "patients_per_year",
        "neutral",
        0,
        1,
        ("location",),
        "unplanned stays of some hours for observation, without a night",
        per_year=True,
    ),
    Indicator(
        "ic_admissions",
        "activity",
        "patients_per_year",
        "neutral",
        0,
        1,
        ("location", "pool"),
        "admissions to an IC of this kind",
        per_year=True,
    ),
    Indicator(
        "day_treatments",
        "activity",
        "patients_per_year",
        "neutral",
        0,
        1,
        ("location",),
        "day treatments including sessions on a chair",
        per_year=True,
    ),
    Indicator(
        "bed_days",
        "activity",
        "bed_days_per_year",
        "neutral",
        0,
        1,
        ("location",),
        "calendar days touched by overnight admissions that began in the period",
        per_year=True,
    ),
    Indicator(
        "ic_days",
        "activity",
        "bed_days_per_year",
        "neutral",
        0,
        1,
        ("location",),
        "IC days (minutes on IC over 1,440) of patients admitted in the period",
        per_year=True,
    ),
    Indicator(
        "or_hours",
        "activity",
        "hours_per_year",
        "neutral",
        0,
        60,
        ("location",),
        "operating hours without change-over",
        per_year=True,
    ),
    Indicator(
        "procedure_hours",
        "activity",
        "hours_per_year",
        "neutral",
        0,
        60,
        ("location",),
        "hours of other procedures (cath lab, endoscopy, angio, treatment room)",
        per_year=True,
    ),
    Indicator(
        "first_visits",
        "activity",
        "visits_per_year",
        "neutral",
        0,
        1,
        ("location",),
        "first outpatient visits",
        per_year=True,
    ),
    Indicator(
        "contacts",
        "activity",
        "visits_per_year",
        "neutral",
        0,
        1,
        ("location",),
        "outpatient contacts before and after treatment",
        per_year=True,
    ),
    Indicator(
        "ed_visits",
        "activity",
        "visits_per_year",
        "neutral",
        0,
        1,
        ("location",),
        "emergency department visits, with the share of acute admissions that enters there",
        per_year=True,
    ),
    Indicator(
        "sessions",
        "activity",
        "visits_per_year",
        "neutral",
        0,
        1,
        ("location",),
        "sessions of dialysis, chemotherapy and infusion",
        per_year=True,
    ),
)

#: In place of a mean wait where its queue grows.
_GROWTH = tuple(
    Indicator(
        f"growth_{kind}",
        "waiting",
        "patients_per_week",
        "lower",
        1,
        1,
        ("location", "profile"),
        "growth of the lists behind a wait that grow, between the first and the last quarter of the period",
        derived=True,
    )
    for kind in ("first_visit", "treatment")
)

CATALOGUE: dict[str, Indicator] = {indicator.id: indicator for indicator in (*_ALL, *_GROWTH)}

#: Extra minutes one way, as in the national impact analysis of 2024: (label, lower bound in hundredths, open above).
TRAVEL_BANDS: tuple[tuple[str, int], ...] = (
    ("<0", -(2**31)),
    ("0", 0),
    ("0-5", 1),
    ("5-10", 500),
    ("10-15", 1000),
    ("15-20", 1500),
    ("20-25", 2000),
    ("25-30", 2500),
    ("30-45", 3000),
    (">45", 4500),
)
