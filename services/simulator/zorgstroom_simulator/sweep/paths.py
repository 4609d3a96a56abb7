"""Fields of a scenario by their path, such as ``horizon.demand_year`` or ``actions[0].share``.

A path goes through the document as it is written: names with dots, positions in a list in brackets, counted from 0.
The kind of an action may be left out: ``actions[0].share`` of a `spread` is ``actions[0].spread.share``. What a
scenario is based on comes first in its list of actions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from zorgstroom.document import pointer_to
from zorgstroom.domain.scenario import ActionItem
from zorgstroom.errors import nearest_known

Path = tuple[str | int, ...]

#: What can be varied; the rest of a document says nothing about what happens.
ROOTS = ("actions", "horizon", "region")
KINDS = tuple(ActionItem.model_fields)
_STEP = re.compile(r"(?P<name>[^.\[\]]+)|\[(?P<index>[0-9]{1,6})\]")


class BadPath(Exception):
    """A path that leads nowhere: the text that says why, and what to fill in."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params


def parse_path(text: str) -> Path:
    """Return the steps of a path; raises BadPath.

    >>> parse_path("actions[0].share")
    ('actions', 0, 'share')
    """
    steps: list[str | int] = []
    rest = text
    while rest:
        found = _STEP.match(rest)
        if found is None:
            raise BadPath("sweep.path_form", path=text)
        name = found["name"]
        steps.append(int(found["index"]) if name is None else name)
        rest = rest[found.end() :]
        if rest.startswith("."):
            rest = rest[1:]
            if not rest or rest.startswith("["):
                raise BadPath("sweep.path_form", path=text)
        elif rest and not rest.startswith("["):
            raise BadPath("sweep.path_form", path=text)
    if not steps or steps[0] not in ROOTS:
        suggestion = nearest_known(str(steps[0]) if steps else "", ROOTS)
        key = "sweep.path_root_near" if suggestion else "sweep.path_root"
        raise BadPath(key, path=text, suggestion=suggestion, known=", ".join(ROOTS))
    return tuple(steps)


def full_path(document: dict[str, Any], path: Path) -> Path:
    """Return the path with the kind of the action in it; raises BadPath if it leads to no place in the document.

    `document`: a scenario document. The last step need not be there yet, and mappings on the way neither.
    """
    node: Any = document
    found: list[str | int] = []
    for position, step in enumerate(path):
        if len(found) == 2 and found[0] == "actions" and step not in KINDS:
            kind = next(iter(node))
            node = node[kind]
            found.append(kind)
        _check_step(node, step, path[:position])
        found.append(step)
        if isinstance(step, int):
            node = node[step]
        else:
            empty: Any = [] if isinstance(next(iter(path[position + 1 :]), ""), int) else {}
            node = node.get(step, empty)
    return tuple(found)


def _check_step(node: object, step: str | int, before: Path) -> None:
    if isinstance(step, int):
        if not isinstance(node, list):
            raise BadPath("sweep.path_no_list", before=text_of(before))
        if step >= len(node):
            key = "sweep.path_empty_list" if not node else "sweep.path_outside"
            raise BadPath(key, before=text_of(before), index=step, last=len(node) - 1)
    elif isinstance(node, list):
        raise BadPath("sweep.path_needs_index", before=text_of(before))
    elif not isinstance(node, dict):
        raise BadPath("sweep.path_no_mapping", before=text_of(before), name=step)


def text_of(path: Path) -> str:
    """Return a path as people write it.

    >>> text_of(("actions", 0, "share"))
    'actions[0].share'
    """
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def pointer_of(path: Path) -> str:
    """Return a path as a JSON pointer."""
    pointer = ""
    for step in path:
        pointer = pointer_to(pointer, step)
    return pointer


def overlap(first: Path, second: Path) -> bool:
    """Return whether two paths lead to the same field, or one into the other."""
    shorter = min(len(first), len(second))
    return first[:shorter] == second[:shorter]


def with_values(document: dict[str, Any], values: Sequence[tuple[Path, object]]) -> dict[str, Any]:
    """Return a copy of the document with other values; None takes a field away, or an action out of its list.

    The paths are full (`full_path`) and do not overlap.
    """
    made: dict[str, Any] = _copy(document)
    for path, value in values:
        node: Any = made
        for step, following in pairwise(path):
            if isinstance(node, dict):
                node = node.setdefault(step, [] if isinstance(following, int) else {})
            else:
                node = node[step]
        if isinstance(node, dict) and value is None:
            node.pop(path[-1], None)
        else:
            node[path[-1]] = _copy(value)
    # At the end, so that positions meant the same for every path.
    return {key: _without_none(value) for key, value in made.items()}


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items()}
    return [_without_none(item) for item in value if item is not None] if isinstance(value, list) else value
