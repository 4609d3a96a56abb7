"""The form of a scenario document: from a YAML or JSON text to a `Scenario`, with every mistake at once.

A mistake carries ``file:line``, the JSON pointer of the field and a text of the catalogue; unknown keys
come with the nearest known one. Whether ids exist and the plan can work is judged in `planning.check`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from zorgstroom.document import Document, read_document
from zorgstroom.document_shape import shaped
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput, Problem

SCHEMA_ADDRESS = "https://zorgstroom.nl/schemas/scenario-1.json"

#: Only a sweep has these: the file was handed to the wrong command.
_SWEEP_FIELDS = {"grid", "latin_hypercube", "leave_out", "norm_steps"}

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
    if isinstance(document.value, dict) and document.value.keys() & _SWEEP_FIELDS:
        raise InvalidInput([Problem(document.place(""), "scenario.is_sweep")])
    scenario = shaped(document, Scenario, scenario_schema()) if document.complete else None
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
