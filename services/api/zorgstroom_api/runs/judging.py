"""Whether a plan can be run in a region: judged once for all who ask for the same."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.plan import region_of
from zorgstroom.scenario_file import scenario_digest
from zorgstroom_api.scenarios.service import find_region, parse_document, require_possible

#: Plans that are remembered; people ask for the same few, with other random numbers.
MOST_REMEMBERED = 128


@dataclass(frozen=True)
class Judged:
    """A plan that can be run."""

    scenario: Scenario
    scenario_id: str
    #: The document as it is kept and sent.
    document: dict[str, Any]
    #: Where it is run; None: the whole country.
    region: Region | None


class Judge:
    """Remembers the last plans that were found possible; what is not possible is judged again each time."""

    def __init__(self, load_dataset: Callable[[], Dataset]) -> None:
        self._load_dataset = load_dataset
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, ...], Judged] = OrderedDict()

    def document(self, document: dict[str, Any], region: str | None) -> Judged:
        """Judge a document of a request. Raises `InvalidInput`."""
        content = json.dumps(document)
        dataset = self._load_dataset()

        def judge() -> Judged:
            file = parse_document(content, dataset, "/scenario")
            chosen = _chosen(file.scenario, dataset, region)
            require_possible(file.scenario, dataset, chosen, "/scenario", file)
            return _judged(file.scenario, chosen)

        return self._remembered("document", hashlib.sha256(content.encode()).hexdigest(), region, judge)

    def kept(self, scenario_id: str, region: str | None, read: Callable[[], dict[str, Any]]) -> Judged:
        """Judge a scenario that is kept, of which `read` gives the document. Raises `InvalidInput`.

        What is remembered is not read again: whether the caller may still read it, is not judged here.
        """
        dataset = self._load_dataset()

        def judge() -> Judged:
            scenario = Scenario.model_validate(read())
            chosen = _chosen(scenario, dataset, region)
            require_possible(scenario, dataset, chosen, "/scenario_id")
            return _judged(scenario, chosen)

        return self._remembered("kept", scenario_id, region, judge)

    def _remembered(self, kind: str, content: str, region: str | None, judge: Callable[[], Judged]) -> Judged:
        key = (kind, content, region or "", self._load_dataset().digest)
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
                return found
        found = judge()
        with self._lock:
            self._known[key] = found
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return found


def _chosen(scenario: Scenario, dataset: Dataset, named: str | None) -> Region | None:
    return region_of(scenario.region) if named is None else find_region(dataset, named, "/settings/region")


def _judged(scenario: Scenario, region: Region | None) -> Judged:
    document = scenario.model_dump(mode="json", by_alias=True, exclude_none=True)
    return Judged(scenario, scenario_digest(scenario), document, region)
