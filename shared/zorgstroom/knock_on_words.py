"""What else leans on what a plan moves, in words: the remarks of ``zorgstroom validate`` before a run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Phrase, Problem
from zorgstroom.planning.dependencies import Finding, expected_situations, knock_on
from zorgstroom.planning.plan import Steps, baseline_flows, plan_of_steps
from zorgstroom.text import LANGUAGES, Language, translate
from zorgstroom.text.numbers import number

#: Places named in one remark.
NAMED = 4


def knock_on_remarks(steps: Steps, scenario: Scenario, dataset: Dataset) -> list[Problem]:
    """Return a remark per rule that fires, with the locations, on expected volumes; `steps`: those of the scenario."""
    plan, baseline = plan_of_steps(steps, dataset), baseline_flows(scenario, dataset)
    found = knock_on(dataset, expected_situations(dataset, plan, steps, baseline))
    remarks = []
    for rule, group in groupby(found, lambda finding: finding.rule):
        findings = list(group)
        places = {language: _places(findings, dataset, language) for language in LANGUAGES}
        question = {language: translate(f"knock_on.{rule}", language) for language in LANGUAGES}
        params = {"places": Phrase(places), "question": Phrase(question)}
        remarks.append(Problem("/actions", "knock_on.remark", params, "/actions"))
    return remarks


def _places(findings: Sequence[Finding], dataset: Dataset, language: Language) -> str:
    names = [_place(finding, dataset, language) for finding in findings]
    more = len(names) - NAMED
    rest = translate("knock_on.more", language, count=number(more, language)) if more > 0 else ""
    return "; ".join(names[:NAMED]) + rest


def _place(finding: Finding, dataset: Dataset, language: Language) -> str:
    name = dataset.locations[dataset.location_index[finding.location]].name
    if not finding.specialty:
        return name
    specialty = dataset.specialties[dataset.specialty_index[finding.specialty]]
    words = specialty.name_nl if language == "nl" else specialty.name_en
    return f"{name} ({words.lower()})"
