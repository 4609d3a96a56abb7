"""Everything that a session looks up is calculated beforehand: what is wanted is in a table, a thread asks for it.

The thread takes a few at a time, of one session after the other, so that it goes on where it was after a restart and
nobody waits long. They are batches: whoever waits for a run of his own goes first.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput, NotFound, ZorgstroomError
from zorgstroom.planning.check import check_scenario
from zorgstroom.text import DEFAULT_LANGUAGE, LANGUAGES, Language
from zorgstroom.workshop.combinations import MANY, combinations, count
from zorgstroom.workshop.documents import Calculated, Preparation, SessionPlan
from zorgstroom_api.background import Worker
from zorgstroom_api.identity import Caller
from zorgstroom_api.runs.schemas import RequestedSettings, RunRequest
from zorgstroom_api.runs.service import QueueFull, RunService
from zorgstroom_api.scenarios.repository import ScenarioRepository
from zorgstroom_api.scenarios.service import find_region
from zorgstroom_api.sessions.outcomes import calculated, in_language
from zorgstroom_api.sessions.planning import base_of
from zorgstroom_api.sessions.repository import SessionRepository
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import CalculationKind, RunRow, SessionCalculationRow, SessionRow

#: So many are asked for in one step of the thread.
AT_ONCE = 10
#: Runs that tell how long one takes.
_LATELY = 20
#: How problems begin that say that an action has no effect.
_CHANGES_NOTHING = "scenario.changes_nothing."
_log = logging.getLogger(__name__)


def wanted(plan: SessionPlan) -> list[tuple[CalculationKind, str]]:
    """Return what a session looks up: its scenarios, and every combination of its levers."""
    found: list[tuple[CalculationKind, str]] = [("scenario", name) for name in plan.scenarios]
    if not plan.levers:
        return found
    keys = [""]
    for lever in plan.levers:
        keys = [f"{key}-{at}" if key else str(at) for key in keys for at in range(len(lever.options))]
    return [*found, *(("combination", key) for key in keys)]


def preparation(session: Session, row: SessionRow) -> Preparation:
    """Return how far the calculations of a session are, or what there would be to calculate."""
    plan = SessionPlan.model_validate(row.plan)
    rows = SessionRepository(session).calculations(row.code)
    ids = [item.run_id for item in rows if item.run_id is not None]
    states = dict(session.execute(select(RunRow.id, RunRow.state).where(RunRow.id.in_(ids))).all())
    ready = sum(states.get(run_id) == "completed" for run_id in ids)
    # A run that was removed since has no state.
    lost = sum(states.get(run_id, "failed") in ("failed", "cancelled") for run_id in ids)
    failed = lost + sum(item.problem is not None for item in rows)
    total = len(rows) or len(wanted(plan))
    seconds = _seconds_of_a_year(session)
    left = total - ready - failed
    return Preparation(
        total=total,
        ready=ready,
        failed=failed,
        many=count(plan.levers) > MANY,
        expected_seconds=None if seconds is None else round(seconds * plan.years * left, 1),
        combinations=calculated(session, row, "combination"),
        scenarios={
            item.key: Calculated(
                scenario_id=item.key, run_id=item.run_id, problem=in_language(item.problem, plan.language)
            )
            for item in rows
            if item.kind == "scenario"
        },
    )


def prepare(session: Session, row: SessionRow) -> None:
    """Note everything that a session looks up, and what went wrong before once more."""
    sessions = SessionRepository(session)
    sessions.retry_calculations(row.code)
    for item in sessions.calculations(row.code):
        run = None if item.run_id is None else session.get(RunRow, item.run_id)
        if item.run_id is not None and (run is None or run.state in ("failed", "cancelled")):
            item.run_id = None
    session.flush()
    sessions.want(row.code, wanted(SessionPlan.model_validate(row.plan)))


def _seconds_of_a_year(session: Session) -> float | None:
    """Return how long one simulated year took lately, in runs that were computed."""
    lately = (
        select(RunRow.wall_seconds, RunRow.total)
        .where(RunRow.state == "completed", RunRow.wall_seconds.is_not(None), RunRow.total > 0)
        .order_by(RunRow.computed.desc())
        .limit(_LATELY)
        .subquery()
    )
    seconds, years = session.execute(select(func.sum(lately.c.wall_seconds), func.sum(lately.c.total))).one()
    return None if not years else float(seconds) / int(years)


class Preparer(Worker):
    """Asks for the runs that sessions want. `changed` hears the code of a session of which some were asked for."""

    name = "preparer"

    def __init__(
        self,
        database: Database,
        runs: RunService,
        load_dataset: Callable[[], Dataset],
        poll_seconds: float,
        changed: Callable[[str], object] = lambda _code: None,
    ) -> None:
        super().__init__(poll_seconds)
        self._database = database
        self._runs = runs
        self._load_dataset = load_dataset
        self._changed = changed
        self._last = ""

    def step(self) -> bool:
        """Ask for some runs of the next session that wants any; return whether there may be more."""
        with self._database.read() as session:
            sessions = SessionRepository(session)
            code = sessions.first_to_ask(self._last)
            row = None if code is None else sessions.find(code)
            if code is None or row is None:
                return False
            plan, owner = SessionPlan.model_validate(row.plan), row.owner
            some = [
                item for item in sessions.calculations(code) if item.run_id is None and item.problem is None
            ][:AT_ONCE]
            documents = self._documents(session, plan, some)
        self._last = code
        # Private scenarios of the owner are among them; who asked was judged when the plan was handed in.
        who = Caller(name=owner, role="admin", keyed=False)
        for item in some:
            try:
                self._ask(code, plan, item, documents, who)
            except QueueFull:
                # The others wait for their turn here.
                return False
        self._changed(code)
        return True

    def close(self) -> None:
        """Nothing stays open."""

    def _documents(
        self, session: Session, plan: SessionPlan, some: list[SessionCalculationRow]
    ) -> Mapping[str, Scenario]:
        base = base_of(plan)
        if base is None or not any(item.kind == "combination" for item in some):
            return {}
        scenario = Scenario.model_validate(ScenarioRepository(session).get(base).document)
        return {
            made.key: Scenario.model_validate(made.document) for made in combinations(scenario, plan.levers)
        }

    def _ask(
        self,
        code: str,
        plan: SessionPlan,
        item: SessionCalculationRow,
        documents: Mapping[str, Scenario],
        who: Caller,
    ) -> None:
        """Ask for one run and note it, or note why there is none. Raises `QueueFull`, `Unavailable`."""
        scenario_id, run_id = item.key if item.kind == "scenario" else None, None
        problem: dict[str, str] | None = None
        try:
            if scenario_id is None:
                scenario_id = self._kept(self._without_idle(documents[item.key], plan), who)
            request = RunRequest(
                scenario_id=scenario_id,
                settings=RequestedSettings(replications=plan.years, region=plan.area or None),
                priority="batch",
            )
            run_id = self._runs.submit(request, DEFAULT_LANGUAGE, who).id
        except (InvalidInput, NotFound) as error:
            problem = {str(language): _reason(error, language) for language in LANGUAGES}
            _log.info("session %s: %s cannot be calculated: %s", code, item.key, problem["en"])
        with self._database.write() as session:
            SessionRepository(session).asked(code, item.kind, item.key, scenario_id, run_id, problem)

    def _without_idle(self, scenario: Scenario, plan: SessionPlan) -> Scenario:
        """Return the scenario without actions that change nothing: a mistake in a plan, but sound for a lever."""
        dataset = self._load_dataset()
        region = find_region(dataset, plan.area, "/area") if plan.area else None
        while True:
            errors = check_scenario(scenario, dataset, region).errors
            if not errors or any(not error.key.startswith(_CHANGES_NOTHING) for error in errors):
                return scenario
            gone = {int((error.pointer or "").split("/")[2]) for error in errors}
            left = [item for index, item in enumerate(scenario.actions) if index not in gone]
            scenario = scenario.model_copy(update={"actions": left})

    def _kept(self, scenario: Scenario, who: Caller) -> str:
        """Keep a combination as a scenario of its own, out of the lists, and return its id."""
        with self._database.write() as session:
            return (
                ScenarioRepository(session)
                .add(scenario, dt.datetime.now(dt.UTC), owner=who.name, visibility="private")
                .id
            )


def _reason(error: ZorgstroomError, language: Language) -> str:
    if isinstance(error, InvalidInput):
        return " ".join(problem.message(language) for problem in error.problems)
    return error.message(language)
