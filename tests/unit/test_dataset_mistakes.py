"""Every mistake in a dataset is named: file, line, field, value, and what is allowed, in both languages."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from zorgstroom.dataset import dataset_folder, load_dataset, load_primary
from zorgstroom.dataset.checking import check_dataset
from zorgstroom.dataset_commands import dataset as dataset_command
from zorgstroom.errors import InvalidInput

pytestmark = pytest.mark.unit

Rows = list[list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped dataset."""
    copy = tmp_path / "mine"
    shutil.copytree(dataset_folder("nl2025"), copy)
    return copy


def edit(folder: Path, table: str, change: Callable[[Rows], None]) -> None:
    """Rewrite a table after `change` has worked on its rows, header first."""
    with (folder / table).open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    change(rows)
    with (folder / table).open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(rows)


def put(folder: Path, table: str, line: int, field: str, value: str) -> None:
    """Overwrite one cell; `line` counts from 1, the header."""

    def change(rows: Rows) -> None:
        rows[line - 1][rows[0].index(field)] = value

    edit(folder, table, change)


def remove_line(folder: Path, table: str, line: int) -> None:
    edit(folder, table, lambda rows: rows.__delitem__(line - 1))


def copy_line(folder: Path, table: str, line: int) -> None:
    edit(folder, table, lambda rows: rows.append(rows[line - 1]))


def add_row(folder: Path, table: str, cells: list[str]) -> None:
    edit(folder, table, lambda rows: rows.append(cells))


def line_of(folder: Path, table: str, *key: str) -> int:
    """Return the line whose first cells are `key`."""
    with (folder / table).open(encoding="utf-8", newline="") as handle:
        for line, row in enumerate(csv.reader(handle), 1):
            if tuple(row[: len(key)]) == key:
                return line
    raise AssertionError(key)


def messages(folder: Path, language: str = "en") -> list[str]:
    return [problem.line("nl" if language == "nl" else "en") for problem in check_dataset(folder)]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(dataset_command, arguments)


CELLS = [
    (
        "areas.csv",
        4,
        "latitude",
        "noord",
        "areas.csv:4: latitude: 'noord' is geen getal.",
        "areas.csv:4: latitude: 'noord' is not a number.",
    ),
    (
        "areas.csv",
        4,
        "urbanity",
        "7",
        "areas.csv:4: urbanity: 7 is te groot; het mag niet groter zijn dan 5.",
        "areas.csv:4: urbanity: 7 is too large; it may not be above 5.",
    ),
    (
        "population.csv",
        3,
        "age_0_14",
        "-1",
        "population.csv:3: age_0_14: -1 is te klein; het mag niet kleiner zijn dan 0.",
        "population.csv:3: age_0_14: -1 is too small; it may not be below 0.",
    ),
    (
        "population.csv",
        3,
        "age_0_14",
        "12.5",
        "population.csv:3: age_0_14: '12.5' is geen geheel getal.",
        "population.csv:3: age_0_14: '12.5' is not a whole number.",
    ),
    (
        "population.csv",
        3,
        "area_id",
        "GM0014-11",
        "population.csv:3: area_id: 'GM0014-11' is niet bekend. Bedoelt u 'GM0014-1'?",
        "population.csv:3: area_id: 'GM0014-11' is not known. Did you mean 'GM0014-1'?",
    ),
    (
        "locations.csv",
        2,
        "type",
        "topklinsch",
        "locations.csv:2: type: 'topklinsch' is niet bekend. Bedoelt u 'topklinisch'?",
        "locations.csv:2: type: 'topklinsch' is not known. Did you mean 'topklinisch'?",
    ),
    (
        "locations.csv",
        2,
        "picu",
        "ja",
        "locations.csv:2: picu: 'ja' is niet bekend. Mogelijk is: 0, 1.",
        "locations.csv:2: picu: 'ja' is not known. Possible: 0, 1.",
    ),
    (
        "locations.csv",
        2,
        "name",
        "",
        "locations.csv:2: name is leeg; hier moet een waarde staan.",
        "locations.csv:2: name is empty; a value is needed here.",
    ),
    (
        "profiles.csv",
        2,
        "specialty",
        "surgry",
        "profiles.csv:2: specialty: 'surgry' is niet bekend. Bedoelt u 'surgery'?",
        "profiles.csv:2: specialty: 'surgry' is not known. Did you mean 'surgery'?",
    ),
    (
        "profiles.csv",
        2,
        "needs",
        "ed;traum",
        "profiles.csv:2: needs: 'traum' is niet bekend. Bedoelt u 'trauma'?",
        "profiles.csv:2: needs: 'traum' is not known. Did you mean 'trauma'?",
    ),
    (
        "profile_figures.csv",
        2,
        "source",
        "duca_2022;duca_2033x",
        "profile_figures.csv:2: source: 'duca_2033x' is niet bekend. Bedoelt u 'duca_2022'?",
        "profile_figures.csv:2: source: 'duca_2033x' is not known. Did you mean 'duca_2022'?",
    ),
    (
        "norms.csv",
        3,
        "valid_from",
        "1-1-2013",
        "norms.csv:3: valid_from: '1-1-2013' is geen datum. Schrijf jjjj-mm-dd.",
        "norms.csv:3: valid_from: '1-1-2013' is not a date. Write yyyy-mm-dd.",
    ),
    (
        "norms.csv",
        3,
        "valid_to",
        "2012-01-01",
        "norms.csv:3: valid_to 2012-01-01 ligt vóór valid_from 2013-01-01.",
        "norms.csv:3: valid_to 2012-01-01 lies before valid_from 2013-01-01.",
    ),
    (
        "parameters.csv",
        2,
        "value",
        "nan",
        "parameters.csv:2: value: 'nan' is geen getal.",
        "parameters.csv:2: value: 'nan' is not a number.",
    ),
]


