"""Is a dataset right? Every mistake at once, each with file, line, field, value and what is allowed.

First every cell is held against the Table Schemas (`zorgstroom.dataset.schema`), then the tables against
each other, then what is derived against the facts. A later step leaves out tables in which an earlier one
found mistakes, so that one wrong cell gives one message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from zorgstroom.dataset.loading import (
    COST_YEARS,
    DERIVED_TABLES,
    NOISE_POINTS,
    PATTERN_LENGTHS,
    PATTERNS,
    dataset_folder,
    load_dataset,
    load_primary,
    read_array,
    read_description,
    required_figures,
)
from zorgstroom.dataset.model import DURATIONS, QUANTILE_POINTS, Dataset
from zorgstroom.dataset.own.checking import (
    own_derived_problems,
    own_table_problems,
    own_warnings,
    read_own_table,
)
from zorgstroom.dataset.own.store import places_of
from zorgstroom.dataset.reading import unknown_value
from zorgstroom.dataset.schema import Content, Line, cell_problems, read_table, reference_problems, tables
from zorgstroom.dataset.travel_making import (
    read_travel_table,
    travel_derived_problems,
    travel_table_problems,
)
from zorgstroom.domain.area import REGION_KINDS
from zorgstroom.domain.hospital import HOSPITAL_TYPES, POOL_UNITS
from zorgstroom.domain.profile import SETTINGS
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.planning.ability import obstacles
from zorgstroom.planning.baseline import able_matrix

#: Shares of one may differ from one by rounding.
SHARE_TOLERANCE = 1e-6
#: Expected volumes follow from inhabitants and rates; beyond this the derived tables are out of date.
VOLUME_TOLERANCE = 0.005

Contents = Mapping[str, Content]


def check_dataset(folder: str | Path) -> list[Problem]:
    """Return every mistake in a dataset, by file and line; an empty list means that it can be used.

    `folder` is the name of a shipped dataset or a folder of your own; raises NotFound if it is neither.
    """
    folder = dataset_folder(folder)
    problems: list[Problem] = []
    try:
        read_description(folder)
    except InvalidInput as error:
        problems += error.problems
    contents = {name: read_table(folder, table) for name, table in tables().items()}
    primary = [name for name, table in tables().items() if not table.path.startswith("derived/")]
    problems += _schema_problems(contents, primary)
    flawed = {problem.where.split(":")[0] for problem in problems}
    sound = frozenset(name for name in primary if contents[name].table.path not in flawed)
    for needed, rule in _RULES:
        if needed <= sound:
            problems += rule(contents)
    own = read_own_table(folder)
    if own is not None and not problems:
        names = {name: contents[name].column(f"{name[:-1]}_id") for name in ("locations", "profiles")}
        names["specialties"] = contents["specialties"].column("specialty_id")
        problems += own_table_problems(own, names)
    travel = read_travel_table(folder)
    if travel is not None and not problems:
        problems += travel_table_problems(travel, contents)
    if not problems:
        problems += _derived_problems(folder, contents)
    return problems


def dataset_warnings(dataset: Dataset) -> list[Problem]:
    """Return what is odd but usable: care that a hospital type should give but no location of it provides."""
    types = np.array([location.type for location in dataset.locations])
    warnings = []
    for index, profile in enumerate(dataset.profiles):
        providing = types[dataset.offers[:, index]]
        for kind in HOSPITAL_TYPES:
            share = profile.type_shares[kind]
            if share > 0 and kind not in providing:
                params = {"profile": profile.id, "type": kind, "share": f"{share:.0%}"}
                warnings.append(Problem("derived/offers.csv", "dataset.type_without_offer", params))
    return [*own_warnings(dataset), *warnings]


def _schema_problems(contents: Contents, names: list[str]) -> list[Problem]:
    problems: list[Problem] = []
    for name in names:
        problems += contents[name].problems
        problems += cell_problems(contents[name])
    readable = [name for name in names if contents[name].header]
    return problems + list(reference_problems(contents, readable))


def _at(content: Content, line: Line) -> str:
    return f"{content.table.path}:{line.number}"


def _check_areas(contents: Contents) -> Iterator[Problem]:
    """Parts of one gemeente lie in the same regions: a location finds its region through its gemeente."""
    content = contents["areas"]
    first: dict[str, Line] = {}
    for line in content.lines:
        other = first.setdefault(line.cells["gemeente_id"], line)
        for kind in REGION_KINDS:
            if line.cells[kind] != other.cells[kind]:
                params = {
                    "field": kind,
                    "value": line.cells[kind],
                    "other": other.cells[kind],
                    "line": other.number,
                }
                yield Problem(_at(content, line), "dataset.region_differs", params, pointer=kind)


def _check_population(contents: Contents) -> Iterator[Problem]:
    """Every area has inhabitants in every year of the table."""
    content = contents["population"]
    found = {(line.cells["area_id"], line.cells["year"]) for line in content.lines}
    for year in sorted(content.column("year")):
        for area in contents["areas"].lines:
            if (area.cells["area_id"], year) not in found:
                params = {"what": f"{area.cells['area_id']} {year}"}
                yield Problem(content.table.path, "dataset.row_missing", params)


def _check_locations(contents: Contents) -> Iterator[Problem]:
    """A location has the type of its organisation; acute and intensive care are only at a full hospital."""
    content = contents["locations"]
    types = {line.cells["organisation_id"]: line.cells["type"] for line in contents["organisations"].lines}
    regions = {line.cells["gemeente_id"]: line.cells["province"] for line in contents["areas"].lines}
    roaz = contents["areas"].column("roaz")
    for line in content.lines:
        cells, where = line.cells, _at(content, line)
        for field, expected in (
            ("type", types[cells["organisation_id"]]),
            ("province", regions[cells["gemeente_id"]]),
        ):
            if cells[field] != expected:
                params = {"field": field, "value": cells[field], "expected": expected}
                yield Problem(where, "dataset.differs", params, pointer=field)
        if cells["roaz"] not in roaz:
            yield unknown_value(where, "roaz", cells["roaz"], roaz)
        if cells["role"] != "klinisch":
            for field in ("acute_obstetrics", "ic_adult", "picu", "nicu", "level1_trauma", "cardiac_surgery"):
                if cells[field] == "1":
                    params = {"field": field, "role": cells["role"]}
                    yield Problem(where, "dataset.role_without", params, pointer=field)
            if cells["ed"] != "geen":
                params = {"field": "ed", "role": cells["role"]}
                yield Problem(where, "dataset.role_without", params, pointer="ed")


def _check_profiles(contents: Contents) -> Iterator[Problem]:
    """Every profile has all its figures; settings and hospital types share out one."""
    content, figures = contents["profiles"], contents["profile_figures"]
    values: dict[str, dict[str, float]] = defaultdict(dict)
    lines: dict[tuple[str, str], Line] = {}
    for line in figures.lines:
        key = line.cells["profile_id"], line.cells["figure"]
        values[key[0]][key[1]] = float(line.cells["value"])
        lines[key] = line
    shares = ("acute_share", "procedure_share", "ic_probability")
    for line in content.lines:
        profile = line.cells["profile_id"]
        missing = [name for name in required_figures() if name not in values[profile]]
        if missing:
            yield Problem(_at(content, line), "dataset.figure_missing", {"figures": ", ".join(missing)})
            continue
        for name in shares:
            if values[profile][name] > 1:
                params = {"field": name, "value": lines[profile, name].cells["value"], "maximum": "1"}
                yield Problem(
                    _at(figures, lines[profile, name]), "dataset.too_large", params, pointer="value"
                )
        for prefix, parts in (("setting", SETTINGS), ("share", HOSPITAL_TYPES)):
            total = sum(values[profile][f"{prefix}_{part}"] for part in parts)
            if abs(total - 1) > SHARE_TOLERANCE:
                first = lines[profile, f"{prefix}_{parts[0]}"]
                params = {"what": f"{profile} {prefix}_…", "total": f"{total:.6g}"}
                yield Problem(_at(figures, first), "dataset.sum_not_one", params, pointer="value")
        if values[profile]["ic_probability"] > 0 and not line.cells["ic_type"]:
            yield Problem(_at(content, line), "dataset.empty", {"field": "ic_type"}, pointer="ic_type")


def _check_specialties(contents: Contents) -> Iterator[Problem]:
    """First visits are shared out completely."""
    content = contents["specialties"]
    total = sum(float(line.cells["first_visit_share"]) for line in content.lines)
    if abs(total - 1) > SHARE_TOLERANCE:
        params = {"what": "first_visit_share", "total": f"{total:.6g}"}
        yield Problem(content.table.path, "dataset.sum_not_one", params)


def _check_norms(contents: Contents) -> Iterator[Problem]:
    """A norm does not end before it begins."""
    content = contents["norms"]
    for line in content.lines:
        start, end = line.cells["valid_from"], line.cells["valid_to"]
        if start and end and end < start:
            yield Problem(
                _at(content, line),
                "dataset.ends_before_start",
                {"start": start, "end": end},
                pointer="valid_to",
            )


def _check_complete_keys(contents: Contents) -> Iterator[Problem]:
    """Parameters, key figures of staff, prices, case mix and demand patterns are complete."""
    expected: dict[str, list[tuple[str, ...]]] = {
        **{
            name: [(word,) for word in tables()[name].fields[0].enum]
            for name in ("parameters", "staffing", "prices")
        },
        "cost_behaviour": [(str(year),) for year in COST_YEARS],
        "case_mix": [(kind, duration) for kind in HOSPITAL_TYPES for duration in DURATIONS],
        "demand_patterns": [
            (pattern, kind, str(index + (kind == "month")))
            for pattern in PATTERNS
            for kind, length in PATTERN_LENGTHS.items()
            for index in range(length)
        ],
    }
    for name, keys in expected.items():
        content = contents[name]
        found = {tuple(line.cells[field] for field in content.table.primary_key) for line in content.lines}
        for key in keys:
            if key not in found:
                yield Problem(content.table.path, "dataset.row_missing", {"what": ", ".join(key)})
        for line in content.lines if name == "demand_patterns" else ():
            if tuple(line.cells[field] for field in content.table.primary_key) not in keys:
                params = {"field": "index", "value": line.cells["index"], "allowed": line.cells["kind"]}
                yield Problem(_at(content, line), "dataset.unknown", params, pointer="index")


def _check_cost_behaviour(contents: Contents) -> Iterator[Problem]:
    """A fixed share lies between its lowest and its highest, and does not rise with the years."""
    content = contents["cost_behaviour"]
    before: dict[str, float] = {}
    for line in sorted(content.lines, key=lambda line: int(line.cells["year"])):
        found = {name: float(line.cells[name]) for name in ("lowest", "fixed_share", "highest")}
        for smaller, larger in pairwise(found):
            if found[smaller] > found[larger]:
                params = {"field": smaller, "value": line.cells[smaller], "maximum": line.cells[larger]}
                yield Problem(_at(content, line), "dataset.too_large", params, pointer=smaller)
        for name, value in found.items():
            if value > before.get(name, 1.0):
                params = {"field": name, "value": line.cells[name], "maximum": f"{before[name]:g}"}
                yield Problem(_at(content, line), "dataset.too_large", params, pointer=name)
        before = found


def _check_volume_outcome(contents: Contents) -> Iterator[Problem]:
    """A risk lies between its weakest and its strongest, and a profile has one kind of evidence."""
    content = contents["volume_outcome"]
    evidence: dict[str, str] = {}
    for line in content.lines:
        names = ("relative_risk_low", "relative_risk", "relative_risk_high")
        for smaller, larger in pairwise(names):
            if float(line.cells[smaller]) > float(line.cells[larger]):
                params = {"field": smaller, "value": line.cells[smaller], "maximum": line.cells[larger]}
                yield Problem(_at(content, line), "dataset.too_large", params, pointer=smaller)
        word = line.cells["evidence"]
        first = evidence.setdefault(line.cells["profile_id"], word)
        if word != first:
            params = {"field": "evidence", "value": word, "allowed": first}
            yield Problem(_at(content, line), "dataset.unknown", params, pointer="evidence")


#: Rules that look at a unit, and rules that look at care.
_OF_UNIT = frozenset({"unit_without_ic", "unit_without_profiles", "profiles_without_unit"})
_OF_PROFILES = frozenset(
    {"unit_without_profiles", "profiles_without_unit", "profiles_below", "profiles_share_lost"}
)


def _check_dependencies(contents: Contents) -> Iterator[Problem]:
    """A rule names the unit and the care it looks at."""
    content = contents["dependencies"]
    for line in content.lines:
        for field, rules in (("unit", _OF_UNIT), ("profiles", _OF_PROFILES)):
            if line.cells["fires"] in rules and not line.cells[field]:
                yield Problem(_at(content, line), "dataset.empty", {"field": field}, pointer=field)


_RULES = (
    (frozenset({"areas"}), _check_areas),
    (frozenset({"areas", "population"}), _check_population),
    (frozenset({"areas", "organisations", "locations"}), _check_locations),
    (frozenset({"profiles", "profile_figures"}), _check_profiles),
    (frozenset({"specialties"}), _check_specialties),
    (frozenset({"norms"}), _check_norms),
    (
        frozenset({"parameters", "staffing", "prices", "cost_behaviour", "case_mix", "demand_patterns"}),
        _check_complete_keys,
    ),
    (frozenset({"cost_behaviour"}), _check_cost_behaviour),
    (frozenset({"volume_outcome"}), _check_volume_outcome),
    (frozenset({"dependencies"}), _check_dependencies),
)


def _derived_problems(folder: Path, contents: Contents) -> list[Problem]:
    """Return mistakes in the derived tables of a dataset whose facts are right."""
    missing = [path for path in DERIVED_TABLES if not (folder / path).is_file()]
    if missing:
        return [Problem(path, "dataset.derived_missing") for path in missing]
    names = [name for name, table in tables().items() if table.path.startswith("derived/")]
    problems = _schema_problems(contents, names)
    primary = load_primary(folder)
    if not problems:
        problems += _pool_problems(contents["capacities"])
        problems += _array_problems(folder, contents["quantiles"], primary)
    if problems:
        return problems
    try:
        dataset = load_dataset(folder)
    except InvalidInput as error:
        return list(error.problems)
    return [
        *_travel_problems(dataset),
        *_offer_problems(dataset, contents),
        *_volume_problems(dataset),
        *own_derived_problems(dataset),
    ]


def _pool_problems(content: Content) -> Iterator[Problem]:
    for line in content.lines:
        kind = line.cells["pool"].split(":")[0]
        if kind not in POOL_UNITS:
            yield unknown_value(_at(content, line), "pool", line.cells["pool"], POOL_UNITS)
        elif line.cells["unit"] != POOL_UNITS[kind]:
            params = {"field": "unit", "value": line.cells["unit"], "expected": POOL_UNITS[kind]}
            yield Problem(_at(content, line), "dataset.differs", params, pointer="unit")


def _array_problems(folder: Path, content: Content, primary: Dataset) -> Iterator[Problem]:
    """Every duration a profile has is tabulated, each table ascends, and the noise has its points."""
    found = {(line.cells["profile_id"], line.cells["duration"]) for line in content.lines}
    for profile in primary.profiles:
        means = (profile.los_nights_mean, profile.procedure_minutes_mean, profile.ic_days_mean)
        for duration, mean in zip(DURATIONS, means, strict=True):
            if mean > 0 and (profile.id, duration) not in found:
                yield Problem(
                    content.table.path, "dataset.row_missing", {"what": f"{profile.id}, {duration}"}
                )
    shapes = {
        "derived/quantiles.npy": (len(content.lines), QUANTILE_POINTS),
        "derived/gumbel.npy": (NOISE_POINTS,),
        "derived/normal.npy": (NOISE_POINTS,),
    }
    for path, shape in shapes.items():
        try:
            array = read_array(folder, path, shape)
        except InvalidInput as error:
            yield from error.problems
            continue
        if (np.diff(array) < 0).any():
            yield Problem(path, "dataset.not_ascending")
    rows = sorted(int(line.cells["row"]) for line in content.lines)
    if rows != list(range(len(rows))):
        yield Problem(content.table.path, "dataset.derived_stale")


def _travel_problems(dataset: Dataset) -> Iterator[Problem]:
    if (dataset.travel_hundredths < 0).any():
        yield Problem("derived/travel_hundredths.csv", "dataset.negative")
    if (dataset.transfer_hundredths < 0).any():
        yield Problem("derived/transfer_hundredths.csv", "dataset.negative")
    yield from travel_derived_problems(dataset)


def _offer_problems(dataset: Dataset, contents: Contents) -> Iterator[Problem]:
    """Only able locations offer care; attraction is given for every offer, and else for who could start."""
    able = able_matrix(dataset)
    own = places_of(dataset.own, "offers")
    offers, attraction = contents["offers"], contents["attraction"]
    for line in offers.lines:
        location, profile = line.cells["location_id"], line.cells["profile_id"]
        allowed = able[dataset.location_index[location], dataset.profile_index[profile]]
        if not allowed and (location, profile) not in own:
            params = {"location": location, "profile": profile}
            yield Problem(_at(offers, line), "dataset.not_able", params, pointer="location_id")
    offered = {(line.cells["location_id"], line.cells["profile_id"]) for line in offers.lines}
    fitted = {(line.cells["location_id"], line.cells["profile_id"]) for line in attraction.lines}
    for pair in sorted(offered - fitted):
        yield Problem(attraction.table.path, "dataset.row_missing", {"what": ", ".join(pair)})
    could_start = {
        (location.id, profile.id)
        for location in dataset.locations
        for profile in dataset.profiles
        if not obstacles(location, profile)
    }
    for pair in sorted(fitted - offered - could_start):
        yield Problem(offers.table.path, "dataset.row_missing", {"what": ", ".join(pair)})


def _volume_problems(dataset: Dataset) -> Iterator[Problem]:
    """Expected volumes (simulated persons) add up to what people and rates ask; else facts have changed."""
    inhabitants = dataset.population[dataset.base_year].sum(axis=0)
    for index, profile in enumerate(dataset.profiles):
        per_person = profile.weight * profile.sessions_per_person
        asked = float(inhabitants @ np.array(profile.rate_per_1000)) / 1000 / per_person
        given = float(dataset.expected_volume[:, index].sum()) / 1000
        if abs(given - asked) > VOLUME_TOLERANCE * asked + 1:
            params = {"profile": profile.id, "given": f"{given:.0f}", "asked": f"{asked:.0f}"}
            yield Problem("derived/attraction.csv", "dataset.volume_stale", params)
