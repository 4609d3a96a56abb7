"""The full simulation beside the method: the same choices as a scenario file, and a run's outcome next to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import REGION_KINDS, Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.indicators.catalogue import TRAVEL_BANDS
from zorgstroom.national.outcome import Outcome
from zorgstroom.national.redistribution import Redistributed, remaining
from zorgstroom.national.tables import Cell, Table
from zorgstroom.national.travel import band_of
from zorgstroom.planning.norms import norm_in_force
from zorgstroom.tables import COMPARISON, CONFIDENTIAL, write_atomically
from zorgstroom.text import Language, translate

_FILE = "comparison.parquet"
ZERO = Fraction(0)


@dataclass(frozen=True)
class Run:
    """Means of a run over its replications, patients a year."""

    #: By location and profile: today, and under the plan.
    volumes: Mapping[tuple[str, str], tuple[float, float]]
    #: Patients who go elsewhere, by profile and band of extra travel.
    bands: Mapping[tuple[str, str], float]
    #: Whether confidential figures are behind it.
    confidential: bool
    #: The comparison itself; and who goes elsewhere, of how many years of how many weeks. None: not in the folder.
    comparison: pa.Table
    flows: pa.Table | None = None
    replications: int = 0
    weeks: int = 0


def read_run(folder: Path) -> Run:
    """Return what a folder of ``zorgstroom run`` says. Raises InvalidInput for a folder that is no result."""
    try:
        written = pq.read_table(folder / _FILE)
    except (OSError, pa.ArrowException):
        raise InvalidInput([Problem(str(folder), "compare.no_result", {"file": _FILE})]) from None
    table = written.replace_schema_metadata(None)
    if table.schema != COMPARISON:
        raise InvalidInput([Problem(str(folder), "compare.no_result", {"file": _FILE})])
    volumes, bands = {}, {}
    for row in table.to_pylist():
        if row["area"] or row["pool"] or not row["profile"]:
            continue
        if row["indicator"] == "volume" and row["location"]:
            volumes[row["location"], row["profile"]] = (row["baseline"] or 0.0, row["plan"] or 0.0)
        elif row["indicator"] == "extra_travel_band" and row["band"]:
            bands[row["profile"], row["band"]] = row["plan"] or 0.0
    confidential = CONFIDENTIAL in (written.schema.metadata or {})
    try:
        flows = pq.read_table(folder / "flows.parquet").replace_schema_metadata(None)
        identity = json.loads((folder / "impact.json").read_text("utf-8"))["identity"]
        years = int(identity["replications"]), int(identity["weeks"])
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError):
        return Run(volumes, bands, confidential, table)
    return Run(volumes, bands, confidential, table, flows, *years)


def beside_tables(outcome: Outcome, run: Run, language: Language) -> list[Table]:
    """Return volumes and travel of those who go elsewhere by the method and by the simulation, and the difference."""
    volumes: list[tuple[Cell, ...]] = []
    travel: list[tuple[Cell, ...]] = []
    for item in outcome.norms:
        profiles = _profiles(outcome, item)
        if not profiles:
            continue
        head = (item.norm.id, item.norm.name(language))
        volumes += [(*head, *row) for row in _volumes(outcome, item, run, profiles)]
        bands = list(_travel(outcome, item, run, profiles))
        sums = [sum((row[column] for row in bands), ZERO) for column in (1, 2, 3)]
        travel += [(*head, *row) for row in (*bands, (translate("national.total", language), *sums))]
    head = ("norm", "norm_name")
    columns = (
        "before",
        "simulated_before",
        "after",
        "simulated_after",
        "change",
        "simulated_change",
        "difference",
    )
    return [
        Table("beside_volumes", (*head, "location", *columns), tuple(volumes)),
        Table(
            "beside_travel", (*head, "band", "patients", "simulated_patients", "difference"), tuple(travel)
        ),
        Table(
            "beside_notes",
            ("note",),
            tuple((translate(f"national.beside.{line}", language),) for line in range(1, 6)),
        ),
    ]


def _profiles(outcome: Outcome, item: Redistributed) -> tuple[str, ...]:
    """Return the care profiles of a norm; none if one of its interventions has no profile."""
    found = [
        member.profile
        for member in outcome.case.members(item.norm.id)
        if any(outcome.case.volume(place, member.id) for place in item.decisions)
    ]
    return tuple(found) if all(found) else ()


def _volumes(
    outcome: Outcome, item: Redistributed, run: Run, profiles: tuple[str, ...]
) -> Iterator[tuple[Cell, ...]]:
    for place in item.decisions:
        code = outcome.case.places[place].id
        known = [run.volumes.get((code, profile), (0.0, 0.0)) for profile in profiles]
        today, plan = (_fraction(sum(pair[side] for pair in known)) for side in (0, 1))
        before, after = item.before[place], item.after[place]
        yield (
            code,
            before,
            today,
            after,
            plan,
            after - before,
            plan - today,
            (plan - today) - (after - before),
        )


def _travel(
    outcome: Outcome, item: Redistributed, run: Run, profiles: tuple[str, ...]
) -> Iterator[tuple[str, Fraction, Fraction, Fraction]]:
    """Yield bands of extra travel of those who go elsewhere: by the method, in the simulation, difference."""
    moved = {name: ZERO for name, _ in TRAVEL_BANDS}
    for stream in item.streams:
        if stream.holder != stream.origin:
            minutes = outcome.case.travel[stream.area]
            moved[band_of(minutes[stream.holder] - minutes[stream.origin])] += stream.patients
    for band, patients in moved.items():
        simulated = _fraction(sum(run.bands.get((profile, band), 0.0) for profile in profiles))
        yield (band, patients, simulated, simulated - patients)


def _fraction(value: float) -> Fraction:
    return Fraction(f"{value:.12g}")


def scenario_document(
    outcome: Outcome, data: Dataset, language: Language
) -> tuple[dict[str, Any], list[str]]:
    """Return the choices as a scenario document, and what of them a scenario cannot say, in sentences."""
    actions: list[dict[str, Any]] = []
    notes: list[str] = []
    for item in outcome.norms:
        name = item.norm.name(language)
        if not item.flows():
            continue
        profiles = _profiles(outcome, item)
        if not profiles:
            notes.append(translate("national.scenario.no_profile", language, norm=name))
            continue
        if any(norm == item.norm.id for _, norm in outcome.case.overrides):
            notes.append(translate("national.scenario.override", language, norm=name))
        if item.norm.minimum is not None:
            known = {profile: norm_in_force(data, profile, data.base_year) for profile in profiles}
            if any(norm is None or norm.minimum != item.norm.minimum for norm in known.values()):
                in_force = ", ".join(
                    f"{profile} {norm.minimum if norm else '–'}" for profile, norm in known.items()
                )
                params = {"norm": name, "minimum": f"{float(item.norm.minimum):g}", "in_force": in_force}
                notes.append(translate("national.scenario.minimum", language, **params))
        if item.norm.moving != 1:
            notes.append(translate("national.scenario.moving", language, norm=name))
        for region in dict.fromkeys(decision.region for decision in item.decisions.values()):
            kind, _, of = region.partition(":")
            staying = [outcome.case.places[row].id for row in remaining(item.decisions, region)]
            if kind not in REGION_KINDS or of not in data.regions(kind) or not staying:
                notes.append(translate("national.scenario.region", language, norm=name, region=region or "–"))
                continue
            others = _others(outcome, item, data, Region(kind, of))
            if others:
                params = {"norm": name, "locations": ", ".join(others)}
                notes.append(translate("national.scenario.others", language, **params))
            actions.append(
                {
                    "concentrate": {
                        "profiles": list(profiles),
                        "at": [*staying, *others],
                        "within": {kind: of},
                        "rule": "nearest",
                        "top_up": item.norm.minimum is not None,
                    }
                }
            )
    title = outcome.case.name or translate("national.title", language)
    return {"zorgstroom": 1, "name": title[:120], "actions": actions}, notes


def _others(outcome: Outcome, item: Redistributed, data: Dataset, region: Region) -> list[str]:
    """Return who does it in the region and takes no part in the method: in a plan they must be named to go on."""
    inside = data.locations_in(region)
    return [
        place.id
        for row, place in enumerate(outcome.case.places)
        if row not in item.decisions and inside[row] and outcome.case.total(row, item.norm.id) > 0
    ]


def write_scenario(outcome: Outcome, data: Dataset, path: Path, language: Language) -> list[str]:
    """Write the scenario file, and return what to say about it. Raises InvalidInput if there is nothing in it."""
    if not outcome.case.dataset:
        raise InvalidInput([Problem("--scenario", "national.scenario.own_areas")])
    document, notes = scenario_document(outcome, data, language)
    if not document["actions"]:
        raise InvalidInput([Problem("--scenario", "national.scenario.nothing")])
    Scenario.model_validate(document)
    text = f"# {translate('national.scenario.header', language)}\n"
    text += yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    write_atomically(path, text.encode("utf-8"))
    return [
        translate("national.scenario.done", language, path=path, command="zorgstroom run"),
        *(f"- {note}" for note in notes),
    ]
