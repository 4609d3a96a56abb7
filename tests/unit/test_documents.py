"""The documents: made of dataset, code and the committed verification, with no number typed and no dead link."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs import make

from zorgstroom.reporting.verification import read_verification
from zorgstroom.reporting.verification_forms import forms

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(make.TEMPLATES.glob("*.md"))
#: Digits that are names or words, not numbers of the model: moments of the day, years, versions, the level of an
#: interval, steps of others' methods, and what stands in code or in the numbering of headings and sections.
NO_NUMBERS = (
    r"\{[{%].*?[%}]\}",
    r"`[^`]*`",
    r"```.*?```",
    r"\]\([^)]*\)",
    r"(?m)^#+ [0-9.]+",
    r"sections? [0-9.]+",
    r"\b[0-2][0-9]:00\b",
    r"\b(1[89]|20)[0-9]{2}\b",
    r"\b95%",
    r"\b(Python 3\.11|SimPy 4|ISO week 1|step [12]|EUPL-1\.2|SHA-256|SplitMix64|MSER-5)\b",
    r"√\(d² \+ s²\)|2√load",
)


def test_the_committed_documents_are_those_that_would_be_made() -> None:
    """Run `python -m docs.make` after a change of dataset, code or verification."""
    made = make.documents()
    assert [name for name, content in made.items() if (make.DOCS / name).read_bytes() != content] == []


def test_the_committed_verification_is_made_of_its_document() -> None:
    """Every page and picture of docs/validation is what verification.json gives."""
    made = forms(read_verification(make.VALIDATION / "verification.json"), make.LANGUAGE)
    assert [name for name, content in made.items() if (make.VALIDATION / name).read_bytes() != content] == []
    others = {path.name for path in make.VALIDATION.iterdir()} - set(made) - {"README.md"}
    assert others == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_number_is_typed_in_a_template(template: Path) -> None:
    """What is left after code, citations and headings holds no digit."""
    text = template.read_text("utf-8")
    for pattern in ("```.*?```", *NO_NUMBERS):
        text = re.sub(pattern, " ", text, flags=re.DOTALL if "```" in pattern or "{[" in pattern else 0)
    assert re.findall(r".{0,30}[0-9].{0,30}", text) == []


def test_a_number_in_the_code_reaches_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parameter, a constant and a figure of the verification: none of them is written twice."""
    model = make.documents()["model.md"].decode()
    assert "skipping at most 60 entries" in model
    monkeypatch.setattr("zorgstroom.planning.access.ED_MINUTES", 46)
    changed = make.documents()["model.md"].decode()
    assert "Inhabitants beyond 46" in changed
    assert model.replace("Inhabitants beyond 45", "Inhabitants beyond 46") == changed


@pytest.mark.parametrize(
    "page",
    [ROOT / "README.md", *sorted(set((ROOT / "docs").rglob("*.md")) - set(TEMPLATES))],
    ids=lambda path: path.name,
)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    """In the repository; addresses on the internet are not tried. Links of a template stand where its document is."""
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"(?s)```.*?```", "", page.read_text("utf-8")))
    dead = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert dead == []
