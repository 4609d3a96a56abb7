"""Hours of professions and money: cells calculated by hand, sums that close, and rows for the report."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset.checking import check_dataset
from zorgstroom.dataset.loading import dataset_folder, load_dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.indicators.catalogue import CATALOGUE, PROFESSIONS
from zorgstroom.national.defaults import national_proxies
from zorgstroom.planning.staffing import fte_hours, hours_per_unit
from zorgstroom.reporting.finance import FloatArray, Turnover, moved_turnover, price_of_patient
from zorgstroom.reporting.impact import Impact, Section
from zorgstroom.reporting.stranded import cost_path, together
from zorgstroom.reporting.transition import moved_beds, moved_fte, once_all_moves
from zorgstroom_simulator.activity import Activity
from zorgstroom_simulator.environment import CarTravel
from zorgstroom_simulator.experiment import Experiment, simulate_replication
from zorgstroom_simulator.finance import add_finance, add_travel_cost, reference_cents
from zorgstroom_simulator.outcome import make_outcome
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.scope import Scope
from zorgstroom_simulator.staff import PARTS, add_staff, staff_parts

pytestmark = pytest.mark.unit

DATASET = make_dataset()
SCOPE = Scope(
    DATASET,
    Calendar(2025, 0, 26),
    np.ones(len(DATASET.areas), np.bool_),
    np.ones(len(DATASET.locations), np.bool_),
)
SHAPE = (len(DATASET.locations), len(DATASET.profiles))
NOORD, ZUID = DATASET.location_index["NOORD"], DATASET.location_index["ZUID"]
HIP, DIALYSIS = DATASET.profile_index["hip"], DATASET.profile_index["dialysis"]
FIELDS = [item.name for item in dataclasses.fields(Activity)]


def done(location: int = NOORD, profile: int = HIP, **amounts: int) -> Activity:
    """Return activity at one location in one profile; what is not named is zero."""
    made = {name: np.zeros(SHAPE, np.int64) for name in FIELDS}
    for name, amount in amounts.items():
        made[name][location, profile] = amount
    return Activity(**made)


#: Ten operations of 100 minutes, 40 nursing days, 2 IC days, 6 hours of procedures, 30 visits before and 50 after.
TEN = done(
    care=10,
    operations=10,
    or_minutes=1000,
    nursing_minutes=40 * 1440,
    ic_minutes=2 * 1440,
    procedure_minutes=360,
    visits_before_permille=30_000,
    visits_after_permille=50_000,
    day_treatments=4,
    ed_visits_permille=1500,
)


def hours(activity: Activity) -> dict[str, float]:
    return {
        profession: float(parts.sum()) / PARTS / 60
        for profession, parts in staff_parts(DATASET, activity).items()
    }


def test_hours_of_each_profession_by_hand() -> None:
    assert hours(TEN) == pytest.approx(
        {
            "ward_nurse": 40 * 24 * 0.16,
            "ic_nurse": 2 * 24 * 0.8,
            "recovery_nurse": 10 * 2 * 0.33,
            "operating_specialist": 30 * 20 / 60 + 50 * 15 / 60 + 1.3 * (1000 / 60 * 2 + 6 * 1),
            "anaesthetist": 10 * 20 / 60 + 1000 / 60 * 0.5,
            "or_assistant": 1000 / 60 * 2,
            "anaesthesia_assistant": 1000 / 60,
            "scope_nurse": 6 * 2,
            "vspa": 10 * (30 + 2 * 20) / 60,
        }
    )


def test_the_national_method_has_the_same_key_figures() -> None:
    """One place for each number: what the method starts from is what the dataset says."""
    shipped = load_dataset()
    proxies = national_proxies(shipped)
    for name, figure in shipped.staffing.items():
        if name != "productive_hours":
            assert float(proxies["*", name].value) == figure.value
            assert proxies["*", name].origin == "assumed"
    assert set(hours_per_unit(shipped)) == set(PROFESSIONS)


def test_rows_are_a_year_and_fte_are_hours_over_productive_hours() -> None:
    rows = Rows(DATASET)
    add_staff(rows, SCOPE, TEN)
    found = {
        (row["indicator"], row["location"], row["profile"]): row["total"]
        / row["count"]
        / CATALOGUE[row["indicator"]].scale
        for row in rows.table("plan", 0).to_pylist()
    }
    whole = hours(TEN)
    # Half a year was measured.
    assert found["staff_ward_nurse", "NOORD", ""] == pytest.approx(2 * whole["ward_nurse"])
    assert found["staff_ward_nurse", "", "hip"] == found["staff_ward_nurse", "", ""]
    fte = 2 * sum(whole.values()) / fte_hours(DATASET)
    assert found["staff_fte", "NOORD", "hip"] == pytest.approx(fte)
    assert found["staff_fte", "", ""] == pytest.approx(fte)
    assert fte_hours(DATASET) == 1550


def test_money_by_hand() -> None:
    cost = 40 * 644 + 2 * 2727 + 4 * 335 + 80 * 120 + 1.5 * 258 + 1000 * 11.09
    assert reference_cents(DATASET, TEN).sum() == round(cost * 100)
    rows = Rows(DATASET)
    add_finance(rows, SCOPE, TEN)
    way, trips = np.array([150, 20]), np.array([2000, 1000])
    add_travel_cost(rows, SCOPE, CarTravel(np.array([0, 1]), np.array([HIP, HIP]), way, trips))
    found = {
        row["indicator"]: row["total"] / row["count"] / CATALOGUE[row["indicator"]].scale
        for row in rows.table("plan", 0).to_pylist()
        if not (row["location"] or row["profile"] or row["area"])
    }
    assert found["turnover"] == pytest.approx(2 * 10 * 9800)
    assert found["reference_cost"] == pytest.approx(2 * cost)
    # Two trips of 15 km and one of 2 km, there and back, with parking.
    assert found["travel_cost"] == pytest.approx(2 * (2 * (30 * 0.26 + 3.92) + (4 * 0.26 + 3.92)))


amounts = st.fixed_dictionaries({name: st.integers(0, 10**7) for name in FIELDS})


@given(amounts, amounts, st.integers(1, 50))
def test_hours_and_cost_are_straight_lines_in_what_is_done(
    first: dict[str, int], second: dict[str, int], times: int
) -> None:
    """Twice the activity asks twice the hours; two places together what each asks; moving it changes nothing."""
    together = done(**{name: first[name] * times + second[name] for name in FIELDS})
    parts = staff_parts(DATASET, together)
    one, two = staff_parts(DATASET, done(**first)), staff_parts(DATASET, done(ZUID, DIALYSIS, **second))
    for profession in PROFESSIONS:
        assert parts[profession].sum() == one[profession].sum() * times + two[profession].sum()
        assert two[profession][ZUID, DIALYSIS] == two[profession].sum()
    apart = (
        reference_cents(DATASET, done(**first)).sum() * times
        + reference_cents(DATASET, done(ZUID, DIALYSIS, **second)).sum()
    )
    # Each of six prices is rounded down to a cent.
    assert 0 <= reference_cents(DATASET, together).sum() - apart <= 6 * (times + 1)


def test_turnover_that_leaves_comes_elsewhere_and_a_loser_keeps_fixed_cost() -> None:
    moved: dict[tuple[str, ...], FloatArray] = {
        ("hip", "ZUID", "NOORD"): np.array([10.0, 20.0]),
        ("hip", "NOORD", "ZUID"): np.array([4.0, 30.0]),
        ("dialysis", "ZUID", "MIDDEN"): np.array([1.0, 0.0]),
    }
    found = moved_turnover(moved, {("MIDDEN", "hip"): np.array([2.0, 2.0])}, price_of_patient(DATASET))
    # A person on dialysis has 156 sessions of 420 euro.
    assert found.leaves["ZUID"].tolist() == [10 * 9800 + 156 * 420, 20 * 9800]
    assert found.comes["MIDDEN"].tolist() == [156 * 420, 0]
    between = sum(found.leaves.values(), np.zeros(2)) - found.leaves["MIDDEN"]
    assert between.tolist() == sum(found.comes.values(), np.zeros(2)).tolist()
    # On average, not per simulated year: chance alone is no loss.
    assert found.lost("ZUID").tolist() == [6 * 9800 + 156 * 420, -10 * 9800]
    assert found.lost("NOORD").tolist() == [-6 * 9800, 10 * 9800]
    assert found.lost("MIDDEN").tolist() == [0, 0]
    assert Turnover({}, {"ZUID": np.ones(1)}).lost("ZUID").tolist() == [0]


def test_what_moves_is_counted_where_care_comes() -> None:
    changes = {("NOORD", "hip"): np.array([3.0, 4.0]), ("ZUID", "hip"): np.array([-3.5, -4.0])}
    assert moved_fte(changes, {("NOORD", "hip"): 5.0, ("ZUID", "hip"): -5.0}, 2).tolist() == [3.0, 4.0]
    days: dict[tuple[str, str], FloatArray] = {
        ("ZUID", "NOORD"): np.array([730.0]),
        ("NOORD", "ZUID"): np.array([219.0]),
        ("ZUID", "MIDDEN"): np.array([100.0]),
    }
    assert moved_beds(days, {"NOORD", "ZUID"}, 0.7, 1).tolist() == pytest.approx([511 / 365 / 0.7])
    # A year in which little has moved yet does not make it cheaper.
    assert once_all_moves([1.0, 9.0, 11.0]) == pytest.approx(10 / 7)


def test_cost_that_stays_follows_the_year_in_which_care_leaves() -> None:
    """Calculated by hand with fixed parts 0.675, 0.675, 0.583, 0.492 and 0.4."""
    shares = load_dataset().fixed_shares
    nothing, hundred = np.zeros(2), np.array([90.0, 110.0])
    at_once = cost_path([hundred], shares)
    assert [item.stays.mean() for item in at_once] == pytest.approx([67.5, 67.5, 58.3, 49.2, 40.0])
    assert [item.share for item in at_once] == pytest.approx([item.share for item in shares])
    assert at_once[0].stays.tolist() == pytest.approx([0.675 * 90, 0.675 * 110])

    # Nothing in the first year, 100 from the second, as much again from the fourth.
    steps = cost_path([nothing, hundred, hundred, 2 * hundred, 2 * hundred], shares)
    assert [item.stays.mean() for item in steps] == pytest.approx([0, 67.5, 67.5, 58.3 + 67.5, 49.2 + 67.5])
    assert [item.lowest for item in steps] == pytest.approx([0, 60, 60, 50 + 60, 40 + 60])
    assert steps[0].share is None
    for item in steps:
        assert item.lowest <= item.stays.mean() <= item.highest
        assert (item.stays + item.goes).tolist() == pytest.approx(item.lost.tolist())

    # What comes back takes its cost along.
    back = cost_path([hundred, nothing], shares)
    assert [item.stays.mean() for item in back] == pytest.approx([67.5, 0, 0, 0, 0])
    both = together([at_once, steps])
    assert both[1].lost.tolist() == [180, 220]
    assert both[1].stays.mean() == pytest.approx(135)


@pytest.fixture(scope="module")
def closing() -> tuple[Experiment, dict[str, pa.Table], Impact]:
    scenario = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "x",
            "horizon": {"weeks": 8, "warmup_weeks": 2},
            "actions": [{"close": {"location": "ZUID"}}],
        }
    )
    made = Experiment(DATASET, scenario, None, 1)
    found = [simulate_replication(made, replication) for replication in range(3)]
    outcome = make_outcome(made, found, run_id="r", created="2026-01-01T00:00:00Z", wall_seconds=1.0)
    return made, outcome.tables, outcome.impact


def test_locations_add_up_to_the_whole_in_every_simulated_year(
    closing: tuple[Experiment, dict[str, pa.Table], Impact],
) -> None:
    _, tables, _ = closing
    names = {*(f"staff_{name}" for name in PROFESSIONS), "staff_fte", "turnover", "reference_cost"}
    sums: dict[tuple[str, str, int], list[int]] = {}
    for row in tables["indicators"].to_pylist():
        if row["indicator"] in names and not row["profile"]:
            key = (row["indicator"], row["scenario"], row["replication"])
            sums.setdefault(key, [0, 0])[0 if row["location"] else 1] += row["total"]
    assert {key[0] for key in sums} == names - {"staff_scope_nurse"}
    assert all(parts == whole for parts, whole in sums.values())


def test_both_engines_count_the_same(closing: tuple[Experiment, dict[str, pa.Table], Impact]) -> None:
    made, _, _ = closing
    rows = [
        [
            row
            for row in simulate_replication(
                dataclasses.replace(made, engine=engine), 0
            ).indicators.to_pylist()
            if CATALOGUE[row["indicator"]].theme in ("staff", "finance")
        ]
        for engine in ("compiled", "simpy")
    ]
    assert rows[0]
    assert rows[0] == rows[1]


def section(impact: Impact, name: str) -> Section:
    (found,) = [item for item in impact.sections if item.id == name]
    return found


def cells(found: Section, row: int) -> dict[str, object]:
    return dict(zip([column.id for column in found.columns], found.rows[row], strict=True))


def test_the_report_tells_staff_and_money(closing: tuple[Experiment, dict[str, pa.Table], Impact]) -> None:
    _, _, impact = closing
    staff = section(impact, "staff")
    mine = [index for index, row in enumerate(staff.rows) if row[0] == "ZUID"]
    first = cells(staff, mine[0])
    assert first["fte_plan"].mean == 0  # type: ignore[attr-defined]
    assert first["fte_difference"].mean == pytest.approx(-first["fte_baseline"].mean)  # type: ignore[attr-defined]
    assert first["assumed_lowest"] < first["fte_difference"].mean < first["assumed_highest"] < 0  # type: ignore[attr-defined,operator]
    # The professions of a place add up to its first row.
    each = sum(cells(staff, index)["fte_baseline"].mean for index in mine[1:])  # type: ignore[attr-defined]
    assert each == pytest.approx(first["fte_baseline"].mean)  # type: ignore[attr-defined]
    assert staff.sentences[0].key == "staff.sentence.shift"

    money = section(impact, "finance")
    total, closed = cells(money, 0), cells(money, 1)
    assert money.rows[1][0] == "ZUID"
    assert total["turnover_leaves"] == total["turnover_comes"]
    assert closed["stranded_first"].mean == pytest.approx(0.675 * closed["turnover_leaves"].mean)  # type: ignore[attr-defined]

    years = section(impact, "finance_years")
    assert [row[0] for row in years.rows] == [1, 2, 3, 4, 5]
    for row in years.rows:
        told = dict(zip([column.id for column in years.columns], row, strict=True))
        stays, goes = told["stranded"].mean, told["variable"].mean  # type: ignore[union-attr]
        assert stays + goes == pytest.approx(closed["turnover_leaves"].mean)  # type: ignore[attr-defined]
        assert told["assumed_lowest"] <= stays <= told["assumed_highest"]  # type: ignore[operator]
    assert section(impact, "finance_once").rows


def test_money_of_a_plan_that_starts_in_the_second_year() -> None:
    """In the first year nothing stays and nothing is paid; what the plan says it costs once is told as it is."""
    scenario = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "x",
            "horizon": {"weeks": 104, "warmup_weeks": 0},
            "actions": [{"close": {"location": "ZUID", "start": "2025-12-29", "transition_cost": 500_000}}],
        }
    )
    made = Experiment(DATASET, scenario, None, 1)
    found = [simulate_replication(made, replication) for replication in range(3)]
    impact = make_outcome(made, found, run_id="r", created="2026-01-01T00:00:00Z", wall_seconds=1.0).impact
    years = section(impact, "finance_years")
    told = [dict(zip([column.id for column in years.columns], row, strict=True)) for row in years.rows]
    assert [row["year"] for row in told] == [1, 2, 3, 4, 5]
    lost = [row["turnover_lost"].mean for row in told]  # type: ignore[union-attr]
    assert lost[0] == 0
    assert lost[1] == lost[4] > 0
    stays = [row["stranded"].mean for row in told]  # type: ignore[union-attr]
    assert stays == pytest.approx([0, *(share * lost[1] for share in (0.675, 0.675, 0.583, 0.492))])
    (row,) = [row for row in section(impact, "finance").rows if row[0] == "ZUID"]
    by_hospital = dict(zip([column.id for column in section(impact, "finance").columns], row, strict=True))
    assert by_hospital["stranded_last"].mean == pytest.approx(stays[4])  # type: ignore[union-attr]
    # The mean over both years is half of what is lost in the second.
    assert by_hospital["turnover_leaves"].mean == pytest.approx(lost[1] / 2, rel=0.1)  # type: ignore[union-attr]
    once = section(impact, "finance_once")
    assert [cells(once, 0)[name] for name in ("price", "assumed_lowest")] == [None, None]
    assert cells(once, 0)["amount"].mean == 500  # type: ignore[attr-defined]
    assert not [row for row in once.rows if row[2] in (12_000, 50_000)]
    assert [line.key for line in section(impact, "finance").sentences] == [
        "finance.sentence.stranded_years",
        "finance.sentence.range_years",
    ]


@pytest.mark.parametrize(
    ("table", "before", "after", "said"),
    [
        ("staffing.csv", "ward_nurses,ward_nurse", "ward_nurse,ward_nurse", "ward_nurses"),
        ("prices.csv", "ic_day,ic_days,2727", "ic_day,ic_days,-1", "0"),
        ("cost_behaviour.csv", "5,0.4,0.3,0.5", "5,0.4,0.45,0.5", "lowest"),
        ("cost_behaviour.csv", "5,0.4,0.3,0.5", "5,0.49,0.3,0.6", "highest"),
    ],
)
def test_a_wrong_figure_is_named(tmp_path: Path, table: str, before: str, after: str, said: str) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(dataset_folder("nl2025"), folder)
    text = (folder / table).read_text("utf-8")
    assert before in text
    (folder / table).write_text(text.replace(before, after), "utf-8")
    lines = [problem.line("en") for problem in check_dataset(folder)]
    assert any(line.startswith(table) and said in line for line in lines), lines
