"""The report page: which parts, whether it is a draft, a preview of exactly that, and the files.

What was chosen stands in the address: ``deel`` (repeated), ``status``, ``door`` (a role) and ``op`` (a date).
"""

from __future__ import annotations

import contextlib
import datetime as dt
from functools import partial
from typing import Any

import streamlit as st

from zorgstroom.client import RunInfo, ScenarioInfo
from zorgstroom.reporting import region_plan
from zorgstroom.reporting.contents import Contents
from zorgstroom.reporting.forms import MEDIA_TYPES
from zorgstroom.reporting.options import OFFERED, PARTS, STATUSES, Options, PartName, Status
from zorgstroom.text import LANGUAGES, Language, as_language
from zorgstroom_ui import session
from zorgstroom_ui.components import frame, plans, steady
from zorgstroom_ui.components.frame_bar import LANGUAGE_NAMES
from zorgstroom_ui.components.html import box, element, h1, h2, join, link, paragraph, show
from zorgstroom_ui.components.share import site_address
from zorgstroom_ui.components.wording import confidential_mark

PREVIEW_HEIGHT = 900
#: A role, such as "bestuurlijk overleg": no sentence.
LONGEST_ROLE = 80
#: How a date is written.
DAY = "%d-%m-%Y"


def show_page() -> None:
    """Show the page."""
    text = session.text
    plan = session.chosen_plan()
    if plan is None:
        show(h1(text("ui.report.title")), paragraph(text("ui.report.choose"), "zs-lead"))
        show(plans.plan_table(text("ui.start.caption"), session.examples(), session.latest_runs()))
        return
    run = _run_of(plan)
    if run is None or run.state != "completed":
        show(h1(text("ui.report.heading", name=plan.name)), paragraph(text("ui.report.not_ready"), "zs-lead"))
        show(paragraph(link(text("ui.report.to_impact"), session.address("impact", s=plan.slug or plan.id))))
        return
    _show_report(plan, run)


def _run_of(plan: ScenarioInfo) -> RunInfo | None:
    asked = st.query_params.get("run")
    return session.client().run(asked) if asked else session.latest_runs().get(plan.id)


def _show_report(plan: ScenarioInfo, run: RunInfo) -> None:
    text, language = session.text, session.language()
    impact = session.impact(run.id)
    frame.rests_on([impact.identity])
    options, written_in = _from_address(_address(plan, run))
    stamp = element("span", text(f"report.status.{options.status}"), "zs-stamp")
    show(
        confidential_mark([impact.identity], language),
        h1(join(text("ui.report.heading", name=impact.name), " ", stamp)),
        paragraph(text("ui.report.lead"), "zs-lead"),
    )
    left, right = steady.columns("report", [1, 2])
    with left:
        show(h2(text("ui.report.parts")))
        _show_choices(options, written_in)
        _show_session()
    with right:
        show(h2(text("ui.report.files")))
        _show_files(run, options, written_in, confidential=impact.identity.confidential)
        show(h2(text("ui.report.preview")))
        page = _page(run.id, options, written_in, session.who())
        # Made by the product itself, with everything of others in it escaped, and without any script.
        st.iframe(page, height=PREVIEW_HEIGHT, alt=text("ui.report.preview.alt", name=impact.name))
    if "region_plan" in options.parts:
        show(h2(text("ui.report.block")), paragraph(text("ui.report.block.help")))
        st.code(_text_block(run.id, options, written_in, session.who()), language=None, wrap_lines=True)
    show(paragraph(link(text("ui.report.to_impact"), session.address("impact", s=plan.slug or plan.id))))


def _from_address(address: str) -> tuple[Options, Language]:
    """Return what was chosen, and the language of the report; what means nothing is left out."""
    asked = st.query_params.get_all("deel")
    parts = tuple(name for name in OFFERED if name in asked) or PARTS
    status = next((name for name in STATUSES if name == st.query_params.get("status")), STATUSES[0])
    fixed_on = None
    with contextlib.suppress(ValueError):
        fixed_on = dt.date.fromisoformat(st.query_params.get("op", ""))
    fixed = status == "vastgesteld"
    options = Options(
        parts=parts,
        status=status,
        address=address,
        fixed_by=st.query_params.get("door", "").strip()[:LONGEST_ROLE] if fixed else "",
        fixed_on=fixed_on if fixed else None,
    )
    return options, as_language(st.query_params.get("rapporttaal") or session.language())


