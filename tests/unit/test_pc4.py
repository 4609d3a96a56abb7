"""A dataset of postcode areas: from a CSV, with every mistake named, keeping the people of every gemeente."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from tests.support.open_data import open_data

from zorgstroom.dataset import dataset_folder, load_dataset, load_primary
from zorgstroom.dataset.checking import check_dataset
from zorgstroom.dataset.pc4 import Postcode, TableSource, divide, gemeenten_of, write_pc4_tables
from zorgstroom.dataset.pc4_file import read_postcodes
from zorgstroom.dataset.reading import read_rows
from zorgstroom.dataset_commands import dataset as dataset_command
from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.errors import InvalidInput

pytestmark = pytest.mark.unit

BASE = dataset_folder("nl2025")
GEMEENTEN = {"GM0014": "Groningen", "GM0034": "Almere", "GM0363": "Amsterdam"}
OWN = TableSource("own_pc4", "Eigen bestand", "eigen cijfers", "2025", "", "citation", "own file")

Rows = list[dict[str, str]]


def rows() -> Rows:
    """Return three PC4s of two gemeenten, in two years."""
    made = []
    for pc4, gemeente, latitude, longitude, people in (
        ("9711", "GM0014", "53.22", "6.56", 10),
        ("9712", "GM0014", "53.23", "6.57", 30),
        ("1311", "GM0034", "52.37", "5.22", 20),
    ):
        row = {
            "pc4": pc4,
            "gemeente": gemeente,
            "latitude": latitude,
            "longitude": longitude,
            "plaats": "Stad",
        }
        row |= {"oppervlakte_km2": "2.5", "access_factor": "1.1", "opmerking": "x"}
        for year, growth in (("2021", 0), ("2025", 10)):
            for band in AGE_BANDS:
                row[f"inwoners_{year}_{band}"] = str(people + growth)
        made.append(row)
    return made


def write(path: Path, table: Rows, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(table[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(table)
    return path


def renamed(table: Rows, names: Mapping[str, str]) -> Rows:
    return [{names.get(name, name): value for name, value in row.items()} for row in table]


def mistakes(path: Path, year: int | None = None) -> list[str]:
    with pytest.raises(InvalidInput) as error:
        read_postcodes(path, GEMEENTEN, year)
    return [problem.line("en") for problem in error.value.problems]


def test_a_table_is_read(tmp_path: Path) -> None:
    first, *_, last = read_postcodes(write(tmp_path / "a.csv", rows()), GEMEENTEN)
    assert first == Postcode(
        pc4="9711",
        gemeente_id="GM0014",
        name="Stad",
        latitude=53.22,
        longitude=6.56,
        area_km2=2.5,
        access_factor=1.1,
        inhabitants={2021: (10.0,) * 6, 2025: (20.0,) * 6},
    )
    assert last.pc4 == "1311"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_a_table_from_dutch_excel_is_the_same(tmp_path: Path, encoding: str) -> None:
    table = rows()
    for row in table:
        row["plaats"] = "Súdwest"
    expected = read_postcodes(write(tmp_path / "a.csv", table), GEMEENTEN)
    for row in table:
        row |= {name: row[name].replace(".", ",") for name in ("latitude", "longitude", "oppervlakte_km2")}
        row["access_factor"] = "1,1"
    assert read_postcodes(write(tmp_path / "b.csv", table, ";", encoding), GEMEENTEN) == expected


def test_columns_have_other_names_and_a_gemeente_may_be_named(tmp_path: Path) -> None:
    expected = read_postcodes(write(tmp_path / "a.csv", rows()), GEMEENTEN)
    names = {
        "pc4": "Postcode",
        "gemeente": "gm_name",
        "latitude": "lat",
        "longitude": "lon",
        "plaats": "place",
    }
    names |= {f"inwoners_2025_{band}": f"pop2025e_{band}" for band in AGE_BANDS}
    names |= {f"inwoners_2021_{band}": f"pop2021_{band}" for band in AGE_BANDS}
    table = renamed(rows(), names)
    for row in table:
        row["gm_name"] = GEMEENTEN[row["gm_name"]]
    table[0]["gm_name"] = "14"
    assert read_postcodes(write(tmp_path / "b.csv", table), GEMEENTEN) == expected


def test_columns_without_a_year_take_it_from_the_option(tmp_path: Path) -> None:
    names = {f"inwoners_2025_{band}": f"age_{band}" for band in AGE_BANDS}
    kept = [{k: v for k, v in row.items() if not k.startswith("inwoners_2021")} for row in rows()]
    path = write(tmp_path / "a.csv", renamed(kept, names))
    assert read_postcodes(path, GEMEENTEN, 2024)[0].inhabitants == {2024: (20.0,) * 6}
    assert mistakes(path)[0] == (
        "a.csv:1: Column 'age_0_14' names no year. Give the year with --year, or write it in the name, "
        "as in inwoners_2025_0_14."
    )


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("pc4", "971", "pc4: '971' is no postcode area. Write four digits, such as 1011."),
        ("pc4", "9712", "pc4: '9712' is already on line 3."),
        ("gemeente", "GM0363x", "gemeente: 'GM0363x' is not known."),
        ("gemeente", "Almeer", "gemeente: 'Almeer' is not known. Did you mean 'Almere'?"),
        ("gemeente", "GM0035", "gemeente: 'GM0035' is not known. Did you mean 'GM0034'?"),
        ("latitude", "5.22", "latitude: 5.22 is too small; it may not be below 50.5."),
        ("longitude", "52.37", "longitude: 52.37 is too large; it may not be above 7.4."),
        ("latitude", "", "latitude is empty; a value is needed here."),
        ("inwoners_2025_0_14", "-1", "inwoners_2025_0_14: -1 is too small; it may not be below 0."),
        ("inwoners_2021_75plus", "nan", "inwoners_2021_75plus: 'nan' is not a number."),
        ("access_factor", "9", "access_factor: 9 is too large; it may not be above 3."),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, field: str, value: str, said: str) -> None:
    table = rows()
    table[2][field] = value
    (found,) = mistakes(write(tmp_path / "a.csv", table))
    assert found.startswith(f"a.csv:4: {said}")


def test_all_wrong_rows_are_named_at_once(tmp_path: Path) -> None:
    table = rows()
    table[0]["gemeente"] = "Almeer"
    table[1]["latitude"] = "x"
    table[2] |= {"pc4": "0", "longitude": "0"}
    assert [line.split(": ")[0] for line in mistakes(write(tmp_path / "a.csv", table))] == [
        "a.csv:2",
        "a.csv:3",
        "a.csv:4",
        "a.csv:4",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "a.csv: There are no postcodes in this file."),
        ("pc4,gemeente\n", "a.csv:1: There is no column 'latitude'."),
        (
            "pc4,gemeente,latitude,longitude\n9711,GM0014,53.2,6.5\n",
            "a.csv:1: Age bands of year ? are missing",
        ),
        ("pc4,pc4\n", "a.csv:1: header: 'pc4' occurs twice."),
        (
            "pc4,gemente,latitude,longitude\n",
            "a.csv:1: There is no column 'gemeente'. Did you mean 'gemente'?",
        ),
    ],
)
def test_a_table_of_the_wrong_form_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    assert any(line.startswith(said) for line in mistakes(path)), mistakes(path)


def test_a_short_row_and_a_table_that_is_not_there_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows())
    path.write_text(path.read_text("utf-8") + "9713,GM0014\n", encoding="utf-8")
    (found,) = mistakes(path)
    assert found.startswith("a.csv:5: This line has 2 fields")
    assert "cannot be read" in mistakes(tmp_path / "none.csv")[0]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (0, [1, 2], [0, 0]),
        (7, [0, 5, 0], [0, 7, 0]),
        (3, [0.4, 0.35, 0.25], [1, 1, 1]),
    ],
)
def test_people_are_divided_whole(total: int, weights: Sequence[float], parts: list[int]) -> None:
    assert divide(total, np.array(weights, dtype=np.float64)).tolist() == parts


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the primary tables of a dataset made of the table of three PC4s and one nobody lives in."""
    folder = tmp_path_factory.mktemp("pc4")
    nobody = {**rows()[2], "pc4": "1399"} | {name: "0" for name in rows()[2] if name.startswith("inwoners")}
    table = write(folder / "table.csv", [*rows(), nobody])
    (folder / "made").mkdir()
    report = write_pc4_tables(BASE, read_postcodes(table, gemeenten_of(BASE)), [OWN], folder / "made")
    assert (report.postcodes, report.empty) == (3, 1)
    shares = {item.gemeente_id: (item.postcodes, item.share) for item in report.coverage if item.postcodes}
    assert shares.keys() == {"GM0014", "GM0034"}
    assert shares["GM0034"][1] == pytest.approx(6 * 30 / report_people("GM0034"))
    return folder / "made"


