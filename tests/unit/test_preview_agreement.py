"""The preview and the simulation say the same direction of everything both are sure of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from benchmarks.preview_agreement import KINDS, Figure, figures, read_agreement, simulated, summary
from tests.support.few_profiles import few_profiles

from zorgstroom.dataset import load_dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.plan import region_of
from zorgstroom.scenario_file import example_scenarios, parse_scenario

pytestmark = pytest.mark.unit

COMMITTED = Path(__file__).parents[2] / "docs" / "preview.csv"
#: Of these the preview says nothing, and the simulation a lot: operations that wait for a free bed.
FULL_WARDS = "12"


def other_sign(found: Sequence[Figure]) -> list[Figure]:
    return [figure for figure in found if figure.counts and not figure.agrees]


def test_the_direction_is_that_of_the_simulation(tmp_path: Path) -> None:
    """A real region with six kinds of care: a location closes and rare operations go to one place."""
    dataset, region = load_dataset(str(few_profiles(tmp_path / "few"))), Region("roaz", "Euregio")
    plan = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "Proef",
            "actions": [
                {"concentrate": {"profiles": ["pancreas"], "at": ["MST"]}},
                {"close": {"location": "SKB"}},
            ],
        }
    )
    found = figures(dataset, plan, region, simulated(dataset, plan, region, 4))
    assert other_sign(found) == []
    said = {row["kind"]: int(row["said"]) for row in summary("proef", found)}
    assert said["load"] > 40
    assert said["list_growth"] > 20
    assert min(said["volume"], said["travel_mean"], said["travel_over_30"], said["list_treatment_end"]) >= 3
    for row in summary("proef", found):
        if row["kind"] != "diverted":
            assert float(row["median_error"]) < 0.25, row


def test_a_figure_that_goes_the_other_way_is_found() -> None:
    def figure(expected: float, simulated: float, low: float, high: float) -> Figure:
        return Figure("volume", ("MST", "hip"), 500.0, expected, simulated, low, high)

    right, wrong = figure(20, 22, 18, 26), figure(-20, 22, 18, 26)
    by_chance, silent, little = figure(-20, 2, -3, 7), figure(0.5, 22, 18, 26), figure(9, 0.5, 0.4, 0.6)
    assert other_sign([right, wrong, by_chance, silent, little]) == [wrong]
    [row] = summary("proef", [right, wrong, by_chance, silent, little])
    assert (row["clear"], row["said"], row["agree"]) == ("3", "2", "1")
    assert right.error == pytest.approx(2 / 22)


def test_what_is_published_of_the_examples_agrees() -> None:
    rows = read_agreement(COMMITTED)
    changing = {example.slug[:2] for example in example_scenarios()} - {"01"}
    assert {row["example"] for row in rows} <= changing
    assert {row["kind"] for row in rows} <= set(KINDS)
    assert sum(int(row["said"]) for row in rows) > 1000
    assert all(row["agree"] == row["said"] for row in rows)


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", range(2, len(example_scenarios()) + 1))
def test_the_direction_is_that_of_the_simulation_on_every_example(number: int) -> None:
    dataset = load_dataset("nl2025")
    example = example_scenarios()[number - 1]
    plan = parse_scenario(example.text, example.slug)
    region = region_of(plan.region)
    found = figures(dataset, plan, region, simulated(dataset, plan, region, 10 if region else 3))
    assert other_sign(found) == []
    if example.slug.startswith(FULL_WARDS):
        silent = [figure for figure in found if figure.clear and not figure.counts]
        assert {"list_treatment_end", "volume"} <= {figure.kind for figure in silent}
