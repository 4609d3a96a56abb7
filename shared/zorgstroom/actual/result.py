"""What a finished result folder expected of each year: volumes per location and profile, year by year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ValidationError

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import YEAR_WEEKS, Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.plan import calendar_of
from zorgstroom.planning.regions import parse_region
from zorgstroom.reporting.impact import Impact
from zorgstroom.scenario_file import load_scenario
from zorgstroom.tables import INDICATORS, YEARS

#: Position of the location and of the profile in the dataset, and the calendar year.
Key = tuple[int, int, int]


@dataclass(frozen=True)
class Expected:
    """What a result expects: per side the volumes of every simulated year, float64[replications], where any were."""

    impact: Impact
    scenario: Scenario
    dataset: Dataset
    region: Region | None
    #: Calendar years that a whole year of 52 weeks was simulated for, from its Monday of week 1 on.
    years: tuple[int, ...]
    #: bool[L]: locations whose volumes are counted in full.
    locations: BoolArray
    baseline: Mapping[Key, FloatArray]
    plan: Mapping[Key, FloatArray]

    @property
    def calendar(self) -> Calendar:
        """The days of the run."""
        return calendar_of(self.scenario, self.dataset)

    def nothing(self) -> FloatArray:
        """Return the volumes of what never happened."""
        return np.zeros(self.impact.identity.replications)


def read_result(folder: Path, dataset: Dataset) -> Expected:
    """Read a result folder of `zorgstroom run` on this dataset; raises InvalidInput."""
    name = "impact.json"
    try:
        impact = Impact.model_validate_json((folder / name).read_bytes())
        name = "scenario.json"
        scenario = load_scenario(folder / name)
        name = "years.parquet" if scenario.horizon.weeks > YEAR_WEEKS else "indicators.parquet"
        table = pq.read_table(folder / name).replace_schema_metadata(None)
    except (OSError, ValidationError, pa.ArrowException):
        raise InvalidInput([Problem(str(folder), "actual.no_result", {"file": name})]) from None
    if table.schema != (YEARS if name.startswith("years") else INDICATORS):
        raise InvalidInput([Problem(str(folder), "actual.no_result", {"file": name})])
    identity = impact.identity
    if identity.dataset_digest != dataset.digest:
        params = {
            "made": f"{identity.dataset_id} {identity.dataset_version}",
            "given": f"{dataset.id} {dataset.version}",
        }
        raise InvalidInput([Problem("--dataset", "actual.other_dataset", params)])
    if scenario.horizon.weeks < YEAR_WEEKS:
        raise InvalidInput([Problem(str(folder), "actual.no_year", {"weeks": scenario.horizon.weeks})])
    first = calendar_of(scenario, dataset).demand_year
    region = parse_region(identity.region, dataset) if identity.region else None
    sides = {
        side: _volumes(table, side, dataset, first, identity.replications) for side in ("baseline", "plan")
    }
    return Expected(
        impact=impact,
        scenario=scenario,
        dataset=dataset,
        region=region,
        years=tuple(first + number for number in range(scenario.horizon.weeks // YEAR_WEEKS)),
        locations=np.ones(len(dataset.locations), np.bool_)
        if region is None
        else dataset.locations_in(region),
        **sides,
    )


def _volumes(
    table: pa.Table, side: str, dataset: Dataset, first: int, replications: int
) -> dict[Key, FloatArray]:
    """Return the volumes of one side; a year that is missing in a replication had none."""
    wanted = pc.and_(pc.equal(table["scenario"], side), pc.equal(table["indicator"], "volume"))
    wanted = pc.and_(wanted, pc.and_(pc.not_equal(table["location"], ""), pc.not_equal(table["profile"], "")))
    found: dict[Key, FloatArray] = {}
    for row in table.filter(wanted).to_pylist():
        place, profile = dataset.location_index[row["location"]], dataset.profile_index[row["profile"]]
        volumes = found.setdefault((place, profile, first + row.get("year", 1) - 1), np.zeros(replications))
        volumes[row["replication"]] = row["total"] / row["count"]
    return found
