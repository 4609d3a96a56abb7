"""Collects what is wrong with a scenario, each mistake at the JSON pointer of its field."""

from __future__ import annotations

from dataclasses import dataclass, field

from zorgstroom.domain.scenario import ActionItem
from zorgstroom.errors import Problem


@dataclass
class Findings:
    """Mistakes and warnings by pointer: both as their place and as `pointer`."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def error(self, pointer: str, key: str, **params: object) -> None:
        """Note what stops a run."""
        self.errors.append(Problem(pointer, key, params, pointer))

    def warn(self, pointer: str, key: str, **params: object) -> None:
        """Note what deserves a second look."""
        self.warnings.append(Problem(pointer, key, params, pointer))

    def add(self, problem: Problem | None) -> None:
        """Note a mistake that is ready, if there is one."""
        if problem:
            self.errors.append(problem)

    def below(self, pointer: str) -> bool:
        """Return whether an error was found in this part of the document."""
        return any(error.pointer == pointer or error.where.startswith(pointer + "/") for error in self.errors)


def action_pointer(index: int, item: ActionItem) -> str:
    """Return the pointer of an action, such as ``/actions/0/close``."""
    return f"/actions/{index}/{item.kind}"
