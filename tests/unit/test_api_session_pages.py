"""The pages of a workshop: what telephones and the screen in the room get, and what they are not given."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from tests.support.api import Api, running_api
from tests.support.session import Led, Telephone, make_plan, words

from zorgstroom.text import LANGUAGES, Language
from zorgstroom.workshop.documents import SessionPlan
from zorgstroom_api.limits import TooMany
from zorgstroom_api.sessions.attempts import Attempts
from zorgstroom_api.sessions.codes import answer_key, as_code, new_code, participant_key
from zorgstroom_api.sessions.forms import filled, number_of, read_form, values_of

pytestmark = pytest.mark.unit

LAN = 8080


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One for all: sessions have nothing to do with each other."""
    folder = tmp_path_factory.mktemp("pages")
    with running_api(
        folder,
        writes_per_minute=0,
        reads_per_minute=200,
        wrong_codes_per_minute=10_000,
        room_host="0.0.0.0",
        room_port=LAN,
        room_url=f"http://192.0.2.10:{LAN}",
    ) as api:
        yield api


@pytest.fixture
def led(api: Api) -> Led:
    return Led(api.client, make_plan())


def in_the_room(api: Api, host: str = f"192.0.2.10:{LAN}") -> TestClient:
    """Return who comes in where only the pages are open."""
    return TestClient(api.client.app, base_url=f"http://{host}")


def test_the_room_finds_the_pages_and_nothing_else(api: Api, led: Led) -> None:
    room = in_the_room(api)
    for path, status in (
        ("/m", 200),
        (f"/m/{led.code}", 200),
        (f"/beamer/{led.code}", 200),
        ("/m/style.css", 200),
        ("/m/live.js", 200),
        ("/v1/sessions", 404),
        (led.address, 404),
        ("/v1/health/live", 404),
        ("/v1/openapi.json", 404),
        ("/metrics", 404),
        ("/", 404),
    ):
        assert room.get(path, headers=led.headers).status_code == status, path
    assert room.patch(led.address, headers=led.headers, json={"step": 1}).status_code == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (f"192.0.2.10:{LAN}", 200),
        (f"[2001:db8::1]:{LAN}", 200),
        (f"kwaad.example:{LAN}", 403),
        (f"192.0.2.10.kwaad.example:{LAN}", 403),
    ],
)
def test_a_name_elsewhere_that_leads_here_reads_nothing(api: Api, led: Led, host: str, status: int) -> None:
    answer = in_the_room(api).get(f"/m/{led.code}", headers={"Host": host})
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("origin", ["http://kwaad.example", "null", "http://127.0.0.1:8501"])
def test_a_page_elsewhere_cannot_answer(api: Api, led: Led, origin: str) -> None:
    room = in_the_room(api)
    room.get(f"/m/{led.code}")
    answer = room.post(f"/m/{led.code}/meedoen", data={"rol": "resident"}, headers={"Origin": origin})
    assert answer.status_code == 403
    own = {"Origin": f"http://192.0.2.10:{LAN}"}
    assert room.post(f"/m/{led.code}/meedoen", data={"rol": "resident"}, headers=own).status_code == 200
    assert led.ask("GET").json()["participants"] == 1


def test_pages_load_nothing_from_elsewhere_and_say_so(api: Api, led: Led) -> None:
    for path in ("/m", f"/m/{led.code}", f"/beamer/{led.code}", "/m/ZZZZZZ"):
        answer = api.client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        # A form that did not say where it came from would be refused.
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        links = re.findall(r'(?:href|src|action)="([^"]*)"', answer.text)
        assert links
        assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in links)
        assert " style=" not in answer.text
        assert "<script>" not in answer.text


def test_a_cookie_is_of_one_session_and_no_script_reads_it(api: Api, led: Led) -> None:
    answer = api.client.get(f"/m/{led.code}")
    cookie = answer.headers["Set-Cookie"].lower()
    assert f"path=/m/{led.code.lower()}" in cookie
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "domain" not in cookie


def test_joining_twice_in_a_bad_network_is_joining_once(api: Api, led: Led) -> None:
    telephone = Telephone(api, led.code, role=None)
    telephone.look()
    # The answer to the first never arrived: the browser sends the form again.
    for _ in range(2):
        telephone.client.post(f"/m/{led.code}/meedoen", data={"rol": "insurer"}, follow_redirects=False)
    assert led.ask("GET").json()["participants"] == 1


