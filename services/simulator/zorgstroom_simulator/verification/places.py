"""Figures per location of one replication, added up for single organisations, hospital types and ROAZ regions.

What the model gives for a hospital is an estimate, never the hospital's own figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.attraction import organisation_index
from zorgstroom_simulator.scope import Scope
from zorgstroom_simulator.verification.admissions import Admissions, FloatArray
from zorgstroom_simulator.verification.sums import Sums

#: Sums of a group of locations stand under this and the figure, with the group (``type:umc``) as subject.
GROUP = "group."
#: Figures of single organisations by target: organisation and figure of `_amounts` or profiles.
ORGANISATIONS: Mapping[str, tuple[str, str]] = {
    "mumc_admissions": ("MUMC", "admissions"),
    "umcg_admissions": ("UMCG", "admissions"),
    "cwz_admissions": ("CWZ", "admissions"),
    "asz_admissions": ("ASZ", "admissions"),
    "mumc_day_admissions": ("MUMC", "day_admissions"),
    "cwz_day_admissions": ("CWZ", "day_admissions"),
    "umcg_first_visits": ("UMCG", "first_visits"),
    "cwz_first_visits": ("CWZ", "first_visits"),
    "mumc_ed_visits": ("MUMC", "ed_visits"),
    "umcg_ed_visits": ("UMCG", "ed_visits"),
    "mumc_bed_days": ("MUMC", "bed_days"),
    "cwz_bed_days": ("CWZ", "bed_days"),
    "umcg_bed_days": ("UMCG", "bed_days"),
    "cwz_ic_days": ("CWZ", "ic_days"),
    "umcg_heart_operations": ("UMCG", "cardiac_surgery"),
    "umcg_transplants": ("UMCG", "transplant"),
}
STAYS = {"mumc_stay": "MUMC", "cwz_stay": "CWZ"}
#: Amounts a year that indicators give, by our name.
TOTALS = {
    "day_admissions": "day_treatments",
    "first_visits": "first_visits",
    "ed_visits": "ed_visits",
    "list_treatment": "list_treatment_end",
}
#: Means that indicators give as a sum and a number.
MEANS = ("wait_first_visit", "wait_treatment", "travel_mean", "diverted", "outliers", "occupancy")
#: Region of the one published figure of a ROAZ region.
NORTH_WEST = "Noord-Holland/Flevoland"


@dataclass(frozen=True)
class Figures:
    """What each location did in a year: float64[L] per figure; waits and travel as sum and number."""

    amounts: Mapping[str, FloatArray]
    ratios: Mapping[str, tuple[FloatArray, FloatArray]]


def figures_of_locations(scope: Scope, indicators: pa.Table, admitted: Admissions) -> Figures:
    """Return the figures of every location; `indicators` is the table of `measure`."""
    dataset, size = scope.dataset, len(scope.dataset.locations)
    rows: dict[str, tuple[FloatArray, FloatArray]] = {}
    names = {*TOTALS.values(), *MEANS}
    for row in indicators.to_pylist():
        name = row["indicator"]
        if name not in names or not row["location"] or row["profile"] or row["area"] or row["band"]:
            continue
        if row["pool"] if name != "occupancy" else not row["pool"].startswith("ward:"):
            continue
        above, below = rows.setdefault(name, (np.zeros(size), np.zeros(size)))
        place = dataset.location_index[row["location"]]
        above[place] += row["total"] / CATALOGUE[name].scale
        below[place] += row["count"]

    def per_year(who: BoolArray, weights: FloatArray) -> FloatArray:
        return np.bincount(admitted.location[who], weights[who], size) * 52 / scope.calendar.weeks

    nothing = (np.zeros(size), np.ones(size))
    by_profile: dict[str, FloatArray] = {
        name: per_year(admitted.profile == dataset.profile_index[name], admitted.number)
        for name in ("cardiac_surgery", "transplant")
        if name in dataset.profile_index
    }
    amounts: dict[str, FloatArray] = {
        "admissions": per_year(admitted.overnight, admitted.number),
        "bed_days": per_year(admitted.overnight, admitted.calendar_days.astype(np.float64)),
        "ic_days": per_year(admitted.needs_ic, admitted.ic_minutes / MINUTES_PER_DAY),
        **by_profile,
    }
    for ours, name in TOTALS.items():
        above, below = rows.get(name, nothing)
        amounts[ours] = np.divide(above, below, out=np.zeros(size), where=below > 0)
    ratios = {name: rows.get(name, (np.zeros(size), np.zeros(size))) for name in MEANS}
    return Figures(amounts, ratios)


def count_organisations(scope: Scope, figures: Figures, admitted: Admissions) -> Sums:
    """Return the figures of single organisations that have published theirs."""
    dataset = scope.dataset
    position = {organisation.id: index for index, organisation in enumerate(dataset.organisations)}
    of = organisation_index(dataset)
    sums: Sums = {}
    for target, (name, figure) in ORGANISATIONS.items():
        amount = figures.amounts.get(figure)
        if name in position and amount is not None:
            sums[target, ""] = float(amount[of == position[name]].sum()), 1.0
    for target, name in STAYS.items():
        if name in position:
            mine = of == position[name]
            admissions = float(figures.amounts["admissions"][mine].sum())
            sums[target, ""] = float(figures.amounts["bed_days"][mine].sum()), admissions
    if "CWZ" in position:
        mine = of == position["CWZ"]
        # Per 1,000 acute patients in the model, of all clinical admissions in the publication.
        outliers = float(figures.ratios["outliers"][0][mine].sum()) / 1000
        per_year = outliers * 52 / scope.calendar.weeks
        sums["cwz_outliers", ""] = 100 * per_year, float(figures.amounts["admissions"][mine].sum())
    university = np.array([location.type == "umc" for location in dataset.locations])[admitted.location]
    labelled = np.array([profile.complex for profile in dataset.profiles])[admitted.profile]
    sums["umc_complex_share", ""] = 100 * float((university & labelled).sum()), float(university.sum())
    return sums


def count_groups(scope: Scope, figures: Figures) -> Sums:
    """Return every figure per hospital type and per ROAZ region, under `GROUP`."""
    dataset = scope.dataset
    kinds = np.array([location.type for location in dataset.locations])
    regions = np.array([location.roaz for location in dataset.locations])
    inhabitants = dataset.population[scope.calendar.demand_year].sum(axis=1)
    home = np.array([area.roaz for area in dataset.areas])
    beds = _operational_beds(dataset, figures.amounts["bed_days"])
    groups = [(f"type:{kind}", kinds == kind) for kind in HOSPITAL_TYPES if (kinds == kind).any()]
    groups += [(f"roaz:{name}", regions == name) for name in sorted(set(regions.tolist()))]
    sums: Sums = {}
    for group, mine in groups:
        for figure in (
            "admissions",
            "day_admissions",
            "bed_days",
            "first_visits",
            "ed_visits",
            "list_treatment",
        ):
            sums[GROUP + figure, group] = float(figures.amounts[figure][mine].sum()), 1.0
        for figure, (above, below) in figures.ratios.items():
            percent = 100 if figure == "occupancy" else 1
            sums[GROUP + figure, group] = percent * float(above[mine].sum()), float(below[mine].sum())
        days = 100 * float(figures.amounts["bed_days"][mine & (beds > 0)].sum())
        sums[GROUP + "occupancy_operational", group] = days, float(beds[mine].sum()) * 365
        people = float(inhabitants[home == group.removeprefix("roaz:")].sum())
        sums[GROUP + "ed_visits_per_1000", group] = (
            1000 * float(figures.amounts["ed_visits"][mine].sum()),
            people,
        )
    visits, people = sums.get((GROUP + "ed_visits_per_1000", f"roaz:{NORTH_WEST}"), (0.0, 0.0))
    sums["ed_visits_noordholland_flevoland", ""] = visits, people
    return sums


def _operational_beds(dataset: Dataset, days: FloatArray) -> FloatArray:
    """Return the beds of each organisation divided over its locations by their bed-days: float64[L]."""
    of = organisation_index(dataset)
    beds = np.array([organisation.beds or 0.0 for organisation in dataset.organisations])
    total = np.bincount(of, days, minlength=len(beds))
    return np.asarray(days * np.divide(beds, total, out=np.zeros(len(beds)), where=total > 0)[of])
