"""Tables that parts of the analysis bring to the report: staff, money, equity, years, balances and so on.

A part is a function in a module of its own that reads what a run gave and returns sections; it is named once, in
`CONTRIBUTORS`. A section holds no finished sentences and no form: every form of the report shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.plan import Plan
from zorgstroom.reporting import (
    balance,
    environment,
    equity,
    finance,
    idle,
    knock_on,
    national_section,
    quality,
    resilience,
    shared_care,
    staff,
    transition,
    winners,
    years,
)
from zorgstroom.reporting.doubts import sources as titles
from zorgstroom.reporting.impact import Identity, Section
from zorgstroom.reporting.readings import Moves, Readings


@dataclass(frozen=True)
class Sources:
    """What a contribution may read; `touched` are the locations the plan is about, `profiles` its care."""

    tables: Mapping[str, pa.Table]
    readings: Readings
    moves: Moves
    dataset: Dataset
    scenario: Scenario
    region: Region | None
    plan: Plan
    identity: Identity
    touched: Sequence[str]
    profiles: Sequence[str]


Contributor = Callable[[Sources], Sequence[Section]]

#: In the order of the report, within each of its four criteria.
CONTRIBUTORS: tuple[Contributor, ...] = (
    national_section.contribute,
    years.contribute,
    staff.contribute,
    finance.contribute,
    transition.contribute,
    balance.contribute,
    winners.contribute,
    shared_care.contribute,
    equity.contribute,
    quality.contribute,
    environment.contribute,
    knock_on.contribute,
    resilience.contribute,
    idle.contribute,
)


def sections(sources: Sources) -> list[Section]:
    """Return what all parts contribute; a section without rows and sentences says nothing and is left out.

    Sources are told by their titles, whether a part gave those or their ids.
    """
    found = [section for contribute in CONTRIBUTORS for section in contribute(sources)]
    return [
        section.model_copy(update={"sources": [titles(sources.dataset, item) for item in section.sources]})
        for section in found
        if section.rows or section.sentences
    ]
