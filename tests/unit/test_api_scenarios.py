"""Scenarios and datasets over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
import yaml
from fastapi.testclient import TestClient
from tests.support import sample_result
from tests.support.api import Api, running_api, small_dataset
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset.model import Dependency
from zorgstroom.domain.scenario import Scenario
from zorgstroom.scenario_file import example_scenarios, parse_scenario, scenario_digest
from zorgstroom_api.app import create_app
from zorgstroom_api.scenarios.service import ScenarioService
from zorgstroom_api.settings import ApiSettings

pytestmark = pytest.mark.unit

YAML = {"Content-Type": "application/yaml"}
PLAN = yaml.safe_dump(dict(sample_result.PLAN), allow_unicode=True).encode()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with running_api(tmp_path) as api:
        yield api


def test_a_document_is_kept_under_the_hash_of_its_content(api: Api) -> None:
    first = api.client.post("/v1/scenarios", content=PLAN, headers=YAML)
    assert first.status_code == 201
    identifier = first.json()["id"]
    assert identifier == scenario_digest(sample_result.scenario())
    assert first.headers["location"] == f"/v1/scenarios/{identifier}"
    assert (first.json()["status"], first.json()["example"]) == ("concept", False)
    # The same content in another spelling and another format.
    again = api.client.post("/v1/scenarios", json=dict(reversed(list(sample_result.PLAN.items()))))
    assert (again.status_code, again.json()["id"]) == (200, identifier)
    found = api.client.get(f"/v1/scenarios/{identifier}").json()
    assert Scenario.model_validate(found["document"]) == sample_result.scenario()
    assert [item["id"] for item in api.client.get("/v1/scenarios").json()["items"]].count(identifier) == 1


def test_the_shipped_examples_are_there_once_also_after_a_restart(tmp_path: Path) -> None:
    shipped = [example.slug for example in example_scenarios()]
    assert shipped
    for _ in range(2):
        with running_api(tmp_path) as api:
            items = api.client.get("/v1/scenarios").json()["items"]
            assert [item["slug"] for item in items if item["example"]] == shipped
            assert len(items) == len(shipped)
            assert {(item["status"], item["visibility"]) for item in items} == {("vastgesteld", "public")}


def test_the_list_says_of_each_where_it_is_about_and_how_much_it_changes(api: Api) -> None:
    told = {
        item["slug"]: (item["region"], item["actions"])
        for item in api.client.get("/v1/scenarios").json()["items"]
    }
    for example in example_scenarios():
        plan = parse_scenario(example.text, example.slug)
        region = plan.region
        place = ":".join(region.kind_and_name()) if region else ""
        assert told[example.slug] == (place, len(plan.actions))


def test_scenarios_come_in_pages(api: Api) -> None:
    for number in range(5):
        api.client.post("/v1/scenarios", json={"zorgstroom": 1, "name": f"plan {number}", "actions": []})
    found: list[str] = []
    cursor = None
    while True:
        page = api.client.get(
            "/v1/scenarios", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
        ).json()
        found += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found[:5] == [f"plan {number}" for number in (4, 3, 2, 1, 0)]
    assert len(found) == len(set(found)) == 5 + len(example_scenarios())


def test_every_mistake_of_a_document_is_named_with_its_line(api: Api) -> None:
    text = "zorgstroom: 1\nname: ''\nhorizn: {}\nactions:\n  - close: {location: NOORT}\n"
    response = api.client.post("/v1/scenarios", content=text, headers=YAML)
    assert response.status_code == 400
    problems = {(item["pointer"], item["where"]) for item in response.json()["problems"]}
    assert problems == {("/name", "body:2"), ("/horizn", "body:3"), ("/actions/0/close/location", "body:5")}
    text = "zorgstroom: 1\nname: plan\nactions:\n  - close: {location: NOORT}\n  - close: {location: ZUIT}\n"
    response = api.client.post("/v1/scenarios", content=text, headers=YAML | {"Accept-Language": "en"})
    assert response.status_code == 400
    found = response.json()["problems"]
    assert [(item["pointer"], item["where"]) for item in found] == [
        ("/actions/0/close/location", "body:4"),
        ("/actions/1/close/location", "body:5"),
    ]
    assert "NOORD" in found[0]["message"]
    assert api.client.get(f"/v1/scenarios/{'0' * 64}").status_code == 404


def test_mistakes_inside_a_run_request_point_into_the_request(api: Api) -> None:
    plan = {"zorgstroom": 1, "name": "plan", "actions": [{"close": {"location": "NOORT"}}]}
    response = api.client.post("/v1/runs", json={"scenario": plan})
    assert response.status_code == 400
    [problem] = response.json()["problems"]
    assert (problem["pointer"], problem["where"]) == ("/scenario/actions/0/close/location", "body")
    response = api.client.post("/v1/runs", json={"scenario": {"zorgstroom": 1}})
    [problem] = response.json()["problems"]
    assert problem["pointer"] == "/scenario"
    assert "name" in problem["message"]
    response = api.client.post(
        "/v1/runs", json={"scenario": dict(sample_result.PLAN), "settings": {"region": "roaz:Nord"}}
    )
    [problem] = response.json()["problems"]
    assert problem["pointer"] == "/settings/region"
    assert "Noord" in problem["message"]
    response = api.client.post("/v1/runs", json={"scenario_id": "f" * 64})
    assert (response.status_code, response.json()["code"]) == (404, "api.scenario_not_found")


def test_validation_keeps_nothing(api: Api) -> None:
    before = api.client.get("/v1/scenarios").json()
    good = api.client.post("/v1/scenarios/validate", content=PLAN, headers=YAML)
    assert (good.status_code, good.json()["problems"], good.json()["questions"]) == (200, [], [])
    bad = api.client.post("/v1/scenarios/validate", content=b"zorgstroom: 1\n", headers=YAML)
    assert bad.status_code == 200
    assert [(item["pointer"], item["where"]) for item in bad.json()["problems"]] == [("", "body:1")]
    assert bad.json()["questions"] == []
    assert api.client.get("/v1/scenarios").json() == before


def test_validation_asks_what_else_leans_on_a_plan() -> None:
    """As the command does; a question is no mistake and no warning."""
    rule = Dependency(
        "ic_filled", "ic_share_lost", "ic", (), 0.1, "share", "assumed", "low", "S1", "part of the admissions"
    )
    service = ScenarioService(Mock(), lambda: make_dataset(dependencies=(rule,)))
    plan = b"zorgstroom: 1\nname: x\nactions:\n- concentrate: {profiles: [oesophagus], at: [NOORD]}\n"
    found = service.validate(plan, "en")
    [question] = found.questions
    assert question.code == "knock_on.remark"
    assert "Are enough left for its rota" in question.message
    assert (question.pointer, question.where) == ("/actions", "body:3")
    assert "knock_on.remark" not in [item.code for item in (*found.problems, *found.warnings)]


def test_load_before_a_run_is_estimated_and_keeps_nothing(api: Api) -> None:
    before = api.client.get("/v1/scenarios").json()
    response = api.client.post("/v1/scenarios/load", content=PLAN, headers=YAML)
    assert response.status_code == 200, response.text
    found = response.json()
    assert found["days"][0] == 0
    assert found["dataset_digest"] == small_dataset().digest
    pools = {(row["location"], row["pool"]): row for row in found["pools"]}
    assert pools["NOORD", "or"]["load"]["plan"] > pools["NOORD", "or"]["load"]["today"]
    assert pools["MIDDEN", "ward:surgical"]["estimate"]["plan"]["outlook"] == "beds"
    beds = {"zorgstroom": 1, "name": "bedden", "actions": [sample_result.PLAN["actions"][1]]}
    inside = api.client.post("/v1/scenarios/load?region=roaz:Noord", json=beds).json()
    assert {row["location"] for row in inside["pools"]} == {"NOORD"}
    assert api.client.get("/v1/scenarios").json() == before


def test_load_of_what_cannot_be_is_refused_with_the_reason(api: Api) -> None:
    unknown = b"zorgstroom: 1\nname: plan\nactions:\n  - close: {location: NOORT}\n"
    for path, content, pointer in (
        ("/v1/scenarios/load", unknown, "/actions/0/close/location"),
        ("/v1/scenarios/load?region=roaz:Nord", PLAN, "region"),
        ("/v1/scenarios/load?region=nergens", PLAN, None),
        ("/v1/scenarios/load?regio=roaz:Noord", PLAN, None),
    ):
        response = api.client.post(path, content=content, headers=YAML)
        assert response.status_code == 400, response.text
        assert response.headers["content-type"] == "application/problem+json"
        if pointer:
            assert [item["pointer"] for item in response.json()["problems"]] == [pointer]


def test_what_cannot_be_read_is_named(api: Api) -> None:
    for content, headers, status in (
        (PLAN, {"Content-Type": "text/csv"}, 415),
        (PLAN, {}, 415),
        (b"\xff\xfe", YAML, 400),
        (b"a: &x 1\nb: *x\n", YAML, 400),
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"", YAML, 400),
    ):
        response = api.client.post("/v1/scenarios", content=content, headers=headers)
        assert response.status_code == status, content
        assert response.headers["content-type"] == "application/problem+json"


def test_the_dataset_tells_what_can_be_asked(api: Api) -> None:
    dataset = small_dataset()
    response = api.client.get("/v1/datasets/small")
    info = response.json()
    assert (info["digest"], info["demand_years"]) == (dataset.digest, [2021, 2023, 2025])
    assert info["regions"]["roaz"] == list(dataset.regions("roaz"))
    assert [item["id"] for item in info["locations"]] == [location.id for location in dataset.locations]
    offered = {item["id"]: item["locations"] for item in info["profiles"]}
    index = dataset.profile_index["oesophagus"]
    assert offered["oesophagus"] == [
        location.id for number, location in enumerate(dataset.locations) if dataset.offers[number, index]
    ]
    assert info["norms"][0]["minimum"] == 20
    held = api.client.get("/v1/datasets/small", headers={"If-None-Match": response.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")
    assert api.client.get("/v1/datasets/small/sources").json()["items"][0]["id"] == "S1"
    unknown = api.client.get("/v1/datasets/nl1900")
    assert unknown.status_code == 404
    assert "small" in unknown.json()["detail"]


def test_a_dataset_that_cannot_be_read_is_not_the_readers_mistake(tmp_path: Path) -> None:
    settings = ApiSettings(data_dir=tmp_path, dataset="nl1900", poll_seconds=0.02)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        for response in (
            client.get("/v1/datasets/nl1900"),
            client.post("/v1/runs", json={"scenario": dict(sample_result.PLAN)}),
        ):
            assert (response.status_code, response.json()["code"]) == (503, "api.dataset_unreadable")
        assert client.get("/v1/scenarios").status_code == 200


def test_a_document_of_the_api_can_be_handed_in_again(api: Api) -> None:
    for example in api.client.get("/v1/scenarios").json()["items"]:
        document = api.client.get(f"/v1/scenarios/{example['id']}").json()["document"]
        assert scenario_digest(Scenario.model_validate_json(json.dumps(document))) == example["id"]


def test_a_document_can_build_on_a_shipped_example_but_not_on_a_path(api: Api) -> None:
    slug = example_scenarios()[0].slug
    good = {"zorgstroom": 1, "name": "plan", "based_on": [slug], "region": {"roaz": "Noord"}}
    good |= {"actions": [{"close": {"location": "ZUID", "profiles": ["hip"]}}]}
    kept = api.client.post("/v1/scenarios", json=good)
    assert kept.status_code == 201
    assert "based_on" not in kept.json()["document"]
    for name in ("/etc/passwd", "../plan.yaml", f"./{slug}.yaml", "plan.yaml"):
        refused = api.client.post("/v1/scenarios", json=good | {"based_on": [name]})
        assert refused.status_code == 400
        [problem] = refused.json()["problems"]
        assert problem["pointer"] == "/based_on/0"
        assert slug in problem["message"]


def test_mistakes_of_a_run_on_top_of_an_example_point_at_what_was_sent(api: Api) -> None:
    plan = {"zorgstroom": 1, "name": "plan", "based_on": [example_scenarios()[1].slug]}
    plan |= {"actions": [{"close": {"location": "ZUIT"}}]}
    response = api.client.post("/v1/runs", json={"scenario": plan, "settings": {"region": "roaz:Noord"}})
    assert response.status_code == 400
    pointers = {problem["pointer"] for problem in response.json()["problems"]}
    # The example is about hospitals that the small country does not have.
    assert {"/scenario/based_on/0", "/scenario/actions/0/close/location"} <= pointers
