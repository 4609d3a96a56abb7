"""The engines there are, by the name users choose them with."""

from __future__ import annotations

from zorgstroom_simulator.engines import Engine, simpy_engine

ENGINES: dict[str, Engine] = {"simpy": simpy_engine.run}
