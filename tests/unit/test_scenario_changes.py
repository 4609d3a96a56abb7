"""What differs between two documents, and a document that is edited: nothing of it is lost."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zorgstroom.domain.scenario import ActionItem, Scenario
from zorgstroom.scenario_changes import count_settings, setting_changes
from zorgstroom.scenario_file import example_scenarios, parse_scenario, scenario_digest
from zorgstroom.scenario_writing import scenario_text
from zorgstroom_ui.components.builder import documents
from zorgstroom_ui.components.builder.history import MOST_STEPS, History

pytestmark = pytest.mark.unit

EXAMPLES = {item.slug: documents.opened(parse_scenario(item.text, item.slug)) for item in example_scenarios()}

IDS = st.lists(st.sampled_from(["A", "B-1", "heup"]), min_size=1, max_size=3, unique=True)
PARTS = st.integers(1, 1000).map(lambda value: value / 1000)
REGIONS = st.one_of(
    st.fixed_dictionaries({"roaz": st.just("Oost")}), st.fixed_dictionaries({"ggd": st.just("Twente")})
)
ABOUT: dict[str, st.SearchStrategy[Any]] = {
    "start": st.dates(min_value=dt.date(2025, 1, 1)).map(str),
    "why": st.text(max_size=30),
    "responsible": st.text(min_size=1, max_size=10),
}
MOVING: dict[str, st.SearchStrategy[Any]] = {
    "capacity_follows": PARTS,
    "transition_cost": st.integers(0, 10**6),
}
WITHIN: dict[str, st.SearchStrategy[Any]] = {"within": REGIONS}


def parts(needed: dict[str, Any], *optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        needed, optional={k: v for part in (ABOUT, *optional) for k, v in part.items()}
    )


FILTERS = st.one_of(
    st.fixed_dictionaries({"locations": IDS}),
    st.fixed_dictionaries({"types": st.just(["umc", "algemeen"])}),
)
SHARES = st.one_of(
    PARTS,
    st.fixed_dictionaries(
        {"by_type": st.dictionaries(st.sampled_from(["umc", "algemeen"]), PARTS, min_size=1)}
    ),
    st.fixed_dictionaries({"by_profile": st.dictionaries(st.sampled_from(["A", "heup"]), PARTS, min_size=1)}),
)
BODIES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "concentrate": st.one_of(
        parts({"profiles": IDS, "at": IDS}, MOVING, WITHIN, {"top_up": st.booleans()}),
        parts(
            {"profiles": IDS, "to_minimum": st.one_of(st.just("norm"), st.integers(1, 500))}, MOVING, WITHIN
        ),
        parts({"profiles": IDS, "at": IDS, "rule": st.just("directed"), "shares": st.just({"A": 1.0})}),
    ),
    "spread": parts(
        {"profiles": IDS, "from": FILTERS, "to": FILTERS, "share": SHARES}, MOVING, WITHIN, {"acute": PARTS}
    ),
    "shared_care": parts({"profiles": IDS}, WITHIN, {"contacts": st.just(["before"]), "locations": IDS}),
    "close": parts(
        {"location": st.just("A")}, MOVING, {"units": st.just(["ed"]), "rule": st.just("nearest")}
    ),
    "open": parts({"location": st.just("A"), "profiles": IDS}),
    "capacity": parts({"location": st.just("A"), "pool": st.just("or"), "percent": st.integers(-100, 100)}),
    "demand": parts({"profiles": IDS, "grow": PARTS}, WITHIN, {"ages": st.just(["75plus"])}),
    "workforce": parts({"profession": st.just("or_staff"), "percent": st.integers(-9, 9)}, WITHIN),
}


def _of_kind(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return BODIES[kind].map(lambda body: {kind: body})


ACTIONS = st.one_of(*map(_of_kind, BODIES))
HORIZONS = st.fixed_dictionaries(
    {},
    optional={
        "demand_year": st.integers(2021, 2060),
        "weeks": st.integers(4, 260),
        "demand_growth": st.just("projected"),
        "demand_factors": st.lists(
            st.fixed_dictionaries({"factor": PARTS}, optional={"profiles": IDS, "within": REGIONS}),
            max_size=2,
        ),
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {"zorgstroom": st.just(1), "name": st.text(min_size=1, max_size=20)},
    optional={
        "description": st.text(max_size=20),
        "region": REGIONS,
        "method": st.just("national-tranche-1"),
        "horizon": HORIZONS,
        "actions": st.lists(ACTIONS, max_size=4),
    },
)


def test_the_documents_here_have_every_kind_of_action() -> None:
    assert set(BODIES) == set(ActionItem.model_fields)


@given(DOCUMENTS)
@settings(max_examples=80)
def test_any_document_opened_and_kept_is_the_same_document(raw: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(raw)
    document = documents.opened(scenario)
    again = documents.as_scenario(document)
    assert again is not None
    assert scenario_digest(again) == scenario_digest(scenario)
    assert documents.opened(again) == document
    assert documents.unfinished(document) == []
    assert setting_changes(document, document) == []


@given(DOCUMENTS, st.data())
@settings(max_examples=60)
def test_moving_one_lever_there_and_back_leaves_all_the_rest(
    raw: dict[str, Any], data: st.DataObject
) -> None:
    document = documents.opened(Scenario.model_validate(raw))
    before = copy.deepcopy(document)
    index = data.draw(st.integers(0, max(0, len(documents.actions(document)) - 1)))
    paths: list[documents.Path] = [("description",), ("horizon", "weeks")]
    if documents.actions(document):
        paths.append(("actions", index, documents.kind_of(documents.actions(document)[index]), "why"))
    path = data.draw(st.sampled_from(paths))
    was = documents.found(document, path)
    moved = documents.put(document, path, 77)
    assert documents.found(moved, path) == 77
    assert documents.same(documents.put(moved, path, was), before)
    assert document == before, "nothing is changed in place"


@given(DOCUMENTS, st.lists(ACTIONS, min_size=1, max_size=5), st.integers(0, 9))
@settings(max_examples=60)
def test_every_step_can_be_taken_back_and_again(raw: dict[str, Any], added: list[Any], back: int) -> None:
    history = History(documents.opened(Scenario.model_validate(raw)))
    states = [history.document]
    for action in added:
        kind = documents.kind_of(action)
        history = history.pushed(documents.add_action(history.document, kind, action[kind]))
        states.append(history.document)
    steps = min(back, len(added))
    for _ in range(steps):
        history = history.undone()
    assert history.document == states[len(added) - steps]
    for _ in range(steps):
        history = history.redone()
    assert history.document == states[-1]


def test_moving_one_lever_on_is_one_step_and_the_way_back_has_an_end() -> None:
    history = History({"name": "a"})
    for weeks in (10, 20, 30):
        history = history.pushed({"name": "a", "horizon": {"weeks": weeks}}, "weeks")
    assert history.undone().document == {"name": "a"}
    assert history.pushed(dict(history.document)) is history
    for number in range(2 * MOST_STEPS):
        history = history.pushed({"name": str(number)})
    assert len(history.past) == MOST_STEPS
    assert History({}).undone() == History({}) == History({}).redone()


@pytest.mark.parametrize("slug", EXAMPLES)
def test_a_document_differs_from_today_in_what_it_says(slug: str) -> None:
    document = EXAMPLES[slug]
    changes = setting_changes(documents.today(), document)
    said = sum(len(body) for action in documents.actions(document) for body in action.values())
    said += len(document.get("horizon", {})) + ("region" in document)
    # What is written out though it is the default is no difference.
    assert 0 <= said - len(changes) <= said
    assert len(changes) <= count_settings(documents.today(), document)
    gone = setting_changes(document, documents.today())
    assert {(item.action, item.field) for item in gone} == {(item.action, item.field) for item in changes}


def test_changes_are_told_per_setting_of_the_action_they_belong_to() -> None:
    norm, staff = (
        EXAMPLES[slug] for slug in ("06-slokdarm-pancreas-norm", "08-slokdarm-pancreas-norm-personeel-blijft")
    )
    changes = {item.field: item for item in setting_changes(norm, staff)}
    assert set(changes) == {"why", "capacity_follows", "staff_not_moving"}
    follows = changes["capacity_follows"]
    assert (follows.before, follows.after, follows.sort, follows.index) == (0.0, 1.0, "changed", 0)


def test_an_action_that_moved_in_the_list_is_no_change() -> None:
    document = EXAMPLES["04-concentreren-en-spreiden"]
    assert setting_changes(document, documents.move_action(document, 0, 1)) == []


def test_what_is_not_finished_is_left_out_of_what_is_judged_and_kept_in_the_document() -> None:
    document = documents.add_action(EXAMPLES["02-slokdarm-pancreas-een-locatie"], "close", {})
    document = documents.add_action(document, "demand", {"profiles": ["heup"], "grow": 0.1})
    part, kept = documents.finished_part(document | {"name": " "})
    assert kept == [0, 2]
    assert [documents.kind_of(action) for action in part["actions"]] == ["concentrate", "demand"]
    assert part["name"] == documents.NO_NAME
    assert len(documents.actions(document)) == 3


@pytest.mark.parametrize("slug", EXAMPLES)
def test_a_file_that_is_taken_along_comes_back_as_the_same_scenario(slug: str) -> None:
    scenario = Scenario.model_validate(EXAMPLES[slug])
    assert scenario_digest(parse_scenario(scenario_text(scenario), "plan.yaml")) == scenario_digest(scenario)
