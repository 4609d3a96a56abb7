"""The facilitator's screen of a workshop against the real service: prepare, rehearse, lead, finish."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.support import sample_result
from tests.support.api import Api, running_api

from zorgstroom.client import Client
from zorgstroom.client_sessions import Facilitator
from zorgstroom.errors import NotFound
from zorgstroom.workshop.arranging import standard_plan
from zorgstroom.workshop.documents import Calculated, Preparation
from zorgstroom_ui import session
from zorgstroom_ui.components.workshop import opened
from zorgstroom_ui.components.workshop.calculation import duration

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture
def client(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The screens ask this service; whatever they remember of another is forgotten."""
    st.cache_data.clear()
    st.cache_resource.clear()
    with Client("http://127.0.0.1:8000", "nl", transport=api.client._transport) as made:
        monkeypatch.setattr(session, "client", lambda: made)
        monkeypatch.setattr(session, "dataset", lambda: made.dataset("small"))
        yield made


def page() -> None:
    from zorgstroom_ui.components.workshop import opened
    from zorgstroom_ui.components.workshop.overview import show_overview
    from zorgstroom_ui.components.workshop.session_page import show_session

    code = opened.code()
    if code is None:
        show_overview()
    else:
        show_session(code)


def opened_page(code: str | None = None, key: str | None = None, part: str | None = None) -> AppTest:
    screen = AppTest.from_function(page, default_timeout=60)
    if code is not None:
        screen.query_params["sessie"] = code
        screen.session_state[f"workshop-key-{code}"] = key
    if part is not None:
        screen.query_params["deel"] = part
    screen.run()
    assert not screen.exception, screen.exception
    return screen


def _single(value: str | list[str]) -> str:
    return value if isinstance(value, str) else value[0]


def said(screen: AppTest) -> str:
    return " ".join(item.proto.body for item in screen.get("html"))


def press(screen: AppTest, label: str) -> AppTest:
    [button] = [item for item in screen.button if item.label == label]
    button.click().run()
    assert not screen.exception, screen.exception
    return screen


@pytest.fixture
def made(client: Client) -> tuple[str, str, Facilitator]:
    """A session with one scenario, and who leads it."""
    scenario = client.add_scenario(dict(sample_result.PLAN))
    plan = standard_plan("Long in Noord", dt.date(2026, 11, 22), "nl")
    new = client.create_session(plan.model_copy(update={"scenarios": [scenario.id]}))
    return new.code, new.secret, client.facilitate(new.code, new.secret)


def test_a_session_is_made_and_its_key_told_once(client: Client) -> None:
    screen = opened_page()
    press(screen, "Maak werksessie")
    assert "Vul een naam in" in said(screen)

    screen.text_input(key="workshop-new-name").set_value("  Long <b>in</b> Noord ")
    screen.text_input(key="workshop-new-date").set_value("31-2-2026")
    press(screen, "Maak werksessie")
    assert "Schrijf een datum als 22-11-2026." in said(screen)
    screen.text_input(key="workshop-new-date").set_value("3/2/2027")
    press(screen, "Maak werksessie")
    code = _single(screen.query_params["sessie"])
    key = screen.session_state[f"workshop-key-{code}"]
    assert "Bewaar deze sleutel" in said(screen)
    assert f"<code>{key}</code>" in said(screen)
    assert "Long &lt;b&gt;in&lt;/b&gt; Noord" in said(screen)
    plan = client.facilitate(code, key).state().plan
    assert (len(plan.steps), plan.date) == (7, dt.date(2027, 2, 3))
    press(screen, "Ik heb de sleutel bewaard")
    assert "Bewaar deze sleutel" not in said(screen)
    assert f"<code>{key}</code>" not in said(screen)


