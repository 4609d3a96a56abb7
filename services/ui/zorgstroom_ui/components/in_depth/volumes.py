"""Tab Volumes en normen: patients a year per hospital in every simulated year, against the norm."""

from __future__ import annotations

from collections.abc import Sequence

from zorgstroom.depth_document import Subject, YearsLine
from zorgstroom_ui.components import pictures
from zorgstroom_ui.components.html import Html, TableRow, cut_table, element, join, paragraph, show
from zorgstroom_ui.components.in_depth import asking, charts
from zorgstroom_ui.components.in_depth.context import (
    CHART_LINES,
    NOBODY,
    SMALLEST,
    Context,
    heading,
)
from zorgstroom_ui.components.picture import Picture, Sheet, show_picture, source_of
from zorgstroom_ui.components.wording import no_value, years_text

#: What volumes are told by, for each denominator.
_BY: dict[str, tuple[Subject, ...]] = {
    "locatie": ("location", "profile"),
    "organisatie": ("organisation", "profile"),
    "specialisme": ("location", "group"),
}
#: Shown where the plan moves nobody and nothing was chosen.
_FIRST_GROUP = "complex_oncology"


def show_tab(context: Context) -> None:
    """Show the tab."""
    denominator = (context.choices.noemer or ("locatie",))[0]
    care, groups, explanation = _care(context)
    found = asking.years(
        context.run.id,
        "volume",
        _BY[denominator],
        location=context.choices.ziekenhuis,
        profile=care,
        group=groups,
    )
    lines = [line for line in found.items if _told(line)]
    lines.sort(key=lambda line: (line.norm is None, _care_name(context, line), -_plan(line)))
    show(
        heading(
            context.text("ui.depth.volumes"), "volumes", context.text("ui.depth.volumes.help"), explanation
        )
    )
    if not lines:
        show(paragraph(context.text("ui.depth.nothing")))
        return
    drawable = [line for line in lines if _drawable(line)]
    # Volumes with a norm are small: next to the others they would all lie on top of each other.
    drawn = ([line for line in drawable if line.norm is not None] or drawable)[:CHART_LINES]
    table = _table(context, lines)
    notes = [context.few()] if any(_has_small(line) for line in lines) else []
    if any(line.norm is not None for line in lines):
        notes.append(paragraph(context.text("ui.depth.volumes.artefact"), "zs-small zs-muted"))
        sources = sorted({line.norm.source for line in lines if line.norm is not None})
        notes.append(
            paragraph(
                context.text("ui.depth.volumes.source", sources="; ".join(sources)), "zs-small zs-muted"
            )
        )
    if not drawn:
        show(table, *notes)
        return
    strips = [
        charts.Strip(
            _label(context, line),
            line.baseline,
            line.plan,
            None if line.norm is None else line.norm.minimum,
        )
        for line in drawn
    ]
    more = paragraph(
        context.text(
            "ui.depth.chart.first", shown=context.number(len(drawn)), total=context.number(len(lines))
        ),
        "zs-small zs-muted",
    )
    show(strip_legend(context, limit=any(strip.limit is not None for strip in strips)))
    show_picture(
        Picture(
            name="volumes",
            title=context.text("ui.depth.volumes.title"),
            alt=context.text(
                "ui.depth.volumes.alt", lines=context.number(len(drawn)), first=_words(context, drawn[0])
            ),
            spec=charts.dot_strips(
                strips, context.text("ui.depth.volumes.axis"), context.sides, context.language
            ),
            sheet=_sheet(context, lines, found.replications),
            source=source_of(context.impact.identity),
        ),
        table,
        below=join(more if len(drawn) < len(lines) else ""),
    )
    show(*notes)


def strip_legend(context: Context, *, limit: bool) -> Html:
    """Return what open, filled and upright mean in a dot strip."""
    sides = context.sides
    return pictures.sides_legend(sides["baseline"], sides["plan"], sides["limit"] if limit else None)


def _care(context: Context) -> tuple[Sequence[str], Sequence[str], str]:
    """Return which care and groups are asked for, and what is said about it."""
    chosen = context.choices
    if chosen.zorg or chosen.specialisme:
        return chosen.zorg, chosen.specialisme, ""
    changed = [profile.id for profile in context.impact.profiles][:50]
    if changed:
        return changed, (), context.text("ui.depth.volumes.changed")
    if _FIRST_GROUP in context.names.groups:
        name = context.names.group(_FIRST_GROUP)
        return (), (_FIRST_GROUP,), context.text("ui.depth.volumes.first_group", group=name)
    return (), (), ""


