"""What each part of a plan does: contributions to the differences of the headline indicators, with their interval."""

from __future__ import annotations

from collections import defaultdict

import pyarrow as pa

from zorgstroom.domain.scenario import Scenario
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.parts import parts_of
from zorgstroom.reporting.impact import TextRef, WaterfallRow
from zorgstroom.reporting.intervals import estimate

#: Stored values are whole numbers of this part of the unit.
MILLION = 1_000_000


def waterfall(table: pa.Table) -> list[WaterfallRow]:
    """Return a row per headline indicator that the plan changes, from a table of `zorgstroom.tables.WATERFALL`."""
    amounts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    # In order of replication, so that the same table gives the same bytes.
    for row in table.sort_by("replication").to_pylist():
        amounts[row["indicator"]][row["part"]].append(row["millionths"])
    return [
        WaterfallRow(
            indicator=indicator,
            parts={
                part: estimate([value / MILLION for value in values])
                for part, values in amounts[indicator].items()
            },
        )
        for indicator in CATALOGUE
        if indicator in amounts and any(any(values) for values in amounts[indicator].values())
    ]


def notes(rows: list[WaterfallRow], scenario: Scenario) -> list[TextRef]:
    """Name every part of the plan that changes none of the figures, in any simulated year."""
    return [
        TextRef(key="report.waterfall.nothing", params={"part": {"key": f"report.column.part_{part}"}})
        for part in parts_of(scenario)
        if not any(_is_something(row, part) for row in rows)
    ]


def _is_something(row: WaterfallRow, part: str) -> bool:
    found = row.parts.get(part)
    # Equal and opposite years have a mean of zero and an interval that is not.
    return found is not None and bool(found.mean or found.low or found.high)
