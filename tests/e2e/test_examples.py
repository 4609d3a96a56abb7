"""Every example of the product, in full, as the command line computes it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from zorgstroom.reporting.impact import Impact
from zorgstroom.scenario_file import Example, example_scenarios, load_scenario

pytestmark = [pytest.mark.e2e, pytest.mark.nightly]


#: Actions that send patients somewhere else.
MOVING = {"concentrate", "spread", "close", "open"}


@pytest.mark.parametrize("example", example_scenarios(), ids=lambda example: example.slug)
@pytest.mark.timeout(1800)
def test_an_example_adds_up_and_moves_somebody(example: Example, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    scenario = load_scenario(example.path)
    # The whole country takes as long as ten regions.
    replications = 10 if scenario.region else 3
    options = ["--out", str(folder), "--json", "--replications", str(replications)]
    done = subprocess.run(
        [sys.executable, "-m", "zorgstroom", "run", str(example.path), *options],
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["settings"]["replications"] == replications
    impact = Impact.model_validate_json((folder / "impact.json").read_bytes())
    assert all(line.balanced for line in impact.conservation)
    assert len(impact.actions) == len(scenario.actions)
    assert bool(impact.flows) == any(item.kind in MOVING for item in scenario.actions)
    assert len(impact.summary) >= 1
