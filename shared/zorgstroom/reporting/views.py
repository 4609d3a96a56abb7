"""The tables of the report as cells, one definition for HTML, Excel and screens.

A cell holds the raw value and how many decimals it deserves; the form (text with interval, or real
numbers in three Excel columns) is chosen where it is shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.parts import INTERACTION, KINDS, TOTAL
from zorgstroom.reporting import cross_check
from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.impact import (
    Balance,
    Conclusion,
    Estimate,
    Impact,
    PoolRow,
    Row,
    Section,
    SectionCell,
    SectionColumn,
    TextRef,
    VolumeRow,
    WaitRow,
    WaterfallRow,
)
from zorgstroom.reporting.readings import is_clear
from zorgstroom.reporting.rendering import cited, name_of, range_of, render
from zorgstroom.reporting.wording import ladder
from zorgstroom.text import Language, catalogue, translate
from zorgstroom.text.numbers import date, number, percent, signed

#: Shape and word together carry a judgement; colour only repeats it.
SHAPES = {
    "meets": "●",
    "better": "●",
    "near": "◐",
    "fails": "▲",
    "worse": "▲",
    "equal": "○",
    "none": "–",
    "robust": "●",
    "not_robust": "▲",
}
#: Result tables each table of the report can be counted from again.
ORIGINS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("headline", "bands", "access", "waits", "pools", "pool_totals", "volumes", "activity"),
        ("comparison", "indicators"),
    ),
    **dict.fromkeys(("locations", "profiles", "flows", "areas"), ("flows",)),
    "waterfall": ("waterfall",),
    "precision": ("indicators",),
    "conservation": ("conservation",),
}
#: What each of them rests on most, in the register of assumptions; the whole list is in the table of assumptions.
ASSUMED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("headline", "waterfall"),
        ("t0", "a1", "a2", "a3", "beta_basic", "beta_complex", "beta_acute", "ward_target_load"),
    ),
    **dict.fromkeys(("bands", "areas", "access"), ("t0", "a1", "a2", "a3")),
    "volumes": ("case_mix.multiplier", "beta_basic", "beta_complex", "beta_acute"),
    **dict.fromkeys(("locations", "profiles", "flows"), ("beta_basic", "beta_complex", "beta_acute")),
    **dict.fromkeys(("pools", "pool_totals"), ("ward_target_load", "target_cv", "acute_reserve_share")),
    "waits": ("planner_look_ahead", "change_over_minutes", "ward_target_load"),
    "activity": ("case_mix.multiplier",),
}
#: Tables most plans have nothing for: no sheet in the workbook then.
ONLY_WITH_ROWS = ("access", "waterfall", "robustness", "drivers", "precision")
#: What a row of a section is called that holds differences under columns of values.
_DIFFERENCE = TextRef(key="report.column.difference")
#: Pools without a specialty; those with one have a colon in their name.
_POOLS = ("or", "proc", "day", "adm")
#: Decimals of outcomes that are no indicators: those of the patients who are treated elsewhere.
_OF_MOVES = {"moved_patients": 0, "extra_minutes": 1}


@dataclass(frozen=True)
class Number:
    """A single number; `plain`: a year or other number that is a name, without thousands separator."""

    value: float
    decimals: int = 0
    share: bool = False
    signed: bool = False
    plain: bool = False


@dataclass(frozen=True)
class Spread:
    """A mean with its interval; `muted` when the difference is smaller than the uncertainty."""

    value: Estimate
    decimals: int = 0
    share: bool = False
    difference: bool = False
    muted: bool = False
    clear: bool = False


@dataclass(frozen=True)
class Mark:
    """A judgement or level: shape, word and kind (for colour)."""

    word: str
    kind: str
    shape: str = ""


@dataclass(frozen=True)
class Moment:
    """A moment in time, to the minute."""

    value: dt.datetime


Cell = str | Number | Spread | Mark | Moment | None


@dataclass(frozen=True)
class Column:
    """A column: its id, its heading and whether it holds numbers, or means with an interval."""

    id: str
    header: str
    numeric: bool = False
    spread: bool = False


@dataclass(frozen=True)
class TableView:
    """A table; the first column names the row."""

    id: str
    sheet: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Translator(Protocol):
    """`translate` with the language filled in."""

    def __call__(self, key: str, **params: object) -> str:
        """Return the text of a key."""


def translator(language: Language) -> Translator:
    """Return `translate` for one language."""
    return partial(translate, language=language)


def shown(cell: Cell, language: Language) -> str:
    """Return a cell as text.

    >>> shown(Spread(Estimate(mean=7.12, low=6, high=8.3), decimals=1, difference=True), "nl")
    '+7,1 (6,0 tot 8,3)'
    """
    if isinstance(cell, Spread):
        mean, reach = mean_and_range(cell, language)
        return f"{mean} ({reach})" if reach else mean
    if isinstance(cell, Moment):
        return f"{date(cell.value.date(), language)} {cell.value:%H:%M} UTC"
    if isinstance(cell, Number):
        if cell.plain:
            return f"{cell.value:.0f}"
        if cell.share:
            return percent(cell.value, language, cell.decimals)
        return (signed if cell.signed else number)(cell.value, language, cell.decimals)
    if isinstance(cell, Mark):
        return f"{cell.shape} {cell.word}".strip()
    return "–" if cell is None else cell


def mean_and_range(cell: Spread, language: Language) -> tuple[str, str]:
    """Return the mean and the interval as texts; the interval is empty where there is none.

    >>> mean_and_range(Spread(Estimate(mean=0.031), decimals=3, share=True, difference=True), "nl")
    ('+3,1 procentpunt', '')
    """
    scale = 100 if cell.share else 1
    decimals = max(0, cell.decimals - 2) if cell.share else cell.decimals
    value = _scaled(cell.value, scale)
    smallest = 10.0**-decimals
    if cell.difference and cell.clear and abs(value.mean) < smallest / 2:
        text = translate("report.smaller_than", language, n=number(smallest, language, decimals))
    else:
        text = (signed if cell.difference else number)(value.mean, language, decimals)
    if cell.share:
        text += " " + translate("unit.percentage_points", language) if cell.difference else "%"
    return text, range_of(value, language, decimals)


def _scaled(value: Estimate, scale: float) -> Estimate:
    low, high = (None if end is None else end * scale for end in (value.low, value.high))
    return Estimate(mean=value.mean * scale, low=low, high=high)


class Views:
    """All tables of one document in one language."""

    def __init__(self, impact: Impact, language: Language) -> None:
        self.impact = impact
        self.language = language
        self.text = translator(language)

    def all(self) -> tuple[TableView, ...]:
        """Return the tables in the order of the report."""
        return (
            self.headline(),
            self.waterfall(),
            self.locations(),
            self.profiles(),
            self.flows(),
            self.bands(),
            self.areas(),
            self.access(),
            self.waits(),
            self.pools(),
            self.pool_totals(),
            self.volumes(),
            self.activity(),
            *self.sections(),
            self.robustness(),
            self.drivers(),
            self.assumptions(),
            self.precision(),
            self.conservation(),
            self.settings(),
        )

    def headline(self) -> TableView:
        """Return the summary table."""
        return self._table(
            "headline",
            "report.headline",
            ("indicator", "where", "=baseline", "=plan", "=difference", "agreed", "verdict", "confidence"),
            (
                (
                    self._indicator(row),
                    self._where(row),
                    *_estimates(row),
                    None if row.norm is None else render(row.norm, self.language, self.impact.names),
                    self._headline_verdict(row),
                    self._confidence(row.confidence),
                )
                for row in self.impact.headline
            ),
        )

    def waterfall(self) -> TableView:
        """Return what each part of the plan does to the indicators of the summary table."""
        rows = self.impact.waterfall
        present = [part for part in (*KINDS, INTERACTION, TOTAL) if any(part in row.parts for row in rows)]
        return self._table(
            "waterfall",
            "report.waterfall.caption",
            ("indicator", *(f"=part_{part}" for part in present)),
            (
                (
                    self._indicator(row),
                    *(self.contribution(row, part) if part in row.parts else None for part in present),
                )
                for row in rows
            ),
        )

    def contribution(self, row: WaterfallRow, part: str) -> Spread:
        """Return what one of its parts does to an indicator."""
        indicator, found = CATALOGUE[row.indicator], row.parts[part]
        share = indicator.unit == "share"
        clear = is_clear(found)
        return Spread(
            found, 3 if share else indicator.decimals, share, difference=True, muted=not clear, clear=clear
        )

    def locations(self) -> TableView:
        """Return what each location sends and receives."""
        return self._table(
            "locations",
            "report.locations",
            (
                "location",
                "#number",
                "type",
                "in_region",
                "=sent",
                "=received",
                "=net",
                "=or_hours_sent",
                "=or_hours_received",
                "=or_hours_net",
                "=bed_days_sent",
                "=bed_days_received",
                "=bed_days_net",
            ),
            (
                (
                    row.name,
                    Number(index),
                    self.text(f"hospital_type.{row.type}"),
                    self._yes_no(row.in_region),
                    Spread(row.sent),
                    Spread(row.received),
                    Spread(row.net, difference=True),
                    *_balance(row.or_hours),
                    *_balance(row.bed_days),
                )
                for index, row in enumerate(self.impact.locations, start=1)
            ),
        )

    def flows(self) -> TableView:
        """Return the from-to table."""
        return self._table(
            "flows",
            "report.flows",
            ("profile", "from", "to", "=patients", "#extra_minutes", "#or_hours", "#bed_days"),
            (
                (
                    self.name(row.profile),
                    self.name(row.from_location),
                    self.name(row.to_location),
                    Spread(row.patients),
                    Number(row.extra_minutes, 1, signed=True),
                    None if row.or_hours is None else Number(row.or_hours),
                    None if row.bed_days is None else Number(row.bed_days),
                )
                for row in self.impact.flows
            ),
        )

    def profiles(self) -> TableView:
        """Return what changes per kind of care."""
        return self._table(
            "profiles",
            "report.profiles",
            (
                "profile",
                "=patients",
                "=longer",
                "=shorter",
                "=extra_minutes",
                "#or_hours",
                "#bed_days",
                "#providers_baseline",
                "#providers_plan",
            ),
            (
                (
                    self.name(row.id),
                    Spread(row.moved_patients),
                    Spread(row.longer),
                    Spread(row.shorter),
                    Spread(row.extra_minutes, 1, difference=True),
                    Number(row.or_hours),
                    Number(row.bed_days),
                    None if row.providers_baseline is None else Number(row.providers_baseline),
                    None if row.providers_plan is None else Number(row.providers_plan),
                )
                for row in self.impact.profiles
            ),
        )

    def bands(self) -> TableView:
        """Return moved patients by extra travel time."""
        rows = ((self.text(f"band.{row.band}"), Spread(row.patients)) for row in self.impact.travel_bands)
        return self._table("bands", "report.bands", ("band", "=patients"), rows)

    def areas(self) -> TableView:
        """Return the areas whose inhabitants go elsewhere."""
        return self._table(
            "areas",
            "report.areas",
            (
                "area",
                "#inhabitants",
                "=patients",
                "=longer",
                "=shorter",
                "=extra_minutes",
                "=travel_hours",
            ),
            (
                (
                    row.name,
                    Number(row.inhabitants),
                    Spread(row.moved_patients),
                    None if row.longer is None else Spread(row.longer),
                    None if row.shorter is None else Spread(row.shorter),
                    _difference(row.extra_minutes, 1),
                    None if row.travel_hours is None else _difference(row.travel_hours, 0),
                )
                for row in self.impact.areas
            ),
        )

    def access(self) -> TableView:
        """Return where inhabitants come to live further from acute care, or nearer to it."""
        return self._table(
            "access",
            "report.access",
            ("area", "indicator", "=baseline", "=plan", "=difference"),
            ((self.name(row.area), self._indicator(row), *_estimates(row)) for row in self.impact.access),
        )

    def waits(self) -> TableView:
        """Return waits in weeks before and after, and lists at the end."""
        return self._table(
            "waits",
            "report.waits",
            (
                "location",
                "profile",
                "kind",
                "=baseline",
                "=plan",
                "=difference",
                "verdict",
                "#treeknorm",
                "=within_baseline",
                "=within_plan",
                "=list_baseline",
                "=list_plan",
            ),
            (
                (
                    self.name(row.location) or self.text("report.all_locations"),
                    self.name(row.profile) or self.text("report.all_care"),
                    self.text(f"report.wait.{row.kind}.short"),
                    self.wait(row.baseline, row.growth_baseline),
                    self.wait(row.plan, row.growth_plan),
                    None
                    if row.difference is None
                    else Spread(row.difference, 1, difference=True, muted=not row.clear, clear=row.clear),
                    self.wait_verdict(row),
                    None if row.norm_weeks is None else Number(row.norm_weeks),
                    None if row.within_baseline is None else Spread(row.within_baseline, 2, share=True),
                    None if row.within_plan is None else Spread(row.within_plan, 2, share=True),
                    None if row.list_baseline is None else Spread(row.list_baseline),
                    None if row.list_plan is None else Spread(row.list_plan),
                )
                for row in self.impact.waits
            ),
            unit="weeks",
        )

    def pools(self) -> TableView:
        """Return the load per location and pool."""
        return self._table(
            "pools",
            "report.pools",
            (
                "location",
                "pool",
                "unit",
                "#capacity_baseline",
                "#capacity_plan",
                "#load_baseline",
                "#load_plan",
                "=room",
                "=occupancy_baseline",
                "=occupancy_plan",
                "growing",
                "=growth",
                "basis",
            ),
            (
                (
                    self.name(row.location),
                    self.name(row.pool),
                    self.text(f"pool_unit.{row.pool.split(':')[0]}"),
                    Number(row.capacity_baseline, _capacity_decimals(row.capacity_baseline)),
                    Number(row.capacity_plan, _capacity_decimals(row.capacity_baseline)),
                    Number(row.load_baseline, 0, share=True),
                    Number(row.load_plan, 0, share=True),
                    None if row.room is None else self._room(row.room),
                    None if row.occupancy_baseline is None else Spread(row.occupancy_baseline, 2, share=True),
                    None if row.occupancy_plan is None else Spread(row.occupancy_plan, 2, share=True),
                    self._list_mark(row),
                    None if row.growth_per_week is None else Spread(row.growth_per_week, 1, difference=True),
                    self.text("basis.own" if row.own else "basis.derived"),
                )
                for row in self.impact.pools
            ),
        )

    def _list_mark(self, row: PoolRow) -> Mark:
        """Return what becomes of a list; where none grows although there is too much work, only the latter."""
        if not row.growing:
            return Mark(self.text("report.stable"), "equal", SHAPES["equal"])
        growth = row.growth_per_week
        # Beds have no list. A list may shrink all the same: who should join it still waits for something else.
        grows = growth is not None and (growth.low is None or growth.mean > 0)
        key = "report.growing" if grows else "report.waits.too_full"
        return Mark(self.text(key), "fails", SHAPES["fails"])

    def pool_totals(self) -> TableView:
        """Return per kind of capacity what comes free and what is short."""
        return self._table(
            "pool_totals",
            "report.pool_totals",
            ("pool", "unit", "#freed", "#places_freed", "#short", "#places_short"),
            (
                (
                    self.text(f"pool_kind.{row.kind}"),
                    self.text(f"pool.unit.{row.kind}"),
                    Number(row.freed, _capacity_decimals(row.freed)),
                    Number(row.places_freed),
                    Number(row.short, _capacity_decimals(row.short)),
                    Number(row.places_short),
                )
                for row in self.impact.pool_totals
            ),
        )

    def volumes(self) -> TableView:
        """Return volumes against their norms."""
        return self._table(
            "volumes",
            "report.volumes_own" if self.impact.identity.own_figures else "report.volumes",
            (
                "location",
                "profile",
                "=baseline",
                "=plan",
                "=difference",
                "#norm",
                "norm_status",
                "baseline_met",
                "plan_met",
                "verdict",
                "norm_source",
            ),
            (self._volume(row) for row in self.impact.volumes),
            unit="patients_per_year",
        )

    def _volume(self, row: VolumeRow) -> tuple[Cell, ...]:
        def years(met: int | None) -> str | None:
            return None if met is None else self.text("report.years", n=met, total=row.replications)

        return (
            self.name(row.location),
            self.name(row.profile),
            Spread(row.baseline),
            Spread(row.plan),
            Spread(row.difference, difference=True),
            None if row.norm is None else Number(row.norm),
            self.text(f"report.norm.{row.norm_status}") if row.norm_status else None,
            years(row.baseline_met),
            years(row.plan_met),
            self._verdict(row.verdict),
            cited(row.norm_source, self.language) or None,
        )

    def activity(self) -> TableView:
        """Return the production of the locations involved."""
        return self._table(
            "activity",
            "report.activity",
            ("location", "indicator", "=baseline", "=plan", "=difference", "confidence"),
            (
                (
                    self.name(row.location),
                    self._indicator(row),
                    *_estimates(row),
                    self._confidence(row.confidence),
                )
                for row in self.impact.activity
            ),
        )

    def sections(self) -> tuple[TableView, ...]:
        """Return the tables that further parts of the analysis bring."""
        return tuple(self.section(section) for section in self.impact.sections)

    def section(self, section: Section) -> TableView:
        """Return the table of one section."""
        marks = {"text": "", "number": "#", "spread": "=", "difference": "="}
        made = self._table(
            section.id,
            f"report.section.{section.id}",
            [marks[column.kind] + column.id for column in section.columns],
            (
                tuple(
                    self._cell(cell, column, difference=_DIFFERENCE in row)
                    for cell, column in zip(row, section.columns, strict=True)
                )
                for row in section.rows
            ),
        )
        columns = tuple(
            replace(column, header=f"{column.header} ({self._unit_text(known.unit)})")
            if known.unit
            else column
            for column, known in zip(made.columns, section.columns, strict=True)
        )
        return replace(made, columns=columns)

    def _unit_text(self, unit: str) -> str:
        """Return the words of a unit, given its name or the whole key."""
        texts = catalogue(self.language)
        return texts.get(f"unit.{unit}", texts.get(unit, unit))

    def _cell(self, cell: SectionCell, column: SectionColumn, *, difference: bool) -> Cell:
        """Return a cell; `difference`: its row holds differences."""
        decimals = column.decimals + (2 if column.share else 0)
        if isinstance(cell, Estimate):
            if difference or column.kind == "difference":
                clear = is_clear(cell)
                muted = cell.low is not None and not clear
                return Spread(cell, decimals, column.share, difference=True, muted=muted, clear=clear)
            return Spread(cell, decimals, column.share)
        if isinstance(cell, TextRef):
            return render(cell, self.language, self.impact.names)
        if isinstance(cell, str):
            return cited(self.name(cell), self.language) or None
        return None if cell is None else Number(cell, column.decimals, column.share)

    def assumptions(self) -> TableView:
        """Return the uncertain figures."""
        return self._table(
            "assumptions",
            "report.assumptions",
            ("figure", "#value", "unit", "basis", "confidence", "source", "#default", "register"),
            (
                (
                    _capital(render(row.label, self.language, self.impact.names)),
                    self.figure(row.value, row.unit),
                    self.unit(row.unit),
                    self.text(f"basis.{row.basis}"),
                    self._confidence(row.confidence),
                    cited(row.source, self.language) or None,
                    None if row.default is None else self.figure(row.default, row.unit),
                    register_id(row.id),
                )
                for row in self.impact.assumptions
            ),
        )

    def robustness(self) -> TableView:
        """Return what the run concludes, and in how many draws with other assumptions it still holds."""
        return self._table(
            "robustness",
            "robust.conclusions",
            ("conclusion", "robust", "draws_held", "years_held", "=by_chance", "=by_assumptions"),
            (self._conclusion(row) for row in self._conclusions()),
        )

    def drivers(self) -> TableView:
        """Return the uncertain figures that an outcome goes along with."""
        return self._table(
            "drivers",
            "robust.drivers",
            ("conclusion", "figure", "confidence", "#correlation"),
            (
                (
                    self.statement(row),
                    _capital(render(driver.label, self.language, self.impact.names)),
                    self._confidence(driver.confidence),
                    Number(driver.correlation, 2, signed=True),
                )
                for row in self._conclusions()
                for driver in row.drivers
            ),
        )

    def statement(self, row: Conclusion) -> str:
        """Return a conclusion in words."""
        return _capital(render(row.statement, self.language, self.impact.names))

    def _conclusions(self) -> Sequence[Conclusion]:
        return () if self.impact.robustness is None else self.impact.robustness.conclusions

    def _conclusion(self, row: Conclusion) -> tuple[Cell, ...]:
        held = years = drawn = None
        if row.draws_held is not None and row.draws:
            word = self.text(ladder(row.draws_held, row.draws))
            held = self.text("robust.held", word=word, n=row.draws_held, total=row.draws)
            if row.unmeasured:
                held += self.text("robust.unmeasured", n=row.unmeasured)
        if row.years_held is not None:
            years = self.text("report.years", n=row.years_held, total=row.years)
        if row.drawn is not None:
            drawn = Estimate(mean=row.drawn.median, low=row.drawn.low, high=row.drawn.high)
        kind = {"robust": "meets", "not_robust": "fails"}.get(row.robustness, "none")
        known = CATALOGUE.get(row.indicator)
        told = self.statement(row)
        if known is not None and known.unit != "share" and row.quantity == "difference":
            told = f"{told} ({self.text(f'unit.{known.unit}')})"
        return (
            told,
            Mark(self.text(f"robust.label.{row.robustness}"), kind, SHAPES[row.robustness]),
            held,
            years,
            _of_conclusion(row, row.chance),
            None if drawn is None else _of_conclusion(row, drawn),
        )

    def precision(self) -> TableView:
        """Return how precise the headline figures are."""
        found = self.impact.precision
        return self._table(
            "precision",
            "report.precision",
            ("indicator", "#width_baseline", "#width_plan", "#width_difference"),
            (
                (
                    self.text(f"indicator.{row.indicator}"),
                    *(
                        None if width is None else Number(width, 1, share=True)
                        for width in (row.baseline, row.plan, row.difference)
                    ),
                )
                for row in (found.rows if found is not None else ())
            ),
        )

    def conservation(self) -> TableView:
        """Return the count of patients of both simulations."""
        return self._table(
            "conservation",
            "report.conservation",
            ("scenario", "#arrived", "#seeded", "#treated", "#in_treatment", "#waiting", "balanced"),
            (
                (
                    self.text(f"report.scenario.{row.scenario}"),
                    *(
                        Number(count)
                        for count in (row.arrived, row.seeded, row.treated, row.in_treatment, row.waiting)
                    ),
                    self._yes_no(row.balanced),
                )
                for row in self.impact.conservation
            ),
        )

    def settings(self) -> TableView:
        """Return everything that leads back to this result."""
        identity, text = self.impact.identity, self.text
        rows: list[tuple[str, Cell]] = [
            ("name", self.impact.name),
            ("description", self.impact.description or None),
        ]
        labelled: list[tuple[Cell, ...]] = [(text(f"report.setting.{key}"), value) for key, value in rows]
        labelled += [
            (text("report.setting.action", n=index), render(action, self.language, self.impact.names))
            for index, action in enumerate(self.impact.actions, start=1)
        ]
        labelled += [
            (
                text("report.setting.factor", n=index),
                _capital(render(factor, self.language, self.impact.names)),
            )
            for index, factor in enumerate(self.impact.demand_factors, start=1)
        ]
        rows = [
            ("region", self.region()),
            # Fingerprints and the seed are names, not quantities, and too long for a number of Excel.
            ("demand_year", Number(identity.demand_year, plain=True)),
            ("weeks", Number(identity.weeks)),
            (f"replications{'_long' if identity.years > 1 else ''}", Number(identity.replications)),
            ("seed", str(identity.seed)),
            ("dataset", self.dataset()),
            ("dataset_digest", identity.dataset_digest),
            ("model", identity.model_version),
            ("engine", identity.engine),
            *self._cross_check(),
            ("run", identity.run_id),
            ("created", Moment(dt.datetime.fromisoformat(identity.created))),
            ("basis", text(f"report.setting.basis_{self.basis()}")),
            ("own_figures", Number(identity.own_figures)),
            ("source", self.attribution()),
        ]
        labelled += [(text(f"report.setting.{key}"), value) for key, value in rows]
        return self._table("settings", "report.settings", ("setting", "content"), labelled)

    def origin(self) -> TableView:
        """Return where each table comes from: the result tables it can be counted from, and what it rests on."""
        known = {row.id: row for row in self.impact.sections}
        rows: list[tuple[Cell, ...]] = []
        for view in self.all():
            section = known.get(view.id)
            tables = (
                ORIGINS.get(view.id, ("impact",)) if section is None else (section.table or "comparison",)
            )
            kinds = ASSUMED.get(view.id, ()) if section is None else ()
            rests = [register_id(kind) for kind in kinds] if section is None else section.assumptions
            if view.rows:
                files = ", ".join("impact.json" if name == "impact" else f"{name}.parquet" for name in tables)
                rows.append((view.caption, view.sheet, files, ", ".join(rests) or None))
        return self._table(
            "origin", "report.origin.title", ("report_table", "sheet", "result_table", "register"), rows
        )

    def manifest(self, manifest: Mapping[str, Any]) -> TableView:
        """Return the manifest of a run as it is in its folder; without one, what the document says of its run."""
        found = manifest or self.impact.identity.model_dump()
        rows = ((name, None if value is None else str(value)) for name, value in _flat(found))
        return self._table("manifest", "report.manifest", ("setting", "content"), rows)

    def dictionary(self) -> TableView:
        """Return what every column and every outcome of the workbook means, with its unit and formula."""
        text, known = self.text, catalogue(self.language)
        rows: list[tuple[Cell, ...]] = []
        shown = [view for view in self.all() if view.rows or view.id not in ONLY_WITH_ROWS]
        for view in (*shown, self.origin()):
            for column in view.columns:
                meaning = known.get(f"report.column.{column.id}.help", column.header)
                if column.spread:
                    meaning = f"{meaning} {text('report.dictionary.spread')}"
                rows.append((view.sheet, column.header, meaning, None, None))
        rows += [
            (
                text("report.dictionary.outcome"),
                text(f"indicator.{indicator.id}"),
                known.get(f"indicator.{indicator.id}.help"),
                text(f"unit.{indicator.unit}"),
                indicator.formula,
            )
            for indicator in CATALOGUE.values()
        ]
        return self._table(
            "dictionary", "report.dictionary", ("sheet", "term", "meaning", "unit", "formula"), rows
        )

    def _cross_check(self) -> list[tuple[str, Cell]]:
        found = self.impact.cross_check
        if found is None:
            return []
        return [("cross_check", render(cross_check.sentence(found), self.language, self.impact.names))]

    def sheet(self, table: str) -> str:
        """Return the name of a table's sheet in the workbook."""
        return self.text(f"report.sheet.{table}")

    def basis(self) -> str:
        """Return confidential, synthetic, own (with figures an organisation gave itself) or public."""
        identity = self.impact.identity
        if identity.confidential:
            return "confidential"
        if identity.synthetic:
            return "synthetic"
        return "own" if identity.own_figures else "public"

    def attribution(self) -> str:
        """Return the line that names the sources."""
        key = "report.attribution_synthetic" if self.impact.identity.synthetic else "report.attribution"
        return self.text(key, model=self.impact.identity.model_version)

    def dataset(self) -> str:
        """Return name and version of the dataset, and what own figures were put into."""
        identity = self.impact.identity
        name = f"{identity.dataset_id} {identity.dataset_version}"
        if not identity.dataset_based_on:
            return name
        return self.text("report.dataset_on", name=name, on=identity.dataset_based_on)

    def region(self) -> str:
        """Return the region in words."""
        kind, _, name = self.impact.identity.region.partition(":")
        if not kind:
            return self.text("report.region.all")
        return f"{self.text(f'region_kind.{kind}')} {name}" if name else kind

    def name(self, identifier: str) -> str:
        """Return a name of the document; empty for an empty id."""
        return name_of(identifier, self.language, self.impact.names) if identifier else ""

    def _table(
        self,
        identifier: str,
        caption: str,
        columns: Sequence[str],
        rows: Iterable[tuple[Cell, ...]],
        unit: str = "",
    ) -> TableView:
        """Make a table; ``=`` marks a column of means with interval, ``#`` one of numbers."""
        made = [
            Column(
                id=column.lstrip("=#"),
                header=self.text(f"report.column.{column.lstrip('=#')}"),
                numeric=column[0] in "=#",
                spread=column[0] == "=",
            )
            for column in columns
        ]
        sheet = self.sheet(identifier)
        title = f"{self.text(caption)} ({self.text(f'unit.{unit}')})" if unit else self.text(caption)
        return TableView(identifier, sheet, title, tuple(made), tuple(rows))

    def _indicator(self, row: Row | WaterfallRow) -> str:
        indicator = CATALOGUE[row.indicator]
        name = self.text(f"indicator.{row.indicator}")
        return name if indicator.unit == "share" else f"{name} ({self.text(f'unit.{indicator.unit}')})"

    def _where(self, row: Row) -> str:
        places = [row.location, row.profile, row.area, row.pool]
        named = [self.name(place) for place in places if place]
        return ", ".join(named) or self.text("report.all_care")

    def _verdict(self, verdict: str) -> Mark:
        return Mark(self.text(f"verdict.{verdict}"), verdict, SHAPES[verdict])

    def _headline_verdict(self, row: Row) -> Mark:
        """Return the judgement; a clear difference too small to be written is neither better nor worse."""
        difference = _estimates(row)[2]
        if row.verdict in {"better", "worse"} and round(difference.value.mean, difference.decimals) == 0:
            return Mark(self.text("verdict.same"), "equal", SHAPES["equal"])
        return self._verdict(row.verdict)

    def wait(self, weeks: Estimate | None, growth: Estimate | None) -> Spread | Mark:
        """Return a mean wait; of a growing queue how much the list grows by in a week."""
        if weeks is not None:
            return Spread(weeks, 1)
        if growth is None or round(growth.mean, 1) <= 0:
            return Mark(self.text("report.waits.too_full"), "fails", SHAPES["fails"])
        pace = shown(Spread(growth, 1), self.language)
        return Mark(self.text("report.waits.grows", growth=pace), "fails", SHAPES["fails"])

    def wait_verdict(self, row: WaitRow) -> Mark:
        """Return the judgement on a wait: longer or shorter, or what becomes of a list that grows."""
        if row.starts_to_grow:
            return Mark(self.text("verdict.grows"), "worse", SHAPES["worse"])
        if row.baseline is None:
            word, kind = (
                ("verdict.still_grows", "none") if row.plan is None else ("verdict.grows_no_more", "better")
            )
            return Mark(self.text(word), kind, SHAPES[kind])
        if row.difference is None or row.difference.low is None:
            return self._verdict("none")
        if not row.clear:
            return self._verdict("equal")
        if round(row.change, 1) == 0:
            return Mark(self.text("verdict.same"), "equal", SHAPES["equal"])
        return self._verdict("worse" if row.change > 0 else "better")

    def _confidence(self, level: str) -> Mark:
        return Mark(self.text(f"confidence.{level}"), f"confidence-{level}")

    def _yes_no(self, value: bool) -> str:
        return self.text("report.yes" if value else "report.no")

    def _room(self, room: Estimate) -> Spread:
        return _difference(room, _capacity_decimals(abs(room.mean)))

    def figure(self, value: float, unit: str) -> Number:
        """Return a figure with the decimals it was entered with."""
        share = unit == "share"
        return Number(value, _decimals(value * 100 if share else value), share)

    def unit(self, unit: str) -> str:
        """Return the unit of a figure in words."""
        return figure_unit(unit, self.language)


