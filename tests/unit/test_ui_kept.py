"""Answers of the service that visitors share for a while."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import streamlit as st

from zorgstroom_ui.kept import Kept, kept_for

pytestmark = pytest.mark.unit


class Clock:
    now = 1_000.0


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    yield
    st.cache_resource.clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    return made


def counted(seconds: float = 60) -> tuple[Kept[[str], str], list[str]]:
    asked: list[str] = []

    @kept_for(seconds, most=4)
    def answer(name: str) -> str:
        asked.append(name)
        if name == "nobody":
            raise LookupError(name)
        return f"{name} {len(asked)}"

    return answer, asked


def test_an_answer_is_kept_for_its_period_and_no_longer(clock: Clock) -> None:
    answer, asked = counted()
    assert answer("a") == "a 1"
    clock.now += 19.9
    assert answer("a") == "a 1"
    assert answer("b") == "b 2"
    clock.now += 60
    assert answer("a") == "a 3"
    assert asked == ["a", "b", "a"]


def test_an_answer_that_ends_while_it_is_looked_for_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    # Every look at the clock is another second: whatever is looked at twice has ended in between.
    seconds = iter(range(1_000_000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(seconds)))
    answer, asked = counted(seconds=1)
    assert [answer("a") for _ in range(50)] == [f"a {n}" for n in range(1, 51)]
    assert len(asked) == 50


def test_what_went_wrong_is_not_kept_and_answers_can_be_forgotten(clock: Clock) -> None:
    answer, asked = counted()
    for _ in range(2):
        with pytest.raises(LookupError):
            answer("nobody")
    assert answer("a") == "a 3"
    answer.clear()
    assert answer("a") == "a 4"
    assert asked == ["nobody", "nobody", "a", "a"]


def test_two_questions_do_not_share_answers(clock: Clock) -> None:
    @kept_for(60, most=4)
    def first(name: str) -> str:
        return f"first {name}"

    @kept_for(60, most=4)
    def second(name: str) -> str:
        return f"second {name}"

    assert first("a") == "first a"
    assert second("a") == "second a"


def test_the_screens_keep_answers_for_a_while_in_this_way_only() -> None:
    sources = files("zorgstroom_ui")
    scripts = [path for path in Path(str(sources)).rglob("*.py") if path.name != "kept.py"]
    assert len(scripts) > 50
    assert [
        path.name for path in scripts if re.search(r"cache_\w+\([^)]*ttl=", path.read_text("utf-8"))
    ] == []
