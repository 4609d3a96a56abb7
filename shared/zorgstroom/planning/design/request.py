"""The design request: what a plan must do and what it should be best at; read with every mistake at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from zorgstroom.dataset.model import Dataset
from zorgstroom.document import Document, read_document
from zorgstroom.document_shape import shaped
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Horizon, Id, Ids, Name, RegionChoice, SpreadRule, Strict, Text
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.planning.ability import obstacles
from zorgstroom.planning.check_names import check_horizon, check_locations, check_profiles
from zorgstroom.planning.findings import Findings
from zorgstroom.planning.norms import norm_in_force
from zorgstroom.planning.regions import region_of, region_problem, scope_of

#: What a plan can be best at.
Objective = Literal["travel", "worst_off_travel", "extra_travel", "fewest_changes", "stranded_cost"]
Value = TypeVar("Value")


def _number_or_dataset(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    """Name both possibilities in one message, instead of one mistake for each."""
    try:
        return validate(value)
    except ValidationError:
        raise ValueError("design_number_or_dataset") from None


Minimum = Annotated[
    Annotated[int, Field(ge=1, le=100_000)] | Literal["dataset"], WrapValidator(_number_or_dataset)
]
HowMany = Annotated[int, Field(ge=1, le=200)]


def _form(value: object) -> str:
    return "[each]" if isinstance(value, dict) else "[all]"


Norm = Annotated[
    Annotated[Minimum, Tag("[all]")]
    | Annotated[Annotated[dict[Id, Minimum], Field(min_length=1)], Tag("[each]")],
    Discriminator(_form),
]
Count = Annotated[
    Annotated[HowMany, Tag("[all]")]
    | Annotated[Annotated[dict[Id, HowMany], Field(min_length=1)], Tag("[each]")],
    Discriminator(_form),
]


class MaxTravel(Strict):
    """At least this share of the inhabitants has a location that provides the care within so many minutes."""

    minutes: Annotated[float, Field(gt=0, le=600)]
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class Decision(Strict):
    """Something that is fixed for a location: of the named profiles, or of all of the request."""

    location: Id
    profiles: Ids | None = None


Decisions = Annotated[list[Decision], Field(max_length=200)]


class Request(Strict):
    """A design request, version 1."""

    zorgstroom_design: Literal[1]
    name: Name
    description: Text = ""
    region: RegionChoice | None = None
    demand_year: Annotated[int, Field(ge=2021, le=2060)] | None = None
    profiles: Ids
    objective: Objective = "travel"
    #: Where patients go whose location stops.
    rule: SpreadRule = "choice"
    #: Patients a year that every location of the region must have that provides the profile.
    norm: Norm | None = None
    #: Providers of each profile in the region.
    at_most: Count | None = None
    at_least: Count | None = None
    max_travel: MaxTravel | None = None
    #: No pool of a location in the region gets a larger expected load than this by the plan.
    max_load: Annotated[float, Field(gt=0, le=10)] | None = None
    #: Locations that start or stop a profile, all profiles together.
    max_changes: Annotated[int, Field(ge=0, le=10_000)] | None = None
    keep: Decisions = Field(default_factory=list)
    stop: Decisions = Field(default_factory=list)
    may_open: Decisions = Field(default_factory=list)
    #: How many of the next best plans are shown.
    alternatives: Annotated[int, Field(ge=0, le=10)] = 3
    #: Longest search for one profile; the best plan so far is returned with what is known of a better one.
    seconds: Annotated[int, Field(ge=1, le=86_400)] = 240

    @model_validator(mode="after")
    def _whole(self) -> Request:
        asks = (self.norm, self.at_most, self.at_least, self.max_travel, self.max_load)
        if all(ask is None for ask in asks) and not (self.stop or self.may_open):
            raise ValueError("design_asks_nothing")
        return self


@dataclass(frozen=True)
class Wish:
    """What is asked of one profile, by positions in the dataset."""

    profile: int
    #: Who provides it in the region, and who may start.
    offering: tuple[int, ...]
    may_open: tuple[int, ...]
    keep: frozenset[int]
    stop: frozenset[int]
    norm: int | None
    at_most: int | None
    at_least: int | None


@dataclass(frozen=True)
class DesignFile:
    """A request that can be worked on, and the document it was read from."""

    request: Request
    document: Document
    region: Region | None
    year: int
    wishes: tuple[Wish, ...]

    @property
    def horizon(self) -> Horizon:
        """The horizon of the plans that are proposed."""
        return Horizon(demand_year=self.request.demand_year)


def load_request(path: Path, dataset: Dataset) -> DesignFile:
    """Return the request in a file; raises InvalidInput with all mistakes."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InvalidInput([Problem(str(path), "scenario.no_file")]) from None
    except IsADirectoryError:
        raise InvalidInput([Problem(str(path), "scenario.is_folder")]) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput([Problem(str(path), "scenario.cannot_read", {"reason": reason})]) from None
    return read_request(content, str(path), dataset)


