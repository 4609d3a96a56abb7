"""What the calibration reproduces, and what it could not: shares of patients by hospital type, bed-days against beds.

Where hospitals of one type stand further from people than their beds suggest, no attraction within its limit brings
them their share; that is reported, never forced.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.planning.attraction import (
    Attraction,
    calendar_bed_days,
    ic_share,
    organisation_index,
    type_index,
)
from zorgstroom.planning.expected import FloatArray

#: What a line is about, from coarse to fine.
LEVELS = ("type", "roaz", "organisation", "profile")
#: A share counts as reproduced within this relative deviation: hospital types, and organisations.
TYPE_FITTED = 0.001
ORGANISATION_FITTED = 0.01


@dataclass(frozen=True)
class FitLine:
    """One share of the calibrated baseline beside the one it should be."""

    level: str
    id: str
    measure: str
    detail: str
    known: float
    modelled: float
    fitted: bool

    @property
    def deviation(self) -> float:
        """Modelled over known, less one; 0 where nothing is known."""
        return self.modelled / self.known - 1 if self.known > 0 else 0.0


@dataclass(frozen=True)
class Fit:
    """What calibration could and could not do."""

    offers: int
    lines: tuple[FitLine, ...]

    @property
    def homeless_shares(self) -> tuple[str, ...]:
        """``profile:type`` whose share no location of the type can take; divided over the other types."""
        return tuple(f"{line.id}:{line.detail}" for line in self.lines if line.measure == "homeless")

    @property
    def worst_deviation(self) -> float:
        """Largest difference in share of a profile's patients between a type's modelled and known share."""
        return max(
            (abs(line.modelled - line.known) for line in self.level("profile") if line.measure == "patients"),
            default=0.0,
        )

    def level(self, level: str) -> tuple[FitLine, ...]:
        """Return the lines of one level, the worst first."""
        mine = [line for line in self.lines if line.level == level]
        return tuple(
            sorted(mine, key=lambda line: (-abs(line.deviation), line.id, line.measure, line.detail))
        )

    @property
    def not_reached(self) -> tuple[FitLine, ...]:
        """What the calibration aimed at and did not reach, the furthest off first: profiles and organisations."""
        aims = ("organisation", "profile")
        missed = [line for line in self.lines if not line.fitted and line.level in aims]
        return tuple(
            sorted(missed, key=lambda line: (-abs(line.deviation), line.id, line.measure, line.detail))
        )

    @property
    def off_beds(self) -> tuple[FitLine, ...]:
        """Organisations that do not get the share of the bed-days that their beds are of their type's."""
        return tuple(line for line in self.level("organisation") if not line.fitted)


def report_fit(dataset: Dataset, fitted: Attraction) -> Fit:
    """Return the fit of a calibrated dataset per hospital type, ROAZ region, organisation and profile."""
    lines = [
        *_types(dataset, fitted),
        *_regions(dataset, fitted),
        *_organisations(dataset, fitted),
        *_profiles(dataset, fitted),
    ]
    return Fit(int(dataset.offers.sum()), tuple(lines))


def _beds_of_locations(dataset: Dataset, days: FloatArray) -> FloatArray:
    """Return the beds of each organisation divided over its locations by their bed-days: float64[L]."""
    organisations = organisation_index(dataset)
    beds = np.array([organisation.beds or 0.0 for organisation in dataset.organisations])
    total = np.bincount(organisations, days, minlength=len(beds))
    per_day = np.divide(beds, total, out=np.zeros(len(beds)), where=total > 0)
    return np.asarray(days * per_day[organisations])


