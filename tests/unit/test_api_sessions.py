"""Workshops over HTTP, as their facilitator leads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.api import Api, running_api, wait_until
from tests.support.session import Led, Telephone, keep_scenario, make_plan, words

from zorgstroom.client_sessions import FACILITATOR_HEADER
from zorgstroom_api.sessions.codes import ALPHABET, CODE_LENGTH
from zorgstroom_api.sessions.service import tidy_answers
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import AuditRow

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One for all: sessions have nothing to do with each other."""
    with running_api(tmp_path_factory.mktemp("sessions"), writes_per_minute=0) as api:
        yield api


@pytest.fixture
def led(api: Api) -> Led:
    return Led(api.client, make_plan())


def database_of(api: Api) -> Database:
    return Database(api.settings.resolved_database_url)


def test_a_session_is_for_who_has_its_secret(api: Api, led: Led) -> None:
    assert len(led.code) == CODE_LENGTH
    assert set(led.code) <= set(ALPHABET)
    state = led.ask("GET").json()
    assert (state["phase"], state["step"], state["participants"]) == ("prepare", 0, 0)
    assert state["join_address"] == f"http://127.0.0.1:8000/m/{led.code}"
    for headers in ({}, {FACILITATOR_HEADER: "ABCDE-FGHJK-MNPQR-STWXY"}, {FACILITATOR_HEADER: ""}):
        for method, path in (("GET", ""), ("GET", "/results"), ("PATCH", ""), ("POST", "/combinations")):
            body = {"step": 1} if method == "PATCH" else None
            response = api.client.request(method, led.address + path, json=body, headers=headers)
            assert response.status_code == 404, (method, path)
            assert response.json()["code"] == "session.not_found"
    unknown = api.client.get("/v1/sessions/ABCDEF", headers=led.headers)
    assert unknown.json() == api.client.get(led.address).json()


def test_the_secret_is_kept_as_a_hash_only(api: Api, led: Led) -> None:
    secret = led.headers[FACILITATOR_HEADER]
    with database_of(api).read() as session:
        raw = session.connection().exec_driver_sql("SELECT * FROM sessions").all()
    assert secret not in str(raw)
    assert secret.replace("-", "") not in str(raw)
    # Typed over from paper.
    typed = {FACILITATOR_HEADER: secret.lower().replace("-", " ")}
    assert api.client.get(led.address, headers=typed).status_code == 200


def test_a_new_secret_ends_the_one_before(api: Api, led: Led) -> None:
    made = led.ask("POST", "/secret").json()
    assert led.ask("GET").status_code == 404
    led.headers = {FACILITATOR_HEADER: made["secret"]}
    assert led.ask("GET").status_code == 200
    # Who looks after this installation helps who lost it.
    assert api.client.post(f"{led.address}/secret").status_code == 200


def test_sessions_are_listed_for_who_looks_after_them(api: Api, led: Led) -> None:
    items = api.client.get("/v1/sessions?limit=1").json()["items"]
    assert [item["code"] for item in items] == [led.code]
    other = Led(api.client, make_plan(name="Later"))
    first = api.client.get("/v1/sessions?limit=1").json()
    assert [item["name"] for item in first["items"]] == ["Later"]
    rest = api.client.get("/v1/sessions", params={"cursor": first["next_cursor"]}).json()
    assert rest["items"][0]["code"] == led.code
    assert other.ask("DELETE").status_code == 204
    assert other.ask("GET").status_code == 404


