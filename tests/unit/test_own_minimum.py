"""What a plan asks of its locations by itself is told with who gets there, apart from the norms."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.plan import compile_plan
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.impact import Estimate, TextRef, VolumeRow
from zorgstroom.reporting.own_minimum import own_minimums
from zorgstroom.reporting.rendering import render
from zorgstroom.text import LANGUAGES, Language

pytestmark = pytest.mark.unit


def plan_with(minimum: object) -> Scenario:
    action = {"profiles": ["oesophagus"], "to_minimum": minimum}
    return sample_result.scenario(actions=[{"concentrate": action}])


def volume(location: str, patients: float) -> VolumeRow:
    amount = Estimate(mean=patients)
    return VolumeRow(
        location=location,
        profile="oesophagus",
        baseline=amount,
        plan=amount,
        difference=amount,
        norm=20,
        replications=3,
        verdict="none",
    )


def told(minimum: object, volumes: list[VolumeRow], late: frozenset[str] = frozenset()) -> list[TextRef]:
    dataset, scenario = make_dataset(), plan_with(minimum)
    return own_minimums(scenario, dataset, compile_plan(scenario, dataset, None), volumes, late)


def test_it_names_who_stays_and_does_not_reach_it() -> None:
    dataset = make_dataset()
    (move,) = compile_plan(plan_with(50), dataset, None).moves
    (stays,) = [dataset.locations[index].id for index in np.flatnonzero(move.receivers)]
    leaves = next(location.id for location in dataset.locations if location.id != stays)
    (short,) = told(50, [volume(stays, 49.9), volume(leaves, 3.0)])
    names = {stays: {"nl": "Ziekenhuis Midden", "en": "Midden Hospital"}}
    assert "Eén locatie blijft, Ziekenhuis Midden" in render(short, "nl", names)
    (enough,) = told(50, [volume(stays, 50.0), volume(leaves, 3.0)])
    assert enough.key == "report.own_minimum.met.one"
    for language in LANGUAGES:
        assert "50" in render(enough, language, names)


@pytest.mark.parametrize("minimum", ["norm", 5])
def test_nothing_is_said_of_a_norm_or_of_a_minimum_that_all_reach(minimum: object) -> None:
    assert told(minimum, [volume("NOORD", 1.0), volume("MIDDEN", 1.0)]) == []


def test_nothing_is_said_of_what_changes_within_the_counted_period() -> None:
    assert told(50, [volume("MIDDEN", 10.0)], frozenset({"oesophagus"})) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_says_it_with_the_norms(language: Language) -> None:
    impact = build_impact(
        sample_result.tables(), make_dataset(), plan_with(1000), None, sample_result.identity(), []
    )
    (line,) = impact.own_minimums
    assert render(line, language, impact.names) in render_html(impact, language)
