"""Systems of one's own: what comes back is what was handed in, worked through by hand; what cannot work is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zorgstroom.errors import InvalidInput
from zorgstroom_simulator.systems import (
    DAY,
    At,
    Constant,
    Empirical,
    Every,
    Exponential,
    Flow,
    Location,
    Lognormal,
    Minutes,
    Planned,
    Poisson,
    System,
    Unplanned,
    VaryingPoisson,
    Visits,
    run,
    simulate,
)

pytestmark = pytest.mark.unit

ONE_BED = System({"A": Location(units={"ward": 1})})


def at(minutes: list[int], stays: list[int], **given: object) -> Unplanned:
    """Return patients of one's own for the ward of A."""
    settings: dict[str, object] = {"at": "A", "route": ["ward"]} | given
    return Unplanned(arrivals=At(minutes), stay=[Minutes(stays)], **settings)  # type: ignore[arg-type]


def column(system: System, flows: dict[str, Flow], name: str, days: int = 10) -> list[object]:
    values: list[object] = run(system, flows, days=days)[name].to_pylist()
    return values


# --- by hand ---------------------------------------------------------------------------------------


def test_first_come_first_served_with_patience_without_end() -> None:
    flows: dict[str, Flow] = {"x": at([0, 10, 20], [100, 50, 30])}
    assert column(ONE_BED, flows, "start") == [0, 100, 150]
    assert column(ONE_BED, flows, "wait") == [0, 90, 130]


def test_urgent_goes_first_in_line_but_sends_nobody_out_of_bed() -> None:
    flows: dict[str, Flow] = {
        "plain": at([0, 10, 20], [100, 50, 30]),
        "urgent": at([30, 40], [5, 5], urgent=True),
    }
    journeys = run(ONE_BED, flows, days=1)
    starts = dict(zip(journeys["arrival"].to_pylist(), journeys["start"].to_pylist(), strict=True))
    assert starts == {0: 0, 30: 100, 40: 105, 10: 110, 20: 160}


def test_lost_without_waiting_and_boarded_above_capacity() -> None:
    flows: dict[str, Flow] = {"x": at([0, 10, 200], [100, 50, 30])}
    lose = System(ONE_BED.locations, when_full="lose")
    assert column(lose, flows, "state") == ["done", "lost", "done"]
    assert column(lose, flows, "location") == ["A", None, "A"]
    board = System(ONE_BED.locations, when_full="board")
    assert column(board, flows, "boarded") == [False, True, False]
    assert column(board, flows, "start") == [0, 10, 200]


def test_diversion_list_in_order_and_mutual_overflow() -> None:
    """A's second patient goes to B, B's own then to C, A's third, with all full, waits at A."""
    system = System(
        {name: Location(units={"ward": 1}) for name in "ABC"}, transfer_minutes={("A", "B"): 7, ("B", "C"): 9}
    )
    flows: dict[str, Flow] = {
        "a": at([0, 10, 30], [100, 100, 100], diversions=["B", "C"]),
        "b": at([20], [100], at="B", diversions=["A", "C"]),
    }
    journeys = run(system, flows, days=1)
    rows = [tuple(row.values()) for row in
            journeys.select(["arrival", "location", "diversion", "held", "start", "end"]).to_pylist()]  # fmt: skip
    assert rows == [
        (0, "A", 0, 0, 0, 100),
        (10, "B", 1, 10, 17, 117),
        (20, "C", 2, 20, 29, 129),
        (30, "A", 0, 100, 100, 200),
    ]


