"""The impact document as one self-contained HTML file: no script, no font, no request to anywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from zorgstroom.geo.boundaries import Boundaries, Patch, attributions, patches
from zorgstroom.planning.parts import INTERACTION
from zorgstroom.reporting import precision, svg, warmup
from zorgstroom.reporting.growing import LEAST_REPLICATIONS
from zorgstroom.reporting.impact import (
    AreaImpact,
    Estimate,
    Impact,
    LocationImpact,
    PoolRow,
    VolumeRow,
    WaitRow,
)
from zorgstroom.reporting.printed import NORM_LINES, TABLE_ROWS, Printed, both_ends, first_lines
from zorgstroom.reporting.rendering import render, uncapitalised, with_interval
from zorgstroom.reporting.robustness import section
from zorgstroom.reporting.views import Cell, Number, Spread, Views, mean_and_range, shown
from zorgstroom.reporting.wording import LONG_BANDS, changed_waits, fuller, ladder
from zorgstroom.text import Language
from zorgstroom.text.numbers import number, percent, signed

CHART_ROWS = 12
#: Rows of a chart that shows that nothing changes.
FEW_ROWS = 4
#: Streams drawn on the map, and the smallest as a share of the largest.
MAP_STREAMS, MAP_STREAM_SHARE = 12, 0.05
#: Part of the moved patients whose areas are drawn, and from which part on a hospital is.
MAP_AREA_SHARE, MAP_SITE_SHARE = 0.9, 0.02
#: In place of a wait that a chart does not show.
_NO_WAIT = Estimate(mean=0.0)
#: Extra minutes that stand for a band without two ends, for the colour of its bar.
_BAND_MINUTES = {"<0": -1.0, "0": 0.0, "0-5": 2.5, ">45": 60.0}


@dataclass(frozen=True)
class Tile:
    """One large number with what it counts."""

    value: str
    label: str
    alarm: bool = False


@dataclass(frozen=True)
class NormLine:
    """Simulated years at the norm, as dots and as a sentence."""

    location: str
    profile: str
    norm: str
    dots: str
    sentence: str


def render_html(impact: Impact, lang: Language, boundaries: Sequence[Boundaries] = ()) -> str:
    """Return the report in one language; its map fills areas of which `boundaries` has the border."""
    report = _Report(impact, lang, boundaries)
    return _environment().get_template("impact.html.jinja").render(report.context())


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("zorgstroom.reporting", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class _Report:
    """Everything the template shows, as text."""

    def __init__(self, impact: Impact, language: Language, boundaries: Sequence[Boundaries]) -> None:
        self.impact = impact
        self.language = language
        self.boundaries = boundaries
        self.views = Views(impact, language)
        self.printed = Printed(self.views)
        self.text = self.views.text

    def context(self) -> dict[str, Any]:
        impact, identity = self.impact, self.impact.identity
        text = self.text
        facts = "report.facts" if identity.replications != 1 else "report.facts_one"
        sentences = {
            part: [render(item, self.language, impact.names) for item in getattr(impact, part)]
            for part in ("actions", "summary", "unchanged", "limits", "warnings", "waterfall_notes")
        }
        sentences["warnings"] = first_lines(sentences["warnings"], self.views)
        return {
            "t": text,
            "lang": self.language,
            "impact": impact,
            "shown": lambda cell: shown(cell, self.language),
            "mean_and_range": lambda cell: mean_and_range(cell, self.language),
            "facts": text(
                facts,
                region=self.views.region(),
                year=identity.demand_year,
                n=identity.replications,
                weeks=identity.weeks,
            ),
            **sentences,
            "basis": self.views.basis(),
            "own_figures": self.number(identity.own_figures) if identity.own_figures else "",
            "attribution": self.views.attribution(),
            "tiles": self.tiles(),
            "headline_groups": self.headline_groups(),
            "tables": self.printed.tables(),
            "notes": self.printed.notes(),
            "confidential": identity.confidential,
            "balance_chart": self.balance_chart(),
            "bands_chart": self.bands_chart(),
            "map": self.map(),
            "map_note": self.map_note(),
            "map_borders": self.map_borders(),
            "map_classes": [
                (text(f"report.map.class.{name}"), colour) for name, _, colour in svg.TRAVEL_CLASSES
            ],
            "waits_chart": self.waits_chart(),
            "capacity_chart": self.capacity_chart(),
            "growing": any(row.growing for row in impact.pools)
            or any(row.difference is None for row in impact.waits),
            "few_years": identity.replications < LEAST_REPLICATIONS,
            "norms": self.norms(),
            "always_at_norm": self.always_at_norm(),
            "has_norms": any(row.norm is not None for row in impact.volumes),
            "norm_sources": self.norm_sources(),
            "flows_note": self.flows_note(),
            "areas_note": self.areas_note(),
            "precision": self.precision(),
            "warmup": self.warmup(),
            "check": self.check(),
            "moves_check": self.moves_check(),
            "balanced": self.impact.balanced,
            "robust": section(self.views),
            "several_parts": any(INTERACTION in row.parts for row in impact.waterfall),
            "no_interval": identity.replications < 3,
        }

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

    def tiles(self) -> list[Tile]:
        impact, text = self.impact, self.text
        moved = impact.moved_patients
        far = sum(row.patients.mean for row in impact.travel_bands if row.band in LONG_BANDS)
        waits = len(changed_waits(impact.waits))
        growing = len(fuller(impact.pools))
        tiles = [self._tile("moved", moved)]
        if moved:
            extra = impact.mean_extra_minutes
            if round(extra) < 0:
                tiles.append(self._tile("travel_shorter", -extra))
            else:
                tiles.append(Tile(signed(extra, self.language), text("report.tile.travel")))
            tiles.append(self._tile("far", far))
        if impact.identity.replications >= 3:
            tiles.append(self._tile("waits", waits))
        tiles.append(self._tile("growing", growing, alarm=growing > 0))
        return tiles

    def _tile(self, name: str, value: float, *, alarm: bool = False) -> Tile:
        """Return a number with its words, of which there are others for one than for more."""
        one = ".one" if round(value) == 1 else ""
        return Tile(self.number(value), self.text(f"report.tile.{name}{one}"), alarm=alarm)

    def balance_chart(self) -> str | None:
        moving = [row for row in self.impact.locations if row.sent.mean or row.received.mean]
        rows = [
            svg.Balance(
                label=row.name,
                sent=row.sent.mean,
                received=row.received.mean,
                sent_text=self.number(row.sent.mean),
                received_text=self.number(row.received.mean),
            )
            for row in (moving[index] for index in both_ends([row.net.mean for row in moving], CHART_ROWS))
        ]
        if not rows:
            return None
        first = self.text(
            "report.who.alt_item", name=rows[0].label, sent=rows[0].sent_text, received=rows[0].received_text
        )
        alt = self.text("report.who.chart_alt", first=first)
        return svg.balance_chart(rows, self.text("report.sent"), self.text("report.received"), alt)

    def bands_chart(self) -> str | None:
        bands = self.impact.travel_bands
        if not any(row.patients.mean for row in bands):
            return None
        rows = [
            svg.Bar(
                label=self.text(f"band.{row.band}"),
                value=row.patients.mean,
                text=with_interval(row.patients, self.language),
                colour=svg.travel_class(_band_minutes(row.band))[1],
            )
            for row in bands
        ]
        largest = max(rows, key=lambda row: row.value)
        alt = self.text("report.travel.chart_alt", band=largest.label, n=self.number(largest.value))
        return svg.bar_chart(rows, alt)

    def map(self) -> str | None:
        """Draw the areas and hospitals that matter; a few patients far away would shrink the rest."""
        impact = self.impact
        total = impact.moved_patients
        sites = [
            svg.Site(row.id, index, row.name, row.longitude, row.latitude, row.net.mean < 0)
            for index, row in self.numbered_locations()
            if total == 0
            or len(impact.locations) > TABLE_ROWS
            or row.sent.mean + row.received.mean >= MAP_SITE_SHARE * total
        ]
        if not sites:
            return None
        filled, inside = self.filled_areas()
        areas = {row.id: row for row in self.map_areas()}
        circles = [
            svg.Circle(
                label=self.area_label(row),
                longitude=row.longitude,
                latitude=row.latitude,
                size=row.inhabitants,
                minutes=row.extra_minutes.mean,
            )
            for row in areas.values()
            if row.id not in inside
        ]
        surfaces = [
            svg.Surface(
                label="; ".join(self.area_label(areas[area_id]) for area_id in patch.area_ids),
                shape=patch.shape,
                minutes=patch.value,
            )
            for patch in filled
        ]
        alt = self.text("report.map.alt", areas=len(areas), locations=len(sites))
        return svg.map_chart(circles, sites, self.streams(), alt, surfaces)

    def area_label(self, row: AreaImpact) -> str:
        """Say what the map tells of an area to who points at it."""
        return f"{row.name}: {shown(Spread(row.extra_minutes, 1, difference=True), self.language)}"

    def filled_areas(self) -> tuple[list[Patch], frozenset[str]]:
        """The areas of the map of which the border is known, by border, and their ids."""
        values = [(row.id, row.moved_patients.mean, row.extra_minutes.mean) for row in self.map_areas()]
        return patches(values, self.boundaries)

    def map_borders(self) -> str:
        """Say what the circles mean, if there are any, and whose the borders are, as their licence asks."""
        filled, inside = self.filled_areas()
        parts = [] if len(inside) == len(self.map_areas()) else [self.text("report.map.size")]
        if filled:
            parts.append(self.text("area.map.borders", source=attributions(filled, self.boundaries)))
        return " ".join(parts)

    def numbered_locations(self) -> list[tuple[int, LocationImpact]]:
        """The hospitals of the printed table with their numbers: more would cover each other on the map."""
        return [(index + 1, self.impact.locations[index]) for index in sorted(self.printed.both_ends())]

    def map_areas(self) -> list[AreaImpact]:
        """The areas with the most moved patients, together `MAP_AREA_SHARE` of them."""
        wanted = MAP_AREA_SHARE * sum(row.moved_patients.mean for row in self.impact.areas)
        chosen: list[AreaImpact] = []
        for row in self.impact.areas:
            if sum(area.moved_patients.mean for area in chosen) >= wanted:
                break
            chosen.append(row)
        return chosen

    def map_note(self) -> str:
        """Say which part of all moves the map shows."""
        total = sum(row.moved_patients.mean for row in self.impact.areas)
        if not total:
            return ""
        share = sum(row.moved_patients.mean for row in self.map_areas()) / total
        return self.text("report.map.shown", share=percent(share, self.language))

    def streams(self) -> list[svg.Stream]:
        patients: dict[tuple[str, str], float] = defaultdict(float)
        for row in self.impact.flows:
            patients[row.from_location, row.to_location] += row.patients.mean
        largest = sorted(patients.items(), key=lambda item: (-item[1], item[0]))[:MAP_STREAMS]
        return [
            svg.Stream(*pair, value) for pair, value in largest if value >= MAP_STREAM_SHARE * largest[0][1]
        ]

    def waits_chart(self) -> str | None:
        # A hospital as a whole repeats what its kinds of care show.
        known = [row for row in self.impact.waits if row.difference is not None]
        details = [row for row in known if row.location and row.profile]
        rows = [row for row in details if row.clear and round(row.change, 1) != 0][:CHART_ROWS]
        rows = rows or details[:FEW_ROWS] or known[:FEW_ROWS]
        if not rows:
            return None
        waits = [(row.baseline or _NO_WAIT, row.plan or _NO_WAIT) for row in rows]
        ticks = svg.axis(max(value.high or value.mean for pair in waits for value in pair))
        first = self.text(
            "report.waits.alt_item",
            name=self.wait_name(rows[0]),
            before=number(waits[0][0].mean, self.language, 1),
            after=number(waits[0][1].mean, self.language, 1),
        )
        decimals = 0 if all(tick.is_integer() for tick in ticks) else 1
        return svg.change_chart(
            [
                svg.Change(
                    label=self.views.name(row.location) or self.text("report.all_locations"),
                    detail=f"{self.wait_care(row)}, {self.text(f'report.wait.{row.kind}.short')}",
                    before=before,
                    after=after,
                    text=self.wait_difference(row),
                    worse=row.clear and round(row.change, 1) > 0,
                )
                for row, (before, after) in zip(rows, waits, strict=True)
            ],
            [(tick, number(tick, self.language, decimals)) for tick in ticks],
            self.text("report.waits.chart_alt", first=first),
        )

    def wait_name(self, row: WaitRow) -> str:
        return f"{self.views.name(row.location) or self.text('report.all_locations')}, {self.wait_care(row)}"

    def wait_care(self, row: WaitRow) -> str:
        return uncapitalised(self.views.name(row.profile) or self.text("report.all_care"))

    def wait_difference(self, row: WaitRow) -> str:
        if row.difference is not None and row.difference.low is not None and not row.clear:
            return self.text("verdict.equal")
        if round(row.change, 1) == 0:
            return self.text("verdict.same")
        return f"{signed(row.change, self.language, 1)} {self.text('unit.weeks')}"

    def capacity_chart(self) -> str | None:
        rows = self.impact.pools[:CHART_ROWS]
        if not rows:
            return None
        top = max(1.2, *(max(row.load_baseline, row.load_plan) for row in rows))
        ticks = svg.axis(top, steps=6)
        fullest = max(rows, key=lambda row: row.load_plan)
        alt = self.text(
            "report.capacity.chart_alt",
            place=f"{self.views.name(fullest.location)}, {self.views.name(fullest.pool)}",
            load=percent(fullest.load_plan, self.language),
        )
        chart = svg.change_chart(
            [self.load_change(row) for row in rows],
            # The line at 100% has a label of its own.
            [
                (tick, percent(tick, self.language))
                for tick in ticks
                if abs(tick - 1) > 0.05 or tick == ticks[-1]
            ],
            alt,
            reference=(1.0, self.text("report.capacity.line")),
        )
        return chart

    def load_change(self, row: PoolRow) -> svg.Change:
        return svg.Change(
            label=self.views.name(row.location),
            detail=uncapitalised(self.views.name(row.pool)),
            before=Estimate(mean=row.load_baseline),
            after=Estimate(mean=row.load_plan),
            text=f"{percent(row.load_baseline, self.language)} → {percent(row.load_plan, self.language)}",
            worse=row.growing,
        )

    def norm_sources(self) -> str:
        sources = dict.fromkeys(row.norm_source for row in self.impact.volumes if row.norm_source)
        return self.text("report.norms.source", sources="; ".join(sources)) if sources else ""

    def norms(self) -> list[NormLine]:
        rows = self.judged()
        if len(rows) > NORM_LINES:
            rows = [row for row in rows if row.plan_met != row.replications]
        return [self.norm_line(row) for row in rows[:TABLE_ROWS]]

    def judged(self) -> list[VolumeRow]:
        return [row for row in self.impact.volumes if row.norm is not None and row.plan_met is not None]

    def always_at_norm(self) -> str:
        """Say how many places meet the norm in every year, where they are too many to list."""
        always = sum(row.plan_met == row.replications for row in self.judged())
        if len(self.judged()) <= NORM_LINES or not always:
            return ""
        return self.text(
            "report.norms.always_one" if always == 1 else "report.norms.always",
            n=self.number(always),
            years=self.impact.identity.replications,
        )

    def norm_line(self, row: VolumeRow) -> NormLine:
        met = row.plan_met or 0
        sentence = self.text(
            "report.met", word=self.text(ladder(met, row.replications)), met=met, n=row.replications
        )
        location, profile = self.views.name(row.location), self.views.name(row.profile)
        alt = self.text("report.norms.dots_alt", location=location, profile=profile, sentence=sentence)
        return NormLine(
            location=location,
            profile=profile,
            norm=shown(Number(row.norm or 0), self.language),
            dots=svg.dot_strip(met, row.replications, alt),
            sentence=sentence,
        )

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

    def check(self) -> str:
        if not self.impact.balanced:
            return self.text("report.conservation.broken")
        before, after = (line.arrived + line.seeded for line in self.impact.conservation)
        if before == after:
            return self.text("report.conservation.line", n=self.number(before))
        return self.text("report.conservation.two", before=self.number(before), after=self.number(after))

    def moves_check(self) -> str:
        sent, received = (
            sum(getattr(row, side).mean for row in self.impact.locations) for side in ("sent", "received")
        )
        return self.text("report.check.moves", sent=self.number(sent), received=self.number(received))

    def number(self, value: float) -> str:
        return number(value, self.language)


def _band_minutes(band: str) -> float:
    if band in _BAND_MINUTES:
        return _BAND_MINUTES[band]
    low, _, high = band.partition("-")
    return (float(low) + float(high)) / 2
