"""Judges the shape of a document that was read: from its value to a pydantic model, with every mistake at once.

A mistake carries ``file:line``, the JSON pointer of the field and a text of the catalogue; unknown keys come with
the nearest known one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from zorgstroom.document import Document, pointer_to
from zorgstroom.errors import Problem, nearest_known

Model = TypeVar("Model", bound=BaseModel)

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


def shaped(document: Document, model: type[Model], schema: Mapping[str, Any]) -> Model | None:
    """Return the document as this model, or None after noting its mistakes in the document.

    `schema` is the JSON Schema of the model: what may stand where.
    """
    try:
        # Strict and from JSON: texts are dates where dates belong, and nothing else is guessed.
        return model.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        reported = {problem.pointer for problem in document.problems}
        for mistake in error.errors(include_url=False):
            if document.hopeless:
                break
            problem = _problem(dict(mistake), document, schema)
            if problem.pointer not in reported:
                document.problems.append(problem)
        return None


def _problem(mistake: Mapping[str, Any], document: Document, schema: Mapping[str, Any]) -> Problem:
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
        known = _known_keys(steps[:-1], schema)
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


def _known_keys(steps: Sequence[str | int], root: Mapping[str, Any]) -> list[str]:
    """Return the keys a mapping at this place of the document may have, from the schema."""
    node: Mapping[str, Any] = root
    for step in steps:
        node = _resolve(node, root)
        if isinstance(step, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(step, node.get("additionalProperties") or {})
    return list(_resolve(node, root).get("properties", {}))


def _resolve(node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references and the side of a choice that has fields, if there is one."""
    while True:
        if "$ref" in node:
            node = root["$defs"][node["$ref"].rpartition("/")[2]]
        elif sides := node.get("anyOf") or node.get("oneOf"):
            with_fields = [side for side in sides if "$ref" in side or side.get("type") == "object"]
            node = next(iter(with_fields), sides[0])
        else:
            return node
