"""The register of assumptions: every figure that goes into the model, numbered, with its range, source and use.

One entry per kind of figure (a parameter; the mean stay of all care profiles; the beds of all organisations). Single
figures of a kind have its number and their own subject: ``A-047/hip``. Numbers are kept in ``assumption_ids.csv`` by
name, so that they stay when figures come and go; `register` leaves the number of a new kind empty.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset.schema import Field, Line, Table, read_table, tables
from zorgstroom.domain.hospital import Confidence
from zorgstroom.national.defaults import rule_figures
from zorgstroom.planning.ranges import HELD_FIGURES, HELD_TABLES, SHARES, WHOLE_NUMBERS, relative_bounds
from zorgstroom.reporting.assumption_uses import uses

#: Yardsticks, not input: they are in the verification report.
_NO_INPUT = ("targets", "sources")
#: Tables of which a row is one figure, with the column of its name.
_NAMED_ROWS = {
    "parameters": "parameter_id",
    "profile_figures": "figure",
    "staffing": "figure",
    "prices": "price",
}
#: Tables that bring the lowest and the highest of their figures themselves.
WITH_ENDS = ("cost_behaviour", "volume_outcome", "dependencies")
#: Tables of which each row is a kind of figure by itself.
SINGLE_TABLES = ("parameters.", "staffing.", "prices.")
#: Rules of the national method, which come with it and not with the dataset; their source is a citation in full.
RULES = "interventions."
#: Tables too long for a list of single figures; the dataset has them.
LONG_TABLES = ("areas", "population", "national_population", "locations")


@dataclass(frozen=True)
class SingleFigure:
    """One number that goes in."""

    kind: str
    subject: str
    value: float
    unit: str
    basis: str
    confidence: Confidence
    #: Ids of the sources, separated by semicolons; of a rule of the national method the citation itself.
    source: str
    note: str = ""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Return the lowest and highest value that is thought possible; None where nothing moves along with it.

        What is worked out after the patients moves outcomes in proportion, though no draw varies it.
        """
        table, _, name = self.kind.partition(".")
        reason = held(self.kind)
        if reason and (reason != "after" or table in WITH_ENDS):
            return None
        low, high = relative_bounds(self.value, self.confidence, share=name in SHARES)
        ends = (self.value * low, self.value * high)
        return (float(round(ends[0])), float(round(ends[1]))) if name in WHOLE_NUMBERS else ends


