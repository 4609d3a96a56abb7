"""From a filled-in template to a case; every mistake at once, each with its cell."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset.own.numbers import parse_yes
from zorgstroom.dataset.own.reading import first_problems, read_sheets
from zorgstroom.dataset.own.sheets import Cell, Sheet
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.national.case import (
    CHOICES,
    TAKING_PART,
    Area,
    Case,
    Decision,
    Intervention,
    Key,
    Norm,
    Origin,
    Override,
    Place,
    Value,
)
from zorgstroom.national.defaults import (
    expected_totals,
    expected_volumes,
    national_proxies,
    shipped_interventions,
    shipped_rows,
)
from zorgstroom.national.difference import template_differences
from zorgstroom.national.geography import Geography, geography_of
from zorgstroom.national.measures import ACTIVITIES, MEASURES
from zorgstroom.national.sheets import Reader, Row, Table, by_name, folded, own_headings, words
from zorgstroom.text import LANGUAGES, Language
from zorgstroom.text.spreadsheet import harmless

#: Identity of the template; one of another method, version or year is refused.
METHOD = "national-tranche-1"
VERSION = "1"
YEAR = "2024"
_EXPECTED = {"template": METHOD, "version": VERSION, "year": YEAR}
#: Longest journey that is believed, in minutes.
MOST_MINUTES = Fraction(600)
_ONE = Fraction(1)


def read_cases(path: Path, dataset: str) -> list[Case]:
    """Return what was filled in, a case for every plan in it, with national defaults in what was left empty.

    `dataset` is a name or folder: areas, travel times and defaults come from it, unless the template has a sheet of
    areas of its own. Raises InvalidInput with every mistake.
    """
    sheets = read_sheets(path)
    reader = Reader(path.name)
    settings = _settings(reader, sheets, path)
    reader.source = settings.get("source", "")
    tables = reader.tables(sheets)
    data = load_dataset(dataset)
    own_geography = bool(tables["areas"].rows)
    geography = _own_geography(reader, tables) if own_geography else geography_of(data)
    interventions, norms, derived = _interventions(reader, tables["interventions"], data)
    _stop(reader)
    names = _Names(geography, interventions, norms, data)
    reader.labels = {place.id: place.name for place in geography.places}
    reader.several = names.of_organisation
    volumes = _volumes(reader, tables["volumes"], names, {} if own_geography else expected_volumes(data))
    _add_derived(volumes, derived, geography)
    own, national = _proxies(reader, tables["proxies"], names, national_proxies(data))
    case = Case(
        name=settings.get("name", "") or path.stem,
        year=settings.get("volume_year", ""),
        # What a confidential dataset fills in is no less confidential here.
        confidential=parse_yes(settings.get("confidential", "")) is not False
        or (data.confidential and not own_geography),
        geography=geography.name,
        areas=geography.areas,
        places=geography.places,
        travel=geography.travel,
        transfer=geography.transfer,
        interventions=interventions,
        norms=norms,
        volumes=volumes,
        decisions={},
        overrides={},
        own_proxies=own,
        national_proxies=national,
        key_figures=_key_figures(
            reader, tables["key_figures"], names, {} if own_geography else expected_totals(data)
        ),
        published_nursing_days=parse_yes(settings.get("published_nursing_days", "")) is True,
        specialties={item.id: {"nl": item.name_nl, "en": item.name_en} for item in data.specialties},
        dataset="" if own_geography else f"{data.id} {data.version}",
    )
    cases = []
    for plan in _plans(tables):
        choices = _of_plan(tables["choices"], plan, ("location", "norm"), (names.places, names.norms))
        overrides = _of_plan(tables["overrides"], plan, ("from", "norm"), (names.places, names.norms))
        decisions = _decisions(reader, choices, names, geography.regions)
        of_plan = dataclasses.replace(case, plan=plan, decisions=decisions)
        of_plan = _with_overrides(reader, of_plan, overrides, names)
        _check_choices(reader, of_plan, choices)
        cases.append(of_plan)
    _stop(reader)
    return cases


def _plans(tables: Mapping[str, Table]) -> list[str]:
    """Return the names of the plans, the first named first; one without a name if there are none."""
    named: dict[str, str] = {}
    for kind in ("choices", "overrides"):
        for row in tables[kind].rows:
            if row.text("plan"):
                named.setdefault(folded(row.text("plan")), _words_of(row.cells.get("plan")))
    return list(named.values()) or [""]


def _of_plan(table: Table, plan: str, columns: Sequence[str], known: Sequence[Mapping[str, str]]) -> Table:
    """Return the rows of a plan, and those of all plans about which it says nothing itself."""

    def about(row: Row) -> tuple[str, ...]:
        texts = [folded(row.text(column)) for column in columns]
        return tuple(names.get(text, text) for names, text in zip(known, texts, strict=True))

    own = {about(row) for row in table.rows if folded(row.text("plan")) == folded(plan)}
    rows = [
        row
        for row in table.rows
        if folded(row.text("plan")) == folded(plan) or (not row.text("plan") and about(row) not in own)
    ]
    return Table(rows, table.others)


def _stop(reader: Reader) -> None:
    # A row of all plans is read once for each of them.
    found = {(item.where, item.key, str(item.params)): item for item in reader.problems}
    if found:
        raise InvalidInput(first_problems(list(found.values())))


def _settings(reader: Reader, sheets: list[Sheet], path: Path) -> dict[str, str]:
    """Return the settings; refuses a template of another method, version or year at once."""
    found = reader.settings(sheets)
    for name, expected in _EXPECTED.items():
        if name not in found:
            reader.problems.append(Problem(path.name, f"national.problem.no_{name}", {"expected": expected}))
        elif found[name][0].text != expected:
            params = {"value": found[name][0].shown(), "expected": expected}
            reader.problems.append(Problem(found[name][1], f"national.problem.other_{name}", params))
    wrong = {problem.key for problem in reader.problems}
    if wrong & {"national.problem.other_version", "national.problem.other_year"} and not wrong & {
        "national.problem.no_template",
        "national.problem.other_template",
    }:
        reader.problems += template_differences(sheets, path.name)
    for name in ("confidential", "published_nursing_days"):
        if name in found and parse_yes(found[name][0].text) is None:
            params = {"field": name, "value": found[name][0].shown()}
            reader.problems.append(Problem(found[name][1], "own.not_yes_no", params))
    _stop(reader)
    return {name: _words_of(cell) for name, (cell, _) in found.items()}


def _words_of(cell: Cell | None) -> str:
    return "" if cell is None else harmless(cell.shown())


class _Names:
    """Codes by every name that a cell may have for them."""

    def __init__(
        self,
        geography: Geography,
        interventions: tuple[Intervention, ...],
        norms: tuple[Norm, ...],
        data: Dataset,
    ) -> None:
        places = geography.places
        #: Locations by the name of their organisation; that of the only one is a name of it.
        self.of_organisation: dict[str, list[str]] = {}
        for place in places:
            name = geography.organisations.get(place.organisation, place.organisation)
            self.of_organisation.setdefault(folded(name), []).append(place.id)
        only = {members[0]: name for name, members in self.of_organisation.items() if len(members) == 1}
        self.places = by_name((place.id, [place.name, only.get(place.id, "")]) for place in places)
        self.index = {place.id: row for row, place in enumerate(places)}
        self.organisation_of = {place.id: place.organisation for place in places}
        organisations = list(dict.fromkeys(place.organisation for place in places))
        self.organisations = by_name(
            (code, [geography.organisations.get(code, "")]) for code in organisations
        )
        self.interventions = by_name((item.id, list(item.names.values())) for item in interventions)
        self.norms = by_name((item.id, list(item.names.values())) for item in norms)
        own = {item.specialty for item in interventions if item.specialty}
        known = {item.id: [item.name_nl, item.name_en] for item in data.specialties}
        self.specialties = by_name((code, known.get(code, [])) for code in sorted(own | known.keys()))
        self.measures = words("measure", tuple(MEASURES))
        self.activities = words("activity", tuple(ACTIVITIES))


def _own_geography(reader: Reader, tables: Mapping[str, Table]) -> Geography:
    """Return the areas, inhabitants and minutes of the template; minutes between places are those of their areas."""
    places, area_of = _own_places(reader, tables["places"])
    known = by_name((place.id, [place.name]) for place in places)
    columns = {
        known[folded(heading)]: column
        for heading, column in own_headings(tables["areas"])
        if folded(heading) in known
    }
    for place in places:
        if place.id not in columns:
            where = tables["areas"].rows[0].sheet.where
            reader.problems.append(
                Problem(where, "national.problem.no_travel_column", {"location": place.id})
            )
    areas: list[Area] = []
    travel: dict[str, tuple[int, ...]] = {}
    for row in tables["areas"].rows:
        code = row.text("area")
        if code in travel:
            reader.wrong(row, "area", "national.problem.twice")
            continue
        inhabitants = reader.number(row, "inhabitants")
        if inhabitants is not None and inhabitants.denominator != 1:
            reader.wrong(row, "inhabitants", "national.problem.not_whole")
        minutes = [
            reader.number(row, columns[place.id], maximum=MOST_MINUTES) or Fraction(0)
            for place in places
            if place.id in columns
        ]
        areas.append(Area(harmless(code), _words_of(row.cells.get("area_name")), int(inhabitants or 0)))
        travel[code] = tuple(round(value * 100) for value in minutes)
    for at, row in area_of:
        if at and at not in travel:
            reader.wrong(row, "area", "national.problem.unknown_area")
    _stop(reader)
    return Geography(
        "", tuple(places), tuple(areas), tuple(travel.values()), tuple(travel[at] for at, _ in area_of)
    )


def _own_places(reader: Reader, table: Table) -> tuple[list[Place], list[tuple[str, Row]]]:
    """Return the places, and for each the area it stands in."""
    places: list[Place] = []
    area_of: list[tuple[str, Row]] = []
    for row in table.rows:
        code = harmless(row.text("location"))
        if any(place.id == code for place in places):
            reader.wrong(row, "location", "national.problem.twice")
            continue
        if not row.text("area"):
            reader.wrong(row, "area", "national.problem.empty")
        name, owner = (_words_of(row.cells.get(column)) for column in ("location_name", "organisation"))
        places.append(Place(code, name or code, owner or code))
        area_of.append((row.text("area"), row))
    if not places:
        reader.problems.append(Problem(reader.file, "national.problem.no_places"))
    return places, area_of


@dataclass(frozen=True)
class _Derived:
    """The volume of an intervention is that of another times a factor, where nobody gave it."""

    per_patient: Fraction
    of: str
    source: str


def _interventions(
    reader: Reader, table: Table, data: Dataset
) -> tuple[tuple[Intervention, ...], tuple[Norm, ...], dict[str, _Derived]]:
    """Return what is in the sheet, or tranche 1 as it is shipped if there is no such sheet."""
    if not table.rows:
        table = _shipped(data)
    interventions: dict[str, Intervention] = {}
    norms: dict[str, Norm] = {}
    derived: dict[str, _Derived] = {}
    for row in table.rows:
        code = harmless(row.text("intervention"))
        if code in interventions:
            reader.wrong(row, "intervention", "national.problem.twice")
            continue
        named = _names(row, "intervention_name", code)
        under = harmless(row.text("norm")) or code
        interventions[code] = Intervention(code, named, under, row.text("specialty"), row.text("profile"))
        norm = Norm(
            under,
            _names(row, "norm_name", under) if row.text("norm_name") else named,
            reader.number(row, "minimum") if "minimum" in row.cells else None,
            reader.number(row, "moving", maximum=_ONE, default=_ONE) or Fraction(0),
            reader.yes(row, "travel", True),
            reader.yes(row, "impact", True),
        )
        first = norms.setdefault(under, norm)
        for column in ("minimum", "moving", "travel", "impact"):
            if column in row.cells and getattr(first, column) != getattr(norm, column):
                reader.wrong(row, column, "national.problem.norm_differs", norm=under)
        if "factor" in row.cells:
            factor = reader.number(row, "factor", maximum=Fraction(100))
            of = row.text("factor_of")
            derived[code] = _Derived(factor or Fraction(0), of, f"{row.text('factor')} x {of}")
    for row in table.rows:
        of = row.text("factor_of")
        if of and (of not in interventions or of in derived):
            known = by_name((code, []) for code in interventions if code not in derived)
            reader.known(row, "factor_of", {} if of in derived else known, "intervention")
    return tuple(interventions.values()), tuple(norms.values()), derived


def _names(row: Row, column: str, code: str) -> dict[Language, str]:
    text = _words_of(row.cells.get(column)) or code
    shipped = {
        (item[key], lang): item[f"{name}_{lang}"]
        for item in shipped_rows("interventions")
        for key, name in (("intervention", "name"), ("norm", "norm"))
        for lang in LANGUAGES
    }
    both: dict[Language, str] = {lang: shipped.get((code, lang), text) for lang in LANGUAGES}
    return both if text in (code, *both.values()) else dict.fromkeys(LANGUAGES, text)


#: Columns of the template by those of the shipped table that are named otherwise.
_COLUMN_OF = {"name_nl": "intervention_name", "norm_nl": "norm_name", "source_nl": "source"}


def _shipped(data: Dataset) -> Table:
    table = Table()
    sheet = Sheet("tranche-1", "tranche-1")
    for number, item in enumerate(shipped_interventions(data), start=2):
        cells = {
            _COLUMN_OF.get(name, name): Cell("text", text)
            for name, text in item.items()
            if text and not name.endswith("_en")
        }
        table.rows.append(Row(sheet, number, cells, {}))
    return table


def _source(reader: Reader, row: Row) -> str:
    return harmless(row.cells["source"].shown()) if "source" in row.cells else reader.source


def _volumes(reader: Reader, table: Table, names: _Names, expected: Mapping[Key, Value]) -> dict[Key, Value]:
    found = {key: value for key, value in expected.items() if folded(key[1]) in names.interventions}
    given: dict[tuple[str, ...], Row] = {}
    for row in table.rows:
        place = reader.known(row, "location", names.places, "location")
        intervention = reader.known(row, "intervention", names.interventions, "intervention")
        value = reader.number(row, "value", maximum=Fraction(1_000_000))
        if place is None or intervention is None or value is None:
            continue
        if _first(reader, row, "value", (place, intervention), given):
            found[place, intervention] = Value(value, "own", _source(reader, row))
    return found


def _first(
    reader: Reader, row: Row, column: str, key: tuple[str, ...], given: dict[tuple[str, ...], Row]
) -> bool:
    """Return whether this is the first row about something; names the earlier one if it is not."""
    if key in given:
        reader.wrong(row, column, "national.problem.twice_with", first=given[key].where(column))
        return False
    given[key] = row
    return True


def _add_derived(volumes: dict[Key, Value], derived: Mapping[str, _Derived], geography: Geography) -> None:
    for intervention, rule in derived.items():
        for place in geography.places:
            base = volumes.get((place.id, rule.of))
            if base is not None and (place.id, intervention) not in volumes:
                volumes[place.id, intervention] = Value(base.value * rule.per_patient, "rule", rule.source)


def _decisions(
    reader: Reader, table: Table, names: _Names, regions: Mapping[str, str]
) -> dict[Key, Decision]:
    found: dict[Key, Decision] = {}
    given: dict[tuple[str, ...], Row] = {}
    choices = words("choice", CHOICES)
    for row in table.rows:
        place = reader.known(row, "location", names.places, "location")
        norm = reader.known(row, "norm", names.norms, "norm")
        choice = reader.known(row, "choice", choices, "choice")
        if place is None or norm is None or choice is None:
            continue
        region = _words_of(row.cells.get("region")) or regions.get(place, "")
        if _first(reader, row, "choice", (place, norm), given):
            found[place, norm] = Decision(next(item for item in CHOICES if item == choice), region)
    return found


def _check_choices(reader: Reader, case: Case, table: Table) -> None:
    """Name choices that cannot be: nothing to stop, or nobody left in the region to go to."""
    index = case.place_index()
    names = _row_names(case)
    if not any(item.choice in TAKING_PART for item in case.decisions.values()) and not reader.problems:
        reader.problems.append(
            Problem(table.rows[0].sheet.where if table.rows else reader.file, "national.problem.no_choices")
        )
    for row in table.rows:
        place, norm = names[0].get(folded(row.text("location"))), names[1].get(folded(row.text("norm")))
        if place is None or norm is None or (place, norm) not in case.decisions:
            continue
        decision = case.decisions[place, norm]
        volume = case.total(index[place], norm)
        if decision.choice == "not_done" and volume:
            reader.wrong(row, "choice", "national.problem.does_it", volume=f"{float(volume):g}")
        if decision.choice == "keeps" and not volume:
            reader.wrong(row, "choice", "national.problem.no_volume")
        if decision.choice == "stops" and (place, norm) not in case.overrides:
            others = [
                item
                for (_, of), item in case.decisions.items()
                if of == norm and item.region == decision.region and item.choice in ("keeps", "receives")
            ]
            if not others:
                reader.wrong(row, "choice", "national.problem.nobody_left", region=decision.region or "–")


def _row_names(case: Case) -> tuple[dict[str, str], dict[str, str]]:
    places = by_name((place.id, [place.name]) for place in case.places)
    return places, by_name((norm.id, list(norm.names.values())) for norm in case.norms)


def _with_overrides(reader: Reader, case: Case, table: Table, names: _Names) -> Case:
    """Return the case with the overrides; the shares of each place must be one together."""
    found: dict[Key, list[Override]] = {}
    last: dict[Key, Row] = {}
    for row in table.rows:
        place = reader.known(row, "from", names.places, "location")
        norm = reader.known(row, "norm", names.norms, "norm")
        to = reader.known(row, "to", names.places, "location")
        share = reader.number(row, "share", maximum=_ONE, default=_ONE)
        if place is None or norm is None or to is None or share is None:
            continue
        sender, receiver = (case.decisions.get((item, norm)) for item in (place, to))
        if sender is None or sender.choice not in TAKING_PART:
            reader.wrong(row, "from", "national.problem.takes_no_part", norm=norm)
        elif receiver is None or receiver.choice not in ("keeps", "receives"):
            reader.wrong(row, "to", "national.problem.does_not_receive", norm=norm)
        elif any(item.to == names.index[to] for item in found.get((place, norm), [])):
            reader.wrong(row, "to", "national.problem.twice")
        else:
            found.setdefault((place, norm), []).append(Override(names.index[to], share))
            last[place, norm] = row
    for key, items in found.items():
        total = sum((item.share for item in items), Fraction(0))
        if total != 1:
            reader.wrong(last[key], "share", "national.problem.shares", total=f"{float(total):g}")
    return dataclasses.replace(case, overrides={key: tuple(items) for key, items in found.items()})


def _proxies(
    reader: Reader, table: Table, names: _Names, defaults: Mapping[Key, Value]
) -> tuple[dict[tuple[str, str, str], Value], dict[Key, Value]]:
    """Return own proxies by holder, intervention and measure, and the national ones."""
    own: dict[tuple[str, str, str], Value] = {}
    national = dict(defaults)
    given: dict[tuple[str, ...], Row] = {}
    holders = names.organisations | names.places
    every = names.interventions | {"*": "*", "": "*"}
    for row in table.rows:
        measure = reader.known(row, "measure", names.measures, "measure")
        intervention = (
            reader.known(row, "intervention", every, "intervention") if row.text("intervention") else "*"
        )
        holder = reader.known(row, "location", holders, "location") if row.text("location") else ""
        most = _ONE if measure in ("share_admitted", "share_ic") else Fraction(10_000_000)
        value = reader.number(row, "value", maximum=most)
        if measure is None or intervention is None or holder is None or value is None:
            continue
        if not _first(reader, row, "value", (holder, intervention, measure), given):
            continue
        if holder:
            origin: Origin = "own" if holder in names.index else "organisation"
            own[holder, intervention, measure] = Value(value, origin, _source(reader, row))
        else:
            national[intervention, measure] = Value(value, "national_own", _source(reader, row))
    return own, national


def _key_figures(
    reader: Reader, table: Table, names: _Names, expected: Mapping[tuple[str, str, str, str], Value]
) -> dict[tuple[str, str, str, str], Value]:
    found = dict(expected)
    given: dict[tuple[str, ...], Row] = {}
    for row in table.rows:
        activity = reader.known(row, "activity", names.activities, "activity")
        place = reader.known(row, "location", names.places, "location") if row.text("location") else ""
        if place:
            owner: str | None = names.organisation_of[place]
        else:
            owner = reader.known(row, "organisation", names.organisations, "organisation")
        specialty: str | None = ""
        if row.text("specialty"):
            specialty = reader.known(row, "specialty", names.specialties, "specialty")
        value = reader.number(row, "value", maximum=Fraction(10**12))
        if activity is None or place is None or owner is None or specialty is None or value is None:
            continue
        if _first(reader, row, "value", (owner, place, specialty, activity), given):
            found[owner, place, specialty, activity] = Value(value, "own", _source(reader, row))
    return found
