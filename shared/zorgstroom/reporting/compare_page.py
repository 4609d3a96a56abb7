"""Plans next to each other as one self-contained page: the table, and the trade-off as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from zorgstroom.reporting.html import environment
from zorgstroom.reporting.side_by_side import Line, Result
from zorgstroom.reporting.trade_off import care_of, drawn, trade_offs
from zorgstroom.text import Language, translate

TEMPLATE = "side_by_side.html.jinja"


def compare_page(
    results: Sequence[Result], lines: Sequence[Line], rows: Sequence[Sequence[str]], language: Language
) -> str:
    """Return the page; `rows` are the cells of the table as text, its headings first."""
    names: dict[str, Mapping[str, str]] = {}
    for result in results:
        names |= result.impact.names
    pictures = [
        (care_of(found, language, names), drawn(found, language, names))
        for found in trade_offs(results, lines)
    ]
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            t=partial(translate, language=language),
            lang=language,
            plans=[result.impact.name for result in results],
            confidential=any(result.impact.identity.confidential for result in results),
            identity=results[0].impact.identity,
            heads=rows[0],
            rows=rows[1:],
            pictures=pictures,
        )
    )
