"""A disk of its own that can be full or take nothing, while everything else goes on.

A real one where mounting is allowed. Elsewhere a file stands where the folder was: nothing can be written in it.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


class SmallDisk:
    """A disk of a few megabytes at `folder`."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        options = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        self._real = subprocess.run(options, capture_output=True, check=False).returncode == 0
        self._filling = folder / "filling"
        self._aside = folder.with_name(f"{folder.name}.aside")

    def fill(self) -> None:
        """Leave no room at all."""
        if not self._real:
            self._obstruct()
            return
        with contextlib.suppress(OSError), self._filling.open("ab", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)

    def make_room(self) -> None:
        """Undo `fill`."""
        if not self._real:
            self._clear()
            return
        self._filling.unlink()

    def protect(self) -> None:
        """Let it be read only."""
        if not self._real:
            self._obstruct()
            return
        subprocess.run(["mount", "-o", "remount,ro", self.folder], check=True)

    def files(self) -> list[Path]:
        """Return what is kept on it, half files included."""
        return [path for path in self.folder.glob("**/*") if path.is_file() and path != self._filling]

    def close(self) -> None:
        """Take it away, also when something still uses it."""
        if self._real:
            subprocess.run(["umount", "--lazy", self.folder], check=True)

    def _obstruct(self) -> None:
        self.folder.rename(self._aside)
        self.folder.touch()

    def _clear(self) -> None:
        self.folder.unlink()
        self._aside.rename(self.folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of one megabyte."""
    disk = SmallDisk(tmp_path / "disk", 1)
    yield disk
    disk.close()
