"""The indicators per year of a run of several years: what a plan does in its first year, its second, and so on."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.planning.plan import Plan
from zorgstroom.tables import YEARS
from zorgstroom_simulator.measure import measure
from zorgstroom_simulator.scope import Outcome, Scope

#: What is kept of a location and a profile together; of everything else one of both, which is forty times less.
BY_PLACE_AND_CARE = ("volume", "norm_met", "turnover")
#: What says something of a run as a whole only: how it began and ended.
OF_THE_RUN = ("list_growth", "list_arrivals", "list_spread")


def measure_years(
    scope: Scope, outcome: Outcome, scenario: str, replication: int, plan: Plan | None
) -> pa.Table | None:
    """Return a table of `zorgstroom.tables.YEARS`; None for a run of one year or less. For arguments see `measure`.

    A year is 52 weeks; what is left at the end belongs to none. Not per area, nor by band.
    """
    tables = [
        _of_year(measure(replace(scope, calendar=calendar), outcome, scenario, replication, plan), number)
        for number, calendar in enumerate(scope.calendar.measured_years(), start=1)
    ]
    return pa.concat_tables(tables) if tables else None


def _of_year(indicators: pa.Table, year: int) -> pa.Table:
    kept = pc.and_(pc.equal(indicators["area"], ""), pc.equal(indicators["band"], ""))
    single = pc.or_(pc.equal(indicators["location"], ""), pc.equal(indicators["profile"], ""))
    both = pc.is_in(indicators["indicator"], pa.array(BY_PLACE_AND_CARE))
    kept = pc.and_(kept, pc.or_(single, both))
    kept = pc.and_not(kept, pc.is_in(indicators["indicator"], pa.array(OF_THE_RUN)))
    table = indicators.filter(kept)
    years = pa.repeat(pa.scalar(year, pa.int32()), len(table))
    return table.add_column(2, YEARS.field("year"), years).cast(YEARS)
