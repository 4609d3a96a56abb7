"""Patients and their baseline kept in memory, so that the next plan for the same region costs only its own half."""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom_simulator.experiment import Experiment, Today, changes_journeys, simulate_today, today_key

#: What a computing process keeps: a dozen simulated years of a region; a year of the whole country is not kept.
KEPT_BYTES = 256 * 2**20


@dataclass(eq=False)
class _Place:
    """Where one replication is, or will be when the thread that simulates it is done."""

    dataset: Dataset
    making: threading.Lock = field(default_factory=threading.Lock)
    today: Today | None = None


class KeptToday:
    """Keeps what `simulate_today` made, the least recently used let go first; threads may share it.

    `most_bytes`: how much memory the kept patients may take; a replication that is larger is not kept.
    """

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._places: OrderedDict[tuple[str, int, int], _Place] = OrderedDict()

    def of(self, experiment: Experiment, replication: int) -> Today:
        """Return a replication as it is today; simulated once, also when several threads ask at the same time."""
        # A dataset with other figures may bear the digest of the one it was made from.
        key = (today_key(experiment), replication, id(experiment.dataset))
        with self._lock:
            place = self._places.setdefault(key, _Place(experiment.dataset))
            self._places.move_to_end(key)
        with place.making:
            if place.today is None:
                keep_side = not changes_journeys(experiment)
                made = simulate_today(experiment, replication, keep_side=keep_side)
                # Kept without what happened to everybody, which the caller may need once.
                place.today = dataclasses.replace(made, side=None)
                self._let_go()
                return made
            return place.today

    def _let_go(self) -> None:
        """Forget what was not used for longest, until the rest fits."""
        with self._lock:
            sizes = {key: size_of(place.today) for key, place in self._places.items() if place.today}
            total = sum(sizes.values())
            # Another thread may have let go what this one just kept.
            too_large = max(sizes.values(), default=0) > self._most_bytes
            for key, size in sizes.items():
                # What is too large by itself pushes nothing else out.
                if size > self._most_bytes or (total > self._most_bytes and not too_large):
                    del self._places[key]
                    total -= size


def size_of(today: Today) -> int:
    """Return the bytes of the patients and tables of a replication."""
    columns = [getattr(today.patients, item.name) for item in dataclasses.fields(today.patients)]
    arrays = sum(column.nbytes for column in (*columns, today.location) if isinstance(column, np.ndarray))
    years = 0 if today.years is None else int(today.years.nbytes)
    return arrays + years + int(today.indicators.nbytes) + int(today.conservation.nbytes)
