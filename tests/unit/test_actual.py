"""A plan beside what happened: template, deviations, how far each action is, and every mistake with its cell."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom import cli
from zorgstroom.actual.comparing import deviations, prediction_range, progress
from zorgstroom.actual.reading import Realised, read_realised
from zorgstroom.actual.result import Expected, read_result
from zorgstroom.actual.template import template_csv, template_rows, template_xlsx
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput
from zorgstroom.planning.comparison import student_t
from zorgstroom.reporting.build import build_impact
from zorgstroom.tables import to_parquet
from zorgstroom.text import LANGUAGES
from zorgstroom_simulator.experiment import Experiment, combine, simulate_replication

pytestmark = pytest.mark.unit

SMALL = make_dataset()
#: At the end of the first year ZUID stops with hips.
CLOSE = {"close": {"location": "ZUID", "profiles": ["hip"], "start": "2025-12-29"}}
YEARS = 3


def folder_of(folder: Path, weeks: int, region: Region | None = None) -> Path:
    """Write what `zorgstroom run` leaves behind of a small run, as far as it is read here."""
    document = {
        "zorgstroom": 1,
        "name": "Heupen",
        "horizon": {"weeks": weeks, "warmup_weeks": 2},
        "actions": [CLOSE],
    }
    scenario = Scenario.model_validate(document)
    made = Experiment(SMALL, scenario, region, 1, "compiled")
    tables = combine([simulate_replication(made, number) for number in range(YEARS)])
    identity = sample_result.identity(
        dataset_digest=SMALL.digest,
        replications=YEARS,
        weeks=weeks,
        region="" if region is None else f"{region.kind}:{region.name}",
    )
    folder.mkdir()
    for name, table in tables.items():
        (folder / f"{name}.parquet").write_bytes(to_parquet(table))
    impact = build_impact(tables, SMALL, scenario, region, identity, [])
    (folder / "impact.json").write_text(impact.model_dump_json(), encoding="utf-8")
    (folder / "scenario.json").write_text(scenario.canonical_json(), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("actual") / "result", 104)


@pytest.fixture(scope="module")
def expected(result: Path) -> Expected:
    return read_result(result, SMALL)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["location;profile;year;realised", *lines]), encoding="utf-8")
    return path


@pytest.fixture
def filled(tmp_path: Path, expected: Expected) -> Callable[..., dict[tuple[int, int, int], Realised]]:
    return lambda *lines: read_realised(write(tmp_path / "a.csv", *lines), expected)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_template_comes_back_as_it_went_out(
    expected: Expected, tmp_path: Path, language: str, form: str
) -> None:
    """Filled in with the plan's own mean of the first simulated year: every volume that the plan touches is there."""
    rows = template_rows(expected, language)  # type: ignore[arg-type]
    assert {row[0] for row in rows[1:]} >= {"ZUID", "MIDDEN"}
    assert {row[4] for row in rows[1:]} == {2025, 2026}
    for row in rows[1:]:
        row[-1] = 12 if row[0] == "ZUID" else "<10"
    path = tmp_path / f"volumes.{form}"
    path.write_bytes((template_csv if form == "csv" else template_xlsx)(rows, language))  # type: ignore[arg-type]
    if form == "xlsx":
        # The column to fill in is empty in the template itself.
        with pytest.raises(InvalidInput) as caught:
            read_realised(path, expected)
        assert [problem.key for problem in caught.value.problems] == ["actual.nothing_filled_in"]
        with xlsxwriter.Workbook(str(path)) as workbook:
            sheet = workbook.add_worksheet("Blad1")
            for number, row in enumerate(rows, start=3):
                sheet.write_row(number, 1, row)
    found = read_realised(path, expected)
    assert len(found) == len(rows) - 1
    zuid = SMALL.location_index["ZUID"]
    assert {item for key, item in found.items() if key[0] == zuid} == {Realised(12, 12)}
    assert {item for key, item in found.items() if key[0] != zuid} == {Realised(0, 9)}


def test_the_range_is_that_of_one_more_year() -> None:
    volumes = np.array([40.0, 44.0, 36.0, 40.0])
    half = student_t(3) * np.sqrt(32 / 3) * np.sqrt(1.25)
    assert prediction_range(volumes) == (int(40 - half), int(40 + half) + 1)
    assert prediction_range(volumes[:2]) == (None, None)
    assert prediction_range(np.array([0.0, 1.0, 0.0]))[0] == 0


def test_a_volume_stands_within_above_or_below_the_range_or_cannot_be_told(
    expected: Expected, filled: Callable[..., dict[tuple[int, int, int], Realised]]
) -> None:
    hip, noord = SMALL.profile_index["hip"], SMALL.location_index["NOORD"]
    plan = expected.plan[noord, hip, 2026]
    low, high = prediction_range(plan)
    assert low is not None
    assert high is not None
    for written, standing in (
        (str(round(plan.mean())), "inside"), (str(high), "inside"), (str(high + 1), "above"),
        (str(low), "inside"), (str(low - 1), "below"), (f"<{low + 5}", "unclear"), (f"<{low}", "below"),
    ):  # fmt: skip
        [line] = deviations(expected, filled(f"NOORD;hip;2026;{written}"))
        assert line.standing == standing, written
        assert (line.low, line.high) == (low, high)
        assert line.plan == pytest.approx(plan.mean())
    [line] = deviations(expected, filled("ZUID;hip;2026;7"))
    assert (line.plan, line.low, line.high, line.standing, line.difference) == (0, 0, 0, "above", 7)


