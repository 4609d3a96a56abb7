"""What a verification found, as one document: the page, the tables in Markdown and the screens all show this.

It holds no finished sentences and no moment of making: the same code, dataset and seed give the same bytes.
The simulator makes it (`zorgstroom_simulator.verification.report`), ``verification.json`` is it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from zorgstroom.domain.hospital import Basis, Confidence
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.planning.targets import Use, Verdict
from zorgstroom.reporting.impact import Part

SCHEMA_VERSION = 1
NAME = "verification"
FILE_NAME = f"{NAME}.json"

#: Parts of a verification, in the order they are shown.
PartName = Literal["theory", "invariants", "national", "trial"]
PARTS: tuple[PartName, ...] = ("theory", "invariants", "national", "trial")

#: What a subject of a published figure is; empty: the country.
SubjectKind = Literal["", "type", "roaz", "hospital", "profile", "list", "other"]


class MadeWith(Part):
    """What the verification was made with; enough to make it again."""

    model_version: str
    dataset: str
    dataset_version: str
    #: SHA-256 over the content of its tables.
    dataset_digest: str
    engine: str
    seed: int
    #: Random systems and plans each invariant was asked to try; None where it was not asked.
    cases: int | None = None
    #: Of the national part: simulated years, their demand year, and measured weeks.
    replications: int | None = None
    demand_year: int | None = None
    weeks: int | None = None


class TheoryCheck(Part):
    """One quantity of one case of queueing theory beside the engine's."""

    case: str
    quantity: str
    unit: str
    expected: float
    observed: float
    standard_error: float
    replications: int
    #: Distance in standard errors; None where both are exact and differ.
    errors: float | None
    accepted: bool
    formula: str
    source: str


class InvariantCheck(Part):
    """What must always hold, and whether it did."""

    invariant: str
    cases: int
    comparisons: int
    failures: tuple[str, ...] = ()
    #: Tried on the simulated years of the national part instead of on random systems and plans.
    country: bool = False


class PublishedFigure(Part):
    """A published figure: where it comes from and how far the model may be off."""

    id: str
    unit: str
    tolerance: float | None
    tolerance_kind: Literal["relative", "points", "at_least"]
    year: int
    #: Whether somebody counted it; else it is an assumption or an outcome that should stay as it is.
    published: bool
    #: Whether the model was set with it (``aim``), knows of it (``informed``) or not (``held_back``); and how.
    use: Use
    used_for: str
    basis: Basis
    confidence: Confidence
    #: Titles of the sources.
    source: str
    note: str


class NationalCheck(Part):
    """The model beside a published figure, for the country or one subject."""

    figure: str
    subject: str = ""
    subject_kind: SubjectKind = ""
    known: float
    model: float
    #: 95% interval of the model's mean over the simulated years; None where there is none.
    low: float | None = None
    high: float | None = None
    #: Relative, or in points of the unit.
    deviation: float
    verdict: Verdict
    #: Whether being off makes the verification fail; not where a part of the subjects suffices.
    decisive: bool = True


class GroupFigure(Part):
    """A figure of the model for a hospital type or ROAZ region: an estimate without a verdict."""

    kind: Literal["type", "roaz"]
    group: str
    figure: str
    unit: str
    model: float
    low: float | None = None
    high: float | None = None
    #: What is published of this very group, and where (titles).
    known: float | None = None
    source: str = ""


class LittleFigure(Part):
    """Little's law on all queues or units of one kind together: mean number, arrivals per day, days each."""

    pool: str
    #: Queues or units, and in how many the law with its correction for both ends holds to the last patient.
    queues: int
    exact: int
    length: float
    rate: float
    wait: float
    #: How far rate x wait is from length, as a part of it: how far the queues are from standing still.
    difference: float


class FitCheck(Part):
    """A share that the calibration should reproduce beside the one it gives."""

    level: Literal["type", "roaz", "organisation"]
    subject: str
    measure: Literal["patients", "bed_days"]
    known: float
    model: float
    deviation: float
    fitted: bool