def test_where_keys_are_needed_a_secret_steers_and_only_the_owner_lists(tmp_path: Path) -> None:
    with running_api(tmp_path, auth="keys") as api:
        people = api.people({"eva": "editor", "bas": "editor", "chef": "admin", "lees": "reader"})
        plan = make_plan().model_dump(mode="json")
        for who, status in (("nobody", 401), ("lees", 403), ("eva", 201)):
            made = api.client.post("/v1/sessions", json=plan, headers=people[who])
            assert made.status_code == status, who
        address = f"/v1/sessions/{made.json()['code']}"
        secret = {FACILITATOR_HEADER: made.json()["secret"]}
        for headers, status in (
            (secret, 200),
            (people["eva"], 200),
            (people["chef"], 200),
            (people["bas"] | secret, 200),
            (people["bas"], 404),
            (people["nobody"] | {FACILITATOR_HEADER: "X"}, 404),
        ):
            assert api.client.patch(address, json={"step": 1}, headers=headers).status_code == status
        # Without a secret nothing is read of what is handed in.
        assert api.client.patch(address, json={"step": 1}).status_code == 401
        counts = {
            who: len(api.client.get("/v1/sessions", headers=headers).json()["items"])
            for who, headers in people.items()
        }
        assert counts == {"nobody": 0, "lees": 0, "bas": 0, "eva": 1, "chef": 1}
        assert api.client.delete(f"{address}/answers", headers=people["chef"]).status_code == 200


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"area": "roaz:Nergens"}, "/area", None),
        ({"scenarios": ["niet-bekend"]}, "/scenarios/0", "api.scenario_not_found"),
        ({"base": "niet-bekend"}, "/base", "api.scenario_not_found"),
        ({"steps": []}, "/steps", None),
        ({"name": "  "}, "/name", None),
        ({"onbekend": 1}, "/onbekend", None),
    ],
)
def test_a_plan_with_a_mistake_is_answered_at_its_place(
    api: Api, change: dict[str, Any], pointer: str, code: str | None
) -> None:
    plan = make_plan().model_dump(mode="json") | change
    response = api.client.post("/v1/sessions", json=plan)
    assert response.status_code == 400
    [problem] = response.json()["problems"]
    assert problem["pointer"] == pointer
    assert code is None or problem["code"] == code


def test_a_lever_must_move_something(api: Api) -> None:
    plan = make_plan(keep_scenario(api)).model_dump(mode="json")
    plan["levers"][0]["field"] = "percent"
    plan["levers"][1]["action"] = 7
    response = api.client.post("/v1/sessions", json=plan)
    assert [item["pointer"] for item in response.json()["problems"]] == [
        "/levers/0/field",
        "/levers/1/field",
    ]
    alone = make_plan().model_dump(mode="json") | {"levers": plan["levers"]}
    assert [item["code"] for item in api.client.post("/v1/sessions", json=alone).json()["problems"]] == [
        "session.levers_need_base"
    ]


def test_everything_is_calculated_beforehand_and_looked_up(api: Api) -> None:
    led = Led(api.client, make_plan(keep_scenario(api)))
    before = led.ask("GET", "/combinations").json()
    assert (before["total"], before["ready"], before["many"]) == (7, 0, False)
    assert led.ask("POST", "/combinations").status_code == 202
    wait_until(lambda: all_asked(led))
    found = led.ask("GET", "/combinations").json()
    # Doing nothing at all is a position of the levers too, and one of the scenario itself is among them.
    assert found["failed"] == 0, found
    assert set(found["combinations"]) == {f"{first}-{second}" for first in range(3) for second in range(2)}
    runs = {item["run_id"] for item in (*found["combinations"].values(), *found["scenarios"].values())}
    for run_id in runs:
        run = api.client.get(f"/v1/runs/{run_id}").json()
        assert (run["priority"], run["total"]) == ("batch", 2)
    for run_id in sorted(runs):
        api.complete(run_id)
    wait_until(lambda: led.ask("GET", "/combinations").json()["ready"] == 7)
    # Asking again asks for nothing new.
    led.ask("POST", "/combinations")
    assert led.ask("GET", "/combinations").json()["ready"] == 7
    led.steer(phase="live", step=3)
    telephone = Telephone(api, led.code)
    start = words(telephone.look())
    assert "Wat het model zegt over de beginstand" in start
    assert "patiënten die naar een ander ziekenhuis gaan +46 patiënten per jaar (45 tot 48)" in start
    looked = telephone.answer("knoppen", knop_capaciteit=2, doe="kijk")
    assert "Wat het model zegt over uw keuze" in words(looked)
    assert led.ask("GET").json()["answers"] == {}


def all_asked(led: Led) -> bool:
    found = led.ask("GET", "/combinations").json()
    asked = (*found["combinations"].values(), *found["scenarios"].values())
    return len(asked) == 7 and all(item["run_id"] or item["problem"] for item in asked)


