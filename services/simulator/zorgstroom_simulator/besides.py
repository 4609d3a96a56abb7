"""What a run may be asked for besides its replications: what each part does, how it bears shocks, other assumptions.

The first two are computed together with the replications. The draws of other assumptions come after: what is held
against them is what the run concludes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from zorgstroom.events.schemas import RunSettings
from zorgstroom.planning.parts import Part
from zorgstroom_simulator import stress, waterfall
from zorgstroom_simulator.experiment import Experiment, ReplicationTables
from zorgstroom_simulator.kinds import DRAW, PART, SHOCK, of_kind
from zorgstroom_simulator.outcome import Outcome
from zorgstroom_simulator.robust import work as robust
from zorgstroom_simulator.robust.robustness import Settings, Trial, trial_of, tried

#: Which block it is: a part and a replication, a replication, or a draw.
Key = tuple[Part, int] | int


@dataclass(eq=False)
class Besides:
    """What is asked for and what of it is there; filled block by block."""

    experiment: Experiment
    dataset_name: str
    settings: RunSettings
    parts: dict[Key, waterfall.Headline] = field(default_factory=dict)
    strains: dict[Key, pa.Table] = field(default_factory=dict)
    draws: dict[Key, robust.DrawResult] = field(default_factory=dict)
    #: There when the run itself is done, if draws are asked for.
    trial: Trial | None = None

    def first_blocks(self) -> list[tuple[bytes, Key, bytes]]:
        """Return (kind, key, block) of what can be computed with the replications."""
        numbers = range(self.settings.replications)
        found: list[tuple[bytes, Key, bytes]] = []
        if self.settings.waterfall:
            blocks = waterfall.blocks_of(self.experiment, numbers)
            found += [(PART, key, of_kind(PART, block)) for key, block in blocks.items()]
        if self.settings.stress:
            shocks = stress.usual_shocks(self.experiment)
            blocks_under = ((n, stress.block_under(self.experiment, shocks, n)) for n in numbers)
            found += [(SHOCK, number, of_kind(SHOCK, block)) for number, block in blocks_under]
        return found

    def draw_blocks(self, outcome: Outcome) -> list[tuple[bytes, Key, bytes]]:
        """Return (kind, key, block) of the draws, once it is known what the run concludes."""
        if self.settings.draws is None:
            return []
        if self.trial is None:
            settings = Settings(self.settings.draws, replications=1)
            self.trial = trial_of(outcome, self.experiment, self.dataset_name, settings)
        return [(DRAW, draw, of_kind(DRAW, block)) for draw, block in self.trial.blocks().items()]

    def take(self, kind: bytes, key: Key, content: bytes) -> None:
        """Keep what a block gave."""
        if kind == PART:
            self.parts[key] = waterfall.decode(content)
        elif kind == SHOCK:
            self.strains[key] = stress.decode(content)
        else:
            self.draws[key] = robust.decode(content)

    @property
    def done(self) -> int:
        """How many blocks are done."""
        return len(self.parts) + len(self.strains) + len(self.draws)

    def waterfall_of(self, results: list[ReplicationTables]) -> pa.Table | None:
        """Return the table of what each part does, where it is asked for."""
        if not self.settings.waterfall:
            return None
        alone = {key: headline for key, headline in self.parts.items() if not isinstance(key, int)}
        return waterfall.waterfall(self.experiment.scenario, results, alone)

    def resilience(self) -> pa.Table | None:
        """Return the table of what shocks do, where it is asked for."""
        return stress.resilience(list(self.strains.values())) if self.settings.stress else None

    def with_draws(self, outcome: Outcome, seconds: float) -> Outcome:
        """Return the outcome with how robust it is, where that is asked for."""
        if self.trial is None:
            return outcome
        return tried(outcome, self.trial, list(self.draws.values()), seconds)
