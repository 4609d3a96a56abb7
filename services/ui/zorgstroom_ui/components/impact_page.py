"""The impact page of a plan: the result when there is one, else how far it is."""

from __future__ import annotations

from functools import partial

import streamlit as st

from zorgstroom.client import ReportFormat, RunInfo, ScenarioInfo
from zorgstroom.errors import NotAllowed
from zorgstroom.geo.boundaries import Boundaries
from zorgstroom.reporting.forms import MEDIA_TYPES
from zorgstroom.reporting.impact import Impact
from zorgstroom.text import Language
from zorgstroom_ui import session
from zorgstroom_ui.components import country_map, frame, pictures
from zorgstroom_ui.components.engine_choice import show_engine
from zorgstroom_ui.components.html import Html, box, element, h1, h2, join, link, paragraph, show
from zorgstroom_ui.components.impact_view import AFTER_MAP, BEFORE_MAP, ImpactView
from zorgstroom_ui.components.plans import region_of
from zorgstroom_ui.components.preview_view import show_preview
from zorgstroom_ui.components.progress import state_text, wait_for
from zorgstroom_ui.components.wording import area_name, capital


def show_plan(plan: ScenarioInfo) -> None:
    """Show a plan, asking for its calculation when nobody did yet; until it is there, what is expected of it.

    Where a visitor may not ask for one, that is said instead.
    """
    run, refused = _run_of(plan)
    if run is not None and run.state == "completed":
        _show_result(run)
        return
    where = element("b", area_name(region_of(plan), session.language()))
    frame.strip(join(where, " · ", session.text("ui.strip.plan"), " ", element("b", plan.name)))
    show(h1(session.text("ui.impact.heading", name=plan.name)), paragraph(plan.description, "zs-lead"))
    if run is None:
        show(element("div", box(paragraph(refused), "zs-note"), role="alert"))
    elif run.final:
        _show_end(run)
    else:
        wait_for([run.id])
    show_preview(plan, ended=run is None or run.final)


def _run_of(plan: ScenarioInfo) -> tuple[RunInfo | None, str]:
    """Return the run to show; else None, and why it may not be asked for."""
    asked = st.query_params.get("run")
    if asked:
        return session.client().run(asked), ""
    try:
        return session.latest_runs().get(plan.id) or session.submit(plan.id), ""
    except NotAllowed as error:
        return None, error.message(session.language())


def _show_end(run: RunInfo) -> None:
    """Say that a run was stopped or failed, and offer to start again."""
    content = join(
        h2(capital(state_text(run))),
        paragraph(run.error or session.text(f"ui.ended.{run.state}")),
        paragraph(session.text("ui.ended.next")),
    )
    show(element("div", box(content, "zs-note"), role="alert"))
    if st.button(session.text("ui.ended.again"), type="primary"):
        session.submit(run.scenario_id)
        st.rerun()


@st.cache_data(max_entries=64, show_spinner=False)
def _sections(run_id: str, language: Language) -> tuple[list[Html], list[Html]]:
    """Return the page before and after the map; a finished result never changes."""
    view = ImpactView(session.impact(run_id), language)
    before, after = ([section(view) for section in group] for group in (BEFORE_MAP, AFTER_MAP))
    return before, after


@st.cache_data(
    max_entries=64, show_spinner=False, hash_funcs={Boundaries: lambda borders: borders.attribution}
)
def _map(run_id: str, language: Language, borders: tuple[Boundaries, ...]) -> dict[str, object]:
    impact = session.impact(run_id)
    view = ImpactView(impact, language)
    return country_map.map_spec(
        view.changed_areas(), view.changed_locations(), view.marked_locations(), language, borders
    )


def _show_result(run: RunInfo) -> None:
    language = session.language()
    impact = session.impact(run.id)
    frame.rests_on([impact.identity])
    frame.strip(frame.subject(impact.identity, impact.name))
    before, after = _sections(run.id, language)
    show(*before)
    _show_map(run, impact, language)
    show(*after)
    _show_files(run, language)
    show_engine(run, impact)


def _show_map(run: RunInfo, impact: Impact, language: Language) -> None:
    view = ImpactView(impact, language)
    text = session.text
    show(h2(text("ui.impact.where"), "where"), paragraph(text("ui.impact.where.help")))
    if view.changed_areas():
        show(pictures.swatches(country_map.legend(language)), paragraph(text("ui.map.places"), "zs-small"))
        spec = _map(run.id, language, session.borders())
        st.vega_lite_chart(spec, theme=None, width="stretch", alt=view.map_words())
    show(view.areas())


def _show_files(run: RunInfo, language: Language) -> None:
    """Offer the report and the figures as files; they are made when somebody asks."""
    text = session.text
    show(h2(text("ui.impact.files"), "files"), paragraph(text("ui.impact.files.help")))
    client, name = session.client(), f"zorgstroom-{run.id[:12]}"
    if session.impact(run.id).identity.confidential:
        name += f"-{text('report.confidential').lower()}"
    files: list[tuple[str, ReportFormat | None, str]] = [
        *((form, form, media_type) for form, media_type in MEDIA_TYPES.items()),
        ("json", None, "application/json"),
    ]
    with st.container(horizontal=True):
        for ending, report, media_type in files:
            make = partial(client.report, run.id, report, language) if report else partial(_json, run.id)
            st.download_button(
                text(f"ui.impact.files.{ending}"),
                data=make,
                file_name=f"{name}.{ending}",
                mime=media_type,
                key=f"file-{ending}",
                on_click="ignore",
            )
    show(paragraph(link(text("ui.impact.compare"), session.address("vergelijken"))))


def _json(run_id: str) -> str:
    return session.impact(run_id).model_dump_json(indent=1)
