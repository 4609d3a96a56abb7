"""Comparisons as they go over the line."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from zorgstroom.reporting.impact import Estimate, Verdict
from zorgstroom_api.runs.schemas import RunInfo

RunId = Annotated[str, Field(max_length=64)]
MOST_RUNS = 8


class ComparisonQuery(BaseModel):
    """Which runs, each named with ``run=``, and against which of them; without one: against today."""

    model_config = ConfigDict(extra="forbid")

    run: Annotated[list[RunId], Field(min_length=2, max_length=MOST_RUNS)]
    reference: RunId | None = None


class TradeOffQuery(BaseModel):
    """Which runs, each named with ``run=``; one is weighed against today."""

    model_config = ConfigDict(extra="forbid")

    run: Annotated[list[RunId], Field(min_length=1, max_length=MOST_RUNS)]


class ComparisonCell(BaseModel):
    """One indicator of one run: today, the plan, and the paired difference with the reference."""

    baseline: Estimate
    plan: Estimate
    difference: Estimate
    #: The difference's interval excludes zero.
    clear: bool
    verdict: Verdict


class Comparison(BaseModel):
    """Runs next to each other: indicators as rows, one cell per run in the order of `runs`."""

    runs: list[RunInfo]
    #: The run all differences are with; None: today.
    reference: str | None = None
    indicators: dict[str, list[ComparisonCell]]
    #: There are confidential figures of an organisation behind it.
    confidential: bool = False


class TradeOffPoint(BaseModel):
    """A run, or today: its means, and the values of its simulated years."""

    #: None: today.
    run: str | None
    name: str
    x: float
    y: float
    years: list[tuple[float, float]]


class TradeOff(BaseModel):
    """One kind of care, or all of it (empty): one outcome against another."""

    profile: str
    #: Indicators along the axes.
    across: str
    against: str
    points: list[TradeOffPoint]


class TradeOffs(BaseModel):
    """What cannot be had together, for runs on the same patients."""

    items: list[TradeOff]
    #: Names of the kinds of care, in both languages.
    names: dict[str, dict[str, str]]
    confidential: bool = False
