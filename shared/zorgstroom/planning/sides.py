"""Something without the plan and with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Side(Generic[Value]):
    """Something without the plan and with it."""

    today: Value
    plan: Value

    def __iter__(self) -> Iterator[Value]:
        """Yield today, then the plan."""
        yield self.today
        yield self.plan
