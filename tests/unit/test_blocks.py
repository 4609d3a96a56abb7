"""A block is computed on the dataset it is of, or not at all."""

from __future__ import annotations

import dataclasses

import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Conflict
from zorgstroom_simulator.blocks import block_of, decode, work_on
from zorgstroom_simulator.experiment import Experiment, simulate_replication

pytestmark = pytest.mark.unit


def test_a_block_of_another_dataset_is_refused() -> None:
    """A process that is started later reads its dataset later: files may have changed in between."""
    dataset = make_dataset()
    scenario = Scenario.model_validate(
        {"zorgstroom": 1, "name": "Proef", "horizon": {"weeks": 4, "warmup_weeks": 0}}
    )
    experiment = Experiment(dataset, scenario, None, seed=1)
    block = block_of(experiment, [2])
    (result,) = decode(work_on(dataset)(block))
    assert result.indicators.equals(simulate_replication(experiment, 2).indicators)
    with pytest.raises(Conflict, match=r"000000000000.*999999999999"):
        work_on(dataclasses.replace(dataset, digest="9" * 64))(block)