def _types(dataset: Dataset, fitted: Attraction) -> list[FitLine]:
    kinds = type_index(dataset)
    persons = fitted.expected.persons
    per_profile = persons.sum(axis=0)
    shares = np.array([[p.type_shares[kind] for kind in HOSPITAL_TYPES] for p in dataset.profiles])
    known = per_profile @ shares / max(float(per_profile.sum()), 1e-12)
    modelled = np.bincount(kinds, persons.sum(axis=1), minlength=len(HOSPITAL_TYPES)) / max(
        float(per_profile.sum()), 1e-12
    )
    lines = [
        FitLine(
            "type", kind, "patients", "", known[i], modelled[i], _near(known[i], modelled[i], TYPE_FITTED)
        )
        for i, kind in enumerate(HOSPITAL_TYPES)
    ]
    days = calendar_bed_days(dataset, fitted.expected)
    beds = _beds_of_locations(dataset, days)
    return lines + [
        _bed_line("type", kind, "", beds, days, kinds == i, np.ones(len(days), np.bool_))
        for i, kind in enumerate(HOSPITAL_TYPES)
        if beds[kinds == i].any()
    ]


def _regions(dataset: Dataset, fitted: Attraction) -> list[FitLine]:
    days = calendar_bed_days(dataset, fitted.expected)
    beds = _beds_of_locations(dataset, days)
    everything = np.ones(len(days), np.bool_)
    roaz = np.array([location.roaz for location in dataset.locations])
    return [
        _bed_line("roaz", name, "", beds, days, roaz == name, everything)
        for name in sorted(set(roaz.tolist()))
        if beds[roaz == name].any()
    ]


def _organisations(dataset: Dataset, fitted: Attraction) -> list[FitLine]:
    days = calendar_bed_days(dataset, fitted.expected)
    beds = _beds_of_locations(dataset, days)
    kinds, organisations = type_index(dataset), organisation_index(dataset)
    return [
        _bed_line(
            "organisation",
            organisation.id,
            organisation.type,
            beds,
            days,
            organisations == index,
            kinds == HOSPITAL_TYPES.index(organisation.type),
        )
        for index, organisation in enumerate(dataset.organisations)
        if beds[organisations == index].any()
    ]


def _bed_line(
    level: str,
    name: str,
    detail: str,
    beds: FloatArray,
    days: FloatArray,
    mine: BoolArray,
    within: BoolArray,
) -> FitLine:
    """Compare shares of beds and bed-days within the locations `within` whose beds are known."""
    base = within & (beds > 0)
    known = float(beds[mine & base].sum() / beds[base].sum())
    modelled = float(days[mine & base].sum() / days[base].sum())
    return FitLine(
        level, name, "bed_days", detail, known, modelled, _near(known, modelled, ORGANISATION_FITTED)
    )


def _profiles(dataset: Dataset, fitted: Attraction) -> list[FitLine]:
    kinds = type_index(dataset)
    homeless = set(fitted.homeless)
    lines = []
    for index, profile in enumerate(dataset.profiles):
        persons = fitted.expected.persons[:, index]
        if persons.sum() <= 0:
            continue
        modelled = np.bincount(kinds, persons, minlength=len(HOSPITAL_TYPES)) / persons.sum()
        placed = sum(
            profile.type_shares[kind] for kind in HOSPITAL_TYPES if f"{profile.id}:{kind}" not in homeless
        )
        for kind, part in zip(HOSPITAL_TYPES, modelled.tolist(), strict=True):
            known = profile.type_shares[kind]
            if known > 0 and f"{profile.id}:{kind}" in homeless:
                lines.append(FitLine("profile", profile.id, "homeless", kind, known, part, False))
            elif known > 0:
                known /= placed
                near = _near(known, part, TYPE_FITTED)
                lines.append(FitLine("profile", profile.id, "patients", kind, known, part, near))
        in_need = ic_share(profile)
        has_ic = any(
            profile.ic_type in location.ic_types and offered
            for location, offered in zip(dataset.locations, dataset.offers[:, index], strict=True)
        )
        if in_need > 0 and not has_ic:
            lines.append(FitLine("profile", profile.id, "ic", "", in_need, 0.0, False))
    return lines


def _near(known: float, modelled: float, tolerance: float) -> bool:
    return bool(abs(modelled - known) <= tolerance * known)
