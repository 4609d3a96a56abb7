"""A scenario as a YAML file that people can read and change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from zorgstroom.domain.scenario import Scenario

#: Version and name first, as people write them.
_FIRST = ("zorgstroom", "name", "description", "region", "horizon")


def scenario_text(scenario: Scenario, heading: str = "", comments: Sequence[str] = ()) -> str:
    """Return the scenario as YAML without what it leaves at its default.

    `heading` is a comment above it; `comments` are those above each of the actions, where there are any.
    """
    plain: dict[str, Any] = scenario.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    actions = plain.pop("actions", [])
    ordered = {key: plain[key] for key in _FIRST if key in plain} | plain
    text = "".join(f"# {line}\n" for line in heading.splitlines()) + _dumped(ordered)
    if not actions:
        return text
    above = [*comments, *[""] * (len(actions) - len(comments))]
    items = [
        (f"# {comment}\n" if comment else "") + _dumped([action])
        for comment, action in zip(above, actions, strict=True)
    ]
    return text + "actions:\n" + "".join(items)


def _dumped(part: object) -> str:
    dumped: str = yaml.safe_dump(part, sort_keys=False, allow_unicode=True, width=110)
    return dumped
