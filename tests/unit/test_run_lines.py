"""What ``zorgstroom run`` says besides the outcome: how far it is, how fast it went, and what memory allows."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom import cli
from zorgstroom.domain.scenario import Scenario
from zorgstroom.reporting.build import build_impact
from zorgstroom.scenario_file import example_scenarios, load_scenario, scenario_digest
from zorgstroom.text import Language
from zorgstroom_simulator import run_command, run_output, run_work
from zorgstroom_simulator.experiment import Experiment
from zorgstroom_simulator.outcome import Outcome
from zorgstroom_simulator.resources import Jobs

pytestmark = pytest.mark.unit

Capture = pytest.CaptureFixture[str]
GB = 2**30


@pytest.mark.parametrize(
    ("language", "jobs", "told"),
    [
        (
            "nl",
            Jobs(1, 2, int(2.1 * GB), 4 * GB),
            "geheugen voor één rekenproces tegelijk, niet voor 2: elk heeft",
        ),
        ("nl", Jobs(2, 4, int(2.1 * GB), 5 * GB), "ongeveer 2,1 GB nodig en er is 5,0 GB vrij."),
        ("en", Jobs(2, 4, int(2.1 * GB), 5 * GB), "each needs about 2.1 GB and 5.0 GB is free."),
        ("nl", Jobs(2, 2, GB, 64 * GB), ""),
    ],
)
def test_fewer_processes_than_cores_are_explained(
    language: Language, jobs: Jobs, told: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_work, "jobs_that_fit", lambda *_: jobs)
    experiment = Experiment(
        make_dataset(), Scenario.model_validate({"zorgstroom": 1, "name": "Nu"}), None, seed=1
    )
    assert run_work.processes(experiment, 4, language) == jobs.count
    said = capsys.readouterr().err
    assert told in said
    assert bool(said) == jobs.limited


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("nl", "Klaar in 12 seconden: 2.000.000 patiënten, 200.000 per seconde (800.000 gebeurtenissen"),
        (
            "en",
            "Done in 12 seconds: 2,000,000 patients, 200,000 a second (800,000 events a second). The largest",
        ),
    ],
)
def test_end_tells_speed_and_memory(language: Language, told: str, capsys: Capture) -> None:
    manifest: dict[str, Any] = {
        "wall_seconds": 10.0,
        "patients": 2_000_000,
        "events": 8_000_000,
        "peak_memory_mb": 1663.2,
    }
    run_output.show_speed(manifest, 12.0, language)
    said = capsys.readouterr().out
    assert told in said
    assert "1.663 MB" in said or "1,663 MB" in said


def test_without_a_terminal_a_long_run_still_says_how_far_it_is(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(0, 20)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    with run_work.progress(4, "nl") as step:
        for _ in range(4):
            step()
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "2 van 4 doorgerekende jaren klaar na 40 seconden.",
        "4 van 4 doorgerekende jaren klaar na 80 seconden.",
    ]


def test_folder_holds_the_plan_with_all_it_is_based_on(tmp_path: Path) -> None:
    based = tmp_path / "plan.yaml"
    base = example_scenarios()[1].slug
    based.write_text(f"zorgstroom: 1\nname: Gestapeld\nbased_on: [{base}]\n", "utf-8")
    scenario = load_scenario(based)
    tables = sample_result.tables()
    impact = build_impact(
        tables, make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )
    outcome = Outcome(tables, impact, {"scenario_digest": scenario_digest(scenario)})
    folder = tmp_path / "out"
    folder.mkdir()
    run_output.write(outcome, scenario, folder, "nl")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    written = load_scenario(folder / manifest["scenario"])
    assert written.actions
    assert scenario_digest(written) == manifest["scenario_digest"]


def test_warnings_of_the_plan_are_told_as_validate_tells_them(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "zorgstroom: 1\nname: Twee keer\nregion: {roaz: Euregio}\nactions:\n"
        + "  - capacity: {location: MST, pool: or, percent: 5}\n" * 2,
        "utf-8",
    )
    assert cli.run(["validate", str(plan)]) == 0
    told = capsys.readouterr().err
    assert ": let op: " in told

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_command, "processes", stop)
    cli.run(["run", str(plan), "--out", str(tmp_path / "out")])
    assert told.strip() in capsys.readouterr().err
