"""The waterfall: what each part of a plan does to the headline indicators, and what the parts do together.

Every part (demand, redistribution, capacity, workforce) is simulated alone, on the patients of the whole plan. The
contribution of a part is its own difference with today; the interaction is what is left of the difference of the
whole plan. So the order of the parts does not matter, and the parts and the interaction are the total by definition.
What is left is real: beds for patients whom the same plan moves there help nobody without the move.

Values are whole millionths of the indicator's unit (rounded half up, once), so that the sum is exact to the last
digit. A plan of one part is that part: nothing more is simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import replace

import pyarrow as pa
from pydantic import TypeAdapter

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.events.schemas import HeadlineIndicator
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.parts import INTERACTION, TOTAL, Part, only, parts_of
from zorgstroom.tables import WATERFALL, canonical
from zorgstroom_simulator.blocks import Block, block_of, experiment_of
from zorgstroom_simulator.compute import LocalCompute, Work
from zorgstroom_simulator.experiment import Experiment, ReplicationTables, plan_headline, with_plan

#: For `LocalCompute`.
PREPARE = f"{__name__}:prepare"
#: Values are whole numbers of this part of the unit.
MILLION = 1_000_000

Headline = Sequence[HeadlineIndicator]
_HEADLINE = TypeAdapter(list[HeadlineIndicator])


def extra_runs(scenario: Scenario, replications: int) -> int:
    """Return how many simulations the waterfall of a plan takes besides those of the plan itself."""
    parts = parts_of(scenario)
    return len(parts) * replications if len(parts) > 1 else 0


def simulate_waterfall(
    experiment: Experiment,
    dataset_name: str,
    results: Sequence[ReplicationTables],
    jobs: int,
    step: Callable[[], None],
) -> pa.Table:
    """Simulate every part alone on `jobs` processes; return the table of `zorgstroom.tables.WATERFALL`.

    `results` are the replications of the whole plan; `step` is called after every simulation.
    """
    runs = extra_runs(experiment.scenario, len(results))
    if not runs:
        return waterfall(experiment.scenario, results, {})
    compute = LocalCompute(PREPARE, dataset_name, min(jobs, runs))
    try:
        blocks = blocks_of(experiment, (result.replication for result in results))
        futures = {compute.submit(block): key for key, block in blocks.items()}
        alone = {}
        for future in as_completed(futures):
            alone[futures[future]] = decode(future.result())
            step()
        return waterfall(experiment.scenario, results, alone)
    finally:
        compute.close()


def part_alone(experiment: Experiment, part: Part) -> Experiment:
    """Return the experiment in which the plan has the actions of one part only."""
    return replace(experiment, scenario=only(experiment.scenario, part))


def headline_alone(experiment: Experiment, replication: int) -> Headline:
    """Return the headline indicators of a part alone.

    A part may take capacity away that another part of the plan brings first; no pool gets less than nothing.
    """
    plan = experiment.plan
    floored = tuple(replace(change, capacity=max(change.capacity, 0)) for change in plan.capacities)
    return plan_headline(with_plan(experiment, replace(plan, capacities=floored)), replication)


def prepare(dataset_name: str) -> Work:
    """Load the dataset once; return what simulates a part alone."""
    return work_on(load_dataset(dataset_name))


def work_on(dataset: Dataset) -> Work:
    """Return what simulates a part alone on a dataset: a block in, what `decode` reads out."""
    return lambda block: _compute(dataset, Block.model_validate_json(block))


def blocks_of(experiment: Experiment, replications: Iterable[int]) -> dict[tuple[Part, int], bytes]:
    """Return the blocks that the waterfall of a plan takes; none for a plan of one part."""
    parts = parts_of(experiment.scenario)
    if len(parts) < 2:
        return {}
    numbers = list(replications)
    return {
        (part, number): block_of(part_alone(experiment, part), [number])
        for part in parts
        for number in numbers
    }


def decode(content: bytes) -> Headline:
    """Return the headline indicators of a part alone, in the bytes that its work gave."""
    return _HEADLINE.validate_json(content)


def _compute(dataset: Dataset, block: Block) -> bytes:
    (replication,) = block.replications
    return _HEADLINE.dump_json(list(headline_alone(experiment_of(dataset, block), replication)))


def waterfall(
    scenario: Scenario, results: Sequence[ReplicationTables], alone: Mapping[tuple[Part, int], Headline]
) -> pa.Table:
    """Return the contributions per replication and indicator, canonically sorted.

    `alone` has the headline indicators of each part by (part, replication); it may be empty for a plan of one part.
    An indicator without observations in one of the simulations of a replication has no rows there.
    """
    parts = parts_of(scenario)
    rows = []
    for result in results:
        before = _values(item for item in result.headline if item.scenario == "baseline")
        after = _values(item for item in result.headline if item.scenario == "plan")
        each = {
            part: after if len(parts) == 1 else _values(alone[part, result.replication]) for part in parts
        }
        for indicator in before:
            values = {part: found[indicator] for part, found in each.items() if indicator in found}
            if not parts or len(values) < len(parts) or indicator not in after:
                continue
            amounts: dict[str, int] = {part: value - before[indicator] for part, value in values.items()}
            total = after[indicator] - before[indicator]
            if len(parts) > 1:
                amounts[INTERACTION] = total - sum(amounts.values())
            rows += [
                {
                    "replication": result.replication,
                    "indicator": indicator,
                    "part": part,
                    "millionths": amount,
                }
                for part, amount in (amounts | {TOTAL: total}).items()
            ]
    return canonical(pa.Table.from_pylist(rows, schema=WATERFALL))


def _values(headline: Iterable[HeadlineIndicator]) -> dict[str, int]:
    """Return {indicator: value in millionths}; a count nobody is in is zero, a mean of nobody is left out."""
    values = {}
    for item in headline:
        indicator = CATALOGUE[item.indicator]
        if item.count:
            values[item.indicator] = in_millionths(item.total, item.count * indicator.scale)
        elif indicator.empty_is_zero:
            values[item.indicator] = 0
    return values


def in_millionths(numerator: int, denominator: int) -> int:
    """Return a quotient as a whole number of millionths, rounded half up.

    >>> in_millionths(2, 3), in_millionths(-1, 4)
    (666667, -250000)
    """
    return (2 * numerator * MILLION + denominator) // (2 * denominator)
