"""What came out of a step, from answers of which nobody is known: groups of fewer than five are merged.

Totals and groups are told together, so a small group may not be found by subtraction either: what is merged holds at
least five people, or takes the smallest other group along.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from zorgstroom.workshop.combinations import key_of
from zorgstroom.workshop.documents import (
    RANKED,
    ROLES,
    Answer,
    GroupResult,
    Lever,
    LeverSpread,
    Role,
    SessionPlan,
    Step,
    StepResults,
)

#: People of one role who are shown on their own.
FEWEST = 5


def merged(counts: Mapping[Role, int]) -> list[list[Role]]:
    """Return the roles that are shown together, largest first; everybody together where there are few.

    >>> merged({"resident": 9, "hospital": 6, "insurer": 2, "municipality": 4})
    [['resident'], ['hospital'], ['municipality', 'insurer']]
    >>> merged({"resident": 9, "hospital": 6, "insurer": 2})
    [['resident'], ['hospital', 'insurer']]
    """
    present = sorted((role for role in ROLES if counts.get(role, 0)), key=lambda role: -counts[role])
    alone = [role for role in present if counts[role] >= FEWEST]
    few = [role for role in present if counts[role] < FEWEST]
    # Who is left over takes the smallest of the others along.
    while few and alone and sum(counts[role] for role in few) < FEWEST:
        few.insert(0, alone.pop())
    return [[role] for role in alone] + ([few] if few else [])


def who_took_part(counts: Mapping[Role, int]) -> list[GroupResult]:
    """Return how many people took part, by role where they are enough; of very few not even which roles there were."""
    total = sum(counts.values())
    if 0 < total < FEWEST:
        return [GroupResult(roles=[], count=total)]
    return [GroupResult(roles=roles, count=sum(counts[role] for role in roles)) for roles in merged(counts)]


def options_of(step: Step, names: Sequence[str]) -> list[str]:
    """Return what a ranking is between: its own options, else the `names` of the scenarios."""
    return list(step.options) or list(names)


def step_results(step: Step, plan: SessionPlan, answers: Sequence[Answer]) -> StepResults:
    """Return what came out of a step."""
    given = [answer for answer in answers if _answered(step, answer)]
    groups = merged(Counter(answer.role for answer in given))
    return StepResults(
        step=step.id,
        answers=len(given),
        everyone=_group(step, plan, [], given),
        groups=[
            _group(step, plan, roles, [answer for answer in given if answer.role in roles])
            for roles in groups
            if len(groups) > 1
        ],
        numbers=sorted(_numbers(given)) if step.kind == "number" else [],
        levers=[spread(lever, given) for lever in plan.levers] if step.kind == "levers" else [],
        combinations=_combinations(plan, given) if step.kind == "levers" else [],
        worries=_worries(given) if step.kind == "ranking" else [],
    )


def spread(lever: Lever, answers: Sequence[Answer]) -> LeverSpread:
    """Return where participants put a lever: lowest, middle, highest, and how many left it alone."""
    positions = sorted(
        position
        for answer in answers
        if (position := (answer.choice or {}).get(lever.key)) is not None
        and 0 <= position < len(lever.options)
    )
    counted = Counter(positions)
    return LeverSpread(
        lever=lever.key,
        lowest=positions[0] if positions else None,
        # One that somebody chose: there need not be an option halfway.
        middle=statistics.median_low(positions) if positions else None,
        highest=positions[-1] if positions else None,
        counts=[counted[position] for position in range(len(lever.options))],
        untouched=sum(answer.choice is not None for answer in answers) - len(positions),
    )


def points(rankings: Iterable[Sequence[int]], options: int) -> tuple[list[int], list[int]]:
    """Return per option the points (three for a first place, then two, then one) and the first places."""
    score, first = [0] * options, [0] * options
    for ranking in rankings:
        for place, option in enumerate(ranking[:RANKED]):
            if 0 <= option < options:
                score[option] += RANKED - place
                first[option] += place == 0
    return score, first


def _answered(step: Step, answer: Answer) -> bool:
    return {
        "number": answer.number is not None,
        "levers": answer.choice is not None,
        "ranking": bool(answer.ranking or answer.worry),
    }.get(step.kind, False)


def _numbers(answers: Sequence[Answer]) -> list[float]:
    return [answer.number for answer in answers if answer.number is not None]


def _worries(answers: Sequence[Answer]) -> list[str]:
    return sorted({answer.worry for answer in answers if answer.worry}, key=str.casefold)


def _group(step: Step, plan: SessionPlan, roles: list[Role], answers: Sequence[Answer]) -> GroupResult:
    numbers = _numbers(answers) if step.kind == "number" else []
    score: list[int] = []
    first: list[int] = []
    if step.kind == "ranking":
        options = len(step.options) or len(plan.scenarios)
        score, first = points((answer.ranking or [] for answer in answers), options)
    return GroupResult(
        roles=roles,
        count=len(answers),
        middle=statistics.median(numbers) if numbers else None,
        points=score,
        firsts=first,
    )


def _combinations(plan: SessionPlan, answers: Sequence[Answer]) -> list[tuple[str, int]]:
    """Return the combinations that were sent in, most first; an untouched lever stands at its start."""
    sent = Counter(
        key_of([(answer.choice or {}).get(lever.key, lever.start) for lever in plan.levers])
        for answer in answers
    )
    return sorted(sent.items(), key=lambda item: (-item[1], item[0]))
