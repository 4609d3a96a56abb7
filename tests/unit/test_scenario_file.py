"""Scenario files: every mistake at once, with its line, in words; and never a traceback."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import zorgstroom
from zorgstroom.dataset import load_dataset
from zorgstroom.document import MAX_BYTES, MAX_DEPTH, MAX_PROBLEMS, read_document
from zorgstroom.domain.scenario import ActionItem, Scenario
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.planning.check import check_scenario
from zorgstroom.scenario_file import (
    example_scenarios,
    load_scenario,
    load_scenario_file,
    parse_scenario,
    parse_scenario_with_lines,
    scenario_digest,
    scenario_schema,
    schema_text,
)
from zorgstroom.text import LANGUAGES, catalogue

pytestmark = pytest.mark.unit

GOOD = """\
zorgstroom: 1
name: Twee centra
region:
  roaz: Limburg
actions:
  - concentrate:
      profiles: [oesophagus]
      at:
        - MUMC
        - LZR
      start: 2025-07-01
"""


def mistakes(content: str | bytes) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        parse_scenario(content, "plan.yaml")
    return list(caught.value.problems)


def keys_by_line(content: str | bytes) -> list[tuple[int, str]]:
    return [(int(problem.where.rpartition(":")[2]), problem.key) for problem in mistakes(content)]


def test_good_file_gives_scenario_with_lines() -> None:
    file = parse_scenario_with_lines(GOOD, "plan.yaml")
    assert file.scenario.name == "Twee centra"
    action = file.scenario.actions[0].concentrate
    assert action is not None
    assert action.at == ["MUMC", "LZR"]
    problem = Problem("/actions/0/concentrate/at/1", "scenario.unknown_location", {"name": "LZR"})
    [located] = file.locate([Problem(problem.where, problem.key, problem.params, problem.where)])
    assert located.where == "plan.yaml:10"
    assert located.pointer == "/actions/0/concentrate/at/1"


def test_all_mistakes_of_a_file_at_once() -> None:
    content = """\
zorgstrom: 1
name: 12
horizon:
  weeks: 2
actions:
  - concentrat:
      profiles: [a]
  - concentrate:
      profiles: a
      at: []
      start: morgen
      rule: dichtbij
  - close: {}
  - capacity: {location: A, pool: or}
  - spread: {profiles: [a], from: {}, to: {types: [groot]}, share: 1.5}
