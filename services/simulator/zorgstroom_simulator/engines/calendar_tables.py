"""What both engines look up of the working days."""

from __future__ import annotations

import numpy as np


def calendar_tables(working_days: np.ndarray, work_up_days: int) -> tuple[list[int], list[int]]:
    """Return per day the first working day at or after it, and the working day `work_up_days` working days later."""
    working = np.flatnonzero(working_days)
    days = np.arange(len(working_days))
    position = np.searchsorted(working, days)
    last = len(working) - 1
    following = working[np.minimum(position, last)]
    after = np.searchsorted(working, days, side="right") + work_up_days - 1
    return following.tolist(), working[np.minimum(after, last)].tolist()
