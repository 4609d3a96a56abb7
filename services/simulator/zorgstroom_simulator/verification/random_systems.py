"""Random systems of all shapes the public interface allows, for trying what must always hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from zorgstroom_simulator.engines import Engine, Journeys, Network, PatientTable
from zorgstroom_simulator.systems import (
    Constant,
    Empirical,
    Every,
    Exponential,
    Flow,
    Location,
    Lognormal,
    Planned,
    Poisson,
    System,
    Unplanned,
    Visits,
)
from zorgstroom_simulator.systems.building import lay_out, make_network, make_patients
from zorgstroom_simulator.systems.checking import check
from zorgstroom_simulator.systems.description import NextFullName, WhenFullName, WorkingDays
from zorgstroom_simulator.systems.durations import Duration

Rng = np.random.Generator
Item = TypeVar("Item")

_PLANNED_ROUTES: tuple[tuple[str, ...], ...] = ((), ("ward",), ("ic", "ward"))
_WHEN_FULL: tuple[WhenFullName, ...] = ("wait", "lose", "board")
_NEXT_FULL: tuple[NextFullName, ...] = ("over", "block", "wait")
_WORKING_DAYS: tuple[WorkingDays, ...] = ("all", "weekdays")


@dataclass(frozen=True)
class Trial:
    """A system with what an engine made of it."""

    patients: PatientTable
    network: Network
    journeys: Journeys


@dataclass(frozen=True)
class Case:
    """A random system, its patients, and how long it runs."""

    system: System
    flows: dict[str, Flow]
    days: int
    seed: int

    def execute(self, engine: Engine) -> Trial:
        """Have an engine run it."""
        check(self.system, self.flows, self.days)
        layout = lay_out(self.system, self.flows)
        network = make_network(self.system, layout, self.days)
        patients, _ = make_patients(self.system, self.flows, layout, self.days, self.seed, 0)
        return Trial(patients, network, engine(patients, network))


def random_case(seed: int) -> Case:
    """Return the system of a seed: one to three locations with beds, rooms and clinics, from light to too full."""
    rng = np.random.default_rng([seed, 1])
    names = ["A", "B", "C"][: int(rng.integers(1, 4))]
    rooms, clinics = bool(rng.integers(2)), bool(rng.integers(2))
    locations = {
        name: Location(
            units={
                "ward": int(rng.integers(1, 9)),
                "ic": int(rng.integers(1, 5)),
                "obs": None if rng.random() < 0.2 else int(rng.integers(1, 5)),
            },
            rooms={"or": float(rng.integers(120, 900))} if rooms else {},
            admissions=float(rng.integers(1, 4)) if rng.random() < 0.5 else None,
            clinics={"clinic": float(rng.integers(1, 8))} if clinics else {},
        )
        for name in names
    }
    system = System(
        locations,
        when_full=_one_of(rng, _WHEN_FULL),
        next_unit_full=_one_of(rng, _NEXT_FULL),
        transfer_minutes={(a, b): int(rng.integers(0, 90)) for a in names for b in names if a < b},
        working_days=_one_of(rng, _WORKING_DAYS),
        reserve=int(rng.integers(0, 2)),
        change_over=int(rng.integers(0, 31)),
        look_ahead=_one_of(rng, (0, 1, 60)),
        work_up_days=int(rng.integers(0, 6)),
    )
    flows: dict[str, Flow] = {}
    for name in names:
        others = [other for other in names if other != name]
        flows |= {
            f"{key} {name}": flow
            for key, flow in _flows(rng, name, others, rooms=rooms, clinics=clinics).items()
        }
    return Case(system, flows, int(rng.integers(14, 43)), seed)


def _flows(rng: Rng, at: str, others: list[str], *, rooms: bool, clinics: bool) -> dict[str, Flow]:
    rng.shuffle(others)
    elsewhere = tuple(others[: int(rng.integers(0, len(others) + 1))])
    route = _one_of(rng, _PLANNED_ROUTES)
    made: dict[str, Flow] = {
        "acute": Unplanned(
            at=at,
            route=("ward",),
            stay=(_duration(rng, float(rng.integers(300, 5000))),),
            arrivals=_arrivals(rng, rng.uniform(0.5, 4)),
            diversions=elsewhere,
            urgent=bool(rng.integers(2)),
        ),
        "intensive": Unplanned(
            at=at,
            route=("ic", "ward"),
            stay=(
                _duration(rng, float(rng.integers(300, 4000))),
                _duration(rng, float(rng.integers(300, 5000))),
            ),
            arrivals=_arrivals(rng, rng.uniform(0.2, 1.5)),
            diversions=elsewhere,
            urgent=bool(rng.integers(2)),
        ),
        "short": Unplanned(
            at=at,
            route=("obs",),
            stay=(_duration(rng, float(rng.integers(60, 900))),),
            arrivals=_arrivals(rng, rng.uniform(0.5, 6)),
            diversions=elsewhere,
        ),
        "planned": Planned(
            at=at,
            arrivals=_arrivals(rng, rng.uniform(0.3, 3)),
            room="or" if rooms else None,
            operation=_duration(rng, float(rng.integers(20, 180))) if rooms else None,
            route=route,
            stay=tuple(_duration(rng, float(rng.integers(300, 4000))) for _ in route),
            target_days=int(rng.integers(0, 15)),
            clinic="clinic" if clinics else None,
            visit_target_days=int(rng.integers(0, 8)),
        ),
    }
    if clinics:
        made["visits"] = Visits(
            at=at,
            clinic="clinic",
            arrivals=_arrivals(rng, rng.uniform(0.5, 5)),
            target_days=int(rng.integers(0, 8)),
        )
    # One to all of them.
    keys = sorted(made)
    chosen = rng.permutation(len(keys))[: int(rng.integers(1, len(keys) + 1))]
    return {keys[index]: made[keys[index]] for index in sorted(chosen.tolist())}


def single_station(seed: int, beds: int) -> Case:
    """Return a station with so many beds, for any number the same patients; who finds none is lost or goes on."""
    rng = np.random.default_rng([seed, 2])
    load = rng.uniform(0.3, 1.6) * 6
    mean = float(rng.integers(200, 4000))
    flow = Unplanned(
        at="A",
        route=("ward",),
        stay=(_duration(rng, mean),),
        arrivals=_arrivals(rng, load * 1440 / mean),
        diversions=("B",) if rng.random() < 0.5 else (),
    )
    places = {"A": Location(units={"ward": beds}), "B": Location(units={"ward": None})}
    return Case(System(places, when_full="lose"), {"acute": flow}, int(rng.integers(14, 43)), seed)


def _duration(rng: Rng, mean: float) -> Duration:
    kind = int(rng.integers(4))
    if kind == 0:
        return Constant(mean)
    if kind == 1:
        return Exponential(mean)
    if kind == 2:
        return Lognormal(mean, mean * rng.uniform(0.3, 2))
    return Empirical([float(value) for value in rng.integers(1, int(2 * mean), 5)])


def _arrivals(rng: Rng, per_day: float) -> Poisson | Every:
    if rng.random() < 0.7:
        return Poisson(per_day, working_days_only=bool(rng.integers(2)))
    return Every(_duration(rng, max(1440 / per_day, 1.0)))


def _one_of(rng: Rng, values: Sequence[Item]) -> Item:
    return values[int(rng.integers(len(values)))]
