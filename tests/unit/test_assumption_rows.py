"""What a run with other assumptions found, told beside each assumption."""

from __future__ import annotations

import pytest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.reporting.assumption_rows import register_detail, register_rows
from zorgstroom.reporting.assumptions import Entry, SingleFigure
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.impact import Conclusion, Driver, Estimate, Impact, Robustness, TextRef

pytestmark = pytest.mark.unit


def entry(number: str, kind: str, *subjects: str) -> Entry:
    figures = tuple(
        SingleFigure(kind, subject, 2.0, "nights", "estimated", "medium", "S1") for subject in subjects
    )
    return Entry(number, kind, figures, ("zorgstroom/planning/work.py",))


STAY = entry("A-045", "profile_figures.los_nights_mean", "hip", "oesophagus")
SLOPE = entry("A-002", "parameters.a2", "")
BETA = entry("A-010", "parameters.beta_basic", "")
NORM = entry("A-076", "norms.minimum", "oesophagus")


def tried(*drivers: tuple[str, float]) -> Impact:
    """Return a result whose only conclusion goes along with these drawn figures."""
    conclusion = Conclusion(
        id="longer",
        statement=TextRef(key="robust.nothing"),
        indicator="travel_mean",
        quantity="difference",
        chance=Estimate(mean=1.0),
        years=10,
        draws=20,
        draws_held=18,
        drivers=[
            Driver(id=name, label=TextRef(key="robust.nothing"), confidence="medium", correlation=value)
            for name, value in drivers
        ],
    )
    robustness = Robustness(
        draws=20,
        replications=1,
        figures=4,
        ranges={"medium": 0.15},
        tried=4,
        limit=0.25,
        conclusions=[conclusion],
        infeasible=[],
    )
    impact = build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )
    return impact.model_copy(update={"robustness": robustness})


def test_the_strongest_link_with_a_conclusion_is_the_influence() -> None:
    impact = tried(
        ("oesophagus.los_nights_mean", -0.7), ("hip.los_nights_mean", 0.2), ("model.travel_function", 0.4)
    )
    rows = {row.number: row for row in register_rows(make_dataset(), (STAY, SLOPE, BETA, NORM), impact).items}
    assert (rows["A-045"].influence, rows["A-045"].correlation) == ("large", -0.7)
    # The three slopes of the travel function are drawn as one.
    assert rows["A-002"].influence == "medium"
    # It was drawn too, and nothing went along with it.
    assert (rows["A-010"].influence, rows["A-010"].correlation) == ("small", 0.0)
    # What was agreed is not drawn.
    assert rows["A-076"].influence is None


def test_an_assumption_tells_which_conclusions_go_along_with_it() -> None:
    impact = tried(("oesophagus.los_nights_mean", -0.7), ("model.beta_basic", 0.5))
    opened = register_detail(make_dataset(), STAY, impact)
    assert [(effect.correlation, effect.held, effect.draws) for effect in opened.effects] == [(-0.7, 18, 20)]
    profiles = {profile.id: profile.name_nl for profile in make_dataset().profiles}
    assert [figure.name["nl"] for figure in opened.items] == [profiles["hip"], profiles["oesophagus"]]
    assert register_detail(make_dataset(), BETA, impact).effects[0].correlation == 0.5
    assert register_detail(make_dataset(), BETA, None).effects == []


def test_without_trials_nothing_is_said_of_influence() -> None:
    found = register_rows(make_dataset(), (STAY,), None)
    assert found.draws is None
    assert found.items[0].influence is None
