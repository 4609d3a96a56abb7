"""The report of a verification: what it says, what it calls a failure, and that it is the same every time."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.support.verification_lines import EXACT, GOOD, HOLDS, make_document

from zorgstroom.errors import InvalidInput
from zorgstroom.reporting.verification import read_verification, to_json
from zorgstroom.reporting.verification_charts import symmetric_axis
from zorgstroom.reporting.verification_forms import forms, render_page
from zorgstroom.reporting.verification_views import VerificationViews
from zorgstroom.text import LANGUAGES

pytestmark = pytest.mark.unit


class _Page(HTMLParser):
    """What a reader with a screen reader gets of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def test_what_fails_is_theory_invariants_and_figures_the_model_was_set_with() -> None:
    """A figure that was held back and one profile of which a part suffices are findings, no failures."""
    report = make_document()
    assert report.failures() == [
        ("theory", "mm1.refused"),
        ("theory", "slow_clinic.wait"),
        ("invariants", "utilisation"),
        ("national", "ic_days"),
    ]
    assert [line.figure for line in report.off("held_back")] == ["admissions"]
    assert [line.figure for line in report.off("aim")] == ["ic_days", "wait"]
    fine = make_document(theory=[GOOD, EXACT], invariants=[HOLDS], national=None, trial=None)
    assert fine.failures() == []
    assert fine.national is None
    # What must hold of the national run stands with the other invariants, also where it is tried alone.
    assert [line.invariant for line in report.invariants or ()] == [
        "conservation",
        "utilisation",
        "little_exact",
    ]
    assert [line.invariant for line in make_document(invariants=None).invariants or ()] == ["little_exact"]


def test_the_document_is_json_that_reads_back_and_never_differs(tmp_path: Path) -> None:
    """No moment of making in any file; what cannot be a number is none."""
    report = make_document()
    content = to_json(report)
    assert content == to_json(make_document())
    assert forms(report, "en") == forms(make_document(), "en")
    file = tmp_path / "verification.json"
    file.write_bytes(content)
    assert read_verification(file) == report
    document = json.loads(content)
    assert document["schema_version"] == 1
    assert set(document["made_with"]) == {
        "model_version", "dataset", "dataset_version", "dataset_digest", "engine", "seed", "cases",
        "replications", "demand_year", "weeks",
    }  # fmt: skip
    assert document["theory"][3]["errors"] is None
    assert document["theory"][0]["errors"] == pytest.approx(1.0)
    verdicts = {line["figure"]: line["verdict"] for line in document["national"]}
    assert verdicts["visits"] == "not_judged"
    assert verdicts["list"] == "may_be_chance"
    kinds = {line["figure"]: line["subject_kind"] for line in document["national"]}
    assert (kinds["births"], kinds["wait"], kinds["stay_umc"]) == ("", "profile", "type")
    assert [line["level"] for line in document["fit"]] == ["type", "roaz"]
    # Two clinics together: 20 there, 10 leave a day, after 1.95 days each; one of them to the last patient.
    assert document["little"][0] == {
        "pool": "clinic", "queues": 2, "exact": 1, "length": 20.0, "rate": 10.0, "wait": 1.95, "difference": -0.025,
    }  # fmt: skip


def test_a_waiting_list_goes_by_the_name_of_its_hospital() -> None:
    """Nobody outside knows our ids; what has no name keeps its id."""
    document = make_document().model_copy(
        update={"names": {"MST": {"nl": "MST Enschede", "en": "MST Enschede"}}}
    )
    assert VerificationViews(document, "nl").subject("MST adm") == "MST Enschede (geplande opnamen)"
    assert VerificationViews(document, "en").subject("MST or") == "MST Enschede (operating theatres)"
    assert VerificationViews(document, "en").subject("MST") == "MST Enschede"
    assert VerificationViews(document, "en").subject("nobody knows") == "nobody knows"


