"""The report as tagged PDF (PDF/UA-1), typeset by Typst from data: the words of a plan are never read as its language.

Equal documents give equal bytes: only fonts that Typst brings itself, and no moment of writing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import resources
from typing import Any

import typst

from zorgstroom.geo.boundaries import Boundaries
from zorgstroom.reporting import drawing
from zorgstroom.reporting.blocks import (
    Block,
    Bullets,
    Document,
    NormLines,
    Paragraph,
    Picture,
    Section,
    Table,
    Tiles,
)
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.options import Options
from zorgstroom.reporting.report import EVERYTHING, build_report
from zorgstroom.reporting.views import Cell, Column, Mark, Spread, mean_and_range, shown
from zorgstroom.text import Language, translate

#: What stands for a character no font of Typst has, and characters that they surely have.
_NO_GLYPH = "\u25a1"
_WITHOUT_GLYPH = re.compile(
    r"[^\n\x20-\x7e\xa1-\xac\xae-\u017f\u2013\u2014\u2018-\u201e\u2022\u2026\u20ac\u2190-\u2193"
    r"\u2212\u2264\u2265\u25a1\u25b2\u25cb\u25cf\u25d0]"
)
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff0-\uffff]"
)
#: Widest column, as letters that count, and how much less a longer text asks for.
_MOST_LETTERS, _LEAST_LETTERS, _POWER = 150, 5, 0.62
#: Words longer than this may be broken off; and so many of a column are measured.
_WHOLE_WORD, _MEASURED_WORDS = 26, 4


def render_pdf(
    impact: Impact, lang: Language, boundaries: Sequence[Boundaries] = (), options: Options = EVERYTHING
) -> bytes:
    """Return the report in one language."""
    return write_pdf(build_report(impact, lang, boundaries, options))


def write_pdf(document: Document) -> bytes:
    """Return the tree of a report as PDF."""
    content = json.dumps(_printable(as_data(document)), ensure_ascii=False)
    try:
        return _compiled(content)
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
    # A tagged PDF holds no character without a picture: what no font has becomes a box.
    return _compiled(_WITHOUT_GLYPH.sub(_NO_GLYPH, content))


def _compiled(content: str) -> bytes:
    made: bytes = typst.compile(
        _template(),
        format="pdf",
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        sys_inputs={"data": content},
    )
    return made


@cache
def _template() -> bytes:
    return resources.files("zorgstroom.reporting").joinpath("templates/report.typ").read_bytes()


def as_data(document: Document) -> dict[str, Any]:
    """Return what the template shows, as plain data."""
    language = document.language
    return {
        "lang": language,
        "region": {"nl": "NL", "en": "GB"}[language],
        "title": document.title,
        "kind": document.kind,
        "kicker": f"Zorgstroom · {document.kind} · {document.status}",
        "description": document.description,
        "honest": " ".join(document.honest),
        "facts": document.facts,
        "confidential": document.confidential,
        "confidential_note": document.confidential_note,
        "footer": f"{document.attribution} · {document.status}",
        "page": translate("report.page_word", language),
        "of": translate("report.of_word", language),
        "parts": [
            {
                "name": part.name,
                "chapters": [
                    {
                        "title": chapter.title,
                        "about": chapter.about,
                        "sections": [_section(section, language) for section in chapter.sections],
                    }
                    for chapter in part.chapters
                ],
            }
            for part in document.parts
        ],
    }


def _printable(value: Any) -> Any:
    """Return the data without characters that are no text, such as those that turn the direction of a line."""
    if isinstance(value, str):
        return _CONTROL.sub(" ", value)
    if isinstance(value, dict):
        return {name: _printable(part) for name, part in value.items()}
    return [_printable(part) for part in value] if isinstance(value, list) else value


def _section(section: Section, language: Language) -> dict[str, Any]:
    return {
        "title": section.title,
        "style": section.style,
        "beside": section.beside,
        "blocks": [_block(block, language) for block in section.blocks],
    }


def _block(block: Block, language: Language) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"type": "paragraph", "text": block.text, "style": block.style}
    if isinstance(block, Bullets):
        return {"type": "bullets", "items": list(block.items)}
    if isinstance(block, Tiles):
        tiles = [{"value": item.value, "label": item.label, "alarm": item.alarm} for item in block.items]
        return {"type": "tiles", "items": tiles}
    if isinstance(block, Picture):
        legend = [{"svg": drawing.standalone(sign.svg), "label": sign.label} for sign in block.legend]
        return {"type": "picture", "caption": block.caption, "legend": legend, "note": block.note} | _drawn(
            block.svg
        )
    if isinstance(block, NormLines):
        items = [
            {"location": item.location, "profile": item.profile, "norm": item.norm, "sentence": item.sentence}
            | _drawn(item.dots)
            for item in block.items
        ]
        return {"type": "norms", "items": items}
    return _table(block, language)


def _drawn(svg: str) -> dict[str, str]:
    return {"svg": drawing.standalone(svg), "alt": drawing.alternative(svg)}


def _table(block: Table, language: Language) -> dict[str, Any]:
    columns = block.view.columns
    groups = block.groups or (("", block.view.rows),)
    cells: list[dict[str, Any]] = [
        {
            "title": title,
            "rows": [
                [
                    _cell(cell, numeric=column.numeric, language=language)
                    for cell, column in zip(row, columns, strict=True)
                ]
                for row in rows
            ],
        }
        for title, rows in groups
    ]
    return {
        "type": "table",
        "caption": block.view.caption,
        "captioned": block.captioned,
        "inline": block.inline,
        "columns": [
            {
                "header": column.header,
                "numeric": column.numeric,
                # Whole where there is room for it, else broken between words.
                "whole": _longest(texts),
                "words": _longest(word for text in texts for word in text.split()),
            }
            for column, texts in zip(columns, _kept_whole(columns, cells, inline=block.inline), strict=True)
        ],
        "widths": _widths([column.header for column in columns], cells, inline=block.inline),
        "groups": cells,
        "total": block.total,
        # A word that is longer than a column can be is broken off.
        "long": any(
            len(word) > _WHOLE_WORD
            for group in cells
            for row in group["rows"]
            for cell in row
            for word in cell["text"].split()
        ),
    }


def _cell(cell: Cell, *, numeric: bool, language: Language) -> dict[str, Any]:
    text, reach, kind, muted = shown(cell, language), "", "", False
    if isinstance(cell, Spread):
        text, reach = mean_and_range(cell, language)
        muted = cell.muted
    elif isinstance(cell, Mark):
        kind = cell.kind
    return {"text": text, "range": reach, "kind": kind, "muted": muted, "numeric": numeric}


def _kept_whole(
    columns: Sequence[Column], groups: Sequence[dict[str, Any]], *, inline: bool
) -> Iterator[set[str]]:
    """Yield per column what should stay whole: words, and numbers with their range; the template measures them."""
    for place, column in enumerate(columns):
        found: set[str] = set()
        for cell in (row[place] for group in groups for row in group["rows"]):
            text = f"{cell['text']} ({cell['range']})" if inline and cell["range"] else cell["text"]
            number = column.numeric and not cell["kind"]
            found |= {text, cell["range"]} if number else set(text.split())
        yield found


def _longest(texts: Iterable[str]) -> list[str]:
    """Return the longest that a column can be made wide enough for."""
    fitting = {text for text in texts if len(text) <= _WHOLE_WORD}
    return sorted(fitting, key=lambda text: (-len(text), text))[:_MEASURED_WORDS]


def _widths(headers: Sequence[str], groups: Sequence[dict[str, Any]], *, inline: bool) -> list[float]:
    """Return how wide columns would be, of each other, by their longest text."""
    widths = []
    for index, header in enumerate(headers):
        cells = [row[index] for group in groups for row in group["rows"]]
        words = max((len(word) for word in header.split()), default=0)
        longest = words
        for cell in cells:
            mean, reach = len(cell["text"]), len(cell["range"])
            longest = max(longest, mean + reach + 3 if inline and reach else max(mean, reach))
        widths.append(round(min(max(longest, _LEAST_LETTERS), _MOST_LETTERS) ** _POWER, 3))
    return widths
