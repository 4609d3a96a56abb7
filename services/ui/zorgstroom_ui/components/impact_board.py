"""What the impact page draws and groups for a board: winners and losers, causes, years, staff and money, groups.

Everything comes from the impact analysis and the sections of its report; here it only gets its form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from zorgstroom.depth_document import AreaLine, AreaMoves
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.parts import INTERACTION, KINDS, TOTAL
from zorgstroom.reporting.impact import Estimate, Section, SectionCell, TextRef
from zorgstroom.reporting.readings import is_clear
from zorgstroom.reporting.rendering import render
from zorgstroom.reporting.views import Spread, TableView, shown
from zorgstroom.text import catalogue, translate
from zorgstroom.text.numbers import number, signed
from zorgstroom_ui.components import charts
from zorgstroom_ui.components.country_map import Spot
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    cut_table,
    element,
    folded,
    h2,
    join,
    paragraph,
)
from zorgstroom_ui.components.impact_view import ImpactView
from zorgstroom_ui.components.picture import Picture, Sheet, source_of
from zorgstroom_ui.components.report_tables import report_section, report_table, sheet_of
from zorgstroom_ui.components.wording import capital, indicator_name, no_value, unit_name

Made = Callable[[ImpactView], Html]

#: What is drawn of winners and losers: the column of the section, and whether less of it is a loss.
WINNERS: Mapping[str, tuple[str, bool]] = {
    "winners_locations": ("gain_patients", True),
    "winners_areas": ("travel_hours", False),
}
#: Of each side.
ENDS = 5
#: Indicators of which the causes are drawn; the table has all.
DRAWN_CAUSES = 3
#: Years of which staff and money are told on the page; the others are under what is told in detail.
TOLD_YEARS = (1, 5)
#: Sections that the page shows by themselves.
_SHOWN = ("winners_locations", "winners_areas")
#: What is told in detail, by theme: sections of the report in their order. What is in none stands under the last.
THEMES: Mapping[str, tuple[str, ...]] = {
    "exchange": ("balance", "balance_means", "stranded", "knock_on", "shared_care_clinics"),
    "years": ("years", "years_volume", "years_lists", "transition"),
    "money": ("staff", "finance", "finance_years", "finance_once"),
    "groups": ("equity", "shared_care", "shared_care_areas", "environment", "quality"),
    "national": ("national_beside",),
    "other": (),
}


@dataclass(frozen=True)
class Drawn:
    """A picture, the table that goes with it, and what it says of all together."""

    picture: Picture
    table: Html
    together: str = ""


def section_of(view: ImpactView, name: str) -> Section | None:
    """Return a section of the report with rows; None where this plan has none."""
    return next((item for item in view.impact.sections if item.id == name and item.rows), None)


def winners(view: ImpactView, name: str) -> Drawn | None:
    """Return who loses and who gains most as arrows, with all together; None where nobody does."""
    section = section_of(view, name)
    if section is None:
        return None
    measure, less_is_loss = WINNERS[name]
    table = view.views.section(section)
    place = [column.id for column in section.columns].index(measure)
    found = [
        _arrow(row[0], row[place], texts, place, view)
        for row, texts in zip(section.rows, table.rows, strict=True)
        if not (isinstance(row[0], TextRef) and row[0].key.endswith(".others"))
    ]
    single = [item for item in found if not item.total and item.value]
    losing = [item for item in single if (item.value < 0) == less_is_loss][:ENDS]
    gaining = [item for item in single if (item.value < 0) != less_is_loss][-ENDS:]
    if not single:
        return None
    language = view.language
    # All together would make the arrows of each too small to see.
    together = next((f"{item.label}: {item.text}" for item in found if item.total), "")
    title = translate(f"ui.impact.{name}.title", language)
    told = " ".join(render(line, language, view.impact.names) for line in section.sentences)
    picture = Picture(
        name=_file(view, name),
        title=title,
        alt=translate("ui.impact.winners.alt", language, title=title, told=told),
        spec=charts.arrows([*losing, *gaining], language, loss_is_negative=less_is_loss),
        sheet=sheet_of(table),
        source=source_of(view.impact.identity),
        legend=[
            (charts.LOSS, translate(f"ui.impact.{name}.loss", language)),
            (charts.MAIN, translate(f"ui.impact.{name}.gain", language)),
            (charts.GREY, translate("ui.impact.winners.grey", language)),
        ],
    )
    whole = folded(
        translate("ui.impact.winners.table", language),
        join(report_table(table, language, cut=True), view.calculation(name)),
    )
    return Drawn(picture, whole, together)


def balance(view: ImpactView) -> Html:
    """Return what hospitals give away and get back, in sentences; nothing where nobody moves."""
    section = section_of(view, "balance")
    if section is None or not section.sentences:
        return Html("")
    return join(
        element("h3", translate("ui.impact.balance", view.language)),
        *(paragraph(line) for line in view.report.sentences(section.sentences)),
        view.calculation("balance"),
    )


def causes(view: ImpactView) -> list[Drawn]:
    """Return what each part of the plan does to the indicators that change most clearly; empty where not asked for.

    Also empty where there is nothing to add up: one part that does all, or parts that round to nothing.
    """
    if not view.report.several_parts():
        return []
    language = view.language
    table = view.views.waterfall()
    made: list[Drawn] = []
    for row in sorted(view.impact.waterfall, key=lambda row: not is_clear(row.parts[TOTAL])):
        spreads = {
            part: view.views.contribution(row, part)
            for part in (*KINDS, INTERACTION, TOTAL)
            if part in row.parts
        }
        if len(made) == DRAWN_CAUSES or not any(_is_written(spread) for spread in spreads.values()):
            continue
        higher = CATALOGUE[row.indicator].direction == "higher"
        steps = [
            charts.Step(
                translate(f"report.column.part_{part}", language),
                spread.value.mean * (100 if spread.share else 1),
                shown(spread, language),
                clear=spread.clear,
                better=(spread.value.mean > 0) == higher,
                total=part == TOTAL,
            )
            for part, spread in spreads.items()
        ]
        share = not unit_name(row.indicator, language)
        unit = translate("unit.percentage_points", language) if share else unit_name(row.indicator, language)
        title = translate(
            "ui.impact.causes.title",
            language,
            indicator=indicator_name(row.indicator, language),
            unit=unit,
        )
        told = "; ".join(f"{step.label}: {step.text}" for step in steps)
        picture = Picture(
            name=_file(view, f"causes-{row.indicator}"),
            title=title,
            alt=f"{title}. {told}.",
            spec=charts.waterfall(steps, language),
            sheet=sheet_of(table),
            source=source_of(view.impact.identity),
            legend=[
                (
                    charts.MAIN,
                    f"{translate('ui.shape.better', language)} {translate('verdict.better', language)}",
                ),
                (
                    charts.LOSS,
                    f"{translate('ui.shape.worse', language)} {translate('verdict.worse', language)}",
                ),
                (charts.GREY, translate("ui.compare.grey", language)),
                (charts.TOTAL, translate("report.column.part_total", language)),
            ],
        )
        made.append(Drawn(picture, Html("")))
    return made


def _is_written(spread: Spread) -> bool:
    """Whether a difference is more than zero in the digits that are shown of it."""
    return round(abs(spread.value.mean), spread.decimals) > 0


def causes_table(view: ImpactView) -> Html:
    """Return the table of all causes, with what it says and how it was made."""
    help_key = "report.waterfall.help" if view.report.several_parts() else "report.waterfall.one"
    notes = (paragraph(line, "zs-small") for line in view.report.sentences(view.impact.waterfall_notes))
    return join(
        report_table(view.views.waterfall(), view.language, cut=True),
        paragraph(translate(help_key, view.language), "zs-small zs-muted"),
        *notes,
        view.calculation("waterfall"),
    )


def subjects_of_years(view: ImpactView) -> dict[str, str]:
    """Return what there is a line of per year: {column: heading}; nothing where the plan is about one year."""
    section = section_of(view, "years")
    if section is None:
        return {}
    headings = view.views.section(section).columns
    return {
        column.id: heading.header
        for column, heading in zip(section.columns, headings, strict=True)
        if column.kind == "spread"
    }


def years(view: ImpactView, subject: str) -> Drawn:
    """Return one outcome year by year, today and under the plan, with its interval."""
    section = section_of(view, "years")
    assert section is not None
    language, table = view.language, view.views.section(section)
    ids = [column.id for column in section.columns]
    place = ids.index(subject)
    scale = 100 if section.columns[place].share else 1
    sides = {
        "report.column.baseline": translate("ui.impact.years.baseline", language),
        "report.column.plan": translate("ui.impact.years.plan", language),
    }
    moments = [
        charts.Moment(
            int(row[ids.index("year")]),  # type: ignore[arg-type]
            sides[side.key],
            value.mean * scale,
            None if value.low is None else value.low * scale,
            None if value.high is None else value.high * scale,
        )
        for row in section.rows
        if isinstance(side := row[ids.index("years_side")], TextRef)
        and side.key in sides
        and isinstance(value := row[place], Estimate)
    ]
    heading = subjects_of_years(view)[subject]
    unit = f"{heading} (%)" if scale == 100 else heading
    title = translate("ui.impact.years.title", language, subject=heading)
    told = " ".join(render(line, language, view.impact.names) for line in section.sentences[:2])
    picture = Picture(
        name=_file(view, "years"),
        title=title,
        alt=f"{title}. {told}",
        spec=charts.lines(moments, list(sides.values()), charts.Axis(unit), language),
        sheet=sheet_of(table),
        source=source_of(view.impact.identity),
    )
    whole = folded(
        translate("ui.impact.years.table", language),
        join(report_table(table, language, cut=True), view.calculation("years")),
    )
    return Drawn(picture, whole)


def staff_and_money(view: ImpactView) -> Html:
    """Return what the plan asks of staff and money, in the first year and the fifth; nothing where it has none."""
    language = view.language
    parts: list[Html] = []
    names = ("staff", "finance", "finance_once")
    for name in names:
        section = next((item for item in view.impact.sections if item.id == name), None)
        if section is not None and section.sentences:
            parts += [paragraph(line) for line in view.report.sentences(section.sentences[:2])]
    section = section_of(view, "finance_years")
    if section is not None:
        table = view.views.section(section)
        rows = tuple(
            texts for row, texts in zip(section.rows, table.rows, strict=True) if row[0] in TOLD_YEARS
        )
        caption = translate("ui.impact.money.caption", language)
        told = TableView(table.id, table.sheet, caption, table.columns, rows)
        parts.append(report_table(told, language))
    if not parts:
        return Html("")
    named = [name for name in (*names, "finance_years") if section_of(view, name)]
    return join(
        h2(translate("ui.impact.money", language), "money"),
        *parts,
        paragraph(translate("ui.impact.money.help", language), "zs-small zs-muted"),
        view.calculation(*named),
    )


def who_bears_most(view: ImpactView) -> Html:
    """Return which group goes back most, and what the burden of the groups is; nothing where it is not known."""
    section = section_of(view, "equity")
    if section is None:
        return Html("")
    language = view.language
    table = view.views.section(section)
    lines = [_worst(view, section, table, f"equity_{name}_change", name) for name in ("travel", "wait")]
    return join(
        h2(translate("ui.impact.group", language), "group"),
        *(paragraph(line) for line in lines),
        *(paragraph(line) for line in view.report.sentences(section.sentences[:2])),
        folded(
            translate("ui.impact.group.table", language),
            join(
                report_table(table, language),
                paragraph(_help(view, "equity"), "zs-small zs-muted"),
                view.calculation("equity"),
            ),
        ),
    )


def _worst(view: ImpactView, section: Section, table: TableView, column: str, name: str) -> str:
    """Say which group's travel or wait gets clearly longest, if any does."""
    place = [item.id for item in section.columns].index(column)
    changes = [
        (value, texts)
        for row, texts in zip(section.rows, table.rows, strict=True)
        if isinstance(value := row[place], Estimate)
    ]
    longer = [(value, texts) for value, texts in changes if is_clear(value) and round(value.mean, 1) > 0]
    if not longer:
        return translate(f"ui.impact.group.{name}.none", view.language)
    _, texts = max(longer, key=lambda pair: pair[0].mean)
    return translate(
        f"ui.impact.group.{name}",
        view.language,
        group=shown(texts[0], view.language),
        change=shown(texts[place], view.language),
    )