@pytest.mark.parametrize(("table", "line", "field", "value", "dutch", "english"), CELLS)
def test_one_wrong_cell_gives_one_message(
    folder: Path, table: str, line: int, field: str, value: str, dutch: str, english: str
) -> None:
    put(folder, table, line, field, value)
    problems = check_dataset(folder)
    assert [problem.line("nl") for problem in problems] == [dutch]
    assert [problem.line("en") for problem in problems] == [english]


def test_all_mistakes_come_at_once(folder: Path) -> None:
    put(folder, "areas.csv", 4, "urbanity", "x")
    put(folder, "norms.csv", 3, "minimum", "0")
    put(folder, "specialties.csv", 2, "first_visit_share", "0.5")
    found = messages(folder)
    assert len(found) == 3
    assert found[0] == "areas.csv:4: urbanity: 'x' is not a whole number."
    assert found[1] == "norms.csv:3: minimum: 0 is too small; it may not be below 1."
    assert found[2].startswith("specialties.csv: first_visit_share: the parts add up to 1.375;")


def test_shares_that_do_not_add_up_are_named_with_their_profile(folder: Path) -> None:
    line = line_of(folder, "profile_figures.csv", "oesophagus", "setting_overnight")
    put(folder, "profile_figures.csv", line, "value", "0.9")
    assert messages(folder) == [
        f"profile_figures.csv:{line}: oesophagus setting_…: the parts add up to 0.9; that must be 1."
    ]


def test_a_missing_figure_is_named_at_its_profile(folder: Path) -> None:
    line = line_of(folder, "profile_figures.csv", "stomach", "los_nights_sd")
    remove_line(folder, "profile_figures.csv", line)
    where = f"profiles.csv:{line_of(folder, 'profiles.csv', 'stomach')}"
    assert messages(folder) == [f"{where}: Figures are missing for this care profile: los_nights_sd."]
    with pytest.raises(InvalidInput, match="los_nights_sd"):
        load_primary(folder)


def test_an_area_without_inhabitants_in_a_year_is_named(folder: Path) -> None:
    line = line_of(folder, "population.csv", "GM0034", "2023")
    remove_line(folder, "population.csv", line)
    assert messages(folder) == ["population.csv: A row is missing: GM0034 2023."]


def test_a_row_that_occurs_twice_is_named_at_its_second_place(folder: Path) -> None:
    copy_line(folder, "specialties.csv", 2)
    assert "specialties.csv:23: specialty_id: 'surgery' occurs twice." in messages(folder)