def test_moving_on_closes_the_round_and_results_wait_for_that(api: Api, led: Led) -> None:
    led.steer(phase="live", step=1)
    people = [Telephone(api, led.code) for _ in range(3)]
    for number, telephone in enumerate(people):
        assert "Uw antwoord is binnen" in words(telephone.answer("raad", getal=10 * number))
    state = led.ask("GET").json()
    assert (state["answers"], state["closed"], state["beamer"]) == ({"raad": 3}, [], "question")
    assert led.results() == {}
    assert "20" not in words(api.client.get(f"/beamer/{led.code}")).split()
    state = led.steer(step=2)
    assert (state["closed"], state["revealed"], state["beamer"]) == (["raad"], [], "results")
    assert led.results()["raad"]["numbers"] == [0, 10, 20]
    # Closed is not shown.
    assert "het midden is" not in words(people[0].look())
    assert "het midden is" not in words(api.client.get(f"/beamer/{led.code}"))
    led.steer(reveal="raad")
    for page in (people[0].look(), api.client.get(f"/beamer/{led.code}")):
        assert "van 0 tot 20, het midden is 10 patiënten" in words(page)
    assert "Uw schatting: 20 patiënten." in words(people[2].look())
    state = led.steer(step=1, open="raad")
    assert (state["closed"], state["revealed"]) == ([], [])
    assert led.results() == {}
    assert "het midden is" not in words(people[0].look())


def test_an_answer_sent_again_is_one_answer_and_can_be_changed_until_the_round_closes(
    api: Api, led: Led
) -> None:
    led.steer(phase="live", step=1)
    telephone = Telephone(api, led.code)
    for typed in ("12", "12", "7,5"):
        assert telephone.answer("raad", getal=typed).status_code == 200
    led.steer(close="raad")
    late = telephone.answer("raad", getal=99)
    assert late.status_code == 409
    assert "Deze ronde is al gesloten" in words(late)
    assert led.results()["raad"]["numbers"] == [7.5]


def test_who_did_not_join_does_not_count(api: Api, led: Led) -> None:
    led.steer(phase="live", step=1)
    stranger = Telephone(api, led.code, role=None)
    stranger.look()
    assert stranger.answer("raad", getal=5).status_code == 409
    assert stranger.join("koning").status_code == 400
    assert led.ask("GET").json()["participants"] == 0
    led.steer(joining_open=False)
    assert "niemand meer bij" in words(stranger.join("resident"))
    assert led.ask("GET").json()["participants"] == 0
    led.steer(joining_open=True)
    stranger.join("resident")
    stranger.join("insurer")
    led.steer(joining_open=False)
    # Who is inside stays inside.
    assert stranger.answer("raad", getal=5).status_code == 200
    assert led.ask("GET").json()["participants"] == 1


def test_a_rehearsal_leaves_nothing_behind(api: Api, led: Led) -> None:
    response = led.ask("POST", "/rehearsal", json={"participants": 30})
    assert response.status_code == 200, response.text
    assert response.json()["phase"] == "rehearsal"
    assert response.json()["participants"] == 30
    assert response.json()["answers"]["raad"] > 20
    led.steer(step=1)
    led.ask("POST", "/notes", json={"kind": "agreement", "text": "Oefenafspraak"})
    telephone = Telephone(api, led.code)
    for page in (telephone.look(), api.client.get(f"/beamer/{led.code}")):
        assert "OEFENING" in words(page)
    led.steer(reveal="raad")
    assert led.ask("GET", "/results").json()["rehearsal"] is True
    state = led.steer(phase="live")
    assert (state["participants"], state["answers"], state["notes"], state["closed"]) == (0, {}, [], [])
    assert state["step"] == 0
    assert "OEFENING" not in words(api.client.get(f"/beamer/{led.code}"))
    assert led.ask("POST", "/rehearsal", json={}).status_code == 409
    assert led.ask("PATCH", json={"phase": "prepare"}).status_code == 409


