"""Own figures from workbook to impact analysis, as a planner goes: real processes, a short horizon."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.own_figures import filled_workbook

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.own.importing import import_own
from zorgstroom.reporting.impact import Impact

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
PLAN = """
zorgstroom: 1
name: Korte proef
region: {roaz: Euregio}
horizon: {weeks: 4, warmup_weeks: 1}
actions:
  - close: {location: SKB}
"""


def run(folder: Path, *arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zorgstroom", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_run_counts_with_own_figures_and_says_so_everywhere(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    filling = {("Bedden", "ward:surgical"): 140, ("Kamers en spreekuren", "clinic:surgery"): 400}
    filled_workbook(tmp_path / "cijfers.xlsx", filling)
    run(tmp_path, "dataset", "import", "cijfers.xlsx", "--out", "mijn")
    for data, out in (("mijn", "uit-map"), ("cijfers.xlsx", "uit-werkboek")):
        run(tmp_path, "run", "plan.yaml", "--data", data, "--replications", 1, "--jobs", 1, "--out", out)

    manifests = [
        json.loads((tmp_path / out / "manifest.json").read_text()) for out in ("uit-map", "uit-werkboek")
    ]
    dataset = load_dataset(tmp_path / "mijn")
    assert manifests[0]["confidential"]
    assert manifests[0]["dataset"] == {
        "id": dataset.id,
        "version": dataset.version,
        "digest": dataset.digest,
        "based_on": dataset.based_on,
        "own_figures": 2,
    }
    assert manifests[0]["dataset"] == manifests[1]["dataset"]
    assert manifests[0]["table_digests"] == manifests[1]["table_digests"]

    impact = Impact.model_validate_json((tmp_path / "uit-map" / "impact.json").read_bytes())
    assert (impact.identity.confidential, impact.identity.own_figures) == (True, 2)
    assert "Vertrouwelijk" in (tmp_path / "uit-map" / "impact.html").read_text(encoding="utf-8")


def test_the_shipped_example_is_complete_and_its_two_forms_are_the_same(tmp_path: Path) -> None:
    example = ROOT / "examples" / "own-figures"
    forms = [import_own(example / name, tmp_path / name).dataset for name in ("eigen-cijfers.xlsx", "csv")]
    assert forms[0].digest == forms[1].digest
    assert {figure.kind for figure in forms[0].own} == {"beds", "rooms", "volumes", "waits", "offers"}
    assert {figure.source for figure in forms[0].own} == {"verzonnen"}
    assert not forms[0].confidential
