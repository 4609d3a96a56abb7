"""The balance sheet per hospital, both ends of winners and losers, shared care and actions that do nothing."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.sample_result import identity, reading, readings, tables
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.plan import compile_plan
from zorgstroom.reporting import winners
from zorgstroom.reporting.balance import CAUSES, TOGETHER, Account, Cause, causes_of, ledger, split
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.impact import Estimate, Impact, Section
from zorgstroom.reporting.rendering import render
from zorgstroom.reporting.views import Views
from zorgstroom.reporting.winners import both_ends
from zorgstroom.tables import SCHEMAS

pytestmark = pytest.mark.unit

DATASET = make_dataset()


def years(*values: float) -> Any:
    return np.array(values, np.float64)


def test_a_hospital_that_gives_complex_care_gets_basic_care_back() -> None:
    """A gives B ten and twelve patients by concentrating; B gives A four and six back by spreading."""

    def cause_of(transfer: tuple[str, str, str]) -> Cause:
        return "concentration" if transfer[0] == "complex" else "spreading"

    found = ledger({("complex", "A", "B"): years(10, 12), ("basic", "B", "A"): years(4, 6)}, cause_of)
    assert found["A"].given.tolist() == [10, 12]
    assert found["A"].received.tolist() == [4, 6]
    assert found["A"].net.tolist() == [-6, -6]
    assert found["B"].net.tolist() == [6, 6]
    assert found["B"].causes["spreading"][0].tolist() == [4, 6]
    assert found["B"].causes["concentration"][1].tolist() == [10, 12]
    assert found[TOGETHER].given.tolist() == found[TOGETHER].received.tolist() == [14, 18]


PLACES = st.sampled_from("ABCDE")
TRANSFERS = st.dictionaries(
    st.tuples(st.sampled_from(("hip", "lung")), PLACES, PLACES),
    st.lists(st.integers(0, 1000), min_size=3, max_size=3),
    min_size=1,
)


@settings(max_examples=25, deadline=None)
@given(TRANSFERS)
def test_what_all_give_together_all_get_together(transfers: dict[tuple[str, str, str], list[int]]) -> None:
    amounts = {key: years(*values) for key, values in transfers.items()}
    found = ledger(amounts, lambda key: CAUSES[len(key[1] + key[2]) % 3 if key[0] == "hip" else 2])
    together = found.pop(TOGETHER)
    for name in ("given", "received"):
        summed = sum(getattr(account, name) for account in found.values())
        assert np.array_equal(summed, getattr(together, name))
    assert not together.net.any()
    assert not np.sum([account.net for account in found.values()], axis=0).any()
    for account in (*found.values(), together):
        for side, whole in enumerate((account.given, account.received)):
            assert np.array_equal(sum(both[side] for both in account.causes.values()), whole)


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.tuples(PLACES, st.sampled_from(("hip", "lung"))),
        st.lists(st.integers(-500, 500), min_size=3, max_size=3),
        min_size=1,
    ),
    st.dictionaries(st.tuples(PLACES, st.sampled_from(("hip", "lung"))), st.integers(-2, 2)),
)
def test_what_is_given_got_and_else_is_the_whole_change(
    changes: dict[tuple[str, str], list[int]], direction: dict[tuple[str, str], int]
) -> None:
    found = split({key: years(*values) for key, values in changes.items()}, direction)
    for place in {place for place, _ in changes}:
        whole = sum(years(*values) for (location, _), values in changes.items() if location == place)
        assert np.array_equal(found[place].net, whole)
    parts = [account for place, account in found.items() if place != TOGETHER]
    assert np.array_equal(sum(account.net for account in parts), found[TOGETHER].net)


def test_what_care_that_leaves_takes_along_is_given_and_the_rest_is_neither() -> None:
    changes = {("A", "lung"): years(-30.0), ("A", "hip"): years(12.0), ("A", "other"): years(-1.0)}
    found = split(changes, {("A", "lung"): -5.0, ("A", "hip"): 2.0})["A"]
    assert isinstance(found, Account)
    assert (found.given[0], found.received[0], found.net[0]) == (30, 12, -19)


def scenario_of(*actions: dict[str, Any]) -> Scenario:
    return Scenario.model_validate({"zorgstroom": 1, "name": "x", "actions": list(actions)})


CONCENTRATE = {"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"]}}
SPREAD = {
    "spread": {
        "profiles": ["hip"],
        "from": {"locations": ["NOORD"]},
        "to": {"types": ["algemeen"]},
        "share": 0.5,
    }
}
SPREAD_OESOPHAGUS = {
    "spread": {
        "profiles": ["oesophagus"],
        "from": {"locations": ["MIDDEN"]},
        "to": {"locations": ["NOORD"]},
        "share": 0.5,
    }
}


#: As in the result tables: nobody is left for another action.
EVERYBODY = {"spread": {**SPREAD_OESOPHAGUS["spread"], "share": 1}}


def test_a_transfer_has_the_cause_of_the_only_kind_of_action_that_makes_it() -> None:
    scenario = scenario_of(SPREAD_OESOPHAGUS, CONCENTRATE, SPREAD)
    cause_of = causes_of(compile_plan(scenario, DATASET, None), scenario, DATASET)
    assert cause_of(("hip", "NOORD", "ZUID")) == "spreading"
    assert cause_of(("oesophagus", "MIDDEN", "NOORD")) == "both"
    # Nobody sends hips there: one action after another did.
    assert cause_of(("hip", "NOORD", "MIDDEN")) == "both"
    alone = scenario_of(CONCENTRATE)
    cause_of = causes_of(compile_plan(alone, DATASET, None), alone, DATASET)
    assert cause_of(("oesophagus", "MIDDEN", "NOORD")) == "concentration"


def impact_of(scenario: Scenario, more: list[dict[str, Any]] | None = None) -> Impact:
    found = tables([*readings(), *(more or [])])
    return build_impact(found, DATASET, scenario, None, identity(), [])


def section(impact: Impact, identifier: str) -> Section | None:
    return next((item for item in impact.sections if item.id == identifier), None)


def texts(impact: Impact, found: Section) -> list[list[str]]:
    view = Views(impact, "nl").section(found)
    return [[str(cell) for cell in row[:2]] for row in view.rows]


def test_the_report_has_the_balance_with_a_total_that_conserves() -> None:
    """45 or 48 patients a year leave MIDDEN for NOORD, each ten bed-days, five OR hours and two IC days."""
    impact = impact_of(scenario_of(CONCENTRATE))
    found = section(impact, "balance")
    assert found is not None
    assert texts(impact, found)[:2] == [
        ["Alle locaties samen", "Patiënten"],
        ["Alle locaties samen", "OK-uren (uren per jaar)"],
    ]
    rows = {(name, what): row for (name, what), row in zip(texts(impact, found), found.rows, strict=True)}
    together = rows["Alle locaties samen", "Patiënten"]
    given, received, net = together[3:6]
    assert isinstance(given, Estimate)
    assert given.mean == pytest.approx(46.5)
    assert given == received
    assert net == Estimate(mean=0.0, low=0.0, high=0.0)
    midden = rows["Ziekenhuis Midden", "OK-uren (uren per jaar)"]
    assert isinstance(midden[3], Estimate)
    assert midden[2] == 745
    assert midden[3].mean == pytest.approx(46.5 * 5)
    assert midden[6] == pytest.approx(-46.5 * 5 / 745)
    ic_days = rows["UMC Noord", "IC-dagen (dagen per jaar)"]
    assert isinstance(ic_days[4], Estimate)
    assert ic_days[4].mean == pytest.approx(46.5 * 2)
    lines = [render(line, "nl", impact.names) for line in found.sentences]
    assert lines[0].startswith(
        "Ziekenhuis Midden verliest per saldo de meeste patiënten. Het geeft er per jaar 46 ("
    )
    assert "46" in lines[2] or "47" in lines[2]
    assert lines[2].endswith("door concentreren.")


def test_winners_and_losers_end_with_a_total() -> None:
    impact = impact_of(scenario_of(CONCENTRATE))
    hospitals, gemeenten = section(impact, "winners_locations"), section(impact, "winners_areas")
    assert hospitals is not None
    assert gemeenten is not None
    assert [row[0] for row in hospitals.rows[:-1]] == ["MIDDEN", "NOORD"]
    total = hospitals.rows[-1]
    assert [cell.mean for cell in total[1:] if isinstance(cell, Estimate)] == [0, 0, 0, 0]
    # 22 and 18 patients travel 20 and 30 minutes longer, 5 travel 20 shorter: who loses most is first.
    assert [row[0] for row in gemeenten.rows[:-1]] == ["Zuiddorp", "Middenstad", "Noordstad"]
    means = [[cell.mean for cell in row if isinstance(cell, Estimate)] for row in gemeenten.rows]
    assert np.sum(means[:-1], axis=0) == pytest.approx(means[-1])


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.text("abcdef", min_size=1), st.floats(-100, 100)), st.integers(1, 5))
def test_both_ends_and_the_others_are_everybody_once(change: dict[str, float], most: int) -> None:
    ends = both_ends(change, most)
    assert sorted((*ends.first, *ends.others, *ends.last)) == sorted(change)
    assert all(change[name] < 0 for name in ends.first)
    assert all(change[name] > 0 for name in ends.last)
    assert len(ends.first) == min(most, sum(value < 0 for value in change.values()))


def test_examples_in_docstrings_run() -> None:
    assert doctest.testmod(winners) == (0, 1)


SHARE = {"shared_care": {"profiles": ["oesophagus"]}}
#: A hundred contacts a year to Ziekenhuis Zuid, each 50 minutes and 40 km nearer, one way.
SHARED = [
    reading("contacts", 800, 700, 4, location="NOORD"),
    reading("contacts", 300, 400, 4, location="ZUID"),
    *(
        reading(name, 0, value, 4, **place)
        for name, value in (
            ("contacts_nearby", 100),
            ("contact_hours_saved", 100 * 2 * 50 / 60),
            ("contact_km_saved", 100 * 2 * 40),
        )
        for place in ({}, {"profile": "oesophagus"}, {"area": "GM0003"})
    ),
    reading("contacts_handed_over", 0, 100, 4, location="NOORD"),
    reading("contacts_received", 0, 100, 4, location="ZUID"),
]


def test_shared_care_tells_what_is_saved_and_what_clinics_get() -> None:
    impact = impact_of(scenario_of(CONCENTRATE, SHARE), SHARED)
    found, areas = section(impact, "shared_care"), section(impact, "shared_care_areas")
    clinics = section(impact, "shared_care_clinics")
    assert found is not None
    assert areas is not None
    assert clinics is not None
    assert [row[0] for row in found.rows[1:]] == ["oesophagus"]
    assert [row[4] for row in found.rows] == pytest.approx([50, 50])
    assert [row[0] for row in areas.rows[1:]] == ["GM0003"]
    assert [(row[0], row[1]) for row in clinics.rows] == [("ZUID", 300), ("NOORD", 800)]
    assert [row[5] for row in clinics.rows] == pytest.approx([1 / 3, -1 / 8])
    told = render(found.sentences[0], "nl", impact.names)
    assert told.startswith(
        "Door gedeelde zorg zijn 100 (96 tot 104) afspraken per jaar dichter bij huis. Dat scheelt 167"
    )
    assert "Ziekenhuis Zuid: 100 (96 tot 104) per jaar" in render(clinics.sentences[0], "nl", impact.names)


def test_actions_that_did_nothing_are_named_with_the_reason() -> None:
    idle: list[dict[str, Any]] = [
        SHARE,
        {"demand": {"profiles": ["dialysis"], "prevent": 0.5}},
        {"capacity": {"location": "ZUID", "pool": "or", "percent": 10}},
        {"open": {"location": "ZUID", "profiles": ["oesophagus"]}},
        SPREAD,
        {"spread": {**EVERYBODY["spread"], "to": {"locations": ["ZUID"]}}},
    ]
    impact = impact_of(scenario_of(EVERYBODY, *idle))
    found = section(impact, "idle_actions")
    assert found is not None
    assert [row[0] for row in found.rows] == [2, 3, 4, 5, 6, 7]
    reasons = [render(row[2], "nl") for row in found.rows if hasattr(row[2], "key")]  # type: ignore[arg-type]
    assert [reason.split()[0] for reason in reasons] == ["De", "Voor", "Er", "Niemand", "Er", "De"]
    assert reasons[2].startswith(
        "Er was en bleef ruimte over. De belasting is ook met de kleinste capaciteit hoogstens 7"
    )
    assert "verhuizen al door maatregel 1" in reasons[5]
    assert render(found.sentences[0], "en").startswith(
        "Action 2 did nothing or almost nothing: The nearest clinic"
    )


def test_actions_that_do_something_are_not_named() -> None:
    actions = (CONCENTRATE, {"capacity": {"location": "NOORD", "pool": "or", "percent": 10}}, SHARE)
    assert section(impact_of(scenario_of(*actions), SHARED), "idle_actions") is None


def test_staff_and_money_are_told_by_care_that_leaves_that_comes_and_the_rest() -> None:
    """At MIDDEN oesophagus takes 300 and 330 thousand euros along; other care brings 20 thousand more by itself."""
    rows = [
        {
            "scenario": scenario,
            "replication": replication,
            "indicator": "turnover",
            "location": "MIDDEN",
            "profile": profile,
            "area": "",
            "pool": "",
            "band": "",
            "total": total * 100_000,
            "count": 1,
        }
        for replication in range(10)
        for scenario, profile, total in (
            ("baseline", "oesophagus", 300 + 30 * (replication % 2)),
            ("baseline", "hip", 500),
            ("plan", "hip", 520),
        )
    ]
    found = tables([*readings(), reading("turnover", 815_000, 520_000, 9, location="MIDDEN")])
    found["indicators"] = pa.Table.from_pylist(rows, schema=SCHEMAS["indicators"])
    impact = build_impact(found, DATASET, scenario_of(CONCENTRATE), None, identity(), [])
    means = section(impact, "balance_means")
    assert means is not None
    (row,) = [row for row in means.rows if row[0] == "MIDDEN"]
    given, gets, other, net = row[3:7]
    assert [cell.mean for cell in (given, gets, other, net) if isinstance(cell, Estimate)] == [
        315,
        0,
        20,
        -295,
    ]
    assert row[2] == 815
    assert row[7] == pytest.approx(-295 / 815)
    told = render(means.sentences[0], "nl", impact.names)
    assert told.startswith("Zorg die vertrekt, kost Ziekenhuis Midden de meeste omzet: 315 (")
    assert "Zorg die komt, brengt 0 duizend euro" in told


def test_who_gives_complex_care_and_gets_basic_care_back_is_told() -> None:
    """MIDDEN gives oesophagus by concentrating, and gets a hundred hips a year from NOORD by spreading."""
    found = tables()
    back = [
        {
            "replication": replication,
            "profile": "hip",
            "area": "GM0002",
            "from_location": "NOORD",
            "to_location": "MIDDEN",
            "patients": 100,
            "extra_travel_hundredths": -100_000,
            "bed_days": 300,
            "or_minutes": 9000,
            "ic_minutes": 0,
        }
        for replication in range(10)
    ]
    found["flows"] = pa.concat_tables([found["flows"], pa.Table.from_pylist(back, schema=SCHEMAS["flows"])])
    spreading = {"spread": {**SPREAD["spread"], "to": {"locations": ["MIDDEN"]}}}
    impact = build_impact(found, DATASET, scenario_of(CONCENTRATE, spreading), None, identity(), [])
    balance = section(impact, "balance")
    assert balance is not None
    told = [render(line, "nl", impact.names) for line in balance.sentences]
    assert told[0].startswith("UMC Noord verliest per saldo de meeste patiënten.")
    assert told[1] == (
        "Ziekenhuis Midden geeft door concentreren 46 patiënten per jaar af, met 232 operatie-uren, en krijgt er door "
        "spreiden 100 terug, met 150 operatie-uren."
    )
    assert told[3].endswith("46 door concentreren en 100 door spreiden.")