def _address(plan: ScenarioInfo, run: RunInfo) -> str:
    """Return where the outcome can be opened again; empty where the browser does not say where it is."""
    page = session.address("impact", s=plan.slug or plan.id, run=run.id)
    address = f"{site_address()}/{page}"
    return address if address.startswith(("http://", "https://")) else ""


def _show_choices(options: Options, written_in: Language) -> None:
    text = session.text
    with steady.form("report"):
        show(paragraph(text("ui.report.parts.help"), "zs-small"))
        ticked = []
        for name in OFFERED:
            # Words below it and not behind a sign to point at: that sign has no name to read aloud.
            label = text(f"ui.report.part.{name}")
            if st.checkbox(label, name in options.parts, key=f"report-part-{name}"):
                ticked.append(name)
            show(paragraph(text(f"ui.report.part.{name}.help"), "zs-small zs-muted"))
        chosen_language = st.radio(
            text("ui.report.language"),
            LANGUAGES,
            index=LANGUAGES.index(written_in),
            format_func=lambda name: LANGUAGE_NAMES[name],
            horizontal=True,
            key="report-language",
        )
        status = st.radio(
            text("ui.report.status"),
            STATUSES,
            index=STATUSES.index(options.status),
            format_func=lambda name: text(f"report.status.{name}"),
            key="report-status",
        )
        role = st.text_input(
            text("ui.report.fixed_by"),
            options.fixed_by,
            max_chars=LONGEST_ROLE,
            key="report-fixed-by",
        )
        show(paragraph(text("ui.report.fixed_by.help"), "zs-small zs-muted"))
        # A field to type in: the calendar of the library has a field without a name.
        written = st.text_input(
            text("ui.report.fixed_on"),
            options.fixed_on.strftime(DAY) if options.fixed_on else "",
            max_chars=10,
            key="report-fixed-on",
        )
        show(paragraph(text("ui.report.fixed_on.help"), "zs-small zs-muted"))
        day = _day(written)
        if not st.form_submit_button(text("ui.report.apply"), type="primary"):
            return
        found = _mistake(ticked, status, role, day)
        if found:
            st.error(text(found))
            return
    changes: dict[str, Any] = {"deel": ticked, "rapporttaal": chosen_language}
    fixed = status == "vastgesteld"
    changes |= {"status": status, "door": role.strip() if fixed else "", "op": str(day) if fixed else ""}
    for parameter, value in changes.items():
        if value:
            st.query_params[parameter] = value
        else:
            st.query_params.pop(parameter, None)
    st.rerun()


def _day(written: str) -> dt.date | None:
    """Return a date as people write it; None for what is none."""
    try:
        return dt.datetime.strptime(written.strip().replace("/", "-"), DAY).date()
    except ValueError:
        return None


def _mistake(parts: list[PartName], status: Status, role: str, day: dt.date | None) -> str:
    """Return the key of what is wrong with a choice; nothing where nothing is."""
    if not parts:
        return "ui.report.no_parts"
    if status == "vastgesteld" and not role.strip():
        return "ui.report.no_role"
    if status == "vastgesteld" and day is None:
        return "ui.report.no_day"
    return ""


def _show_session() -> None:
    """Say where the report of a workshop is, which is a document of its own."""
    text = session.text
    code = st.query_params.get("sessie")
    address = session.address("werksessie", sessie=code) if code else session.address("werksessie")
    words = paragraph(join(text("ui.report.session"), " ", link(text("ui.report.session.link"), address)))
    show(box(words, "zs-info"))


@st.cache_data(max_entries=32, show_spinner=False)
def _page(run_id: str, options: Options, written_in: Language, visitor: str) -> str:
    del visitor  # what the answer is remembered by
    return session.client().report(run_id, "html", written_in, options).decode()


@st.cache_data(max_entries=32, show_spinner=False)
def _text_block(run_id: str, options: Options, written_in: Language, visitor: str) -> str:
    del visitor
    contents = Contents(session.impact(run_id), written_in, ())
    return region_plan.plain_text(region_plan.chapters(contents, options))


def _show_files(run: RunInfo, options: Options, written_in: Language, *, confidential: bool) -> None:
    text = session.text
    name = f"zorgstroom-{run.id[:12]}-{options.status}"
    if confidential:
        name += f"-{text('report.confidential').lower()}"
    with st.container(horizontal=True):
        for form, media_type in MEDIA_TYPES.items():
            st.download_button(
                text(f"ui.report.file.{form}"),
                data=partial(session.client().report, run.id, form, written_in, options),
                file_name=f"{name}.{form}",
                mime=media_type,
                key=f"report-{form}",
                on_click="ignore",
            )
    show(paragraph(text("ui.report.files.help"), "zs-small zs-muted"))