def register_id(identifier: str) -> str:
    """Return the number in the register of assumptions of a figure of the report, else its own id.

    >>> register_id("ward_target_load.ward_target_load"), register_id("oesophagus.acute_share")
    ('A-013', 'A-040/oesophagus')
    """
    subject, _, name = identifier.partition(".")
    known = numbers()
    if found := known.get(identifier) or known.get(f"parameters.{name or subject}"):
        return found
    if found := known.get(f"profile_figures.{name}"):
        return f"{found}/{subject}"
    # Rooms and beds of a place are derived from the beds of its organisation.
    return known["organisations.beds"] if ":" in name or name in _POOLS else identifier


def _flat(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of nested data with their names, such as ``dataset.digest``."""
    for name, part in value.items():
        if isinstance(part, Mapping):
            yield from _flat(part, f"{before}{name}.")
        elif isinstance(part, list) and any(isinstance(item, Mapping) for item in part):
            for index, item in enumerate(part, start=1):
                yield from _flat(
                    item if isinstance(item, Mapping) else {"": item}, f"{before}{name}.{index}."
                )
        else:
            yield f"{before}{name}", part


def figure_unit(unit: str, language: Language) -> str:
    """Return the unit of a figure in words; what has no words stays as it is.

    >>> figure_unit("weeks", "nl"), figure_unit("pool.unit.or", "nl"), figure_unit("km", "nl")
    ('weken', 'minuten per werkdag', 'km')
    """
    texts = catalogue(language)
    return texts.get(f"figure_unit.{unit}", texts.get(unit, unit))


def _of_conclusion(row: Conclusion, value: Estimate) -> Spread:
    known = CATALOGUE.get(row.indicator)
    if known is None:
        return Spread(value, _OF_MOVES[row.indicator], difference=row.indicator == "extra_minutes")
    share = known.unit == "share"
    return Spread(value, 3 if share else known.decimals, share, difference=row.quantity == "difference")


def _balance(balance: Balance | None) -> tuple[Cell, Cell, Cell]:
    if balance is None:
        return None, None, None
    return Spread(balance.sent), Spread(balance.received), Spread(balance.net, difference=True)


def _difference(value: Estimate, decimals: int) -> Spread:
    clear = is_clear(value)
    return Spread(value, decimals, difference=True, muted=value.low is not None and not clear, clear=clear)


def _capacity_decimals(capacity: float) -> int:
    """Decimals of a capacity: some clinics see only a few new patients on a working day."""
    return 0 if capacity >= 10 else 1


def _estimates(row: Row) -> tuple[Spread, Spread, Spread]:
    indicator = CATALOGUE[row.indicator]
    share = indicator.unit == "share"
    # Shares are shown as percentages with one decimal at most.
    decimals = 3 if share else indicator.decimals
    muted = not row.clear
    return (
        Spread(row.baseline, decimals, share),
        Spread(row.plan, decimals, share),
        Spread(row.difference, decimals, share, difference=True, muted=muted, clear=row.clear),
    )


def _decimals(value: float) -> int:
    """Decimals that show a figure as it was entered, at most three."""
    return next((digits for digits in range(3) if abs(round(value, digits) - value) < 1e-9), 3)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