def test_notes_hands_and_feedback_are_part_of_what_came_out(api: Api, led: Led) -> None:
    led.steer(phase="live", step=5)
    note = led.ask(
        "POST",
        "/notes",
        json={"kind": "agreement", "text": "<b>Bellen</b>", "responsible": "gemeente", "step": "afspraken"},
    )
    assert note.status_code == 201
    beamer = api.client.get(f"/beamer/{led.code}")
    assert "<b>Bellen</b>" not in beamer.text
    assert "<b>Bellen</b> (gemeente)" in words(beamer)
    assert led.ask("PUT", "/hands/peiling", json={"step": "peiling", "counts": [3, 1]}).status_code == 200
    led.ask("PUT", "/hands/peiling", json={"step": "peiling", "counts": [4, 1]})
    feedback = {"step": "peiling", "status": "partly", "reason": "Deels kan het."}
    assert led.ask("PUT", "/feedback/peiling", json=feedback).status_code == 200
    outcome = led.ask("GET", "/results").json()
    assert outcome["hands"] == [{"step": "peiling", "counts": [4, 1]}]
    assert outcome["feedback"] == [feedback]
    assert [item["text"] for item in outcome["notes"]] == ["<b>Bellen</b>"]
    unknown = led.ask("PUT", "/hands/weg", json={"step": "weg", "counts": []})
    assert unknown.json()["problems"][0]["code"] == "session.unknown_step"
    note_id = note.json()["id"]
    other = Led(api.client, make_plan())
    assert other.ask("DELETE", f"/notes/{note_id}").status_code == 404
    assert led.ask("DELETE", f"/notes/{note_id}").status_code == 204
    assert led.ask("DELETE", f"/notes/{note_id}").status_code == 404


def test_deleted_answers_leave_their_totals(api: Api, led: Led) -> None:
    led.steer(phase="live", step=1)
    for number in range(6):
        Telephone(api, led.code, "hospital" if number else "insurer").answer("raad", getal=number)
    led.steer(step=2)
    before = led.ask("GET", "/results").json()
    assert led.ask("DELETE", "/answers").json()["participants"] == 6
    after = led.ask("GET", "/results").json()
    assert after["answers_deleted"]
    assert after["results"][0] == before["results"][0]
    assert after["participants"] == 6
    state = led.ask("GET").json()
    assert (state["phase"], state["answers_kept_until"]) == ("ended", None)
    with database_of(api).read() as session:
        for table in ("session_answers", "session_participants"):
            count = f"SELECT count(*) FROM {table} WHERE session_code = '{led.code}'"
            assert session.connection().exec_driver_sql(count).scalar() == 0
    assert led.ask("PATCH", json={"phase": "live"}).status_code == 409
    late = Telephone(api, led.code, role=None)
    assert "afgelopen" in words(late.look())


def test_answers_go_by_themselves_after_thirty_days_unless_kept_longer(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        led = Led(api.client, make_plan())
        led.steer(phase="live", step=1)
        Telephone(api, led.code).answer("raad", getal=3)
        today = dt.datetime.now(dt.UTC).date()
        assert led.ask("GET").json()["answers_kept_until"] == str(today + dt.timedelta(days=30))
        database = database_of(api)
        now = dt.datetime.now(dt.UTC)
        assert tidy_answers(database, now + dt.timedelta(days=30)) == 0
        kept = led.ask("PUT", "/answers-kept-until", json={"date": str(today + dt.timedelta(days=60))})
        assert kept.status_code == 200, kept.text
        assert tidy_answers(database, now + dt.timedelta(days=31)) == 0
        later = now + dt.timedelta(days=62)
        assert tidy_answers(database, later, dry_run=True) == 1
        assert tidy_answers(database, later) == 1
        assert tidy_answers(database, later) == 0
        assert led.ask("GET", "/results").json()["results"][0]["numbers"] == [3]
        assert led.ask("PUT", "/answers-kept-until", json={"date": str(today)}).status_code == 409


@pytest.mark.parametrize("days", [-1, 400])
def test_answers_are_kept_within_bounds(led: Led, days: int) -> None:
    day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)
    response = led.ask("PUT", "/answers-kept-until", json={"date": str(day)})
    assert response.json()["problems"][0]["pointer"] == "/date"


