"""Are the figures that were filled in possible for this dataset? Every mistake at once, and what looks odd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset, OwnFigure
from zorgstroom.dataset.own.items import Item, Key, by_key, can_offer, items
from zorgstroom.dataset.own.measures import maximum_of, measure_of, volume_of
from zorgstroom.dataset.own.numbers import Ambiguous, NotANumber, parse_number, parse_yes
from zorgstroom.dataset.own.reading import Entry, Filled
from zorgstroom.dataset.own.sheets import MAX_TEXT, Cell
from zorgstroom.domain.hospital import Location
from zorgstroom.domain.profile import Profile
from zorgstroom.errors import Amount, Count, Named, Problem, nearest_known
from zorgstroom.planning.ability import obstacles
from zorgstroom.planning.expected import persons_per_year
from zorgstroom.planning.own import offers_with_own
from zorgstroom.reporting.build import pool_names
from zorgstroom.text import LANGUAGES, translate
from zorgstroom.text.spreadsheet import harmless

#: A figure so many times larger or smaller than the default may be in another unit.
UNLIKELY_FACTOR = 5.0
#: Least part of the derived capacity that does: beds were derived with room to spare, rooms and clinics were not,
#: and a list grows all year where a few percent is missing.
ENOUGH_PERCENT = {"beds": 90, "rooms": 98}


@dataclass
class Judged:
    """The figures that are right, and what is wrong or odd."""

    figures: list[OwnFigure] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def judge(filled: Filled, base: Dataset) -> Judged:
    """Hold what was filled in against a dataset."""
    judged = Judged(problems=list(filled.problems), warnings=list(filled.warnings))
    known = _Known(base)
    wheres: dict[Key, str] = {}
    for entry in filled.entries:
        figure = _figure(entry, known, judged)
        if figure is None:
            continue
        key = (figure.kind, figure.location_id, figure.subject)
        if key in wheres:
            params = {**_named_params(base, figure), "first": wheres[key]}
            judged.problems.append(Problem(entry.where, "own.twice", params))
            continue
        wheres[key] = entry.where
        judged.figures.append(figure)
    judged.problems += figure_problems(base, judged.figures, wheres)
    judged.warnings += figure_warnings(base, judged.figures, wheres)
    if not judged.figures and not judged.problems:
        judged.problems.append(Problem("", "own.nothing_filled"))
    return judged


def figure_problems(
    base: Dataset, figures: Sequence[OwnFigure], wheres: Mapping[Key, str]
) -> Iterator[Problem]:
    """Yield figures that contradict each other or the country; `wheres` says where each stands."""
    offers = offers_with_own(base.offers, base, figures)
    for figure in figures:
        where = wheres.get((figure.kind, figure.location_id, figure.subject), "")
        row = base.location_index[figure.location_id]
        column = base.profile_index.get(figure.subject)
        params = _named_params(base, figure)
        if figure.kind == "waits" and column is not None and not offers[row, column]:
            yield Problem(where, "own.wait_without_offer", params)
        if figure.kind == "volumes" and column is not None:
            if not offers[row, column]:
                yield Problem(where, "own.volume_without_offer", params)
            elif figure.value <= 0:
                yield Problem(where, "own.volume_zero", params)
        if figure.kind == "offers" and column is not None and not offers[:, column].any():
            yield Problem(where, "own.last_provider", params)
    yield from _volume_problems(base, figures, offers, wheres)


def _volume_problems(
    base: Dataset, figures: Sequence[OwnFigure], offers: BoolArray, wheres: Mapping[Key, str]
) -> Iterator[Problem]:
    """No location treats more patients than the country has, and all together neither more nor less."""
    persons = persons_per_year(base, base.base_year)
    given: dict[str, list[OwnFigure]] = {}
    for figure in figures:
        if figure.kind == "volumes":
            given.setdefault(figure.subject, []).append(figure)
    for subject, of_profile in given.items():
        column = base.profile_index[subject]
        national = float(persons[:, column].sum()) * base.profiles[column].weight
        total = sum(figure.value for figure in of_profile)
        named = {figure.location_id for figure in of_profile}
        others = [
            location.id
            for location, offered in zip(base.locations, offers[:, column], strict=True)
            if offered and location.id not in named
        ]
        last = of_profile[-1]
        where = wheres.get((last.kind, last.location_id, last.subject), "")
        named_subject = _named_subject(base, subject)
        params = {"subject": named_subject, "total": Count(round(total)), "national": Count(round(national))}
        if total >= national:
            yield Problem(where, "own.volume_impossible", params)
        elif not others:
            yield Problem(where, "own.volume_of_all", params)


def figure_warnings(
    base: Dataset, figures: Sequence[OwnFigure], wheres: Mapping[Key, str]
) -> Iterator[Problem]:
    """Yield figures so far from the default that a unit or a decimal sign may be wrong."""
    for figure in figures:
        default = figure.default or 0.0
        if figure.kind == "offers" or default <= 0:
            continue
        high, low = figure.value > UNLIKELY_FACTOR * default, figure.value * UNLIKELY_FACTOR < default
        if high or low:
            where = wheres.get((figure.kind, figure.location_id, figure.subject), "")
            params = {
                **_named_params(base, figure),
                "value": Amount(figure.value),
                "default": Amount(default),
            }
            yield Problem(where, "own.far_above" if high else "own.far_below", params)


def _named_params(base: Dataset, figure: OwnFigure) -> dict[str, object]:
    """Return what a figure is about: names for the reader, codes to find the row by."""
    return {
        "location": _named_location(base, figure.location_id),
        "subject": _named_subject(base, figure.subject),
    }


def _named_location(base: Dataset, location_id: str) -> Named:
    name = base.locations[base.location_index[location_id]].name
    return Named(location_id, dict.fromkeys(LANGUAGES, name))


def _named_subject(base: Dataset, subject: str) -> Named:
    if subject not in base.profile_index:
        return Named(subject, {language: pool_names(base, subject)[language] for language in LANGUAGES})
    profile = base.profiles[base.profile_index[subject]]
    return Named(subject, {language: profile.name(language) for language in LANGUAGES})


class _Known:
    """What a dataset knows, found by id or by name."""

    def __init__(self, base: Dataset) -> None:
        self.base = base
        self.locations = _by_name((location.id, (location.name,)) for location in base.locations)
        self._items: dict[str, dict[Key, Item]] = {}
        pools = {item[1] for item in base.capacities} | {f"clinic:{s.id}" for s in base.specialties}
        self.pools = _by_name((pool, pool_names(base, pool).values()) for pool in sorted(pools))
        self.profiles = _by_name((item.id, (item.name_nl, item.name_en)) for item in base.profiles)

    def subjects(self, kind: str) -> dict[str, str]:
        """Return what a kind is about: {folded id or name: id}."""
        if kind in ("beds", "rooms"):
            return {name: pool for name, pool in self.pools.items() if measure_of(pool).kind == kind}
        if kind == "waits":
            clinics = {name: pool for name, pool in self.pools.items() if pool.startswith("clinic:")}
            return clinics | self.profiles
        return self.profiles

    def item(self, key: Key) -> Item | None:
        """Return what can be given, or None."""
        location = key[1]
        if location not in self._items:
            self._items[location] = by_key(items(self.base, [location]))
        return self._items[location].get(key)


def _by_name(named: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Return {folded id or name: id}; a name that two things share names neither."""
    found: dict[str, str] = {}
    ids: dict[str, str] = {}
    shared: set[str] = set()
    for identifier, names in named:
        ids[identifier.casefold()] = identifier
        for name in {name.casefold() for name in names}:
            if found.setdefault(name, identifier) != identifier:
                shared.add(name)
    return {name: identifier for name, identifier in found.items() if name not in shared} | ids


