"""From a folder of tables to a `Dataset`.

A dataset is a folder with ``datapackage.json``, the primary tables (facts with their sources) and a
folder ``derived`` with what is calculated from them once: travel times, offers, attraction, capacities
and random tables. `load_primary` reads only the facts, so that the derived tables can be made.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import (
    DURATIONS,
    EVIDENCE,
    FIRES,
    QUANTILE_POINTS,
    Dataset,
    Dependency,
    Figure,
    FixedShare,
    Int32Array,
    Int64Array,
    Price,
    Source,
    Specialty,
    VolumeNorm,
    VolumeOutcome,
)
from zorgstroom.dataset.own.store import OWN_TABLE, read_own, wait_permille
from zorgstroom.dataset.reading import Row, read_rows, unknown_value
from zorgstroom.dataset.travel_times import TRAVEL_TABLE, read_measured
from zorgstroom.dataset.years import every_year
from zorgstroom.domain.area import AGE_BANDS, Area
from zorgstroom.domain.hospital import (
    HOSPITAL_TYPES,
    IC_TYPES,
    LOCATION_ROLES,
    TREATMENT_LISTS,
    WARD_GROUPS,
    Basis,
    Confidence,
    EdHours,
    Location,
    Organisation,
    pool_ids,
)
from zorgstroom.domain.profile import SETTINGS, Pathway, Profile
from zorgstroom.errors import InvalidInput, NotFound, Problem

DATA_FOLDER = Path(__file__).parent / "data"
DEFAULT_DATASET = "nl2025"
DESCRIPTION = "datapackage.json"

PRIMARY_TABLES = (
    "areas.csv",
    "population.csv",
    "national_population.csv",
    "organisations.csv",
    "locations.csv",
    "profiles.csv",
    "profile_figures.csv",
    "norms.csv",
    "parameters.csv",
    "specialties.csv",
    "case_mix.csv",
    "ferries.csv",
    "demand_patterns.csv",
    "staffing.csv",
    "prices.csv",
    "cost_behaviour.csv",
    "volume_outcome.csv",
    "dependencies.csv",
    "targets.csv",
    "sources.csv",
)
DERIVED_TABLES = (
    "derived/travel_hundredths.csv",
    "derived/transfer_hundredths.csv",
    "derived/offers.csv",
    "derived/attraction.csv",
    "derived/capacities.csv",
    "derived/fit.csv",
    "derived/quantiles.csv",
    "derived/quantiles.npy",
    "derived/gumbel.npy",
    "derived/normal.npy",
)
#: Tables that only some datasets have: what a user brought in.
OPTIONAL_TABLES = (OWN_TABLE, TRAVEL_TABLE)
#: Points of the tables of taste noise and normal quantiles.
NOISE_POINTS = 65536

BASES: tuple[Basis, ...] = get_args(Basis)
CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)
ED_HOURS: tuple[EdHours, ...] = get_args(EdHours)
PATHWAYS: tuple[Pathway, ...] = get_args(Pathway)
CHOICE_CLASSES: tuple[str, ...] = ("basic", "complex", "acute")
#: What a location must have before it may offer a profile.
NEEDS: tuple[str, ...] = ("ed", "obstetrics", "cardiac", "trauma")
#: Length of each kind of demand pattern: months from January, weekdays from Monday, hours from midnight.
PATTERN_LENGTHS = {"month": 12, "weekday": 7, "hour": 24}
PATTERNS: tuple[str, ...] = ("acute", "referral")
#: Columns of a curve of volume and outcome: as it is thought to be, weakest and strongest.
RISK_COLUMNS = {"": "relative_risk", "low": "relative_risk_low", "high": "relative_risk_high"}
#: Years after care has left of which the fixed part of its cost is known.
COST_YEARS = range(1, 6)


@dataclass(frozen=True)
class Description:
    """What the description of a dataset says about the whole."""

    id: str
    version: str
    base_year: int
    #: Of a dataset with own figures: what they were put into, and whether they are confidential.
    based_on: str = ""
    confidential: bool = False


def load_dataset(name_or_folder: str | Path = DEFAULT_DATASET) -> Dataset:
    """Return a complete dataset: the shipped one by name, or your own by folder.

    The shipped one is read once. Raises NotFound if there is no such dataset and InvalidInput if a table
    is missing or wrong; `zorgstroom.dataset.check_dataset` lists every mistake at once.
    """
    folder = dataset_folder(name_or_folder)
    if folder.parent == DATA_FOLDER:
        return _load_shipped(folder)
    try:
        return _load(folder)
    except InvalidInput as error:
        if not (folder / OWN_TABLE).is_file():
            raise
        # Most likely an older version made it; the figures themselves are still in the template.
        raise InvalidInput([*error.problems, Problem(folder.name, "own.import_again")]) from None


def load_primary(folder: Path) -> Dataset:
    """Return the facts of a dataset, with everything that is derived from them zero or empty."""
    description = read_description(folder)
    areas = tuple(_area(row) for row in read_rows(folder, "areas.csv"))
    locations = tuple(_location(row) for row in read_rows(folder, "locations.csv"))
    figures = tuple(
        _figure(row, "profile_id", row.text("figure")) for row in read_rows(folder, "profile_figures.csv")
    )
    profiles = _profiles(folder, figures)
    shape = (len(locations), len(profiles))
    specialties = tuple(_specialty(row) for row in read_rows(folder, "specialties.csv"))
    subjects = [*pool_ids(specialty.id for specialty in specialties), *(profile.id for profile in profiles)]
    own = read_own(folder, [location.id for location in locations], subjects)
    return Dataset(
        id=description.id,
        version=description.version,
        digest=tables_digest(folder, PRIMARY_TABLES),
        base_year=description.base_year,
        areas=areas,
        organisations=tuple(_organisation(row) for row in read_rows(folder, "organisations.csv")),
        locations=locations,
        profiles=profiles,
        specialties=specialties,
        norms=tuple(_norm(row) for row in read_rows(folder, "norms.csv")),
        sources=tuple(_source(row) for row in read_rows(folder, "sources.csv")),
        parameters={
            row.text("parameter_id"): _figure(row, "parameter_id", row.text("parameter_id"))
            for row in read_rows(folder, "parameters.csv")
        },
        figures=figures,
        case_mix={
            (
                row.choice("type", HOSPITAL_TYPES),
                row.choice("duration", DURATIONS),
            ): round(row.number("multiplier") * 1000)
            for row in read_rows(folder, "case_mix.csv")
        },
        population=_population(folder, areas),
        travel_hundredths=np.zeros((len(areas), len(locations)), dtype=np.int32),
        transfer_hundredths=np.zeros((len(locations), len(locations)), dtype=np.int32),
        offers=np.zeros(shape, dtype=np.bool_),
        attraction=np.zeros(shape, dtype=np.int32),
        expected_volume=np.zeros(shape, dtype=np.int64),
        capacities={},
        quantiles={},
        gumbel=np.zeros(NOISE_POINTS, dtype=np.int32),
        normal=np.zeros(NOISE_POINTS, dtype=np.int32),
        demand_patterns=_demand_patterns(folder),
        staffing=read_staffing(folder),
        prices=read_prices(folder),
        fixed_shares=read_fixed_shares(folder),
        volume_outcome=_volume_outcome(folder),
        dependencies=tuple(_dependency(row) for row in read_rows(folder, "dependencies.csv")),
        ferry_minutes={
            row.text("gemeente_id"): row.number("minutes") for row in read_rows(folder, "ferries.csv")
        },
        own=own,
        confidential=description.confidential,
        based_on=description.based_on,
        wait_permille=wait_permille(own),
        measured_travel=read_measured(folder, [area.id for area in areas], [item.id for item in locations]),
    )


def dataset_folder(name_or_folder: str | Path) -> Path:
    """Return the folder of a shipped dataset by name, or of your own; raises NotFound."""
    if str(name_or_folder) in shipped_datasets():
        return DATA_FOLDER / name_or_folder
    if Path(name_or_folder).is_dir():
        return Path(name_or_folder)
    raise NotFound("dataset.not_found", name=str(name_or_folder), known=", ".join(shipped_datasets()))


def shipped_datasets() -> tuple[str, ...]:
    """Return the names of the datasets that come with Zorgstroom."""
    return tuple(sorted(folder.name for folder in DATA_FOLDER.iterdir() if folder.is_dir()))


def read_description(folder: Path) -> Description:
    """Return name, version and base year from ``datapackage.json``; raises InvalidInput."""
    try:
        document = json.loads((folder / DESCRIPTION).read_text("utf-8"))
        return Description(
            str(document["name"]),
            str(document["version"]),
            int(document["base_year"]),
            str(document.get("based_on", "")),
            document.get("confidential", False) is not False,
        )
    except FileNotFoundError:
        raise InvalidInput([Problem(str(folder), "dataset.no_description")]) from None
    except (ValueError, TypeError, KeyError):
        raise InvalidInput([Problem(DESCRIPTION, "dataset.description_invalid")]) from None


def tables_digest(folder: Path, tables: Iterable[str] = PRIMARY_TABLES + DERIVED_TABLES) -> str:
    """Return the SHA-256 of the names and contents of the tables; the description is not part of it.

    Raises InvalidInput if a table is missing.
    """
    digest = hashlib.sha256()
    for table in sorted(tables):
        try:
            content = (folder / table).read_bytes()
        except FileNotFoundError:
            raise InvalidInput([Problem(table, "dataset.file_missing")]) from None
        digest.update(f"{table}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def dataset_digest(folder: Path) -> str:
    """Return the SHA-256 of a whole dataset, what a user brought in and its confidential mark included.

    Raises InvalidInput if a table is missing.
    """
    optional = [table for table in OPTIONAL_TABLES if (folder / table).is_file()]
    digest = tables_digest(folder, (*PRIMARY_TABLES, *DERIVED_TABLES, *optional))
    if OWN_TABLE in optional and read_description(folder).confidential:
        # The same figures with and without the mark are different datasets: no result passes for the other's.
        digest = hashlib.sha256(f"{digest} confidential".encode()).hexdigest()
    return digest


@cache
def _load_shipped(folder: Path) -> Dataset:
    return _load(folder)


def _load(folder: Path) -> Dataset:
    dataset = load_primary(folder)
    location_ids = list(dataset.location_index)
    attraction = np.zeros_like(dataset.attraction)
    expected_volume = np.zeros_like(dataset.expected_volume)
    for row in read_rows(folder, "derived/attraction.csv"):
        cell = (
            row.position("location_id", dataset.location_index),
            row.position("profile_id", dataset.profile_index),
        )
        attraction[cell] = row.integer("attraction")
        expected_volume[cell] = row.integer("expected_volume_per_mille")
    offers = np.zeros_like(dataset.offers)
    for row in read_rows(folder, "derived/offers.csv"):
        offers[
            row.position("location_id", dataset.location_index),
            row.position("profile_id", dataset.profile_index),
        ] = True
    return replace(
        dataset,
        digest=dataset_digest(folder),
        travel_hundredths=_matrix(
            folder, "derived/travel_hundredths.csv", list(dataset.area_index), location_ids
        ),
        transfer_hundredths=_matrix(folder, "derived/transfer_hundredths.csv", location_ids, location_ids),
        offers=offers,
        attraction=attraction,
        expected_volume=expected_volume,
        capacities={
            (row.text("location_id"), row.text("pool")): row.integer("capacity")
            for row in read_rows(folder, "derived/capacities.csv")
        },
        quantiles=_quantiles(folder),
        gumbel=read_array(folder, "derived/gumbel.npy", (NOISE_POINTS,)),
        normal=read_array(folder, "derived/normal.npy", (NOISE_POINTS,)),
    )


def _area(row: Row) -> Area:
    return Area(
        id=row.text("area_id"),
        name=row.text("name"),
        gemeente_id=row.text("gemeente_id"),
        roaz=row.text("roaz"),
        zorgkantoorregio=row.text("zorgkantoorregio"),
        province=row.text("province"),
        corop=row.text("corop"),
        ggd=row.text("ggd"),
        latitude=row.number("latitude"),
        longitude=row.number("longitude"),
        spread_km=row.number("spread_km"),
        access_factor=row.number("access_factor"),
        urbanity=row.integer("urbanity"),
        ses_score=row.number("ses_score"),
    )


def _organisation(row: Row) -> Organisation:
    return Organisation(
        id=row.text("organisation_id"),
        name=row.text("name"),
        type=row.choice("type", HOSPITAL_TYPES),
        beds=row.number("beds") if row.text("beds") else None,
    )


def _location(row: Row) -> Location:
    columns = {"adult": "ic_adult", "picu": "picu", "nicu": "nicu"}
    return Location(
        id=row.text("location_id"),
        name=row.text("name"),
        organisation_id=row.text("organisation_id"),
        type=row.choice("type", HOSPITAL_TYPES),
        role=row.choice("role", LOCATION_ROLES),
        place=row.text("place"),
        gemeente_id=row.text("gemeente_id"),
        roaz=row.text("roaz"),
        province=row.text("province"),
        latitude=row.number("latitude"),
        longitude=row.number("longitude"),
        ed=row.choice("ed", ED_HOURS),
        acute_obstetrics=row.flag("acute_obstetrics"),
        ic_types=frozenset(ic_type for ic_type in IC_TYPES if row.flag(columns[ic_type])),
        level1_trauma=row.flag("level1_trauma"),
        cardiac_surgery=row.flag("cardiac_surgery"),
    )


def _figure(row: Row, subject: str, name: str) -> Figure:
    return Figure(
        subject=row.text(subject),
        name=name,
        value=row.number("value"),
        unit=row.text("unit"),
        basis=row.choice("basis", BASES),
        confidence=row.choice("confidence", CONFIDENCES),
        source=row.text("source"),
        note=row.text("note"),
    )


def read_staffing(folder: Path) -> dict[str, Figure]:
    """Return the key figures of staff by name."""
    rows = read_rows(folder, "staffing.csv")
    return {row.text("figure"): _figure(row, "profession", row.text("figure")) for row in rows}


def read_prices(folder: Path) -> dict[str, Price]:
    """Return the prices by name."""
    return {
        row.text("price"): Price(**vars(_figure(row, "per", row.text("price"))), year=row.text("price_year"))
        for row in read_rows(folder, "prices.csv")
    }


def read_fixed_shares(folder: Path) -> tuple[FixedShare, ...]:
    """Return the fixed part of cost, the first year first."""
    found = (
        FixedShare(
            year=row.integer("year"),
            share=row.number("fixed_share"),
            lowest=row.number("lowest"),
            highest=row.number("highest"),
            basis=row.choice("basis", BASES),
            confidence=row.choice("confidence", CONFIDENCES),
            source=row.text("source"),
        )
        for row in read_rows(folder, "cost_behaviour.csv")
    )
    return tuple(sorted(found, key=lambda item: item.year))


def _volume_outcome(folder: Path) -> dict[str, VolumeOutcome]:
    """Return the curve of every profile that has one; its words are those of the first point."""
    rows: dict[str, list[Row]] = {}
    for row in read_rows(folder, "volume_outcome.csv"):
        rows.setdefault(row.text("profile_id"), []).append(row)
    return {profile: _curve(sorted(found, key=_volume_of)) for profile, found in rows.items()}


def _volume_of(row: Row) -> int:
    return row.integer("volume")


def _curve(rows: list[Row]) -> VolumeOutcome:
    first = rows[0]
    return VolumeOutcome(
        profile_id=first.text("profile_id"),
        volumes=tuple(map(_volume_of, rows)),
        permille={
            band: tuple(round(row.number(column) * 1000) for row in rows)
            for band, column in RISK_COLUMNS.items()
        },
        evidence=first.choice("evidence", EVIDENCE),
        outcome=first.text("outcome"),
        basis=first.choice("basis", BASES),
        confidence=first.choice("confidence", CONFIDENCES),
        source=first.text("source"),
        note=first.text("note"),
    )


def _dependency(row: Row) -> Dependency:
    return Dependency(
        id=row.text("rule_id"),
        fires=row.choice("fires", FIRES),
        unit=row.text("unit"),
        profiles=tuple(filter(None, row.text("profiles").split(";"))),
        threshold=row.number("threshold"),
        threshold_unit=row.text("threshold_unit"),
        basis=row.choice("basis", BASES),
        confidence=row.choice("confidence", CONFIDENCES),
        source=row.text("source"),
        note=row.text("note"),
    )


def _profiles(folder: Path, figures: Iterable[Figure]) -> tuple[Profile, ...]:
    values: dict[str, dict[str, float]] = {}
    for figure in figures:
        values.setdefault(figure.subject, {})[figure.name] = figure.value
    return tuple(
        _profile(row, values.get(row.text("profile_id"), {})) for row in read_rows(folder, "profiles.csv")
    )


def figure_fields(values: Mapping[str, float]) -> dict[str, Any]:
    """Return the fields of a `Profile` that come from its figures, by the name of the figure."""
    return {
        "volume_per_year": values["volume_per_year"],
        "rate_per_1000": tuple(values[f"rate_{band}"] for band in AGE_BANDS),
        "acute_share": values["acute_share"],
        "setting_shares": {setting: values[f"setting_{setting}"] for setting in SETTINGS},
        "los_nights_mean": values["los_nights_mean"],
        "los_nights_sd": values["los_nights_sd"],
        "procedure_share": values["procedure_share"],
        "procedure_minutes_mean": values["procedure_minutes_mean"],
        "procedure_minutes_sd": values["procedure_minutes_sd"],
        "ic_probability": values["ic_probability"],
        "ic_days_mean": values["ic_days_mean"],
        "ic_days_sd": values["ic_days_sd"],
        "type_shares": {kind: values[f"share_{kind}"] for kind in HOSPITAL_TYPES},
        "providers": round(values["providers"]),
        "wait_first_visit_weeks": values["wait_first_visit_weeks"],
        "wait_treatment_weeks": values["wait_treatment_weeks"],
        "precare_contacts": values["precare_contacts"],
        "aftercare_contacts": values["aftercare_contacts"],
        "centre_contacts": values["outpatient_contacts_at_centre"],
        # Not every dataset knows what care costs.
        "cost_eur": values.get("cost_eur", 0.0),
    }


def _profile(row: Row, values: dict[str, float]) -> Profile:
    missing = [figure for figure in required_figures() if figure not in values]
    if missing:
        raise InvalidInput([Problem(row.where, "dataset.figure_missing", {"figures": ", ".join(missing)})])
    return Profile(
        id=row.text("profile_id"),
        name_nl=row.text("name_nl"),
        name_en=row.text("name_en"),
        group=row.text("group"),
        pathway=row.choice("pathway", PATHWAYS),
        specialty=row.text("specialty"),
        ward_group=row.choice("ward_group", WARD_GROUPS),
        ic_type=row.choice("ic_type", IC_TYPES) if row.text("ic_type") else None,
        procedure_list=row.choice("procedure_list", TREATMENT_LISTS),
        always_acute=row.flag("always_acute"),
        weight=row.integer("weight"),
        sessions_per_person=row.integer("sessions_per_person"),
        needs=frozenset(filter(None, row.text("needs").split(";"))),
        choice_class=row.choice("choice_class", ("basic", "complex", "acute")),
        complex=row.flag("complex"),
        **figure_fields(values),
    )


@cache
def required_figures() -> tuple[str, ...]:
    """Return the figures every profile must have; others, such as cost, may be absent."""
    return (
        "volume_per_year",
        *(f"rate_{band}" for band in AGE_BANDS),
        "acute_share",
        *(f"setting_{setting}" for setting in SETTINGS),
        *("los_nights_mean", "los_nights_sd"),
        *("procedure_share", "procedure_minutes_mean", "procedure_minutes_sd"),
        *("ic_probability", "ic_days_mean", "ic_days_sd"),
        *(f"share_{kind}" for kind in HOSPITAL_TYPES),
        *("providers", "wait_first_visit_weeks", "wait_treatment_weeks"),
        *("precare_contacts", "aftercare_contacts", "outpatient_contacts_at_centre"),
    )


def _specialty(row: Row) -> Specialty:
    return Specialty(
        id=row.text("specialty_id"),
        name_nl=row.text("name_nl"),
        name_en=row.text("name_en"),
        first_visit_share=row.number("first_visit_share"),
        wait_first_visit_weeks=row.number("wait_first_visit_weeks"),
        wait_basis=row.choice("wait_basis", BASES),
        wait_confidence=row.choice("wait_confidence", CONFIDENCES),
    )


def _norm(row: Row) -> VolumeNorm:
    return VolumeNorm(
        id=row.text("norm_id"),
        profile_id=row.text("profile_id"),
        minimum=row.integer("minimum"),
        valid_from=row.text("valid_from"),
        valid_to=row.text("valid_to"),
        status=row.text("status"),
        confidence=row.choice("confidence", CONFIDENCES),
        source=row.text("source"),
        note=row.text("note"),
    )


def _source(row: Row) -> Source:
    return Source(
        id=row.text("source_id"),
        title=row.text("title"),
        publisher=row.text("publisher"),
        year=row.text("year"),
        address=row.text("address"),
        licence=row.text("licence"),
        read=row.text("read"),
    )


def _population(folder: Path, areas: tuple[Area, ...]) -> dict[int, Int64Array]:
    position = {area.id: index for index, area in enumerate(areas)}
    population: dict[int, Int64Array] = {}
    for row in read_rows(folder, "population.csv"):
        year = row.integer("year")
        if year not in population:
            population[year] = np.zeros((len(areas), len(AGE_BANDS)), dtype=np.int64)
        population[year][row.position("area_id", position)] = [
            row.integer(f"age_{band}") for band in AGE_BANDS
        ]
    return every_year(population)


def _demand_patterns(folder: Path) -> dict[tuple[str, str], Int64Array]:
    patterns = {
        (pattern, kind): np.zeros(length, dtype=np.int64)
        for pattern in PATTERNS
        for kind, length in PATTERN_LENGTHS.items()
    }
    for row in read_rows(folder, "demand_patterns.csv"):
        kind = row.choice("kind", tuple(PATTERN_LENGTHS))
        index = row.integer("index") - (kind == "month")
        if not 0 <= index < PATTERN_LENGTHS[kind]:
            raise InvalidInput([unknown_value(row.where, "index", row.text("index"), ())])
        patterns[row.choice("pattern", PATTERNS), kind][index] = row.integer("weight")
    return patterns


def _matrix(folder: Path, file: str, row_ids: list[str], column_ids: list[str]) -> Int32Array:
    """Read a table with an id and one column per location; rows and columns are those of the dataset."""
    try:
        with (folder / file).open(encoding="utf-8", newline="") as handle:
            header, *lines = csv.reader(handle)
    except (FileNotFoundError, ValueError):
        raise InvalidInput([Problem(file, "dataset.file_missing")]) from None
    if header[1:] != column_ids or [line[0] for line in lines] != row_ids:
        raise InvalidInput([Problem(file, "dataset.derived_stale")])
    try:
        return np.array([line[1:] for line in lines], dtype=np.int32)
    except ValueError:
        raise InvalidInput([Problem(file, "dataset.derived_stale")]) from None


def _quantiles(folder: Path) -> dict[tuple[str, str], Int32Array]:
    rows = list(read_rows(folder, "derived/quantiles.csv"))
    table = read_array(folder, "derived/quantiles.npy", (len(rows), QUANTILE_POINTS))
    return {(row.text("profile_id"), row.text("duration")): table[row.integer("row")] for row in rows}


def read_array(folder: Path, file: str, shape: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """Return an array file of 32 bit integers of the given shape; raises InvalidInput."""
    try:
        array: npt.NDArray[np.int32] = np.load(folder / file, allow_pickle=False)
    except FileNotFoundError:
        raise InvalidInput([Problem(file, "dataset.file_missing")]) from None
    except (ValueError, EOFError, OSError):
        raise InvalidInput([Problem(file, "dataset.array_invalid", {"shape": shape})]) from None
    if array.dtype != np.int32 or array.shape != shape:
        raise InvalidInput([Problem(file, "dataset.array_invalid", {"shape": shape})])
    return array
