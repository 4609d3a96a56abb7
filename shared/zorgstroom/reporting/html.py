"""The report as one self-contained HTML file: no script, no font, no request to anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from zorgstroom.geo.boundaries import Boundaries
from zorgstroom.reporting.blocks import Document
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.options import Options
from zorgstroom.reporting.report import EVERYTHING, build_report
from zorgstroom.reporting.views import Cell, mean_and_range, shown
from zorgstroom.text import Language, translate


def render_html(
    impact: Impact, lang: Language, boundaries: Sequence[Boundaries] = (), options: Options = EVERYTHING
) -> str:
    """Return the report in one language; its map fills areas of which `boundaries` has the border."""
    return write_html(build_report(impact, lang, boundaries, options))


def write_html(document: Document) -> str:
    """Return the tree of a report as one HTML file."""
    lang = document.language

    def text_of(cell: Cell) -> str:
        return shown(cell, lang)

    return (
        environment()
        .get_template("impact.html.jinja")
        .render(
            report=document,
            t=partial(translate, language=lang),
            shown=text_of,
            mean_and_range=lambda cell: mean_and_range(cell, lang),
        )
    )


@cache
def environment() -> Environment:
    """Return what fills the templates of the report, with everything escaped."""
    made = Environment(
        loader=PackageLoader("zorgstroom.reporting", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["kind"] = lambda block: type(block).__name__
    return made
