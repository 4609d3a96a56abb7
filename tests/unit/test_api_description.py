"""What the description shows as an example is what the interface takes and gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.support.api import running_api

pytestmark = pytest.mark.unit

JSON = "application/json"
#: Binary files say nothing to a reader of the description.
SHOWN = (JSON, "text/csv", "text/event-stream", "text/html", "application/geo+json")


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("api")
    with running_api(folder) as api:
        return dict(api.client.get("/v1/openapi.json").json())


def contents(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (operation, media type, description) of everything sent and of every answer that is no problem."""
    found = []
    for operations in description["paths"].values():
        for operation in operations.values():
            parts = [operation.get("requestBody", {})]
            parts += [answer for code, answer in operation["responses"].items() if code.startswith("2")]
            for part in parts:
                for media_type, content in part.get("content", {}).items():
                    found.append((operation["operationId"], media_type, content))
    return found


def test_every_operation_has_an_example_of_what_is_sent_and_answered(description: dict[str, Any]) -> None:
    missing = [
        (name, media_type)
        for name, media_type, content in contents(description)
        if media_type in SHOWN and "example" not in content
    ]
    assert not missing


def test_examples_are_as_the_description_says(description: dict[str, Any]) -> None:
    checked = 0
    for name, media_type, content in contents(description):
        if media_type == JSON:
            schema = {**content["schema"], "components": description["components"]}
            errors = list(jsonschema.Draft202012Validator(schema).iter_errors(content["example"]))
            assert not errors, (name, errors[0].message, errors[0].json_path)
            checked += 1
    assert checked > 20


def test_examples_name_every_field_that_an_answer_has(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for name, media_type, content in contents(description):
        reference = content["schema"].get("$ref", "") if media_type == JSON else ""
        properties = schemas.get(reference.rpartition("/")[2], {}).get("properties", {})
        if reference and not reference.endswith(("Request", "ScenarioDocument", "Change")):
            assert set(content.get("example", {})) == set(properties), name
