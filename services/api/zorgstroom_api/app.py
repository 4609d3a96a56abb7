"""The application: the endpoints, and everything they work with, put together."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from zorgstroom.artefacts import ArtefactStore
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom_api import API_VERSION, PREFIX, asyncapi, metrics, openapi, problems
from zorgstroom_api.access import Access
from zorgstroom_api.additions import router as additions
from zorgstroom_api.additions.service import AdditionService
from zorgstroom_api.admin import router as admin
from zorgstroom_api.admin.service import AdminService
from zorgstroom_api.admission import Admission
from zorgstroom_api.bodies import Bodies
from zorgstroom_api.boundaries import router as boundaries
from zorgstroom_api.changes import Changes
from zorgstroom_api.comparisons import router as comparisons
from zorgstroom_api.comparisons.service import ComparisonService
from zorgstroom_api.datasets import router as datasets
from zorgstroom_api.datasets import tables_router, today
from zorgstroom_api.datasets.service import DatasetService, DatasetUnreadable
from zorgstroom_api.datasets.tables import DatasetTableService
from zorgstroom_api.dependencies import Services
from zorgstroom_api.depth import router as depth
from zorgstroom_api.depth.service import DepthService
from zorgstroom_api.drafts import router as drafts
from zorgstroom_api.drafts.service import DraftService
from zorgstroom_api.forgetting import Forgetter
from zorgstroom_api.head import HeadAsGet
from zorgstroom_api.health import router as health
from zorgstroom_api.health.service import HealthService, database_fits, folder_takes
from zorgstroom_api.identity import Identities
from zorgstroom_api.limits import HeavyWork, OpenStreams, RateLimits, TimeLimit
from zorgstroom_api.metrics import Bus, Metrics
from zorgstroom_api.observing import Observer
from zorgstroom_api.places import router as places
from zorgstroom_api.places.service import PlaceService
from zorgstroom_api.reports import router as reports
from zorgstroom_api.results import router as results
from zorgstroom_api.results.service import ResultService
from zorgstroom_api.runs import router as runs
from zorgstroom_api.runs.service import RunService
from zorgstroom_api.scenarios import router as scenarios
from zorgstroom_api.scenarios.service import ScenarioService
from zorgstroom_api.security import Guard
from zorgstroom_api.sessions import pages
from zorgstroom_api.sessions import router as sessions
from zorgstroom_api.sessions.attempts import Attempts
from zorgstroom_api.sessions.lookups import Lookups
from zorgstroom_api.sessions.preparing import Preparer
from zorgstroom_api.sessions.room import Room
from zorgstroom_api.sessions.service import SessionService
from zorgstroom_api.settings import ApiSettings
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import upgrade
from zorgstroom_api.workers import make_workers

#: The bus counts as answering when it was read successfully this long ago.
BUS_SECONDS = 10.0
#: The store is behind when the newest event in it is older than this while more waits to be read.
BEHIND_SECONDS = 60.0


def create_app(settings: ApiSettings, load: Callable[[str], Dataset] = load_dataset) -> FastAPI:
    """Return the application; nothing is opened before it starts. `load` gives the dataset of that name."""
    database = Database(settings.resolved_database_url)
    changes = Changes()
    workers = make_workers(settings, database, changes)
    projector = workers.projector
    dataset_service = DatasetService(partial(load, settings.dataset))
    run_service = RunService(database, dataset_service.load, settings.max_queued_runs, changes, workers.wake)
    result_service = ResultService(database, ArtefactStore(settings.artefacts_dir), dataset_service.load)
    scenario_service = ScenarioService(database, dataset_service.load)
    room = Room(database)
    preparer = Preparer(database, run_service, dataset_service.load, settings.poll_seconds, room.forget)
    beside = (preparer, Forgetter(database))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(upgrade, database)
        await run_in_threadpool(scenario_service.register_examples)
        threading.Thread(target=_warm_up, args=(dataset_service,), name="dataset", daemon=True).start()
        workers.start()
        for worker in beside:
            worker.start()
        try:
            yield
        finally:
            for worker in beside:
                await run_in_threadpool(worker.stop)
            await run_in_threadpool(workers.stop)
            database.close()

    bus = Bus(
        answers=partial(projector.healthy, BUS_SECONDS),
        applied=lambda: projector.applied,
        lag_seconds=lambda: projector.lag_seconds,
    )
    counts = Metrics(database, bus)
    app = FastAPI(
        title="Zorgstroom",
        version=API_VERSION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=openapi.operation_id,
        responses=openapi.RESPONSES,
        # Nothing is sent to anybody: `zorgstroom_api.metrics` counts, and whoever may look comes for it.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[
            Middleware(Observer, metrics=counts),
            Middleware(Guard, settings=settings),
            Middleware(TimeLimit, seconds=settings.request_timeout_seconds),
            Middleware(
                Admission,
                identities=Identities(database, keys_needed=settings.keys_needed),
                rates=RateLimits(settings),
            ),
            Middleware(Bodies, most_bytes=settings.max_body_bytes),
            Middleware(HeadAsGet),
        ],
    )
    app.state.metrics = counts
    heavy = HeavyWork(settings.max_heavy_requests)
    health_service = HealthService(
        {
            "database": partial(database_fits, database),
            "bus": partial(projector.healthy, BUS_SECONDS),
            "projector": lambda: projector.lag_seconds < BEHIND_SECONDS,
            "artefacts": partial(folder_takes, settings.artefacts_dir),
            "dataset": lambda: dataset_service.loaded,
        }
    )
    app.state.services = Services(
        settings=settings,
        access=Access(database),
        heavy=heavy,
        streams=OpenStreams(settings.max_streams),
        datasets=dataset_service,
        dataset_tables=DatasetTableService(settings.dataset, dataset_service),
        scenarios=scenario_service,
        drafts=DraftService(database),
        additions=AdditionService(database, dataset_service.load),
        runs=run_service,
        results=result_service,
        depth=DepthService(result_service, dataset_service),
        places=PlaceService(settings.dataset, dataset_service, run_service, result_service, scenario_service),
        comparisons=ComparisonService(run_service, result_service, scenario_service, heavy),
        health=health_service,
        admin=AdminService(settings, database, dataset_service, health_service.states),
        changes=changes,
        sessions=SessionService(database, dataset_service.load, room.forget, preparer.wake),
        room=room,
        lookups=Lookups(result_service),
        attempts=Attempts(settings.wrong_codes_per_minute),
    )
    # The framework tries them in this order: what is asked for most comes first.
    for noun in (
        runs,
        results,
        depth,
        comparisons,
        scenarios,
        drafts,
        sessions,
        reports,
        datasets,
        places,
        additions,
        tables_router,
        today,
        boundaries,
        health,
        admin,
    ):
        app.include_router(noun.router, prefix=PREFIX)
    app.include_router(pages.router)
    app.include_router(openapi.router)
    app.include_router(asyncapi.router)
    app.include_router(metrics.router)
    problems.install(app)
    openapi.describe_in(app, settings)
    return app


def _warm_up(datasets: DatasetService) -> None:
    """Read the dataset before the first request needs it."""
    # What is wrong with it is in the log already, and every request that needs it says so again.
    with contextlib.suppress(DatasetUnreadable):
        datasets.load()
