"""What a verification finds, line by line; made by `theory`, `invariants` and `trial`, shown by the report."""

from __future__ import annotations

from dataclasses import dataclass

#: A simulated value further from its formula than this many standard errors is not accepted.
ACCEPTED_ERRORS = 3.0


@dataclass(frozen=True)
class TheoryLine:
    """One quantity of one case: what the formula says and what the engine gives."""

    #: Id of the case (``erlang_b_lognormal``) and of the quantity (``refused``); both are text keys.
    case: str
    quantity: str
    unit: str
    expected: float
    #: Mean over independent replications.
    observed: float
    standard_error: float
    replications: int
    #: The formula in one line of plain mathematics, and where it was published.
    formula: str
    source: str

    @property
    def errors(self) -> float:
        """How many standard errors the engine is from the formula; 0 where both are exact and equal."""
        if self.standard_error == 0:
            return 0.0 if self.observed == self.expected else float("inf")
        return (self.observed - self.expected) / self.standard_error

    @property
    def accepted(self) -> bool:
        """Whether the engine agrees with the formula."""
        return abs(self.errors) <= ACCEPTED_ERRORS


@dataclass(frozen=True)
class InvariantLine:
    """What must always hold, tried on many random systems or plans."""

    #: Id; a text key.
    invariant: str
    #: Random systems or plans it was tried on, and single comparisons made in them.
    cases: int
    comparisons: int
    #: What went wrong, with the seed that shows it again; empty when it always held.
    failures: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it held every time."""
        return not self.failures


@dataclass(frozen=True)
class TrialLine:
    """A known figure that the calibration was not given, and what it predicts from the others."""

    #: What kind of figure, such as ``beds_share`` or ``type_share``; a text key.
    figure: str
    #: Half of the figures that was held back: 1 or 2.
    half: int
    subject: str
    known: float
    predicted: float
    #: What the model says when no figure of this kind is used at all.
    without: float
    #: What it says when all figures of this kind are used, this one included.
    fitted: float


@dataclass(frozen=True)
class Trial:
    """The calibration on trial: half of the known figures predicts the other half."""

    lines: tuple[TrialLine, ...]
    #: Every kind of figure the calibration uses: id and how many.
    calibrated_on: tuple[tuple[str, int], ...]
