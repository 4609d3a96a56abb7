"""Going from a number to what is behind it: simulated years, who moves from where to where, and the rows of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zorgstroom.answer import Answer
from zorgstroom.client_base import Calls
from zorgstroom.depth_document import AreaMoves, Moves, SimulatedYears, Subject


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

    def moves(self, run: str, **filters: str | Sequence[str]) -> Moves:
        """Return who goes from which hospital to which; filters: profile, group, location, region, ses."""
        return Moves.model_validate_json(self._get(f"/runs/{run}/moves", params=filters).content)

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