def test_the_address_of_a_form_opened_again_leads_back(api: Api, led: Led) -> None:
    for form in ("meedoen", "antwoord"):
        answer = api.client.get(f"/m/{led.code}/{form}?taal=en", follow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/m/{led.code}?taal=en")


@pytest.mark.parametrize("typed", ["kx7p4q", "KX7-P4Q", " KX7 P4Q "])
def test_a_code_is_read_as_it_was_meant(api: Api, typed: str) -> None:
    answer = api.client.get("/m", params={"code": typed}, follow_redirects=False)
    assert answer.headers["Location"] == "/m/KX7P4Q"


def test_a_code_that_is_none_is_said_at_the_field(api: Api) -> None:
    for path in ("/m/ZZZZZZ", "/m/%00%00", "/m/" + "A" * 300, "/m/%F0%9F%98%80"):
        answer = api.client.get(path)
        assert answer.status_code == 404
        assert 'aria-invalid="true"' in answer.text
        assert "Er is geen werksessie met deze code" in words(answer)
    for path in ("/beamer/ZZZZZZ", "/m/ZZZZZZ/stand", "/m/ZZZZZZ/x", "/beamer/A/b/c"):
        answer = api.client.get(path)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("step", "fields", "said"),
    [
        ("raad", {}, "Vul een getal in van 0 tot en met 200."),
        ("raad", {"getal": "tien"}, "Vul een getal in"),
        ("raad", {"getal": "201"}, "Vul een getal in"),
        ("raad", {"getal": "nan"}, "Vul een getal in"),
        ("peiling", {}, "Kies een van de mogelijkheden."),
        ("peiling", {"keuze_1": 1, "keuze_2": 1}, "Deze keuze staat al eerder in uw top drie."),
        ("peiling", {"keuze_1": 9}, "Kies een van de mogelijkheden."),
        ("peiling", {"keuze_1": "-1"}, "Kies een van de mogelijkheden."),
        ("peiling", {"keuze_1": 0, "zorg": "z" * 281}, "Dit zijn 281 tekens"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_nothing_is_lost(
    api: Api, led: Led, step: str, fields: dict[str, object], said: str
) -> None:
    number = [item["id"] for item in led.ask("GET").json()["plan"]["steps"]].index(step)
    led.steer(phase="live", step=number)
    telephone = Telephone(api, led.code)
    answer = telephone.answer(step, **fields)
    assert answer.status_code == 400
    assert said in words(answer)
    described = re.findall(r'aria-describedby="([^"]*)" aria-invalid="true"', answer.text)
    assert described
    for identifier in described[0].split():
        assert f'id="{identifier}"' in answer.text
    for value in fields.values():
        if str(value) in ("tien", "201", "z" * 281):
            assert str(value) in answer.text
    assert led.ask("GET").json()["answers"] == {}


def test_everything_can_be_read_in_english_and_stays_so(api: Api, led: Led) -> None:
    led.steer(phase="live", step=1)
    telephone = Telephone(api, led.code, role=None)
    page = telephone.client.get(f"/m/{led.code}?taal=en")
    assert '<html lang="en">' in page.text
    assert f'action="/m/{led.code}/meedoen?taal=en"' in page.text
    joined = telephone.client.post(f"/m/{led.code}/meedoen?taal=en", data={"rol": "resident"})
    assert '<html lang="en">' in joined.text
    assert "Your estimate" in words(joined)
    assert '<html lang="nl">' in telephone.look().text
    assert '<html lang="en">' in Telephone(api, led.code, language="en-GB").look().text


def test_what_people_write_is_only_text(api: Api) -> None:
    evil = '<script>alert(1)</script>" onload="x'
    plan = make_plan(name=evil)
    led = Led(api.client, plan.model_copy(update={"name": evil}))
    led.steer(phase="live", step=4)
    telephone = Telephone(api, led.code)
    telephone.answer("peiling", keuze_1=0, zorg=evil)
    for page in (telephone.look(), api.client.get(f"/beamer/{led.code}")):
        assert "<script>alert" not in page.text
        assert 'onload="' not in page.text


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"rol=resident", {"Content-Type": "application/json"}, 415),
        (b"x" * 20_000, {"Content-Type": "application/x-www-form-urlencoded"}, 413),
        (b"\xff\xfe=%%%&&&;;", {"Content-Type": "application/x-www-form-urlencoded"}, 400),
        (b"a=b&" * 3000, {"Content-Type": "application/x-www-form-urlencoded"}, 400),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_refused_in_words(
    api: Api, led: Led, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = api.client.post(f"/m/{led.code}/meedoen", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")


def test_the_screen_counts_while_the_round_is_open_and_shows_nothing_else(api: Api, led: Led) -> None:
    led.steer(phase="live", step=1)
    before = api.client.get(f"/beamer/{led.code}/stand").text
    for value in (137, 138):
        Telephone(api, led.code).answer("raad", getal=value)
    led.steer(black=False)
    page = api.client.get(f"/beamer/{led.code}")
    assert "2 antwoorden" in words(page)
    assert "137" not in page.text
    assert api.client.get(f"/beamer/{led.code}/stand").text != before
    assert "<svg" in page.text
    assert f"192.0.2.10:{LAN}/m/{led.code}" in words(page)
    led.steer(reveal="raad", beamer="results")
    shown = api.client.get(f"/beamer/{led.code}")
    assert 'class="dots"' in shown.text
    assert "137" in words(shown)
    led.steer(black=True)
    black = api.client.get(f"/beamer/{led.code}")
    assert "137" not in black.text
    assert "Het scherm is even zwart" in words(black)


def test_a_telephone_is_left_alone_until_it_should_show_something_else(api: Api, led: Led) -> None:
    led.steer(phase="live", step=1)
    telephone = Telephone(api, led.code)

    def version() -> str:
        return str(telephone.client.get(f"/m/{led.code}/stand").text)

    before = version()
    # Others answer, the facilitator writes: who is typing is not disturbed.
    Telephone(api, led.code).answer("raad", getal=3)
    led.ask("POST", "/notes", json={"kind": "question", "text": "Waarom?"})
    led.steer(black=True)
    assert version() == before
    assert f'data-versie="{before}"' in telephone.look().text
    led.steer(close="raad")
    assert version() != before


def test_many_codes_are_not_tried_from_one_address() -> None:
    now = [0.0]
    attempts = Attempts(3, clock=lambda: now[0])
    for _ in range(3):
        attempts.check("192.0.2.7")
        attempts.wrong("192.0.2.7")
    with pytest.raises(TooMany):
        attempts.check("192.0.2.7")
    attempts.check("192.0.2.8")
    now[0] = 61.0
    attempts.check("192.0.2.7")


def test_who_takes_part_is_not_asked_to_wait_when_somebody_tries_codes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_api(tmp_path_factory.mktemp("attempts"), wrong_codes_per_minute=5) as api:
        led = Led(api.client, make_plan())
        inside = Telephone(api, led.code)
        for _ in range(5):
            assert api.client.get(f"/m/{new_code()}").status_code == 404
        refused = Telephone(api, led.code, role=None).look()
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) <= 60
        assert "Wacht een minuut" in words(refused)
        assert inside.look().status_code == 200
        # Not even whether it is a code at all.
        for code in (led.code, new_code()):
            assert api.client.get(f"/m/{code}/stand").status_code == 429
            assert api.client.get(f"/beamer/{code}").status_code == 429
        assert inside.client.get(f"/m/{led.code}/stand").status_code == 200


def test_a_room_behind_one_address_is_let_through(api: Api, led: Led) -> None:
    # More than one caller may ask of anything else.
    for _ in range(api.settings.reads_per_minute + 10):
        assert api.client.get(f"/m/{led.code}/stand").status_code == 200


# -- what is kept of people ------------------------------------------------------------------------------------


@given(st.text(max_size=20), st.text(max_size=20))
def test_answers_of_two_steps_have_nothing_in_common(token: str, step: str) -> None:
    keys = {participant_key("KX7P4Q", token), answer_key("KX7P4Q", "a" + step, token)}
    keys |= {answer_key("KX7P4Q", "b" + step, token), answer_key("KX7P4R", "a" + step, token)}
    assert len(keys) == 4


@given(st.binary(max_size=200), st.sampled_from(LANGUAGES), st.integers(1, 4))
def test_whatever_is_sent_is_an_answer_within_bounds_or_a_mistake(
    body: bytes, language: Language, position: int
) -> None:
    check_form(make_plan("x"), body, language, position)


@given(
    st.dictionaries(
        st.sampled_from(
            ["getal", "knop-capaciteit", "knop-meedoen", "keuze-1", "keuze-2", "keuze-3", "zorg"]
        ),
        st.text(alphabet="0123456789,.- \u2212e²", max_size=6),
    ),
    st.sampled_from(LANGUAGES),
    st.integers(1, 4),
)
def test_whatever_is_filled_in_is_an_answer_within_bounds_or_a_mistake(
    fields: dict[str, str], language: Language, position: int
) -> None:
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    check_form(make_plan("x"), body, language, position)


def check_form(plan: SessionPlan, body: bytes, language: Language, position: int) -> None:
    step = plan.steps[position]
    if not step.asks:
        return
    options = list(step.options)
    found = filled(step, plan, options, read_form(body), language)
    assert (found.answer is None) == bool(found.errors)
    answer = found.answer
    if answer is None:
        return
    if step.kind == "number":
        assert answer.number is not None
        assert step.minimum <= answer.number <= step.maximum
    counts = {lever.key: len(lever.options) for lever in plan.levers}
    for key, chosen in (answer.choice or {}).items():
        assert 0 <= chosen < counts[key]
    ranking = answer.ranking or []
    assert len(set(ranking)) == len(ranking)
    assert all(0 <= option < len(options) for option in ranking)
    # What stands in the form afterwards is the same answer.
    again = filled(step, plan, options, values_of(step, answer, language), language)
    if step.kind != "number":
        assert again.answer == answer


@pytest.mark.parametrize(
    ("typed", "language", "meant"),
    [
        ("7,5", "nl", 7.5),
        ("1.200", "nl", 1200),
        ("1,200", "en", 1200),
        ("−3", "nl", -3),
        ("1e999", "nl", None),
    ],
)
def test_numbers_are_read_as_people_write_them(typed: str, language: Language, meant: float | None) -> None:
    assert number_of(typed, language) == meant


@given(st.text(max_size=30))
def test_a_code_has_few_forms(typed: str) -> None:
    assert as_code(as_code(typed)) == as_code(typed)