@pytest.mark.parametrize(
    ("rule", "first_end", "last_start", "over"),
    [
        ("over", [50, 100], [50, 100], [False, True]),
        ("block", [50, 150], [50, 150], [False, False]),
        ("wait", [50, 100], [50, 150], [False, False]),
    ],
)
def test_who_leaves_the_ic_for_a_full_ward(
    rule: str, first_end: list[int], last_start: list[int], over: list[bool]
) -> None:
    """One IC bed, one ward bed: 50 minutes and 100. The second comes on the IC at 50 and is done there at 100.

    Blocked, he keeps the IC bed until 150, and the third, who came at 2, gets it then and not at 100.
    """
    system = System({"A": Location(units={"ic": 1, "ward": 1})}, next_unit_full=rule)  # type: ignore[arg-type]
    flow = Unplanned(at="A", route=["ic", "ward"], stay=[Constant(50), Constant(100)], arrivals=At([0, 1, 2]))
    journeys = run(system, {"x": flow}, days=1)
    assert journeys["first_end"].to_pylist()[:2] == first_end
    assert journeys["last_start"].to_pylist()[:2] == last_start
    assert journeys["over_capacity"].to_pylist()[:2] == over
    assert journeys["start"].to_pylist()[2] == first_end[1]
    assert journeys["end"].to_pylist()[:2] == [150, last_start[1] + 100]


def test_the_ic_alone_and_before_the_ward_share_its_beds() -> None:
    system = System({"A": Location(units={"ic": 1, "ward": 1})})
    both = Unplanned(at="A", route=["ic", "ward"], stay=[Constant(50), Constant(100)], arrivals=At([0]))
    alone = Unplanned(at="A", route=["ic"], stay=[Constant(30)], arrivals=At([10]))
    journeys = run(system, {"both": both, "alone": alone}, days=1)
    assert journeys["start"].to_pylist() == [0, 50]
    assert journeys["end"].to_pylist() == [150, 80]


def test_the_planner_fills_the_day_by_due_time() -> None:
    """480 minutes a day: two operations of 200 with 30 between; who is due first goes first, weekends are free."""
    system = System({"A": Location(rooms={"OR": 480})}, working_days="weekdays", change_over=30)
    late = Planned(at="A", room="OR", operation=Constant(200), arrivals=At([0, 0, 0]), target_days=20)
    soon = Planned(at="A", room="OR", operation=Constant(200), arrivals=At([1]), target_days=1)
    journeys = run(system, {"late": late, "soon": soon}, days=14)
    assert journeys["start"].to_pylist() == [
        7 * 60,
        DAY + 7 * 60,
        DAY + 7 * 60,
        7 * 60,
    ]
    friday = Planned(at="A", room="OR", operation=Constant(200), arrivals=At([4 * DAY + 8 * 60]))
    assert column(system, {"x": friday}, "start", 14) == [7 * DAY + 7 * 60]


def test_a_clinic_sees_so_many_a_day_and_planned_patients_come_after_it() -> None:
    system = System({"A": Location(clinics={"eye": 2})}, work_up_days=1)
    visits = Visits(at="A", clinic="eye", arrivals=At([0, 1, 2]))
    both = Planned(at="A", clinic="eye", arrivals=At([3]))
    journeys = run(system, {"visits": visits, "both": both}, days=5)
    assert journeys["visit"].to_pylist() == [480, 480, DAY + 480, DAY + 480]
    assert journeys["state"].to_pylist() == ["done"] * 4
    assert journeys["listed"].to_pylist()[3] == 2 * DAY + 480
    assert journeys["start"].to_pylist()[3] == 3 * DAY + 420


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_who_is_due_a_minute_earlier_is_seen_first(engine: str) -> None:
    """Waits of no minute and of one count as equally long; of two referred at one minute, due time decides."""
    system = System({"A": Location(clinics={"eye": 1})})
    soon = Visits(at="A", clinic="eye", arrivals=At([10]), target_days=1 / DAY)
    now = Visits(at="A", clinic="eye", arrivals=At([10]))
    journeys = run(system, {"soon": soon, "now": now}, days=5, engine=engine)
    assert journeys["visit"].to_pylist() == [DAY + 480, 480]


def test_planned_patients_leave_the_reserve_to_the_acute() -> None:
    system = System({"A": Location(units={"ward": 2})}, reserve=1)
    planned = Planned(at="A", route=["ward"], stay=[Constant(3 * DAY)], arrivals=At([0, 0]))
    acute = at([8 * 60], [60])
    journeys = run(system, {"planned": planned, "acute": acute}, days=10)
    assert journeys["start"].to_pylist() == [420, 3 * DAY + 420, 480]


