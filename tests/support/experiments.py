"""Experiments with a plan made by hand, for what no action of the scenario language says on its own."""

from __future__ import annotations

from zorgstroom_simulator.experiment import with_plan as under

__all__ = ["under"]
