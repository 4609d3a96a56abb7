"""``zorgstroom verify``: which parts it tries, what it writes, and its exit code."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from tests.support.verification_lines import BROKEN, EXACT, GOOD, HOLDS, NEVER, TRIAL, national_part

from zorgstroom.cli import run
from zorgstroom.reporting.verification import PartName, read_verification
from zorgstroom_simulator.verification import parts
from zorgstroom_simulator.verification.results import InvariantLine, TheoryLine, Trial

pytestmark = pytest.mark.unit


class _Tried:
    """What every part finds, and with what it was asked."""

    def __init__(self) -> None:
        self.theory = [GOOD, EXACT]
        self.invariants = [HOLDS]
        self.national = national_part(misfits=False)
        self.asked: dict[str, tuple[object, ...]] = {}

    def verify_theory(self, seed: int, engine: str, replications: int | None) -> list[TheoryLine]:
        self.asked["theory"] = (seed, engine, replications)
        return self.theory

    def verify_invariants(self, seed: int, cases: int, engine: str) -> list[InvariantLine]:
        self.asked["invariants"] = (seed, cases, engine)
        return self.invariants

    def verify_national(self, folder: Path, *asked: object) -> object:
        self.asked["national"] = (*asked[:-2], asked[-1])
        return self.national

    def calibration_trial(self, folder: Path) -> Trial:
        self.asked["trial"] = ()
        return TRIAL


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> _Tried:
    """Replace what takes minutes; everything after it is real."""
    made = _Tried()
    monkeypatch.setattr(parts, "verify_theory", made.verify_theory)
    monkeypatch.setattr(parts, "verify_invariants", made.verify_invariants)
    monkeypatch.setattr(parts, "national", made.verify_national)
    monkeypatch.setattr(parts, "calibration_trial", made.calibration_trial)
    return made


def test_without_a_part_everything_is_tried_and_written(
    tried: _Tried, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One folder with every form; the same again gives the same bytes; the terminal has the summary."""
    arguments = ["verify", "--seed", "7", "--replications", "2", "--jobs", "2", "--lang", "en", "--out"]
    assert run([*arguments, str(tmp_path / "a")]) == 0
    printed = capsys.readouterr()
    assert "Theory: 2 of 2 quantities in 2 cases agree" in printed.out
    assert "Nothing makes this verification fail." in printed.out
    assert "verification.html" in printed.err
    assert tried.asked == {
        "theory": (7, "compiled", parts.FULL.theory_replications),
        "invariants": (7, parts.FULL.cases, "compiled"),
        "national": (2023, 7, 2, 2, 52, "compiled"),
        "trial": (),
    }
    assert run([*arguments, str(tmp_path / "b")]) == 0
    files = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    assert {"verification.json", "verification.html", "theory.md", "national.svg"} <= set(files)
    document = read_verification(tmp_path / "a" / "verification.json")
    assert (document.made_with.seed, document.made_with.cases) == (7, parts.FULL.cases)


def test_what_is_not_accepted_is_named_and_gives_exit_code_1(
    tried: _Tried, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Theory, invariants and in-sample figures; the report is there all the same."""
    tried.theory = [GOOD, NEVER]
    assert run(["verify", "theory", "--lang", "en"]) == 1
    assert "Not accepted (1): theory slow_clinic.wait." in capsys.readouterr().out
    tried.invariants = [HOLDS, BROKEN]
    assert run(["verify", "invariants", "--lang", "en", "--out", str(tmp_path)]) == 1
    assert "Not accepted (1): invariants utilisation." in capsys.readouterr().out
    assert "seed 7: 1.02 &gt; 1" in (tmp_path / "verification.html").read_text("utf-8")
    tried.national = national_part(misfits=True)
    assert run(["verify", "--lang", "nl"]) == 1
    printed = capsys.readouterr().out
    assert "Niet aanvaard (3): theory slow_clinic.wait, invariants utilisation, national ic_days." in printed
    assert "Achtergehouden." in printed


def test_a_part_alone_tries_nothing_else(tried: _Tried, capsys: pytest.CaptureFixture[str]) -> None:
    """With its table on the terminal, or as JSON; `--quick` asks for less."""
    assert run(["verify", "trial", "--lang", "en"]) == 0
    assert "Median error" in capsys.readouterr().out
    assert set(tried.asked) == {"trial"}
    assert run(["verify", "theory", "--quick", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["national"] is None
    assert len(document["theory"]) == 2
    assert tried.asked["theory"] == (1, "compiled", parts.QUICK.theory_replications)
    assert run(["verify", "invariants", "--quick", "--cases", "3", "--lang", "en"]) == 0
    assert tried.asked["invariants"] == (1, 3, "compiled")
    assert parts.QUICK.replications < parts.FULL.replications


def test_options_of_the_whole_are_refused_before_a_part(
    tried: _Tried, capsys: pytest.CaptureFixture[str]
) -> None:
    """They would be ignored in silence."""
    assert run(["verify", "--seed", "3", "--json", "theory"]) == 1
    error = capsys.readouterr().err
    assert "--seed, --json" in error
    assert "theory" in error
    assert tried.asked == {}


def test_pages_are_made_again_in_the_other_language(
    tried: _Tried, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the document alone; without one there is a clear message."""
    assert run(["verify", "theory", "--lang", "en", "--out", str(tmp_path)]) == 0
    english = (tmp_path / "verification.html").read_bytes()
    assert run(["verify", "pages", str(tmp_path), "--lang", "nl"]) == 0
    assert b'<html lang="nl">' in (tmp_path / "verification.html").read_bytes()
    assert (tmp_path / "verification.en.html").read_bytes() == english
    capsys.readouterr()
    assert run(["verify", "pages", str(tmp_path / "none"), "--lang", "en"]) == 1
    assert "zorgstroom verify makes it" in capsys.readouterr().err


def test_the_same_lines_give_the_same_document_whatever_the_jobs(tried: _Tried) -> None:
    """The number of processes is not in it."""
    national: tuple[PartName, ...] = ("national",)
    documents = [
        parts.verify(
            Path("shared/zorgstroom/dataset/data/nl2025"),
            national,
            dataclasses.replace(parts.FULL, replications=2),
            seed=1,
            engine="simpy",
            year=2023,
            jobs=jobs,
            progress=lambda part, steps: lambda step: None,
        )
        for jobs in (1, 2)
    ]
    assert documents[0] == documents[1]
