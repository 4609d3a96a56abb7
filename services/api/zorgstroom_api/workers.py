"""The threads that keep store and bus in step, and what of each wakes which other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from zorgstroom.events import open_command_queue, open_event_log
from zorgstroom_api.background import Worker
from zorgstroom_api.changes import Changes
from zorgstroom_api.dispatcher import Dispatcher
from zorgstroom_api.outbox import OutboxRelay
from zorgstroom_api.projector import Projector
from zorgstroom_api.reaper import Reaper
from zorgstroom_api.settings import ApiSettings
from zorgstroom_api.store.database import Database
from zorgstroom_api.tidying import Rules, Tidier, tidy
from zorgstroom_api.turns import Limits

#: The consumer group of the simulators; this service only publishes to it.
GROUP = "simulators"


@dataclass(frozen=True)
class Workers:
    """One of each; `tidier` only where the operator set a term, since without one nothing is thrown away."""

    relay: OutboxRelay
    projector: Projector
    dispatcher: Dispatcher
    tidier: Tidier | None

    def start(self) -> None:
        """Start all threads."""
        for worker in self._all():
            worker.start()

    def stop(self) -> None:
        """Let each end its step, and wait for it."""
        for worker in self._all():
            worker.stop()

    def wake(self) -> None:
        """Have a request that was just written dealt with now."""
        self.relay.wake()
        self.dispatcher.wake()

    def _all(self) -> list[Worker]:
        return [self.relay, self.projector, self.dispatcher, *([] if self.tidier is None else [self.tidier])]


def make_workers(settings: ApiSettings, database: Database, changes: Changes) -> Workers:
    """Return the threads, not started; `changes` hears of everything they write."""
    open_log = partial(open_event_log, settings)
    open_queue = partial(open_command_queue, settings, GROUP)
    relay = OutboxRelay(database, open_queue, open_log, settings.poll_seconds)
    reaper = Reaper(database, settings.heartbeat_timeout_seconds)

    def changed() -> None:
        changes.note()
        dispatcher.wake()

    def caught_up() -> None:
        if reaper.look():
            changed()
            relay.wake()

    def dispatched() -> None:
        changes.note()
        relay.wake()

    projector = Projector(
        database,
        open_log,
        settings.poll_seconds,
        on_change=changed,
        on_caught_up=caught_up,
        on_interruption=reaper.forget,
    )
    dispatcher = Dispatcher(
        database,
        Limits(settings.max_runs_in_transit, settings.max_runs_per_owner),
        settings.poll_seconds,
        ready=lambda: projector.caught_up,
        on_dispatch=dispatched,
    )
    tidier = None
    if settings.keep_runs_days is not None:
        rules = Rules(settings.keep_runs_days, settings.keep_audit_days)
        tidier = Tidier(partial(tidy, database, open_log, settings.artefacts_dir, rules))
    return Workers(relay, projector, dispatcher, tidier)
