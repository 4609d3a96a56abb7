"""Where users meet the preview: over HTTP, from Python, on the command line and on the page of a plan."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.support import sample_result
from tests.support.api import Api, running_api, small_dataset

from zorgstroom import cli
from zorgstroom.client import Client
from zorgstroom.dataset import load_dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput
from zorgstroom.preview_build import preview_document
from zorgstroom.preview_document import PreviewDocument
from zorgstroom.preview_words import preview_notes, preview_tables
from zorgstroom.text import LANGUAGES, Language
from zorgstroom_ui.components.preview_view import preview_section

pytestmark = pytest.mark.unit

YAML = {"Content-Type": "application/yaml"}
PLAN = yaml.safe_dump(dict(sample_result.PLAN), allow_unicode=True).encode()
#: The part of the sample plan that is about its beds.
BEDS = {"zorgstroom": 1, "name": "bedden", "actions": [sample_result.PLAN["actions"][1]]}
CLOSE_SKB = {
    "zorgstroom": 1,
    "name": "Proef <sluiting>",
    "region": {"roaz": "Euregio"},
    "actions": [{"close": {"location": "SKB"}}],
}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with running_api(tmp_path) as api:
        yield api


@pytest.fixture(scope="module")
def document() -> PreviewDocument:
    return preview_document(load_dataset("nl2025"), Scenario.model_validate(CLOSE_SKB), None)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(CLOSE_SKB), encoding="utf-8")
    return path


def words(markup: str) -> str:
    """Return what a reader sees, without the marks."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


def test_over_http_it_is_the_document_and_nothing_is_kept(api: Api) -> None:
    before = api.client.get("/v1/scenarios").json()
    response = api.client.post("/v1/scenarios/preview", content=PLAN, headers=YAML)
    assert response.status_code == 200, response.text
    found = PreviewDocument.model_validate_json(response.content)
    assert found == preview_document(small_dataset(), sample_result.scenario(), None)
    assert found.streams
    assert response.json()["parts"]["lists"] == {"method": "queueing_theory", "confidence": "low"}
    inside = api.client.post("/v1/scenarios/preview?region=roaz:Noord", json=BEDS)
    assert inside.json()["region"] == "roaz:Noord"
    assert {row["location"] for row in inside.json()["volumes"]} == {"NOORD"}
    assert api.client.get("/v1/scenarios").json() == before


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (
            "",
            b"zorgstroom: 1\nname: plan\nactions:\n  - close: {location: NOORT}\n",
            "/actions/0/close/location",
        ),
        ("", b"zorgstroom: 1\nname: plan\nhorizon: {weeks: 1000000}\n", "/horizon/weeks"),
        ("?region=roaz:Nord", PLAN, "region"),
        ("?region=nergens", PLAN, None),
        ("?regio=roaz:Noord", PLAN, None),
    ],
)
def test_over_http_mistakes_are_named(api: Api, path: str, body: bytes, pointer: str | None) -> None:
    response = api.client.post(f"/v1/scenarios/preview{path}", content=body, headers=YAML)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
    if pointer is not None:
        assert [problem["pointer"] for problem in response.json()["problems"]] == [pointer]


def test_over_http_its_limits_are_those_of_its_neighbours(tmp_path: Path) -> None:
    with running_api(tmp_path, max_body_bytes=10_000) as api:
        large = api.client.post("/v1/scenarios/preview", content=b"#" * 10_001, headers=YAML)
        assert large.status_code == 413
        plain = api.client.post("/v1/scenarios/preview", content=PLAN, headers={"Content-Type": "text/plain"})
        assert plain.status_code == 415
        assert api.client.get("/v1/scenarios/preview").status_code == 404
        described = api.client.get("/v1/openapi.json").json()
        operation = described["paths"]["/v1/scenarios/preview"]["post"]
        assert "schat" in operation["summary"].lower()
        assert "PreviewDocument" in str(operation["responses"]["200"])
        shown = described["components"]["schemas"]["PreviewDocument"]["properties"]
        assert {"streams", "volumes", "travel", "lists", "pools"} <= set(shown)


