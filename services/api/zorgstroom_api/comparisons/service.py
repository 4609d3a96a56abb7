"""Putting runs next to each other, if they answer the same question on the same patients."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from zorgstroom.comparable import question_of, require_same_question
from zorgstroom.domain.scenario import Horizon
from zorgstroom.reporting.impact import Impact, Row
from zorgstroom.text import Language
from zorgstroom_api.comparisons.schemas import Comparison, ComparisonCell
from zorgstroom_api.limits import HeavyWork
from zorgstroom_api.results.service import IMPACT, ResultService
from zorgstroom_api.runs.service import RunService
from zorgstroom_api.scenarios.service import ScenarioService

#: Comparisons that are kept in memory; each is some tens of kilobytes.
KEPT = 64


class ComparisonService:
    """What can be compared."""

    def __init__(
        self, runs: RunService, results: ResultService, scenarios: ScenarioService, heavy: HeavyWork
    ) -> None:
        self._runs = runs
        self._results = results
        self._scenarios = scenarios
        self._heavy = heavy
        self._kept: OrderedDict[tuple[str, ...], tuple[bytes, bool]] = OrderedDict()
        self._lock = threading.Lock()

    def compare(self, run_ids: Sequence[str], language: Language) -> tuple[bytes, bool]:
        """Return the headline indicators of the runs as the JSON of a `Comparison`, and whether it is confidential.

        Results never change, so what was compared once is kept. Raises `NotFound`, `NotComparable`.
        """
        # What the results are is asked each time: they may have been removed.
        digests = self._results.digests(run_ids, IMPACT)
        key = (*run_ids, *digests)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        with self._heavy.slot():
            comparison = self._compare(run_ids, language)
            made = comparison.model_dump_json().encode(), comparison.confidential
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made

    def _compare(self, run_ids: Sequence[str], language: Language) -> Comparison:
        runs = [self._runs.get(run_id, language) for run_id in run_ids]
        impacts = [self._results.impact(run_id) for run_id in run_ids]
        questions = {
            run_id: question_of(impact.identity, self._horizon(run.scenario_id))
            for run_id, run, impact in zip(run_ids, runs, impacts, strict=True)
        }
        require_same_question(questions)
        cells = [_cells(impact) for impact in impacts]
        shared = [key for key in cells[0] if all(key in others for others in cells)]
        return Comparison(
            runs=runs,
            indicators={key: [others[key] for others in cells] for key in shared},
            confidential=any(impact.identity.confidential for impact in impacts),
        )

    def _horizon(self, scenario_id: str) -> Horizon:
        return Horizon.model_validate(self._scenarios.get(scenario_id).document["horizon"])


def _cells(impact: Impact) -> dict[str, ComparisonCell]:
    return {
        _key(row): ComparisonCell(
            baseline=row.baseline,
            plan=row.plan,
            difference=row.difference,
            clear=row.clear,
            verdict=row.verdict,
        )
        for row in impact.headline
    }


def _key(row: Row) -> str:
    """Return the indicator's id, followed by the place when it is not about everything."""
    return ":".join(
        part for part in (row.indicator, row.location, row.profile, row.area, row.pool, row.band) if part
    )
