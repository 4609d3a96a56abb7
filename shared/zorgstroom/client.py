"""The HTTP API as Python functions: what screens, scripts and notebooks use.

>>> client = Client("http://127.0.0.1:8000", "nl")        # doctest: +SKIP
>>> run = client.wait(client.submit(scenario_id).id)      # doctest: +SKIP
>>> client.impact(run.id).summary                         # doctest: +SKIP

Every answer is typed; every mistake is one of `zorgstroom.errors`, with the text the API gave in the
client's language. A client is safe to share between threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Conflict, InvalidInput, NotFound, Problem, Unavailable, ZorgstroomError
from zorgstroom.events.schemas import RunSettings
from zorgstroom.geo.boundaries import Boundaries, Level, parse_boundaries
from zorgstroom.preview_document import PreviewDocument
from zorgstroom.reporting.impact import Estimate, Impact, Verdict
from zorgstroom.text import Language, translate

if TYPE_CHECKING:
    import httpx

RunState = Literal["queued", "running", "completed", "failed", "cancelled"]
ReportFormat = Literal["html", "xlsx"]

#: States that never change again.
FINAL_STATES: frozenset[RunState] = frozenset({"completed", "failed", "cancelled"})

#: Longer without a sign of life means that the stream is broken.
STREAM_SILENCE_SECONDS = 40.0

_REPORT_TYPES: dict[ReportFormat, str] = {
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Answer(BaseModel):
    """A part of an answer; keys a newer service adds are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ScenarioInfo(Answer):
    """A scenario as the list shows it."""

    id: str
    name: str
    description: str = ""
    #: Shipped with the product, and under which short name.
    example: bool = False
    slug: str | None = None


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
    ``wait_treatment:AMC:hip_replacement``.
    """

    runs: list[RunInfo]
    indicators: dict[str, list[ComparisonCell]]


class Client:
    """The API at one address, in one language.

    A call that takes longer than `timeout` seconds fails with `Unavailable`.

    `transport` replaces the network, for tests against an application in the same process.
    """

    def __init__(
        self,
        base_url: str,
        language: Language = "nl",
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        # httpx is not needed by who only runs scenarios from the command line.
        import httpx  # noqa: PLC0415

        self.base_url = base_url.rstrip("/")
        self.language = language
        self._http = httpx.Client(
            base_url=f"{self.base_url}/v1",
            headers={"Accept-Language": language},
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
        return _object(self._get("/health/ready"))

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

    def scenarios(self) -> list[ScenarioInfo]:
        """Return all scenarios, examples first."""
        found = [ScenarioInfo.model_validate(item) for item in self._pages("/scenarios")]
        return sorted(found, key=lambda scenario: not scenario.example)

    def examples(self) -> list[ScenarioInfo]:
        """Return the scenarios shipped with the product."""
        return [scenario for scenario in self.scenarios() if scenario.example]

    def scenario(self, scenario_id: str) -> ScenarioDetail:
        """Return one scenario with its document."""
        return ScenarioDetail.model_validate(_object(self._get(f"/scenarios/{scenario_id}")))

    def add_scenario(self, document: str | Mapping[str, Any]) -> ScenarioDetail:
        """Hand in a scenario: YAML text or the document itself. The same document gives the same id."""
        if isinstance(document, str):
            response = self._send(
                "POST", "/scenarios", content=document.encode(), headers={"Content-Type": "application/yaml"}
            )
        else:
            response = self._send("POST", "/scenarios", json=dict(document))
        return ScenarioDetail.model_validate(_object(response))

    def preview(self, document: Scenario, region: str | None = None) -> PreviewDocument:
        """Return what a scenario is expected to do, without a run: estimates, within a moment."""
        body = document.model_dump(mode="json", by_alias=True, exclude_none=True)
        params = {"region": region} if region else {}
        response = self._send("POST", "/scenarios/preview", json=body, params=params)
        return PreviewDocument.model_validate_json(response.content)

    # -- runs ------------------------------------------------------------------------------------------

    def submit(self, scenario_id: str, settings: RunSettings | None = None) -> RunInfo:
        """Ask for a run; the same request again gives the same run."""
        body: dict[str, Any] = {"scenario_id": scenario_id}
        if settings is not None:
            body["settings"] = settings.model_dump(mode="json", exclude_none=True)
        return RunInfo.model_validate(_object(self._send("POST", "/runs", json=body)))

    def runs(self, state: RunState | None = None) -> list[RunInfo]:
        """Return runs, newest first."""
        return [
            RunInfo.model_validate(item)
            for item in self._pages("/runs", params={"state": state} if state else {})
        ]

    def run(self, run_id: str) -> RunInfo:
        """Return where a run stands."""
        return RunInfo.model_validate(_object(self._get(f"/runs/{run_id}")))

    def cancel(self, run_id: str) -> None:
        """Ask to stop a run; a run that already ended stays as it is."""
        self._send("DELETE", f"/runs/{run_id}")

    def progress(
        self, run_id: str, timeout: float | None = None, retry_seconds: float = 2.0
    ) -> Iterator[RunInfo]:
        """Yield the run each time it has moved on, until it has ended; `Unavailable` after `timeout` seconds.

        Where the event stream does not come through, the run is asked for every `retry_seconds`.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        last: RunInfo | None = None
        while True:
            for run in self._moments(run_id):
                if run is not None and run != last:
                    yield run
                    last = run
                    if run.final:
                        return
                if deadline is not None and time.monotonic() > deadline:
                    raise Unavailable(what=translate("client.result", self.language))
            time.sleep(retry_seconds)

    def wait(
        self,
        run_id: str,
        on_progress: Callable[[RunInfo], None] | None = None,
        timeout: float | None = None,
    ) -> RunInfo:
        """Return the run when it has ended; raise `Unavailable` after `timeout` seconds."""
        run = None
        for run in self.progress(run_id, timeout):
            if on_progress is not None:
                on_progress(run)
        assert run is not None
        return run

    # -- results ---------------------------------------------------------------------------------------

    def headline(self, run_id: str) -> Headline:
        """Return the headline numbers so far, also while the run is computed."""
        return Headline.model_validate(_object(self._get(f"/runs/{run_id}/headline")))

    def impact(self, run_id: str) -> Impact:
        """Return the impact analysis of a completed run."""
        return Impact.model_validate_json(self._get(f"/runs/{run_id}/impact").content)

    def table(self, run_id: str, table: str, media_type: str = "text/csv", **filters: str) -> bytes:
        """Return a result table as CSV or Parquet, filtered by ``location``, ``profile`` or ``indicator``."""
        return self._get(
            f"/runs/{run_id}/results/{table}", params=filters, headers={"Accept": media_type}
        ).content

    def report(self, run_id: str, report_format: ReportFormat, language: Language | None = None) -> bytes:
        """Return the report as an HTML page in one file or as an Excel workbook."""
        return self._get(
            f"/runs/{run_id}/report",
            params={"lang": language or self.language},
            headers={"Accept": _REPORT_TYPES[report_format]},
        ).content

    def compare(self, run_ids: Sequence[str]) -> Comparison:
        """Return runs next to each other; raise `Conflict` when they cannot be compared."""
        return Comparison.model_validate(_object(self._get("/comparisons", params={"run": list(run_ids)})))

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

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        import httpx  # noqa: PLC0415

        try:
            response = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise Unavailable(what=translate("client.service", self.language)) from error
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
    kind = {404: NotFound, 409: Conflict}.get(response.status_code, ZorgstroomError)
    if response.status_code in (429, 502, 503, 504):
        if not detail:
            return Unavailable(what=translate("client.service", language))
        kind = Unavailable
    return kind(detail or None)
