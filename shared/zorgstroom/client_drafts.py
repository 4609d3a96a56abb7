"""Drafts of scenarios, what is there today, and notes: what a builder of scenarios asks of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from zorgstroom.answer import Answer
from zorgstroom.client_base import Calls
from zorgstroom.dataset_document import Today

Content = dict[str, Any]


class Draft(Answer):
    """A scenario somebody is still working on; whoever knows its id may read and change it."""

    id: str
    revision: int
    #: The scenario it was made from; None: today.
    base: str | None = None
    document: Content
    #: Earlier states, oldest first, and those that were taken back, the next one last.
    past: list[Content] = Field(default=[])
    future: list[Content] = Field(default=[])
    #: What to show that it is changed as it was seen.
    etag: str = ""


class DraftCalls(Calls):
    """Questions about drafts and about today."""

    def today(self, dataset_id: str = "nl2025") -> Today:
        """Return what every location does today: its regions, capacity and expected patients."""
        return Today.model_validate_json(self._get(f"/datasets/{dataset_id}/today").content)

    def draft(self, draft_id: str) -> Draft:
        """Return a draft; raise `NotFound` for one that is gone."""
        return _draft(self._get(f"/drafts/{draft_id}"))

    def add_draft(
        self,
        document: Mapping[str, Any],
        base: str | None = None,
        past: Sequence[Content] = (),
        future: Sequence[Content] = (),
    ) -> Draft:
        """Keep what somebody is working on."""
        return _draft(self._send("POST", "/drafts", json=_content(document, base, past, future)))

    def change_draft(
        self,
        draft: Draft,
        document: Mapping[str, Any],
        base: str | None = None,
        past: Sequence[Content] = (),
        future: Sequence[Content] = (),
    ) -> Draft:
        """Change a draft as it was last seen; raise `Conflict` when somebody else changed it meanwhile."""
        body = _content(document, base, past, future)
        return _draft(self._send("PUT", f"/drafts/{draft.id}", json=body, headers={"If-Match": draft.etag}))

    def remove_draft(self, draft_id: str) -> None:
        """Forget a draft."""
        self._send("DELETE", f"/drafts/{draft_id}")


def _content(
    document: Mapping[str, Any],
    base: str | None,
    past: Sequence[Content],
    future: Sequence[Content],
) -> dict[str, Any]:
    return {"document": dict(document), "base": base, "past": list(past), "future": list(future)}


def _draft(response: Any) -> Draft:
    return Draft.model_validate(response.json() | {"etag": response.headers["ETag"]})
