"""Kilometres, deaths, equity and what leans on what as they stand in the report of one plan."""

from __future__ import annotations

import dataclasses

import pytest
from tests.support.small_dataset import OESOPHAGUS_CURVE, make_dataset

from zorgstroom.dataset.model import Dependency
from zorgstroom.domain.scenario import Scenario
from zorgstroom.reporting.impact import Estimate, Section, TextRef
from zorgstroom.reporting.rendering import render
from zorgstroom.text import LANGUAGES
from zorgstroom_simulator.experiment import Experiment, simulate_replication
from zorgstroom_simulator.outcome import Outcome, make_outcome

pytestmark = pytest.mark.unit

RULE = Dependency(
    "ic_filled", "ic_share_lost", "ic", (), 0.1, "share", "assumed", "low", "S1", "part of the admissions"
)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """Three short years in which oesophagus goes to NOORD and ZUID closes its emergency department."""
    scenario = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "x",
            "horizon": {"weeks": 4, "warmup_weeks": 1},
            "actions": [
                {"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"]}},
                {"close": {"location": "ZUID", "profiles": ["pneumonia"]}},
            ],
        }
    )
    dataset = make_dataset(dependencies=(RULE,))
    experiment = Experiment(dataset, scenario, None, 1, "compiled")
    results = [simulate_replication(experiment, number) for number in range(3)]
    return make_outcome(
        experiment, results, run_id="x", created="2026-01-01T00:00:00+00:00", wall_seconds=1.0
    )


def of(outcome: Outcome, identifier: str) -> Section:
    [found] = [section for section in outcome.impact.sections if section.id == identifier]
    return found


def test_every_sentence_and_name_reads_in_both_languages(outcome: Outcome) -> None:
    for identifier in ("environment", "quality", "equity", "knock_on"):
        section = of(outcome, identifier)
        texts = [cell for row in section.rows for cell in row if isinstance(cell, TextRef)]
        assert section.rows
        assert section.assumptions
        for language in LANGUAGES:
            for text in (*section.sentences, *texts):
                assert "{" not in render(text, language, outcome.impact.names)


def test_who_bears_it_adds_up_to_everybody(outcome: Outcome) -> None:
    rows = {
        cell.key + str(cell.params.get("number", "")): row
        for row in of(outcome, "equity").rows
        if isinstance(cell := row[0], TextRef)
    }
    for kind in ("ses", "age", "urbanity"):
        mine = [row for name, row in rows.items() if name.startswith(f"equity.group.{kind}")]
        people = [row[1] for row in mine]
        assert sum(part for part in people if isinstance(part, float)) == pytest.approx(1)
        borne = [row[6].mean for row in mine if isinstance(row[6], Estimate)]
        assert sum(borne) == pytest.approx(1)


def test_deaths_have_their_evidence_and_range_and_care_without_a_curve_says_so(outcome: Outcome) -> None:
    oesophagus, pneumonia = of(outcome, "quality").rows
    assert oesophagus[0] == "oesophagus"
    assert isinstance(oesophagus[1], TextRef)
    assert oesophagus[1].key == "quality.evidence.strong"
    assert isinstance(oesophagus[3], Estimate)
    weakest, strongest = oesophagus[4:]
    assert isinstance(weakest, float)
    assert isinstance(strongest, float)
    # Concentrating lowers deaths where the association is strong; its weakest curve is flat.
    assert strongest < oesophagus[3].mean < 0
    assert pneumonia[0] == "pneumonia"
    assert pneumonia[2:] == [None] * 4


def test_who_bears_it_is_told_with_its_margin_and_a_link_with_score_only_where_there_is_one(
    outcome: Outcome,
) -> None:
    worst, lowest, index = of(outcome, "equity").sentences
    share = next(
        row
        for row in outcome.tables["comparison"].to_pylist()
        if (row["indicator"], row["band"]) == ("burden_share", "worst_fifth")
    )
    assert worst.params["percent"]["mean"] == pytest.approx(100 * share["plan"])
    assert worst.params["percent"]["low"] == pytest.approx(100 * share["plan_low"])
    assert lowest.key == "report.equity.lowest"
    low, high = (index.params["index"][end] for end in ("low", "high"))
    told = "low_score" if high < 0 else "high_score" if low > 0 else "nobody"
    assert index.key == f"report.equity.index_{told}"


def test_evidence_from_other_countries_does_not_count_in_the_sum(outcome: Outcome) -> None:
    curve = dataclasses.replace(OESOPHAGUS_CURVE, evidence="foreign")
    dataset = make_dataset(dependencies=(RULE,), volume_outcome={"oesophagus": curve})
    scenario = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "x",
            "horizon": {"weeks": 4, "warmup_weeks": 1},
            "actions": [{"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"]}}],
        }
    )
    experiment = Experiment(dataset, scenario, None, 1, "compiled")
    found = make_outcome(
        experiment,
        [simulate_replication(experiment, 0)],
        run_id="x",
        created="2026-01-01T00:00:00+00:00",
        wall_seconds=1.0,
    )
    section = of(found, "quality")
    assert [line.key for line in of(outcome, "quality").sentences] == [
        "report.quality.change",
        "report.quality.without_some",
    ]
    assert [line.key for line in section.sentences] == ["report.quality.foreign_some"]
    assert isinstance(section.rows[0][3], Estimate)


def test_kilometres_of_all_care_come_first_and_are_at_least_those_of_the_plans_care(outcome: Outcome) -> None:
    everything, *parts = of(outcome, "environment").rows
    assert [row[0] for row in parts] == ["oesophagus", "pneumonia"]
    km = [row[1].mean for row in (everything, *parts) if isinstance(row[1], Estimate)]
    assert km[0] > sum(km[1:])
    # 0.2 kg a kilometre.
    assert isinstance(everything[3], Estimate)
    assert everything[3].mean == pytest.approx(km[0] * 0.2)


def test_a_rule_that_fires_is_a_row_with_its_source(outcome: Outcome) -> None:
    rows = of(outcome, "knock_on").rows
    assert [row[0] for row in rows] == ["MIDDEN"]
    assert {row[-1] for row in rows} == {"Voorbeeldcijfers"}


def test_without_shocks_there_is_no_section_about_them(outcome: Outcome) -> None:
    assert [section for section in outcome.impact.sections if section.id == "resilience"] == []
