"""The preview of a plan: what is expected, while nothing has been calculated yet."""

from __future__ import annotations

import logging

import streamlit as st

from zorgstroom.client import ScenarioInfo
from zorgstroom.errors import ZorgstroomError
from zorgstroom.preview_document import PreviewDocument
from zorgstroom.preview_words import PreviewTable, preview_notes, preview_tables
from zorgstroom.text import Language, translate
from zorgstroom_ui import session
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    box,
    cut_table,
    folded,
    h2,
    join,
    listing,
    paragraph,
    show,
    table,
)

logger = logging.getLogger(__name__)

#: Tables that are open at once; the others are behind a line to open.
OPEN = ("summary", "streams")


@st.cache_data(max_entries=64, show_spinner=False)
def _document(base_url: str, visitor: str, scenario_id: str) -> PreviewDocument:
    # A scenario never changes under its id, and neither does what is expected of it.
    del base_url, visitor
    return session.client().preview(session.scenario(scenario_id).document)


def show_preview(plan: ScenarioInfo, *, ended: bool) -> None:
    """Show what is expected of a plan; `ended`: no calculation is under way that will replace it."""
    language = session.language()
    try:
        document = _document(session.api_address(), session.who(), plan.id)
    except ZorgstroomError as error:
        # The page is about a calculation, which goes on without this.
        logger.warning("no preview of %s: %s", plan.id, error)
        show(paragraph(session.text("ui.preview.none"), "zs-small"))
        return
    show(preview_section(document, language, ended=ended))


def preview_section(document: PreviewDocument, language: Language, *, ended: bool) -> Html:
    """Return the preview as a section of a page."""
    words = translate("ui.preview.ended" if ended else "ui.preview.help", language)
    tables = [table_of(item, language) for item in preview_tables(document, language)]
    notes = folded(
        translate("ui.preview.more", language), box(listing(preview_notes(document, language)), "zs-info")
    )
    return join(h2(translate("ui.preview.heading", language), "preview"), paragraph(words), *tables, notes)


def table_of(item: PreviewTable, language: Language) -> Html:
    """Return a table of the preview: long ones cut, and those of details folded away."""
    columns = [
        Column(heading, "num" if numeric else "")
        for heading, numeric in zip(item.headings, item.numeric, strict=True)
    ]
    rows = [TableRow(row) for row in item.rows]
    if item.name == "summary":
        return table(item.caption, columns, rows)
    # There is no workbook yet in which the others could stand.
    shown = cut_table(item.caption, columns, rows, language, most="ui.preview.most")
    return shown if item.name in OPEN else folded(item.caption, shown)
