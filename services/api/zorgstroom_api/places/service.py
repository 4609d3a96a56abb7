"""Reads places from the dataset, and what a run says of them."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from zorgstroom.dataset import dataset_folder
from zorgstroom.dataset.gemeenten import gemeente_names
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import AGE_BANDS, REGION_KINDS, Area, Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Conflict, InvalidInput, NotFound, Problem, ZorgstroomError, nearest_known
from zorgstroom.places_document import (
    AreaInfo,
    AssumptionDetail,
    Assumptions,
    Demand,
    PlaceOutcome,
    RegionPicture,
    SimulatedWeek,
    YearDemand,
)
from zorgstroom.planning.near import area_facts, demand_course
from zorgstroom.planning.plan import calendar_of
from zorgstroom.planning.regions import region_problem
from zorgstroom.reporting.assumption_rows import register_detail, register_rows
from zorgstroom.reporting.assumptions import Entry, numbers, register, register_csv
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.place_outcome import place_outcome, site_of
from zorgstroom.reporting.region_picture import region_picture
from zorgstroom.reporting.week import simulated_week
from zorgstroom_api.datasets.service import DatasetService
from zorgstroom_api.places.schemas import WeekQuery
from zorgstroom_api.problems import invalid
from zorgstroom_api.results.service import ResultService
from zorgstroom_api.runs.service import RunService
from zorgstroom_api.scenarios.service import ScenarioService

#: What the demand of later years leans on.
_DEMAND_ASSUMPTIONS = ("population.", "profile_figures.rate_")


class OtherDataset(Conflict):
    """A run of other figures than those in use: places and names may not be the same."""

    key = "places.other_dataset"


class PlaceService:
    """Everything about places; `name` is that of the shipped dataset, or the folder it is in."""

    def __init__(
        self,
        name: str,
        datasets: DatasetService,
        runs: RunService,
        results: ResultService,
        scenarios: ScenarioService,
    ) -> None:
        self._name = name
        self._datasets = datasets
        self._runs = runs
        self._results = results
        self._scenarios = scenarios

    def areas(self, dataset_id: str, region: str | None) -> list[AreaInfo]:
        """Return the areas of a region, or all. Raises `NotFound`, `InvalidInput`."""
        dataset = self._datasets.named(dataset_id)
        chosen = find_region(dataset, region)
        found = _areas(dataset)
        if chosen is None:
            return list(found)
        return [item for item, inside in zip(found, dataset.areas_in(chosen), strict=True) if inside]

    def region(self, dataset_id: str, region: str | None) -> RegionPicture:
        """Return a region as it is today. Raises `NotFound`, `InvalidInput`."""
        dataset = self._datasets.named(dataset_id)
        return region_picture(dataset, find_region(dataset, region))

    def demand(self, dataset_id: str, region: str | None) -> Demand:
        """Return the demand of a region year by year. Raises `NotFound`, `InvalidInput`."""
        dataset = self._datasets.named(dataset_id)
        course = demand_course(dataset, find_region(dataset, region))
        return Demand(
            region=region or "",
            base_year=dataset.base_year,
            confidence="low",
            assumptions=sorted(
                number for kind, number in numbers().items() if kind.startswith(_DEMAND_ASSUMPTIONS)
            ),
            items=[
                YearDemand(
                    year=item.year,
                    inhabitants=dict(zip(AGE_BANDS, item.inhabitants.tolist(), strict=True)),
                    patients=dict(zip(AGE_BANDS, item.patients.round(1).tolist(), strict=True)),
                )
                for item in course
            ],
        )

    def assumptions(self, dataset_id: str, run_id: str | None) -> Assumptions:
        """Return the register, with the influence found by a run. Raises `NotFound`."""
        dataset = self._datasets.named(dataset_id)
        return register_rows(dataset, self._entries(dataset), self._impact(run_id))

    def assumptions_csv(self, dataset_id: str) -> bytes:
        """Return every single figure of the register as CSV. Raises `NotFound`."""
        dataset = self._datasets.named(dataset_id)
        return register_csv(dataset, self._entries(dataset))

    def assumption(self, dataset_id: str, number: str, run_id: str | None) -> AssumptionDetail:
        """Return one entry of the register. Raises `NotFound` with the nearest number."""
        dataset = self._datasets.named(dataset_id)
        entries = {entry.number: entry for entry in self._entries(dataset)}
        if number not in entries:
            near = nearest_known(number, entries) or next(iter(entries))
            raise NotFound("places.no_assumption", number=number[:20], nearest=near)
        return register_detail(dataset, entries[number], self._impact(run_id))

    def outcome(self, run_id: str, place: str) -> PlaceOutcome:
        """Return what the plan of a run means for an area or gemeente. Raises `NotFound`, `OtherDataset`."""
        impact, dataset = self._of_run(run_id)
        scenario = self._scenario_of(run_id)
        found = place_outcome(
            dataset,
            scenario,
            impact.identity,
            self._table(run_id, "flows"),
            self._table(run_id, "comparison"),
            place,
        )
        if found is None:
            raise NotFound("places.no_place", place=place[:80])
        return found

    def week(self, run_id: str, query: WeekQuery) -> SimulatedWeek:
        """Return one week of a run that keeps journeys. Raises `NotFound`, `InvalidInput`, `OtherDataset`."""
        journeys = self._table(run_id, "journeys")
        impact, dataset = self._of_run(run_id)
        if query.week is not None and query.week > impact.identity.weeks:
            raise invalid("query:week", "places.no_week", most=impact.identity.weeks)
        scenario = self._scenario_of(run_id)
        return simulated_week(
            dataset,
            impact.identity,
            journeys,
            self._table(run_id, "comparison"),
            query.side,
            calendar_of(scenario, dataset).warmup_weeks,
            query.week,
        )

    def _scenario_of(self, run_id: str) -> Scenario:
        detail = self._scenarios.get(self._runs.get(run_id, "nl").scenario_id)
        return Scenario.model_validate(detail.document)

    def _table(self, run_id: str, name: str) -> pa.Table:
        return pq.read_table(self._results.find(run_id, name).path, use_threads=False)

    def _of_run(self, run_id: str) -> tuple[Impact, Dataset]:
        impact, dataset = self._results.impact(run_id), self._datasets.load()
        if impact.identity.dataset_digest != dataset.digest:
            raise OtherDataset
        return impact, dataset

    def _impact(self, run_id: str | None) -> Impact | None:
        return None if run_id is None else self._results.impact(run_id)

    def _entries(self, dataset: Dataset) -> Sequence[Entry]:
        folder = _folder(self._name, dataset)
        if folder is None:
            raise NotFound("places.no_register", id=dataset.id)
        return _register(folder, dataset.digest)


def find_region(dataset: Dataset, text: str | None) -> Region | None:
    """Return the region in the query. Raises `InvalidInput` with the nearest one."""
    if not text:
        return None
    kind, _, name = text.partition(":")
    if kind not in REGION_KINDS or not name:
        raise invalid("query:region", "scenario.region_form", value=text, kinds=", ".join(REGION_KINDS))
    region = Region(kind, name)
    problem: Problem | None = region_problem(region, dataset, "query:region", None)
    if problem is not None:
        raise InvalidInput([problem])
    return region


@functools.lru_cache(maxsize=2)
def _areas(dataset: Dataset) -> tuple[AreaInfo, ...]:
    names = gemeente_names(dataset)
    return tuple(
        _area(dataset, index, area, names[area.gemeente_id]) for index, area in enumerate(dataset.areas)
    )


def _area(dataset: Dataset, index: int, area: Area, gemeente_name: str) -> AreaInfo:
    facts, people = area_facts(dataset), dataset.population[dataset.base_year][index]
    return AreaInfo(
        id=area.id,
        name=area.name,
        gemeente_id=area.gemeente_id,
        gemeente_name=gemeente_name,
        regions={kind: area.region(kind) for kind in REGION_KINDS},
        latitude=round(area.latitude, 5),
        longitude=round(area.longitude, 5),
        urbanity=area.urbanity,
        ses_score=area.ses_score,
        ses_fifth=int(facts.fifth[index]),
        inhabitants=int(people.sum()),
        ages=dict(zip(AGE_BANDS, people.tolist(), strict=True)),
        emergency=site_of(dataset, facts.emergency[index]),
        obstetrics=site_of(dataset, facts.obstetrics[index]),
        usual=site_of(dataset, facts.usual[index]),
        usual_share=round(float(facts.usual_share[index]), 3),
        beyond_emergency=round(float(facts.beyond_emergency[index])),
        beyond_obstetrics=round(float(facts.beyond_obstetrics[index])),
    )


def _folder(name: str, dataset: Dataset) -> Path | None:
    """Return the folder the dataset came from; None where it did not come from there."""
    try:
        folder = dataset_folder(name)
        described = json.loads((folder / "datapackage.json").read_text("utf-8"))
    except (OSError, ValueError, ZorgstroomError):
        return None
    return folder if described.get("name") == dataset.id else None


@functools.lru_cache(maxsize=2)
def _register(folder: Path, digest: str) -> tuple[Entry, ...]:
    # The digest says that the content of the folder is the same.
    del digest
    return register(folder)
