"""The simulator service in a thread of the test, on the local bus, and what it says."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, TypeVar

from tests.support.small_work import PREPARE_WHEN_TOLD
from zorgstroom.artefacts import ArtefactStore
from zorgstroom.dataset.model import Dataset
from zorgstroom.events import open_command_queue, open_event_log
from zorgstroom.events.ports import BATCH_COMMANDS, COMMANDS, RESULTS, RUNS
from zorgstroom.events.schemas import (
    Event,
    Payload,
    Priority,
    ReplicationCompleted,
    ResultPublished,
    RunCompleted,
    RunRequested,
    RunSettings,
    make_event,
)
from zorgstroom.settings import Settings
from zorgstroom_simulator.compute_threads import ThreadCompute
from zorgstroom_simulator.replication_cache import ReplicationCache
from zorgstroom_simulator.service import GROUP, SimulatorService

WAIT_SECONDS = 60.0
SCENARIO: Mapping[str, Any] = {"zorgstroom": 1, "name": "Klein", "horizon": {"weeks": 4, "warmup_weeks": 0}}
Found = TypeVar("Found", bound=Payload)


class Bench:
    """One service in a thread, its bus, and what it said."""

    def __init__(
        self,
        folder: Path,
        opened: ExitStack,
        dataset: Dataset,
        artefacts: Path,
        prepare: str = PREPARE_WHEN_TOLD,
        setup: Path | None = None,
    ) -> None:
        self.folder = folder
        self.settings = Settings(data_dir=folder)
        self.store = ArtefactStore(artefacts)
        self.dataset = dataset
        self.events: list[Event] = []
        self._cursors: dict[str, str | None] = {RUNS: None, RESULTS: None}
        self.queue = opened.enter_context(closing(open_command_queue(self.settings, "test")))
        self.log = opened.enter_context(closing(open_event_log(self.settings)))
        theirs = opened.enter_context(closing(open_command_queue(self.settings, GROUP)))
        log = opened.enter_context(closing(open_event_log(self.settings)))
        compute = opened.enter_context(closing(ThreadCompute(prepare, str(setup or folder), 1)))
        cache = ReplicationCache(folder / "replications", 2**20)
        self.service = SimulatorService(
            theirs, log, compute, self.store, dataset, str(setup), cache, folder / "simulator.alive"
        )
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.service.run, args=(self.stop,))
        self.thread.start()

    def leave(self) -> None:
        self.go()
        self.stop.set()
        self.thread.join()

    def go(self) -> None:
        """Let blocks be done."""
        (self.folder / "go").touch()

    def request(
        self,
        run_id: str,
        replications: int,
        *,
        attempt: int = 1,
        owner: str = "",
        priority: Priority = "interactive",
        scenario: Mapping[str, Any] = SCENARIO,
        **settings: Any,
    ) -> None:
        payload = RunRequested(
            scenario=dict(scenario),
            dataset_digest=self.dataset.digest,
            settings=RunSettings(replications=replications, seed=3, **settings),
            attempt=attempt,
            owner=owner,
            priority=priority,
        )
        topic = BATCH_COMMANDS if priority == "batch" else COMMANDS
        self.queue.publish(make_event(run_id, "/test", payload), topic)

    def said(self, kind: type[Found], run_id: str) -> list[Found]:
        payloads = [event.payload() for event in self.events if event.subject == run_id]
        return [payload for payload in payloads if isinstance(payload, kind)]

    def wait_for(self, kind: type[Found], run_id: str) -> Found:
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.said(kind, run_id):
            assert time.monotonic() < deadline, [f"{event.type} {event.data}"[:200] for event in self.events]
            for topic in self._cursors:
                entries = self.log.read(topic, self._cursors[topic], 100, 0.1)
                self.events += [entry.event for entry in entries]
                if entries:
                    self._cursors[topic] = entries[-1].cursor
        return self.said(kind, run_id)[-1]

    def result(self, run_id: str) -> ResultPublished:
        self.wait_for(RunCompleted, run_id)
        return self.wait_for(ResultPublished, run_id)

    def replications_in_order(self) -> list[str]:
        """Return of which run each replication was that was done, in order."""
        return [event.subject for event in self.events if isinstance(event.payload(), ReplicationCompleted)]
