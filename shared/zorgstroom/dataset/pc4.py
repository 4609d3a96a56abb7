"""A dataset whose areas are postcode areas (PC4), made from another dataset and inhabitants per PC4.

Everything but areas and inhabitants stays: hospitals, care, norms, parameters. Inhabitants of a gemeente are
divided over its PC4s per year and age band, in the proportions of the table, so that every gemeente keeps its
total in every year and the demand for care does not change. A gemeente without PC4s in the table keeps the areas it
had. Regions, urbanity and socio-economic score are those of the gemeente.
"""

from __future__ import annotations

import json
import math
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.loading import DESCRIPTION, PRIMARY_TABLES, read_description
from zorgstroom.dataset.reading import Row, read_rows
from zorgstroom.dataset.writing import write_table
from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.errors import InvalidInput, Problem

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Where a point can lie: the limits of `areas.csv`.
NETHERLANDS: Mapping[str, tuple[float, float]] = {"latitude": (50.5, 53.8), "longitude": (3.2, 7.4)}
#: Size of an area whose size is not given: the Netherlands over its PC4s, in km2.
TYPICAL_AREA_KM2 = 8.2
#: Inhabitants live together in a part of a large PC4, so that they are never spread wider than this.
LARGEST_SPREAD_KM = 3.0


@dataclass(frozen=True)
class Postcode:
    """One PC4: where it is and how many people of each age band live there, per year."""

    pc4: str
    gemeente_id: str
    #: Place, if it is known.
    name: str
    latitude: float
    longitude: float
    area_km2: float | None
    access_factor: float | None
    inhabitants: Mapping[int, tuple[float, ...]]

    @property
    def area_id(self) -> str:
        """The id of the area it becomes, such as ``PC1011``."""
        return f"PC{self.pc4}"

    @property
    def spread_km(self) -> float:
        """Root mean square distance of inhabitants to the point, as if they lived evenly over a circle."""
        size = TYPICAL_AREA_KM2 if self.area_km2 is None else self.area_km2
        return min(math.sqrt(size / (2 * math.pi)), LARGEST_SPREAD_KM)


@dataclass(frozen=True)
class TableSource:
    """Where inhabitants and points come from: a row of ``sources.csv``."""

    id: str
    title: str
    publisher: str
    year: str
    address: str
    licence: str
    read: str


@dataclass(frozen=True)
class Coverage:
    """How much of a gemeente the table covers, in its base year."""

    gemeente_id: str
    name: str
    postcodes: int
    #: Inhabitants according to the table and to the base dataset.
    in_table: float
    inhabitants: int

    @property
    def share(self) -> float:
        """Inhabitants in the table over those of the base dataset."""
        return self.in_table / self.inhabitants if self.inhabitants else 1.0


@dataclass(frozen=True)
class Made:
    """What was made of a table."""

    areas: int
    postcodes: int
    #: PC4s without inhabitants in any year: left out.
    empty: int
    coverage: tuple[Coverage, ...]


def gemeenten_of(base: Path) -> dict[str, str]:
    """Return {code: name} of the gemeenten of a dataset; the name of one in parts is what its parts share."""
    names: dict[str, str] = {}
    for row in read_rows(base, "areas.csv"):
        names.setdefault(row.text("gemeente_id"), row.text("name").partition(" (")[0])
    return names


def write_pc4_tables(
    base: Path, postcodes: Sequence[Postcode], sources: Sequence[TableSource], folder: Path
) -> Made:
    """Write the primary tables of a dataset with PC4s as areas into `folder`, which exists and is empty.

    `base` is the folder of a complete dataset. What is derived is left to calibration. Raises InvalidInput if the
    base dataset cannot be read.
    """
    areas = [row.cells for row in read_rows(base, "areas.csv")]
    people = list(read_rows(base, "population.csv"))
    living = [item for item in postcodes if any(map(sum, item.inhabitants.values()))]
    by_gemeente: defaultdict[str, list[Postcode]] = defaultdict(list)
    for postcode in sorted(living, key=lambda item: item.pc4):
        by_gemeente[postcode.gemeente_id].append(postcode)
    source_ids = ";".join(source.id for source in sources)
    totals = _totals(areas, people)
    new_areas = _new_areas(areas, by_gemeente, source_ids, base)
    for table in PRIMARY_TABLES:
        shutil.copyfile(base / table, folder / table)
    _write(folder / "areas.csv", new_areas)
    _write(folder / "population.csv", _new_population(areas, people, by_gemeente, totals, source_ids))
    known = [row.cells for row in read_rows(base, "sources.csv")]
    kept = [cells for cells in known if cells["source_id"] not in {source.id for source in sources}]
    _write(folder / "sources.csv", kept + [_source_row(source, known[0]) for source in sources])
    _describe(base, folder)
    return Made(
        areas=len(new_areas),
        postcodes=len(living),
        empty=len(postcodes) - len(living),
        coverage=_coverage(gemeenten_of(base), by_gemeente, totals, read_description(base).base_year),
    )


