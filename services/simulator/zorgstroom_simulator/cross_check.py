"""Replications done again with the other engine: are all tables the same, to the bit?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.reporting.impact import CrossCheck, TableDifference
from zorgstroom_simulator.engines.registry import REFERENCE, other_engine
from zorgstroom_simulator.experiment import Experiment, ReplicationTables, changes_journeys
from zorgstroom_simulator.resources import expected_patients

#: Patients a second that one process of the SimPy engine simulates and measures on a machine like that of
#: `benchmarks/README.md`, where nothing else runs.
REFERENCE_PATIENTS_PER_SECOND = 35_000
#: Characters of what is no table, where it differs.
_SHOWN = 80
_TABLES = ("indicators", "flows", "conservation")


def with_other_engine(experiment: Experiment) -> Experiment:
    """Return the same experiment for the engine that its own is checked against."""
    return replace(experiment, engine=other_engine(experiment.engine))


def expected_seconds(experiment: Experiment, replications: int, jobs: int) -> float:
    """Return about how long the check of so many replications of an experiment takes."""
    if other_engine(experiment.engine) != REFERENCE:
        return 0.0
    sides = 2 if changes_journeys(experiment) else 1
    rounds = -(-replications // jobs)
    return rounds * sides * expected_patients(experiment) / REFERENCE_PATIENTS_PER_SECOND


def cross_check(
    engine: str, ours: Sequence[ReplicationTables], theirs: Sequence[ReplicationTables]
) -> CrossCheck:
    """Compare replications of an experiment, in order, with those that the other engine made."""
    pairs = list(zip(ours, theirs, strict=True))
    found = (difference(one, other) for one, other in pairs)
    return CrossCheck(
        engine=engine,
        other=other_engine(engine),
        replications=len(pairs),
        patients=sum(one.patients for one, _ in pairs),
        events=sum(one.events for one, _ in pairs),
        difference=next((item for item in found if item is not None), None),
    )


def difference(ours: ReplicationTables, theirs: ReplicationTables) -> TableDifference | None:
    """Return what differs first in one replication; None if everything is the same, to the bit."""
    for name in _TABLES:
        one, other = getattr(ours, name), getattr(theirs, name)
        if not one.equals(other):
            return _first(ours.replication, name, one, other)
    for name, one, other in (
        ("patients", ours.patients, theirs.patients),
        ("events", ours.events, theirs.events),
        ("headline", ours.headline, theirs.headline),
        ("daily", ours.daily.as_lists(), theirs.daily.as_lists()),
    ):
        if one != other:
            return _difference(ours.replication, name, 0, "", str(one)[:_SHOWN], str(other)[:_SHOWN])
    return None


def _first(replication: int, name: str, ours: pa.Table, theirs: pa.Table) -> TableDifference:
    """Return the first row and column in which two tables differ."""
    rows = min(ours.num_rows, theirs.num_rows)
    places = []
    for column in ours.column_names:
        one, other = (table[column].slice(0, rows).combine_chunks() for table in (ours, theirs))
        same = pc.fill_null(pc.equal(one, other), False)
        both_empty = pc.and_(pc.is_null(one), pc.is_null(other))
        row = pc.index(pc.or_(same, both_empty), False).as_py()
        if row >= 0:
            places.append((row, column))
    if not places:
        return _difference(replication, name, rows, "", str(ours.num_rows), str(theirs.num_rows))
    row, column = min(places)
    return _difference(replication, name, row, column, str(ours[column][row]), str(theirs[column][row]))


def _difference(
    replication: int, table: str, row: int, column: str, ours: str, theirs: str
) -> TableDifference:
    return TableDifference(
        replication=replication, table=table, row=row, column=column, ours=ours, theirs=theirs
    )
