"""The pictures of the report: what of the document goes into which chart, with its text alternative."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from zorgstroom.geo.boundaries import Boundaries, Patch, attributions, patches
from zorgstroom.reporting import svg
from zorgstroom.reporting.impact import AreaImpact, Estimate, LocationImpact, PoolRow, WaitRow
from zorgstroom.reporting.printed import TABLE_ROWS, Printed, both_ends
from zorgstroom.reporting.rendering import uncapitalised, with_interval
from zorgstroom.reporting.views import Spread, shown
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


class Charts:
    """The charts of one document in one language; the map fills areas of which `boundaries` has the border."""

    def __init__(self, printed: Printed, boundaries: Sequence[Boundaries]) -> None:
        self.printed = printed
        self.views = printed.views
        self.impact = printed.impact
        self.language = printed.views.language
        self.text = printed.text
        self.boundaries = boundaries

    def balance_chart(self) -> str | None:
        """Draw what each hospital sends and receives."""
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
        """Draw moved patients by extra travel time."""
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
        extra = [row.extra_minutes.mean for row in areas.values()]
        alt = self.text(
            "report.map.alt",
            areas=len(areas),
            locations=len(sites),
            longer=sum(minutes > 0 for minutes in extra),
            shorter=sum(minutes < 0 for minutes in extra),
        )
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
        """Return the largest streams between hospitals."""
        patients: dict[tuple[str, str], float] = defaultdict(float)
        for row in self.impact.flows:
            patients[row.from_location, row.to_location] += row.patients.mean
        largest = sorted(patients.items(), key=lambda item: (-item[1], item[0]))[:MAP_STREAMS]
        return [
            svg.Stream(*pair, value) for pair, value in largest if value >= MAP_STREAM_SHARE * largest[0][1]
        ]

    def waits_chart(self) -> str | None:
        """Draw the waits that change clearly."""
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
        """Return hospital and care of a wait."""
        return f"{self.views.name(row.location) or self.text('report.all_locations')}, {self.wait_care(row)}"

    def wait_care(self, row: WaitRow) -> str:
        """Return the care of a wait inside a sentence."""
        return uncapitalised(self.views.name(row.profile) or self.text("report.all_care"))

    def wait_difference(self, row: WaitRow) -> str:
        """Return what the chart says beside a wait."""
        if row.difference is not None and row.difference.low is not None and not row.clear:
            return self.text("verdict.equal")
        if round(row.change, 1) == 0:
            return self.text("verdict.same")
        return f"{signed(row.change, self.language, 1)} {self.text('unit.weeks')}"

    def capacity_chart(self) -> str | None:
        """Draw the load of the fullest places."""
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
        """Return one row of the chart of loads."""
        return svg.Change(
            label=self.views.name(row.location),
            detail=uncapitalised(self.views.name(row.pool)),
            before=Estimate(mean=row.load_baseline),
            after=Estimate(mean=row.load_plan),
            text=f"{percent(row.load_baseline, self.language)} → {percent(row.load_plan, self.language)}",
            worse=row.growing,
        )

    def number(self, value: float) -> str:
        """Return a whole number as people of the language write it."""
        return number(value, self.language)


def _band_minutes(band: str) -> float:
    if band in _BAND_MINUTES:
        return _BAND_MINUTES[band]
    low, _, high = band.partition("-")
    return (float(low) + float(high)) / 2
