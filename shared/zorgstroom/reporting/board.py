"""The one page for the board: what changes, what it does, to whom, and what that rests on."""

from __future__ import annotations

from collections.abc import Sequence, Set

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.answers import answers
from zorgstroom.reporting.blocks import Bullets, Chapter, Paragraph, Section, Table, Tiles
from zorgstroom.reporting.contents import Contents
from zorgstroom.reporting.impact import Assumption, Estimate, Row, TextRef
from zorgstroom.reporting.options import Options
from zorgstroom.reporting.printed import both_ends, columns_of, first_lines
from zorgstroom.reporting.rendering import render, uncapitalised
from zorgstroom.reporting.views import Cell, Mark, Spread, TableView, shown
from zorgstroom.text.numbers import date, signed

#: What the page has room for, in letters people can read; `ENDS` is of each side. The full report has more.
BULLETS, SENTENCES, ROWS, ENDS, ASSUMPTIONS = 3, 5, 8, 4, 3
_HEADLINE = ("indicator", "baseline", "plan", "difference", "agreed", "verdict", "confidence")


def page(contents: Contents, options: Options) -> list[Chapter]:
    """Return the page: words, numbers, both ends, the map, what counts most and where it comes from."""
    text, impact = contents.text, contents.impact
    sections = []
    warnings = first_lines(contents.sentences(impact.warnings), contents.views)
    alarms = () if impact.balanced else (Paragraph(contents.check(), "alert"),)
    if warnings or alarms:
        lines = (Bullets(tuple(warnings)),) if warnings else ()
        sections.append(Section(text("report.warnings"), (*alarms, *lines), "alert"))
    sections.append(Section(text("report.plan"), (_bullets(contents),)))
    sentences = contents.sentences(impact.summary)[:SENTENCES]
    sections.append(Section(text("report.summary"), (Tiles(contents.tiles()), Bullets(sentences)), "short"))
    help_text = "report.no_interval" if impact.identity.replications < 3 else "report.board.help"
    sections.append(
        Section(text("report.board.effect"), (_effect(contents), Paragraph(text(help_text), "note")))
    )
    sections += _both_ends(contents)
    if chart := contents.map():
        sections.append(Section(text("report.map"), tuple(chart), beside=True))
    sections.append(_bearers(contents))
    sections.append(matters(contents))
    sections.append(
        Section(
            text("report.unchanged"), (Bullets(contents.sentences(impact.unchanged)[:BULLETS]),), beside=True
        )
    )
    sections.append(Section(text("report.limits"), (Bullets(contents.sentences(impact.limits)[:BULLETS]),)))
    sections.append(Section(text("report.board.identity"), (Paragraph(_identity(contents, options)),)))
    return [Chapter(tuple(sections))]


def _bullets(contents: Contents) -> Bullets | Paragraph:
    """The plan in at most three sentences, without reasons; the whole of it is in the full report."""
    lines = contents.sentences(_bare_action(action) for action in contents.impact.actions)
    if not lines:
        return Paragraph(contents.text("report.no_actions"))
    if len(lines) <= BULLETS:
        return Bullets(lines)
    left = contents.text("report.board.more", n=contents.number(len(lines) - BULLETS + 1))
    return Bullets((*lines[: BULLETS - 1], left))


def _bare_action(action: TextRef) -> TextRef:
    """What an action does, without why and who is responsible."""
    if action.key != "report.action":
        return action
    nothing = {"key": "action.nothing", "params": {}}
    return TextRef(key=action.key, params={**action.params, "why": nothing, "who": nothing})