def test_a_step_that_was_answered_stays_the_same_question(api: Api, led: Led) -> None:
    led.steer(phase="live", step=1)
    Telephone(api, led.code).answer("raad", getal=3)
    plan = make_plan().model_dump(mode="json")
    plan["steps"][1]["title"] = "Anders gezegd"
    assert led.ask("PUT", "/plan", json=plan).status_code == 200
    plan["steps"][1]["unit"] = "minuten"
    assert led.ask("PUT", "/plan", json=plan).json()["code"] == "session.step_was_answered"
    del plan["steps"][1]
    assert led.ask("PUT", "/plan", json=plan).status_code == 409
    assert led.ask("GET").json()["plan"]["steps"][1]["title"] == "Anders gezegd"


def test_a_pause_does_not_count(led: Led) -> None:
    led.steer(phase="live")
    state = led.steer(paused=True)
    assert state["paused"]
    assert led.ask("GET").json()["elapsed"] == state["elapsed"]
    assert not led.steer(paused=False)["paused"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({}, ""), ({"step": 6}, "/step"), ({"close": "weg"}, "/close"), ({"phase": "feest"}, "/phase")],
)
def test_nonsense_steers_nowhere(led: Led, change: dict[str, Any], pointer: str) -> None:
    before = led.ask("GET").json()
    response = led.ask("PATCH", json=change)
    assert response.status_code == 400
    assert response.json()["problems"][0]["pointer"] == pointer
    assert {**led.ask("GET").json(), "elapsed": 0} == {**before, "elapsed": 0}


@pytest.mark.parametrize("date", ["9999-12-31", "1999-12-31", "morgen"])
def test_a_day_that_no_session_can_be_on_is_refused(api: Api, date: str) -> None:
    plan = make_plan().model_dump(mode="json") | {"date": date}
    refused = api.client.post("/v1/sessions", json=plan)
    assert refused.status_code == 400
    assert [item["pointer"] for item in refused.json()["problems"]] == ["/date"]


def test_a_note_belongs_to_a_step_with_a_name_that_can_be_kept(led: Led) -> None:
    refused = led.ask("POST", "/notes", json={"kind": "for", "text": "Dichtbij.", "step": "x" * 41})
    assert refused.status_code == 400
    assert [item["pointer"] for item in refused.json()["problems"]] == ["/step"]


def test_the_report_has_four_forms(api: Api, led: Led) -> None:
    led.steer(phase="live", step=1)
    Telephone(api, led.code).answer("raad", getal=3)
    led.steer(phase="ended")
    page = led.ask("GET", "/report?format=html")
    assert page.status_code == 200
    assert "Slokdarm" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    book = led.ask("GET", "/report?format=xlsx")
    assert book.content.startswith(b"PK")
    assert led.code in book.headers["Content-Disposition"]


def test_a_session_comes_back_as_it_was_after_a_restart(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        led = Led(api.client, make_plan())
        led.steer(phase="live", step=1)
        telephone = Telephone(api, led.code)
        telephone.answer("raad", getal=12)
        before = led.ask("GET").json()
        cookies = dict(telephone.client.cookies)
    with running_api(tmp_path) as api:
        led.client = api.client
        assert {**led.ask("GET").json(), "elapsed": 0} == {**before, "elapsed": 0}
        again = Telephone(api, led.code, role=None)
        for name, value in cookies.items():
            again.client.cookies.set(name, value)
        assert 'value="12"' in again.look().text
        again.answer("raad", getal=13)
        led.steer(step=2)
        assert led.results()["raad"]["numbers"] == [13]


def test_who_led_a_session_is_in_the_audit_log_and_who_took_part_is_nowhere(api: Api, led: Led) -> None:
    led.steer(phase="live", step=1)
    Telephone(api, led.code).answer("raad", getal=12)
    led.ask("DELETE", "/answers")
    with database_of(api).read() as session:
        query = select(AuditRow.action).where(AuditRow.subject == led.code).order_by(AuditRow.id)
        assert session.scalars(query).all() == [
            "create-session",
            "steer-session",
            "delete-answers-of-session",
        ]