def themes(view: ImpactView) -> dict[str, list[str]]:
    """Return which sections of the report are told in detail, by theme; themes without any are left out."""
    named = {name for names in THEMES.values() for name in names}
    there = [item.id for item in view.impact.sections if item.id not in _SHOWN]
    found = {theme: [name for name in names if name in there] for theme, names in THEMES.items()}
    found["other"] += [name for name in there if name not in named]
    return {theme: names for theme, names in found.items() if names}


def theme(view: ImpactView, names: Sequence[str]) -> Html:
    """Return sections of the report one after the other."""
    made = [view.report.section_of(name) for name in names]
    return join(
        *(
            join(report_section(section, view.language), view.calculation(name))
            for name, section in zip(names, made, strict=True)
            if section is not None
        )
    )


def waiting_spots(moves: AreaMoves) -> list[Spot]:
    """Return the areas of the map of waiting."""
    return [
        Spot(
            line.area,
            line.name,
            line.latitude,
            line.longitude,
            line.inhabitants,
            line.extra_weeks,
            line.patients.mean,
        )
        for line in moves.items
    ]


def waiting_table(view: ImpactView, moves: AreaMoves) -> Html:
    """Return the table of the map of waiting, who waits longest extra first."""
    language = view.language
    headings = _waiting_headings(view)
    columns = [Column(headings[0]), *(Column(heading, "num") for heading in headings[1:])]
    unknown = element("span", translate("ui.map.class.weeks.unknown", language), "zs-muted zs-small")
    rows = [
        TableRow(
            [
                line.name,
                number(line.patients.mean, language),
                unknown if line.extra_weeks is None else signed(line.extra_weeks, language, 1),
                signed(line.extra_minutes, language, 1),
            ]
        )
        for line in _by_weeks(moves)
    ]
    caption = translate("ui.impact.waiting.caption", language)
    more = ""
    if moves.left_out:
        count = {"count": number(moves.left_out, language), "smallest": number(moves.smallest, language)}
        more = paragraph(translate("ui.impact.waiting.left_out", language, **count), "zs-small zs-muted")
    table = join(cut_table(caption, columns, rows, language), more, view.calculation("areas", "waits"))
    key = "ui.impact.where.table_one" if len(rows) == 1 else "ui.impact.where.table"
    summary = translate(key, language, count=number(len(rows), language))
    return folded(summary, table)


