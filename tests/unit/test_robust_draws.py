"""Other assumptions: how they are drawn, how far they reach, and that every draw is a world that fits together."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.few_profiles import few_profiles

from zorgstroom.dataset import load_dataset, load_primary
from zorgstroom.dataset.checking import check_dataset
from zorgstroom.dataset.derived import write_derived
from zorgstroom.dataset.loading import dataset_folder
from zorgstroom.dataset.model import Dataset, OwnFigure
from zorgstroom.planning.ranges import HELD_FIGURES, RELATIVE_RANGE, relative_bounds
from zorgstroom.text import LANGUAGES, catalogue
from zorgstroom_simulator.calibrate import derive
from zorgstroom_simulator.robust.dimensions import Dimension, dimensions
from zorgstroom_simulator.robust.hypercube import FloatArray, latin_hypercube
from zorgstroom_simulator.robust.perturbation import perturbed, shared_out, tilted

pytestmark = pytest.mark.unit

FOLDER = dataset_folder("nl2025")
PRIMARY = load_primary(FOLDER)
DRAWN = dimensions(FOLDER, PRIMARY)
BY_NAME = {item.name: item for item in DRAWN}


def world(**positions: float) -> Dataset:
    """Return the facts with these dimensions elsewhere in their range (dots as double underscores)."""
    at = {name.replace("__", "."): value for name, value in positions.items()}
    assert at.keys() <= BY_NAME.keys()
    return perturbed(PRIMARY, DRAWN, np.array([at.get(item.name, 0.5) for item in DRAWN]))


def profile(dataset: Dataset, identifier: str) -> dict[str, float]:
    return {figure.name: figure.value for figure in dataset.figures if figure.subject == identifier}


# The Latin hypercube


@given(draws=st.integers(2, 60), seed=st.integers(0, 2**63 - 1))
@settings(max_examples=25, deadline=None)
def test_every_part_of_every_range_is_drawn_once(draws: int, seed: int) -> None:
    names = [f"figure {number}" for number in range(8)]
    positions = latin_hypercube(names, draws, seed)
    assert positions.shape == (draws, 8)
    assert ((positions > 0) & (positions < 1)).all()
    strata = np.sort(np.floor(positions * draws), axis=0)
    assert (strata == np.arange(draws)[:, None]).all()


def test_same_seed_same_draws_and_a_figure_more_changes_no_other() -> None:
    few = latin_hypercube(["a", "b"], 20, seed=1)
    more = latin_hypercube(["a", "new", "b"], 20, seed=1)
    assert (more[:, [0, 2]] == few).all()
    assert not (latin_hypercube(["a", "b"], 20, seed=2) == few).any()


def test_figures_do_not_go_along_with_each_other() -> None:
    positions = latin_hypercube([f"figure {number}" for number in range(30)], 1000, seed=3)
    correlations = np.array(np.corrcoef(positions.T)) - np.eye(30)
    # Of 435 pairs the largest of independent ones stays under 5 / sqrt(1000).
    assert np.abs(correlations).max() < 0.158


# How far figures reach


@pytest.mark.parametrize(("level", "reach"), [("high", 0.05), ("medium", 0.15), ("low", 0.35)])
def test_range_follows_confidence(level: str, reach: float) -> None:
    of_level = [item for item in DRAWN if item.confidence == level and item.kind == "factor"]
    assert of_level
    for item in of_level:
        assert item.low == pytest.approx(1 - reach)
        assert item.high <= 1 + reach + 1e-12
        assert item.at(0.5) == 1
        assert item.at(1e-9) == pytest.approx(item.low)
        assert item.at(1 - 1e-9) == pytest.approx(item.high)


def test_a_share_near_one_has_less_room_above_than_below() -> None:
    assert relative_bounds(0.9, "low", share=True) == pytest.approx((0.65, 1 / 0.9))
    assert relative_bounds(1.0, "low", share=True) == (0.65, 1.0)
    assert relative_bounds(0.9, "low") == (0.65, 1.35)


def test_every_uncertain_figure_is_drawn_or_held_with_a_reason() -> None:
    drawn_of_profile = {name for item in DRAWN if item.table == "profile" for name in item.members}
    drawn_of_model = {name for item in DRAWN if item.table == "model" for name in item.members}
    for figure in PRIMARY.figures:
        rate = figure.name.startswith("rate_") and "rate_*" in drawn_of_profile
        assert figure.name in drawn_of_profile or figure.name in HELD_FIGURES or rate
    for name, figure in PRIMARY.parameters.items():
        # A reserve of one bed is the only whole number within its range.
        assert name in drawn_of_model or name in HELD_FIGURES or figure.value <= 1


def test_every_drawn_figure_has_words_in_both_languages() -> None:
    for language in LANGUAGES:
        texts = catalogue(language)
        assert {f"robust.figure.{item.table}.{item.figure}" for item in DRAWN} <= texts.keys()
        assert {f"robust.held_reason.{reason}" for reason in HELD_FIGURES.values()} <= texts.keys()


# What a draw changes


def test_in_the_middle_of_every_range_is_the_dataset_itself() -> None:
    known, made = load_dataset("nl2025"), derive(world())[0]
    assert dict(made.capacities) == dict(known.capacities)
    assert (made.attraction == known.attraction).all()
    assert (made.offers == known.offers).all()
    assert (made.travel_hundredths == known.travel_hundredths).all()


def test_rates_move_with_the_volume_and_a_spread_with_its_mean() -> None:
    before, after = (
        profile(PRIMARY, "hip_replacement"),
        profile(world(hip_replacement__volume_per_year=0.999), "hip_replacement"),
    )
    factor = after["volume_per_year"] / before["volume_per_year"]
    assert 1 < factor <= 1 + RELATIVE_RANGE[BY_NAME["hip_replacement.volume_per_year"].confidence]
    assert after["rate_75plus"] == pytest.approx(before["rate_75plus"] * factor)
    assert after["rate_25_44"] == pytest.approx(before["rate_25_44"] * factor)
    longer = profile(world(hip_replacement__los_nights_mean=0.999), "hip_replacement")
    assert longer["los_nights_sd"] / longer["los_nights_mean"] == pytest.approx(
        before["los_nights_sd"] / before["los_nights_mean"]
    )


def test_older_patients_leave_the_number_of_patients_as_it_is() -> None:
    national = PRIMARY.population[PRIMARY.base_year].sum(axis=0).astype(float)
    before = PRIMARY.profiles[PRIMARY.profile_index["hip_replacement"]].rate_per_1000
    after = tilted(before, 0.3, national)
    assert np.dot(after, national) == pytest.approx(np.dot(before, national))
    assert after[-1] / before[-1] > after[3] / before[3]


def test_the_slopes_of_the_travel_function_move_together() -> None:
    slower = world(model__travel_function=0.9).parameters
    factors = {slower[name].value / PRIMARY.parameters[name].value for name in ("a1", "a2", "a3")}
    assert max(factors) == pytest.approx(min(factors))
    assert min(factors) > 1
    assert slower["t0"] == PRIMARY.parameters["t0"]


def test_one_figure_elsewhere_leaves_all_others() -> None:
    other = world(model__beta_complex=0.9)
    changed = [name for name, figure in other.parameters.items() if figure != PRIMARY.parameters[name]]
    assert changed == ["beta_complex"]
    assert [
        a for a, b in zip(other.figures, PRIMARY.figures, strict=True) if a.value != pytest.approx(b.value)
    ] == []


def test_shares_of_a_whole_keep_their_sum() -> None:
    assert shared_out([0.0, 0.5, 0.25, 0.25], 1.2) == pytest.approx([0.0, 0.6, 0.2, 0.2])
    assert shared_out([0.9, 0.1], 1.35) == pytest.approx([1.0, 0.0])
    assert shared_out([1.0, 0.0], 0.7) == [1.0, 0.0]


@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_any_draw_keeps_shares_between_zero_and_one_and_whole_numbers_whole(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32))
    edge = data.draw(st.sampled_from([0.0, 0.5, 1.0]))
    random = np.random.default_rng(seed).random(len(DRAWN))
    positions = np.clip(random * 0.5 + edge * 0.5, 1e-6, 1 - 1e-6)
    made = perturbed(PRIMARY, DRAWN, positions)
    for item in made.profiles:
        for share in (item.acute_share, item.procedure_share, item.ic_probability):
            assert 0 <= share <= 1 + 1e-12
        assert sum(item.setting_shares.values()) == pytest.approx(1, abs=1e-6)
        assert sum(item.type_shares.values()) == pytest.approx(1, abs=1e-6)
        assert min(*item.setting_shares.values(), *item.type_shares.values()) >= 0
    for name in ("work_up_days", "change_over_minutes", "planner_look_ahead", "observation_minutes"):
        assert made.parameter(name).is_integer()
        assert made.parameter(name) >= 1
    assert made.parameter("ward_target_load") <= 1
    assert sum(item.first_visit_share for item in made.specialties) == pytest.approx(1)
    assert all(
        made.parameters[name] == PRIMARY.parameters[name] for name in HELD_FIGURES if name in made.parameters
    )


def test_draws_pass_the_checks_of_a_dataset(tmp_path: Path) -> None:
    """Written as tables, a draw is a dataset like any other."""
    folder = few_profiles(tmp_path / "draw")
    primary = load_primary(folder)
    drawn = dimensions(folder, primary)
    for positions in latin_hypercube([item.name for item in drawn], 10, seed=1)[:3]:
        made = perturbed(primary, drawn, positions)
        write_facts(made, folder)
        complete, fit = derive(made)
        write_derived(complete, folder, fit)
        assert check_dataset(folder) == []


def write_facts(made: Dataset, folder: Path) -> None:
    figures = {(figure.subject, figure.name): figure.value for figure in made.figures}
    specialties = {item.id: item for item in made.specialties}
    beds = {item.id: item.beds for item in made.organisations}
    rewrite(folder / "parameters.csv", "value", lambda row: made.parameter(row["parameter_id"]))
    rewrite(folder / "profile_figures.csv", "value", lambda row: figures[row["profile_id"], row["figure"]])
    rewrite(
        folder / "specialties.csv",
        "first_visit_share",
        lambda row: specialties[row["specialty_id"]].first_visit_share,
    )
    rewrite(
        folder / "specialties.csv",
        "wait_first_visit_weeks",
        lambda row: specialties[row["specialty_id"]].wait_first_visit_weeks,
    )
    rewrite(
        folder / "case_mix.csv",
        "multiplier",
        lambda row: (
            {f"{kind}/{name}": value for (kind, name), value in made.case_mix.items()}[
                f"{row['type']}/{row['duration']}"
            ]
            / 1000
        ),
    )
    rewrite(folder / "organisations.csv", "beds", lambda row: beds[row["organisation_id"]])
    rewrite(folder / "ferries.csv", "minutes", lambda row: made.ferry_minutes[row["gemeente_id"]])


def rewrite(path: Path, column: str, value: Callable[[Mapping[str, str]], float | None]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        header, rows = list(reader.fieldnames or ()), list(reader)
    for row in rows:
        if (new := value(row)) is not None:
            row[column] = repr(float(new))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_dimensions_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(DRAWN)
    assert all(isinstance(item, Dimension) and item.low < item.high for item in DRAWN)


def test_the_hypercube_of_all_figures_is_the_same_in_any_order() -> None:
    names = [item.name for item in DRAWN]
    forward: FloatArray = latin_hypercube(names, 12, seed=5)
    assert (latin_hypercube(names[::-1], 12, seed=5)[:, ::-1] == forward).all()


def test_own_figures_stay_as_they_were_given(tmp_path: Path) -> None:
    own = (
        OwnFigure("beds", "MST", "ward:surgical", 91, "staffed beds", 100.0, "", ""),
        OwnFigure("volumes", "MST", "pancreas", 64, "patients per year", 60.0, "", ""),
    )
    folder = few_profiles(tmp_path / "few")
    primary = load_primary(folder)
    drawn = dimensions(folder, primary)
    positions = latin_hypercube([item.name for item in drawn], 10, seed=1)[3]
    made, _ = derive(perturbed(dataclasses.replace(primary, own=own), drawn, positions))
    assert made.capacities["MST", "ward:surgical"] == 91
    cell = made.location_index["MST"], made.profile_index["pancreas"]
    assert made.expected_volume[cell] / 1000 == pytest.approx(64, rel=0.001)
