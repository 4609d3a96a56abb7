"""What a theory case is, and how replications of it become lines of the verification."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute as pc

from zorgstroom_simulator.randomness import name_hash
from zorgstroom_simulator.verification.results import TheoryLine

FloatArray = npt.NDArray[np.float64]
#: Independent runs of each case. With sixty the error is nearly normal: by chance 3.9 in 1,000 lines are further than 3
#: standard errors from the formula (Student, 59 degrees of freedom); with infinitely many it would be 2.7.
REPLICATIONS = 60
#: How many times as many new runs a case gets when one of its lines is further than that.
SECOND_LOOK = 4
#: Standard deviations of a Poisson number that a run is made longer, so that enough patients come.
SPARE = 5.5

#: (seed, replication, engine) to what was observed, in the order of the case's quantities.
Observe = Callable[[int, int, str], Sequence[float]]


@dataclass(frozen=True)
class Quantity:
    """Something that can be observed of a system and that theory gives."""

    #: A text key (``theory.quantity.*``).
    id: str
    #: ``share``, ``minutes``, ``patients``.
    unit: str
    expected: float


@dataclass(frozen=True)
class TheoryCase:
    """A system with a known answer. What is observed has the expected value as its mean, not only in the long run.

    But for biases that are small beside the standard error: the empty start after the warm-up, whole minutes, and what
    a case names itself.
    """

    #: A text key (``theory.*``).
    id: str
    #: In one line of plain mathematics, with the numbers of the case.
    formula: str
    source: str
    quantities: tuple[Quantity, ...]
    observe: Observe

    def verify(self, seed: int, engine: str = "simpy", replications: int | None = None) -> list[TheoryLine]:
        """Return one line per quantity, after a second look where one is not accepted.

        Among some forty lines one is off by chance in every seventh seed. Then the whole case is run again with
        `SECOND_LOOK` times as many new replications, and only those count: chance hardly strikes twice (a few in
        100,000 lines), while an error of the engine is then twice as many standard errors away. A second look only
        forgives: what the first does not see is not looked at again. Its lines say so by their replications.
        """
        count = REPLICATIONS if replications is None else replications
        lines = self.lines(seed, engine, range(count))
        if all(line.accepted for line in lines):
            return lines
        return self.lines(seed, engine, range(count, (1 + SECOND_LOOK) * count))

    def lines(self, seed: int, engine: str, replications: range) -> list[TheoryLine]:
        """Run these replications and return one line per quantity.

        Each case has a seed of its own, made of `seed` and its id: cases do not share their luck.
        Raises ValueError for fewer than two replications: there is no standard error.
        """
        count = len(replications)
        if count < 2:
            raise ValueError(f"a standard error needs at least 2 replications, found {count}")
        own_seed = int(name_hash(f"{seed} {self.id}"))
        observed = np.array([self.observe(own_seed, number, engine) for number in replications])
        means = observed.mean(axis=0)
        errors = observed.std(axis=0, ddof=1) / math.sqrt(count)
        return [
            TheoryLine(
                case=self.id,
                quantity=quantity.id,
                unit=quantity.unit,
                expected=quantity.expected,
                observed=float(mean),
                standard_error=float(error),
                replications=count,
                formula=self.formula,
                source=self.source,
            )
            for quantity, mean, error in zip(self.quantities, means, errors, strict=True)
        ]


def run_days(patients: int, per_day: float, then: float = 0.0) -> int:
    """Return days in which so many patients come, but for one run in fifty million, and `then` days more to finish."""
    return math.ceil((patients + SPARE * math.sqrt(patients)) / per_day + then)


def counted(journeys: pa.Table, flow: str, skip: int, count: int) -> pa.Table:
    """Return `count` patients of a flow in order of arrival after the first `skip`.

    A fixed number of patients, not of days: in equilibrium every next patient of a Poisson process finds the steady
    state (PASTA), so that the mean over them has no bias; a mean over as many as happen to come in a period has one.
    Raises ValueError if fewer came.
    """
    mine = journeys.filter(pc.equal(journeys["flow"], flow)).slice(skip, count)
    if mine.num_rows < count:
        raise ValueError(f"{flow}: {mine.num_rows} patients after the first {skip}, {count} needed")
    return mine


def minutes(patients: pa.Table, column: str) -> FloatArray:
    """Return a column as numbers. Raises ValueError where it has none: a patient who is not done cannot be left out."""
    values = patients[column]
    if values.null_count:
        raise ValueError(f"{column}: {values.null_count} of {len(values)} counted patients have none yet")
    return np.asarray(values.to_numpy(), np.float64)


def share(patients: pa.Table, column: str, value: str) -> float:
    """Return which part of the patients has this value in a column."""
    number: int = pc.sum(pc.equal(patients[column], value)).as_py()
    return float(number / patients.num_rows)
