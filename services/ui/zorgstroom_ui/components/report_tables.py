"""Tables of the report on a screen: the same rows, columns and words, as a page shows them."""

from __future__ import annotations

from zorgstroom.reporting.views import Cell, Mark, Spread, TableView, mean_and_range, shown
from zorgstroom.text import Language
from zorgstroom_ui.components.html import Column, Html, TableRow, element, join, table

#: Kinds of judgement that are bad news, and that say nothing.
_WORSE, _NEUTRAL = ("worse", "fails"), ("equal", "none")


def report_table(view: TableView, language: Language) -> Html:
    """Return a table of the report; nothing when it has no rows."""
    if not view.rows:
        return Html("")
    columns = [Column(column.header, "num" if column.numeric else "") for column in view.columns]
    rows = [TableRow([_cell(cell, language) for cell in row]) for row in view.rows]
    return table(view.caption, columns, rows)


def _cell(cell: Cell, language: Language) -> Html:
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
