"""Putting runs next to each other, if they answer the same question on the same patients."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from operator import and_

import pyarrow.compute as pc
import pyarrow.parquet as pq

from zorgstroom.comparable import question_of, require_same_question
from zorgstroom.domain.scenario import Horizon
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.planning.comparison import KEYS
from zorgstroom.reporting.build import judged
from zorgstroom.reporting.impact import Estimate, Impact, Row
from zorgstroom.reporting.readings import is_clear
from zorgstroom.reporting.side_by_side import Line, Result, side_by_side
from zorgstroom.reporting.trade_off import ACROSS, trade_offs
from zorgstroom.text import Language
from zorgstroom_api.comparisons.schemas import (
    Comparison,
    ComparisonCell,
    TradeOff,
    TradeOffPoint,
    TradeOffs,
)
from zorgstroom_api.limits import HeavyWork
from zorgstroom_api.results.service import IMPACT, ResultService
from zorgstroom_api.runs.service import RunService
from zorgstroom_api.scenarios.service import ScenarioService

#: Comparisons that are kept in memory; each is some tens of kilobytes.
KEPT = 64
INDICATORS = "indicators"
Made = tuple[bytes, bool]


class ComparisonService:
    """What can be compared."""

    def __init__(
        self, runs: RunService, results: ResultService, scenarios: ScenarioService, heavy: HeavyWork
    ) -> None:
        self._runs = runs
        self._results = results
        self._scenarios = scenarios
        self._heavy = heavy
        self._kept: OrderedDict[tuple[str, ...], Made] = OrderedDict()
        self._lock = threading.Lock()

    def compare(self, run_ids: Sequence[str], reference: str | None, language: Language) -> Made:
        """Return the headline indicators of the runs as the JSON of a `Comparison`, and whether it is confidential.

        Differences are with today, or with the run `reference`. Raises `NotFound`, `NotComparable`, `InvalidInput`.
        """
        if reference is not None and reference not in run_ids:
            raise InvalidInput([Problem("query:reference", "api.invalid.reference", {"name": reference})])

        def make() -> Made:
            made = self._compare(run_ids, reference, language)
            return made.model_dump_json().encode(), made.confidential

        return self._remembered("compare", run_ids, reference or "", make)

    def trade_offs(self, run_ids: Sequence[str], language: Language) -> Made:
        """Return what cannot be had together as the JSON of `TradeOffs`, and whether it is confidential.

        Raises `NotFound`, `NotComparable`.
        """

        def make() -> Made:
            made = self._trade_offs(run_ids, language)
            return made.model_dump_json().encode(), made.confidential

        return self._remembered("trade-offs", run_ids, "", make)

    def _remembered(
        self, kind: str, run_ids: Sequence[str], reference: str, make: Callable[[], Made]
    ) -> Made:
        """Return what was made before; results never change, so what was compared once is kept."""
        # What the results are is asked each time: they may have been removed.
        digests = self._results.digests(run_ids, IMPACT)
        key = (kind, reference, *run_ids, *digests)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        with self._heavy.slot():
            made = make()
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made

    def _compare(self, run_ids: Sequence[str], reference: str | None, language: Language) -> Comparison:
        runs = [self._runs.get(run_id, language) for run_id in run_ids]
        impacts = self._impacts(run_ids, language)
        cells = [_cells(impact) for impact in impacts]
        shared = [key for key in cells[0] if all(key in others for others in cells)]
        indicators = {key: [others[key] for others in cells] for key in shared}
        if reference is not None:
            indicators = self._against(run_ids, impacts, reference, indicators)
        return Comparison(
            runs=runs,
            reference=reference,
            indicators=indicators,
            confidential=any(impact.identity.confidential for impact in impacts),
        )

    def _against(
        self,
        run_ids: Sequence[str],
        impacts: Sequence[Impact],
        reference: str,
        indicators: dict[str, list[ComparisonCell]],
    ) -> dict[str, list[ComparisonCell]]:
        """Return the rows whose difference with the reference can be told, with that difference."""
        # `side_by_side` pairs every run with the first.
        order = sorted(run_ids, key=lambda run_id: run_id != reference)
        of_run = dict(zip(run_ids, impacts, strict=True))
        lines = side_by_side(self._read(order, [of_run[run_id] for run_id in order]))
        found = {}
        for line in lines:
            cells = indicators.get(_key(line.row))
            differences = dict(zip(order[1:], line.differences, strict=True))
            if cells is None or any(value is None for value in differences.values()):
                continue
            found[_key(line.row)] = [
                _recompared(cell, line, differences.get(run_id))
                for run_id, cell in zip(run_ids, cells, strict=True)
            ]
        return found

    def _trade_offs(self, run_ids: Sequence[str], language: Language) -> TradeOffs:
        impacts = self._impacts(run_ids, language)
        results = self._read(run_ids, impacts)
        found = trade_offs(results, side_by_side(results))
        names = {key: name for impact in impacts for key, name in impact.names.items()}
        return TradeOffs(
            items=[
                TradeOff(
                    profile=item.profile,
                    across=ACROSS,
                    against=item.against,
                    points=[
                        # Today comes first, then the runs in their order.
                        TradeOffPoint(
                            run=run_id, name=point.name, x=point.x, y=point.y, years=list(point.years)
                        )
                        for run_id, point in zip([None, *run_ids], item.points, strict=True)
                    ],
                )
                for item in found
            ],
            names={item.profile: names[item.profile] for item in found if item.profile in names},
            confidential=any(impact.identity.confidential for impact in impacts),
        )

    def _impacts(self, run_ids: Sequence[str], language: Language) -> list[Impact]:
        """Return the impact analyses of runs on the same patients. Raises `NotComparable`."""
        runs = [self._runs.get(run_id, language) for run_id in run_ids]
        impacts = [self._results.impact(run_id) for run_id in run_ids]
        questions = {
            run_id: question_of(impact.identity, self._horizon(run.scenario_id))
            for run_id, run, impact in zip(run_ids, runs, impacts, strict=True)
        }
        require_same_question(questions)
        return impacts

    def _read(self, run_ids: Sequence[str], impacts: Sequence[Impact]) -> list[Result]:
        """Return what is needed to pair runs year by year: of their indicators only what a summary tells."""
        told = [
            pc.field(name).isin(sorted({getattr(row, name) for impact in impacts for row in impact.headline}))
            for name in KEYS
        ]
        paths = [self._results.find(run_id, INDICATORS).path for run_id in run_ids]
        return [
            Result(impact, pq.read_table(path, filters=functools.reduce(and_, told)))
            for impact, path in zip(impacts, paths, strict=True)
        ]

    def _horizon(self, scenario_id: str) -> Horizon:
        return Horizon.model_validate(self._scenarios.get(scenario_id).document["horizon"])


def _recompared(cell: ComparisonCell, line: Line, difference: Estimate | None) -> ComparisonCell:
    """Return a cell with another difference; None: it is of the reference itself."""
    if difference is None:
        same = Estimate(mean=0.0)
        return cell.model_copy(update={"difference": same, "clear": False, "verdict": "none"})
    verdict = judged(line.row.indicator, difference)
    return cell.model_copy(
        update={"difference": difference, "clear": is_clear(difference), "verdict": verdict}
    )


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
