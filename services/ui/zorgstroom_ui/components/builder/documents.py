"""A scenario document while it is edited: plain values, changed by path, never in place.

It need not be finished, so it is no `Scenario`; what the screen does not show stays as it was handed in.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from typing import Any

from pydantic import ValidationError

from zorgstroom.domain.scenario import ActionItem, Scenario

Document = dict[str, Any]
#: Keys and positions from the top of a document.
Path = tuple[str | int, ...]

#: What stands in for a name as long as there is none, so that the rest can be judged.
NO_NAME = "–"


def today() -> Document:
    """Return the document that changes nothing."""
    return {"zorgstroom": 1, "name": "", "actions": []}


def opened(scenario: Scenario) -> Document:
    """Return a scenario as it is edited: without what it leaves at its default."""
    document: Document = scenario.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return document | {"actions": document.get("actions", [])}


def found(document: Document, path: Path, default: Any = None) -> Any:
    """Return what stands at a path.

    >>> found({"region": {"roaz": "Oost"}}, ("region", "roaz"))
    'Oost'
    """
    value: Any = document
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return default
    return default if value is None else value


def put(document: Document, path: Path, value: Any) -> Document:
    """Return the document with a value at a path; None takes away what is there.

    >>> put({"horizon": {"weeks": 104}}, ("horizon", "weeks"), None)
    {}
    """
    changed = copy.deepcopy(document)
    *around, last = path
    node: Any = changed
    for step in around:
        if isinstance(node, dict) and not isinstance(node.get(step), dict | list):
            node[step] = {}
        node = node[step]
    if value is not None:
        node[last] = value
    elif isinstance(node, dict):
        node.pop(last, None)
    if changed.get("horizon") == {}:
        del changed["horizon"]
    return changed


def actions(document: Document) -> list[Document]:
    """Return the actions, in order."""
    found_actions: list[Document] = document.get("actions") or []
    return found_actions


def kind_of(action: Document) -> str:
    """Return the kind of an action, such as ``concentrate``."""
    return next(iter(action), "")


def add_action(document: Document, kind: str, body: Document) -> Document:
    """Return the document with one more action, at its end."""
    return document | {"actions": [*actions(document), {kind: copy.deepcopy(body)}]}


def remove_action(document: Document, index: int) -> Document:
    """Return the document without an action."""
    return document | {"actions": [item for place, item in enumerate(actions(document)) if place != index]}


def move_action(document: Document, index: int, by: int) -> Document:
    """Return the document with an action so many places later; at either end it stays where it is."""
    items = list(actions(document))
    place = min(max(index + by, 0), len(items) - 1)
    items.insert(place, items.pop(index))
    return document | {"actions": items}


def unfinished(document: Document) -> list[int]:
    """Return the positions of the actions that do not say enough to be carried out."""
    return [index for index, action in enumerate(actions(document)) if not _is_finished(action)]


def finished_part(document: Document, besides: Collection[int] = ()) -> tuple[Document, list[int]]:
    """Return the document that can be judged, and the position of each of its actions in the whole.

    Actions at the positions `besides` are left out too.
    """
    left_out = {*unfinished(document), *besides}
    kept = [index for index in range(len(actions(document))) if index not in left_out]
    part = document | {"actions": [actions(document)[index] for index in kept]}
    if not str(part.get("name") or "").strip():
        part["name"] = NO_NAME
    return part, kept


def as_scenario(document: Document) -> Scenario | None:
    """Return the scenario a document is; None where it is none yet."""
    try:
        return Scenario.model_validate(document)
    except ValidationError:
        return None


def same(one: Document, other: Document) -> bool:
    """Return whether two documents say the same, however they are written."""
    return _plain(one) == _plain(other)


def _plain(document: Document) -> Document:
    scenario = as_scenario(document)
    return document if scenario is None else opened(scenario)


def _is_finished(action: Document) -> bool:
    try:
        ActionItem.model_validate(action)
    except ValidationError:
        return False
    return True


def toggled(items: Sequence[str], item: str) -> list[str]:
    """Return the items with this one taken away, or added at the end.

    >>> toggled(["a", "b"], "a"), toggled(["b"], "a")
    (['b'], ['b', 'a'])
    """
    return [other for other in items if other != item] if item in items else [*items, item]
