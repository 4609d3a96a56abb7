"""The sections of the impact page. Each turns a part of the impact analysis into one block of HTML.

A picture is always the middle column of a table, so that nobody has to read a value off a drawing.
"""

from __future__ import annotations

from collections.abc import Sequence

from zorgstroom.reporting import board
from zorgstroom.reporting.contents import Contents
from zorgstroom.reporting.impact import (
    AreaImpact,
    ConservationLine,
    Estimate,
    Flow,
    Impact,
    LocationImpact,
    PoolRow,
    Row,
    TextRef,
    VolumeRow,
    WaitRow,
)
from zorgstroom.reporting.place_outcome import SMALLEST
from zorgstroom.reporting.printed import first_lines
from zorgstroom.reporting.rendering import name_of, render
from zorgstroom.reporting.views import shown
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number, percent, signed
from zorgstroom_ui.components import pictures
from zorgstroom_ui.components.html import (
    ROWS_AT_ONCE,
    Column,
    Html,
    TableRow,
    box,
    cut_table,
    element,
    folded,
    h1,
    h2,
    join,
    link,
    listing,
    paragraph,
    table,
)
from zorgstroom_ui.components.origin import calculation, rows_address
from zorgstroom_ui.components.picture import Cell, Sheet
from zorgstroom_ui.components.report_tables import report_blocks, report_table
from zorgstroom_ui.components.wording import (
    area_name,
    capital,
    confidential_mark,
    date_text,
    difference_text,
    estimate_cell,
    figure_text,
    indicator_name,
    no_value,
    plain_cell,
    reads_as_zero,
    unit_name,
    value_text,
    years_text,
)

#: Fewer patients per year than this are not a flow but chance.
SMALLEST_FLOW = 0.5
#: Hospitals with a smaller share of the patients who move have no number on the map.
SMALLEST_SHARE = 0.02
#: Areas in the table with the map: all gemeenten of the country, not all postcodes.
MOST_AREAS = 400
#: Growing lists named in words; the table has all of them.
LINES_AT_ONCE = 6
#: What is named at once of a longer list: what the plan changes, what stays, what is left out; and sentences.
BULLETS, SENTENCES = 3, 5
#: Sections of the page that can be gone to at once, in its order.
ANCHORS = (
    "summary",
    "volumes",
    "who",
    "where",
    "tradeoff",
    "causes",
    "years",
    "money",
    "group",
    "assumptions",
    "identity",
    "detail",
    "files",
)
#: A list that grows by less than this many patients a week is not given a pace.
SMALLEST_GROWTH = 0.05


