"""The levers of each kind of choice."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, get_args

import streamlit as st

from zorgstroom.domain.scenario import AgeBand, Contact, LocationType, Profession, Unit
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.builder import desk as desks
from zorgstroom_ui.components.builder.documents import Document, Path, put
from zorgstroom_ui.components.builder.facts import Facts
from zorgstroom_ui.components.builder.fields import Fields, key_of
from zorgstroom_ui.components.builder.hospitals import Pick, pick

#: Draws the levers of a choice: its path, what it says, and what they need.
Levers = Callable[[Path, Document, Fields, Facts], None]

TYPES: tuple[str, ...] = get_args(LocationType)
UNITS: tuple[str, ...] = get_args(Unit)
CONTACTS: tuple[str, ...] = get_args(Contact)
AGES: tuple[str, ...] = get_args(AgeBand)
PROFESSIONS: tuple[str, ...] = get_args(Profession)
#: The slider of a minimum per location: where it ends at least, and its step.
LARGEST_MINIMUM, MINIMUM_STEP = 100, 5


def worded(prefix: str, members: Sequence[str]) -> dict[str, str]:
    """Return the words of values."""
    return {member: session.text(f"build.{prefix}.{member}") for member in members}


def care_options(facts: Facts, fields: Fields) -> dict[str, str]:
    """Return all kinds of care, by name."""
    names = {care.id: facts.name(care.id, fields.language) for care in facts.care.values()}
    return dict(sorted(names.items(), key=lambda item: item[1].casefold()))


def place_options(facts: Facts, fields: Fields, region: Mapping[str, str] | None) -> dict[str, str]:
    """Return the hospitals, those of the region first."""
    places = sorted(
        facts.places.values(), key=lambda place: (not place.lies_in(region), place.name.casefold())
    )
    return {place.id: f"{place.name} ({place.town})" for place in places}


def region_for(body: Document, fields: Fields) -> Mapping[str, str] | None:
    """Return the region a choice is about: its own, else that of the scenario."""
    region: Mapping[str, str] | None = body.get("within") or fields.value(("region",))
    return region


def _change(path: Path, changes: Mapping[str, Any]) -> None:
    """Put several values below a path at once: one step back undoes them together."""
    desk = desks.current()
    document = desk.document
    for name, value in changes.items():
        document = put(document, (*path, name), value)
    desk.change(document)


def _profiles(path: Path, fields: Fields, facts: Facts, *, needed: bool = True) -> None:
    fields.several(
        (*path, "profiles"), session.text("build.field.profiles"), care_options(facts, fields), empty=needed
    )


def _within(path: Path, fields: Fields, facts: Facts) -> None:
    fields.region(
        (*path, "within"),
        session.text("build.field.within"),
        facts.regions,
        session.text("build.within.scenario"),
    )


# 1 Concentreren


def concentrate(path: Path, body: Document, fields: Fields, facts: Facts) -> None:
    """Which care, at which hospitals or above which minimum, and where the others' patients go."""
    profiles, region = list(body.get("profiles") or []), region_for(body, fields)
    _profiles(path, fields, facts)
    how = next((name for name in ("to_minimum", "to_count", "at") if body.get(name) is not None), "at")
    doing = facts.providers(profiles, region)
    fields.chosen(
        f"{key_of(path)}/how",
        session.text("build.concentrate.how"),
        worded("concentrate.how", ("at", "to_minimum", "to_count")),
        how,
        partial(_how_concentrated, path, doing, _norms(profiles, facts)),
    )
    with steady.place():
        if how == "at":
            at = Pick((*path, "at"), session.text("build.concentrate.at"), profiles, region, empty=True)
            pick(fields, facts, at)
        elif how == "to_minimum":
            _minimum(path, body, fields, facts, profiles, doing)
        else:
            fields.whole(
                (*path, "to_count"),
                session.text("build.field.to_count"),
                low=1,
                high=max(2, len(doing)),
                step=1,
                now=_places_now(len(doing), fields),
            )
    _within(path, fields, facts)
    _rule_of_concentrating(path, body, fields, facts, how)
    fields.tick((*path, "top_up"), session.text("build.field.top_up"), hint=session.text("build.top_up.help"))
    moving(path, body, fields)


def _norms(profiles: Sequence[str], facts: Facts) -> list[int]:
    """Return the norms in force of these kinds of care."""
    found = [facts.care[name].norm for name in profiles if name in facts.care]
    return [norm for norm in found if norm is not None]


