"""The impact page of a plan: the result when there is one, else how far it is."""

from __future__ import annotations

import logging
from functools import partial

import streamlit as st

from zorgstroom.client import ReportFormat, RunInfo, ScenarioInfo, TradeOffs
from zorgstroom.depth_document import AreaMoves
from zorgstroom.errors import NotAllowed, ZorgstroomError
from zorgstroom.geo.boundaries import Boundaries
from zorgstroom.reporting.forms import MEDIA_TYPES
from zorgstroom.reporting.impact import Impact
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import country_map, frame, impact_board, trade_off
from zorgstroom_ui.components.engine_choice import show_engine
from zorgstroom_ui.components.html import Html, box, element, h1, h2, join, link, listing, paragraph, show
from zorgstroom_ui.components.impact_board import Drawn
from zorgstroom_ui.components.impact_view import ImpactView
from zorgstroom_ui.components.picture import Picture, show_picture, source_of
from zorgstroom_ui.components.preview_view import show_preview
from zorgstroom_ui.components.progress import state_text, wait_for
from zorgstroom_ui.components.wording import capital

logger = logging.getLogger(__name__)

#: Sets of other assumptions that are tried when somebody asks for it: the fewest that say something.
DRAWS = 50


def show_plan(plan: ScenarioInfo) -> None:
    """Show a plan, asking for its calculation when nobody did yet; until it is there, what is expected of it.

    Where a visitor may not ask for one, that is said instead.
    """
    run, refused = _run_of(plan)
    if run is not None and run.state == "completed":
        _show_result(run)
        return
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


@st.cache_resource(max_entries=32, show_spinner=False)
def _view(run_id: str, scenario_id: str, language: Language) -> ImpactView:
    # Nobody changes it: everybody who looks at the same result shares one.
    return ImpactView(session.impact(run_id), language, scenario_id)


@st.cache_data(max_entries=256, show_spinner=False)
def _html(run_id: str, scenario_id: str, language: Language, group: str) -> list[Html]:
    """Return a part of the page as HTML; a finished result never changes."""
    view = _view(run_id, scenario_id, language)
    if group in impact_board.SECTIONS:
        return [section(view) for section in impact_board.SECTIONS[group]]
    if group in impact_board.DETAILS:
        return [impact_board.DETAILS[group](view)]
    return [impact_board.theme(view, impact_board.themes(view)[group])]


@st.cache_data(max_entries=128, show_spinner=False)
def _winners(run_id: str, scenario_id: str, language: Language, name: str) -> Drawn | None:
    return impact_board.winners(_view(run_id, scenario_id, language), name)


@st.cache_data(max_entries=64, show_spinner=False)
def _area_moves(run_id: str, visitor: str) -> AreaMoves | None:
    """Return where the patients live who go elsewhere; None where the service cannot tell (yet)."""
    del visitor  # what the answer is remembered by
    try:
        return session.client().area_moves(run_id)
    except ZorgstroomError as error:
        logger.warning("no map of waiting for %s: %s", run_id, error)
        return None


@st.cache_data(max_entries=64, show_spinner=False)
def _trade_offs(run_id: str, visitor: str) -> TradeOffs | None:
    """Return what cannot be had together; None where the service cannot tell."""
    del visitor  # what the answer is remembered by
    try:
        return session.client().trade_offs([run_id])
    except ZorgstroomError as error:
        logger.warning("no trade-off for %s: %s", run_id, error)
        return None


def _show_result(run: RunInfo) -> None:
    """Show the page: what it says first, then what it draws, then what it rests on."""
    language = session.language()
    impact = session.impact(run.id)
    frame.rests_on([impact.identity])
    key = run.id, run.scenario_id, language
    show(*_html(*key, "first"))
    view = _view(*key)
    _show_winners(view, run)
    _show_where(view, run)
    _show_trade_off(run, impact, language)
    _show_causes(view, run)
    _show_years(view)
    show(*_html(*key, "last"))
    if impact.robustness is None:
        _offer_more(run, "assumptions", draws=DRAWS)
    show(*_html(*key, "end"))
    _show_details(view, run)
    _show_files(run, language)
    show_engine(run, impact)


