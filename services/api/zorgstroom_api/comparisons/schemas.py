"""Comparisons as they go over the line."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from zorgstroom.reporting.impact import Estimate, Verdict
from zorgstroom_api.runs.schemas import RunInfo


class ComparisonQuery(BaseModel):
    """Which runs, each named with ``run=``."""

    model_config = ConfigDict(extra="forbid")

    run: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=2, max_length=8)]


class ComparisonCell(BaseModel):
    """One indicator of one run: today, the plan, and the paired difference."""

    baseline: Estimate
    plan: Estimate
    difference: Estimate
    #: The difference's interval excludes zero.
    clear: bool
    verdict: Verdict


class Comparison(BaseModel):
    """Runs next to each other: indicators as rows, one cell per run in the order of `runs`."""

    runs: list[RunInfo]
    indicators: dict[str, list[ComparisonCell]]
    #: There are confidential figures of an organisation behind it.
    confidential: bool = False
