"""Other facts than the dataset's: every dimension at its place in one draw.

Works on the facts (`load_primary`); what follows from them is derived anew by `calibrate.derive`, so that a draw is
a world that fits together. Own figures of an organisation and measured travel times stay as they were given; an own
wait is kept as a ratio to the published one and moves with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from zorgstroom.dataset.loading import figure_fields
from zorgstroom.dataset.model import Dataset, Figure, Specialty
from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.domain.profile import SETTINGS, Profile
from zorgstroom_simulator.robust.dimensions import Dimension
from zorgstroom_simulator.robust.hypercube import FloatArray

#: By table, subject and figure: the dimension, and its factor (or tilt) in this draw.
Changes = Mapping[tuple[str, str, str], tuple[Dimension, float]]

SETTING_FIGURES = tuple(f"setting_{name}" for name in SETTINGS)
TYPE_FIGURES = tuple(f"share_{name}" for name in HOSPITAL_TYPES)
RATE_FIGURES = tuple(f"rate_{band}" for band in AGE_BANDS)


def perturbed(primary: Dataset, dimensions: Sequence[Dimension], positions: FloatArray) -> Dataset:
    """Return the facts of one draw; `positions` float64[figures] is its row of the Latin hypercube."""
    changes = {
        (item.table, item.subject, item.figure): (item, item.at(float(position)))
        for item, position in zip(dimensions, positions, strict=True)
    }
    national = primary.population[primary.base_year].sum(axis=0).astype(np.float64)
    values = {profile.id: _profile_values(profile, changes, national) for profile in primary.profiles}
    return dataclasses.replace(
        primary,
        parameters=_parameters(primary.parameters, changes),
        profiles=tuple(
            dataclasses.replace(profile, **figure_fields(values[profile.id])) for profile in primary.profiles
        ),
        figures=tuple(
            dataclasses.replace(figure, value=values[figure.subject][figure.name])
            if figure.name in values.get(figure.subject, {})
            else figure
            for figure in primary.figures
        ),
        case_mix={
            (kind, duration): round(permille * _factor(changes, "case_mix", kind, duration))
            for (kind, duration), permille in primary.case_mix.items()
        },
        specialties=_specialties(primary.specialties, changes),
        organisations=tuple(
            dataclasses.replace(item, beds=item.beds * _factor(changes, "organisation", item.id, "beds"))
            if item.beds is not None
            else item
            for item in primary.organisations
        ),
        ferry_minutes={
            gemeente: minutes * _factor(changes, "ferry", "", "ferry_minutes")
            for gemeente, minutes in primary.ferry_minutes.items()
        },
    )


def _factor(changes: Changes, table: str, subject: str, figure: str) -> float:
    """Return the factor on a figure; one for what is not drawn."""
    found = changes.get((table, subject, figure))
    return 1.0 if found is None else found[1]


def _changed(value: float, change: tuple[Dimension, float] | None) -> float:
    """Return a figure times its factor; a whole number stays one, and at least one."""
    if change is None:
        return value
    item, factor = change
    return float(max(1, round(value * factor))) if item.whole else value * factor


def _parameters(parameters: Mapping[str, Figure], changes: Changes) -> dict[str, Figure]:
    by_member = {
        member: (item, factor)
        for item, factor in changes.values()
        if item.table == "model"
        for member in item.members
    }
    return {
        name: dataclasses.replace(figure, value=_changed(figure.value, by_member.get(name)))
        for name, figure in parameters.items()
    }


def _specialties(specialties: Sequence[Specialty], changes: Changes) -> tuple[Specialty, ...]:
    """Return the specialties with other waits, and first visits that are still shared out completely."""
    shares = [
        item.first_visit_share * _factor(changes, "specialty", item.id, "first_visit_share")
        for item in specialties
    ]
    before, after = sum(item.first_visit_share for item in specialties), sum(shares)
    scale = before / after if after > 0 else 1.0
    return tuple(
        dataclasses.replace(
            item,
            first_visit_share=share * scale,
            wait_first_visit_weeks=item.wait_first_visit_weeks
            * _factor(changes, "specialty", item.id, "wait_first_visit_weeks"),
        )
        for item, share in zip(specialties, shares, strict=True)
    )


def _profile_values(profile: Profile, changes: Changes, national: FloatArray) -> dict[str, float]:
    """Return the figures of a profile in this draw, by name; `national` is float64[B], inhabitants by age."""
    values = _present_values(profile)
    for (table, subject, _), change in changes.items():
        item, factor = change
        if table != "profile" or subject != profile.id:
            continue
        if item.kind == "tilt":
            rates = [values[name] for name in RATE_FIGURES]
            values |= dict(zip(RATE_FIGURES, tilted(rates, factor, national), strict=True))
        elif item.kind == "whole":
            shares = [values[name] for name in item.members]
            values |= dict(zip(item.members, shared_out(shares, factor), strict=True))
        else:
            for name in _names(item):
                values[name] = _changed(values[name], change)
    return values


def _names(item: Dimension) -> tuple[str, ...]:
    return tuple(part for name in item.members for part in (RATE_FIGURES if name == "rate_*" else (name,)))


def tilted(rates: Sequence[float], tilt: float, inhabitants: FloatArray) -> list[float]:
    """Return rates by age that weigh the old more (the young, for a tilt below zero), with the same total.

    The youngest band is multiplied by 1 - tilt, the oldest by 1 + tilt, those between in even steps.
    """
    weights = 1 + tilt * np.linspace(-1, 1, len(rates))
    before = np.array(rates, dtype=np.float64)
    after = before * weights
    total = float(after @ inhabitants)
    return [float(rate) for rate in (after * (float(before @ inhabitants) / total) if total > 0 else before)]


def shared_out(shares: Sequence[float], factor: float) -> list[float]:
    """Return shares of one with the first above zero times `factor`; the others share the rest in proportion.

    >>> shared_out([0.0, 0.5, 0.25, 0.25], 1.2)
    [0.0, 0.6, 0.2, 0.2]
    """
    first = next(index for index, share in enumerate(shares) if share > 0)
    others = sum(shares) - shares[first]
    if others <= 0:
        return list(shares)
    larger = min(sum(shares), shares[first] * factor)
    rest = (sum(shares) - larger) / others
    return [larger if index == first else share * rest for index, share in enumerate(shares)]


def _present_values(profile: Profile) -> dict[str, float]:
    return {
        "volume_per_year": profile.volume_per_year,
        **dict(zip(RATE_FIGURES, profile.rate_per_1000, strict=True)),
        "acute_share": profile.acute_share,
        **{f"setting_{name}": profile.setting_shares[name] for name in SETTINGS},
        "los_nights_mean": profile.los_nights_mean,
        "los_nights_sd": profile.los_nights_sd,
        "procedure_share": profile.procedure_share,
        "procedure_minutes_mean": profile.procedure_minutes_mean,
        "procedure_minutes_sd": profile.procedure_minutes_sd,
        "ic_probability": profile.ic_probability,
        "ic_days_mean": profile.ic_days_mean,
        "ic_days_sd": profile.ic_days_sd,
        **{f"share_{name}": profile.type_shares[name] for name in HOSPITAL_TYPES},
        "providers": float(profile.providers),
        "wait_first_visit_weeks": profile.wait_first_visit_weeks,
        "wait_treatment_weeks": profile.wait_treatment_weeks,
        "precare_contacts": profile.precare_contacts,
        "aftercare_contacts": profile.aftercare_contacts,
        "outpatient_contacts_at_centre": profile.centre_contacts,
        # Never drawn: results move along with it in proportion.
        "cost_eur": profile.cost_eur,
    }
