"""Places and what is known of them, what a plan means for one of them, the assumptions, and a simulated week."""

from __future__ import annotations

from zorgstroom.client_base import Calls
from zorgstroom.places_document import (
    Addition,
    Additions,
    AreaInfo,
    Areas,
    AssumptionDetail,
    Assumptions,
    Demand,
    PlaceOutcome,
    RegionPicture,
    Side,
    SimulatedWeek,
)

#: Areas per answer: all gemeenten of the country in one.
_PAGE = 1000


class PlaceCalls(Calls):
    """Questions about places; `run` is the id of a run, `region` as in ``roaz:Limburg``."""

    def areas(self, region: str | None = None, dataset_id: str = "nl2025") -> list[AreaInfo]:
        """Return the areas of a region, or of the country."""
        params: dict[str, str] = {"limit": str(_PAGE)} | ({"region": region} if region else {})
        found: list[AreaInfo] = []
        while True:
            page = Areas.model_validate_json(
                self._get(f"/datasets/{dataset_id}/areas", params=params, headers=_JSON).content
            )
            found += page.items
            if page.next_cursor is None:
                return found
            params["cursor"] = page.next_cursor

    def region_picture(self, region: str | None = None, dataset_id: str = "nl2025") -> RegionPicture:
        """Return a region as it is today, or the country."""
        params = {"region": region} if region else {}
        path = f"/datasets/{dataset_id}/region-picture"
        return RegionPicture.model_validate_json(self._get(path, params=params).content)

    def region_additions(self, region: str | None = None) -> list[Addition]:
        """Return what people of a region added to its picture, newest first."""
        params = {"region": region} if region else {}
        return Additions.model_validate_json(self._get("/region-additions", params=params).content).items

    def add_region_addition(self, region: str | None, author: str, text: str) -> Addition:
        """Add something to the picture of a region; `author` is a role or an organisation."""
        body = {"region": region, "author": author, "text": text}
        # Asked once: the same words twice would be two additions.
        sent = self._send("POST", "/region-additions", retries=0, json=body)
        return Addition.model_validate_json(sent.content)

    def remove_region_addition(self, addition_id: int) -> None:
        """Take away what one added. Raises `NotFound`, and `Conflict` for what is somebody else's."""
        self._send("DELETE", f"/region-additions/{addition_id}")

    def demand(self, region: str | None = None, dataset_id: str = "nl2025") -> Demand:
        """Return inhabitants and expected treatments of every year, by age."""
        params = {"region": region} if region else {}
        return Demand.model_validate_json(self._get(f"/datasets/{dataset_id}/demand", params=params).content)

    def assumptions(self, run: str | None = None, dataset_id: str = "nl2025") -> Assumptions:
        """Return the register of assumptions, with the influence that a run with trials found."""
        path = f"/datasets/{dataset_id}/assumptions"
        params = {"run": run} if run else {}
        return Assumptions.model_validate_json(self._get(path, params=params, headers=_JSON).content)

    def assumptions_file(self, media_type: str = "text/csv", dataset_id: str = "nl2025") -> bytes:
        """Return every single figure of the register as CSV or Excel."""
        path = f"/datasets/{dataset_id}/assumptions"
        return self._get(path, headers={"Accept": media_type}).content

    def assumption(self, number: str, run: str | None = None, dataset_id: str = "nl2025") -> AssumptionDetail:
        """Return one entry of the register; raise `NotFound` with the nearest number."""
        params = {"run": run} if run else {}
        path = f"/datasets/{dataset_id}/assumptions/{number}"
        return AssumptionDetail.model_validate_json(self._get(path, params=params).content)

    def place_outcome(self, run: str, place: str) -> PlaceOutcome:
        """Return what the plan of a run means for those who live in an area or gemeente."""
        return PlaceOutcome.model_validate_json(self._get(f"/runs/{run}/places/{place}").content)

    def week(self, run: str, side: Side = "plan", week: int | None = None) -> SimulatedWeek:
        """Return one simulated week of a run that keeps journeys; raise `NotFound` for one that does not."""
        params = {"side": side} | ({} if week is None else {"week": str(week)})
        return SimulatedWeek.model_validate_json(self._get(f"/runs/{run}/week", params=params).content)


_JSON = {"Accept": "application/json"}
