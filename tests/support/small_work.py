"""Work for processes that compute on the small country, which no file holds."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.small_dataset import make_dataset
from zorgstroom_simulator.blocks import work_on

PREPARE = f"{__name__}:prepare"


def prepare(_setup: str) -> Callable[[bytes], bytes]:
    """Return what computes blocks on the small country."""
    return work_on(make_dataset())
