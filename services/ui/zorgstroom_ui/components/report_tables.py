"""Tables and sections of the report on a screen: the same rows, columns and words, as a page shows them."""

from __future__ import annotations

from collections.abc import Sequence

from zorgstroom.reporting.blocks import Block, Bullets, Paragraph, Section, Table
from zorgstroom.reporting.views import Cell, Mark, Number, Spread, TableView, mean_and_range, shown
from zorgstroom.text import Language
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    box,
    cut_table,
    element,
    join,
    listing,
    paragraph,
    table,
)
from zorgstroom_ui.components.picture import Sheet

#: Kinds of judgement that are bad news, and that say nothing.
_WORSE, _NEUTRAL = ("worse", "fails"), ("equal", "none")
#: How small print and such look on a page.
_STYLES = {"note": "zs-small zs-muted", "check": "zs-small", "strong": "zs-strong"}


def report_table(view: TableView, language: Language, *, cut: bool = False) -> Html:
    """Return a table of the report; nothing when it has no rows. `cut`: of a long one the first rows at once."""
    if not view.rows:
        return Html("")
    columns = [Column(column.header, "num" if column.numeric else "") for column in view.columns]
    rows = [TableRow([cell_html(cell, language) for cell in row]) for row in view.rows]
    if cut:
        return cut_table(view.caption, columns, rows, language)
    return table(view.caption, columns, rows)


def report_section(section: Section, language: Language, *, heading: str = "h3") -> Html:
    """Return a section of the report under its heading; what it draws, the page draws in its own way."""
    return join(element(heading, section.title), report_blocks(section.blocks, language))


def report_blocks(blocks: Sequence[Block], language: Language) -> Html:
    """Return the words and tables of a section."""
    return join(*(_block(block, language) for block in blocks))


def sheet_of(view: TableView) -> Sheet:
    """Return a table as a file has it: numbers as numbers, and the ends of an interval in columns of their own."""
    headings: list[str] = []
    for place, column in enumerate(view.columns):
        headings.append(column.header)
        if _has_interval(view, place):
            headings += [f"{column.header} (2,5%)", f"{column.header} (97,5%)"]
    rows = []
    for row in view.rows:
        cells: list[str | float | None] = []
        for place, cell in enumerate(row):
            cells += _values(cell, interval=_has_interval(view, place))
        rows.append(cells)
    return Sheet(headings, rows)


def _has_interval(view: TableView, place: int) -> bool:
    cells = (row[place] for row in view.rows)
    return any(isinstance(cell, Spread) and cell.value.low is not None for cell in cells)


def _values(cell: Cell, *, interval: bool) -> list[str | float | None]:
    ends: list[str | float | None] = [None, None] if interval else []
    if isinstance(cell, Spread):
        found = (cell.value.mean, cell.value.low, cell.value.high)
        kept = found if interval else found[:1]
        decimals = cell.decimals + 2
        return [None if value is None else round(value, decimals) for value in kept]
    if isinstance(cell, Number):
        return [round(cell.value, cell.decimals + 2), *ends]
    if isinstance(cell, Mark):
        return [cell.word, *ends]
    return [cell if cell is None or isinstance(cell, str) else cell.value.isoformat(), *ends]


def _block(block: Block, language: Language) -> Html:
    if isinstance(block, Paragraph):
        if block.style == "alert":
            return box(paragraph(block.text), "zs-note")
        return paragraph(block.text, _STYLES.get(block.style, ""))
    if isinstance(block, Bullets):
        return listing(block.items) if block.items else Html("")
    if isinstance(block, Table):
        return report_table(block.view, language, cut=True)
    return Html("")


def cell_html(cell: Cell, language: Language) -> Html:
    """Return a cell with its interval; grey where its difference is within chance."""
    if isinstance(cell, Spread):
        mean, reach = mean_and_range(cell, language)
        value = join(mean, element("span", reach, "zs-range") if reach else "")
        return element("span", value, "zs-grey") if cell.muted else value
    if isinstance(cell, Mark):
        if cell.kind.startswith("confidence"):
            return join(cell.word)
        css = "zs-worse" if cell.kind in _WORSE else "zs-grey" if cell.kind in _NEUTRAL else "zs-better"
        shape = element("span", cell.shape, aria_hidden="true")
        return element("span", join(shape, " ", cell.word), f"zs-verdict {css}")
    return join(shown(cell, language))
