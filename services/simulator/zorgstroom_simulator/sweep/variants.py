"""The variants of a sweep: every combination of what varies, each a scenario that was checked before anything runs.

Every kind of variation is an axis; the variants are the combinations of one setting of each axis, the last axis
varying fastest. A mistake in the file stops everything. A variant that is well written but impossible as a plan, such
as care that nobody would offer any more, stays in the table with the reason.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Count, InvalidInput, Phrase, Problem
from zorgstroom.planning.check import check_scenario, check_unfinished
from zorgstroom.planning.check_names import check_horizon, check_names
from zorgstroom.planning.findings import Findings, action_pointer
from zorgstroom.planning.plan import calendar_of
from zorgstroom.planning.regions import region_of, region_problem
from zorgstroom.scenario_reading import read_scenario
from zorgstroom.text import LANGUAGES, Language
from zorgstroom_simulator.sweep.axes import Setting, action_axes, document_of, field_axes, unknown_names
from zorgstroom_simulator.sweep.document import SweepFile
from zorgstroom_simulator.sweep.paths import pointer_of, with_values

MAX_VARIANTS = 1000
#: Of plans that are all impossible so many reasons are told.
MAX_REASONS = 10


@dataclass(frozen=True)
class Variant:
    """One scenario of the sweep."""

    #: From 1, in the order of the combinations.
    number: int
    #: One per factor; None: the field is left out, or nothing is done.
    values: tuple[object, ...]
    scenario: Scenario
    #: Region of the run.
    region: Region | None
    #: Whether it can be carried out.
    possible: bool = True
    #: In both languages why it cannot, or which action of it changes nothing; empty if there is nothing to say.
    note: Mapping[Language, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Variants:
    """All scenarios of a sweep."""

    #: What varies, in the order of `Variant.values`.
    factors: tuple[str, ...]
    variants: tuple[Variant, ...]

    @property
    def possible(self) -> list[Variant]:
        """Those that can be carried out."""
        return [variant for variant in self.variants if variant.possible]


def make_variants(file: SweepFile, dataset: Dataset, region: Region | None = None) -> Variants:
    """Return all variants of a sweep; `region`: that of the run, instead of the scenario's own.

    Raises InvalidInput with every mistake, for too many variants, and if no variant at all is possible.
    """
    unknown = [*file.locate(_name_mistakes(file.base, dataset, region)), *unknown_names(file, dataset)]
    axes, problems = field_axes(file)
    problems = [*unknown, *problems]
    if not unknown:
        axes += action_axes(file, dataset, region or region_of(file.base.region))
    number = math.prod(len(axis.settings) for axis in axes)
    if number > MAX_VARIANTS:
        params = {"count": Count(number), "limit": Count(MAX_VARIANTS)}
        raise InvalidInput([*problems, file.problem("", "sweep.many_variants", **params)])
    combinations = list(itertools.product(*(axis.settings for axis in axes)))
    scenarios, mistakes = _scenarios(file, combinations, dataset, region)
    problems += [] if unknown else mistakes
    if problems:
        raise InvalidInput(sorted(problems, key=lambda item: file.document.line_of(item.pointer or "")))
    variants = [
        _judged(
            Variant(
                position,
                tuple(value for setting in settings for value in setting.values),
                scenario,
                region or region_of(scenario.region),
            ),
            dataset,
            region,
        )
        for position, (settings, scenario) in enumerate(zip(combinations, scenarios, strict=True), start=1)
    ]
    if not any(variant.possible for variant in variants):
        raise InvalidInput(_all_impossible(file, variants))
    return Variants(tuple(name for axis in axes for name in axis.factors), tuple(variants))


# Whether they are scenarios


def _scenarios(
    file: SweepFile,
    combinations: Sequence[tuple[Setting, ...]],
    dataset: Dataset,
    region: Region | None,
) -> tuple[list[Scenario], list[Problem]]:
    """Return the scenario of every combination, and the mistakes of all, each once."""
    base = document_of(file.base)
    also = partial(check_unfinished, dataset=dataset)
    scenarios: list[Scenario] = []
    mistakes: dict[tuple[str, str], Problem] = {}
    for settings in combinations:
        puts = [put for setting in settings for put in setting.puts]
        document = with_values(base, [(put.path, put.value) for put in puts])
        added = [setting.action for setting in settings if setting.action is not None]
        document["actions"] = [*document.get("actions", ()), *added]
        try:
            scenario = read_scenario(json.dumps(document), "", also).scenario
        except InvalidInput as error:
            found: Iterable[Problem] = error.problems
        else:
            scenarios.append(scenario)
            found = _name_mistakes(scenario, dataset, region)
        for problem in found:
            placed = _blamed(file, problem, settings)
            mistakes.setdefault((placed.where, placed.key), placed)
    return scenarios, list(mistakes.values())


def _blamed(file: SweepFile, problem: Problem, settings: Sequence[Setting]) -> Problem:
    """Return a mistake in a variant at the line of the value that makes it.

    That is the value in which it lies, else one that lies in what is wrong as a whole.
    """
    pointer = problem.pointer or ""
    puts = [put for setting in settings for put in setting.puts]
    inside = [put for put in puts if (pointer + "/").startswith(pointer_of(put.path) + "/")]
    around = [put for put in puts if pointer_of(put.path).startswith(pointer + "/")]
    added = [setting.pointer for setting in settings if setting.action is not None]
    place = next(iter([put.pointer for put in (*inside, *around)] + added), "")
    return file.problem(place, problem.key, **problem.params)


def _name_mistakes(scenario: Scenario, dataset: Dataset, region: Region | None) -> list[Problem]:
    """Return what no dataset or other plan makes right: unknown names and years, shares that do not add up."""
    findings = Findings()
    own = region_of(scenario.region)
    if own is not None:
        findings.add(region_problem(own, dataset, "/region", "/region"))
    if region is not None:
        findings.add(region_problem(region, dataset, "--region", None))
    check_horizon(scenario.horizon, dataset, findings)
    year = calendar_of(scenario, dataset).demand_year
    for index, item in enumerate(scenario.actions):
        check_names(item.action, action_pointer(index, item), dataset, year, findings)
    return findings.errors


# Whether they are possible


def _judged(variant: Variant, dataset: Dataset, region: Region | None) -> Variant:
    """Return a variant with whether it is possible.

    An action that changes nothing, such as no beds more, is a mistake in a plan but a sound value in a sweep: the
    variant goes without it.
    """
    errors = check_scenario(variant.scenario, dataset, region).errors
    idle = [error for error in errors if error.key.startswith("scenario.changes_nothing.")]
    others = [error for error in errors if error not in idle]
    if idle and not others:
        gone = {int((error.pointer or "").split("/")[2]) for error in idle}
        left = [item for index, item in enumerate(variant.scenario.actions) if index not in gone]
        scenario = variant.scenario.model_copy(update={"actions": left})
        without = _judged(replace(variant, scenario=scenario), dataset, region)
        return replace(without, note=_texts(idle[0])) if without.possible else without
    return replace(variant, possible=False, note=_texts(others[0])) if others else variant


def _texts(problem: Problem) -> dict[Language, str]:
    return {language: problem.message(language) for language in LANGUAGES}


def _all_impossible(file: SweepFile, variants: Sequence[Variant]) -> list[Problem]:
    """Return that nothing can be carried out, with the reasons."""
    reasons: dict[tuple[str, ...], Variant] = {}
    for variant in variants:
        reasons.setdefault(tuple(variant.note[language] for language in LANGUAGES), variant)
    problems = [file.problem("", "sweep.none_possible", count=Count(len(variants)))]
    for texts, variant in list(reasons.items())[:MAX_REASONS]:
        reason = Phrase(dict(zip(LANGUAGES, texts, strict=True)))
        problems.append(file.problem("", "sweep.not_possible", number=variant.number, reason=reason))
    return problems
