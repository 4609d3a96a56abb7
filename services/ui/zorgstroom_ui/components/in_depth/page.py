"""The page Verdieping: which plan, its tabs with their filters, and the rows behind a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields

import streamlit as st

from zorgstroom.client import RunInfo, ScenarioInfo
from zorgstroom.errors import nearest_known
from zorgstroom.reporting.impact import Impact
from zorgstroom_ui import session
from zorgstroom_ui.components import frame, steady
from zorgstroom_ui.components.html import box, element, h1, link, listing, paragraph, show
from zorgstroom_ui.components.in_depth import (
    asking,
    check,
    differences,
    flows,
    rows,
    staff,
    travel,
    uncertainty,
    volumes,
    waits,
)
from zorgstroom_ui.components.in_depth.asking import Names
from zorgstroom_ui.components.in_depth.choices import (
    AGES,
    DENOMINATORS,
    FIELDS,
    FIFTHS,
    TABS,
    Choices,
    Tab,
    Unknown,
    read,
)
from zorgstroom_ui.components.in_depth.context import ROW_FILTERS, Context
from zorgstroom_ui.components.tabs import PART, open_tab
from zorgstroom_ui.components.wording import area_name, confidential_mark

SHOW: Mapping[Tab, Callable[[Context], None]] = {
    "volumes": volumes.show_tab,
    "reistijd": travel.show_tab,
    "wachten": waits.show_tab,
    "personeel": staff.show_tab,
    "stromen": flows.show_tab,
    "verschillen": differences.show_tab,
    "onzekerheid": uncertainty.show_tab,
    "controle": check.show_tab,
}
#: Fields with one value at most.
_SINGLE = ("woonregio", "leeftijd", "noemer")
#: Parts of the address that say which rows are shown, besides the filters.
_OF_ROWS = ("tabel", "vanaf", *(name for name in ROW_FILTERS if name not in ("ziekenhuis", "zorg")))


def show_page() -> None:
    """Show the page."""
    text = session.text
    plan = session.chosen_plan()
    if plan is None:
        show(
            h1(text("ui.depth.title")),
            paragraph(text("ui.depth.choose"), "zs-lead"),
            _plans(session.examples()),
        )
        return
    run = _run_of(plan)
    if run is None or run.state != "completed":
        name = run.name if run is not None else plan.name
        address = session.address("impact", s=plan.slug or plan.id)
        show(
            h1(text("ui.depth.heading", name=name)),
            paragraph(text("ui.depth.not_ready"), "zs-lead"),
            paragraph(link(text("ui.depth.to_impact"), address)),
        )
        return
    _show_run(plan, run)


def _plans(plans: Sequence[ScenarioInfo]) -> str:
    return listing(link(plan.name, session.address("verdieping", s=plan.slug or plan.id)) for plan in plans)


def _run_of(plan: ScenarioInfo) -> RunInfo | None:
    asked = st.query_params.get("run")
    return session.client().run(asked) if asked else session.latest_runs().get(plan.id)


def _show_run(plan: ScenarioInfo, run: RunInfo) -> None:
    text, language = session.text, session.language()
    impact = session.impact(run.id)
    frame.rests_on([impact.identity])
    show(
        confidential_mark([impact.identity], language),
        h1(text("ui.depth.heading", name=impact.name)),
        paragraph(text("ui.depth.lead", years=str(impact.identity.replications)), "zs-lead"),
    )
    names = asking.names(impact, language)
    known = _options(run.id, impact, names)
    asked = {field.name: st.query_params.get_all(field.name) for field in fields(Choices)}
    choices, unknown = read(asked, known)
    tab = _chosen_tab(unknown)
    _show_unknown(unknown)
    labels = {name: text(f"ui.depth.tab.{name}") for name in TABS}
    name, container = open_tab("depth", labels, tab)
    with container:
        context = Context(
            plan=plan.slug or plan.id,
            run=run,
            impact=impact,
            language=language,
            tab=name,
            choices=choices,
            names=names,
        )
        _show_filters(context, known)
        SHOW[name](context)
        rows.show_rows(context)


def _chosen_tab(unknown: list[Unknown]) -> Tab:
    """Return the tab the address asks for; the first where it asks for none, or for one that goes to `unknown`."""
    asked = st.query_params.get(PART)
    if asked and asked not in TABS:
        unknown.append(Unknown(PART, asked, nearest_known(asked, TABS)))
    return next((name for name in TABS if name == asked), TABS[0])


def _options(run_id: str, impact: Impact, names: Names) -> dict[str, Sequence[str]]:
    """Return what can be chosen in every field: of hospitals and care what this run counts."""
    hospitals = {line.location for line in asking.years(run_id, "volume", ("location",)).items}
    hospitals |= {place.id for place in impact.locations}
    care = [line.profile for line in asking.years(run_id, "volume", ("profile",)).items]
    return {
        "ziekenhuis": sorted(hospitals, key=names.of),
        "specialisme": list(names.groups),
        "zorg": sorted(care, key=names.of),
        "woonregio": [
            f"{kind}:{name}" for kind in ("roaz", "province") for name in names.regions.get(kind, ())
        ],
        "ses": FIFTHS,
        "leeftijd": AGES,
        "noemer": DENOMINATORS,
    }


def _show_unknown(unknown: Sequence[Unknown]) -> None:
    """Say which parts of the address mean nothing here, and what may have been meant."""
    if not unknown:
        return
    text = session.text
    lines = []
    for item in unknown:
        field = text(f"ui.depth.field.{item.field}")
        key = "ui.depth.unknown" if item.nearest is None else "ui.depth.unknown.nearest"
        lines.append(text(key, field=field, value=item.value, nearest=item.nearest or ""))
    show(element("div", box(listing(lines), "zs-note"), role="alert"))


def _show_filters(context: Context, known: Mapping[str, Sequence[str]]) -> None:
    """Show the filters of a tab; they take effect with the button, and stand in the address."""
    shown = FIELDS[context.tab]
    if not shown:
        return
    held = context.choices.parameters()
    if st.session_state.get("depth-applied") != held:
        # Somebody came by a link, or a filter was wiped: the fields show what the address says.
        for name, values in held.items():
            st.session_state[_key(name)] = _widget_value(name, values)
        st.session_state["depth-applied"] = held
    with steady.form("depth-filters"):
        show(paragraph(context.text("ui.depth.filters"), "zs-small"))
        columns = st.columns(2)
        for index, name in enumerate(shown):
            st.session_state.setdefault(_key(name), _widget_value(name, held[name]))
            with columns[index % 2]:
                _field(context, name, known[name])
        with st.container(horizontal=True):
            apply = st.form_submit_button(context.text("ui.depth.apply"), type="primary")
            wipe = st.form_submit_button(context.text("ui.depth.wipe"))
    if apply:
        _to_address({name: _values(name) for name in shown})
    elif wipe:
        _to_address(dict.fromkeys(shown, ()))


def _field(context: Context, name: str, options: Sequence[str]) -> None:
    label = context.text(f"ui.depth.field.{name}")

    def written(value: str) -> str:
        if name == "specialisme":
            return context.names.group(value)
        if name in ("ses", "leeftijd", "noemer"):
            return context.text(f"ui.depth.{name}.{value}")
        return area_name(value, context.language) if name == "woonregio" else context.names.of(value)

    if name in _SINGLE:
        first = context.text(f"ui.depth.field.{name}.all")
        st.selectbox(
            label,
            ["", *options],
            format_func=lambda value: written(value) if value else first,
            key=_key(name),
        )
    else:
        st.multiselect(
            label,
            options,
            format_func=written,
            key=_key(name),
            placeholder=context.text(f"ui.depth.field.{name}.all"),
        )


def _key(name: str) -> str:
    return f"depth-field-{name}"


def _widget_value(name: str, values: Sequence[str]) -> str | list[str]:
    return (values[0] if values else "") if name in _SINGLE else list(values)


def _values(name: str) -> tuple[str, ...]:
    value = st.session_state[_key(name)]
    if name in _SINGLE:
        return (value,) if value else ()
    return tuple(value)


def _to_address(chosen: Mapping[str, Sequence[str]]) -> None:
    """Put the filters in the address; the rows of a number that was looked at are not of these filters."""
    for name, values in chosen.items():
        if values:
            st.query_params[name] = list(values)
        else:
            st.query_params.pop(name, None)
    for name in _OF_ROWS:
        st.query_params.pop(name, None)
    st.rerun()