def _how_concentrated(path: Path, doing: Sequence[str], norms: Sequence[int], how: str) -> None:
    fresh: dict[str, Any] = {"at": None, "to_minimum": None, "to_count": None}
    fresh[how] = {
        "at": list(doing),
        "to_minimum": "norm" if norms else 20,
        "to_count": max(1, len(doing) - 1),
    }[how]
    if how != "at":
        # Fixed shares are of named hospitals.
        fresh |= {"shares": None, "rule": None}
    _change(path, fresh)


def _minimum(
    path: Path, body: Document, fields: Fields, facts: Facts, profiles: Sequence[str], doing: Sequence[str]
) -> None:
    norms = _norms(profiles, facts)
    text = session.text
    by_norm = body.get("to_minimum") == "norm"
    fields.chosen(
        f"{key_of(path)}/norm",
        text("build.minimum"),
        {
            "norm": text("build.minimum.norm"),
            "number": text("build.minimum.number"),
        },
        "norm" if by_norm else "number",
        lambda chosen: _change(path, {"to_minimum": "norm" if chosen == "norm" else (norms or [20])[0]}),
    )
    in_force = ", ".join(
        text(
            "build.minimum.in_force",
            care=facts.name(name, fields.language),
            norm=number(facts.care[name].norm or 0, fields.language),
        )
        for name in profiles
        if name in facts.care and facts.care[name].norm is not None
    )
    now = in_force or text("build.minimum.none")
    if by_norm:
        fields.below((*path, "to_minimum"), now)
        return
    largest = max(
        (facts.places[place].patients.get(name, 0.0) for place in doing for name in profiles), default=0.0
    )
    high = max(LARGEST_MINIMUM, math.ceil(largest / 50) * 50)
    fields.whole(
        (*path, "to_minimum"), text("build.minimum.slider"), low=5, high=high, step=MINIMUM_STEP, now=now
    )


def _rule_of_concentrating(path: Path, body: Document, fields: Fields, facts: Facts, how: str) -> None:
    options = ("choice", "nearest", "directed") if how == "at" else ("choice", "nearest")
    at = list(body.get("at") or [])
    current = str(body.get("rule", "choice"))

    def act(rule: str) -> None:
        _change(
            path,
            {
                "rule": None if rule == "choice" else rule,
                "shares": _equal_shares(at) if rule == "directed" and at else None,
            },
        )

    fields.chosen(
        f"{key_of(path)}/rule", session.text("build.field.rule"), worded("rule", options), current, act
    )
    with steady.place():
        places = dict.fromkeys([*at, *(body.get("shares") or {})]) if current == "directed" else ()
        for place in places:
            fields.amount(
                (*path, "shares", place),
                session.text("build.shares.of", place=facts.name(place, fields.language)),
                low=0.1,
                high=100,
                scale=100,
            )
    fields.below((*path, "rule"))
    fields.below((*path, "shares"))


def _equal_shares(places: Sequence[str]) -> dict[str, float]:
    """Return shares in tenths of a percent that add up to one."""
    each = 1000 // len(places)
    shares = dict.fromkeys(places, each)
    shares[places[0]] += 1000 - each * len(places)
    return {place: share / 1000 for place, share in shares.items()}


def moving(path: Path, body: Document, fields: Fields) -> None:
    """Which part of the capacity goes along, when, and what the move costs."""
    text = session.text

    def read_follows() -> None:
        # Handled below: without capacity that follows, its details mean nothing.
        shown = st.session_state[key]
        if shown == follows:
            return
        nothing = shown == 0
        details = dict.fromkeys(
            ("after_months", "staff_not_moving", "overlap_months", "arrives_after_months")
        )
        _change(
            path,
            {"capacity_follows": None if nothing else round(shown / 100, 6), **(details if nothing else {})},
        )

    key = key_of((*path, "capacity_follows"))
    follows = float(body.get("capacity_follows") or 0.0) * 100
    if st.session_state.get(key) != follows:
        st.session_state[key] = follows
    st.slider(
        text("build.field.capacity_follows"),
        0.0,
        100.0,
        step=1.0,
        key=key,
        format="%.10g%%",
        on_change=read_follows,
    )
    fields.below((*path, "capacity_follows"), text("build.capacity_follows.now"))
    with st.expander(text("build.moving"), key=f"{key_of(path)}/moving", on_change="rerun") as more:
        if not more.open:
            return
        with steady.place():
            if follows:
                _following(path, body, fields)
        fields.amount(
            (*path, "transition_cost"),
            text("build.field.transition_cost"),
            low=0,
            high=1e10,
            hint=text("build.transition_cost.help"),
        )


