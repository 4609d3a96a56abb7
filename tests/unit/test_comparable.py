"""Results next to each other: paired where they can be, refused with what differs where they cannot."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.support import sample_result
from tests.support.sample_result import reading
from tests.support.small_dataset import make_dataset

from zorgstroom import cli
from zorgstroom.comparable import NotComparable, question_of, require_same_question
from zorgstroom.domain.scenario import Horizon
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.drawing import alternative
from zorgstroom.reporting.impact import Estimate, Row
from zorgstroom.reporting.side_by_side import Result, side_by_side
from zorgstroom.tables import INDICATORS
from zorgstroom_simulator.outcome import Outcome
from zorgstroom_simulator.run_output import write

pytestmark = pytest.mark.unit

Capture = pytest.CaptureFixture[str]
#: Mean travel minutes of the plan per simulated year: chance is large, and the same for every plan.
YEARS = (20.0, 24.0, 19.0, 26.0)


def result(folder: Path, name: str, extra: float, today: float = 18.4, **changes: Any) -> str:
    """Write a result of a plan that makes everybody travel so many minutes more; return its folder."""
    horizon = changes.pop("horizon", {})
    scenario = sample_result.scenario(name=name, horizon=horizon)
    rows = [
        {
            "scenario": "plan", "replication": number, "indicator": "travel_mean", "location": "", "profile": "",
            "area": "", "pool": "", "band": "", "total": round((value + extra) * 100_000), "count": 1000,
        }
        for number, value in enumerate(YEARS)
    ]  # fmt: skip
    told = [reading("travel_mean", today, sum(YEARS) / len(YEARS) + extra, 3.0)]
    tables = sample_result.tables(told) | {"indicators": pa.Table.from_pylist(rows, schema=INDICATORS)}
    identity = sample_result.identity(**changes)
    impact = build_impact(tables, make_dataset(), scenario, None, identity, [])
    target = folder / name
    target.mkdir()
    write(Outcome(tables, impact, {"run_id": name}), scenario, target, "nl")
    return str(target)


def test_plans_stand_next_to_each_other_with_paired_differences(tmp_path: Path, capsys: Capture) -> None:
    folders = [result(tmp_path, "een", 0.0), result(tmp_path, "twee", 1.5), result(tmp_path, "drie", -0.5)]
    assert cli.run(["compare", *folders, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [item["name"] for item in document["folders"]] == ["een", "twee", "drie"]
    [row] = [row for row in document["indicators"] if row["indicator"] == "travel_mean"]
    assert [round(plan["mean"], 2) for plan in row["plans"]] == [22.25, 23.75, 21.75]
    assert row["differences"][0] is None
    assert [round(item["mean"], 6) for item in row["differences"][1:]] == [1.5, -0.5]
    # The years go up and down together: the margin of the difference is nothing, those of the plans are minutes.
    assert row["differences"][1]["high"] - row["differences"][1]["low"] < 0.001
    assert row["plans"][0]["high"] - row["plans"][0]["low"] == pytest.approx(6.0)
    assert cli.run(["compare", *folders, "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "Plan 2 minus plan 1" in said
    assert "+1.5" in said


def weighed(folder: Path, name: str, extra: float) -> str:
    """A result that tells of travel and of the share at the norm too."""
    target = result(folder, name, extra)
    told = [
        reading("travel_mean", 18.4, 22.25 + extra, 3.0, profile="oesophagus"),
        reading("volume_at_norm", 0.4, 0.9, 0.1, profile="oesophagus"),
    ]
    rows = [
        {
            "scenario": side, "replication": number, "indicator": indicator, "location": "",
            "profile": "oesophagus", "area": "", "pool": "", "band": "", "total": round(total), "count": count,
        }
        for side, more in (("baseline", -3.85), ("plan", extra))
        for number, value in enumerate(YEARS)
        for indicator, total, count in (
            ("travel_mean", (value + more) * 100_000, 1000),
            ("volume_at_norm", 40 if side == "baseline" else 90, 100),
        )
    ]  # fmt: skip
    tables = sample_result.tables(told) | {"indicators": pa.Table.from_pylist(rows, schema=INDICATORS)}
    scenario = sample_result.scenario(name=name)
    impact = build_impact(tables, make_dataset(), scenario, None, sample_result.identity(), [])
    write(Outcome(tables, impact, {"run_id": name}), scenario, Path(target), "nl")
    return target


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_page_shows_the_trade_off_with_today_and_every_simulated_year(
    tmp_path: Path, capsys: Capture, language: str
) -> None:
    folders = [weighed(tmp_path, "<b>een", 0.0), weighed(tmp_path, "twee", 1.5)]
    page = tmp_path / "pagina.html"
    assert cli.run(["compare", *folders, "--out", str(page), "--lang", language]) == 0
    assert str(page) in capsys.readouterr().out
    written = page.read_text("utf-8")
    assert "<b>een" not in written
    assert "<script" not in written
    # Today and two plans, each with four simulated years around it.
    assert written.count("<circle") == 3 * (1 + len(YEARS))
    [svg] = re.findall(r"<svg.*?</svg>", written, re.S)
    shown = alternative(svg)
    assert ("18,4" if language == "nl" else "18.4") in shown
    assert "40%" in shown
    assert "90%" in shown
    # What better is stands at the axes: less travel, more at the norm.
    assert "\u2190" in svg
    assert "\u2191" in svg


def test_a_page_that_cannot_be_written_is_a_mistake(tmp_path: Path, capsys: Capture) -> None:
    folders = [result(tmp_path, "een", 0.0), result(tmp_path, "twee", 1.5)]
    (tmp_path / "file").write_text("x", "utf-8")
    assert cli.run(["compare", *folders, "--out", str(tmp_path / "file" / "x.html"), "--lang", "en"]) == 1
    assert "--out" in capsys.readouterr().err


def test_a_year_in_which_nobody_is_left_on_a_list_counts_as_none() -> None:
    """Tables have no row for a count of nobody: the difference is over all years all the same."""
    impact = build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None,
        sample_result.identity(), [],
    )  # fmt: skip
    told = Row(
        indicator="list_treatment_end", profile="hip", verdict="none", confidence="low",
        baseline=Estimate(mean=5), plan=Estimate(mean=4), difference=Estimate(mean=-1), clear=False,
    )  # fmt: skip
    identity = impact.identity.model_copy(update={"replications": 3})
    impact = impact.model_copy(update={"headline": [told], "identity": identity})
    some, none = (
        Result(
            impact,
            pa.Table.from_pylist(
                [
                    {
                        "scenario": "plan", "replication": year, "indicator": "list_treatment_end", "location": "",
                        "profile": "hip", "area": "", "pool": "", "band": "", "total": total, "count": 1,
                    }
                    for year, total in enumerate(totals)
                    if total
                ],
                schema=INDICATORS,
            ),
        )
        for totals in ((6, 0, 3), (0, 0, 0))
    )  # fmt: skip
    [line] = side_by_side([some, none])
    assert line.differences[0] is not None
    assert line.differences[0].mean == pytest.approx(-3)


@pytest.mark.parametrize(
    ("changes", "field", "values"),
    [
        ({"seed": 2}, "Toevalsgetal", ("1", "2")),
        ({"region": "roaz:Noord"}, "Gebied", ("geen", "roaz:Noord")),
        ({"model_version": "9.9"}, "Versie van het model", ("1.0", "9.9")),
        ({"dataset_digest": "f" * 64}, "Gegevens (vingerafdruk)", ("000000000000", "ffffffffffff")),
        ({"demand_year": 2035}, "Jaar van de vraag", ("2025", "2035")),
        ({"weeks": 26}, "Doorgerekend tijdvak (weken)", ("52", "26")),
        ({"horizon": {"warmup_weeks": 10}}, "Aanloop (weken)", ("6", "10")),
        (
            {"horizon": {"demand_factors": [{"factor": 1.1, "ages": ["75plus"]}]}},
            "Vraag in Nu en in het plan",
            ("geen", "factor 1.1, ages 75plus"),
        ),
        ({"today": 18.5}, "Wat voor Nu is uitgerekend", ("18.4", "18.5")),
    ],
)
def test_an_incomparable_pair_is_refused_with_what_differs(
    changes: dict[str, Any], field: str, values: tuple[str, str], tmp_path: Path, capsys: Capture
) -> None:
    folders = [result(tmp_path, "een", 0.0), result(tmp_path, "twee", 0.0, **changes)]
    assert cli.run(["compare", *folders]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    [line] = [line for line in said.err.splitlines() if line.startswith("- ")]
    assert line.startswith(f"- {field}: ")
    for folder, value in zip(folders, values, strict=True):
        assert f"{folder} heeft " in line
        assert value in line


def test_all_fields_that_differ_are_named_at_once() -> None:
    questions = {
        name: question_of(sample_result.identity(seed=seed, weeks=weeks), Horizon())
        for name, seed, weeks in (("a", 1, 52), ("b", 2, 52), ("c", 1, 26))
    }
    with pytest.raises(NotComparable) as refused:
        require_same_question(questions)
    assert refused.value.members == {
        "differences": [
            {"field": "seed", "values": {"a": 1, "b": 2, "c": 1}},
            {"field": "weeks", "values": {"a": 52, "b": 52, "c": 26}},
        ]
    }
    require_same_question({"a": questions["a"], "again": questions["a"]})


def test_the_engine_decides_no_number_so_results_of_different_engines_can_be_compared() -> None:
    identities = {name: sample_result.identity(engine=name) for name in ("simpy", "compiled")}
    require_same_question({name: question_of(made, Horizon()) for name, made in identities.items()})


def test_what_is_no_result_is_refused(tmp_path: Path, capsys: Capture) -> None:
    folder = result(tmp_path, "een", 0.0)
    empty = tmp_path / "leeg"
    empty.mkdir()
    broken = tmp_path / "stuk"
    broken.mkdir()
    (broken / "impact.json").write_text("{}", "utf-8")
    for arguments, told in (
        ([folder], "2 tot 8"),
        ([folder, folder], "2 tot 8"),
        ([folder, str(empty)], "impact.json"),
        ([folder, str(broken)], "impact.json"),
        ([folder, str(tmp_path / "nergens")], "nergens"),
    ):
        assert cli.run(["compare", *arguments]) == 1
        assert told in capsys.readouterr().err
    other = result(tmp_path, "twee", 0.0)
    indicators = Path(folder) / "indicators.parquet"
    indicators.write_bytes(b"niets")
    for _ in ("unreadable", "missing"):
        assert cli.run(["compare", other, folder]) == 1
        told = capsys.readouterr().err
        assert folder in told
        assert indicators.name in told
        indicators.unlink(missing_ok=True)