def test_parts_of_one_gemeente_must_lie_in_the_same_region(folder: Path) -> None:
    line = line_of(folder, "areas.csv", "GM0014-2")
    put(folder, "areas.csv", line, "roaz", "Oost")
    found = messages(folder)
    assert found[0].startswith(f"areas.csv:{line}: roaz: 'Oost' is not the same region as 'Noord-Nederland'")


def test_intensive_care_at_an_outpatient_site_is_refused(folder: Path) -> None:
    line = line_of(folder, "locations.csv", "ASZ-SL")
    put(folder, "locations.csv", line, "ic_adult", "1")
    assert messages(folder) == [
        f"locations.csv:{line}: ic_adult: not possible at a location with role 'poli'; only with 'klinisch'."
    ]


def test_a_location_has_the_type_of_its_organisation(folder: Path) -> None:
    line = line_of(folder, "locations.csv", "EMC")
    put(folder, "locations.csv", line, "type", "algemeen")
    assert messages(folder)[0] == f"locations.csv:{line}: type: 'algemeen' must be 'umc' here."


def test_a_missing_parameter_is_named(folder: Path) -> None:
    line = line_of(folder, "parameters.csv", "work_up_days")
    remove_line(folder, "parameters.csv", line)
    assert messages(folder) == ["parameters.csv: A row is missing: work_up_days."]


def test_files_columns_cells_and_encoding_are_checked(folder: Path) -> None:
    (folder / "ferries.csv").unlink()
    edit(folder, "norms.csv", lambda rows: rows[2].append("more"))
    edit(folder, "organisations.csv", lambda rows: rows[0].__setitem__(1, "naam"))
    (folder / "case_mix.csv").write_bytes("type,duration\ncafé,nights\n".encode("latin-1"))
    found = messages(folder)
    assert "ferries.csv: This file is missing." in found
    assert "norms.csv:3: This line has 11 fields; it should have 10." in found
    assert "organisations.csv: Column 'name' is missing." in found
    assert "organisations.csv:1: header: 'naam' is not known. Did you mean 'name'?" in found
    assert "case_mix.csv: This file is not saved as UTF-8." in found


def test_a_folder_without_a_dataset_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_dataset(tmp_path)
    assert [problem.line("nl") for problem in caught.value.problems] == [
        f"{tmp_path}: Hier staat geen gegevensset (datapackage.json ontbreekt) en ook geen CSV-bestand van het "
        "sjabloon voor eigen cijfers."
    ]


def test_a_broken_description_is_named(folder: Path) -> None:
    (folder / "datapackage.json").write_text("{", "utf-8")
    assert messages(folder) == [
        "datapackage.json: The description is not valid JSON with name, version and base_year."
    ]
    with pytest.raises(InvalidInput, match="base_year"):
        load_dataset(folder)


def test_facts_changed_after_calibration_are_noticed(folder: Path) -> None:
    for band in ("65_74", "75plus"):
        line = line_of(folder, "profile_figures.csv", "hip_replacement", f"rate_{band}")
        put(folder, "profile_figures.csv", line, "value", "20")
    found = messages(folder)
    assert len(found) == 1
    assert found[0].startswith("derived/attraction.csv: hip_replacement: ")
    assert "zorgstroom calibrate" in found[0]


def test_derived_tables_must_be_there_and_belong_to_the_facts(folder: Path) -> None:
    (folder / "derived" / "gumbel.npy").unlink()
    assert messages(folder) == [
        "derived/gumbel.npy: This calculated file is missing. Make it with 'zorgstroom calibrate'."
    ]
    with pytest.raises(InvalidInput, match=r"gumbel\.npy"):
        load_dataset(folder)


def test_a_derived_array_of_another_shape_or_order_is_refused(folder: Path) -> None:
    np.save(folder / "derived" / "normal.npy", np.arange(10, dtype=np.int32))
    np.save(folder / "derived" / "gumbel.npy", np.arange(65536, 0, -1, dtype=np.int32))
    found = messages(folder)
    assert len(found) == 2
    assert any("normal.npy" in message and "shape (65536,)" in message for message in found)
    assert any(message.startswith("derived/gumbel.npy: The values do not ascend.") for message in found)


def test_a_pickled_array_is_never_executed(folder: Path) -> None:
    np.save(folder / "derived" / "normal.npy", np.array([print], dtype=object), allow_pickle=True)
    assert any("normal.npy" in message for message in messages(folder))


