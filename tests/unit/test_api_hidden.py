"""Every address of a private scenario and of its run, as the description has them, to those who may not know of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support import sample_result
from tests.support.api import Api, running_api

pytestmark = pytest.mark.unit

Headers = dict[str, str]
NOWHERE = "0" * 32
TABLES = ("indicators", "flows", "comparison", "conservation", "journeys")
FORMATS = ("json", "csv", "xlsx", "parquet", "arrow", "geojson")


@dataclass
class Hidden:
    """A private scenario with a completed run, on a service that asks for keys."""

    api: Api
    scenario: str
    run: str
    people: dict[str, Headers] = field(default_factory=dict)


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hidden]:
    limits = {"reads_per_minute": 0, "writes_per_minute": 0}
    with running_api(tmp_path_factory.mktemp("api"), auth="keys", **limits) as api:
        people = api.people({"owner": "editor", "other": "editor", "reader": "reader"})
        api.client.headers.update(people["owner"])
        plan = dict(sample_result.PLAN) | {"name": "Geheim plan"}
        scenario = api.client.post("/v1/scenarios", json=plan, params={"visibility": "private"}).json()["id"]
        run = api.client.post("/v1/runs", json={"scenario_id": scenario}).json()["id"]
        api.complete(run)
        del api.client.headers["Authorization"]
        yield Hidden(api, scenario, run, people)


def addresses(hidden: Hidden) -> list[str]:
    """Return every address that may be read of the scenario and its run, each table in each format."""
    paths = hidden.api.client.get("/v1/openapi.json").json()["paths"]
    found = ["/v1/comparisons?run={run_id}&run={run_id}", "/v1/comparisons?run={run_id}&run=" + NOWHERE]
    for path, operations in paths.items():
        if "get" not in operations or ("{run_id}" not in path and "{scenario_id}" not in path):
            continue
        for table in TABLES if "{table}" in path else [""]:
            for form in FORMATS if "{table}" in path else ["html", "xlsx"] if "report" in path else [""]:
                found.append(path.replace("{table}", table) + (f"?format={form}" if form else ""))
    assert len(found) > 40
    return [item.replace("{run_id}", hidden.run).replace("{scenario_id}", hidden.scenario) for item in found]


def unknown(hidden: Hidden, address: str) -> str:
    return address.replace(hidden.run, NOWHERE).replace(hidden.scenario, NOWHERE)


def test_what_is_hidden_is_answered_as_what_is_not_there(hidden: Hidden) -> None:
    client = hidden.api.client
    for address in addresses(hidden):
        full = client.get(address, headers=hidden.people["owner"])
        if full.status_code == 200:
            assert full.headers["cache-control"].startswith(("private", "no-store")), address
        for person in ("nobody", "other"):
            for condition in ({}, {"If-None-Match": full.headers.get("etag", "*")}):
                headers = hidden.people[person] | condition
                given, nothing = (
                    client.get(place, headers=headers) for place in (address, unknown(hidden, address))
                )
                assert given.status_code == 404, (address, person, given.text)
                assert (
                    given.text.replace(hidden.run, NOWHERE).replace(hidden.scenario, NOWHERE) == nothing.text
                )
                assert set(given.headers) == set(nothing.headers)
                assert client.head(address, headers=headers).status_code == 404


def test_what_is_hidden_is_in_no_list_and_cannot_be_changed_or_leant_on(hidden: Hidden) -> None:
    client = hidden.api.client
    for person in ("nobody", "other", "reader"):
        for query in ("", "?q=Geheim", "?status=concept", "?mine=true", "?example=false", "?limit=1000"):
            assert "Geheim" not in client.get(f"/v1/scenarios{query}", headers=hidden.people[person]).text
        for query in ("", "?state=completed"):
            assert hidden.run not in client.get(f"/v1/runs{query}", headers=hidden.people[person]).text
    for method, address, body in (
        ("DELETE", f"/v1/runs/{hidden.run}", None),
        ("DELETE", f"/v1/scenarios/{hidden.scenario}", None),
        ("PATCH", f"/v1/scenarios/{hidden.scenario}", {"visibility": "public"}),
        ("POST", "/v1/runs", {"scenario_id": hidden.scenario}),
        ("POST", f"/v1/scenarios?previous={hidden.scenario}", dict(sample_result.PLAN) | {"name": "Vervolg"}),
    ):
        for person, status in (("nobody", 401), ("reader", 403), ("other", 404)):
            headers = hidden.people[person] | {"If-Match": "*"}
            answer = client.request(method, address, json=body, headers=headers)
            assert answer.status_code == status, (method, address, person, answer.text)
    assert client.get(f"/v1/runs/{hidden.run}", headers=hidden.people["owner"]).json()["state"] == "completed"


def test_a_comparison_with_one_hidden_run_is_hidden(hidden: Hidden) -> None:
    client = hidden.api.client
    plan = dict(sample_result.PLAN) | {"name": "Open plan"}
    owner = hidden.people["owner"]
    scenario = client.post("/v1/scenarios", json=plan, params={"visibility": "public"}, headers=owner).json()[
        "id"
    ]
    other: Any = client.post("/v1/runs", json={"scenario_id": scenario}, headers=owner).json()["id"]
    hidden.api.complete(other)
    for order in ((hidden.run, other), (other, hidden.run)):
        assert client.get("/v1/comparisons", params={"run": order}, headers=owner).status_code == 200
        for person in ("nobody", "other"):
            answer = client.get("/v1/comparisons", params={"run": order}, headers=hidden.people[person])
            assert answer.status_code == 404
            assert other not in answer.text
