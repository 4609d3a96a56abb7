"""The engine against queueing theory: small systems with a known answer, through the public API of `systems`.

Every case is a system that anybody can describe (`zorgstroom_simulator.systems`), run many times from independent
seeds, after a warm-up, and compared with `zorgstroom.queueing`. A line is accepted within 3 standard errors; see
`TheoryCase.verify` for the second look that a line gets which is not. By chance alone 1 line in 20 is further than 2
standard errors; the tests hold the number of those to what chance allows. The tests use seed 1, as everything does by
default; it was not chosen among others.
"""

from zorgstroom_simulator.verification.results import TheoryLine
from zorgstroom_simulator.verification.theory import clinic, little, loss, overflow, series, varying, waiting
from zorgstroom_simulator.verification.theory.case import REPLICATIONS, Quantity, TheoryCase

__all__ = ["CASES", "REPLICATIONS", "Quantity", "TheoryCase", "verify_theory"]

CASES: tuple[TheoryCase, ...] = tuple(
    case for family in (loss, waiting, little, varying, series, overflow, clinic) for case in family.cases()
)


def verify_theory(seed: int, engine: str = "simpy", replications: int | None = None) -> list[TheoryLine]:
    """Run every case and return its lines, in a fixed order.

    `replications` per case: `REPLICATIONS` if None. With fewer than about 20 the standard errors are so uncertain
    that many lines are off by chance; that only shows that it works. Same seed, same lines. Raises ValueError
    below two replications.
    """
    return [line for case in CASES for line in case.verify(seed, engine, replications)]
