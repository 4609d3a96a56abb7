"""Scenario files: a document and the ones it is based on, as one scenario.

Documents are read by `zorgstroom.scenario_reading`. A scenario may be based on other files, by their path from
its own, or on examples that ship with the product, by name: their actions come first. A text that is no file,
such as a request, can only name examples.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from zorgstroom.domain.scenario import ActionItem, Horizon, RegionChoice, Scenario
from zorgstroom.errors import InvalidInput, Problem, nearest_known
from zorgstroom.scenario_reading import (
    AlsoCheck,
    ReadScenario,
    read_scenario,
    scenario_schema,
    schema_text,
)

__all__ = [
    "Example",
    "ScenarioFile",
    "example_scenarios",
    "load_scenario",
    "load_scenario_file",
    "parse_scenario",
    "parse_scenario_with_lines",
    "scenario_digest",
    "scenario_schema",
    "schema_text",
]

#: How deep files may be based on each other, on how many in all, and how many actions they may have together.
MAX_BASE_DEPTH = 10
MAX_BASES = 20
MAX_ACTIONS = 200
PLAN_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Origin:
    """Where a part of a scenario was written."""

    read: ReadScenario
    #: Pointer in that document.
    pointer: str
    #: Position in the `based_on` of the document at the top; None: in that document itself.
    base: int | None


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario and where it came from: enough to say on which line of which file something stands."""

    scenario: Scenario
    where: str
    #: Of each action.
    origins: tuple[Origin, ...]
    #: Of the top of the document, and of its region and horizon.
    top: Origin
    region: Origin
    horizon: Origin

    def locate(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return the problems with ``file:line`` as their place, found by their pointer.

        What stands in a file this one is based on points at the `based_on` that brought it in.
        """
        return [self._located(problem) for problem in problems]

    def _located(self, problem: Problem) -> Problem:
        if problem.pointer is None:
            return problem
        origin, rest = self._origin(problem.pointer)
        pointer = origin.pointer + rest
        return dataclasses.replace(
            problem,
            where=origin.read.place(pointer),
            pointer=pointer if origin.base is None else f"/based_on/{origin.base}",
        )

    def _origin(self, pointer: str) -> tuple[Origin, str]:
        """Return where the part around a pointer was written, and the rest of the pointer."""
        steps = pointer.split("/")
        if steps[1:2] == ["actions"] and len(steps) > 2:
            return self.origins[int(steps[2])], "".join(f"/{step}" for step in steps[3:])
        for name, origin in (("region", self.region), ("horizon", self.horizon)):
            if steps[1:2] == [name]:
                return origin, "".join(f"/{step}" for step in steps[2:])
        return self.top, pointer


@dataclass(frozen=True)
class Example:
    """A scenario that ships with the product."""

    slug: str
    path: Path
    text: str


def parse_scenario(content: str | bytes, where: str) -> Scenario:
    """Return the scenario in a YAML or JSON text.

    Raises InvalidInput with all mistakes; `where` names the text in them (a file name).
    """
    return parse_scenario_with_lines(content, where).scenario


def parse_scenario_with_lines(
    content: str | bytes, where: str, also: AlsoCheck | None = None, folder: Path | None = None
) -> ScenarioFile:
    """Return the scenario with where every part was written; raises InvalidInput with all mistakes.

    `also` looks at a document whose shape is not right, for mistakes of another kind: all are named at once.
    Such a text can be based on shipped examples only: a path in it is refused, unless `folder` says from where.
    """
    return _Composer(also).composed(read_scenario(content, where, also), folder, where)


def load_scenario(path: Path) -> Scenario:
    """Return the scenario in a file; raises InvalidInput with all mistakes."""
    return load_scenario_file(path).scenario


def load_scenario_file(path: Path, also: AlsoCheck | None = None) -> ScenarioFile:
    """Return the scenario in a file and those it is based on; raises InvalidInput (`also`: see above)."""
    read = read_scenario(_content(path), str(path), also)
    return _Composer(also).composed(read, path.parent, str(path.resolve()))


def _content(path: Path) -> bytes:
    """Return what a file holds; raises InvalidInput if it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InvalidInput([Problem(str(path), "scenario.no_file")]) from None
    except IsADirectoryError:
        raise InvalidInput([Problem(str(path), "scenario.is_folder")]) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput([Problem(str(path), "scenario.cannot_read", {"reason": reason})]) from None


@dataclass(frozen=True)
class _Parts:
    """What a document and its bases say, in order."""

    actions: tuple[tuple[ActionItem, Origin], ...] = ()
    region: tuple[RegionChoice, Origin] | None = None
    horizon: tuple[Horizon, Origin] | None = None


class _Composer:
    """Follows what documents are based on; each file counts once, where it is named first."""

    def __init__(self, also: AlsoCheck | None) -> None:
        self._also = also
        self._seen: set[str] = set()
        self._problems: list[Problem] = []

    def composed(self, read: ReadScenario, folder: Path | None, key: str) -> ScenarioFile:
        """Return one flat scenario; raises InvalidInput with the mistakes of all files."""
        parts = self._parts(read, folder, (key,), None)
        top = Origin(read, "", None)
        if len(parts.actions) > MAX_ACTIONS:
            self._report(read, "/based_on", "scenario.based_on_many_actions", limit=MAX_ACTIONS)
        if self._problems:
            raise InvalidInput(self._problems)
        scenario = read.scenario.model_copy(
            update={
                "based_on": None,
                "actions": [item for item, _ in parts.actions],
                "region": parts.region and parts.region[0],
                "horizon": parts.horizon[0] if parts.horizon else read.scenario.horizon,
            }
        )
        return ScenarioFile(
            scenario,
            read.where,
            tuple(origin for _, origin in parts.actions),
            top,
            parts.region[1] if parts.region else top,
            parts.horizon[1] if parts.horizon else top,
        )

    def _parts(
        self, read: ReadScenario, folder: Path | None, chain: tuple[str, ...], base: int | None
    ) -> _Parts:
        """Return what a document says after the ones it is based on; `chain`: the files on the way to it."""
        found = _Parts()
        for position, name in enumerate(read.scenario.based_on or ()):
            pointer = f"/based_on/{position}"
            below = self._base(read, folder, chain, name, pointer, position if base is None else base)
            found = _Parts(
                found.actions + below.actions, found.region or below.region, found.horizon or below.horizon
            )
        own = read.scenario
        actions = tuple(
            (item, Origin(read, f"/actions/{index}", base)) for index, item in enumerate(own.actions)
        )
        if own.region is not None:
            found = dataclasses.replace(found, region=(own.region, Origin(read, "/region", base)))
        if "horizon" in own.model_fields_set:
            found = dataclasses.replace(found, horizon=(own.horizon, Origin(read, "/horizon", base)))
        return dataclasses.replace(found, actions=found.actions + actions)

    def _base(
        self,
        read: ReadScenario,
        folder: Path | None,
        chain: tuple[str, ...],
        name: str,
        pointer: str,
        base: int,
    ) -> _Parts:
        """Return what one base says, or nothing after noting why it cannot be had."""
        path = self._found(read, folder, name, pointer)
        if path is None:
            return _Parts()
        key = str(path.resolve())
        if key in chain:
            files = " > ".join(Path(item).name for item in (*chain, key))
            self._report(read, pointer, "scenario.based_on_circle", files=files)
        elif len(chain) > MAX_BASE_DEPTH:
            self._report(read, pointer, "scenario.based_on_deep", limit=MAX_BASE_DEPTH)
        elif key not in self._seen:
            self._seen.add(key)
            if len(self._seen) > MAX_BASES:
                self._report(read, pointer, "scenario.based_on_many", limit=MAX_BASES)
                return _Parts()
            is_example = path in {example.path for example in example_scenarios()}
            where = path.name if is_example else str(path)
            try:
                below = read_scenario(_content(path), where, self._also)
            except InvalidInput as error:
                self._problems += [
                    dataclasses.replace(problem, pointer=f"/based_on/{base}") for problem in error.problems
                ]
                return _Parts()
            return self._parts(below, None if is_example else path.parent, (*chain, key), base)
        return _Parts()

    def _found(self, read: ReadScenario, folder: Path | None, name: str, pointer: str) -> Path | None:
        """Return the file a name stands for: beside the document, or an example by name with or without suffix."""
        examples = {example.slug: example.path for example in example_scenarios()}
        slug = next((name.removesuffix(end) for end in PLAN_SUFFIXES if name.endswith(end)), name)
        is_path = "/" in name or "\\" in name
        if folder is not None and name.endswith(PLAN_SUFFIXES):
            if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive:
                self._report(read, pointer, "scenario.based_on_absolute", name=name)
                return None
            if (folder / name).is_file():
                return folder / name
        if slug in examples and not is_path:
            return examples[slug]
        if folder is None and is_path:
            self._report(read, pointer, "scenario.based_on_path", name=name, known=", ".join(examples))
            return None
        known = {slug: slug for slug in examples}
        if folder is not None:
            beside = sorted(path for path in folder.iterdir() if path.suffix in PLAN_SUFFIXES)
            known |= {path.stem: path.name for path in beside}
        suggestion = known.get(nearest_known(slug, known) or "")
        key = "scenario.based_on_unknown_near" if suggestion else "scenario.based_on_unknown"
        self._report(read, pointer, key, name=name, suggestion=suggestion, known=", ".join(examples))
        return None

    def _report(self, read: ReadScenario, pointer: str, key: str, **params: object) -> None:
        self._problems.append(Problem(read.place(pointer), key, params, pointer))


def example_scenarios() -> list[Example]:
    """Return the scenarios that ship with the product, in order of their file names."""
    package = Path(__file__).parent
    folders = (package / "examples", package.parents[1] / "examples" / "scenarios")
    folder = next((folder for folder in folders if folder.is_dir()), None)
    paths = sorted(folder.glob("*.yaml")) if folder else []
    return [Example(path.stem, path, path.read_text("utf-8")) for path in paths]


def scenario_digest(scenario: Scenario) -> str:
    """Return the SHA-256 of what the scenario says, however its file was written."""
    return hashlib.sha256(scenario.canonical_json().encode()).hexdigest()
