"""Which hospital does what: ticks with what each does today, and the same on a map.

The ticks are the way by keyboard and for who does not see the map; a click on the map is a tick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.builder import desk as desks
from zorgstroom_ui.components.builder.documents import Path, found, put, toggled
from zorgstroom_ui.components.builder.facts import Facts, Place
from zorgstroom_ui.components.builder.fields import Fields, key_of
from zorgstroom_ui.components.html import Html, element, join, show
from zorgstroom_ui.components.map_base import QUIET, map_of, outline

#: Fewer expected patients a year are not told as a number.
FEWEST_PATIENTS = 10
HEIGHT = 460
#: With more hospitals on the map, their names would lie over each other.
MOST_NAMES = 14
#: Colour, shape and sign of a hospital on the map, by what it does.
_MARKS: Mapping[str, tuple[str, str, str]] = {
    "keeps": ("#154273", "circle", "●"),
    "starts": ("#00645A", "square", "■"),
    "stops": ("#A84300", "triangle-down", "▼"),
    "not": ("#595959", "cross", "✚"),
}
_POINTS = "ziekenhuis"


@dataclass(frozen=True)
class Pick:
    """Hospitals to choose from: for which care, and in which region."""

    path: Path
    label: str
    profiles: Sequence[str]
    region: Mapping[str, str] | None
    #: Whether who does not provide the care now may be chosen too.
    others: bool = True
    #: A list without hospitals stays in the document.
    empty: bool = False


def pick(fields: Fields, facts: Facts, choice: Pick) -> None:
    """Draw the hospitals as ticks, with their patients today, and the same as a map."""
    picked = [str(name) for name in fields.value(choice.path, [])]
    doing = facts.providers(choice.profiles, choice.region)
    rest = [name for name, place in facts.places.items() if place.lies_in(choice.region)]
    listed = facts.by_volume(list(dict.fromkeys([*doing, *picked])), choice.profiles)
    others = facts.by_volume([name for name in rest if name not in listed], choice.profiles)
    with steady.place():
        show(element("p", choice.label, "zs-label"))
        if not listed:
            show(element("p", session.text("build.pick.nobody"), "zs-small"))
        _ticks(fields, facts, choice, listed, picked)
    with steady.place():
        if others and choice.others:
            _others(fields, facts, choice, others, picked)
    with steady.place():
        _map(facts, choice, [*listed, *(others if choice.others else [])], picked, set(doing))
    fields.below(choice.path)


def _others(fields: Fields, facts: Facts, choice: Pick, others: Sequence[str], picked: list[str]) -> None:
    """Draw who does not provide the care now, behind a line to open."""
    title = session.text(
        "build.pick.others.one" if len(others) == 1 else "build.pick.others",
        count=number(len(others), fields.language),
    )
    with st.expander(title, key=f"{key_of(choice.path)}/others", on_change="rerun") as more:
        if more.open:
            _ticks(fields, facts, choice, others, picked)


def _ticks(fields: Fields, facts: Facts, choice: Pick, names: Sequence[str], picked: list[str]) -> None:
    for name in names:
        fields.tick_of(
            choice.path,
            name,
            words_of(facts, name, choice.profiles, fields.language),
            picked,
            empty=choice.empty,
        )


def words_of(facts: Facts, name: str, profiles: Sequence[str], language: Language) -> str:
    """Return a hospital with what it does today of these kinds of care."""
    place = facts.places.get(name)
    if place is None:
        return translate("build.pick.unknown", language, name=name)
    where = f"{place.name} ({place.town})" if place.town not in place.name else place.name
    if not profiles:
        return where
    patients = sum(place.patients.get(profile, 0.0) for profile in profiles)
    provides = any(name in facts.care[profile].locations for profile in profiles if profile in facts.care)
    if not provides:
        return f"{where}: {translate('build.pick.not_now', language)}"
    if patients < FEWEST_PATIENTS:
        return f"{where}: {translate('build.pick.few', language)}"
    return f"{where}: {translate('build.pick.patients', language, patients=number(patients, language))}"


def _map(facts: Facts, choice: Pick, names: Sequence[str], picked: Sequence[str], doing: set[str]) -> None:
    """Draw the map behind a tick: most people choose from the list, and it takes room."""
    on = f"{key_of(choice.path)}/map"
    if not st.toggle(session.text("build.pick.map"), key=on, wrap=True):
        return
    language = session.language()
    places = [facts.places[name] for name in names if name in facts.places]
    marked = [(place, _state(place.id in picked, place.id in doing)) for place in places]
    show(_legend())
    # A map that is clicked is drawn anew: what a click means is in the document, not in the map.
    turn = st.session_state.setdefault(f"{on}/turn", 0)
    spec = map_spec(marked, choice.profiles, facts, language)
    counts = {state: sum(1 for _, mine in marked if mine == state) for state in _MARKS}
    st.vega_lite_chart(
        spec,
        theme=None,
        width="stretch",
        key=f"{on}/{turn}",
        on_select=lambda: _clicked(choice, f"{on}/turn", f"{on}/{turn}"),
        selection_mode=_POINTS,
        alt=session.text(
            "build.pick.alt", **{state: number(count, language) for state, count in counts.items()}
        ),
    )
    show(element("p", session.text("build.pick.map.help"), "zs-small"))


def _legend() -> Html:
    """Return what the signs on the map mean: by shape as well as by colour."""
    entries = []
    for state, (colour, _, sign) in _MARKS.items():
        mark = element("span", sign, style=f"color:{colour}", aria_hidden="true")
        entries.append(element("span", join(mark, " ", session.text(f"build.pick.{state}"))))
    return element("div", join(*entries), "zs-legend")


def _clicked(choice: Pick, turn: str, key: str) -> None:
    """Tick or untick the hospital that was clicked on."""
    selection = st.session_state[key].get("selection", {}).get(_POINTS, [])
    names = [str(point["id"]) for point in selection if isinstance(point, dict) and "id" in point]
    st.session_state[turn] += 1
    if not names:
        return
    desk = desks.current()
    members = toggled(list(found(desk.document, choice.path, [])), names[0])
    desk.change(put(desk.document, choice.path, members if members or choice.empty else None))


def _state(picked: bool, doing: bool) -> str:
    if picked:
        return "keeps" if doing else "starts"
    return "stops" if doing else "not"


def map_spec(
    marked: Sequence[tuple[Place, str]], profiles: Sequence[str], facts: Facts, language: Language
) -> dict[str, Any]:
    """Return the map of hospitals, to be clicked on, as a Vega-Lite specification."""
    values = [
        {
            "id": place.id,
            "longitude": place.longitude,
            "latitude": place.latitude,
            "colour": _MARKS[state][0],
            "shape": _MARKS[state][1],
            "name": place.name,
            "what": words_of(facts, place.id, profiles, language),
            "does": translate(f"build.pick.{state}", language),
        }
        for place, state in marked
    ]
    position = {
        "longitude": {"field": "longitude", "type": "quantitative"},
        "latitude": {"field": "latitude", "type": "quantitative"},
    }
    named = {
        "data": {"values": values},
        "mark": {"type": "text", "dy": -15, "fontSize": 12, "color": "#1B1B1B", **QUIET},
        "encoding": {**position, "text": {"field": "name", "type": "nominal"}},
    }
    return map_of(
        [
            {
                "data": {"values": outline()["features"]},
                "mark": {"type": "geoshape", "fill": "#FFFFFF", "stroke": "#8A99AB", **QUIET},
            },
            {
                "data": {"values": values},
                "params": [{"name": _POINTS, "select": {"type": "point", "fields": ["id"]}}],
                "mark": {
                    "type": "point",
                    "filled": True,
                    "opacity": 1,
                    "size": 260,
                    "stroke": "#FFFFFF",
                    "strokeWidth": 1.5,
                    "cursor": "pointer",
                    **QUIET,
                },
                "encoding": {
                    **position,
                    "color": {"field": "colour", "type": "nominal", "scale": None, "legend": None},
                    "shape": {"field": "shape", "type": "nominal", "scale": None, "legend": None},
                    "tooltip": [
                        {"field": "what", "type": "nominal", "title": translate("ui.map.place", language)},
                        {"field": "does", "type": "nominal", "title": translate("build.pick.does", language)},
                    ],
                },
            },
            # Of many, the list has the names, and so has who points at one.
            *([named] if len(marked) <= MOST_NAMES else []),
        ],
        [(place.longitude, place.latitude) for place, _ in marked],
        HEIGHT,
        language,
    )
