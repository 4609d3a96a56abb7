"""The register of assumptions: complete, numbered for good, with honest ranges and real uses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from zorgstroom.cli import run
from zorgstroom.dataset import dataset_folder, load_dataset
from zorgstroom.dataset.provenance import provenance
from zorgstroom.reporting.assumption_page import register_page, register_record
from zorgstroom.reporting.assumption_uses import uses
from zorgstroom.reporting.assumptions import (
    RULES,
    Entry,
    SingleFigure,
    figures,
    held,
    numbers,
    plain,
    register,
    register_csv,
)
from zorgstroom.text import LANGUAGES, catalogue

pytestmark = pytest.mark.unit

FOLDER = dataset_folder("nl2025")
ENTRIES = register(FOLDER)
OF_KIND = {entry.kind: entry for entry in ENTRIES}


def test_every_figure_of_the_dataset_is_in_it_once() -> None:
    """As many as the dataset counts, without yardsticks; each kind with its own number and names."""
    counted = [entry.table for entry in provenance(FOLDER) if entry.table != "targets"]
    # Rules of the national method come with the method, not with the dataset.
    rules = [entry for entry in ENTRIES if entry.kind.startswith(RULES)]
    assert {(entry.kind, entry.figures[0].value) for entry in rules} == {
        ("interventions.moving", 0.1),
        ("interventions.factor", 1.5),
    }
    total = sum(len(entry.figures) for entry in ENTRIES)
    assert total == len(list(figures(FOLDER))) == len(counted) + len(rules)
    new = [entry.kind for entry in ENTRIES if not entry.number]
    assert not new, f"give these the next number in assumption_ids.csv: {new}"
    assert len(set(numbers().values())) == len(numbers())
    assert [entry.number for entry in ENTRIES] == sorted(entry.number for entry in ENTRIES)
    for language in LANGUAGES:
        assert [kind for kind in OF_KIND if f"assumption.{kind}" not in catalogue(language)] == []


def test_a_figure_has_a_number_that_is_its_own() -> None:
    """A parameter has the number of its kind, others have their subject behind it."""
    parameter = OF_KIND["parameters.beta_basic"]
    assert parameter.id_of(parameter.figures[0]) == parameter.number == "A-010"
    stay = OF_KIND["profile_figures.los_nights_mean"]
    ids = [stay.id_of(figure) for figure in stay.figures]
    assert len(set(ids)) == len(ids) == len(load_dataset().profiles)
    assert all(identifier.startswith(f"{stay.number}/") for identifier in ids)


@pytest.mark.parametrize(
    ("name", "value", "confidence", "ends"),
    [
        ("los_nights_mean", 10.0, "high", (9.5, 10.5)),
        ("los_nights_mean", 10.0, "medium", (8.5, 11.5)),
        ("acute_share", 0.9, "low", (0.585, 1.0)),
        ("providers", 10.0, "low", (6.0, 14.0)),
        ("transfer_share", 10.0, "low", None),
        # Never drawn, but what it costs moves along.
        ("cost_eur", 10.0, "low", (6.5, 13.5)),
    ],
)
def test_a_range_follows_from_the_confidence(
    name: str, value: float, confidence: str, ends: tuple[float, float] | None
) -> None:
    """As in a robustness run: shares stay at most one, whole numbers whole, what nothing uses is not varied."""
    figure = SingleFigure(f"profile_figures.{name}", "hip", value, "", "assumed", confidence, "S")  # type: ignore[arg-type]
    assert figure.bounds == (None if ends is None else pytest.approx(ends))
    assert (held(figure.kind) not in ("", "after")) == (ends is None)


def test_where_a_figure_is_used_is_found_in_the_code() -> None:
    """Quoted, put together from pieces, or as an attribute of what was loaded; an unknown name nowhere."""
    found = uses(
        ["parameters.via_ed_share", "parameters.beta_complex", "ferries.minutes", "parameters.no_such_thing"]
    )
    assert found["parameters.via_ed_share"] == ("zorgstroom_simulator/activity.py",)
    assert found["parameters.beta_complex"] == ("zorgstroom/planning/expected.py",)
    assert "zorgstroom/planning/access.py" in found["ferries.minutes"]
    assert found["parameters.no_such_thing"] == ()
    # What is said to depend on nothing is used nowhere, and every parameter somewhere.
    assert [entry.kind for entry in ENTRIES if held(entry.kind) == "unused" and entry.used_in] == []
    assert [entry.kind for entry in ENTRIES if entry.is_parameter and not entry.used_in] == []


def test_the_forms_say_the_same() -> None:
    """Page, CSV and JSON, from one register."""
    dataset = load_dataset()
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(register_csv(dataset, ENTRIES).decode()))}
    assert rows["A-010"]["value"] == "0.15"
    assert (rows["A-010"]["lowest"], rows["A-010"]["highest"]) == ("0.0975", "0.2025")
    assert rows["A-010"]["used_in"] == ";".join(OF_KIND["parameters.beta_basic"].used_in)
    page = register_page(dataset, ENTRIES, "en")
    assert "| A-010 | weight of a minute of travel in choosing basic care (`beta_basic`) | 0.15 |" in page
    assert "0.0975 – 0.2025" in page
    assert "A-010" in register_page(dataset, ENTRIES, "nl")
    record = register_record(dataset, ENTRIES, "nl")
    assert len(record["entries"]) == len(ENTRIES)  # type: ignore[arg-type]
    # Long tables have one row per kind.
    assert rows[OF_KIND["areas.access_factor"].number]["subject"].endswith(" rows")


def test_a_new_kind_has_no_number_and_stands_last() -> None:
    """It is shown, so that nobody misses it."""
    unnumbered = Entry("", "parameters.new", OF_KIND["parameters.t0"].figures, ())
    page = register_page(load_dataset(), [*ENTRIES, unnumbered], "en")
    assert "(`new`)" in page
    assert (plain(0.00001234), plain(3.0), plain(0.1 + 0.2)) == ("0.00001234", "3", "0.3")


def test_the_command_prints_or_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page by default; JSON and CSV when asked; both files in a folder."""
    assert run(["dataset", "assumptions", "--lang", "en"]) == 0
    assert capsys.readouterr().out.startswith("# Register of assumptions")
    assert run(["dataset", "assumptions", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ranges"]["low"] == 0.35
    assert run(["dataset", "assumptions", "--csv", "--out", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out == (tmp_path / "new" / "assumptions.csv").read_text("utf-8")
    assert (tmp_path / "new" / "assumptions.md").read_text("utf-8").startswith("# ")
