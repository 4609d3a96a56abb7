"""The headline numbers of a run while it is computed: means so far, with their interval as soon as there can be one."""

from __future__ import annotations

from collections.abc import Iterable

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.intervals import estimate
from zorgstroom_api.results.schemas import Headline, HeadlineLine
from zorgstroom_api.store.models import HeadlineRow


def headline(run_id: str, total: int, rows: Iterable[HeadlineRow]) -> Headline:
    """Return means and paired differences over the replications that are there, as the comparison table has them.

    A count that is missing in a replication is zero; a mean without observations leaves its pair out. What a simulator
    of another version tells that is not in the catalogue here is left out.
    """
    found: dict[str, dict[int, dict[str, float]]] = {}
    replications: set[int] = set()
    for row in rows:
        replications.add(row.replication)
        sides = found.setdefault(row.indicator, {}).setdefault(row.replication, {})
        if row.count and row.indicator in CATALOGUE:
            sides[row.scenario] = row.total / row.count / CATALOGUE[row.indicator].scale
    lines = [
        line
        for name in CATALOGUE
        if name in found
        and (line := _line(name, [found[name].get(number, {}) for number in sorted(replications)]))
    ]
    return Headline(run_id=run_id, replications=len(replications), total=total, indicators=lines)


def _line(name: str, years: list[dict[str, float]]) -> HeadlineLine | None:
    missing = 0.0 if CATALOGUE[name].empty_is_zero else None
    pairs = [(year.get("baseline", missing), year.get("plan", missing)) for year in years]
    complete = [(today, plan) for today, plan in pairs if today is not None and plan is not None]
    if not complete:
        return None
    return HeadlineLine(
        indicator=name,
        unit=CATALOGUE[name].unit,
        baseline=estimate([today for today, _ in complete]),
        plan=estimate([plan for _, plan in complete]),
        difference=estimate([plan - today for today, plan in complete]),
    )
