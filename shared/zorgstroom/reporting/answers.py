"""The questions a board asks of a plan, each with its answer in one or two sentences and where to read on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zorgstroom.reporting import precision, wording
from zorgstroom.reporting.impact import Estimate, Impact, LocationImpact, Section, TextRef
from zorgstroom.reporting.robustness import summary as robust_summary

#: Questions in the order of the report, with the chapter that answers them at length.
QUESTIONS = {
    "moves": "redistribution",
    "far": "redistribution",
    "overflow": "real_estate",
    "balance": "redistribution",
    "staff": "staff",
    "money": "real_estate",
    "worst_off": "redistribution",
    "sure": "certainty",
}
#: Sections of further parts of the analysis that answer a question, and how many of their sentences do.
_BY_SECTIONS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "balance": (("balance", 2),),
    "staff": (("staff", 1),),
    "money": (("finance", 1),),
    "worst_off": (("winners_areas", 1), ("equity", 2)),
}
#: Columns of the table per year that tell more of an answer, and the decimals they deserve; money is in thousands.
_BY_YEAR: Mapping[str, tuple[str, int]] = {"staff": ("years_staff_fte", 1), "money": ("years_turnover", 0)}
#: Sentences of the summary that answer a question, by the start of their key behind ``report.summary.``.
_BY_SUMMARY = {"moves": ("moves", "no_moves"), "overflow": ("capacity_",)}


def answers(impact: Impact) -> dict[str, list[TextRef]]:
    """Return the answer to every question; one that this run cannot answer says so."""
    found = {question: _answer(impact, question) for question in QUESTIONS}
    return {
        question: lines or [TextRef(key=f"report.answer.{question}.none")]
        for question, lines in found.items()
    }


def _answer(impact: Impact, question: str) -> list[TextRef]:
    if question in _BY_SUMMARY:
        starts = _BY_SUMMARY[question]
        return [
            line for line in impact.summary if line.key.removeprefix("report.summary.").startswith(starts)
        ]
    if question == "far":
        return _far(impact)
    if question == "sure":
        return _sure(impact)
    sections = {section.id: section for section in impact.sections}
    lines = [
        line
        for name, most in _BY_SECTIONS[question]
        if name in sections
        for line in sections[name].sentences[:most]
    ]
    if lines:
        return [*lines, *_per_year(sections.get("years"), question)]
    return _balance(impact.locations) if question == "balance" else _furthest(impact, question)


def _per_year(years: Section | None, question: str) -> list[TextRef]:
    """How it goes in the first year and in the last, of the region; a run of one year says that it does not know."""
    if question not in _BY_YEAR:
        return []
    if years is None:
        return [TextRef(key="report.answer.staff.one_year")] if question == "staff" else []
    column, decimals = _BY_YEAR[question]
    ids = [known.id for known in years.columns]
    if column not in ids:
        return []
    place = ids.index(column)
    changes = [
        (year, change)
        for year, side, change in ((row[0], row[1], row[place]) for row in years.rows)
        if isinstance(side, TextRef)
        and side.key == "report.column.difference"
        and isinstance(year, float)
        and isinstance(change, Estimate)
    ]
    if len(changes) < 2:
        return []
    (first_year, first), (last_year, last) = changes[0], changes[-1]
    params = {
        "first_year": wording.number(first_year),
        "first": {**wording.spread(first, decimals), "signed": True},
        "last_year": wording.number(last_year),
        "last": {**wording.spread(last, decimals), "signed": True},
    }
    return [TextRef(key=f"report.answer.{question}.years", params=params)]


def _far(impact: Impact) -> list[TextRef]:
    """How many travel more than 30 minutes longer, of how many, and from where most."""
    far = sum(row.patients.mean for row in impact.travel_bands if row.band in wording.LONG_BANDS)
    moved = impact.moved_patients
    if not moved:
        return []
    if far < 0.5:
        return [TextRef(key="report.answer.far.nobody")]
    params: dict[str, Any] = {
        "n": wording.number(far),
        "moved": wording.number(moved),
        "share": {"share": min(1.0, far / moved), "d": 0},
    }
    areas = sorted(
        (row for row in impact.areas if row.extra_minutes.mean > 30), key=lambda row: -row.moved_patients.mean
    )
    lines = [TextRef(key="report.answer.far.some", params=params)]
    if areas:
        named = {"names": [row.id for row in areas[: wording.NAMED]]}
        lines.append(TextRef(key="report.answer.far.areas", params={"areas": named}))
    return lines


def _balance(locations: Sequence[LocationImpact]) -> list[TextRef]:
    """What the hospital that loses most and the one that gains most give and get."""
    moving = sorted((row for row in locations if row.net.mean), key=lambda row: row.net.mean)
    ends = {row.id: row for row in (moving[:1] + moving[-1:])}
    return [
        TextRef(
            key="report.answer.balance.one",
            params={
                "name": {"name": row.id},
                "sent": wording.number(row.sent.mean),
                "received": wording.number(row.received.mean),
                "net": {"n": row.net.mean, "d": 0, "signed": True},
            },
        )
        for row in ends.values()
    ]


def _furthest(impact: Impact, question: str) -> list[TextRef]:
    """Who travels most hours more, where no part of the analysis says who is worst off."""
    areas = [row for row in impact.areas if row.travel_hours is not None and row.travel_hours.mean > 0]
    if question != "worst_off" or not areas:
        return []
    worst = max(areas, key=lambda row: row.travel_hours.mean if row.travel_hours else 0.0)
    params = {
        "area": {"name": worst.id},
        "minutes": wording.spread(worst.extra_minutes, 0),
        "patients": wording.number(worst.moved_patients.mean),
    }
    return [TextRef(key="report.answer.worst_off.area", params=params)]


def _sure(impact: Impact) -> list[TextRef]:
    """Chance first, then assumptions: the second does not shrink with more simulated years."""
    by_chance = precision.sentence(impact.precision) if impact.precision is not None else None
    years = {"n": wording.number(impact.identity.replications)}
    lines = [by_chance or TextRef(key="report.answer.sure.years", params=years)]
    if impact.longer_years is not None:
        lines.insert(0, _longer(impact.longer_years, impact.identity.replications))
    if impact.robustness is not None:
        lines.append(robust_summary(impact.robustness))
    else:
        lines.append(TextRef(key="report.answer.sure.not_varied"))
    return lines


def _longer(longer: int, years: int) -> TextRef:
    """In how many simulated years those who move travel longer, with the fixed word for that."""
    params = {
        "word": wording.text(wording.ladder(longer, years)),
        "met": wording.number(longer),
        "n": wording.number(years),
    }
    return TextRef(key="report.answer.sure.longer", params=params)
