"""What one trial of an invariant found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """Number of single comparisons, and what went wrong in words."""

    comparisons: int = 0
    failures: tuple[str, ...] = ()

    def __add__(self, other: Found) -> Found:
        """Return both together."""
        return Found(self.comparisons + other.comparisons, self.failures + other.failures)

    def about(self, what: str) -> Found:
        """Return the same with what it is about before every failure."""
        return Found(self.comparisons, tuple(f"{what}: {text}" for text in self.failures))


def held(comparisons: int, wrong: list[str] | None = None) -> Found:
    """Return what so many comparisons found."""
    return Found(comparisons, tuple(wrong or ()))
