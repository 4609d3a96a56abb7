"""Where keys are asked for: what the command that starts everything, and the screens, say to who has none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import streamlit as st
from tests.support import sample_result
from tests.support.api import running_api

from zorgstroom.client import Client
from zorgstroom.errors import NotAllowed
from zorgstroom.events.schemas import RunSettings
from zorgstroom.settings import Settings
from zorgstroom.supervisor import ExampleRuns, Speaker, child_environment
from zorgstroom_ui import session

pytestmark = pytest.mark.unit

EXAMPLE = {
    "id": "a" * 64,
    "name": "Voorbeeld",
    "example": True,
    "document": dict(sample_result.PLAN) | {"region": {"roaz": "Limburg"}},
}


def service(refusal: int) -> tuple[Callable[[httpx.Request], httpx.Response], list[str]]:
    """Return a service with three examples that refuses to compute them, and what it was asked."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        if request.method == "POST":
            return httpx.Response(refusal, content=json.dumps({"detail": "Sleutel nodig."}))
        if request.url.path == "/v1/scenarios":
            return httpx.Response(200, json={"items": [EXAMPLE] * 3, "next_cursor": None})
        return httpx.Response(200, json=EXAMPLE)

    return answer, asked


@pytest.mark.parametrize("refusal", [401, 403])
def test_that_examples_need_a_key_is_said_once(refusal: int, capsys: pytest.CaptureFixture[str]) -> None:
    answer, asked = service(refusal)
    with Client(transport=httpx.MockTransport(answer), retries=0) as client:
        examples = ExampleRuns(client, Speaker("nl"), RunSettings(replications=1))
        for _ in range(5):
            examples.tick()
    said = capsys.readouterr().out.strip().splitlines()
    assert len(said) == 1
    assert "ZORGSTROOM_API_KEY" in said[0]
    assert asked.count("POST /v1/runs") == 1


def test_the_key_of_the_examples_is_not_handed_to_the_services() -> None:
    settings = Settings(api_key="zs_1_2")
    assert settings.api_key is not None
    assert "zs_1_2" not in repr(settings)
    assert child_environment(settings)["ZORGSTROOM_API_KEY"] == ""
    assert not Settings(api_key="").api_key


def test_a_client_without_a_key_is_told_so(tmp_path: Path) -> None:
    with running_api(tmp_path, auth="keys") as api:
        client = Client("http://127.0.0.1:8000", transport=api.client._transport)
        with pytest.raises(NotAllowed, match="zorgstroom keys create"):
            client.add_scenario(dict(sample_result.PLAN))


def test_the_screens_say_in_words_who_may_ask_and_show_no_header(monkeypatch: pytest.MonkeyPatch) -> None:
    answer, _asked = service(401)
    client = Client(transport=httpx.MockTransport(answer), retries=0)
    monkeypatch.setattr(session, "client", lambda: client)
    monkeypatch.setattr(st, "session_state", {})
    with pytest.raises(NotAllowed) as caught:
        session.submit("a" * 64)
    words = caught.value.message("nl")
    assert "alleen wie een sleutel heeft" in words
    assert "Bearer" not in words