def test_an_area_goes_to_the_nearest_that_has_it_and_is_diverted_by_travel() -> None:
    system = System(
        {"far": Location(units={"ward": 1}), "near": Location(units={"ward": 1}), "other": Location()},
        travel={"Dorp": {"far": 30, "near": 10, "other": 1}},
    )
    flow = Unplanned(area="Dorp", route=["ward"], stay=[Constant(100)], arrivals=At([0, 1, 2]))
    assert column(system, {"x": flow}, "location") == ["near", "far", "near"]


def test_without_end_there_is_always_room() -> None:
    system = System({"A": Location(units={"ward": None}, rooms={"OR": None}, clinics={"eye": None})})
    acute = at([0] * 50, [100] * 50)
    planned = Planned(at="A", room="OR", operation=Constant(400), arrivals=At([0] * 50))
    visit = Visits(at="A", clinic="eye", arrivals=At([0] * 50))
    journeys = run(system, {"acute": acute, "planned": planned, "visit": visit}, days=1)
    assert set(journeys["wait"].to_pylist()) == {0, 420, 480}


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_without_end_is_more_than_anybody_can_need(engine: str) -> None:
    """Four operations of 4,000 years take the room no time of the others."""
    system = System({"A": Location(rooms={"OR": None}, clinics={"eye": None})})
    operation = Minutes([2**31 - 1] * 4 + [1])
    planned = Planned(at="A", room="OR", clinic="eye", operation=operation, arrivals=At([0] * 5))
    assert set(run(system, {"x": planned}, days=3, engine=engine)["start"].to_pylist()) == {DAY + 420}


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_without_patients_nothing_happens(engine: str) -> None:
    flows: dict[str, Flow] = {
        "none": at([], []),
        "never": Planned(at="A", room="OR", operation=Constant(5), arrivals=Poisson(0)),
        "later": Visits(at="A", clinic="eye", arrivals=At([5 * DAY])),
    }
    result = simulate(WARD, flows, days=1, engine=engine)
    assert (result.journeys.num_rows, result.stays.num_rows) == (0, 0)
    assert set(result.census["number"].to_pylist()) == {0}


def test_the_way_back_takes_as_long_unless_it_is_given() -> None:
    places = {name: Location(units={"ward": 1}) for name in "AB"}
    flows: dict[str, Flow] = {
        "to a": at([0, 0], [9, 9]),
        "to b": at([1], [9], diversions=["B"]),
        "at b": at([2], [99], at="B", diversions=["A"]),
    }

    def waits(transfer: dict[tuple[str, str], int]) -> list[object]:
        system = System(places, transfer_minutes=transfer, when_full="lose")
        return column(system, flows, "wait")

    assert waits({("A", "B"): 30}) == [0, None, 30, None]
    assert waits({("A", "B"): 30, ("B", "A"): 40}) == [0, None, 30, None]
    back: dict[str, Flow] = {"x": at([0, 0], [9, 9], at="B", diversions=["A"])}
    for transfer, wait in (
        ({("A", "B"): 30}, 30),
        ({("A", "B"): 30, ("B", "A"): 40}, 40),
        ({("B", "A"): 40, ("A", "B"): 30}, 40),
    ):
        assert column(System(places, transfer_minutes=transfer), back, "wait") == [0, wait]


def test_who_is_on_the_first_of_two_units_at_the_end_has_not_left_it() -> None:
    """Whether he can leave it after his stay is not known: the ward may be full."""
    system = System({"A": Location(units={"ic": 1, "ward": 1})}, next_unit_full="block")
    flow = Unplanned(at="A", route=["ic", "ward"], stay=[Constant(2 * DAY), Constant(5)], arrivals=At([0]))
    (row,) = run(system, {"x": flow}, days=1).to_pylist()
    assert [row[name] for name in ("start", "first_end", "last_start", "end")] == [0, None, None, None]


