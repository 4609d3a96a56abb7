"""``zorgstroom run`` as a planner uses it: real processes, the shipped country, a short horizon."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from tests.support.processes import members

from zorgstroom.reporting.impact import Impact
from zorgstroom.scenario_file import load_scenario, scenario_digest
from zorgstroom.tables import SCHEMAS, table_digest

pytestmark = pytest.mark.e2e

PLAN = """
zorgstroom: 1
name: Korte proef
region: {roaz: Euregio}
horizon: {weeks: WEEKS, warmup_weeks: 1}
actions:
  - close: {location: SKB}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "proef.yaml"
    path.write_text(PLAN.replace("WEEKS", "4"), encoding="utf-8")
    return path


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "zorgstroom", *map(str, arguments)]


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=os.environ | environment,
    )


def test_it_writes_everything_and_any_number_of_processes_gives_the_same_tables(
    plan: Path, tmp_path: Path
) -> None:
    digests = []
    for jobs in (1, 2):
        folder = tmp_path / f"uit-{jobs}"
        done = run("run", plan, "--replications", 3, "--jobs", jobs, "--out", folder, "--json")
        assert done.returncode == 0, done.stderr
        manifest = json.loads(done.stdout)
        assert manifest["settings"] == {
            "replications": 3,
            "seed": 1,
            "region": "roaz:Euregio",
            "engine": "compiled",
        }
        digests.append(manifest["table_digests"])
        for name, schema in SCHEMAS.items():
            table = pq.read_table(folder / f"{name}.parquet")
            assert table.schema.remove_metadata() == schema
            assert table_digest(table) == manifest["table_digests"][name]
    assert digests[0] == digests[1]

    written = load_scenario(folder / manifest["scenario"])
    assert scenario_digest(written) == manifest["scenario_digest"]
    impact = Impact.model_validate_json((folder / "impact.json").read_bytes())
    assert {flow.from_location for flow in impact.flows} == {"SKB"}
    assert all(line.balanced for line in impact.conservation)
    html = (folder / "impact.html").read_text(encoding="utf-8")
    assert '<html lang="nl"' in html
    assert "SKB Winterswijk" in html
    assert len(openpyxl.load_workbook(folder / "impact.xlsx").sheetnames) >= 8
    assert sorted(tmp_path.iterdir()) == sorted([plan, tmp_path / "uit-1", tmp_path / "uit-2"])


def test_another_processor_gives_the_same_tables(plan: Path, tmp_path: Path) -> None:
    """NumPy without the vector instructions of this processor: other loops, the same bytes."""
    digests = []
    for name, disabled in (("all", ""), ("none", " ".join(optional_cpu_features()))):
        done = run(
            "run",
            plan,
            "--replications",
            1,
            "--out",
            tmp_path / name,
            "--json",
            NPY_DISABLE_CPU_FEATURES=disabled,
        )
        assert done.returncode == 0, done.stderr
        digests.append(json.loads(done.stdout)["table_digests"])
    assert digests[0] == digests[1]


def optional_cpu_features() -> list[str]:
    """Return the instruction sets NumPy has loops for, and this processor has, that it can do without."""
    features = importlib.import_module("numpy._core._multiarray_umath")
    return [name for name in features.__cpu_dispatch__ if features.__cpu_features__.get(name)]


def test_one_command_gives_summary_and_report_in_english(plan: Path, tmp_path: Path) -> None:
    forms = ("html", "docx", "pdf", "xlsx")
    out, again = tmp_path / "out", tmp_path / "again"
    options = ("--replications", 1, "--lang", "en", "--report", ",".join(forms))
    done = run("run", plan, "--out", out, *options)
    assert done.returncode == 0, done.stderr
    assert "patients" in done.stdout
    assert 'lang="en"' in (out / "impact.html").read_text(encoding="utf-8")
    assert run("report", out, "--out", again, "--lang", "en").returncode == 0
    for name in (*(f"report.{form}" for form in forms), "report.json"):
        assert (out / name).read_bytes() == (again / name).read_bytes()


def test_an_unknown_form_of_report_is_refused_before_anything_is_computed(plan: Path, tmp_path: Path) -> None:
    done = run("run", plan, "--out", tmp_path / "out", "--report", "html,pfd")
    assert done.returncode == 1
    assert "--report" in done.stderr
    assert "Bedoelt u pdf?" in done.stderr
    assert sorted(tmp_path.iterdir()) == [plan]


def test_mistakes_are_named_with_their_line_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "fout.yaml"
    path.write_text(
        PLAN.replace("WEEKS", "4").replace("SKB", "SKP")
        + "  - concentrate: {profiles: [oesofagus], at: [MST]}\n",
        encoding="utf-8",
    )
    done = run("run", path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "fout.yaml:7" in done.stderr
    assert "fout.yaml:8" in done.stderr
    assert "oesophagus" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_folder_with_other_things_is_left_alone(plan: Path, tmp_path: Path) -> None:
    folder = tmp_path / "belangrijk"
    folder.mkdir()
    (folder / "brief.txt").write_text("niet weggooien")
    done = run("run", plan, "--replications", 1, "--out", folder)
    assert done.returncode == 1
    assert "belangrijk" in done.stderr
    assert (folder / "brief.txt").read_text() == "niet weggooien"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_half_way_it_leaves_no_folder_and_no_process(
    plan: Path, tmp_path: Path, number: signal.Signals
) -> None:
    plan.write_text(PLAN.replace("WEEKS", "52"), encoding="utf-8")
    process = subprocess.Popen(
        command("run", plan, "--replications", 50, "--out", tmp_path / "out", "--jobs", 2),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while len(members(process.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(members(process.pid)) >= 3
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130)
    assert "Traceback" not in output
    deadline = time.monotonic() + 30
    while members(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not members(process.pid)
    assert sorted(tmp_path.iterdir()) == [plan]
