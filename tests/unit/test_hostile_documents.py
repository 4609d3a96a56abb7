"""Documents made to harm, at every address that takes one: refused with their place, before they cost anything."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml
from tests.support.api import Api, running_api

from zorgstroom import document
from zorgstroom.document import MAX_DEPTH, MAX_PROBLEMS, MAX_VALUES, read_document

pytestmark = pytest.mark.unit

JSON, YAML = "application/json", "application/yaml"
SCENARIOS = ("/v1/scenarios", "/v1/scenarios/validate", "/v1/scenarios/load", "/v1/scenarios/preview")
#: What one request may take at most, however it is made: many times its body, and far less than a machine has.
MOST_BYTES = 64 * 1024 * 1024

PLAN = '"zorgstroom": 1, "name": "Plan"'
LAUGHS = "\n".join(["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40))])
MANY_KEYS = ", ".join(f'"k{number}": 1' for number in range(20_000))
HOSTILE_JSON = {
    "deep lists": '{"zorgstroom": ' + "[" * 100_000,
    "deep mappings": '{"a":' * 60_000 + "1" + "}" * 60_000,
    "a key twice": "{" + PLAN + ', "name": "Ander"}',
    "a key twice, spelled otherwise": "{" + PLAN + ', "n\\u0061me": "Ander"}',
    "many keys": "{" + PLAN + ", " + MANY_KEYS + "}",
    "NUL in a text": '{"zorgstroom": 1, "name": "a\\u0000b"}',
    "NUL": '{"zorgstroom": 1, "name": "a\0b"}',
    "half a character": '{"zorgstroom": 1, "name": "\\ud83d"}',
    "half a character as key": "{" + PLAN + ', "\\udc00": 1}',
    "a long number": '{"zorgstroom": ' + "9" * 400_000 + ', "name": "Plan"}',
    "a long fraction": '{"zorgstroom": 1.5' + "9" * 400_000 + ', "name": "Plan"}',
    "a large exponent": '{"zorgstroom": 1e999999, "name": "Plan"}',
    "no number": "{" + PLAN + ', "horizon": {"weeks": NaN}}',
    "endless": "{" + PLAN + ', "horizon": {"weeks": -Infinity}}',
    "a huge integer": "{" + PLAN + ', "horizon": {"weeks": 99999999999999999999999999}}',
    "a list": "[" + PLAN.replace(":", ",") + "]",
    "a word": '"' + "a" * 400_000 + '"',
    "quotes without end": '{"' + "\\" * 400_000,
    "nothing": "",
}
HOSTILE_YAML = {
    "a billion laughs": LAUGHS,
    "an object of Python": "zorgstroom: 1\nname: !!python/object/apply:os.system ['true']\n",
    "a tag": "zorgstroom: 1\nname: !!binary aGFsbG8=\n",
    "a merge": "zorgstroom: 1\nname: &a {b: c}\n<<: *a\n",
    "itself": "&a\nzorgstroom: 1\nname: *a\n",
    "a key twice": "zorgstroom: 1\nname: Plan\nname: Ander\n",
    "two documents": "zorgstroom: 1\nname: Plan\n---\nzorgstroom: 1\n",
    "a key that is a list": "? [a, b]\n: c\n",
    "deep lists": "- " * 50_000,
    "deep braces": "{a: " * 50_000,
    "deep lines": "".join(" " * depth + "a:\n" for depth in range(600)),
    "many keys": "zorgstroom: 1\nname: Plan\n" + "".join(f"k{number}: 1\n" for number in range(20_000)),
    "no character": 'zorgstroom: 1\nname: "\\UFFFFFFFF"\n',
    "a long number": "zorgstroom: " + "9" * 400_000 + "\nname: Plan\n",
    "sixty to the power": "zorgstroom: 1:60:60:60\nname: Plan\n",
    "a directive": "%YAML 9.9\n---\nzorgstroom: 1\nname: [\n",
    "only spaces": " " * 400_000,
    "a text without end": 'zorgstroom: 1\nname: "' + "a" * 400_000,
}
HOSTILE_BYTES = {
    "UTF-16": '{"zorgstroom": 1, "name": "Plan"}'.encode("utf-16"),
    "UTF-16 with zeros": '{"zorgstroom": 1, "name": "Plan"}'.encode("utf-16-be"),
    "UTF-32": '{"zorgstroom": 1, "name": "Plan"}'.encode("utf-32"),
    "Latin": '{"zorgstroom": 1, "name": "Eén plek"}'.encode("latin-1"),
    "half a character": b'{"zorgstroom": 1, "name": "\xed\xa0\xbd"}',
    "spelled too long": b'{"zorgstroom": 1, "name": "\xc0\x80"}',
    "not text": bytes(range(256)) * 100,
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    limits = {"reads_per_minute": 0, "writes_per_minute": 0, "previews_per_minute": 0}
    with running_api(tmp_path_factory.mktemp("hostile"), **limits) as made:
        made.client.post("/v1/scenarios/preview", json={"zorgstroom": 1, "name": "Plan", "actions": []})
        yield made


def send(api: Api, address: str, body: bytes, media_type: str) -> httpx.Response:
    answer: httpx.Response = api.client.post(address, content=body, headers={"Content-Type": media_type})
    return answer


def send_and_weigh(api: Api, address: str, body: bytes, media_type: str) -> httpx.Response:
    """Send it, and see that it takes no more room than any other request."""
    tracemalloc.start()
    try:
        answer = send(api, address, body, media_type)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < MOST_BYTES
    return answer


def assert_refused(answer: httpx.Response) -> None:
    """It is the sender's mistake, and the answer says where it is: also in a judgement that is asked for."""
    if answer.status_code == 200:
        assert answer.request.url.path.endswith("/validate")
        problems = answer.json()["problems"]
    else:
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problems = answer.json()["problems"]
    # A number that is too long for the parser of a request is refused with the request.
    assert problems or answer.json()["code"] == "api.http.400"
    assert len(problems) <= MAX_PROBLEMS + 1
    assert all(problem["where"] and problem["message"] and problem["code"] for problem in problems)