class ImpactView:
    """An impact analysis in one language; `scenario` is the id that links to what is behind a number name."""

    def __init__(self, impact: Impact, language: Language, scenario: str = "") -> None:
        self.impact = impact
        self.language = language
        self.scenario = scenario
        #: What the report is made of too.
        self.report = Contents(impact, language, ())
        self.views = self.report.views
        self.tables, self.notes = self.report.tables, self.report.notes
        #: Numbers of the hospitals on the map and in the tables, by size of what changes for them.
        self.numbers = {place.id: index for index, place in enumerate(self.changed_locations(), start=1)}

    # -- words -----------------------------------------------------------------------------------------

    def _text(self, key: str, **params: object) -> str:
        return translate(f"ui.impact.{key}", self.language, **params)

    def _name(self, identifier: str) -> str:
        return name_of(identifier, self.language, self.impact.names)

    def _sentences(self, texts: Sequence[TextRef]) -> list[str]:
        return [render(text, self.language, self.impact.names) for text in texts]

    def _number(self, value: float, decimals: int = 0) -> str:
        return number(value, self.language, decimals)

    def _columns(self, section: str, *columns: str) -> list[Column]:
        """Return columns; ``name:num`` is a column of numbers, ``name:cell`` one with a picture."""
        parts = [column.partition(":") for column in columns]
        return [Column(self._text(f"{section}.{name}"), kind) for name, _, kind in parts]

    def _cut(self, caption: str, columns: Sequence[Column], rows: Sequence[TableRow]) -> Html:
        return cut_table(caption, columns, rows, self.language)

    def _report(self, *names: str) -> Html:
        """Return tables of the report, each with the note that says where its other rows are."""
        parts = []
        for name in names:
            parts.append(report_table(self.tables[name], self.language))
            if self.notes.get(name):
                parts.append(paragraph(self.notes[name], "zs-small zs-muted"))
        return join(*parts)

    def _words(self, key: str) -> Html:
        return paragraph(translate(key, self.language), "zs-small zs-muted")

    # -- sections --------------------------------------------------------------------------------------

    def heading(self) -> Html:
        """Return the title, and what is compared with what."""
        identity = self.impact.identity
        subtitle = self._text(
            "subtitle",
            area=area_name(identity.region, self.language),
            year=str(identity.demand_year),
            replications=self._number(identity.replications),
            weeks=self._number(identity.weeks),
        )
        title = join(h1(self._text("heading", name=self.impact.name)), paragraph(subtitle, "zs-muted"))
        return join(confidential_mark([identity], self.language), title)

    def contents(self) -> Html:
        """Return links to the sections of the page."""
        there = {
            "causes": bool(self.impact.actions),
            "years": any(section.id == "years" for section in self.impact.sections),
            "money": any(section.id in ("staff", "finance_years") for section in self.impact.sections),
            "group": any(section.id == "equity" for section in self.impact.sections),
        }
        names = [name for name in ANCHORS if there.get(name, True)]
        links = [element("a", self._text(f"{name}.short"), href=f"#{name}") for name in names]
        separator = Html(' <span aria-hidden="true">·</span> ')
        content = join(*(part for link in links for part in (link, separator)))
        label = self._text("contents")
        return element(
            "nav", join(f"{label}: ", Html(content.removesuffix(separator))), "zs-small", aria_label=label
        )

    def calculation(self, *names: str) -> Html:
        """Return how the tables with these names were made, behind a line to open."""
        return calculation(self.impact, self.scenario, names, self.language)

    def changes(self) -> Html:
        """Return what the plan changes, in words, apart from what that does."""
        parts = [h2(self._text("changes"))]
        if self.impact.description:
            parts.append(paragraph(self.impact.description))
        actions = self._sentences(self.impact.actions)
        parts.append(listing(actions[:BULLETS]) if actions else paragraph(self._text("changes.none")))
        if len(actions) > BULLETS:
            more = self._text("changes.all", count=self._number(len(actions)))
            parts.append(folded(more, listing(actions)))
        warnings = first_lines(self._sentences(self.impact.warnings), self.views)
        if warnings:
            parts.append(box(join(element("h3", self._text("warnings")), listing(warnings)), "zs-note"))
        return join(*parts)

    def short(self) -> Html:
        """Return the outcome in at most five sentences."""
        return box(
            join(
                h2(self._text("short"), "short"),
                listing(self._sentences(self.impact.summary)[:SENTENCES], ordered=True),
                self._reading(),
            ),
            "zs-short",
        )

    def summary(self) -> Html:
        """Return the table many people read as the only one."""
        columns = self._columns(
            "summary", "topic", "baseline:num", "plan:num", "difference:num", "norm", "verdict", "confidence"
        )
        telling = [self.impact.headline[index] for index in board.telling(self.report)]
        parts = [
            h2(self._text("summary.short"), "summary"),
            table(self._text("summary.caption"), columns, self._grouped(telling)),
        ]
        if self.scenario:
            parts.append(paragraph(self._text("summary.help"), "zs-small zs-muted"))
        if len(telling) < len(self.impact.headline):
            count = self._number(len(self.impact.headline))
            whole = table(self._text("summary.all.caption"), columns, self._grouped(self.impact.headline))
            parts.append(folded(self._text("summary.all", count=count), whole))
        return join(*parts, self.calculation("headline"))

    def _grouped(self, headline: Sequence[Row]) -> list[TableRow]:
        """Return rows under the place they are about."""
        groups: dict[tuple[str, ...], list[TableRow]] = {}
        for row in headline:
            place = tuple(part for part in (row.location, row.profile, row.area) if part)
            groups.setdefault(place, []).append(self._summary_row(row))
        rows = []
        for place, lines in groups.items():
            heading = ", ".join(map(self._name, place)) or self._text("summary.everything")
            rows += [TableRow([heading], "group"), *lines] if len(groups) > 1 else lines
        return rows

    def _reading(self) -> Html:
        """Say how the ranges in the sentences are to be read."""
        few = self.impact.identity.replications < 3
        key = "report.no_interval" if few else "ui.impact.short.help"
        return paragraph(translate(key, self.language), "zs-small zs-muted")

    def _summary_row(self, row: Row) -> TableRow:
        unit = unit_name(row.indicator, self.language)
        topic = indicator_name(row.indicator, self.language)
        if row.pool:
            topic = f"{topic} ({self._name(row.pool)})"
        difference = estimate_cell(row.indicator, row.difference, self.language, difference=True)
        same = row.clear and reads_as_zero(row.indicator, row.difference.mean)
        return TableRow(
            [
                join(
                    self._rows_link(topic, row),
                    element("span", f" {unit}", "zs-muted zs-small") if unit else "",
                ),
                estimate_cell(row.indicator, row.baseline, self.language),
                estimate_cell(row.indicator, row.plan, self.language),
                difference if row.clear and not same else element("span", difference, "zs-grey"),
                render(row.norm, self.language, self.impact.names) if row.norm else no_value(),
                self.verdict("same" if same and row.verdict != "none" else row.verdict),
                translate(f"confidence.{row.confidence}", self.language),
            ]
        )

    def _rows_link(self, topic: str, row: Row) -> str:
        """Return a topic as a link to the very row of the result table behind it."""
        if not self.scenario:
            return topic
        filters = {
            "maat": row.indicator,
            "ziekenhuis": row.location,
            "zorg": row.profile,
            "gemeente": row.area,
            "pool": row.pool,
            "groep": row.band,
        }
        return link(
            topic, rows_address(self.impact.identity, self.scenario, "comparison", self.language, **filters)
        )

    def verdict(self, verdict: str) -> Html:
        """Return a judgement as shape and word."""
        if verdict == "none":
            return Html(no_value())
        grey = ("equal", "same")
        css = "zs-worse" if verdict in ("worse", "fails") else "zs-grey" if verdict in grey else "zs-better"
        shape = element("span", translate(f"ui.shape.{verdict}", self.language), aria_hidden="true")
        # Certain but too small to write down is neither better nor worse for anybody.
        word = self._text("same") if verdict == "same" else translate(f"verdict.{verdict}", self.language)
        return element("span", join(shape, " ", word), f"zs-verdict {css}")

    def changed_locations(self) -> list[LocationImpact]:
        """Return the hospitals that send or receive, those for which most changes first."""
        changed = [
            place
            for place in self.impact.locations
            if max(place.received.mean, place.sent.mean) >= SMALLEST_FLOW
        ]
        return sorted(changed, key=lambda place: (-max(place.received.mean, place.sent.mean), place.name))

    def marked_locations(self) -> dict[str, int]:
        """Return the numbers of the hospitals that are named on the map: the first of the table."""
        total = sum(place.received.mean for place in self.impact.locations)
        return {
            place.id: self.numbers[place.id]
            for place in self.changed_locations()[:ROWS_AT_ONCE]
            if max(place.received.mean, place.sent.mean) >= SMALLEST_SHARE * total
        }

    def who(self) -> Html:
        """Return what every hospital hands over and receives, and who goes from where to where."""
        places = self.changed_locations()
        if not places:
            return paragraph(self._text("who.none"))
        largest = max(max(place.received.mean, place.sent.mean) for place in places)
        rows = [
            TableRow(
                [
                    self._place_label(place),
                    plain_cell(place.sent, self.language),
                    pictures.out_and_in(place.sent.mean / largest, place.received.mean / largest),
                    plain_cell(place.received, self.language),
                    plain_cell(place.net, self.language, difference=True),
                ]
            )
            for place in places
        ]
        sent, received = (sum(getattr(place, side).mean for place in places) for side in ("sent", "received"))
        total = [self._number(sent), "", self._number(received), signed(received - sent, self.language)]
        rows.append(TableRow([self._text("who.total"), *total], "total"))
        columns = self._columns("who", "place", "sent:num", "picture:cell", "received:num", "net:num")
        legend = pictures.legend(
            [("zs-orange", self._text("who.sent.legend")), ("zs-blue", self._text("who.received.legend"))]
        )
        return join(
            legend,
            self._cut(self._text("who.caption"), columns, rows),
            folded(
                translate("report.workload", self.language),
                join(self._report("workload"), self._words("report.workload.help")),
            ),
            self._report("profiles") if len(self.impact.profiles) > 1 else "",
            folded(self._text("flows.open"), self._flows()),
            self.calculation("locations", "flows"),
        )

    def _place_label(self, place: LocationImpact) -> Html:
        outside = "" if place.in_region else element("span", f" {self._text('outside')}", "zs-muted zs-small")
        return join(element("span", f"{self.numbers[place.id]} ", "zs-muted"), place.name, outside)

    def _flows(self) -> Html:
        columns = self._columns("flows", "from", "to", "profile", "patients:num", "minutes:num")
        return self._cut(
            self._text("flows.caption"), columns, [self._flow_row(flow) for flow in self._by_size()]
        )

    def _by_size(self) -> list[Flow]:
        return sorted(self.impact.flows, key=lambda flow: -flow.patients.mean)

    def _flow_row(self, flow: Flow) -> TableRow:
        return TableRow(
            [
                self._name(flow.from_location),
                self._name(flow.to_location),
                self._name(flow.profile),
                plain_cell(flow.patients, self.language),
                signed(flow.extra_minutes, self.language),
            ]
        )

    def travel(self) -> Html:
        """Return the patients who go elsewhere by how much longer they travel."""
        heading = element("h3", self._text("travel"))
        bands = self.impact.travel_bands
        total = sum(band.patients.mean for band in bands)
        if total < SMALLEST_FLOW:
            return join(heading, paragraph(self._text("travel.none")))
        largest = max(band.patients.mean for band in bands)
        rows = [
            TableRow(
                [
                    translate(f"band.{band.band}", self.language),
                    pictures.bar(
                        band.patients.mean / largest, pictures.BAND_COLOURS.get(band.band, "zs-blue")
                    ),
                    plain_cell(band.patients, self.language),
                    percent(band.patients.mean / total, self.language),
                ]
            )
            for band in bands
        ]
        rows.append(
            TableRow(
                [self._text("travel.total"), "", self._number(total), percent(1, self.language)], "total"
            )
        )
        columns = self._columns("travel", "band", "picture:cell", "patients:num", "share:num")
        return join(heading, table(self._text("travel.caption"), columns, rows))

    def changed_areas(self) -> list[AreaImpact]:
        """Return the areas from which patients go elsewhere, leaving out what is only chance."""
        return [area for area in self.impact.areas if area.moved_patients.mean >= SMALLEST_FLOW]

    def map_words(self) -> str:
        """Return what the map shows, for who cannot see it."""
        moved = self.changed_areas()
        if not moved:
            return self._text("where.none")
        worst = max(moved, key=lambda area: area.extra_minutes.mean)
        return self._text(
            "where.alt",
            areas=self._number(len(moved)),
            area=worst.name,
            minutes=self._number(worst.extra_minutes.mean),
        )

    def map_key(self) -> Html:
        """Return what the signs on the map mean, and which hospitals its numbers are."""
        names = {place.id: place.name for place in self.impact.locations}
        numbered = (f"{index} {names[place]}" for place, index in self.marked_locations().items())
        return join(
            paragraph(translate("ui.map.places", self.language), "zs-small"),
            paragraph(self._text("where.numbers", names=", ".join(numbered)), "zs-small"),
        )

    def areas_sheet(self) -> Sheet:
        """Return the figures of the map as a file has them."""
        names = ("area", "inhabitants", "patients", "minutes")
        rows: list[list[Cell]] = [
            [
                area.name,
                area.inhabitants,
                round(area.moved_patients.mean, 1)
                if _enough(area)
                else translate("ui.depth.few", self.language),
                round(area.extra_minutes.mean, 1),
            ]
            for area in self._areas_by_minutes()
        ]
        return Sheet([self._text(f"where.{name}") for name in names], rows)

    def _areas_by_minutes(self) -> list[AreaImpact]:
        return sorted(self.changed_areas(), key=lambda area: (-area.extra_minutes.mean, area.name))

    def areas(self) -> Html:
        """Return the table that goes with the map."""
        if not self.changed_areas():
            return join(paragraph(self._text("where.none")), self._report("access"))
        rows = [
            TableRow(
                [
                    area.name,
                    self._number(area.inhabitants),
                    plain_cell(area.moved_patients, self.language)
                    if _enough(area)
                    else translate("ui.depth.few", self.language),
                    plain_cell(area.extra_minutes, self.language, 1, difference=True),
                ]
            )
            for area in self._areas_by_minutes()
        ]
        columns = self._columns("where", "area", "inhabitants:num", "patients:num", "minutes:num")
        return join(
            self._report("access"),
            folded(
                self._text(
                    "where.table_one" if len(rows) == 1 else "where.table", count=self._number(len(rows))
                ),
                table(self._text("where.caption"), columns, rows[:MOST_AREAS]),
            ),
            self.calculation("areas"),
        )

    def waits(self) -> Html:
        """Return waiting before and after, with intervals and the lists at the end."""
        parts = [paragraph(self._text("waits.help"))]
        shown = False
        for kind in ("treatment", "first_visit"):
            rows = [row for row in self.impact.waits if row.kind == kind and row.location and row.profile]
            if rows:
                shown = True
                parts.append(self._waits_of(kind, rows))
        if not shown:
            return paragraph(self._text("waits.none"))
        whole = self._report("wait_profiles", "wait_locations")
        treeknorm = self._words("report.waits.treeknorm")
        return join(parts[0], whole, treeknorm, *parts[1:], self.calculation("waits"))

    def _waits_of(self, kind: str, rows: Sequence[WaitRow]) -> Html:
        known = [value for row in rows for value in (row.baseline, row.plan) if value is not None]
        longest = max(map(_upper, known), default=0.0) or 1.0
        columns = self._columns(
            "waits", "place", "baseline:num", "plan:num", "picture:cell", "difference:num", "list:num"
        )
        lines = [
            self._wait_row(row, longest)
            for row in sorted(rows, key=lambda row: (row.difference is not None, -abs(row.change)))
        ]
        legend = pictures.sides_legend(self._text("waits.baseline"), self._text("waits.plan"))
        return join(
            element("h3", self._text(f"waits.{kind}")),
            legend,
            self._cut(self._text(f"waits.{kind}.caption"), columns, lines),
        )

    def _wait_row(self, row: WaitRow, longest: float) -> TableRow:
        label, baseline = self._wait_label(row), self._wait_cell(row.baseline, row.growth_baseline)
        if self._stops(row.location, row.profile):
            stopped = element("span", self._text("volumes.stopped"), "zs-muted")
            return TableRow([label, baseline, no_value(), stopped, no_value(), self._list_text(row)])
        if row.baseline is None or row.plan is None or row.difference is None:
            plan = self._wait_cell(row.plan, row.growth_plan)
            verdict = shown(self.views.wait_verdict(row), self.language)
            return TableRow([label, baseline, plan, no_value(), verdict, self._list_text(row)])
        return TableRow(
            [
                label,
                baseline,
                self._wait_cell(row.plan, None),
                pictures.before_and_after(row.baseline, row.plan, longest),
                self._clear(
                    row.clear and round(row.change, 1) != 0,
                    plain_cell(row.difference, self.language, 1, difference=True),
                ),
                self._list_text(row),
            ]
        )

    def _wait_cell(self, weeks: Estimate | None, growth: Estimate | None) -> Html:
        """Return a mean wait, or how much a growing list grows by in a week."""
        if weeks is None:
            return join(shown(self.views.wait(None, growth), self.language))
        return plain_cell(weeks, self.language, 1)

    def _stops(self, location: str, profile: str) -> bool:
        """Return whether a hospital stops this care, so that there is no waiting for it to compare."""
        return any(
            row.plan.mean < SMALLEST_FLOW <= row.baseline.mean
            for row in self.impact.volumes
            if (row.location, row.profile) == (location, profile)
        )

    def _list_text(self, row: WaitRow) -> str:
        if row.list_baseline is None or row.list_plan is None:
            return no_value()
        now, plan = self._number(row.list_baseline.mean), self._number(row.list_plan.mean)
        return self._text("waits.from_to", now=now, plan=plan)

    def _wait_label(self, row: WaitRow) -> Html:
        parts = [self._name(part) for part in (row.location, row.profile) if part]
        return join(parts[0], element("span", f" {parts[1]}", "zs-muted zs-small") if len(parts) > 1 else "")

    def _clear(self, clear: bool, cell: Html) -> Html:
        if clear:
            return cell
        unclear = element("span", translate("ui.unclear", self.language), "zs-range")
        return element("span", join(cell, unclear), "zs-grey")

    def capacity(self) -> Html:
        """Return the load of the pools the plan touches, and which lists keep growing."""
        if not self.impact.pools:
            return paragraph(self._text("capacity.none"))
        parts = [paragraph(self._text("capacity.help"))]
        growing = [row for row in self.impact.pools if row.growing]
        caused = [row for row in growing if not _full_today(row)]
        if caused:
            lines = listing(self._growing_lines(caused))
            parts.append(box(join(element("h3", self._text("capacity.growing")), lines), "zs-note"))
        if len(growing) > len(caused):
            already = len(growing) - len(caused)
            key = "capacity.already_one" if already == 1 else "capacity.already"
            parts.append(paragraph(self._text(key, count=self._number(already))))
        columns = self._columns(
            "capacity", "place", "baseline:num", "plan:num", "picture:cell", "occupancy:num", "verdict"
        )
        ordered = sorted(
            self.impact.pools,
            key=lambda row: (not row.growing, _full_today(row), -abs(row.load_plan - row.load_baseline)),
        )
        scale = max(1.2, *(max(row.load_baseline, row.load_plan) for row in ordered))
        rows = [self._pool_row(row, scale) for row in ordered]
        legend = pictures.sides_legend(self._text("waits.baseline"), self._text("waits.plan"))
        both = [
            self._report(name)
            if self.tables[name].rows
            else paragraph(translate(f"report.pools.no_{name}", self.language))
            for name in ("short", "freed")
        ]
        return join(
            *parts,
            legend,
            self._cut(self._text("capacity.caption"), columns, rows),
            self._report("pool_totals"),
            self._words("report.pool_totals.help"),
            folded(self._text("capacity.both"), join(*both, self._words("report.pools.note"))),
            self.calculation("pools"),
        )

    def _growing_lines(self, rows: Sequence[PoolRow]) -> list[str]:
        ordered = sorted(rows, key=lambda row: -(row.growth_per_week.mean if row.growth_per_week else 0.0))
        lines = [self._growing_line(row) for row in ordered[:LINES_AT_ONCE]]
        if len(rows) > LINES_AT_ONCE:
            more = len(rows) - LINES_AT_ONCE
            key = "capacity.growing.more_one" if more == 1 else "capacity.growing.more"
            lines.append(self._text(key, count=self._number(more)))
        return lines

    def _growing_line(self, row: PoolRow) -> str:
        place, pool = self._name(row.location), self._name(row.pool)
        if row.growth_per_week is None or row.growth_per_week.mean < SMALLEST_GROWTH:
            return self._text("capacity.growing.line", place=place, pool=pool)
        return self._text(
            "capacity.growing.pace",
            place=place,
            pool=pool,
            patients=self._number(row.growth_per_week.mean, 1),
        )

    def _pool_row(self, row: PoolRow, scale: float) -> TableRow:
        occupancy = row.occupancy_plan
        return TableRow(
            [
                join(
                    self._name(row.location), element("span", f" {self._name(row.pool)}", "zs-muted zs-small")
                ),
                percent(row.load_baseline, self.language),
                percent(row.load_plan, self.language),
                pictures.load(row.load_baseline, row.load_plan, scale),
                percent(occupancy.mean, self.language) if occupancy else no_value(),
                self._pool_verdict(row),
            ]
        )

    def _pool_verdict(self, row: PoolRow) -> Html:
        if row.growing:
            key = "capacity.verdict.already" if _full_today(row) else "capacity.verdict.growing"
            return element("span", self._text(key), "zs-verdict zs-worse")
        return element("span", self._text("capacity.verdict.fits"), "zs-verdict zs-better")

    def volumes(self) -> Html:
        """Return volumes against the norm: a dot for every simulated year."""
        heading = h2(self._text("volumes"), "volumes")
        rows = [row for row in self.impact.volumes if row.norm is not None]
        own = [paragraph(line) for line in self.report.sentences(self.impact.own_minimums)]
        if not rows:
            return join(heading, *own, paragraph(self._text("volumes.none")))
        columns = self._columns(
            "volumes", "place", "norm:num", "baseline:num", "plan:num", "years:cell", "verdict"
        )
        lines = [self._volume_row(row) for row in rows]
        parts = [
            heading,
            *own,
            paragraph(self._text("volumes.help")),
            self._cut(self._text("volumes.caption"), columns, lines),
        ]
        if any(row.plan_met is None and row.plan.mean >= SMALLEST_FLOW for row in rows):
            parts.append(paragraph(translate("report.norms.artefact", self.language), "zs-small"))
        sources = sorted({row.norm_source for row in rows if row.norm_source})
        if sources:
            parts.append(
                paragraph(self._text("volumes.source", sources="; ".join(sources)), "zs-small zs-muted")
            )
        return join(*parts, self.calculation("volumes"))

    def _volume_row(self, row: VolumeRow) -> TableRow:
        assert row.norm is not None
        label = join(
            self._name(row.location), element("span", f" {self._name(row.profile)}", "zs-muted zs-small")
        )
        if row.norm_status == "announced":
            label = join(label, element("span", f" {self._text('volumes.announced')}", "zs-muted zs-small"))
        if row.plan_met is None:
            reason = "volumes.stopped" if self._stops(row.location, row.profile) else "volumes.unjudged"
            years: Html = element("span", self._text(reason), "zs-muted")
        else:
            years = join(
                pictures.years(row.plan_met, row.replications),
                element("span", years_text(row.plan_met, row.replications, self.language), "zs-small"),
            )
        return TableRow(
            [
                label,
                self._number(row.norm),
                plain_cell(row.baseline, self.language),
                plain_cell(row.plan, self.language),
                years,
                self.verdict("none" if row.plan_met is None else row.verdict),
            ]
        )

    def activity(self) -> Html:
        """Return what changes in admissions, days and hours."""
        columns = self._columns("activity", "topic", "place", "baseline:num", "plan:num", "difference:num")
        rows = [
            TableRow(
                [
                    f"{indicator_name(row.indicator, self.language)}",
                    self._name(row.location),
                    value_text(row.indicator, row.baseline.mean, self.language),
                    value_text(row.indicator, row.plan.mean, self.language),
                    self._clear(
                        row.clear, difference_text(row.indicator, row.difference.mean, self.language)
                    ),
                ]
            )
            for row in self.impact.activity
        ]
        return join(self._cut(self._text("activity.caption"), columns, rows), self.calculation("activity"))

    def limits(self) -> Html:
        """Return what stays as it is, and what the outcome leaves out."""
        blocks = [
            (self._text("unchanged"), self._sentences(self.impact.unchanged)),
            (self._text("limits"), self._sentences(self.impact.limits)),
        ]
        content = join(*(self._first(title, items) for title, items in blocks if items))
        return element("div", content, "zs-columns")

    def _first(self, title: str, items: Sequence[str]) -> Html:
        more = items[BULLETS:]
        rest = folded(self._text("more_limits", count=self._number(len(more))), listing(more)) if more else ""
        return element("div", join(h2(title), listing(items[:BULLETS]), rest))

    def robustness(self) -> Html:
        """Return what holds with other assumptions, apart from chance; nothing where that was not asked for."""
        found = self.report.robust
        if found is None:
            return Html("")
        return join(
            element("h3", translate("robust.heading", self.language)),
            paragraph(found.summary),
            *map(paragraph, found.infeasible),
            self._report("robustness") if self.tables["robustness"].rows else "",
            self._report("drivers") if self.tables["drivers"].rows else "",
            *(paragraph(line, "zs-small zs-muted") for line in (found.undriven, *found.lines) if line),
        )

    def assumptions(self) -> Html:
        """Return the figures the outcome rests on that nobody knows for certain."""
        columns = self._columns("assumptions", "name", "value:num", "basis", "confidence", "source")
        rows = [
            TableRow(
                [
                    capital(render(item.label, self.language, self.impact.names)),
                    figure_text(item.value, item.unit, self.language),
                    translate(f"basis.{item.basis}", self.language),
                    translate(f"confidence.{item.confidence}", self.language),
                    item.source or no_value(),
                ]
            )
            for item in self.impact.assumptions
            if item.basis != "own"
        ]
        matters = board.matters(self.report)
        count = self._number(len(rows))
        return join(
            h2(matters.title, "assumptions"),
            report_blocks(matters.blocks, self.language),
            folded(
                self._text("assumptions.all", count=count),
                join(
                    paragraph(self._text("assumptions.help")),
                    self._cut(self._text("assumptions.caption"), columns, rows),
                ),
            ),
            self.robustness(),
            self._own(),
            paragraph(link(self._text("assumptions.register"), self._assumptions_address())),
        )

    def _assumptions_address(self) -> str:
        return f"aannames?taal={self.language}"

    def _own(self) -> Html:
        """Return the figures the organisation gave itself, if it did."""
        if not self.tables["own"].rows:
            return Html("")
        title = element("h3", translate("report.own", self.language))
        return join(title, self._words("report.own.help"), self._report("own"))

    def identity(self) -> Html:
        """Return what leads back to this outcome, with the count that shows that nobody got lost."""
        identity = self.impact.identity
        line = self._text(
            "origin_line",
            status=translate("report.status.concept", self.language),
            created=date_text(identity.created, self.language),
            model=identity.model_version,
            dataset=f"{identity.dataset_id} {identity.dataset_version}",
            calculation=identity.run_id,
        )
        certain = [text for text in (self.report.precision(), self.report.warmup()) if text]
        return join(
            h2(self._text("identity"), "identity"),
            paragraph(line),
            self.control(),
            *(paragraph(text, "zs-small zs-muted") for text in certain),
            self.calculation("conservation"),
        )

    def control(self) -> Html:
        """Return the count that shows that nobody got lost."""
        lines = [self._control_line(line) for line in self.impact.conservation]
        return paragraph(join(element("b", self._text("control")), " ", " ".join(lines)), "zs-small")

    def _control_line(self, line: ConservationLine) -> str:
        key = "control.right" if line.balanced else "control.wrong"
        return self._text(
            key,
            scenario=self._text(f"control.{line.scenario}"),
            before=self._number(line.arrived + line.seeded),
            treated=self._number(line.treated),
            present=self._number(line.in_treatment),
            waiting=self._number(line.waiting),
        )


def _enough(area: AreaImpact) -> bool:
    """Return whether so many go elsewhere from an area that their number is shown."""
    return area.moved_patients.mean >= SMALLEST


def _full_today(row: PoolRow) -> bool:
    """Return whether there is too little capacity without the plan too."""
    return row.load_baseline > 1


def _upper(value: Estimate) -> float:
    return value.mean if value.high is None else max(value.mean, value.high)
