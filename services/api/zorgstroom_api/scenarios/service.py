"""Reading, judging and keeping scenario documents."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import REGION_KINDS, Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Conflict, InvalidInput, Problem, ZorgstroomError
from zorgstroom.knock_on_words import knock_on_remarks
from zorgstroom.load_words import load_rows, load_warnings, pool_previews
from zorgstroom.named_problems import with_names
from zorgstroom.planning.check import check_scenario, check_unfinished
from zorgstroom.planning.plan import calendar_of, region_problem, take_steps
from zorgstroom.preview_build import preview_document
from zorgstroom.preview_document import PreviewDocument
from zorgstroom.scenario_file import (
    ScenarioFile,
    example_scenarios,
    parse_scenario,
    parse_scenario_with_lines,
)
from zorgstroom.text import Language
from zorgstroom_api.identity import Caller, MayNotWrite, listed
from zorgstroom_api.pagination import Page, decode_moment_cursor, encode_moment_cursor
from zorgstroom_api.problems import describe
from zorgstroom_api.scenarios.repository import ScenarioRepository, conditions_of
from zorgstroom_api.scenarios.schemas import (
    LoadPreview,
    NewScenarioQuery,
    ScenarioChange,
    ScenarioDetail,
    ScenarioInfo,
    ScenarioQuery,
    Validation,
    info_of,
)
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import AuditRow, ScenarioRow

#: How the text of a request is called in ``place:line``.
BODY = "body"
_log = logging.getLogger(__name__)


class ChangedMeanwhile(ZorgstroomError):
    """Somebody changed it since the caller looked."""

    key = "api.changed_meanwhile"
    http_status = 412


class FixedExample(Conflict):
    """Shipped examples stay as they are."""

    key = "api.fixed_example"


class InUse(Conflict):
    """Runs, later versions or others lean on it."""

    key = "api.scenario_in_use"


class ScenarioService:
    """What can be done with scenarios."""

    def __init__(self, database: Database, load_dataset: Callable[[], Dataset]) -> None:
        self._database = database
        self._load_dataset = load_dataset

    def add(
        self, content: bytes, query: NewScenarioQuery, language: Language, who: Caller
    ) -> tuple[bool, ScenarioDetail]:
        """Keep a document; return whether it was new, and the scenario. Raises `InvalidInput`, `NotFound`."""
        file = parse_document(content, self._load_dataset())
        errors, warnings = self._judge(file)
        if errors:
            raise InvalidInput(errors)
        now = dt.datetime.now(dt.UTC)
        with self._database.write() as session:
            scenarios = ScenarioRepository(session)
            previous = None if query.previous is None else scenarios.get(query.previous, who)
            row = scenarios.add(
                file.scenario, now, owner=who.name, visibility=query.visibility, previous=previous
            )
            new = row.created == now
            if new:
                session.add(_audit(now, "add-scenario", row, who, name=row.name))
            detail = ScenarioDetail(
                **info_of(row).model_dump(),
                document=row.document,
                warnings=[describe(warning, language) for warning in warnings],
            )
        return new, detail

    def validate(self, content: bytes, language: Language) -> Validation:
        """Return everything that is wrong with a document, without keeping it."""
        questions: Sequence[Problem] = ()
        dataset = self._load_dataset()
        try:
            file = parse_document(content, dataset)
            errors, warnings = self._judge(file)
            if not errors:
                questions = self._questions(file)
        except InvalidInput as error:
            errors, warnings = error.problems, []
        return Validation(
            problems=[describe(with_names(problem, dataset), language) for problem in errors],
            warnings=[describe(with_names(problem, dataset), language) for problem in warnings],
            questions=[describe(problem, language) for problem in questions],
        )

    def load(self, content: bytes, region: str | None) -> LoadPreview:
        """Return the expected load of every pool under a document, without keeping it. Raises `InvalidInput`."""
        dataset = self._load_dataset()
        file = parse_document(content, dataset)
        chosen = find_region(dataset, region, "region") if region else None
        require_possible(file.scenario, dataset, chosen, "", file)
        loads, rows = load_rows(file.scenario, dataset, chosen)
        return LoadPreview(
            dataset_digest=dataset.digest,
            first_day=calendar_of(file.scenario, dataset).start,
            days=[day.day for day in loads.days],
            pools=pool_previews(rows),
            confidential=dataset.confidential,
        )

    def preview(self, content: bytes, region: str | None) -> PreviewDocument:
        """Return what a document is expected to do, without keeping it or simulating. Raises `InvalidInput`."""
        dataset = self._load_dataset()
        file = parse_document(content, dataset)
        chosen = find_region(dataset, region, "region") if region else None
        require_possible(file.scenario, dataset, chosen, "", file)
        return preview_document(dataset, file.scenario, chosen)

    def get(self, scenario_id: str, who: Caller | None = None) -> ScenarioDetail:
        """Return a scenario with its document, if `who` may read it. Raises `NotFound`."""
        with self._database.read() as session:
            row = ScenarioRepository(session).get(scenario_id, who)
            return ScenarioDetail(**info_of(row).model_dump(), document=row.document)

    def page(self, query: ScenarioQuery, who: Caller) -> Page[ScenarioInfo]:
        """Return scenarios, newest first. Raises `InvalidInput` for a cursor of something else."""
        after = None if query.cursor is None else decode_moment_cursor(query.cursor)
        conditions = conditions_of(query.q, query.status, who.name if query.mine else None, query.example)
        in_lists = listed(who)
        if in_lists is not None:
            conditions.append(in_lists)
        with self._database.read() as session:
            rows = ScenarioRepository(session).page(conditions, after, query.limit + 1)
        items = [info_of(row) for row in rows[: query.limit]]
        more = len(rows) > query.limit
        return Page(
            items=items,
            next_cursor=encode_moment_cursor(items[-1].created, items[-1].id) if more else None,
        )

    def versions(self, scenario_id: str, who: Caller) -> list[ScenarioInfo]:
        """Return the versions of a scenario that the caller finds in lists, newest first. Raises `NotFound`."""
        with self._database.read() as session:
            scenarios = ScenarioRepository(session)
            return [info_of(row) for row in scenarios.versions(scenarios.get(scenario_id, who), listed(who))]

    def change(
        self, scenario_id: str, change: ScenarioChange, who: Caller, same: Callable[[ScenarioInfo], bool]
    ) -> ScenarioDetail:
        """Change status or visibility and return the scenario; `same` says whether the caller saw it as it is.

        Raises `NotFound`, `MayNotWrite`, `FixedExample`, `ChangedMeanwhile`.
        """
        now = dt.datetime.now(dt.UTC)
        with self._database.write() as session:
            row = _owned(ScenarioRepository(session), scenario_id, who)
            if not same(info_of(row)):
                raise ChangedMeanwhile
            wanted = change.model_dump(exclude_none=True)
            new = {name: value for name, value in wanted.items() if getattr(row, name) != value}
            for name, value in new.items():
                setattr(row, name, value)
            if new:
                row.revision += 1
                session.add(_audit(now, "change-scenario", row, who, **new))
            return ScenarioDetail(**info_of(row).model_dump(), document=row.document)

    def remove(self, scenario_id: str, who: Caller) -> None:
        """Remove a scenario that never ran and that nothing leans on.

        Raises `NotFound`, `MayNotWrite`, `FixedExample`, `InUse`.
        """
        now = dt.datetime.now(dt.UTC)
        with self._database.write() as session:
            scenarios = ScenarioRepository(session)
            row = _owned(scenarios, scenario_id, who)
            if scenarios.used(row):
                raise InUse
            scenarios.remove(row)
            session.add(_audit(now, "remove-scenario", row, who, name=row.name))

    def register_examples(self) -> None:
        """Keep the examples that ship with the product."""
        now = dt.datetime.now(dt.UTC)
        with self._database.write() as session:
            scenarios = ScenarioRepository(session)
            for number, example in enumerate(example_scenarios()):
                # A list that begins with the newest shows them in their own order.
                created = now - dt.timedelta(microseconds=number)
                scenarios.add(parse_scenario(example.text, example.slug), created, slug=example.slug)

    def _judge(self, file: ScenarioFile) -> tuple[Sequence[Problem], Sequence[Problem]]:
        """Return (errors, warnings), each with its line."""
        dataset = self._load_dataset()
        result = check_scenario(file.scenario, dataset, None)
        warnings = result.warnings
        if not result.errors:
            warnings = [*warnings, *load_warnings(file.scenario, dataset, None)]
        return file.locate(result.errors), file.locate(warnings)

    def _questions(self, file: ScenarioFile) -> Sequence[Problem]:
        """Return what else leans on what a possible plan moves."""
        dataset = self._load_dataset()
        steps = take_steps(file.scenario, dataset, None)
        return file.locate(knock_on_remarks(steps, file.scenario, dataset))


def _owned(scenarios: ScenarioRepository, scenario_id: str, who: Caller) -> ScenarioRow:
    """Return a scenario that the caller may change. Raises `NotFound`, `MayNotWrite`, `FixedExample`."""
    row = scenarios.get(scenario_id, who, for_update=True)
    if row.slug is not None:
        raise FixedExample(name=row.slug)
    if not who.sees_all and row.owner != who.name:
        raise MayNotWrite("api.scenario_of_another")
    return row


def _audit(time: dt.datetime, action: str, row: ScenarioRow, who: Caller, **details: object) -> AuditRow:
    return AuditRow(time=time, actor=who.name, action=action, subject=row.id, details=details)


def parse_document(content: str | bytes, dataset: Dataset, prefix: str = "") -> ScenarioFile:
    """Return the scenario in a request, which stands at `prefix` in the body. Raises `InvalidInput`."""
    try:
        return parse_scenario_with_lines(content, BODY, partial(check_unfinished, dataset=dataset))
    except InvalidInput as error:
        raise InvalidInput(_inside(error.problems, prefix)) from None


def require_possible(
    scenario: Scenario, dataset: Dataset, region: Region | None, prefix: str, file: ScenarioFile | None = None
) -> None:
    """Raise `InvalidInput` with everything that makes the plan impossible in this region.

    `file`: where the scenario was written in the request, for what is based on examples.
    """
    errors = check_scenario(scenario, dataset, region).errors
    if file is not None:
        errors = file.locate(errors)
    if errors:
        raise InvalidInput(_inside(errors, prefix))


def _inside(problems: Iterable[Problem], prefix: str) -> list[Problem]:
    """Return the problems of a document inside the body: pointers begin at the body, lines mean nothing."""
    if not prefix:
        return list(problems)
    return [dataclasses.replace(item, where=BODY, pointer=prefix + (item.pointer or "")) for item in problems]


def find_region(dataset: Dataset, text: str, pointer: str) -> Region:
    """Return the region that ``roaz:Limburg`` names. Raises `InvalidInput` with the nearest known one."""
    kind, _, name = text.partition(":")
    if kind not in REGION_KINDS or not name:
        params = {"value": text[:80], "kinds": ", ".join(REGION_KINDS)}
        raise InvalidInput([Problem(BODY, "scenario.region_form", params, pointer)])
    region = Region(kind, name)
    problem = region_problem(region, dataset, BODY, pointer)
    if problem is not None:
        raise InvalidInput([problem])
    return region
