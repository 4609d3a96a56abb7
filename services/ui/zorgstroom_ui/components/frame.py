"""What every page has: its language, the way past the menu, the footer, and mistakes as text."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from zorgstroom import __version__
from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom.reporting.impact import Identity
from zorgstroom.text import LANGUAGES, Language
from zorgstroom_ui import session
from zorgstroom_ui.components.html import Html, box, element, h1, join, link, paragraph, show
from zorgstroom_ui.components.wording import area_name, basis_lines, date_text, figures_in_use

logger = logging.getLogger(__name__)

LANGUAGE_NAMES: dict[Language, str] = {"nl": "Nederlands", "en": "English"}

# The skip link has to be the first stop of the Tab key, before Streamlit's own menu, and only a script
# can put it there; the same script keeps the language of the document right when the visitor switches.
_SCRIPT = """
document.documentElement.lang = {language};
let skip = document.getElementById("zs-skip");
if (!skip) {{
  skip = document.createElement("a");
  skip.id = "zs-skip"; skip.className = "zs-skip"; skip.href = "#inhoud";
  document.body.prepend(skip);
}}
skip.textContent = {label};
"""


def begin(language: Language) -> None:
    """Draw what comes before the page."""
    style = resources.files("zorgstroom_ui").joinpath("style.css").read_text("utf-8")
    st.html(f"<style>{style}</style>")
    script = _SCRIPT.format(
        language=json.dumps(language), label=json.dumps(session.text("ui.skip"), ensure_ascii=False)
    )
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def strip(where: str) -> None:
    """Draw the line that says what the page is about, with the language switch at its end."""
    show(
        element(
            "div",
            join(element("span", where, "zs-where"), _language_switch()),
            "zs-bar",
            id="inhoud",
        )
    )


def _language_switch() -> Html:
    current = session.language()
    names = []
    for language in LANGUAGES:
        name = LANGUAGE_NAMES[language]
        if language == current:
            names.append(element("span", name, aria_current="true", lang=language))
        else:
            names.append(element("a", name, href=_same_page_in(language), lang=language))
    separator = Html(' <span aria-hidden="true">|</span> ')
    label = session.text("ui.language")
    return element("nav", join(names[0], separator, names[1]), "zs-languages", aria_label=label)


def _same_page_in(language: Language) -> str:
    """Return the address of this page with everything in it, in another language."""
    others = {name: st.query_params.get_all(name) for name in st.query_params if name != "taal"}
    return session.address("", **others, taal=language).removeprefix("./")


def rests_on(identities: Sequence[Identity]) -> None:
    """Remember which results the page shows, for the footer."""
    st.session_state["identities"] = tuple(identities)


def show_figures_in_use() -> None:
    """Say on a page without outcomes which figures the outcomes of this installation rest on, if not public ones."""
    identity = session.newest_identity()
    st.session_state["figures"] = identity
    show(figures_in_use(identity, session.language()))


def end() -> None:
    """Draw the footer: which data and which model, so that every number leads back to its run."""
    identities: Sequence[Identity] = st.session_state.pop("identities", ())
    figures: Identity | None = st.session_state.pop("figures", None)
    text = session.text
    lines = basis_lines(identities or ([figures] if figures else []), session.language())
    if identities:
        first = identities[0]
        lines.append(
            text(
                "ui.footer.identity",
                model=first.model_version,
                dataset=f"{first.dataset_id} {first.dataset_version}",
                chance=str(first.seed),
                created=date_text(first.created, session.language()),
            )
        )
        runs = ", ".join(identity.run_id for identity in identities)
        lines.append(text("ui.footer.run", calculation=runs, digest=first.dataset_digest[:12]))
    else:
        lines.append(text("ui.footer.version", version=__version__))
    show(element("footer", join(*(paragraph(line) for line in lines)), "zs-foot"))


def subject(identity: Identity, name: str) -> Html:
    """Return the words of the strip for a plan: area, year, plan and what it is compared with."""
    language = session.language()
    area = element("b", area_name(identity.region, language))
    return join(
        area,
        f" · {identity.demand_year} · ",
        session.text("ui.strip.plan"),
        " ",
        element("b", name),
        " ",
        session.text("ui.strip.reference"),
    )


@contextmanager
def mistakes_as_text(place: DeltaGenerator) -> Iterator[None]:
    """Show what went wrong as a sentence with what to do next, in `place` instead of what was drawn of the page.

    The frame and the menu keep working.
    """
    try:
        yield
    except ZorgstroomError as error:
        logger.warning("page could not be shown: %s", error)
        st.session_state.pop("identities", None)
        with place.container():
            _show_mistake(error)


def _show_mistake(error: ZorgstroomError) -> None:
    text, language = session.text, session.language()
    lines = [paragraph(error.message(language))]
    if isinstance(error, Unavailable):
        title = text("ui.unavailable.title")
        lines.append(paragraph(text("ui.unavailable.next")))
        lines.append(paragraph(link(text("ui.try_again"), _same_page_in(language))))
    else:
        title = text("ui.mistake.title")
        lines.append(paragraph(link(text("ui.to_start"), session.address(""))))
    strip(text("ui.strip.none"))
    show(h1(title), element("div", box(join(*lines), "zs-note"), role="alert"))
