"""A conclusion against draws with other assumptions: in how many it holds, how far it ranges, what drives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from zorgstroom.events.schemas import FEWEST_DRAWS
from zorgstroom.reporting.impact import Conclusion, DrawnRange, Driver, TextRef
from zorgstroom.reporting.robustness import judgement
from zorgstroom_simulator.robust.conclusions import Claim, by_chance, of_quantity
from zorgstroom_simulator.robust.dimensions import Dimension
from zorgstroom_simulator.robust.drivers import limit_of_chance, rank_correlations
from zorgstroom_simulator.robust.hypercube import FloatArray

#: Figures named per conclusion.
MAX_DRIVERS = 10
#: Part of the draws below the reported range, in the middle and up to its end.
LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95


@dataclass(frozen=True, eq=False)
class Drawn:
    """The draws in which the plan could be carried out, and the figures tried as drivers."""

    #: Where each figure was in its range: float64[draws, figures].
    positions: FloatArray
    figures: tuple[Dimension, ...]
    #: Correlation from which a figure is named; None: too few draws to say anything.
    limit: float | None
    outcomes: int
    seed: int


def drawn_of(positions: FloatArray, figures: Sequence[Dimension], outcomes: int, seed: int) -> Drawn:
    """Return the draws with the limit that chance sets for so many figures and outcomes."""
    enough = len(positions) >= FEWEST_DRAWS and len(figures) > 0
    limit = limit_of_chance(positions, outcomes, seed) if enough else None
    return Drawn(positions, tuple(figures), limit, outcomes, seed)


def conclude(
    claim: Claim, years: FloatArray, draws: FloatArray, drawn: Drawn, label: Callable[[Dimension], TextRef]
) -> Conclusion:
    """Return how a claim does by chance and by assumptions.

    `years` is float64[2, simulated years] of the run itself (today, plan), `draws` float64[2, draws]. A draw that
    measured nothing, such as the wait for what a place does not give there, does not count for this claim; where
    fewer than half do, there is no judgement.
    """
    by_year, by_draw = of_quantity(claim, years), of_quantity(claim, draws)
    states = claim.test != "none"
    held = int(claim.holds(by_draw).sum()) if states else None
    seen = int(np.isfinite(by_draw).sum())
    enough = seen >= max(FEWEST_DRAWS, len(by_draw) / 2)
    return Conclusion(
        id=claim.id,
        statement=claim.statement,
        indicator=claim.measure.indicator,
        quantity=claim.quantity,
        chance=by_chance(by_year),
        years=len(by_year),
        years_held=int(claim.holds(by_year).sum()) if states else None,
        drawn=_range(by_draw),
        draws=seen,
        draws_held=held,
        unmeasured=len(by_draw) - seen,
        robustness=judgement(held, seen) if held is not None and enough else "none",
        drivers=_drivers(by_draw, drawn, label),
    )


def _drivers(outcome: FloatArray, drawn: Drawn, label: Callable[[Dimension], TextRef]) -> list[Driver]:
    """Return the figures that an outcome goes along with more than chance explains, the strongest first.

    Over the draws in which it was measured; fewer of them ask for a stronger link.
    """
    seen = np.isfinite(outcome)
    if drawn.limit is None or seen.sum() < FEWEST_DRAWS:
        return []
    positions = drawn.positions[seen]
    limit = drawn.limit if seen.all() else limit_of_chance(positions, drawn.outcomes, drawn.seed)
    correlations = rank_correlations(positions, outcome[seen])
    order = sorted(range(len(correlations)), key=lambda index: (-abs(correlations[index]), index))
    return [
        Driver(
            id=drawn.figures[index].name,
            label=label(drawn.figures[index]),
            confidence=drawn.figures[index].confidence,
            correlation=float(correlations[index]),
        )
        for index in order[:MAX_DRIVERS]
        if abs(correlations[index]) > limit
    ]


def _range(values: FloatArray) -> DrawnRange | None:
    """Return the median and the range of nine in ten draws, by nearest rank."""
    seen = np.sort(values[np.isfinite(values)])
    if not len(seen):
        return None
    low, middle, high = (
        float(seen[max(0, int(np.ceil(part * len(seen))) - 1)]) for part in (LOW, MIDDLE, HIGH)
    )
    return DrawnRange(median=middle, low=low, high=high)