@dataclass(frozen=True)
class Entry:
    """One numbered entry: a parameter, or all figures of a kind."""

    #: ``A-012``; empty for a kind that has no number yet.
    number: str
    #: ``table.name``.
    kind: str
    figures: tuple[SingleFigure, ...]
    #: Modules that use it.
    used_in: tuple[str, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """Return the units of its figures, each once."""
        return tuple(dict.fromkeys(figure.unit for figure in self.figures))

    @property
    def ends(self) -> tuple[float, float]:
        """Return the smallest and the largest value."""
        values = [figure.value for figure in self.figures]
        return min(values), max(values)

    def count(self, mark: str) -> Counter[str]:
        """Return how many figures have each ``basis`` or ``confidence``."""
        return Counter(getattr(figure, mark) for figure in self.figures)

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the ids of its sources, the one that most figures lean on first."""
        counts = Counter(source for figure in self.figures for source in figure.source.split(";") if source)
        return tuple(sorted(counts, key=lambda source: (-counts[source], source)))

    def id_of(self, figure: SingleFigure) -> str:
        """Return the number of one figure."""
        return self.number if self.is_parameter else f"{self.number}/{figure.subject}"

    @property
    def is_parameter(self) -> bool:
        """Whether it is one figure by itself: a parameter of the model, a key figure of staff, a price."""
        return self.kind.startswith(SINGLE_TABLES)


def held(kind: str) -> str:
    """Return why a kind of figure is never varied (``agreed``, ``definition``, ...); empty if it is."""
    table, _, name = kind.partition(".")
    return HELD_FIGURES.get(name) or HELD_TABLES.get(f"{table}.csv", "")


def register(folder: Path) -> tuple[Entry, ...]:
    """Return every kind of figure of the dataset in `folder`, in the order of their numbers."""
    by_kind: dict[str, list[SingleFigure]] = {}
    for figure in figures(folder):
        by_kind.setdefault(figure.kind, []).append(figure)
    known, used = numbers(), uses(by_kind)
    entries = [Entry(known.get(kind, ""), kind, tuple(found), used[kind]) for kind, found in by_kind.items()]
    return tuple(sorted(entries, key=lambda entry: (not entry.number, entry.number)))


@cache
def numbers() -> dict[str, str]:
    """Return the number of every kind of figure that has one."""
    content = resources.files(__package__).joinpath("assumption_ids.csv").read_text("utf-8")
    return {row["kind"]: row["id"] for row in csv.DictReader(io.StringIO(content))}


def figures(folder: Path) -> Iterator[SingleFigure]:
    """Yield every number of the primary tables that states a fact or an assumption, and of the national method."""
    for table in tables().values():
        if table.path.startswith("derived/") or table.name in _NO_INPUT:
            continue
        columns = [
            column for column in table.fields if column.numeric and column.name not in table.primary_key
        ]
        for line in read_table(folder, table).lines:
            yield from (_figure(table, column, line) for column in columns if line.cells[column.name])
    for rule in rule_figures():
        yield SingleFigure(
            kind=f"{RULES}{rule.name}",
            subject=rule.intervention,
            value=rule.value,
            unit=rule.unit,
            basis="assumed",
            confidence="low",
            source=rule.source,
        )


def _figure(table: Table, column: Field, line: Line) -> SingleFigure:
    cells = line.cells
    named = _NAMED_ROWS.get(table.name)
    name = cells[named] if named else column.name
    keys = [cells[key] for key in table.primary_key if key != named]
    return SingleFigure(
        kind=f"{table.name}.{name}",
        subject="/".join(keys),
        value=float(cells[column.name]),
        unit=cells["unit"] if named else column.unit,
        basis=column.basis or cells[f"{column.provenance}basis"],
        confidence=_confidence(column.confidence or cells[f"{column.provenance}confidence"]),
        source=column.source or cells[f"{column.provenance}source"],
        note=cells.get("note", ""),
    )


def _confidence(word: str) -> Confidence:
    for level in ("high", "medium", "low"):
        if word == level:
            return level
    raise ValueError(word)


#: Columns of the register as CSV: one row per single figure, or per kind where there are too many.
CSV_COLUMNS = (
    "id", "table", "figure", "subject", "value", "highest_value", "unit", "lowest", "highest", "not_varied",
    "basis", "confidence", "source", "source_title", "source_year", "used_in", "note",
)  # fmt: skip


def register_csv(dataset: Dataset, entries: Sequence[Entry]) -> bytes:
    """Return the register as CSV: one row per figure; of long tables one row per kind with its two ends."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row for entry in entries for row in _rows(dataset, entry))
    return text.getvalue().encode()


def _rows(dataset: Dataset, entry: Entry) -> Iterator[dict[str, str]]:
    table, _, name = entry.kind.partition(".")
    shared = {
        "table": f"{table}.csv",
        "figure": name,
        "used_in": ";".join(entry.used_in),
        "not_varied": held(entry.kind),
    }
    if table in LONG_TABLES:
        smallest, largest = entry.ends
        row = shared | {"id": entry.number, "subject": f"{len(entry.figures)} rows"}
        row |= {"value": plain(smallest), "highest_value": plain(largest), "unit": "; ".join(entry.units)}
        row |= {mark: ";".join(sorted(entry.count(mark))) for mark in ("basis", "confidence")}
        yield row | _source_cells(dataset, entry.sources)
        return
    for figure in entry.figures:
        row = shared | {"id": entry.id_of(figure), "subject": figure.subject, "value": plain(figure.value)}
        row |= {"unit": figure.unit, "basis": figure.basis, "confidence": figure.confidence}
        if figure.bounds:
            row |= {"lowest": plain(figure.bounds[0]), "highest": plain(figure.bounds[1])}
        yield row | _source_cells(dataset, figure.source.split(";")) | {"note": figure.note}


def _source_cells(dataset: Dataset, ids: Iterable[str]) -> dict[str, str]:
    known = {source.id: source for source in dataset.sources}
    wanted = list(ids)
    found = [known[identifier] for identifier in wanted if identifier in known]
    cited = [identifier for identifier in wanted if identifier and identifier not in known]
    return {
        "source": ";".join(source.id for source in found),
        "source_title": "; ".join([*(source.title for source in found), *cited]),
        "source_year": "; ".join(dict.fromkeys(source.year for source in found if source.year)),
    }


def plain(value: float) -> str:
    """Return a number with at most six significant digits and no more decimals than it needs.

    >>> plain(0.15), plain(725.0), plain(0.1995)
    ('0.15', '725', '0.1995')
    """
    return (
        f"{value:.10f}".rstrip("0").rstrip(".")
        if abs(value) < 1e-4 and value
        else f"{float(f'{value:.6g}'):.12g}"
    )
