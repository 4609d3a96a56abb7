"""The summary of a sweep in one language: tables, sentences and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.scatter import Dot, scatter_chart
from zorgstroom.reporting.views import Cell, Column, Number, Spread, TableView, shown, translator
from zorgstroom.text import Language
from zorgstroom.text.numbers import percent, signed
from zorgstroom_simulator.sweep.summary import INDICATORS, Point, Summary

#: Points in the picture: those that nothing dominates first.
MOST_POINTS = 12


class SummaryViews:
    """What a page, a workbook and CSV files show of a summary; `names`: of profiles, by id."""

    def __init__(self, summary: Summary, language: Language, names: Mapping[str, str]) -> None:
        self.summary = summary
        self.language = language
        self.names = names
        self.text = translator(language)

    def tables(self) -> tuple[TableView, ...]:
        """Return the tables there are something in, in order."""
        found = [*self._left_out(), *self._norms(), *self._frontier()]
        return tuple(table for table in found if table.rows)

    def sentences(self) -> tuple[str, ...]:
        """Return what stands out, in a few sentences."""
        found = []
        left_out = self.summary.left_out
        known = [row for row in left_out if "travel_mean" in row.differences]
        if known:
            most, least = known[0], known[-1]
            for row, key in ((most, "missed_most"), (least, "missed_least")):
                travel = self._difference("travel_mean", row.differences["travel_mean"])
                found.append(self.text(f"sweep.summary.{key}", location=row.location, travel=travel))
        free = [point for point in self.summary.points if point.dominated_by is None]
        if self.summary.points:
            counts = {"free": len(free), "count": len(self.summary.points)}
            found.append(self.text("sweep.summary.not_dominated", **counts))
        if self.summary.replications < 3:
            found.append(self.text("sweep.show.too_few_years"))
        return tuple(found)

    def chart(self) -> str:
        """Return the picture of travel and waiting; empty with fewer than two points or one thing to weigh."""
        points = [
            point for point in self.summary.points if set(self.summary.weighed) <= set(point.differences)
        ]
        if len(points) < 2 or len(self.summary.weighed) < 2:
            return ""
        points = sorted(points, key=lambda point: (point.dominated_by is not None, point.variant))[
            :MOST_POINTS
        ]
        across, up = self.summary.weighed
        values = [[point.differences[name].mean for point in points] for name in (across, up)]
        ticks = tuple(
            [self._number(name, end([0.0, *each])) for end in (min, max)]
            for name, each in zip((across, up), values, strict=True)
        )
        dots = [
            Dot(point.label, x, y, point.dominated_by is None)
            for point, x, y in zip(points, *values, strict=True)
        ]
        # Everything is a difference with today.
        dots.append(Dot(self.text("sweep.summary.today"), 0.0, 0.0, False))
        titles = [self.text("sweep.summary.better", name=self._heading(name)) for name in (across, up)]
        alt = self.text(
            "sweep.summary.alt",
            count=len(points),
            across=self._heading(across),
            up=self._heading(up),
            free=", ".join(point.label for point in points if point.dominated_by is None),
        )
        return scatter_chart(dots, f"← {titles[0]}", f"↓ {titles[1]}", (ticks[0], ticks[1]), alt)

    def _left_out(self) -> list[TableView]:
        rows = self.summary.left_out
        shown = self._shown([row.differences for row in rows])
        columns = (
            Column("location", self.text("sweep.summary.column.location")),
            Column("rank", self.text("sweep.summary.column.rank"), numeric=True),
            *self._columns(shown),
            Column("receivers", self.text("sweep.summary.column.receivers")),
        )
        cells = tuple(
            (row.location, Number(rank), *self._cells(shown, row.differences), self._receivers(row.receivers))
            for rank, row in enumerate(rows, start=1)
        )
        return [self._table("left_out", columns, cells)]

    def _norms(self) -> list[TableView]:
        found = []
        for profile, steps in self.summary.norms.items():
            shown = self._shown([step.differences for step in steps])
            columns = (
                Column("norm", self.text("sweep.summary.column.norm"), numeric=True),
                Column("providers", self.text("sweep.summary.column.providers"), numeric=True),
                Column("smallest", self.text("sweep.summary.column.smallest"), numeric=True),
                Column("at_norm", self.text("sweep.summary.column.at_norm"), numeric=True),
                *self._columns(shown),
            )
            cells = tuple(
                (
                    Number(step.norm),
                    Number(step.providers),
                    Number(step.smallest),
                    Number(step.at_norm, share=True),
                    *self._cells(shown, step.differences),
                )
                for step in steps
            )
            name = self.names.get(profile, profile)
            table = self._table("norms", columns, cells, name=name)
            sheet = f"{table.sheet} {profile}"[:31]
            found.append(TableView(f"norms-{profile}", sheet, table.caption, table.columns, table.rows))
        return found

    def _frontier(self) -> list[TableView]:
        points = sorted(
            self.summary.points, key=lambda point: (point.dominated_by is not None, point.variant)
        )
        columns = [Column("variant", self.text("sweep.summary.column.variant"))]
        if self.summary.with_norm:
            columns.append(Column("norm", self.text("sweep.summary.column.norm"), numeric=True))
        columns += self._columns(self.summary.weighed)
        columns.append(Column("dominated", self.text("sweep.summary.column.dominated")))
        rows: list[tuple[Cell, ...]] = [self._today()] if points else []
        for point in points:
            norm: tuple[Cell, ...] = ()
            if self.summary.with_norm:
                norm = (None if point.norm is None else Number(point.norm),)
            cells = self._cells(self.summary.weighed, point.differences)
            rows.append((point.label, *norm, *cells, self._dominated(point, points)))
        return [self._table("frontier", tuple(columns), tuple(rows))]

    def _today(self) -> tuple[Cell, ...]:
        """Return the row of how it is now, to compare with: everything else is a difference with it."""
        norm: tuple[Cell, ...] = (None,) if self.summary.with_norm else ()
        each = [self._spread(name, Estimate(mean=0.0)) for name in self.summary.weighed]
        # No difference with itself, and certainly so.
        nothing = [replace(cell, muted=False) for cell in each]
        return (self.text("sweep.summary.today"), *norm, *nothing, "–")

    def _dominated(self, point: Point, points: Sequence[Point]) -> str:
        if point.dominated_by is None:
            return self.text("sweep.summary.free")
        label = next(other.label for other in points if other.variant == point.dominated_by)
        return self.text("sweep.summary.dominated_by", name=label)

    def _table(
        self, id_: str, columns: tuple[Column, ...], rows: tuple[tuple[Cell, ...], ...], **params: object
    ) -> TableView:
        sheet = self.text(f"sweep.summary.sheet.{id_}")
        return TableView(id_, sheet, self.text(f"sweep.summary.caption.{id_}", **params), columns, rows)

    def _shown(self, rows: Sequence[Mapping[str, Estimate]]) -> tuple[str, ...]:
        return tuple(name for name in INDICATORS if any(name in row for row in rows))

    def _heading(self, indicator: str) -> str:
        unit = CATALOGUE[indicator].unit
        name = self.text(f"indicator.{indicator}")
        return name if unit == "share" else f"{name} ({self.text(f'unit.{unit}')})"

    def _columns(self, shown: Sequence[str]) -> list[Column]:
        return [Column(name, self._heading(name), numeric=True, spread=True) for name in shown]

    def _cells(self, shown: Sequence[str], values: Mapping[str, Estimate]) -> list[Cell]:
        return [self._spread(name, values[name]) if name in values else None for name in shown]

    def _spread(self, indicator: str, value: Estimate) -> Spread:
        definition = CATALOGUE[indicator]
        clear = value.low is not None and value.high is not None and (value.low > 0 or value.high < 0)
        share = definition.unit == "share"
        return Spread(value, definition.decimals, share, difference=True, muted=not clear, clear=clear)

    def _difference(self, indicator: str, value: Estimate) -> str:
        unit = CATALOGUE[indicator].unit
        return f"{shown(self._spread(indicator, value), self.language)} {self.text(f'unit.{unit}')}"

    def _number(self, indicator: str, value: float) -> str:
        return signed(value, self.language, CATALOGUE[indicator].decimals)

    def _receivers(self, receivers: Sequence[tuple[str, float]]) -> str:
        return ", ".join(f"{name} ({percent(share, self.language)})" for name, share in receivers) or "–"
