"""Sweeps of the small country: blocks for any compute, by workers that die once where a test asks for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.support.small_dataset import make_dataset
from zorgstroom_simulator.sweep.work import work_on

PREPARE = f"{__name__}:prepare"
#: In the folder of the setup: a worker is to be killed, and one was.
DIE, DIED = "die", "died"


def prepare(setup: str) -> Callable[[bytes], bytes]:
    """Return what computes blocks on the small country; the first to be done with one is killed if a file says so."""
    work, folder = work_on(make_dataset()), Path(setup)

    def do(block: bytes) -> bytes:
        answer = work(block)
        if (folder / DIE).exists() and not (folder / DIED).exists():
            (folder / DIED).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return do