def test_an_offer_a_location_is_not_able_to_give_is_refused(folder: Path) -> None:
    add_row(folder, "derived/offers.csv", ["ASZ-SL", "hip_fracture", "assumed"])
    add_row(folder, "derived/attraction.csv", ["ASZ-SL", "hip_fracture", "0", "0"])
    found = messages(folder)
    assert len(found) == 1
    assert found[0].endswith("ASZ-SL cannot offer hip_fracture: its role or a facility is missing.")


def test_a_travel_table_without_a_location_is_stale(folder: Path) -> None:
    def without_last_column(rows: Rows) -> None:
        rows[:] = [row[:-1] for row in rows]

    edit(folder, "derived/travel_hundredths.csv", without_last_column)
    assert any(
        message.startswith(
            "derived/travel_hundredths.csv: This calculated file does not belong to the tables."
        )
        for message in messages(folder)
    )


def test_check_says_good_or_lists_mistakes_and_fails(folder: Path) -> None:
    good = run("check", "--lang", "nl")
    assert good.exit_code == 0
    assert "Gegevensset nl2025 is in orde: 353 gebieden, 115 locaties, 67 zorgprofielen" in good.stdout
    put(folder, "norms.csv", 3, "minimum", "0")
    bad = run("check", str(folder), "--lang", "nl")
    assert bad.exit_code == 1
    assert "norms.csv:3: minimum: 0 is te klein; het mag niet kleiner zijn dan 1." in bad.stderr
    assert "1 fout gevonden." in bad.stderr
    assert bad.stdout == ""
    record = json.loads(run("check", str(folder), "--json", "--lang", "en").stdout)
    assert record["valid"] is False
    assert record["problems"][0]["where"] == "norms.csv:3"
    assert record["problems"][0]["field"] == "minimum"


def test_info_counts_what_is_there() -> None:
    record = json.loads(run("info", "--json").stdout)
    data = load_dataset()
    assert record["digest"] == data.digest
    assert record["locations"] == {"umc": 9, "topklinisch": 51, "algemeen": 48, "categoraal": 7}
    assert record["inhabitants"]["2023"] == 17_811_291
    assert sum(row["count"] for row in record["figures"]) > len(data.figures)
    text = run("info", "--lang", "nl").stdout
    assert "Locaties: 115 (umc 9, topklinisch 51, algemeen 48, categoraal 7)" in text
    assert "17.811.291 (2023)" in text
    assert "17,811,291 (2023)" in run("info", "--lang", "en").stdout


def test_sources_come_with_licence_use_and_attribution() -> None:
    text = run("sources", "--lang", "nl").stdout
    assert "Bron: CBS (CC BY 4.0), bewerkt" in text
    assert "OpenStreetMap-bijdragers (ODbL 1.0)" in text
    record = json.loads(run("sources", "--json", "--lang", "en").stdout)
    assert len(record["sources"]) == len(load_dataset().sources)
    uses = {row["id"]: row["figures"] for row in record["sources"]}
    assert uses["duca_2022"] >= 2
    assert list(uses.values()) == sorted(uses.values(), reverse=True)


def test_a_curve_of_volume_and_outcome_keeps_its_range_and_one_kind_of_evidence(folder: Path) -> None:
    line = line_of(folder, "volume_outcome.csv", "pancreas", "12")
    put(folder, "volume_outcome.csv", line, "relative_risk_low", "2.5")
    put(folder, "volume_outcome.csv", line, "evidence", "moderate")
    found = [message for message in messages(folder) if message.startswith("volume_outcome")]
    assert len(found) == 2
    assert found[0].startswith(f"volume_outcome.csv:{line}: relative_risk_low: 2.5 is too large")
    assert found[1].startswith(f"volume_outcome.csv:{line}: evidence: 'moderate'")
    assert "strong" in found[1]


@pytest.mark.parametrize("field", ["unit", "profiles"])
def test_a_rule_of_what_leans_on_what_names_what_it_looks_at(folder: Path, field: str) -> None:
    line = line_of(folder, "dependencies.csv", "ed_surgery")
    put(folder, "dependencies.csv", line, field, "")
    [found] = messages(folder)
    assert found.startswith(f"dependencies.csv:{line}: {field}")
