"""The notebooks in `examples/notebook`, cell by cell, against the real services."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.services import ApiProcess, ServiceProcess, running_api_process

from zorgstroom.text import LANGUAGES

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

FOLDER = Path(__file__).parents[2] / "examples" / "notebook"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
#: What was promised of the code.
MOST_LINES = 15


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    folder = tmp_path_factory.mktemp("services")
    with (
        running_api_process(folder, {}) as api,
        closing(ServiceProcess(folder, {}, "simulator", "--jobs", "1")),
    ):
        yield api


def cells(notebook: Path) -> list[str]:
    document = json.loads(notebook.read_text("utf-8"))
    assert document["nbformat"] == 4
    code = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] for cell in code)
    return ["".join(cell["source"]) for cell in code]


def test_there_is_one_in_every_language() -> None:
    assert len(NOTEBOOKS) == len(LANGUAGES)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_takes_few_lines(notebook: Path) -> None:
    statements = [
        node for cell in cells(notebook) for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.stmt)
    ]
    assert len(statements) < MOST_LINES


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_draws(notebook: Path, service: ApiProcess, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    *before, last = cells(notebook)
    for cell in before:
        exec(cell.replace(":8000", f":{service.port}"), names)
    printed = capsys.readouterr().out
    assert "completed 3 / 3" in printed
    assert "->" in printed
    *statements, picture = ast.parse(last).body
    exec(compile(ast.Module(statements, []), str(notebook), "exec"), names)
    assert isinstance(picture, ast.Expr)
    chart = eval(compile(ast.Expression(picture.value), str(notebook), "eval"), names)
    drawn = chart.to_dict()
    (rows,) = drawn["datasets"].values()
    # Nobody is treated at the location that closes, and somebody elsewhere instead.
    by_location = {row["location"]: row["difference"] for row in rows}
    assert by_location["SKB"] < 0 < max(by_location.values())
    names["client"].close()
