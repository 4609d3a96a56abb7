"""Travel before a run: of a region's inhabitants, of the profiles a plan touches, and of who goes elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.indicators.catalogue import TRAVEL_BANDS
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.expected_today import MINUTES, OVER_30, OVER_45, TRAVELLERS, travel_of
from zorgstroom.planning.load import Course
from zorgstroom.planning.redistribution import redistribution
from zorgstroom.planning.sides import Side

#: Fewer patients a year than this are not worth a line.
NOTICEABLE_PATIENTS = 0.1


@dataclass(frozen=True)
class Travel:
    """Travel one way of the region's inhabitants who are treated, wherever that is."""

    #: Patients a year; the others are means over them.
    patients: Side[float]
    minutes: Side[float]
    over_30: Side[float]
    over_45: Side[float]


@dataclass(frozen=True)
class Stream:
    """Patients a year of a profile who are treated elsewhere."""

    profile: str
    #: Where they go today, and where under the plan.
    source: str
    destination: str
    patients: float


@dataclass(frozen=True)
class Movers:
    """The region's inhabitants who are treated elsewhere under the plan."""

    patients: float
    #: Extra minutes one way, on average; None if nobody moves.
    extra_minutes: float | None
    #: Patients a year by extra minutes (`indicators.catalogue.TRAVEL_BANDS`).
    bands: tuple[tuple[str, float], ...]


def travel_estimates(
    dataset: Dataset, course: Course, areas: BoolArray
) -> tuple[Travel, Mapping[str, Travel]]:
    """Return the travel of the inhabitants of these areas bool[A], and that of the profiles a plan changes."""
    treated = np.array([profile.pathway != "visit" for profile in dataset.profiles])
    today = course.today.travel[:, :, areas].sum(axis=2)
    plan = today.copy()
    for profile, (_, after) in course.flows.items():
        plan[profile] = travel_of(dataset, after)[:, areas].sum(axis=1)
    by_profile = {
        dataset.profiles[profile].id: _travel(today[profile], plan[profile])
        for profile in sorted(course.flows)
        if treated[profile]
    }
    return _travel(today[treated].sum(axis=0), plan[treated].sum(axis=0)), by_profile


def _travel(today: FloatArray, plan: FloatArray) -> Travel:
    """Return the means of sums float64[4]."""

    def mean(measure: int) -> Side[float]:
        return Side(*(float(side[measure] / max(side[TRAVELLERS], 1e-12)) for side in (today, plan)))

    patients = Side(float(today[TRAVELLERS]), float(plan[TRAVELLERS]))
    return Travel(patients, mean(MINUTES), mean(OVER_30), mean(OVER_45))


def moving_estimates(
    dataset: Dataset, course: Course, areas: BoolArray, locations: BoolArray
) -> tuple[tuple[Stream, ...], Movers]:
    """Return who goes elsewhere: streams from or to locations bool[L], and those who live in areas bool[A]."""
    streams: list[Stream] = []
    number = extra = 0.0
    bands = np.zeros(len(TRAVEL_BANDS))
    for profile, (before, after) in course.flows.items():
        kind = dataset.profiles[profile]
        if kind.pathway == "visit":
            continue
        found = redistribution(before, after, dataset.travel_hundredths, areas)
        number, extra, bands = number + found.movers, extra + found.extra_minutes, bands + found.bands
        there = (found.pairs >= NOTICEABLE_PATIENTS) & (locations[:, None] | locations[None, :])
        streams += [
            Stream(
                kind.id,
                dataset.locations[source].id,
                dataset.locations[to].id,
                float(found.pairs[source, to]),
            )
            for source, to in np.argwhere(there).tolist()
        ]
    streams.sort(key=lambda item: (-round(item.patients, 6), item.profile, item.source, item.destination))
    labels = [label for label, _ in TRAVEL_BANDS]
    movers = Movers(
        number, extra / number if number > 0 else None, tuple(zip(labels, bands.tolist(), strict=True))
    )
    return tuple(streams), movers