def waiting_sheet(view: ImpactView, moves: AreaMoves) -> Sheet:
    """Return the figures of the map of waiting as a file has them."""
    rows = [
        [
            line.name,
            round(line.patients.mean, 1),
            None if line.extra_weeks is None else round(line.extra_weeks, 2),
            round(line.extra_minutes, 1),
        ]
        for line in _by_weeks(moves)
    ]
    return Sheet(_waiting_headings(view), rows)


def waiting_words(view: ImpactView, moves: AreaMoves) -> str:
    """Return what the map of waiting shows, for who cannot see it."""
    known = [line for line in _by_weeks(moves) if line.extra_weeks is not None]
    if not known:
        return translate("ui.impact.waiting.unknown", view.language)
    first, last = known[0], known[-1]
    return translate(
        "ui.impact.waiting.alt",
        view.language,
        areas=number(len(moves.items), view.language),
        most=first.name,
        most_weeks=signed(first.extra_weeks or 0.0, view.language, 1),
        least=last.name,
        least_weeks=signed(last.extra_weeks or 0.0, view.language, 1),
    )


def _by_weeks(moves: AreaMoves) -> list[AreaLine]:
    return sorted(
        moves.items, key=lambda line: (line.extra_weeks is None, -(line.extra_weeks or 0.0), line.name)
    )


