"""What else leans on what the plan moves, in the report: each rule that fires, with its source; a question each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zorgstroom.planning.dependencies import Finding, expected_situations, knock_on
from zorgstroom.planning.plan import baseline_flows, take_steps
from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.doubts import sources as source_titles
from zorgstroom.reporting.impact import Section, SectionCell, SectionColumn, TextRef

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources


def contribute(sources: Sources) -> Sequence[Section]:
    """Return the rules that fire on expected volumes, as ``zorgstroom validate`` says them."""
    steps = take_steps(sources.scenario, sources.dataset, sources.region)
    baseline = baseline_flows(sources.scenario, sources.dataset)
    situations = expected_situations(sources.dataset, sources.plan, steps, baseline)
    findings = knock_on(sources.dataset, situations)
    titles = {rule.id: source_titles(sources.dataset, rule.source) for rule in sources.dataset.dependencies}
    rows: list[list[SectionCell]] = [
        [
            item.location,
            TextRef(key=f"knock_on.{item.rule}.name"),
            f"clinic:{item.specialty}" if item.specialty else None,
            item.today,
            item.plan,
            TextRef(key=f"knock_on.{item.rule}"),
            titles[item.rule],
        ]
        for item in findings
    ]
    return (
        Section(
            id="knock_on",
            criterion="redistribution",
            columns=[
                SectionColumn(id="knock_on_location"),
                SectionColumn(id="knock_on_rule"),
                SectionColumn(id="knock_on_specialty"),
                SectionColumn(id="knock_on_today", kind="number"),
                SectionColumn(id="knock_on_plan", kind="number"),
                SectionColumn(id="knock_on_question"),
                SectionColumn(id="knock_on_source"),
            ],
            rows=rows,
            sentences=[_sentence(findings)],
            table="flows",
            assumptions=[numbers()["dependencies.threshold"]],
        ),
    )


def _sentence(findings: Sequence[Finding]) -> TextRef:
    """Return how many questions there are, and where."""
    places = list(dict.fromkeys(item.location for item in findings))
    if not places:
        return TextRef(key="report.knock_on.none")
    named = {"names": {"names": places[:3]}}
    if len(findings) == 1:
        return TextRef(key="report.knock_on.one", params=named)
    key = "report.knock_on.many" if places[3:] else "report.knock_on.some"
    return TextRef(key=key, params=named | {"n": {"n": len(findings)}})
