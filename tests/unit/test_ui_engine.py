"""The screen says which engine computed a result, and computes it again with another one."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.client import RunInfo
from zorgstroom.events.schemas import RunSettings
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.impact import CrossCheck
from zorgstroom_ui import session
from zorgstroom_ui.components import engine_choice

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

    def submit(self, scenario_id: str, settings: RunSettings) -> RunInfo:
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