def read_request(content: str | bytes, where: str, dataset: Dataset) -> DesignFile:
    """Return the request in a YAML or JSON text; raises InvalidInput with all mistakes."""
    document = read_document(content, where)
    keys = document.value.keys() if isinstance(document.value, dict) else set()
    if "zorgstroom_design" not in keys and keys & {"zorgstroom", "actions"}:
        raise InvalidInput([Problem(document.place(""), "design.is_scenario")])
    request = shaped(document, Request, request_schema()) if document.complete else None
    if request is None or document.problems:
        raise InvalidInput(sorted(document.problems, key=lambda found: document.line_of(found.pointer or "")))
    findings = Findings()
    file = _resolved(request, document, dataset, findings)
    if file is None or findings.errors:
        placed = [
            dataclasses.replace(problem, where=document.place(problem.pointer or ""))
            for problem in findings.errors
        ]
        raise InvalidInput(sorted(placed, key=lambda found: document.line_of(found.pointer or "")))
    return file


@cache
def request_schema() -> dict[str, Any]:
    """Return the JSON Schema of a design request."""
    return Request.model_json_schema()


def _resolved(
    request: Request, document: Document, dataset: Dataset, findings: Findings
) -> DesignFile | None:
    """Return the request in positions of the dataset, or None when names are unknown; notes every mistake."""
    region = region_of(request.region)
    if region is not None:
        findings.add(region_problem(region, dataset, "/region", "/region"))
    check_horizon(Horizon(demand_year=request.demand_year), dataset, findings)
    for error in [error for error in findings.errors if error.pointer == "/horizon/demand_year"]:
        findings.errors.remove(error)
        findings.errors.append(dataclasses.replace(error, pointer="/demand_year"))
    check_profiles(request.profiles, "/profiles", dataset, findings)
    for name, decisions in _decisions(request).items():
        for position, decision in enumerate(decisions):
            place = f"/{name}/{position}"
            check_locations([decision.location], f"{place}/location", dataset, findings)
            _among(decision.profiles or (), request, f"{place}/profiles", findings)
    for name in ("norm", "at_most", "at_least"):
        value = getattr(request, name)
        if isinstance(value, dict):
            _among(tuple(value), request, f"/{name}", findings, by_name=True)
    if findings.errors:
        return None
    year = request.demand_year or dataset.base_year
    wishes = tuple(
        _wish(position, name, request, dataset, region, year, findings)
        for position, name in enumerate(request.profiles)
    )
    return DesignFile(request, document, region, year, wishes)


def _decisions(request: Request) -> Mapping[str, Sequence[Decision]]:
    return {"keep": request.keep, "stop": request.stop, "may_open": request.may_open}


