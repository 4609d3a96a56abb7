"""What holds for every answer: headers, problem documents, limits, who may write, the description, health."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from starlette.routing import Route
from tests.support import sample_result
from tests.support.api import Api, running_api, small_dataset, wait_until

from zorgstroom_api import API_VERSION
from zorgstroom_api.app import create_app
from zorgstroom_api.bodies import check_nesting
from zorgstroom_api.settings import ApiSettings

pytestmark = pytest.mark.unit

PROBLEM = "application/problem+json"
PLAN = {"scenario": dict(sample_result.PLAN)}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api")) as api:
        yield api


@pytest.fixture(scope="module")
def description(api: Api) -> dict[str, Any]:
    document: dict[str, Any] = api.client.get("/v1/openapi.json").json()
    return document


# Every answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/health/live", 200),
        ("GET", "/v1/runs", 200),
        ("GET", "/v1/openapi.json", 200),
        ("GET", "/v1/docs", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/v1/runs/", 404),
        ("GET", "/v1/runs/x", 404),
        ("PUT", "/v1/runs", 405),
        ("GET", "/v1/runs?limit=0", 400),
        ("POST", "/v1/runs", 400),
    ],
)
def test_every_answer_has_its_version_and_is_safe_to_show(
    api: Api, method: str, path: str, status: int
) -> None:
    response = api.client.request(method, path)
    assert response.status_code == status
    assert response.headers["api-version"] == API_VERSION
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"]
    if status >= 400:
        assert response.headers["content-type"] == PROBLEM
        assert response.headers["cache-control"] == "no-store"
        assert response.json()["status"] == status
        assert response.json()["title"]
        assert response.json()["detail"]


def test_problems_speak_the_readers_language(api: Api) -> None:
    dutch = api.client.get("/nowhere")
    english = api.client.get("/nowhere", headers={"Accept-Language": "en-GB,en;q=0.8"})
    assert (dutch.json()["title"], english.json()["title"]) == ("Niet gevonden", "Not found")
    assert (dutch.headers["content-language"], english.headers["content-language"]) == ("nl", "en")
    assert dutch.json()["code"] == english.json()["code"]


def test_every_mistake_of_a_request_is_named_at_once(api: Api) -> None:
    body = {"scenario_id": 7, "settings": {"replications": 0, "seed": "x", "colour": "red", "engine": "fast"}}
    response = api.client.post("/v1/runs", json=body)
    assert response.status_code == 400
    found = {item["pointer"]: item for item in response.json()["problems"]}
    assert {pointer: item["code"] for pointer, item in found.items()} == {
        "/scenario_id": "api.invalid.string_type",
        "/settings/replications": "api.invalid.greater_than_equal",
        "/settings/seed": "api.invalid.int_parsing",
        "/settings/colour": "api.invalid.extra_forbidden",
        "/settings/engine": "api.invalid.literal_error",
    }
    assert found["/settings/replications"]["message"] == "Dit moet 1 of meer zijn."
    english = api.client.post("/v1/runs", json=body, headers={"Accept-Language": "en"}).json()["problems"]
    assert "This must be 1 or more." in {item["message"] for item in english}
    neither = api.client.post("/v1/runs", json={}).json()["problems"]
    assert [(item["pointer"], item["code"]) for item in neither] == [("", "api.invalid.scenario_exactly_one")]
    for content in ("{", "[]", '"x"', "nul", ""):
        response = api.client.post("/v1/runs", content=content, headers={"Content-Type": "application/json"})
        assert (response.status_code, response.headers["content-type"]) == (400, PROBLEM), content


def test_mistakes_in_the_query_are_named_by_parameter(api: Api) -> None:
    response = api.client.get("/v1/runs", params={"limit": "many", "state": "asleep", "colour": "red"})
    assert response.status_code == 400
    assert {item["where"]: item["code"] for item in response.json()["problems"]} == {
        "query:limit": "api.invalid.int_parsing",
        "query:state": "api.invalid.literal_error",
        "query:colour": "api.invalid.extra_forbidden",
    }
    for cursor in ("abc", "%00", "W10", "e30", "WyJ4IiwieSJd", "WzEsMl0"):
        for path in ("/v1/runs", "/v1/scenarios"):
            response = api.client.get(path, params={"cursor": cursor})
            assert (response.status_code, response.json()["code"]) == (400, "error.invalid_input")
            assert response.json()["problems"][0]["where"] == "query:cursor"


def test_a_defect_is_a_problem_without_details_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(_request: object) -> None:
        raise ZeroDivisionError("secret")

    app = create_app(ApiSettings(data_dir=tmp_path), lambda _name: small_dataset())
    app.router.routes.append(Route("/v1/defect", break_down))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client, caplog.at_level(logging.ERROR):
        response = client.get("/v1/defect")
    assert (response.status_code, response.headers["content-type"]) == (500, PROBLEM)
    assert response.headers["api-version"] == API_VERSION
    assert "secret" not in response.text
    assert "ZeroDivisionError" in caplog.text


# Who may write


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 202),
        ({"Host": "localhost:8000"}, 202),
        ({"Host": "[::1]:8000"}, 202),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:8000"}, 403),
        ({"Host": "evil.example@127.0.0.1"}, 403),
        ({"Host": "["}, 403),
        ({"Host": "", "Origin": "http://"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 202),
        ({"Origin": "http://localhost:8501"}, 202),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 202),
    ],
)
def test_only_our_own_pages_and_names_may_write(api: Api, headers: dict[str, str], status: int) -> None:
    assert api.client.post("/v1/runs", json=PLAN, headers=headers).status_code == status
    # Reading asks nothing of the page it comes from, but a service for this machine alone has its names.
    reading = status if "Host" in headers and status == 403 else 200
    assert api.client.get("/v1/runs", headers=headers).status_code == reading


def test_more_names_can_be_allowed(tmp_path: Path) -> None:
    with running_api(
        tmp_path, allowed_hosts="api, zorgstroom.example", api_host="0.0.0.0", auth="off"
    ) as api:
        for host, status in (
            ("api:8000", 202),
            ("Zorgstroom.example", 202),
            ("0.0.0.0:8000", 403),
            ("x", 403),
        ):
            assert api.client.post("/v1/runs", json=PLAN, headers={"Host": host}).status_code == status


def test_a_refused_write_changes_nothing(api: Api) -> None:
    run_id = api.request_run(seed=1234)
    refused = api.client.delete(f"/v1/runs/{run_id}", headers={"Origin": "https://evil.example"})
    assert (refused.status_code, refused.headers["content-type"]) == (403, PROBLEM)
    assert api.client.get(f"/v1/runs/{run_id}").json()["state"] == "queued"


# Limits


def test_bodies_have_a_limit_also_when_they_do_not_say_how_long_they_are(tmp_path: Path) -> None:
    with running_api(tmp_path, max_body_bytes=10_000) as api:
        whole = api.client.post(
            "/v1/scenarios", content=b"x" * 10_001, headers={"Content-Type": "application/yaml"}
        )
        parts = api.client.post(
            "/v1/scenarios",
            content=(b"x" * 1000 for _ in range(11)),
            headers={"Content-Type": "application/yaml"},
        )
        for response in (whole, parts):
            assert (response.status_code, response.headers["content-type"]) == (413, PROBLEM)
            assert response.headers["api-version"] == API_VERSION
        fits = api.client.post(
            "/v1/scenarios/validate", content=b"x" * 10_000, headers={"Content-Type": "application/yaml"}
        )
        assert fits.status_code == 200


@pytest.mark.parametrize("path", ["/v1/runs", "/v1/scenarios"])
def test_deep_nesting_is_refused_before_it_is_read(api: Api, path: str) -> None:
    for content in ("[" * 100_000, '{"a":' * 50_000, '{"scenario": ' + "[" * 21 + "]" * 21 + "}"):
        response = api.client.post(path, content=content, headers={"Content-Type": "application/json"})
        assert response.status_code == 400
        assert response.json()["problems"][0]["code"] == "api.invalid.too_deep"
    response = api.client.post(
        "/v1/scenarios", content="[" * 100_000, headers={"Content-Type": "application/yaml"}
    )
    assert (response.status_code, response.headers["content-type"]) == (400, PROBLEM)


def test_brackets_in_texts_are_no_nesting() -> None:
    check_nesting(json.dumps({"a": '[{"\\' * 100}).encode())
    check_nesting(b"[]" * 100)
    # An unfinished text must not be looked at again from each of its quotes.
    check_nesting(b'"' + b'\\"' * 250_000)


# The description


def test_the_description_is_openapi_without_422(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    assert description["info"]["version"] == API_VERSION
    text = json.dumps(description)
    assert '"422"' not in text
    assert "HTTPValidationError" not in text
    for path, operations in description["paths"].items():
        assert re.fullmatch(r"(/[a-z0-9.-]+|/\{[a-z_]+\})+", path)
        for operation in operations.values():
            assert operation["responses"].keys() >= {"4XX", "5XX"}
            assert set(operation["responses"]["4XX"]["content"]) == {PROBLEM}
            assert not operation["summary"].startswith("api.")


def test_every_reference_in_the_description_leads_somewhere(description: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(description)))
    assert references
    for reference in references:
        node: Any = description
        for step in reference.split("/"):
            node = node[step]


def test_operations_have_stable_names_in_both_languages(api: Api, description: dict[str, Any]) -> None:
    english = api.client.get("/v1/openapi.json", headers={"Accept-Language": "en"}).json()
    names = [
        operation["operationId"]
        for operations in description["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names))
    assert set(names) >= {"request_run", "get_impact", "follow_run", "compare_runs", "add_scenario"}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"] != english["paths"][path][method]["summary"]


def test_answers_are_as_described(api: Api, description: dict[str, Any]) -> None:
    run_id = api.completed_run(seed=77)
    scenario_id = api.client.get(f"/v1/runs/{run_id}").json()["scenario_id"]
    for path, address in (
        ("/v1/runs", "/v1/runs"),
        ("/v1/runs/{run_id}", f"/v1/runs/{run_id}"),
        ("/v1/runs/{run_id}/impact", f"/v1/runs/{run_id}/impact"),
        ("/v1/runs/{run_id}/results", f"/v1/runs/{run_id}/results"),
        ("/v1/runs/{run_id}/results/{table}", f"/v1/runs/{run_id}/results/flows"),
        ("/v1/scenarios", "/v1/scenarios"),
        ("/v1/scenarios/{scenario_id}", f"/v1/scenarios/{scenario_id}"),
        ("/v1/datasets/{dataset_id}", "/v1/datasets/small"),
        ("/v1/health/ready", "/v1/health/ready"),
    ):
        schema = description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"][
            "schema"
        ]
        assert schema, path
        validator = Draft202012Validator({**schema, "components": description["components"]})
        response = api.client.get(address)
        assert response.status_code == 200, response.text
        assert list(validator.iter_errors(response.json())) == []
    problem = {"$ref": "#/components/schemas/ProblemDocument", "components": description["components"]}
    wrong = api.client.post("/v1/runs", json={"settings": {"seed": "x"}}).json()
    assert list(Draft202012Validator(problem).iter_errors(wrong)) == []


def test_the_description_may_be_read_from_anywhere_and_loads_nothing(api: Api) -> None:
    response = api.client.get("/v1/openapi.json")
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in api.client.get("/v1/runs").headers
    page = api.client.get("/v1/docs").text
    assert '<html lang="nl">' in page
    assert "/v1/runs/{run_id}/impact" in page
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page)
    assert "<script" not in page


# Health

PARTS = ("database", "bus", "projector", "artefacts", "dataset")


def test_it_is_ready_when_everything_answers(api: Api) -> None:
    wait_until(lambda: api.client.get("/v1/health/ready").status_code == 200)
    assert api.client.get("/v1/health/ready").json()["checks"] == dict.fromkeys(PARTS, "ok")


def test_it_says_what_does_not_answer_but_lives(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        wait_until(lambda: api.client.get("/v1/health/ready").status_code == 200)
        folder = api.settings.artefacts_dir
        folder.rmdir()
        folder.write_text("in the way")
        # What was found a moment ago is still said.
        wait_until(lambda: api.client.get("/v1/health/ready").status_code == 503)
        response = api.client.get("/v1/health/ready")
        assert response.headers["content-type"] == PROBLEM
        assert response.json()["checks"] == dict.fromkeys(PARTS, "ok") | {"artefacts": "failed"}
        assert response.headers["retry-after"]
        assert api.client.get("/v1/health/live").status_code == 200


def test_it_is_not_ready_when_the_disk_takes_no_more(tmp_path: Path) -> None:
    """A file may grow to 1 kB here: the operating system refuses the rest, as it does on a full disk."""
    script = f"""
