"""The page Beheer against the real service: for whom it is, and what an administrator can do on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from tests.support import sample_result
from tests.support.api import Api, running_api
from tests.support.screens import asking, opened, press, said, tables_of

from zorgstroom.workshop.arranging import standard_plan

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api"), auth="keys") as running:
        yield running


@pytest.fixture(scope="module")
def people(api: Api) -> dict[str, dict[str, str]]:
    return api.people({"Maker": "editor", "Baas": "admin"})


def page() -> None:
    from zorgstroom_ui.components.admin_page import show_page

    show_page()


@pytest.mark.parametrize("name", ["nobody", "Maker"])
def test_the_page_is_closed_to_others(
    api: Api, people: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with asking(api, monkeypatch, people[name]):
        screen = opened(page)
    words = said(screen)
    assert "Deze pagina is voor de beheerder." in words
    assert "Gezondheid" not in words
    assert not screen.button


def test_an_administrator_sees_the_parts_and_stops_a_run(
    api: Api, people: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"scenario": dict(sample_result.PLAN), "settings": {"seed": 3}}
    run_id = api.client.post("/v1/runs", json=body, headers=people["Maker"]).json()["id"]
    api.accept(run_id)
    with asking(api, monkeypatch, people["Baas"]) as client:
        screen = opened(page)
        words = said(screen)
        assert words.count("● werkt") == 5
        assert "1 bezig, 0 in de rij" in words
        queue = next(table for table in tables_of(screen) if table[0][0] == "Berekening")
        assert queue[1][:3] == ["Slokdarmzorg op één plek", "Bezig: 1 van 10 jaren", "test"]
        assert "Bezoeker" not in words
        screen = press(screen, "Stop Slokdarmzorg op één plek")
        assert "Slokdarmzorg op één plek wordt gestopt." in said(screen)
        assert client.run(run_id).cancellation_requested
    log = next(table for table in tables_of(screen) if table[0][0] == "Wanneer")
    assert [row[1:3] for row in log[1:3]] == [
        ["Baas", "stopte een berekening"],
        ["Maker", "liet doorrekenen"],
    ]


def test_answers_of_a_workshop_are_deleted_only_by_who_is_sure(
    api: Api, people: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with asking(api, monkeypatch, people["Maker"]) as client:
        client.create_session(standard_plan("Long in Noord", dt.date(2026, 11, 22), "nl"))
    with asking(api, monkeypatch, people["Baas"]):
        screen = opened(page)
        assert "Long in Noord" in said(screen)
        screen = press(screen, "Wis antwoorden")
        assert "Zet eerst een vinkje" in said(screen)
        screen.checkbox(key="admin-session-sure").check()
        screen = press(screen, "Wis antwoorden")
        assert "De antwoorden van Long in Noord zijn gewist." in said(screen)
