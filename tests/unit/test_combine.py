"""Plans that are made apart: as one plan, and what contradicts between them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.patients import sample_patients
from tests.support.small_dataset import make_dataset, make_locations

from zorgstroom import cli
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.between_plans import Clash, clashes, effects_of, room_counted_twice
from zorgstroom.planning.check import check_scenario
from zorgstroom.planning.combining import combine
from zorgstroom.planning.plan import compile_plan, take_steps
from zorgstroom.scenario_file import parse_scenario, parse_scenario_with_lines
from zorgstroom.scenario_writing import scenario_text
from zorgstroom.scenarios_together import put_together
from zorgstroom_simulator.choice import choose, choose_under_plan

pytestmark = pytest.mark.unit

SMALL = make_dataset()
Capture = pytest.CaptureFixture[str]


def plan_of(*actions: dict[str, Any], name: str = "x", **fields: Any) -> Scenario:
    return Scenario.model_validate({"zorgstroom": 1, "name": name, "actions": list(actions), **fields})


def found(one: dict[str, Any], other: dict[str, Any]) -> list[Clash]:
    """Return what clashes between two plans of one action."""
    plans = [plan_of(one), plan_of(other)]
    assert not any(check_scenario(plan, SMALL, None).errors for plan in plans)
    return clashes([effects_of(plan, SMALL, None) for plan in plans], SMALL)


def close(profiles: Sequence[str], **fields: Any) -> dict[str, Any]:
    return {"close": {"location": "MIDDEN", "profiles": list(profiles), **fields}}


def spread(to: str, share: float = 0.2, origin: str = "NOORD", **fields: Any) -> dict[str, Any]:
    senders, receivers = {"locations": [origin]}, {"locations": [to]}
    return {"spread": {"profiles": ["hip"], "from": senders, "to": receivers, "share": share, **fields}}


def concentrate(at: Sequence[str], profile: str = "oesophagus", **fields: Any) -> dict[str, Any]:
    return {"concentrate": {"profiles": [profile], "at": list(at), **fields}}


def resize(**fields: Any) -> dict[str, Any]:
    return {"capacity": {"location": "ZUID", "pool": "or", **fields}}


def demand(**fields: Any) -> dict[str, Any]:
    return {"demand": {"profiles": ["hip"], **fields}}


EARLY: dict[str, Any] = {"start": "2025-02-01"}
LATE: dict[str, Any] = {"start": "2025-07-01"}
DIALYSIS = {"demand": {"profiles": ["dialysis"], "prevent": 0.1}}
OPEN = {"open": {"location": "ZUID", "profiles": ["oesophagus"]}}


@pytest.mark.parametrize(
    ("one", "other", "key", "serious"),
    [
        (close(["hip"]), spread("MIDDEN"), "closed", True),
        (close(["hip"], **EARLY), spread("MIDDEN", **LATE), "closed_before", False),
        (close(["hip"], **LATE), spread("MIDDEN", **EARLY), "closed_after", False),
        (concentrate(["NOORD"]), concentrate(["MIDDEN"]), "other_place", True),
        (close(["oesophagus"]), concentrate(["NOORD"]), "moved_twice", False),
        (spread("MIDDEN"), spread("ZUID", 0.3), "share_twice", False),
        (
            {"open": {**OPEN["open"], **EARLY}},
            {"open": {**OPEN["open"], **LATE}},
            "start_dates",
            False,
        ),
        (resize(percent=10), resize(add=60), "resized", False),
        (resize(percent=10), resize(set=900), "resized", True),
        (demand(prevent=0.1), demand(grow=0.2), "demand_both_ways", False),
        (demand(prevent=0.1), demand(replace=0.2), "demand_twice", False),
    ],
)
def test_what_two_plans_want_in_two_ways_is_named(
    one: dict[str, Any], other: dict[str, Any], key: str, serious: bool
) -> None:
    named = {clash.key: clash for clash in found(one, other)}
    assert f"between.{key}" in named
    assert named[f"between.{key}"].serious is serious
    assert len(named) == 1


def test_capacity_that_goes_along_can_go_only_once() -> None:
    follows = {"capacity_follows": 1}
    named = found(close(["hip"], **follows), concentrate(["NOORD", "ZUID"], "hip", **follows))
    assert [clash.key for clash in named] == ["between.moved_twice", "between.taken_twice"]
    assert "MIDDEN or" in str(named[1].params["pools"])
    assert named[1].serious


def test_plans_that_leave_each_other_alone_do_not_clash() -> None:
    assert found(concentrate(["NOORD"]), spread("ZUID", origin="MIDDEN")) == []
    assert found(close(["hip"]), demand(prevent=0.1)) == []


def test_room_that_both_plans_count_on_is_counted_once() -> None:
    """Each fills up the operating rooms in the south a little; both together fill them beyond what they have."""
    plans = [plan_of(spread("ZUID", 0.1)), plan_of(DIALYSIS, spread("ZUID", 0.12, "MIDDEN"))]
    together = combine(plans, "samen", "", SMALL).scenario
    effects = [effects_of(plan, SMALL, None) for plan in plans]
    (clash,) = [
        item for item in room_counted_twice(together, effects, SMALL, None) if item.params["pool"] == "or"
    ]
    assert (clash.first, clash.second) == ((0, 0), (1, 1))
    assert clash.params["location"] == "ZUID"
    for plan, effect in zip(plans, effects, strict=True):
        assert not room_counted_twice(plan, [effect], SMALL, None)


# As one plan

NL = load_dataset("nl2025")
REGIONS = sorted({location.roaz for location in NL.locations})
PROFILES = ("stomach", "pancreas", "bariatric", "hip_replacement")


@st.composite
def regional_plans(draw: st.DrawFn, count: int) -> list[Scenario]:
    """Draw plans of different regions, in which patients stay within the region."""
    regions = draw(st.lists(st.sampled_from(REGIONS), min_size=count, max_size=count, unique=True))
    plans = []
    for region in regions:
        actions = []
        for profile in draw(st.lists(st.sampled_from(PROFILES), min_size=1, max_size=2, unique=True)):
            dates = draw(st.sampled_from([{}, EARLY, LATE]))
            few = {"profiles": [profile], "to_count": draw(st.integers(1, 2)), "rule": "nearest", **dates}
            share = {
                "profiles": [profile],
                "from": {"types": ["umc", "topklinisch"]},
                "to": {"types": ["algemeen"]},
                "share": draw(st.sampled_from([0.2, 0.5])),
                **dates,
            }
            actions.append(draw(st.sampled_from([{"concentrate": few}, {"spread": share}])))
        plans.append(plan_of(*actions, name=region, region={"roaz": region}))
    return plans


FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(regional_plans(3))
def test_it_does_not_matter_which_plans_are_put_together_first(plans: list[Scenario]) -> None:
    def together(*parts: Scenario) -> Scenario:
        return combine(parts, "samen", "", NL).scenario

    one, two, three = plans
    whole = together(one, two, three)
    assert together(together(one, two), three) == whole == together(one, together(two, three))


@FEW
@given(regional_plans(2))
def test_regional_plans_do_together_what_each_does_alone(plans: list[Scenario]) -> None:
    """Nobody is sent out of a region by these plans, so they do not touch each other."""
    combined = combine(plans, "samen", "", NL)
    whole = take_steps(combined.scenario, NL, None)
    moves = {
        (combined.origins[move.action], move.profile, move.part): move
        for step in whole.steps
        for move in _numbered(step.moves)
    }
    for number, plan in enumerate(plans):
        alone = take_steps(plan, NL, None)
        inside = NL.locations_in(Region("roaz", plan.name))
        assert np.array_equal(whole.end.offers[inside], alone.end.offers[inside])
        for profile, flows in alone.end.flows.items():
            assert np.array_equal(whole.end.flows[profile][:, :, inside], flows[:, :, inside])
        for step in alone.steps:
            for move in _numbered(step.moves):
                other = moves.pop(((number, move.action), move.profile, move.part))
                assert np.array_equal(other.leaving, move.leaving)
                assert np.array_equal(other.receivers, move.receivers)
                assert other.start_day == move.start_day
    assert not moves


class _Numbered:
    """A move with which one it is of its action and profile."""

    def __init__(self, move: Any, part: int) -> None:
        self.part = part
        self.action, self.profile, self.start_day = move.action, move.profile, move.start_day
        self.leaving, self.receivers = move.leaving, move.receivers


def _numbered(moves: Sequence[Any]) -> list[_Numbered]:
    return [
        _Numbered(move, sum(other.profile == move.profile for other in moves[:index]))
        for index, move in enumerate(moves)
    ]


def test_patients_go_where_the_plan_of_their_care_alone_sends_them() -> None:
    """The south brings oesophagus to MIDDEN, the north closes hip at NOORD: the same people, the same places."""
    south = plan_of(OPEN, concentrate(["MIDDEN"]), name="zuid", region={"roaz": "Zuid"})
    north = plan_of(
        {"close": {"location": "NOORD", "profiles": ["hip"]}}, name="noord", region={"roaz": "Noord"}
    )
    whole = combine([south, north], "samen", "", SMALL).scenario
    assert whole.region is None
    patients = sample_patients(SMALL, Calendar(2025, 0, 26), 1, 0)
    today = choose(SMALL, patients, np.arange(len(patients)), SMALL.offers)
    where = {}
    for name, plan in {"south": south, "north": north, "whole": whole}.items():
        _, chosen = choose_under_plan(SMALL, patients, today, compile_plan(plan, SMALL, None))
        where[name] = chosen[:, -1]
    for profile, name in (("oesophagus", "south"), ("hip", "north")):
        mine = patients.profile == SMALL.profile_index[profile]
        assert mine.any()
        assert np.array_equal(where["whole"][mine], where[name][mine])


def test_every_action_keeps_the_region_of_its_own_plan() -> None:
    own = concentrate(["MIDDEN"], within={"province": "Zuidland"})
    south = plan_of(
        own, spread("ZUID", origin="MIDDEN"), resize(percent=5), name="zuid", region={"roaz": "Zuid"}
    )
    north = plan_of(demand(prevent=0.1), name="noord", region={"roaz": "Noord"}, horizon={"weeks": 26})
    made = combine([south, north], "samen", "", SMALL)
    within = [getattr(item.action, "within", None) for item in made.scenario.actions]
    assert [None if region is None else region.kind_and_name() for region in within] == [
        ("province", "Zuidland"),
        ("roaz", "Zuid"),
        None,
        ("roaz", "Noord"),
    ]
    # Who says nothing about the stretch of time goes along with who does.
    assert made.scenario.horizon.weeks == 26
    assert made.origins == ((0, 0), (0, 1), (0, 2), (1, 0))
    one_region = combine([south, south], "samen", "", SMALL).scenario
    assert one_region.region == south.region
    assert one_region.actions == [*south.actions, *south.actions]


def test_actions_stand_in_the_order_of_their_dates() -> None:
    plans = [plan_of(resize(add=1, **LATE), resize(add=2)), plan_of(resize(add=3, **EARLY), resize(add=4))]
    made = combine(plans, "samen", "", SMALL)
    assert made.origins == ((0, 1), (1, 1), (1, 0), (0, 0))


def test_a_scenario_written_as_a_file_is_read_as_the_same_scenario() -> None:
    plan = plan_of(
        spread("ZUID", **EARLY), demand(grow=0.25), name="Naam: met dubbele punt", region={"roaz": "Zuid"}
    )
    text = scenario_text(plan, "eerste\ntweede", ["van hier"])
    assert text.startswith("# eerste\n# tweede\nzorgstroom: 1\n")
    assert "actions:\n# van hier\n- spread:" in text
    assert parse_scenario(text, "plan.yaml") == plan


# The command


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def write(name: str, *actions: dict[str, Any], **fields: Any) -> str:
        path = tmp_path / name
        document = {"zorgstroom": 1, "name": path.stem, "actions": list(actions), **fields}
        path.write_text(yaml.safe_dump(document), "utf-8")
        return str(path)

    return write


STOMACH = {"concentrate": {"profiles": ["stomach"], "at": ["MST"]}}
ELSEWHERE = {"concentrate": {"profiles": ["stomach"], "at": ["ZGT-AL"]}}
EUREGIO = {"region": {"roaz": "Euregio"}}
HIPS = {
    "spread": {
        "profiles": ["hip_replacement"],
        "from": {"types": ["umc", "topklinisch"]},
        "to": {"types": ["algemeen"]},
        "share": 0.1,
    }
}


def test_regional_plans_become_one_file(file: Callable[..., str], tmp_path: Path, capsys: Capture) -> None:
    one, other = file("oost.yaml", STOMACH, **EUREGIO), file("zuid.yaml", HIPS, region={"roaz": "Limburg"})
    out = tmp_path / "landelijk.yaml"
    arguments = ["combine", one, other, "--name", "Landelijk", "--out", str(out)]
    assert cli.run(arguments) == 0
    assert "2 plannen samengevoegd, 2 maatregelen" in capsys.readouterr().out
    written = parse_scenario(out.read_text("utf-8"), str(out))
    assert written.description == "Samengevoegd uit: oost (oost.yaml); zuid (zuid.yaml)."
    assert "# uit zuid.yaml, maatregel 1\n" in out.read_text("utf-8")
    assert not check_scenario(written, NL, None).errors
    # A file of its own may be written again; another may not.
    assert cli.run(arguments) == 0
    before = Path(other).read_text("utf-8")
    assert cli.run([*arguments[:-1], other]) == 1
    assert "bestaat al" in capsys.readouterr().err
    assert Path(other).read_text("utf-8") == before


def test_plans_that_contradict_are_refused_with_both_lines(
    file: Callable[..., str], tmp_path: Path, capsys: Capture
) -> None:
    one, other = file("a.yaml", STOMACH, **EUREGIO), file("b.yaml", HIPS, ELSEWHERE, **EUREGIO)
    out = tmp_path / "samen.yaml"
    assert cli.run(["combine", one, other, "--name", "Samen", "--out", str(out), "--lang", "en"]) == 1
    told = capsys.readouterr().err
    assert "a.yaml:2; " in told
    assert "Action 1 of a.yaml wants this care at MST, and action 2 of b.yaml at ZGT-AL: stomach." in told
    assert "Nothing was written" in told
    assert not out.exists()
    assert cli.run(["combine", one, other, "--name", "Samen", "--out", str(out), "--anyway"]) == 0
    assert "let op: Maatregel 1 van a.yaml wil deze zorg op MST" in capsys.readouterr().err
    assert out.exists()


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({"actions": [STOMACH]}, "Dit is hetzelfde plan als"),
        ({"actions": [HIPS]}, "De naam 'a' heeft"),
        (
            {"name": "b", "actions": [HIPS], "horizon": {"weeks": 26, "demand_year": 2035}},
            "Anders zijn: demand_year, weeks (hier 2035; 26; daar 2030; 52)",
        ),
        ({"name": "b", "actions": [{"close": {"location": "SKBB"}}]}, "Bedoelt u 'SKB'?"),
    ],
)
def test_what_cannot_be_one_plan_is_refused(
    second: dict[str, Any], words: str, file: Callable[..., str], tmp_path: Path, capsys: Capture
) -> None:
    horizon = {"horizon": {"demand_year": 2030}} if "horizon" in second else {}
    one = file("a.yaml", STOMACH, **horizon)
    path = tmp_path / "b.yaml"
    path.write_text(yaml.safe_dump({"zorgstroom": 1, "name": "a", **second}), "utf-8")
    assert cli.run(["combine", one, str(path), "--name", "Samen"]) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


def test_one_file_is_nothing_to_put_together(file: Callable[..., str], capsys: Capture) -> None:
    assert cli.run(["combine", file("a.yaml", STOMACH), "--name", "Samen"]) == 1
    assert "minstens twee bestanden" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--name", " "], "'name' mag niet leeg zijn"),
        (["--name", "x" * 121], "hoogstens 120 tekens"),
        (["--name", "x", "--description", "x" * 2001], "hoogstens 2000 tekens"),
        (["--name", "x", "--out", "samen.json"], "eindigt niet op .yaml"),
        (["--name", "x", "--out", "."], "eindigt niet op .yaml"),
    ],
)
def test_options_that_cannot_be_are_refused_at_once(
    options: list[str], words: str, tmp_path: Path, capsys: Capture
) -> None:
    files = [str(tmp_path / name) for name in ("a.yaml", "b.yaml")]
    assert cli.run(["combine", *files, *options]) == 1
    assert words in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_said(
    file: Callable[..., str], tmp_path: Path, capsys: Capture
) -> None:
    one, other = file("a.yaml", STOMACH, **EUREGIO), file("b.yaml", HIPS, region={"roaz": "Limburg"})
    in_a_file = tmp_path / "a.yaml" / "samen.yaml"
    assert cli.run(["combine", one, other, "--name", "Samen", "--out", str(in_a_file)]) == 1
    assert "is niet te schrijven" in capsys.readouterr().err


def test_validate_compares_with_another_plan(file: Callable[..., str], capsys: Capture) -> None:
    one, other = file("a.yaml", STOMACH, **EUREGIO), file("b.yaml", ELSEWHERE, **EUREGIO)
    assert cli.run(["validate", one, "--with", other]) == 1
    captured = capsys.readouterr()
    assert "Maatregel 1 van a.yaml wil deze zorg op MST, en maatregel 1 van b.yaml op ZGT-AL" in captured.err
    assert "1 fout gevonden" in captured.err
    assert (
        cli.run(["validate", one, "--json", "--with", file("c.yaml", HIPS, region={"roaz": "Limburg"})]) == 0
    )
    (record,) = json.loads(capsys.readouterr().out)
    assert record["together"] == {"problems": [], "contradictions": [], "warnings": []}


def without_ed(ed: str) -> Dataset:
    """Return the small country where the south has an emergency department part of the day, or none."""
    locations = [
        dataclasses.replace(item, ed=ed) if item.id == "ZUID" else item  # type: ignore[arg-type]
        for item in make_locations()
    ]
    offers = SMALL.offers.copy()
    offers[SMALL.location_index["ZUID"], SMALL.profile_index["pneumonia"]] = ed != "geen"
    return make_dataset(locations=locations, offers=offers)


def test_a_unit_that_one_plan_opens_and_another_closes_is_named() -> None:
    dataset = without_ed("deels")
    plans = [
        plan_of({kind: {"location": "ZUID", "units": ["ed"], "start": start}})
        for kind, start in (("open", "2025-03-01"), ("close", "2025-06-01"))
    ]
    (clash,) = clashes([effects_of(plan, dataset, None) for plan in plans], dataset)
    # The one that closes is named first.
    assert (clash.key, clash.first, clash.second) == ("between.unit_after", (1, 0), (0, 0))
    assert clash.params["units"] == "ZUID (ed)"


def test_a_plan_that_needs_another_is_fine_together() -> None:
    opening = (
        "{zorgstroom: 1, name: a, actions: [{open: {location: ZUID, units: [ed], profiles: [pneumonia]}}]}"
    )
    leaning = "{zorgstroom: 1, name: b, actions: [{concentrate: {profiles: [pneumonia], at: [NOORD, ZUID]}}]}"
    files = [parse_scenario_with_lines(opening, "a.yaml"), parse_scenario_with_lines(leaning, "b.yaml")]
    dataset = without_ed("geen")
    found = put_together(files, "samen", "", dataset)
    assert found.combined is not None
    assert not found.errors
    (warning,) = [problem for problem in found.warnings if problem.key == "combine.needs_others"]
    assert warning.where == "b.yaml:1"
    assert "geen spoedeisende hulp" in warning.message("nl")