def test_from_python_it_is_the_same_and_mistakes_are_ours(api: Api) -> None:
    with Client("http://127.0.0.1:8000", "nl", transport=api.client._transport) as client:
        found = client.preview(sample_result.scenario())
        assert found == preview_document(small_dataset(), sample_result.scenario(), None)
        assert client.preview(Scenario.model_validate(BEDS), "roaz:Noord").region == "roaz:Noord"
        with pytest.raises(InvalidInput) as caught:
            client.preview(sample_result.scenario(), "roaz:Nord")
        assert "Noord" in caught.value.message("nl")


def test_the_command_says_that_it_estimates_and_shows_every_part(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["preview", str(plan)]) == 0
    shown = capsys.readouterr().out
    assert "Schatting vooraf, zonder simulatie" in shown.splitlines()[0]
    for caption in (
        "In het kort",
        "Wie waarheen gaat",
        "Patiënten per jaar en normen",
        "Wachtlijsten na een jaar",
    ):
        assert caption in shown
    assert "zekerheid laag" in shown
    assert "SKB Winterswijk" in shown
    assert cli.run(["preview", str(plan), "--all", "--lang", "en"]) == 0
    everything = capsys.readouterr().out
    assert "Estimate beforehand, without simulation" in everything
    assert len(everything.splitlines()) > len(shown.splitlines()) + 50
    assert cli.run(["preview", str(plan), "--json"]) == 0
    written = PreviewDocument.model_validate_json(capsys.readouterr().out)
    assert written == preview_document(load_dataset("nl2025"), Scenario.model_validate(CLOSE_SKB), None)


def test_the_command_names_a_mistake_with_its_line(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan.write_text(plan.read_text().replace("SKB", "SBK"), encoding="utf-8")
    assert cli.run(["preview", str(plan)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert f"{plan}:" in told.err
    assert "SBK" in told.err
    assert cli.run(["preview", str(plan.with_name("weg.yaml"))]) == 1
    plan.write_text(yaml.safe_dump(CLOSE_SKB), encoding="utf-8")
    assert cli.run(["preview", str(plan), "--region", "roaz:Limbrug"]) == 1
    assert "Limburg" in capsys.readouterr().err


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_those_of_the_numbers(document: PreviewDocument, language: Language) -> None:
    tables = {table.name: table for table in preview_tables(document, language)}
    assert next(iter(tables)) == "summary"
    assert all(len(row) == len(table.headings) for table in tables.values() for row in table.rows)
    assert not [text for table in tables.values() for row in table.rows for text in row if "preview." in text]
    streams = document.streams
    assert len(tables["streams"].rows) == len(streams)
    assert tables["streams"].rows[0][1] == document.names[streams[0].source][language] == "SKB Winterswijk"
    growing = [row for row in document.lists if row.pool and row.grows_plan]
    told = {"nl": "groeit", "en": "grows"}[language]
    assert sum(row[-1] == told for row in tables["lists"].rows) == len(growing) > 10
    assert all(row.weeks.plan is None for row in growing)
    notes = " ".join(preview_notes(document, language))
    assert {"nl": "zonder simulatie", "en": "without simulation"}[language] in notes


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_of_the_page_is_labelled_and_escaped(
    document: PreviewDocument, language: Language
) -> None:
    named = document.model_copy(
        update={"names": document.names | {"SKB": {"nl": "<b>SKB</b>", "en": "<b>SKB</b>"}}}
    )
    markup = preview_section(named, language, ended=False)
    assert "<b>SKB</b>" not in markup
    assert "<b>SKB</b>" in words(markup)
    assert words(markup).startswith(
        {"nl": "Vooruitblik Alvast een schatting", "en": "Preview An estimate"}[language]
    )
    assert preview_section(named, language, ended=True) != markup
    assert markup.count("<table") >= len(preview_tables(document, language))
    assert {"nl": "zekerheid laag", "en": "confidence low"}[language] in words(markup)
