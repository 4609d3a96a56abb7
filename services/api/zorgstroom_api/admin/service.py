"""Looking at the installation: its parts, its queue, its disk, its keys, and what people did."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import func, select

from zorgstroom import MODEL_VERSION, __version__
from zorgstroom.errors import ZorgstroomError
from zorgstroom.events import local_bus_file
from zorgstroom.service_document import (
    AuditLine,
    Disk,
    KeyLine,
    Limits,
    LoadTest,
    Overview,
    ServiceInfo,
    State,
    WorkerLine,
)
from zorgstroom_api.admin.schemas import AuditQuery
from zorgstroom_api.datasets.service import DatasetService
from zorgstroom_api.identity import Caller
from zorgstroom_api.keys import list_keys, valid
from zorgstroom_api.pagination import Page, decode_cursor, encode_cursor
from zorgstroom_api.settings import ApiSettings, is_loopback
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import ApiKeyRow, AuditRow, RunRow, ScenarioRow

#: Where a load test leaves its outcome, in the data folder.
LOAD_TEST_FILE = "load-test.json"
_log = logging.getLogger(__name__)


class MayNotAdminister(ZorgstroomError):
    """This is for who looks after the installation."""

    key = "admin.refused"
    http_status = 403


def require_administrator(who: Caller, client_host: str, *, forwarded: bool, keys_needed: bool) -> None:
    """Raise `MayNotAdminister` unless the caller is an administrator.

    Where no keys are asked for, only somebody at this very machine is.
    """
    if who.role == "admin":
        return
    if keys_needed or forwarded or not is_loopback(client_host):
        raise MayNotAdminister


class AdminService:
    """How the installation is doing. `checks` says of each part whether it works."""

    def __init__(
        self,
        settings: ApiSettings,
        database: Database,
        datasets: DatasetService,
        checks: Callable[[], dict[str, State]],
    ) -> None:
        self._settings = settings
        self._database = database
        self._datasets = datasets
        self._checks = checks

    def service(self) -> ServiceInfo:
        """Return what everybody may know of the service. Raises `DatasetUnreadable`."""
        settings = self._settings
        dataset = self._datasets.load()
        return ServiceInfo(
            version=__version__,
            model_version=MODEL_VERSION,
            dataset=f"{dataset.id} {dataset.version}",
            keys_needed=settings.keys_needed,
            room_url=settings.room_url,
            limits=Limits(
                reads_per_minute=settings.reads_per_minute,
                writes_per_minute=settings.writes_per_minute,
                previews_per_minute=settings.previews_per_minute,
                heavy_requests=settings.max_heavy_requests,
                queued_runs=settings.max_queued_runs,
                runs_per_owner=settings.max_runs_per_owner,
                body_bytes=settings.max_body_bytes,
            ),
        )

    def overview(self) -> Overview:
        """Return how the installation is doing. Raises `Unavailable`."""
        settings, now = self._settings, dt.datetime.now(dt.UTC)
        dataset = self._datasets.load()
        with self._database.read() as session:
            states = session.execute(select(RunRow.state, func.count()).group_by(RunRow.state)).all()
            runs = {str(state): count for state, count in states}
            running = session.execute(
                select(RunRow, ScenarioRow.name)
                .join(ScenarioRow, ScenarioRow.id == RunRow.scenario_id)
                .where(RunRow.state == "running")
                .order_by(RunRow.accepted)
            ).all()
            workers = [_worker(row, name) for row, name in running]
            keys = [_key(row, now) for row in list_keys(session)]
        return Overview(
            version=__version__,
            model_version=MODEL_VERSION,
            dataset=f"{dataset.id} {dataset.version}",
            dataset_digest=dataset.digest,
            database=settings.resolved_database_url.partition(":")[0].partition("+")[0],
            bus=settings.bus_url.partition(":")[0],
            sign_in="keys" if settings.keys_needed else "off",
            checks=self._checks(),
            queued=runs.get("queued", 0),
            running=runs.get("running", 0),
            runs=runs,
            workers=workers,
            disk=disk_of(settings),
            keys=keys,
            keep_runs_days=settings.keep_runs_days,
            keep_audit_days=settings.keep_audit_days,
            load_test=load_test_of(settings.data_dir / LOAD_TEST_FILE),
        )

    def audit(self, query: AuditQuery) -> Page[AuditLine]:
        """Return who did what, newest first. Raises `InvalidInput` for a cursor of something else."""
        asked = select(AuditRow).order_by(AuditRow.id.desc()).limit(query.limit + 1)
        if query.action is not None:
            asked = asked.where(AuditRow.action == query.action)
        if query.cursor is not None:
            asked = asked.where(AuditRow.id < decode_cursor(query.cursor, int)[0])
        with self._database.read() as session:
            rows = session.scalars(asked).all()
        items = [AuditLine.model_validate(row, from_attributes=True) for row in rows[: query.limit]]
        more = len(rows) > query.limit
        return Page(items=items, next_cursor=encode_cursor(items[-1].id) if more else None)


def disk_of(settings: ApiSettings) -> Disk:
    """Return how full the disk is, and with what of ours."""
    folder = settings.data_dir if settings.data_dir.exists() else Path()
    usage = shutil.disk_usage(folder)
    bus = local_bus_file(settings)
    return Disk(
        total=usage.total,
        free=usage.free,
        database=0 if settings.database_url else _size(settings.own_database_file),
        bus=0 if bus is None else _size(bus),
        results=sum(_size(path) for path in settings.artefacts_dir.rglob("*") if path.is_file()),
    )


def load_test_of(file: Path) -> LoadTest | None:
    """Return the outcome of the last load test, None when there is none that can be read."""
    try:
        return LoadTest.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        _log.warning("the outcome of the load test cannot be read: %s", error)
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        # Thrown away since it was listed, or never made.
        return 0


def _worker(row: RunRow, name: str) -> WorkerLine:
    return WorkerLine(
        worker=row.worker,
        run_id=row.id,
        name=name,
        done=row.done,
        total=row.total,
        started=row.accepted,
        heartbeat=row.heartbeat,
    )


def _key(row: ApiKeyRow, now: dt.datetime) -> KeyLine:
    state = "revoked" if row.revoked is not None else "valid" if valid(row, now) else "expired"
    return KeyLine.model_validate(
        {"name": row.name, "role": row.role, "created": row.created, "expires": row.expires, "state": state}
    )