def _figure(entry: Entry, known: _Known, judged: Judged) -> OwnFigure | None:
    """Return the figure of an entry, or None after naming what is wrong."""
    location = _named(entry, entry.location, "location", known.locations, judged)
    subject = _named(entry, entry.subject, "subject", known.subjects(entry.kind), judged)
    if location is None or subject is None:
        return None
    item = known.item((entry.kind, location, subject))
    if item is None:
        judged.problems.append(_impossible(entry, location, subject, known.base))
        return None
    units = {translate(f"own.unit.{item.unit}", language).casefold() for language in LANGUAGES}
    if entry.unit and entry.unit.casefold() not in units:
        params = {"value": Cell("text", entry.unit).shown(), "unit": item.unit}
        judged.problems.append(Problem(entry.where, f"own.other_unit.{item.unit}", params))
        return None
    value = _value(entry, item, judged)
    if value is None:
        return None
    return OwnFigure(
        kind=entry.kind,
        location_id=location,
        subject=subject,
        value=value,
        unit=item.unit,
        default=item.default,
        source=harmless(Cell("text", entry.source[:MAX_TEXT]).shown()),
        date=entry.date,
    )


def _named(entry: Entry, cell: Cell, what: str, known: Mapping[str, str], judged: Judged) -> str | None:
    found = known.get(cell.text.casefold())
    if found is not None:
        return found
    nearest = nearest_known(cell.text[:80], known)
    params = {"value": cell.shown(), "nearest": None if nearest is None else known[nearest]}
    key = f"own.unknown_{what}" if nearest is None else f"own.unknown_{what}_near"
    where = entry.location_where if what == "location" else entry.subject_where
    judged.problems.append(Problem(where, key, params))
    return None


