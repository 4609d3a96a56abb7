"""Machine code made or read before anybody waits for it.

Translating takes seconds, reading what was kept a fraction of one. `warm_up` does a few weeks of the smallest region
with a plan in which everything happens: whatever is compiled, of the engine, the choices or the measurement, is then
there, with the types of a real run.

    python -m zorgstroom_simulator.warm_up    # while an image is built, or after an installation
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import importlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import (
    ActionItem,
    Capacity,
    Close,
    Demand,
    Horizon,
    Scenario,
)
from zorgstroom.errors import ZorgstroomError
from zorgstroom.tables import write_atomically
from zorgstroom_simulator import kinds
from zorgstroom_simulator.engines.registry import FASTEST
from zorgstroom_simulator.experiment import Experiment, simulate_replication

logger = logging.getLogger(__name__)

#: For `LocalCompute`.
PREPARE = f"{__name__}:prepare"
#: A block of no work: who gives it back is ready.
NOTHING = b""
#: About how long translating everything takes on a machine like that of `benchmarks/README.md`.
COMPILE_SECONDS = 10
#: Where an image keeps the machine code made when it was built; only read.
SHIPPED = "ZORGSTROOM_MACHINE_CODE"
_WEEKS = 4


def warm_up(dataset: Dataset) -> None:
    """Have all machine code made, or read from where it is kept. A dataset that cannot be used is only noted."""
    fetch_shipped()
    try:
        simulate_replication(everything(dataset), 0)
    except ZorgstroomError as error:
        logger.warning("machine code is made when it is needed: %s", error)
        return
    _note_kept()


def prepare(dataset_name: str) -> Callable[[bytes], bytes]:
    """Load the dataset and the machine code; return what computes blocks on it."""
    dataset = load_dataset(dataset_name)
    warm_up(dataset)
    work = kinds.work_on(dataset, dataset_name)
    return lambda block: block if block == NOTHING else work(block)


def everything(dataset: Dataset) -> Experiment:
    """Return a small experiment in which everything happens that is compiled."""
    regions = [Region("roaz", name) for name in dataset.regions("roaz")]
    sizes = {region: int(dataset.locations_in(region).sum()) for region in regions}
    # A patient who can no longer be helped somewhere goes elsewhere.
    region = min(
        (found for found in regions if sizes[found] > 1), key=lambda found: sizes[found], default=None
    )
    horizon = Horizon(weeks=_WEEKS, warmup_weeks=0)
    start = Calendar(dataset.base_year, 0, _WEEKS).start + dt.timedelta(weeks=1)
    return Experiment(
        dataset,
        Scenario(zorgstroom=1, name="everything", horizon=horizon, actions=_actions(dataset, region, start)),
        region,
        seed=0,
        engine=FASTEST,
    )


def _actions(dataset: Dataset, region: Region | None, start: dt.date) -> list[ActionItem]:
    """Return actions after the start: a location stops something, gets beds, and more patients come."""
    inside = (
        np.arange(len(dataset.locations)) if region is None else dataset.locations_in(region).nonzero()[0]
    )
    offered = dataset.offers[inside]
    several = (offered.sum(axis=0) > 1).nonzero()[0]
    if not len(several):
        return []
    profile = dataset.profiles[several[0]].id
    stops = dataset.locations[inside[int(offered[:, several[0]].argmax())]].id
    actions = [
        ActionItem(close=Close(location=stops, profiles=[profile], start=start)),
        ActionItem(demand=Demand(profiles=[profile], grow=0.5, start=start)),
    ]
    pools = [pool for location, pool in dataset.capacities if location == stops and pool.startswith("ward:")]
    return actions + [
        ActionItem(capacity=Capacity(location=stops, pool=pool, add=1, start=start)) for pool in pools[:1]
    ]


# -- where it is kept -------------------------------------------------------------------------------------


def is_kept() -> bool:
    """Return whether everything was made before, by this version for this processor, and kept."""
    folder = kept_in()
    return folder is not None and _note(folder).exists()


def kept_in() -> Path | None:
    """Return the folder in which the machine code of this package is kept; None: nowhere."""
    # The compiler takes half a second to import.
    from zorgstroom_simulator.machine_code import KeptCode  # noqa: PLC0415

    try:
        return Path(KeptCode(is_kept).cache_path)
    except (RuntimeError, OSError):
        return None


def fetch_shipped() -> None:
    """Copy machine code that came with an image to where it is looked for, unless it is there."""
    shipped, wanted = os.environ.get(SHIPPED), os.environ.get("NUMBA_CACHE_DIR")
    if not shipped or not wanted or not Path(shipped).is_dir():
        return
    # A full or unwritable disk: it is made again.
    with contextlib.suppress(OSError):
        for source in Path(shipped).rglob("*"):
            target = Path(wanted) / source.relative_to(shipped)
            if source.is_file() and not target.exists():
                write_atomically(target, source.read_bytes())


def _note_kept() -> None:
    folder = kept_in()
    if folder is not None:
        with contextlib.suppress(OSError):
            _note(folder).touch()


def _note(folder: Path) -> Path:
    """Return the file that says that everything is kept: of these sources, this compiler and this processor."""
    # Neither has types; and see `kept_in`.
    compiler, llvm = (importlib.import_module(name) for name in ("numba", "llvmlite.binding"))
    processor = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    made_of = hashlib.sha256(repr((compiler.__version__, processor)).encode())
    package = Path(__file__).parent
    for source in sorted(package.rglob("*.py")):
        content = source.read_bytes()
        if source.parent.name == "engines" or b"machine_code" in content:
            made_of.update(source.relative_to(package).as_posix().encode() + content)
    return folder / f"machine-code-{made_of.hexdigest()[:16]}.kept"


if __name__ == "__main__":
    warm_up(load_dataset())
