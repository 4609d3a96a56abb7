"""What endpoints get: the services of this process, and the language of the reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from zorgstroom.text import Language
from zorgstroom_api.access import Access, ShownRun
from zorgstroom_api.additions.service import AdditionService
from zorgstroom_api.admin.service import AdminService
from zorgstroom_api.admission import admitted
from zorgstroom_api.changes import Changes
from zorgstroom_api.comparisons.service import ComparisonService
from zorgstroom_api.datasets.service import DatasetService
from zorgstroom_api.datasets.tables import DatasetTableService
from zorgstroom_api.depth.service import DepthService
from zorgstroom_api.drafts.service import DraftService
from zorgstroom_api.health.service import HealthService
from zorgstroom_api.identity import Caller, require_writer
from zorgstroom_api.limits import HeavyWork, OpenStreams
from zorgstroom_api.places.service import PlaceService
from zorgstroom_api.problems import language_of
from zorgstroom_api.results.service import ResultService
from zorgstroom_api.runs.service import RunService
from zorgstroom_api.scenarios.service import ScenarioService
from zorgstroom_api.sessions.attempts import Attempts
from zorgstroom_api.sessions.lookups import Lookups
from zorgstroom_api.sessions.room import Room
from zorgstroom_api.sessions.service import SessionService
from zorgstroom_api.settings import ApiSettings


@dataclass(frozen=True)
class Services:
    """One of each, made when the application is made."""

    settings: ApiSettings
    access: Access
    heavy: HeavyWork
    streams: OpenStreams
    datasets: DatasetService
    dataset_tables: DatasetTableService
    scenarios: ScenarioService
    drafts: DraftService
    additions: AdditionService
    runs: RunService
    results: ResultService
    depth: DepthService
    places: PlaceService
    comparisons: ComparisonService
    health: HealthService
    admin: AdminService
    changes: Changes
    sessions: SessionService
    room: Room
    lookups: Lookups
    attempts: Attempts


# These ask nothing of anybody, so they need no thread of their own.


async def services(request: Request) -> Services:
    """Return the services of the application."""
    return cast(Services, request.app.state.services)


async def reader(request: Request) -> Language:
    """Return the language of the answer, by the Accept-Language header."""
    return language_of(request.headers)


Reader = Annotated[Language, Depends(reader)]
Service = Annotated[Services, Depends(services)]


async def caller(request: Request) -> Caller:
    """Return who asks."""
    return admitted(request.scope)


Caller_ = Annotated[Caller, Depends(caller)]


async def writer(who: Caller_) -> Caller:
    """Return who asks for a change. Raises `NeedsKey`, `MayNotWrite`."""
    return require_writer(who)


#: Who asks, where something is handed in, asked for or changed.
Writer = Annotated[Caller, Depends(writer)]


def shown_run(run_id: str, who: Caller_, service: Service) -> ShownRun:
    """Return the run in the address if the caller may read it. Raises `NotFound`."""
    return service.access.run(run_id, who)


#: The run in the address.
Shown = Annotated[ShownRun, Depends(shown_run)]
