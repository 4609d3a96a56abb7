"""Work for processes that compute on the small country, which no file holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.support.small_dataset import make_dataset
from zorgstroom_simulator.blocks import work_on

PREPARE = f"{__name__}:prepare"
PREPARE_WHEN_TOLD = f"{__name__}:prepare_when_told"


def prepare(_setup: str) -> Callable[[bytes], bytes]:
    """Return what computes blocks on the small country."""
    return work_on(make_dataset())


def prepare_when_told(setup: str) -> Callable[[bytes], bytes]:
    """Return the same, which begins no block before there is a file `go` in the folder."""
    work = prepare(setup)

    def do(block: bytes) -> bytes:
        while not (Path(setup) / "go").exists():
            time.sleep(0.01)
        return work(block)

    return do
