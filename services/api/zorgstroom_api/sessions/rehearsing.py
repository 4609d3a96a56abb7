"""Participants and answers that are made up, so that a facilitator can rehearse: the same ones for the same session."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from zorgstroom.text import translate
from zorgstroom.workshop.documents import RANKED, Answer, Role, SessionPlan, Step
from zorgstroom_api.sessions.codes import answer_key, participant_key

#: One in so many leaves a lever alone.
_LEAVE_ALONE = 6


@dataclass(frozen=True)
class MadeUp:
    """One participant of a rehearsal."""

    key: str
    role: Role
    #: By step; not everybody answers everything.
    answers: Mapping[str, tuple[str, Answer]]


def made_up(code: str, plan: SessionPlan, count: int) -> list[MadeUp]:
    """Return participants with answers to every question of the plan."""
    # Nothing is decided with these numbers: they only have to look like a room full of people.
    draw = random.Random(code)  # noqa: S311
    people = []
    for number in range(count):
        token, role = f"rehearsal-{number}", draw.choice(plan.roles)
        answers = {
            step.id: (answer_key(code, step.id, token), _answer(step, plan, role, draw))
            for step in plan.steps
            if step.asks and draw.random() < 0.9
        }
        people.append(MadeUp(participant_key(code, token), role, answers))
    return people


def _answer(step: Step, plan: SessionPlan, role: Role, draw: random.Random) -> Answer:
    if step.kind == "number":
        width = step.maximum - step.minimum
        value = draw.triangular(step.minimum, step.maximum, step.minimum + width / 3)
        return Answer(role=role, number=round(value) if width >= 5 else round(value, 2))
    if step.kind == "levers":
        touched = [lever for lever in plan.levers if draw.randrange(_LEAVE_ALONE)]
        return Answer(role=role, choice={lever.key: draw.randrange(len(lever.options)) for lever in touched})
    options = range(len(step.options) or len(plan.scenarios))
    worry = translate("session.made_up_worry", plan.language) if draw.random() < 0.3 else ""
    return Answer(role=role, ranking=draw.sample(options, min(RANKED, len(options))), worry=worry)