def test_a_file_that_is_no_verification_is_refused(tmp_path: Path) -> None:
    """With the field that is wrong; a missing file too."""
    file = tmp_path / "verification.json"
    with pytest.raises(InvalidInput) as missing:
        read_verification(file)
    assert missing.value.problems[0].key == "verification.file_missing"
    file.write_bytes(to_json(make_document()).replace(b'"seed": 1', b'"seed": "one"'))
    with pytest.raises(InvalidInput) as wrong:
        read_verification(file)
    assert wrong.value.problems[0].params["field"] == "made_with/seed"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_can_be_read_by_everybody(language: str) -> None:
    """Language, headings, captions, headed tables and charts with words; nothing from elsewhere, no script."""
    page = _Page(source := render_page(make_document(), language))  # type: ignore[arg-type]
    assert page.open == []
    assert page.all("html") == [{"lang": language}]
    assert len(page.all("h1")) == 1
    assert len(page.all("table")) == len(page.all("caption")) == len(page.all("thead"))
    assert all(attributes["scope"] in ("col", "row") for attributes in page.all("th"))
    charts = page.all("svg")
    assert len(charts) == 3
    assert all(chart["role"] == "img" and len(chart["aria-label"] or "") > 40 for chart in charts)
    assert not page.all("script")
    assert not page.all("link")
    assert not page.all("img")
    assert not re.search(r"https?://", source)
    assert not re.search(r"(verification|theory|verify|report|target)\.[a-z_.]+", source)


def test_the_page_says_plainly_what_does_not_fit() -> None:
    """Every verdict with its word; each misfit with both numbers, in- and out-of-sample apart."""
    page = render_page(make_document(), "en")
    for word in (
        "fits",
        "DOES NOT FIT",
        "may be chance",
        "not judged",
        "in-sample: aimed at",
        "in-sample: informed by",
        "out-of-sample",
    ):
        assert re.search(rf"[> ]{re.escape(word)}[< ]", page)
    assert (
        "ic_days: published 100.00, model 120.00 (+20.0%; accepted: ± 5%). The model was set to give it."
        in page
    )
    assert "admissions: published 100.00, model 150.00 (+50.0%; accepted: ± 5%). Held back." in page
    assert "seed 7: 1.02 &gt; 1" in page
    assert "+50.0 standard errors away" in page
    assert "2 of 4 quantities in 3 cases" in page
    assert "(in-sample): 1 of the 2 that are judged fit" in page
    assert (
        "Published per kind of care (waits, which the model is set with): 0 of the 1 that are judged fit"
        in page
    )
    assert "(in-sample too): 1 of the 1 that are judged fit" in page
    assert "(out-of-sample): 1 of the 2 that are judged fit. Only this tests" in page
    assert "In line for Medical ward beds" in page
    assert page.count("(in the simulated country)") == 1
    assert "95% interval" in page
    assert "99.50 to 102.50" in page
    assert "visits: +200.0%" in page
    assert "Hospital type: university medical centre" in page
    nothing_wrong = render_page(
        make_document(theory=[GOOD], invariants=[HOLDS], national=None, trial=None), "en"
    )
    assert "Everything that was judged fits." in nothing_wrong
    assert 'id="national"' not in nothing_wrong


def test_every_form_is_made_of_the_same_document() -> None:
    """Markdown pages and pictures beside the page, in the language asked; only of parts that were tried."""
    files = forms(make_document(), "en")
    assert set(files) == {
        "verification.json", "verification.html", "verification.nl.html", "summary.md", "theory.md",
        "invariants.md", "national.md", "trial.md", "theory.svg", "national.svg", "trial-1.svg",
    }  # fmt: skip
    theory = files["theory.md"].decode()
    assert "| mm1: " in theory
    assert "0.2500 ± 0.0010" in theory
    assert "![Distance from the formula" in theory
    # Predicted better than without: A, not B.
    trial = files["trial.md"].decode()
    assert re.search(r"\| 1 \| 1 \| 5\.0% \| 10\.0% \| 10\.0% \| 100\.0% \| 100% \|", trial)
    assert re.search(r"\| 2 \| 1 \| 0\.0% \| 100\.0% \| 100\.0% \| 10\.0% \| 0% \|", trial)
    assert b'xmlns="http://www.w3.org/2000/svg"' in files["national.svg"]
    assert set(forms(make_document(national=None, trial=None, invariants=None), "nl")) == {
        "verification.json", "verification.html", "verification.en.html", "summary.md", "theory.md", "theory.svg",
    }  # fmt: skip


def test_the_axis_of_deviations_is_round_and_bounded() -> None:
    """Zero in the middle; a few large deviations do not flatten the others."""
    assert symmetric_axis(0.033) == [-0.04, -0.02, 0.0, 0.02, 0.04]
    assert symmetric_axis(7.0, 0.4) == [-0.4, -0.2, 0.0, 0.2, 0.4]
    assert symmetric_axis(0.0)[4] > 0
