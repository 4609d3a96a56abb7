"""From a scenario to a plan: who stops, who starts, which patients choose again, what capacity changes.

A scenario speaks of hospitals and care; a plan of rows and columns of the dataset. Actions work one
after the other, in order of their start day and then of the file, each on what the earlier ones left:
see `zorgstroom.planning.actions` for what each kind does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import Action, Close, Scenario
from zorgstroom.planning.ability import able_mask, needed_pools, obstacles
from zorgstroom.planning.actions import come_back, take_step
from zorgstroom.planning.changes import (
    CapacityChange,
    DemandChange,
    Move,
    Plan,
    SharedCare,
    UnitChange,
)
from zorgstroom.planning.demand import expected_demand
from zorgstroom.planning.flows import BaselineFlows
from zorgstroom.planning.regions import parse_region, region_of, region_problem
from zorgstroom.planning.state import (
    BED_POOLS,
    DueCapacity,
    Kept,
    Setting,
    State,
    Step,
    carry_out_due,
    state_of_today,
)

__all__ = [
    "BED_POOLS",
    "CapacityChange",
    "DemandChange",
    "Kept",
    "Leaving",
    "Move",
    "Plan",
    "SharedCare",
    "Steps",
    "UnitChange",
    "able_mask",
    "action_order",
    "baseline_flows",
    "calendar_of",
    "compile_plan",
    "expected_leaving",
    "needed_pools",
    "obstacles",
    "parse_region",
    "plan_of_steps",
    "region_of",
    "region_problem",
    "start_day_of",
    "steps_with_flows",
    "take_steps",
]


@dataclass(frozen=True)
class Steps:
    """Everything the actions of a scenario do, in the order in which they take effect."""

    steps: tuple[Step, ...]
    #: Every change of capacity, also those that come later than their action, in order of day.
    capacities: tuple[CapacityChange, ...]
    #: How things stand at the end of the run.
    end: State
    #: Capacity that would move only after the run.
    too_late: tuple[DueCapacity, ...]


def compile_plan(scenario: Scenario, dataset: Dataset, region: Region | None) -> Plan:
    """Return what a scenario changes.

    The scenario must have passed `planning.check.check_scenario` for the same dataset and region.
    An action without a region of its own is about the scenario's region, else about `region` (that of
    the run), else about the whole country.
    """
    return plan_of_steps(take_steps(scenario, dataset, region), dataset)


def plan_of_steps(found: Steps, dataset: Dataset) -> Plan:
    """Return the plan that steps make."""
    offers: dict[int, BoolArray] = {0: dataset.offers}
    for step in found.steps:
        offers[step.start_day] = step.after.offers
    return Plan(
        moves=tuple(move for step in found.steps for move in step.moves),
        capacities=found.capacities,
        offers=tuple(sorted(offers.items(), key=lambda item: item[0])),
        demand=tuple(change for step in found.steps for change in step.demand),
        shared_care=tuple(change for step in found.steps for change in step.shared_care),
        units=tuple(change for step in found.steps for change in step.units),
    )


def take_steps(
    scenario: Scenario, dataset: Dataset, region: Region | None, only: Collection[int] | None = None
) -> Steps:
    """Return what the actions do one after the other; `only`: the positions of those to take."""
    calendar = calendar_of(scenario, dataset)
    state = state_of_today(dataset)
    steps: list[Step] = []
    capacities: list[CapacityChange] = []
    for moved, step in steps_with_flows(scenario, dataset, region, baseline_flows(scenario, dataset), only):
        state = step.after
        steps.append(_without_flows(step))
        capacities += [*moved, *step.capacities]
    end, moved = carry_out_due(state, calendar.days - 1)
    return Steps(tuple(steps), (*capacities, *moved), end, end.due)


def baseline_flows(scenario: Scenario, dataset: Dataset) -> BaselineFlows:
    """Return who goes where today, at the demand of the scenario's horizon."""
    year = calendar_of(scenario, dataset).demand_year
    return BaselineFlows(dataset, expected_demand(dataset, year, scenario.horizon.demand_factors))


def steps_with_flows(
    scenario: Scenario,
    dataset: Dataset,
    region: Region | None,
    baseline: BaselineFlows,
    only: Collection[int] | None = None,
) -> Iterator[tuple[Sequence[CapacityChange], Step]]:
    """Yield (capacity that came to move before it, step) per action in order, with the flows of its patients.

    Flows are large: who does not need them of every step lets each go before asking for the next.
    """
    calendar = calendar_of(scenario, dataset)
    plan_region = region_of(scenario.region) or region
    state = state_of_today(dataset)
    closed: dict[int, Step] = {}
    for start_day, ends, index in _events(scenario, calendar):
        if only is not None and index not in only:
            continue
        state, moved = carry_out_due(state, start_day)
        setting = Setting(dataset, index, start_day, plan_region, calendar, baseline)
        action = scenario.actions[index].action
        if ends and isinstance(action, Close):
            step = come_back(action, closed.pop(index), state, setting)
        else:
            step = take_step(action, state, setting)
            if isinstance(action, Close) and setting.end_day(action) is not None:
                closed[index] = step
        state = step.after
        yield moved, step


def _events(scenario: Scenario, calendar: Calendar) -> list[tuple[int, bool, int]]:
    """Return (day, whether it is the end of a closure, position) in order of day; of one day what ends goes first."""
    starts = [(day, False, index) for index, day in action_order(scenario, calendar)]
    ends = [
        (calendar.day_of(item.action.until), True, index)
        for index, item in enumerate(scenario.actions)
        if isinstance(item.action, Close) and item.action.until is not None
    ]
    within = [end for end in ends if end[0] < calendar.days]
    return sorted([*starts, *within], key=lambda event: (event[0], not event[1], event[2]))


def _without_flows(step: Step) -> Step:
    """Return a step to keep: flows of the country for every action would fill the memory."""
    return replace(step, before=replace(step.before, flows={}), after=replace(step.after, flows={}), pairs=())


@dataclass(frozen=True)
class Leaving:
    """Patients a year who are expected to leave a location; visits, for first visits."""

    action: int
    profile_id: str
    location_id: str
    patients_per_year: float


def expected_leaving(found: Steps, dataset: Dataset) -> list[Leaving]:
    """Return how many patients a year each move takes from each location, before anything is simulated.

    On the expected volumes of the demand year, each action on what the earlier ones left.
    """
    return [
        Leaving(
            move.action,
            dataset.profiles[move.profile].id,
            location.id,
            float(transfer.leaving[row]) * dataset.profiles[move.profile].weight,
        )
        for step in found.steps
        if not step.ends
        for move, transfer in zip(step.moves, step.transfers, strict=True)
        for row, location in enumerate(dataset.locations)
        if move.leaving[row]
    ]


def calendar_of(scenario: Scenario, dataset: Dataset) -> Calendar:
    """Return the days of a run of this scenario; without a demand year, of the dataset's base year."""
    horizon = scenario.horizon
    return Calendar(horizon.demand_year or dataset.base_year, horizon.warmup_weeks, horizon.weeks)


def start_day_of(action: Action, calendar: Calendar) -> int:
    """Return the day an action takes effect: 0 without a date or with one before the run."""
    return 0 if action.start is None else max(0, calendar.day_of(action.start))


def action_order(scenario: Scenario, calendar: Calendar) -> list[tuple[int, int]]:
    """Return (position, start day) of the actions in the order they take effect."""
    days = [(index, start_day_of(item.action, calendar)) for index, item in enumerate(scenario.actions)]
    return sorted(days, key=lambda item: (item[1], item[0]))
