"""Kilometres and CO2 of patients' trips in the report: all care together and the care the plan is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.impact import Estimate, Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.readings import is_clear
from zorgstroom.reporting.wording import spread

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

#: Kinds of figures in the register of assumptions.
KINDS = ["parameters.road_detour_factor", "parameters.car_kg_co2_per_km"]


def contribute(sources: Sources) -> Sequence[Section]:
    """Return kilometres and CO2 a year, today and what the plan changes."""
    rows: list[list[SectionCell]] = []
    for profile in ("", *sources.profiles):
        km, co2 = (sources.readings.at(name, profile=profile) for name in ("car_km", "car_co2"))
        if km is None or co2 is None:
            continue
        name: SectionCell = profile or TextRef(key="report.environment.all")
        rows.append([name, km.baseline, km.difference, co2.baseline, co2.difference])
    driven, emitted = (sources.readings.at(name) for name in ("car_km", "car_co2"))
    sentences = []
    if driven is not None and emitted is not None:
        more = driven.difference.mean
        # Half a kilometre is rounding.
        direction = "same" if abs(more) < 0.5 else ("more" if more > 0 else "less")
        params: dict[str, Any] = {"km": _size(driven.difference), "kg": _size(emitted.difference)}
        if direction != "same" and driven.difference.low is not None and not is_clear(driven.difference):
            direction, params = "unclear", {"km": {**spread(driven.difference), "signed": True}}
        sentences.append(TextRef(key=f"report.environment.{direction}", params=params))
    return (
        Section(
            id="environment",
            criterion="care_use",
            columns=[
                SectionColumn(id="environment_care"),
                SectionColumn(id="environment_km", kind="spread"),
                SectionColumn(id="environment_km_change", kind="difference"),
                SectionColumn(id="environment_kg", kind="spread"),
                SectionColumn(id="environment_kg_change", kind="difference"),
            ],
            rows=rows,
            sentences=sentences,
            table="indicators",
            assumptions=[numbers()[kind] for kind in KINDS],
        ),
    )


def _size(difference: Estimate) -> dict[str, Any]:
    """Return how much more or less it is, without a sign."""
    ends = [None if end is None else abs(end) for end in (difference.low, difference.high)]
    low, high = reversed(ends) if difference.mean < 0 else ends
    return spread(Estimate(mean=abs(difference.mean), low=low, high=high))
