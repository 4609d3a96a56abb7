"""Every kind of block that a run may consist of, each done by the same process.

Replications of a plan are blocks as they are; others say in front what they are: a part of the plan alone (`PART`),
both sides under shocks (`SHOCK`), or a draw of other assumptions (`DRAW`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from zorgstroom.dataset.model import Dataset
from zorgstroom_simulator import blocks, stress, waterfall
from zorgstroom_simulator.compute import Work
from zorgstroom_simulator.robust import work as robust

PART, SHOCK, DRAW = b"part", b"shock", b"draw"
_END = b"\n"


def of_kind(kind: bytes, block: bytes) -> bytes:
    """Return a block that says what it is."""
    return kind + _END + block


def work_on(dataset: Dataset, dataset_name: str) -> Work:
    """Return what computes blocks of every kind on a dataset, loaded from `dataset_name`.

    What a kind needs besides is read with the first block of it.
    """
    replications = blocks.work_on(dataset)
    makers: dict[bytes, Callable[[], Work]] = {
        PART: partial(waterfall.work_on, dataset),
        SHOCK: partial(stress.work_on, dataset),
        DRAW: partial(robust.prepare, dataset_name),
    }

    @cache
    def made(kind: bytes) -> Work:
        return makers[kind]()

    def work(block: bytes) -> bytes:
        # A plain block is a JSON document.
        if block.startswith(b"{"):
            return replications(block)
        kind, _, content = block.partition(_END)
        return made(kind)(content)

    return work