def _told(line: YearsLine) -> bool:
    return any(side is not None and side.mean >= NOBODY for side in (line.baseline_mean, line.plan_mean))


def _has_small(line: YearsLine) -> bool:
    sides = (line.baseline_mean, line.plan_mean)
    return any(side is not None and NOBODY <= side.mean < SMALLEST for side in sides)


def _drawable(line: YearsLine) -> bool:
    """Whether no dot shows a small number: of a hospital that stops, only its years of today."""
    return not _has_small(line) and _told(line)


def _plan(line: YearsLine) -> float:
    return line.plan_mean.mean if line.plan_mean is not None else 0.0


def _place_name(context: Context, line: YearsLine) -> str:
    return (
        context.names.organisation(line.organisation)
        if line.organisation
        else context.names.of(line.location)
    )


def _care_name(context: Context, line: YearsLine) -> str:
    return context.names.group(line.group) if line.group else context.names.of(line.profile)


def _label(context: Context, line: YearsLine) -> str:
    return f"{_place_name(context, line)} · {_care_name(context, line)}"


def _words(context: Context, line: YearsLine) -> str:
    met = "" if line.plan_met is None else years_text(line.plan_met, len(line.plan), context.language)
    return f"{_label(context, line)}: {context.number(_plan(line))}{f'; {met}' if met else ''}"


def _table(context: Context, lines: Sequence[YearsLine]) -> Html:
    columns = context.columns(
        "volumes", "place", "norm:num", "baseline:num", "plan:num", "difference:num", "years:cell", "rows"
    )
    return cut_table(
        context.text("ui.depth.volumes.caption"),
        columns,
        [_row(context, line) for line in lines],
        context.language,
    )


def _row(context: Context, line: YearsLine) -> TableRow:
    care = element("span", f" {_care_name(context, line)}", "zs-muted zs-small")
    announced = line.norm is not None and line.norm.status != "in_force"
    mark = (
        element("span", f" {context.text('ui.depth.volumes.announced')}", "zs-muted zs-small")
        if announced
        else ""
    )
    stops = _plan(line) < NOBODY
    word = "stopped" if stops else "unjudged" if line.norm is not None else "no_norm"
    met: Html = element("span", context.text(f"ui.depth.volumes.{word}"), "zs-muted")
    if line.plan_met is not None:
        words = years_text(line.plan_met, len(line.plan), context.language)
        met = join(
            pictures.years(line.plan_met, len(line.plan)),
            element("span", words, "zs-small"),
        )
    return TableRow(
        [
            join(_place_name(context, line), care, mark),
            no_value() if line.norm is None else context.number(line.norm.minimum),
            context.patients(line.baseline_mean),
            context.patients(line.plan_mean),
            _difference(context, line),
            met,
            _link(context, line),
        ]
    )


def _difference(context: Context, line: YearsLine) -> Html:
    # With one of both left out, the difference would give it away.
    if _has_small(line) or line.difference is None:
        return Html(no_value())
    return context.difference(line.difference)


def _link(context: Context, line: YearsLine) -> Html:
    """Return the link to the rows of a site; a sum over several has no rows of its own."""
    places = (
        [place for place, owner in context.names.organisations.items() if owner == line.organisation]
        if line.organisation
        else [line.location]
    )
    care = context.names.groups.get(line.group, ()) if line.group else (line.profile,)
    return context.rows_link(
        _label(context, line), "indicators", "volume", ziekenhuis=places, zorg=list(care)
    )


def _sheet(context: Context, lines: Sequence[YearsLine], replications: int) -> Sheet:
    """Return the figures in a file: a column for every simulated year of both sides."""
    head = [column.heading for column in context.columns("volumes", "place", "care", "norm")]
    for side in ("baseline", "plan"):
        head += [f"{context.sides[side]} {number + 1}" for number in range(replications)]
    rows = []
    for line in lines:
        years = [
            None if value is None or 0 < value < SMALLEST else value
            for side in (line.baseline, line.plan)
            for value in side
        ]
        norm = None if line.norm is None else line.norm.minimum
        rows.append([_place_name(context, line), _care_name(context, line), norm, *years])
    return Sheet(head, rows)
