"""Going from a number to what is behind it: simulated years, who moves from where to where, and the rows of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from zorgstroom.client_base import Answer, Calls
from zorgstroom.reporting.impact import Estimate

#: What a line of simulated years is about: columns of the result tables, or sums over them.
Subject = Literal["location", "organisation", "profile", "group", "area", "pool", "band", "year"]


class NormInfo(Answer):
    """The minimum a volume is held against."""

    minimum: int
    status: str
    source: str


class YearsLine(Answer):
    """One indicator at one place: its value in every simulated year, under today and the plan."""

    location: str = ""
    organisation: str = ""
    profile: str = ""
    group: str = ""
    area: str = ""
    pool: str = ""
    band: str = ""
    year: int | None = None
    baseline: list[float | None]
    plan: list[float | None]
    baseline_mean: Estimate | None
    plan_mean: Estimate | None
    difference: Estimate | None
    #: Simulated years in which it is higher, or lower, under the plan than today.
    higher: int
    lower: int
    norm: NormInfo | None = None
    #: Simulated years at or above the norm; None: not judged.
    baseline_met: int | None = None
    plan_met: int | None = None


class SimulatedYears(Answer):
    """An indicator year by year."""

    indicator: str
    replications: int
    items: list[YearsLine]
    #: Lines that were not given: ask for less at once.
    left_out: int = 0


class MovesLine(Answer):
    """Patients a year who go from one hospital to another."""

    from_location: str
    to_location: str
    patients: Estimate
    extra_minutes: float


class MoveLines(Answer):
    """Who goes elsewhere; streams below `smallest` are not told one by one."""

    patients: Estimate
    smallest: int
    #: Part of the patients that the items are about.
    shown_share: float
    items: list[MovesLine]
    left_out: int


class AreaMovesLine(Answer):
    """The inhabitants of an area who go elsewhere: how much longer they travel and wait."""

    area: str
    name: str
    gemeente: str
    latitude: float
    longitude: float
    inhabitants: int
    patients: Estimate
    extra_minutes: float
    #: None where no wait can be compared: the list grows, or there is none.
    extra_weeks: float | None
    #: Part of the patients whose wait can be compared.
    compared_share: float


class AreaMoves(Answer):
    """Areas whose inhabitants go elsewhere; those below `smallest` patients are not told one by one."""

    patients: Estimate
    smallest: int
    shown_share: float
    items: list[AreaMovesLine]
    left_out: int


class RowsPage(Answer):
    """A part of a result table."""

    table: str
    columns: list[str]
    items: list[dict[str, Any]]
    next_cursor: str | None
    confidential: bool = False


class DepthCalls(Calls):
    """Questions about what is behind the numbers of a run; `run` is its id."""

    def simulated_years(
        self, run: str, indicator: str, by: Sequence[Subject] = (), **filters: str | Sequence[str]
    ) -> SimulatedYears:
        """Return an indicator in every simulated year, one line per combination of `by`."""
        params = {"indicator": indicator, "by": list(by), **filters}
        return SimulatedYears.model_validate_json(
            self._get(f"/runs/{run}/simulated-years", params=params).content
        )

    def moves(self, run: str, **filters: str | Sequence[str]) -> MoveLines:
        """Return who goes from which hospital to which; filters: profile, group, location, region, ses."""
        return MoveLines.model_validate_json(self._get(f"/runs/{run}/moves", params=filters).content)

    def area_moves(self, run: str, **filters: str | Sequence[str]) -> AreaMoves:
        """Return per area who goes elsewhere, with what that means for travel and waiting."""
        return AreaMoves.model_validate_json(self._get(f"/runs/{run}/area-moves", params=filters).content)

    def rows(
        self, run: str, table: str, limit: int, cursor: str | None = None, **filters: str | Sequence[str]
    ) -> RowsPage:
        """Return a page of the rows of a result table."""
        params: dict[str, Any] = {**filters, "limit": limit, "format": "json"}
        if cursor is not None:
            params["cursor"] = cursor
        return RowsPage.model_validate_json(self._get(f"/runs/{run}/results/{table}", params=params).content)
