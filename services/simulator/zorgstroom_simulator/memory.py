"""Giving memory back to the operating system."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Return freed memory to the operating system, where the C library keeps it (glibc); else do nothing.

    Sampling frees many arrays too small to be mapped on their own; a process that then simulates millions of
    patients would hold them for as long as it runs.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return
