"""Regiobeeld, Mijn gemeente, Aannames and the flow picture against the real service."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest
from tests.support.api import Api, running_api

from zorgstroom.client import Client
from zorgstroom.dataset import load_dataset
from zorgstroom.places_document import (
    AcuteCare,
    CareOfPlace,
    NearestSite,
    PlaceOutcome,
    PlaceShare,
    UnchangedCare,
)
from zorgstroom.reporting.impact import Estimate
from zorgstroom.text import LANGUAGES, Language
from zorgstroom_api.app import create_app
from zorgstroom_api.settings import ApiSettings
from zorgstroom_ui import session
from zorgstroom_ui.components.my_place.sentences import Teller
from zorgstroom_ui.components.region.layers import LAYERS
from zorgstroom_ui.components.register.finding import found, kind_of, nearest, numbered

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture(scope="module")
def run(api: Api) -> str:
    return api.completed_run()


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service on the dataset that comes with the product, which has a register."""
    app = create_app(ApiSettings(data_dir=tmp_path_factory.mktemp("shipped")), load_dataset)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        yield client


def use(transport: TestClient, dataset: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Let the screens ask this service; whatever they remember of another is forgotten."""
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()
    made = Client("http://127.0.0.1:8000", "nl", transport=transport._transport)
    monkeypatch.setattr(session, "client", lambda: made)
    monkeypatch.setattr(session, "dataset", lambda: made.dataset(dataset))
    monkeypatch.setattr(session, "service", made.service)
    monkeypatch.setattr(session, "dataset_id", lambda: dataset)
    monkeypatch.setattr(session, "borders", lambda: ())
    monkeypatch.setattr(session, "years", lambda: ())
    return made


def region_page() -> None:
    from zorgstroom_ui.components.region import page

    page.show_page()


def place_page() -> None:
    from zorgstroom_ui.components.my_place import page

    page.show_page()


def register_page() -> None:
    from zorgstroom_ui.components.register import page

    page.show_page()


def flow_page() -> None:
    import streamlit as st

    from zorgstroom_ui import session
    from zorgstroom_ui.components import flow_picture

    flow_picture.show_for(session.client().run(st.query_params["run"]))


def opened(page: Callable[[], None], **address: str) -> AppTest:
    screen = AppTest.from_function(page, default_timeout=60)
    for name, value in address.items():
        screen.query_params[name] = value
    screen.run()
    assert not screen.exception, screen.exception
    return screen


def said(screen: AppTest) -> str:
    return " ".join(item.proto.body for item in screen.get("html"))


def test_a_region_is_added_to_in_words_and_nothing_is_lost_or_doubled(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = use(api.client, "small", monkeypatch)
    screen = opened(region_page)
    assert "Er is nog niets toegevoegd." in said(screen)

    def add(words: str, author: str) -> None:
        (field,) = [item for item in screen.text_area if (item.key or "").startswith("region-addition-text")]
        field.set_value(words)
        screen.text_input(key="region-addition-author").set_value(author)
        next(item for item in screen.button if item.label == "Voeg toe").click().run()

    add("De bus rijdt <b>niet</b> meer.", "  ")
    assert "namens welke rol of organisatie" in said(screen)
    assert client.region_additions() == []
    add("De bus rijdt <b>niet</b> meer.", "Gemeente")
    (kept,) = client.region_additions()
    assert (kept.author, kept.text) == ("Gemeente", "De bus rijdt <b>niet</b> meer.")
    shown = said(screen)
    # Words of a visitor are words, never a part of the page.
    assert "&lt;b&gt;niet&lt;/b&gt;" in shown
    assert "Uw aanvulling staat erbij." in shown
    next(
        item for item in screen.button if item.label.startswith("Haal de aanvulling van Gemeente")
    ).click().run()
    assert client.region_additions() == []
    assert not screen.exception


def test_a_region_says_who_lives_there_and_lets_choose_a_layer_and_a_table(
    api: Api, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(api.client, "small", monkeypatch)
    screen = opened(region_page)
    assert "Regiobeeld: " in said(screen)
    assert "In dit gebied wonen 270.000 mensen" in said(screen)
    maps = len(screen.get("vega_lite_chart") or screen.get("arrow_vega_lite_chart"))
    screen.selectbox(key="region-layer").set_value("ses").run()
    assert "laagste score" in said(screen)
    screen.radio(key="region-form").set_value("table").run()
    assert not screen.exception
    charts = len(screen.get("vega_lite_chart") or screen.get("arrow_vega_lite_chart"))
    assert charts == maps - 1


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.key)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_layer_has_a_colour_and_a_text_for_every_class(layer: object, language: Language) -> None:
    [shown] = [item for item in LAYERS if item is layer]
    legend = shown.legend(language)
    assert len(legend) == len({text for _, text in legend}) == len(shown.ends) + 1
    colours = [shown.colour(end) for end in shown.ends]
    assert [shown.colour(shown.ends[0] - 1e-9), *colours] == [colour for colour, _ in legend]


def test_a_resident_reads_five_sentences_and_no_small_numbers(
    api: Api, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = use(api.client, "small", monkeypatch)
    plan = client.run(run).scenario_id
    screen = opened(place_page, s=plan, gemeente="GM0003")
    assert said(screen).count("<li>") >= 5
    assert "30 minuten langer" in said(screen)
    screen.selectbox(key="mine-place").set_value("GM0001").run()
    assert screen.query_params["gemeente"] in ("GM0001", ["GM0001"])
    # Five patients a year.
    assert "Minder dan 10, daarom tonen we het getal niet." in said(screen)
    assert "20 minuten korter" in said(screen)


def test_an_unknown_place_is_named_and_another_shown(
    api: Api, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = use(api.client, "small", monkeypatch)
    screen = opened(place_page, s=client.run(run).scenario_id, gemeente="<b>Nergens")
    assert "&lt;b&gt;Nergens" in said(screen)
    assert str(screen.selectbox(key="mine-place").value).startswith("GM")


def test_a_place_is_found_by_its_name_and_the_nearest_is_offered(
    api: Api, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = use(api.client, "small", monkeypatch)
    plan = client.run(run).scenario_id
    name = next(area.name for area in client.areas(dataset_id="small") if area.gemeente_id == "GM0003")
    screen = opened(place_page, s=plan, gemeente=name.upper())
    assert screen.selectbox(key="mine-place").value == "GM0003"
    screen = opened(place_page, s=plan, gemeente=f"{name}x")
    assert "gemeente=GM0003" in said(screen)


def test_the_register_is_searched_opened_and_never_empty_without_a_word(
    shipped: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(shipped, "nl2025", monkeypatch)
    screen = opened(register_page, zoek="a012")
    assert "A-012:" in said(screen)
    assert "1 van 1" in said(screen)
    screen.text_input(key="register-search").set_value("verpleegdg").run()
    assert "Geen aanname gevonden met &#x27;verpleegdg&#x27;" in said(screen)
    assert "Bedoelt u" in said(screen)
    screen.text_input(key="register-search").set_value("").run()
    screen.selectbox(key="register-kind").set_value("agreed").run()
    assert "norm of afspraak" in said(screen)
    assert "zoek" not in screen.query_params


def test_assumptions_are_found_by_words_number_and_kind(
    shipped: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = use(shipped, "nl2025", monkeypatch).assumptions().items
    assert {item.number for item in found(items, "RIVM ambulance", None, None)} >= {"A-007"}
    assert {kind_of(item) for item in found(items, "", "agreed", None)} == {"agreed"}
    assert found(items, "", None, "large") == []
    entry = numbered(items, "a-045/hip")
    assert entry is not None
    assert entry.number == "A-045"
    assert nearest(items, "reistjd") == "reistijd"


def test_a_run_without_journeys_offers_to_calculate_them(
    api: Api, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = use(api.client, "small", monkeypatch)
    screen = opened(flow_page, run=run)
    assert "niet bewaard wie wanneer waarheen ging" in said(screen)
    screen.button(key="flow-calculate").click().run()
    asked = [item for item in client.runs() if item.settings.journeys]
    assert [item.scenario_id for item in asked] == [client.run(run).scenario_id]
    assert "De week wordt berekend." in said(screen)


def outcome(**changes: object) -> PlaceOutcome:
    """Return a place where long surgery goes to another hospital; name what differs."""
    site = NearestSite(location="A", minutes=8)
    long = CareOfPlace(
        profile="lung",
        today=[PlaceShare(location="A", share=1, minutes=8)],
        plan=[PlaceShare(location="B", share=1, minutes=30)],
        moved=Estimate(mean=25, low=20, high=30),
        minutes_today=8,
        minutes_plan=30,
        extra_minutes=Estimate(mean=22, low=20, high=24),
        moved_share=1,
        shared=True,
    )
    made = PlaceOutcome(
        place="GM1",
        name="Borne",
        region="",
        inhabitants=1000,
        replications=10,
        included=True,
        changed=[long],
        unchanged=[UnchangedCare(profile="hip", patients=40, today=long.today)],
        emergency=AcuteCare(today=site, plan=site),
        obstetrics=AcuteCare(today=site, plan=None),
        minutes_today=None,
        minutes_plan=None,
        minutes_difference=None,
        names={
            "A": {"nl": "Almelo", "en": "Almelo"},
            "B": {"nl": "Enschede", "en": "Enschede"},
            "lung": {"nl": "Longoperatie (kanker)", "en": "Lung surgery (cancer)"},
            "hip": {"nl": "Heupprothese", "en": "Hip replacement"},
        },
    )
    return made.model_copy(update=changes)


def test_the_sentences_say_where_how_far_what_stays_and_what_is_lost() -> None:
    where, further, stays, nearer, acute = Teller(outcome(), "nl").sentences()
    assert (
        where == "Voor longoperatie gaan inwoners van Borne straks meestal naar Enschede. Nu is dat Almelo."
    )
    assert "22 minuten langer onderweg: 30 in plaats van 8 minuten" in further
    assert "tussen 20,0 en 24,0 minuten" in further
    assert stays == "Controles bij longoperatie kunnen dichtbij blijven: alleen de behandeling is elders."
    assert nearer == "Er is geen zorg die voor inwoners van hier dichterbij komt."
    assert "Almelo, 8 minuten" in acute
    assert "geen acute verloskunde" in acute


def test_where_nothing_moves_that_is_said() -> None:
    where, further, stays, *_ = Teller(outcome(changed=[]), "en").sentences()
    assert "nothing changes" in where
    assert further == "So your travel time does not change."
    assert "hip replacement" in stays
