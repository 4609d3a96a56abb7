"""The result store of a sweep, and the tables that are made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput
from zorgstroom.tables import CONFIDENTIAL, INDICATORS
from zorgstroom.text import Language
from zorgstroom_simulator.sweep.results import (
    NOT_POSSIBLE,
    csv_of,
    sweep_tables,
    variants_table,
    write_tables,
)
from zorgstroom_simulator.sweep.store import MARK, ResultStore
from zorgstroom_simulator.sweep.variants import Variant, Variants
from zorgstroom_simulator.sweep.work import KEY

pytestmark = pytest.mark.unit

ONE, OTHER = "1" * 64, "2" * 64


def indicators(plan: int, baseline: int = 10, replications: int = 3) -> pa.Table:
    everybody = dict.fromkeys(("location", "profile", "area", "pool", "band"), "")
    rows = [
        {"scenario": scenario, "replication": number, "indicator": "travel_mean", **everybody}
        | {"total": 100 * (value + number), "count": 1}
        for number in range(replications)
        for scenario, value in (("baseline", baseline), ("plan", plan))
    ]
    return pa.Table.from_pylist(rows, schema=INDICATORS)


def file_of(key: str, table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    marked = table.replace_schema_metadata({KEY: key.encode()})
    with pa.ipc.new_file(sink, marked.schema) as writer:
        writer.write_table(marked)
    return bytes(sink.getvalue().to_pybytes())


def test_what_is_kept_is_there_for_the_next_command(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "out")
    assert store.get(ONE) is None
    store.put(ONE, file_of(ONE, indicators(12)))
    again = ResultStore(tmp_path / "out")
    found = again.get(ONE)
    assert found is not None
    assert found.replace_schema_metadata(None).equals(indicators(12))
    assert again.get(OTHER) is None
    assert again.refused == []
    # Nothing unfinished is left behind.
    assert list((tmp_path / "out").rglob(".*")) == []


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "other result", "other table", "no table"])
def test_a_damaged_or_foreign_file_is_never_used(tmp_path: Path, harm: str) -> None:
    store = ResultStore(tmp_path / "out")
    content = file_of(ONE, indicators(12))
    store.put(ONE, content)
    [path] = (tmp_path / "out").rglob("*.arrow")
    if harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "flip":
        path.write_bytes(content[:-100] + bytes([content[-100] ^ 1]) + content[-99:])
    elif harm == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()
        odd = pa.table({"x": [1]})
        others = {
            "other result": file_of(OTHER, indicators(12)),
            "other table": file_of(ONE, odd),
            "no table": b"something else",
        }
        # Its name is right for what is in it: only what it says it is the result of is not.
        store.put(ONE, others[harm])
    again = ResultStore(tmp_path / "out")
    assert again.get(ONE) is None
    assert len(again.refused) == 1
    # It is gone, and the right one can take its place.
    again.put(ONE, content)
    assert again.get(ONE) is not None
    assert ResultStore(tmp_path / "out").get(ONE) is not None


def test_a_strange_file_among_the_results_is_told(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "out")
    store.put(ONE, file_of(ONE, indicators(12)))
    (tmp_path / "out" / "results" / "notes.txt").write_text("mine", encoding="utf-8")
    again = ResultStore(tmp_path / "out")
    assert [path.name for path in again.refused] == ["notes.txt"]
    assert again.get(ONE) is not None
    assert (tmp_path / "out" / "results" / "notes.txt").exists()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(InvalidInput) as found:
        ResultStore(tmp_path)
    assert "other files than those of a sweep" in found.value.message("en")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize("mark", ["", "[]", '{"zorgstroom_sweep_store": 2}'])
def test_a_store_of_another_form_is_refused(tmp_path: Path, mark: str) -> None:
    (tmp_path / MARK).write_text(mark, encoding="utf-8")
    with pytest.raises(InvalidInput) as found:
        ResultStore(tmp_path)
    assert "another version" in found.value.message("en")


def test_a_folder_that_cannot_be_written_in_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput) as found:
        ResultStore(tmp_path / "file" / "out")
    assert "--out" in found.value.message("en")


def variants() -> Variants:
    scenario = Scenario(zorgstroom=1, name="x")
    why: dict[Language, str] = {"nl": "Kan niet.", "en": "Not possible."}
    return Variants(
        ("actions[0].share", "leave_out", "horizon.weeks", "actions[1]"),
        (
            Variant(1, (0.1, None, 4, {"b": 1, "a": 2}), scenario, None),
            Variant(2, (1, "SKB", 5, None), scenario, None, False, why),
            Variant(3, (0.3, "MST", 6, "=1+1"), scenario, None),
        ),
    )


def test_the_tables_have_a_row_per_variant_and_outcome(tmp_path: Path) -> None:
    found = variants()
    plans = {0: indicators(12), 2: indicators(15, replications=2)}
    parquet, csv = tmp_path / "t.parquet", tmp_path / "t.csv"
    write_tables(sweep_tables(found, plans.__getitem__), parquet, csv, confidential=True)
    table = pq.read_table(parquet)
    assert table.schema.metadata[CONFIDENTIAL] == b"true"
    rows = table.to_pylist()
    assert [(row["variant"], row["status"]) for row in rows] == [(1, "ok"), (2, NOT_POSSIBLE), (3, "ok")]
    first, second, third = rows
    assert (first["baseline"], first["plan"], first["difference"]) == (11.0, 13.0, 2.0)
    assert (first["difference_low"], first["difference_high"]) == (2.0, 2.0)
    assert (first["indicator"], first["unit"], first["replications"]) == ("travel_mean", "minutes", 3)
    assert (second["indicator"], second["difference"], second["replications"]) == ("", None, 0)
    # Two simulated years are too few for an interval.
    assert (third["difference"], third["difference_low"]) == (5.0, None)
    assert [row["actions[0].share"] for row in rows] == [0.1, 1.0, 0.3]
    assert [row["horizon.weeks"] for row in rows] == [4, 5, 6]
    assert [row["leave_out"] for row in rows] == [None, "SKB", "MST"]
    assert [row["actions[1]"] for row in rows] == [json.dumps({"a": 2, "b": 1}), None, "=1+1"]
    read = pacsv.read_csv(csv)
    assert read.column_names == table.column_names
    assert read["difference"].to_pylist() == table["difference"].to_pylist()
    # In CSV no spreadsheet runs a text as a formula.
    assert read["actions[1]"].to_pylist() == [json.dumps({"a": 2, "b": 1}), "", "'=1+1"]
    assert csv_of(variants_table(found)).count(b"'=1+1") == 1


def test_the_table_of_variants_says_why_one_is_not_possible() -> None:
    rows = variants_table(variants()).to_pylist()
    assert [row["note_en"] for row in rows] == ["", "Not possible.", ""]
    assert [row["note_nl"] for row in rows] == ["", "Kan niet.", ""]
    assert [row["status"] for row in rows] == ["ok", NOT_POSSIBLE, "ok"]