def _show_winners(view: ImpactView, run: RunInfo) -> None:
    text = session.text
    show(h2(text("ui.impact.winners"), "who"))
    drawn = {
        kind: _winners(run.id, run.scenario_id, view.language, f"winners_{name}")
        for kind, name in (("hospitals", "locations"), ("areas", "areas"))
    }
    if not any(drawn.values()):
        show(paragraph(text("ui.impact.who.none")))
        return
    for side, (kind, found) in zip(st.columns(2, gap="large"), drawn.items(), strict=True):
        with side:
            show(element("h3", text(f"ui.impact.winners.{kind}")))
            if found is None:
                show(paragraph(text("ui.impact.travel.none")))
            else:
                show(paragraph(found.picture.title, "zs-small zs-muted"))
                together = paragraph(element("b", found.together)) if found.together else None
                show_picture(found.picture, found.table, below=together)
    show(*_html(run.id, run.scenario_id, view.language, "balance"))


@st.cache_data(
    max_entries=64, show_spinner=False, hash_funcs={Boundaries: lambda borders: borders.attribution}
)
def _map(run_id: str, scenario_id: str, language: Language, borders: tuple[Boundaries, ...]) -> Drawn | None:
    """Return the map of extra travel; None where nobody goes elsewhere."""
    view = _view(run_id, scenario_id, language)
    areas = view.changed_areas()
    if not areas:
        return None
    picture = Picture(
        name=f"{translate('ui.impact.where.file', language)}-{run_id[:12]}",
        title=translate("ui.impact.where.picture", language, plan=view.impact.name),
        alt=view.map_words(),
        spec=country_map.map_spec(
            areas, view.changed_locations(), view.marked_locations(), language, borders
        ),
        sheet=view.areas_sheet(),
        source=source_of(view.impact.identity),
        legend=country_map.legend(language),
    )
    return Drawn(picture, view.areas())


@st.cache_data(
    max_entries=64, show_spinner=False, hash_funcs={Boundaries: lambda borders: borders.attribution}
)
def _waiting_map(
    run_id: str, scenario_id: str, language: Language, visitor: str, borders: tuple[Boundaries, ...]
) -> Drawn | None:
    """Return the map of extra waiting; None where there are too few patients from anywhere."""
    view, moves = _view(run_id, scenario_id, language), _area_moves(run_id, visitor)
    if moves is None or not moves.items:
        return None
    spec = country_map.spots_spec(
        impact_board.waiting_spots(moves),
        country_map.WAITING,
        view.changed_locations(),
        view.marked_locations(),
        language,
        borders,
    )
    picture = Picture(
        name=f"{translate('ui.impact.waiting.file', language)}-{run_id[:12]}",
        title=translate("ui.impact.waiting.title", language, plan=view.impact.name),
        alt=impact_board.waiting_words(view, moves),
        spec=spec,
        sheet=impact_board.waiting_sheet(view, moves),
        source=source_of(view.impact.identity),
        legend=country_map.legend(language, country_map.WAITING),
    )
    return Drawn(picture, impact_board.waiting_table(view, moves))


def _show_where(view: ImpactView, run: RunInfo) -> None:
    text, key = session.text, (run.id, run.scenario_id, view.language)
    show(h2(text("ui.impact.place"), "where"), *_html(*key, "travel"))
    show(element("h3", text("ui.impact.where")))
    drawn = _map(*key, session.borders())
    if drawn is None:
        show(*_html(*key, "areas"))
        return
    show(paragraph(text("ui.impact.where.help")))
    show_picture(drawn.picture, drawn.table, below=view.map_key())
    _show_waiting(view, run)


