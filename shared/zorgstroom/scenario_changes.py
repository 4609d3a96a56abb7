"""What differs between two scenario documents, setting by setting.

A setting is one field that can be filled in: of the scenario as a whole, or of one of its actions. Actions are laid
side by side: first those that are the same, then those of one kind that have most in common. Documents need not be
finished. Name and description are no settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from zorgstroom.domain.scenario import (
    Capacity,
    Close,
    Concentrate,
    Demand,
    Horizon,
    Open,
    ShareCare,
    Spread,
    Workforce,
)

Document = Mapping[str, Any]
Sort = Literal["changed", "added", "removed"]
#: Keys and positions from the top of a document.
Path = tuple[str | int, ...]

#: Settings of a scenario as a whole, besides those of its horizon.
OVERALL = ("region", "method")
_MODELS: Mapping[str, type[BaseModel]] = {
    "concentrate": Concentrate,
    "spread": Spread,
    "shared_care": ShareCare,
    "close": Close,
    "open": Open,
    "capacity": Capacity,
    "demand": Demand,
    "workforce": Workforce,
}


@dataclass(frozen=True)
class Change:
    """A setting that differs. `path` is in the new document, or in the reference for an action that is gone."""

    path: Path
    #: Kind of the action; empty for a setting of the scenario as a whole.
    action: str
    #: The action it is a setting of, where there are several of a kind.
    index: int | None
    field: str
    #: None: nothing is filled in.
    before: Any
    after: Any
    sort: Sort


def setting_changes(reference: Document, document: Document) -> list[Change]:
    """Return the settings of `document` that differ from `reference`, in the order of the document."""
    found = [
        Change(path, "", None, str(path[-1]), before, after, "changed")
        for path, before, after in _overall(reference, document)
        if before != after
    ]
    old, new = _actions(reference), _actions(document)
    pairs = _paired(old, new)
    for index, action in enumerate(new):
        kind, body = _parts(action)
        partner = pairs.get(index)
        before = None if partner is None else _parts(old[partner])[1]
        found += [
            Change(
                ("actions", index, kind, name),
                kind,
                index,
                name,
                None if before is None else _value(before, name, field),
                _value(body, name, field),
                "added" if before is None else "changed",
            )
            for name, field in _fields(kind).items()
            if _value(body, name, field)
            != (field_default(field) if before is None else _value(before, name, field))
        ]
    for index in sorted(set(range(len(old))) - set(pairs.values())):
        kind, body = _parts(old[index])
        found += [
            Change(
                ("actions", index, kind, name), kind, index, name, _value(body, name, field), None, "removed"
            )
            for name, field in _fields(kind).items()
            if _value(body, name, field) != field_default(field)
        ]
    return found


def count_settings(reference: Document, document: Document) -> int:
    """Return how many settings there are to compare: every field of the scenario and of the actions of both."""
    old, new = _actions(reference), _actions(document)
    gone = set(range(len(old))) - set(_paired(old, new).values())
    kinds = [_parts(action)[0] for action in new] + [_parts(old[index])[0] for index in gone]
    return len(OVERALL) + len(Horizon.model_fields) + sum(len(_fields(kind)) for kind in kinds)


def field_default(field: FieldInfo) -> Any:
    """Return what a field is when nothing is filled in, as a plain value."""
    return None if field.is_required() else field.get_default(call_default_factory=True)


def _overall(reference: Document, document: Document) -> list[tuple[Path, Any, Any]]:
    rows: list[tuple[Path, Any, Any]] = [
        ((name,), reference.get(name), document.get(name)) for name in OVERALL
    ]
    horizons = [side.get("horizon") or {} for side in (reference, document)]
    for name, field in Horizon.model_fields.items():
        before, after = (_value(side, name, field) for side in horizons)
        rows.append((("horizon", name), before, after))
    return rows


def _actions(document: Document) -> Sequence[Document]:
    return document.get("actions") or []


def _parts(action: Document) -> tuple[str, Document]:
    kind = next(iter(action), "")
    return kind, action.get(kind) or {}


def _fields(kind: str) -> dict[str, FieldInfo]:
    """Return the fields of a kind of action under the names they have in a document."""
    model = _MODELS[kind]
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _value(body: Document, name: str, field: FieldInfo) -> Any:
    value = body.get(name)
    return field_default(field) if value is None else value


def _paired(old: Sequence[Document], new: Sequence[Document]) -> dict[int, int]:
    """Return {position of an action: position of the one it is compared with}."""
    pairs: dict[int, int] = {}
    left = list(range(len(old)))
    for index, action in enumerate(new):
        twin = next((place for place in left if old[place] == action), None)
        if twin is not None:
            pairs[index] = twin
            left.remove(twin)
    for index, action in enumerate(new):
        kind, body = _parts(action)
        alike = [place for place in left if _parts(old[place])[0] == kind]
        if index not in pairs and alike:
            best = max(alike, key=lambda place: (_in_common(_parts(old[place])[1], body), -place))
            pairs[index] = best
            left.remove(best)
    return pairs


def _in_common(one: Document, other: Document) -> int:
    return sum(one.get(name) == value for name, value in other.items())