def test_progress_is_the_part_of_the_intended_move_that_happened(
    expected: Expected, filled: Callable[..., dict[tuple[int, int, int], Realised]]
) -> None:
    hip, zuid = SMALL.profile_index["hip"], SMALL.location_index["ZUID"]
    without = expected.baseline[zuid, hip, 2026].mean()
    for left, share in ((0, 1.0), (round(without / 2), 0.5), (round(without), 0.0)):
        [step] = progress(expected, filled(f"ZUID;hip;2026;{left}", "MIDDEN;hip;2026;100"))
        assert (step.action, step.year, step.told, step.of) == (0, 2026, 1, 1)
        assert step.share == pytest.approx(share, abs=0.01)
        assert step.intended == pytest.approx(without)
        assert step.share_low is not None
        assert step.share_high is not None
        assert step.share_low < step.share < step.share_high
    # In the year before nobody was to leave.
    assert progress(expected, filled("ZUID;hip;2025;3")) == []


def test_every_mistake_is_named_with_its_cell(
    expected: Expected, filled: Callable[..., dict[tuple[int, int, int], Realised]]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        filled(
            "ZUIT;hip;2026;12",
            "ZUID;heup;2026;12",
            "ZUID;hip;2031;12",
            "ZUID;hip;2026;veel",
            "ZUID;hip;2026;-3",
            "ZUID;hip;2026;12,5",
            "ZUID;hip;2025;12",
            "ZUID;hip;2025;13",
            ";hip;2026;1",
            "NOORD;hip;2026;",
        )
    found = [(problem.where, problem.key) for problem in caught.value.problems]
    assert found == [
        ("a.csv:2", "actual.unknown_location_near"),
        ("a.csv:3", "actual.unknown_profile_near"),
        ("a.csv:4", "actual.other_year"),
        ("a.csv:5", "actual.no_volume"),
        ("a.csv:6", "actual.no_volume"),
        ("a.csv:7", "actual.no_volume"),
        ("a.csv:9", "actual.twice"),
        ("a.csv:10", "actual.missing_location"),
    ]
    told = caught.value.message("nl")
    assert "Bedoelt u 'ZUID'?" in told
    assert "Mogelijk: 2025, 2026." in told
    assert "er staat 'veel'" in told
    assert "eerder op a.csv:8" in told


def test_names_and_thousands_are_read_as_people_write_them(
    filled: Callable[..., dict[tuple[int, int, int], Realised]],
) -> None:
    [(key, volume)] = filled("Ziekenhuis Zuid;Hip replacement;2026;1.234").items()
    assert key == (SMALL.location_index["ZUID"], SMALL.profile_index["hip"], 2026)
    assert volume == Realised(1234, 1234)


def test_a_result_that_says_nothing_of_a_year_or_is_of_other_data_is_refused(
    result: Path, expected: Expected, tmp_path: Path
) -> None:
    def refused(folder: Path, dataset: object = SMALL) -> str:
        with pytest.raises(InvalidInput) as caught:
            read_result(folder, dataset)  # type: ignore[arg-type]
        [problem] = caught.value.problems
        return problem.key

    assert refused(tmp_path) == "actual.no_result"
    assert refused(result, dataclasses.replace(SMALL, digest="1" * 64)) == "actual.other_dataset"
    assert refused(folder_of(tmp_path / "short", 8)) == "actual.no_year"


def test_of_a_region_only_its_own_locations_are_compared(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "zuid", 52, Region("roaz", "Zuid"))
    one = read_result(folder, SMALL)
    assert one.years == (2025,)
    with pytest.raises(InvalidInput) as caught:
        read_realised(write(tmp_path / "a.csv", "NOORD;hip;2025;12"), one)
    assert [problem.key for problem in caught.value.problems] == ["actual.outside_region"]
    assert "Zuid" in caught.value.message("en")


def test_the_command_shows_deviations_and_progress(
    result: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("zorgstroom.actual_commands.load_dataset", lambda _name: SMALL)
    template = tmp_path / "volumes.csv"
    assert cli.run(["actual", "template", str(result), "--out", str(template), "--lang", "nl"]) == 0
    assert cli.run(["actual", "template", str(result), "--out", str(template), "--lang", "nl"]) == 1
    assert template.read_bytes().startswith(b"\xef\xbb\xbfLocatie;")
    capsys.readouterr()
    filled = write(tmp_path / "filled.csv", "ZUID;hip;2026;3", "ZUID;hip;2025;500")
    assert cli.run(["actual", "compare", str(result), str(filled), "--lang", "nl"]) == 0
    shown = capsys.readouterr().out
    assert "meer dan verwacht" in shown
    assert "1 (close)" in shown
    assert cli.run(["actual", "compare", str(result), str(filled), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["standing"] for row in document["volumes"]] == ["above", "above"]
    assert document["progress"][0]["share"] > 0.8
    assert cli.run(["actual", "compare", str(result), str(tmp_path / "none.csv")]) == 1
    assert not list(tmp_path.glob(".*tmp"))
