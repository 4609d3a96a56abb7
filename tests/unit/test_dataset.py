"""The shipped dataset: its tables fit their description and each other, and loading gives what they say."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from zorgstroom.dataset import dataset_folder, load_dataset, load_primary, shipped_datasets
from zorgstroom.dataset.checking import check_dataset, dataset_warnings
from zorgstroom.dataset.loading import DERIVED_TABLES, PRIMARY_TABLES, tables_digest
from zorgstroom.dataset.model import DURATIONS
from zorgstroom.dataset.provenance import figures_per_confidence, figures_per_source, provenance
from zorgstroom.dataset.schema import read_table, tables
from zorgstroom.dataset_commands import dataset
from zorgstroom.domain.area import AGE_BANDS, REGION_KINDS, Region
from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.errors import NotFound

pytestmark = pytest.mark.unit

FOLDER = dataset_folder("nl2025")


def rows(table: str) -> list[dict[str, str]]:
    """Return a table with the standard library alone, to hold the loader against."""
    with (FOLDER / table).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_the_shipped_dataset_has_no_mistakes() -> None:
    assert [problem.line("en") for problem in check_dataset("nl2025")] == []


def test_warnings_name_care_that_a_type_should_give_but_no_location_does() -> None:
    dataset = load_dataset()
    warned = {(warning.params["profile"], warning.params["type"]) for warning in dataset_warnings(dataset)}
    types = np.array([location.type for location in dataset.locations])
    for index, profile in enumerate(dataset.profiles):
        for kind in HOSPITAL_TYPES:
            without = not dataset.offers[types == kind, index].any()
            assert ((profile.id, kind) in warned) == (profile.type_shares[kind] > 0 and without)


def test_the_description_names_every_file_and_no_other() -> None:
    document = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    paths = {resource["path"] for resource in document["resources"]}
    assert paths == {*PRIMARY_TABLES, *DERIVED_TABLES}
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert files == paths | {"datapackage.json"}
    assert {licence["name"] for licence in document["licenses"]} == {"EUPL-1.2", "CC-BY-4.0", "ODbL-1.0"}
    for resource in document["resources"]:
        assert {"name", "path", "title", "description", "format"} <= resource.keys()
    names = [resource["name"] for resource in document["resources"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(tables()))
def test_every_number_has_a_unit_and_says_where_it_comes_from(name: str) -> None:
    table = tables()[name]
    columns = {field.name for field in table.fields}
    for field in table.fields:
        assert field.description
        if not field.numeric or field.name in table.primary_key:
            continue
        assert field.unit, field.name
        for part in ("basis", "confidence", "source"):
            assert getattr(field, part) or field.provenance + part in columns, (field.name, part)


@pytest.mark.parametrize("name", sorted(tables()))
def test_the_header_is_that_of_the_description(name: str) -> None:
    table = tables()[name]
    header = read_table(FOLDER, table).header
    described = tuple(field.name for field in table.fields)
    assert header[: len(described)] == described
    assert table.open_ended or header == described


def test_sources_named_in_the_description_exist() -> None:
    known = {row["source_id"] for row in rows("sources.csv")}
    for table in tables().values():
        for field in table.fields:
            assert set(filter(None, field.source.split(";"))) <= known


def test_the_files_are_utf8_with_unix_line_ends() -> None:
    for table in tables().values():
        content = (FOLDER / table.path).read_bytes()
        content.decode("utf-8")
        assert b"\r" not in content
        assert content.endswith(b"\n")


def test_loading_gives_the_tables() -> None:
    dataset = load_dataset()
    assert [area.id for area in dataset.areas] == [row["area_id"] for row in rows("areas.csv")]
    assert [location.id for location in dataset.locations] == [
        row["location_id"] for row in rows("locations.csv")
    ]
    assert [profile.id for profile in dataset.profiles] == [row["profile_id"] for row in rows("profiles.csv")]
    first = rows("population.csv")[0]
    position = dataset.area_index[first["area_id"]]
    people = dataset.population[int(first["year"])][position]
    assert people.tolist() == [int(first[f"age_{band}"]) for band in AGE_BANDS]
    travel = rows("derived/travel_hundredths.csv")[5]
    assert dataset.travel_hundredths[dataset.area_index[travel["area_id"]]].tolist() == [
        int(travel[location.id]) for location in dataset.locations
    ]
    fit = rows("derived/attraction.csv")[7]
    cell = dataset.location_index[fit["location_id"]], dataset.profile_index[fit["profile_id"]]
    assert dataset.attraction[cell] == int(fit["attraction"])
    assert dataset.expected_volume[cell] == int(fit["expected_volume_per_mille"])
    offered = {(row["location_id"], row["profile_id"]) for row in rows("derived/offers.csv")}
    assert dataset.offers[cell] == ((fit["location_id"], fit["profile_id"]) in offered)
    assert dataset.offers.sum() == len(offered)
    assert int(dataset.offers.sum()) == len(rows("derived/offers.csv"))
    for row in rows("derived/quantiles.csv"):
        assert (row["profile_id"], row["duration"]) in dataset.quantiles
    norm = next(norm for norm in dataset.norms if norm.id == "lung_60")
    assert (norm.profile_id, norm.minimum, norm.valid_from, norm.status) == (
        "lung",
        60,
        "2026-01-01",
        "announced",
    )


def test_the_primary_tables_load_without_the_derived_ones(tmp_path: Path) -> None:
    for name in (*PRIMARY_TABLES, "datapackage.json"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    dataset = load_primary(tmp_path)
    assert len(dataset.areas) == len(load_dataset().areas)
    assert not dataset.offers.any()
    assert not dataset.travel_hundredths.any()
    assert dataset.capacities == {}


def test_the_342_gemeenten_of_2025_are_there_and_split_ones_have_an_emergency_department_per_part() -> None:
    dataset = load_dataset()
    gemeenten = {area.gemeente_id for area in dataset.areas}
    assert len(gemeenten) == 342
    for gemeente in gemeenten:
        parts = [area for area in dataset.areas if area.gemeente_id == gemeente]
        acute = [place for place in dataset.locations if place.gemeente_id == gemeente and place.ed != "geen"]
        assert len(parts) == max(1, len(acute)), gemeente


def test_inhabitants_of_2023_are_the_national_numbers_per_age_band() -> None:
    # CBS, 1 January 2023: 0-14, 15-24, 25-44, 45-64, 65-74, 75 and over.
    expected = [2_727_377, 2_190_344, 4_507_646, 4_784_757, 1_957_840, 1_643_327]
    assert load_dataset().population[2023].sum(axis=0).tolist() == expected


def test_rates_times_inhabitants_of_2023_give_the_yearly_volume() -> None:
    dataset = load_dataset()
    people = dataset.population[2023].sum(axis=0)
    for profile in dataset.profiles:
        demand = float(people @ np.array(profile.rate_per_1000)) / 1000
        assert demand == pytest.approx(profile.volume_per_year, rel=1e-6), profile.id


def test_first_visits_leave_out_those_of_elective_patients_of_other_profiles() -> None:
    dataset = load_dataset()
    elective = sum(
        profile.volume_per_year * (1 - profile.acute_share)
        for profile in dataset.profiles
        if profile.pathway == "care" and not profile.always_acute
    )
    visits = dataset.profiles[dataset.profile_index["outpatient_first"]].volume_per_year
    assert visits + elective == pytest.approx(7_176_000, abs=1)


def test_regions_know_their_locations() -> None:
    dataset = load_dataset()
    for kind in REGION_KINDS:
        assert all(dataset.areas_in(Region(kind, name)).any() for name in dataset.regions(kind))
    limburg = dataset.locations_in(Region("roaz", "Limburg"))
    names = {location.id for location, inside in zip(dataset.locations, limburg, strict=True) if inside}
    assert {"MUMC", "LZR", "SJG", "ZUYD-HE", "VIEC-VL"} <= names
    assert "UMCG" not in names


def test_national_numbers_of_acute_sites_are_those_published_in_april_2025() -> None:
    locations = load_dataset().locations
    assert sum(location.ed == "24/7" for location in locations) == 76
    assert sum(location.ed == "beperkt" for location in locations) == 3
    assert sum(location.acute_obstetrics for location in locations) == 71


def test_case_mix_and_demand_patterns_are_complete() -> None:
    dataset = load_dataset()
    assert set(dataset.case_mix) == {(kind, duration) for kind in HOSPITAL_TYPES for duration in DURATIONS}
    assert dataset.case_mix["umc", "nights"] == 1320
    lengths = {key: len(weights) for key, weights in dataset.demand_patterns.items()}
    assert lengths == {
        (pattern, kind): length
        for pattern in ("acute", "referral")
        for kind, length in (("month", 12), ("weekday", 7), ("hour", 24))
    }
    assert dataset.demand_patterns["referral", "weekday"][5:].sum() == 0
    assert dataset.demand_patterns["acute", "month"][0] == 1040
    assert dataset.ferry_minutes["GM0096"] == 125


def test_the_digest_changes_with_any_table_and_with_nothing_else(tmp_path: Path) -> None:
    for name in PRIMARY_TABLES:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    before = tables_digest(tmp_path, PRIMARY_TABLES)
    (tmp_path / "notes.txt").write_text("mine")
    assert tables_digest(tmp_path, PRIMARY_TABLES) == before
    for name in PRIMARY_TABLES:
        original = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(original + b"\n")
        assert tables_digest(tmp_path, PRIMARY_TABLES) != before
        (tmp_path / name).write_bytes(original)
    assert tables_digest(tmp_path, PRIMARY_TABLES) == before


def test_the_shipped_dataset_is_read_once_and_an_unknown_one_is_named() -> None:
    assert load_dataset("nl2025") is load_dataset()
    assert shipped_datasets() == ("nl2025",)
    with pytest.raises(NotFound, match=r"nl1999.*nl2025"):
        load_dataset("nl1999")


def test_every_figure_is_counted_with_its_provenance() -> None:
    entries = list(provenance(FOLDER))
    assert len(entries) == sum(figures_per_confidence(FOLDER).values())
    figures = [entry for entry in entries if entry.table == "profile_figures"]
    assert len(figures) == len(rows("profile_figures.csv"))
    waits = [entry for entry in entries if entry.table == "specialties" and entry.basis == "known"]
    assert len(waits) == sum(row["wait_basis"] == "known" for row in rows("specialties.csv"))
    known = {row["source_id"] for row in rows("sources.csv")}
    assert set(figures_per_source(FOLDER)) <= known


def test_nothing_is_called_known_without_a_source() -> None:
    entries = list(provenance(FOLDER))
    for entry in entries:
        if entry.basis == "known":
            assert "assumption" not in entry.sources or len(entry.sources) > 1, entry
        if entry.basis == "assumed":
            assert entry.confidence != "high", entry
    published = [norm for norm in load_dataset().norms if norm.confidence == "high"]
    assert all(norm.source != "assumption" for norm in published)


def test_names_to_use_in_a_plan() -> None:
    run = CliRunner().invoke
    found = {
        what: [row["id"] for row in json.loads(run(dataset, ["names", what, "--json"]).output)]
        for what in ("regions", "locations", "profiles", "pools")
    }
    data = load_dataset()
    assert found["locations"] == [location.id for location in data.locations]
    assert found["profiles"] == [profile.id for profile in data.profiles]
    assert "roaz:Euregio" in found["regions"]
    assert set(found["pools"]) == {pool for _, pool in data.capacities}
    here = run(dataset, ["names", "locations", "--region", "roaz:Euregio", "--lang", "nl"]).output
    assert "MST" in here
    assert "EMC" not in here