def telling(contents: Contents) -> list[int]:
    """Return which rows of the summary say most, in their order: what the plan is about, then everybody."""
    rows = contents.impact.headline
    everybody = [index for index, row in enumerate(rows) if not row.profile]
    own = [index for index, row in enumerate(rows) if row.profile]
    kept = sorted(own, key=lambda index: (not rows[index].clear, index))[
        : max(ROWS // 2, ROWS - len(everybody))
    ]
    view = contents.views.headline()
    place = [column.id for column in view.columns].index("verdict")
    judged = {
        index
        for index, cells in enumerate(view.rows)
        if isinstance(mark := cells[place], Mark) and mark.kind in ("better", "worse")
    }
    return sorted([*kept, *_most_telling(rows, everybody, judged)[: ROWS - len(kept)]])


def _effect(contents: Contents) -> Table:
    """The rows that say most, with intervals of the difference only."""
    whole = contents.views.headline()
    view = columns_of(whole, _HEADLINE)
    named = []
    for index in telling(contents):
        label, about = (shown(cell, contents.language) for cell in whole.rows[index][:2])
        baseline, plan, *others = view.rows[index][1:]
        named.append((f"{label}, {uncapitalised(about)}", _bare(baseline), _bare(plan), *others))
    title = contents.text("report.headline")
    return Table(
        "board-effect",
        TableView("headline", view.sheet, title, view.columns, tuple(named)),
        captioned=False,
        inline=True,
    )


def _most_telling(rows: Sequence[Row], chosen: Sequence[int], judged: Set[int]) -> list[int]:
    """The rows that are judged better or worse first, then one of every theme; otherwise in their order."""
    themes: set[str] = set()
    ranked = []
    for index in sorted(chosen, key=lambda index: (index not in judged, index)):
        theme = CATALOGUE[rows[index].indicator].theme
        ranked.append((index not in judged and theme in themes, index))
        themes.add(theme)
    return [index for _, index in sorted(ranked, key=lambda pair: pair[0])]


def _both_ends(contents: Contents) -> list[Section]:
    """Who loses and who gains most: hospitals and areas, five of each and all together."""
    impact, text = contents.impact, contents.text
    moving = [index for index, row in enumerate(impact.locations) if row.sent.mean or row.received.mean]
    if not moving:
        return []
    nets = [impact.locations[index].net.mean for index in moving]
    hospitals = [moving[index] for index in both_ends(nets, 2 * ENDS)]
    sent, received = (
        sum(getattr(row, side).mean for row in impact.locations) for side in ("sent", "received")
    )
    total: tuple[Cell, ...] = (
        text("report.board.total"),
        Spread(Estimate(mean=sent)),
        Spread(Estimate(mean=received)),
        Spread(Estimate(mean=received - sent), difference=True),
    )
    view = columns_of(contents.views.locations(), ("location", "sent", "received", "net"))
    sections = [
        _ends(contents, "hospitals", view, [view.rows[index] for index in hospitals], total, beside=True)
    ]
    areas = [*contents.printed.by_hours(1)[:ENDS], *reversed(contents.printed.by_hours(-1)[:ENDS])]
    hours = sum(row.travel_hours.mean for row in impact.areas if row.travel_hours is not None)
    total = (
        text("report.board.total"),
        Spread(Estimate(mean=sum(row.moved_patients.mean for row in impact.areas))),
        Spread(Estimate(mean=impact.mean_extra_minutes), 1, difference=True),
        Spread(Estimate(mean=hours), difference=True),
    )
    view = columns_of(contents.views.areas(), ("area", "patients", "extra_minutes", "travel_hours"))
    sections.append(_ends(contents, "areas", view, [view.rows[index] for index in areas], total))
    return sections


def _bearers(contents: Contents) -> Section:
    """What it does to staff and money, on the way where the run has years, and who bears the most."""
    found = answers(contents.impact)
    lines = (found["staff"][-1], found["money"][-1], found["worst_off"][0])
    return Section(contents.text("report.board.bearers"), (Bullets(contents.sentences(lines)),))


def _ends(
    contents: Contents,
    name: str,
    view: TableView,
    rows: Sequence[tuple[Cell, ...]],
    total: tuple[Cell, ...],
    *,
    beside: bool = False,
) -> Section:
    caption = contents.text(f"report.board.{name}.caption")
    # Intervals are in the full report: here they would be more than a page can hold.
    shown_rows = [tuple(_bare(cell) for cell in row) for row in rows]
    made = TableView(view.id, view.sheet, caption, view.columns, (*shown_rows, total))
    return Section(
        contents.text(f"report.board.{name}"),
        (Table(f"board-{name}", made, total=True),),
        beside=beside,
    )


def _bare(cell: Cell) -> Cell:
    if not isinstance(cell, Spread):
        return cell
    mean = Estimate(mean=cell.value.mean)
    return Spread(mean, cell.decimals, cell.share, cell.difference, cell.muted, cell.clear)


def matters(contents: Contents) -> Section:
    """Return the three assumptions that matter most, with what they do to which conclusion where that was tried."""
    impact, text = contents.impact, contents.text
    found = impact.robustness
    tried = found is not None and any(row.drivers for row in found.conclusions)
    lines: list[str] = []
    if found is not None and tried:
        driven = [(driver, row) for row in found.conclusions for driver in row.drivers]
        driven.sort(key=lambda pair: -abs(pair[0].correlation))
        strongest = {driver.id: (driver, row) for driver, row in reversed(driven)}
        for driver, row in sorted(strongest.values(), key=lambda pair: -abs(pair[0].correlation))[
            :ASSUMPTIONS
        ]:
            key = "report.board.driver_up" if driver.correlation > 0 else "report.board.driver_down"
            lines.append(
                text(
                    key,
                    figure=_capital(render(driver.label, contents.language, impact.names)),
                    outcome=contents.views.statement(row),
                    n=signed(driver.correlation, contents.language, 2),
                )
            )
    else:
        lines = [_assumption(contents, row) for row in _least_certain(impact.assumptions)]
    note = "report.board.matters.tried" if tried else "report.board.matters.not_tried"
    bullets = (Bullets(tuple(lines)),) if lines else ()
    return Section(text("report.board.matters"), (*bullets, Paragraph(text(note), "note")))


def _least_certain(rows: Sequence[Assumption]) -> list[Assumption]:
    """The first three that are no figure of the organisation itself: the report lists the least certain first."""
    return [row for row in rows if row.basis != "own"][:ASSUMPTIONS]


def _assumption(contents: Contents, row: Assumption) -> str:
    value = shown(contents.views.figure(row.value, row.unit), contents.language)
    unit = "" if row.unit == "share" else f" {contents.views.unit(row.unit)}"
    return contents.text(
        "report.board.assumption",
        figure=_capital(render(row.label, contents.language, contents.impact.names)),
        value=f"{value}{unit}",
        confidence=contents.text(f"confidence.{row.confidence}"),
    )


def status(contents: Contents, options: Options) -> str:
    """Return whether it is a draft, and of what was fixed by whom and when."""
    word = contents.text(f"report.status.{options.status}")
    if options.status == "concept" or not (options.fixed_by or options.fixed_on):
        return word
    who = contents.text("report.status.by", who=options.fixed_by) if options.fixed_by else ""
    when = ""
    if options.fixed_on is not None:
        when = contents.text("report.status.on", date=date(options.fixed_on, contents.language))
    return f"{word}{who}{when}"


def _identity(contents: Contents, options: Options) -> str:
    identity = contents.impact.identity
    return contents.text(
        "report.board.identity.line",
        status=status(contents, options),
        date=date(contents.created.date(), contents.language),
        reference=identity.run_id,
        model=identity.model_version,
        dataset=contents.views.dataset(),
        digest=identity.dataset_digest[:12],
        address=options.address or contents.text("report.board.no_address"),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
