"""Combinations of open levers, and what is told of answers without telling of anybody."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput
from zorgstroom.reporting.html import write_html
from zorgstroom.text import LANGUAGES, Language
from zorgstroom.workshop.arranging import moved, new_step, standard_plan, total_minutes
from zorgstroom.workshop.combinations import (
    LeverField,
    NoSuchField,
    combinations,
    count,
    lever_fields,
    start_of,
)
from zorgstroom.workshop.documents import (
    ROLES,
    STEP_KINDS,
    Answer,
    Lever,
    LeverOption,
    Role,
    SessionPlan,
    Step,
)
from zorgstroom.workshop.handout import handout
from zorgstroom.workshop.lever_values import parse_options, start_position, suggestion, typed
from zorgstroom.workshop.results import FEWEST, merged, spread, step_results, who_took_part

pytestmark = pytest.mark.unit

BASE = Scenario.model_validate(
    {
        "zorgstroom": 1,
        "name": "Twee kanten",
        "actions": [
            {
                "concentrate": {
                    "profiles": ["pancreas"],
                    "at": ["MST"],
                    "capacity_follows": 1,
                    "after_months": 3,
                }
            },
            {
                "spread": {
                    "profiles": ["cataract"],
                    "from": {"locations": ["MST"]},
                    "to": {"locations": ["SKB"]},
                    "share": 0.1,
                }
            },
            {"workforce": {"profession": "ward_nurse", "percent": -5}},
        ],
    }
)


def lever(key: str, action: int, field: str, values: list[float | None], start: int = 0) -> Lever:
    options = [LeverOption(label=str(value), value=value) for value in values]
    return Lever(key=key, label=f"Knop {key}", action=action, field=field, options=options, start=start)


BACK = lever("back", 1, "share", [None, 0.1, 0.2], start=1)
STAFF = lever("staff", 2, "percent", [-5, 0.0, 5])
CENTRE = lever("centre", 0, "", [1.0, None])


def plan(**changes: Any) -> SessionPlan:
    steps = [
        Step(id="guess", kind="number", title="Voorspel", maximum=60),
        Step(id="set", kind="levers", title="Groepen"),
        Step(id="rank", kind="ranking", title="Peiling", options=["A", "B", "C", "D"]),
    ]
    given_by_default = {"name": "Long in Noord", "date": dt.date(2026, 11, 22), "steps": steps}
    return SessionPlan(**(given_by_default | {"levers": [BACK, STAFF]} | changes))


def test_every_combination_is_a_scenario_of_its_own() -> None:
    made = combinations(BASE, [BACK, STAFF, CENTRE])

    assert len(made) == count([BACK, STAFF, CENTRE]) == 18
    assert [item.key for item in made[:3]] == ["0-0-0", "0-0-1", "0-1-0"]
    assert start_of([BACK, STAFF, CENTRE]) == "1-0-0"
    documents = [Scenario.model_validate(item.document) for item in made]
    assert len({document.canonical_json() for document in documents}) == 18
    by_key = dict(zip((item.key for item in made), documents, strict=True))
    assert by_key["2-1-0"].actions[1].spread is not None
    assert by_key["2-1-0"].actions[1].spread.share == 0.2
    assert [item.kind for item in by_key["0-2-1"].actions] == ["workforce"]
    assert by_key["0-2-1"].description == "Knop back: None; Knop staff: 5; Knop centre: None"


def test_the_start_of_all_levers_is_the_base_scenario() -> None:
    [start] = [item for item in combinations(BASE, [BACK, STAFF]) if item.key == "1-0"]

    assert Scenario.model_validate(start.document).actions == BASE.actions


def test_no_capacity_that_follows_needs_no_moment() -> None:
    follows = lever("follows", 0, "capacity_follows", [0.0, 1.0])

    without, with_it = (Scenario.model_validate(item.document) for item in combinations(BASE, [follows]))

    assert without.actions[0].concentrate is not None
    assert without.actions[0].concentrate.after_months == 0
    assert with_it.actions[0].concentrate is not None
    assert with_it.actions[0].concentrate.after_months == 3


def test_a_lever_moves_only_what_the_scenario_has() -> None:
    assert [(field.action, field.field) for field in lever_fields(BASE)] == [
        (0, ""),
        (0, "capacity_follows"),
        (0, "staff_not_moving"),
        (1, ""),
        (1, "share"),
        (1, "acute"),
        (1, "capacity_follows"),
        (1, "staff_not_moving"),
        (2, ""),
        (2, "percent"),
    ]
    for wrong in (lever("x", 0, "to_count", [1, 2]), lever("x", 7, "", [1, None])):
        with pytest.raises(NoSuchField) as refused:
            combinations(BASE, [wrong])
        assert refused.value.lever == "x"


def test_without_levers_there_is_nothing_to_calculate() -> None:
    assert combinations(BASE, []) == []
    assert count([]) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: lever("x", 0, "", [1, 1]),
        lambda: lever("x", 0, "", [1, None], start=2),
        lambda: plan(levers=[BACK, BACK]),
        lambda: plan(steps=[]),
        lambda: plan(roles=["resident", "resident"]),
        lambda: Step(id="a", kind="number", title="Raad", minimum=5, maximum=5),
    ],
)
def test_what_cannot_be_prepared_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        wrong()


counts = st.dictionaries(st.sampled_from(ROLES), st.integers(0, 12))


@given(counts)
def test_no_small_group_is_shown_nor_found_by_subtraction(people: dict[Role, int]) -> None:
    total = sum(people.values())
    groups = who_took_part(people)

    assert sum(group.count for group in groups) == total
    if 0 < total < FEWEST:
        # What everybody said would be what these roles said.
        assert [group.roles for group in groups] == [[]]
        return
    assert sorted(role for group in groups for role in group.roles) == sorted(
        role for role in people if people[role]
    )
    assert all(group.count >= FEWEST for group in groups) or len(groups) == 1
    assert [group.roles for group in groups] == merged(people)


roles = st.sampled_from(ROLES)
answers = st.builds(
    Answer,
    role=roles,
    number=st.none() | st.floats(0, 60),
    choice=st.none() | st.dictionaries(st.sampled_from(["back", "staff", "old"]), st.integers(-2, 5)),
    ranking=st.none() | st.lists(st.integers(0, 5), unique=True, max_size=3),
    worry=st.text(max_size=20),
)


@given(st.lists(answers, max_size=30), st.sampled_from(["guess", "set", "rank"]))
def test_results_add_up_and_show_only_groups_that_are_large_enough(given_: list[Answer], step: str) -> None:
    prepared = plan()
    found = step_results(prepared.step(step), prepared, given_)

    assert found.answers == found.everyone.count
    assert found.groups == [] or sum(group.count for group in found.groups) == found.answers
    assert all(group.count >= FEWEST for group in found.groups)
    for group in found.groups:
        assert not group.points or len(group.points) == 4
    if found.groups and found.everyone.points:
        total = [sum(column) for column in zip(*(group.points for group in found.groups), strict=True)]
        assert total == found.everyone.points
    for line in found.levers:
        assert sum(line.counts) + line.untouched == found.answers
    assert sum(number for _, number in found.combinations) == (found.answers if step == "set" else 0)
    assert found.worries == sorted(set(found.worries), key=str.casefold)


def test_the_spread_of_a_lever_names_a_position_somebody_chose() -> None:
    sent = [
        Answer(role="resident", choice={"back": at} if at is not None else {}) for at in (0, 0, 2, 2, None)
    ]

    found = spread(BACK, sent)

    assert (found.lowest, found.middle, found.highest, found.untouched) == (0, 0, 2, 1)
    assert found.counts == [2, 0, 2]
    assert spread(BACK, []).lowest is None


def test_a_ranking_counts_three_two_one() -> None:
    sent = [Answer(role="resident", ranking=[2, 0, 1]), Answer(role="insurer", ranking=[2], worry="Te ver")]

    found = step_results(plan().step("rank"), plan(), sent)

    assert found.everyone.points == [2, 1, 6, 0]
    assert found.everyone.firsts == [0, 0, 2, 0]
    assert found.groups == [], "two people are told about together"
    assert found.worries == ["Te ver"]


def field_of(action: int, name: str) -> LeverField:
    return next(item for item in lever_fields(BASE) if (item.action, item.field) == (action, name))


def test_positions_are_typed_as_people_write_them() -> None:
    share, percent = field_of(1, "share"), field_of(2, "percent")

    back = parse_options("uit; 7,5%; 20", share, "nl")
    assert [(option.label, option.value) for option in back] == [
        ("doet niet mee", None),
        ("7,5%", 0.075),
        ("20%", 0.2),
    ]
    staff = parse_options("-5; 0; 5", percent, "en")
    assert [(option.label, option.value) for option in staff] == [
        ("−5%", -5.0),
        ("left out", None),
        ("+5%", 5.0),
    ]
    assert [option.value for option in parse_options("", field_of(0, ""), "nl")] == [1.0, None]
    assert start_position(staff, percent) == 0


@pytest.mark.parametrize(
    ("typed_in", "said"),
    [
        ("", "Noem twee tot 10 standen"),
        ("5", "Noem twee tot 10 standen"),
        ("; ".join(map(str, range(1, 12))), "Noem twee tot 10 standen"),
        ("5; veel", "'veel' is geen getal"),
        ("5; nan", "'nan' is geen getal"),
        ("5; 1e9", "'1e9' is geen getal"),
        ("5; 101", "'101' kan hier niet. Kies een getal van 0 tot en met 100."),
        ("5; -1", "'-1' kan hier niet"),
        ("0; uit", "'uit' staat er twee keer"),
        ("5; 5,0", "'5,0' staat er twee keer"),
    ],
)
def test_nonsense_in_the_positions_is_answered_in_words(typed_in: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_options(typed_in, field_of(1, "share"), "nl")

    assert said in refused.value.message("nl")


@given(st.text(max_size=30))
def test_any_text_gives_positions_or_an_explanation(text: str) -> None:
    for field in lever_fields(BASE):
        said = ""
        made: list[LeverOption] = []
        try:
            made = parse_options(text, field, "nl")
        except InvalidInput as refused:
            said = refused.message("en")
        assert bool(said) != (len({option.value for option in made}) == len(made) >= 2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_suggestion_can_be_typed_and_calculated(language: Language) -> None:
    for field in lever_fields(BASE):
        options = parse_options(suggestion(field, language), field, language)
        if field.field:
            assert parse_options(typed(options, field, language), field, language) == options
        made = Lever(key="x", label="x", action=field.action, field=field.field, options=options)
        for item in combinations(BASE, [made]):
            Scenario.model_validate(item.document)


def test_steps_move_as_far_as_there_is_room() -> None:
    steps = plan().steps

    assert [step.id for step in moved(steps, "rank", -1)] == ["guess", "rank", "set"]
    assert [step.id for step in moved(steps, "guess", -3)] == ["guess", "set", "rank"]
    assert [step.id for step in moved(steps, "guess", 9)] == ["set", "rank", "guess"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_usual_evening_has_seven_steps_and_fits_on_one_page(language: Language) -> None:
    made = standard_plan("Long in Noord", dt.date(2026, 11, 22), language)

    assert [step.kind for step in made.steps] == list(STEP_KINDS)
    assert total_minutes(made) == 75
    assert new_step("number", language, made.steps).id == "number2"
    page = write_html(handout(made, "KX7P4Q", "http://laptop/m/KX7P4Q", ["Nu", "<Plan>"], language))
    assert "http://laptop/m/KX7P4Q" in page
    assert "&lt;Plan&gt;" in page
    assert "workshop." not in page
