"""Requests made up from the description of the interface: whatever is asked, the answer is one that is described.

Requests that the description allows and that it forbids, in both languages, with and without keys. The same
requests every time; `make nightly` makes many more.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.support import sample_result
from tests.support.api import Api, running_api, small_dataset
from tests.support.session import make_plan

from zorgstroom.client_sessions import FACILITATOR_HEADER
from zorgstroom.service_document import Role
from zorgstroom_api.keys import create_key
from zorgstroom_api.problems import MEDIA_TYPE
from zorgstroom_api.store.database import Database

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1800)]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: What changes a workshop, by who has no secret of it.
SESSION_WRITES: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"step": 2}),
    ("DELETE", "", None),
    ("PUT", "/plan", make_plan().model_dump(mode="json")),
    ("POST", "/secret", None),
    ("POST", "/combinations", None),
    ("POST", "/notes", {"kind": "open", "text": "Wie?"}),
    ("DELETE", "/notes/1", None),
    ("PUT", "/hands/raad", {"step": "raad", "counts": [1]}),
    ("PUT", "/feedback/raad", {"step": "raad", "status": "partly"}),
    ("POST", "/rehearsal", {"participants": 3}),
    ("DELETE", "/answers", None),
    ("PUT", "/answers-kept-until", {"date": "2026-12-24"}),
]
#: What else stands in an address; it need not exist.
REST_OF_PATH = {"table": "flows", "level": "gemeente", "note_id": "1", "number": "A-001", "place": "GM0001"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
LANGUAGES = ("nl", "en")


@dataclass
class Fuzzed:
    """A running interface with something in it, its description, and who may ask."""

    api: Api
    schema: BaseSchema
    #: Values that exist, by the name of the path parameter.
    known: dict[str, str]
    keys: list[str | None]
    #: Of the facilitator of the workshop that exists.
    secret: str


@pytest.fixture(scope="module", params=["off", "keys"])
def fuzzed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    folder = tmp_path_factory.mktemp(f"fuzz-{request.param}")
    # No simulator takes a run here, and nobody is asked to slow down.
    limits = {"reads_per_minute": 0, "writes_per_minute": 0, "previews_per_minute": 0}
    with running_api(folder, auth=request.param, max_queued_runs=5, **limits) as api:
        keys: list[str | None] = made_keys(api) if request.param == "keys" else [None]
        if keys[0] is not None:
            api.client.headers["Authorization"] = f"Bearer {keys[0]}"
        run_id = api.completed_run(seed=1)
        document = {"zorgstroom": 1, "name": "Bewaard", "actions": []}
        scenario_id = api.client.post("/v1/scenarios", json=document).json()["id"]
        draft_id = api.client.post("/v1/drafts", json={"document": document}).json()["id"]
        words = {"region": None, "author": "Gemeente", "text": "Een aanvulling."}
        addition_id = api.client.post("/v1/region-additions", json=words).json()["id"]
        plan = make_plan(api.client.get(f"/v1/runs/{run_id}").json()["scenario_id"])
        session = api.client.post("/v1/sessions", json=plan.model_dump(mode="json"))
        code, secret = session.json()["code"], session.json()["secret"]
        steering = {FACILITATOR_HEADER: secret}
        api.client.patch(f"/v1/sessions/{code}", json={"phase": "live", "step": 1}, headers=steering)
        api.client.headers.pop("Authorization", None)
        description = api.client.get("/v1/openapi.json").json()
        known = {"run_id": run_id, "scenario_id": scenario_id, "dataset_id": small_dataset().id}
        known |= {"code": code, "step": "raad", "draft_id": draft_id, "addition_id": addition_id}
        yield Fuzzed(api, schemathesis.openapi.from_dict(description), known, keys, secret)


def made_keys(api: Api) -> list[str | None]:
    """Return a key of every role, one that nobody has, and none."""
    database = Database(api.settings.resolved_database_url)
    roles: tuple[Role, ...] = ("editor", "reader", "admin")
    try:
        with database.write() as session:
            made = [create_key(session, role, role, None, dt.datetime.now(dt.UTC)) for role in roles]
    finally:
        database.close()
    return [*made, "zs_000000000000_" + "0" * 64, None]


def ask_everything(fuzzed: Fuzzed, examples: int) -> None:
    """Make up requests for every operation, and judge every answer."""
    for found in fuzzed.schema.get_all_operations():
        assert isinstance(found, Ok), found
        ask_one(fuzzed, found.ok(), examples)


def ask_one(fuzzed: Fuzzed, operation: Any, examples: int) -> None:
    cases = st.one_of(
        operation.as_strategy(GenerationMode.POSITIVE), operation.as_strategy(GenerationMode.NEGATIVE)
    )

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=cases, known=st.booleans(), language=st.sampled_from(LANGUAGES), key=st.sampled_from(fuzzed.keys)
    )
    def ask(case: Case[Any], known: bool, language: str, key: str | None) -> None:
        if known:
            case.path_parameters |= {
                name: value for name, value in fuzzed.known.items() if name in case.path_parameters
            }
            if "code" in case.path_parameters:
                case.headers[FACILITATOR_HEADER] = fuzzed.secret
        judge(fuzzed, case, language, key)

    ask()


def judge(fuzzed: Fuzzed, case: Case[Any], language: str, key: str | None) -> None:
    """Send a request; every answer is described, and every problem is in the language of whoever asks."""
    request = case.as_transport_kwargs(base_url="http://127.0.0.1:8000")
    headers = {name: as_bytes(value) for name, value in request.pop("headers").items()}
    headers["Accept-Language"] = language.encode()
    if key is not None:
        headers["Authorization"] = f"Bearer {key}".encode()
    body = request.pop("data", None)
    if body is not None:
        request["content"] = body
    request.pop("cookies", None)
    answer = fuzzed.api.client.request(headers=headers, **request)
    # OpenAPI 3.1 can say of a stream of events no more than that it is text; the checker takes it apart.
    stream = answer.headers.get("content-type", "").startswith("text/event-stream")
    case.validate_response(
        answer, checks=CHECKS, excluded_checks=[response_schema_conformance] if stream else []
    )
    assert answer.headers["API-Version"]
    if answer.status_code >= 400 and answer.content:
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert answer.headers["content-language"] == language
        assert answer.json()["status"] == answer.status_code


def as_bytes(value: str | bytes) -> bytes:
    """Return a header as a program would send it that cares for no rule."""
    return value if isinstance(value, bytes) else value.encode("latin-1", "replace")


def test_every_answer_is_described(fuzzed: Fuzzed) -> None:
    ask_everything(fuzzed, 12)


@pytest.mark.nightly
def test_every_answer_of_many_is_described(fuzzed: Fuzzed) -> None:
    ask_everything(fuzzed, 300)


def test_a_method_that_is_not_described_is_refused(fuzzed: Fuzzed) -> None:
    # Who may not write at all hears only that.
    headers = {} if fuzzed.keys[0] is None else {"Authorization": f"Bearer {fuzzed.keys[0]}"}
    paths: dict[str, dict[str, Any]] = fuzzed.schema.raw_schema["paths"]
    for path in paths:
        address = path.format(**fuzzed.known, **REST_OF_PATH)
        # The last word of one address may be an id at another.
        described = {
            method.upper()
            for other, operations in paths.items()
            if re.fullmatch(re.sub(r"{.*?}", "[^/]+", other), address)
            for method in operations
        }
        for method in METHODS:
            # What can be read can be asked for without its body.
            if method not in described and not (method == "HEAD" and "GET" in described):
                answer = fuzzed.api.client.request(method, address, headers=headers)
                assert answer.status_code == 405, (method, address)
                allowed = {name.strip() for name in answer.headers["Allow"].split(",")}
                assert allowed - {"HEAD", "OPTIONS"} <= described


def test_no_write_is_done_without_the_key_for_it(fuzzed: Fuzzed) -> None:
    """What changes something needs a key that may; the sample plan is fit for every address that takes one."""
    client, kept = fuzzed.api.client, fuzzed.known
    scenario = f"/v1/scenarios/{kept['scenario_id']}"
    writes: list[tuple[str, str, Any]] = [
        ("POST", "/v1/scenarios", sample_result.PLAN),
        ("PATCH", scenario, {"visibility": "public"}),
        ("DELETE", scenario, None),
        ("POST", "/v1/runs", {"scenario": sample_result.PLAN}),
        ("DELETE", f"/v1/runs/{kept['run_id']}", None),
        # Who may write is looked at before what is written, and before whether it is there.
        ("POST", "/v1/drafts", {}),
        ("PUT", "/v1/drafts/onbekend", {}),
        ("DELETE", "/v1/drafts/onbekend", None),
        ("POST", "/v1/region-additions", {}),
        ("DELETE", f"/v1/region-additions/{kept['addition_id']}", None),
        ("POST", "/v1/sessions", make_plan().model_dump(mode="json")),
        *((method, f"/v1/sessions/{kept['code']}{path}", body) for method, path, body in SESSION_WRITES),
    ]
    described = {
        (method.upper(), path)
        for path, operations in fuzzed.schema.raw_schema["paths"].items()
        for method in operations
        if method != "get" and path.rpartition("/")[2] not in ("validate", "load", "preview")
    }
    assert len(described) == len(writes), "a new write: tell here what it is given"
    if fuzzed.keys == [None]:
        return
    _, reader, _, unknown, _ = fuzzed.keys
    before = [client.get(path).json() for path in (scenario, "/v1/runs", "/v1/scenarios")]
    for method, address, body in writes:
        for key, expected in ((None, 401), (unknown, 401), (reader, 403)):
            headers = {} if key is None else {"Authorization": f"Bearer {key}"}
            answer = client.request(method, address, json=body, headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (expected, MEDIA_TYPE), (
                method,
                address,
            )
            assert ("www-authenticate" in answer.headers) == (expected == 401)
    assert [client.get(path).json() for path in (scenario, "/v1/runs", "/v1/scenarios")] == before
