"""From what was tried to one document: rounds, names and judges, and computes nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from zorgstroom import MODEL_VERSION
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.planning.fit import Fit
from zorgstroom.planning.targets import Deviation, not_accepted
from zorgstroom.reporting.doubts import sources
from zorgstroom.reporting.verification import (
    CalibratedOn,
    FitCheck,
    GroupFigure,
    InvariantCheck,
    LittleFigure,
    MadeWith,
    NationalCheck,
    PublishedFigure,
    SubjectKind,
    TheoryCheck,
    TrialCheck,
    TrialResult,
    Verification,
)
from zorgstroom_simulator.verification.little import LittleLine
from zorgstroom_simulator.verification.national import GroupLine, National
from zorgstroom_simulator.verification.results import ACCEPTED_ERRORS, InvariantLine, TheoryLine, Trial

#: Significant digits that are kept: enough for any reader, and the same on every processor.
DIGITS = 9
#: Levels of the calibration's fit that a reader can place; the fit per care profile stays in the dataset.
_FIT_LEVELS = ("type", "roaz", "organisation")
_FIT_MEASURES = ("patients", "bed_days")


def make_report(
    dataset: Dataset,
    engine: str,
    seed: int,
    *,
    theory: Iterable[TheoryLine] | None = None,
    invariants: Iterable[InvariantLine] | None = None,
    cases: int | None = None,
    national: National | None = None,
    trial: Trial | None = None,
) -> Verification:
    """Return the document of what was tried; `dataset` is the one as stored, with its digest."""
    made = MadeWith(
        model_version=MODEL_VERSION,
        dataset=dataset.id,
        dataset_version=dataset.version,
        dataset_digest=dataset.digest,
        engine=engine,
        seed=seed,
        cases=None if invariants is None else cases,
        replications=national.replications if national else None,
        demand_year=national.year if national else None,
        weeks=national.weeks if national else None,
    )
    return Verification(
        made_with=made,
        accepted_errors=ACCEPTED_ERRORS,
        theory=None if theory is None else tuple(map(_theory, theory)),
        invariants=_invariants(invariants, national),
        figures=_figures(national) if national else (),
        national=_national(national) if national else None,
        groups=_groups(national) if national else (),
        little=_little(national.little) if national else (),
        fit=_fit(national.fit) if national else (),
        trial=_trial(trial) if trial else None,
        names=_names(dataset) if national or trial else {},
    )


def _theory(line: TheoryLine) -> TheoryCheck:
    return TheoryCheck(
        case=line.case,
        quantity=line.quantity,
        unit=line.unit,
        expected=_rounded(line.expected),
        observed=_rounded(line.observed),
        standard_error=_rounded(line.standard_error),
        replications=line.replications,
        errors=_rounded(line.errors) if math.isfinite(line.errors) else None,
        accepted=line.accepted,
        formula=line.formula,
        source=line.source,
    )


def _invariants(
    tried: Iterable[InvariantLine] | None, national: National | None
) -> tuple[InvariantCheck, ...] | None:
    """Return what was tried on random systems, and what must hold of the national run too."""
    if tried is None and national is None:
        return None
    lines = [(line, False) for line in tried or ()]
    lines += [(line, True) for line in (national.little_checks if national else ())]
    return tuple(
        InvariantCheck(
            invariant=line.invariant,
            cases=line.cases,
            comparisons=line.comparisons,
            failures=line.failures,
            country=country,
        )
        for line, country in lines
    )


def _figures(national: National) -> tuple[PublishedFigure, ...]:
    return tuple(
        PublishedFigure(
            id=target.id,
            unit=target.unit,
            tolerance=target.tolerance,
            tolerance_kind=target.tolerance_kind,
            year=target.year,
            published=target.published,
            use=target.use,
            used_for=target.used_for,
            basis=target.basis,
            confidence=target.confidence,
            source=sources(national.dataset, target.source),
            note=target.note,
        )
        for target in national.targets
    )


def _national(national: National) -> tuple[NationalCheck, ...]:
    lines = list(national.lines)
    decisive = {id(line) for line in not_accepted(lines, national.targets)}
    return tuple(
        NationalCheck(
            figure=line.target.id,
            subject=line.subject,
            subject_kind=_subject_kind(line, national.dataset),
            known=_rounded(line.expected),
            model=_rounded(line.model),
            low=_maybe(line.low),
            high=_maybe(line.high),
            deviation=_rounded(line.deviation),
            verdict=line.verdict,
            decisive=line.accepted is not False or id(line) in decisive,
        )
        for line in lines
    )


def _subject_kind(line: Deviation, dataset: Dataset) -> SubjectKind:
    """Say what a line is about; a type or organisation may be in the figure's own name."""
    subject = line.subject
    if not subject:
        if line.target.id.endswith(tuple(f"_{kind}" for kind in HOSPITAL_TYPES)):
            return "type"
        owner = line.target.id.partition("_")[0].upper()
        return "hospital" if owner in {item.id for item in dataset.organisations} else ""
    if subject in HOSPITAL_TYPES:
        return "type"
    if subject in dataset.profile_index:
        return "profile"
    if subject in dataset.regions("roaz"):
        return "roaz"
    if subject in dataset.location_index:
        return "hospital"
    return "list" if subject.split()[0] in dataset.location_index else "other"


