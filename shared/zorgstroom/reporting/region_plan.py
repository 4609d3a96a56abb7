"""A text for a regional plan: what this analysis says under the headings such a plan has, and fields to fill in.

The headings are those of the rules on closing acute care: an analysis of accessibility, a plan for continuity and
consultation in the region. What no calculation can say stands between square brackets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zorgstroom.reporting import board
from zorgstroom.reporting.blocks import Block, Bullets, Chapter, Paragraph, Section
from zorgstroom.reporting.contents import Contents
from zorgstroom.reporting.impact import TextRef
from zorgstroom.reporting.options import Options
from zorgstroom.text.numbers import date

#: Headings, each with the sections of the analysis of which it takes the sentences.
HEADINGS: dict[str, tuple[str, ...]] = {
    "accessibility": ("winners_areas", "equity", "shared_care"),
    "waiting": ("winners_locations", "balance"),
    "continuity": ("years", "transition", "stranded", "knock_on"),
    "staff": ("staff", "finance", "finance_once"),
}
#: Sentences of one section: a plan is read by people who were not there.
SENTENCES = 2


def chapters(contents: Contents, options: Options) -> list[Chapter]:
    """Return the text block."""
    text, impact = contents.text, contents.impact
    sections = [
        _section(contents, "reason", [*_description(contents), _plan(contents)]),
        _section(contents, "effect", [Bullets(contents.sentences(impact.summary)[: board.SENTENCES])]),
        *(_section(contents, name, _told(contents, sources)) for name, sources in HEADINGS.items()),
        _section(contents, "consultation", []),
        _section(
            contents,
            "uncertain",
            [Bullets(contents.sentences(impact.limits)), *board.matters(contents).blocks],
        ),
        _section(contents, "agreements", []),
    ]
    identity = impact.identity
    origin = text(
        "report.region_plan.origin",
        status=board.status(contents, options),
        date=date(contents.created.date(), contents.language),
        model=identity.model_version,
        dataset=contents.views.dataset(),
        reference=identity.run_id,
        address=options.address or text("report.board.no_address"),
    )
    return [
        Chapter(
            (*sections, Section(text("report.board.identity"), (Paragraph(origin, "note"),))),
            text("report.part.region_plan"),
            text("report.region_plan.about"),
        )
    ]


def plain_text(made: Sequence[Chapter]) -> str:
    """Return chapters of words as plain text, to paste elsewhere."""
    lines: list[str] = []
    for chapter in made:
        for section in chapter.sections:
            lines += [section.title, ""]
            for block in section.blocks:
                if isinstance(block, Paragraph):
                    lines += [block.text, ""]
                elif isinstance(block, Bullets):
                    lines += [*(f"- {item}" for item in block.items), ""]
    return "\n".join(lines).strip() + "\n"


def _section(contents: Contents, name: str, blocks: Iterable[Block]) -> Section:
    """Return a heading with what the analysis says and what has to be filled in."""
    field = Paragraph(f"[{contents.text(f'report.region_plan.{name}.field')}]")
    return Section(contents.text(f"report.region_plan.{name}"), (*blocks, field))


def _plan(contents: Contents) -> Block:
    lines = contents.sentences(contents.impact.actions)
    return Bullets(lines) if lines else Paragraph(contents.text("report.no_actions"))


def _told(contents: Contents, names: Sequence[str]) -> list[Block]:
    known = {section.id: section.sentences for section in contents.impact.sections}
    lines: list[TextRef] = [line for name in names for line in known.get(name, [])[:SENTENCES]]
    return [Paragraph(line) for line in contents.sentences(lines)]


def _description(contents: Contents) -> list[Block]:
    return [Paragraph(contents.impact.description)] if contents.impact.description else []
