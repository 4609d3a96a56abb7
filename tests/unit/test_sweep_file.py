"""The sweep file: which variants it stands for, and what is said about every mistake in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset import load_dataset
from zorgstroom.domain.area import Region
from zorgstroom.errors import InvalidInput
from zorgstroom.planning.plan import take_steps
from zorgstroom.scenario_file import parse_scenario
from zorgstroom_simulator.sweep.document import load_sweep
from zorgstroom_simulator.sweep.paths import BadPath, full_path, parse_path, with_values
from zorgstroom_simulator.sweep.variants import MAX_VARIANTS, Variants, make_variants

pytestmark = pytest.mark.unit

DATASET = make_dataset()
HEAD = "zorgstroom: 1\nname: Proef\n"
TODAY = "scenario: {horizon: {weeks: 4}}\n"
#: An example in the documentation.
FENCE = r"```yaml\n(.*?)```"
SPREADING = """scenario:
  actions:
    - spread: {profiles: [hip], from: {types: [umc, topklinisch]}, to: {types: [algemeen]}, share: 0.1}
    - capacity: {location: ZUID, pool: or, percent: 10}
"""


@pytest.fixture
def variants_of(tmp_path: Path) -> Variants:
    path = tmp_path / "sweep.yaml"

    def make(text: str, region: Region | None = None) -> Variants:
        path.write_text(HEAD + text, encoding="utf-8")
        return make_variants(load_sweep(path), DATASET, region)

    return make  # type: ignore[return-value]


@pytest.fixture
def mistakes_of(variants_of, tmp_path: Path):  # type: ignore[no-untyped-def]
    def make(text: str) -> list[str]:
        with pytest.raises(InvalidInput) as found:
            variants_of(text)
        return [line.removeprefix(f"{tmp_path}/") for line in found.value.message("en").splitlines()]

    return make


def values(found: Variants) -> list[tuple[object, ...]]:
    return [variant.values for variant in found.variants]


def test_a_grid_is_every_combination_the_last_field_fastest(variants_of) -> None:  # type: ignore[no-untyped-def]
    found = variants_of(
        SPREADING + "grid:\n  actions[0].share: [0.1, 0.3]\n  actions[1].capacity.percent: [10, 20]\n"
    )
    assert found.factors == ("actions[0].share", "actions[1].capacity.percent")
    assert values(found) == [(0.1, 10), (0.1, 20), (0.3, 10), (0.3, 20)]
    assert [variant.number for variant in found.variants] == [1, 2, 3, 4]
    spread, capacity = (item.action for item in found.variants[2].scenario.actions)
    assert (spread.share, capacity.percent) == (0.3, 10)


def test_null_takes_a_field_or_a_whole_action_away(variants_of) -> None:  # type: ignore[no-untyped-def]
    found = variants_of(
        SPREADING + "grid:\n  actions[0]: [null, {close: {location: NOORD}}]\n  actions[1].why: [null, x]\n"
    )
    kinds = [[item.kind for item in variant.scenario.actions] for variant in found.variants]
    assert kinds == [["capacity"], ["capacity"], ["close", "capacity"], ["close", "capacity"]]
    assert [variant.scenario.actions[-1].action.why for variant in found.variants] == [None, "x"] * 2


def test_a_latin_hypercube_has_one_point_in_every_part_of_every_range(variants_of) -> None:  # type: ignore[no-untyped-def]
    text = (
        SPREADING
        + """latin_hypercube:
  points: 10
  fields:
    actions[0].share: {low: 0.1, high: 0.6}
    actions[1].percent: {low: 1, high: 10}
