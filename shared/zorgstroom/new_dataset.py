"""Making a dataset folder: there whole or not at all, with its derived tables."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

from zorgstroom import folders
from zorgstroom.cli import load_command
from zorgstroom.errors import InvalidInput, Problem


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write in that takes its name only when all of it is there; else nothing is left.

    Raises InvalidInput if there is something in `folder` already or it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput([Problem("--out", "area.folder_not_empty", {"folder": str(folder)})])
    with contextlib.ExitStack() as opened:
        try:
            unfinished = opened.enter_context(folders.new_folder(folder))
        except OSError as error:
            raise not_writable(folder, error) from None
        yield unfinished


def not_writable(folder: Path, error: OSError) -> InvalidInput:
    """Return the mistake of a folder that cannot be written."""
    params = {"folder": str(folder), "reason": error.strerror or type(error).__name__}
    return InvalidInput([Problem("--out", "area.folder_not_writable", params)])


def calibrate_folder(folder: Path) -> None:
    """Make the derived tables by the command of the simulator, which this package may not import."""
    with contextlib.redirect_stdout(io.StringIO()):
        load_command("calibrate").main([str(folder)], prog_name="calibrate", standalone_mode=False)
