"""How the report tells what other assumptions would say: apart from chance, with words beside every number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from zorgstroom.reporting import drawing
from zorgstroom.reporting.impact import Conclusion, Driver, Robustness, TextRef
from zorgstroom.reporting.rendering import render, uncapitalised
from zorgstroom.reporting.views import Views
from zorgstroom.reporting.wording import number
from zorgstroom.text.numbers import number as written
from zorgstroom.text.numbers import percent, signed

#: A conclusion is robust when it holds in at least this part of the draws.
ROBUST_FROM = 0.90
#: Conclusions whose drivers are drawn; the table holds those of all.
MOST_CHARTS = 6
#: Conclusions named in the summary.
NAMED = 3
_ROW, _BAR = 46, 14


def judgement(held: int, draws: int) -> Literal["robust", "not_robust", "none"]:
    """Return whether a conclusion that holds in so many draws is robust.

    >>> judgement(45, 50), judgement(44, 50), judgement(0, 0)
    ('robust', 'not_robust', 'none')
    """
    if not draws:
        return "none"
    return "robust" if held >= ROBUST_FROM * draws else "not_robust"


def summary(robustness: Robustness) -> TextRef:
    """Return in one sentence how many conclusions hold with other assumptions, and which do not."""
    if not robustness.conclusions:
        return TextRef(key="robust.nothing")
    judged = [row for row in robustness.conclusions if row.robustness != "none"]
    flipping = [row for row in judged if row.robustness == "not_robust"]
    params = {"n": number(len(judged)), "draws": number(robustness.feasible)}
    if not judged:
        return TextRef(key="robust.summary.none", params=params)
    if not flipping:
        return TextRef(key="robust.summary.all", params=params)
    named = [{"key": row.statement.key, "params": row.statement.params} for row in flipping[:NAMED]]
    params |= {"flip": number(len(flipping)), "named": {"texts": named}}
    more = len(flipping) > NAMED
    return TextRef(key=f"robust.summary.{'some_more' if more else 'some'}", params=params)


@dataclass(frozen=True)
class Tornado:
    """The figures that drive one conclusion, as a picture."""

    title: str
    chart: str


@dataclass(frozen=True)
class Section:
    """The section of the report, as texts and pictures; the tables come from `Views`."""

    summary: str
    #: How it was found out, and how to read it.
    lines: tuple[str, ...]
    infeasible: tuple[str, ...]
    tornados: tuple[Tornado, ...]
    #: Conclusions that no single figure drives, as a sentence; empty when there are none.
    undriven: str


def section(views: Views) -> Section | None:
    """Return what the report tells about robustness, or None where that was not asked for."""
    found = views.impact.robustness
    if found is None:
        return None
    text, language = views.text, views.language
    if not found.conclusions:
        return Section(render(summary(found), language), (), (), (), "")
    ranges = ", ".join(
        text("robust.range", confidence=text(f"confidence.{level}"), reach=percent(reach, language))
        for level, reach in found.ranges.items()
    )
    lines = [
        text(
            "robust.method" if found.replications == 1 else "robust.method_years",
            draws=written(found.draws, language),
            figures=written(found.figures, language),
            years=written(found.replications, language),
        ),
        text("robust.ranges", ranges=ranges),
        text("robust.rule", share=percent(ROBUST_FROM, language)),
        text("robust.apart"),
    ]
    if found.limit is not None:
        lines.append(
            text(
                "robust.limit", tried=written(found.tried, language), limit=written(found.limit, language, 2)
            )
        )
    else:
        lines.append(text("robust.too_few", n=written(found.feasible, language)))
    infeasible = tuple(
        text(
            "robust.infeasible_one" if item.draws == 1 else "robust.infeasible",
            n=written(item.draws, language),
            total=written(found.draws, language),
            reason=item.reason[language],
        )
        for item in found.infeasible
    )
    driven = [row for row in found.conclusions if row.drivers]
    undriven = [uncapitalised(views.statement(row)) for row in found.conclusions if not row.drivers]
    return Section(
        render(summary(found), language, views.impact.names),
        tuple(lines),
        infeasible,
        tuple(_tornado(row, views) for row in driven[:MOST_CHARTS]),
        text("robust.undriven", names="; ".join(undriven)) if undriven and found.limit is not None else "",
    )


def _tornado(row: Conclusion, views: Views) -> Tornado:
    title = views.statement(row)
    labels = [_capital(render(driver.label, views.language, views.impact.names)) for driver in row.drivers]
    first = row.drivers[0]
    alt = views.text(
        "robust.tornado_alt",
        conclusion=title,
        figure=uncapitalised(labels[0]),
        n=signed(first.correlation, views.language, 2),
    )
    texts = [signed(driver.correlation, views.language, 2) for driver in row.drivers]
    ends = (views.text("robust.lowers"), views.text("robust.raises"))
    return Tornado(title, tornado_chart(row.drivers, labels, texts, ends, alt))


def tornado_chart(
    rows: Sequence[Driver], labels: Sequence[str], texts: Sequence[str], ends: tuple[str, str], alt: str
) -> str:
    """Return bars from the middle: to the right where a higher figure goes with a higher outcome, else to the left.

    The length is the rank correlation; the full half of the picture is 1.
    """
    middle, half = drawing.WIDTH / 2, drawing.WIDTH / 2 - 60
    parts = [
        drawing.text(middle - 8, 16, f"← {ends[0]}", anchor="end", colour=drawing.LOSS_TEXT, bold=True),
        drawing.text(middle + 8, 16, f"{ends[1]} →", colour=drawing.MAIN, bold=True),
    ]
    for index, (row, label, value) in enumerate(zip(rows, labels, texts, strict=True)):
        y = 28 + index * _ROW
        width = max(2.0, abs(row.correlation) * half)
        raises = row.correlation >= 0
        start = middle if raises else middle - width
        colour = drawing.MAIN if raises else drawing.LOSS
        parts.append(drawing.text(middle, y + 14, drawing.short(label, 90), anchor="middle"))
        parts.append(drawing.rect(start, y + 20, width, _BAR, colour))
        at, anchor = (middle + width + 6, "start") if raises else (middle - width - 6, "end")
        parts.append(drawing.text(at, y + 32, value, anchor=anchor, bold=True))
    height = 32 + len(rows) * _ROW
    for index in range(len(rows)):
        y = 28 + index * _ROW
        parts.append(drawing.line(middle, y + 18, middle, y + 20 + _BAR + 2, drawing.GREY))
    return drawing.picture(height, parts, alt)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
