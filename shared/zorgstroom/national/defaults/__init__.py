"""Figures the method starts from where nobody gave a better one, each with its source.

Interventions of tranche 1 with the special rules of the method. What the dataset knows (staff per unit of activity,
stay, operating time, volumes, totals of a location) is taken from there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources

from zorgstroom.dataset.model import Dataset, Figure
from zorgstroom.domain.profile import Profile
from zorgstroom.national.case import Origin, Value
from zorgstroom.national.measures import MEASURES

#: Activities of which the template asks a total per specialty.
KEY_OF_SPECIALTY = ("nursing_days", "day_treatments", "or_hours")


@cache
def shipped_rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a shipped table: ``interventions``."""
    text = resources.files(__package__).joinpath(f"{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def shipped_interventions(dataset: Dataset) -> tuple[dict[str, str], ...]:
    """Return the interventions of tranche 1, each with the ``minimum`` of its norm in the dataset, if that has one."""
    minimum = {norm.id: str(norm.minimum) for norm in dataset.norms}
    return tuple(row | {"minimum": minimum.get(row["norm_id"], "")} for row in shipped_rows("interventions"))


@dataclass(frozen=True)
class RuleFigure:
    """A number that the method itself lays down: ``moving`` or ``factor`` of an intervention."""

    name: str
    intervention: str
    value: float
    unit: str
    source: str


def rule_figures() -> Iterator[RuleFigure]:
    """Yield the numbers of the rules of tranche 1: the part of ERCP that moves, benign lung surgery per resection."""
    for row in shipped_rows("interventions"):
        for name, unit, without in (("moving", "share", "1"), ("factor", "factor", "")):
            if row[name] != without:
                yield RuleFigure(name, row["intervention"], float(row[name]), unit, row["source_nl"])


def exact(value: float) -> Fraction:
    """Return the number as it is written in decimals.

    >>> exact(0.1)
    Fraction(1, 10)
    """
    return Fraction(f"{value:.15g}")


def shipped_profiles() -> dict[str, str]:
    """Return the care profile of each intervention of tranche 1 that has one."""
    return {row["intervention"]: row["profile"] for row in shipped_rows("interventions") if row["profile"]}


def national_proxies(
    dataset: Dataset, profiles: Mapping[str, str] | None = None
) -> dict[tuple[str, str], Value]:
    """Return the national proxies by intervention (``*``: all) and measure.

    `profiles`: the care profile of each intervention; those of tranche 1 if left out.
    """
    found = {
        ("*", name): Value(exact(figure.value), _origin(figure), figure.note or figure.source)
        for name, figure in dataset.staffing.items()
        if name in MEASURES
    }
    for intervention, name in (shipped_profiles() if profiles is None else profiles).items():
        profile = dataset.profiles[dataset.profile_index[name]]
        source = f"{dataset.id} {dataset.version}: {profile.id}"
        for measure, value in _of_profile(dataset, profile):
            found[intervention, measure] = Value(value, "national", source)
    return found


def _origin(figure: Figure) -> Origin:
    return "assumed" if figure.basis == "assumed" else "national"


def _of_profile(dataset: Dataset, profile: Profile) -> Iterator[tuple[str, Fraction]]:
    """Yield what the dataset knows of one patient; nursing days are days on the calendar, so nights + 1."""
    centre = exact(profile.centre_contacts)
    yield "visits_before", centre / 2
    yield "visits_after", centre / 2
    days = exact(profile.los_nights_mean) + 1
    ic_days = exact(profile.ic_days_mean) if profile.ic_type else Fraction(0)
    yield "share_admitted", exact(profile.setting_shares["overnight"])
    yield "share_ic", exact(profile.ic_probability) if profile.ic_type else Fraction(0)
    yield "stay_without_ic", days
    yield "stay_after_ic", max(days - ic_days, Fraction(1))
    yield "ic_stay", ic_days
    yield "day_treatments", exact(profile.setting_shares["day"])
    yield "ed_visits", exact(profile.acute_share) * exact(dataset.parameter("via_ed_share"))
    if profile.procedure_list == "or":
        yield "or_minutes", exact(profile.procedure_share) * exact(profile.procedure_minutes_mean)
        # What is done in an operating room is not done in a scope room.
        yield "scope_minutes", Fraction(0)
    cost = next(
        (item for item in dataset.figures if item.subject == profile.id and item.name == "cost_eur"), None
    )
    if cost is not None:
        yield "claims", exact(cost.value)


def expected_volumes(
    dataset: Dataset, profiles: Mapping[str, str] | None = None
) -> dict[tuple[str, str], Value]:
    """Return the volumes the model expects today by location and intervention, in whole patients.

    `profiles`: the care profile of each intervention; those of tranche 1 if left out. A volume that an organisation
    put into the dataset itself is its own.
    """
    source = f"{dataset.id} {dataset.version}"
    own = {(item.location_id, item.subject): item for item in dataset.own if item.kind == "volumes"}
    found = {}
    for intervention, profile in (shipped_profiles() if profiles is None else profiles).items():
        column = dataset.profile_index[profile]
        for index, location in enumerate(dataset.locations):
            patients = round(Fraction(int(dataset.expected_volume[index, column]), 1000))
            given = own.get((location.id, profile))
            if given is not None:
                found[location.id, intervention] = Value(exact(given.value), "own", given.source)
            elif patients:
                found[location.id, intervention] = Value(Fraction(patients), "derived", source)
    return found


def expected_totals(dataset: Dataset) -> dict[tuple[str, str, str, str], Value]:
    """Return the totals the model expects by organisation, location, specialty ("": all) and activity.

    Whole numbers. Visits, radiotherapy, hours of scopes and cost are not known in the dataset, and are left out.
    """
    source = f"{dataset.id} {dataset.version}"
    sums: dict[tuple[str, str, str, str], Fraction] = {}
    claims = {item.subject: exact(item.value) for item in dataset.figures if item.name == "cost_eur"}
    via_ed = exact(dataset.parameter("via_ed_share"))
    for column, profile in enumerate(dataset.profiles):
        if profile.pathway != "care":
            continue
        work = dict(_of_profile(dataset, profile))
        acute = Fraction(1) if profile.always_acute else exact(profile.acute_share)
        asked = {
            "nursing_days": work["share_admitted"] * work["stay_without_ic"],
            "ic_days": work["share_ic"] * work["ic_stay"],
            # Courses of sessions, such as chemotherapy and dialysis, are not among them.
            "day_treatments": work["day_treatments"],
            "or_hours": work.get("or_minutes", Fraction(0)) / 60,
            "ed_visits": Fraction(1) if profile.id == "ed_no_admission" else acute * via_ed,
            "claims": claims.get(profile.id, Fraction(0)),
        }
        for index, location in enumerate(dataset.locations):
            patients = Fraction(int(dataset.expected_volume[index, column]), 1000)
            for activity, one in asked.items():
                for specialty in ("", profile.specialty):
                    key = (location.organisation_id, location.id, specialty, activity)
                    sums[key] = sums.get(key, Fraction(0)) + patients * one
    return {
        key: Value(Fraction(round(value)), "derived", source)
        for key, value in sums.items()
        if round(value) and (not key[2] or key[3] in KEY_OF_SPECIALTY)
    }
