"""What a sweep says in the terminal."""

from __future__ import annotations

import pyarrow as pa
import pytest

from zorgstroom.domain.scenario import Scenario
from zorgstroom_simulator.sweep.show import MOST_LINES, outcomes_of, show
from zorgstroom_simulator.sweep.variants import Variant, Variants

pytestmark = pytest.mark.unit

SCENARIO = Scenario(zorgstroom=1, name="x")


def rows(*lines: tuple[str, str, float | None, float | None, float | None]) -> pa.Table:
    """Rows of one variant: indicator, profile, difference and its interval."""
    return pa.Table.from_pylist(
        [
            {"indicator": indicator, "profile": profile, "location": "", "area": "", "pool": "", "band": ""}
            | {"difference": mean, "difference_low": low, "difference_high": high}
            for indicator, profile, mean, low, high in lines
        ]
    )


def test_it_says_what_rises_and_falls_most_beyond_chance(capsys: pytest.CaptureFixture[str]) -> None:
    found = Variants(
        ("leave_out",),
        (
            Variant(1, ("MST",), SCENARIO, None),
            Variant(2, ("SKB",), SCENARIO, None),
            Variant(3, ("ZGT",), SCENARIO, None, possible=False, note={"nl": "Kan niet.", "en": "No way."}),
            Variant(4, (None,), SCENARIO, None, note={"nl": "Niets.", "en": "Nothing."}),
        ),
    )
    outcomes = {
        1: outcomes_of(rows(("travel_mean", "", 2.0, 1.5, 2.5), ("wait_treatment", "", 0.4, -0.2, 1.0))),
        2: outcomes_of(rows(("travel_mean", "", -1.0, -1.5, -0.5), ("travel_mean", "hip", 9.0, 8.0, 10.0))),
        4: outcomes_of(rows(("travel_mean", "", 0.0, 0.0, 0.0))),
    }
    show(found, outcomes, None, "en")
    said = capsys.readouterr().out
    table = [line.split() for line in said.splitlines()[1:5]]
    # Of the second outcome, the interval contains zero; outcomes that no variant has are left out.
    assert table[1] == ["1", "MST", "+2.0", "+0.4", "≈"]
    assert table[2][:3] == ["2", "SKB", "−1.0"]
    assert table[3][:3] == ["4", "-", "0.0"]
    assert "Variant 3 (leave_out = ZGT) is not possible: No way." in said
    assert "Variant 4 (leave_out = -): Nothing." in said
    assert "rises most in variant 1 (leave_out = MST), +2.0 (1.5 to 2.5) minutes" in said
    assert "falls most in variant 2 (leave_out = SKB), −1.0 (−1.5 to −0.5) minutes" in said
    assert "Wait for treatment: rises" not in said


def test_outcomes_may_be_those_of_one_profile() -> None:
    table = rows(("travel_mean", "", -1.0, None, None), ("travel_mean", "hip", 9.0, None, None))
    assert outcomes_of(table, "hip")["travel_mean"].difference.mean == 9.0
    # Without an interval nothing is beyond chance.
    assert not outcomes_of(table, "hip")["travel_mean"].clear


def test_with_too_few_years_it_does_not_say_that_it_may_be_chance(capsys: pytest.CaptureFixture[str]) -> None:
    found = Variants(("leave_out",), (Variant(1, ("MST",), SCENARIO, None),))
    show(found, {1: outcomes_of(rows(("list_treatment_end", "", 9_000.0, None, None)))}, None, "en")
    said = capsys.readouterr().out
    assert "Take --replications 3 or more" in said
    assert "In no variant" not in said
    show(found, {1: outcomes_of(rows(("list_treatment_end", "", 2.0, -1.0, 5.0)))}, None, "en")
    assert "In no variant" in capsys.readouterr().out


def test_of_many_variants_those_that_stand_out_are_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    number = MOST_LINES + 4
    found = Variants(("x",), tuple(Variant(n, (n,), SCENARIO, None) for n in range(1, number + 1)))
    outcomes = {
        n: outcomes_of(rows(("travel_mean", "", float(n), n - 0.1, n + 0.1))) for n in range(1, number + 1)
    }
    show(found, outcomes, None, "nl")
    said = capsys.readouterr().out
    assert f"Van de {number} varianten staan hier de 2" in said
    assert f"stijgt het meest in variant {number} (x = {number}), +20,0 (19,9 tot 20,1) minuten" in said