def test_work_up_can_take_years() -> None:
    system = System({"A": Location(clinics={"eye": 1})}, work_up_days=500)
    planned = Planned(at="A", clinic="eye", arrivals=At([0]))
    (row,) = run(system, {"x": planned}, days=5).to_pylist()
    assert row["listed"] == 500 * DAY + 480


def test_census_and_stays_tell_the_same() -> None:
    system = System({"A": Location(units={"ic": 2, "ward": 2})}, next_unit_full="block")
    flow = Unplanned(
        at="A", route=["ic", "ward"], stay=[Exponential(DAY), Exponential(DAY)], arrivals=Poisson(1.5)
    )
    result = simulate(system, {"x": flow}, days=60)
    for unit in ("ic", "ward"):
        stays = [row for row in result.stays.to_pylist() if row["unit"] == unit]
        counted = [
            sum(s["start"] < day * DAY and (s["end"] is None or s["end"] >= day * DAY) for s in stays)
            for day in range(61)
        ]
        census = [
            row["number"]
            for row in result.census.to_pylist()
            if row["name"] == unit and row["kind"] == "beds"
        ]
        # Who comes or leaves at that very minute does so after the count.
        assert census == counted
        assert max(census) == 2


# --- patients --------------------------------------------------------------------------------------


def test_patients_do_not_depend_on_sizes_rules_or_other_flows() -> None:
    flow = Unplanned(at="A", route=["ward"], stay=[Lognormal(DAY, sd=DAY)], arrivals=Poisson(3))
    small = run(ONE_BED, {"x": flow}, days=30)
    large = run(
        System({"B": Location(units={"ward": 3}), "A": Location(units={"ward": 5})}, when_full="lose"),
        {"y": Unplanned(at="B", route=["ward"], stay=[Constant(1)], arrivals=Poisson(1)), "x": flow},
        days=30,
    )
    mine = large.filter(np.array(large["flow"].to_pylist()) == "x")
    for name in ("arrival", "stay_last"):
        assert small[name].to_pylist() == mine[name].to_pylist()
    again = run(ONE_BED, {"x": flow}, days=30)
    assert again.equals(small)
    assert not run(ONE_BED, {"x": flow}, days=30, replication=1).equals(small)


def test_a_stay_does_not_depend_on_whether_others_leave_the_unit_for_another() -> None:
    system = System({"A": Location(units={"ic": None, "ward": None})})
    alone = Unplanned(at="A", route=["ic"], stay=[Exponential(DAY)], arrivals=Poisson(3))
    both = Unplanned(at="A", route=["ic", "ward"], stay=[Exponential(DAY)] * 2, arrivals=Poisson(3))
    apart = run(system, {"alone": alone}, days=30)
    together = run(system, {"alone": alone, "both": both}, days=30)
    mine = together.filter(np.array(together["flow"].to_pylist()) == "alone")
    for name in ("arrival", "stay_first", "stay_last", "end"):
        assert apart[name].to_pylist() == mine[name].to_pylist()


@pytest.mark.parametrize(
    ("duration", "mean"),
    [
        (Constant(10.25), 10.25),
        (Exponential(500), 500),
        (Lognormal(300, sd=450), 300),
        (Empirical([10, 20.5, 90]), 40.17),
    ],
)
def test_durations_keep_their_mean_in_whole_minutes(duration: Exponential, mean: float) -> None:
    drawn = duration.draw(np.random.default_rng(1), 200_000)
    assert drawn.dtype == np.int64
    assert drawn.min() >= 1
    assert drawn.mean() == pytest.approx(mean, rel=0.015)