"""
    assert sorted(keys_by_line(content)) == [
        (1, "scenario.missing_key"),
        (1, "scenario.unknown_key_near"),
        (2, "scenario.not_text"),
        (4, "scenario.too_small"),
        (6, "scenario.unknown_key_near"),
        (9, "scenario.not_list"),
        (10, "scenario.empty_list"),
        (11, "scenario.not_date"),
        (12, "scenario.not_allowed"),
        (13, "scenario.missing_key"),
        (14, "scenario.capacity_exactly_one"),
        (15, "scenario.filter_exactly_one"),
        (15, "scenario.not_allowed"),
        (15, "scenario.too_large_number"),
    ]


def test_unknown_key_suggests_nearest() -> None:
    [problem] = mistakes(GOOD.replace("start:", "strat:"))
    assert problem.params["suggestion"] == "start"
    assert problem.pointer == "/actions/0/concentrate/strat"
    assert problem.message("nl") == "Het veld 'strat' bestaat hier niet. Bedoelt u 'start'?"
    assert problem.message("en") == "The field 'strat' does not exist here. Do you mean 'start'?"


@pytest.mark.parametrize(
    ("content", "line", "key"),
    [
        ("", 1, "scenario.empty_file"),
        ("tekst", 1, "scenario.not_mapping_root"),
        ("a: b: c", 1, "scenario.yaml_colon"),
        ("name: x\n\tregion: y", 2, "scenario.yaml_tab"),
        ("name: 'x\n", 2, "scenario.yaml_syntax"),
        (GOOD + "---\n", 12, "scenario.one_document"),
        (GOOD + "name: Nog een\n", 12, "scenario.duplicate_key"),
        (GOOD.replace("Twee", "&anker Twee"), 2, "scenario.yaml_alias"),
        (GOOD.replace("- LZR", "- *anker"), 10, "scenario.yaml_alias"),
        (GOOD.replace("- LZR", "- !!python/object:os.system LZR"), 10, "scenario.yaml_tag"),
        (GOOD.replace("Twee", "Twee\x07"), 2, "scenario.unreadable_character"),
        (GOOD.replace("Twee centra", '"\\u0000"'), 2, "scenario.unreadable_character"),
        (GOOD.encode("utf-16"), 1, "scenario.not_utf8"),
        (GOOD.encode().replace(b"Twee", b"Tw\xe9\xe9"), 2, "scenario.not_utf8"),
        ("? [a]\n: b\n", 1, "scenario.key_not_text"),
        ("[" * (MAX_DEPTH + 1), 1, "scenario.too_deep"),
        ("[" * 100_000, 1, "scenario.too_deep"),
        ("- " * 1000, 1, "scenario.too_deep"),
        ('{"a":' * 100_000, 1, "scenario.too_deep"),
        ('{"a":' * 30 + "1" + "}" * 30, 1, "scenario.too_deep"),
        ("#" * (MAX_BYTES + 1), 1, "scenario.too_large"),
    ],
)
def test_unsafe_or_unreadable_file_is_refused_on_its_line(content: str | bytes, line: int, key: str) -> None:
    assert keys_by_line(content) == [(line, key)]


def test_billion_laughs_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    assert "scenario.yaml_alias" in {problem.key for problem in mistakes("\n".join(lines))}


@pytest.mark.parametrize("content", ["a: 1\n" * 5000, "{" + '"a": 1, ' * 5000 + '"a": 1}'])
def test_reading_stops_after_very_many_mistakes(content: str) -> None:
    found = mistakes(content)
    assert len(found) == MAX_PROBLEMS + 1
    assert "scenario.many_mistakes" in {problem.key for problem in found}


def test_words_mean_themselves() -> None:
    """The Norway problem and its relatives: a region NO is no boolean, a date in a text is a text."""
    document = read_document("[no, on, 2025-01-01, 12:30, 0x10, 1_000, 1e999, true, ~, 7, 0.5, '7']", "x")
    assert document.value == [
        "no",
        "on",
        "2025-01-01",
        "12:30",
        "0x10",
        "1_000",
        "1e999",
        True,
        None,
        7,
        0.5,
        "7",
    ]
    assert document.problems == []


def test_json_with_tabs_and_escapes() -> None:
    actions = '"actions": [{"close": {"location": "A"}}]'
    text = '{\n\t"zorgstroom": 1,\n\t"name": "Plan \\ud83d\\ude00",\n\t' + actions + "\n}"
    file = parse_scenario_with_lines(text, "plan.json")
    assert file.scenario.name == "Plan \N{GRINNING FACE}"
    pointer = "/actions/0/close/location"
    [located] = file.locate([Problem(pointer, "scenario.unknown_location", {"name": "A"}, pointer)])
    assert located.where == "plan.json:4"


@pytest.mark.parametrize(
    ("content", "line", "key"),
    [
        ('{"zorgstroom": 1,\n "name": "a",\n "name": "b"}', 3, "scenario.duplicate_key"),
        ('{"zorgstroom": 1,\n "name": "\\ud83d"}', 2, "scenario.unreadable_character"),
        ('{"zorgstroom": 1,\n "name": "a", "horizon": {"weeks": NaN}}', 2, "scenario.not_whole_number"),
        ('{"zorgstroom": 1, "name": "a"', 1, "scenario.yaml_syntax"),
    ],
)
def test_mistakes_in_json_have_their_line(content: str, line: int, key: str) -> None:
    assert keys_by_line(content) == [(line, key)]


def test_byte_order_mark_is_no_mistake() -> None:
    assert parse_scenario(b"\xef\xbb\xbf" + GOOD.encode(), "x").name == "Twee centra"


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path, key in ((tmp_path / "weg.yaml", "scenario.no_file"), (tmp_path, "scenario.is_folder")):
        with pytest.raises(InvalidInput) as caught:
            load_scenario(path)
        assert [problem.key for problem in caught.value.problems] == [key]


def test_digest_is_of_the_content_not_the_spelling() -> None:
    scenario = parse_scenario(GOOD, "a.yaml")
    as_json = json.dumps(scenario.model_dump(mode="json", by_alias=True, exclude_none=True), indent=3)
    assert scenario_digest(parse_scenario(as_json, "b.json")) == scenario_digest(scenario)
    other = parse_scenario(GOOD.replace("Twee", "Drie"), "a.yaml")
    assert scenario_digest(other) != scenario_digest(scenario)
    assert len(scenario_digest(scenario)) == 64


def test_examples_ship_and_are_good() -> None:
    examples = example_scenarios()
    assert len(examples) >= 8
    assert [item.slug for item in examples] == sorted(item.slug for item in examples)
    digests = {scenario_digest(parse_scenario(item.text, item.slug)) for item in examples}
    assert len(digests) == len(examples)
    first = parse_scenario(examples[0].text, "nu")
    assert first.actions == []
    for item in examples[1:]:
        assert "ictief voorbeeld" in parse_scenario(item.text, item.slug).description


def test_committed_schema_is_the_schema() -> None:
    """Regenerate with ``zorgstroom validate --schema > shared/zorgstroom/schemas/scenario.schema.json``."""
    path = Path(zorgstroom.__file__).parent / "schemas" / "scenario.schema.json"
    assert path.read_text("utf-8") == schema_text()


def test_examples_follow_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(scenario_schema())
    for item in example_scenarios():
        assert list(validator.iter_errors(read_document(item.text, item.slug).value)) == []
    assert list(validator.iter_errors({"zorgstroom": 2, "name": "x"}))


# Fuzzing: whatever is handed in, the answer is a scenario or a list of mistakes that reads in both languages.


def problems_of(content: str | bytes) -> list[Problem]:
    try:
        assert isinstance(parse_scenario(content, "x.yaml"), Scenario)
    except InvalidInput as error:
        return list(error.problems)
    return []


def assert_scenario_or_mistakes(content: str | bytes) -> None:
    for problem in problems_of(content):
        assert problem.where.startswith("x.yaml:")
        for language in LANGUAGES:
            assert problem.key in catalogue(language)
            assert "Input should" not in problem.message(language)


#: A slow machine is no mistake.
fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(st.text(max_size=200))
@example("\ud800")
@example("{'a': \x85}")
@example("%YAML 3.0\n---\na")
@example("a: |2\n x")
@example("!<tag> a")
@example('"\\UFFFFFFFF"')
@fuzz
def test_any_text(content: str) -> None:
    assert_scenario_or_mistakes(content)


@given(st.binary(max_size=100))
@fuzz
def test_any_bytes(content: bytes) -> None:
    assert_scenario_or_mistakes(content)


KEYS = [
    "zorgstroom",
    "name",
    "actions",
    "region",
    "roaz",
    "horizon",
    "weeks",
    "concentrate",
    "spread",
    "close",
    "capacity",
    "profiles",
    "at",
    "from",
    "to",
    "share",
    "shares",
    "rule",
    "start",
    "types",
    "locations",
    "location",
    "pool",
    "add",
    "set",
    "percent",
    "based_on",
    "demand_factors",
    "factor",
    "shared_care",
    "open",
    "demand",
    "workforce",
    "to_minimum",
    "to_count",
    "norm",
    "top_up",
    "by_type",
    "by_profile",
    "acute",
    "units",
    "contacts",
    "grow",
    "ages",
    "profession",
    "capacity_follows",
    "after_months",
]
words = st.sampled_from(KEYS)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | words
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)


@given(values)
@fuzz
def test_any_value_as_yaml_and_json(value: object) -> None:
    assert_scenario_or_mistakes(yaml.safe_dump(value, allow_unicode=True))
    assert_scenario_or_mistakes(json.dumps(value))


@given(st.integers(0, len(GOOD)), st.text(max_size=3), st.integers(0, 5))
@fuzz
def test_any_typing_error(position: int, inserted: str, removed: int) -> None:
    assert_scenario_or_mistakes(GOOD[:position] + inserted + GOOD[position + removed :])


def test_example_in_the_documentation_is_good() -> None:
    pages = Path(__file__).parents[2] / "docs"
    blocks = re.findall(r"```yaml\n(zorgstroom: 1.*?)```", (pages / "scenarios.md").read_text("utf-8"), re.S)
    assert blocks
    for block in blocks:
        scenario = parse_scenario(block, "docs/scenarios.md")
        assert check_scenario(scenario, load_dataset(), None).errors == []


def test_every_action_in_the_documentation_can_be_carried_out() -> None:
    text = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(- .*?)```", text, re.S)
    kinds = set()
    for block in blocks:
        scenario = parse_scenario(
            f"zorgstroom: 1\nname: x\nregion: {{roaz: Euregio}}\nactions:\n{block}", "docs/scenarios.md"
        )
        assert check_scenario(scenario, load_dataset(), None).errors == [], block
        kinds |= {item.kind for item in scenario.actions}
    assert kinds == set(ActionItem.model_fields)


def test_examples_can_be_carried_out() -> None:
    for item in example_scenarios():
        result = check_scenario(parse_scenario(item.text, item.slug), load_dataset(), None)
        assert result.errors == []
        # That one location is left is what these examples are about.
        assert {problem.key for problem in result.warnings} <= {"scenario.one_left"}, item.slug


def test_every_example_has_its_page() -> None:
    pages = {path.stem for path in (Path(__file__).parents[2] / "docs" / "examples").glob("*.md")}
    assert pages == {item.slug for item in example_scenarios()}


# Scenarios that build on others


BASE = """\
zorgstroom: 1
name: Basis
region: {roaz: Limburg}
horizon: {weeks: 26}
actions:
  - close: {location: LZR, profiles: [hip_replacement]}
