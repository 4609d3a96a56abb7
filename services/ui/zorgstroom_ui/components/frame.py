"""What every page has: area, year and language, the scenario it is about, the footer, and mistakes as text.

The entry script draws it around each page; a page says with `rests_on` which results it shows.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources

import streamlit as st

from zorgstroom import __version__, style
from zorgstroom.client import ScenarioInfo
from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom.reporting.impact import Identity
from zorgstroom.text import LANGUAGES, Language, catalogue, translate
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import away, frame_bar, older, share, steady
from zorgstroom_ui.components.html import Html, box, element, h1, join, link, listing, paragraph, show
from zorgstroom_ui.components.wording import area_name, basis_lines, date_text, figures_in_use
from zorgstroom_ui.session import UnknownPlan

logger = logging.getLogger(__name__)

#: In the address of a link that somebody shared.
SHARED_MARK = "gedeeld"
#: Keys of the words that the toolkit of the screens fixes in English.
TOOLKIT = "ui.toolkit."


class Frame:
    """The frame of one page: drawn before it, and finished when it is known what the page shows."""

    def __init__(self, pages: Sequence[str], page_title: str, page_address: str) -> None:
        self._pages = pages
        self._title = page_title
        self._address = page_address

    def begin(self) -> None:
        """Draw what comes before the page."""
        session.try_again()
        session.remember_language()
        st.session_state.pop("identities", None)
        _style_and_script(session.language(), self._pages)
        for name in session.SHARED:
            session.remembered(name)
        plan, unknown = _plan_in_address()
        frame_bar.show_bar()
        with st.container(horizontal=True, vertical_alignment="center", key="zs-strip"):
            show(_scenario_line(plan))
            self._share = st.container(width="content")
        self._plan = plan
        # Always there, so that nothing moves when it is filled.
        self._notes = st.container(key="zs-notes")
        with self._notes:
            self._away = steady.place()
            frame_bar.show_unknown()
            if unknown is not None:
                _show_unknown_plan(unknown)
            if plan is not None and SHARED_MARK in st.query_params:
                copy = link(session.text("ui.shared.copy"), session.address("scenario", vanuit=plan.id))
                show(box(paragraph(join(session.text("ui.shared"), " ", copy)), "zs-info"))

    def end(self) -> None:
        """Draw what comes after the page, and what could not be known before it."""
        identities: Sequence[Identity] = st.session_state.pop("identities", ())
        figures: Identity | None = st.session_state.pop("figures", None)
        with self._share:
            share.show_box(self._share_title(), self._address, [identity.run_id for identity in identities])
        if session.service_away():
            with self._away:
                away.show_last_known()
        show(_footer(identities, figures))

    def _share_title(self) -> str:
        parts = ["Zorgstroom", self._title, self._plan.name if self._plan else ""]
        return " – ".join(part for part in parts if part)


def rests_on(identities: Sequence[Identity]) -> None:
    """Say which results the page shows: for the footer, and for a word about those of an older model."""
    st.session_state["identities"] = tuple(identities)
    older.show_note(identities)


def show_figures_in_use() -> None:
    """Say on a page without outcomes which figures the outcomes of this installation rest on, if not public ones."""
    identity = session.newest_identity()
    st.session_state["figures"] = identity
    show(figures_in_use(identity, session.language()))


@contextmanager
def mistakes_as_text() -> Iterator[None]:
    """Draw the page; show what goes wrong as a sentence with what to do next instead of what was drawn of it.

    The frame and the menu keep working, and what was filled in stays.
    """
    # Not one `st.empty` for both: it takes the page away at every drawing, and what somebody is typing with it.
    told = steady.place()
    try:
        with st.container(key="zs-drawn"):
            yield
    except ZorgstroomError as error:
        logger.warning("page could not be shown: %s", error)
        with told:
            _show_instead()
            _show_mistake(error)
    except Exception:
        # A mistake of ours. Who reports its number leads us to the line in the log.
        code = secrets.token_hex(2).upper()
        logger.exception("page could not be shown: mistake %s", code)
        with told:
            _show_instead()
            words = paragraph(session.text("ui.mistake.ours", code=code))
            show(h1(session.text("ui.mistake.title")), element("div", box(words, "zs-note"), role="alert"))


def _style_and_script(language: Language, pages: Sequence[str]) -> None:
    st.html(f"<style>{style.stylesheet()}{_own_file('style.css')}</style>")
    skip = json.dumps(session.text("ui.skip"), ensure_ascii=False)
    script = "\n".join(
        [
            _own_file("frame.js"),
            f"window.zorgstroom.pages = {json.dumps(list(pages))};",
            f"window.zorgstroom.words = {json.dumps(_toolkit_words(language))};",
            "window.zorgstroom.mend();",
            f"document.documentElement.lang = {json.dumps(language)};",
            f'document.getElementById("zs-skip").textContent = {skip};',
        ]
    )
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


@cache
def _own_file(name: str) -> str:
    return resources.files("zorgstroom_ui").joinpath(name).read_text("utf-8")


@cache
def _toolkit_words(language: Language) -> dict[str, str]:
    """Return the fixed words of the toolkit, in every other language, with those of this one."""
    keys = [key for key in catalogue(language) if key.startswith(TOOLKIT)]
    others = [other for other in LANGUAGES if other != language]
    return {translate(key, other): translate(key, language) for other in others for key in keys}


def _plan_in_address() -> tuple[ScenarioInfo | None, UnknownPlan | None]:
    """Return the scenario in the address, or why there is none; what is unknown is dropped from it."""
    try:
        return session.chosen_plan(), None
    except UnknownPlan as error:
        session.forget("s")
        return None, error
    except ZorgstroomError as error:
        # The page says it, where it needs the scenario.
        logger.warning("the scenario in the address cannot be read: %s", error)
        return None, None


def _scenario_line(plan: ScenarioInfo | None) -> Html:
    """Return ``Dit scenario: "..." - 4 keuzes - t.o.v. Nu``."""
    text, language = session.text, session.language()
    if plan is None:
        unreadable = session.remembered("s") is not None
        return element("div", text("ui.strip.unreadable" if unreadable else "ui.strip.none"), "zs-where")
    key = "ui.strip.choice" if plan.actions == 1 else "ui.strip.choices"
    choices = text(key, count=number(plan.actions, language))
    parts = [
        join(text("ui.strip.plan"), " ", element("b", plan.name)),
        area_name(plan.region, language),
        choices,
        text("ui.strip.reference"),
        link(text("ui.strip.report"), session.address("rapport")),
    ]
    return element("div", join(*(element("span", part) for part in parts)), "zs-where")


def _show_unknown_plan(error: UnknownPlan) -> None:
    show(element("div", box(_mistake_with_offers(error), "zs-note"), role="alert"))


def _mistake_with_offers(error: UnknownPlan) -> Html:
    """Return what is missing, and the plans that may have been meant."""
    text = session.text
    offers = listing(link(plan.name, session.here(s=plan.slug or plan.id)) for plan in error.nearest)
    meant = text("ui.unknown.meant") if error.nearest else text("ui.unknown.nothing")
    return join(
        paragraph(error.message(session.language())),
        paragraph(meant),
        offers if error.nearest else paragraph(link(text("ui.to_start"), session.address("", s=None))),
    )


def _footer(identities: Sequence[Identity], figures: Identity | None) -> Html:
    """Return which data and which model, so that every number leads back to its run."""
    text, language = session.text, session.language()
    lines: list[str] = [*basis_lines(identities or ([figures] if figures else []), language)]
    if identities:
        first = identities[0]
        lines.append(
            text(
                "ui.footer.identity",
                model=first.model_version,
                dataset=f"{first.dataset_id} {first.dataset_version}",
                chance=str(first.seed),
                created=date_text(first.created, language),
            )
        )
        runs = ", ".join(identity.run_id for identity in identities)
        lines.append(text("ui.footer.run", calculation=runs, digest=first.dataset_digest[:12]))
    else:
        lines.append(text("ui.footer.version", version=__version__))
    about = [
        link(text(f"ui.footer.{name}"), session.address("over", deel=part))
        for name, part in (("accessibility", "toegankelijkheid"), ("privacy", "privacy"))
    ]
    lines.append(join(about[0], " · ", about[1]))
    return element("footer", join(*(paragraph(line) for line in lines)), "zs-foot")


def _show_instead() -> None:
    """Hide what was drawn of the page."""
    st.session_state.pop("identities", None)
    st.html("<style>.st-key-zs-drawn { display: none; }</style>")


def _show_mistake(error: ZorgstroomError) -> None:
    text, language = session.text, session.language()
    if isinstance(error, Unavailable):
        away.show_nothing_known(error)
        return
    if isinstance(error, UnknownPlan):
        content = _mistake_with_offers(error)
    else:
        ways = [link(text("ui.to_start"), session.address(""))]
        if "run" in st.query_params and (plan := session.remembered("s")):
            ways.insert(0, link(text("ui.unknown.newest"), session.address("impact", s=plan)))
        content = join(paragraph(error.message(language)), listing(ways))
    show(h1(text("ui.mistake.title")), element("div", box(content, "zs-note"), role="alert"))
