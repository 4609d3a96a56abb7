"""The page Mijn gemeente: choose a place and a plan, and read what it means there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from zorgstroom.client import RunInfo, ScenarioInfo
from zorgstroom.geo.boundaries import code_of
from zorgstroom.places_document import AreaInfo, CareOfPlace, PlaceOutcome, UnchangedCare
from zorgstroom.reporting.impact import Impact
from zorgstroom.text import Language
from zorgstroom.text.numbers import number, signed
from zorgstroom_ui import session
from zorgstroom_ui.components import frame, place_answers
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    box,
    cut_table,
    element,
    h1,
    h2,
    join,
    link,
    listing,
    paragraph,
    show,
)
from zorgstroom_ui.components.my_place.sentences import Teller
from zorgstroom_ui.components.picture import Sheet, show_table_files, source_of
from zorgstroom_ui.components.progress import state_text
from zorgstroom_ui.components.region.hospitals import TODAY_SLUG
from zorgstroom_ui.components.wording import area_name
from zorgstroom_ui.nearest import nearest_places

PLACE = "gemeente"
#: Names of postcode areas in the figures begin the same as their gemeente; four digits tell them apart.
_POSTCODE = "pc4"

text = session.text


def show_page() -> None:
    """Show the choice, and the sentences when there is something to tell."""
    language = session.language()
    heading = st.container()
    plan = _plan()
    place = _choose(plan)
    run = _run_of(plan)
    name = _names()[place]
    if run is None or run.state != "completed":
        with heading:
            show(h1(text("ui.mine.heading", place=name)))
        _not_calculated(plan, run)
        return
    impact = session.impact(run.id)
    frame.rests_on([impact.identity])
    with heading:
        show(h1(text("ui.mine.heading", place=name)))
    outcome = place_answers.outcome(run.id, place)
    teller = Teller(outcome, language)
    if not outcome.included:
        region = area_name(outcome.region, language)
        show(box(paragraph(text("ui.mine.outside", place=outcome.name, region=region)), "zs-note"))
    show(box(listing(teller.sentences(), ordered=True), "zs-short"))
    _show_certainty(teller, impact, language)
    _show_care(teller, impact, language)
    _show_next(run, place)


# -- what is chosen ----------------------------------------------------------------------------------------


def _plan() -> ScenarioInfo | None:
    """Return the scenario of the frame, else the first example that changes something."""
    chosen = session.chosen_plan()
    if chosen is not None:
        return chosen
    return next((item for item in session.examples() if item.slug != TODAY_SLUG), None)


def _run_of(plan: ScenarioInfo | None) -> RunInfo | None:
    asked = st.query_params.get("run")
    if asked:
        return session.client().run(asked)
    return None if plan is None else session.latest_runs().get(plan.id)


def _names() -> Mapping[str, str]:
    """Return the name of every gemeente and postcode area by its id, in order of name."""
    found: dict[str, str] = {}
    for area in place_answers.areas():
        found[area.gemeente_id] = area.gemeente_name
        if code_of(area.id)[0] == _POSTCODE:
            found[area.id] = area.name
    return dict(sorted(found.items(), key=lambda item: (item[1].casefold(), item[0])))


def _postcodes(gemeente: str, areas: Sequence[AreaInfo]) -> list[str]:
    return [area.id for area in areas if area.gemeente_id == gemeente and code_of(area.id)[0] == _POSTCODE]


def _unknown_place(asked: str, near: Sequence[str], names: Mapping[str, str]) -> Html:
    """Return that nobody knows the place in the address, and which may have been meant."""
    content = [paragraph(text("ui.mine.unknown", place=asked[:40]))]
    if near:
        links = [link(names[place], session.here(**{PLACE: place})) for place in near]
        content += [paragraph(text("ui.unknown.meant")), listing(links)]
    return element("div", box(join(*content), "zs-note"), role="alert")


def _choose(plan: ScenarioInfo | None) -> str:
    """Draw the choices and return the place; what is in the address comes first."""
    names, areas = _names(), place_answers.areas()
    by_id = {area.id: area for area in areas}
    asked = session.remembered(PLACE) or ""
    gemeente = by_id[asked].gemeente_id if asked in by_id else asked
    gemeenten = list(dict.fromkeys(area.gemeente_id for area in areas))
    gemeenten.sort(key=lambda item: names[item].casefold())
    if gemeente not in names:
        near = nearest_places(asked, {item: names[item] for item in gemeenten}) if asked else []
        if len(near) == 1 and names[near[0]].casefold() == asked.casefold():
            gemeente = near[0]
        else:
            if asked:
                show(_unknown_place(asked, near, names))
            gemeente = _first_of_area(areas) or gemeenten[0]
    with st.container(horizontal=True):
        chosen = st.selectbox(
            text("ui.mine.choose"),
            gemeenten,
            format_func=lambda item: names[item],
            key=_follows("mine-place", gemeente),
            width=320,
        )
        postcodes = _postcodes(chosen, areas)
        postcode = ""
        if postcodes:
            postcode = st.selectbox(
                text("ui.mine.postcode"),
                ["", *postcodes],
                format_func=lambda item: names[item] if item else text("ui.mine.postcode.all"),
                key=_follows("mine-postcode", asked if asked in postcodes else ""),
                width=240,
            )
        _choose_plan(plan)
    place = postcode or chosen
    session.choose(PLACE, place)
    return place


def _follows(key: str, value: str) -> str:
    """Return the key of a choice that shows what the address says, each time the address says something else."""
    told = f"{key}.address"
    if st.session_state.get(told) != value:
        st.session_state[told] = st.session_state[key] = value
    elif key in st.session_state:
        # What is chosen comes into the address in this same turn.
        st.session_state[told] = st.session_state[key]
    return key


def _first_of_area(areas: Sequence[AreaInfo]) -> str | None:
    """Return the largest gemeente of the area of the frame."""
    kind, _, name = session.area().partition(":")
    inside = [area for area in areas if not name or area.regions.get(kind) == name]
    largest = max(inside, key=lambda area: area.inhabitants, default=None)
    return None if largest is None else largest.gemeente_id


def _choose_plan(plan: ScenarioInfo | None) -> None:
    plans = {item.id: item for item in [*session.examples(), *session.own_plans()]}
    if plan is not None:
        plans.setdefault(plan.id, plan)
    if not plans:
        return
    options = list(plans)
    shown = plan.id if plan is not None else options[0]
    chosen = st.selectbox(
        text("ui.mine.plan"),
        options,
        format_func=lambda item: plans[item].name,
        key=_follows("mine-plan", shown),
        width=380,
    )
    if chosen != shown:
        st.query_params.pop("run", None)
        session.choose("s", chosen)
        st.rerun()


def _not_calculated(plan: ScenarioInfo | None, run: RunInfo | None) -> None:
    """Say that there is nothing to tell yet, and what to do."""
    if plan is None:
        show(box(paragraph(text("ui.mine.no_plan")), "zs-info"))
        return
    state = "" if run is None else state_text(run)
    show(
        box(
            join(
                paragraph(text("ui.mine.not_calculated", name=plan.name)),
                paragraph(text("ui.mine.state", state=state)) if state else "",
                paragraph(link(text("ui.mine.calculate"), session.address("impact", s=plan.slug or plan.id))),
            ),
            "zs-info",
        )
    )


# -- what is told ------------------------------------------------------------------------------------------


def _show_certainty(teller: Teller, impact: Impact, language: Language) -> None:
    robust = impact.robustness
    assumptions = (
        text("ui.mine.sure.assumptions.none")
        if robust is None
        else text("ui.mine.sure.assumptions", draws=number(robust.draws, language))
    )
    show(
        h2(text("ui.mine.sure"), "zeker"),
        paragraph(text("ui.mine.sure.chance", years=number(teller.outcome.replications, language))),
        paragraph(assumptions),
        paragraph(text("ui.mine.sure.people"), "zs-small zs-muted"),
    )


def _show_care(teller: Teller, impact: Impact, language: Language) -> None:
    outcome = teller.outcome
    show(h2(text("ui.mine.care"), "zorg"))
    if outcome.changed:
        show(_changed_table(teller, language))
    else:
        show(paragraph(text("ui.mine.care.none")))
    show(_unchanged_table(teller, language))
    with st.popover(text("ui.picture.files"), type="tertiary", key="files-mine"):
        show_table_files(
            "mijn-gemeente",
            _sheet(teller),
            text("ui.mine.care.title", place=outcome.name, plan=impact.name),
            source_of(impact.identity),
        )


def _changed_table(teller: Teller, language: Language) -> Html:
    columns = [
        Column(text("ui.mine.column.care")),
        Column(text("ui.mine.column.now"), "text"),
        Column(text("ui.mine.column.then"), "text"),
        Column(text("ui.mine.column.extra"), "num"),
        Column(text("ui.mine.column.moved"), "text"),
    ]
    rows = [
        TableRow(
            [
                teller.name(care.profile),
                _places(teller, care, plan=False),
                _places(teller, care, plan=True),
                signed(care.extra_minutes.mean, language),
                teller.moved(care),
            ]
        )
        for care in teller.outcome.changed
    ]
    return cut_table(text("ui.mine.care.changed"), columns, rows, language)


def _unchanged_table(teller: Teller, language: Language) -> Html:
    columns = [
        Column(text("ui.mine.column.care")),
        Column(text("ui.mine.column.now"), "text"),
        Column(text("ui.mine.column.patients"), "num"),
    ]
    rows = [
        TableRow(
            [
                teller.name(care.profile),
                _places(teller, care, plan=False),
                number(care.patients, language),
            ]
        )
        for care in teller.outcome.unchanged
    ]
    return cut_table(text("ui.mine.care.unchanged"), columns, rows, language)


def _places(teller: Teller, care: CareOfPlace | UnchangedCare, *, plan: bool) -> str:
    """Return the hospitals where most go, with the way there."""
    shares = care.plan if plan and isinstance(care, CareOfPlace) else care.today
    return ", ".join(
        text(
            "ui.mine.hospital",
            name=teller.name(item.location),
            minutes=number(item.minutes, teller.language),
        )
        for item in shares
    ) or text("ui.mine.nowhere")


def _sheet(teller: Teller) -> Sheet:
    outcome: PlaceOutcome = teller.outcome
    columns = [text(f"ui.mine.column.{name}") for name in ("care", "now", "then", "extra", "moved")]
    rows: list[list[str | float | None]] = [
        [
            teller.name(care.profile),
            _places(teller, care, plan=False),
            _places(teller, care, plan=True),
            round(care.extra_minutes.mean, 1),
            round(care.moved.mean) if care.moved else teller.moved(care),
        ]
        for care in outcome.changed
    ]
    for unchanged in outcome.unchanged:
        places = _places(teller, unchanged, plan=False)
        rows.append([teller.name(unchanged.profile), places, places, 0, 0])
    return Sheet(columns, rows)


def _show_next(run: RunInfo, place: str) -> None:
    show(
        paragraph(
            join(
                link(text("ui.mine.to_impact"), session.address("impact")),
                " · ",
                link(
                    text("ui.mine.to_flows"),
                    session.address("verdieping", run=run.id, onderdeel="stromen", gemeente=place),
                ),
                " · ",
                link(text("ui.mine.to_region"), session.address("regiobeeld")),
            )
        )
    )
