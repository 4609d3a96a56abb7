"""Experiments with a plan made by hand, for what no action of the scenario language says on its own."""

from __future__ import annotations

import dataclasses

from zorgstroom.planning.plan import Plan
from zorgstroom_simulator.experiment import Experiment


def under(experiment: Experiment, plan: Plan) -> Experiment:
    """Return the same experiment with this plan in place of what its scenario compiles to."""
    made = dataclasses.replace(experiment)
    # The plan is a cached property: what is in its place already is not compiled.
    made.__dict__["plan"] = plan
    return made
