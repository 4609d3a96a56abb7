"""Versions, owners and who sees what: everything computed of a scenario is as hidden as the scenario."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support import sample_result
from tests.support.api import Api, running_api

pytestmark = pytest.mark.unit

Headers = dict[str, str]
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api"), auth="keys") as api:
        yield api


@pytest.fixture(scope="module")
def people(api: Api) -> dict[str, Headers]:
    """The headers of an owner, somebody else, an administrator, and of nobody in particular."""
    return api.people({"owner": "editor", "other": "editor", "admin": "admin"})


def plan(name: str) -> dict[str, Any]:
    return dict(sample_result.PLAN) | {"name": name}


def kept(api: Api, headers: Headers, name: str, **query: str) -> dict[str, Any]:
    response = api.client.post("/v1/scenarios", json=plan(name), headers=headers, params=query)
    assert response.status_code == 201, response.text
    return dict(response.json()) | {"etag": response.headers["etag"]}


def names(api: Api, headers: Headers, **query: str) -> set[str]:
    page = api.client.get("/v1/scenarios", headers=headers, params={"limit": 1000, **query}).json()
    return {item["name"] for item in page["items"]}


@pytest.mark.parametrize(
    ("visibility", "readers", "listers"),
    [
        ("private", {"owner", "admin"}, {"owner", "admin"}),
        ("shared", {"owner", "admin", "other", "nobody"}, {"owner", "admin"}),
        ("public", {"owner", "admin", "other", "nobody"}, {"owner", "admin", "other", "nobody"}),
    ],
)
def test_a_scenario_and_all_that_came_of_it_is_seen_by_the_same_people(
    api: Api, people: dict[str, Headers], visibility: str, readers: set[str], listers: set[str]
) -> None:
    api.client.headers = people["owner"]
    scenario = kept(api, people["owner"], f"zichtbaar {visibility}", visibility=visibility)
    body = {"scenario_id": scenario["id"], "settings": {}}
    run = api.client.post("/v1/runs", json=body, headers=people["owner"]).json()["id"]
    api.complete(run)
    api.client.headers = {}
    parts = ("", "/events", "/headline", "/results", "/results/flows", "/impact", "/report")
    for name, headers in people.items():
        status = 200 if name in readers else 404
        assert api.client.get(f"/v1/scenarios/{scenario['id']}", headers=headers).status_code == status
        for part in parts:
            answer = api.client.get(f"/v1/runs/{run}{part}", headers=headers)
            assert answer.status_code == status, (name, part)
            if status == 200 and visibility == "private" and part not in ("", "/events", "/headline"):
                assert answer.headers["cache-control"].startswith("private"), part
        comparison = api.client.get("/v1/comparisons", params={"run": [run, run]}, headers=headers)
        assert comparison.status_code == status
        assert (scenario["name"] in names(api, headers)) is (name in listers)
        runs = api.client.get("/v1/runs", headers=headers).json()["items"]
        assert (run in {item["id"] for item in runs}) is (name in listers)
    again = api.client.post("/v1/runs", json=body, headers=people["other"])
    assert again.status_code == (200 if "other" in readers else 404)
    # Who hands in the same document has it, and so may read what came of it.
    same = api.client.post("/v1/scenarios", json=plan(scenario["name"]), headers=people["other"])
    assert (same.status_code, same.json()["owner"]) == (200, "owner")
    assert api.client.get(f"/v1/runs/{run}", headers=people["other"]).status_code == 200


def test_a_run_is_stopped_by_who_asked_for_it(api: Api, people: dict[str, Headers]) -> None:
    body = {"scenario": plan("te stoppen"), "settings": {}}
    run = api.client.post("/v1/runs", json=body, headers=people["owner"]).json()["id"]
    refused = api.client.delete(f"/v1/runs/{run}", headers=people["other"])
    assert (refused.status_code, refused.json()["code"]) == (403, "api.run_of_another")
    assert api.client.delete(f"/v1/runs/{run}", headers=people["owner"]).json()["state"] == "cancelled"


def test_two_people_who_go_on_from_the_same_version_both_keep_theirs(
    api: Api, people: dict[str, Headers]
) -> None:
    first = kept(api, people["owner"], "versie een")
    made: list[dict[str, Any]] = []

    def save(name: str) -> None:
        made.append(kept(api, people["owner"], name, previous=first["id"]))

    threads = [threading.Thread(target=save, args=(f"versie {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(item["version"] for item in made) == [2, 3, 4, 5]
    assert {(item["previous"], item["series"]) for item in made} == {(first["id"], first["id"])}
    address = f"/v1/scenarios/{made[0]['id']}/versions"
    versions = api.client.get(address, headers=people["owner"]).json()["items"]
    assert [item["version"] for item in versions] == [5, 4, 3, 2, 1]
    # To somebody else who has the address of one of them, the others are not told.
    assert [item["id"] for item in api.client.get(address).json()["items"]] == [made[0]["id"]]


def test_what_is_made_of_an_example_is_no_version_of_the_example(
    api: Api, people: dict[str, Headers]
) -> None:
    example = api.client.get("/v1/scenarios", params={"example": "true"}).json()["items"][0]
    mine = kept(api, people["owner"], "eigen", previous=example["id"])
    assert (mine["version"], mine["previous"], mine["series"]) == (1, example["id"], mine["id"])
    unknown = api.client.post(
        "/v1/scenarios", json=plan("x"), headers=people["owner"], params={"previous": "f" * 64}
    )
    assert unknown.status_code == 404


def test_status_and_visibility_change_only_for_who_saw_the_last_state(
    api: Api, people: dict[str, Headers]
) -> None:
    scenario = kept(api, people["owner"], "te wijzigen")
    address = f"/v1/scenarios/{scenario['id']}"

    def change(person: str, etag: str | None, **values: str) -> Any:
        headers = people[person] | ({} if etag is None else {"If-Match": etag})
        return api.client.patch(address, json=values, headers=headers)

    for person, etag, status, code in (
        ("owner", None, 428, "api.needs_if_match"),
        ("owner", '"other"', 412, "api.changed_meanwhile"),
        ("owner", f"W/{scenario['etag']}", 412, "api.changed_meanwhile"),
        ("other", scenario["etag"], 403, "api.scenario_of_another"),
        ("nobody", scenario["etag"], 401, "identity.needs_key"),
    ):
        refused = change(person, etag, status="vastgesteld")
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert refused.headers["content-type"] == PROBLEM
    done = change("owner", scenario["etag"], status="vastgesteld", visibility="public")
    assert (done.status_code, done.json()["status"], done.json()["visibility"]) == (
        200,
        "vastgesteld",
        "public",
    )
    assert (done.json()["revision"], done.json()["document"]) == (2, scenario["document"])
    assert change("owner", scenario["etag"], status="concept").status_code == 412
    now = api.client.get(address, headers=people["owner"])
    assert now.headers["etag"] == done.headers["etag"]
    held = api.client.get(address, headers={"If-None-Match": now.headers["etag"]})
    assert held.status_code == 304
    assert change("admin", now.headers["etag"], status="concept").status_code == 200
    assert change("owner", "*", status="nieuw").status_code == 400
    assert change("owner", "*").status_code == 400
    example = api.client.get("/v1/scenarios", params={"example": "true"}).json()["items"][0]
    fixed = api.client.patch(
        f"/v1/scenarios/{example['id']}",
        json={"status": "concept"},
        headers=people["admin"] | {"If-Match": "*"},
    )
    assert (fixed.status_code, fixed.json()["code"]) == (409, "api.fixed_example")


def test_lists_can_be_searched(api: Api, people: dict[str, Headers]) -> None:
    kept(api, people["owner"], "Zoek 100% mij", visibility="public")
    kept(api, people["other"], "zoek mij ook", visibility="public")
    assert names(api, {}, q="ZOEK") == {"Zoek 100% mij", "zoek mij ook"}
    assert names(api, {}, q="100%") == {"Zoek 100% mij"}
    assert names(api, people["other"], q="zoek", mine="true") == {"zoek mij ook"}
    assert names(api, {}, mine="true") == set()
    assert "Zoek 100% mij" not in names(api, people["owner"], status="vastgesteld")
    assert "Zoek 100% mij" in names(api, people["owner"], example="false")
    assert not names(api, {}, example="true") & {"Zoek 100% mij", "zoek mij ook"}
    assert api.client.get("/v1/scenarios", params={"q": "a\x00b"}).status_code == 400


def test_only_what_nothing_leans_on_can_be_removed(api: Api, people: dict[str, Headers]) -> None:
    def remove(scenario: dict[str, Any], person: str = "owner") -> int:
        answer = api.client.delete(f"/v1/scenarios/{scenario['id']}", headers=people[person])
        return int(answer.status_code)

    first = kept(api, people["owner"], "weg een")
    second = kept(api, people["owner"], "weg twee", previous=first["id"])
    assert remove(first) == 409
    assert remove(second, "other") == 403
    assert (remove(second), remove(second), remove(first)) == (204, 404, 204)
    used = kept(api, people["owner"], "gebruikt")
    api.client.post("/v1/runs", json={"scenario_id": used["id"]}, headers=people["owner"])
    assert remove(used) == 409
    both = kept(api, people["owner"], "van twee")
    api.client.post("/v1/scenarios", json=plan("van twee"), headers=people["other"])
    assert remove(both) == 409
