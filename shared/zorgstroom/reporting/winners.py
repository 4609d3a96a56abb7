"""Winners and losers of a plan: hospitals and gemeenten at both ends, the others together, and a total row.

Nobody is left out: the rows at the ends, the row of the others and nothing else add up to the total. Everything is
paired per simulated year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zorgstroom.dataset.gemeenten import gemeente_names
from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.balance import CARRIED, CHOICE, FloatArray
from zorgstroom.reporting.impact import Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.intervals import count, estimate

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

#: Rows at either end.
END = 10
HOURS = 1 / 6000


@dataclass(frozen=True)
class Ends:
    """Groups at both ends by their change, the most negative first."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    #: What is between.
    others: tuple[str, ...]


def both_ends(change: Mapping[str, float], most: int = END) -> Ends:
    """Return the `most` groups that lose most and the `most` that gain most; all others are between.

    >>> both_ends({"a": 3.0, "b": -2.0, "c": 0.5, "d": 0.0}, most=1)
    Ends(first=('b',), last=('a',), others=('d', 'c'))
    """
    order = sorted(change, key=lambda name: (change[name], name))
    first = [name for name in order if change[name] < 0][:most]
    last = [name for name in order if change[name] > 0][-most:]
    return Ends(tuple(first), tuple(last), tuple(name for name in order if name not in {*first, *last}))


def contribute(sources: Sources) -> Sequence[Section]:
    """Return who wins and who loses, per hospital and per gemeente."""
    return (hospitals(sources), gemeenten(sources))


def hospitals(sources: Sources) -> Section:
    """Return what every hospital gains or loses on balance: patients and what they take along."""
    net: dict[str, dict[str, FloatArray]] = {}
    nothing = np.zeros(sources.identity.replications)
    for measure, (column, scale, _) in CARRIED.items():
        found: dict[str, FloatArray] = defaultdict(lambda: nothing)
        for (sender, receiver), values in sources.moves.yearly(
            column, ("from_location", "to_location"), scale
        ).items():
            found[sender] = found[sender] - values
            found[receiver] = found[receiver] + values
        net[measure] = found
    change = {name: float(values.mean()) for name, values in net["patients"].items()}
    columns = [SectionColumn(id=f"gain_{measure}", kind="difference") for measure in net]
    return _section("winners_locations", "location", columns, list(net.values()), change, lambda name: name)


def gemeenten(sources: Sources) -> Section:
    """Return what the inhabitants of every gemeente travel more or less for treatment, in hours a year one way."""
    names = gemeente_names(sources.dataset)
    gemeente = {area.id: area.gemeente_id for area in sources.dataset.areas}
    nothing = np.zeros(sources.identity.replications)

    def summed(column: str, scale: float = 1.0) -> dict[str, FloatArray]:
        found: dict[str, FloatArray] = defaultdict(lambda: nothing)
        for (area,), values in sources.moves.yearly(column, ("area",), scale).items():
            found[gemeente[area]] = found[gemeente[area]] + values
        return found

    hours = summed("extra_travel_hundredths", HOURS)
    values = [summed("patients"), summed("longer"), summed("shorter"), hours]
    columns = [
        *(SectionColumn(id=name, kind="spread") for name in ("patients", "longer", "shorter")),
        SectionColumn(id="travel_hours", kind="difference"),
    ]
    change = {name: -float(found.mean()) for name, found in hours.items()}
    return _section("winners_areas", "gemeente", columns, values, change, lambda name: names[name])


def _section(
    identifier: str,
    of: str,
    columns: list[SectionColumn],
    values: Sequence[Mapping[str, FloatArray]],
    change: Mapping[str, float],
    name_of: Callable[[str], str],
) -> Section:
    """Return the table: those who lose most, the others together, those who gain most, and everybody."""
    ends = both_ends(change)

    def row(label: SectionCell, names: Sequence[str]) -> list[SectionCell]:
        cells: list[SectionCell] = [label]
        for column, found in zip(columns, values, strict=True):
            whole = np.sum([found[name] for name in names], axis=0).tolist()
            cells.append(count(whole) if column.kind == "spread" else estimate(whole))
        return cells

    rows = [row(name_of(name), [name]) for name in ends.first]
    if ends.others:
        label = TextRef(key=f"report.{identifier}.others", params={"n": {"n": len(ends.others)}})
        rows.append(row(label, ends.others))
    rows += [row(name_of(name), [name]) for name in ends.last]
    if rows:
        rows.append(row(TextRef(key="report.winners.total"), sorted(change)))
    told = {
        side: [name_of(name) for name in names if abs(change[name]) >= 1][:3]
        for side, names in (("lose", ends.first), ("gain", tuple(reversed(ends.last))))
    }
    sentences = [
        TextRef(key=f"report.{identifier}.{side}", params={"names": {"names": names}})
        for side, names in told.items()
        if names
    ]
    return Section(
        id=identifier,
        criterion="redistribution",
        columns=[SectionColumn(id=of), *columns],
        rows=rows,
        sentences=sentences,
        confidence="medium",
        table="flows",
        assumptions=[numbers()[kind] for kind in CHOICE],
    )
