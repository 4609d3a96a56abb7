"""Which processes are still there."""

from __future__ import annotations

import os
from pathlib import Path


def gone(process_id: int) -> bool:
    """Return whether a process has ended."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    # A process that nobody waited for is dead all the same.
    return "State:\tZ" in Path(f"/proc/{process_id}/status").read_text()


def members(session: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state, _, _, number = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            if int(number) == session and state != "Z":
                found.append(int(folder.name))
    return found
