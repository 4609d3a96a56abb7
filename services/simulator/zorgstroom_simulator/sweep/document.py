"""The sweep file: the scenario that is varied, and what varies; read with every mistake at once.

The scenario is another file (`base`, from the folder of the sweep file, or a shipped example by its name) or stands in
the sweep file itself (`scenario`). What varies is said in `variants.py`, which makes the variants.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from zorgstroom.document import Document, read_document
from zorgstroom.document_shape import shaped
from zorgstroom.domain.scenario import Id, Ids, Name, Scenario, SpreadRule, Strict, Text
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.scenario_file import ScenarioFile, parse_scenario_with_lines
from zorgstroom.scenario_reading import AlsoCheck

#: Most values of one field, most fields that vary, and most points of a Latin hypercube.
MAX_VALUES, MAX_FIELDS, MAX_POINTS = 200, 20, 500

#: What tells a sweep file from the scenario that it varies.
_SCENARIO_FIELDS = {"actions", "region", "horizon", "based_on"}
_OWN_FIELDS = {"base", "scenario", "grid", "latin_hypercube", "leave_out", "norm_steps"}

#: A field of a scenario, such as ``actions[0].share`` (see `paths`).
FieldPath = Annotated[str, Field(min_length=1, max_length=200)]
Values = Annotated[list[Any], Field(min_length=1, max_length=MAX_VALUES)]
Minimum = Annotated[int, Field(ge=1, le=100_000)]


def _number(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    """Name both kinds of number in one message, instead of one mistake for each."""
    try:
        return validate(value)
    except ValidationError:
        raise ValueError("sweep_number") from None


Number = Annotated[int | Annotated[float, Field(allow_inf_nan=False)], WrapValidator(_number)]


class Bounds(Strict):
    """Between which values a field lies; two whole numbers give whole numbers."""

    low: Number
    high: Number

    @model_validator(mode="after")
    def _order(self) -> Bounds:
        if self.low >= self.high:
            raise ValueError("sweep_bounds")
        return self

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


class LatinHypercube(Strict):
    """So many points, spread evenly over the range of every field."""

    points: Annotated[int, Field(ge=2, le=MAX_POINTS)]
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 1
    fields: Annotated[dict[FieldPath, Bounds], Field(min_length=1, max_length=MAX_FIELDS)]


class LeaveOut(Strict):
    """Locations that are closed, one in each variant: those named, or all; of one profile, or of everything."""

    locations: Ids | None = None
    profile: Id | None = None


def _form_of_leave_out(value: object) -> str:
    return "[parts]" if isinstance(value, dict | LeaveOut) else "[name]"


def _form_of_steps(value: object) -> str:
    return "[list]" if isinstance(value, list) else "[name]"


Steps = Annotated[
    Annotated[list[Minimum], Field(min_length=1, max_length=MAX_VALUES), Tag("[list]")]
    | Annotated[Literal["every"], Tag("[name]")],
    Discriminator(_form_of_steps),
]


class Sweep(Strict):
    """A sweep file, version 1."""

    zorgstroom: Literal[1]
    name: Name
    description: Text = ""
    base: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    scenario: dict[str, Any] | None = None
    grid: Annotated[dict[FieldPath, Values], Field(min_length=1, max_length=MAX_FIELDS)] | None = None
    latin_hypercube: LatinHypercube | None = None
    leave_out: (
        Annotated[
            Annotated[Literal["locations"], Tag("[name]")] | Annotated[LeaveOut, Tag("[parts]")],
            Discriminator(_form_of_leave_out),
        ]
        | None
    ) = None
    #: Per profile the least number of patients a year that a location must have, or every step there is.
    norm_steps: Annotated[dict[Id, Steps], Field(min_length=1, max_length=MAX_FIELDS)] | None = None
    #: Where the patients go of a location that is left out or stops.
    rule: SpreadRule = "choice"

    @model_validator(mode="after")
    def _whole(self) -> Sweep:
        if (self.base is None) == (self.scenario is None):
            raise ValueError("sweep_one_base")
        kinds = (self.grid, self.latin_hypercube, self.leave_out, self.norm_steps)
        if all(kind is None for kind in kinds):
            raise ValueError("sweep_nothing_varies")
        if self.leave_out is not None and self.norm_steps is not None:
            raise ValueError("sweep_leave_out_and_norms")
        if "rule" in self.model_fields_set and self.leave_out is None and self.norm_steps is None:
            raise ValueError("sweep_rule_for_nothing")
        return self

    @property
    def left_out(self) -> LeaveOut | None:
        """What `leave_out` says, in full."""
        return LeaveOut() if isinstance(self.leave_out, str) else self.leave_out


@dataclass(frozen=True)
class SweepFile:
    """A sweep, the scenario it varies, and where everything stands."""

    sweep: Sweep
    document: Document
    read: ScenarioFile

    @property
    def base(self) -> Scenario:
        """The scenario that is varied, with what it is based on."""
        return self.read.scenario

    def problem(self, pointer: str, key: str, **params: object) -> Problem:
        """Return a mistake at a place of the file."""
        return Problem(self.document.place(pointer), key, params, pointer)

    def locate(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return problems of the scenario that is varied with the place in the file they stand in."""
        return _placed(self.read.locate(problems), self.sweep, self.document)


