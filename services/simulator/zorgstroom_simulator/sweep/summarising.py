"""Gathers the summary of a sweep from its results, and writes it as a page, a workbook and CSV files."""

from __future__ import annotations

import csv
import io
from functools import cache
from typing import Any

import pyarrow as pa
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from zorgstroom.dataset.model import Dataset
from zorgstroom.planning.actions.concentrating import NO_PATIENT
from zorgstroom.planning.plan import take_steps
from zorgstroom.planning.state import Kept
from zorgstroom.reporting.excel import tables_xlsx
from zorgstroom.reporting.views import Number, Spread, TableView, shown
from zorgstroom.text import Language
from zorgstroom.text.spreadsheet import harmless
from zorgstroom_simulator.sweep.axes import LEAVE_OUT, NORM
from zorgstroom_simulator.sweep.summary import (
    WEIGHED,
    LeftOut,
    NormStep,
    Point,
    Summary,
    Years,
    differences_of,
    dominators,
    patients_by_location,
    receivers,
    years_of,
)
from zorgstroom_simulator.sweep.summary_views import SummaryViews
from zorgstroom_simulator.sweep.variants import Variant, Variants

PAGE, WORKBOOK = "summary.html", "summary.xlsx"
TEMPLATE = "sweep_summary.html.jinja"


class Gatherer:
    """Takes the results of one variant after the other, and keeps what the summary needs of them."""

    def __init__(self, found: Variants, dataset: Dataset, profile: str | None) -> None:
        self._found, self._dataset, self._profile = found, dataset, profile
        self._norms = {
            factor.removeprefix(f"{NORM}."): place
            for place, factor in enumerate(found.factors)
            if factor.startswith(f"{NORM}.")
        }
        self._left_out = found.factors.index(LEAVE_OUT) if LEAVE_OUT in found.factors else None
        self._years: dict[int, dict[str, Years]] = {}
        self._more: dict[int, dict[str, float]] = {}

    def take(self, variant: Variant, results: pa.Table) -> None:
        """Take all simulated years of a variant."""
        profiles = {self._profile or "", *self._norms}
        self._years[variant.number] = {profile: years_of(results, profile) for profile in profiles}
        if self._left_out is not None and variant.values[self._left_out] is not None:
            self._more[variant.number] = patients_by_location(results)

    def summary(self, name: str, replications: int) -> Summary:
        """Return the summary of all that was taken."""
        variants = [variant for variant in self._found.variants if variant.number in self._years]
        mine = [self._years[variant.number][self._profile or ""] for variant in variants]
        weighed = tuple(name for name in WEIGHED if any(years.estimate(name) for years in mine))
        norms = [self._norm_of(variant) for variant in variants]
        by = dominators(mine, weighed, norms)
        points = tuple(
            Point(
                variant.number,
                self._label(variant),
                norm,
                differences_of(years),
                None if other is None else variants[other].number,
            )
            for variant, years, norm, other in zip(variants, mine, norms, by, strict=True)
        )
        return Summary(
            name,
            replications,
            self._dataset.confidential,
            self._all_left_out(variants),
            {profile: self._steps(profile, place, variants) for profile, place in self._norms.items()},
            points,
            weighed,
            any(norm is not None for norm in norms),
        )

    def _all_left_out(self, variants: list[Variant]) -> tuple[LeftOut, ...]:
        found = []
        for variant in variants:
            if variant.number in self._more and self._left_out is not None:
                location = str(variant.values[self._left_out])
                differences = differences_of(self._years[variant.number][self._profile or ""])
                more = receivers(self._more[variant.number], location)
                found.append(LeftOut(self._label(variant), variant.number, differences, more))

        def extra(row: LeftOut) -> float:
            return row.differences["travel_mean"].mean if "travel_mean" in row.differences else 0.0

        return tuple(sorted(found, key=lambda row: (-extra(row), row.variant)))

    def _steps(self, profile: str, place: int, variants: list[Variant]) -> tuple[NormStep, ...]:
        found = []
        for variant in variants:
            norm = variant.values[place]
            kept = None if norm is None else self._kept(variant, profile)
            if kept is not None:
                patients = kept.patients_per_year
                differences = differences_of(self._years[variant.number][profile])
                least = int(str(norm))
                reaching = sum(number for number in patients if number >= least - NO_PATIENT)
                found.append(
                    NormStep(
                        least,
                        variant.number,
                        len(patients),
                        min(patients, default=0.0),
                        reaching / max(sum(patients), NO_PATIENT),
                        differences,
                    )
                )
        return tuple(sorted(found, key=lambda step: (step.norm, step.variant)))

    def _kept(self, variant: Variant, profile: str) -> Kept | None:
        """Return who goes on with a profile after the last action that decides about it."""
        position = self._dataset.profile_index[profile]
        steps = take_steps(variant.scenario, self._dataset, variant.region).steps
        kept = [kept for step in steps for kept in step.kept if kept.profile == position]
        return kept[-1] if kept else None

    def _norm_of(self, variant: Variant) -> float | None:
        """Return the norm of a variant, if the sweep is about one."""
        if len(self._norms) != 1:
            return None
        [place] = self._norms.values()
        value = variant.values[place]
        return None if value is None else float(str(value))

    def _label(self, variant: Variant) -> str:
        """Return what tells a variant from the others: its only value, or its number with all values."""
        if len(variant.values) == 1:
            return "–" if variant.values[0] is None else str(variant.values[0])
        values = ", ".join("–" if value is None else str(value) for value in variant.values)
        return f"{variant.number}: {values}"


def files_of(summary: Summary, language: Language, dataset: Dataset) -> dict[str, bytes]:
    """Return the files of a summary by name; equal summaries give equal bytes."""
    names = {profile.id: profile.name(language) for profile in dataset.profiles}
    views = SummaryViews(summary, language, names)
    tables = views.tables()
    files = {PAGE: _page(views, tables).encode()}
    if tables:
        files[WORKBOOK] = tables_xlsx(summary.name, tables, language, confidential=summary.confidential)
    return files | {f"summary-{table.id}.csv": _csv(table) for table in tables}


def _page(views: SummaryViews, tables: tuple[TableView, ...]) -> str:
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            t=views.text,
            lang=views.language,
            summary=views.summary,
            views=views,
            tables=tables,
            chart=views.chart(),
            shown=lambda cell: shown(cell, views.language),
        )
    )


def _csv(table: TableView) -> bytes:
    """Return a table as CSV: commas, points as decimal signs, and three columns for a mean with its interval."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    heads: list[str] = []
    for column in table.columns:
        heads += [column.id, *((f"{column.id}_low", f"{column.id}_high") if column.spread else ())]
    writer.writerow(heads)
    for row in table.rows:
        cells: list[Any] = []
        for cell, column in zip(row, table.columns, strict=True):
            if isinstance(cell, Spread):
                cells += [cell.value.mean, cell.value.low, cell.value.high]
            elif isinstance(cell, Number):
                cells.append(cell.value)
            else:
                cells += [harmless(cell) if isinstance(cell, str) else None] + [None] * (2 * column.spread)
        writer.writerow(cells)
    return content.getvalue().encode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("zorgstroom.reporting"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