def _following(path: Path, body: Document, fields: Fields) -> None:
    """When capacity that goes along is there, and what becomes of it in the meantime."""
    text = session.text
    fields.amount((*path, "after_months"), text("build.field.after_months"), low=0, high=60, whole=True)
    fields.share((*path, "staff_not_moving"), text("build.field.staff_not_moving"))
    ways = ("overlap_months", "arrives_after_months")
    later = next((name for name in ways if body.get(name)), "none")
    fields.chosen(
        f"{key_of(path)}/meanwhile",
        text("build.meanwhile"),
        worded("meanwhile", ("none", *ways)),
        later,
        lambda chosen: _change(path, {name: 3 if name == chosen else None for name in ways}),
    )
    if later != "none":
        fields.amount((*path, later), text(f"build.field.{later}"), low=1, high=60, whole=True, needed=True)


# 2 Spreiden


def spread(path: Path, body: Document, fields: Fields, facts: Facts) -> None:
    """Which care, from where to where, and which part of the patients."""
    _profiles(path, fields, facts)
    profiles, region = list(body.get("profiles") or []), region_for(body, fields)
    _filter((*path, "from"), body.get("from") or {}, fields, facts, profiles, region)
    _filter((*path, "to"), body.get("to") or {}, fields, facts, profiles, region)
    _share(path, body, fields, facts, profiles)
    _acute(path, body, fields)
    _within(path, fields, facts)
    fields.one_of(
        (*path, "rule"),
        session.text("build.field.rule"),
        worded("rule", ("nearest", "choice")),
        default="nearest",
    )
    moving(path, body, fields)


def _filter(
    path: Path,
    chosen: Document,
    fields: Fields,
    facts: Facts,
    profiles: Sequence[str],
    region: Mapping[str, str] | None,
) -> None:
    """Hospitals by type, or one by one."""
    end = str(path[-1])
    by = "locations" if "locations" in chosen else "types"

    def act(new: str) -> None:
        doing = facts.providers(profiles, region)
        named = [name for name in doing if facts.places[name].type in (chosen.get("types") or [])]
        fresh = named if new == "locations" else ["umc", "topklinisch"] if end == "from" else ["algemeen"]
        desk = desks.current()
        desk.change(put(desk.document, path, {new: fresh}))

    fields.chosen(
        f"{key_of(path)}/by",
        session.text(f"build.spread.{end}"),
        worded("spread.by", ("types", "locations")),
        by,
        act,
    )
    words = session.text(f"build.spread.{end}.{by}")
    with steady.place():
        if by == "types":
            fields.ticks((*path, "types"), words, worded("types", TYPES), empty=True)
        else:
            one_by_one = Pick((*path, "locations"), words, profiles, region, others=end == "to", empty=True)
            pick(fields, facts, one_by_one)


def _share(path: Path, body: Document, fields: Fields, facts: Facts, profiles: Sequence[str]) -> None:
    share = body.get("share")
    text = session.text
    by = next(iter(share), "one") if isinstance(share, dict) else "one"

    def act(new: str) -> None:
        types = (body.get("from") or {}).get("types") or list(TYPES[:2])
        fresh: Any = 0.1
        if new == "by_type":
            fresh = {"by_type": dict.fromkeys(types, 0.1)}
        elif new == "by_profile":
            fresh = {"by_profile": dict.fromkeys(profiles, 0.1)}
        _change(path, {"share": fresh})

    fields.chosen(
        f"{key_of(path)}/share-by",
        text("build.share"),
        worded("share", ("one", "by_type", "by_profile")),
        by,
        act,
    )
    now = text("build.share.now")
    members = worded("types", TYPES) if by == "by_type" else {}
    if by == "by_profile":
        named = dict.fromkeys([*profiles, *(share or {}).get("by_profile", {})])
        members = {name: facts.name(name, fields.language) for name in named}
    with steady.place():
        if by == "one":
            fields.share((*path, "share"), text("build.field.share"), low=1, now=now, empty=None)
        for name, words in members.items():
            fields.share((*path, "share", by, name), text("build.share.of", of=words), now=now)


