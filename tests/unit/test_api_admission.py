"""What is looked at before a request reaches an endpoint: under which name, who asks, how much, and what is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.api import Api, running_api

from zorgstroom_api import bodies
from zorgstroom_api.identity import ANONYMOUS, Caller
from zorgstroom_api.limits import MAX_CALLERS, WINDOW_SECONDS, RateLimits, TooMany
from zorgstroom_api.settings import ApiSettings

pytestmark = pytest.mark.unit

JSON = {"Content-Type": "application/json"}
TWICE = b'{"scenario_id": "a", "scenario_id": "b"}'


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("keyed"), auth="keys", reads_per_minute=0) as api:
        yield api


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("open")) as api:
        yield api


def test_a_page_elsewhere_whose_name_leads_here_reads_nothing(open_to_all: Api, tmp_path: Path) -> None:
    foreign = {"Host": "page.example:8000"}
    for address in ("/v1/runs", "/v1/scenarios", "/v1/datasets/nl2025", "/v1/docs", "/metrics"):
        refused = open_to_all.client.get(address, headers=foreign)
        assert (refused.status_code, refused.json()["code"]) == (403, "api.refused_host"), address
        assert open_to_all.client.head(address, headers=foreign).status_code == 403
    # Supervisors call a machine by its number, and the description is the same everywhere.
    for address in ("/v1/health/live", "/v1/openapi.json"):
        assert open_to_all.client.get(address, headers=foreign).status_code == 200
    # Who can be reached by others is known under names that this service has not heard of.
    with running_api(tmp_path, api_host="0.0.0.0", auth="off") as reached:
        assert reached.client.get("/v1/runs", headers=foreign).status_code == 200


def test_nothing_is_read_of_who_may_not_write(keyed: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the body was looked at")

    monkeypatch.setattr(bodies, "_check", never)
    for content in (b"{}", b"{", b"[" + b"1," * 200_000 + b"1]"):
        assert keyed.client.post("/v1/runs", content=content, headers=JSON).status_code == 401


def test_what_cannot_be_read_is_counted_too(tmp_path: Path) -> None:
    settings = {"api_host": "0.0.0.0", "auth": "off", "writes_per_minute": 2, "reads_per_minute": 2}
    with running_api(tmp_path, **settings) as api:
        answers = [api.client.post("/v1/runs", content=b"{", headers=JSON) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [400, 400, 429]
        # So are addresses that ask nothing of the database.
        reads = [api.client.get(f"/v1/{name}").status_code for name in ("openapi.json", "docs", "docs")]
        assert reads == [200, 200, 429]
        assert api.client.get("/v1/health/ready").status_code in (200, 503)


@pytest.mark.parametrize("media_type", ["APPLICATION/JSON", "Application/Json; charset=utf-8"])
def test_json_is_json_in_capitals_too(open_to_all: Api, media_type: str) -> None:
    answer = open_to_all.client.post("/v1/runs", content=TWICE, headers={"Content-Type": media_type})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["code"] == "scenario.duplicate_key"


@pytest.mark.parametrize(
    "headers", [{}, {"Content-Type": "text/plain"}, {"Content-Type": "application/yaml"}]
)
def test_what_is_not_json_is_refused_by_its_type(open_to_all: Api, headers: dict[str, str]) -> None:
    answer = open_to_all.client.post("/v1/runs", content=b'{"scenario_id": "a"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "api.wrong_media_type")


def test_two_keys_in_one_request_are_none(keyed: Api) -> None:
    twice = [("Authorization", "Bearer zs_1_2"), ("Authorization", "Bearer zs_3_4")]
    answer = keyed.client.get("/v1/runs", headers=twice)
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.unknown_key")


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_counting_takes_no_more_room_however_many_ask() -> None:
    clock = Clock()
    rates = RateLimits(ApiSettings(auth="keys", reads_per_minute=3), clock)
    for number in range(MAX_CALLERS + 2):
        rates.count("reads", ANONYMOUS, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(rates._counts) <= MAX_CALLERS + 1
    rates.count("reads", ANONYMOUS, "192.0.2.1")
    # Strangers in such a crowd share what one has; who was there before, and who has a key, does not.
    with pytest.raises(TooMany):
        rates.count("reads", ANONYMOUS, "192.0.2.2")
    rates.count("reads", ANONYMOUS, "10.0.0.1")
    rates.count("reads", Caller("bureau", "editor", keyed=True), "192.0.2.2")
    clock.now += WINDOW_SECONDS
    rates.count("reads", ANONYMOUS, "192.0.2.2")
    assert len(rates._counts) == 1


def test_a_household_has_one_share_and_not_one_for_each_of_its_addresses() -> None:
    rates = RateLimits(ApiSettings(auth="keys", reads_per_minute=2))
    for address in (
        "2001:db8:0:1::1",
        "2001:db8:0:1::2",
        "2001:db8:0:2::1",
        "::ffff:192.0.2.1",
        "::ffff:192.0.2.2",
    ):
        rates.count("reads", ANONYMOUS, address)
    with pytest.raises(TooMany) as caught:
        rates.count("reads", ANONYMOUS, "2001:db8:0:1:ffff::3")
    assert 0 < int(caught.value.headers["Retry-After"]) <= WINDOW_SECONDS
