"""Who may write and read when keys are asked for: keys, their commands, and what strangers are told."""

from __future__ import annotations

import datetime as dt
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support import sample_result
from tests.support.api import Api, running_api

from zorgstroom import cli
from zorgstroom_api.settings import ApiSettings

pytestmark = pytest.mark.unit

PLAN = {"scenario": dict(sample_result.PLAN)}
PROBLEM = "application/problem+json"
Capture = pytest.CaptureFixture[str]
Keys = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("api")


@pytest.fixture(scope="module")
def api(folder: Path) -> Iterator[Api]:
    with running_api(folder, auth="keys") as api:
        yield api


@pytest.fixture
def keys(folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> Keys:
    """Run ``zorgstroom keys ...`` on the store of the service and return what it wrote."""
    monkeypatch.setenv("ZORGSTROOM_DATA_DIR", str(folder))

    def run(*arguments: str, code: int = 0) -> str:
        assert cli.run(["keys", *arguments]) == code
        captured = capsys.readouterr()
        return (captured.out if code == 0 else captured.err).strip()

    return run


def bearer(key: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **more}


def test_reading_needs_no_key_and_writing_does(api: Api, keys: Keys) -> None:
    assert api.client.get("/v1/scenarios").status_code == 200
    response = api.client.post("/v1/runs", json=PLAN)
    assert (response.status_code, response.json()["code"]) == (401, "identity.needs_key")
    assert response.headers["content-type"] == PROBLEM
    assert response.headers["www-authenticate"].startswith("Bearer")
    editor, reader = keys("create", "bureau"), keys("create", "lezer", "--role", "reader")
    refused = api.client.post("/v1/runs", json=PLAN, headers=bearer(reader))
    assert (refused.status_code, refused.json()["code"]) == (403, "identity.may_not_write")
    assert api.client.post("/v1/runs", json=PLAN, headers=bearer(editor)).status_code == 202
    for path in ("/v1/scenarios", "/v1/scenarios/validate"):
        assert api.client.post(path, json=PLAN["scenario"], headers=bearer("zs_0_0")).status_code == 401, path
    assert api.client.delete("/v1/runs/x").status_code == 401


def test_what_is_written_carries_the_name_of_the_key(api: Api, keys: Keys, folder: Path) -> None:
    key = keys("create", "Regio Zuid")
    plan = dict(sample_result.PLAN) | {"name": "Met naam"}
    headers = bearer(key, **{"Zorgstroom-Owner": "iemand anders"})
    assert api.client.post("/v1/scenarios", json=plan, headers=headers).status_code == 201
    with sqlite3.connect(folder / "zorgstroom.db") as store:
        actors = store.execute("SELECT actor FROM audit WHERE action = 'add-scenario'").fetchall()
    assert ("Regio Zuid",) in actors
    assert ("iemand anders",) not in actors


def test_a_revoked_or_expired_key_no_longer_works_and_its_name_can_get_a_new_one(
    api: Api, folder: Path, keys: Keys
) -> None:
    key = keys("create", "tijdelijk")
    assert api.client.get("/v1/runs", headers=bearer(key)).status_code == 200
    assert "al een geldige sleutel" in keys("create", "tijdelijk", code=1)
    keys("revoke", "tijdelijk")
    revoked = api.client.get("/v1/runs", headers=bearer(key))
    assert (revoked.status_code, revoked.json()["code"]) == (401, "identity.unknown_key")
    today = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d")
    expired = keys("create", "tijdelijk", "--expires", today)
    with closing(sqlite3.connect(folder / "zorgstroom.db")) as store, store:
        over = "UPDATE api_keys SET expires = '2020-01-01 00:00:00.000000' WHERE name = 'tijdelijk'"
        assert store.execute(over).rowcount == 1
    assert api.client.get("/v1/runs", headers=bearer(expired)).status_code == 401
    new = keys("create", "tijdelijk", "--expires", today)
    assert api.client.get("/v1/runs", headers=bearer(new)).status_code == 200


@pytest.mark.parametrize("change", [lambda key: key[:-1], lambda key: key[:-1] + "x", lambda key: key + "0"])
def test_a_key_that_differs_a_little_is_no_key(api: Api, keys: Keys, change: Callable[[str], str]) -> None:
    key = keys("create", f"bijna {id(change)}")
    assert api.client.get("/v1/runs", headers=bearer(change(key))).status_code == 401
    assert api.client.get("/v1/runs", headers={"Authorization": f"Basic {key}"}).status_code == 401
    assert api.client.get("/v1/runs", headers={"Authorization": f"bearer {key}"}).status_code == 200


def test_a_secret_is_shown_once_and_kept_nowhere(
    api: Api, keys: Keys, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = keys("create", "geheim")
    secret = key.rpartition("_")[2]
    with caplog.at_level(logging.DEBUG):
        api.client.get("/v1/runs", headers=bearer(key))
        api.client.post("/v1/runs", json={}, headers=bearer(key))
        api.client.get("/v1/runs", headers=bearer(key + "0"))
    assert secret not in caplog.text
    overview = keys("list")
    assert "geheim\teditor" in overview
    assert secret not in overview
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert secret.encode() not in kept


def test_mistakes_with_keys_are_told_in_words(keys: Keys) -> None:
    keys("create", "Ziekenhuis")
    assert "Bedoelt u Ziekenhuis?" in keys("revoke", "Ziekenhuid", code=1)
    for name in ("", " x", "x" * 121, "een\nregel"):
        assert "De naam moet leesbaar zijn" in keys("create", name, code=1)
    assert "readable" in keys("create", "", "--lang", "en", code=1)


def test_a_key_that_has_ended_already_is_not_made(keys: Keys) -> None:
    assert "al voorbij" in keys("create", "Te laat", "--expires", "2020-01-01", code=1)
    assert "Te laat" not in keys("list")
    assert "zoals 2027-12-31" in keys("create", "Te laat", "--expires", "gisteren", code=2)


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ({}, False),
        ({"api_host": "::1"}, False),
        ({"auth": "keys"}, True),
        ({"api_host": "0.0.0.0"}, True),
        ({"api_host": "0.0.0.0", "auth": "off"}, False),
        ({"api_host": "api.example.nl"}, True),
    ],
)
def test_who_can_be_reached_by_others_asks_for_keys_unless_told_otherwise(
    settings: dict[str, Any], needed: bool
) -> None:
    assert ApiSettings(**settings).keys_needed is needed


def test_without_keys_a_name_is_only_a_name(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        headers = {"Zorgstroom-Owner": "Café Zuid".encode()}
        assert api.client.post("/v1/runs", json=PLAN, headers=headers).status_code == 202
        for wrong in ("x" * 121, "a\x7fb"):
            response = api.client.post("/v1/runs", json=PLAN, headers={"Zorgstroom-Owner": wrong})
            assert response.status_code == 400
            assert response.json()["problems"][0]["where"] == "header:Zorgstroom-Owner"
