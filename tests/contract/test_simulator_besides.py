"""What a run may be asked for besides: the service gives the tables that ``zorgstroom run`` writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.few_profiles import few_profiles
from tests.support.service_bench import Bench

from zorgstroom.dataset import load_dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.events.schemas import ResultPublished, RunFailed, RunProgressed
from zorgstroom.planning.parts import parts_of
from zorgstroom.reporting.impact import Impact
from zorgstroom.tables import SCHEMAS
from zorgstroom_simulator.experiment import Experiment, simulate_replication
from zorgstroom_simulator.outcome import make_outcome
from zorgstroom_simulator.robust import work as robust
from zorgstroom_simulator.robust.robustness import Settings, trial_of, tried
from zorgstroom_simulator.stress import resilience, strain_of, usual_shocks
from zorgstroom_simulator.waterfall import headline_alone, part_alone, waterfall

pytestmark = [pytest.mark.contract, pytest.mark.timeout(300)]

REPLICATIONS, DRAWS = 2, 10
SCENARIO = {
    "zorgstroom": 1,
    "name": "Sluiten met meer plaats",
    "region": {"corop": "Zeeuwsch-Vlaanderen"},
    "horizon": {"weeks": 4, "warmup_weeks": 0},
    "actions": [
        {"close": {"location": "ZORGS-OO"}},
        {"workforce": {"profession": "ward_nurse", "percent": -5}},
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return few_profiles(tmp_path_factory.mktemp("gegevens") / "weinig-zorg")


@pytest.fixture
def bench(folder: Path, tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as opened:
        prepare = "zorgstroom_simulator.warm_up:prepare"
        made = Bench(
            tmp_path, opened, load_dataset(str(folder)), tmp_path / "artefacts", prepare, setup=folder
        )
        opened.callback(made.leave)
        yield made


def tables_of(bench: Bench, published: ResultPublished) -> dict[str, pa.Table]:
    return {
        item.name: pq.read_table(bench.store.path(item.key))
        for item in published.artefacts
        if item.name != "impact"
    }


def test_parts_shocks_and_other_assumptions_are_those_of_the_command(bench: Bench, folder: Path) -> None:
    bench.request("plain", REPLICATIONS, scenario=SCENARIO)
    bench.request("all", REPLICATIONS, scenario=SCENARIO, waterfall=True, stress=True, draws=DRAWS)
    plain, everything = (tables_of(bench, bench.result(name)) for name in ("plain", "all"))
    assert set(everything) == {*SCHEMAS, "waterfall", "resilience", "robustness", "draws"}
    # What is asked for besides changes nothing about the run itself.
    assert all(everything[name].equals(table) for name, table in plain.items())

    experiment = Experiment(
        load_dataset(str(folder)),
        Scenario.model_validate(SCENARIO),
        Region("corop", "Zeeuwsch-Vlaanderen"),
        seed=3,
    )
    results = [simulate_replication(experiment, number) for number in range(REPLICATIONS)]
    alone = {
        (part, number): headline_alone(part_alone(experiment, part), number)
        for part in parts_of(experiment.scenario)
        for number in range(REPLICATIONS)
    }
    assert everything["waterfall"].equals(waterfall(experiment.scenario, results, alone))
    shocks = usual_shocks(experiment)
    strains = [strain_of(experiment, shocks, number) for number in range(REPLICATIONS)]
    assert everything["resilience"].equals(resilience(strains))

    outcome = make_outcome(
        experiment, results, run_id="all", created="2026-01-01T00:00:00+00:00", wall_seconds=1
    )
    trial = trial_of(outcome, experiment, str(folder), Settings(DRAWS, 1))
    work = robust.prepare(str(folder))
    drawn = tried(outcome, trial, [robust.decode(work(block)) for block in trial.blocks().values()], 1.0)
    for name in ("robustness", "draws"):
        assert everything[name].equals(drawn.tables[name])

    published = bench.said(ResultPublished, "all")[-1]
    [impact] = [item for item in published.artefacts if item.name == "impact"]
    document = Impact.model_validate_json(bench.store.path(impact.key).read_bytes())
    assert document.robustness == drawn.impact.robustness
    # Years, each of two parts in each year, shocks in each year, and draws.
    last = bench.said(RunProgressed, "all")[-1]
    assert last.done <= last.total == REPLICATIONS * (1 + 2 + 1) + DRAWS


def test_nothing_besides_is_done_for_a_plan_of_one_part_or_without_conclusions(bench: Bench) -> None:
    nothing = {**SCENARIO, "actions": []}
    bench.request("today", 1, scenario=nothing, waterfall=True, draws=DRAWS)
    tables = tables_of(bench, bench.result("today"))
    assert tables["waterfall"].num_rows == tables["draws"].num_rows == 0
    assert not bench.said(RunFailed, "today")