"""
    )
    found = variants_of(text)
    shares, percents = zip(*values(found), strict=True)
    assert sorted(int((share - 0.1) / 0.05) for share in shares) == list(range(10))
    assert sorted(percents) == list(range(1, 11))
    assert values(variants_of(text)) == values(found)
    assert values(variants_of(text.replace("points: 10", "points: 10\n  seed: 2"))) != values(found)
    # A field more changes nothing for the others.
    more = variants_of(text + "    horizon.weeks: {low: 4, high: 8}\n")
    assert [point[:2] for point in values(more)] == values(found)


def test_grid_and_hypercube_go_together(variants_of) -> None:  # type: ignore[no-untyped-def]
    found = variants_of(
        SPREADING
        + "grid: {horizon.weeks: [4, 5]}\nlatin_hypercube:\n  points: 3\n"
        + "  fields:\n    actions[0].share: {low: 0.1, high: 0.2}\n"
    )
    assert [weeks for weeks, _ in values(found)] == [4, 4, 4, 5, 5, 5]


def test_every_location_is_left_out_once(variants_of) -> None:  # type: ignore[no-untyped-def]
    assert values(variants_of(TODAY + "leave_out: locations\n")) == [
        ("NOORD",),
        ("MIDDEN",),
        ("ZUID",),
        ("POLI",),
    ]
    south = variants_of(TODAY + "leave_out: {profile: oesophagus}\n", Region("roaz", "Zuid"))
    assert values(south) == [("MIDDEN",)]
    [item] = south.variants[0].scenario.actions
    assert (item.action.location, item.action.profiles) == ("MIDDEN", ["oesophagus"])
    # A plan is first seen as it is, then with every location left out on top of it.
    on_top = variants_of(SPREADING + "leave_out: {locations: [NOORD]}\nrule: nearest\n")
    assert values(on_top) == [(None,), ("NOORD",)]
    assert [len(variant.scenario.actions) for variant in on_top.variants] == [2, 3]
    assert on_top.variants[1].scenario.actions[2].action.rule == "nearest"


def test_every_norm_step_stops_one_location_more_until_one_is_left(variants_of) -> None:  # type: ignore[no-untyped-def]
    found = variants_of(TODAY + "norm_steps: {hip: every}\n")
    kept = []
    for variant in found.variants:
        [step] = take_steps(variant.scenario, DATASET, None).steps
        kept.append(len(step.kept[0].locations))
    assert kept == [2, 1]
    # One patient a year less, and the smallest would stay.
    [(first,), _] = values(found)
    assert isinstance(first, int)
    below = variants_of(TODAY + f"norm_steps: {{hip: [{first - 1}, {first}]}}\n")
    assert [len(variant.scenario.actions) for variant in below.variants] == [0, 1]


def test_an_impossible_variant_stays_with_its_reason(variants_of) -> None:  # type: ignore[no-untyped-def]
    text = """scenario:
  actions:
    - close: {location: NOORD, profiles: [oesophagus]}
leave_out: {profile: oesophagus}
"""
    found = variants_of(text)
    assert [(variant.values, variant.possible) for variant in found.variants] == [
        ((None,), True),
        (("NOORD",), True),
        (("MIDDEN",), False),
    ]
    assert "oesophagus" in found.variants[2].note["en"]
    assert "Niemand" in found.variants[2].note["nl"]


def test_an_action_that_changes_nothing_is_left_out_and_said(variants_of) -> None:  # type: ignore[no-untyped-def]
    found = variants_of(SPREADING + "grid:\n  actions[1].percent: [0, 10]\n")
    assert [variant.possible for variant in found.variants] == [True, True]
    assert [len(variant.scenario.actions) for variant in found.variants] == [1, 2]
    assert "changes nothing" in found.variants[0].note["en"]
    assert found.variants[1].note == {}


def test_nothing_possible_is_a_mistake_with_the_reasons(mistakes_of) -> None:  # type: ignore[no-untyped-def]
    said = mistakes_of("""scenario:
  actions:
    - close: {location: NOORD, profiles: [oesophagus]}
    - close: {location: MIDDEN, profiles: [oesophagus]}
grid:
  horizon.weeks: [4, 5]
