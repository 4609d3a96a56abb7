"""The report of a session: facts apart from opinions, in four forms, and nothing about one person."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.forms import FORMS, Form
from zorgstroom.reporting.impact import Impact
from zorgstroom.text import LANGUAGES, Language
from zorgstroom.workshop.documents import (
    Answer,
    Calculated,
    Feedback,
    Hands,
    Lever,
    LeverOption,
    Note,
    Outcome,
    SessionPlan,
    Step,
)
from zorgstroom.workshop.facts import fact, facts
from zorgstroom.workshop.report import SessionReport, render_session
from zorgstroom.workshop.results import step_results, who_took_part

pytestmark = pytest.mark.unit

SCENARIO = "a" * 64
PLAN = SessionPlan(
    name="Slokdarmzorg <in> Noord",
    date=dt.date(2026, 11, 22),
    scenarios=[SCENARIO],
    levers=[
        Lever(
            key="ic",
            label="IC-bedden erbij",
            action=1,
            field="add",
            options=[LeverOption(label="geen", value=None), LeverOption(label="één", value=1)],
        )
    ],
    steps=[
        Step(id="hello", kind="text", title="Welkom"),
        Step(
            id="guess", kind="number", title="Voorspel", text="Hoeveel reistijd?", indicator="extra_minutes"
        ),
        Step(id="set", kind="levers", title="Groepen"),
        Step(
            id="rank",
            kind="ranking",
            title="Peiling: 'top' [3]/zorg?",
            options=["Zo laten", "Op één plek", "Anders"],
        ),
    ],
)


@pytest.fixture(scope="module")
def impact() -> Impact:
    return build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )


def answered() -> list[Answer]:
    people = [("resident", 6), ("hospital", 5), ("insurer", 2)]
    return [
        Answer(
            role=role,
            number=10 + person,
            choice={"ic": 1} if person else {},
            ranking=[1, 0],
            worry=f"Zorg {person}",
        )
        for role, many in people
        for person in range(many)
    ]


def outcome(**changes: Any) -> Outcome:
    given = answered()
    filled: dict[str, Any] = {
        "code": "KX7P4Q",
        "plan": PLAN,
        "participants": len(given),
        "roles": who_took_part({"resident": 6, "hospital": 5, "insurer": 2}),
        "results": [step_results(step, PLAN, given) for step in PLAN.steps if step.asks],
        "notes": [
            Note(id=1, kind="for", text="Meer ervaring", at=dt.datetime(2026, 11, 22, 14, tzinfo=dt.UTC)),
            Note(
                id=2,
                kind="agreement",
                text="Vervoer uitzoeken",
                responsible="gemeente",
                at=dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC),
            ),
        ],
        "hands": [Hands(step="rank", counts=[3, 9, 1])],
        "feedback": [Feedback(step="rank", status="partly", reason="Later meer")],
        "combinations": {"1": Calculated(scenario_id="b" * 64, run_id="run")},
        "names": {SCENARIO: "Op één plek"},
    }
    return Outcome(**(filled | changes))


def words(found: Outcome, impact: Impact, language: Language = "nl") -> str:
    return render_session("html", found, {SCENARIO: impact}, language).decode()


def test_facts_opinions_and_what_was_agreed_stand_apart(impact: Impact) -> None:
    page = words(outcome(), impact)

    headings = [
        "Feiten uit het model",
        "Peiling per rol",
        "Argumenten",
        "Afspraken",
        "Open punten",
        "Terugkoppeling",
    ]
    places = [page.index(f"<h2>{heading}</h2>") for heading in headings]
    assert places == sorted(places)
    assert "Dit is geen besluit. Het laat zien hoe de aanwezigen dachten." in page
    assert "Slokdarmzorg &lt;in&gt; Noord" in page
    assert "Slokdarmzorg <in>" not in page
    assert f"/impact?s={SCENARIO}&amp;run=3f9a1c" in page
    assert "Meer ervaring" in page
    assert "deels overgenomen" in page
    assert "Er zijn geen open punten opgeschreven." in page
    assert "stemming" not in page.lower()


def test_small_groups_are_told_together(impact: Impact) -> None:
    made = SessionReport(outcome(), {SCENARIO: impact}, "nl")

    numbers = next(table for table in made.tables() if table.id == "step-guess")
    assert [row[0] for row in numbers.rows] == [
        "Iedereen samen",
        "inwoner",
        "ziekenhuis en verzekeraar (samengevoegd)",
    ]
    # The lowest and highest of a group would be the answer of one of them.
    assert [row[2] for row in numbers.rows[1:]] == [None, None]


def test_the_model_answers_the_question_of_a_number(impact: Impact) -> None:
    made = SessionReport(outcome(), {SCENARIO: impact}, "nl")

    [line] = made.model_answer(PLAN.step("guess"))
    assert line.startswith(
        "Het model zegt: extra reistijd van wie naar een ander ziekenhuis gaat +19,2 (19,0 tot 19,5) minuten"
    )
    assert made.model_answer(PLAN.step("set")) == []
    assert fact(impact, "nonsense", "nl") is None
    assert len({item.id for item in facts(impact, "en")}) == len(facts(impact, "en")) > 5


def test_a_rehearsal_says_so_everywhere(impact: Impact) -> None:
    page = words(outcome(rehearsal=True), impact)

    assert page.count("OEFENING") >= 2
    assert "OEFENING" not in words(outcome(), impact)


def test_a_session_in_which_nothing_happened_has_a_report_too() -> None:
    empty = outcome(participants=0, roles=[], results=[], notes=[], hands=[], feedback=[], combinations={})

    page = render_session("html", empty, {}, "en").decode()

    assert "No argument" in page
    assert "This scenario has not been calculated." in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workbook_has_every_table_and_no_formula(impact: Impact, language: Language) -> None:
    sheet = openpyxl.load_workbook(
        io.BytesIO(render_session("xlsx", outcome(), {SCENARIO: impact}, language))
    )

    assert len(sheet.sheetnames) == len(set(sheet.sheetnames)) == 10
    cells = [cell for page in sheet for row in page.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not [cell.value for cell in cells if str(cell.value).startswith("workshop.")]


@pytest.mark.parametrize("form", FORMS)
def test_equal_outcomes_give_equal_files(impact: Impact, form: Form) -> None:
    first, second = (render_session(form, outcome(), {SCENARIO: impact}, "nl") for _ in range(2))

    assert first == second
    assert len(first) > 2000
