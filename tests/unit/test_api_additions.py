"""Additions to the picture of a region: kept, read by all, taken away by who wrote them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.api import Api, running_api

from zorgstroom.client import Client
from zorgstroom_api.additions.schemas import MOST_ADDITIONS

pytestmark = pytest.mark.unit

WORDS = {
    "region": "roaz:Noord",
    "author": "Regiocoördinator",
    "text": "De veerboot vaart in de winter minder.",
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("additions"), writes_per_minute=0) as running:
        yield running


def test_what_is_added_stands_with_its_region_newest_first_until_it_is_taken_away(api: Api) -> None:
    with Client("http://127.0.0.1:8000", "nl", transport=api.client._transport) as client:
        first = client.add_region_addition("roaz:Noord", "Gemeente", "  Eerste regel.  ")
        second = client.add_region_addition("roaz:Noord", "Huisartsen", "Tweede regel.")
        country = client.add_region_addition(None, "Zorgverzekeraar", "Landelijk.")
        assert first.text == "Eerste regel."
        assert client.region_additions("roaz:Noord") == [second, first]
        assert client.region_additions() == [country]
        for addition in (first, second, country):
            assert addition.mine
            client.remove_region_addition(addition.id)
        assert client.region_additions("roaz:Noord") == []
    gone = api.client.delete(f"/v1/region-additions/{first.id}")
    assert gone.status_code == 404
    assert str(first.id) in gone.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"text": "   "}, "/text"),
        ({"author": ""}, "/author"),
        ({"text": "x" * 2001}, "/text"),
        ({"owner": "Eva"}, "/owner"),
    ],
)
def test_what_is_no_addition_is_refused_by_field(api: Api, changes: dict[str, str], pointer: str) -> None:
    refused = api.client.post("/v1/region-additions", json=WORDS | changes)
    assert refused.status_code == 400
    assert [item["pointer"] for item in refused.json()["problems"]] == [pointer]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_region_that_does_not_exist_is_named_with_the_nearest(api: Api, method: str) -> None:
    sent = (
        {"params": {"region": "roaz:Nord"}} if method == "GET" else {"json": WORDS | {"region": "roaz:Nord"}}
    )
    refused = api.client.request(method, "/v1/region-additions", **sent)
    assert refused.status_code == 400
    assert "Noord" in refused.text


def test_a_region_has_no_more_than_people_can_read(api: Api) -> None:
    words = WORDS | {"region": "roaz:Zuid"}
    made = [api.client.post("/v1/region-additions", json=words) for _ in range(MOST_ADDITIONS)]
    assert {answer.status_code for answer in made} == {201}
    assert api.client.post("/v1/region-additions", json=words).status_code == 409
    assert api.client.post("/v1/region-additions", json=WORDS).status_code == 201


def test_where_keys_are_asked_for_everyone_reads_and_only_the_writer_takes_away(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_api(tmp_path_factory.mktemp("keys"), auth="keys") as guarded:
        people = guarded.people({"Eva": "editor", "Bob": "editor", "Ans": "admin", "Kim": "reader"})
        ask = guarded.client
        assert ask.post("/v1/region-additions", json=WORDS).status_code == 401
        assert ask.post("/v1/region-additions", json=WORDS, headers=people["Kim"]).status_code == 403
        made = [
            ask.post("/v1/region-additions", json=WORDS, headers=people["Eva"]).json()["id"] for _ in range(2)
        ]
        read = ask.get("/v1/region-additions", params={"region": WORDS["region"]}).json()["items"]
        assert [(item["id"], item["mine"]) for item in read] == [(made[1], False), (made[0], False)]
        assert ask.delete(f"/v1/region-additions/{made[0]}", headers=people["Bob"]).status_code == 403
        assert ask.delete(f"/v1/region-additions/{made[0]}", headers=people["Eva"]).status_code == 204
        assert ask.delete(f"/v1/region-additions/{made[1]}", headers=people["Ans"]).status_code == 204
