"""Giving memory back to the operating system."""

from __future__ import annotations

import ctypes

#: Patients below which it is not worth the time.
WORTHWHILE = 1_000_000


def give_back(*, after: int) -> None:
    """After work on so many patients, return freed memory to the system.

    Sampling frees many arrays too small to be mapped on their own, which the C library keeps (glibc; elsewhere
    this does nothing). Without this a process holds them for as long as it runs.
    """
    if after < WORTHWHILE:
        return
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return
