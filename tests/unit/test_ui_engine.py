"""The screen says how a result is computed: with which engine, once more with another, and what is known so far."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.client import Headline, HeadlineLine, RunInfo
from zorgstroom.events.schemas import RunSettings
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.impact import CrossCheck, Estimate
from zorgstroom.text import LANGUAGES, Language
from zorgstroom_ui import session
from zorgstroom_ui.components import engine_choice
from zorgstroom_ui.components.so_far import so_far

pytestmark = pytest.mark.unit

RUN = RunInfo(
    id="r" * 32,
    scenario_id="s" * 64,
    name="Plan",
    state="completed",
    settings=RunSettings(replications=7, seed=3, region="roaz:Noord"),
)


class Asked:
    """In place of the API: notes what is asked."""

    def __init__(self) -> None:
        self.settings: list[RunSettings] = []

    def submit(self, scenario_id: str, settings: RunSettings, owner: str) -> RunInfo:
        self.settings.append(settings)
        return RUN.model_copy(update={"id": "n" * 32})


def page() -> None:
    from tests.unit import test_ui_engine

    test_ui_engine.draw()


def draw() -> None:
    checked = CrossCheck(engine="compiled", other="simpy", replications=1, patients=100, events=300)
    identity = sample_result.identity(engine="compiled")
    impact = build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None, identity, []
    ).model_copy(update={"cross_check": checked})
    engine_choice.show_engine(RUN, impact)


def test_a_result_is_computed_again_with_the_engine_that_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked()
    monkeypatch.setattr(session, "client", lambda: asked)
    screen = AppTest.from_function(page, default_timeout=30).run()
    said = " ".join(item.proto.body for item in screen.get("html"))
    assert "Berekend met rekenkern compiled." in said
    assert "nagerekend met simpy: alle tabellen gelijk tot op de bit (100 patiënten" in said
    assert screen.selectbox(key="engine").options[0] == "automatisch (de snelste)"
    screen.selectbox(key="engine").select("simpy")
    screen.checkbox(key="cross-check").check()
    screen.button[0].click().run()
    assert not screen.exception
    expected = RunSettings(replications=7, seed=3, region="roaz:Noord", engine="simpy", cross_check=1)
    assert asked.settings == [expected]
    assert screen.query_params["run"] == "n" * 32


@pytest.mark.parametrize("language", LANGUAGES)
def test_headline_figures_are_shown_while_a_plan_is_computed(language: Language) -> None:
    line = HeadlineLine(
        indicator="travel_mean",
        baseline=Estimate(mean=20.0, low=19.0, high=21.0),
        plan=Estimate(mean=24.0, low=23.0, high=25.0),
        difference=Estimate(mean=4.0, low=3.5, high=4.5),
    )
    page = so_far(Headline(replications=3, total=10, indicators=[line]), language)
    assert {"nl": "na 3 van 10 doorgerekende jaren", "en": "after 3 of 10 simulated years"}[language] in page
    assert {"nl": "+4,0", "en": "+4.0"}[language] in page
    assert so_far(Headline(replications=0, total=10, indicators=[]), language) == ""