class TrialCheck(Part):
    """A known figure that was held back, what the others predict, and what the model says otherwise."""

    figure: str
    half: int
    subject: str
    known: float
    predicted: float
    #: Without any figure of this kind, and with all of them.
    without: float
    fitted: float


class CalibratedOn(Part):
    """A kind of figure that the calibration uses, and how many of it."""

    figure: str
    number: int


class TrialResult(Part):
    """The calibration on trial."""

    lines: tuple[TrialCheck, ...]
    calibrated_on: tuple[CalibratedOn, ...]


class Verification(Part):
    """Everything that was tried; a part that was not tried is None."""

    schema_version: Literal[1] = 1
    made_with: MadeWith
    #: Standard errors within which the engine agrees with a formula.
    accepted_errors: float
    theory: tuple[TheoryCheck, ...] | None = None
    invariants: tuple[InvariantCheck, ...] | None = None
    figures: tuple[PublishedFigure, ...] = ()
    national: tuple[NationalCheck, ...] | None = None
    #: What the model gives per hospital type and ROAZ region, and Little's law on its queues.
    groups: tuple[GroupFigure, ...] = ()
    little: tuple[LittleFigure, ...] = ()
    #: What the calibration reproduces; there when the national part is.
    fit: tuple[FitCheck, ...] = ()
    trial: TrialResult | None = None
    #: Names in both languages of what lines refer to: {id: {"nl", "en"}}.
    names: dict[str, dict[str, str]] = Field(default_factory=dict)

    def figure(self, line: NationalCheck) -> PublishedFigure:
        """Return the published figure of a line."""
        return next(figure for figure in self.figures if figure.id == line.figure)

    def failures(self) -> list[tuple[PartName, str]]:
        """Return what makes the verification fail, as (part, name): theory, invariants and figures the model aims at.

        A figure that was held back and is off is shown plainly, but says how well the model predicts, not
        whether it does what it should.
        """
        names: list[tuple[PartName, str]] = []
        names += [
            ("theory", f"{line.case}.{line.quantity}") for line in self.theory or () if not line.accepted
        ]
        names += [("invariants", line.invariant) for line in self.invariants or () if line.failures]
        names += [
            ("national", " ".join(filter(None, (line.figure, line.subject))))
            for line in self.off("aim")
            if line.decisive
        ]
        return names

    def off(self, use: Use) -> list[NationalCheck]:
        """Return the lines outside their tolerance, of the figures of a use."""
        return [line for line in self.of_use(use) if line.verdict == "does_not_fit"]

    def of_use(self, use: Use) -> list[NationalCheck]:
        """Return the lines of the figures of a use."""
        mine = {figure.id for figure in self.figures if figure.use == use}
        return [line for line in self.national or () if line.figure in mine]


def to_json(document: Verification) -> bytes:
    """Return the document as JSON; equal documents give equal bytes."""
    return (document.model_dump_json(indent=1, exclude_none=False) + "\n").encode()


@cache
def shipped_verification() -> Verification | None:
    """Return the last verification, which comes with the product; None where it was left out."""
    package = Path(__file__).parents[1]
    folders = (package / "validation", package.parents[1] / "docs" / "validation")
    file = next((folder / FILE_NAME for folder in folders if (folder / FILE_NAME).is_file()), None)
    return None if file is None else read_verification(file)


def read_verification(file: Path) -> Verification:
    """Return what `to_json` wrote; raises InvalidInput if the file is missing or something else."""
    try:
        return Verification.model_validate_json(file.read_bytes())
    except OSError:
        raise InvalidInput([Problem(str(file), "verification.file_missing")]) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = "/".join(map(str, first["loc"]))
        problem = Problem(str(file), "verification.file_invalid", {"field": where, "reason": first["msg"]})
        raise InvalidInput([problem]) from None
