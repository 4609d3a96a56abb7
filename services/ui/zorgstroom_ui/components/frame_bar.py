"""The bar above every page: area, division, year, language, and where keys are asked for one's own key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import streamlit as st

from zorgstroom.errors import ZorgstroomError
from zorgstroom.text import LANGUAGES, Language, translate
from zorgstroom_ui import session
from zorgstroom_ui.components import own_key
from zorgstroom_ui.components.html import box, element, join, link, listing, paragraph, show
from zorgstroom_ui.components.wording import area_name
from zorgstroom_ui.nearest import nearest_areas

LANGUAGE_NAMES: dict[Language, str] = {"nl": "Nederlands", "en": "English"}


def show_bar() -> None:
    """Draw the bar; without the service only what needs none."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="zs-bar"):
        try:
            _show_choices()
            own_key.show_box()
        except ZorgstroomError:
            # The page says that the service is away.
            st.space("small")
        for language in LANGUAGES:
            if language != session.language():
                # A button, not a link: what was typed on the page stays.
                st.button(
                    LANGUAGE_NAMES[language],
                    key="frame-language",
                    type="tertiary",
                    on_click=session.set_language,
                    args=(language,),
                )


def show_unknown() -> None:
    """Say which area or year in the address does not exist, and what may have been meant."""
    text, language = session.text, session.language()
    try:
        divisions, years = session.divisions(), session.years()
    except ZorgstroomError:
        return
    asked = session.remembered("gebied")
    if asked and asked != session.COUNTRY and not session.area():
        session.forget("gebied")
        offers = [
            link(area_name(area, language), session.here(gebied=area))
            for area in nearest_areas(asked, divisions)
        ]
        show(missing(text("ui.unknown.area", area=asked), offers))
    asked = session.remembered("indeling")
    if asked and asked not in divisions:
        session.forget("indeling")
        show(missing(text("ui.unknown.division", division=asked), _divisions(divisions, language)))
    asked = session.remembered("jaar")
    if asked and str(session.year()) != asked:
        session.forget("jaar")
        show(missing(text("ui.unknown.year", year=asked, first=str(years[0]), last=str(years[-1])), []))


def _divisions(kinds: Iterable[str], language: Language) -> list[str]:
    return [link(translate(f"ui.division.{kind}", language), session.here(indeling=kind)) for kind in kinds]


def _show_choices() -> None:
    text, language = session.text, session.language()
    division = session.division()
    areas = [session.COUNTRY, *(f"{division}:{name}" for name in session.divisions()[division])]
    _select("gebied", areas, session.area() or session.COUNTRY, lambda area: _area_name(area, language), 290)
    kinds = list(session.divisions())
    _select("indeling", kinds, division, lambda kind: text(f"ui.division.{kind}"), 165)
    _select("jaar", [str(year) for year in session.years()], str(session.year()), str, 105)


def _select(name: str, options: Sequence[str], current: str, words: Callable[[Any], str], width: int) -> None:
    key = f"frame-{name}"
    st.session_state[key] = current
    st.selectbox(
        session.text(f"ui.bar.{name}"),
        options,
        format_func=words,
        key=key,
        on_change=_chosen,
        args=(name,),
        width=width,
    )


def _chosen(name: str) -> None:
    session.choose(name, st.session_state[f"frame-{name}"])
    if name == "indeling":
        # The area is one of another division.
        session.choose("gebied", session.COUNTRY)


def _area_name(area: str, language: Language) -> str:
    return area_name("" if area == session.COUNTRY else area, language)


def missing(words: str, offers: Sequence[str]) -> str:
    """Return that something in the address does not exist, with links to what may have been meant."""
    content = paragraph(words)
    if offers:
        content = join(content, paragraph(session.text("ui.unknown.meant")), listing(offers))
    return element("div", box(content, "zs-note"), role="alert")