def _acute(path: Path, body: Document, fields: Fields) -> None:
    own = "acute" in body
    fields.chosen(
        f"{key_of(path)}/acute-as",
        session.text("build.acute"),
        worded("acute", ("same", "own")),
        "own" if own else "same",
        lambda chosen: _change(path, {"acute": 0.0 if chosen == "own" else None}),
    )
    with steady.place():
        if own:
            fields.share((*path, "acute"), session.text("build.field.acute"), empty=None)


# 3 Zorgpad splitsen, sluiten, openen


def shared_care(path: Path, body: Document, fields: Fields, facts: Facts) -> None:
    """Which care, and which appointments are close to home."""
    _profiles(path, fields, facts)
    fields.ticks(
        (*path, "contacts"),
        session.text("build.field.contacts"),
        worded("contacts", CONTACTS),
        default=CONTACTS,
        empty=True,
    )
    profiles, region = list(body.get("profiles") or []), region_for(body, fields)
    which = "some" if "locations" in body else "all"
    fields.chosen(
        f"{key_of(path)}/where",
        session.text("build.shared_care.where"),
        worded("shared_care.where", ("all", "some")),
        which,
        lambda chosen: _change(
            path, {"locations": facts.providers(profiles, region) if chosen == "some" else None}
        ),
    )
    with steady.place():
        if which == "some":
            words = session.text("build.shared_care.locations")
            some = Pick((*path, "locations"), words, profiles, region, others=False, empty=True)
            pick(fields, facts, some)
    _within(path, fields, facts)


def close(path: Path, body: Document, fields: Fields, facts: Facts) -> None:
    """Which hospital stops with what, and where its patients go."""
    text = session.text
    _location(path, fields, facts)
    what = next((name for name in ("profiles", "units") if name in body), "all")
    place = facts.places.get(str(body.get("location")))
    offered = [care.id for care in facts.care.values() if place is not None and place.id in care.locations]

    def act(new: str) -> None:
        _change(
            path, {"profiles": [] if new == "profiles" else None, "units": ["ed"] if new == "units" else None}
        )

    fields.chosen(
        f"{key_of(path)}/what",
        text("build.close.what"),
        worded("close.what", ("all", "profiles", "units")),
        what,
        act,
    )
    with steady.place():
        if what == "profiles":
            options = care_options(facts, fields)
            fields.several(
                (*path, "profiles"),
                text("build.close.profiles"),
                {name: words for name, words in options.items() if name in offered} or options,
                empty=True,
            )
        elif what == "units":
            fields.ticks((*path, "units"), text("build.close.units"), worded("units", UNITS), empty=True)
    fields.one_of(
        (*path, "rule"), text("build.field.rule"), worded("rule", ("choice", "nearest")), default="choice"
    )
    moving(path, body, fields)


def open_(path: Path, body: Document, fields: Fields, facts: Facts) -> None:
    """Which hospital starts with what."""
    _location(path, fields, facts)
    place = str(body.get("location", ""))
    options = {
        name: words
        for name, words in care_options(facts, fields).items()
        if place not in facts.care[name].locations
    }
    fields.several((*path, "profiles"), session.text("build.open.profiles"), options)
    fields.ticks((*path, "units"), session.text("build.open.units"), worded("units", UNITS))


def _location(path: Path, fields: Fields, facts: Facts) -> None:
    options = {"": session.text("build.choose")} | place_options(facts, fields, fields.value(("region",)))
    fields.one_of((*path, "location"), session.text("build.field.location"), options, as_list=True)


# 4 Omstandigheden


def capacity(path: Path, body: Document, fields: Fields, facts: Facts) -> None:
    """Which hospital gets more or less of what."""
    text = session.text
    _location(path, fields, facts)
    place = facts.places.get(str(body.get("location")))
    pools = {pool: names.get(fields.language, pool) for pool, names in facts.pool_names.items()}
    fields.one_of(
        (*path, "pool"),
        text("build.field.pool"),
        {"": text("build.choose")} | pools,
        as_list=True,
        now=_pool_now(body, facts, fields),
    )
    how = next((name for name in ("add", "percent", "set") if name in body), "add")

    def act(new: str) -> None:
        known = place.pools.get(str(body.get("pool"))) if place else None
        fresh = {"add": 0, "percent": 0, "set": known.amount if known else 0}
        _change(path, {name: fresh[name] if name == new else None for name in fresh})

    fields.chosen(
        f"{key_of(path)}/how",
        text("build.capacity.how"),
        worded("capacity.how", ("add", "percent", "set")),
        how,
        act,
    )
    bounds = {"add": (-1e6, 1e6), "percent": (-100, 1000), "set": (0, 1e6)}[how]
    fields.amount((*path, how), text(f"build.field.{how}"), low=bounds[0], high=bounds[1], needed=True)


