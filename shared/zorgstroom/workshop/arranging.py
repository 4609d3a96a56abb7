"""A plan of a session from which to begin, and steps that are put in another order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from zorgstroom.text import Language, translate
from zorgstroom.workshop.documents import STEP_KINDS, BeamerView, SessionPlan, Step, StepKind
from zorgstroom.workshop.facts import EXTRA

#: The steps of an evening with their minutes, and what the room sees.
_STANDARD: tuple[tuple[StepKind, int, BeamerView], ...] = (
    ("text", 5, "text"),
    ("number", 5, "question"),
    ("reveal", 10, "results"),
    ("levers", 20, "question"),
    ("ranking", 10, "question"),
    ("discuss", 15, "compare"),
    ("agreements", 10, "agreements"),
)
BEAMER_OF: dict[StepKind, BeamerView] = {kind: beamer for kind, _, beamer in _STANDARD}
_MINUTES = {kind: minutes for kind, minutes, _ in _STANDARD}


def standard_plan(name: str, day: dt.date, language: Language, area: str = "") -> SessionPlan:
    """Return a plan with the seven steps of a usual evening."""
    steps: list[Step] = []
    for kind in STEP_KINDS:
        steps.append(new_step(kind, language, steps))
    return SessionPlan(name=name, date=day, area=area, language=language, steps=steps)


def new_step(kind: StepKind, language: Language, others: Sequence[Step] = ()) -> Step:
    """Return a step of a kind as it usually is, with an id that no other has."""
    taken = {step.id for step in others}
    number = next(at for at in range(1, len(taken) + 2) if f"{kind}{at}" not in taken)
    more: dict[str, Any] = {}
    if kind == "number":
        more = {"unit": translate("unit.minutes", language), "indicator": EXTRA}
    return Step(
        id=f"{kind}{number}",
        kind=kind,
        title=translate(f"workshop.step.{kind}.title", language),
        text=translate(f"workshop.step.{kind}.text", language),
        minutes=_MINUTES[kind],
        beamer=BEAMER_OF[kind],
        **more,
    )


def moved(steps: Sequence[Step], step_id: str, places: int) -> list[Step]:
    """Return the steps with one of them so many places later (below zero: earlier), as far as there is room."""
    [position] = [at for at, step in enumerate(steps) if step.id == step_id]
    rest = [step for step in steps if step.id != step_id]
    rest.insert(max(0, min(len(rest), position + places)), steps[position])
    return rest


def total_minutes(plan: SessionPlan) -> int:
    """Return how long the session takes."""
    return sum(step.minutes for step in plan.steps)
