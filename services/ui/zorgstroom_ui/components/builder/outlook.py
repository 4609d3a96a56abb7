"""What is expected of the document as it is now: checks and a quick estimate, within a moment of a change."""

from __future__ import annotations

import json
import logging

import streamlit as st

from zorgstroom.client import Client
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import ZorgstroomError
from zorgstroom.preview_document import PreviewDocument
from zorgstroom.preview_words import preview_notes, preview_tables
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components.builder.documents import Document, finished_part, unfinished
from zorgstroom_ui.components.builder.remarks import Remarks, told
from zorgstroom_ui.components.html import Html, box, element, folded, h2, join, listing, paragraph, show
from zorgstroom_ui.components.preview_view import OPEN, table_of

logger = logging.getLogger(__name__)

#: Fewer expected patients a year are nobody.
SMALLEST = 0.5


def show_outlook(document: Document, remarks: Remarks) -> None:
    """Show the checks and the estimate."""
    show(h2(session.text("build.outlook"), "uitkomst"))
    if not document.get("actions") and not document.get("horizon"):
        show(paragraph(session.text("build.outlook.nothing")))
        return
    if not remarks.answered:
        show(element("div", box(paragraph(session.text("build.outlook.away")), "zs-note"), role="status"))
        return
    part, _ = finished_part(document, remarks.idle_choices)
    found = None if remarks.mistakes else _found(part)
    loose = len(unfinished(document))
    show(element("div", join(*_checks(remarks, found, loose)), "zs-info", role="status"))
    if found is not None:
        show(*_estimate(found, session.language()))
    elif remarks.mistakes:
        show(element("div", paragraph(session.text("build.outlook.mistakes")), "zs-note"))
    else:
        show(element("div", paragraph(session.text("ui.preview.none")), "zs-note"))
    if remarks.questions:
        show(element("h3", session.text("build.questions")), paragraph(session.text("build.questions.help")))
        show(*(told(item) for item in remarks.questions))


def _found(part: Document) -> PreviewDocument | None:
    try:
        return _preview(session.api_address(), json.dumps(part, sort_keys=True), session.client())
    except ZorgstroomError as error:
        # The rest of the page is of use without it.
        logger.warning("no estimate of a draft: %s", error)
        return None


@st.cache_data(max_entries=100, show_spinner=False, hash_funcs={Client: lambda _client: 0})
def _preview(base_url: str, document: str, client: Client) -> PreviewDocument:
    return client.preview(Scenario.model_validate_json(document))


def _checks(remarks: Remarks, found: PreviewDocument | None, loose: int) -> list[Html]:
    """Return the checks, each with a sign and in words."""
    text, language = session.text, session.language()
    lines = []
    without = len(remarks.without_hospital)
    if remarks.mistakes and not without:
        lines.append(_check(None, text("build.check.hospital.unknown")))
    else:
        lines.append(
            _check(not without, text("build.check.hospital" if not without else "build.check.hospital.not"))
        )
    if found is not None:
        judged = [(row.norm, row.patients) for row in found.volumes if row.norm is not None]
        if judged:
            today = sum(1 for norm, patients in judged if not norm.met_today and _has(patients.today))
            plan = sum(1 for norm, patients in judged if not norm.met_plan and _has(patients.plan))
            counts = {"today": number(today, language), "plan": number(plan, language)}
            key = "build.check.norm.not" if plan else "build.check.norm"
            lines.append(_check(not plan, text(key, **counts)))
        if found.left_out:
            lines.append(_check(None, text("build.check.left_out", count=number(found.left_out, language))))
        full = found.too_full
        counts = {"today": number(full.today, language), "plan": number(full.plan, language)}
        lines.append(_check(full.plan <= full.today, text("build.check.full", **counts)))
    if remarks.mistakes:
        lines.append(
            _check(False, text("build.check.mistakes", count=number(len(remarks.mistakes), language)))
        )
    if remarks.idle:
        lines.append(_check(False, text("build.check.idle", count=number(len(remarks.idle), language))))
    if loose:
        lines.append(_check(None, text("build.check.unfinished", count=number(loose, language))))
    return lines


def _has(patients: float | None) -> bool:
    """Return whether there is anybody: who provides nothing of it is not below a norm."""
    return patients is not None and patients >= SMALLEST


def _check(good: bool | None, words: str) -> Html:
    """Return a check: ✓, ✗ or –, with the word for who does not see or hear the sign."""
    sign = {True: "✓", False: "✗", None: "–"}[good]
    key = {True: "good", False: "bad", None: "unknown"}[good]
    mark = element("span", sign, "zs-check", aria_hidden="true")
    unseen = element("span", session.text(f"build.check.{key}"), "zs-said")
    return element("p", join(mark, " ", unseen, " ", words), f"zs-{key}")


def _estimate(found: PreviewDocument, language: Language) -> list[Html]:
    """Return the estimate: in a sentence, as the table of the whole, and the rest behind a line to open."""
    tables = preview_tables(found, language)
    parts: list[Html] = [
        element("p", element("b", translate("build.outlook.label", language))),
        paragraph(_sentence(found, language)),
    ]
    parts += [table_of(item, language) for item in tables[:1]]
    # The longer ones fold themselves.
    rest = [
        folded(item.caption, table_of(item, language)) if item.name in OPEN else table_of(item, language)
        for item in tables[1:]
    ]
    notes = box(listing(preview_notes(found, language)), "zs-info")
    return [*parts, *rest, folded(translate("ui.preview.more", language), notes)]


def _sentence(found: PreviewDocument, language: Language) -> str:
    patients, extra = found.movers.patients, found.movers.extra_minutes
    if patients < SMALLEST:
        return translate("build.outlook.nobody", language)
    which = "longer" if extra is not None and extra >= 0 else "shorter"
    return translate(
        f"build.outlook.{which}",
        language,
        patients=number(patients, language),
        minutes=number(abs(extra or 0.0), language, 1),
    )
