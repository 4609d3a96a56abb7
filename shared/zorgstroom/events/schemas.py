"""Event schemas: a CloudEvents 1.0 envelope around versioned payloads.

Additive changes stay in the same version (readers ignore unknown keys); a breaking change is a new type.
The JSON Schemas under ``schemas/`` are generated from these classes and guarded by a test.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

#: Namespace of the ids that are derived from their content (UUIDv5).
NAMESPACE = uuid.UUID("6f1d3ad4-7f5b-5d0e-9a50-0d6f2f3c9b11")


class Payload(BaseModel):
    """What an event says; readers ignore keys they do not know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


#: ``auto``: the compiled one where it can be used. Every engine gives the same tables, to the byte.
EngineChoice = Literal["auto", "compiled", "simpy"]
#: Somebody waits for an interactive run; a batch of runs goes on when nobody does.
Priority = Literal["interactive", "batch"]
#: Most replications of a run that are done again with the other engine.
MOST_CROSS_CHECKED = 100
#: Fewest and most times that a run is done with other assumptions: with fewer than ten, nine in ten says nothing.
FEWEST_DRAWS, MOST_DRAWS = 10, 1000


class RunSettings(Payload):
    """How a run is made: with the scenario and the dataset, everything that decides its numbers."""

    replications: Annotated[int, Field(ge=1, le=1000)] = 10
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 1
    #: ``roaz:Limburg``; None: the scenario's own region, else the whole country.
    region: str | None = None
    engine: EngineChoice = "auto"
    #: So many replications are done again with the other engine, and all tables compared.
    cross_check: Annotated[int, Field(ge=0, le=MOST_CROSS_CHECKED)] = 0
    #: The journey of every patient of the first replication is kept as a table, under baseline and plan.
    journeys: bool = False
    #: Every part of the plan is simulated alone too: what does which part do?
    waterfall: bool = False
    #: Today and the plan are simulated under a peak, with fewer nurses and with a location that fails.
    stress: bool = False
    #: So many times with other assumptions, one simulated year each: do the conclusions hold?
    draws: Annotated[int, Field(ge=FEWEST_DRAWS, le=MOST_DRAWS)] | None = None


class RunRequested(Payload):
    """A run is asked for: carries all it needs, so that any simulator can take it."""

    scenario: dict[str, Any]
    dataset_digest: str
    settings: RunSettings
    attempt: int = 1
    #: Who asked, for fairness: runs of one owner do not hold up those of another.
    owner: str = ""
    priority: Priority = "interactive"


class RunCancellationRequested(Payload):
    """The owner wants the run stopped."""

    reason: str = ""
    #: This attempt and all before it; None (an older service): those asked for before this event.
    attempt: int | None = None


class RunAccepted(Payload):
    """A simulator has taken the run over."""

    attempt: int
    worker: str


class RunProgressed(Payload):
    """How far it is; at most two a second. Also the heartbeat."""

    attempt: int
    done: int
    total: int


class HeadlineIndicator(Payload):
    """One number of one replication: integer sum and count, divide and scale by the catalogue."""

    scenario: Literal["baseline", "plan"]
    indicator: str
    total: int
    count: int


class ReplicationCompleted(Payload):
    """One replication is done, under baseline and plan."""

    attempt: int
    replication: int
    indicators: list[HeadlineIndicator]


class Artefact(Payload):
    """Where a table is (claim check): a relative key, never an address."""

    name: str
    key: str
    sha256: str
    #: Digest of the canonically sorted columns: equal tables have equal digests in every container.
    table_digest: str
    rows: int
    bytes: int
    schema_version: int = 1


class ResultPublished(Payload):
    """The bulk tables of a run are in the artefact store."""

    attempt: int
    artefacts: list[Artefact]
    manifest: dict[str, Any]


class RunCompleted(Payload):
    """All replications are done and the results are published."""

    attempt: int
    replications: int
    wall_seconds: float


class RunFailed(Payload):
    """The run cannot be done; says why."""

    attempt: int
    key: str
    params: dict[str, Any] = {}
    retriable: bool = False


class RunCancelled(Payload):
    """The run was stopped on request."""

    attempt: int


class RunRemoved(Payload):
    """The run is no longer kept: nobody finds it or its results any more, until it is asked for again."""

    #: This attempt and all before it; asked for again the run goes on counting after it.
    attempt: int
    reason: str = ""


# Types as values, for `create_model`; mypy takes a string beside them for a type.
_ONLY_SIMPY: Any = Literal["simpy"]
#: The request of before there was a choice of engine: still read, no longer written.
_RunSettingsV1 = create_model(
    "RunSettings", __base__=RunSettings, __doc__=RunSettings.__doc__, engine=(_ONLY_SIMPY, "simpy")
)
_RunRequestedV1 = create_model(
    "RunRequested", __base__=RunRequested, __doc__=RunRequested.__doc__, settings=(_RunSettingsV1, ...)
)

PAYLOADS: dict[str, type[Payload]] = {
    "nl.zorgstroom.run.requested.v1": _RunRequestedV1,
    "nl.zorgstroom.run.requested.v2": RunRequested,
    "nl.zorgstroom.run.cancellation-requested.v1": RunCancellationRequested,
    "nl.zorgstroom.run.accepted.v1": RunAccepted,
    "nl.zorgstroom.run.progressed.v1": RunProgressed,
    "nl.zorgstroom.replication.completed.v1": ReplicationCompleted,
    "nl.zorgstroom.result.published.v1": ResultPublished,
    "nl.zorgstroom.run.completed.v1": RunCompleted,
    "nl.zorgstroom.run.failed.v1": RunFailed,
    "nl.zorgstroom.run.cancelled.v1": RunCancelled,
    "nl.zorgstroom.run.removed.v1": RunRemoved,
}
TYPE_OF: dict[type[Payload], str] = {payload: name for name, payload in PAYLOADS.items()}


class Event(BaseModel):
    """CloudEvents 1.0, structured JSON; `subject` is the run id and the key of the message."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: dt.datetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    data: dict[str, Any]

    def payload(self) -> Payload:
        """Return the validated payload; KeyError for an unknown type, ValidationError for a bad one."""
        return self._payload

    @cached_property
    def _payload(self) -> Payload:
        """Checked once, however many ask for it."""
        return PAYLOADS[self.type].model_validate(self.data)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Event:
        """Return a copy, its payload to be checked again: it may be another."""
        made = super().model_copy(update=update, deep=deep)
        made.__dict__.pop("_payload", None)
        return made


def make_event(
    run_id: str, source: str, payload: Payload, *, natural_key: tuple[object, ...] | None = None
) -> Event:
    """Wrap a payload. With `natural_key` the id is its UUIDv5: the same work done twice is the same event."""
    kind = TYPE_OF[type(payload)]
    if natural_key is None:
        event_id = str(uuid.uuid4())
    else:
        event_id = str(uuid.uuid5(NAMESPACE, "|".join(map(str, (run_id, kind, *natural_key)))))
    return Event(
        id=event_id,
        source=source,
        type=kind,
        subject=run_id,
        time=dt.datetime.now(dt.UTC),
        dataschema=f"urn:zorgstroom:schema:{kind}",
        data=payload.model_dump(mode="json"),
    )
