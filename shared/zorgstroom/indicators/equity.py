"""Who bears it: fifths of the inhabitants by socio-economic score, the concentration index, the worst-off fifth.

Everything is about areas: an inhabitant has the score of his area (his gemeente), a rough stand-in for his own. Whole
numbers in, a fraction (numerator, denominator) out, so that equal runs give equal bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from zorgstroom.dataset.model import BoolArray, Int64Array
from zorgstroom.planning.expected import FloatArray

FIFTHS = 5


def fifths(scores: FloatArray, inhabitants: Int64Array, inside: BoolArray) -> Int64Array:
    """Return the fifth of the inhabitants that each area is in, 1 (lowest score) to 5, 0 outside: int64[A].

    By the middle of the area among the inhabitants in order of score; areas of one score stay together, so a fifth is
    seldom exactly a fifth: say how many live in it.
    """
    fifth = np.zeros(len(scores), np.int64)
    total, below = int(inhabitants[inside].sum()), 0
    for rows in _by_score(scores, np.flatnonzero(inside).tolist()):
        people = int(inhabitants[rows].sum())
        middle = 2 * below + people
        fifth[rows] = min(FIFTHS, 1 + middle * FIFTHS // (2 * total)) if total else 1
        below += people
    return fifth


def concentration(scores: FloatArray, inhabitants: Int64Array, burden: Int64Array) -> tuple[int, int]:
    """Return the concentration index of a burden over the rank by score as a fraction; (0, 0) without a burden.

    Twice the area between the diagonal and the concentration curve (Kakwani, Wagstaff & Van Doorslaer 1997), for
    grouped people: sum of burden x (2 x people below + people of the group) over burden x people, less one. Minus one:
    the worst off bear all; zero: spread evenly; one: the best off bear all.
    """
    people, total = int(inhabitants.sum()), int(burden.sum())
    if not people or not total:
        return 0, 0
    below = weighted = 0
    for rows in _by_score(scores, range(len(scores))):
        group = int(inhabitants[rows].sum())
        weighted += int(burden[rows].sum()) * (2 * below + group)
        below += group
    return weighted - total * people, total * people


def worst_fifth(inhabitants: Int64Array, burden: Int64Array) -> tuple[int, int]:
    """Return which part of a burden the fifth of the inhabitants bears that bears most: a fraction.

    Areas in order of burden per inhabitant; of the last only so many inhabitants as make the fifth full.
    """
    total, people = int(burden.sum()), int(inhabitants.sum())
    rows = np.flatnonzero(inhabitants > 0)
    order = rows[np.argsort(-(burden[rows] / inhabitants[rows]), kind="stable")]
    room, borne = people // FIFTHS, 0
    for row in order.tolist():
        living = int(inhabitants[row])
        taken = min(living, room)
        borne += int(burden[row]) * taken // living
        room -= taken
    return borne, total


def _by_score(scores: FloatArray, rows: Sequence[int]) -> list[list[int]]:
    """Return the rows in groups of one score, lowest first."""
    ordered = sorted(rows, key=lambda row: float(scores[row]))
    return [list(group) for _, group in groupby(ordered, key=lambda row: float(scores[row]))]
