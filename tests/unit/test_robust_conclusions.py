"""What a run concludes, whether it survives other assumptions, and which figures drive it."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import numpy as np
import openpyxl
import pytest
from tests.support import sample_result
from tests.support.sample_result import reading
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.scenario import Scenario
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.excel import render_xlsx
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.impact import (
    Conclusion,
    DrawnRange,
    Driver,
    Estimate,
    Impact,
    Infeasible,
    Robustness,
    TextRef,
)
from zorgstroom.reporting.rendering import render
from zorgstroom.reporting.robustness import judgement, summary
from zorgstroom.text import Language
from zorgstroom_simulator.experiment import Experiment, combine, simulate_replication
from zorgstroom_simulator.robust.conclusions import EXTRA, MOVED, Claim, Measure, claims, measured
from zorgstroom_simulator.robust.dimensions import Dimension
from zorgstroom_simulator.robust.drivers import limit_of_chance, rank_correlations, ranks
from zorgstroom_simulator.robust.hypercube import FloatArray, latin_hypercube
from zorgstroom_simulator.robust.judging import conclude, drawn_of
from zorgstroom_ui.components.impact_view import ImpactView

pytestmark = pytest.mark.unit

DRAWS = 50
NAMES = [f"figure {number}" for number in range(60)]
POSITIONS = latin_hypercube(NAMES, DRAWS, seed=1)
FIGURES = [Dimension(name, "model", "", name, (name,), 1.0, "low", 0.65, 1.35) for name in NAMES]
RISES = Claim(TextRef(key="robust.statement.higher"), Measure("travel_mean"), "difference", "above")


def label(item: Dimension) -> TextRef:
    return TextRef(key=item.figure)


def judged(differences: FloatArray, claim: Claim = RISES, draws: int = DRAWS) -> Conclusion:
    """Return a conclusion from the outcome of each draw; in the run itself it holds in every year."""
    years = np.array([[10.0] * 10, np.linspace(10.1, 10.3, 10)])
    both = np.array([np.zeros(draws), differences])
    return conclude(claim, years, both, drawn_of(POSITIONS[:draws], FIGURES, outcomes=1, seed=1), label)


def test_a_tiny_effect_flips_with_the_assumptions_and_a_large_one_does_not() -> None:
    swing = POSITIONS[:, 7] - 0.5
    tiny, large = judged(0.05 + swing), judged(5 + swing)
    assert tiny.robustness == "not_robust"
    assert tiny.draws_held == int((0.05 + swing > 0).sum())
    assert large.robustness == "robust"
    assert large.draws_held == DRAWS
    # By chance both hold in every year: the two are told apart.
    assert (tiny.years_held, tiny.years) == (10, 10)
    assert tiny.chance.mean == pytest.approx(0.2)
    assert tiny.drawn is not None
    assert tiny.drawn.low < 0 < tiny.drawn.high


def test_nine_in_ten_draws_make_a_conclusion_robust() -> None:
    outcome = np.ones(DRAWS)
    outcome[:5] = -1
    assert judged(outcome).robustness == "robust"
    outcome[5] = -1
    assert judged(outcome).robustness == "not_robust"
    assert judgement(0, 0) == "none"


def test_where_nothing_could_be_measured_a_draw_does_not_count() -> None:
    outcome = 1 + POSITIONS[:, 7]
    outcome[:10] = np.nan
    found = judged(outcome)
    assert (found.draws_held, found.draws, found.unmeasured) == (40, 40, 10)
    assert found.robustness == "robust"
    outcome[:26] = np.nan
    assert judged(outcome).robustness == "none"
    assert [driver.id for driver in found.drivers] == ["figure 7"]


def test_too_few_draws_give_no_judgement() -> None:
    found = judged(np.ones(9), draws=9)
    assert found.robustness == "none"
    assert found.drivers == []


def test_a_size_is_no_statement_that_can_hold() -> None:
    found = judged(np.ones(DRAWS), dataclasses.replace(RISES, test="none"))
    assert (found.draws_held, found.years_held, found.robustness) == (None, None, "none")


# What drives an outcome


def test_the_one_figure_behind_an_outcome_is_found_whatever_its_shape() -> None:
    noise = latin_hypercube(["noise"], DRAWS, seed=9)[:, 0]
    found = judged(-np.exp(6 * POSITIONS[:, 42]) + 5 * noise)
    assert found.drivers[0].id == "figure 42"
    assert found.drivers[0].correlation < -0.9
    assert len(found.drivers) <= 2


def test_no_figure_is_named_where_none_matters() -> None:
    """Of sixty figures and twenty outcomes without any link, at most a few are named: one in twenty outcomes."""
    outcomes = latin_hypercube([f"outcome {number}" for number in range(20)], DRAWS, seed=77)
    named = sum(bool(judged(outcomes[:, column]).drivers) for column in range(20))
    assert named <= 4


def test_more_figures_tried_ask_for_a_stronger_link_and_more_draws_for_a_weaker() -> None:
    few, many = limit_of_chance(POSITIONS[:, :3], 1, 1), limit_of_chance(POSITIONS, 1, 1)
    longer = limit_of_chance(latin_hypercube(NAMES, 400, seed=1), 1, 1)
    assert few < many < limit_of_chance(POSITIONS, 25, 1)
    assert longer < many / 2
    # One figure: the 97.5% quantile of Spearman's correlation is about 1.96 / sqrt(n - 1).
    assert limit_of_chance(POSITIONS[:, :1], 1, 1) == pytest.approx(1.96 / 7, abs=0.03)


def test_ties_share_their_rank_and_a_constant_goes_along_with_nothing() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]
    assert rank_correlations(POSITIONS, np.ones(DRAWS)).tolist() == [0.0] * len(NAMES)
    assert rank_correlations(POSITIONS, POSITIONS[:, 3] ** 3)[3] == 1.0


# What a run concludes


def impact(*more: dict[str, Any]) -> Impact:
    """Return the sample result with one wait more that changes beyond chance, and rows besides."""
    longer = reading("wait_first_visit", 2.0, 5.0, 0.5, location="NOORD", profile="oesophagus")
    place = ("indicator", "location", "profile")
    rows = [
        row
        for row in sample_result.readings()
        if [row[name] for name in place] != [longer[name] for name in place]
    ]
    tables = sample_result.tables([*rows, longer, *more])
    return build_impact(tables, make_dataset(), sample_result.scenario(), None, sample_result.identity(), [])


def told(found: list[Claim], language: Language = "nl") -> list[str]:
    names = impact().names
    return [render(claim.statement, language, names) for claim in found]


def test_conclusions_are_what_the_report_says() -> None:
    sentences = told(claims(impact()))
    assert "Patiënten per jaar die ergens anders worden behandeld" in sentences
    assert any(
        line.startswith("Wie ergens anders wordt behandeld, reist gemiddeld langer") for line in sentences
    )
    assert "Gemiddelde reistijd (slokdarmresectie): hoger dan nu" in sentences
    assert "UMC Noord haalt de norm van 20 per jaar voor slokdarmresectie" in sentences
    assert (
        "De wachttijd voor een eerste afspraak bij UMC Noord voor slokdarmresectie wordt langer" in sentences
    )
    assert "Operatiekamers van UMC Noord: meer werk dan er past (boven 101%)" in sentences
    # No clear difference in the summary table is no conclusion.
    assert not any("Wachttijd eerste afspraak" in line for line in sentences)
    assert len(sentences) == len(set(sentences))


def test_staff_and_money_are_concluded_where_they_change_most_beyond_chance() -> None:
    made = impact(
        reading("staff_fte", 400, 397, 0.5),
        reading("staff_fte", 300, 306, 9, location="NOORD"),
        reading("staff_fte", 100, 96, 1, location="MIDDEN"),
        reading("turnover", 9e8, 8.99e8, 5e5),
        reading("turnover", 6e8, 6.02e8, 5e5, location="NOORD"),
        reading("turnover", 3e8, 2.97e8, 5e5, location="MIDDEN"),
    )
    found = {claim.measure.indicator: claim for claim in claims(made) if claim.measure.location == "MIDDEN"}
    sentences = told([found[name] for name in ("staff_fte", "turnover")])
    # At NOORD more changes in staff, but that may be chance.
    assert sentences == [
        "Voltijdbanen (fte) (Ziekenhuis Midden): lager dan nu",
        "Omzet (Ziekenhuis Midden): lager dan nu",
    ]
    assert found["turnover"].holds(np.array([-1.0, 0.0, 1.0])).tolist() == [True, False, False]
    assert not [claim for claim in claims(impact()) if claim.measure.indicator in ("staff_fte", "turnover")]


def test_a_test_goes_with_its_statement() -> None:
    by_id = {claim.id: claim for claim in claims(impact())}
    norm = by_id["volume/NOORD/oesophagus:plan:at_least"]
    assert norm.holds(np.array([19.9, 20.0, np.nan])).tolist() == [False, True, False]
    full = by_id["load/NOORD/or:plan:above"]
    assert full.holds(np.array([1.0, 1.01, 1.02])).tolist() == [False, False, True]


def test_numbers_of_a_simulation_are_those_of_its_comparison() -> None:
    plan: dict[str, Any] = {
        "zorgstroom": 1,
        "name": "Proef",
        "horizon": {"weeks": 26, "warmup_weeks": 2},
        "actions": [{"close": {"location": "ZUID"}}],
    }
    experiment = Experiment(make_dataset(), Scenario.model_validate(plan), None, seed=1)
    tables = combine([simulate_replication(experiment, number) for number in range(2)])
    measures = [
        Measure("travel_mean"),
        Measure("wait_treatment", profile="hip"),
        Measure(MOVED),
        Measure(EXTRA),
    ]
    values = measured(tables["indicators"], tables["flows"], measures, range(2), 26).mean(axis=2)
    rows = {
        (row["indicator"], row["profile"]): row
        for row in tables["comparison"].to_pylist()
        if not (row["location"] or row["area"] or row["pool"] or row["band"])
    }
    for index, key in enumerate([("travel_mean", ""), ("wait_treatment", "hip")]):
        assert values[index, 1] - values[index, 0] == pytest.approx(rows[key]["difference"])
    flows = tables["flows"].to_pydict()
    assert values[2].tolist() == [0, sum(flows["patients"]) * 2 / 2]
    assert values[3, 1] > 0


# What the report shows


def robust_impact() -> Impact:
    driver = Driver(
        id="model.beta_complex",
        label=TextRef(key="robust.figure.model.beta_complex"),
        confidence="low",
        correlation=-0.72,
    )
    rows = [
        Conclusion(
            id=claim.id,
            statement=claim.statement,
            indicator=claim.measure.indicator,
            quantity=claim.quantity,
            chance=Estimate(mean=1.0, low=0.8, high=1.2),
            years=10,
            years_held=10,
            drawn=DrawnRange(median=1.1, low=-0.4, high=2.0),
            draws=48,
            draws_held=48 - 20 * (index % 2),
            robustness="not_robust" if index % 2 else "robust",
            drivers=[driver] if index == 1 else [],
        )
        for index, claim in enumerate(claims(impact())[1:])
    ]
    found = Robustness(
        draws=50,
        replications=1,
        figures=943,
        ranges={"high": 0.05, "medium": 0.15, "low": 0.35},
        tried=80,
        limit=0.47,
        conclusions=rows,
        infeasible=[
            Infeasible(
                reason={"nl": "Dit plan verandert niets.", "en": "This plan changes nothing."}, draws=2
            )
        ],
    )
    made = impact()
    return made.model_copy(update={"robustness": found, "summary": [*made.summary, summary(found)]})


@pytest.mark.parametrize(
    ("language", "heading", "word", "reason"),
    [
        ("nl", "Hoe zeker is dit: aannames", "niet robuust", "Dit plan verandert niets."),
        ("en", "How certain is this: assumptions", "not robust", "This plan changes nothing."),
    ],
)
def test_report_tells_chance_and_assumptions_apart(
    language: Language, heading: str, word: str, reason: str
) -> None:
    page = render_html(robust_impact(), language)
    assert heading in page
    assert word in page
    assert reason in page
    assert "0,47" in page or "0.47" in page
    assert 'role="img"' in page[page.index(heading) :]
    workbook = openpyxl.load_workbook(io.BytesIO(render_xlsx(robust_impact(), language)))
    names = {
        "nl": ("Andere aannames", "Wat telt het meest"),
        "en": ("Other assumptions", "What matters most"),
    }
    assert set(names[language]) <= set(workbook.sheetnames)
    drivers = workbook[names[language][1]]
    assert drivers.cell(2, 4).value == pytest.approx(-0.72)


def test_summary_names_what_flips() -> None:
    made = robust_impact()
    last = render(made.summary[-1], "nl", made.names)
    assert "niet robuust" in last
    assert "Gemiddelde reistijd (slokdarmresectie): hoger dan nu" in last or "zoals" in last
    again = Impact.model_validate_json(made.model_dump_json())
    assert again == made


def test_without_robustness_the_report_says_nothing_of_it() -> None:
    page = render_html(impact(), "nl")
    assert "Hoe zeker is dit: aannames" not in page
    assert "robuust" not in page
    workbook = openpyxl.load_workbook(io.BytesIO(render_xlsx(impact(), "nl")))
    assert "Andere aannames" not in workbook.sheetnames


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_impact_page_shows_it_when_it_is_there(language: Language) -> None:
    shown = ImpactView(robust_impact(), language).robustness()
    assert {"nl": "niet robuust", "en": "not robust"}[language] in shown
    assert ImpactView(impact(), language).robustness() == ""
