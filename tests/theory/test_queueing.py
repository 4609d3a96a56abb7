"""The engine against queueing theory: the cases of ``zorgstroom verify``, and broken engines that must fail them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from zorgstroom.errors import InvalidInput
from zorgstroom.text import LANGUAGES, catalogue
from zorgstroom_simulator.engines import Journeys, Network, NextFull, PatientTable, simpy_engine
from zorgstroom_simulator.engines.registry import ENGINES
from zorgstroom_simulator.verification.results import TheoryLine
from zorgstroom_simulator.verification.theory import CASES, REPLICATIONS, TheoryCase, verify_theory
from zorgstroom_simulator.verification.theory.case import SECOND_LOOK

pytestmark = pytest.mark.theory

#: The default of the command; the committed table is made with it.
SEED = 1
BY_ID = {case.id: case for case in CASES}


@cache
def verified(case: str) -> list[TheoryLine]:
    return BY_ID[case].verify(SEED, "compiled")


@pytest.mark.parametrize("case", BY_ID)
def test_the_reference_engine_gives_the_same_lines(case: str) -> None:
    """Two replications tell: engines agree on every journey or on none (`tests/contract/test_engines.py`)."""
    assert BY_ID[case].lines(SEED, "simpy", range(2)) == BY_ID[case].lines(SEED, "compiled", range(2))


@pytest.mark.parametrize("case", BY_ID)
def test_the_engine_agrees_with_the_formula(case: str) -> None:
    wrong = [
        f"{line.quantity}: {line.errors:+.1f} standard errors" for line in verified(case) if not line.accepted
    ]
    assert not wrong, f"{BY_ID[case].formula}: {'; '.join(wrong)}"


def test_no_more_lines_are_two_errors_off_than_chance_allows() -> None:
    """Each line is beyond 2 standard errors with 5% chance; the limit is passed by luck once in a thousand seeds.

    Lines of one case go together, so they are counted as if there were half as many, each counting double.
    """
    lines = [line for case in BY_ID for line in verified(case)]
    beyond = sum(abs(line.errors) > 2 for line in lines)
    assert beyond <= 2 * most_by_chance(len(lines) // 2, 0.05, 0.001)
    # The other way round: errors that are all small would mean that the standard errors are too large.
    assert sum(abs(line.errors) < 0.5 for line in lines) <= 2 * most_by_chance(len(lines) // 2, 0.383, 0.001)


def most_by_chance(number: int, chance: float, left: float) -> int:
    """Return the smallest count that is exceeded with a probability of at most `left` (binomial)."""
    tail, count = 1.0, -1
    while tail > left:
        count += 1
        tail -= math.comb(number, count) * chance**count * (1 - chance) ** (number - count)
    return count


def test_the_cases_cover_the_classical_systems() -> None:
    assert len(CASES) == len(BY_ID)
    assert BY_ID.keys() >= {
        *(f"erlang_b_{shape}" for shape in ("constant", "exponential", "lognormal", "empirical")),
        *(f"one_bed_{shape}" for shape in ("constant", "exponential", "lognormal")),
        *(
            "erlang_c",
            "urgency_one_bed",
            "urgency_several_beds",
            "little",
            "little_planned",
            "tandem",
            "blocking",
        ),
        *("varying_exponential", "varying_constant", "diversion", "mutual_overflow"),
        *("clinic_daily", "clinic_weekdays"),
    }


@pytest.mark.parametrize("case", BY_ID)
def test_every_case_is_named_in_both_languages_and_has_a_formula_and_a_source(case: str) -> None:
    for language in LANGUAGES:
        keys = catalogue(language).keys()
        assert f"theory.{case}" in keys
        for quantity in BY_ID[case].quantities:
            assert {f"theory.quantity.{quantity.id}", f"theory.unit.{quantity.unit}"} <= keys
    assert BY_ID[case].formula
    assert any(letter.isdigit() for letter in BY_ID[case].source)


@pytest.mark.parametrize("case", ["urgency_one_bed", "varying_constant", "clinic_weekdays"])
def test_the_same_seed_gives_the_same_lines_and_another_seed_others(case: str) -> None:
    first, again, other = (BY_ID[case].lines(seed, "simpy", range(2)) for seed in (5, 5, 6))
    assert first == again
    assert all(one.observed != two.observed for one, two in zip(first, other, strict=True))


def test_every_quantity_of_every_case_is_a_line_in_order() -> None:
    # With two replications nothing is ever accepted or refused for good reason: only the lines are looked at.
    lines = [line for case in CASES for line in case.lines(SEED, "simpy", range(2))]
    assert [(line.case, line.quantity) for line in lines] == [
        (case.id, quantity.id) for case in CASES for quantity in case.quantities
    ]


def test_cases_do_not_share_their_luck() -> None:
    """Two cases with the same system meet different patients."""
    case = BY_ID["erlang_c"]
    twin = dataclasses.replace(case, id="twin")
    assert case.lines(SEED, "simpy", range(2))[0].observed != twin.lines(SEED, "simpy", range(2))[0].observed


def test_one_replication_has_no_standard_error() -> None:
    with pytest.raises(ValueError, match="at least 2 replications, found 1"):
        verify_theory(SEED, replications=1)


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidInput):
        verify_theory(SEED, engine="simply")


# --- a second look, on a case that is only numbers --------------------------------------------------


def drawn(shift: float, first_shift: float) -> TheoryCase:
    """Return a case with mean 0 and standard deviation 1: off by `first_shift` in the first ten replications."""

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        chance = np.random.default_rng([seed, replication]).normal()
        return [chance + (first_shift if replication < 10 else shift)]

    quantity = dataclasses.replace(BY_ID["erlang_c"].quantities[0], expected=0.0)
    return dataclasses.replace(BY_ID["erlang_c"], quantities=(quantity,), observe=observe)


def test_bad_luck_gets_a_second_look_with_new_replications_only() -> None:
    (line,) = drawn(shift=0.0, first_shift=5.0).verify(SEED, replications=10)
    assert line.accepted
    assert line.replications == SECOND_LOOK * 10


def test_an_error_does_not_survive_the_second_look() -> None:
    (line,) = drawn(shift=5.0, first_shift=5.0).verify(SEED, replications=10)
    assert not line.accepted


def test_what_agrees_at_once_gets_no_second_look() -> None:
    (line,) = drawn(shift=9.0, first_shift=0.0).verify(SEED, replications=10)
    assert line.accepted
    assert line.replications == 10


# --- broken engines ---------------------------------------------------------------------------------

Mistake = Callable[[PatientTable, Network], tuple[PatientTable, Network]]


def out_of_bed_an_hour_late(patients: PatientTable, network: Network) -> tuple[PatientTable, Network]:
    return dataclasses.replace(patients, stay_minutes=patients.stay_minutes + 60), network


def one_bed_too_many(patients: PatientTable, network: Network) -> tuple[PatientTable, Network]:
    return patients, dataclasses.replace(network, ward_beds=network.ward_beds + 1)


def urgency_ignored(patients: PatientTable, network: Network) -> tuple[PatientTable, Network]:
    return dataclasses.replace(patients, urgency=np.zeros_like(patients.urgency)), network


def diversion_forgotten(patients: PatientTable, network: Network) -> tuple[PatientTable, Network]:
    return dataclasses.replace(patients, diversions=np.full_like(patients.diversions, -1)), network


def nobody_blocked(patients: PatientTable, network: Network) -> tuple[PatientTable, Network]:
    rules = dataclasses.replace(network.rules, next_full=NextFull.WAIT)
    return patients, dataclasses.replace(network, rules=rules)


def no_line_between_units(patients: PatientTable, network: Network) -> tuple[PatientTable, Network]:
    rules = dataclasses.replace(network.rules, next_full=NextFull.OVER)
    return patients, dataclasses.replace(network, rules=rules)


def arrivals_evened_out(patients: PatientTable, network: Network) -> tuple[PatientTable, Network]:
    even = np.linspace(patients.minute[0], patients.minute[-1], len(patients)).astype(np.int64)
    return dataclasses.replace(patients, minute=even), network


def last_referred_first_seen(patients: PatientTable, network: Network) -> tuple[PatientTable, Network]:
    return dataclasses.replace(patients, visit_due=-patients.minute), network


def a_slot_lost_every_other_day(patients: PatientTable, network: Network) -> tuple[PatientTable, Network]:
    return patients, dataclasses.replace(network, clinic_capacity=network.clinic_capacity - 500)


@pytest.mark.parametrize(
    ("mistake", "case"),
    [
        (out_of_bed_an_hour_late, "erlang_b_constant"),
        (out_of_bed_an_hour_late, "one_bed_exponential"),
        (one_bed_too_many, "erlang_b_lognormal"),
        (one_bed_too_many, "little"),
        (urgency_ignored, "urgency_one_bed"),
        (urgency_ignored, "urgency_several_beds"),
        (diversion_forgotten, "diversion"),
        (diversion_forgotten, "mutual_overflow"),
        (nobody_blocked, "blocking"),
        (no_line_between_units, "tandem"),
        (arrivals_evened_out, "varying_exponential"),
        (last_referred_first_seen, "clinic_daily"),
        (a_slot_lost_every_other_day, "clinic_weekdays"),
    ],
)
def test_a_broken_engine_is_caught(mistake: Mistake, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(patients: PatientTable, network: Network) -> Journeys:
        return simpy_engine.run(*mistake(patients, network))

    monkeypatch.setitem(ENGINES, "broken", broken)
    assert not all(line.accepted for line in BY_ID[case].lines(SEED, "broken", range(REPLICATIONS // 5)))


def test_last_come_first_served_is_caught_by_the_tail_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean wait does not depend on the order (Kingman 1962); who waits long does."""
    add = simpy_engine._BedLine.add

    def in_front(line: simpy_engine._BedLine, urgency: int, minute: int, *who: object) -> None:
        add(line, urgency, -minute, *who)  # type: ignore[arg-type]

    monkeypatch.setattr(simpy_engine._BedLine, "add", in_front)
    lines = BY_ID["erlang_c"].lines(SEED, "simpy", range(REPLICATIONS))
    assert {line.quantity: line.accepted for line in lines} == {
        "waited": True,
        "wait": True,
        "waited_long": False,
    }
