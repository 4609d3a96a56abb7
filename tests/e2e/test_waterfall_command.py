"""``zorgstroom run --waterfall``: what each part of a plan does, from processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from zorgstroom.reporting.impact import Impact
from zorgstroom.tables import WATERFALL, table_digest

pytestmark = pytest.mark.e2e

PLAN = """
zorgstroom: 1
name: Twee delen
region: {corop: Zeeuwsch-Vlaanderen}
horizon: {weeks: 4, warmup_weeks: 0}
actions:
  - demand: {profiles: [outpatient_first], prevent: 0.3}
  - capacity: {location: ZORGS-TE, pool: or, percent: 30}
"""


def test_the_parts_of_a_plan_are_in_table_document_and_report(tmp_path: Path) -> None:
    plan, folder = tmp_path / "delen.yaml", tmp_path / "uit"
    plan.write_text(PLAN, encoding="utf-8")
    options = ("--replications", "2", "--jobs", "2", "--waterfall", "--json")
    done = subprocess.run(
        [sys.executable, "-m", "zorgstroom", "run", plan, "--out", folder, *options],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    table = pq.read_table(folder / "waterfall.parquet")
    assert table.schema.remove_metadata() == WATERFALL
    assert json.loads(done.stdout)["table_digests"]["waterfall"] == table_digest(table)
    assert set(table["part"].to_pylist()) == {"demand", "capacity", "interaction", "total"}
    sums: dict[tuple[int, str], int] = {}
    for row in table.to_pylist():
        sign = -1 if row["part"] == "total" else 1
        key = row["replication"], row["indicator"]
        sums[key] = sums.get(key, 0) + sign * row["millionths"]
    assert len({replication for replication, _ in sums}) == 2
    assert not any(sums.values())
    impact = Impact.model_validate_json((folder / "impact.json").read_bytes())
    assert "wait_treatment" in {row.indicator for row in impact.waterfall}
    assert "Welk deel van het plan doet wat" in (folder / "impact.html").read_text(encoding="utf-8")
