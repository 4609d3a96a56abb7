"""Putting runs next to each other, if they answer the same question on the same patients."""

from __future__ import annotations

from collections.abc import Sequence

from zorgstroom.comparable import question_of, require_same_question
from zorgstroom.domain.scenario import Horizon
from zorgstroom.reporting.impact import Impact, Row
from zorgstroom.text import Language
from zorgstroom_api.comparisons.schemas import Comparison, ComparisonCell
from zorgstroom_api.results.service import ResultService
from zorgstroom_api.runs.service import RunService
from zorgstroom_api.scenarios.service import ScenarioService


class ComparisonService:
    """What can be compared."""

    def __init__(self, runs: RunService, results: ResultService, scenarios: ScenarioService) -> None:
        self._runs = runs
        self._results = results
        self._scenarios = scenarios

    def compare(self, run_ids: Sequence[str], language: Language) -> Comparison:
        """Return the headline indicators of the runs. Raises `NotFound`, `NotComparable`."""
        unique = list(dict.fromkeys(run_ids))
        runs = [self._runs.get(run_id, language) for run_id in unique]
        impacts = [self._results.impact(run_id) for run_id in unique]
        questions = {
            run_id: question_of(impact.identity, self._horizon(run.scenario_id))
            for run_id, run, impact in zip(unique, runs, impacts, strict=True)
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