def _among(
    names: Sequence[str], request: Request, pointer: str, findings: Findings, *, by_name: bool = False
) -> None:
    """What a part of the request speaks of must be among its profiles."""
    for position, name in enumerate(names):
        if name not in request.profiles:
            place = f"{pointer}/{name if by_name else position}"
            findings.error(place, "design.profile_not_asked", name=name, known=", ".join(request.profiles))


def _wish(
    position: int,
    name: str,
    request: Request,
    dataset: Dataset,
    region: Region | None,
    year: int,
    findings: Findings,
) -> Wish:
    """Return what is asked of one profile, noting what cannot be."""
    profile = dataset.profile_index[name]
    scope = scope_of(None, dataset, region)
    offered = dataset.offers[:, profile]
    place = f"/profiles/{position}"
    if dataset.profiles[profile].pathway == "visit":
        findings.error(place, "design.first_visits", name=name)
    providers = [row for row in range(len(offered)) if offered[row] and scope[row]]
    if request.objective == "stranded_cost" and not (
        dataset.profiles[profile].cost_eur and dataset.fixed_shares
    ):
        findings.error("/objective", "design.no_cost", name=name)
    rows = _fixed(name, request, dataset, region, findings)
    if not providers and not rows["may_open"]:
        findings.error(place, "design.nobody_provides", name=name, region=region.name if region else "")
    at_most, at_least = _each(request.at_most, name), _each(request.at_least, name)
    if at_most is not None and at_least is not None and at_least > at_most:
        findings.error("/at_least", "design.more_than_most", least=at_least, most=at_most)
    norm = _each(request.norm, name)
    if norm == "dataset":
        found = norm_in_force(dataset, name, year)
        if found is None:
            pointer = f"/norm/{name}" if isinstance(request.norm, dict) else "/norm"
            findings.error(pointer, "design.no_norm", name=name, year=year)
        norm = None if found is None else found.minimum
    return Wish(
        profile,
        tuple(providers),
        tuple(sorted(rows["may_open"])),
        frozenset(rows["keep"]),
        frozenset(rows["stop"]),
        norm if isinstance(norm, int) else None,
        at_most,
        at_least,
    )


def _fixed(
    name: str, request: Request, dataset: Dataset, region: Region | None, findings: Findings
) -> dict[str, set[int]]:
    """Return the locations that are fixed for a profile, by what is fixed; notes what cannot be."""
    profile = dataset.profile_index[name]
    scope, offered = scope_of(None, dataset, region), dataset.offers[:, profile]
    rows: dict[str, set[int]] = {kind: set() for kind in _decisions(request)}
    for kind, decisions in _decisions(request).items():
        for index, decision in enumerate(decisions):
            if decision.profiles is not None and name not in decision.profiles:
                continue
            row = dataset.location_index[decision.location]
            among = [dataset.profile_index[each] for each in request.profiles]
            fits = dataset.offers[row, among] != (kind == "may_open")
            # Of all profiles those are meant for which it can be: an error only if there are none.
            if decision.profiles is None and fits.any() and offered[row] == (kind == "may_open"):
                continue
            params = {"location": decision.location, "name": dataset.locations[row].name, "profile": name}
            pointer = f"/{kind}/{index}/location"
            if not scope[row]:
                findings.error(pointer, "design.outside_region", region=region and region.name, **params)
            elif kind == "may_open":
                if offered[row]:
                    findings.error(pointer, "design.provides_already", **params)
                for lack in obstacles(dataset.locations[row], dataset.profiles[profile]):
                    findings.error(pointer, f"scenario.cannot_provide.{lack}", **params)
            elif not offered[row]:
                findings.error(pointer, "design.does_not_provide", **params)
            elif row in rows["keep"] and kind == "stop":
                findings.error(pointer, "design.keep_and_stop", **params)
            rows[kind].add(row)
    return rows


def _each(value: Value | dict[str, Value] | None, name: str) -> Value | None:
    """Return what is asked of one profile: the same of all, or its own."""
    return value.get(name) if isinstance(value, dict) else value
