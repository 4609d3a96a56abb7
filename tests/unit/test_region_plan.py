"""The text for a regional plan, and the status on a report."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.contents import Contents
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.options import OFFERED, PARTS, Options
from zorgstroom.reporting.region_plan import HEADINGS, chapters, plain_text
from zorgstroom.reporting.report import build_report
from zorgstroom.text import LANGUAGES, Language, translate

pytestmark = pytest.mark.unit


def impact() -> Impact:
    return build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_heading_has_facts_and_one_field_to_fill_in(language: Language) -> None:
    made = chapters(Contents(impact(), language, ()), Options())
    told = plain_text(made)
    *headings, origin = made[0].sections
    assert {translate(f"report.region_plan.{name}", language) for name in HEADINGS} < {
        section.title for section in headings
    }
    assert told.count("\n[") == len(headings)
    assert origin.title in told
    assert "{" not in told
    assert sample_result.identity().run_id in told


def test_the_text_is_only_there_when_it_is_asked_for() -> None:
    names = [part.name for part in build_report(impact(), "nl").parts]
    assert names == list(PARTS)
    asked = build_report(impact(), "nl", options=Options(parts=("region_plan",)))
    assert [part.name for part in asked.parts] == [OFFERED[-1]]
    assert "Tekstblok voor het regioplan" in render_html(impact(), "nl", options=Options(parts=OFFERED))


def test_a_report_says_who_fixed_it_and_when_unless_it_is_a_draft() -> None:
    who, when = "Bestuurlijk overleg", dt.date(2026, 11, 23)
    fixed = Options(status="vastgesteld", fixed_by=who, fixed_on=when)
    assert build_report(impact(), "nl", options=fixed).status == (
        "vastgesteld door Bestuurlijk overleg op 23 november 2026"
    )
    draft = Options(fixed_by=who, fixed_on=when)
    assert build_report(impact(), "nl", options=draft).status == "concept"
    assert build_report(impact(), "nl", options=Options(status="vastgesteld")).status == "vastgesteld"
    assert "vastgesteld door &lt;b&gt;" in render_html(
        impact(), "nl", options=Options(status="vastgesteld", fixed_by="<b>")
    )