def test_arrivals_follow_their_rate() -> None:
    working = np.arange(2000) % 7 < 5
    rng = np.random.default_rng(1)
    weekday = Poisson(3, working_days_only=True).times(rng, working)
    assert working[weekday // DAY].all()
    assert len(weekday) == pytest.approx(3 * working.sum(), rel=0.05)
    assert np.diff(Every(Constant(90)).times(rng, working)).tolist() == [90] * (2000 * DAY // 90 - 2)
    morning = VaryingPoisson(lambda day: np.where(day % 1 < 0.5, 4.0, 1.0), most=4).times(rng, working)
    early = (morning % DAY < DAY / 2).mean()
    assert early == pytest.approx(0.8, abs=0.02)
    assert (np.diff(morning) >= 0).all()


@settings(max_examples=40, deadline=None)
@given(
    beds=st.integers(1, 4),
    arrivals=st.lists(st.integers(0, 3 * DAY), min_size=1, max_size=40).map(sorted),
    stays=st.lists(st.integers(1, 2 * DAY), min_size=40, max_size=40),
)
def test_a_line_for_beds_is_that_of_kiefer_and_wolfowitz(
    beds: int, arrivals: list[int], stays: list[int]
) -> None:
    """Many servers, first come first served: each takes the server that is free first (Kiefer & Wolfowitz 1955)."""
    system = System({"A": Location(units={"ward": beds})})
    free, starts = [0] * beds, []
    for minute, stay in zip(arrivals, stays, strict=False):
        free.sort()
        starts.append(max(minute, free[0]))
        free[0] = starts[-1] + stay
    found = column(system, {"x": at(arrivals, stays[: len(arrivals)])}, "start", days=200)
    assert found == starts


# --- refused ---------------------------------------------------------------------------------------

WARD = System({"A": Location(units={"ward": 2}, rooms={"OR": 480}, clinics={"eye": 5})}, travel={"Dorp": {}})
GOOD = at([0], [10])
LARGE = System(
    {
        place: Location(units={f"w{number}": 1 for number in range(90)} | {"ward": 1})
        for place in ["A", *map(str, range(99))]
    }
)


def ward(
    arrivals: Poisson | Every | VaryingPoisson | At,
    *stay: Constant | Minutes,
    route: tuple[str, ...] = ("ward",),
) -> Unplanned:
    return Unplanned(at="A", route=route, stay=stay, arrivals=arrivals)


@pytest.mark.parametrize(
    ("system", "flows", "where", "says"),
    [
        (System({}), {"x": GOOD}, "locations", "no provider"),
        (WARD, {}, "flows", "no patients"),
        (System({"A": Location(units={"ward": -1})}), {"x": GOOD}, "locations.A.units.ward", "-1"),
        (System({"A": Location(units={"ward": 1.5})}), {"x": GOOD}, "locations.A.units.ward", "whole"),  # type: ignore[dict-item]
        (System({"A": Location(rooms={"OR": float("nan")})}), {"x": GOOD}, "locations.A.rooms.OR", "nan"),
        (System(WARD.locations, when_full="los"), {"x": GOOD}, "when_full", "wait, lose, board"),  # type: ignore[arg-type]
        (System(WARD.locations, transfer_minutes={("A", "Q"): 3}), {"x": GOOD}, "transfer_minutes.A-Q", "Q"),
        (System(WARD.locations, transfer_minutes={("A", "A"): -3}), {"x": GOOD}, "transfer_minutes.A-A", "1000000."),
        (WARD, {"x": at([0], [10], at="a")}, "flows.x.at", "Did you mean A"),
        (WARD, {"x": at([0], [10], route=["wards"])}, "flows.x.at", "does not provide wards"),
        (WARD, {"x": at([0], [10], at=None, area="Dorp")}, "flows.x.area", "reach"),
        (WARD, {"x": at([0], [10], at=None, area="Stad")}, "flows.x.area", "no travel times"),
        (WARD, {"x": at([0], [10], area="Dorp")}, "flows.x", "either"),
        (WARD, {"x": ward(Poisson(1))}, "flows.x.stay", "Service time missing"),
        (WARD, {"x": ward(Poisson(1), Constant(0))}, "flows.x.stay.ward", "above 0"),
        (WARD, {"x": Unplanned(at="A", route=[], stay=[], arrivals=Poisson(1))}, "flows.x.route", "one or two"),
        (WARD, {"x": at([0], [10], diversions=["A"])}, "flows.x.diversions", "first choice"),
        (WARD, {"x": at([0, 1], [10])}, "flows.x.stay.ward", "1 durations for 2"),
        (WARD, {"x": at([5, 1], [10, 10])}, "flows.x.arrivals", "ascending"),
        (WARD, {"x": ward(Poisson(1), Minutes([5]))}, "flows.x.stay.ward", "At"),
        (WARD, {"x": ward(Poisson(-1), Constant(5))}, "flows.x.arrivals", "rate"),
        (WARD, {"x": ward(Every(Minutes([3])), Constant(5))}, "flows.x.arrivals", "At"),
        (WARD, {"x": ward(VaryingPoisson(lambda day: day, most=1), Constant(5))},
         "flows.x.arrivals.per_day", "between"),
        (WARD, {"x": Planned(at="A", room="OR", arrivals=Poisson(1))}, "flows.x.operation", "both or neither"),
        (WARD, {"x": Visits(at="A", clinic="ear", arrivals=Poisson(1))}, "flows.x.at", "does not provide ear"),
        (System({"A": Location(units={"ward": 0})}), {"x": GOOD}, "flows.x.route", "nobody is ever helped"),
        (System({"A": Location(units={"ward": 0})}, when_full="lose"),
         {"x": Planned(at="A", route=["ward"], stay=[Constant(5)], arrivals=At([0]))}, "flows.x.route", "no beds"),
        (System({"A": Location(units={"ic": 1, "ward": 0})}, next_unit_full="wait"),
         {"x": ward(Poisson(1), Constant(1), Constant(1), route=("ic", "ward"))}, "flows.x.route", "next_unit_full"),
        (System({"A": Location(rooms={"OR": 0})}),
         {"x": Planned(at="A", room="OR", operation=Constant(5), arrivals=At([0]))}, "flows.x.room", "OR of A is 0"),
        (System({"A": Location(admissions=0)}), {"x": Planned(at="A", arrivals=At([0]))}, "flows.x.room", "is 0"),
        (System({"A": Location(clinics={"eye": 0})}),
         {"x": Visits(at="A", clinic="eye", arrivals=At([0]))}, "flows.x.clinic", "eye of A is 0"),
        (System({"A": Location(units={"ward": 1} | {f"w{number}": 1 for number in range(100)})}),
         {"x": GOOD}, "locations.*.units", "101 different"),
        (System({f"L{number}": Location(units={"ward": 1}) for number in range(129)},
                travel={"Dorp": {f"L{number}": number for number in range(129)}}),
         {"x": at([0], [10], at=None, area="Dorp")}, "flows.x.diversions", "128"),
        (System({f"L{number}": Location() for number in range(1001)}), {"x": GOOD}, "locations", "1,001"),
        (WARD, {"x": ward(Poisson(1_000_000), Constant(5))}, "flows.x.arrivals", "30,000,000"),
        (WARD, {"x": ward(VaryingPoisson(np.sin, most=1_000_000), Constant(5))}, "flows.x.arrivals", "30,000,000"),
        (System({"A": Location(units={"a": 1, "b": 1, "c": 1})}),
         {"x": ward(Poisson(1), Constant(1), Constant(1), route=("a", "b")),
          "y": ward(Poisson(1), Constant(1), Constant(1), route=("b", "c"))}, "flows", "at most two"),
        (System({"A": Location(rooms={"a": 1, "b": 1, "c": 1})}), {"x": GOOD}, "locations", "a, b, c"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_with_the_reason(
    system: System, flows: dict[str, Flow], where: str, says: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        run(system, flows, days=30)
    lines = {problem.where: problem.message("en") for problem in refused.value.problems}
    assert says in lines[where]
    assert all(problem.message("nl") for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"days": 0}, "days"),
        ({"days": 36_501}, "days"),
        ({"days": 3.5}, "days"),
        ({"days": "3"}, "days"),
        ({"days": 36_500, "system": LARGE}, "days"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
        ({"replication": 1.5}, "replication"),
        ({"engine": "steam"}, "engine"),
        ({"engine": ["simpy"]}, "engine"),
    ],
)
def test_a_run_that_cannot_be_is_refused(given: dict[str, object], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        run(flows={"x": GOOD}, **({"days": 3, "system": WARD} | given))  # type: ignore[arg-type]
    assert [problem.where for problem in refused.value.problems] == [where]


def x(**given: object) -> dict[str, object]:
    """Return flow x with some of its fields as given."""
    good: dict[str, object] = {"at": "A", "route": ["ward"], "stay": [Constant(5)], "arrivals": At([0])}
    return {"x": Unplanned(**(good | given))}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("system", "flows", "where"),
    [
        ({"A": 1}, x(), "system"),
        (System(["A"]), x(), "locations"),  # type: ignore[arg-type]
        (System({"A": {"units": {"ward": 1}}}), x(), "locations.A"),  # type: ignore[dict-item]
        (System({1: Location()}), x(), "locations"),  # type: ignore[dict-item]
        (System({"A": Location(units=["ward"])}), x(), "locations.A.units"),  # type: ignore[arg-type]
        (System({"A": Location(units={"ward": "5"})}), x(), "locations.A.units.ward"),  # type: ignore[dict-item]
        (System({"A": Location(admissions="5")}), x(), "locations.A.admissions"),  # type: ignore[arg-type]
        (System(WARD.locations, reserve=None), x(), "reserve"),  # type: ignore[arg-type]
        (System(WARD.locations, when_full=["lose"]), x(), "when_full"),  # type: ignore[arg-type]
        (System(WARD.locations, transfer_minutes={"A": 3}), x(), "transfer_minutes"),  # type: ignore[dict-item]
        (System(WARD.locations, transfer_minutes={("A", "A"): None}), x(), "transfer_minutes.A-A"),  # type: ignore[dict-item]
        (System(WARD.locations, travel={"Dorp": {"A": None}}), x(), "travel.Dorp.A"),  # type: ignore[dict-item]
        (WARD, [GOOD], "flows"),
        (WARD, {1: GOOD}, "flows"),
        (WARD, {"x": None}, "flows.x"),
        (WARD, x(at=5), "flows.x.at"),
        (WARD, x(route="ward"), "flows.x.route"),
        (WARD, x(diversions="B"), "flows.x.diversions"),
        (WARD, x(stay=Constant(5)), "flows.x.stay"),
        (WARD, x(stay=[5]), "flows.x.stay"),
        (WARD, x(stay=[Exponential]), "flows.x.stay"),
        (WARD, x(stay=[Constant("5")]), "flows.x.stay.ward"),  # type: ignore[arg-type]
        (WARD, x(stay=[Exponential(None)]), "flows.x.stay.ward"),  # type: ignore[arg-type]
        (WARD, x(stay=[Exponential(float("nan"))]), "flows.x.stay.ward"),
        (WARD, x(stay=[Exponential(2.0**31)]), "flows.x.stay.ward"),
        (WARD, x(stay=[Lognormal(1e-9, sd=9)]), "flows.x.stay.ward"),
        (WARD, x(stay=[Empirical([])]), "flows.x.stay.ward"),
        (WARD, x(stay=[Empirical(None)]), "flows.x.stay.ward"),  # type: ignore[arg-type]
        (WARD, x(stay=[Empirical(["5"])]), "flows.x.stay.ward"),  # type: ignore[list-item]
        (WARD, x(stay=[Empirical([5, float("nan")])]), "flows.x.stay.ward"),
        (WARD, x(stay=[Minutes([[5]])]), "flows.x.stay.ward"),  # type: ignore[list-item]
        (WARD, x(stay=[Minutes([[5, 6], 7])]), "flows.x.stay.ward"),  # type: ignore[list-item]
        (WARD, x(arrivals=4), "flows.x.arrivals"),
        (WARD, x(arrivals=Poisson("4")), "flows.x.arrivals"),  # type: ignore[arg-type]
        (WARD, x(arrivals=Every(90)), "flows.x.arrivals"),  # type: ignore[arg-type]
        (WARD, x(arrivals=VaryingPoisson(4, most=4)), "flows.x.arrivals"),  # type: ignore[arg-type]
        (WARD, x(arrivals=VaryingPoisson(lambda day: day[:3], most=4)), "flows.x.arrivals.per_day"),
        (WARD, x(arrivals=At(["0"])), "flows.x.arrivals"),  # type: ignore[list-item]
        (WARD, x(arrivals=At([[0, 1], 2])), "flows.x.arrivals"),  # type: ignore[list-item]
        (WARD, x(arrivals=At(np.array([5, 1], np.uint64))), "flows.x.arrivals"),  # type: ignore[arg-type]
        (WARD, {"x": Planned(at="A", room="OR", operation=5, arrivals=At([0]))}, "flows.x.operation"),  # type: ignore[arg-type]
        (WARD, {"x": Planned(at="A", target_days=None, arrivals=At([0]))}, "flows.x.target_days"),  # type: ignore[arg-type]
        (WARD, {"x": Visits(at="A", clinic=None, arrivals=At([0]))}, "flows.x.clinic"),  # type: ignore[arg-type]
    ],
)
def test_what_is_of_the_wrong_kind_is_refused_with_its_place(
    system: System, flows: dict[str, Flow], where: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        run(system, flows, days=40)
    assert [problem.where for problem in refused.value.problems] == [where]
    assert all(problem.message(language) for problem in refused.value.problems for language in ("nl", "en"))


class Own:
    """Durations and arrivals of somebody's own, that give what they were given."""

    def __init__(self, *values: float) -> None:
        self.values = values

    def problem(self) -> None:
        return None

    def draw(self, rng: np.random.Generator, number: int) -> np.ndarray:
        return np.array(self.values)

    def times(self, rng: np.random.Generator, working: np.ndarray) -> np.ndarray:
        return np.array(self.values)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"stay": [Own(-5)]}, "flows.x.stay"),
        ({"stay": [Own(5, 5)]}, "flows.x.stay"),
        ({"stay": [Own(5.5)]}, "flows.x.stay"),
        ({"stay": [Own(2**31)]}, "flows.x.stay"),
        ({"arrivals": Own(-5)}, "flows.x.arrivals"),
        ({"arrivals": Own(5, 4)}, "flows.x.arrivals"),
        ({"arrivals": Own(0.5)}, "flows.x.arrivals"),
    ],
)
def test_what_a_class_of_ones_own_gives_is_not_trusted(given: dict[str, object], where: str) -> None:
    """An engine given a stay below nothing would write where it may not."""
    with pytest.raises(InvalidInput) as refused:
        run(WARD, x(**given), days=3)  # type: ignore[arg-type]
    assert [problem.where for problem in refused.value.problems] == [where]


def test_more_patients_than_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of times one by one it is known only when they are there."""
    monkeypatch.setattr("zorgstroom_simulator.systems.building.MOST_PATIENTS", 1000)
    assert len(run(WARD, x(arrivals=Every(Constant(1.44))), days=1)) <= 1000  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as refused:
        run(WARD, x(arrivals=Every(Constant(1))), days=1)  # type: ignore[arg-type]
    assert "1,439 patients" in str(refused.value)


def test_a_class_of_ones_own_works() -> None:
    own = x(stay=[Own(7)], arrivals=Own(3))
    assert run(WARD, own, days=3)["end"].to_pylist() == [10]  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers() -> None:
    system = System({"A": Location(units={"ward": np.int32(1)})}, change_over=np.int64(0))  # type: ignore[dict-item, arg-type]
    flows = x(stay=[Constant(np.float32(5))], arrivals=At(np.array([1], np.uint8)))  # type: ignore[arg-type]
    journeys = run(system, flows, days=np.int64(3), seed=np.uint8(1))  # type: ignore[arg-type]
    assert journeys["end"].to_pylist() == [6]