@pytest.mark.parametrize("address", SCENARIOS[:2])
def test_hostile_documents_are_refused_with_their_place(api: Api, address: str) -> None:
    before = api.client.get("/v1/scenarios").json()
    bodies = [(body.encode(), JSON) for body in HOSTILE_JSON.values()]
    bodies += [(body.encode(), YAML) for body in HOSTILE_YAML.values()]
    bodies += [(body, media_type) for body in HOSTILE_BYTES.values() for media_type in (JSON, YAML)]
    for body, media_type in bodies:
        assert_refused(send(api, address, body, media_type))
    assert api.client.get("/v1/scenarios").json() == before


def test_hostile_documents_inside_a_request_for_a_run_are_refused_with_their_place(api: Api) -> None:
    bodies = [b'{"scenario": ' + body.encode() + b"}" for body in HOSTILE_JSON.values()]
    bodies += [body.encode() for body in HOSTILE_JSON.values()]
    bodies += [b'{"scenario": ' + body + b"}" for body in HOSTILE_BYTES.values()]
    bodies += list(HOSTILE_BYTES.values())
    for body in bodies:
        assert_refused(send(api, "/v1/runs", body, JSON))
    for text in HOSTILE_YAML.values():
        assert_refused(send(api, "/v1/runs", text.encode(), JSON))
        # What is meant to be read by another program is not tried.
        assert send(api, "/v1/runs", text.encode(), YAML).status_code in (400, 415)
        assert_refused(send(api, "/v1/runs", json.dumps({"scenario": text}).encode(), JSON))
    assert api.client.get("/v1/runs").json()["items"] == []


def test_the_largest_of_them_take_no_more_room_than_any_document(api: Api) -> None:
    for name in ("deep mappings", "many keys", "a long number"):
        assert_refused(send_and_weigh(api, SCENARIOS[1], HOSTILE_JSON[name].encode(), JSON))
    for name in ("a billion laughs", "deep lists"):
        assert_refused(send_and_weigh(api, SCENARIOS[1], HOSTILE_YAML[name].encode(), YAML))


@pytest.mark.parametrize("address", [*SCENARIOS, "/v1/runs"])
@pytest.mark.parametrize("media_type", [JSON, YAML, "text/plain"])
def test_a_body_without_end_is_read_no_further_than_the_limit(
    api: Api, address: str, media_type: str
) -> None:
    """Counted in pieces: the sender would go on for as long as anybody reads."""
    piece, sent = b" " * 10_000, 0

    def without_end() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            assert sent < 1000, "somebody goes on reading"
            yield piece

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": next(pieces), "more_body": True}

    pieces, answers = without_end(), []

    async def respond(message: Any) -> None:
        answers.append(message)

    headers = [(b"host", b"127.0.0.1:8000"), (b"content-type", media_type.encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": address, "raw_path": address.encode(), "query_string": b"", "headers": headers, "root_path": "",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    assert api.client.portal is not None
    api.client.portal.call(api.client.app, scope, receive, respond)
    assert answers[0]["status"] == 413
    assert sent * len(piece) <= api.settings.max_body_bytes + 2 * len(piece)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        (LAUGHS, 6 * MAX_PROBLEMS),
        ("- " * 50_000, 3 * MAX_DEPTH),
        ("{a: " * 50_000, 4 * MAX_DEPTH),
        ("a: 1\n" * 50_000, 3 * MAX_PROBLEMS),
        ("a: 1\n---\n" * 50_000, 20),
        ("? [a]\n: b\n" * 50_000, 10),
        ("- a\n" * 100_000, MAX_VALUES + 10),
    ],
)
def test_reading_stops_where_nothing_good_can_come_any_more(
    text: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in what the parser was asked for, of a document that has a thousand times as much."""
    events = 0

    def counted(content: str) -> Iterator[yaml.Event]:
        nonlocal events
        for event in yaml.parse(content, Loader=yaml.SafeLoader):
            events += 1
            yield event

    monkeypatch.setattr(document, "_yaml_events", counted)
    assert read_document(text, "plan.yaml").problems
    assert 0 < events <= most
