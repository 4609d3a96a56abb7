"""The robustness run: the conclusions of a finished run held against draws with other assumptions."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import as_completed
from typing import Any

import numpy as np
import pyarrow as pa

from zorgstroom.dataset.loading import dataset_folder
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import clinic_pool
from zorgstroom.planning.ranges import RELATIVE_RANGE
from zorgstroom.reporting.build import pool_names
from zorgstroom.reporting.impact import (
    Conclusion,
    Impact,
    Infeasible,
    Robustness,
    TextRef,
)
from zorgstroom.reporting.robustness import summary
from zorgstroom.tables import canonical, table_digest
from zorgstroom.text import LANGUAGES
from zorgstroom_simulator.compute import LocalCompute
from zorgstroom_simulator.experiment import Experiment
from zorgstroom_simulator.outcome import Outcome
from zorgstroom_simulator.resources import expected_patients, peak_memory_mb
from zorgstroom_simulator.robust.conclusions import Claim, Measure, claims, measured
from zorgstroom_simulator.robust.dimensions import Dimension, dimensions
from zorgstroom_simulator.robust.hypercube import FloatArray, latin_hypercube
from zorgstroom_simulator.robust.judging import conclude, drawn_of
from zorgstroom_simulator.robust.work import PREPARE, DrawResult, block_of, decode

#: Kinds of care whose figures are tried as drivers: those the plan names and those of which most patients move.
MAX_PROFILES = 12
#: For the estimate beforehand, measured on ROAZ Euregio and the country (`benchmarks/README.md`): deriving a
#: baseline, and simulating a patient of a year twice.
SECONDS_PER_DRAW, SECONDS_PER_PATIENT = 1.5, 4.5e-5

#: One value per draw and measure; `value` is null where nothing was observed or the plan is impossible.
ROBUSTNESS = pa.schema(
    [
        ("draw", pa.int32()),
        ("measure", pa.string()),
        ("scenario", pa.string()),  # baseline, plan
        ("value", pa.float64()),
    ]
)
#: What was drawn: the factor on each figure (of ages: the tilt), and the value of its first figure where it has one.
DRAWS = pa.schema(
    [
        ("draw", pa.int32()),
        ("feasible", pa.int8()),  # 1: the plan can be carried out
        ("figure", pa.string()),
        ("confidence", pa.string()),
        ("position", pa.float64()),
        ("factor", pa.float64()),
    ]
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """How many draws, and simulated years of each."""

    draws: int
    replications: int


def expected_seconds(experiment: Experiment, settings: Settings, jobs: int) -> float:
    """Return about how long a robustness run takes, before it starts."""
    year = expected_patients(experiment) * SECONDS_PER_PATIENT
    return (
        settings.draws * (SECONDS_PER_DRAW + settings.replications * year) / max(1, min(jobs, settings.draws))
    )


@dataclasses.dataclass(frozen=True)
class Trial:
    """What there is to hold against other assumptions, and which those are."""

    experiment: Experiment
    settings: Settings
    claims: Sequence[Claim]
    measures: tuple[Measure, ...]
    drawn: Sequence[Dimension]

    @property
    def draws(self) -> int:
        """How many draws it takes: of a run that concludes nothing there is nothing to try."""
        return self.settings.draws if self.claims else 0

    def blocks(self) -> dict[int, bytes]:
        """Return the block of every draw."""
        settings = self.settings
        return {
            draw: block_of(self.experiment, self.measures, draw, settings.draws, settings.replications)
            for draw in range(self.draws)
        }


def trial_of(outcome: Outcome, experiment: Experiment, dataset_name: str, settings: Settings) -> Trial:
    """Return what a run concludes and the figures to draw.

    `dataset_name` is the name or folder `experiment.dataset` was loaded from.
    """
    found = claims(outcome.impact)
    measures = tuple(dict.fromkeys(claim.measure for claim in found))
    drawn = dimensions(dataset_folder(dataset_name), experiment.dataset)
    return Trial(experiment, settings, found, measures, drawn)


def with_robustness(
    outcome: Outcome,
    experiment: Experiment,
    dataset_name: str,
    settings: Settings,
    jobs: int,
    step: Callable[[], None],
) -> Outcome:
    """Return the outcome of a run with how robust it is; calls `step` after every draw.

    The draws do not depend on `jobs`, the processes that do them.
    """
    started = time.monotonic()
    trial = trial_of(outcome, experiment, dataset_name, settings)
    results = _simulate(trial, dataset_name, jobs, step) if trial.draws else []
    return tried(outcome, trial, results, time.monotonic() - started)


def tried(outcome: Outcome, trial: Trial, results: Sequence[DrawResult], seconds: float) -> Outcome:
    """Return the outcome of a run with what all draws of a trial, done in so many seconds, say of it."""
    results = sorted(results, key=lambda result: result.draw)
    experiment, measures, drawn, found = trial.experiment, trial.measures, trial.drawn, trial.claims
    positions = latin_hypercube([item.name for item in drawn], trial.draws, experiment.seed)
    feasible = np.array([result.values is not None for result in results], dtype=np.bool_)
    values = np.array([result.values for result in results if result.values is not None], dtype=np.float64)
    values = values.reshape(int(feasible.sum()), len(measures), 2)
    matter = _that_matter(drawn, experiment.dataset, outcome.impact)
    judged = drawn_of(
        positions[feasible][:, matter], [drawn[index] for index in matter], len(found), experiment.seed
    )
    years = _years(outcome, measures)
    place = {measure: index for index, measure in enumerate(measures)}
    robustness = Robustness(
        draws=trial.draws,
        replications=trial.settings.replications,
        figures=len(drawn),
        ranges=dict(RELATIVE_RANGE),
        tried=len(matter),
        limit=judged.limit,
        conclusions=[
            conclude(claim, years[place[claim.measure]], values[:, place[claim.measure]].T, judged, _label)
            for claim in found
        ],
        infeasible=_infeasible(results),
    )
    tables = {
        "robustness": _values_table(results, measures),
        "draws": _draws_table(drawn, positions, feasible),
    }
    return _added(outcome, robustness, tables, experiment.dataset, trial.settings, seconds)


def _simulate(trial: Trial, dataset_name: str, jobs: int, step: Callable[[], None]) -> Sequence[DrawResult]:
    """Have every draw done by `jobs` processes."""
    compute = LocalCompute(PREPARE, dataset_name, min(jobs, trial.draws))
    try:
        futures = [compute.submit(block) for block in trial.blocks().values()]
        results = []
        for future in as_completed(futures):
            results.append(decode(future.result()))
            step()
        return results
    finally:
        compute.close()


def _years(outcome: Outcome, measures: Sequence[Measure]) -> FloatArray:
    """Return the measures in the simulated years of the run itself: float64[measures, 2, years]."""
    identity = outcome.impact.identity
    tables, years = outcome.tables, range(identity.replications)
    return measured(tables["indicators"], tables["flows"], measures, years, identity.weeks)


def _that_matter(drawn: Sequence[Dimension], dataset: Dataset, impact: Impact) -> list[int]:
    """Return the positions of the figures that can drive an outcome of this plan.

    Every figure is drawn, but with a thousand of them none would ever stand out. Tried are the rules of the model,
    the case mix, the care the plan moves or names, the clinics of that care, and the beds of the hospitals involved.
    """
    profiles = _profiles(dataset, impact)
    clinics = {dataset.profiles[dataset.profile_index[name]].specialty for name in profiles}
    places = {row.id for row in impact.locations} | {row.location for row in impact.pools}
    organisations = {item.organisation_id for item in dataset.locations if item.id in places}
    subjects = {"profile": set(profiles), "specialty": clinics, "organisation": organisations}
    return [
        index
        for index, item in enumerate(drawn)
        if item.table in ("model", "case_mix") or item.subject in subjects.get(item.table, ())
    ]


def _profiles(dataset: Dataset, impact: Impact) -> list[str]:
    """The care the plan is about, most patients first; of a plan that moves nobody, the largest care there is."""
    moved = [row.id for row in impact.profiles] or [row.profile for row in impact.headline if row.profile]
    named = list(dict.fromkeys(name for name in moved if name in dataset.profile_index))
    if not named:
        named = [
            item.id for item in sorted(dataset.profiles, key=lambda item: (-item.volume_per_year, item.id))
        ]
    return named[:MAX_PROFILES]


def _label(item: Dimension) -> TextRef:
    """Return a drawn figure in words."""
    what = {"key": f"robust.figure.{item.table}.{item.figure}", "params": {}}
    if item.table in ("model", "ferry"):
        return TextRef(key=str(what["key"]))
    of: dict[str, Any] = {"name": item.subject, "lower": True}
    if item.table == "specialty":
        of = {"name": clinic_pool(item.subject), "lower": True}
    elif item.table == "case_mix":
        of = {"key": f"hospital_type.{item.subject}", "params": {}}
    elif item.table == "organisation":
        of = {"name": item.subject}
    return TextRef(key="report.assumption", params={"figure": what, "profile": of})


def _names(conclusions: Sequence[Conclusion], dataset: Dataset) -> dict[str, dict[str, str]]:
    """Names of what the labels of the drivers refer to."""
    organisations = {item.id: item.name for item in dataset.organisations}
    names: dict[str, dict[str, str]] = {}
    for driver in [driver for conclusion in conclusions for driver in conclusion.drivers]:
        of = driver.label.params.get("profile", {})
        name = of.get("name", "") if isinstance(of, Mapping) else ""
        if name in dataset.profile_index:
            profile = dataset.profiles[dataset.profile_index[name]]
            names[name] = {language: profile.name(language) for language in LANGUAGES}
        elif name.startswith("clinic:"):
            names[name] = pool_names(dataset, name)
        elif name in organisations:
            names[name] = dict.fromkeys(LANGUAGES, organisations[name])
    return names


def _infeasible(results: Sequence[DrawResult]) -> list[Infeasible]:
    """Return why draws are impossible and how many for each reason, most first."""
    reasons = {tuple(sorted(result.reason.items())) for result in results if result.values is None}
    counted = Counter(tuple(sorted(result.reason.items())) for result in results if result.values is None)
    return [
        Infeasible(reason=dict(reason), draws=counted[reason])
        for reason in sorted(reasons, key=lambda reason: (-counted[reason], reason))
    ]


def _values_table(results: Sequence[DrawResult], measures: Sequence[Measure]) -> pa.Table:
    rows = [
        {
            "draw": result.draw,
            "measure": measure.name,
            "scenario": scenario,
            "value": _value(result, index, side),
        }
        for result in results
        for index, measure in enumerate(measures)
        for side, scenario in enumerate(("baseline", "plan"))
    ]
    return canonical(pa.Table.from_pylist(rows, schema=ROBUSTNESS))


def _value(result: DrawResult, index: int, side: int) -> float | None:
    if result.values is None or not np.isfinite(result.values[index, side]):
        return None
    return float(result.values[index, side])


def _draws_table(drawn: Sequence[Dimension], positions: FloatArray, feasible: Any) -> pa.Table:
    draws = len(positions)
    columns = {
        "draw": np.repeat(np.arange(draws, dtype=np.int32), len(drawn)),
        "feasible": np.repeat(feasible.astype(np.int8), len(drawn)),
        "figure": [item.name for item in drawn] * draws,
        "confidence": [item.confidence for item in drawn] * draws,
        "position": positions.ravel(),
        "factor": [
            item.at(float(position)) for row in positions for item, position in zip(drawn, row, strict=True)
        ],
    }
    return canonical(pa.table(columns, schema=DRAWS))


def _added(
    outcome: Outcome,
    robustness: Robustness,
    tables: Mapping[str, pa.Table],
    dataset: Dataset,
    settings: Settings,
    seconds: float,
) -> Outcome:
    """Return the outcome with its robustness in the document, the tables and the manifest."""
    impact = outcome.impact
    impact = impact.model_copy(
        update={
            "robustness": robustness,
            "summary": [*impact.summary, summary(robustness)],
            "names": {**_names(robustness.conclusions, dataset), **impact.names},
        }
    )
    manifest = {
        **outcome.manifest,
        "peak_memory_mb": peak_memory_mb(),
        "robustness": {**dataclasses.asdict(settings), "wall_seconds": round(seconds, 3)},
        "table_digests": {
            **outcome.manifest["table_digests"],
            **{name: table_digest(table) for name, table in tables.items()},
        },
    }
    return Outcome({**outcome.tables, **tables}, impact, manifest)
