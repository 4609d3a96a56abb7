"""How the installation is doing: for administrators; and what everybody may know of the service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support import sample_result
from tests.support.api import Api, running_api, wait_until

from zorgstroom import __version__
from zorgstroom_api.admin.service import (
    LOAD_TEST_FILE,
    MayNotAdminister,
    load_test_of,
    require_administrator,
)
from zorgstroom_api.identity import Caller

pytestmark = pytest.mark.unit

OVERVIEW, AUDIT = "/v1/admin/overview", "/v1/admin/audit"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api"), auth="keys") as api:
        yield api


@pytest.fixture(scope="module")
def people(api: Api) -> dict[str, dict[str, str]]:
    return api.people({"Lezer": "reader", "Maker": "editor", "Baas": "admin"})


def test_only_an_administrator_sees_how_the_installation_is_doing(
    api: Api, people: dict[str, dict[str, str]]
) -> None:
    for address in (OVERVIEW, AUDIT):
        for name in ("nobody", "Lezer", "Maker"):
            answer = api.client.get(address, headers=people[name])
            assert answer.status_code == 403, (address, name)
            assert answer.json()["code"] == "admin.refused"
        assert api.client.get(address, headers=people["Baas"]).status_code == 200


def test_the_overview_tells_parts_runs_disk_and_keys_without_secrets(
    api: Api, people: dict[str, dict[str, str]]
) -> None:
    wait_until(lambda: api.client.get("/v1/health/ready").is_success)
    answer = api.client.get(OVERVIEW, headers=people["Baas"])
    found = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert set(found["checks"]) == {"database", "bus", "projector", "artefacts", "dataset"}
    assert set(found["checks"].values()) == {"ok"}
    assert (found["version"], found["sign_in"], found["database"], found["bus"]) == (
        __version__,
        "keys",
        "sqlite",
        "local",
    )
    assert found["disk"]["total"] > found["disk"]["free"] > 0
    assert found["disk"]["database"] > 0
    assert [(key["name"], key["role"], key["state"]) for key in found["keys"]] == [
        ("Baas", "admin", "valid"),
        ("Lezer", "reader", "valid"),
        ("Maker", "editor", "valid"),
    ]
    assert "secret" not in answer.text


def test_a_run_that_is_computed_is_seen_with_who_computes_it(
    api: Api, people: dict[str, dict[str, str]]
) -> None:
    body = {"scenario": dict(sample_result.PLAN), "settings": {"seed": 7}}
    run_id = api.client.post("/v1/runs", json=body, headers=people["Maker"]).json()["id"]
    api.accept(run_id)
    found = api.client.get(OVERVIEW, headers=people["Baas"]).json()
    [worker] = found["workers"]
    assert (worker["run_id"], worker["worker"], worker["done"]) == (run_id, "test", 1)
    assert (found["running"], found["runs"]["running"]) == (1, 1)
    stopped = api.client.delete(f"/v1/runs/{run_id}", headers=people["Baas"])
    assert stopped.status_code == 202
    lines = api.client.get(AUDIT, headers=people["Baas"]).json()["items"]
    assert [(line["actor"], line["action"]) for line in lines[:2]] == [
        ("Baas", "cancel-run"),
        ("Maker", "request-run"),
    ]
    assert {line["subject"] for line in lines[:2]} == {run_id}


def test_the_log_goes_back_in_pages_and_names_no_address(api: Api, people: dict[str, dict[str, str]]) -> None:
    first = api.client.get(AUDIT, params={"limit": 2}, headers=people["Baas"])
    page = first.json()
    assert len(page["items"]) == 2
    assert page["next_cursor"] in first.headers["link"]
    then = api.client.get(AUDIT, params={"limit": 2, "cursor": page["next_cursor"]}, headers=people["Baas"])
    ids = [line["id"] for line in [*page["items"], *then.json()["items"]]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == len(ids) > 2
    made = api.client.get(AUDIT, params={"action": "create-key"}, headers=people["Baas"]).json()["items"]
    assert {line["details"]["name"] for line in made} == {"Lezer", "Maker", "Baas"}
    assert "127.0.0.1" not in first.text
    assert api.client.get(AUDIT, params={"cursor": "x"}, headers=people["Baas"]).status_code == 400


def test_without_keys_only_this_very_machine_is_let_in() -> None:
    anybody = Caller(name="", role="editor", keyed=False)
    require_administrator(anybody, "127.0.0.1", forwarded=False, keys_needed=False)
    require_administrator(anybody, "::1", forwarded=False, keys_needed=False)
    for host, forwarded, keys_needed in (
        ("192.168.1.20", False, False),
        # A proxy on this machine asks for somebody else.
        ("127.0.0.1", True, False),
        ("127.0.0.1", False, True),
    ):
        with pytest.raises(MayNotAdminister):
            require_administrator(anybody, host, forwarded=forwarded, keys_needed=keys_needed)


def test_everybody_may_know_versions_and_limits(api: Api) -> None:
    found = api.client.get("/v1/service").json()
    assert (found["version"], found["dataset"], found["keys_needed"]) == (__version__, "small 1", True)
    settings = api.settings
    assert found["limits"]["reads_per_minute"] == settings.reads_per_minute
    assert found["limits"]["body_bytes"] == settings.max_body_bytes


def test_the_last_load_test_is_told_and_a_broken_one_is_none(
    api: Api, people: dict[str, dict[str, str]]
) -> None:
    file = api.settings.data_dir / LOAD_TEST_FILE
    assert load_test_of(file) is None
    file.write_text(
        '{"made": "2026-11-12T10:00:00Z", "sessions": 50, "sessions_p95_seconds": 0.3, "phones": 160,'
        ' "phones_p95_seconds": 0.1, "dropped": 0, "machine": "2 cores"}'
    )
    told = api.client.get(OVERVIEW, headers=people["Baas"]).json()["load_test"]
    assert (told["sessions"], told["phones"], told["sessions_p95_seconds"]) == (50, 160, 0.3)
    file.write_text("{}")
    assert load_test_of(file) is None
    assert api.client.get(OVERVIEW, headers=people["Baas"]).json()["load_test"] is None
