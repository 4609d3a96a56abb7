"""What every page has, on a real service: area, year and language, links, keys, and a service that goes away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.runtime.context import StreamlitHeaders
from streamlit.testing.v1 import AppTest
from tests.support import sample_result
from tests.support.api import Api, running_api
from tests.support.visiting import Line, address_of, connect, said, shown, visit

from zorgstroom.errors import NotFound
from zorgstroom_ui import session

pytestmark = pytest.mark.unit

PLAN = "02-slokdarm-pancreas-een-locatie"
PLAN_NAME = "Slokdarm, maag en pancreas op één locatie"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("guarded"), auth="keys") as running:
        yield running


@pytest.fixture
def line(api: Api, monkeypatch: pytest.MonkeyPatch) -> Line:
    return connect(api, monkeypatch)


def press(screen: AppTest, label: str) -> AppTest:
    [button] = [item for item in screen.button if item.label == label]
    return shown(button.click().run())


def test_a_first_visit_is_dutch_about_today_and_the_whole_country(line: Line) -> None:
    screen = visit()
    assert address_of(screen) == {"taal": ["nl"]}
    assert [box.value for box in screen.selectbox] == ["land", "roaz", "2025"]
    assert "Dit scenario: Nu (er verandert niets)." in said(screen)
    assert said(screen).count("<h1") == 1


def test_the_language_is_switched_without_losing_what_was_chosen(line: Line) -> None:
    screen = visit(s=PLAN)
    screen.selectbox(key="frame-jaar").select("2023")
    press(screen, "English")
    assert "What happens when care moves?" in said(screen)
    assert address_of(screen) == {"taal": ["en"], "s": [PLAN], "jaar": ["2023"]}


def test_an_area_is_that_of_the_scenario_until_another_is_chosen(api: Api, line: Line) -> None:
    more = {"capacity": {"location": "NOORD", "pool": "ic:adult", "add": 1}}
    plan = {"zorgstroom": 1, "name": "Plan voor Noord", "region": {"roaz": "Noord"}, "actions": [more]}
    added = api.client.post("/v1/scenarios", json=plan)
    assert added.status_code == 201, added.text
    scenario_id = added.json()["id"]
    screen = visit(s=scenario_id)
    assert screen.selectbox(key="frame-gebied").value == "roaz:Noord"
    assert "gebied" not in address_of(screen)
    shown(screen.selectbox(key="frame-indeling").select("province").run())
    assert address_of(screen)["gebied"] == ["land"]
    options = screen.selectbox(key="frame-gebied").options
    assert options == ["Heel Nederland", "Provincie Noordland", "Provincie Zuidland"]
    shown(screen.selectbox(key="frame-gebied").select("province:Zuidland").run())
    assert address_of(screen)["gebied"] == ["province:Zuidland"]
    # The links go on with what was chosen.
    assert "gebied=province%3AZuidland" in said(screen)


def test_links_of_one_page_keep_what_every_page_shares(line: Line) -> None:
    screen = visit(s=PLAN, gebied="land", jaar="2023", taal="en")
    assert f'href="scenario?s={PLAN}&amp;gebied=land&amp;jaar=2023&amp;taal=en"' in said(screen)


def test_who_comes_by_a_shared_link_is_told_and_can_copy(line: Line) -> None:
    screen = visit(s=PLAN, gedeeld="1")
    assert "U bekijkt een gedeeld scenario. Maak een kopie om het te veranderen." in said(screen)
    assert "vanuit=" in said(screen)
    assert "U bekijkt een gedeeld scenario" not in said(visit(s=PLAN))


def test_a_link_to_share_has_everything_on_screen_and_a_picture_for_telephones(line: Line) -> None:
    page = said(visit(s=PLAN, jaar="2023"))
    assert f"Zorgstroom – Start – {PLAN_NAME}" in page
    assert f"s={PLAN}&amp;jaar=2023&amp;taal=nl&amp;gedeeld=1" in page
    assert "data:image/svg+xml;base64," in page


@pytest.mark.parametrize(
    ("address", "missing", "offered"),
    [
        ({"s": "02-slokdarm-pankreas"}, "bestaat niet", PLAN_NAME),
        ({"s": "slokdarm"}, "Het plan &#x27;slokdarm&#x27; bestaat niet.", PLAN_NAME),
        ({"gebied": "roaz:Noort"}, "Het gebied ‘roaz:Noort’ in dit adres bestaat niet.", "ROAZ-regio Noord"),
        ({"jaar": "1850"}, "Het jaar ‘1850’ in dit adres bestaat niet. U kunt kiezen van", ""),
        ({"indeling": "landsdeel"}, "De indeling ‘landsdeel’ in dit adres bestaat niet.", "Provincie"),
        ({"s": "<script>alert(1)</script>"}, "Misschien is de link niet compleet.", "Naar Start"),
    ],
)
def test_a_broken_link_says_what_is_missing_and_offers_the_nearest(
    line: Line, address: dict[str, str], missing: str, offered: str
) -> None:
    screen = visit(**address)
    assert missing in said(screen)
    assert offered in said(screen)
    assert "<script>alert" not in said(screen)
    # What does not exist is not passed on.
    assert address_of(screen) == {"taal": ["nl"]}


def test_a_service_that_is_away_leaves_what_was_read_and_comes_back_by_itself(line: Line) -> None:
    before = said(visit(s=PLAN))
    line.cut = True
    away = visit(s=PLAN)
    assert "We zijn de verbinding met de rekendienst kwijt." in said(away)
    assert PLAN_NAME in said(away)
    line.cut = False
    assert said(shown(away.run())) == before


def test_a_service_that_was_never_there_leaves_what_needs_none(line: Line) -> None:
    line.cut = True
    start = visit()
    assert "De rekendienst antwoordt niet" in said(start)
    assert "Deze pagina gaat vanzelf verder" in said(start)
    assert "De rekendienst antwoordt niet" not in said(visit("over"))


def test_an_outcome_of_an_older_model_is_shown_and_can_be_made_anew(api: Api, line: Line) -> None:
    run_id = api.request_run(seed=77)
    api.complete(run_id, model_version="0.0.9")
    scenario_id = api.client.get(f"/v1/runs/{run_id}").json()["scenario_id"]
    screen = visit("impact", s=scenario_id, run=run_id)
    assert "Dit scenario is met een ouder model gemaakt (0.0.9). U ziet de oude uitkomst." in said(screen)
    press(screen, "Reken opnieuw")
    [asked] = address_of(screen)["run"]
    assert asked != run_id
    assert api.client.get(f"/v1/runs/{asked}").json()["state"] == "queued"


def test_a_key_is_asked_for_where_the_service_asks_for_keys_only(line: Line) -> None:
    assert "frame-key" not in [field.key for field in visit().text_input]


def test_a_key_of_ones_own_writes_and_is_seen_by_nobody_else(
    guarded: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(guarded, monkeypatch)
    people = guarded.people({"Regio Noord": "editor"})
    key = people["Regio Noord"]["Authorization"].removeprefix("Bearer ")
    secret = dict(sample_result.PLAN) | {"name": "Geheim plan"}
    added = guarded.client.post(
        "/v1/scenarios", json=secret, params={"visibility": "private"}, headers=people["Regio Noord"]
    )
    assert added.status_code == 201, added.text

    screen = visit()
    screen.text_input(key="frame-key").input("verzonnen")
    press(screen, "Gebruik deze sleutel")
    assert "Deze sleutel is niet geldig." in said(screen)
    screen.text_input(key="frame-key").input(key)
    press(screen, "Gebruik deze sleutel")
    assert "U werkt als Regio Noord (lezen en schrijven)." in said(screen)
    assert "Geheim plan" in said(screen)
    assert key not in said(screen)
    assert key not in str(screen.query_params)

    other = visit()
    assert "Geheim plan" not in said(other)
    assert "bestaat niet" in said(visit(s=str(added.json()["id"])))
    press(screen, "Vergeet de sleutel")
    assert "Geheim plan" not in said(screen)


def test_what_became_private_is_shown_no_longer_though_it_was_read_before(
    guarded: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(guarded, monkeypatch)
    maker = guarded.people({"Regio Zuid": "editor"})["Regio Zuid"]
    plan = dict(sample_result.PLAN) | {"name": "Eerst openbaar"}
    asked = guarded.client.post("/v1/runs", json={"scenario": plan}, headers=maker).json()
    guarded.complete(asked["id"])
    scenario = f"/v1/scenarios/{asked['scenario_id']}"
    address = {"s": asked["scenario_id"], "run": asked["id"]}
    assert "Eerst openbaar" in said(visit("impact", **address))

    tag = guarded.client.get(scenario, headers=maker).headers["ETag"]
    changed = guarded.client.patch(
        scenario, json={"visibility": "private"}, headers=maker | {"If-Match": tag}
    )
    assert changed.status_code == 200, changed.text
    # A minute later.
    for remembered in (session._scenarios, session._scenario, session._readable):
        remembered.clear()
    assert "Eerst openbaar" not in said(visit("impact", **address))
    with pytest.raises(NotFound):
        session.impact(asked["id"])


def test_who_comes_through_a_proxy_is_not_at_the_machine_itself(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session.may_manage()
    headers = StreamlitHeaders([("x-forwarded-for", "127.0.0.1")])
    monkeypatch.setattr(type(st.context), "headers", headers)
    assert not session.may_manage()


def test_what_is_kept_for_when_the_service_is_away_does_not_grow_without_end(line: Line) -> None:
    for number in range(session.LAST_ANSWERS + 5):
        assert session.last_known(f"answer {number}", lambda: "told") == "told"
    assert len(session._last_answers(session.api_address(), "")) == session.LAST_ANSWERS


def test_a_mistake_of_ours_has_a_number_and_leaves_the_menu(
    line: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from zorgstroom_ui.components import about_page

    def broken() -> None:
        st.html("<h1>Half a page</h1>")
        raise ZeroDivisionError

    monkeypatch.setattr(about_page, "show_page", broken)
    screen = visit("over")
    assert said(screen).index("Er ging iets mis.") < said(screen).index("Half a page")
    assert "Er ging iets mis. Foutnummer " in said(screen)
    code = said(screen).partition("Foutnummer ")[2][:4]
    assert f"mistake {code}" in caplog.text
    assert "<footer" in said(screen)
