"""The preview: what a scenario is expected to do, without simulating anything.

Who goes where, how many patients every location gets, who travels further, how full everything becomes and what
becomes of the waiting lists, beside today. Expected values by the rules of the simulation (`planning.flows`), and
queueing theory: estimates, not outcomes. All of it is about the year after the last action has taken effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.lists import lists_of, treated_shares
from zorgstroom.planning.load import Loads, expected_course
from zorgstroom.planning.plan import calendar_of, region_of
from zorgstroom.planning.pool_estimates import PoolLoad, pool_loads, too_full
from zorgstroom.planning.sides import Side
from zorgstroom.planning.travel_estimates import Movers, Stream, Travel, moving_estimates, travel_estimates
from zorgstroom.planning.volume_estimates import Volume, volume_estimates
from zorgstroom.planning.waiting_lists import WaitingList, waiting_lists


@dataclass(frozen=True)
class Preview:
    """What is expected of a scenario; every number is an estimate."""

    #: What it is about; None: the whole country.
    region: Region | None
    loads: Loads
    #: Pools of the region's locations that the plan changes: first what it makes too full, then what it changes most.
    pools: tuple[PoolLoad, ...]
    #: Pools of the region's locations with more work than they can do.
    too_full: Side[int]
    #: Of the region's locations: together, per location, and of every pool whose list the plan changes.
    lists: tuple[WaitingList, ...]
    #: From or to a location of the region, most patients first.
    streams: tuple[Stream, ...]
    #: At locations of the region: all that changes, and all care with a norm.
    volumes: tuple[Volume, ...]
    #: Part of the patients of care with a norm who are treated where it is met; None without such care.
    at_norm: Side[float] | None
    #: Of the region's inhabitants; also per profile whose patients the plan moves or changes in number.
    travel: Travel
    travel_by_profile: Mapping[str, Travel]
    movers: Movers


def preview(dataset: Dataset, scenario: Scenario, region: Region | None) -> Preview:
    """Return what is expected of a scenario that passed `planning.check.check_scenario`.

    `region` is that of the run; None: the scenario's own, or the whole country. What depends on dataset and demand
    only is kept (`planning.expected_today`), so that a second scenario takes a tenth of a second or less.
    """
    chosen = region or region_of(scenario.region)
    areas = np.ones(len(dataset.areas), np.bool_) if chosen is None else dataset.areas_in(chosen)
    locations = np.ones(len(dataset.locations), np.bool_) if chosen is None else dataset.locations_in(chosen)
    course = expected_course(scenario, dataset, region)
    loads = course.loads
    lists = lists_of(loads)
    shares = Side(
        treated_shares(dataset, loads, loads.today, lists.today),
        treated_shares(dataset, loads, loads.days[-1], lists.plan),
    )
    volumes, at_norm = volume_estimates(
        dataset, course, shares, locations, calendar_of(scenario, dataset).demand_year
    )
    travel, by_profile = travel_estimates(dataset, course, areas)
    streams, movers = moving_estimates(dataset, course, areas, locations)
    return Preview(
        region=chosen,
        loads=loads,
        pools=tuple(pool_loads(loads, dataset, locations, lists, only_changed=True)),
        too_full=too_full(loads, locations),
        lists=waiting_lists(dataset, loads, lists, locations),
        streams=streams,
        volumes=volumes,
        at_norm=at_norm,
        travel=travel,
        travel_by_profile=by_profile,
        movers=movers,
    )
