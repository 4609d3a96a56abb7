"""Money: turnover that leaves and comes, and fixed cost that stays behind year by year.

Turnover that moves is patients who go elsewhere x the price of their care. A hospital that loses more than it gets
keeps the fixed part of that cost, taken to be as large as the turnover; the part falls from the first year to the
fifth. Arrays are float64[replications], euros a year each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.calendar import YEAR_WEEKS
from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.balance import yearly_changes
from zorgstroom.reporting.impact import Estimate, Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.intervals import count
from zorgstroom.reporting.staff import everybody, times
from zorgstroom.reporting.stranded import YearOfCost, cost_path, together

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

FloatArray = npt.NDArray[np.float64]
#: Money is told in thousands.
THOUSAND = 1 / 1000
UNIT = "thousand_euros_per_year"
#: Prices that the cost of activity is worked out with.
_REFERENCE = ("nursing_day", "ic_day", "day_treatment", "visit", "ed_visit", "or_minute")
#: Less than this in a year is not told in words.
SMALLEST_EURO = 500.0


# Pure: what moves, what stays


@dataclass(frozen=True)
class Turnover:
    """Turnover that leaves each location, and that comes to it."""

    leaves: Mapping[str, FloatArray]
    comes: Mapping[str, FloatArray]

    def lost(self, location: str) -> FloatArray:
        """Return what a location loses on balance; nothing where it gains on average."""
        leaves, comes = self.leaves.get(location), self.comes.get(location)
        if leaves is None:
            return np.zeros_like(comes)
        return leaves if comes is None else on_balance(leaves - comes)

    @property
    def locations(self) -> tuple[str, ...]:
        """Return every location that something leaves or comes to."""
        return tuple(dict.fromkeys([*self.leaves, *self.comes]))


def moved_turnover(
    moved: Mapping[tuple[str, ...], FloatArray],
    replaced: Mapping[tuple[str, str], FloatArray],
    price: Callable[[str], float],
) -> Turnover:
    """Return turnover from patients by (profile, from, to), and by (location, profile) of who is helped elsewhere.

    `price` is the euros of a patient of a profile.
    """
    leaves: dict[str, FloatArray] = {}
    comes: dict[str, FloatArray] = {}
    for (profile, sender, receiver), patients in moved.items():
        euros = patients * price(profile)
        leaves[sender] = leaves[sender] + euros if sender in leaves else euros
        comes[receiver] = comes[receiver] + euros if receiver in comes else euros
    for (location, profile), patients in replaced.items():
        euros = patients * price(profile)
        leaves[location] = leaves[location] + euros if location in leaves else euros
    return Turnover(leaves, comes)


def price_of_patient(dataset: Dataset) -> Callable[[str], float]:
    """Return what gives the price of a simulated patient of a profile: of all his sessions together."""

    def price(profile: str) -> float:
        found = dataset.profiles[dataset.profile_index[profile]]
        return found.cost_eur * (found.sessions_per_person if found.pathway == "sessions" else 1)

    return price


def on_balance(lost: FloatArray) -> FloatArray:
    """Return what is lost; nothing where that is below zero on average.

    Not per simulated year: chance alone would then be a loss for who neither loses nor gains.
    """
    return lost if lost.mean() > 0 else np.zeros_like(lost)


# As sections of the report


def contribute(sources: Sources) -> Sequence[Section]:
    """Return money by hospital, and what stays by year."""
    dataset, years = sources.dataset, sources.identity.replications
    moved = sources.moves.yearly("patients", ("profile", "from_location", "to_location"))
    replaced = yearly_changes(sources.tables["indicators"], "replaced", years)
    turnover = moved_turnover(moved, replaced, price_of_patient(dataset))
    here = places_in_region(sources)
    pairs = {
        *replaced,
        *((place, profile) for profile, sender, receiver in moved for place in (sender, receiver)),
    }
    by_year = turnover_by_year(sources)
    paths = {
        place: cost_path(_lost(place, turnover, pairs, by_year), dataset.fixed_shares)
        for place in turnover.locations
    }
    region = together([path for place, path in paths.items() if place in here])
    stays = any(year.lost.any() for year in region)
    return (
        _by_hospital(sources, turnover, paths, region, single=not by_year),
        _by_year(region, single=not by_year) if stays else _section("finance_years", [], [], "flows"),
    )


def places_in_region(sources: Sources) -> set[str]:
    """Return the locations whose activity is simulated in full."""
    dataset = sources.dataset
    inside = None if sources.region is None else dataset.locations_in(sources.region)
    return {place.id for row, place in enumerate(dataset.locations) if inside is None or inside[row]}


def turnover_by_year(sources: Sources) -> Sequence[Mapping[tuple[str, str], FloatArray]]:
    """Return how turnover changes by (location, profile) in each year; nothing for a run of less than two."""
    table = sources.tables.get("years")
    if table is None:
        return []
    table = table.filter(pc.equal(table["indicator"], "turnover"))
    replications = sources.identity.replications
    found = [
        yearly_changes(table.filter(pc.equal(table["year"], year)), "turnover", replications)
        for year in sorted(pc.unique(table["year"]).to_pylist())
    ]
    # One whole year tells no course, and a result of before has turnover by location only.
    return found if len(found) > 1 and any(found) else []


def _lost(
    place: str,
    turnover: Turnover,
    pairs: Collection[tuple[str, str]],
    by_year: Sequence[Mapping[tuple[str, str], FloatArray]],
) -> list[FloatArray]:
    """Return what a location loses on balance of the care that moves: in each year, or if not known in all of them."""
    mine = [
        [-change for (at, profile), change in of_year.items() if at == place and (at, profile) in pairs]
        for of_year in by_year
    ]
    nothing = np.zeros_like(turnover.lost(place))
    found = [on_balance(sum(changes, nothing)) for changes in mine]
    # Outside the region it is not known by year; nor is what leaves in weeks that make no whole year.
    return found if any(year.any() for year in found) else [turnover.lost(place)]


def _by_hospital(
    sources: Sources,
    turnover: Turnover,
    paths: Mapping[str, Sequence[YearOfCost]],
    region: Sequence[YearOfCost],
    *,
    single: bool,
) -> Section:
    here = places_in_region(sources)
    columns = [
        SectionColumn(id="location"),
        *(
            SectionColumn(id=name, kind=kind, unit=UNIT)
            for name, kind in (
                ("turnover_baseline", "spread"),
                ("turnover_plan", "spread"),
                ("turnover_difference", "difference"),
                ("turnover_leaves", "spread"),
                ("turnover_comes", "spread"),
                ("stranded_first", "spread"),
                ("stranded_last", "spread"),
                ("reference_difference", "difference"),
            )
        ),
    ]

    def row(
        name: SectionCell, place: str | None, places: Sequence[str], path: Sequence[YearOfCost]
    ) -> list[SectionCell]:
        """Return the row of these places together; `place` is where the run counts what is done, if it does."""
        nothing = np.zeros(sources.identity.replications)
        found, cost = (
            None if place is None else sources.readings.at(indicator, location=place)
            for indicator in ("turnover", "reference_cost")
        )
        moving = (
            sum((side[at] for at in places if at in side), nothing)
            for side in (turnover.leaves, turnover.comes)
        )
        stays = [year.stays for year in (path[0], path[-1])] if path else [nothing, nothing]
        values: list[Estimate | None] = [
            *((found.baseline, found.plan, found.difference) if found else (None, None, None)),
            *(count(amount.tolist()) for amount in (*moving, *stays)),
            None if cost is None else cost.difference,
        ]
        return [name, *(None if value is None else times(value, THOUSAND) for value in values)]

    rows: list[list[SectionCell]] = []
    if sources.readings.at("turnover") is not None:
        inside, outside = (
            [at for at in turnover.locations if (at in here) is wanted] for wanted in (True, False)
        )
        rows.append(row(everybody(sources.region), "", inside, region))
        rows += [
            row(place, place, [place], paths.get(place, ()))
            for place in sources.touched
            if sources.readings.at("turnover", location=place) is not None
        ]
        if outside:
            elsewhere = together([paths[at] for at in outside])
            rows.append(row(TextRef(key="finance.outside"), None, outside, elsewhere))
    said = _sentences(sources, turnover, region, single=single) if rows else []
    kinds = ["profile_figures.cost_eur", "cost_behaviour", *(f"prices.{name}" for name in _REFERENCE)]
    section = _section("finance", columns, rows, "comparison", kinds)
    return section.model_copy(update={"sentences": said})


def _by_year(region: Sequence[YearOfCost], *, single: bool) -> Section:
    """Return the years of the hospitals of the region together; `single`: of one calculated year, after leaving."""
    columns = [
        SectionColumn(id="cost_year" if single else "year", kind="number"),
        SectionColumn(id="turnover_lost", kind="spread", unit=UNIT),
        SectionColumn(id="fixed_share", kind="number", share=True),
        SectionColumn(id="stranded", kind="spread", unit=UNIT),
        SectionColumn(id="assumed_lowest", kind="number", unit=UNIT),
        SectionColumn(id="assumed_highest", kind="number", unit=UNIT),
        SectionColumn(id="variable", kind="spread", unit=UNIT),
    ]
    rows: list[list[SectionCell]] = [
        [
            float(item.year),
            times(count(item.lost.tolist()), THOUSAND),
            item.share,
            times(count(item.stays.tolist()), THOUSAND),
            item.lowest * THOUSAND,
            item.highest * THOUSAND,
            times(count(item.goes.tolist()), THOUSAND),
        ]
        for item in region
    ]
    table = "flows" if single else "years"
    return _section("finance_years", columns, rows, table, ["cost_behaviour", "profile_figures.cost_eur"])


def _sentences(
    sources: Sources, turnover: Turnover, region: Sequence[YearOfCost], *, single: bool
) -> list[TextRef]:
    """Say what turnover moves, and what stays in the first year, at most, and in the last."""
    total = sum(float(part.mean()) for part in turnover.leaves.values())
    if total < SMALLEST_EURO:
        return [TextRef(key="finance.sentence.none")]
    told: dict[str, object] = {"turnover": rounded(total)}
    stays = [float(item.stays.mean()) for item in region]
    if max(stays, default=0.0) < SMALLEST_EURO:
        return [TextRef(key="finance.sentence.no_loser", params=told)]
    most, last = region[stays.index(max(stays))], region[-1]
    told |= {
        "first": rounded(stays[0]),
        "most": rounded(max(stays)),
        "year": {"n": most.year},
        "last": rounded(stays[-1]),
        "last_year": {"n": last.year},
    }
    ends = {
        "most_low": rounded(most.lowest),
        "most_high": rounded(most.highest),
        "year": {"n": most.year},
        "last_low": rounded(last.lowest),
        "last_high": rounded(last.highest),
        "last_year": {"n": last.year},
    }
    if single:
        keys = ("stranded", "range")
    else:
        simulated = sources.scenario.horizon.weeks // YEAR_WEEKS
        told["if_so"] = {"key": "finance.sentence.if_so" if simulated < last.year else "action.nothing"}
        keys = _told_of_years(most, region)
    return [
        TextRef(key=f"finance.sentence.{key}", params=params)
        for key, params in zip(keys, (told, ends), strict=True)
    ]


def _told_of_years(most: YearOfCost, region: Sequence[YearOfCost]) -> tuple[str, str]:
    """Return the sentences on several years; the year with most is told if it is not the first or the last."""
    if most is region[-1]:
        return "stranded_ends", "range_last"
    return "stranded_ends" if most is region[0] else "stranded_years", "range_years"


def rounded(euros: float) -> dict[str, float]:
    """Return an amount to two figures: more would promise what the prices do not hold.

    >>> rounded(123_456.0), rounded(0.0)
    ({'n': 120000.0}, {'n': 0.0})
    """
    return {"n": float(f"{euros:.2g}")}


def _section(
    identifier: str,
    columns: list[SectionColumn],
    rows: list[list[SectionCell]],
    table: str,
    kinds: Sequence[str] = (),
) -> Section:
    """Return a section about money; `kinds` are the beginnings of the kinds of assumptions it rests on."""
    return Section(
        id=identifier,
        criterion="real_estate",
        columns=columns,
        rows=rows,
        table=table,
        assumptions=[number for kind, number in numbers().items() if kind.startswith(tuple(kinds))],
    )
