"""The schemas other programs rely on, and the AsyncAPI document."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from zorgstroom.events import documents
from zorgstroom.events.documents import (
    TOPICS_OF_TYPE,
    asyncapi_document,
    breaking_changes,
    json_schemas,
    kept_schemas,
    write_schemas,
)
from zorgstroom.events.ports import TOPICS
from zorgstroom.events.schemas import PAYLOADS, RunProgressed, RunRequested, RunSettings, make_event

pytestmark = pytest.mark.unit

DATA = Path(__file__).parents[1] / "data"


def test_the_kept_schemas_are_those_of_the_classes() -> None:
    """A difference is a changed payload: write optional additions again, give anything else a new type."""
    assert kept_schemas() == json_schemas()


def test_an_event_passes_its_schemas_and_a_wrong_one_does_not() -> None:
    schemas = kept_schemas()
    requested = RunRequested(scenario={}, dataset_digest="d", settings=RunSettings())
    event = json.loads(make_event("run-1", "/test", requested).model_dump_json())
    jsonschema.validate(event, schemas["envelope"])
    jsonschema.validate(event["data"], schemas[event["type"]])
    event["data"]["settings"]["replications"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(event["data"], schemas[event["type"]])


def changed(path: list[str], value: Any) -> dict[str, Any]:
    schema = copy.deepcopy(json_schemas()["nl.zorgstroom.run.requested.v1"])
    place = schema
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return schema


@pytest.mark.parametrize(
    ("path", "value", "change"),
    [
        (["properties", "owner"], None, "owner is gone"),
        (["properties", "attempt"], {"type": "string"}, "attempt changed"),
        (["required"], ["scenario", "dataset_digest", "settings", "owner"], "owner is required now"),
        (["required"], ["scenario"], "dataset_digest is optional now"),
        (["$defs", "RunSettings", "properties", "seed"], {"type": "string"}, "RunSettings.seed changed"),
        (["$defs", "RunSettings"], None, "RunSettings is gone"),
    ],
)
def test_what_breaks_readers_is_named(path: list[str], value: Any, change: str) -> None:
    kept = json_schemas()["nl.zorgstroom.run.requested.v1"]
    assert change in list(breaking_changes(kept, changed(path, value)))


def test_an_optional_addition_and_another_description_break_nothing() -> None:
    kept = json_schemas()["nl.zorgstroom.run.requested.v1"]
    new = changed(["properties", "colour"], {"type": "integer", "default": 0})
    new["properties"]["attempt"]["description"] = "which try"
    assert list(breaking_changes(kept, new)) == []


def test_schemas_are_written_unless_something_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert write_schemas(tmp_path) == []
    assert {file.stem for file in tmp_path.iterdir()} == {*PAYLOADS, "envelope"}
    fewer = json_schemas()
    del fewer["nl.zorgstroom.run.failed.v1"]["properties"]["key"]
    del fewer["nl.zorgstroom.run.cancelled.v1"]
    monkeypatch.setattr(documents, "json_schemas", lambda: fewer)
    assert write_schemas(tmp_path / "other") == [
        "nl.zorgstroom.run.cancelled.v1 is gone",
        "nl.zorgstroom.run.failed.v1: key is gone",
    ]
    assert not (tmp_path / "other").exists()


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def resolved(document: dict[str, Any], reference: str) -> Any:
    place: Any = document
    assert reference.startswith("#/")
    for part in reference[2:].split("/"):
        place = place[part]
    return place


def test_the_asyncapi_document_names_every_topic_and_event_and_hangs_together() -> None:
    document = asyncapi_document()
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == set(TOPICS)
    assert set(document["components"]["messages"]) == set(PAYLOADS) == set(TOPICS_OF_TYPE)
    for reference in references(document):
        resolved(document, reference)
    for name, operation in document["operations"].items():
        assert operation["channel"] == {"$ref": f"#/channels/{name}"}
        assert len(operation["messages"]) == len(document["channels"][name]["messages"])
    json.dumps(document)


def test_the_asyncapi_document_is_one_by_the_official_schema() -> None:
    schema = json.loads((DATA / "asyncapi" / "asyncapi-3.0.0.json").read_bytes())
    validator = jsonschema.Draft7Validator(schema)
    document = asyncapi_document()
    assert [error.message for error in validator.iter_errors(document)] == []
    # The schema is one that refuses.
    document["operations"]["zorgstroom.runs"]["action"] = "shout"
    assert list(validator.iter_errors(document))


def test_every_schema_a_topic_leads_to_is_a_schema_and_no_topic_is_empty() -> None:
    document = asyncapi_document()
    for channel in document["channels"].values():
        assert channel["messages"]
        for reference in references(channel):
            message = resolved(document, reference)
            jsonschema.Draft202012Validator.check_schema(message["payload"])
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_message_of_the_asyncapi_document_describes_the_event() -> None:
    document = asyncapi_document()
    event = json.loads(make_event("r", "/test", RunProgressed(attempt=1, done=1, total=2)).model_dump_json())
    message = document["components"]["messages"]["nl.zorgstroom.run.progressed.v1"]
    schema = {**message["payload"], "components": document["components"]}
    jsonschema.validate(event, schema)
    event["data"]["done"] = "half"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(event, schema)


def test_a_request_from_before_there_was_a_choice_of_engine_is_still_read() -> None:
    settings = {"replications": 3, "seed": 7, "region": None, "engine": "simpy"}
    new = make_event("run-1", "/test", RunRequested(scenario={}, dataset_digest="d", settings=RunSettings()))
    old = new.model_copy(
        update={
            "type": "nl.zorgstroom.run.requested.v1",
            "data": {"scenario": {}, "dataset_digest": "d", "settings": settings},
        }
    )
    payload = old.payload()
    assert isinstance(payload, RunRequested)
    assert (payload.settings.engine, payload.settings.replications) == ("simpy", 3)
    assert (new.type, RunSettings().engine) == ("nl.zorgstroom.run.requested.v2", "auto")


def test_a_payload_is_checked_once_and_again_for_a_changed_copy() -> None:
    event = make_event("run-1", "/test", RunProgressed(attempt=1, done=1, total=2))
    other = make_event("run-1", "/test", RunProgressed(attempt=1, done=1, total=2))
    assert event.payload() is event.payload()
    same = event.model_copy(update={"id": other.id, "time": other.time})
    # Having been asked for it makes no difference to what an event is.
    assert same == other
    assert event.model_copy(
        update={"data": {"attempt": 1, "done": 2, "total": 2}}
    ).payload() == RunProgressed(attempt=1, done=2, total=2)
