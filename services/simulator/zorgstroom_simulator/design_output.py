"""What ``zorgstroom design`` leaves behind and says: plans, a document, a table, or which demands conflict."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Amount, InvalidInput, Named, Problem
from zorgstroom.planning.design.conflict import Conflict, Way
from zorgstroom.planning.design.designing import Design
from zorgstroom.planning.design.proposal import Part, Proposal, file_name
from zorgstroom.text import Language, translate
from zorgstroom.text.columns import aligned
from zorgstroom.text.numbers import number, percent, signed

DOCUMENT = "design.json"
#: Names in a cell before the rest is counted.
_NAMES = 6
#: Of a value; of minutes two.
_DECIMALS = {"fewest_changes": 0, "stranded_cost": 0}


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything else than an older design."""
    if folder.is_file() or (folder.exists() and not (folder / DOCUMENT).exists() and any(folder.iterdir())):
        raise InvalidInput([Problem("--out", "run.folder_not_ours", {"folder": str(folder)})])


def write(folder: Path, document: dict[str, Any], found: Sequence[Proposal], language: Language) -> None:
    """Write every plan as a scenario file and the design as a document."""
    for rank, proposal in enumerate(found):
        text = f"# {translate('design.header', language)}\n" + _yaml(proposal.scenario)
        (folder / file_name(rank)).write_text(text, encoding="utf-8")
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    (folder / DOCUMENT).write_text(text, encoding="utf-8")


def _yaml(scenario: Scenario) -> str:
    plain: dict[str, Any] = scenario.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    # Version and name first, as people write them.
    first = ("zorgstroom", "name", "description", "region", "horizon")
    ordered = {key: plain[key] for key in first if key in plain} | plain
    return yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=110)


def refusal(design: Design, dataset: Dataset) -> InvalidInput:
    """Return why there is no plan: which demands conflict, each with the value that goes with the others."""
    document = design.file.document
    if design.status == "nothing_found":
        return InvalidInput([Problem(document.place(""), "design.nothing_found")])
    problems = []
    for conflict in design.conflicts:
        problems.append(Problem(document.place(""), _heading(conflict), {"count": len(conflict.ways)}))
        problems += [_problem(design, way, dataset) for way in conflict.ways]
    return InvalidInput(problems)


def _heading(conflict: Conflict) -> str:
    if len(conflict.ways) == 1:
        return "design.impossible_one"
    return "design.impossible" if conflict.minimal else "design.impossible_perhaps"


def _problem(design: Design, way: Way, dataset: Dataset) -> Problem:
    demand, request = way.demand, design.file.request
    each: Any = getattr(request, demand.kind, None)
    params: dict[str, object] = {"value": Amount(demand.value), "location": demand.location}
    pointer = "" if demand.kind == "reach" else f"/{demand.kind}"
    if demand.profile is not None:
        profile = dataset.profiles[design.cases[demand.profile].wish.profile]
        params["profile"] = Named(profile.id, {"nl": profile.name_nl, "en": profile.name_en})
        if isinstance(each, dict):
            pointer = f"{pointer}/{profile.id}"
        if demand.kind in ("keep", "stop"):
            index = next(
                index
                for index, decision in enumerate(each)
                if decision.location == demand.location
                and (decision.profiles is None or profile.id in decision.profiles)
            )
            pointer = f"{pointer}/{index}"
    key = f"design.conflict.{demand.kind}"
    if way.value is not None:
        key, params["way"] = f"{key}_value", Amount(way.value)
    if demand.kind == "max_travel":
        params |= {"share": Amount(demand.share * 100), "reached": Amount((way.share or 0.0) * 100)}
        if way.value is None and way.share is None:
            key = f"{key}_unknown"
    return Problem(design.file.document.place(pointer), key, params, pointer)


def show(design: Design, found: Sequence[Proposal], dataset: Dataset, language: Language) -> None:
    """Print the best plan, the next best ones, how good it is known to be, and what was assumed."""
    best = found[0]
    click.echo(translate("design.title", language, name=design.file.request.name))
    click.echo()
    heads = ("profile", "today", "plan", "stops", "starts", "travel_today", "travel_plan", "smallest")
    rows = [[translate(f"design.column.{head}", language) for head in heads]]
    rows += [_row(part, dataset, language) for part in best.parts]
    right = [False, True, True, False, False, True, True, True]
    for line in aligned(rows, right):
        click.echo(f"  {line}")
    click.echo()
    for line in _how_good(design, best, language):
        click.echo(line)
    if len(found) > 1:
        click.echo()
        key = "design.next_best" if design.ranked else "design.near"
        click.echo(translate(key, language))
        for rank, proposal in enumerate(found[1:], 1):
            click.echo(f"  {_alternative(rank, proposal, best, design, language)}")
    if best.fullest:
        click.echo()
        click.echo(translate("design.fullest", language))
        for pool in best.fullest:
            loads = [percent(load, language) for load in pool.load]
            click.echo(f"  {pool.location} {pool.pool}: {loads[0]} → {loads[1]}")
    click.echo()
    for key in ("rule_" + design.file.request.rule, "flows", "proposal"):
        click.echo(translate(f"design.note.{key}", language))


def _row(part: Part, dataset: Dataset, language: Language) -> list[str]:
    profile = dataset.profiles[dataset.profile_index[part.profile]]
    smallest = min(part.patients.values(), default=0.0)
    today = len(part.locations) + len(part.stops) - len(part.starts)
    return [
        profile.name(language),
        number(today, language),
        number(len(part.locations), language),
        _names(part.stops, language),
        _names(part.starts, language),
        number(part.travel.today, language, 1),
        number(part.travel.plan, language, 1),
        number(smallest, language, 0),
    ]


def _names(ids: Sequence[str], language: Language) -> str:
    if not ids:
        return "–"
    more = len(ids) - _NAMES
    shown = ", ".join(ids[:_NAMES])
    return shown if more <= 0 else translate("design.and_more", language, names=shown, count=more)


def _value(value: float, design: Design, language: Language) -> str:
    objective = design.file.request.objective
    shown = number(value, language, _DECIMALS.get(objective, 2))
    return translate(f"design.value.{objective}", language, value=shown)


def _how_good(design: Design, best: Proposal, language: Language) -> list[str]:
    lines = [translate(f"design.method.{design.method}", language)]
    value = _value(best.value, design, language)
    if design.status == "optimal":
        lines.insert(0, translate("design.optimal", language, value=value))
    else:
        bound = _value(max(design.in_words(design.bound), 0.0), design, language)
        gap = percent(design.gap, language, 1)
        lines.insert(0, translate("design.best_found", language, value=value, bound=bound, gap=gap))
    if not best.changes:
        lines.append(translate("design.no_change", language))
    return lines


def _alternative(rank: int, proposal: Proposal, best: Proposal, design: Design, language: Language) -> str:
    """Return an alternative in a line: its value, and in what it differs from the best plan."""
    differences = []
    for part, other in zip(proposal.parts, best.parts, strict=True):
        more = [name for name in part.locations if name not in other.locations]
        less = [name for name in other.locations if name not in part.locations]
        if more or less:
            words = [*(f"+{name}" for name in more), *(f"−{name}" for name in less)]
            differences.append(f"{part.profile}: {' '.join(words)}")
    decimals = _DECIMALS.get(design.file.request.objective, 2)
    extra = signed(proposal.value - best.value, language, decimals)
    return f"{rank}. {_value(proposal.value, design, language)} ({extra}); {'; '.join(differences)}"
