"""What every part of the measurements gets: how much is asked, and inputs that are made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.inputs import keep_half, keep_input
from benchmarks.measuring import in_process


@dataclass(frozen=True)
class Bench:
    """One run of the measurements."""

    #: Also what takes minutes.
    full: bool
    #: Of this run; removed afterwards.
    folder: Path

    @cached_property
    def region(self) -> Path:
        """Engine input of a region."""
        return self._kept("region")

    @cached_property
    def national(self) -> Path:
        """Engine input of the country."""
        return self._kept("national")

    @cached_property
    def half(self) -> Path:
        """Engine input of half the country."""
        return Path(in_process(keep_half, national=self.national, folder=self.folder)["file"])

    def input(self, size: str) -> Path:
        """Return the engine input of a size: region, half, national."""
        file = getattr(self, size)
        assert isinstance(file, Path)
        return file

    def _kept(self, size: str) -> Path:
        return Path(in_process(keep_input, size=size, folder=self.folder)["file"])
