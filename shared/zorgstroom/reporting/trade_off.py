"""The trade-off between plans on the same patients: travel against the norm, or against the wait where there is none.

Each plan is a point with its simulated years around it, and so is today: nobody gets the one without the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.rendering import name_of
from zorgstroom.reporting.scatter import Dot, extent, scatter_chart
from zorgstroom.reporting.side_by_side import Key, Line, Result, key_of, years_of
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number, percent

ACROSS = "travel_mean"
#: What travel is weighed against: the first of these that all plans tell.
AGAINST = ("volume_at_norm", "wait_treatment")
#: Pictures on a page: of all care, and of the care that comes first.
MOST = 4


@dataclass(frozen=True)
class Point:
    """A plan, or today: means, and the values of its simulated years."""

    #: Empty: today.
    name: str
    x: float
    y: float
    years: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class TradeOff:
    """One kind of care, or all of it (empty): travel against something else."""

    profile: str
    against: str
    points: tuple[Point, ...]


def trade_offs(results: Sequence[Result], lines: Sequence[Line]) -> list[TradeOff]:
    """Return what can be weighed of comparable runs: only what all of them tell, today too."""
    known = {key_of(line.row): line for line in lines if all(plan is not None for plan in line.plans)}
    found = []
    for profile in dict.fromkeys(key[2] for key in known if key[0] == ACROSS and _whole(key)):
        travel = known[_key(ACROSS, profile)]
        against = next((name for name in AGAINST if _key(name, profile) in known), None)
        if against is not None:
            points = _points(results, travel, known[_key(against, profile)])
            found.append(TradeOff(profile, against, points))
    return found[:MOST]


def _key(indicator: str, profile: str) -> Key:
    return (indicator, "", profile, "", "", "")


def _whole(key: Key) -> bool:
    return key == _key(key[0], key[2])


def _points(results: Sequence[Result], travel: Line, other: Line) -> tuple[Point, ...]:
    keys = key_of(travel.row), key_of(other.row)
    found = [
        Point("", travel.row.baseline.mean, other.row.baseline.mean, _cloud(results[0], keys, "baseline"))
    ]
    for result, x, y in zip(results, travel.plans, other.plans, strict=True):
        if x is not None and y is not None:
            found.append(Point(result.impact.name, x.mean, y.mean, _cloud(result, keys, "plan")))
    return tuple(found)


def _cloud(result: Result, keys: tuple[Key, Key], side: str) -> tuple[tuple[float, float], ...]:
    years = years_of(result, set(keys), side)
    across, up = (years.get(key, {}) for key in keys)
    return tuple((across[year], up[year]) for year in sorted(across.keys() & up.keys()))


def drawn(found: TradeOff, language: Language, names: Mapping[str, Mapping[str, str]]) -> str:
    """Return the picture; open: today."""
    today = translate("report.column.baseline", language)
    dots = [
        Dot(point.name or today, point.x, point.y, bool(point.name), point.years) for point in found.points
    ]
    plain, titles = (
        [title(indicator, language) for indicator in (ACROSS, found.against)] for title in (_name, _title)
    )
    ticks = [
        [_written(indicator, end, language) for end in ends]
        for indicator, ends in zip((ACROSS, found.against), extent(dots), strict=True)
    ]
    told = [
        translate(
            "compare.trade_off.point",
            language,
            name=dot.label,
            x=_written(ACROSS, dot.x, language),
            y=_written(found.against, dot.y, language),
        )
        for dot in dots
    ]
    alt = translate(
        "compare.trade_off.alt",
        language,
        care=care_of(found, language, names),
        across=plain[0],
        up=plain[1],
        points="; ".join(told),
    )
    arrow = "\u2191" if CATALOGUE[found.against].direction == "higher" else "\u2193"
    return scatter_chart(dots, f"\u2190 {titles[0]}", f"{arrow} {titles[1]}", (ticks[0], ticks[1]), alt)


def care_of(found: TradeOff, language: Language, names: Mapping[str, Mapping[str, str]]) -> str:
    """Return what care a trade-off is about."""
    if not found.profile:
        return translate("compare.trade_off.everything", language)
    return name_of(found.profile, language, names)


def _name(indicator: str, language: Language) -> str:
    unit = CATALOGUE[indicator].unit
    name = translate(f"indicator.{indicator}", language)
    return name if unit == "share" else f"{name} ({translate(f'unit.{unit}', language)})"


def _title(indicator: str, language: Language) -> str:
    better = "higher" if CATALOGUE[indicator].direction == "higher" else "lower"
    return translate(f"compare.trade_off.{better}", language, name=_name(indicator, language))


def _written(indicator: str, value: float, language: Language) -> str:
    definition = CATALOGUE[indicator]
    if definition.unit == "share":
        return percent(value, language)
    return number(value, language, definition.decimals)
