"""A workshop on the API of the tests: its plan, its facilitator, and telephones that take part."""

from __future__ import annotations

import datetime as dt
import re
from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from tests.support import sample_result
from tests.support.api import Api
from zorgstroom.client_sessions import FACILITATOR_HEADER
from zorgstroom.workshop.documents import Lever, LeverOption, SessionPlan, Step

LEVERS = [
    Lever(
        key="capaciteit",
        label="IC-bedden erbij",
        action=1,
        field="add",
        options=[LeverOption(label=f"{value} bedden", value=value) for value in (1, 2, 3)],
    ),
    Lever(
        key="meedoen",
        label="Alles bij UMC Noord",
        action=0,
        options=[LeverOption(label="ja", value=1), LeverOption(label="nee", value=None)],
    ),
]
STEPS = [
    Step(id="welkom", kind="text", title="Welkom", text="Waarom dit model."),
    Step(
        id="raad",
        kind="number",
        title="Hoeveel patiënten gaan elders heen?",
        maximum=200,
        unit="patiënten",
        indicator="moved_patients",
        beamer="question",
    ),
    Step(id="onthul", kind="reveal", title="Wat zegt het model?", beamer="results"),
    Step(id="knoppen", kind="levers", title="Pas de knoppen aan", beamer="question"),
    Step(
        id="peiling",
        kind="ranking",
        title="Uw top drie",
        options=["Zo laten", "Samenvoegen", "Spreiden", "Wachten"],
        beamer="question",
    ),
    Step(id="afspraken", kind="agreements", title="Afspraken", beamer="agreements"),
]


def keep_scenario(api: Api) -> str:
    """Keep the sample plan and return its id."""
    response = api.client.post("/v1/scenarios", json=dict(sample_result.PLAN))
    assert response.status_code in (200, 201), response.text
    return str(response.json()["id"])


def make_plan(scenario: str | None = None, **changes: Any) -> SessionPlan:
    """Return a plan with a step of every kind; name what differs."""
    made: dict[str, Any] = {
        "name": 'Slokdarm & "spoed"',
        "date": dt.datetime.now(dt.UTC).date(),
        "steps": STEPS,
        "years": 2,
    }
    if scenario is not None:
        made |= {"scenarios": [scenario], "levers": LEVERS}
    return SessionPlan.model_validate(made | changes)


class Led:
    """A session in the hands of its facilitator."""

    def __init__(self, client: TestClient, plan: SessionPlan) -> None:
        self.client = client
        response = client.post("/v1/sessions", json=plan.model_dump(mode="json"))
        assert response.status_code == 201, response.text
        self.code: str = response.json()["code"]
        self.headers = {FACILITATOR_HEADER: response.json()["secret"]}
        self.address = f"/v1/sessions/{self.code}"

    def ask(self, method: str, path: str = "", **options: Any) -> Response:
        """Ask something as the facilitator."""
        found: Response = self.client.request(method, self.address + path, headers=self.headers, **options)
        return found

    def steer(self, **changes: Any) -> dict[str, Any]:
        """Change where the session stands."""
        response = self.ask("PATCH", json=changes)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def results(self) -> dict[str, Any]:
        """Return what came out, by step."""
        outcome = self.ask("GET", "/results").json()
        return {item["step"]: item for item in outcome["results"]}


class Telephone:
    """A browser of its own, that takes part in a session."""

    def __init__(self, api: Api, code: str, role: str | None = "resident", language: str = "nl") -> None:
        self.client = TestClient(
            api.client.app, base_url="http://127.0.0.1:8000", headers={"Accept-Language": language}
        )
        self.code = code
        if role is not None:
            self.join(role)

    def look(self) -> Response:
        """Open the page."""
        found: Response = self.client.get(f"/m/{self.code}")
        return found

    def join(self, role: str) -> Response:
        """Open the page and take part."""
        self.look()
        found: Response = self.client.post(f"/m/{self.code}/meedoen", data={"rol": role})
        return found

    def answer(self, step: str, **fields: object) -> Response:
        """Send an answer; a name with an underscore is that of a field with a hyphen."""
        data = {name.replace("_", "-"): str(value) for name, value in fields.items()}
        found: Response = self.client.post(f"/m/{self.code}/antwoord", data={"stap": step, **data})
        return found


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def words(response: Response) -> str:
    """Return what a page says, without its tags."""
    reader = _Words()
    reader.feed(response.text)
    return re.sub(r"\s+", " ", " ".join(reader.found))