def _show_waiting(view: ImpactView, run: RunInfo) -> None:
    text, language = session.text, view.language
    moves = _area_moves(run.id, session.who())
    if moves is None:
        return
    show(element("h3", text("ui.impact.waiting")))
    drawn = _waiting_map(run.id, run.scenario_id, language, session.who(), session.borders())
    if drawn is None:
        show(paragraph(text("ui.impact.waiting.too_few", smallest=number(moves.smallest, language))))
        return
    show(paragraph(text("ui.impact.waiting.help")))
    show_picture(drawn.picture, drawn.table)


def _show_trade_off(run: RunInfo, impact: Impact, language: Language) -> None:
    text = session.text
    found = _trade_offs(run.id, session.who())
    show(h2(text("ui.impact.tradeoff"), "tradeoff"))
    if found is None or not found.items:
        show(paragraph(text("ui.impact.tradeoff.none")))
        return
    show(paragraph(text("ui.impact.tradeoff.help")))
    item = trade_off.choose(found, language, key="impact-trade-off")
    named = {None: text("ui.impact.tradeoff.now"), run.id: text("ui.impact.tradeoff.plan")}
    trade_off.show_item(item, found.names, named, source_of(impact.identity), language)


def _show_causes(view: ImpactView, run: RunInfo) -> None:
    if not view.impact.actions:
        return
    text = session.text
    show(h2(text("ui.impact.causes"), "causes"))
    if not view.impact.waterfall:
        _offer_more(run, "causes", waterfall=True)
        return
    for drawn in impact_board.causes(view):
        show(element("h3", drawn.picture.title))
        show_picture(drawn.picture)
    show(impact_board.causes_table(view))


@st.cache_data(max_entries=128, show_spinner=False)
def _years(run_id: str, scenario_id: str, language: Language, subject: str) -> Drawn:
    return impact_board.years(_view(run_id, scenario_id, language), subject)


def _show_years(view: ImpactView) -> None:
    subjects = impact_board.subjects_of_years(view)
    if not subjects:
        return
    text = session.text
    show(h2(text("ui.impact.years"), "years"))
    chosen = st.selectbox(
        text("ui.impact.years.subject"),
        list(subjects),
        index=min(1, len(subjects) - 1),
        format_func=lambda name: subjects.get(name, name),
        key="impact-years",
    )
    drawn = _years(view.impact.identity.run_id, view.scenario, view.language, chosen)
    show_picture(drawn.picture, drawn.table)


def _offer_more(run: RunInfo, what: str, **changes: object) -> None:
    """Say what was not calculated, and let it be; the page then shows that calculation."""
    text = session.text
    show(paragraph(text(f"ui.impact.{what}.missing"), "zs-muted"))
    if st.button(text(f"ui.impact.{what}.ask"), key=f"ask-{what}"):
        try:
            asked = session.submit(run.scenario_id, run.settings.model_copy(update=changes))
        except NotAllowed as error:
            st.error(error.message(session.language()))
            return
        st.query_params["run"] = asked.id
        st.rerun()


def _show_details(view: ImpactView, run: RunInfo) -> None:
    """Offer what is told in detail; only what somebody opens is made."""
    text = session.text
    show(h2(text("ui.impact.detail"), "detail"), paragraph(text("ui.impact.detail.help")))
    for name in (*impact_board.DETAILS, *impact_board.themes(view)):
        line = st.expander(text(f"ui.impact.detail.{name}"), key=f"detail-{name}", on_change="rerun")
        if line.open:
            with line:
                show(*_html(run.id, run.scenario_id, view.language, name))


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
    plan = run.scenario_id
    links = {
        "ui.impact.to.report": session.address("rapport", s=plan, run=run.id),
        "ui.impact.compare": session.address("vergelijken", plan=plan),
        "ui.impact.to.depth": session.address("verdieping", s=plan, run=run.id),
        "ui.impact.to.municipality": session.address("mijn-gemeente", s=plan),
        "ui.impact.to.own": session.address("scenario", vanuit=plan),
    }
    show(listing(link(text(key), address) for key, address in links.items()))


def _json(run_id: str) -> str:
    return session.impact(run_id).model_dump_json(indent=1)
