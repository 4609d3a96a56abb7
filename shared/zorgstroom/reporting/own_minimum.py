"""What a plan asks of its locations by itself, beside the norms: a number of patients a year, and who gets there."""

from __future__ import annotations

from collections.abc import Sequence, Set

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Concentrate, Scenario
from zorgstroom.planning.plan import Plan
from zorgstroom.reporting.impact import TextRef, VolumeRow


def own_minimums(
    scenario: Scenario,
    dataset: Dataset,
    plan: Plan,
    volumes: Sequence[VolumeRow],
    late: Set[str],
) -> list[TextRef]:
    """Say per kind of care with a minimum of the plan's own which of the locations that are left stay below it.

    The rule decides on expected volumes before anybody chooses anew; what is counted afterwards can be less.
    Nothing is said of care in `late`, which changes within the counted period.
    """
    found = []
    for move in plan.moves:
        action, profile = scenario.actions[move.action].action, dataset.profiles[move.profile].id
        if not isinstance(action, Concentrate) or not isinstance(action.to_minimum, int) or profile in late:
            continue
        left = {dataset.locations[index].id for index in move.receivers.nonzero()[0]}
        rows = [row for row in volumes if row.profile == profile and row.location in left]
        below = [row.location for row in rows if row.plan.mean < action.to_minimum]
        if not rows:
            continue
        about: dict[str, object] = {
            "profile": {"name": profile, "lower": True},
            "n": action.to_minimum,
            "count": len(rows),
        }
        key = f"report.own_minimum.{'below' if below else 'met'}"
        if below:
            about |= {"below": len(below), "places": {"names": below}}
        found.append(TextRef(key=f"{key}.one" if len(rows) == 1 else key, params=about))
    return list({(text.key, str(text.params)): text for text in found}.values())
