"""The preview in words: the tables that the command prints and the screens show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from zorgstroom.load_words import estimate_words
from zorgstroom.preview_document import (
    ListPreview,
    NormPreview,
    Numbers,
    Part,
    PoolPreview,
    PreviewDocument,
)
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import date, number, percent, signed

#: Writes a number; the second says whether as a difference.
Writer = Callable[[float, bool], str]
#: What stands where there is no number.
NOTHING = "–"


@dataclass(frozen=True)
class PreviewTable:
    """A table of text; the first column says what a row is about."""

    name: str
    caption: str
    headings: tuple[str, ...]
    #: Which columns hold numbers.
    numeric: tuple[bool, ...]
    rows: list[list[str]]


def preview_tables(document: PreviewDocument, language: Language) -> list[PreviewTable]:
    """Return the tables of a preview that have rows; the first is the whole in numbers."""
    words = _Words(document, language)
    return [table for table in words.tables() if table.rows]


def preview_notes(document: PreviewDocument, language: Language) -> list[str]:
    """Return what a reader must know of these numbers, most important first."""
    confidences = []
    for method, parts in groupby(sorted(document.parts.items(), key=lambda item: item[1].method), _method):
        found = list(parts)
        confidences.append(
            translate(
                "preview.confidence",
                language,
                method=translate(f"preview.method.{method}", language),
                parts=", ".join(translate(f"preview.part.{part}", language) for part, _ in found),
                confidence=translate(f"confidence.{found[0][1].confidence}", language),
            )
        )
    day = date(document.complete_from, language)
    notes = [
        translate("preview.note", language, day=day, year=document.demand_year),
        *confidences,
        translate("preview.not_in_it", language),
    ]
    if document.left_out:
        notes.append(translate("preview.left_out", language, count=number(document.left_out, language)))
    return notes


def _method(item: tuple[Part, object]) -> str:
    return str(getattr(item[1], "method"))  # noqa: B009


class _Words:
    """Makes the tables of one document in one language."""

    def __init__(self, document: PreviewDocument, language: Language) -> None:
        self._document, self._language = document, language

    def tables(self) -> Iterator[PreviewTable]:
        """Yield every table, also those without rows."""
        document = self._document
        yield self._table("summary", self._summary())
        yield self._table(
            "streams",
            [
                [
                    self._name(row.profile),
                    self._name(row.source),
                    self._name(row.destination),
                    self._patients(row.patients),
                ]
                for row in document.streams
            ],
        )
        yield self._table(
            "bands",
            [
                [translate(f"band.{row.band}", self._language), self._patients(row.patients)]
                for row in document.movers.bands
                if row.patients >= 0.05
            ],
        )
        yield self._table(
            "volumes",
            [
                [
                    f"{self._name(row.profile)}, {self._name(row.location)}",
                    *self._sides(row.patients, self._count),
                    self._count(row.treated.plan or 0.0, False),
                    self._norm(row.norm, row.patients),
                ]
                for row in document.volumes
            ],
        )
        yield self._table(
            "travel",
            [
                [
                    self._name(row.profile),
                    *self._sides(row.minutes, self._tenths),
                    *self._sides(row.over_30, self._share)[:2],
                ]
                for row in document.travel
                if row.profile
            ],
        )
        yield self._table("lists", [self._list(row) for row in document.lists if row.pool])
        yield self._table("pools", [self._pool(row) for row in document.pools])

    def _table(self, name: str, rows: list[list[str]]) -> PreviewTable:
        headings = tuple(translate(f"preview.{name}.{column}", self._language) for column, _ in COLUMNS[name])
        numeric = tuple(numeric for _, numeric in COLUMNS[name])
        return PreviewTable(name, translate(f"preview.{name}", self._language), headings, numeric, rows)

    def _summary(self) -> list[list[str]]:
        document, travel = self._document, self._document.travel[0]
        movers, full = document.movers, document.too_full
        lines: list[tuple[str, Numbers, Writer]] = [
            ("movers", _from_nothing(movers.patients), self._count),
            ("extra", _from_nothing(movers.extra_minutes), self._tenths),
            ("minutes", travel.minutes, self._tenths),
            ("over_30", travel.over_30, self._share),
            ("over_45", travel.over_45, self._share),
        ]
        if document.at_norm is not None:
            lines.append(("at_norm", document.at_norm, self._share))
        for row in document.lists:
            if not row.location:
                lines.append((f"list_{row.kind}", row.after_year, self._whole))
        too_full = Numbers(today=full.today, plan=full.plan, difference=full.plan - full.today)
        lines.append(("too_full", too_full, self._count))
        return [
            [translate(f"preview.line.{name}", self._language), *self._sides(numbers, write)]
            for name, numbers, write in lines
        ]

    def _norm(self, norm: NormPreview | None, patients: Numbers) -> str:
        if norm is None:
            return NOTHING
        words = [
            translate(f"preview.norm.{'none' if not there else 'met' if met else 'not_met'}", self._language)
            for met, there in ((norm.met_today, patients.today), (norm.met_plan, patients.plan))
        ]
        key = "preview.norm" if patients.plan else "preview.norm.left"
        return translate(
            key,
            self._language,
            minimum=number(norm.minimum, self._language),
            today=words[0],
            plan=words[1],
            chance=percent(norm.chance.plan or 0.0, self._language),
        )

    def _list(self, row: ListPreview) -> list[str]:
        weeks = [
            translate("preview.grows", self._language) if grows else self._number(side)
            for grows, side in ((row.grows_today, row.weeks.today), (row.grows_plan, row.weeks.plan))
        ]
        return [
            f"{self._name(row.pool)}, {self._name(row.location)}",
            *self._sides(row.after_year, self._count),
            self._count(row.growth_per_year.plan or 0.0, True),
            *weeks,
        ]

    def _pool(self, row: PoolPreview) -> list[str]:
        today, plan = row.load.today, row.load.plan
        endless = translate("load.endless", self._language)
        return [
            f"{self._name(row.pool)}, {self._name(row.location)}",
            *(endless if load is None else self._share(load, False) for load in (today, plan)),
            NOTHING if today is None or plan is None else self._share(plan - today, True),
            estimate_words(row.estimate.today, row.estimate.plan, row.known_weeks, self._language),
        ]

    def _sides(self, numbers: Numbers, write: Writer) -> list[str]:
        """Return today, plan and difference."""
        return [
            NOTHING if value is None else write(value, is_change)
            for value, is_change in (
                (numbers.today, False),
                (numbers.plan, False),
                (numbers.difference, True),
            )
        ]

    def _name(self, name: str) -> str:
        return self._document.names[name][self._language]

    def _patients(self, value: float) -> str:
        """Return a number of patients; small ones with a decimal, so that few is not nobody."""
        return number(value, self._language, 0 if value >= 10 else 1)

    def _count(self, value: float, is_change: bool) -> str:
        decimals = 0 if abs(value) >= 10 or value == round(value) else 1
        return (signed if is_change else number)(value, self._language, decimals)

    def _whole(self, value: float, is_change: bool) -> str:
        return (signed if is_change else number)(value, self._language, 0)

    def _tenths(self, value: float, is_change: bool) -> str:
        return (signed if is_change else number)(value, self._language, 1)

    def _number(self, value: float | None) -> str:
        return NOTHING if value is None else number(value, self._language, 1)

    def _share(self, value: float, is_change: bool) -> str:
        if is_change:
            unit = translate("unit.percentage_points", self._language)
            return f"{signed(value * 100, self._language, 1)} {unit}"
        return percent(value, self._language, 1)


def _from_nothing(value: float | None) -> Numbers:
    """Return a number there is only under the plan."""
    return Numbers(today=None, plan=value, difference=None)


#: The columns of every table, and whether they hold numbers.
COLUMNS: dict[str, tuple[tuple[str, bool], ...]] = {
    "summary": (("what", False), ("today", True), ("plan", True), ("difference", True)),
    "streams": (("profile", False), ("source", False), ("destination", False), ("patients", True)),
    "bands": (("band", False), ("patients", True)),
    "volumes": (
        ("what", False),
        ("today", True),
        ("plan", True),
        ("difference", True),
        ("treated", True),
        ("norm", False),
    ),
    "travel": (
        ("profile", False),
        ("today", True),
        ("plan", True),
        ("difference", True),
        ("over_30_today", True),
        ("over_30_plan", True),
    ),
    "lists": (
        ("what", False),
        ("today", True),
        ("plan", True),
        ("difference", True),
        ("growth", True),
        ("weeks_today", True),
        ("weeks_plan", True),
    ),
    "pools": (("what", False), ("today", True), ("plan", True), ("difference", True), ("estimate", False)),
}
