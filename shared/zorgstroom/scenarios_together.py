"""Scenario files that belong together: what contradicts between them, and all of them as one scenario."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Horizon
from zorgstroom.errors import Phrase, Problem
from zorgstroom.planning.between_plans import Clash, clashes, effects_of, room_counted_twice
from zorgstroom.planning.check import check_scenario
from zorgstroom.planning.combining import MAX_ACTIONS, Combined, combine, horizon_of
from zorgstroom.planning.findings import action_pointer
from zorgstroom.scenario_file import ScenarioFile, scenario_digest
from zorgstroom.text import LANGUAGES, translate


@dataclass(frozen=True)
class Together:
    """Several files, judged together."""

    #: All as one; None where they cannot be put together at all.
    combined: Combined | None
    #: Why they cannot be one scenario.
    errors: Sequence[Problem]
    #: What makes no sense together, and what deserves a second look; each names both files and both actions.
    contradictions: Sequence[Problem]
    warnings: Sequence[Problem]


def put_together(
    files: Sequence[ScenarioFile], name: str, description: str, dataset: Dataset, region: Region | None = None
) -> Together:
    """Judge files that each read well, and put them together; `region` is that of the run."""
    errors = [*_same_twice(files), *_horizons(files)]
    number = sum(len(file.scenario.actions) for file in files)
    if number > MAX_ACTIONS:
        limits = {"count": number, "limit": MAX_ACTIONS}
        errors.append(Problem(files[-1].where, "combine.many_actions", limits))
    if errors:
        return Together(None, errors, (), ())
    scenarios = [file.scenario for file in files]
    alone = [check_scenario(scenario, dataset, region).errors for scenario in scenarios]
    combined = combine(scenarios, name, description, dataset)
    good = [number for number, found in enumerate(alone) if not found]
    effects = [effects_of(scenarios[number], dataset, region) for number in good]
    found = clashes(effects, dataset)
    contradictions = [_problem(clash, files, good) for clash in found if clash.serious]
    warnings = [_problem(clash, files, good) for clash in found if not clash.serious]
    whole = check_scenario(combined.scenario, dataset, region)
    if whole.errors:
        located = [_located(problem, combined, files) for problem in whole.errors]
        return Together(combined, located, contradictions, warnings)
    for number, problems in enumerate(alone):
        for problem in files[number].locate(problems):
            told = {language: problem.message(language) for language in LANGUAGES}
            params: dict[str, object] = {"file": short_names(files)[number], "message": Phrase(told)}
            warnings.append(dataclasses.replace(problem, key="combine.needs_others", params=params))
    full = room_counted_twice(combined.scenario, effects, dataset, region)
    warnings += [_problem(clash, files, good) for clash in full]
    return Together(combined, (), contradictions, warnings)


def short_names(files: Sequence[ScenarioFile]) -> list[str]:
    """Return the names of files without their folder, where that says which is which."""
    short = [Path(file.where).name for file in files]
    return short if len(set(short)) == len(short) else [file.where for file in files]


def _same_twice(files: Sequence[ScenarioFile]) -> list[Problem]:
    """Two files must not be the same plan, and not have the same name."""
    problems = []
    for number, file in enumerate(files):
        for other in files[:number]:
            params = {"name": file.scenario.name, "other": other.where}
            if scenario_digest(file.scenario) == scenario_digest(other.scenario):
                problems.append(Problem(file.where, "combine.same_plan", params))
            elif file.scenario.name == other.scenario.name:
                problems.append(Problem(file.top.read.place("/name"), "combine.same_name", params))
    return problems


def _horizons(files: Sequence[ScenarioFile]) -> list[Problem]:
    """All files that say something about the stretch of time must say the same."""
    if horizon_of([file.scenario for file in files]) is not None:
        return []
    said = [file for file in files if file.scenario.horizon != Horizon()]
    first = said[0].scenario.horizon.model_dump(mode="json")
    problems = []
    for file in said[1:]:
        own = file.scenario.horizon.model_dump(mode="json")
        different = [field for field in own if own[field] != first[field]]
        if different:
            params = {
                "fields": ", ".join(different),
                "values": "; ".join(_shown(own[field]) for field in different),
                "others": "; ".join(_shown(first[field]) for field in different),
                "other": said[0].where,
            }
            problems.append(Problem(file.horizon.read.place("/horizon"), "combine.horizons", params))
    return problems


def _shown(value: object) -> str:
    """Return a value of a field; a dash where nothing was said."""
    return "–" if value is None else str(value)


def _problem(clash: Clash, files: Sequence[ScenarioFile], numbers: Sequence[int]) -> Problem:
    """Return a clash with both files, both actions and both lines; `numbers` are those of the files of its plans."""
    names = short_names(files)
    places, told = [], {}
    for which, (plan, position) in (("first", clash.first), ("second", clash.second)):
        file = files[numbers[plan]]
        pointer = action_pointer(position, file.scenario.actions[position])
        places.append(file.locate([Problem("", clash.key, {}, pointer)])[0].where)
        params = {"n": position + 1, "file": names[numbers[plan]]}
        told[which] = Phrase({lang: translate(f"between.{which}", lang, **params) for lang in LANGUAGES})
    return Problem("; ".join(places), clash.key, {**clash.params, **told})


def _located(problem: Problem, combined: Combined, files: Sequence[ScenarioFile]) -> Problem:
    """Return a problem of the combined scenario at its line in the file it comes from."""
    steps = (problem.pointer or "").split("/")
    if steps[1:2] != ["actions"] or len(steps) < 3:
        return problem
    plan, position = combined.origins[int(steps[2])]
    pointer = "/".join(["", "actions", str(position), *steps[3:]])
    return files[plan].locate([dataclasses.replace(problem, pointer=pointer)])[0]