""")
    assert said[0] == "sweep.yaml:1: None of the 2 variants can be carried out."
    assert said[1] == "sweep.yaml:1: Variant 1: Nobody in the Netherlands would still provide 'oesophagus'."


def test_all_mistakes_come_at_once_with_their_lines(mistakes_of) -> None:  # type: ignore[no-untyped-def]
    said = mistakes_of(
        SPREADING
        + """grid:
  actions[0].shar: [0.1]
  actions[0].share: [0.1, 2]
  actions[2].share: [0.1]
  actions.share: [0.1]
  actions[1].location: [ZUID, NORD]
  naam: [x]
  horizon.demand_factors[0].factor: [1]
  horizon.weeks[0]: [1]
  horizon..weeks: [1]
  horizon.weeks: [4, 4]
  horizon: [{weeks: 5}]
"""
    )
    assert said == [
        "sweep.yaml:8: The field 'shar' does not exist here. Do you mean 'share'?",
        "sweep.yaml:9: 'share' may be at most 1; found 2.",
        "sweep.yaml:10: actions[2] does not exist: the list of the scenario goes from [0] to [1].",
        "sweep.yaml:11: There is a list at 'actions'. Say which, counted from 0: actions[0].",
        "sweep.yaml:12: Location 'NORD' is not known. Do you mean 'NOORD'?",
        "sweep.yaml:13: 'naam' cannot vary. A field begins with: actions, horizon, region.",
        "sweep.yaml:14: There is nothing to vary at 'horizon.demand_factors': the list of the scenario is empty.",
        "sweep.yaml:15: There is no list at 'horizon.weeks'.",
        "sweep.yaml:16: 'horizon..weeks' is no field of a scenario. "
        "Write it as actions[0].share or horizon.demand_year.",
        "sweep.yaml:17: The value 4 stands twice at 'horizon.weeks'.",
        "sweep.yaml:18: This field is part of the field on line 17, or the same field. A field can vary only once.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("leave_out: locations\n", "sweep.yaml:1: Name the scenario that varies"),
        (TODAY, "sweep.yaml:1: It does not say what varies"),
        (TODAY + "gird: {}\n", "sweep.yaml:4: The field 'gird' does not exist here. Do you mean 'grid'?"),
        (TODAY + "leave_out: location\n", "sweep.yaml:4: 'location' is not possible for 'leave_out'"),
        (TODAY + "norm_steps: {hip: [0]}\n", "sweep.yaml:4: 'hip' must be at least 1; found 0."),
        (
            TODAY + "norm_steps: {hipp: every}\n",
            "sweep.yaml:4: Care profile 'hipp' is not known. Do you mean 'hip'?",
        ),
        (
            TODAY + "leave_out: locations\nnorm_steps: {hip: every}\n",
            "sweep.yaml:1: 'leave_out' and 'norm_steps'",
        ),
        (TODAY + "grid: {horizon.weeks: [4]}\nrule: nearest\n", "sweep.yaml:1: 'rule' belongs to"),
        (
            TODAY + "leave_out: locations\ngrid: {region.roaz: [Noord]}\n",
            "sweep.yaml:5: The region cannot vary",
        ),
        (
            TODAY + "latin_hypercube: {points: 3, fields: {horizon.weeks: {low: 4, high: x}}}\n",
            "sweep.yaml:4: 'high' must be a number, with a point as decimal sign; it is x.",
        ),
        (
            TODAY + "latin_hypercube: {points: 3, fields: {horizon.weeks: {low: 8, high: 4}}}\n",
            "sweep.yaml:4: 'low' must be less than 'high'.",
        ),
        ("base: 01-n\nleave_out: locations\n", "sweep.yaml:3: '01-n' was not found. Do you mean '01-nu'?"),
        ("scenario:\n  horizon:\n    weks: 4\nleave_out: locations\n", "sweep.yaml:5: The field 'weks'"),
        (
            "scenario:\n  actions:\n    - close: {location: NORD}\nleave_out: locations\n",
            "sweep.yaml:5: Location 'NORD' is not known.",
        ),
        (
            "region: {roaz: Noord}\nactions:\n  - close: {location: NOORD}\n",
            "sweep.yaml:1: This is a scenario",
        ),
    ],
)
def test_what_is_said_about_a_mistake(mistakes_of, text: str, said: str) -> None:  # type: ignore[no-untyped-def]
    assert mistakes_of(text)[0].startswith(said)


def test_a_sweep_that_is_handed_in_as_a_scenario_is_told_from_a_typing_mistake() -> None:
    with pytest.raises(InvalidInput) as found:
        parse_scenario(HEAD + TODAY + "leave_out: locations\n", "sweep.yaml")
    assert found.value.message("en").splitlines() == [
        "sweep.yaml:1: This is a sweep: many variants of a scenario. Simulate it with: zorgstroom sweep."
    ]


def test_too_many_variants_are_refused_before_they_are_made(mistakes_of) -> None:  # type: ignore[no-untyped-def]
    weeks = list(range(4, 104))
    [said] = mistakes_of(
        TODAY + f"grid:\n  horizon.weeks: {weeks}\n  horizon.warmup_weeks: {list(range(11))}\n"
    )
    assert said.startswith(f"sweep.yaml:1: These are 1,100 variants; {MAX_VARIANTS:,} is the most.")


def test_the_scenario_may_be_another_file_and_its_mistakes_keep_their_place(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(
        "zorgstroom: 1\nname: Plan\nactions:\n  - close: {location: NOORD}\n", encoding="utf-8"
    )
    (tmp_path / "bad.yaml").write_text(
        "zorgstroom: 1\nname: Plan\nactions:\n  - close: {location: NORD}\n", encoding="utf-8"
    )
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(
        HEAD + "base: plan.yaml\ngrid:\n  actions[0].location: [NOORD, ZUID]\n", encoding="utf-8"
    )
    found = make_variants(load_sweep(sweep), DATASET)
    assert [variant.scenario.actions[0].action.location for variant in found.variants] == ["NOORD", "ZUID"]  # type: ignore[union-attr]
    sweep.write_text(HEAD + "base: bad.yaml\ngrid: {horizon.weeks: [4]}\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as wrong:
        make_variants(load_sweep(sweep), DATASET)
    assert wrong.value.message("en").startswith(f"{tmp_path}/bad.yaml:4: Location 'NORD'")
    with pytest.raises(InvalidInput) as gone:
        load_sweep(tmp_path / "nothing.yaml")
    assert gone.value.message("en") == f"{tmp_path}/nothing.yaml: This file does not exist."


def test_paths_through_a_document() -> None:
    document = {"actions": [{"spread": {"share": {"by_type": {"umc": 0.1}}}}], "horizon": {}}
    path = full_path(document, parse_path("actions[0].share.by_type.umc"))
    assert path == ("actions", 0, "spread", "share", "by_type", "umc")
    made = with_values(document, [(path, 0.2), (("region", "roaz"), "Zuid")])
    assert made["actions"][0]["spread"]["share"]["by_type"]["umc"] == 0.2
    assert made["region"] == {"roaz": "Zuid"}
    assert document["actions"][0]["spread"]["share"] == {"by_type": {"umc": 0.1}}  # type: ignore[index]
    with pytest.raises(BadPath):
        full_path(document, parse_path("actions[0].share.by_type.umc.x"))


def written() -> dict[str, str]:
    """Return the sweeps in the documentation and among the examples, by where they stand."""
    root = Path(__file__).parents[2]
    page = (root / "docs" / "sweep.md").read_text(encoding="utf-8")
    found = {f"docs/sweep-{number}.yaml": text for number, text in enumerate(re.findall(FENCE, page, re.S))}
    files = sorted((root / "examples" / "sweeps").glob("*.yaml"))
    return found | {str(file.relative_to(root)): file.read_text(encoding="utf-8") for file in files}


@pytest.mark.parametrize("name", written())
def test_what_is_documented_works(name: str, tmp_path: Path) -> None:
    examples = Path(__file__).parents[2] / "examples"
    (tmp_path / "docs").mkdir()
    path = (examples.parent if name.startswith("examples") else tmp_path) / name
    if not path.exists():
        path.write_text(written()[name], encoding="utf-8")
    found = make_variants(load_sweep(path), load_dataset("nl2025"))
    assert len(found.variants) >= 2
    assert found.possible == list(found.variants)