def _pool_now(body: Document, facts: Facts, fields: Fields) -> str | None:
    place = facts.places.get(str(body.get("location")))
    if place is None or not body.get("pool"):
        return None
    known = place.pools.get(str(body["pool"]))
    if known is None:
        return session.text("build.capacity.none")
    decimals = 0 if known.unit == "beds" else 1
    unit = session.text(f"scenario.unit.{known.unit}").strip()
    return f"{number(known.amount, fields.language, decimals)} {unit}"


def workforce(path: Path, body: Document, fields: Fields, facts: Facts) -> None:
    """Which staff there is more or less of, and where."""
    text = session.text
    fields.one_of((*path, "profession"), text("build.field.profession"), worded("profession", PROFESSIONS))
    fields.amount(
        (*path, "percent"),
        text("build.workforce.percent"),
        low=-100,
        high=1000,
        needed=True,
        now=text("build.workforce.now"),
    )
    where = next((name for name in ("types", "locations") if name in body), "all")
    region = region_for(body, fields)

    def act(new: str) -> None:
        _change(
            path,
            {
                "types": ["algemeen"] if new == "types" else None,
                "locations": [] if new == "locations" else None,
            },
        )

    fields.chosen(
        f"{key_of(path)}/where",
        text("build.workforce.where"),
        worded("workforce.where", ("all", "types", "locations")),
        where,
        act,
    )
    with steady.place():
        if where == "types":
            fields.ticks((*path, "types"), text("build.workforce.types"), worded("types", TYPES), empty=True)
        elif where == "locations":
            one_by_one = Pick((*path, "locations"), text("build.workforce.locations"), (), region, empty=True)
            pick(fields, facts, one_by_one)
    _within(path, fields, facts)


def demand(path: Path, body: Document, fields: Fields, facts: Facts) -> None:
    """Which patients stay away, are helped elsewhere or come extra."""
    text = session.text
    _profiles(path, fields, facts)
    kind = next((name for name in ("prevent", "replace", "grow") if name in body), "prevent")
    fields.chosen(
        f"{key_of(path)}/how",
        text("build.demand.how"),
        worded("demand.how", ("prevent", "replace", "grow")),
        kind,
        lambda new: _change(
            path, {name: 0.1 if name == new else None for name in ("prevent", "replace", "grow")}
        ),
    )
    fields.share(
        (*path, kind),
        text(f"build.field.{kind}"),
        low=1,
        high=500 if kind == "grow" else 100,
        now=text("build.demand.now"),
        empty=None,
    )
    fields.ticks((*path, "ages"), text("build.field.ages"), worded("ages", AGES))
    _within(path, fields, facts)


def _places_now(count: int, fields: Fields) -> str:
    return session.text(
        "build.places.one" if count == 1 else "build.places", count=number(count, fields.language)
    )


def _care_today(body: Document, facts: Facts, fields: Fields) -> str | None:
    """Return where the care of a choice is now."""
    region = region_for(body, fields)
    parts = [
        f"{facts.name(name, fields.language)}: {_places_now(len(facts.providers([name], region)), fields)}"
        for name in body.get("profiles") or []
    ]
    return "; ".join(parts) or None


LEVERS: Mapping[str, Levers] = {
    "concentrate": concentrate,
    "spread": spread,
    "shared_care": shared_care,
    "close": close,
    "open": open_,
    "capacity": capacity,
    "workforce": workforce,
    "demand": demand,
}
#: What there is today of what a choice is about, in words.
TODAY_OF: Mapping[str, Callable[[Document, Facts, Fields], str | None]] = {
    "concentrate": _care_today,
    "spread": _care_today,
    "shared_care": _care_today,
    "capacity": _pool_now,
    "workforce": lambda _body, _facts, _fields: session.text("build.workforce.now"),
    "demand": lambda _body, _facts, _fields: session.text("build.demand.now"),
}
