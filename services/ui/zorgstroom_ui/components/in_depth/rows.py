"""The rows of a result table behind a number: page by page, and as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from zorgstroom.errors import ZorgstroomError
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.text import catalogue
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components.html import (
    Column,
    TableRow,
    box,
    element,
    h2,
    join,
    link,
    paragraph,
    show,
    table,
)
from zorgstroom_ui.components.in_depth import asking
from zorgstroom_ui.components.in_depth.context import ROW_FILTERS, SMALLEST, Context
from zorgstroom_ui.components.wording import indicator_name, no_value

#: Result tables that rows are shown of.
TABLES = ("indicators", "comparison", "flows", "conservation", "years", "journeys", "waterfall")
#: Rows of a page.
PAGE_ROWS = 25
#: The API gives no more rows at once; who wants to look beyond takes a file or a filter.
MOST_BEFORE = 10_000
LONGEST_START = len(str(MOST_BEFORE))
#: Files that hold all rows: ending and media type.
FILES: Mapping[str, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
#: Columns of the flows that tell how many patients it is about.
_OF_FLOWS = ("patients", "extra_travel_hundredths", "bed_days", "or_minutes", "ic_minutes")
#: Columns with the name of something.
_NAMED = ("location", "profile", "area", "pool", "from_location", "to_location", "visit_location")


def filters_of(parameters: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the filters of the API that an address asks for.

    >>> filters_of({"maat": ["volume"], "ziekenhuis": ["AMC"], "tabel": ["indicators"]})
    {'indicator': ['volume'], 'location': ['AMC']}
    """
    return {api: list(parameters[name]) for name, api in ROW_FILTERS.items() if parameters.get(name)}


def show_rows(context: Context) -> None:
    """Show the rows the address asks for; nothing when it asks for none."""
    asked = st.query_params.get("tabel")
    if not asked:
        return
    show(h2(context.text("ui.depth.rows"), "rijen"))
    if asked not in TABLES:
        known = ", ".join(TABLES)
        show(
            element(
                "div",
                box(paragraph(context.text("ui.depth.rows.unknown", name=asked, known=known)), "zs-note"),
                role="alert",
            )
        )
        return
    given = {name: st.query_params.get_all(name) for name in ROW_FILTERS}
    # Names that mean nothing were said above the tabs, and are left out here too.
    filters = filters_of(given | {"ziekenhuis": context.choices.ziekenhuis, "zorg": context.choices.zorg})
    try:
        start, cursor = _start(context.run.id, asked, filters)
        page = asking.rows(context.run.id, asked, filters, PAGE_ROWS, cursor)
    except ZorgstroomError as error:
        show(element("div", box(paragraph(error.message(context.language)), "zs-note"), role="alert"))
        return
    _show_page(context, asked, filters, page.columns, page.items, start)
    _show_turning(context, start, more=page.next_cursor is not None)
    _show_files(context, asked, filters)


def _start(run_id: str, name: str, filters: Mapping[str, Sequence[str]]) -> tuple[int, str | None]:
    """Return with which row the page begins that the address asks for, and the cursor of it; else the first."""
    asked = st.query_params.get("vanaf", "0")
    start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_START else 0
    if not 0 < start <= MOST_BEFORE:
        return 0, None
    # The cursor after so many rows: an address says a number, which a person can read and change.
    cursor = asking.rows(run_id, name, filters, start).next_cursor
    return (0, None) if cursor is None else (start, cursor)


def _show_page(
    context: Context,
    name: str,
    filters: Mapping[str, Sequence[str]],
    columns: Sequence[str],
    items: Sequence[Mapping[str, Any]],
    start: int,
) -> None:
    texts = catalogue(context.language)
    words = [
        f"{texts.get(f'ui.depth.filter.{key}', key)}: {', '.join(map(context.names.of, values))}"
        for key, values in filters.items()
    ]
    lines = [context.text(f"ui.depth.rows.table.{name}")]
    if words:
        lines.append(context.text("ui.depth.rows.filters", filters="; ".join(words)))
    show(*(paragraph(line) for line in lines))
    if not items:
        show(paragraph(context.text("ui.depth.rows.none")))
        return
    shown = [column for column in columns if any(item[column] not in (None, "") for item in items)]
    headings = [
        # The first is the heading of its row, number or not.
        Column(
            texts.get(f"ui.depth.rows.column.{column}", column),
            "num" if index and _numeric(items, column) else "",
        )
        for index, column in enumerate(shown)
    ]
    body = [TableRow([_cell(context, name, item, column) for column in shown]) for item in items]
    caption = context.text(
        "ui.depth.rows.caption",
        first=number(start + 1, context.language),
        last=number(start + len(items), context.language),
    )
    show(table(caption, headings, body))
    if any(_small(name, item) for item in items):
        show(context.few())


