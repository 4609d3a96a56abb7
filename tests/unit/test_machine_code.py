"""Machine code kept on disk is used again, and never when something it was made of has changed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from zorgstroom_simulator import machine_code

pytestmark = pytest.mark.unit

RULES = """
from limits import LIMIT
from zorgstroom_simulator.machine_code import compiled

@compiled
def above(number):
    return number > LIMIT
"""
Above = Callable[[float], bool]


@pytest.fixture
def compiled_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Above]:
    """Return what imports the rules anew, as another process would, with a limit that is in another file."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "rules.py").write_text(RULES)

    def import_again(limit: int | str) -> Above:
        (tmp_path / "limits.py").write_text(f"LIMIT = {limit}")
        for name in ("limits", "rules"):
            sys.modules.pop(name, None)
        machine_code._source.cache_clear()
        importlib.invalidate_caches()
        above: Above = importlib.import_module("rules").above
        return above

    return import_again


def hits(above: Above) -> int:
    return sum(above.stats.cache_hits.values())  # type: ignore[attr-defined]


def test_code_is_kept_and_not_used_with_another_number(compiled_with: Callable[..., Above]) -> None:
    first = compiled_with(5)
    assert (first(7), hits(first)) == (True, 0)
    again = compiled_with(5)
    assert (again(7), hits(again)) == (True, 1)
    # The file of the function itself is the same, to the second.
    changed = compiled_with(50)
    assert (changed(7), hits(changed)) == (False, 0)
    assert (changed(7.5), hits(changed)) == (False, 0)
    whole_and_real = compiled_with(50)
    assert (whole_and_real(70), whole_and_real(70.5), hits(whole_and_real)) == (True, True, 2)


@pytest.mark.parametrize("number", ["{}.0", "__import__('numpy').int64({})"])
def test_a_number_of_any_kind_counts(compiled_with: Callable[..., Above], number: str) -> None:
    assert compiled_with(number.format(5))(7)
    changed = compiled_with(number.format(50))
    assert (changed(7), hits(changed)) == (False, 0)


def test_code_is_not_used_when_a_function_it_calls_in_another_file_has_changed(
    compiled_with: Callable[..., Above], tmp_path: Path
) -> None:
    calls = RULES.replace("from limits import LIMIT", "from scale import scaled").replace(
        "LIMIT", "scaled(5)"
    )
    scale = "from zorgstroom_simulator.machine_code import compiled\n\n@compiled\ndef scaled(x):\n    return x * {}\n"
    (tmp_path / "rules.py").write_text(calls)
    (tmp_path / "scale.py").write_text(scale.format(1))
    assert compiled_with(0)(7)
    sys.modules.pop("scale")
    assert hits(again := compiled_with(0)) == 0
    assert (again(7), hits(again)) == (True, 1)
    (tmp_path / "scale.py").write_text(scale.format(10))
    sys.modules.pop("scale")
    changed = compiled_with(0)
    assert (changed(7), hits(changed)) == (False, 0)
    sys.modules.pop("scale")


@pytest.mark.parametrize("left", [0, 20, 200, -1])
def test_a_file_that_broke_off_is_not_used(
    compiled_with: Callable[..., Above], tmp_path: Path, left: int
) -> None:
    compiled_with(5)(7)
    (kept,) = tmp_path.rglob("*.nbc")
    kept.write_bytes(kept.read_bytes()[:left])
    again = compiled_with(5)
    assert (again(7), hits(again)) == (True, 0)


def test_a_full_disk_costs_time_only(
    compiled_with: Callable[..., Above], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(files: object, content: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(machine_code._Files, "_dump", full)
    assert compiled_with(5)(7)


def test_without_a_place_to_keep_it_code_runs_all_the_same(
    compiled_with: Callable[..., Above], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_code.KeptCode._impl_class, "_locator_classes", [])
    first = compiled_with(5)
    assert (first(7), hits(first)) == (True, 0)
