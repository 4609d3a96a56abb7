"""``zorgstroom verify`` as an outsider runs it: real processes, the real engine, the same files again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zorgstroom.reporting.verification import read_verification

pytestmark = pytest.mark.e2e


def _verify(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zorgstroom", "verify", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


@pytest.mark.nightly
def test_theory_gives_the_same_files_again(tmp_path: Path) -> None:
    """Two runs of a case say little about theory, but all about being the same."""
    for name in ("a", "b"):
        made = _verify("theory", "--theory-replications", "2", "--lang", "en", "--out", str(tmp_path / name))
        assert made.returncode in (0, 1), made.stderr
        assert "Traceback" not in made.stderr
    files = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    document = read_verification(tmp_path / "a" / "verification.json")
    assert document.theory is not None
    assert len({line.case for line in document.theory}) >= 10
    assert (made.returncode == 1) == bool(document.failures())


def test_an_unknown_year_is_refused_before_anything_is_simulated(tmp_path: Path) -> None:
    """With the years there are, and nothing written."""
    made = _verify("--year", "1999", "--lang", "en", "--out", str(tmp_path / "out"))
    assert made.returncode == 1
    assert "2021, 2022, 2023" in made.stderr
    assert not (tmp_path / "out").exists()
