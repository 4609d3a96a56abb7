"""Load before the run in words: the table of ``zorgstroom load``, and the warning about what a plan makes too full."""

from __future__ import annotations

from collections.abc import Sequence

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Count, Phrase, Problem
from zorgstroom.planning.load import Loads, expected_loads
from zorgstroom.planning.plan import region_of
from zorgstroom.planning.pool_estimates import PoolLoad, pool_loads
from zorgstroom.planning.queue_estimate import QueueEstimate
from zorgstroom.preview_document import BeforeAndAfter, PoolLoads, PoolPreview, QueuePreviews
from zorgstroom.reporting.build import pool_names
from zorgstroom.text import LANGUAGES, Language, translate
from zorgstroom.text.numbers import number, percent, signed

#: Pools named in a warning.
NAMED = 3


def load_rows(scenario: Scenario, dataset: Dataset, region: Region | None) -> tuple[Loads, list[PoolLoad]]:
    """Return the expected loads of a scenario that passed its check, and a row per pool of the region of the run.

    `region` None: the scenario's own region, or the whole country.
    """
    chosen = region or region_of(scenario.region)
    loads = expected_loads(scenario, dataset, region)
    locations = None if chosen is None else dataset.locations_in(chosen)
    return loads, pool_loads(loads, dataset, locations)


def load_warnings(scenario: Scenario, dataset: Dataset, region: Region | None) -> list[Problem]:
    """Return a warning if a plan brings more work somewhere than can be done there; the scenario passed its check.

    Work without any capacity is not in it: `planning.check` names that per action.
    """
    _, rows = load_rows(scenario, dataset, region)
    full = [row for row in rows if row.made_too_full and row.load_worst is not None]
    if not full:
        return []
    named = full[:NAMED]
    places = {
        language: "; ".join(_place(row, dataset, language) for row in named)
        + (
            translate("load.more", language, count=number(len(full) - len(named), language))
            if full[NAMED:]
            else ""
        )
        for language in LANGUAGES
    }
    key = "load.too_full.one" if len(full) == 1 else "load.too_full.many"
    return [Problem("/actions", key, {"count": Count(len(full)), "places": Phrase(places)}, "/actions")]


def _place(row: PoolLoad, dataset: Dataset, language: Language) -> str:
    location = dataset.locations[dataset.location_index[row.location]]
    load = percent(row.load_worst or 0.0, language)
    pool = pool_names(dataset, row.pool)[language]
    return translate("load.place", language, pool=pool, location=location.name, load=load)


HEADINGS = ("location", "pool", "today", "plan", "change", "capacity", "estimate")


def table(rows: Sequence[PoolLoad], dataset: Dataset, language: Language) -> list[list[str]]:
    """Return the headings and the rows of the table, as text."""
    lines = [[translate(f"load.column.{name}", language) for name in HEADINGS]]
    for row in rows:
        location = dataset.locations[dataset.location_index[row.location]]
        lines.append(
            [
                location.name,
                pool_names(dataset, row.pool)[language],
                _share(row.load_today, language),
                _share(row.load_plan, language),
                "" if None in (row.load_today, row.load_plan) else _points(row.change, language),
                _capacity(row, language),
                estimate_words(row.estimate_today, row.estimate_plan, row.known_weeks, language),
            ]
        )
    return lines


def _share(load: float | None, language: Language) -> str:
    return translate("load.endless", language) if load is None else percent(load, language, 1)


def _points(change: float, language: Language) -> str:
    return signed(change * 100, language, 1)


def _capacity(row: PoolLoad, language: Language) -> str:
    decimals = 0 if max(row.capacity_today, row.capacity_plan) >= 10 else 1
    before, after = (number(value, language, decimals) for value in (row.capacity_today, row.capacity_plan))
    unit = translate(f"pool_unit.{row.pool.partition(':')[0]}", language)
    return f"{before} {unit}" if before == after else f"{before} → {after} {unit}"


def estimate_words(
    today: QueueEstimate, plan: QueueEstimate, known_weeks: float | None, language: Language
) -> str:
    """Return the estimate for the plan; of beds also that of today."""
    if plan.blocked is not None:
        before = "–" if today.blocked is None else percent(today.blocked, language, 1)
        return translate(
            "load.estimate.beds", language, today=before, plan=percent(plan.blocked, language, 1)
        )
    return translate(f"load.estimate.{plan.outlook}", language, **_params(plan, known_weeks, language))


def _params(estimate: QueueEstimate, known: float | None, language: Language) -> dict[str, str]:
    growth = abs(estimate.growth_per_week or 0.0)
    queue = estimate.queue_weeks
    return {
        "growth": number(growth, language, 0 if growth >= 10 else 1),
        "known": "–" if known is None else number(known, language, 1),
        "weeks": "–" if queue is None else number(queue, language, 1),
    }


def pool_previews(rows: Sequence[PoolLoad]) -> list[PoolPreview]:
    """Return the rows as parts of a document; loads are parts of one, null for work without capacity."""
    return [
        PoolPreview(
            location=row.location,
            pool=row.pool,
            capacity=BeforeAndAfter(round(row.capacity_today, 3), round(row.capacity_plan, 3)),
            load=PoolLoads(
                _rounded(row.load_today), _rounded(row.load_plan), _rounded(row.load_worst), row.worst_day
            ),
            made_too_full=row.made_too_full,
            known_weeks=_rounded(row.known_weeks),
            estimate=QueuePreviews(
                _rounded_estimate(row.estimate_today), _rounded_estimate(row.estimate_plan)
            ),
        )
        for row in rows
    ]


def _rounded_estimate(estimate: QueueEstimate) -> QueueEstimate:
    return QueueEstimate(
        estimate.outlook,
        _rounded(estimate.blocked),
        _rounded(estimate.growth_per_week),
        _rounded(estimate.queue_weeks),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
