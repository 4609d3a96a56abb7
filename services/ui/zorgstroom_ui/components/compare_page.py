"""The comparison page: which plans, compared with what, and its tabs; only the tab that is open is made.

In the address stand ``plan`` (repeated), ``ref`` (what is compared with; without: Nu), ``onderdeel`` (the tab) and,
for a dossier, ``run`` (repeated: exactly these calculations) and ``naam``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from zorgstroom.client import Comparison, RunInfo, ScenarioInfo, TradeOffs
from zorgstroom.errors import Conflict, ZorgstroomError
from zorgstroom.reporting.impact import Impact
from zorgstroom.scenario_changes import count_settings, setting_changes
from zorgstroom.text import Language
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import (
    charts,
    comparing,
    comparison,
    country_map,
    frame,
    frame_bar,
    pictures,
    steady,
    trade_off,
)
from zorgstroom_ui.components.builder import facts
from zorgstroom_ui.components.builder.words import Words
from zorgstroom_ui.components.html import (
    box,
    element,
    folded,
    h1,
    h2,
    join,
    link,
    listing,
    paragraph,
    show,
)
from zorgstroom_ui.components.picture import Picture, Sheet, as_workbook, offer_files, show_picture, source_of
from zorgstroom_ui.components.progress import state_text, wait_for
from zorgstroom_ui.components.share import site_address
from zorgstroom_ui.components.tabs import asked_tab, open_tab
from zorgstroom_ui.components.wording import confidential_mark

FEWEST_PLANS, MOST_PLANS = 2, 6
#: In the address, for a comparison with today.
TODAY = "nu"
#: Maps next to each other, and how high they are then.
MAPS_IN_A_ROW, SMALL_MAP, LARGE_MAP = 3, 300, 460
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Compared:
    """What the tabs show: plans that are ready, with their results, in one order."""

    plans: Sequence[ScenarioInfo]
    runs: Sequence[RunInfo]
    names: Sequence[str]
    #: Of `runs`; None: today.
    reference: str | None
    language: Language

    @property
    def impacts(self) -> list[Impact]:
        """The results, which are remembered."""
        return [session.impact(run.id) for run in self.runs]

    @property
    def reference_name(self) -> str:
        """What everything is compared with."""
        by_run = dict(zip((run.id for run in self.runs), self.names, strict=True))
        return session.text("ui.compare.now") if self.reference is None else by_run[self.reference]


def show_page() -> None:
    """Show the page."""
    text = session.text
    pinned = [session.client().run(name) for name in dict.fromkeys(st.query_params.get_all("run"))]
    runs = {**session.latest_runs(), **{run.scenario_id: run for run in pinned}}
    # A plan that was only handed in is no choice yet; its own page calculates it.
    calculated = [plan for plan in session.own_plans() if plan.id in runs]
    plans = [plan for plan in [*session.examples(), *calculated] if plan.actions]
    asked, missing = _asked([run.scenario_id for run in pinned])
    area = asked[0].region if asked else _area(plans)
    name = st.query_params.get("naam", "")
    title = text("ui.compare.dossier.heading", name=name) if name else text("ui.compare.title")
    show(h1(title), paragraph(text("ui.compare.lead"), "zs-lead"))
    _show_missing(missing, asked)
    here = [plan for plan in dict.fromkeys([*plans, *asked]) if plan.region == area]
    chosen = asked or _to_begin_with(here, runs)
    if not asked and chosen:
        # So that a link shows another person the same plans.
        st.query_params["plan"] = [plan.id for plan in chosen]
    names = comparing.unique_names(list(dict.fromkeys([*here, *chosen])))
    _choose(here, chosen, names)
    _show_chosen(chosen, names, {plan.id: runs[plan.id] for plan in chosen if plan.id in runs})


def _asked(pinned: Sequence[str]) -> tuple[list[ScenarioInfo], list[session.UnknownPlan]]:
    """Return the plans in the address, none when the visitor went to another area since; and what does not exist."""
    asked = st.query_params.get_all("plan") or list(pinned)
    found: list[ScenarioInfo] = []
    missing: list[session.UnknownPlan] = []
    for name in dict.fromkeys(asked):
        try:
            found.append(session.find_scenario(name))
        except session.UnknownPlan as error:
            missing.append(error)
    if missing:
        st.query_params["plan"] = [plan.id for plan in found]
    area, before = session.area(), st.session_state.get("compared.area")
    st.session_state["compared.area"] = area
    elsewhere = all(plan.region != area for plan in found)
    if found and before is not None and before != area and elsewhere:
        for part in ("plan", "run", "ref", "naam"):
            st.query_params.pop(part, None)
        return [], missing
    return list(dict.fromkeys(found)), missing


def _show_missing(missing: Sequence[session.UnknownPlan], found: Sequence[ScenarioInfo]) -> None:
    kept = [plan.id for plan in found]
    for error in missing:
        offers = [link(plan.name, session.here(plan=[*kept, plan.id])) for plan in error.nearest]
        show(frame_bar.missing(error.message(session.language()), offers))


def _to_begin_with(plans: Sequence[ScenarioInfo], runs: Mapping[str, RunInfo]) -> list[ScenarioInfo]:
    """Return the plans that are ready, completed to two with plans that are not."""
    ready = [plan for plan in plans if plan.id in runs and runs[plan.id].state == "completed"]
    others = [plan for plan in plans if plan not in ready]
    return [*ready, *others[: max(0, FEWEST_PLANS - len(ready))]][:FEWEST_PLANS]


def _area(plans: Sequence[ScenarioInfo]) -> str:
    """Return the area of the comparison: chosen, else that of the first example."""
    if session.remembered("gebied"):
        return session.area()
    return next((plan.region for plan in plans), "")


def _choose(plans: Sequence[ScenarioInfo], chosen: Sequence[ScenarioInfo], names: Mapping[str, str]) -> None:
    """Let the visitor pick plans of one area; plans of different areas cannot be compared."""
    text, language = session.text, session.language()
    most = number(MOST_PLANS, language)
    picked = {plan.id for plan in chosen}
    with st.expander(text("ui.compare.plans"), expanded=len(chosen) < FEWEST_PLANS, key="compare-plans"):
        if not plans:
            show(paragraph(text("ui.compare.no_plans")))
            return
        with steady.form("plans"):
            show(element("p", text("ui.compare.choose", most=most)))
            ticked = [
                plan.id
                for plan in plans
                if st.checkbox(names[plan.id], plan.id in picked, key=f"plan-{plan.id}")
            ]
            if st.form_submit_button(text("ui.compare.submit"), type="primary"):
                if not FEWEST_PLANS <= len(ticked) <= MOST_PLANS:
                    st.error(text("ui.compare.choose", most=most))
                    return
                _go(plan=ticked, run=[], naam=[])


def _go(**changes: Sequence[str]) -> None:
    """Go to another comparison: what is empty leaves the address."""
    for name, values in changes.items():
        if values:
            st.query_params[name] = list(values)
        else:
            st.query_params.pop(name, None)
    st.rerun()


def _show_chosen(
    chosen: Sequence[ScenarioInfo], names: Mapping[str, str], runs: Mapping[str, RunInfo]
) -> None:
    text = session.text
    missing = [plan for plan in chosen if plan.id not in runs]
    if missing:
        told = ", ".join(names[plan.id] for plan in missing)
        show(box(paragraph(text("ui.compare.missing", plans=told)), "zs-info"))
        if st.button(text("ui.compare.calculate"), type="primary"):
            for plan in missing:
                session.submit(plan.id)
            st.rerun()
    for plan_id, run in runs.items():
        if run.state in ("failed", "cancelled"):
            show(box(paragraph(join(element("b", names[plan_id]), f": {state_text(run)}")), "zs-note"))
    ready = [plan for plan in chosen if plan.id in runs and runs[plan.id].state == "completed"]
    if len(ready) >= FEWEST_PLANS:
        _show_ready(ready[:MOST_PLANS], names, runs)
    else:
        frame.show_figures_in_use()
        show(paragraph(text("ui.compare.empty")))
    waiting = [run.id for run in runs.values() if not run.final]
    if waiting:
        wait_for(waiting)


def _show_ready(plans: Sequence[ScenarioInfo], names: Mapping[str, str], runs: Mapping[str, RunInfo]) -> None:
    language = session.language()
    reference = _choose_reference(plans, names)
    compared = Compared(
        plans=plans,
        runs=[runs[plan.id] for plan in plans],
        names=[names[plan.id] for plan in plans],
        reference=None if reference is None else runs[reference].id,
        language=language,
    )
    identities = [impact.identity for impact in compared.impacts]
    frame.rests_on(identities)
    show(confidential_mark(identities, language))
    _show_plans(compared)
    labels = {tab: session.text(f"ui.compare.tab.{tab}") for tab in TABS}
    name, container = open_tab("compare", labels, asked_tab(TABS))
    with container:
        TABS[name](compared)
    _show_keeping(compared)


def _choose_reference(plans: Sequence[ScenarioInfo], names: Mapping[str, str]) -> str | None:
    """Return the plan that the others are compared with; None: today."""
    text = session.text
    ids = [plan.id for plan in plans]
    asked = st.query_params.get("ref", TODAY)
    held = next((plan.id for plan in plans if asked in (plan.id, plan.slug)), TODAY)
    options = [TODAY, *ids]
    # The address decides; what was chosen before may be of another comparison.
    st.session_state["compare-reference"] = held

    def choose() -> None:
        picked = st.session_state["compare-reference"]
        if picked == TODAY:
            st.query_params.pop("ref", None)
        else:
            st.query_params["ref"] = picked

    chosen = st.selectbox(
        text("ui.compare.reference"),
        options,
        format_func=lambda name: text("ui.compare.now") if name == TODAY else names.get(name, name),
        key="compare-reference",
        on_change=choose,
    )
    return None if chosen == TODAY else chosen


def _show_plans(compared: Compared) -> None:
    """Show which plans there are, each with a way to its own page and a way to leave it out."""
    text = session.text
    ids = [plan.id for plan in compared.plans]
    marks = trade_off.letters([run.id for run in compared.runs])
    lines = []
    for plan, run, name in zip(compared.plans, compared.runs, compared.names, strict=True):
        address = session.address("impact", s=plan.slug or plan.id, run=run.id)
        parts: list[str] = [element("b", f"{marks[run.id]} "), link(name, address)]
        if len(ids) > FEWEST_PLANS:
            others = [other for other in ids if other != plan.id]
            runs = [other.id for other in compared.runs if other.id != run.id]
            pinned = {"run": runs} if st.query_params.get_all("run") else {}
            removed = link(text("ui.compare.remove", name=name), session.here(plan=others, **pinned))
            parts += [" ", element("span", removed, "zs-small")]
        lines.append(join(*parts))
    show(listing(lines))


# -- the tabs --------------------------------------------------------------------------------------------


@st.cache_data(max_entries=64, show_spinner=False)
def _comparison(
    run_ids: tuple[str, ...], reference: str | None, visitor: str, language: Language
) -> Comparison:
    del visitor, language  # what the answer is remembered by
    return session.client().compare(run_ids, reference)


@st.cache_data(max_entries=64, show_spinner=False)
def _weighed(run_ids: tuple[str, ...], visitor: str) -> TradeOffs:
    del visitor  # what the answer is remembered by
    return session.client().trade_offs(run_ids)


def _asked_comparison(compared: Compared) -> Comparison | None:
    """Return the outcomes side by side; where they may not be, say why and return None."""
    ids = tuple(run.id for run in compared.runs)
    try:
        return _comparison(ids, compared.reference, session.who(), compared.language)
    except Conflict as error:
        _say_conflict(error, compared.language)
        return None


def _say_conflict(error: Conflict, language: Language) -> None:
    show(
        box(
            join(paragraph(session.text("ui.compare.conflict")), paragraph(error.message(language))),
            "zs-note",
        )
    )


def _summary(compared: Compared) -> None:
    text, language, impacts, names = session.text, compared.language, compared.impacts, compared.names
    show(h2(text("ui.compare.outcomes.title", reference=compared.reference_name)))
    found = _asked_comparison(compared)
    if found is not None:
        known = {key: name for impact in impacts for key, name in impact.names.items()}
        key = "ui.compare.help" if compared.reference is None else "ui.compare.help.plan"
        show(
            comparison.outcomes(found, known, language, names),
            paragraph(text(key, reference=compared.reference_name), "zs-small zs-muted"),
        )
        _show_weighing(found, compared)
    show(
        h2(text("ui.compare.moves")),
        comparison.moves(impacts, names, language),
        h2(text("ui.compare.capacity")),
        comparison.capacity(impacts, names, language),
        folded(text("ui.compare.assumptions"), comparison.assumptions(impacts, names, language)),
    )


def _show_weighing(found: Comparison, compared: Compared) -> None:
    """Let the visitor say what counts most; only the order of the plans comes out."""
    text, language = session.text, compared.language
    if not st.toggle(text("ui.compare.weigh"), key="compare-weigh"):
        return
    topics = comparing.topics_to_weigh(found)
    show(box(paragraph(text("ui.compare.weigh.warning")), "zs-note"))
    with steady.form("compare-weights"):
        weights = {
            topic: st.slider(
                comparison.topic_text(topic, compared.impacts[0].names, language),
                0,
                comparing.MOST_WEIGHT,
                1,
                key=f"weight-{topic}",
            )
            for topic in topics
        }
        st.form_submit_button(text("ui.compare.weigh.apply"), type="primary")
    order = comparing.ordered(found, compared.names, weights)
    lines = [text("ui.compare.weigh.place", place=str(item.place), name=item.plan) for item in order]
    show(element("div", join(element("h3", text("ui.compare.weigh.order")), listing(lines)), role="status"))


def _maps(compared: Compared) -> None:
    text, language, impacts, names = session.text, compared.language, compared.impacts, compared.names
    show(h2(text("ui.compare.maps")), paragraph(text("ui.compare.maps.help")))
    places = list(range(len(names)))
    mode = st.radio(
        text("ui.compare.maps.mode"),
        ["all", "pair"],
        format_func=lambda mode: text(f"ui.compare.maps.mode.{mode}"),
        horizontal=True,
        key="compare-map-mode",
    )
    spots = [comparing.spots(impact) for impact in impacts]
    if not any(spots):
        show(paragraph(text("ui.impact.where.none")))
        return
    if mode == "pair":
        _show_pair(compared, spots)
    else:
        show(pictures.swatches(country_map.legend(language)))
        extent = country_map.extent(spots)
        in_a_row = min(MAPS_IN_A_ROW, len(places))
        height = LARGE_MAP if in_a_row <= 2 else SMALL_MAP
        for start in range(0, len(places), in_a_row):
            for side, place in zip(st.columns(in_a_row), places[start : start + in_a_row], strict=False):
                with side:
                    _show_map(compared, place, spots[place], extent, height)
    show(comparing.areas(impacts, names, language))


def _show_pair(compared: Compared, spots: Sequence[Sequence[country_map.Spot]]) -> None:
    """Show two plans on one map, with a slider that says how far each of them reaches."""
    text, language, names = session.text, compared.language, compared.names
    picked = []
    for column, (key, first) in zip(st.columns(2), (("left", 0), ("right", 1)), strict=True):
        with column:
            picked.append(
                st.selectbox(
                    text(f"ui.compare.maps.{key}"),
                    list(range(len(names))),
                    index=first,
                    format_func=lambda place: names[place],
                    key=f"compare-map-{key}",
                )
            )
    left, right = picked
    title = text("ui.compare.maps.pair.title", left=names[left], right=names[right])
    rows: dict[str, list[float | None]] = {}
    for column_of, place in enumerate((left, right)):
        for spot in spots[place]:
            row = rows.setdefault(spot.name, [None, None])
            row[column_of] = None if spot.value is None else round(spot.value, 1)
    minutes = text("ui.impact.where.minutes")
    show_picture(
        Picture(
            name=f"kaart-{compared.runs[left].id[:8]}-{compared.runs[right].id[:8]}",
            title=title,
            alt=" ".join([f"{title}.", *(_told(compared, place, spots[place]) for place in (left, right))]),
            spec=country_map.divided_spec(
                (spots[left], compared.impacts[left].locations),
                (spots[right], compared.impacts[right].locations),
                country_map.TRAVEL,
                language,
                session.borders(),
                frame=country_map.extent([spots[left], spots[right]]),
                height=LARGE_MAP,
            ),
            sheet=Sheet(
                [text("ui.impact.where.area"), *(f"{minutes}: {names[place]}" for place in (left, right))],
                [[name, *values] for name, values in sorted(rows.items())],
            ),
            source=source_of(compared.impacts[left].identity),
            legend=country_map.legend(language),
        )
    )


def _told(compared: Compared, place: int, spots: Sequence[country_map.Spot]) -> str:
    """Return what a map of one plan shows, in words."""
    text, language = session.text, compared.language
    worst = max(spots, key=lambda spot: spot.value or 0.0, default=None)
    if worst is None:
        return text("ui.impact.where.none")
    title = text("ui.compare.maps.title", name=compared.names[place])
    minutes = number(worst.value or 0.0, language)
    return text("ui.compare.maps.alt", title=title, area=worst.name, minutes=minutes)


def _show_map(
    compared: Compared,
    place: int,
    spots: Sequence[country_map.Spot],
    extent: Sequence[tuple[float, float]],
    height: int,
) -> None:
    text, language = session.text, compared.language
    impact, name = compared.impacts[place], compared.names[place]
    title = text("ui.compare.maps.title", name=name)
    spec = country_map.spots_spec(
        spots,
        country_map.TRAVEL,
        impact.locations,
        {},
        language,
        session.borders(),
        frame=extent,
        height=height,
    )
    alt = _told(compared, place, spots)
    show(element("h3", name))
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt, key=f"map-{place}")
    picture = Picture(
        name=f"kaart-{place}-{compared.runs[place].id[:12]}",
        title=title,
        alt=alt,
        spec=spec,
        sheet=Sheet(
            [text("ui.impact.where.area"), text("ui.impact.where.minutes")],
            [[spot.name, None if spot.value is None else round(spot.value, 1)] for spot in spots],
        ),
        source=source_of(impact.identity),
        legend=country_map.legend(language),
    )
    offer_files(picture)


def _hospitals(compared: Compared) -> None:
    text, language, impacts = session.text, compared.language, compared.impacts
    show(h2(text("ui.compare.hospitals.title")), paragraph(text("ui.compare.hospitals.help")))
    drawn = comparing.hospital_arrows(impacts, language)
    widest = max((charts.reach_of(rows) for rows in drawn), default=0.0)
    in_a_row = min(MAPS_IN_A_ROW, len(drawn))
    if drawn and drawn[0]:
        show(
            pictures.swatches(
                [
                    (charts.LOSS, text("ui.impact.winners_locations.loss")),
                    (charts.MAIN, text("ui.impact.winners_locations.gain")),
                    (charts.GREY, text("ui.compare.grey")),
                ]
            )
        )
        for start in range(0, len(drawn), in_a_row):
            places = range(start, min(start + in_a_row, len(drawn)))
            for side, place in zip(st.columns(in_a_row), places, strict=False):
                with side:
                    _show_arrows(compared, place, drawn[place], widest)
    show(comparison.hospitals(impacts, compared.names, language))


def _show_arrows(compared: Compared, place: int, rows: Sequence[charts.Arrow], widest: float) -> None:
    text, language, name = session.text, compared.language, compared.names[place]
    title = text("ui.compare.hospitals.picture", name=name)
    told = "; ".join(f"{row.label}: {row.text}" for row in rows)
    picture = Picture(
        name=f"ziekenhuizen-{compared.runs[place].id[:12]}",
        title=title,
        alt=f"{title}. {told}.",
        spec=charts.arrows(rows, language, widest=widest),
        sheet=Sheet(
            [text("ui.impact.who.place"), text("ui.impact.who.net")],
            [[row.label, round(row.value, 1)] for row in rows],
        ),
        source=source_of(compared.impacts[place].identity),
    )
    show(element("h3", name))
    st.vega_lite_chart(
        dict(picture.spec), theme=None, width="stretch", alt=picture.alt, key=f"arrows-{place}"
    )
    offer_files(picture)


def _groups(compared: Compared) -> None:
    text = session.text
    show(
        h2(text("ui.compare.groups")),
        paragraph(text("ui.compare.groups.help")),
        comparing.groups(compared.impacts, compared.names, compared.language),
    )


def _trade_off(compared: Compared) -> None:
    text, language = session.text, compared.language
    show(h2(text("ui.impact.tradeoff")), paragraph(text("ui.compare.tradeoff.help")))
    try:
        found = _weighed(tuple(run.id for run in compared.runs), session.who())
    except Conflict as error:
        _say_conflict(error, language)
        return
    if not found.items:
        show(paragraph(text("ui.impact.tradeoff.none")))
        return
    item = trade_off.choose(found, language, key="compare-trade-off")
    named: dict[str | None, str] = {None: text("ui.compare.now")}
    named |= dict(zip((run.id for run in compared.runs), compared.names, strict=True))
    trade_off.show_item(item, found.names, named, source_of(compared.impacts[0].identity), language)


def _choices(compared: Compared) -> None:
    text, language = session.text, compared.language
    show(
        h2(text("ui.compare.choices.title", reference=compared.reference_name)),
        comparison.choices(compared.impacts, compared.names, language),
    )
    documents = [
        session.scenario(run.scenario_id).document.model_dump(mode="json", by_alias=True, exclude_none=True)
        for run in compared.runs
    ]
    first = next((place for place, run in enumerate(compared.runs) if run.id == compared.reference), None)
    try:
        words = Words(facts.facts(), language)
    except ZorgstroomError:
        # The sentences above say it too, with fewer details.
        return
    for place, (document, name) in enumerate(zip(documents, compared.names, strict=True)):
        if place == first:
            continue
        before = {**document, "actions": []} if first is None else documents[first]
        changes = setting_changes(before, document)
        same = number(count_settings(before, document) - len(changes), language)
        caption = text("ui.compare.settings.caption", name=name, reference=compared.reference_name)
        settings = words.changes_table(changes, caption, compared.reference_name, name)
        show(
            element("h3", name), settings, paragraph(text("ui.compare.settings.same", count=same), "zs-muted")
        )


TABS: Mapping[str, Callable[[Compared], None]] = {
    "samenvatting": _summary,
    "kaarten": _maps,
    "ziekenhuizen": _hospitals,
    "groepen": _groups,
    "afruil": _trade_off,
    "keuzes": _choices,
}


# -- keeping ---------------------------------------------------------------------------------------------


def _show_keeping(compared: Compared) -> None:
    """Offer a dossier, which is an address that opens exactly this, and all tables as a workbook."""
    text = session.text
    show(h2(text("ui.compare.keep")))
    ids = "-".join(run.id[:6] for run in compared.runs)
    with st.container(horizontal=True):
        st.download_button(
            text("ui.compare.excel"),
            data=partial(_workbook, compared),
            file_name=f"zorgstroom-vergelijking-{ids}.xlsx",
            mime=EXCEL,
            key="compare-excel",
            on_click="ignore",
        )
    with steady.form("dossier"):
        show(paragraph(text("ui.compare.dossier.help")))
        name = st.text_input(
            text("ui.compare.dossier.name"), st.query_params.get("naam", ""), max_chars=80, key="dossier-name"
        )
        if st.form_submit_button(text("ui.compare.dossier.make")):
            if not name.strip():
                st.error(text("ui.compare.dossier.empty"))
            else:
                _go(
                    plan=[plan.id for plan in compared.plans],
                    run=[run.id for run in compared.runs],
                    naam=[name.strip()],
                )
    if st.query_params.get("naam"):
        show(paragraph(text("ui.compare.dossier.made")))
        st.code(f"{site_address()}/vergelijken{session.here()}", language=None)
    reports = [
        link(text("ui.compare.report", name=name), session.address("rapport", s=run.scenario_id, run=run.id))
        for run, name in zip(compared.runs, compared.names, strict=True)
    ]
    show(folded(text("ui.compare.reports"), listing(reports)))


def _workbook(compared: Compared) -> bytes:
    ids = tuple(run.id for run in compared.runs)
    try:
        found = _comparison(ids, compared.reference, session.who(), compared.language)
        weighed = _weighed(ids, session.who())
    except Conflict:
        # What may not stand side by side is left out; the rest is of each plan by itself.
        found, weighed = None, None
    impacts = compared.impacts
    pages = comparing.workbook_pages(found, impacts, weighed, compared.names, compared.language)
    reference = session.text("ui.compare.reference.of", name=compared.reference_name)
    return as_workbook(pages, f"{reference} {source_of(impacts[0].identity)}")
