"""Answers of the service that all visitors share for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

import streamlit as st

P = ParamSpec("P")
T = TypeVar("T")


class Kept(Generic[P, T]):
    """A question whose answer is kept until the end of the period in which it was asked.

    The period is part of what an answer is known by. The `ttl` of Streamlit looks whether an answer is there before it
    reads it: one that ends in between is a mistake on the screen of a visitor.
    """

    def __init__(self, ask: Callable[P, T], seconds: float, most: int) -> None:
        def of_period(moment: int, *args: P.args, **kwargs: P.kwargs) -> T:
            return ask(*args, **kwargs)

        # What Streamlit tells questions apart by.
        of_period.__module__, of_period.__qualname__ = ask.__module__, ask.__qualname__
        self._seconds = seconds
        self._of_period = st.cache_resource(max_entries=most, show_spinner=False)(of_period)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the answer, asked now or before in this period. Raises what asking raises, and keeps none of that."""
        answer: T = self._of_period(int(time.monotonic() // self._seconds), *args, **kwargs)
        return answer

    def clear(self) -> None:
        """Forget every answer."""
        self._of_period.clear()


def kept_for(seconds: float, *, most: int) -> Callable[[Callable[P, T]], Kept[P, T]]:
    """Keep the answers to a question, at most so many, for `seconds` at most."""
    return lambda ask: Kept(ask, seconds, most)