def _numeric(items: Sequence[Mapping[str, Any]], column: str) -> bool:
    return all(isinstance(item[column], int | float) or item[column] is None for item in items)


def _small(name: str, item: Mapping[str, Any]) -> bool:
    """Whether a row is about so few patients that its numbers are not told."""
    if name == "flows":
        patients: int = item["patients"]
        return 0 < patients < SMALLEST
    if name in ("indicators", "years") and item["count"]:
        known = CATALOGUE.get(item["indicator"])
        if known is not None and known.unit in ("patients_per_year", "patients"):
            value: float = item["total"] / item["count"] / known.scale
            return 0 < value < SMALLEST
    if name == "comparison":
        known = CATALOGUE.get(item["indicator"])
        if known is not None and known.unit in ("patients_per_year", "patients"):
            sides = [item[side] for side in ("baseline", "plan") if item[side] is not None]
            return any(0 < side < SMALLEST for side in sides)
    return False


def _cell(context: Context, name: str, item: Mapping[str, Any], column: str) -> str:
    value = item[column]
    if value is None:
        return ""
    if isinstance(value, str):
        if column in _NAMED:
            return context.names.of(value)
        if column == "indicator" and value in CATALOGUE:
            return join(
                indicator_name(value, context.language), element("span", f" {value}", "zs-muted zs-small")
            )
        return context.band(value) if column == "band" else value
    hidden = (
        column in _OF_FLOWS
        or column in ("total", "count")
        or column.startswith(("baseline", "plan", "difference"))
    )
    if hidden and _small(name, item):
        told = column in ("patients", "total") or name == "comparison"
        return context.text("ui.depth.few") if told else no_value()
    return number(value, context.language, 0 if isinstance(value, int) else 3)


def _show_turning(context: Context, start: int, *, more: bool) -> None:
    """Let the visitor go a page on or back; the page is in the address."""
    if not (start or more):
        return
    with st.container(horizontal=True):
        if st.button(context.text("ui.depth.rows.back"), disabled=not start, key="depth-rows-back"):
            _turn_to(max(0, start - PAGE_ROWS))
        if st.button(context.text("ui.depth.rows.on"), disabled=not more, key="depth-rows-on"):
            _turn_to(start + PAGE_ROWS)


def _turn_to(start: int) -> None:
    if start:
        st.query_params["vanaf"] = str(start)
    else:
        st.query_params.pop("vanaf", None)
    st.rerun()


def _show_files(context: Context, name: str, filters: Mapping[str, Sequence[str]]) -> None:
    """Offer all rows as files; they are fetched when somebody asks."""
    asked = {field: list(filters[api]) for field, api in ROW_FILTERS.items() if api in filters}
    address = session.address(
        "data", s=context.plan, run=context.run.id, onderdeel="api", tabel=name, **asked
    )
    show(
        element("h3", context.text("ui.depth.rows.files")),
        paragraph(context.text("ui.depth.rows.files.help"), "zs-small"),
        paragraph(link(context.text("ui.depth.rows.api"), address), "zs-small"),
    )
    client = session.client()
    with st.container(horizontal=True):
        for ending, media_type in FILES.items():
            st.download_button(
                context.text(f"ui.depth.rows.files.{ending}"),
                data=partial(client.table, context.run.id, name, media_type, **filters),
                file_name=f"zorgstroom-{context.run.id[:12]}-{name}{_mark(context)}.{ending}",
                mime=media_type,
                key=f"depth-rows-{name}-{ending}",
                on_click="ignore",
            )


def _mark(context: Context) -> str:
    """Return what a confidential file says in its name."""
    if not context.impact.identity.confidential:
        return ""
    return f"-{catalogue(context.language)['report.confidential'].lower()}"