def report_people(gemeente: str) -> int:
    base = load_primary(BASE)
    return int(sum(base.population[base.base_year][i].sum() for i in of_gemeente(base.areas, gemeente)))


def of_gemeente(areas: Sequence[object], gemeente: str) -> list[int]:
    return [index for index, area in enumerate(areas) if getattr(area, "gemeente_id") == gemeente]  # noqa: B009


def test_every_gemeente_keeps_its_people_in_every_year_and_age_band(made: Path) -> None:
    before, after = load_primary(BASE), load_primary(made)
    assert before.population.keys() == after.population.keys()
    # Years between those of the table are drawn per area, and whole persons may round differently.
    for year in {row.integer("year") for row in read_rows(BASE, "population.csv")}:
        people = before.population[year]
        for gemeente in GEMEENTEN:
            expected = people[of_gemeente(before.areas, gemeente)].sum(axis=0)
            found = after.population[year][of_gemeente(after.areas, gemeente)].sum(axis=0)
            assert found.tolist() == expected.tolist()


def test_people_live_in_the_proportions_of_the_table_on_the_line_between_its_years(made: Path) -> None:
    data = load_primary(made)
    first, second = data.area_index["PC9711"], data.area_index["PC9712"]
    for year, share in ((2021, 10 / 40), (2023, 15 / 50), (2025, 20 / 60)):
        people = data.population[year]
        assert people[first] / (people[first] + people[second]) == pytest.approx(share, abs=0.001)