def load_sweep(path: Path, also: AlsoCheck | None = None) -> SweepFile:
    """Return the sweep in a file, with the scenario it varies; raises InvalidInput with all mistakes.

    `also` looks at a scenario whose shape is not right, for mistakes of another kind: all are named at once.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput([_unreadable(path, error)]) from None
    document = read_document(content, str(path))
    if _is_scenario(document.value):
        raise InvalidInput([Problem(document.place(""), "sweep.is_scenario")])
    sweep = shaped(document, Sweep, sweep_schema()) if document.complete else None
    if sweep is None or document.problems:
        raise InvalidInput(
            sorted(document.problems, key=lambda problem: document.line_of(problem.pointer or ""))
        )
    return SweepFile(sweep, document, _base(sweep, document, path, also))


@cache
def sweep_schema() -> dict[str, Any]:
    """Return the JSON Schema of a sweep file."""
    return Sweep.model_json_schema()


def _is_scenario(value: object) -> bool:
    """Return whether somebody handed in the plan itself instead of what varies in it."""
    return (
        isinstance(value, dict) and not value.keys() & _OWN_FIELDS and bool(value.keys() & _SCENARIO_FIELDS)
    )


def _unreadable(path: Path, error: OSError) -> Problem:
    if isinstance(error, FileNotFoundError):
        return Problem(str(path), "scenario.no_file")
    if isinstance(error, IsADirectoryError):
        return Problem(str(path), "scenario.is_folder")
    return Problem(str(path), "scenario.cannot_read", {"reason": error.strerror or type(error).__name__})


def _base(sweep: Sweep, document: Document, path: Path, also: AlsoCheck | None) -> ScenarioFile:
    """Return the scenario that is varied, with what it is based on.

    Another file is read as what a scenario of its own would be based on: found and named in the same way.
    """
    own = {"based_on": [sweep.base]} if sweep.scenario is None else sweep.scenario
    text = json.dumps({"zorgstroom": 1, "name": sweep.name, **own}, ensure_ascii=False)
    try:
        return parse_scenario_with_lines(text, document.where, also, path.parent)
    except InvalidInput as error:
        raise InvalidInput(_placed(error.problems, sweep, document)) from None


def _placed(problems: Sequence[Problem], sweep: Sweep, document: Document) -> list[Problem]:
    """Return mistakes with their place in the sweep file; those in another file keep theirs."""
    placed = []
    for problem in problems:
        if problem.where.rpartition(":")[0] == document.where:
            inner = problem.pointer or ""
            pointer = "/base" if sweep.scenario is None else f"/scenario{inner}"
            placed.append(dataclasses.replace(problem, where=document.place(pointer), pointer=pointer))
        else:
            placed.append(problem)
    return placed
