"""The annex: production, everything that stays out, the figures behind it all, and the way back to each of them."""

from __future__ import annotations

from zorgstroom.reporting.blocks import Block, Bullets, Chapter, Paragraph, Section, Table
from zorgstroom.reporting.contents import Contents


def chapters(contents: Contents) -> list[Chapter]:
    """Return the annex."""
    text, impact = contents.text, contents.impact
    figures: list[Block] = contents.note(text("report.assumptions.help"))
    figures += contents.table("assumptions", captioned=False)
    if not contents.tables["assumptions"].rows:
        figures = [Paragraph(text("report.assumptions.none"))]
    if contents.tables["own"].rows:
        figures += contents.note(text("report.own.help")) + contents.table("own", id="own")
    made: list[Block] = [*contents.table("conservation"), Paragraph(contents.check(), "check")]
    made += contents.table("settings")
    origin = Table("origin", contents.views.origin(), captioned=False)
    sections = [
        Section(text("report.activity"), tuple(contents.table("activity", captioned=False))),
        Section(text("report.unchanged.all"), (Bullets(contents.sentences(impact.unchanged)),), beside=True),
        Section(text("report.limits.all"), (Bullets(contents.sentences(impact.limits)),)),
        Section(text("report.assumptions"), tuple(figures)),
        Section(text("report.identity"), tuple(made)),
        Section(text("report.origin.title"), (origin, *contents.note(text("report.origin.help")))),
    ]
    filled = tuple(section for section in sections if section.blocks)
    return [Chapter(filled, text("report.part.annex"), text("report.annex.about"))]