def test_areas_take_place_from_the_table_and_regions_from_the_gemeente(made: Path) -> None:
    data = load_primary(made)
    area = data.areas[data.area_index["PC9711"]]
    assert (area.name, area.gemeente_id, area.roaz) == ("9711 Stad", "GM0014", "Noord-Nederland")
    assert (area.latitude, area.longitude, area.access_factor) == (53.22, 6.56, 1.1)
    assert area.spread_km == pytest.approx((2.5 / (2 * np.pi)) ** 0.5, abs=0.001)
    # The parts of Groningen have become PC4s; those of Amsterdam, without PC4s in the table, are as they were.
    per_gemeente = Counter(item.gemeente_id for item in data.areas)
    before = Counter(item.gemeente_id for item in load_primary(BASE).areas)
    assert (per_gemeente["GM0014"], per_gemeente["GM0034"]) == (2, 1)
    assert per_gemeente["GM0363"] == before["GM0363"]
    assert data.id == "nl2025-pc4"
    assert "own_pc4" in {source.id for source in data.sources}


def test_the_tables_are_right_but_for_what_is_still_to_be_derived(made: Path) -> None:
    keys = {problem.key for problem in check_dataset(made)}
    assert keys == {"dataset.derived_missing"}


def test_the_size_of_a_postcode_area_gives_how_far_people_live_apart() -> None:
    def of_size(size: float | None) -> float:
        return Postcode("1000", "GM0014", "", 52, 5, size, None, {}).spread_km

    assert of_size(None) == pytest.approx(1.14, abs=0.01)
    assert of_size(0.5) < of_size(5.0) < of_size(100.0) == of_size(300.0) == 3.0


def run(*arguments: object) -> Result:
    return CliRunner().invoke(dataset_command, ["pc4", *map(str, arguments)])


def test_the_command_makes_a_dataset_that_is_right(tmp_path: Path) -> None:
    result = run(write(tmp_path / "a.csv", rows()), "--out", tmp_path / "mine", "--lang", "nl")
    assert result.exit_code == 0, result.output
    assert "Gemeenten zonder postcodes in het bestand, die blijven zoals zij waren: 340" in result.stdout
    assert "(mogelijk ontbreken er postcodes): 2 (" in result.stdout
    assert check_dataset(tmp_path / "mine") == []
    data = load_dataset(tmp_path / "mine")
    assert data.travel_hundredths.shape == (len(data.areas), len(data.locations))
    near, far = data.location_index["UMCG"], data.location_index["EMC"]
    assert data.travel_hundredths[data.area_index["PC9711"], near] < 1500
    assert data.travel_hundredths[data.area_index["PC9711"], far] > 12000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "mine"]


def test_the_command_makes_a_dataset_of_what_cbs_gives(tmp_path: Path) -> None:
    with open_data() as service:
        areas = load_primary(BASE).areas
        service.gemeenten[2025] = {area.gemeente_id: (area.longitude, area.latitude, 0.02) for area in areas}
        almere = next(area for area in areas if area.gemeente_id == "GM0034")
        service.postcodes[2024] = {
            "1311": (almere.longitude - 0.01, almere.latitude, 0.005),
            "1312": (almere.longitude + 0.01, almere.latitude, 0.005),
        }
        service.people[2024] = {"1311": [300] * 20, "1312": [100] * 20}
        places = ["--statline", service.statline, "--pdok", service.address]
        result = run("--from-cbs", *places, "--out", tmp_path / "mine", "--json")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert (record["postcodes"], record["areas"]) == (2, len(areas) + 1)
    assert {"cbs_83502ned", "cbs_postcode4"} <= {
        source.id for source in load_dataset(tmp_path / "mine").sources
    }
    data = load_dataset(tmp_path / "mine")
    people = data.population[2025]
    one, two = people[data.area_index["PC1311"]], people[data.area_index["PC1312"]]
    assert one.sum() / two.sum() == pytest.approx(3, rel=0.001)


@pytest.mark.parametrize("how", ["wrong row", "no source", "two sources", "full folder", "offline"])
def test_a_mistake_leaves_nothing_behind(tmp_path: Path, how: str) -> None:
    table = rows()
    out = tmp_path / "mine"
    if how == "wrong row":
        table[0]["gemeente"] = "Nergens"
    path = write(tmp_path / "a.csv", table)
    if how == "full folder":
        shutil.copytree(BASE / "derived", out)
    before = sorted(item.relative_to(tmp_path) for item in tmp_path.rglob("*"))
    nowhere = ["--statline", "http://127.0.0.1:9/odata", "--pdok", "http://127.0.0.1:9"]
    sources: dict[str, list[object]] = {
        "no source": [],
        "two sources": [path, "--from-cbs"],
        "offline": ["--from-cbs", *nowhere],
    }
    result = run(*sources.get(how, [path]), "--out", out)
    assert result.exit_code == 1
    assert sorted(item.relative_to(tmp_path) for item in tmp_path.rglob("*")) == before
