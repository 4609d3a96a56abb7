"""The engines there are, by the name users choose them with."""

from __future__ import annotations

from zorgstroom_simulator.engines import Engine, Journeys, Network, PatientTable, simpy_engine


def _compiled(patients: PatientTable, network: Network) -> Journeys:
    # Its compiler takes half a second to import: only who uses it waits for that.
    from zorgstroom_simulator.engines import compiled_engine  # noqa: PLC0415

    return compiled_engine.run(patients, network)


ENGINES: dict[str, Engine] = {"compiled": _compiled, "simpy": simpy_engine.run}
