"""The HTTP API as Python functions: what screens, scripts and notebooks use.

>>> from zorgstroom import Client                                     # doctest: +SKIP
>>> client = Client("http://127.0.0.1:8000", language="nl")           # doctest: +SKIP
>>> run = client.wait(client.submit(scenario), on_progress=print)     # doctest: +SKIP
>>> client.frame(run, "comparison", location="AMC").to_pandas()       # doctest: +SKIP

Every answer is typed; every mistake is one of `zorgstroom.errors`, with the text the API gave in the
client's language. A service that is busy (429, 503) is asked again a few times, as it says itself when. Where a
run or a scenario is meant, its id will do too. A client is safe to share between threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from zorgstroom.answer import Answer
from zorgstroom.client_admin import AdminCalls
from zorgstroom.client_depth import DepthCalls
from zorgstroom.client_drafts import DraftCalls
from zorgstroom.client_places import PlaceCalls
from zorgstroom.client_sessions import SessionCalls
from zorgstroom.client_tables import DatasetTableCalls
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    Problem,
    Unavailable,
    ZorgstroomError,
)
from zorgstroom.events.schemas import Priority, RunSettings
from zorgstroom.geo.boundaries import Boundaries, Level, parse_boundaries
from zorgstroom.preview_document import PreviewDocument
from zorgstroom.reporting.impact import Estimate, Impact, Verdict
from zorgstroom.reporting.options import Options
from zorgstroom.text import Language, translate

if TYPE_CHECKING:
    import httpx
    import pyarrow as pa

ScenarioStatus = Literal["concept", "vastgesteld"]
Visibility = Literal["private", "shared", "public"]
RunState = Literal["queued", "running", "completed", "failed", "cancelled"]
ReportFormat = Literal["html", "docx", "pdf", "xlsx"]

#: States that never change again.
FINAL_STATES: frozenset[RunState] = frozenset({"completed", "failed", "cancelled"})

#: What a service that is busy answers.
BUSY = (429, 503)
ARROW = "application/vnd.apache.arrow.stream"
#: A service that is busy is waited for so long at most, each time.
MAX_RETRY_SECONDS = 10.0
#: Longer without a sign of life means that the stream is broken.
STREAM_SILENCE_SECONDS = 40.0

_REPORT_TYPES: dict[ReportFormat, str] = {
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ScenarioInfo(Answer):
    """A scenario as the list shows it."""

    id: str
    name: str
    description: str = ""
    #: Shipped with the product, and under which short name.
    example: bool = False
    slug: str | None = None
    status: ScenarioStatus = "concept"
    visibility: Visibility = "shared"
    owner: str = ""
    #: The scenario it was made from; `series` is the id of the first one and `version` counts from 1.
    previous: str | None = None
    series: str = ""
    version: int = 1
    created: str = ""
    #: What its maker says of this version.
    note: str = ""
    #: As in ``roaz:Limburg``; empty for the whole country.
    region: str = ""
    #: How many things it changes.
    actions: int = 0


class ScenarioDetail(ScenarioInfo):
    """A scenario with its document."""

    document: Scenario


class RunInfo(Answer):
    """A run: where it stands, in replications, and its place in the queue while it waits."""

    id: str
    scenario_id: str
    name: str
    state: RunState
    done: int = 0
    total: int = 0
    position: int | None = None
    priority: Priority = "interactive"
    attempt: int = 1
    created: str = ""
    error: str | None = None
    cached: bool = False
    #: Somebody asked to stop it, and it has not stopped yet.
    cancellation_requested: bool = False
    #: How it is made.
    settings: RunSettings = RunSettings()

    @property
    def final(self) -> bool:
        """Whether the state never changes again."""
        return self.state in FINAL_STATES


class ResultPart(Answer):
    """One part of a result: a table, or the impact analysis."""

    name: str
    rows: int
    bytes: int
    sha256: str
    table_digest: str


class Results(Answer):
    """What came out of a run, and how it was made."""

    run_id: str
    manifest: dict[str, Any]
    artefacts: list[ResultPart]


class Remark(Answer):
    """A mistake in a document, or something in it that deserves a second look."""

    pointer: str | None = None
    where: str = ""
    message: str
    code: str = ""


class Validation(Answer):
    """What is wrong with a document, and what deserves a second look."""

    problems: list[Remark]
    warnings: list[Remark]
    #: What else leans on what a possible plan moves, by rules of thumb.
    questions: Sequence[Remark] = ()


class HeadlineLine(Answer):
    """One indicator of everybody together, over the simulated years that are done."""

    indicator: str
    baseline: Estimate
    plan: Estimate
    difference: Estimate


class Headline(Answer):
    """What is known of a run so far."""

    replications: int
    total: int
    indicators: list[HeadlineLine]


class ComparisonCell(Answer):
    """One indicator of one run: the plan, and its paired difference with today."""

    baseline: Estimate
    plan: Estimate
    difference: Estimate
    clear: bool
    verdict: Verdict = "none"


class Comparison(Answer):
    """Runs next to each other: outcomes as rows, one cell per run in the order of `runs`.

    A row is named by its indicator, followed by the place when it is not about everything:
    ``wait_treatment:AMC:hip_replacement``. Differences are with the run `reference`; None: with today.
    """

    runs: list[RunInfo]
    reference: str | None = None
    indicators: dict[str, list[ComparisonCell]]


class TradeOffPoint(Answer):
    """A run, or today (None): its means on both axes, and the values of its simulated years."""

    run: str | None
    name: str
    x: float
    y: float
    years: list[tuple[float, float]]


class TradeOff(Answer):
    """One kind of care, or all of it (empty): one indicator against another."""

    profile: str
    across: str
    against: str
    points: list[TradeOffPoint]


class TradeOffs(Answer):
    """What cannot be had together, for runs on the same patients; `names` are those of the kinds of care."""

    items: list[TradeOff]
    names: dict[str, dict[str, str]]


class Client(DepthCalls, AdminCalls, DraftCalls, SessionCalls, DatasetTableCalls, PlaceCalls):
    """The API at one address, in one language.

    A call that takes longer than `timeout` seconds fails with `Unavailable`; a service that is busy is asked
    again at most `retries` times. `api_key` is needed for writing where keys are asked for; `owner` is who asks
    where they are not, so that the work is divided fairly.

    `transport` replaces the network, for tests against an application in the same process.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8000",
        language: Language = "nl",
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        *,
        api_key: str | None = None,
        owner: str | None = None,
        retries: int = 3,
    ) -> None:
        # httpx is not needed by who only runs scenarios from the command line.
        import httpx  # noqa: PLC0415

        self.base_url = base_url.rstrip("/")
        self.language = language
        self._retries = retries
        # As bytes: a name may hold any letter.
        headers = {b"Accept-Language": language.encode()}
        if api_key is not None:
            headers[b"Authorization"] = f"Bearer {api_key}".encode()
        if owner is not None:
            headers[b"Zorgstroom-Owner"] = owner.encode()
        self._http = httpx.Client(
            base_url=f"{self.base_url}/v1",
            headers=headers,
            timeout=httpx.Timeout(timeout, connect=5.0),
            transport=transport,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- health and data -------------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        """Return what the service says about itself; raise `Unavailable` when it is not ready."""
        return _object(self._send("GET", "/health/ready", retries=0))

    def dataset(self, dataset_id: str = "nl2025") -> dict[str, Any]:
        """Return regions, locations, profiles and the digest of a dataset."""
        return _object(self._get(f"/datasets/{dataset_id}"))

    def boundaries(self, level: Level) -> Boundaries | None:
        """Return the official borders of areas, or None if the installation did not fetch them."""
        try:
            return parse_boundaries(self._get(f"/boundaries/{level}").content)
        except NotFound:
            return None

    # -- scenarios -------------------------------------------------------------------------------------

    def scenarios(
        self, q: str | None = None, status: ScenarioStatus | None = None, mine: bool = False
    ) -> list[ScenarioInfo]:
        """Return all scenarios, examples first: with `q` in name or description, of a status, or only my own."""
        params = {"q": q, "status": status, "mine": "true" if mine else None}
        query = {name: value for name, value in params.items() if value is not None}
        found = [ScenarioInfo.model_validate(item) for item in self._pages("/scenarios", query)]
        return sorted(found, key=lambda scenario: not scenario.example)

    def examples(self) -> list[ScenarioInfo]:
        """Return the scenarios shipped with the product."""
        return [scenario for scenario in self.scenarios() if scenario.example]

    def scenario(self, scenario: str | ScenarioInfo) -> ScenarioDetail:
        """Return one scenario with its document."""
        return ScenarioDetail.model_validate(_object(self._get(f"/scenarios/{_id(scenario)}")))

    def add_scenario(
        self,
        document: str | Mapping[str, Any],
        previous: str | ScenarioInfo | None = None,
        visibility: Visibility | None = None,
    ) -> ScenarioDetail:
        """Hand in a scenario: YAML text or the document itself. The same document gives the same id.

        `previous` is the version it was made from.
        """
        params = {"previous": None if previous is None else _id(previous), "visibility": visibility}
        query = {name: value for name, value in params.items() if value is not None}
        response = self._send("POST", "/scenarios", params=query, **_body(document))
        return ScenarioDetail.model_validate(_object(response))

    def validate(self, document: str | Mapping[str, Any]) -> Validation:
        """Return everything that is wrong with a document, without keeping it."""
        return Validation.model_validate(
            _object(self._send("POST", "/scenarios/validate", **_body(document)))
        )

    def versions(self, scenario: str | ScenarioInfo) -> list[ScenarioInfo]:
        """Return the versions of a scenario, newest first."""
        return [
            ScenarioInfo.model_validate(item) for item in self._pages(f"/scenarios/{_id(scenario)}/versions")
        ]

    def change_scenario(
        self,
        scenario: str | ScenarioInfo,
        status: ScenarioStatus | None = None,
        visibility: Visibility | None = None,
        note: str | None = None,
    ) -> ScenarioDetail:
        """Change the status of a scenario, who may read it or its note; the document itself never changes."""
        path = f"/scenarios/{_id(scenario)}"
        change = {"status": status, "visibility": visibility, "note": note}
        response = self._send(
            "PATCH",
            path,
            json={name: value for name, value in change.items() if value is not None},
            headers={"If-Match": self._get(path).headers["ETag"]},
        )
        return ScenarioDetail.model_validate(_object(response))

    def remove_scenario(self, scenario: str | ScenarioInfo) -> None:
        """Remove a scenario that never ran; raise `Conflict` for one that did."""
        self._send("DELETE", f"/scenarios/{_id(scenario)}")

    def preview(self, document: Scenario, region: str | None = None) -> PreviewDocument:
        """Return what a scenario is expected to do, without a run: estimates, within a moment."""
        body = document.model_dump(mode="json", by_alias=True, exclude_none=True)
        params = {"region": region} if region else {}
        response = self._send("POST", "/scenarios/preview", json=body, params=params)
        return PreviewDocument.model_validate_json(response.content)

    # -- runs ------------------------------------------------------------------------------------------

    def submit(
        self,
        scenario: str | ScenarioInfo,
        settings: RunSettings | None = None,
        priority: Priority | None = None,
        owner: str | None = None,
    ) -> RunInfo:
        """Ask for a run; the same request again gives the same run. Nobody waits for a ``batch`` run.

        `owner`: in whose turn, where this client asks for several people.
        """
        body: dict[str, Any] = {"scenario_id": _id(scenario)}
        if settings is not None:
            body["settings"] = settings.model_dump(mode="json", exclude_none=True)
        if priority is not None:
            body["priority"] = priority
        headers = {} if owner is None else {"Zorgstroom-Owner": owner.encode()}
        return RunInfo.model_validate(_object(self._send("POST", "/runs", json=body, headers=headers)))

    def runs(self, state: RunState | None = None) -> list[RunInfo]:
        """Return runs, newest first."""
        return [
            RunInfo.model_validate(item)
            for item in self._pages("/runs", params={"state": state} if state else {})
        ]

    def run(self, run: str | RunInfo) -> RunInfo:
        """Return where a run stands."""
        return RunInfo.model_validate(_object(self._get(f"/runs/{_id(run)}")))

    def cancel(self, run: str | RunInfo) -> None:
        """Ask to stop a run; a run that already ended stays as it is."""
        self._send("DELETE", f"/runs/{_id(run)}")

    def progress(
        self, run: str | RunInfo, timeout: float | None = None, retry_seconds: float = 2.0
    ) -> Iterator[RunInfo]:
        """Yield the run each time it has moved on, until it has ended; `Unavailable` after `timeout` seconds.

        Where the event stream does not come through, the run is asked for every `retry_seconds`.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        last: RunInfo | None = None
        while True:
            for now in self._moments(_id(run)):
                if now is not None and now != last:
                    yield now
                    last = now
                    if now.final:
                        return
                if deadline is not None and time.monotonic() > deadline:
                    raise Unavailable(what=translate("client.result", self.language))
            time.sleep(retry_seconds)

    def wait(
        self,
        run: str | RunInfo,
        on_progress: Callable[[RunInfo], None] | None = None,
        timeout: float | None = None,
    ) -> RunInfo:
        """Return the run when it has ended; raise `Unavailable` after `timeout` seconds."""
        now = None
        for now in self.progress(run, timeout):
            if on_progress is not None:
                on_progress(now)
        assert now is not None
        return now

    # -- results ---------------------------------------------------------------------------------------

    def headline(self, run: str | RunInfo) -> Headline:
        """Return the headline numbers so far, also while the run is computed."""
        return Headline.model_validate(_object(self._get(f"/runs/{_id(run)}/headline")))

    def impact(self, run: str | RunInfo) -> Impact:
        """Return the impact analysis of a completed run."""
        return Impact.model_validate_json(self._get(f"/runs/{_id(run)}/impact").content)

    def results(self, run: str | RunInfo) -> Results:
        """Return which tables came out of a run, and the manifest that says how they were made."""
        return Results.model_validate(_object(self._get(f"/runs/{_id(run)}/results")))

    def table(
        self, run: str | RunInfo, table: str, media_type: str = "text/csv", **filters: str | Sequence[str]
    ) -> bytes:
        """Return a result table as a file, filtered by ``location``, ``profile``, ``indicator`` and so on."""
        return self._get(
            f"/runs/{_id(run)}/results/{table}", params=filters, headers={"Accept": media_type}
        ).content

    def frame(self, run: str | RunInfo, table: str, **filters: str | Sequence[str]) -> pa.Table:
        """Return a result table as an Arrow table, for pandas (``.to_pandas()``), Polars or DuckDB.

        >>> client.frame(run, "comparison", location=["AMC", "VUMC"])     # doctest: +SKIP
        """
        # It takes a while to import, and only analysts need it.
        import pyarrow as pa  # noqa: PLC0415

        return pa.ipc.open_stream(self.table(run, table, ARROW, **filters)).read_all()

    def report(
        self,
        run: str | RunInfo,
        report_format: ReportFormat,
        language: Language | None = None,
        options: Options | None = None,
    ) -> bytes:
        """Return the report as an HTML page in one file, a Word document, a PDF or an Excel workbook."""
        params: dict[str, Any] = {"lang": language or self.language}
        if options is not None:
            params |= {"part": list(options.parts), "status": options.status}
            extra = {"address": options.address, "fixed_by": options.fixed_by, "fixed_on": options.fixed_on}
            params |= {name: str(value) for name, value in extra.items() if value}
        return self._get(
            f"/runs/{_id(run)}/report",
            params=params,
            headers={"Accept": _REPORT_TYPES[report_format]},
        ).content

    def compare(self, runs: Sequence[str | RunInfo], reference: str | RunInfo | None = None) -> Comparison:
        """Return runs next to each other; raise `Conflict` when they cannot be compared.

        Differences are with today, or with `reference`, one of the runs.
        """
        params: dict[str, Any] = {"run": [_id(run) for run in runs]}
        if reference is not None:
            params["reference"] = _id(reference)
        return Comparison.model_validate(_object(self._get("/comparisons", params=params)))

    def trade_offs(self, runs: Sequence[str | RunInfo]) -> TradeOffs:
        """Return what cannot be had together: today and each run, with its simulated years around it."""
        params = {"run": [_id(run) for run in runs]}
        return TradeOffs.model_validate(_object(self._get("/comparisons/trade-offs", params=params)))

    # -- transport -------------------------------------------------------------------------------------

    def _moments(self, run_id: str) -> Iterator[RunInfo | None]:
        """Yield the run as it is, then as the event stream tells it; None for a sign of life."""
        import httpx  # noqa: PLC0415

        yield self.run(run_id)
        try:
            with self._http.stream(
                "GET", f"/runs/{run_id}/events", timeout=STREAM_SILENCE_SECONDS
            ) as response:
                for line in response.iter_lines() if response.is_success else ():
                    is_run = line.startswith("data:")
                    yield RunInfo.model_validate_json(line.removeprefix("data:")) if is_run else None
        except httpx.HTTPError:
            # A broken stream costs nothing: the next round begins by asking.
            return

    def _get(self, path: str, **options: Any) -> httpx.Response:
        return self._send("GET", path, **options)

    def _send(self, method: str, path: str, retries: int | None = None, **options: Any) -> httpx.Response:
        """Return the answer. Asking twice does no harm: the same request gives the same scenario or run."""
        import httpx  # noqa: PLC0415

        left = self._retries if retries is None else retries
        while True:
            try:
                response = self._http.request(method, path, **options)
            except httpx.HTTPError as error:
                raise Unavailable(what=translate("client.service", self.language)) from error
            if response.status_code not in BUSY or left <= 0:
                break
            left -= 1
            time.sleep(_pause(response.headers.get("Retry-After")))
        if response.is_error:
            raise _error(response, self.language)
        return response

    def _pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[Any]:
        """Yield the items of a collection, page by page."""
        query = dict(params or {})
        while True:
            page = _object(self._get(path, params=query))
            yield from page["items"]
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]


def _id(thing: str | RunInfo | ScenarioInfo) -> str:
    """Return the id as it stands in an address. Raises `NotFound` for words that would make another address."""
    given = thing if isinstance(thing, str) else thing.id
    if not given.strip(".") or any(sign in given for sign in "/\\?#%"):
        raise NotFound("client.no_such_id", id=given[:80])
    return given


def _body(document: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as it is sent: text as YAML, anything else as JSON."""
    if isinstance(document, str):
        return {"content": document.encode(), "headers": {"Content-Type": "application/yaml"}}
    return {"json": dict(document)}


def _pause(retry_after: str | None) -> float:
    """Return how long to wait, as the service asks, within bounds."""
    seconds = float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else 1.0
    return min(max(seconds, 0.1), MAX_RETRY_SECONDS)


def _object(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    assert isinstance(body, dict)
    return body


def _error(response: httpx.Response, language: Language) -> ZorgstroomError:
    """Return the error of a problem document; its finished sentences serve as their own key."""
    try:
        problem = response.json()
        detail = str(problem.get("detail") or problem.get("title") or "")
    except ValueError:
        problem, detail = {}, ""
    if response.status_code == 400:
        found = problem.get("problems") or [{"message": detail}]
        return InvalidInput(
            Problem(
                where=str(item.get("pointer") or item.get("where") or ""),
                key=str(item["message"]),
                pointer=item.get("pointer"),
            )
            for item in found
        )
    kind = {401: NotAllowed, 403: NotAllowed, 404: NotFound, 409: Conflict, 412: Conflict}.get(
        response.status_code, ZorgstroomError
    )
    if response.status_code in (429, 502, 503, 504):
        if not detail:
            return Unavailable(what=translate("client.service", language))
        kind = Unavailable
    return kind(detail or None)
