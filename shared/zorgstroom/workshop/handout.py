"""One page to hand out: what happens, how to take part, and what the model is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from zorgstroom.reporting.blocks import Bullets, Chapter, Document, Paragraph, Part, Section, Table
from zorgstroom.reporting.views import Cell, Column, Number, TableView, translator
from zorgstroom.text import Language
from zorgstroom.text.numbers import date, number
from zorgstroom.workshop.arranging import total_minutes
from zorgstroom.workshop.documents import SessionPlan


def handout(plan: SessionPlan, code: str, address: str, names: Sequence[str], language: Language) -> Document:
    """Return the page; `names`: of the scenarios, `address`: where participants join."""
    text = translator(language)
    rows: list[tuple[Cell, ...]] = [
        (f"{position}. {step.title}", Number(step.minutes))
        for position, step in enumerate(plan.steps, start=1)
    ]
    columns = (
        Column("step", text("workshop.column.step")),
        Column("minutes", text("workshop.column.minutes"), numeric=True),
    )
    steps = TableView(
        "steps", text("workshop.column.step"), text("workshop.handout.steps"), columns, tuple(rows)
    )
    trust = tuple(text(f"workshop.handout.trust.{line}") for line in range(1, 6))
    sections = [
        Section(
            text("workshop.handout.join"),
            (
                Paragraph(text("workshop.handout.join.how", address=address, code=code), "strong"),
                Paragraph(text("workshop.handout.join.anonymous")),
            ),
        ),
        Section(text("workshop.handout.steps"), (Table("steps", steps, captioned=False),)),
        *([Section(text("workshop.handout.scenarios"), (Bullets(tuple(names)),))] if names else []),
        *(
            [Section(text("workshop.handout.levers"), (Bullets(tuple(_levers(plan))),))]
            if plan.levers
            else []
        ),
        Section(text("workshop.handout.trust"), (Bullets(trust),)),
    ]
    return Document(
        language=language,
        title=plan.name,
        kind=text("workshop.handout.title"),
        description="",
        honest=(text("workshop.handout.honest"),),
        facts=text(
            "workshop.handout.facts",
            date=date(plan.date, language),
            minutes=number(total_minutes(plan), language),
        ),
        status=text("workshop.handout.status"),
        confidential="",
        confidential_note="",
        attribution="Zorgstroom",
        created=dt.datetime.combine(plan.date, dt.time(12), dt.UTC),
        parts=(Part("full", text("workshop.handout.title"), (Chapter(tuple(sections)),)),),
    )


def _levers(plan: SessionPlan) -> list[str]:
    return [f"{lever.label}: {', '.join(option.label for option in lever.options)}" for lever in plan.levers]
