"""A plan as commands that do not simulate read it: the file, its region, and nothing in it that cannot be."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput
from zorgstroom.planning.check import check_scenario, check_unfinished
from zorgstroom.planning.plan import parse_region
from zorgstroom.scenario_file import load_scenario_file


def possible_plan(path: Path, region: str | None, dataset: Dataset) -> tuple[Scenario, Region | None]:
    """Return the plan of a file, and the region that was asked for besides (None: that of the plan).

    Raises InvalidInput with the line of every mistake.
    """
    file = load_scenario_file(path, partial(check_unfinished, dataset=dataset))
    chosen = parse_region(region, dataset) if region else None
    found = check_scenario(file.scenario, dataset, chosen)
    if found.errors:
        raise InvalidInput(file.locate(found.errors))
    return file.scenario, chosen
