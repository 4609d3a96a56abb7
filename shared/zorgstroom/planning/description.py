"""An action in words: the key of a text and its parameters, the same for a check of a plan and for a report.

Parameters have the forms that `zorgstroom.reporting.rendering` fills in: numbers with decimals, shares, dates,
names by id, and texts within texts. All texts stand in ``text/*/actions.yaml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import (
    Action,
    AnyAction,
    Capacity,
    Close,
    Concentrate,
    Demand,
    LocationFilter,
    MovingCapacity,
    Open,
    RegionChoice,
    ShareCare,
    ShareParts,
    Spread,
    Temporary,
    Workforce,
)

Params = dict[str, Any]


def describe_action(action: AnyAction, region: Region | None) -> tuple[str, Params]:
    """Return (text key, parameters) of the sentence that says what an action does.

    `region` is that of the scenario, else of the run: an action without one of its own is about it.
    """
    key, params = _own_words(action, region)
    return f"action.{key}", params | {"start": _start(action)}


def _own_words(action: AnyAction, region: Region | None) -> tuple[str, Params]:
    if isinstance(action, Concentrate):
        return _concentrate(action, region)
    if isinstance(action, Spread):
        return _spread(action, region)
    if isinstance(action, ShareCare):
        return _share_care(action, region)
    if isinstance(action, Close):
        return _close(action)
    if isinstance(action, Open):
        return _open(action)
    if isinstance(action, Capacity):
        return _capacity(action)
    if isinstance(action, Demand):
        return _demand(action, region)
    return _workforce(action, region)


def _concentrate(action: Concentrate, region: Region | None) -> tuple[str, Params]:
    params = {
        "profiles": _profiles(action.profiles, first=True),
        "within": _within(action.within, region),
        "rule": _text(f"action.rule.{action.rule}"),
        "top_up": _text("action.top_up" if action.top_up else "action.nothing"),
        "capacity": _moving_capacity(action),
    }
    if action.at is not None:
        return "concentrate", params | {"at": {"names": action.at}}
    if action.to_minimum == "norm":
        return "concentrate_norm", params
    if action.to_minimum is not None:
        return "concentrate_minimum", params | {"n": {"n": action.to_minimum}}
    return "concentrate_one" if action.to_count == 1 else "concentrate_count", params | {
        "n": {"n": action.to_count}
    }


def _spread(action: Spread, region: Region | None) -> tuple[str, Params]:
    acute = _text("action.nothing")
    if action.acute is not None:
        acute = _text("action.acute" if action.acute else "action.acute_none", share=_share(action.acute))
    return "spread", {
        "profiles": _profiles(action.profiles, first=True),
        "within": _within(action.within, region),
        "share": _shares(action),
        "origin": _filter(action.from_),
        "to": _filter(action.to),
        "acute": acute,
        "rule": _text(f"action.rule.{action.rule}"),
        "capacity": _moving_capacity(action),
    }


def _shares(action: Spread) -> Params:
    if not isinstance(action.share, ShareParts):
        return _share(action.share)
    parts: list[tuple[Params, float]] = [
        (_text(f"hospital_type.{kind}.plural"), share) for kind, share in (action.share.by_type or {}).items()
    ]
    parts += [
        ({"name": profile, "lower": True}, share)
        for profile, share in (action.share.by_profile or {}).items()
    ]
    return {"texts": [_text("action.share_part", share=_share(share), of=of) for of, share in parts]}


def _share_care(action: ShareCare, region: Region | None) -> tuple[str, Params]:
    which = "both" if len(set(action.contacts)) > 1 else action.contacts[0]
    where = (
        _within(action.within, region)
        if action.locations is None
        else _text("action.treated_at", at={"names": action.locations})
    )
    params = {"profiles": _profiles(action.profiles, first=True), "where": where}
    return "shared_care", params | {"contacts": _text(f"action.contacts.{which}")}


def _close(action: Close) -> tuple[str, Params]:
    params: Params = {
        "location": {"name": action.location},
        "rule": _text(f"action.rule.{action.rule}"),
        "capacity": _moving_capacity(action),
    }
    if action.units is not None:
        return "close_units", params | {"units": _units(action.units)}
    if action.profiles is not None:
        return "close", params | {"profiles": _profiles(action.profiles)}
    return "close_all", params


def _open(action: Open) -> tuple[str, Params]:
    params: Params = {"location": {"name": action.location}}
    if action.profiles is not None:
        params["profiles"] = _profiles(action.profiles)
    if action.units is not None:
        params["units"] = _units(action.units)
    if action.profiles is None:
        return "open_units", params
    return "open" if action.units is None else "open_both", params


def _capacity(action: Capacity) -> tuple[str, Params]:
    if action.percent is not None:
        how, amount = "percent", _signed(action.percent)
    elif action.set is not None:
        how, amount = "set", {"n": action.set, "d": 0}
    else:
        how, amount = "add", _signed(action.add or 0.0)
    return f"capacity_{how}", {
        "location": {"name": action.location},
        "pool": {"name": action.pool, "lower": True},
        "unit": _text(f"pool.unit.{action.pool.split(':')[0]}"),
        "n": amount,
    }


def _demand(action: Demand, region: Region | None) -> tuple[str, Params]:
    kind, share = action.change
    ages = _text("action.nothing")
    if action.ages is not None:
        ages = _text("action.ages", ages={"texts": [_text(f"action.age.{band}") for band in action.ages]})
    return f"demand_{kind}", {
        "profiles": _profiles(action.profiles, first=True),
        "share": _share(share),
        "ages": ages,
        "within": _within(action.within, region),
    }


def _workforce(action: Workforce, region: Region | None) -> tuple[str, Params]:
    where = _text("action.all_locations")
    if action.types is not None or action.locations is not None:
        where = _filter(LocationFilter(types=action.types, locations=action.locations))
    return "workforce", {
        "profession": _text(f"action.profession.{action.profession}"),
        "n": _signed(action.percent),
        "where": where,
        "within": _within(action.within, region),
    }


def _start(action: Action) -> Params:
    until = action.until if isinstance(action, Temporary) else None
    dates = {
        name: {"date": date.isoformat()} for name, date in (("date", action.start), ("until", until)) if date
    }
    if not dates:
        return _text("action.nothing")
    return _text(
        "action.start_until" if len(dates) == 2 else "action.until" if until else "action.start", **dates
    )


def _moving_capacity(action: MovingCapacity) -> Params:
    """Return the sentences on the capacity that goes along and on what the move costs once, or nothing."""
    follows = _follows(action)
    if action.transition_cost is None:
        return follows
    cost = _text("action.transition_cost", euros={"n": action.transition_cost, "d": 0})
    return _text("action.then", one=follows, other=cost)


def _follows(action: MovingCapacity) -> Params:
    if not action.capacity_follows:
        return _text("action.nothing")
    after = _text("action.nothing")
    if action.after_months:
        key = "action.after_month" if action.after_months == 1 else "action.after_months"
        after = _text(key, n={"n": action.after_months})
    for kind, months in (("overlap", action.overlap_months), ("later", action.arrives_after_months)):
        if months:
            after = {"key": "action.then", "params": {"one": after, "other": _months(kind, months)}}
    staff = _text("action.nothing")
    if action.staff_not_moving:
        staff = _text("action.staff_not_moving", share=_share(action.staff_not_moving))
    return _text("action.capacity_follows", share=_share(action.capacity_follows), after=after, staff=staff)


def _months(kind: str, months: int) -> Params:
    return _text(f"action.{kind}_month" if months == 1 else f"action.{kind}_months", n={"n": months})


def _text(key: str, **params: Any) -> Params:
    return {"key": key, "params": params}


def _share(value: float) -> Params:
    # A share such as 12.5% keeps its decimal.
    return {"share": value, "d": 0 if float(round(value * 100, 6)).is_integer() else 1}


def _signed(value: float) -> Params:
    return {"n": value, "d": 0 if float(value).is_integer() else 1, "signed": True}


def _profiles(ids: Sequence[str], *, first: bool = False) -> Params:
    """Return names of profiles; `first`: the sentence begins with them."""
    return {"names": list(ids), "lower": "rest" if first else True}


def _units(units: Sequence[str]) -> Params:
    return {"texts": [_text(f"action.unit.{unit}") for unit in units]}


def _within(own: RegionChoice | None, region: Region | None) -> Params:
    if own is not None:
        region = Region(*own.kind_and_name())
    if region is None:
        return _text("action.within_none")
    return _text("action.within", kind=_text(f"region_kind.{region.kind}"), name=region.name)


def _filter(chosen: LocationFilter) -> Params:
    if chosen.locations is not None:
        return {"names": chosen.locations}
    return {"texts": [_text(f"hospital_type.{kind}.plural") for kind in chosen.types or ()]}
