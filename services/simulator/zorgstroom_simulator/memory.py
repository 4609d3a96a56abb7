"""Giving memory back to the operating system."""

from __future__ import annotations

import ctypes
import gc

#: Patients below which it is not worth the time.
WORTHWHILE = 100_000


def give_back(*, after: int) -> None:
    """After work on so many patients, let go of what nothing refers to and return freed memory to the system.

    An engine leaves its event list and the pathways of who still waits as one knot of references to each
    other. Sampling frees many arrays too small to be mapped on their own, which the C library keeps (glibc;
    elsewhere the second half does nothing). Without this a process holds both for as long as it runs.
    """
    if after < WORTHWHILE:
        return
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return
