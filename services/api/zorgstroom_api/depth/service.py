"""Reading what is behind a number from the tables of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.dataset.model import Dataset
from zorgstroom.depth_document import AreaMoves, Moves, SimulatedYears
from zorgstroom.planning.regions import parse_region
from zorgstroom.reporting.growing import Queues
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.readings import Moves as Counted
from zorgstroom.reporting.readings import Readings
from zorgstroom_api.datasets.service import DatasetService
from zorgstroom_api.depth import moving, years
from zorgstroom_api.depth.schemas import MovesQuery, YearsQuery
from zorgstroom_api.limits import check_time
from zorgstroom_api.results.service import ResultService
from zorgstroom_api.results.tables import TableFile


@dataclass(frozen=True)
class _Flows:
    counted: Counted
    impact: Impact
    dataset: Dataset
    confidential: bool


class DepthService:
    """What is behind the numbers of a run."""

    def __init__(self, results: ResultService, datasets: DatasetService) -> None:
        self._results = results
        self._datasets = datasets

    def simulated_years(self, run_id: str, query: YearsQuery) -> SimulatedYears:
        """Return an indicator in every simulated year. Raises `NotFound`, `InvalidInput`."""
        dataset, impact = self._datasets.load(), self._results.impact(run_id)
        indicator = years.indicator_of(query.indicator, query.by)
        filters = {"indicator": [query.indicator], **query.filters()}
        if query.group:
            filters["profile"] = _both(filters, years.profiles_of(query.group, dataset, "query:group"))
        table = self._table(run_id, "years" if "year" in query.by else "indicators", filters)
        found = years.collect(_rows(table), query.by, indicator, dataset)
        lines = years.lines(found, query.by, indicator, impact.identity.replications)
        shown = lines[: query.limit]
        if query.indicator == "volume" and dataset.digest == impact.identity.dataset_digest:
            shown = [years.judged(line, impact, dataset) for line in shown]
        return SimulatedYears(
            indicator=query.indicator,
            unit=indicator.unit,
            replications=impact.identity.replications,
            items=shown,
            left_out=len(lines) - len(shown),
            confidential=table.confidential,
        )

    def moves(self, run_id: str, query: MovesQuery) -> Moves:
        """Return who goes from which hospital to which. Raises `NotFound`, `InvalidInput`."""
        flows = self._flows(run_id, query)
        found = moving.between_hospitals(flows.counted)
        return found.model_copy(update={"confidential": flows.confidential})

    def area_moves(self, run_id: str, query: MovesQuery) -> AreaMoves:
        """Return where those live who go elsewhere. Raises `NotFound`, `InvalidInput`."""
        flows = self._flows(run_id, query)
        wait_of = self._waits(run_id, flows)
        found = moving.by_area(flows.counted, flows.dataset, flows.impact.identity.demand_year, wait_of)
        return found.model_copy(update={"confidential": flows.confidential})

    def _table(self, run_id: str, name: str, filters: Mapping[str, Sequence[str]]) -> TableFile:
        return TableFile(self._results.find(run_id, name).path, filters)

    def _flows(self, run_id: str, query: MovesQuery) -> _Flows:
        dataset, impact = self._datasets.load(), self._results.impact(run_id)
        identity = impact.identity
        filters: dict[str, list[str]] = {}
        if query.profile:
            filters["profile"] = query.profile
        if query.group:
            filters["profile"] = _both(filters, years.profiles_of(query.group, dataset, "query:group"))
        if query.location:
            filters["location"] = query.location
        areas = self._areas(query, dataset, impact)
        if areas is not None:
            filters["area"] = areas
        # `location` is where patients go today or under the plan: see `TableFile`.
        table = self._table(run_id, "flows", filters)
        flows = pa.Table.from_batches(list(_batches(table)), schema=table.schema)
        return _Flows(
            Counted(flows, identity.replications, identity.weeks), impact, dataset, table.confidential
        )

    @staticmethod
    def _areas(query: MovesQuery, dataset: Dataset, impact: Impact) -> list[str] | None:
        """Return the areas that are asked for; None: all."""
        wanted: list[set[str]] = [set(query.area)] if query.area else []
        if query.region is not None:
            inside = dataset.areas_in(parse_region(query.region, dataset))
            wanted.append({area.id for area, within in zip(dataset.areas, inside, strict=True) if within})
        if query.ses:
            identity = impact.identity
            region = parse_region(identity.region, dataset) if identity.region else None
            wanted.append(set(moving.areas_of_fifths(query.ses, dataset, identity.demand_year, region)))
        return sorted(set.intersection(*wanted)) if wanted else None

    def _waits(self, run_id: str, flows: _Flows) -> moving.WaitOf:
        """Return how to look up a wait; one that grows, or of a stopped offer, is no wait to compare with."""
        comparison = self._table(run_id, "comparison", {})
        table = pa.Table.from_batches(list(_batches(comparison)), schema=comparison.schema)
        queues = Queues(Readings(table), flows.dataset, flows.impact.identity.weeks)
        waits = {
            (row["location"], row["profile"]): row
            for row in table.filter(pc.equal(table["indicator"], "wait_treatment")).to_pylist()
            if row["location"] and row["profile"]
        }

        @cache
        def wait_of(location: str, profile: str) -> moving.Wait:
            row = waits.get((location, profile))
            if row is None or profile not in flows.dataset.profile_index:
                return moving.Wait(None, None)
            queue = queues.behind("treatment", location, profile)
            return moving.Wait(
                None if queue.grows_baseline else row["baseline"], None if queue.grows_plan else row["plan"]
            )

        return wait_of


def _batches(table: TableFile) -> Iterator[pa.RecordBatch]:
    for batch in table.batches():
        check_time()
        yield batch


def _rows(table: TableFile) -> Iterator[Mapping[str, Any]]:
    for batch in _batches(table):
        yield from batch.to_pylist()


def _both(filters: Mapping[str, list[str]], profiles: Sequence[str]) -> list[str]:
    """Return the care that is in both lists, where both are asked for."""
    named = filters.get("profile")
    return list(profiles) if named is None else [name for name in named if name in profiles]