def _impossible(entry: Entry, location_id: str, subject: str, base: Dataset) -> Problem:
    """Say why a location cannot have a figure."""
    location = base.locations[base.location_index[location_id]]
    params: dict[str, object] = {
        "location": _named_location(base, location_id),
        "subject": _named_subject(base, subject),
    }
    if subject not in base.profile_index:
        return Problem(entry.where, "own.no_pool", params)
    profile = base.profiles[base.profile_index[subject]]
    missing = _missing(location, profile)
    if missing:
        return Problem(entry.where, "own.not_able", params | {"missing": ", ".join(missing)})
    return Problem(entry.where, "own.no_wait", params)


def _missing(location: Location, profile: Profile) -> tuple[str, ...]:
    """Return what a location lacks for a profile."""
    if can_offer(location, profile):
        return ()
    return obstacles(location, profile) or (f"ic:{profile.ic_type}",)


def _value(entry: Entry, item: Item, judged: Judged) -> float | None:
    """Return the value, or None after naming what is wrong with it."""
    cell = entry.value
    params: dict[str, object] = {"field": entry.heading, "value": cell.shown()}
    problem: Problem | None = None
    value = cell.number
    if cell.kind == "formula":
        problem = Problem(entry.where, "own.formula_without_value", params)
    elif cell.kind == "error":
        problem = Problem(entry.where, "own.excel_error", params)
    elif item.unit == "yes_no":
        said = parse_yes(cell.text)
        value = float(bool(said))
        problem = Problem(entry.where, "own.not_yes_no", params) if said is None else None
    elif cell.kind == "date":
        problem = Problem(entry.where, "own.date_for_number", params)
    elif cell.kind == "bool":
        problem = Problem(entry.where, "own.not_number", params)
    elif cell.kind == "text":
        try:
            value = parse_number(cell.text)
        except Ambiguous as error:
            small, large = sorted((error.dutch, error.english), key=abs)
            readings = {"large": f"{large:.0f}", "small": Amount(small)}
            problem = Problem(entry.where, "own.ambiguous", params | readings)
        except NotANumber:
            problem = Problem(entry.where, "own.not_number", params)
    problem = problem or _range_problem(entry, item, value, params)
    if problem is not None:
        judged.problems.append(problem)
        return None
    return value


def _range_problem(entry: Entry, item: Item, value: float, params: dict[str, object]) -> Problem | None:
    if value < 0:
        return Problem(entry.where, "own.negative", params)
    maximum = maximum_of(item.kind, item.subject)
    if value > maximum:
        return Problem(entry.where, "own.above_maximum", params | {"maximum": Count(maximum)})
    if item.kind in ("beds", "rooms") and measure_of(item.subject).whole and value != int(value):
        return Problem(entry.where, "own.not_whole", params)
    return None


def workload_warnings(dataset: Dataset, derived: Mapping[tuple[str, str], int]) -> Iterator[Problem]:
    """Yield own capacities that the expected patients fill beyond what is there: their waiting list will grow.

    `derived` are the capacities that would just do; beds with room to spare.
    """
    for figure in dataset.own:
        if figure.kind not in ("beds", "rooms"):
            continue
        needed = derived.get((figure.location_id, figure.subject), 0)
        own = dataset.capacities[figure.location_id, figure.subject]
        if own * 100 < needed * ENOUGH_PERCENT[figure.kind]:
            params = {
                **_named_params(dataset, figure),
                "value": Amount(figure.value),
                "needed": Amount(round(needed / measure_of(figure.subject).pool_units, 1)),
            }
            yield Problem("", "own.too_little", params)


def unreached_volumes(dataset: Dataset) -> Iterator[Problem]:
    """Yield own volumes that no attraction can give: nobody lives near enough or the country is too small."""
    for figure in dataset.own:
        if figure.kind != "volumes":
            continue
        row, column = dataset.location_index[figure.location_id], dataset.profile_index[figure.subject]
        reached = volume_of(dataset, row, column)
        if not np.isclose(reached, figure.value, rtol=0.005, atol=0.05 * dataset.profiles[column].weight):
            params = {
                **_named_params(dataset, figure),
                "value": Amount(figure.value),
                "reached": Count(round(reached)),
            }
            yield Problem("", "own.volume_unreached", params)
