"""Random actions of every kind on a region of any dataset, for trying what must hold of every plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import AGE_BANDS, Region
from zorgstroom.domain.scenario import Horizon, Scenario
from zorgstroom.planning.check import check_scenario
from zorgstroom.planning.plan import calendar_of

Rng = np.random.Generator
Action = dict[str, dict[str, Any]]

#: Care with fewer patients a year at a location is not made the subject of an action: in weeks nobody may come.
MANY = 400
#: Actions that are tried before a plan is left as it is; most random ones work.
ATTEMPTS = 60
PROFESSIONS = ("ward_nurse", "ic_nurse", "or_staff", "clinic_staff")


class RandomActions:
    """Draws actions about a region."""

    def __init__(self, dataset: Dataset, region: Region | None, horizon: Horizon) -> None:
        self.dataset = dataset
        self.region = region
        self.horizon = horizon
        inside = np.ones(len(dataset.locations), np.bool_) if region is None else dataset.locations_in(region)
        # Sessions are of persons, and one simulated patient can stand for several visits.
        each = np.array([profile.weight * profile.sessions_per_person for profile in dataset.profiles])
        #: Who has many patients of what, in the region: bool[L, P].
        self.many = dataset.offers & (dataset.expected_volume / 1000 / each >= MANY) & inside[:, None]
        self.pools = [
            (location, pool)
            for (location, pool), capacity in sorted(dataset.capacities.items())
            if inside[dataset.location_index[location]] and capacity > 0
        ]
        self.kinds: Mapping[str, Callable[[Rng], dict[str, Any] | None]] = {
            "concentrate": self._concentrate,
            "spread": self._spread,
            "shared_care": self._share_care,
            "close": self._close,
            "open": self._open,
            "capacity": self._capacity,
            "demand": self._demand,
            "workforce": self._workforce,
        }

    def scenario(self, actions: list[Action]) -> Scenario:
        """Return the plan with these actions."""
        return Scenario.model_validate(
            {"zorgstroom": 1, "name": "random", "horizon": self.horizon.model_dump(), "actions": actions}
        )

    def action(self, rng: Rng, kind: str) -> Action | None:
        """Return an action of a kind, which may not work; None where the region has nothing for it."""
        made = self.kinds[kind](rng)
        return None if made is None else {kind: made}

    def one(self, rng: Rng, number: int) -> Action:
        """Return an action of the kind with this number, else of the next kind the region has something for."""
        kinds = [*self.kinds]
        drawn = (self.action(rng, kinds[(number + shift) % len(kinds)]) for shift in range(len(kinds)))
        return next(action for action in drawn if action is not None)

    def plan(self, rng: Rng, number: int, *, later: bool = False) -> Scenario:
        """Return a plan of at most so many actions that works; `later`: all start during the run."""
        actions: list[Action] = []
        for _ in range(ATTEMPTS):
            if len(actions) == number:
                break
            drawn = self.action(rng, str(rng.choice([*self.kinds])))
            if drawn is None:
                continue
            ((kind, action),) = drawn.items()
            if later or rng.random() < 0.3:
                action["start"] = self._day(rng, later=later)
            made = self.scenario([*actions, {kind: action}])
            if not check_scenario(made, self.dataset, self.region).errors:
                actions.append({kind: action})
        return self.scenario(actions)

    def _day(self, rng: Rng, *, later: bool) -> str:
        calendar = calendar_of(self.scenario([]), self.dataset)
        day = int(rng.integers(calendar.days // 4 if later else 0, calendar.days - 1))
        return (calendar.start + dt.timedelta(days=day)).isoformat()

    def _concentrate(self, rng: Rng) -> dict[str, Any] | None:
        found = self._place(rng, self.many & (self.many.sum(axis=0) > 1))
        if found is None:
            return None
        location, profile = found
        return {"profiles": [profile], "at": [location], **self._moving(rng), **self._within()}

    def _spread(self, rng: Rng) -> dict[str, Any] | None:
        found = self._place(rng, self.many & (self.many.sum(axis=0) > 1))
        if found is None:
            return None
        location, profile = found
        column = self.dataset.profile_index[profile]
        others = [
            self.dataset.locations[row].id
            for row in np.flatnonzero(self.many[:, column])
            if self.dataset.locations[row].id != location
        ]
        return {
            "profiles": [profile],
            "from": {"locations": [location]},
            "to": {"locations": [str(rng.choice(others))]},
            "share": round(float(rng.uniform(0.2, 1)), 2),
            **self._moving(rng),
        }

    def _share_care(self, rng: Rng) -> dict[str, Any] | None:
        found = self._place(rng, self.many & self._along_a_pathway())
        return None if found is None else {"profiles": [found[1]], **self._within()}

    def _close(self, rng: Rng) -> dict[str, Any] | None:
        found = self._place(rng, self.many)
        if found is None:
            return None
        return {"location": found[0], "profiles": [found[1]], **self._moving(rng)}

    def _open(self, rng: Rng) -> dict[str, Any] | None:
        somewhere = self.many.any(axis=0)
        inside = self.many.any(axis=1)
        found = self._place(rng, ~self.dataset.offers & inside[:, None] & somewhere)
        return None if found is None else {"location": found[0], "profiles": [found[1]]}

    def _capacity(self, rng: Rng) -> dict[str, Any] | None:
        location, pool = self.pools[int(rng.integers(len(self.pools)))]
        return {"location": location, "pool": pool, "percent": int(rng.choice([-50, -20, 20, 50]))}

    def _demand(self, rng: Rng) -> dict[str, Any] | None:
        found = self._place(rng, self.many)
        if found is None:
            return None
        made: dict[str, Any] = {"profiles": [found[1]]}
        made[str(rng.choice(["prevent", "replace", "grow"]))] = round(float(rng.uniform(0.3, 0.9)), 2)
        if rng.random() < 0.3:
            without = str(rng.choice(AGE_BANDS))
            made["ages"] = [band for band in AGE_BANDS if band != without]
        return made | self._within()

    def _workforce(self, rng: Rng) -> dict[str, Any] | None:
        made = {
            "profession": str(rng.choice(PROFESSIONS)),
            "percent": int(rng.choice([-40, -15, -1, 10, 30])),
        }
        return made | self._within()

    def _along_a_pathway(self) -> np.ndarray:
        return np.array([profile.pathway == "care" for profile in self.dataset.profiles])

    def _place(self, rng: Rng, where: np.ndarray) -> tuple[str, str] | None:
        """Return a (location, profile) at which `where` bool[L, P] holds."""
        places = np.argwhere(where)
        if not len(places):
            return None
        row, column = places[int(rng.integers(len(places)))].tolist()
        return self.dataset.locations[row].id, self.dataset.profiles[column].id

    def _moving(self, rng: Rng) -> dict[str, Any]:
        if rng.random() < 0.6:
            return {}
        return {"capacity_follows": 0.5, "staff_not_moving": 0.2}

    def _within(self) -> dict[str, Any]:
        return {} if self.region is None else {"within": {self.region.kind: self.region.name}}
