"""What the model answers to the question of a number: one outcome of one scenario, as a difference with today."""

from __future__ import annotations

from dataclasses import dataclass

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.impact import Estimate, Impact, Row
from zorgstroom.reporting.rendering import name_of, uncapitalised
from zorgstroom.text import Language, translate

#: Outcomes of the patients who are treated elsewhere, which are no indicators.
MOVED, EXTRA = "moved_patients", "extra_minutes"


@dataclass(frozen=True)
class Fact:
    """One outcome that participants can guess; shares are told as percentages."""

    id: str
    label: str
    unit: str
    value: Estimate
    decimals: int


def facts(impact: Impact, language: Language) -> list[Fact]:
    """Return what can be guessed of a scenario, the patients who are treated elsewhere first."""
    extra, moved = _of_moves(impact)
    found = [
        Fact(
            EXTRA,
            translate(f"workshop.fact.{EXTRA}", language),
            translate("unit.minutes", language),
            extra,
            1,
        ),
        Fact(
            MOVED,
            translate(f"workshop.fact.{MOVED}", language),
            translate("unit.patients_per_year", language),
            moved,
            0,
        ),
    ]
    rows = [row for row in impact.headline if not (row.location or row.area or row.pool or row.band)]
    return [*found, *(_fact(row, impact, language) for row in rows)]


def fact(impact: Impact, name: str, language: Language) -> Fact | None:
    """Return one of them; None where the scenario has no such outcome."""
    return next((item for item in facts(impact, language) if item.id == name), None)


def _of_moves(impact: Impact) -> tuple[Estimate, Estimate]:
    """Return the extra minutes of the patients who are treated elsewhere, and how many they are."""
    if impact.moved is not None and impact.moved_extra_minutes is not None:
        return impact.moved_extra_minutes, impact.moved
    # A result of an earlier version: without intervals.
    return Estimate(mean=impact.mean_extra_minutes), Estimate(mean=impact.moved_patients)


def _fact(row: Row, impact: Impact, language: Language) -> Fact:
    indicator = CATALOGUE[row.indicator]
    label = translate(f"indicator.{row.indicator}", language)
    if row.profile:
        label += f": {uncapitalised(name_of(row.profile, language, impact.names))}"
    if indicator.unit != "share":
        unit = translate(f"unit.{indicator.unit}", language)
        return Fact(_id(row), label, unit, row.difference, indicator.decimals)
    scaled = Estimate(
        mean=row.difference.mean * 100,
        low=None if row.difference.low is None else row.difference.low * 100,
        high=None if row.difference.high is None else row.difference.high * 100,
    )
    unit = translate("unit.percentage_points", language)
    return Fact(_id(row), label, unit, scaled, max(0, indicator.decimals - 2))


def _id(row: Row) -> str:
    return f"{row.indicator}:{row.profile}" if row.profile else row.indicator
