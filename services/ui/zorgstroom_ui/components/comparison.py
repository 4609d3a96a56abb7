"""Plans next to each other: outcomes, hospitals and the choices that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from zorgstroom.client import Comparison, ComparisonCell
from zorgstroom.indicators.catalogue import CATALOGUE, Direction
from zorgstroom.reporting.impact import Assumption, Estimate, Impact, PoolTotal
from zorgstroom.reporting.rendering import Names, name_of, render
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    cut_table,
    element,
    join,
    listing,
    paragraph,
    table,
)
from zorgstroom_ui.components.wording import (
    capital,
    difference_text,
    figure_text,
    indicator_name,
    no_value,
    plain_cell,
    reads_as_zero,
    unit_name,
    value_text,
)

#: Amounts of capacity below this have a decimal.
SMALL = 10
NOTHING = Estimate(mean=0.0, low=0.0, high=0.0)


def best_of(direction: Direction, differences: Sequence[Estimate]) -> int | None:
    """Return which difference with today is clearly more favourable than every other, if one is.

    Clearly: its interval lies wholly on the favourable side of all others. Without intervals (fewer than
    three simulated years) nothing can be called best.

    >>> shorter, longer = Estimate(mean=-2, low=-3, high=-1), Estimate(mean=1, low=0, high=2)
    >>> best_of("lower", [NOTHING, shorter, longer])
    1
    """
    if direction == "neutral" or len(differences) < 2:
        return None
    sign = -1.0 if direction == "lower" else 1.0
    ranges = []
    for difference in differences:
        if difference.low is None or difference.high is None:
            return None
        ranges.append(sorted((sign * difference.low, sign * difference.high)))
    best = max(range(len(ranges)), key=lambda index: ranges[index][0])
    others = (upper for index, (_, upper) in enumerate(ranges) if index != best)
    return best if all(upper < ranges[best][0] for upper in others) else None


def outcomes(
    comparison: Comparison, names: Names, language: Language, called: Sequence[str] | None = None
) -> Html:
    """Return the table of outcomes by plan, what they are compared with in front; `called`: names of the plans.

    Compared with a plan, today stands at the end: it has no paired difference with that plan.
    """
    plans = list(called or (run.name for run in comparison.runs))
    now = translate("ui.compare.now", language)
    order = list(range(len(plans)))
    if comparison.reference is None:
        headings = [now, *plans]
        key = "ui.compare.caption"
    else:
        first = [run.id for run in comparison.runs].index(comparison.reference)
        order = [first, *(place for place in order if place != first)]
        headings = [*(plans[place] for place in order), now]
        key = "ui.compare.caption.plan"
    columns = [
        Column(translate("ui.compare.topic", language)),
        *(Column(heading, "num") for heading in headings),
    ]
    rows = []
    for name, cells in comparison.indicators.items():
        values = _today_first(name, cells, language)
        if comparison.reference is not None:
            values = _plan_first(name, [cells[place] for place in order], language)
        rows.append(TableRow([_topic(name, names, language), *values]))
    caption = translate(key, language, reference=headings[0])
    return table(caption, columns, rows)


def topic_text(key: str, names: Names, language: Language) -> str:
    """Return what a row is about as plain text."""
    indicator, *places = key.split(":")
    where = f" ({', '.join(name_of(part, language, names) for part in places)})" if places else ""
    return f"{indicator_name(indicator, language)}{where}"


def _topic(key: str, names: Names, language: Language) -> Html:
    """Return what a row is about; `key` is an indicator, followed by its place: ``wait_treatment:AMC:hip``."""
    unit = unit_name(key.partition(":")[0], language)
    return join(
        topic_text(key, names, language),
        element("span", f" {unit}", "zs-muted zs-small") if unit else "",
    )


def _today_first(key: str, cells: Sequence[ComparisonCell], language: Language) -> list[Html]:
    indicator = key.partition(":")[0]
    best = best_of(CATALOGUE[indicator].direction, [NOTHING, *_differences(indicator, cells)])
    now = _marked(Html(value_text(indicator, cells[0].baseline.mean, language)), best == 0, language)
    return [
        now,
        *(
            _marked(_cell(indicator, cell, language), best == index, language)
            for index, cell in enumerate(cells, start=1)
        ),
    ]


def _plan_first(key: str, cells: Sequence[ComparisonCell], language: Language) -> list[Html]:
    """Return the cells where the first plan is what the others are compared with, and today as it is."""
    indicator = key.partition(":")[0]
    best = best_of(CATALOGUE[indicator].direction, [NOTHING, *_differences(indicator, cells[1:])])
    reference = Html(value_text(indicator, cells[0].plan.mean, language))
    return [
        _marked(reference, best == 0, language),
        *(
            _marked(_cell(indicator, cell, language), best == index, language)
            for index, cell in enumerate(cells[1:], start=1)
        ),
        element("span", value_text(indicator, cells[0].baseline.mean, language), "zs-muted"),
    ]


def _differences(indicator: str, cells: Sequence[ComparisonCell]) -> list[Estimate]:
    """Return the differences; one that is certain but reads as zero is none."""
    return [
        NOTHING if cell.clear and reads_as_zero(indicator, cell.difference.mean) else cell.difference
        for cell in cells
    ]


def _cell(indicator: str, cell: ComparisonCell, language: Language) -> Html:
    value = value_text(indicator, cell.plan.mean, language)
    if cell.clear and not reads_as_zero(indicator, cell.difference.mean):
        shown = difference_text(indicator, cell.difference.mean, language)
        return join(value, element("span", shown, "zs-range"))
    key = "ui.impact.same" if cell.clear else "ui.unclear"
    unclear = element("span", translate(key, language), "zs-range")
    return element("span", join(value, unclear), "zs-grey")


def _marked(cell: Html, best: bool, language: Language) -> Html:
    if not best:
        return cell
    return join(
        element("span", cell, "zs-best"), element("span", translate("ui.compare.best", language), "zs-tag")
    )


def hospitals(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Html:
    """Return per hospital how many patients a year each plan brings or takes."""
    nets: list[Mapping[str, Estimate]] = [
        {place.id: place.net for place in impact.locations} for impact in impacts
    ]
    places = {place.id: place.name for impact in impacts for place in impact.locations}
    sizes = {place: max(abs(net[place].mean) for net in nets if place in net) for place in places}
    rows = [
        TableRow(
            [places[place]]
            + [
                plain_cell(net[place], language, difference=True) if place in net else no_value()
                for net in nets
            ]
        )
        for place in sorted(places, key=lambda place: (-sizes[place], places[place]))
        if sizes[place] >= 0.5
    ]
    if not rows:
        return paragraph(translate("ui.impact.who.none", language))
    columns = [
        Column(translate("ui.impact.who.place", language)),
        *(Column(name, "num") for name in names),
    ]
    return cut_table(translate("ui.compare.hospitals.caption", language), columns, rows, language)


def moves(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Html:
    """Return both sides of each plan: who travels longer and shorter, and in how many places."""
    rows = [
        TableRow(
            [
                translate(f"ui.compare.moves.{name}", language),
                *(number(count(item), language) for item in impacts),
            ]
        )
        for name, count in _MOVES.items()
    ]
    return table(translate("ui.compare.moves.caption", language), _per_plan(names, language), rows)


def _sum(values: Iterable[Estimate | None]) -> float:
    return sum(value.mean for value in values if value is not None)


#: Rows of the table of both sides: what to count in a plan.
_MOVES: Mapping[str, Callable[[Impact], float]] = {
    "patients": lambda impact: impact.moved_patients,
    "longer": lambda impact: _sum(area.longer for area in impact.areas),
    "shorter": lambda impact: _sum(area.shorter for area in impact.areas),
    "areas_longer": lambda impact: sum(_sum([area.travel_hours]) > 0 for area in impact.areas),
    "areas_shorter": lambda impact: sum(_sum([area.travel_hours]) < 0 for area in impact.areas),
    "or_hours": lambda impact: _sum(place.or_hours.sent for place in impact.locations if place.or_hours),
    "bed_days": lambda impact: _sum(place.bed_days.sent for place in impact.locations if place.bed_days),
}


def _per_plan(names: Sequence[str], language: Language) -> list[Column]:
    return [Column(translate("ui.compare.what", language)), *(Column(name, "num") for name in names)]


def capacity(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Html:
    """Return per kind of capacity what each plan frees and what it is short of, and the lists that grow."""
    totals = [{total.kind: total for total in item.pool_totals} for item in impacts]
    kinds = list(dict.fromkeys(kind for found in totals for kind in found))
    if not kinds:
        return paragraph(translate("ui.compare.capacity.none", language))
    rows = []
    for kind in kinds:
        unit = element("span", f" {translate(f'pool.unit.{kind}', language)}", "zs-muted zs-small")
        name = join(translate(f"pool_kind.{kind}", language), unit)
        rows.append(TableRow([name, *(_free_and_short(found.get(kind), language) for found in totals)]))
    growing = [number(sum(row.growing for row in item.pools), language) for item in impacts]
    rows.append(TableRow([translate("ui.compare.capacity.growing", language), *growing], "total"))
    caption = translate("ui.compare.capacity.caption", language)
    help_text = paragraph(translate("report.pool_totals.help", language), "zs-small zs-muted")
    return join(table(caption, _per_plan(names, language), rows), help_text)


def _free_and_short(total: PoolTotal | None, language: Language) -> Html:
    if total is None:
        return join(no_value())
    amounts = {
        name: number(amount, language, 0 if amount >= SMALL else 1)
        for name, amount in (("freed", total.freed), ("short", total.short))
    }
    return join(translate("ui.compare.capacity.cell", language, **amounts))


def assumptions(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Html:
    """Return the uncertain and the own figures behind the plans, and under which plans each lies."""
    found: dict[str, list[int]] = {}
    figures: dict[str, tuple[Assumption, Names]] = {}
    for index, impact in enumerate(impacts):
        for item in impact.assumptions:
            found.setdefault(item.id, []).append(index)
            figures.setdefault(item.id, (item, impact.names))
    # What lies under most plans matters most to the comparison; own figures are few and always shown.
    order = sorted(found, key=lambda name: (figures[name][0].basis != "own", -len(found[name])))
    columns = [
        Column(translate(f"report.column.{name}", language), "num" if name == "value" else "")
        for name in ("figure", "value", "basis", "confidence", "source")
    ]
    columns.append(Column(translate("ui.compare.assumptions.plans", language)))
    rows = [
        TableRow(
            [
                capital(render(item.label, language, known)),
                figure_text(item.value, item.unit, language),
                translate(f"basis.{item.basis}", language),
                translate(f"confidence.{item.confidence}", language),
                item.source or no_value(),
                translate("ui.compare.assumptions.all", language)
                if len(found[name]) == len(impacts)
                else ", ".join(names[index] for index in found[name]),
            ]
        )
        for name in order
        for item, known in [figures[name]]
    ]
    return cut_table(translate("ui.compare.assumptions.caption", language), columns, rows, language)


def choices(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Html:
    """Return the choices that not all plans share, per plan, and how many they do share."""
    by_plan = [[render(action, language, impact.names) for action in impact.actions] for impact in impacts]
    shared = set(by_plan[0]).intersection(*by_plan[1:]) if len(by_plan) > 1 else set()
    blocks = []
    for name, actions in zip(names, by_plan, strict=True):
        own = [action for action in actions if action not in shared]
        content = listing(own) if own else paragraph(translate("ui.compare.choices.none", language))
        blocks.append(element("div", join(element("h3", name), content)))
    same = translate("ui.compare.choices.same", language, count=number(len(shared), language))
    return join(element("div", join(*blocks), "zs-columns"), paragraph(same, "zs-muted"))
