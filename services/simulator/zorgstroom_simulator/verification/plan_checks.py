"""What must hold of any plan: pure comparisons of a baseline with a plan on the same patients."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.check import check_scenario
from zorgstroom.planning.parts import INTERACTION, TOTAL, parts_of
from zorgstroom.planning.plan import calendar_of, start_day_of
from zorgstroom.tables import table_digest
from zorgstroom_simulator.demand import ELECTIVE, OVERNIGHT
from zorgstroom_simulator.engines import NEVER, Int64Array
from zorgstroom_simulator.experiment import Experiment, ReplicationTables, combine, simulate_replication
from zorgstroom_simulator.scope import Outcome, Scope
from zorgstroom_simulator.verification.checks import rows_where
from zorgstroom_simulator.verification.found import Found
from zorgstroom_simulator.waterfall import Headline, headline_alone, part_alone, waterfall

#: Columns of the journeys about something that happens at a minute of another column.
_WITH_MINUTE = {
    "visit_location": "visit_minute",
    "diversion": "bed_minute",
    "boarded": "bed_minute",
    "outlier": "bed_minute",
    "location": "bed_minute",
    "over_capacity": "ic_leave_minute",
}
_MINUTES = ("visit_minute", "bed_minute", "admission_minute", "ic_leave_minute", "discharge_minute")


def first_day(experiment: Experiment) -> int:
    """Return the day on which the first action of a plan starts; the length of the run without any."""
    calendar = calendar_of(experiment.scenario, experiment.dataset)
    starts = [start_day_of(item.action, calendar) for item in experiment.scenario.actions]
    return min([*starts, calendar.days])


def same_before(baseline: Outcome, plan: Outcome, day: int) -> Found:
    """Until 00:00 of the day the plan starts everybody is the same, and the same has happened to everybody.

    Compared to the bit: who comes, everything of them that is drawn, every event of their journeys before that
    minute, and the engine's count at every midnight up to it.
    """
    until = day * MINUTES_PER_DAY
    sides = [(outcome, np.flatnonzero(outcome.patients.minute < until)) for outcome in (baseline, plan)]
    keys = [outcome.patients.key[rows] for outcome, rows in sides]
    if not np.array_equal(keys[0], keys[1]):
        return Found(1, ("other patients come before the plan starts",))
    comparisons, wrong = len(keys[0]), []
    for field in dataclasses.fields(baseline.patients):
        one, other = (getattr(outcome.patients, field.name)[rows] for outcome, rows in sides)
        comparisons += len(one)
        if not np.array_equal(one, other):
            wrong.append(f"patients {rows_where(one != other)}: other {field.name}")
    if day == 0:
        # Who waits at the start already does so where the plan sends him.
        return Found(comparisons, tuple(wrong))
    # The first of them met queues: the rows of the journeys.
    queued = [rows[rows < outcome.queues] for outcome, rows in sides]
    for name in (*_MINUTES, *_WITH_MINUTE):
        one, other = (
            _so_far(outcome, rows, name, until) for (outcome, _), rows in zip(sides, queued, strict=True)
        )
        comparisons += len(one)
        if not np.array_equal(one, other):
            wrong.append(f"patients {rows_where(one != other)}: other {name}")
    for name in ("lists", "clinics", "wards", "ics"):
        one, other = (getattr(outcome.journeys.census, name)[: day + 1] for outcome, _ in sides)
        comparisons += one.size
        if not np.array_equal(one, other):
            wrong.append(f"other count of {name}")
    return Found(comparisons, tuple(wrong))


def _so_far(outcome: Outcome, rows: Int64Array, name: str, until: int) -> npt.NDArray[np.int64]:
    """Return a column of the journeys as known at a minute."""
    values = getattr(outcome.journeys, name)[rows].astype(np.int64)
    happened = getattr(outcome.journeys, _WITH_MINUTE.get(name, name))[rows]
    return np.where((happened != NEVER) & (happened < until), values, NEVER)


def stays_counted(scope: Scope, outcome: Outcome, indicators: pa.Table) -> Found:
    """Stays in the indicators are those of everybody admitted in the period, also of who is still there at the end.

    So no censoring: days in bed, days on the IC and hours in rooms over admissions are the means of what was given.
    """
    patients, journeys = outcome.queued, outcome.journeys
    inside = np.zeros(len(journeys.location), np.bool_)
    placed = journeys.location >= 0
    inside[placed] = scope.locations[journeys.location[placed]]
    admitted = scope.within(journeys.admission_minute) & inside & (patients.flow <= ELECTIVE)
    overnight = admitted & (patients.setting == OVERNIGHT)
    still = overnight & ((journeys.discharge_minute == NEVER) | (journeys.discharge_minute >= scope.end))
    ic = admitted & patients.needs_ic
    expected = {
        "admissions_overnight": int(overnight.sum()),
        "bed_days": int(patients.nights[overnight].astype(np.int64).sum() + overnight.sum()),
        "ic_days": int(patients.ic_minutes[ic].astype(np.int64).sum()),
    }
    found = {
        row["indicator"]: row["total"]
        for row in indicators.to_pylist()
        if row["indicator"] in expected and not (row["location"] or row["pool"])
    }
    wrong = [
        f"{name}: {found.get(name, 0)} in the indicators, {amount * 52} given ({int(still.sum())} still there)"
        for name, amount in expected.items()
        if found.get(name, 0) != amount * 52
    ]
    return Found(len(expected), tuple(wrong))


def does_something(experiment: Experiment, replication: int) -> Found:
    """A plan of one action changes a table, or the check names the action before anything is simulated."""
    if check_scenario(experiment.scenario, experiment.dataset, experiment.region).errors:
        return Found(1)
    result = simulate_replication(experiment, replication)
    if changes(result):
        return Found(1)
    (item,) = experiment.scenario.actions
    return Found(
        1, (f"{item.kind} changes nothing and is not named: {item.model_dump_json(exclude_none=True)}",)
    )


def changes(result: ReplicationTables) -> bool:
    """Return whether anything that is counted differs between baseline and plan."""
    rows = [row for row in result.indicators.to_pylist() if row["indicator"] != "extra_travel_band"]
    before, after = (
        {
            tuple(value for name, value in row.items() if name != "scenario")
            for row in rows
            if row["scenario"] == side
        }
        for side in ("baseline", "plan")
    )
    return before != after or result.flows.num_rows > 0


def waterfall_sums(experiment: Experiment, replications: Sequence[int]) -> Found:
    """The parts of a plan and their interaction add up to the whole difference, to the last digit of every value."""
    results = [simulate_replication(experiment, number) for number in replications]
    parts = parts_of(experiment.scenario)
    alone: dict[tuple[str, int], Headline] = {}
    if len(parts) > 1:
        for part in parts:
            for number in replications:
                alone[part, number] = headline_alone(part_alone(experiment, part), number)
    table = waterfall(experiment.scenario, results, alone)  # type: ignore[arg-type]
    return sums_of(table, results)


def sums_of(table: pa.Table, results: Sequence[ReplicationTables]) -> Found:
    """Compare a table of the waterfall with the differences of the runs it is about."""
    amounts: dict[tuple[int, str], dict[str, int]] = {}
    for row in table.to_pylist():
        amounts.setdefault((row["replication"], row["indicator"]), {})[row["part"]] = row["millionths"]
    wrong = []
    for result in results:
        values = {
            (item.scenario, item.indicator): Fraction(
                item.total, item.count * CATALOGUE[item.indicator].scale
            )
            for item in result.headline
            if item.count
        }
        for (number, indicator), parts in amounts.items():
            if number != result.replication:
                continue
            together = sum(amount for part, amount in parts.items() if part != TOTAL)
            if together != parts[TOTAL]:
                wrong.append(
                    f"replication {number} {indicator}: {together} in parts, {parts[TOTAL]} in total"
                )
            before, after = (values.get((side, indicator), Fraction(0)) for side in ("baseline", "plan"))
            # Each of the two values is rounded to a millionth.
            if abs(parts[TOTAL] - (after - before) * 1_000_000) > 1:
                wrong.append(f"replication {number} {indicator}: total {parts[TOTAL]} is not the difference")
            if len(parts) == 2 and INTERACTION in parts:
                wrong.append(f"replication {number} {indicator}: an interaction of one part")
    return Found(2 * len(amounts), tuple(wrong))


def same_in_any_order(
    results: Sequence[ReplicationTables], others: Callable[[], Sequence[ReplicationTables]]
) -> Found:
    """The same replications done elsewhere, by other processes and in another order, give the same tables."""
    one, other = combine(results), combine(others())
    wrong = [f"table {name} differs" for name in one if table_digest(one[name]) != table_digest(other[name])]
    return Found(len(one), tuple(wrong))
