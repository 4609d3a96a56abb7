"""A folder that is there whole or not at all."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write in that takes its name, in place of an earlier one, only when all of it is there.

    If it fails, nothing is left and the earlier one stays. What a killed process left behind goes first.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for leftover in folder.parent.glob(f".{folder.name}.*.tmp"):
        shutil.rmtree(leftover, ignore_errors=True)
    unfinished = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.tmp")
    try:
        unfinished.mkdir()
        yield unfinished
        if folder.exists():
            old = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.tmp")
            folder.rename(old)
            shutil.rmtree(old)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
