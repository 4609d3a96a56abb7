"""The form of a scenario document: from a YAML or JSON text to a `Scenario`, with every mistake at once.

A mistake carries ``file:line``, the JSON pointer of the field and a text of the catalogue; unknown keys
come with the nearest known one. Whether ids exist and the plan can work is judged in `planning.check`.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError

from zorgstroom.document import Document, pointer_to, read_document
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput, Problem, nearest_known

SCHEMA_ADDRESS = "https://zorgstroom.nl/schemas/scenario-1.json"

#: What each kind of mistake is called in the catalogue. Kinds not here read as ``scenario.invalid_value``.
_TEXT_OF = {
    "missing": "scenario.missing_key",
    "string_type": "scenario.not_text",
    "string_too_short": "scenario.empty_text",
    "string_too_long": "scenario.long_text",
    "list_type": "scenario.not_list",
    "too_short": "scenario.empty_list",
    "too_long": "scenario.long_list",
    "model_type": "scenario.not_mapping",
    "dict_type": "scenario.not_mapping",
    "int_type": "scenario.not_whole_number",
    "int_parsing_size": "scenario.not_whole_number",
    "float_type": "scenario.not_number",
    "finite_number": "scenario.not_number",
    "greater_than": "scenario.too_small_open",
    "greater_than_equal": "scenario.too_small",
    "less_than_equal": "scenario.too_large_number",
    "literal_error": "scenario.not_allowed",
    "bool_type": "scenario.not_true_false",
    "date_type": "scenario.not_date",
    "date_parsing": "scenario.not_date",
    "date_from_datetime_parsing": "scenario.not_date",
    "date_from_datetime_inexact": "scenario.not_date",
}


#: Finds mistakes in a document as it was read.
AlsoCheck = Callable[[object], list[Problem]]


@dataclass(frozen=True)
class ReadScenario:
    """One document as it was written: what it is based on is not looked up yet."""

    scenario: Scenario
    where: str
    #: Line of every JSON pointer.
    lines: Mapping[str, int]

    def place(self, pointer: str) -> str:
        """Return ``file:line`` of a pointer, or of the nearest thing around it."""
        return Document(self.where, lines=dict(self.lines)).place(pointer)


def read_scenario(content: str | bytes, where: str, also: AlsoCheck | None = None) -> ReadScenario:
    """Return the scenario in a text; raises InvalidInput with all mistakes.

    `also` looks at a document whose shape is not right, for mistakes of another kind: all are named at once.
    """
    document = read_document(content, where)
    scenario = _validate(document) if document.complete else None
    if scenario is None and document.complete and also is not None:
        known = {problem.pointer for problem in document.problems}
        document.problems += [
            dataclasses.replace(problem, where=document.place(problem.pointer or ""))
            for problem in also(document.value)
            if problem.pointer not in known
        ]
    if document.problems or scenario is None:
        raise InvalidInput(sorted(document.problems, key=_line))
    return ReadScenario(scenario, where, document.lines)


@cache
def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario document."""
    schema = Scenario.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ADDRESS, **schema}


def schema_text() -> str:
    """Return the JSON Schema as it is committed in ``schemas/scenario.schema.json``."""
    return json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n"


def _line(problem: Problem) -> int:
    """Return the line in ``file:line``."""
    return int(problem.where.rpartition(":")[2])


def _validate(document: Document) -> Scenario | None:
    """Return the scenario, or None after noting its mistakes in the document."""
    try:
        # Strict and from JSON: texts are dates where dates belong, and nothing else is guessed.
        return Scenario.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        reported = {problem.pointer for problem in document.problems}
        for mistake in error.errors(include_url=False):
            problem = _problem(dict(mistake), document)
            if problem.pointer not in reported:
                document.problems.append(problem)
        return None


def _problem(mistake: Mapping[str, Any], document: Document) -> Problem:
    """Return one validation error in our own words."""
    # Names in brackets say which side of a choice was tried: no part of the document.
    steps = [step for step in mistake["loc"] if not str(step).startswith("[")]
    pointer = ""
    for step in steps:
        pointer = pointer_to(pointer, step)
    named = steps[:-1] if mistake["loc"][-1:] == ("[key]",) else steps
    name = next((step for step in reversed(named) if isinstance(step, str)), "")
    kind, context = mistake["type"], mistake.get("ctx", {})
    params: dict[str, object] = {"name": name, "value": _short(mistake["input"])}
    key = _TEXT_OF.get(kind, "scenario.invalid_value")
    if kind == "extra_forbidden":
        known = _known_keys(steps[:-1])
        suggestion = nearest_known(name, known)
        key = "scenario.unknown_key_near" if suggestion else "scenario.unknown_key"
        params |= {"suggestion": suggestion, "known": ", ".join(known)}
    elif kind == "value_error":
        key = f"scenario.{context['error']}"
    elif kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
        params["allowed"] = ", ".join(allowed)
    elif kind == "missing":
        pointer = pointer.rpartition("/")[0]
    elif kind == "model_type" and not steps:
        key = "scenario.empty_file" if document.value is None else "scenario.not_mapping_root"
    limit = next((context[bound] for bound in _BOUNDS if bound in context), None)
    if limit is not None:
        params["limit"] = f"{limit:g}"
    return Problem(document.place(pointer), key, params, pointer)


_BOUNDS = ("ge", "gt", "le", "max_length", "min_length")


def _short(value: object) -> str:
    """Return a value as people recognise it from their file, at most 60 characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _known_keys(steps: Sequence[str | int]) -> list[str]:
    """Return the keys a mapping at this place of the document may have, from the schema."""
    root = scenario_schema()
    node: dict[str, Any] = root
    for step in steps:
        node = _resolve(node, root)
        if isinstance(step, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(step, node.get("additionalProperties") or {})
    return list(_resolve(node, root).get("properties", {}))


def _resolve(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Follow references and the side of a choice that has fields, if there is one."""
    while True:
        if "$ref" in node:
            node = root["$defs"][node["$ref"].rpartition("/")[2]]
        elif sides := node.get("anyOf") or node.get("oneOf"):
            with_fields = [side for side in sides if "$ref" in side or side.get("type") == "object"]
            node = next(iter(with_fields), sides[0])
        else:
            return node
