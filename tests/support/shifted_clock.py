"""Start ``zorgstroom`` with a wall clock that is wrong, and that somebody may put forward or back meanwhile.

    python -m tests.support.shifted_clock FILE api --port 8000

FILE holds how many seconds the clock is ahead, and may be written again at any moment. The library that is
made for this (libfaketime) is not on every machine; so `time.time`, `time.time_ns`, `datetime.now` and
`datetime.utcnow` are exchanged inside the process, the latter two in the type itself, which every module
shares. The monotonic clock, file times and other processes keep the right time, as after a wrong NTP answer.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import gc
import sys
import time
from pathlib import Path

#: How old the offset may be that counts, so that a busy process does not read a file for every line it logs.
FRESH_SECONDS = 0.05


def shift_clock(file: Path) -> None:
    """Exchange the wall clock of this process for one that is ahead by the seconds in the file."""
    right, read_at, offset = time.time, float("-inf"), 0.0

    def wrong() -> float:
        nonlocal read_at, offset
        if time.monotonic() - read_at > FRESH_SECONDS:
            # Whoever writes it moves a whole file into its place.
            offset, read_at = float(file.read_text()), time.monotonic()
        return right() + offset

    def now(cls: type[dt.datetime], tz: dt.tzinfo | None = None) -> dt.datetime:
        return cls.fromtimestamp(wrong(), tz)

    def utcnow(cls: type[dt.datetime]) -> dt.datetime:
        return now(cls, dt.UTC).replace(tzinfo=None)

    time.time = wrong
    time.time_ns = lambda: int(wrong() * 1e9)
    # Types written in C take no new attributes; their dictionary does.
    (attributes,) = gc.get_referents(dt.datetime.__dict__)
    attributes.update(now=classmethod(now), utcnow=classmethod(utcnow))
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(dt.datetime))


def set_offset(file: Path, seconds: float) -> None:
    """Put the clocks that read this file ahead by so many seconds."""
    new = file.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(file)


if __name__ == "__main__":
    shift_clock(Path(sys.argv.pop(1)))
    from zorgstroom.cli import main

    main()
