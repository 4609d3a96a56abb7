"""What a request asks to be computed, or what is wrong with it."""

from __future__ import annotations

from pydantic import ValidationError

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Conflict, InvalidInput, Problem
from zorgstroom.events.schemas import RunRequested
from zorgstroom.planning.check import check_scenario
from zorgstroom.planning.plan import parse_region, region_of
from zorgstroom_simulator.engines.registry import engine_named
from zorgstroom_simulator.experiment import Experiment
from zorgstroom_simulator.journey_table import require_room
from zorgstroom_simulator.resources import expected_patients, require_memory


def requested_experiment(request: RunRequested, dataset: Dataset) -> Experiment:
    """Return the experiment that is asked for.

    Raises Conflict for another dataset than this one, InvalidInput for a scenario or settings that cannot be computed.
    """
    if request.dataset_digest != dataset.digest:
        raise Conflict(
            "simulator.other_dataset",
            dataset=dataset.id,
            own=dataset.digest[:12],
            asked=request.dataset_digest[:12],
        )
    try:
        scenario = Scenario.model_validate(request.scenario)
    except ValidationError as error:
        mistake = error.errors()[0]
        where = "/".join(map(str, mistake["loc"]))
        raise InvalidInput(
            [Problem(where, "simulator.scenario_invalid", {"where": where, "reason": mistake["msg"]})]
        ) from error
    settings = request.settings
    region = parse_region(settings.region, dataset) if settings.region else region_of(scenario.region)
    if errors := check_scenario(scenario, dataset, region).errors:
        raise InvalidInput(errors)
    experiment = Experiment(dataset, scenario, region, settings.seed, engine_named(settings.engine))
    require_memory(experiment)
    if settings.journeys:
        require_room(expected_patients(experiment))
    return experiment
