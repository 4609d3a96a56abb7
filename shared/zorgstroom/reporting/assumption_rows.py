"""The register of assumptions as rows for a page: what each figure is, and what it did in trials with others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from zorgstroom.dataset.model import Dataset
from zorgstroom.places_document import (
    Assumption,
    AssumptionDetail,
    AssumptionEffect,
    AssumptionFigure,
    Assumptions,
    AssumptionSource,
    Influence,
)
from zorgstroom.planning.ranges import RELATIVE_RANGE
from zorgstroom.reporting.assumptions import LONG_TABLES, Entry, held
from zorgstroom.reporting.impact import Impact, TextRef
from zorgstroom.reporting.rendering import render
from zorgstroom.text import LANGUAGES, Language, translate

#: From which correlation (of ranks) with a conclusion an influence is called large and medium.
LARGE, MEDIUM = 0.5, 0.3
#: Figures of an entry that are told one by one.
MOST_FIGURES = 200
#: What moves together in a trial is named by its first figure, or by a name of its own.
_GROUPS: Mapping[str, str] = {
    "travel_function": "parameters.a1",
    "ages": "profile_figures.rate_",
    "settings": "profile_figures.setting_",
    "types": "profile_figures.share_",
    "multiplier": "case_mix.",
    "ferry_minutes": "ferries.",
}
_FITTED = ("parameters.a1", "parameters.a2", "parameters.a3")


def register_rows(dataset: Dataset, entries: Sequence[Entry], impact: Impact | None) -> Assumptions:
    """Return all entries; `impact` is that of the run to tell the influence of."""
    robustness = None if impact is None else impact.robustness
    return Assumptions(
        dataset=dataset.id,
        version=dataset.version,
        ranges=dict(RELATIVE_RANGE),
        draws=None if robustness is None else robustness.draws,
        items=[_row(dataset, entry, impact) for entry in entries],
    )


def register_detail(dataset: Dataset, entry: Entry, impact: Impact | None) -> AssumptionDetail:
    """Return one entry with its figures and what was found of it."""
    told = () if entry.kind.partition(".")[0] in LONG_TABLES else entry.figures[:MOST_FIGURES]
    return AssumptionDetail(
        assumption=_row(dataset, entry, impact),
        items=[
            AssumptionFigure(
                subject=figure.subject,
                name=_subject(dataset, figure.subject),
                value=figure.value,
                unit=figure.unit,
                range=figure.bounds,
                basis=figure.basis,
                confidence=figure.confidence,
                sources=[source for source in figure.source.split(";") if source],
                note=figure.note,
            )
            for figure in told
        ],
        left_out=len(entry.figures) - len(told),
        effects=_effects(entry, impact),
    )


def influence_of(correlation: float) -> Influence:
    """Return the word for the strongest link of a figure with a conclusion.

    >>> influence_of(-0.62), influence_of(0.31), influence_of(0.1)
    ('large', 'medium', 'small')
    """
    strength = abs(correlation)
    return "large" if strength >= LARGE else "medium" if strength >= MEDIUM else "small"


def _row(dataset: Dataset, entry: Entry, impact: Impact | None) -> Assumption:
    table, _, figure = entry.kind.partition(".")
    lowest, highest = entry.ends
    single = entry.figures[0] if len(entry.figures) == 1 else None
    correlation = _strongest(entry, impact)
    return Assumption(
        number=entry.number,
        table=table,
        figure=figure,
        name={language: _name(entry, language) for language in LANGUAGES},
        figures=len(entry.figures),
        lowest=lowest,
        highest=highest,
        units=list(entry.units),
        range=None if single is None else single.bounds,
        not_varied=held(entry.kind),
        bases=dict(entry.count("basis")),
        confidences=dict(entry.count("confidence")),
        sources=sources_of(dataset, entry.sources),
        used_in=list(entry.used_in),
        influence=None if correlation is None else influence_of(correlation),
        correlation=correlation,
    )


def _name(entry: Entry, language: Language) -> str:
    key = f"assumption.{entry.kind}"
    name = translate(key, language)
    return entry.kind if name == key else name


def _subject(dataset: Dataset, subject: str) -> dict[str, str]:
    """Return what a figure is about in words; ids that have none stay as they are."""
    first, _, rest = subject.partition("/")
    if first in dataset.profile_index:
        profile = dataset.profiles[dataset.profile_index[first]]
        names = {language: profile.name(language) for language in LANGUAGES}
    elif first in dataset.specialty_index:
        specialty = dataset.specialties[dataset.specialty_index[first]]
        names = {"nl": specialty.name_nl, "en": specialty.name_en}
    else:
        known = {item.id: item.name for item in dataset.organisations}
        names = dict.fromkeys(LANGUAGES, known.get(first, first))
    return {language: f"{name}, {rest}" if rest else name for language, name in names.items()}


def sources_of(dataset: Dataset, ids: Iterable[str]) -> list[AssumptionSource]:
    """Return these sources of the dataset; one it does not have stays as it is cited."""
    known = {source.id: source for source in dataset.sources}
    found = []
    for identifier in ids:
        source = known.get(identifier)
        if source is None:
            # A rule of the national method brings its citation itself.
            found.append(AssumptionSource(id=identifier, title=identifier))
        else:
            found.append(
                AssumptionSource(
                    id=source.id,
                    title=source.title,
                    publisher=source.publisher,
                    year=source.year,
                    read=source.read,
                )
            )
    return found


def _is_about(driver: str, entry: Entry) -> bool:
    """Return whether a drawn figure (``hip.los_nights_mean``, ``model.beta_basic``) is of this entry."""
    table, _, figure = entry.kind.partition(".")
    parts = driver.split(".")
    name = parts[-1]
    if name == "travel_function":
        return entry.kind in _FITTED
    if name in _GROUPS:
        return entry.kind.startswith(_GROUPS[name])
    if parts[0] == "case_mix":
        return table == "case_mix"
    of = {"model": "parameters", "specialty": "specialties", "organisation": "organisations"}
    return table == of.get(parts[0], "profile_figures") and figure == name


def _strongest(entry: Entry, impact: Impact | None) -> float | None:
    """Return the strongest correlation with a conclusion; 0 for a figure that was tried and did nothing clear."""
    if impact is None or impact.robustness is None or impact.robustness.limit is None or held(entry.kind):
        return None
    found = [
        driver.correlation
        for conclusion in impact.robustness.conclusions
        for driver in conclusion.drivers
        if _is_about(driver.id, entry)
    ]
    return max(found, key=abs, default=0.0)


def _effects(entry: Entry, impact: Impact | None) -> list[AssumptionEffect]:
    if impact is None or impact.robustness is None:
        return []
    found = [
        AssumptionEffect(
            conclusion=_words(conclusion.statement, impact),
            figure=_words(driver.label, impact),
            correlation=driver.correlation,
            held=conclusion.draws_held,
            draws=conclusion.draws,
        )
        for conclusion in impact.robustness.conclusions
        for driver in conclusion.drivers
        if _is_about(driver.id, entry)
    ]
    return sorted(found, key=lambda effect: -abs(effect.correlation))


def _words(text: TextRef, impact: Impact) -> dict[str, str]:
    return {language: render(text, language, impact.names) for language in LANGUAGES}
