"""The full report: the board's questions with their answers, and a chapter per criterion.

The four criteria are those of an "impactvolle transformatie" in the Integraal Zorgakkoord (annex J, 3): care use,
regional redistribution with its profiles, staff, and real estate. What is under none of them follows, and how sure
it all is.
"""

from __future__ import annotations

from collections.abc import Iterable

from zorgstroom.reporting.answers import QUESTIONS, answers
from zorgstroom.reporting.blocks import Block, Bullets, Chapter, Paragraph, Section, Table
from zorgstroom.reporting.contents import Contents
from zorgstroom.reporting.growing import LEAST_REPLICATIONS
from zorgstroom.reporting.impact import Criterion
from zorgstroom.reporting.views import Column, TableView


def chapters(contents: Contents, *, with_board: bool) -> list[Chapter]:
    """Return the chapters; without the board's page before them, what it says first is said here."""
    text = contents.text
    made = [
        Chapter(tuple(_first(contents, with_board=with_board))),
        _chapter(contents, "care_use", _care_use(contents)),
        _chapter(contents, "redistribution", _redistribution(contents)),
        _chapter(contents, "staff", []),
        _chapter(contents, "real_estate", _real_estate(contents)),
        _chapter(contents, "other", []),
    ]
    certain = _filled(_certainty(contents))
    made.append(Chapter(certain, text("report.chapter.certainty"), text("report.chapter.certainty.about")))
    return made


def _chapter(contents: Contents, criterion: Criterion, own: Iterable[Section]) -> Chapter:
    """A chapter with what the report always has, and what further parts of the analysis bring to it."""
    text = contents.text
    brought = [row.id for row in contents.impact.sections if row.criterion == criterion]
    sections = [*own, *(found for name in brought if (found := contents.section_of(name)) is not None)]
    if not sections and criterion == "other":
        return Chapter(())
    if not sections:
        nothing = Paragraph(text("report.chapter.nothing"))
        sections = [Section(text("report.chapter.nothing.title"), (nothing,))]
    title, about = text(f"report.chapter.{criterion}"), text(f"report.chapter.{criterion}.about")
    return Chapter(_filled(sections), title, about)


def _first(contents: Contents, *, with_board: bool) -> list[Section]:
    text, impact = contents.text, contents.impact
    sections = []
    if not with_board and impact.warnings:
        warnings = Bullets(contents.sentences(impact.warnings))
        sections.append(Section(text("report.warnings"), (warnings,), "alert"))
    sections.append(Section(text("report.questions"), (_questions(contents),)))
    if impact.actions and (not with_board or len(impact.actions) > 3):
        sections.append(Section(text("report.plan.whole"), (Bullets(contents.sentences(impact.actions)),)))
    help_text = "report.no_interval" if impact.identity.replications < 3 else "report.headline.help"
    effect: list[Block] = [contents.headline(), *contents.note(text(help_text))]
    effect += contents.note(contents.precision()) + contents.note(contents.warmup())
    effect.append(Paragraph(contents.check(), "check"))
    sections.append(Section(text("report.effect"), tuple(effect)))
    sections.append(Section(text("report.waterfall"), tuple(_waterfall(contents))))
    return list(_filled(sections))


def _questions(contents: Contents) -> Table:
    text = contents.text
    columns = tuple(Column(name, text(f"report.column.{name}")) for name in ("question", "answer", "chapter"))
    rows = tuple(
        (
            text(f"report.question.{name}"),
            " ".join(contents.sentences(lines)),
            text(f"report.chapter.{QUESTIONS[name]}"),
        )
        for name, lines in answers(contents.impact).items()
    )
    view = TableView("questions", text("report.questions"), text("report.questions"), columns, rows)
    return Table("questions", view, captioned=False)


def _waterfall(contents: Contents) -> list[Block]:
    blocks = contents.table("waterfall")
    if blocks:
        help_text = "report.waterfall.help" if contents.several_parts() else "report.waterfall.one"
        blocks += contents.note(contents.text(help_text))
    return [*blocks, *(Paragraph(line) for line in contents.sentences(contents.impact.waterfall_notes))]