def divide(total: int, weights: FloatArray) -> IntArray:
    """Divide whole persons by weight, by largest remainders; the parts add up to `total`, ties go to the first.

    >>> divide(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    exact = weights / weights.sum() * total
    parts: IntArray = np.floor(exact).astype(np.int64)
    order = np.argsort(parts - exact, kind="stable")
    parts[order[: total - int(parts.sum())]] += 1
    return parts


def _totals(areas: Sequence[Mapping[str, str]], people: Sequence[Row]) -> dict[tuple[str, int], IntArray]:
    """Return inhabitants per (gemeente, year) by age band."""
    gemeente = {cells["area_id"]: cells["gemeente_id"] for cells in areas}
    totals: dict[tuple[str, int], IntArray] = {}
    for row in people:
        key = gemeente[row.text("area_id")], row.integer("year")
        bands = np.array([row.integer(f"age_{band}") for band in AGE_BANDS], dtype=np.int64)
        totals[key] = totals.get(key, np.zeros(len(AGE_BANDS), dtype=np.int64)) + bands
    return totals


def _in_year(postcode: Postcode, year: int) -> FloatArray:
    """Return inhabitants per band in a year: on the line between the years of the table, at its ends the nearest."""
    years = sorted(postcode.inhabitants)
    table = np.array([postcode.inhabitants[known] for known in years], dtype=np.float64)
    return np.array([np.interp(year, years, table[:, band]) for band in range(len(AGE_BANDS))])


def _new_areas(
    areas: Sequence[Mapping[str, str]],
    by_gemeente: Mapping[str, Sequence[Postcode]],
    source_ids: str,
    base: Path,
) -> list[dict[str, str]]:
    """Return the rows of areas: PC4s where the table has them, else the areas as they were."""
    names = gemeenten_of(base)
    rows: list[dict[str, str]] = []
    done: set[str] = set()
    for cells in areas:
        code = cells["gemeente_id"]
        if code not in by_gemeente:
            rows.append(dict(cells))
        elif code not in done:
            done.add(code)
            factors = [float(item["access_factor"]) for item in areas if item["gemeente_id"] == code]
            usual = sum(factors) / len(factors)
            rows += [
                _area_row(postcode, cells, names[code], usual, source_ids) for postcode in by_gemeente[code]
            ]
    return rows


def _area_row(
    postcode: Postcode, of_gemeente: Mapping[str, str], gemeente: str, usual_access: float, source_ids: str
) -> dict[str, str]:
    place = postcode.name or gemeente
    access = usual_access if postcode.access_factor is None else postcode.access_factor
    return {
        **of_gemeente,
        "area_id": postcode.area_id,
        "name": f"{postcode.pc4} {place}",
        "latitude": f"{postcode.latitude:.5f}",
        "longitude": f"{postcode.longitude:.5f}",
        "spread_km": f"{postcode.spread_km:.3f}",
        "access_factor": f"{access:.4f}",
        "basis": "estimated",
        "source": _joined(of_gemeente["source"], source_ids),
    }


def _new_population(
    areas: Sequence[Mapping[str, str]],
    people: Sequence[Row],
    by_gemeente: Mapping[str, Sequence[Postcode]],
    totals: Mapping[tuple[str, int], IntArray],
    source_ids: str,
) -> list[dict[str, str]]:
    """Return the rows of inhabitants: whole persons per PC4 that add up to those of the gemeente, by year and band."""
    gemeente = {cells["area_id"]: cells["gemeente_id"] for cells in areas}
    rows: list[dict[str, str]] = []
    done: set[tuple[str, int]] = set()
    for row in people:
        key = gemeente[row.text("area_id")], row.integer("year")
        if key[0] not in by_gemeente:
            rows.append(dict(row.cells))
        elif key not in done:
            done.add(key)
            divided = _divided(totals[key], by_gemeente[key[0]], key[1])
            for postcode, counts in zip(by_gemeente[key[0]], divided.tolist(), strict=True):
                bands = {f"age_{band}": str(n) for band, n in zip(AGE_BANDS, counts, strict=True)}
                source = _joined(row.text("source"), source_ids)
                marks = {"basis": "estimated", "source": source}
                rows.append({**row.cells, "area_id": postcode.area_id, **bands, **marks})
    return rows


def _divided(total: IntArray, postcodes: Sequence[Postcode], year: int) -> IntArray:
    """Return inhabitants per PC4 and band; a band nobody of the table is in goes by all its inhabitants."""
    weights = np.array([_in_year(postcode, year) for postcode in postcodes])
    anyone = weights.sum(axis=1)
    columns = [
        divide(int(total[band]), weights[:, band] if weights[:, band].any() else anyone)
        for band in range(len(AGE_BANDS))
    ]
    return np.stack(columns, axis=1)


def _coverage(
    names: Mapping[str, str],
    by_gemeente: Mapping[str, Sequence[Postcode]],
    totals: Mapping[tuple[str, int], IntArray],
    year: int,
) -> tuple[Coverage, ...]:
    return tuple(
        Coverage(
            gemeente_id=code,
            name=names[code],
            postcodes=len(by_gemeente.get(code, ())),
            in_table=float(sum(_in_year(postcode, year).sum() for postcode in by_gemeente.get(code, ()))),
            inhabitants=int(totals[code, year].sum()),
        )
        for code in sorted(names)
    )


def _joined(known: str, added: str) -> str:
    return ";".join(dict.fromkeys([*known.split(";"), *added.split(";")]))


def _source_row(source: TableSource, like: Mapping[str, str]) -> dict[str, str]:
    values = {
        "source_id": source.id,
        "title": source.title,
        "publisher": source.publisher,
        "year": source.year,
        "address": source.address,
        "licence": source.licence,
        "read": source.read,
    }
    return {**dict.fromkeys(like, ""), **values}


def _describe(base: Path, folder: Path) -> None:
    """Write the description of the base dataset under the name of the new one."""
    try:
        document = json.loads((base / DESCRIPTION).read_text("utf-8"))
        document["name"] = f"{document['name']}-pc4"
        for resource in document.get("resources", ()):
            if resource.get("name") == "areas":
                resource["description"] = (
                    "Where patients live: postcode areas (PC4); a gemeente without inhabitants per PC4 is one area."
                )
    except (ValueError, KeyError, AttributeError):
        raise InvalidInput([Problem(DESCRIPTION, "dataset.description_invalid")]) from None
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")


def _write(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    header = list(rows[0])
    write_table(path, header, ([row[name] for name in header] for row in rows))
