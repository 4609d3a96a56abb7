"""What other programs read: a JSON Schema per event and one AsyncAPI document, made from the classes.

The JSON Schemas are kept in ``schemas_json/`` and compared in a test. After adding an optional field, write
them again with ``python -m zorgstroom.events.documents``; anything that breaks readers is refused there and
needs a new type (``.v2``).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import zorgstroom
from zorgstroom.events.ports import BATCH_COMMANDS, COMMAND_TOPICS, COMMANDS, RESULTS, RUNS
from zorgstroom.events.schemas import PAYLOADS, Event
from zorgstroom.tables import write_atomically

Schema = dict[str, Any]

#: Which topics carry an event.
TOPICS_OF_TYPE: Mapping[str, Sequence[str]] = {
    "nl.zorgstroom.run.requested.v1": (COMMANDS, RUNS),
    "nl.zorgstroom.run.requested.v2": (COMMANDS, BATCH_COMMANDS, RUNS),
    "nl.zorgstroom.run.cancellation-requested.v1": (COMMANDS, RUNS),
    "nl.zorgstroom.run.accepted.v1": (RUNS,),
    "nl.zorgstroom.run.progressed.v1": (RUNS,),
    "nl.zorgstroom.replication.completed.v1": (RUNS,),
    "nl.zorgstroom.run.completed.v1": (RUNS,),
    "nl.zorgstroom.run.failed.v1": (RUNS,),
    "nl.zorgstroom.run.cancelled.v1": (RUNS,),
    "nl.zorgstroom.run.removed.v1": (RUNS,),
    "nl.zorgstroom.result.published.v1": (RESULTS,),
}
_TOPIC_TEXTS = {
    COMMANDS: "What the simulators are asked to do while somebody waits, and every cancellation. The key is the run.",
    BATCH_COMMANDS: "Runs that nobody waits for. The key is the run.",
    RUNS: "What happens to runs, in order per run. Never expires.",
    RESULTS: "Where the result tables of runs are. Never expires.",
}


def json_schemas() -> dict[str, Schema]:
    """Return {name: JSON Schema} of the envelope and of every payload."""
    schemas = {"envelope": Event.model_json_schema()}
    schemas |= {name: payload.model_json_schema() for name, payload in PAYLOADS.items()}
    return {
        name: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:zorgstroom:schema:{name}",
            **schema,
        }
        for name, schema in schemas.items()
    }


def kept_schemas() -> dict[str, Schema]:
    """Return the schemas as they were last written: what readers elsewhere rely on."""
    folder = resources.files("zorgstroom.events").joinpath("schemas_json")
    return {
        file.name.removesuffix(".json"): json.loads(file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".json")
    }


def breaking_changes(kept: Schema, new: Schema) -> Iterator[str]:
    """Name what readers or writers of the kept schema would trip over in the new one."""
    yield from _breaking_changes(kept, new, "")


def _breaking_changes(kept: Schema, new: Schema, where: str) -> Iterator[str]:
    for name, schema in kept.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{where}{name} is gone"
        elif _meaning(schema) != _meaning(new["properties"][name]):
            yield f"{where}{name} changed"
    for name in sorted(set(new.get("required", ())) ^ set(kept.get("required", ()))):
        yield f"{where}{name} is {'required now' if name in new.get('required', ()) else 'optional now'}"
    for name, schema in kept.get("$defs", {}).items():
        if name not in new.get("$defs", {}):
            yield f"{where}{name} is gone"
        else:
            yield from _breaking_changes(schema, new["$defs"][name], f"{where}{name}.")


def _meaning(schema: Schema) -> Schema:
    """Leave out what only people read."""
    return {name: value for name, value in schema.items() if name not in ("title", "description")}


def write_schemas(folder: Path) -> list[str]:
    """Write the schemas to a folder; returns the breaking changes, and writes nothing when there are any."""
    new, kept = json_schemas(), kept_schemas()
    problems = [f"{name} is gone" for name in kept if name not in new]
    for name in kept.keys() & new.keys():
        problems += [f"{name}: {change}" for change in breaking_changes(kept[name], new[name])]
    if not problems:
        for name, schema in new.items():
            text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
            write_atomically(folder / f"{name}.json", text.encode())
    return sorted(problems)


def asyncapi_document() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 description of all topics, for programs that listen along or ask for runs."""
    schemas: dict[str, Schema] = {}
    messages: dict[str, Any] = {}
    for name, schema in json_schemas().items():
        body = {key: value for key, value in schema.items() if key not in ("$schema", "$id", "$defs")}
        # Versions of an event may have parts of the same name.
        parts = {f"{name}.{part}": definition for part, definition in schema.get("$defs", {}).items()}
        schemas |= {key: _with_components(part, name) for key, part in {name: body, **parts}.items()}
    for name, payload in PAYLOADS.items():
        messages[name] = {
            "name": name,
            "title": payload.__name__,
            "summary": (payload.__doc__ or "").strip(),
            "contentType": "application/cloudevents+json",
            "payload": {
                "allOf": [
                    {"$ref": "#/components/schemas/envelope"},
                    {
                        "type": "object",
                        "properties": {
                            "type": {"const": name},
                            "data": {"$ref": f"#/components/schemas/{name}"},
                        },
                    },
                ]
            },
        }
    channels = {
        topic: {
            "address": topic,
            "description": text,
            "messages": {
                name: {"$ref": f"#/components/messages/{name}"}
                for name, topics in TOPICS_OF_TYPE.items()
                if topic in topics
            },
        }
        for topic, text in _TOPIC_TEXTS.items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Zorgstroom",
            "version": zorgstroom.__version__,
            "description": "CloudEvents 1.0 (structured JSON). Readers ignore keys they do not know.",
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": {
            # Seen from the simulator: it receives commands and sends the rest.
            topic: {
                "action": "receive" if topic in COMMAND_TOPICS else "send",
                "channel": {"$ref": f"#/channels/{topic}"},
                "messages": [{"$ref": f"#/channels/{topic}/messages/{name}"} for name in channel["messages"]],
            }
            for topic, channel in channels.items()
        },
        "components": {"messages": messages, "schemas": schemas},
    }


def _with_components(schema: Any, name: str) -> Any:
    """Let references inside the schema of this name point to the components of the document."""
    if isinstance(schema, dict):
        return {key: _with_components(value, name) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_with_components(item, name) for item in schema]
    if isinstance(schema, str):
        return schema.replace("#/$defs/", f"#/components/schemas/{name}.")
    return schema


if __name__ == "__main__":
    broken = write_schemas(Path(__file__).with_name("schemas_json"))
    sys.exit("\n".join(["These changes break readers; make a new event type:", *broken]) if broken else 0)
