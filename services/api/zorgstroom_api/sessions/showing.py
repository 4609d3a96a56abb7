"""What came out of a step, as sentences, a table and a picture for people in a room. Nothing here asks a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.rendering import range_of, with_interval
from zorgstroom.reporting.svg import axis
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number, signed
from zorgstroom.workshop.documents import GroupResult, SessionPlan, Step, StepResults
from zorgstroom.workshop.facts import Fact
from zorgstroom_api.sessions.forms import written

#: Outcomes of the model that fit on a screen at once.
FACTS = 5
#: Size of the picture; one unit is a pixel on a screen of 1920.
_WIDTH, _HEIGHT, _MARGIN, _RADIUS = 1600, 460, 60, 12
_BASE = _HEIGHT - 90
#: Columns in which dots are stacked.
_BINS = 60


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row names it."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Shown:
    """What is shown of a step."""

    sentences: Sequence[str]
    tables: Sequence[Table] = ()
    picture: Markup | None = None


def fact_words(fact: Fact, language: Language) -> str:
    """Return the difference with today, and between which values it lies where that is known.

    >>> fact_words(Fact("x", "", "minuten", Estimate(mean=9, low=7, high=12), 0), "nl")
    '+9 minuten (7 tot 12)'
    """
    mean = f"{signed(fact.value.mean, language, fact.decimals)} {fact.unit}"
    reach = range_of(fact.value, language, fact.decimals)
    return f"{mean} ({reach})" if reach else mean


def facts_table(found: Sequence[Fact], caption: str, language: Language) -> Table:
    """Return the first outcomes of a run as a table."""
    columns = [translate(f"session.column.{name}", language) for name in ("outcome", "difference")]
    return Table(caption, columns, [(fact.label, fact_words(fact, language)) for fact in found[:FACTS]])


def compared(scenarios: Mapping[str, Sequence[Fact]], language: Language) -> Table:
    """Return the outcomes of scenarios next to each other, by their names: first what all of them have."""
    labels: dict[str, str] = {fact.id: fact.label for found in scenarios.values() for fact in found}
    by_name = {name: {fact.id: fact for fact in found} for name, found in scenarios.items()}

    def missing(identifier: str) -> int:
        return sum(identifier not in found for found in by_name.values())

    rows = [
        (
            labels[identifier],
            *(
                fact_words(found[identifier], language) if identifier in found else "–"
                for found in by_name.values()
            ),
        )
        for identifier in sorted(labels, key=missing)[:FACTS]
    ]
    columns = [translate("session.column.outcome", language), *scenarios]
    return Table(translate("session.column.difference", language), columns, rows)


def results_shown(
    step: Step,
    results: StepResults,
    plan: SessionPlan,
    options: Sequence[str],
    model: Fact | None,
    language: Language,
) -> Shown:
    """Return what came out of a step; `options`: what a ranking is between, `model`: what answers a number."""
    if step.kind == "number":
        return _numbers(step, results, model, language)
    if step.kind == "levers":
        return _levers(results, plan, language)
    return _ranking(results, options, language)


def group_name(group: GroupResult, language: Language) -> str:
    """Return who is in a group."""
    roles = ", ".join(translate(f"workshop.role.{role}", language) for role in group.roles)
    if len(group.roles) > 1:
        return translate("workshop.merged", language, roles=roles)
    return roles or translate("workshop.everyone", language)


# -- a number that people guessed ------------------------------------------------------------------------------


def _numbers(step: Step, results: StepResults, model: Fact | None, language: Language) -> Shown:
    found = results.numbers
    sentences = []
    if found and results.everyone.middle is not None:
        ends = (found[0], found[-1], results.everyone.middle)
        low, high, middle = (written(value, language) for value in ends)
        params = {"low": low, "high": high, "middle": middle, "unit": step.unit}
        sentences.append(translate("session.guessed", language, **params))
    if model is not None:
        value = with_interval(model.value, language, model.decimals, is_signed=True)
        params = {"label": model.label, "value": value, "unit": model.unit}
        sentences.append(translate("workshop.model_says", language, **params))
    counts = Counter(found)
    columns = [translate("session.column.number", language), translate("session.column.answers", language)]
    rows = [(written(value, language), number(count, language)) for value, count in sorted(counts.items())]
    table = Table(translate("session.caption.numbers", language), columns, rows)
    return Shown(sentences, [table] if rows else [], dots(step, found, model, " ".join(sentences), language))


def dots(
    step: Step, values: Sequence[float], model: Fact | None, alt: str, language: Language
) -> Markup | None:
    """Return the numbers as dots above an axis, with the range of the model behind them."""
    if not values:
        return None
    known = [] if model is None else _ends(model.value)
    low, high = min(step.minimum, *values, *known), max(step.maximum, *values, *known)
    width = _WIDTH - 2 * _MARGIN

    def x_of(value: float) -> float:
        return round(_MARGIN + (value - low) / (high - low) * width, 1)

    parts = []
    if model is not None:
        first, last = x_of(known[0]), x_of(known[-1])
        mean = x_of(model.value.mean)
        parts += [
            Markup('<rect class="model" x="{}" y="20" width="{}" height="{}"/>').format(
                first, max(6.0, round(last - first, 1)), _BASE - 20
            ),
            Markup('<line class="model" x1="{0}" x2="{0}" y1="20" y2="{1}"/>').format(mean, _BASE),
            # Beside the line, on the side where there is room.
            Markup('<text class="model" x="{}" y="48" text-anchor="{}">{}</text>').format(
                last + 16 if mean < _WIDTH / 2 else first - 16,
                "start" if mean < _WIDTH / 2 else "end",
                translate("session.model", language),
            ),
        ]
    stacked: Counter[int] = Counter()
    bins = [round((value - low) / (high - low) * _BINS) for value in sorted(values)]
    highest = max(Counter(bins).values())
    # The highest stack just fits.
    pitch = min(2.0 * _RADIUS, (_BASE - 30) / highest)
    for at in bins:
        y = round(_BASE - _RADIUS - stacked[at] * pitch, 1)
        stacked[at] += 1
        x = round(_MARGIN + at / _BINS * width, 1)
        parts.append(Markup('<circle class="dot" cx="{}" cy="{}" r="{}"/>').format(x, y, _RADIUS - 1))
    parts.append(
        Markup('<line class="axis" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
            _MARGIN, _WIDTH - _MARGIN, y=_BASE
        )
    )
    for tick in _ticks(low, high):
        parts.append(
            Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(
                x_of(tick), _BASE + 44, written(tick, language)
            )
        )
    parts.append(
        Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(
            _WIDTH - _MARGIN, _BASE + 82, step.unit
        )
    )
    return Markup('<svg class="dots" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, _HEIGHT, alt, Markup("").join(parts)
    )


def _ends(value: Estimate) -> list[float]:
    return sorted(end for end in (value.low, value.mean, value.high) if end is not None)


def _ticks(low: float, high: float) -> list[float]:
    return [low + step for step in axis(high - low) if low + step <= high]


# -- levers and rankings ---------------------------------------------------------------------------------------


def _levers(results: StepResults, plan: SessionPlan, language: Language) -> Shown:
    levers = {lever.key: lever for lever in plan.levers}
    rows = []
    for found in results.levers:
        lever = levers[found.lever]
        ends = (found.lowest, found.middle, found.highest)
        positions = ["–" if position is None else lever.options[position].label for position in ends]
        rows.append((lever.label, *positions, number(found.untouched, language)))
    names = ("lever", "lowest", "middle", "highest", "untouched")
    columns = [translate(f"workshop.column.{name}", language) for name in names]
    return Shown([], [Table(translate("session.caption.levers", language), columns, rows)])


def _ranking(results: StepResults, options: Sequence[str], language: Language) -> Shown:
    everyone = results.everyone
    order = sorted(range(len(options)), key=lambda at: (-everyone.points[at], options[at]))
    groups = [everyone, *results.groups]
    columns = [
        translate("workshop.column.option", language),
        *(
            translate("workshop.column.points_of", language, group=group_name(group, language))
            for group in groups
        ),
    ]
    rows = [(options[at], *(number(group.points[at], language) for group in groups)) for at in order]
    return Shown(
        [translate("workshop.no_decision", language)],
        [Table(translate("session.caption.ranking", language), columns, rows)],
    )
