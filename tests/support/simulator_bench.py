"""Simulators as processes of their own on a bus, and what they said; imported by the tests that use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pyarrow.parquet as pq
import pytest

from zorgstroom.artefacts import ArtefactStore
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.events import open_command_queue, open_event_log
from zorgstroom.events.ports import RESULTS, RUNS
from zorgstroom.events.schemas import (
    Event,
    Payload,
    ResultPublished,
    RunCompleted,
    RunRequested,
    RunSettings,
    make_event,
)
from zorgstroom.reporting.impact import Impact
from zorgstroom.settings import Settings
from zorgstroom.tables import SCHEMAS, table_digest

REPLICATIONS = 3
REGION = Region("roaz", "Euregio")
WAIT_SECONDS = 240.0
#: Long enough under way to be killed in the middle.
SLOW = RunSettings(replications=REPLICATIONS, seed=7, region=f"{REGION.kind}:{REGION.name}", engine="simpy")
Found = TypeVar("Found", bound=Payload)


def scenario_document(dataset: Dataset) -> dict[str, object]:
    """Concentrate a common elective operation at one location of the region: four weeks, no warm-up."""
    inside = dataset.locations_in(REGION)
    able = [
        (profile, location)
        for profile, known in enumerate(dataset.profiles)
        for location in inside.nonzero()[0]
        if known.choice_class == "basic" and known.pathway == "care"
        if dataset.offers[location, profile] and dataset.offers[inside, profile].sum() > 1
    ]
    profile, location = able[0]
    return {
        "zorgstroom": 1,
        "name": "Op één plek",
        "horizon": {"weeks": 4, "warmup_weeks": 0},
        "actions": [
            {
                "concentrate": {
                    "profiles": [dataset.profiles[profile].id],
                    "at": [dataset.locations[location].id],
                }
            }
        ],
    }


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load_dataset("nl2025")


@pytest.fixture(scope="module")
def digests(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the same run gives in one process, without any service or bus."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "plan.json").write_text(json.dumps(scenario_document(dataset)))
    numbers = ["--replications", str(REPLICATIONS), "--seed", "7", "--jobs", "1"]
    options = ["--region", f"{REGION.kind}:{REGION.name}", "--lang", "en", *numbers]
    done = subprocess.run(
        [sys.executable, "-m", "zorgstroom", "run", "plan.json", "--out", "out", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((folder / "out" / "manifest.json").read_text())["table_digests"]
    assert set(found) == set(SCHEMAS)
    return {str(name): str(digest) for name, digest in found.items()}


@dataclass
class Bench:
    """A bus, simulators on it, and what they said."""

    settings: Settings
    dataset: Dataset
    opened: ExitStack
    events: list[Event] = field(default_factory=list)
    cursors: dict[str, str | None] = field(default_factory=lambda: {RUNS: None, RESULTS: None})
    started: int = 0

    def __post_init__(self) -> None:
        self.queue = self.opened.enter_context(closing(open_command_queue(self.settings, "test")))
        self.log = self.opened.enter_context(closing(open_event_log(self.settings)))

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a simulator; it is killed at the end, whatever the test did with it."""
        self.started += 1
        with (self.settings.data_dir / f"simulator-{self.started}.log").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "zorgstroom", "simulator", "--jobs", "2"],
                env={
                    **os.environ,
                    "ZORGSTROOM_DATA_DIR": str(self.settings.data_dir),
                    "ZORGSTROOM_BUS_URL": self.settings.bus_url,
                    **environment,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.opened.callback(process.wait)
        self.opened.callback(process.kill)
        return process

    def request(self, run_id: str, attempt: int = 1, **changes: object) -> Event:
        payload = RunRequested(
            scenario=scenario_document(self.dataset),
            dataset_digest=self.dataset.digest,
            settings=SLOW,
            attempt=attempt,
        ).model_copy(update=changes)
        event = make_event(run_id, "/test", payload)
        self.queue.publish(event)
        return event

    def listen(self) -> None:
        """Read what is new."""
        for topic in self.cursors:
            entries = self.log.read(topic, self.cursors[topic], 100, 0.2)
            self.events += [entry.event for entry in entries]
            if entries:
                self.cursors[topic] = entries[-1].cursor

    def said(self, kind: type[Found], run_id: str) -> list[Found]:
        """Return what was said about a run, of one kind."""
        payloads = [event.payload() for event in self.events if event.subject == run_id]
        return [payload for payload in payloads if isinstance(payload, kind)]

    def wait_for(self, kind: type[Found], run_id: str, count: int = 1) -> Sequence[Found]:
        deadline = time.monotonic() + WAIT_SECONDS
        while len(self.said(kind, run_id)) < count:
            assert time.monotonic() < deadline, self.story()
            self.listen()
        return self.said(kind, run_id)

    def story(self) -> str:
        logs = [file.read_text() for file in sorted(self.settings.data_dir.glob("simulator-*.log"))]
        return "\n".join([*(f"{event.type} {event.data}"[:200] for event in self.events), *logs])

    def ids(self, kind: str, run_id: str) -> list[str]:
        return [event.id for event in self.events if event.subject == run_id and kind in event.type]


@pytest.fixture
def make_bench(tmp_path: Path, dataset: Dataset) -> Iterator[Callable[[str], Bench]]:
    with ExitStack() as opened:
        yield lambda url: Bench(Settings(data_dir=tmp_path, bus_url=url), dataset, opened)


@pytest.fixture
def local_bench(make_bench: Callable[[str], Bench]) -> Bench:
    return make_bench("local:")


def children_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the processes that compute for a simulator."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == process.pid and b"spawn_main" in command:
            found.append(int(folder.name))
    return found


def assert_gone(process_ids: Sequence[int]) -> None:
    deadline = time.monotonic() + 20
    while any(_lives(process_id) for process_id in process_ids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lives(process_id: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return False


def assert_results(bench: Bench, run_id: str, digests: dict[str, str]) -> None:
    """The tables announced, and those in the store, are the ones that the model gives on its own."""
    bench.wait_for(RunCompleted, run_id)
    store = ArtefactStore(bench.settings.artefacts_dir)
    for result in bench.wait_for(ResultPublished, run_id):
        artefacts = {artefact.name: artefact for artefact in result.artefacts}
        assert set(artefacts) == {*SCHEMAS, "impact"}
        for name, digest in digests.items():
            table = pq.read_table(store.path(artefacts[name].key))
            assert artefacts[name].table_digest == table_digest(table) == digest
            assert artefacts[name].rows == table.num_rows
        impact = Impact.model_validate_json(store.path(artefacts["impact"].key).read_bytes())
        assert impact.identity.run_id == run_id
        assert all(line.balanced for line in impact.conservation)
        assert result.manifest["table_digests"] == digests
