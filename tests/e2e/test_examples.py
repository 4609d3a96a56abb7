"""Every example of the product, in full, as the command line computes it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from zorgstroom.reporting.impact import Impact
from zorgstroom.scenario_file import Example, example_scenarios

pytestmark = [pytest.mark.e2e, pytest.mark.nightly]


@pytest.mark.parametrize("example", example_scenarios(), ids=lambda example: example.slug)
@pytest.mark.timeout(900)
def test_an_example_adds_up_and_moves_somebody(example: Example, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "zorgstroom", "run", str(example.path), "--out", str(folder), "--json"],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["settings"]["replications"] == 10
    impact = Impact.model_validate_json((folder / "impact.json").read_bytes())
    assert all(line.balanced for line in impact.conservation)
    assert bool(impact.flows) == bool(impact.actions)
    assert len(impact.summary) >= 1
