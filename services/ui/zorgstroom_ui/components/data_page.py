"""The page Data en API: the figures behind the model, the tables of a scenario, and how a program asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal, get_args

import streamlit as st

from zorgstroom.client import ResultPart, RunInfo
from zorgstroom.dataset_document import DatasetTables
from zorgstroom.errors import NotFound, ZorgstroomError
from zorgstroom.text import catalogue
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import frame
from zorgstroom_ui.components.api_examples import LANGUAGES, Request, example
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    box,
    cut_table,
    element,
    folded,
    h1,
    h2,
    link,
    paragraph,
    show,
    table,
)
from zorgstroom_ui.components.in_depth.context import ROW_FILTERS
from zorgstroom_ui.components.in_depth.rows import FILES, TABLES, filters_of
from zorgstroom_ui.components.tabs import asked_tab, open_tab
from zorgstroom_ui.components.wording import confidential_mark, date_text, no_value

Part = Literal["gegevens", "uitkomsten", "api"]
PARTS: tuple[Part, ...] = get_args(Part)
#: A workbook holds no more rows; the API says so too.
MOST_IN_EXCEL = 100_000
#: Result tables without rows of their own: the impact analysis is one document.
_DOCUMENT = "impact"
#: Files of a dataset table.
_DATASET_FILES = ("csv", "xlsx", "parquet")


def show_page() -> None:
    """Show the page; what a hidden tab holds is not asked for."""
    text = session.text
    show(h1(text("ui.data.title")), paragraph(text("ui.data.lead"), "zs-lead"))
    shows: Mapping[Part, Callable[[], None]] = {
        "gegevens": _show_dataset,
        "uitkomsten": _show_results,
        "api": _show_api,
    }
    labels = {name: text(f"ui.data.tab.{name}") for name in PARTS}
    name, container = open_tab("data", labels, asked_tab(PARTS))
    with container:
        shows[name]()


# -- the figures behind the model -------------------------------------------------------------------------


@st.cache_resource(max_entries=8, show_spinner=False)
def _tables(address: str, who: str, dataset: str) -> DatasetTables:
    del address, who  # what the answer is remembered by
    return session.client().dataset_tables(dataset)


@st.cache_resource(max_entries=8, show_spinner=False)
def _sources(address: str, who: str, dataset: str) -> Sequence[Mapping[str, object]]:
    del address, who
    return session.client().dataset_rows("sources", dataset).items


def _show_dataset() -> None:
    text, language = session.text, session.language()
    dataset = session.dataset_id()
    found = _tables(session.api_address(), session.who(), dataset)
    show(
        h2(text("ui.data.dataset", name=f"{found.dataset} {found.version}"), "gegevens"),
        paragraph(
            text(
                "ui.data.dataset.help",
                created=date_text(found.created, language),
                licences="; ".join(found.licences),
            )
        ),
    )
    if found.confidential:
        show(box(paragraph(text("ui.data.confidential")), "zs-note"))
    if not found.items:
        show(paragraph(text("ui.data.none")))
        return
    names = {item.name: _table_name(item.name, item.title) for item in found.items}
    columns = [
        Column(text("ui.data.column.table")),
        Column(text("ui.data.column.rows"), "num"),
        Column(text("ui.data.column.size"), "num"),
        Column(text("ui.data.column.sources"), "num"),
        Column(text("ui.data.column.licences")),
    ]
    rows = [
        TableRow(
            [
                names[item.name],
                number(item.rows, language),
                _size(item.bytes),
                number(len(item.sources), language),
                text("ui.data.calculated")
                if item.calculated
                else ", ".join(_licence(licence) for licence in item.licences) or no_value(),
            ]
        )
        for item in found.items
    ]
    show(table(text("ui.data.caption"), columns, rows))
    if not found.confidential:
        _offer_dataset(dataset, names)
        _show_sources(dataset)


def _offer_dataset(dataset: str, names: Mapping[str, str]) -> None:
    text = session.text
    show(h2(text("ui.data.download"), "bestanden"))
    chosen = st.selectbox(
        text("ui.data.choose"), list(names), format_func=names.__getitem__, key="data-table"
    )
    client = session.client()
    with st.container(horizontal=True):
        for ending in _DATASET_FILES:
            st.download_button(
                text(f"ui.depth.rows.files.{ending}"),
                data=partial(client.dataset_file, chosen, FILES[ending], dataset),
                file_name=f"zorgstroom-{dataset}-{chosen}.{ending}",
                mime=FILES[ending],
                key=f"data-dataset-{ending}",
                on_click="ignore",
            )


def _show_sources(dataset: str) -> None:
    text, language = session.text, session.language()
    try:
        sources = _sources(session.api_address(), session.who(), dataset)
    except NotFound:
        return
    columns = [
        Column(text(f"ui.data.column.{name}"))
        for name in ("source", "publisher", "year", "licence", "address")
    ]
    rows = [
        TableRow(
            [
                str(row["title"]),
                str(row["publisher"]),
                str(row["year"] or ""),
                _licence(str(row["licence"] or "")),
                element("span", str(row["address"] or ""), "zs-small"),
            ]
        )
        for row in sources
    ]
    show(
        h2(text("ui.data.sources"), "bronnen"),
        cut_table(text("ui.data.sources.caption"), columns, rows, language, most="ui.data.most"),
    )


def _table_name(name: str, title: str) -> str:
    return catalogue(session.language()).get(f"ui.data.table.{name}", title)


def _licence(licence: str) -> str:
    return catalogue(session.language()).get(f"ui.data.licence.{licence}", licence)


def _size(count: int) -> str:
    language = session.language()
    if count < 100_000:
        return session.text("ui.data.kilobytes", count=number(count / 1000, language, 1))
    return session.text("ui.data.megabytes", count=number(count / 1e6, language, 1))


# -- the tables of a scenario -----------------------------------------------------------------------------


def _run() -> RunInfo | None:
    """Return the finished run that is looked at; None while there is none."""
    asked = st.query_params.get("run")
    if asked:
        run: RunInfo | None = session.client().run(asked)
    else:
        plan = session.chosen_plan()
        run = None if plan is None else session.latest_runs().get(plan.id)
    return run if run is not None and run.state == "completed" else None


def _show_results() -> None:
    text, language = session.text, session.language()
    run = _run()
    if run is None:
        show(
            paragraph(text("ui.data.no_run")), paragraph(link(text("ui.data.to_start"), session.address("")))
        )
        return
    identity = session.impact(run.id).identity
    frame.rests_on([identity])
    parts = session.client().results(run).artefacts
    show(
        confidential_mark([identity], language),
        h2(text("ui.data.results", name=run.name), "uitkomsten"),
        paragraph(text("ui.data.results.help")),
        _parts_table(parts),
    )
    tables = [part for part in parts if part.name in TABLES]
    by_name = {part.name: part for part in tables}
    chosen = st.selectbox(text("ui.data.choose"), list(by_name), format_func=_part_name, key="data-result")
    client, mark = (
        session.client(),
        f"-{text('report.confidential').lower()}" if identity.confidential else "",
    )
    with st.container(horizontal=True):
        for ending, media_type in FILES.items():
            if ending == "xlsx" and by_name[chosen].rows > MOST_IN_EXCEL:
                continue
            st.download_button(
                text(f"ui.depth.rows.files.{ending}"),
                data=partial(client.table, run.id, chosen, media_type),
                file_name=f"zorgstroom-{run.id[:12]}-{chosen}{mark}.{ending}",
                mime=media_type,
                key=f"data-result-{ending}",
                on_click="ignore",
            )
    if by_name[chosen].rows > MOST_IN_EXCEL:
        show(paragraph(text("ui.data.too_many", most=number(MOST_IN_EXCEL, language)), "zs-small"))
    address = session.address("verdieping", run=run.id, tabel=chosen)
    show(paragraph(link(text("ui.data.look"), f"{address}#rijen")))


def _part_name(name: str) -> str:
    return catalogue(session.language()).get(f"ui.data.result.{name}", name)


def _parts_table(parts: Sequence[ResultPart]) -> Html:
    text, language = session.text, session.language()
    columns = [
        Column(text("ui.data.column.table")),
        Column(text("ui.data.column.rows"), "num"),
        Column(text("ui.data.column.size"), "num"),
        Column(text("ui.data.column.forms")),
        Column(text("ui.data.column.digest")),
    ]
    rows = [
        TableRow(
            [
                _part_name(part.name),
                number(part.rows, language),
                _size(part.bytes),
                "JSON" if part.name == _DOCUMENT else text("ui.data.forms"),
                element("code", part.table_digest[:12]),
            ]
        )
        for part in parts
    ]
    return table(text("ui.data.results.caption"), columns, rows)


# -- the API ------------------------------------------------------------------------------------------------


def _show_api() -> None:
    text = session.text
    service = session.service()
    # Where the visitor's own programs find it: not the address the screens use among themselves.
    base = session.room_address()
    rows = [
        TableRow([text("ui.data.api.address"), element("code", f"{base}/v1")]),
        TableRow([text("ui.data.api.description"), _outside(f"{base}/v1/openapi.json")]),
        TableRow([text("ui.data.api.page"), _outside(f"{base}/v1/docs")]),
        TableRow([text("ui.data.api.version"), f"{service.version} (model {service.model_version})"]),
        TableRow([text("ui.data.api.data"), service.dataset]),
        TableRow(
            [text("ui.data.api.keys"), text(f"ui.data.api.keys.{'yes' if service.keys_needed else 'no'}")]
        ),
    ]
    columns = [Column(text("ui.data.column.what")), Column(text("ui.data.column.value"))]
    limits = service.limits
    bounds = [
        TableRow([text(f"ui.data.limit.{name}"), _bound(value)])
        for name, value in (
            ("reads", limits.reads_per_minute),
            ("writes", limits.writes_per_minute),
            ("previews", limits.previews_per_minute),
            ("heavy", limits.heavy_requests),
            ("queued", limits.queued_runs),
            ("owner", limits.runs_per_owner),
        )
    ]
    bounds.append(TableRow([text("ui.data.limit.body"), _size(limits.body_bytes)]))
    show(
        h2(text("ui.data.api"), "api"),
        paragraph(text("ui.data.api.help")),
        table(text("ui.data.api.caption"), columns, rows),
        h2(text("ui.data.limits"), "grenzen"),
        table(
            text("ui.data.limits.caption"),
            [Column(text("ui.data.column.what")), Column(text("ui.data.column.value"), "num")],
            bounds,
        ),
        h2(text("ui.data.example"), "voorbeeld"),
    )
    _show_example(base, service.keys_needed)
    show(folded(text("ui.data.keys.how"), paragraph(text("ui.data.keys.how.help"))))


def _bound(value: int) -> str:
    return number(value, session.language()) if value else session.text("ui.data.limit.none")


def _outside(address: str) -> Html:
    return element("a", address, href=address)


def request_of(base: str, run_id: str, name: str, filters: Mapping[str, Sequence[str]]) -> Request:
    """Return the request for what is looked at."""
    return Request(base, f"/runs/{run_id}/results/{name}", filters)


def _show_example(base: str, keys_needed: bool) -> None:
    """Show how a program asks for what is looked at now: the rows of the address, else the comparison of the run."""
    text = session.text
    try:
        run = _run()
    except ZorgstroomError as error:
        show(paragraph(error.message(session.language())))
        return
    if run is None:
        show(paragraph(text("ui.data.no_run")))
        return
    asked = st.query_params.get("tabel", "")
    name = asked if asked in TABLES else "comparison"
    filters = filters_of({field: st.query_params.get_all(field) for field in ROW_FILTERS})
    show(paragraph(text("ui.data.example.help", name=run.name, table=_part_name(name))))
    language = st.radio(
        text("ui.data.example.language"),
        LANGUAGES,
        format_func=lambda item: text(f"ui.data.example.{item}"),
        horizontal=True,
        key="data-language",
    )
    request = request_of(base, run.id, name, filters)
    st.code(
        example(language, request, keys_needed=keys_needed),
        language={"curl": "bash", "python": "python", "r": "r"}[language],
        wrap_lines=True,
    )
