"""Start and Over dit model: where a visitor begins, and what everybody may know of the model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.api import Api, running_api
from tests.support.visiting import Line, connect, said, shown, visit

from zorgstroom.text import LANGUAGES, Language
from zorgstroom_ui.components.about_page import PARTS, glossary

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api"), room_url="http://zaal.local:8080") as running:
        yield running


@pytest.fixture
def line(api: Api, monkeypatch: pytest.MonkeyPatch) -> Line:
    return connect(api, monkeypatch)


def test_start_has_three_doors(line: Line) -> None:
    page = said(visit())
    for door in ("Ik maak een plan", "Ik bekijk een plan", "Ik doe mee aan een werksessie"):
        assert f"<strong>{door}</strong>" in page


def test_a_code_leads_to_the_page_of_the_workshop(line: Line) -> None:
    screen = visit()
    screen.text_input(key="start-code").input(" kx7-p4q ")
    [join] = [item for item in screen.button if item.label == "Meedoen"]
    shown(join.click().run())
    assert 'href="http://zaal.local:8080/m/KX7P4Q"' in said(screen)
    scripts = [item.proto.body for item in screen.get("html") if item.proto.body.startswith("<script>")]
    assert any('location.assign("http://zaal.local:8080/m/KX7P4Q")' in script for script in scripts)


@pytest.mark.parametrize("nonsense", ["", "KX7P4QQQ", '"../../v1'])
def test_nonsense_for_a_code_is_answered_at_the_field(line: Line, nonsense: str) -> None:
    screen = visit()
    screen.text_input(key="start-code").input(nonsense)
    [join] = [item for item in screen.button if item.label == "Meedoen"]
    shown(join.click().run())
    assert "Een code heeft 6 letters en cijfers." in said(screen)
    assert "/m/" not in said(screen)


def test_plans_are_those_of_the_area(line: Line) -> None:
    everywhere = said(visit())
    assert "Stap voor stap in vijf jaar" in everywhere
    here = said(visit(gebied="roaz:Noord"))
    assert "Stap voor stap in vijf jaar" not in here
    assert "Longkanker, minstens 60 operaties per locatie" in here


@pytest.mark.parametrize("part", PARTS)
def test_every_part_about_the_model_is_there(line: Line, part: str) -> None:
    page = said(visit("over", deel=part, taal="en"))
    assert page.count("<h1") == 1
    assert page.count("<h2") == 1
    assert "ui.over." not in page
    assert 'aria-current="page"' in page


def test_a_part_that_is_not_there_is_told(line: Line) -> None:
    assert "Het onderdeel ‘onzin’ bestaat niet." in said(visit("over", deel="onzin"))


def test_what_does_not_fit_is_told_too(line: Line) -> None:
    page = said(visit("over", deel="getest"))
    assert "Wat klopt niet goed" in page
    assert "Theorie: " in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_explained_in_the_order_of_the_alphabet(language: Language) -> None:
    words = [name for _, name, _ in glossary(language)]
    assert len(words) == len(set(words)) > 60
    assert [word[0].casefold() for word in words] == sorted(word[0].casefold() for word in words)
    assert all(meaning for _, _, meaning in glossary(language))
