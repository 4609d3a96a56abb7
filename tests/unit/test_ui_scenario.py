"""The page Scenario maken against the real service: what a planner does on it, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.support import sample_result
from tests.support.api import Api, running_api

from zorgstroom.client import Client
from zorgstroom.errors import NotFound, Unavailable
from zorgstroom.scenario_file import example_scenarios, parse_scenario
from zorgstroom.text import LANGUAGES, Language
from zorgstroom_ui import session
from zorgstroom_ui.components.builder import desk as desks
from zorgstroom_ui.components.builder import files, remarks
from zorgstroom_ui.components.builder.choices import FRESH
from zorgstroom_ui.components.builder.desk import Desk
from zorgstroom_ui.components.builder.documents import Document, actions, kind_of, opened, put
from zorgstroom_ui.components.builder.facts import facts_of
from zorgstroom_ui.components.builder.history import History
from zorgstroom_ui.components.builder.hospitals import map_spec

pytestmark = pytest.mark.unit

PLAN = dict(sample_result.PLAN)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    # These tests ask more in a minute than one visitor does.
    with running_api(tmp_path_factory.mktemp("api"), previews_per_minute=0, writes_per_minute=0) as running:
        yield running


def asking(api: Api, monkeypatch: pytest.MonkeyPatch, language: Language = "nl") -> Client:
    """Let the screens ask this service; whatever they remember of another is forgotten."""
    st.cache_data.clear()
    st.cache_resource.clear()
    made = Client("http://127.0.0.1:8000", language, transport=api.client._transport, retries=0)
    monkeypatch.setattr(session, "client", lambda: made)
    monkeypatch.setattr(session, "dataset", lambda: made.dataset("small"))
    return made


@pytest.fixture
def client(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    with asking(api, monkeypatch) as made:
        yield made


def page() -> None:
    from zorgstroom_ui.components.builder.page import show_page

    show_page()


def opened_page(**address: str) -> AppTest:
    screen = AppTest.from_function(page, default_timeout=60)
    for name, value in address.items():
        screen.query_params[name] = value
    return shown(screen.run())


def shown(screen: AppTest) -> AppTest:
    assert not screen.exception, screen.exception
    return screen


def said(screen: AppTest) -> str:
    return " ".join(item.proto.body for item in screen.get("html"))


def on_desk(screen: AppTest) -> Desk:
    desk: Desk = screen.session_state["builder-desk"]
    return desk


def address_of(screen: AppTest, name: str) -> str | None:
    """Return a part of the address, which a test may see as a list."""
    value = dict(screen.query_params).get(name)
    return value[0] if isinstance(value, list) else value


def press(screen: AppTest, key: str) -> AppTest:
    return shown(screen.button(key=f"build.{key}").click().run())


def concentrated(screen: AppTest) -> AppTest:
    """Add the choice to have oesophageal care at NOORD alone."""
    press(screen, "add.concentrate")
    shown(screen.multiselect(key="build.actions/0/concentrate/profiles").set_value(["oesophagus"]).run())
    shown(screen.checkbox(key="build.actions/0/concentrate/at/NOORD").check().run())
    return screen


def test_a_planner_chooses_by_clicking_and_sees_at_once_what_is_expected(client: Client) -> None:
    screen = opened_page()
    assert "Er verandert nog niets" in said(screen)
    press(screen, "add.concentrate")
    assert "Nog niet af, telt niet mee: 1" in said(screen)
    shown(screen.multiselect(key="build.actions/0/concentrate/profiles").set_value(["oesophagus"]).run())
    labels = [item.label for item in screen.checkbox if "/at/" in (item.key or "")]
    assert any("nu ongeveer 3" in label for label in labels), labels
    shown(screen.checkbox(key="build.actions/0/concentrate/at/NOORD").check().run())
    text = said(screen)
    assert actions(on_desk(screen).document) == [
        {"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"]}}
    ]
    assert "Snelle schatting, niet doorgerekend" in text
    assert "Controle: alle patiënten hebben een ziekenhuis" in text
    assert "patiënten per jaar gaan naar een ander ziekenhuis" in text
    assert "Nu: Slokdarmresectie: 2 ziekenhuizen" in text
    assert "2 van 24 instellingen zijn anders dan in: Nu." in text


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_choice_begins_unfinished_or_without_effect_and_says_so(
    api: Api, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    words = {
        "nl": ("telt deze keuze niet mee", "Zonder gevolg:"),
        "en": ("does not count", "Without effect:"),
    }
    with asking(api, monkeypatch, language):
        screen = opened_page(taal=language)
        for kind in FRESH:
            press(screen, f"add.{kind}")
            text = said(screen)
            assert any(word in text for word in words[language]), text
            assert ">build." not in text, "every text is in the catalogue"
            press(screen, "undo")


@pytest.mark.slow
def test_a_choice_without_effect_is_named_and_left_out_of_the_estimate(client: Client) -> None:
    screen = concentrated(opened_page())
    press(screen, "add.concentrate")
    shown(screen.multiselect(key="build.actions/1/concentrate/profiles").set_value(["hip"]).run())
    for name in screen.session_state["builder-desk"] and [
        item.key for item in screen.checkbox if "actions/1/concentrate/at/" in (item.key or "")
    ]:
        shown(screen.checkbox(key=name).check().run())
    text = said(screen)
    assert "Zonder gevolg:" in text
    assert "Keuzes zonder gevolg: 1" in text
    assert "patiënten per jaar gaan naar een ander ziekenhuis" in text


def test_steps_are_taken_back_and_again_and_everything_goes_back_to_today(client: Client) -> None:
    screen = concentrated(opened_page())
    document = on_desk(screen).document
    press(screen, "undo")
    assert actions(on_desk(screen).document) == [{"concentrate": {"profiles": ["oesophagus"], "at": []}}]
    assert screen.checkbox(key="build.actions/0/concentrate/at/NOORD").value is False
    press(screen, "redo")
    assert on_desk(screen).document == document
    press(screen, "reset.today")
    assert actions(on_desk(screen).document) == []
    press(screen, "undo")
    assert on_desk(screen).document == document
    press(screen, "remove.0")
    assert actions(on_desk(screen).document) == []


def test_a_draft_is_there_after_a_refresh_with_its_way_back_and_leaves_nothing_behind(client: Client) -> None:
    screen = concentrated(opened_page())
    draft_id = address_of(screen, "concept")
    assert draft_id is not None
    again = opened_page(concept=draft_id)
    assert on_desk(again).document == on_desk(screen).document
    assert len(on_desk(again).history.past) == len(on_desk(screen).history.past) == 3
    for _ in range(3):
        press(again, "undo")
    assert address_of(again, "concept") is None
    with pytest.raises(NotFound):
        client.draft(draft_id)


def test_a_draft_that_is_gone_is_said_in_words(client: Client) -> None:
    screen = opened_page(concept="a" * 22)
    assert "Dit concept is er niet (meer)" in said(screen)
    assert address_of(screen, "concept") is None


@pytest.mark.slow
def test_two_people_at_one_draft_each_keep_their_own(client: Client) -> None:
    one = concentrated(opened_page())
    draft_id = str(address_of(one, "concept"))
    two = opened_page(concept=draft_id)
    shown(one.text_input(key="build.name").input("Van de een").run())
    shown(two.text_input(key="build.name").input("Van de ander").run())
    assert "Iemand anders werkte tegelijk aan dit concept" in said(two)
    own = str(address_of(two, "concept"))
    assert own != draft_id
    assert client.draft(draft_id).document["name"] == "Van de een"
    assert client.draft(own).document["name"] == "Van de ander"


def test_nonsense_is_answered_at_the_field_and_nothing_is_lost(client: Client) -> None:
    screen = opened_page()
    for kind, field, typed, message in (
        ("capacity", "add", "veel", "‘veel’ is geen getal"),
        ("workforce", "percent", "-101", "Typ een getal van −100 tot en met 1.000."),
        ("workforce", "percent", "9" * 400, "Typ een getal van −100 tot en met 1.000."),
        ("close", "until", "31-2-2026", "‘31-2-2026’ is geen datum"),
        ("demand", "responsible", "x" * 121, "Dit zijn 121 tekens; er passen er 120."),
    ):
        press(screen, f"add.{kind}")
        before = on_desk(screen).document
        key = f"build.actions/0/{kind}/{field}"
        shown(screen.text_input(key=key).input(typed).run())
        assert message in said(screen)
        assert screen.text_input(key=key).value == typed
        assert on_desk(screen).document == before
        press(screen, "undo")
        assert message not in said(screen)


def test_a_remark_names_a_location_without_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    place = {"id": "040-01", "name": "ZGT Almelo"}
    monkeypatch.setattr(session, "dataset", lambda: {"locations": [place]})
    assert remarks.without_codes("040-01 (ZGT Almelo) heeft geen IC.") == "ZGT Almelo heeft geen IC."
    # A code that stands alone is all there is.
    assert remarks.without_codes("040-02 heeft geen IC.") == "040-02 heeft geen IC."


def test_what_cannot_be_read_is_not_kept(client: Client) -> None:
    screen = opened_page()
    shown(screen.text_input(key="build.horizon/weeks").input("heel lang").run())
    press(screen, "save")
    assert not on_desk(screen).unsaved
    shown(screen.text_input(key="build.name").input("Plan").run())
    press(screen, "save")
    assert "Verbeter de velden die niet te lezen zijn: 1." in said(screen)


@pytest.mark.slow
def test_what_is_typed_in_dutch_is_read_and_written_back(client: Client) -> None:
    screen = opened_page()
    press(screen, "add.capacity")
    shown(screen.text_input(key="build.actions/0/capacity/add").input("1.250,5").run())
    shown(screen.text_input(key="build.actions/0/capacity/start").input("1/7/2025").run())
    body = actions(on_desk(screen).document)[0]["capacity"]
    assert (body["add"], body["start"]) == (1250.5, "2025-07-01")
    assert screen.text_input(key="build.actions/0/capacity/add").value == "1.250,5"
    assert screen.text_input(key="build.actions/0/capacity/start").value == "1-7-2025"


def test_it_is_kept_as_a_version_with_a_note_calculated_and_marked_as_out_of_date(
    api: Api, client: Client
) -> None:
    screen = concentrated(opened_page())
    assert "Geef het scenario een naam." in said(screen)
    press(screen, "calculate")
    assert "Dit is eerst nodig:" in said(screen)
    shown(screen.text_input(key="build.name").input("Slokdarm bij Noord").run())
    assert "Geef het scenario een naam." not in said(screen)
    shown(screen.text_input(key="build.note").input("na overleg").run())
    press(screen, "calculate")
    desk = on_desk(screen)
    assert desk.base is not None
    assert desk.run is not None
    assert client.versions(desk.base)[0].note == "na overleg"
    assert address_of(screen, "concept") is None
    assert address_of(screen, "vanuit") == address_of(screen, "s") == desk.base.id
    assert "Bewaard: ‘Slokdarm bij Noord’, versie 1." in said(screen)
    api.accept(desk.run.id)
    later = opened_page(vanuit=desk.base.id)
    assert "Bezig: 1 van 10 jaren" in said(later)
    api.complete(desk.run.id)
    done = opened_page(vanuit=desk.base.id)
    assert "Klaar. Dit is de uitkomst in het kort." in said(done)
    assert "Verouderd." not in said(done)
    # Another description changes no outcome.
    shown(done.text_area(key="build.description").input("Andere woorden").run())
    assert on_desk(done).unsaved
    assert "Verouderd." not in said(done)
    press(done, "undo")
    press(done, "add.capacity")
    assert "Verouderd." in said(done)
    assert "Deze uitkomst hoort bij versie 1." in said(done)
    press(done, "undo")
    assert "Verouderd." not in said(done)


def test_two_people_who_save_the_same_scenario_get_two_versions(client: Client) -> None:
    first = client.add_scenario(PLAN | {"name": "Samen"})
    one, two = opened_page(vanuit=first.id), opened_page(vanuit=first.id)
    for screen, words in ((one, "van de een"), (two, "van de ander")):
        shown(screen.text_area(key="build.description").input(words).run())
        press(screen, "add.workforce")
        shown(screen.text_input(key="build.actions/2/workforce/percent").input("-5").run())
    press(one, "save")
    press(two, "save")
    text = said(two)
    assert (
        "Iemand anders bewaarde intussen ook een versie. Die van u is versie 3; er is niets verloren" in text
    )
    assert "Open versie 2" in text
    names = {version.version: version.previous for version in client.versions(first)}
    assert names == {1: None, 2: first.id, 3: first.id}
    st.cache_resource.clear()
    third = opened_page(vanuit=first.id)
    shown(third.text_input(key="build.name").input("Nog een").run())
    assert "Er is een nieuwere versie (3) dan die waar u van uitging (1)" in said(third)


@pytest.mark.slow
def test_what_was_kept_already_is_not_made_twice(client: Client) -> None:
    client.add_scenario(PLAN | {"name": "Al bewaard"})
    screen = opened_page()
    desk = on_desk(screen)
    desk.history = History(opened(client.add_scenario(PLAN | {"name": "Al bewaard"}).document))
    press(screen, "save")
    assert "Precies dit scenario was al bewaard" in said(screen)


@pytest.mark.slow
def test_a_service_that_refuses_says_why_and_the_work_stays(client: Client) -> None:
    screen = opened_page()
    on_desk(screen).history = History(
        PLAN | {"name": "Nergens", "actions": [{"close": {"location": "NOORT"}}]}
    )
    shown(screen.run())
    assert "Kan niet:" in said(screen)
    assert "NOORD" in said(screen), "the nearest known name is offered"
    press(screen, "save")
    assert "Het scenario kan zo niet worden bewaard:" in said(screen)
    assert on_desk(screen).unsaved


@pytest.mark.slow
def test_without_a_key_one_may_explore_but_is_told_that_nothing_is_kept(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_api(tmp_path_factory.mktemp("keys"), auth="keys") as guarded, asking(guarded, monkeypatch):
        screen = concentrated(opened_page())
        text = said(screen)
        assert "alleen wie een sleutel heeft werk bewaren" in text
        assert "Snelle schatting" in text
        shown(screen.text_input(key="build.name").input("Zonder sleutel").run())
        press(screen, "save")
        assert "kan alleen wie een sleutel heeft iets laten doorrekenen" in said(screen)


@pytest.mark.slow
def test_a_service_that_is_away_takes_nothing_off_the_desk(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = concentrated(opened_page())
    for name in ("add_draft", "change_draft", "validate", "preview"):
        monkeypatch.setattr(Client, name, _away)
    shown(screen.text_input(key="build.name").input("Nog hier").run())
    assert "Er gaat niets verloren" in said(screen)
    assert on_desk(screen).document["name"] == "Nog hier"
    assert "geeft nu geen voorlopige uitkomst" in said(screen)
    assert "alle patiënten hebben een ziekenhuis" not in said(screen)


def _away(*_args: object, **_more: object) -> None:
    raise Unavailable(what="De rekendienst")


@pytest.mark.slow
def test_each_setting_can_go_back_by_itself(client: Client) -> None:
    first = client.add_scenario(PLAN | {"name": "Per instelling"})
    screen = opened_page(vanuit=first.id)
    shown(screen.text_input(key="build.horizon/weeks").input("104").run())
    shown(screen.radio(key="build.against").set_value("saved").run())
    assert "1 van 33 instellingen zijn anders" in said(screen)
    press(screen, "put_back.press")
    assert not on_desk(screen).unsaved


@pytest.mark.slow
@pytest.mark.parametrize("slug", ["10-netwerk-gedeelde-zorg", "14-vijf-jaar-stap-voor-stap"])
def test_any_document_is_shown_whatever_is_in_it_and_loses_nothing(client: Client, slug: str) -> None:
    [text] = [item.text for item in example_scenarios() if item.slug == slug]
    document = opened(parse_scenario(text, slug))
    screen = opened_page()
    on_desk(screen).history = History(document)
    shown(screen.run())
    for index in range(len(actions(document))):
        on_desk(screen).open = index
        shown(screen.run())
        # The names of the country are unknown here: that is said, and the choice stays as it is.
        assert kind_of(actions(on_desk(screen).document)[index]) == kind_of(actions(document)[index])
    assert on_desk(screen).document == document


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "key", "value", "expected"),
    [
        ({"profiles": ["oesophagus"], "at": ["NOORD"]}, "how", "to_minimum", {"to_minimum": "norm"}),
        ({"profiles": ["hip"], "at": ["NOORD"]}, "how", "to_minimum", {"to_minimum": 20}),
        ({"profiles": ["oesophagus"], "at": ["NOORD"]}, "how", "to_count", {"to_count": 1}),
        (
            {"profiles": ["oesophagus"], "at": ["NOORD", "MIDDEN"]},
            "rule",
            "directed",
            {"at": ["NOORD", "MIDDEN"], "rule": "directed", "shares": {"NOORD": 0.5, "MIDDEN": 0.5}},
        ),
    ],
)
def test_who_continues_is_chosen_in_one_of_three_ways(
    client: Client, body: Document, key: str, value: str, expected: Document
) -> None:
    screen = opened_page()
    desk = on_desk(screen)
    desk.history, desk.open = History(desk.document | {"actions": [{"concentrate": body}]}), 0
    shown(screen.run())
    shown(screen.radio(key=f"build.actions/0/concentrate/{key}").set_value(value).run())
    found = actions(on_desk(screen).document)[0]["concentrate"]
    assert found == {"profiles": body["profiles"], **expected}
    press(screen, "undo")
    assert actions(on_desk(screen).document)[0]["concentrate"] == body


@pytest.mark.slow
def test_capacity_that_no_longer_follows_takes_its_details_along(client: Client) -> None:
    screen = opened_page()
    desk = on_desk(screen)
    body = {
        "profiles": ["oesophagus"],
        "at": ["NOORD"],
        "capacity_follows": 1.0,
        "after_months": 3,
        "staff_not_moving": 0.2,
    }
    desk.history, desk.open = History(desk.document | {"actions": [{"concentrate": body}]}), 0
    shown(screen.run())
    shown(screen.slider(key="build.actions/0/concentrate/capacity_follows").set_value(0.0).run())
    assert actions(on_desk(screen).document)[0]["concentrate"] == {
        "profiles": ["oesophagus"],
        "at": ["NOORD"],
    }


def test_the_map_shows_by_shape_and_words_who_does_what(client: Client) -> None:
    known = facts_of(client.dataset("small"), client.today("small"))
    places = [(known.places["NOORD"], "keeps"), (known.places["ZUID"], "not")]
    spec = map_spec(places, ["oesophagus"], known, "nl")
    points = spec["layer"][1]["data"]["values"]
    assert [(point["id"], point["shape"], point["does"]) for point in points] == [
        ("NOORD", "circle", "aangevinkt, doet het nu"),
        ("ZUID", "cross", "niet aangevinkt, doet het nu niet"),
    ]
    assert spec["layer"][1]["params"][0]["select"] == {"type": "point", "fields": ["id"]}


def test_a_click_on_the_map_is_a_tick(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from zorgstroom_ui.components.builder import hospitals

    path = ("actions", 0, "concentrate", "at")
    desk = Desk(History({"actions": [{"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"]}}]}))
    state = {"map": {"selection": {"ziekenhuis": [{"id": "MIDDEN"}]}}, "turn": 0}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(desks, "current", lambda: desk)
    choice = hospitals.Pick(path, "Wie", ["oesophagus"], None, empty=True)
    hospitals._clicked(choice, "turn", "map")
    assert desk.document == put(desk.document, path, ["NOORD", "MIDDEN"])
    hospitals._clicked(choice, "turn", "map")
    assert desk.document == put(desk.document, path, ["NOORD"])


@pytest.mark.slow
def test_a_click_that_arrives_twice_is_one_tick(client: Client) -> None:
    screen = concentrated(opened_page())
    before = on_desk(screen).document
    # What a browser says once more after a page was interrupted while it was being drawn.
    screen.session_state["build.actions/0/concentrate/at/NOORD"] = None
    shown(screen.checkbox(key="build.actions/0/concentrate/at/NOORD").check().run())
    assert on_desk(screen).document == before


class File:
    """In place of what a visitor handed in."""

    def __init__(self, name: str, content: str) -> None:
        self.name, self._content = name, content

    def getvalue(self) -> bytes:
        return self._content.encode()


def test_a_file_with_mistakes_is_refused_with_place_and_reason_and_nothing_is_lost(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = opened_page()
    on_desk(screen).change(PLAN)
    for content, told in (
        ("zorgstroom: 1\nname: Plan\nactions:\n  - sluit: {}\n", "plan.yaml:4"),
        ("zorgstroom: 2\nname: Plan\n", "plan.yaml:1"),
        ("a: [", "plan.yaml:"),
        ("x" * 1_000_001, "plan.yaml:1"),
        ("", "plan.yaml:"),
    ):
        handed_in = File("plan.yaml", content)
        monkeypatch.setattr(files, "handed_in", lambda handed_in=handed_in: handed_in)
        press(screen, "import.open")
        assert "plan.yaml is niet geopend." in said(screen)
        assert told in said(screen)
        assert on_desk(screen).document == PLAN


def test_a_file_is_opened_and_what_was_on_the_desk_stays_as_a_draft(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = concentrated(opened_page())
    draft_id = str(address_of(screen, "concept"))
    [example] = [item for item in example_scenarios() if item.slug == "14-vijf-jaar-stap-voor-stap"]
    monkeypatch.setattr(files, "handed_in", lambda: File("plan.yaml", example.text))
    press(screen, "import.open")
    scenario = parse_scenario(example.text, example.slug)
    assert on_desk(screen).document == opened(scenario)
    assert "Het bestand plan.yaml is geopend." in said(screen)
    assert draft_id in said(screen)
    assert client.draft(draft_id).document["actions"]


def test_without_a_file_one_is_asked_for(client: Client) -> None:
    screen = press(opened_page(), "import.open")
    assert "Kies eerst een bestand." in said(screen)
