"""What a session shows of the model: looked up in runs that are completed, remembered, and never computed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping

from zorgstroom.errors import NotFound
from zorgstroom.reporting.impact import Impact
from zorgstroom.text import Language
from zorgstroom.workshop.facts import Fact, facts
from zorgstroom_api.results.service import ResultService

#: Runs whose outcomes are remembered: all combinations of a session, with room for another.
MOST_REMEMBERED = 1000


class Lookups:
    """Outcomes of runs."""

    def __init__(self, results: ResultService) -> None:
        self._results = results
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, Language], list[Fact]] = OrderedDict()

    def facts(self, run_id: str | None, language: Language) -> list[Fact]:
        """Return the outcomes of a run; none as long as it is not completed."""
        if run_id is None:
            return []
        key = (run_id, language)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        try:
            found = facts(self._results.impact(run_id), language)
        except NotFound:
            return []
        with self._lock:
            self._known[key] = found
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return found

    def impacts(self, runs: Mapping[str, str | None]) -> dict[str, Impact]:
        """Return the impact analyses of runs by their name; without those that are not completed."""
        found = {}
        for name, run_id in runs.items():
            try:
                found[name] = self._results.impact(run_id or "")
            except NotFound:
                continue
        return found
