"""Small pieces of HTML that read well aloud, on a phone and on paper; every value is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number

#: Rows behind "show all"; what is longer is in the files only, so that a page stays quick.
MOST_ROWS = 100
#: Rows shown at once; the rest is behind "show all".
ROWS_AT_ONCE = 12


class Html(str):
    """Text that is HTML already; any other text is escaped."""

    __slots__ = ()


def markup(value: str) -> str:
    """Return `value` as HTML."""
    return value if isinstance(value, Html) else escape(value)


@dataclass(frozen=True)
class Column:
    """A column of a table; `kind` is ``num`` (to the right), ``cell`` (a picture), ``text`` (long) or nothing."""

    heading: str
    kind: str = ""

    @property
    def css(self) -> str:
        """The class of its cells."""
        return f"zs-{self.kind}" if self.kind else ""


@dataclass(frozen=True)
class TableRow:
    """A row: the first value is its heading; `style` is ``total``, ``group`` (only a heading) or nothing."""

    values: Sequence[str]
    style: str = ""


def show(*parts: str) -> None:
    """Put HTML on the page; nothing takes no place."""
    if any(parts):
        st.html(f'<div class="zs">{"".join(markup(part) for part in parts)}</div>')


def element(tag: str, content: str, css: str = "", **attributes: str) -> Html:
    """Return ``<tag class=css>content</tag>``."""
    named = "".join(f' {name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    return Html(f"<{tag}{f' class={chr(34)}{css}{chr(34)}' if css else ''}{named}>{markup(content)}</{tag}>")


def join(*parts: str) -> Html:
    """Return the parts one after the other."""
    return Html("".join(markup(part) for part in parts))


def h1(text: str) -> Html:
    """Return the heading of the page, which is where its content begins: the way past the menu leads here."""
    return element("h1", text, id="inhoud", tabindex="-1")


def h2(text: str, anchor: str = "") -> Html:
    """Return the heading of a section, with a name to link to."""
    return element("h2", text, **({"id": anchor} if anchor else {}))


def paragraph(text: str, css: str = "") -> Html:
    """Return a paragraph."""
    return element("p", text, css)


def listing(items: Iterable[str], ordered: bool = False) -> Html:
    """Return a list."""
    return element("ol" if ordered else "ul", join(*(element("li", item) for item in items)))


def link(text: str, address: str) -> Html:
    """Return a link within the product."""
    return element("a", text, href=address)


def box(content: str, css: str) -> Html:
    """Return a block that stands out: ``zs-short``, ``zs-note`` or ``zs-info``."""
    return element("div", content, css)


def table(caption: str, columns: Sequence[Column], rows: Sequence[TableRow]) -> Html:
    """Return a table with caption and header cells; on a narrow screen each row becomes a small list.

    The roles say what the elements are already: a browser forgets that once they are shown as a list.
    """
    head = join(
        *(element("th", column.heading, column.css, scope="col", role="columnheader") for column in columns)
    )
    body = join(*(_row(row, columns) for row in rows))
    content = join(
        element("caption", element("span", caption)),
        element("thead", element("tr", head, role="row"), role="rowgroup"),
        element("tbody", body, role="rowgroup"),
    )
    # The frame scrolls sideways by keyboard too, where a table is wider than the page.
    return element(
        "div",
        element("table", content, role="table"),
        "zs-scroll",
        role="group",
        tabindex="0",
        aria_label=caption,
    )


def cut_table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[TableRow],
    language: Language,
    *,
    most: str = "ui.table.most",
) -> Html:
    """Return a table of the first rows, and all of them behind a line to open.

    `most` is the text of that line where there are too many rows for a page; it says where the others are.
    """
    # Folding away two or three rows costs more than it saves.
    if len(rows) <= ROWS_AT_ONCE + 3:
        return table(caption, columns, rows)
    everything = table(
        translate("ui.table.all.caption", language, caption=caption), columns, rows[:MOST_ROWS]
    )
    count = number(len(rows), language)
    summary = translate("ui.table.all", language, count=count)
    if len(rows) > MOST_ROWS:
        summary = translate(most, language, shown=number(MOST_ROWS, language), count=count)
    return join(table(caption, columns, rows[:ROWS_AT_ONCE]), folded(summary, everything))


def folded(summary: str, content: str) -> Html:
    """Return content behind a line to open, without a word to the server."""
    return element("details", join(element("summary", summary), content))


def _row(row: TableRow, columns: Sequence[Column]) -> Html:
    heading, *values = row.values
    if row.style == "group":
        across = element("th", heading, scope="colgroup", colspan=str(len(columns)), role="rowheader")
        return element("tr", across, "zs-group", role="row")
    cells = [element("th", heading, scope="row", role="rowheader")]
    for value, column in zip(values, columns[1:], strict=True):
        cell = element("div", value)
        cells.append(element("td", cell, column.css, role="cell", data_label=column.heading))
    return element("tr", join(*cells), f"zs-{row.style}" if row.style else "", role="row")