def _care_use(contents: Contents) -> list[Section]:
    text, impact = contents.text, contents.impact
    waits: list[Block] = []
    if impact.waits:
        waits += contents.picture(contents.charts.waits_chart(), "report.waits.chart")
        if any(row.growing for row in impact.pools) or any(row.difference is None for row in impact.waits):
            waits.append(Paragraph(text("report.waits.growing"), "strong"))
        if impact.identity.replications < LEAST_REPLICATIONS:
            waits += contents.note(text("report.waits.few_years"))
        waits += contents.table("wait_profiles", id="wait-profiles")
        waits += contents.table("wait_locations", id="wait-locations")
        waits += contents.table("waits")
        waits += contents.note(text("report.waits.treeknorm"))
    else:
        waits.append(Paragraph(text("report.waits.none")))
    few = len(contents.tables["profiles"].rows) <= 1
    return [
        Section(text("report.profiles"), () if few else tuple(contents.table("profiles", captioned=False))),
        Section(text("report.waits"), tuple(waits)),
    ]


def _redistribution(contents: Contents) -> list[Section]:
    text = contents.text
    who: list[Block] = []
    if chart := contents.charts.balance_chart():
        who = contents.picture(chart, "report.who.chart")
        who += contents.table("locations")
        who.append(Paragraph(contents.moves_check(), "check"))
        who += contents.table("workload", id="workload")
        who += contents.note(text("report.workload.help"))
        who += contents.table("flows")
        who += contents.note(contents.flows_note())
    travel: list[Block] = []
    if chart := contents.charts.bands_chart():
        travel = [*contents.picture(chart, "report.travel.chart"), *contents.table("bands", folded=True)]
    return [
        Section(text("report.who"), tuple(who)),
        Section(text("report.travel"), tuple(travel)),
        Section(text("report.areas.title"), tuple(_areas(contents))),
        Section(text("report.access"), tuple(contents.table("access", captioned=False))),
        Section(text("report.norms"), tuple(contents.norms())),
    ]


def _areas(contents: Contents) -> list[Block]:
    if not contents.impact.areas:
        return []
    blocks = contents.note(contents.areas_note())
    for name in ("losers", "gainers"):
        nobody = Paragraph(contents.text(f"report.areas.no_{name}"))
        blocks += contents.table(name, id=name) or [nobody]
    return blocks


def _real_estate(contents: Contents) -> list[Section]:
    text = contents.text
    chart = contents.charts.capacity_chart()
    if not chart:
        return [Section(text("report.capacity"), (Paragraph(text("report.capacity.none")),))]
    blocks = contents.picture(chart, "report.capacity.chart")
    if totals := contents.table("pool_totals"):
        blocks += [*totals, *contents.note(text("report.pool_totals.help"))]
    for name in ("short", "freed"):
        blocks += contents.table(name, id=name) or [Paragraph(text(f"report.pools.no_{name}"))]
    blocks += contents.note(text("report.pools.note"))
    return [Section(text("report.capacity"), tuple(blocks))]


def _certainty(contents: Contents) -> list[Section]:
    """By chance, and by assumptions: the second does not become smaller with more simulated years."""
    text, robust = contents.text, contents.robust
    chance: list[Block] = contents.table("precision")
    chance += contents.note(text("report.precision.help")) if chance else []
    if not chance:
        chance.append(Paragraph(text("report.no_interval")))
    if robust is None:
        unknown = Paragraph(text("report.answer.sure.not_varied"))
        return [
            Section(text("report.certainty.chance"), tuple(chance)),
            Section(text("report.certainty.assumptions"), (unknown,)),
        ]
    blocks: list[Block] = [Paragraph(robust.summary), *(Paragraph(line) for line in robust.infeasible)]
    blocks += contents.table("robustness")
    for tornado in robust.tornados:
        blocks += contents.titled(tornado.chart, text("robust.tornado", conclusion=tornado.title))
    blocks += contents.table("drivers", folded=True)
    blocks += contents.note(robust.undriven)
    for line in robust.lines:
        blocks += contents.note(line)
    return [
        Section(text("report.certainty.chance"), tuple(chance)),
        Section(text("robust.heading"), tuple(blocks)),
    ]


def _filled(sections: Iterable[Section]) -> tuple[Section, ...]:
    return tuple(section for section in sections if section.blocks)
