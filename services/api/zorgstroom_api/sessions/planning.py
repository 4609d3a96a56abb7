"""Whether what a facilitator prepared can be carried out: scenarios that are there, levers that move something."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Count, InvalidInput, NotFound, Problem
from zorgstroom.workshop.combinations import MOST, count, lever_fields
from zorgstroom.workshop.documents import SessionPlan
from zorgstroom_api.identity import Caller
from zorgstroom_api.scenarios.repository import ScenarioRepository
from zorgstroom_api.scenarios.service import find_region

_BODY = "body"


def base_of(plan: SessionPlan) -> str | None:
    """Return the scenario that the levers change."""
    return plan.base or next(iter(plan.scenarios), None)


def needs_other_calculations(before: SessionPlan, after: SessionPlan) -> bool:
    """Return whether something else is to be looked up than before."""
    return _decides(before) != _decides(after)


def _decides(plan: SessionPlan) -> object:
    levers = [
        (lever.action, lever.field, [option.value for option in lever.options]) for lever in plan.levers
    ]
    return plan.area, plan.scenarios, base_of(plan) if levers else None, levers, plan.years


def check_plan(
    session: Session, plan: SessionPlan, who: Caller, dataset: Dataset, before: SessionPlan | None = None
) -> None:
    """Refuse a plan with scenarios that the caller cannot read, or levers that move nothing. Raises `InvalidInput`.

    What was in the plan `before` may stay: who steers a session need not be who may read its scenarios.
    """
    problems: list[Problem] = []
    if plan.area:
        try:
            find_region(dataset, plan.area, "/area")
        except InvalidInput as error:
            problems += error.problems
    known = set() if before is None else {*before.scenarios, before.base}
    wanted = {f"/scenarios/{index}": name for index, name in enumerate(plan.scenarios)}
    if plan.base is not None:
        wanted["/base"] = plan.base
    scenarios = ScenarioRepository(session)
    documents = {}
    for pointer, name in wanted.items():
        try:
            documents[name] = scenarios.get(name, None if name in known else who).document
        except NotFound:
            problems.append(Problem(_BODY, "api.scenario_not_found", {"id": name}, pointer))
    for index, step in enumerate(plan.steps):
        if step.scenario is not None and step.scenario not in {*plan.scenarios, plan.base}:
            problems.append(
                Problem(_BODY, "session.unknown_scenario", {"id": step.scenario}, f"/steps/{index}/scenario")
            )
    base = base_of(plan)
    if plan.levers and base is None:
        problems.append(Problem(_BODY, "session.levers_need_base", {}, "/base"))
    elif plan.levers and base in documents:
        problems += _lever_problems(plan, Scenario.model_validate(documents[base]))
    if problems:
        raise InvalidInput(problems)


def _lever_problems(plan: SessionPlan, base: Scenario) -> list[Problem]:
    known = {(field.action, field.field) for field in lever_fields(base)}
    problems = [
        Problem(_BODY, "session.lever_moves_nothing", {"label": lever.label}, f"/levers/{index}/field")
        for index, lever in enumerate(plan.levers)
        if (lever.action, lever.field) not in known
    ]
    number = count(plan.levers)
    if number > MOST:
        params = {"count": Count(number), "most": Count(MOST)}
        problems.append(Problem(_BODY, "session.many_combinations", params, "/levers"))
    return problems
