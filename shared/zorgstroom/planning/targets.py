"""Published figures that the baseline is held against, and how far it may be off.

Table ``targets.csv`` of the dataset. A deviation says what was found, with its interval over replications, what it
should be, whether that fits, and whether the model was set with this very figure (in-sample) or not (held back).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from zorgstroom.dataset.loading import BASES, CONFIDENCES
from zorgstroom.dataset.reading import read_rows
from zorgstroom.domain.hospital import Basis, Confidence

#: The model was set until it gave this figure; something in the model was estimated from it or checked against it; or
#: it was not used at all.
Use = Literal["aim", "informed", "held_back"]
#: What is said of a figure: within its tolerance; outside it; outside, but chance may have done that; not compared.
Verdict = Literal["fits", "does_not_fit", "may_be_chance", "not_judged"]

#: A part of the target; points of its unit; or the target is the least that is accepted.
ToleranceKind = Literal["relative", "points", "at_least"]

TABLE = "targets.csv"
#: Standard deviations that chance is allowed beyond a tolerance.
CHANCE = 2.0


@dataclass(frozen=True)
class Target:
    """A published figure; `value` is None where each subject (profile, list) has its own."""

    id: str
    value: float | None
    unit: str
    #: None: shown, not judged.
    tolerance: float | None
    tolerance_kind: ToleranceKind
    year: int
    use: Use
    #: What in the model was set with this figure or estimated from it; empty: held back.
    used_for: str
    basis: Basis
    confidence: Confidence
    source: str
    note: str

    @property
    def calibrated_on(self) -> bool:
        """Whether the model was set with this figure or knows of it, so that agreement is no evidence: in-sample."""
        return self.use != "held_back"

    @property
    def published(self) -> bool:
        """Whether somebody counted it: no assumption of ours, and no outcome of the model itself."""
        return self.basis in ("known", "estimated")


@dataclass(frozen=True)
class Observation:
    """A figure of the model beside its target; `subject` is a profile or ``location list``, empty: the country."""

    target: str
    subject: str
    model: float
    #: What it should be, where the target has no value of its own.
    expected: float | None = None
    #: How many patients or people on a list it rests on; 0 where that says nothing.
    number: int = 0
    #: Standard deviation of the relative deviation by chance alone; 0 where it is too small to matter.
    chance: float = 0.0
    #: 95% interval of the model's figure over replications; None where there are too few, or no chance in it.
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Deviation:
    """How far the model is from a target."""

    target: Target
    subject: str
    expected: float
    model: float
    number: int
    chance: float = 0.0
    low: float | None = None
    high: float | None = None

    @property
    def deviation(self) -> float:
        """Relative to the target, or in points of its unit."""
        return self._from_target(self.model)

    def _from_target(self, value: float) -> float:
        if self.target.tolerance_kind == "points" or self.expected == 0:
            return value - self.expected
        return value / self.expected - 1

    @property
    def accepted(self) -> bool | None:
        """Whether it is within the tolerance; None where it is not judged, or where chance may have taken it out."""
        if self.target.tolerance_kind == "at_least":
            return self.model >= self.expected
        if self.target.tolerance is None:
            return None
        if abs(self.deviation) <= self.target.tolerance:
            return True
        return None if self.by_chance else False

    @property
    def by_chance(self) -> bool:
        """Whether it is outside its tolerance by no more than chance explains: more replications will tell.

        Chance is the interval over replications, and where it is known beforehand `CHANCE` standard deviations.
        """
        tolerance = self.target.tolerance
        if tolerance is None or abs(self.deviation) <= tolerance:
            return False
        if abs(self.deviation) - tolerance <= CHANCE * self.chance:
            return True
        if self.low is None or self.high is None:
            return False
        return self._from_target(self.low) <= tolerance and self._from_target(self.high) >= -tolerance

    @property
    def verdict(self) -> Verdict:
        """What is said of it."""
        if self.accepted is None:
            return "may_be_chance" if self.by_chance else "not_judged"
        return "fits" if self.accepted else "does_not_fit"


def read_targets(folder: Path) -> tuple[Target, ...]:
    """Return the targets of a dataset in the order of the table; raises InvalidInput."""
    return tuple(
        Target(
            id=row.text("target_id"),
            value=row.number("value") if row.text("value") else None,
            unit=row.text("unit"),
            tolerance=row.number("tolerance") if row.text("tolerance") else None,
            tolerance_kind=row.choice("tolerance_kind", get_args(ToleranceKind)),
            year=row.integer("year"),
            use=row.choice("use", get_args(Use)),
            used_for=row.text("used_for"),
            basis=row.choice("basis", BASES),
            confidence=row.choice("confidence", CONFIDENCES),
            source=row.text("source"),
            note=row.text("note"),
        )
        for row in read_rows(folder, TABLE)
    )


def deviations(targets: tuple[Target, ...], observed: list[Observation]) -> list[Deviation]:
    """Return every observation beside its target, in the order of the targets, the worst subject first.

    A target `<id>_profiles` is the part of the subjects of `<id>` that are accepted. Targets that nothing
    was observed for are left out, as are observations without a target.
    """
    by_target: dict[str, list[Observation]] = {}
    for observation in observed:
        by_target.setdefault(observation.target, []).append(observation)
    made: dict[str, list[Deviation]] = {}
    for target in targets:
        made[target.id] = [
            Deviation(target, o.subject, value, o.model, o.number, o.chance, o.low, o.high)
            for o in by_target.get(target.id, ())
            if (value := o.expected if target.value is None else target.value) is not None
        ]
        made[target.id].sort(key=lambda line: (-abs(line.deviation), line.subject))
    _add_shares(targets, made)
    return [line for target in targets for line in made[target.id]]


def _add_shares(targets: tuple[Target, ...], made: Mapping[str, list[Deviation]]) -> None:
    for target in targets:
        base = target.id.removesuffix("_profiles")
        judged = made.get(base, [])
        if base != target.id and target.value is not None and judged:
            share = sum(line.accepted is True for line in judged) / len(judged)
            made[target.id].append(Deviation(target, "", target.value, share, len(judged)))


def not_accepted(lines: Iterable[Deviation], targets: Iterable[Target]) -> list[Deviation]:
    """Return what fails a verification: figures the model aims at and does not give.

    A subject of a target of which a part suffices does not count itself. See `not_fitting` for all the others.
    """
    by_part = {target.id.removesuffix("_profiles") for target in targets if target.id.endswith("_profiles")}
    return [
        line
        for line in lines
        if line.accepted is False and line.target.use == "aim" and line.target.id not in by_part
    ]


def not_fitting(lines: Iterable[Deviation], use: Use = "held_back") -> list[Deviation]:
    """Return the figures of a use that the model does not give: held back or informed, findings and no failures."""
    return [line for line in lines if line.accepted is False and line.target.use == use]


@dataclass(frozen=True)
class Tally:
    """How many published figures were compared; parts of a figure (per profile, per list) count as one."""

    judged: int
    held_back: int
    fits: int
    held_back_fits: int
    may_be_chance: int
    #: Shown, not judged: definitions differ.
    not_judged: int


def tally(lines: Iterable[Deviation]) -> Tally:
    """Count the published figures of the country and of single hospitals; `Target.published` says which."""
    whole = [line for line in lines if not line.subject and line.target.published]
    judged = [line for line in whole if line.verdict != "not_judged"]
    held_back = [line for line in judged if not line.target.calibrated_on]
    return Tally(
        judged=len(judged),
        held_back=len(held_back),
        fits=sum(line.verdict == "fits" for line in judged),
        held_back_fits=sum(line.verdict == "fits" for line in held_back),
        may_be_chance=sum(line.verdict == "may_be_chance" for line in judged),
        not_judged=len(whole) - len(judged),
    )
