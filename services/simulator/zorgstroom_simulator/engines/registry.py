"""The engines there are, by the name users choose them with."""

from __future__ import annotations

from zorgstroom_simulator.engines import Engine, Journeys, Network, PatientTable, simpy_engine
from zorgstroom_simulator.engines.input import check_input

#: Choose for me: the fastest.
AUTO = "auto"
#: What every other engine is held against.
REFERENCE = "simpy"
FASTEST = "compiled"


def _compiled(patients: PatientTable, network: Network) -> Journeys:
    # Its compiler takes half a second to import: only who uses it waits for that.
    from zorgstroom_simulator.engines import compiled_engine  # noqa: PLC0415

    return compiled_engine.run(patients, network)


def _checked(engine: Engine) -> Engine:
    """Return the engine that refuses what none can simulate, before it does (or compiles) anything."""

    def run(patients: PatientTable, network: Network) -> Journeys:
        check_input(patients, network)
        return engine(patients, network)

    return run


ENGINES: dict[str, Engine] = {FASTEST: _checked(_compiled), REFERENCE: _checked(simpy_engine.run)}
#: What a user can ask for.
CHOICES = (AUTO, *ENGINES)


def engine_named(choice: str) -> str:
    """Return the name of the engine that a choice comes down to.

    All give the same journeys, to the bit, so the choice is one of speed.
    """
    return FASTEST if choice == AUTO else choice


def other_engine(name: str) -> str:
    """Return the engine that an engine is checked against."""
    return REFERENCE if name != REFERENCE else FASTEST
