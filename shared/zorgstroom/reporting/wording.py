"""The words of the report as catalogue keys: the plan, the summary, what stays and what is not in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import AnyAction, RegionChoice, Scenario, Workforce
from zorgstroom.errors import Problem
from zorgstroom.planning.description import describe_action
from zorgstroom.reporting.impact import (
    Assumption,
    Estimate,
    LocationImpact,
    PoolRow,
    TextRef,
    TravelBand,
    WaitRow,
)
from zorgstroom.reporting.readings import Reading, is_clear

#: Senders, receivers and uncertain figures named in one sentence.
NAMED = 3
#: Bands of more than 30 extra minutes.
LONG_BANDS = ("30-45", ">45")
#: Smallest change of a wait worth telling.
NOTICEABLE_WEEKS = 0.5
#: How much wider an interval must be made where hundreds of numbers are compared at once.
MANY_COMPARISONS = 3.0
#: Fixed texts: what this model leaves out.
LIMITS = ("forecast", "quality", "staff", "money", "transport", "private", "transition")

Param = dict[str, Any]


def number(value: float, decimals: int = 0) -> Param:
    """Return a number parameter."""
    return {"n": value, "d": decimals}


def spread(value: Estimate, decimals: int = 0) -> Param:
    """Return a parameter that reads as a mean with its interval."""
    return {"mean": value.mean, "low": value.low, "high": value.high, "d": decimals}


def text(key: str, **params: Any) -> Param:
    """Return a parameter that is itself a text of the catalogue."""
    return {"key": key, "params": params}


def named_number(name: str, value: float) -> Param:
    """Return ``name (12)``."""
    return text("report.named_number", name={"name": name}, n=number(value))


def actions(scenario: Scenario, region: Region | None) -> list[TextRef]:
    """Return the plan, one sentence per action; `region` is that of the run."""
    if scenario.region is not None:
        region = Region(*scenario.region.kind_and_name())
    return [_action(item.action, region) for item in scenario.actions]


def _action(action: AnyAction, region: Region | None) -> TextRef:
    """Return what an action does, with its reason and who is responsible."""
    key, params = describe_action(action, region)
    if not (action.why or action.responsible):
        return TextRef(key=key, params=params)
    why = text("report.why", why=action.why.strip().rstrip(".")) if action.why else text("action.nothing")
    who = text("report.responsible", who=action.responsible) if action.responsible else text("action.nothing")
    return TextRef(key="report.action", params={"action": text(key, **params), "why": why, "who": who})


def warning(problem: Problem, dataset: Dataset) -> TextRef:
    """Return a warning about the plan for a reader who does not have its file: names instead of codes."""
    params = dict(problem.params)
    if params.get("profile") in dataset.profile_index:
        params["profile"] = {"name": params["profile"], "lower": True}
    for name, index in (("profiles", dataset.profile_index), ("locations", dataset.location_index)):
        identifiers = str(params.get(name, "")).split(", ")
        if all(identifier in index for identifier in identifiers):
            params[name] = {"names": identifiers, "lower": name == "profiles"}
    return TextRef(key=problem.key, params=params)


def demand_factors(scenario: Scenario) -> list[TextRef]:
    """Return what the demand of both scenarios is multiplied by."""
    return [
        TextRef(
            key="report.demand_factor",
            params={
                "profiles": {"names": item.profiles, "lower": True}
                if item.profiles
                else text("report.all_care"),
                "ages": text("action.ages", ages={"texts": [text(f"action.age.{age}") for age in item.ages]})
                if item.ages
                else text("action.nothing"),
                "within": _within(item.within),
                "factor": number(item.factor, 2),
            },
        )
        for item in scenario.horizon.demand_factors
    ]


def _within(choice: RegionChoice | None) -> Param:
    if choice is None:
        return text("action.within_none")
    kind, name = choice.kind_and_name()
    return text("action.within", kind=text(f"region_kind.{kind}"), name=name)


def other_demand(year: int, base_year: int, factors: Sequence[TextRef]) -> list[TextRef]:
    """Return what to heed when both scenarios have another demand than that of the base year."""
    found = []
    if year != base_year:
        found.append(TextRef(key="report.warning.demand_year", params={"year": str(year)}))
    return [
        *found,
        *(
            TextRef(key="report.warning.demand_factor", params={"factor": text(line.key, **line.params)})
            for line in factors
        ),
    ]


def late_start(starts: Sequence[dt.date], *, whole: bool, norms: bool) -> list[TextRef]:
    """Return what to heed when actions start during the measured period, on these days.

    `whole`: all actions do; `norms`: a volume is therefore not judged against its norm.
    """
    if not starts:
        return []
    dates = {"texts": [{"date": day.isoformat()} for day in sorted(set(starts))]}
    found = [TextRef(key=f"report.warning.late_{'plan' if whole else 'part'}", params={"date": dates})]
    return [*found, TextRef(key="report.warning.late_norms")] if norms else found


def summary(
    total: Estimate | None,
    extra_minutes: Estimate | None,
    volume: Reading | None,
    locations: Sequence[LocationImpact],
    bands: Sequence[TravelBand],
    waits: Sequence[WaitRow],
    pools: Sequence[PoolRow],
    assumptions: Sequence[Assumption],
    plan_profiles: Sequence[str],
    replications: int,
    diverted: Reading | None = None,
    overall: Sequence[Reading] = (),
) -> list[TextRef]:
    """Return at most six sentences: who comes and moves, how far, how long they wait, whether it fits, how sure.

    `volume` is that of everybody, where the plan changes who comes; `diverted` counts the acute patients whom a
    full hospital sends on, which is no move of the plan. `overall` are waits and lists of all care together: they
    are told of a plan that moves nobody, which is about no hospital in particular.
    """
    sentences = []
    if volume is not None and abs(volume.difference.mean) >= 0.5:
        more = volume.difference.mean > 0
        sentences.append(
            TextRef(
                key=f"report.summary.demand_{'more' if more else 'less'}",
                params={"patients": spread(volume.difference if more else _flipped(volume.difference))},
            )
        )
    sentences.append(_moves(total, locations, diverted))
    if total is not None and extra_minutes is not None:
        sentences.append(_travel(extra_minutes, bands))
    elif parts := [part for row in overall if (part := _overall(row)) is not None]:
        sentences.append(TextRef(key="report.summary.overall", params={"parts": {"texts": parts}}))
    sentences.append(_waits(waits, plan_profiles, replications))
    if (capacity := _capacity(locations, pools)) is not None:
        sentences.append(capacity)
    sentences.append(_doubt(assumptions))
    return sentences


def _moves(total: Estimate | None, locations: Sequence[LocationImpact], diverted: Reading | None) -> TextRef:
    if total is None:
        if diverted is None or not diverted.clear:
            return TextRef(key="report.summary.no_moves")
        params = {"before": number(diverted.baseline.mean, 1), "after": number(diverted.plan.mean, 1)}
        more = diverted.difference.mean > 0
        return TextRef(key=f"report.summary.no_moves_{'more' if more else 'fewer'}_diverted", params=params)
    senders = sorted((row for row in locations if row.sent.mean > 0), key=lambda row: -row.sent.mean)
    receivers = sorted(
        (row for row in locations if row.received.mean > 0), key=lambda row: -row.received.mean
    )
    return TextRef(
        key="report.summary.moves",
        params={
            "patients": spread(total),
            "senders": {"texts": [named_number(row.id, row.sent.mean) for row in senders[:NAMED]]},
            "receivers": {"texts": [named_number(row.id, row.received.mean) for row in receivers[:NAMED]]},
        },
    )


def _travel(extra: Estimate, bands: Sequence[TravelBand]) -> TextRef:
    far = sum(row.patients.mean for row in bands if row.band in LONG_BANDS)
    long = (
        text("report.summary.travel_far", n=number(far))
        if far >= 0.5
        else text("report.summary.travel_none_far")
    )
    if extra.low is not None and not is_clear(extra):
        return TextRef(key="report.summary.travel_unclear", params={"far": long})
    direction = "longer" if extra.mean >= 0 else "shorter"
    shown = extra if extra.mean >= 0 else _flipped(extra)
    return TextRef(key=f"report.summary.travel_{direction}", params={"minutes": spread(shown), "far": long})


def _flipped(value: Estimate) -> Estimate:
    return Estimate(
        mean=-value.mean,
        low=None if value.high is None else -value.high,
        high=None if value.low is None else -value.low,
    )


def stands_out(difference: Estimate | None) -> bool:
    """Return whether a wait changes by half a week or more, beyond what chance gives somewhere.

    Hundreds of waits are compared at once: one in twenty has an interval off zero by chance alone. So the
    interval must stay off zero when it is made three times as wide (with 5 simulated years 1 in 900).
    """
    if difference is None or difference.low is None or difference.high is None:
        return False
    half_width = (difference.high - difference.low) / 2
    return abs(difference.mean) >= max(NOTICEABLE_WEEKS, MANY_COMPARISONS * half_width)


def changed_waits(waits: Sequence[WaitRow]) -> list[WaitRow]:
    """Return the waits of a profile at a location that change beyond chance."""
    return [row for row in waits if row.location and row.profile and stands_out(row.difference)]


def _waits(waits: Sequence[WaitRow], plan_profiles: Sequence[str], replications: int) -> TextRef:
    if replications < 3:
        return TextRef(key="report.summary.waits_no_interval", params={"n": replications})
    clear = changed_waits(waits)
    growing = sum(bool(row.location and row.profile and row.starts_to_grow) for row in waits)
    one = ".one" if growing == 1 else ""
    if growing and not clear:
        return TextRef(key=f"report.summary.waits_grow{one}", params={"n": number(growing)})
    if not clear:
        return TextRef(key="report.summary.waits_unclear")
    # The care the plan is about comes first, even where other care on the same capacity changes more.
    of_plan = [row for row in clear if row.profile in plan_profiles]
    most = max(of_plan or clear, key=lambda row: abs(row.change))
    # A clear change has all three.
    assert most.baseline is not None
    assert most.plan is not None
    assert most.difference is not None
    direction = "longer" if most.change > 0 else "shorter"
    return TextRef(
        key="report.summary.waits",
        params={
            "kind": text(f"report.wait.{most.kind}"),
            "where": text(
                "report.summary.where",
                location={"name": most.location},
                profile={"name": most.profile, "lower": True},
            ),
            "direction": text(f"report.summary.waits_{direction}"),
            "before": number(most.baseline.mean, 1),
            "after": number(most.plan.mean, 1),
            "low": number(min(abs(most.difference.low or 0), abs(most.difference.high or 0)), 1),
            "high": number(max(abs(most.difference.low or 0), abs(most.difference.high or 0)), 1),
            "others": _other_waits([row for row in clear if row is not most]),
            "growing": text(f"report.summary.waits_also_grow{one}", n=number(growing))
            if growing
            else text("action.nothing"),
        },
    )


def _overall(reading: Reading) -> Param | None:
    """Return how a wait or list of all care changes, if it does so clearly and visibly."""
    decimals = 1 if reading.indicator.startswith("wait_") else 0
    before, after = (round(value.mean, decimals) for value in (reading.baseline, reading.plan))
    if not reading.clear or before == after:
        return None
    difference = reading.difference if after > before else _flipped(reading.difference)
    return text(
        f"report.summary.overall.{reading.indicator}",
        before=number(before, decimals),
        after=number(after, decimals),
        difference=spread(difference, decimals),
        direction=text(f"report.summary.overall.{'more' if after > before else 'fewer'}"),
    )


def _other_waits(others: Sequence[WaitRow]) -> Param:
    """Return at how many other places the wait changes, and which way."""
    longer = sum(row.change > 0 for row in others)
    shorter = len(others) - longer
    if not others:
        return text("report.summary.waits_others_none")
    if longer and shorter:
        return text(
            "report.summary.waits_others_mixed",
            n=number(len(others)),
            longer=number(longer),
            shorter=number(shorter),
        )
    key = "one" if len(others) == 1 else "all"
    direction = text(f"report.summary.waits_{'longer' if longer else 'shorter'}")
    return text(f"report.summary.waits_others_{key}", n=number(len(others)), direction=direction)


def _capacity(locations: Sequence[LocationImpact], pools: Sequence[PoolRow]) -> TextRef | None:
    # A list also grows where capacity leaves faster than patients, so at any place and not only at receivers.
    short = fuller(pools)
    new = [row for row in short if row.load_baseline <= 1.0]
    worse = [row for row in short if row.load_baseline > 1.0]
    if new and worse:
        params = {"places": _places(new), "fuller": _places(worse)}
        return TextRef(key="report.summary.capacity_full_and_fuller", params=params)
    if short:
        key = "full" if new else "fuller"
        return TextRef(key=f"report.summary.capacity_{key}", params={"places": _places(short)})
    receivers = {row.id for row in locations if row.received.mean > 0}
    # A plan that moves nobody, such as fewer nurses, is about every place it fills.
    rows = [row for row in pools if not receivers or row.location in receivers]
    if not rows:
        return None
    if not receivers:
        return _rise(rows)
    busiest = max(rows, key=lambda row: row.load_plan)
    key = "fits"
    if round(busiest.load_plan, 2) > 1:
        # Too full without the plan too, or so little above full that no list grows.
        key = "already_full" if round(busiest.load_baseline, 2) >= 1 else "just_fits"
    return TextRef(key=f"report.summary.capacity_{key}", params=_load(busiest))


def fuller(pools: Sequence[PoolRow]) -> list[PoolRow]:
    """Return the places with more work than can be done, where the plan makes the load visibly higher."""
    return [row for row in pools if row.growing and round(row.load_plan, 2) > round(row.load_baseline, 2)]


def _places(rows: Sequence[PoolRow]) -> Param:
    """Return the fullest places by name, and how many more there are."""
    fullest = sorted(rows, key=lambda row: -row.load_plan)
    named = [
        text("report.place", pool={"name": row.pool, "lower": True}, location={"name": row.location})
        for row in fullest[:NAMED]
    ]
    if (more := len(fullest) - NAMED) > 0:
        named.append(text(f"report.summary.more_places_{'one' if more == 1 else 'all'}", n=number(more)))
    return {"texts": named}


def _rise(rows: Sequence[PoolRow]) -> TextRef:
    """Say where the load rises most, or else that it rises nowhere."""
    most = max(rows, key=lambda row: row.load_plan - row.load_baseline)
    key = "rises" if most.load_plan > most.load_baseline else "falls"
    return TextRef(key=f"report.summary.capacity_{key}", params=_load(most))


def _load(row: PoolRow) -> dict[str, Any]:
    """Return the parameters that tell the load of a place before and after."""
    return {
        "load": {"share": row.load_plan, "d": 0},
        "before": {"share": row.load_baseline, "d": 0},
        "place": text(
            "report.place", pool={"name": row.pool, "lower": True}, location={"name": row.location}
        ),
    }


def _doubt(assumptions: Sequence[Assumption]) -> TextRef:
    uncertain = [row for row in assumptions if row.basis not in ("own", "derived")]
    if not uncertain:
        return TextRef(key="report.summary.doubt_waits")
    labels = [{"key": row.label.key, "params": row.label.params} for row in uncertain[:NAMED]]
    return TextRef(key="report.summary.doubt", params={"assumptions": {"texts": labels}})


def unchanged(
    dataset: Dataset, moved_profiles: int, moved_locations: int, *, same_capacity: bool, same_demand: bool
) -> list[TextRef]:
    """Return what the plan leaves as it is."""
    return [
        TextRef(key="report.unchanged.patients" if same_demand else "report.unchanged.other_patients"),
        TextRef(
            key="report.unchanged.profiles", params={"n": number(len(dataset.profiles) - moved_profiles)}
        ),
        TextRef(
            key="report.unchanged.locations",
            params={
                "n": number(len(dataset.locations) - moved_locations),
                "total": number(len(dataset.locations)),
            },
        ),
        TextRef(key="report.unchanged.capacity" if same_capacity else "report.unchanged.capacity_elsewhere"),
    ]


def limits(scenario: Scenario, region: Region | None) -> list[TextRef]:
    """Return what is not in this model."""
    outside = [] if region is None else ["outside"]
    staff = any(
        isinstance(item.action, Workforce) or getattr(item.action, "staff_not_moving", 0)
        for item in scenario.actions
    )
    names = ["staff_assumed" if name == "staff" and staff else name for name in LIMITS]
    return [TextRef(key=f"report.limit.{name}") for name in [*outside, *names]]


def ladder(met: int, replications: int) -> str:
    """Return the key of the fixed word for a chance, from the count out of 50 it comes closest to.

    >>> ladder(9, 10), ladder(25, 50)
    ('report.ladder.usually', 'report.ladder.half')
    """
    out_of_50 = met * 50 / replications
    steps: Mapping[str, float] = {
        "nearly_always": 47.5,
        "usually": 39.5,
        "more_often": 29.5,
        "half": 19.5,
        "less_often": 9.5,
        "seldom": 2.5,
    }
    word = next((name for name, bound in steps.items() if out_of_50 >= bound), "nearly_never")
    return f"report.ladder.{word}"