def _groups(national: National) -> tuple[GroupFigure, ...]:
    kinds: tuple[tuple[Literal["type", "roaz"], Sequence[GroupLine]], ...] = (
        ("type", national.by_type),
        ("roaz", national.by_roaz),
    )
    return tuple(
        GroupFigure(
            kind=kind,
            group=line.group,
            figure=line.figure,
            unit=line.unit,
            model=_rounded(line.model),
            low=_maybe(line.low),
            high=_maybe(line.high),
            known=_maybe(line.known),
            source=sources(national.dataset, line.source),
        )
        for kind, lines in kinds
        for line in lines
    )


def _little(lines: Sequence[LittleLine]) -> tuple[LittleFigure, ...]:
    """Return Little's law per kind of queue or unit; the clinics of all specialties are one kind."""
    kinds: dict[str, list[LittleLine]] = {}
    for line in lines:
        kinds.setdefault("clinic" if line.pool.startswith("clinic:") else line.pool, []).append(line)
    return tuple(_little_together(pool, kinds[pool]) for pool in sorted(kinds))


def _little_together(pool: str, lines: Sequence[LittleLine]) -> LittleFigure:
    length, rate = (math.fsum(getattr(line, name) for line in lines) for name in ("length", "rate"))
    midnights = math.fsum(line.rate * line.wait for line in lines)
    return LittleFigure(
        pool=pool,
        queues=len(lines),
        exact=sum(line.exact for line in lines),
        length=_rounded(length),
        rate=_rounded(rate),
        wait=_rounded(midnights / rate if rate else 0.0),
        difference=_rounded(midnights / length - 1 if length else 0.0),
    )


def _fit(fit: Fit) -> tuple[FitCheck, ...]:
    return tuple(
        FitCheck.model_validate(
            {
                "level": level,
                "subject": line.id,
                "measure": line.measure,
                "known": _rounded(line.known),
                "model": _rounded(line.modelled),
                "deviation": _rounded(line.deviation),
                "fitted": line.fitted,
            }
        )
        for level in _FIT_LEVELS
        for line in fit.level(level)
        if line.measure in _FIT_MEASURES
    )


def _trial(trial: Trial) -> TrialResult:
    return TrialResult(
        lines=tuple(
            TrialCheck(
                figure=line.figure,
                half=line.half,
                subject=line.subject,
                known=_rounded(line.known),
                predicted=_rounded(line.predicted),
                without=_rounded(line.without),
                fitted=_rounded(line.fitted),
            )
            for line in trial.lines
        ),
        calibrated_on=tuple(CalibratedOn(figure=name, number=number) for name, number in trial.calibrated_on),
    )


def _names(dataset: Dataset) -> dict[str, dict[str, str]]:
    """Names of what subjects may be: care profiles, sites and organisations."""
    profiles = {item.id: {"nl": item.name_nl, "en": item.name_en} for item in dataset.profiles}
    organisations = {item.id: {"nl": item.name, "en": item.name} for item in dataset.organisations}
    locations = {item.id: {"nl": item.name, "en": item.name} for item in dataset.locations}
    return organisations | locations | profiles


def _maybe(value: float | None) -> float | None:
    return None if value is None else _rounded(value)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}") + 0.0