"""
ON_TOP = """\
zorgstroom: 1
name: Erbovenop
based_on:
  - basis.yaml
actions:
  - close: {location: SJG, profiles: [cataract]}
"""


def written(folder: Path, **texts: str) -> dict[str, Path]:
    paths = {name: folder / f"{name}.yaml" for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text, "utf-8")
    return paths


def problems_of_file(path: Path) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        load_scenario(path)
    for problem in caught.value.problems:
        assert all("{" not in problem.message(language) for language in LANGUAGES)
    return [(problem.where, problem.key) for problem in caught.value.problems]


def test_actions_of_the_base_come_first_and_fill_in_region_and_horizon(tmp_path: Path) -> None:
    paths = written(tmp_path, basis=BASE, plan=ON_TOP)
    file = load_scenario_file(paths["plan"])
    assert [item.action.location for item in file.scenario.actions if item.close] == ["LZR", "SJG"]  # type: ignore[union-attr]
    assert file.scenario.name == "Erbovenop"
    assert file.scenario.based_on is None
    assert file.scenario.region is not None
    assert file.scenario.region.roaz == "Limburg"
    assert file.scenario.horizon.weeks == 26
    # The same as when it had been written out.
    flat = BASE.replace("Basis", "Erbovenop") + "  - close: {location: SJG, profiles: [cataract]}\n"
    assert scenario_digest(file.scenario) == scenario_digest(parse_scenario(flat, "x"))


def test_own_region_and_horizon_win(tmp_path: Path) -> None:
    own = ON_TOP + "region: {roaz: Brabant}\nhorizon: {weeks: 10}\n"
    scenario = load_scenario(written(tmp_path, basis=BASE, plan=own)["plan"])
    assert scenario.region is not None
    assert (scenario.region.roaz, scenario.horizon.weeks) == ("Brabant", 10)


def test_a_mistake_in_a_base_is_on_its_own_line_and_points_at_what_brought_it_in(tmp_path: Path) -> None:
    paths = written(tmp_path, basis=BASE, plan=ON_TOP)
    file = load_scenario_file(paths["plan"])
    pointers = [
        "/actions/0/close/location",
        "/actions/1/close/location",
        "/region",
        "/horizon/weeks",
        "/name",
    ]
    found = file.locate([Problem(pointer, "x", {}, pointer) for pointer in pointers])
    assert [(problem.where, problem.pointer) for problem in found] == [
        (f"{paths['basis']}:6", "/based_on/0"),
        (f"{paths['plan']}:6", "/actions/0/close/location"),
        (f"{paths['basis']}:3", "/based_on/0"),
        (f"{paths['basis']}:4", "/based_on/0"),
        (f"{paths['plan']}:2", "/name"),
    ]
    paths["basis"].write_text(BASE.replace("weeks", "weken"), "utf-8")
    assert problems_of_file(paths["plan"]) == [(f"{paths['basis']}:4", "scenario.unknown_key_near")]


def test_a_file_counts_once_where_it_is_named_first(tmp_path: Path) -> None:
    left = ON_TOP.replace("Erbovenop", "Links")
    top = "zorgstroom: 1\nname: Top\nbased_on: [left.yaml, basis.yaml]\n"
    scenario = load_scenario(written(tmp_path, basis=BASE, left=left, top=top)["top"])
    assert [item.close.location for item in scenario.actions if item.close] == ["LZR", "SJG"]


def test_a_shipped_example_by_name_and_one_on_another(tmp_path: Path) -> None:
    slug = example_scenarios()[1].slug
    for name in (slug, f"{slug}.yaml"):
        text = f"zorgstroom: 1\nname: Meer\nbased_on: [{name}]\n"
        found = parse_scenario(text, "body")
        assert found.actions == parse_scenario(example_scenarios()[1].text, slug).actions
        assert load_scenario(written(tmp_path, plan=text)["plan"]) == found


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("weg.yaml", "scenario.based_on_unknown"),
        ("bassis.yaml", "scenario.based_on_unknown_near"),
        ("basis", "scenario.based_on_unknown_near"),
        ("/etc/passwd.yaml", "scenario.based_on_absolute"),
        ("C:\\\\plan.yaml", "scenario.based_on_absolute"),
        ("../../etc/passwd", "scenario.based_on_unknown"),
        ("plan.yaml", "scenario.based_on_circle"),
    ],
)
def test_bases_that_cannot_be_had(tmp_path: Path, name: str, key: str) -> None:
    plan = ON_TOP.replace("basis.yaml", f'"{name}"')
    paths = written(tmp_path, basis=BASE, plan=plan)
    assert problems_of_file(paths["plan"]) == [(f"{paths['plan']}:4", key)]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("basis.yaml", "scenario.based_on_unknown"),
        ("/etc/passwd", "scenario.based_on_path"),
        ("../plan.yaml", "scenario.based_on_path"),
        ("..\\\\plan.yaml", "scenario.based_on_path"),
        ("./01-nu.yaml", "scenario.based_on_path"),
        ("examples/scenarios/01-nu.yaml", "scenario.based_on_path"),
    ],
)
def test_a_text_that_is_no_file_cannot_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, key: str
) -> None:
    written(tmp_path, basis=BASE)
    monkeypatch.chdir(tmp_path)
    assert keys_by_line(ON_TOP.replace("basis.yaml", f'"{name}"')) == [(4, key)]


def test_circles_depth_and_numbers_are_limited(tmp_path: Path) -> None:
    circle = {name: ON_TOP.replace("basis", other) for name, other in (("a", "b"), ("b", "a"))}
    paths = written(tmp_path, **circle)
    assert problems_of_file(paths["a"]) == [(f"{paths['b']}:4", "scenario.based_on_circle")]
    deep = {f"d{i}": ON_TOP.replace("basis", f"d{i + 1}") for i in range(12)} | {"d12": BASE}
    paths = written(tmp_path, **deep)
    assert [key for _, key in problems_of_file(paths["d0"])] == ["scenario.based_on_deep"]
    many = {f"m{i}": BASE for i in range(21)}
    two = [
        f"zorgstroom: 1\nname: t\nbased_on: [{', '.join(f'm{i}.yaml' for i in group)}]\n"
        for group in (range(11), range(11, 21))
    ]
    top = "zorgstroom: 1\nname: t\nbased_on: [one.yaml, two.yaml]\n"
    paths = written(tmp_path, **many, one=two[0], two=two[1], top=top)
    assert {key for _, key in problems_of_file(paths["top"])} == {"scenario.based_on_many"}
    action = "  - close: {location: LZR, profiles: [hip_replacement]}\n"
    paths = written(tmp_path, basis=BASE + action * 199, plan=ON_TOP)
    assert problems_of_file(paths["plan"]) == [(f"{paths['plan']}:3", "scenario.based_on_many_actions")]


def test_mistakes_of_all_files_at_once(tmp_path: Path) -> None:
    other = BASE.replace("LZR", "[LZR]")
    top = "zorgstroom: 1\nname: Top\nbased_on: [basis.yaml, other.yaml, weg.yaml]\n"
    wrong = BASE.replace("26", "2")
    paths = written(tmp_path, basis=wrong, other=other, top=top)
    assert sorted(problems_of_file(paths["top"])) == sorted(
        [
            (f"{paths['basis']}:4", "scenario.too_small"),
            (f"{paths['other']}:6", "scenario.not_text"),
            (f"{paths['top']}:3", "scenario.based_on_unknown"),
        ]
    )
