"""The page Data en API against the real service; its examples are run as they stand."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from tests.support import sample_result
from tests.support.api import Api, running_api, small_dataset, wait_until
from tests.support.screens import asking, opened, run, said, tables_of

from zorgstroom.client import Client
from zorgstroom_api.commands import listen
from zorgstroom_ui.components.api_examples import LANGUAGES, Request, example

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture(scope="module")
def run_id(api: Api) -> str:
    run_id = api.request_run()
    api.complete(run_id, sample_result.simulated_years(), dataset_digest=small_dataset().digest)
    return run_id


@pytest.fixture(scope="module")
def served(api: Api) -> Iterator[str]:
    """The same application on a real port: another program cannot reach it otherwise."""
    listener = listen("127.0.0.1", 0)
    # It has started already, and ends with the fixture that started it.
    server = uvicorn.Server(uvicorn.Config(api.client.app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def client(api: Api, run_id: str) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch, asking(api, patch) as client:
        yield client


def page() -> None:
    from zorgstroom_ui.components.data_page import show_page

    show_page()


def request(base: str, run_id: str) -> Request:
    return Request(
        base, f"/runs/{run_id}/results/indicators", {"indicator": ["volume"], "location": ["NOORD"]}
    )


def test_the_example_for_curl_gives_the_rows(served: str, run_id: str, client: Client) -> None:
    program = shutil.which("curl")
    if program is None:
        pytest.skip("no curl here")
    made = subprocess.run(
        ["/bin/sh", "-c", example("curl", request(served, run_id))],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = list(csv.DictReader(io.StringIO(made.stdout)))
    expected = client.rows(run_id, "indicators", 1000, indicator=["volume"], location=["NOORD"]).items
    assert [row["total"] for row in rows] == [str(item["total"]) for item in expected]


def test_the_example_for_python_gives_the_rows(served: str, run_id: str) -> None:
    made = subprocess.run(
        [sys.executable, "-I", "-c", example("python", request(served, run_id))],
        capture_output=True,
        text=True,
        check=True,
    )
    first, row, *_ = made.stdout.splitlines()
    assert first == "60"
    assert "'location': 'NOORD'" in row


def test_examples_ask_the_same_and_never_hold_a_key() -> None:
    asked = Request("http://127.0.0.1:8000/", "/runs/3f/results/flows", {"area": ["GM0001", "'; rm -rf /"]})
    for language in LANGUAGES:
        open_to_all, with_key = example(language, asked), example(language, asked, keys_needed=True)
        assert asked.address in open_to_all
        assert asked.address in with_key
        assert "Bearer" not in open_to_all
        assert "ZORGSTROOM_KEY" in with_key
    assert "'" not in asked.address
    assert asked.address.startswith("http://127.0.0.1:8000/v1/runs/")


def test_the_example_is_that_of_what_is_looked_at(client: Client, run_id: str) -> None:
    screen = opened(page, onderdeel="api", run=run_id, tabel="flows", van="MIDDEN")
    [code] = screen.code
    assert f"/v1/runs/{run_id}/results/flows?from_location=MIDDEN&format=csv" in code.value
    screen.radio(key="data-language").set_value("python")
    assert run(screen).code[0].value.startswith("import csv")
    service = client.service()
    words = said(screen)
    assert service.version in words
    assert str(service.limits.reads_per_minute) in words


def test_without_an_outcome_the_page_says_so(client: Client) -> None:
    for part in ("uitkomsten", "api"):
        assert "Er is nog geen uitkomst" in said(opened(page, onderdeel=part))


def test_every_table_of_an_outcome_can_be_taken_along(client: Client, run_id: str) -> None:
    screen = opened(page, onderdeel="uitkomsten", run=run_id)
    listed = {row[0].rpartition("(")[2].rstrip(")") for row in tables_of(screen)[0][1:]}
    assert listed == {part.name for part in client.results(run_id).artefacts}
    assert {item.proto.label for item in screen.get("download_button")} == {
        "CSV",
        "Excel",
        "Parquet",
        "Arrow",
    }


def test_a_dataset_without_tables_says_so_and_a_wrong_part_is_the_first(client: Client) -> None:
    screen = opened(page, onderdeel="geheim")
    assert "Van deze gegevensset zijn geen losse tabellen te downloaden." in said(screen)
    assert "Het onderdeel ‘geheim’ in dit adres bestaat niet. U ziet het eerste." in said(screen)
    assert screen.query_params["onderdeel"] == "gegevens"
