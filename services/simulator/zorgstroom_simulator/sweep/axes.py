"""What varies in a sweep: one axis per field of the grid, per Latin hypercube, and per kind of action that is added."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.document import pointer_to
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput, Problem, nearest_known
from zorgstroom.planning.norms import norm_in_force
from zorgstroom.planning.plan import calendar_of, take_steps
from zorgstroom_simulator.robust.hypercube import latin_hypercube
from zorgstroom_simulator.sweep.document import MAX_VALUES, LatinHypercube, SweepFile
from zorgstroom_simulator.sweep.paths import BadPath, Path, full_path, overlap, parse_path

LEAVE_OUT = "leave_out"
NORM = "norm_steps"


@dataclass(frozen=True)
class Put:
    """A value for a field, and where in the sweep file it stands."""

    path: Path
    value: object
    pointer: str


@dataclass(frozen=True)
class Setting:
    """One choice of an axis: the values of its factors, and what they do to the scenario."""

    values: tuple[object, ...]
    puts: tuple[Put, ...] = ()
    #: An action that comes after those of the scenario.
    action: Mapping[str, Any] | None = None
    #: Where the axis stands in the sweep file.
    pointer: str = ""


@dataclass(frozen=True)
class Axis:
    """Settings of which every variant has one."""

    #: What the settings give values to.
    factors: tuple[str, ...]
    settings: Sequence[Setting]


def field_axes(file: SweepFile) -> tuple[list[Axis], list[Problem]]:
    """Return an axis per field of the grid and one for the Latin hypercube, of the fields that exist; and mistakes."""
    sweep = file.sweep
    grid, cube = sweep.grid or {}, sweep.latin_hypercube
    places = {pointer_to("/grid", name): name for name in grid}
    places |= {pointer_to("/latin_hypercube/fields", name): name for name in (cube.fields if cube else ())}
    paths, problems = _paths(file, places)
    for name, values in grid.items():
        texts = [json.dumps(value, sort_keys=True) for value in values]
        for position, text in enumerate(texts):
            if text in texts[:position]:
                pointer = pointer_to(pointer_to("/grid", name), position)
                problems.append(file.problem(pointer, "sweep.value_twice", value=text, name=name))
    if sweep.leave_out is not None or sweep.norm_steps is not None:
        regions = [pointer for pointer, path in paths.items() if path[0] == "region"]
        problems += [file.problem(pointer, "sweep.region_varies") for pointer in regions]
    axes = [
        _grid_axis(name, values, paths) for name, values in grid.items() if pointer_to("/grid", name) in paths
    ]
    if cube is not None and all(pointer_to("/latin_hypercube/fields", name) in paths for name in cube.fields):
        axes.append(_cube_axis(cube, paths))
    return axes, problems


def _paths(file: SweepFile, places: Mapping[str, str]) -> tuple[dict[str, Path], list[Problem]]:
    """Return the full path of every field by its place in the sweep file, and what is wrong with others."""
    document = document_of(file.base)
    problems: list[Problem] = []
    paths: dict[str, Path] = {}
    for pointer, name in places.items():
        try:
            path = full_path(document, parse_path(name))
        except BadPath as bad:
            problems.append(file.problem(pointer, bad.key, **bad.params))
            continue
        same = next((place for place, other in paths.items() if overlap(path, other)), None)
        if same is None:
            paths[pointer] = path
        else:
            line = file.document.line_of(same)
            problems.append(file.problem(pointer, "sweep.paths_overlap", line=line))
    return paths, problems


def _grid_axis(name: str, values: Sequence[object], paths: Mapping[str, Path]) -> Axis:
    pointer = pointer_to("/grid", name)
    settings = []
    for position, value in enumerate(values):
        put = Put(paths[pointer], value, pointer_to(pointer, position))
        settings.append(Setting((value,), (put,)))
    return Axis((name,), settings)


def _cube_axis(cube: LatinHypercube, paths: Mapping[str, Path]) -> Axis:
    names = tuple(cube.fields)
    positions = latin_hypercube(names, cube.points, cube.seed)
    settings = []
    for point in positions.tolist():
        puts = []
        for name, position in zip(names, point, strict=True):
            bounds = cube.fields[name]
            value: int | float
            if bounds.whole:
                value = int(bounds.low) + math.floor(position * (int(bounds.high) - int(bounds.low) + 1))
            else:
                # Six digits: enough for every field, and readable in the table.
                value = float(f"{bounds.low + position * (bounds.high - bounds.low):.6g}")
            pointer = pointer_to("/latin_hypercube/fields", name)
            puts.append(Put(paths[pointer], value, pointer))
        settings.append(Setting(tuple(put.value for put in puts), tuple(puts)))
    return Axis(names, settings)


def action_axes(file: SweepFile, dataset: Dataset, region: Region | None) -> list[Axis]:
    """Return the axes that add an action: a location that is left out, or a norm per profile."""
    sweep, axes = file.sweep, []
    # A plan of its own is first seen without the action that is added.
    without = bool(file.base.actions)
    left_out = sweep.left_out
    if left_out is not None:
        closing = {} if left_out.profile is None else {"profiles": [left_out.profile]}
        actions: dict[Any, dict[str, Any]] = {
            name: {"close": {"location": name, **closing, "rule": sweep.rule}}
            for name in left_out.locations or _providers(dataset, region, left_out.profile)
        }
        axes.append(_action_axis(LEAVE_OUT, actions, f"/{LEAVE_OUT}", without=without))
    for profile, steps in (sweep.norm_steps or {}).items():
        minima = _every_norm(file, dataset, region, profile) if steps == "every" else steps
        actions = {minimum: _concentrate(profile, minimum, sweep.rule) for minimum in minima}
        pointer = pointer_to(f"/{NORM}", profile)
        if not actions:
            raise InvalidInput([file.problem(pointer, "sweep.no_norm_step", profile=profile)])
        axes.append(_action_axis(f"{NORM}.{profile}", actions, pointer, without=without))
    return axes


def _action_axis(name: str, actions: Mapping[Any, Mapping[str, Any]], pointer: str, *, without: bool) -> Axis:
    settings = [Setting((None,))] if without else []
    settings += [Setting((value,), action=action, pointer=pointer) for value, action in actions.items()]
    return Axis((name,), settings)


def _concentrate(profile: str, minimum: int, rule: str) -> dict[str, Any]:
    return {"concentrate": {"profiles": [profile], "to_minimum": minimum, "rule": rule}}


def _providers(dataset: Dataset, region: Region | None, profile: str | None) -> list[str]:
    """Return the locations of a region that offer a profile, or anything at all."""
    offering = (
        dataset.offers.any(axis=1) if profile is None else dataset.offers[:, dataset.profile_index[profile]]
    )
    if region is not None:
        offering = offering & dataset.locations_in(region)
    return [dataset.locations[row].id for row in np.flatnonzero(offering)]


def _every_norm(file: SweepFile, dataset: Dataset, region: Region | None, profile: str) -> list[int]:
    """Return the norms, from the present one up, at which one more location stops, until one is left."""
    year = calendar_of(file.base, dataset).demand_year
    present = norm_in_force(dataset, profile, year)
    minimum = 1 if present is None else present.minimum
    document = document_of(file.base)
    found: list[int] = []
    while len(found) < MAX_VALUES:
        actions = [*document.get("actions", ()), _concentrate(profile, minimum, file.sweep.rule)]
        scenario = Scenario.model_validate({**document, "actions": actions})
        steps = [
            step
            for step in take_steps(scenario, dataset, region).steps
            if step.action == len(actions) - 1 and step.kept
        ]
        if not steps:
            break
        if steps[0].moves:
            found.append(minimum)
        [kept] = steps[0].kept
        if len(kept.locations) <= 1:
            break
        minimum = max(minimum, math.floor(min(kept.patients_per_year))) + 1
    return found


def unknown_names(file: SweepFile, dataset: Dataset) -> list[Problem]:
    """Return the mistakes in the names that the sweep itself mentions."""
    sweep, problems = file.sweep, []
    profiles = [(name, pointer_to(f"/{NORM}", name)) for name in sweep.norm_steps or ()]
    left_out = sweep.left_out
    if left_out is not None and left_out.profile is not None:
        profiles.append((left_out.profile, f"/{LEAVE_OUT}/profile"))
    locations = [] if left_out is None else left_out.locations or []
    places = [(name, f"/{LEAVE_OUT}/locations/{position}") for position, name in enumerate(locations)]
    for kind, named, known in (
        ("profile", profiles, dataset.profile_index),
        ("location", places, dataset.location_index),
    ):
        for name, pointer in named:
            if name not in known:
                suggestion = nearest_known(name, known)
                key = f"scenario.unknown_{kind}" + ("_near" if suggestion else "")
                problems.append(file.problem(pointer, key, name=name, suggestion=suggestion))
    return problems


def document_of(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as a document, with its defaults filled in."""
    document: dict[str, Any] = json.loads(scenario.canonical_json())
    return document
