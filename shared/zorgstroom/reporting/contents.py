"""What the parts of a report are filled from: tables, pictures and sentences of one document in one language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from zorgstroom.geo.boundaries import Boundaries
from zorgstroom.planning.parts import INTERACTION
from zorgstroom.reporting import drawing, precision, robustness, svg, warmup
from zorgstroom.reporting.blocks import (
    Block,
    NormLine,
    NormLines,
    Paragraph,
    Picture,
    Section,
    Symbol,
    Table,
    Tile,
)
from zorgstroom.reporting.charts import Charts
from zorgstroom.reporting.impact import Impact, TextRef, VolumeRow
from zorgstroom.reporting.printed import NORM_LINES, PRINTED_OF_SECTIONS, TABLE_ROWS, Printed, columns_of
from zorgstroom.reporting.rendering import cited, render, uncapitalised
from zorgstroom.reporting.views import Cell, Number, Views, shown
from zorgstroom.reporting.wording import LONG_BANDS, changed_waits, fuller, ladder
from zorgstroom.text import Language, catalogue
from zorgstroom.text.numbers import number, percent, signed

#: Longest table of a further part of the analysis, in printed rows.
SECTION_ROWS = 25


class Contents:
    """Everything a part of the report can show, as blocks."""

    def __init__(self, impact: Impact, language: Language, boundaries: Sequence[Boundaries]) -> None:
        self.impact = impact
        self.created = dt.datetime.fromisoformat(impact.identity.created)
        self.language = language
        self.views = Views(impact, language)
        self.text = self.views.text
        self.printed = Printed(self.views)
        self.charts = Charts(self.printed, boundaries)
        self.tables = self.printed.tables()
        self.notes = self.printed.notes()
        self.robust = robustness.section(self.views)

    # -- sentences -------------------------------------------------------------------------------------

    def sentences(self, lines: Iterable[TextRef]) -> tuple[str, ...]:
        """Return sentences of the document in its language."""
        return tuple(render(line, self.language, self.impact.names) for line in lines)

    def number(self, value: float) -> str:
        """Return a whole number as people of the language write it."""
        return number(value, self.language)

    def check(self) -> str:
        """Say whether every patient is accounted for."""
        if not self.impact.balanced:
            return self.text("report.conservation.broken")
        before, after = (line.arrived + line.seeded for line in self.impact.conservation)
        if before == after:
            return self.text("report.conservation.line", n=self.number(before))
        return self.text("report.conservation.two", before=self.number(before), after=self.number(after))

    def moves_check(self) -> str:
        """Say that as many patients arrive as leave."""
        sent, received = (
            sum(getattr(row, side).mean for row in self.impact.locations) for side in ("sent", "received")
        )
        return self.text("report.check.moves", sent=self.number(sent), received=self.number(received))

    def precision(self) -> str:
        """Say how precise the outcome is; nothing where there are no intervals."""
        found = self.impact.precision
        line = None if found is None else precision.sentence(found)
        return "" if line is None else render(line, self.language, self.impact.names)

    def warmup(self) -> str:
        """Say whether the warm-up was long enough; one that was not is among the warnings."""
        found = self.impact.warmup
        line = None if found is None or found.enough is False else warmup.sentence(found)
        return "" if line is None else render(line, self.language, self.impact.names)

    def several_parts(self) -> bool:
        """Whether parts of the plan work together."""
        return any(INTERACTION in row.parts for row in self.impact.waterfall)

    def flows_note(self) -> str:
        """Say which part of all moves the printed streams are; nothing when they are all."""
        rows, printed = self.impact.flows, self.printed.printed_flows()
        if len(rows) == len(printed):
            return ""
        share = sum(rows[index].patients.mean for index in printed) / self.impact.moved_patients
        note = self.text(
            "report.flows.shown",
            n=len(printed),
            total=self.number(len(rows)),
            share=percent(share, self.language),
            sheet=self.views.sheet("flows"),
        )
        if "flows" in self.impact.left_out:
            left = self.number(self.impact.left_out["flows"])
            note += " " + self.text("report.more_in_tables", n=left)
        return note

    def areas_note(self) -> str:
        """Say in how many areas inhabitants travel longer and in how many shorter."""
        return self.text(
            "report.areas.count",
            losers=self.number(len(self.printed.by_hours(1))),
            gainers=self.number(len(self.printed.by_hours(-1))),
        )

    # -- blocks ----------------------------------------------------------------------------------------

    def table(self, name: str, *, id: str = "", captioned: bool = True, folded: bool = False) -> list[Block]:
        """Return a printed table with the note about what is left out; nothing without rows."""
        view = self.tables[name]
        if not view.rows:
            return []
        made = Table(id or view.id, view, captioned=captioned, folded=folded)
        return [made, *self.note(self.notes.get(name, ""))]

    def note(self, text: str) -> list[Block]:
        """Return small print; nothing for an empty text."""
        return [Paragraph(text, "note")] if text else []

    def explained(self, key: str) -> list[Block]:
        """Return the text of a key as small print, if the catalogue has it."""
        return self.note(self.text(key)) if key in catalogue(self.language) else []

    def picture(self, chart: str | None, caption: str) -> list[Block]:
        """Return a picture under its caption; nothing without one."""
        return self.titled(chart, self.text(caption)) if chart else []

    def titled(self, chart: str, title: str) -> list[Block]:
        """Return a picture under a title that is finished already."""
        return [Picture(chart, title)]

    def map(self) -> list[Block]:
        """Return the map with its legend; nothing where nobody moves."""
        chart = self.charts.map()
        if not chart:
            return []
        legend = [
            Symbol(_disc(colour), self.text(f"report.map.class.{name}"))
            for name, _, colour in svg.TRAVEL_CLASSES
        ]
        legend += [
            Symbol(_square(drawing.LOSS_TEXT, turned=True), self.text("report.map.sends")),
            Symbol(_square(drawing.MAIN, turned=False), self.text("report.map.receives")),
        ]
        notes = (self.charts.map_note(), self.charts.map_borders(), self.text("report.map.source"))
        note = " ".join(part for part in notes if part)
        return [Picture(chart, self.text("report.map.chart"), tuple(legend), note)]

    def headline(self) -> Table:
        """Return the whole summary table, its rows under the care they are about."""
        view = self.tables["headline"]
        groups = tuple(
            (f"{about[:1].upper()}{about[1:]}", tuple(rows)) for about, rows in self.headline_groups()
        )
        return Table("headline", view, groups=groups)

    def headline_groups(self) -> list[tuple[str, list[tuple[Cell, ...]]]]:
        """Rows of the summary table per kind of care; many kinds with one row each share a heading."""
        profiles = {row.profile for row in self.impact.headline if row.profile}
        several = sum(bool(row.profile) for row in self.impact.headline) == len(profiles) > 1
        groups: dict[str, list[tuple[Cell, ...]]] = {}
        rows = self.views.headline().rows
        for row, (name, about, *cells) in zip(self.impact.headline, rows, strict=True):
            heading, label = str(about), str(name)
            if row.pool or (row.profile and several):
                label = f"{label}: {uncapitalised(heading)}"
                heading = self.text("report.all_care" if row.pool else "report.plan_care")
            groups.setdefault(heading, []).append((label, *cells))
        return list(groups.items())

    def section_of(self, identifier: str) -> Section | None:
        """Return a table that a further part of the analysis brings, with what it says; None if it did not."""
        found = next((row for row in self.impact.sections if row.id == identifier), None)
        if found is None:
            return None
        view = self.views.section(found)
        blocks: list[Block] = [Paragraph(line) for line in self.sentences(found.sentences)]
        if view.rows:
            kept = columns_of(replace(view, rows=view.rows[:SECTION_ROWS]), PRINTED_OF_SECTIONS.get(found.id))
            blocks.append(Table(found.id, kept, captioned=False))
            if len(view.rows) > len(kept.rows):
                n, total = self.number(len(kept.rows)), self.number(len(view.rows))
                blocks += self.note(self.text("report.more_in_excel", n=n, total=total, sheet=view.sheet))
        blocks += self.explained(f"report.section.{found.id}.help")
        origin = [self.text("report.origin", confidence=self.text(f"confidence.{found.confidence}"))]
        if found.assumptions:
            origin.append(self.text("report.origin.assumptions", numbers=", ".join(found.assumptions)))
        if found.sources:
            origin.append(
                self.text("report.origin.sources", sources=cited("; ".join(found.sources), self.language))
            )
        return Section(view.caption, (*blocks, *self.note(" ".join(origin))))

    # -- large numbers -----------------------------------------------------------------------------------

    def tiles(self) -> tuple[Tile, ...]:
        """Return the few numbers a reader takes along."""
        impact, text = self.impact, self.text
        moved = impact.moved_patients
        far = sum(row.patients.mean for row in impact.travel_bands if row.band in LONG_BANDS)
        waits = len(changed_waits(impact.waits))
        growing = len(fuller(impact.pools))
        tiles = [self._tile("moved", moved)]
        if moved:
            extra = impact.mean_extra_minutes
            # What is within chance is no large number.
            unclear = any(line.key == "report.summary.travel_unclear" for line in impact.summary)
            if not unclear and round(extra) < 0:
                tiles.append(self._tile("travel_shorter", -extra))
            elif not unclear:
                tiles.append(Tile(signed(extra, self.language), text("report.tile.travel")))
            tiles.append(self._tile("far", far))
        if impact.identity.replications >= 3:
            tiles.append(self._tile("waits", waits))
        tiles.append(self._tile("growing", growing, alarm=growing > 0))
        return tuple(tiles)

    def _tile(self, name: str, value: float, *, alarm: bool = False) -> Tile:
        """Return a number with its words, of which there are others for one than for more."""
        one = ".one" if round(value) == 1 else ""
        return Tile(self.number(value), self.text(f"report.tile.{name}{one}"), alarm=alarm)

    # -- norms -------------------------------------------------------------------------------------------

    def norms(self) -> list[Block]:
        """Return how often norms are met, with where they come from; first a minimum of the plan's own."""
        blocks: list[Block] = [Paragraph(line) for line in self.sentences(self.impact.own_minimums)]
        if not any(row.norm is not None for row in self.impact.volumes):
            return [*blocks, Paragraph(self.text("report.norms.none")), *self.table("volumes")]
        if always := self.always_at_norm():
            blocks.append(Paragraph(always))
        if lines := self.norm_lines():
            blocks += [Paragraph(self.text("report.norms.help"), "note"), NormLines(tuple(lines))]
        sources = dict.fromkeys(row.norm_source for row in self.impact.volumes if row.norm_source)
        titles = cited("; ".join(sources), self.language)
        origin = self.text("report.norms.source", sources=titles) if sources else ""
        blocks += self.note(f"{self.text('report.norms.artefact')} {origin}".strip())
        return [*blocks, *self.table("volumes")]

    def norm_lines(self) -> list[NormLine]:
        """Return the places at a norm one by one, those that always meet it only while they are few."""
        rows = self._judged()
        if len(rows) > NORM_LINES:
            rows = [row for row in rows if row.plan_met != row.replications]
        return [self._norm_line(row) for row in rows[:TABLE_ROWS]]

    def _judged(self) -> list[VolumeRow]:
        return [row for row in self.impact.volumes if row.norm is not None and row.plan_met is not None]

    def always_at_norm(self) -> str:
        """Say how many places meet the norm in every year, where they are too many to list."""
        always = sum(row.plan_met == row.replications for row in self._judged())
        if len(self._judged()) <= NORM_LINES or not always:
            return ""
        return self.text(
            "report.norms.always_one" if always == 1 else "report.norms.always",
            n=self.number(always),
            years=self.impact.identity.replications,
        )

    def _norm_line(self, row: VolumeRow) -> NormLine:
        met = row.plan_met or 0
        sentence = self.text(
            "report.met", word=self.text(ladder(met, row.replications)), met=met, n=row.replications
        )
        location, profile = self.views.name(row.location), self.views.name(row.profile)
        alt = self.text("report.norms.dots_alt", location=location, profile=profile, sentence=sentence)
        norm = f"{self.text('report.column.norm').lower()}: {shown(Number(row.norm or 0), self.language)}"
        return NormLine(location, profile, norm, svg.dot_strip(met, row.replications, alt), sentence)


def _disc(colour: str) -> str:
    return (
        f'<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">'
        f'<circle cx="8" cy="8" r="7" fill="{colour}" stroke="{drawing.GREY}" stroke-width="1"/></svg>'
    )


def _square(colour: str, *, turned: bool) -> str:
    turn = ' transform="rotate(45 9 9)"' if turned else ""
    return (
        f'<svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">'
        f'<rect x="3.5" y="3.5" width="11" height="11" rx="1" fill="{colour}"{turn}/></svg>'
    )