def test_who_has_no_key_is_asked_for_it(client: Client, made: tuple[str, str, Facilitator]) -> None:
    code, key, _ = made
    screen = opened_page(code, "not-the-key-of-it")
    assert f"Werksessie {code}" in said(screen)
    assert "Long in Noord" not in said(screen)

    screen.text_input(key="workshop-ask-key").set_value("still-wrong-1234")
    press(screen, "Open")
    assert 'role="alert"' in said(screen)
    screen.text_input(key="workshop-ask-key").set_value(key)
    press(screen, "Open")
    assert "Long in Noord" in said(screen)


def test_who_looks_after_a_session_can_have_another_key(
    client: Client, made: tuple[str, str, Facilitator], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, key, _ = made
    # Here there is no browser with cookies.
    monkeypatch.setattr(opened, "key_of", lambda name: st.session_state.get(f"workshop-key-{name}"))
    screen = opened_page(code)
    press(screen, "Geef een nieuwe sleutel")
    assert "Bewaar deze sleutel" in said(screen)
    assert "Long in Noord" in said(screen)
    with pytest.raises(NotFound):
        client.facilitate(code, key).state()
    assert "Werksessie &lt;b&gt;" in said(opened_page("<b>"))


def test_what_is_prepared_is_kept_and_nonsense_answered_at_the_field(
    made: tuple[str, str, Facilitator],
) -> None:
    code, key, hands = made
    screen = opened_page(code, key)
    screen.text_input(key="workshop-name").set_value("")
    press(screen, "Bewaar")
    assert "Vul een naam in" in said(screen)
    screen.text_input(key="workshop-name").set_value("Andere naam")
    screen.checkbox(key="workshop-role-other").uncheck()
    press(screen, "Bewaar")
    assert hands.state().plan.name == "Andere naam"
    assert "other" not in hands.state().plan.roles

    fields = screen.selectbox(key="workshop-lever-field")
    fields.set_value("4").run()
    screen.text_input(key="workshop-lever-values-4-nl").set_value("veel")
    press(screen, "Zet knop open")
    assert "Noem twee tot 10 standen" in said(screen)
    screen.text_input(key="workshop-lever-values-4-nl").set_value("uit; 1; 2")
    press(screen, "Zet knop open")
    [lever] = hands.state().plan.levers
    assert [option.value for option in lever.options] == [None, 1.0, 2.0]
    press(screen, "Haal knop 'Meer of minder capaciteit' weg")
    assert hands.state().plan.levers == []


def test_steps_are_ordered_changed_added_and_removed(made: tuple[str, str, Facilitator]) -> None:
    code, key, hands = made
    screen = opened_page(code, key)
    press(screen, "Omlaag")
    assert [step.kind for step in hands.state().plan.steps][:2] == ["number", "text"]
    screen.selectbox(key="workshop-step").set_value("number1").run()
    screen.number_input(key="step-maximum-number1").set_value(-5)
    press(screen, "Bewaar stap")
    assert "Het laagste antwoord moet kleiner zijn" in said(screen)
    screen.number_input(key="step-maximum-number1").set_value(40)
    screen.text_input(key="step-title-number1").set_value("Raad eens")
    press(screen, "Bewaar stap")
    assert hands.state().plan.step("number1").maximum == 40
    assert hands.state().plan.step("number1").title == "Raad eens"
    press(screen, "Voeg stap toe")
    assert len(hands.state().plan.steps) == 8
    press(screen, "Haal deze stap weg")
    assert "number1" not in [step.id for step in hands.state().plan.steps]


def test_a_rehearsal_shows_answers_only_when_the_round_is_closed(made: tuple[str, str, Facilitator]) -> None:
    code, key, hands = made
    screen = opened_page(code, key)
    press(screen, "Oefenen met 30 verzonnen deelnemers")
    assert hands.state().phase == "rehearsal"
    assert "OEFENING" in said(screen)
    assert "Stap 1 van 7" in said(screen)
    press(screen, "Volgende stap >")
    assert "(verborgen)" in said(screen)
    assert "Iedereen samen" not in said(screen)
    press(screen, "Sluit ronde")
    assert "Iedereen samen" in said(screen)
    press(screen, "Sluit en toon")
    assert "getoond op de beamer" in said(screen)
    press(screen, "Open de ronde weer")
    assert "Iedereen samen" not in said(screen)

    press(screen, "Noteer")
    assert "Schrijf eerst iets op." in said(screen)
    screen.text_area(key="workshop-note-text").set_value("<i>Te ver</i> voor ouderen")
    press(screen, "Noteer")
    assert "&lt;i&gt;Te ver&lt;/i&gt; voor ouderen" in said(screen)
    [note] = hands.state().notes
    press(screen, "Haal weg: <i>Te ver</i> voor ouderen")
    assert hands.state().notes == []
    assert note.step == "number1"
    press(screen, "Pauze")
    assert "gepauzeerd" in said(screen)
    press(screen, "Zwart scherm")
    assert hands.state().black
    press(screen, "Sluit toegang")
    assert not hands.state().joining_open
    screen.selectbox(key="workshop-beamer").set_value("compare").run()
    assert hands.state().beamer == "compare"


def test_after_a_session_totals_stay_and_answers_go(made: tuple[str, str, Facilitator]) -> None:
    code, key, hands = made
    hands.rehearse(12)
    hands.steer(step=4)
    screen = opened_page(code, key, "live")
    [first, *_] = [item for item in screen.number_input if (item.key or "").startswith("workshop-hand-")]
    first.set_value(7)
    press(screen, "Bewaar aantallen")
    assert hands.state().hands[0].counts[0] == 7
    hands.steer(close="ranking1")

    screen = opened_page(code, key, "opbrengst")
    assert "Peiling per rol" in said(screen)
    assert "Dit is geen besluit." in said(screen)
    screen.radio(key="workshop-feedback-status-ranking1").set_value("partly")
    screen.text_area(key="workshop-feedback-reason-ranking1").set_value("Later meer")
    [*_, last] = [item for item in screen.button if item.label == "Bewaar terugkoppeling"]
    last.click().run()
    assert hands.state().feedback[0].reason == "Later meer"
    [ranking] = hands.outcome().results
    # The day on which answers go by themselves can be another; nonsense and a day too far are answered there.
    until = hands.state().answers_kept_until
    for typed, said_of_it in (("morgen", "datum"), ("31-12-2099", "Kies een datum van")):
        screen.text_input(key="workshop-keep-until").set_value(typed)
        press(screen, "Bewaar de datum")
        assert said_of_it in said(screen)
        assert hands.state().answers_kept_until == until
    assert until is not None
    other = until + dt.timedelta(days=1)
    screen.text_input(key="workshop-keep-until").set_value(f"{other:%d-%m-%Y}")
    press(screen, "Bewaar de datum")
    assert hands.state().answers_kept_until == other
    assert next(item for item in screen.button if item.label.startswith("Wis antwoorden")).disabled
    screen.checkbox(key="workshop-delete-sure").check().run()
    press(screen, "Wis antwoorden, bewaar totalen")
    assert hands.state().answers_kept_until is None
    assert ranking in hands.outcome().results
    assert "Alleen totalen zijn bewaard" in said(screen)


def test_the_room_test_shows_letters_code_and_addresses(made: tuple[str, str, Facilitator]) -> None:
    code, key, hands = made
    screen = opened_page(code, key, "zaaltest")
    for size in (28, 36, 48):
        assert f"font-size:{size}px" in said(screen)
    assert hands.state().join_address in said(screen)
    assert "data:image/svg+xml" in said(screen)
    assert "De rekendienst antwoordt" in said(screen)


def test_a_duration_is_said_in_words() -> None:
    assert [duration(seconds) for seconds in (5, 70, 600, 10_800)] == [
        "minder dan een minuut",
        "een minuut",
        "10 minuten",
        "3,0 uur",
    ]


def test_problems_of_combinations_have_a_reason() -> None:
    found = Preparation(
        total=3,
        ready=1,
        failed=1,
        many=False,
        expected_seconds=None,
        combinations={"0": Calculated(problem="Kan niet")},
    )
    assert not found.complete
    assert opened.CODE == "sessie"