def _waiting_headings(view: ImpactView) -> list[str]:
    return [
        translate(f"ui.impact.{name}", view.language)
        for name in ("where.area", "where.patients", "waiting.weeks", "where.minutes")
    ]


def _arrow(
    label: SectionCell, value: SectionCell, texts: Sequence[object], place: int, view: ImpactView
) -> charts.Arrow:
    assert isinstance(value, Estimate)
    cell = texts[place]
    assert isinstance(cell, Spread)
    return charts.Arrow(
        label=capital(str(texts[0])),
        value=value.mean,
        text=shown(cell, view.language),
        low=value.low,
        high=value.high,
        # Without an interval nothing says that it is only chance.
        clear=value.low is None or is_clear(value),
        total=isinstance(label, TextRef),
    )


def _scaled(value: Estimate, scale: float) -> Estimate:
    low, high = (None if end is None else end * scale for end in (value.low, value.high))
    return Estimate(mean=value.mean * scale, low=low, high=high)


def _help(view: ImpactView, name: str) -> str:
    return catalogue(view.language).get(f"report.section.{name}.help", no_value())


def _file(view: ImpactView, name: str) -> str:
    return f"{name.replace('_', '-')}-{view.impact.identity.run_id[:12]}"


#: What stands on the page in one go: before the pictures, after them, and at the end.
SECTIONS: Mapping[str, tuple[Made, ...]] = {
    "first": (
        ImpactView.heading,
        ImpactView.contents,
        ImpactView.changes,
        ImpactView.short,
        ImpactView.summary,
        ImpactView.volumes,
    ),
    "balance": (balance,),
    "travel": (ImpactView.travel,),
    "areas": (ImpactView.areas,),
    "last": (staff_and_money, who_bears_most, ImpactView.assumptions),
    "end": (ImpactView.limits, ImpactView.identity),
}
#: What is told in detail besides the sections of the report, with the text of its line to open.
DETAILS: Mapping[str, Made] = {
    "hospitals": ImpactView.who,
    "waits": ImpactView.waits,
    "capacity": ImpactView.capacity,
    "activity": ImpactView.activity,
}
