"""Who goes elsewhere: from hospital to hospital, and where they live; with what that means for travel and waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.depth_document import SMALLEST, AreaLine, AreaMoves, Moves, MovesLine
from zorgstroom.domain.area import Region
from zorgstroom.indicators.equity import fifths
from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.readings import Moves as Counted

_NOBODY = Estimate(mean=0.0)


@dataclass(frozen=True)
class Wait:
    """Mean weeks until treatment at a location for one kind of care; None where it has no meaning or nobody waits."""

    baseline: float | None
    plan: float | None


#: The wait at a location for a kind of care.
WaitOf = Callable[[str, str], Wait]


def between_hospitals(counted: Counted) -> Moves:
    """Return the streams from hospital to hospital that are large enough to be told, the largest first."""
    minutes = counted.extra_minutes("from_location", "to_location")
    streams = counted.patients("from_location", "to_location")
    told = {key: patients for key, patients in streams.items() if patients.mean >= SMALLEST}
    items = [
        MovesLine(
            from_location=key[0], to_location=key[1], patients=patients, extra_minutes=minutes[key].mean
        )
        for key, patients in sorted(told.items(), key=lambda item: (-item[1].mean, item[0]))
    ]
    total = counted.patients().get((), _NOBODY)
    return Moves(
        patients=total,
        shown_share=_share(sum(line.patients.mean for line in items), total),
        items=items,
        left_out=len(streams) - len(told),
    )


def by_area(counted: Counted, dataset: Dataset, demand_year: int, wait_of: WaitOf) -> AreaMoves:
    """Return the areas of which enough inhabitants go elsewhere, most patients first."""
    minutes, weeks = counted.extra_minutes("area"), _extra_weeks(counted, wait_of)
    everywhere = counted.patients("area")
    inhabitants = dataset.population.get(demand_year)
    items = []
    for (area_id,), patients in everywhere.items():
        place = dataset.area_index.get(area_id)
        if patients.mean < SMALLEST or place is None:
            continue
        area = dataset.areas[place]
        extra, share = weeks.get(area_id, (None, 0.0))
        items.append(
            AreaLine(
                area=area_id,
                name=area.name,
                gemeente=area.gemeente_id,
                latitude=area.latitude,
                longitude=area.longitude,
                inhabitants=0 if inhabitants is None else int(inhabitants[place].sum()),
                patients=patients,
                extra_minutes=minutes[(area_id,)].mean,
                extra_weeks=extra,
                compared_share=share,
            )
        )
    items.sort(key=lambda line: (-line.patients.mean, line.area))
    total = counted.patients().get((), _NOBODY)
    return AreaMoves(
        patients=total,
        shown_share=_share(sum(line.patients.mean for line in items), total),
        items=items,
        left_out=len(everywhere) - len(items),
    )


def _extra_weeks(counted: Counted, wait_of: WaitOf) -> Mapping[str, tuple[float | None, float]]:
    """Return per area the mean extra weeks of the patients whose wait can be compared, and their part of all."""
    sums: dict[str, tuple[float, float, float]] = {}
    streams = counted.means("patients", ("area", "profile", "from_location", "to_location"))
    for (area, profile, sender, receiver), patients in streams.items():
        everybody, compared, weeks = sums.get(area, (0.0, 0.0, 0.0))
        before, after = wait_of(sender, profile).baseline, wait_of(receiver, profile).plan
        if before is not None and after is not None:
            compared, weeks = compared + patients, weeks + patients * (after - before)
        sums[area] = everybody + patients, compared, weeks
    return {
        area: (weeks / compared if compared else None, compared / everybody if everybody else 0.0)
        for area, (everybody, compared, weeks) in sums.items()
    }


def areas_of_fifths(
    wanted: list[int], dataset: Dataset, demand_year: int, region: Region | None
) -> list[str]:
    """Return the areas in these fifths of the region's inhabitants by socio-economic score, as the run counts them."""
    inside = np.ones(len(dataset.areas), np.bool_) if region is None else dataset.areas_in(region)
    people = (dataset.population[demand_year] * inside[:, None]).sum(axis=1)
    scores = np.array([area.ses_score for area in dataset.areas])
    found = fifths(scores, people, inside)
    return [area.id for area, fifth in zip(dataset.areas, found.tolist(), strict=True) if fifth in wanted]


def _share(part: float, total: Estimate) -> float:
    return min(1.0, part / total.mean) if total.mean else 1.0
