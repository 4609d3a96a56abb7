"""Expected deaths by volume in the report: per profile with its evidence, a range, and what it is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zorgstroom.planning.volume_outcome import COUNTED
from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.doubts import sources as source_titles
from zorgstroom.reporting.impact import Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.wording import Param

if TYPE_CHECKING:
    from zorgstroom.reporting.readings import Reading
    from zorgstroom.reporting.sections import Sources

#: Kinds of figures in the register of assumptions.
KINDS = [
    "volume_outcome.relative_risk",
    "volume_outcome.relative_risk_low",
    "volume_outcome.relative_risk_high",
    "profile_figures.mortality_percent_mean",
]

#: Care without evidence that a sentence names.
NAMED = 3


def contribute(sources: Sources) -> Sequence[Section]:
    """Return expected deaths of the care the plan is about; care without a curve is named as such."""
    rows: list[list[SectionCell]] = []
    used: set[str] = set()
    without: list[str] = []
    foreign: list[str] = []
    for profile in sources.profiles:
        curve = sources.dataset.volume_outcome.get(profile)
        evidence = TextRef(key=f"quality.evidence.{'none' if curve is None else curve.evidence}")
        thought, weakest, strongest = _bands(sources, profile)
        if curve is None or curve.evidence not in COUNTED:
            without.append(profile)
        elif curve.evidence == "foreign" and thought is not None:
            foreign.append(profile)
        if thought is None:
            rows.append([profile, evidence, None, None, None, None])
            continue
        used.update(curve.source.split(";") if curve else ())
        ends = [None if reading is None else reading.difference.mean for reading in (weakest, strongest)]
        rows.append([profile, evidence, thought.baseline, thought.difference, *ends])
    return (
        Section(
            id="quality",
            criterion="care_use",
            columns=[
                SectionColumn(id="quality_care"),
                SectionColumn(id="quality_evidence"),
                SectionColumn(id="quality_today", kind="spread", decimals=1),
                SectionColumn(id="quality_change", kind="difference", decimals=1),
                SectionColumn(id="quality_weakest", kind="number", decimals=1),
                SectionColumn(id="quality_strongest", kind="number", decimals=1),
            ],
            rows=rows,
            sentences=_sentences(sources, without, foreign),
            confidence="low",
            table="indicators",
            assumptions=[numbers()[kind] for kind in KINDS],
            sources=[source_titles(sources.dataset, name) for name in sorted(used)],
        ),
    )


def _bands(sources: Sources, profile: str) -> tuple[Reading | None, Reading | None, Reading | None]:
    """Return the readings of a profile: as thought, weakest and strongest association."""
    at = sources.readings.at
    return (
        at("expected_deaths", profile=profile),
        at("expected_deaths", profile=profile, band="low"),
        at("expected_deaths", profile=profile, band="high"),
    )


def _sentences(sources: Sources, without: Sequence[str], foreign: Sequence[str]) -> list[TextRef]:
    """Return the change in deaths together with its range, and what has no Dutch evidence: that does not count."""
    found = [_bands(sources, profile) for profile in sources.profiles if profile not in foreign]
    sums = [
        sum(reading.difference.mean for reading in readings if reading is not None)
        for readings in zip(*found, strict=True)
    ]
    sentences = []
    if any(thought is not None for thought, _, _ in found):
        params: dict[str, Param] = {
            name: {"n": value, "d": 1, "signed": True}
            for name, value in (("n", sums[0]), ("low", min(sums)), ("high", max(sums)))
        }
        sentences.append(TextRef(key="report.quality.change", params=params))
    for kind, profiles in (("foreign", foreign), ("without", without)):
        if profiles:
            key = "many" if profiles[NAMED:] else "some"
            named: dict[str, Param] = {
                "n": {"n": len(profiles)},
                "names": {"names": list(profiles[:NAMED]), "lower": True},
            }
            sentences.append(TextRef(key=f"report.quality.{kind}_{key}", params=named))
    return sentences