import functools, pathlib, resource, signal
from zorgstroom_api.health.service import HealthService, NotReady, folder_takes
folder = pathlib.Path({str(tmp_path)!r})
health = HealthService({{"artefacts": functools.partial(folder_takes, folder / "artefacts")}}, keep_seconds=0)
assert health.ready().checks["artefacts"] == "ok"
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    health.ready()
except NotReady as refused:
    print(*[name for name, state in refused.members["checks"].items() if state == "failed"])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["artefacts"], done.stderr
    assert not list((tmp_path / "artefacts").iterdir())


def test_it_is_not_ready_without_the_bus(tmp_path: Path) -> None:
    in_the_way = tmp_path / "bus"
    in_the_way.mkdir()
    with running_api_without_log(tmp_path, f"local:{in_the_way}") as client:
        others = dict.fromkeys(PARTS, "ok") | {"bus": "failed"}
        wait_until(lambda: client.get("/v1/health/ready").json()["checks"] == others)
        assert client.get("/v1/health/ready").status_code == 503
        accepted = client.post("/v1/runs", json=PLAN)
        assert accepted.status_code == 202


def running_api_without_log(folder: Path, bus_url: str) -> TestClient:
    settings = ApiSettings(data_dir=folder, bus_url=bus_url, poll_seconds=0.02)
    return TestClient(create_app(settings, lambda _name: small_dataset()), base_url="http://127.0.0.1:8000")


# The manual


def test_the_manual_names_only_addresses_and_settings_that_exist(description: dict[str, Any]) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    known = [re.sub(r"\{[a-z_]+\}", "[^/]+", path) for path in description["paths"]] + [
        "/v1/(openapi.json|asyncapi.json|docs)"
    ]
    addresses = set(re.findall(r"/v1/[a-z{}_/<>.-]+", manual.replace("<other id>", "x").replace("<id>", "x")))
    assert len(addresses) >= 10
    for address in addresses:
        assert any(re.fullmatch(path, address.rstrip(".")) for path in known), address
    fields = {f"ZORGSTROOM_{name.upper()}" for name in ApiSettings.model_fields}
    assert set(re.findall(r"ZORGSTROOM_[A-Z_]+", manual)) <= fields
