"""The page about the model: parts with an address each, most of them readable without the service."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping

import streamlit as st

from zorgstroom import __version__
from zorgstroom.errors import ZorgstroomError
from zorgstroom.reporting.verification import shipped_verification
from zorgstroom.reporting.verification_views import VerificationViews
from zorgstroom.text import Language, catalogue, translate
from zorgstroom.text.numbers import date
from zorgstroom_ui import session
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    box,
    element,
    h1,
    h2,
    join,
    link,
    listing,
    paragraph,
    show,
    table,
)
from zorgstroom_ui.components.picture import Sheet, show_table_files
from zorgstroom_ui.components.report_tables import report_table, sheet_of
from zorgstroom_ui.session import text

#: In the address: which part is shown.
PART = "deel"
#: When the statement on accessibility was drawn up.
STATEMENT = dt.date(2026, 11, 23)
LIMITS = ("hospital", "patients", "reaction", "staff", "quality", "money", "transport", "people", "private")
LICENCES = ("code", "cbs", "rivm", "osm", "outline")
REGISTER = (
    "name",
    "organisation",
    "short",
    "type",
    "goal",
    "considerations",
    "human",
    "risks",
    "law",
    "data",
    "method",
    "supplier",
    "dates",
)
TERM = "term."


def show_page() -> None:
    """Show the part that the address asks for."""
    asked = st.query_params.get(PART, "")
    part = asked if asked in PARTS else next(iter(PARTS))
    show(h1(text("ui.over.title")), paragraph(text("ui.over.lead"), "zs-lead"), _contents(part))
    if asked and asked != part:
        show(
            element("div", box(paragraph(text("ui.over.unknown_part", part=asked)), "zs-note"), role="alert")
        )
    show(h2(text(f"ui.over.part.{part}")))
    PARTS[part]()


def _contents(shown: str) -> Html:
    """Return the parts of the page, as a way to each of them."""
    entries = []
    for part in PARTS:
        here = {"aria_current": "page"} if part == shown else {}
        entries.append(
            element("a", text(f"ui.over.part.{part}"), href=session.address("over", **{PART: part}), **here)
        )
    items = join(*(element("li", entry) for entry in entries))
    return element("nav", element("ul", items), "zs-parts", aria_label=text("ui.over.contents"))


def _does() -> None:
    steps = listing(
        (text(f"ui.over.does.{name}") for name in ("people", "choice", "queues", "chance")), ordered=True
    )
    show(
        paragraph(text("ui.over.does.lead")),
        steps,
        *(paragraph(text(f"ui.over.does.{name}")) for name in ("sources", "use")),
    )


def _limits() -> None:
    columns = [
        Column(text("ui.over.limits.what")),
        Column(text("ui.over.limits.why"), "text"),
        Column(text("ui.over.limits.means"), "text"),
    ]
    rows = [
        TableRow([text(f"ui.over.limit.{name}.{cell}") for cell in ("what", "why", "means")])
        for name in LIMITS
    ]
    show(table(text("ui.over.limits.caption"), columns, rows))


def _tested() -> None:
    language = session.language()
    document = shipped_verification()
    show(paragraph(text("ui.over.tested.lead")))
    if document is None:
        show(paragraph(text("ui.over.tested.none")))
        return
    views = VerificationViews(document, language)
    tested, used = document.made_with.model_version, _model_in_use()
    if used and used != tested:
        show(box(paragraph(text("ui.over.tested.older", tested=tested, used=used)), "zs-note"))
    misfits, unjudged = views.misfits(), views.unjudged_off()
    show(
        element("h3", text("ui.over.tested.fits")),
        listing(views.summary()),
        element("h3", text("ui.over.tested.misfits")),
        listing(misfits) if misfits else paragraph(text("ui.over.tested.misfits.none")),
    )
    if unjudged:
        show(
            element("h3", text("ui.over.tested.unjudged")),
            paragraph(text("ui.over.tested.unjudged.help")),
            listing(unjudged),
        )
    show(element("h3", text("ui.over.tested.figures")))
    for number, view in enumerate(views.national_tables()):
        show(report_table(view, language, cut=True))
        with st.popover(text("ui.picture.files"), type="tertiary", key=f"tested-{number}"):
            show_table_files(f"{text('ui.over.tested.file')}-{number + 1}", sheet_of(view), view.caption)
    show(element("h3", text("ui.over.tested.made")), report_table(views.made_table(), language))


def _model_in_use() -> str:
    try:
        return session.service().model_version
    except ZorgstroomError:
        return ""


def _versions() -> None:
    rows = [TableRow([text("ui.over.versions.screens"), __version__])]
    try:
        service = session.service()
    except ZorgstroomError:
        show(paragraph(text("ui.over.versions.away")))
    else:
        rows += [
            TableRow([text("ui.over.versions.service"), service.version]),
            TableRow([text("ui.over.versions.model"), service.model_version]),
            TableRow([text("ui.over.versions.dataset"), service.dataset]),
        ]
    columns = [Column(text("ui.over.versions.what")), Column(text("ui.over.versions.version"))]
    show(table(text("ui.over.versions.caption"), columns, rows), paragraph(text("ui.over.versions.changes")))


def _terms() -> None:
    language = session.language()
    other: Language = "en" if language == "nl" else "nl"
    columns = [
        Column(text("ui.over.terms.term")),
        Column(text("ui.over.terms.means"), "text"),
        Column(text("ui.over.terms.other")),
    ]
    rows = [
        TableRow([name, meaning, element("span", translate(key, other), lang=other)])
        for key, name, meaning in glossary(language)
    ]
    show(table(text("ui.over.terms.caption"), columns, rows))


def glossary(language: Language) -> list[tuple[str, str, str]]:
    """Return (key, word, meaning) of every word that is explained, in the order of the alphabet."""
    texts: Mapping[str, str] = catalogue(language)
    found = [
        (key, words, texts[f"{key}.help"])
        for key, words in texts.items()
        if key.startswith(TERM) and not key.endswith(".help")
    ]
    return sorted(found, key=lambda entry: unicodedata.normalize("NFD", entry[1]).casefold())


def _accessibility() -> None:
    show(
        paragraph(text("ui.over.access.lead")),
        paragraph(text("ui.over.access.status")),
        element("h3", text("ui.over.access.done")),
        listing(text(f"ui.over.access.done.{name}") for name in ("pictures", "colour", "keyboard", "words")),
        element("h3", text("ui.over.access.gaps")),
        listing(text(f"ui.over.access.gap.{name}") for name in ("strings", "maps", "script", "people")),
        paragraph(text("ui.over.access.report")),
        paragraph(text("ui.over.access.date", date=date(STATEMENT, session.language()))),
    )


def _privacy() -> None:
    points = ("none", "outside", "links", "key", "workshop", "additions", "small", "patients")
    show(paragraph(text("ui.over.privacy.lead")), listing(text(f"ui.over.privacy.{name}") for name in points))


def _licences() -> None:
    names = ("part", "licence", "credit")
    columns = [Column(text(f"ui.over.licences.{name}")) for name in names]
    rows = [TableRow([text(f"ui.over.licence.{which}.{name}") for name in names]) for which in LICENCES]
    data = link(text("ui.over.licences.data"), session.address("data"))
    show(
        table(text("ui.over.licences.caption"), columns, rows),
        paragraph(text("ui.over.licences.more")),
        paragraph(data),
    )


def _register() -> None:
    columns = [Column(text("ui.over.register.field")), Column(text("ui.over.register.text"), "text")]
    texts = [[text(f"ui.over.field.{name}"), text(f"ui.over.field.{name}.text")] for name in REGISTER]
    show(
        paragraph(text("ui.over.register.lead")),
        table(text("ui.over.register.caption"), columns, [TableRow(row) for row in texts]),
    )
    headings = [column.heading for column in columns]
    with st.popover(text("ui.picture.files"), type="tertiary", key="register-files"):
        show_table_files(
            text("ui.over.register.file"), Sheet(headings, texts), text("ui.over.register.caption")
        )


PARTS: Mapping[str, Callable[[], None]] = {
    "doet": _does,
    "grenzen": _limits,
    "getest": _tested,
    "versies": _versions,
    "begrippen": _terms,
    "toegankelijkheid": _accessibility,
    "privacy": _privacy,
    "licenties": _licences,
    "algoritmeregister": _register,
}
