"""A region as it is today: who lives there, how far from acute care, and how that differs between groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.area import AGE_BANDS, Region
from zorgstroom.indicators.equity import FIFTHS
from zorgstroom.places_document import GroupOfPeople, RegionPicture
from zorgstroom.planning.access import ED_MINUTES, OBSTETRICS_MINUTES
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.near import AreaFacts, Near, area_facts
from zorgstroom.reporting.assumption_rows import sources_of

#: Who publishes what the norms are held against, and what the minutes were fitted on.
_SOURCES = ("rivm_seh_bereikbaarheid_2022", "rivm_verloskunde_2022", "openstreetmap")


def region_picture(dataset: Dataset, region: Region | None) -> RegionPicture:
    """Return a region, or the country."""
    inside = np.ones(len(dataset.areas), dtype=np.bool_) if region is None else dataset.areas_in(region)
    sites = [True] * len(dataset.locations) if region is None else dataset.locations_in(region).tolist()
    people = dataset.population[dataset.base_year].astype(np.float64) * inside[:, None]
    facts = area_facts(dataset)
    everybody = people.sum(axis=1)
    known = {source.id for source in dataset.sources}
    return RegionPicture(
        region="" if region is None else str(region),
        year=dataset.base_year,
        inhabitants=int(everybody.sum()),
        ages=dict(zip(AGE_BANDS, people.sum(axis=0).astype(int).tolist(), strict=True)),
        locations=[site.id for site, here in zip(dataset.locations, sites, strict=True) if here],
        beyond_emergency=round(float(facts.beyond_emergency[inside].sum())),
        beyond_obstetrics=round(float(facts.beyond_obstetrics[inside].sum())),
        emergency_norm_minutes=ED_MINUTES,
        obstetrics_norm_minutes=OBSTETRICS_MINUTES,
        groups=[
            *(
                _group(f"ses_{fifth}", everybody * _is(facts.fifth, fifth), facts)
                for fifth in range(1, FIFTHS + 1)
                if everybody[facts.fifth == fifth].sum()
            ),
            *(_group(band, people[:, index], facts) for index, band in enumerate(AGE_BANDS)),
        ],
        sources=sources_of(dataset, [source for source in _SOURCES if source in known]),
    )


def _is(fifths: np.ndarray, fifth: int) -> BoolArray:
    return np.asarray(fifths == fifth)


def _group(name: str, people: FloatArray, facts: AreaFacts) -> GroupOfPeople:
    return GroupOfPeople(
        group=name,
        inhabitants=round(float(people.sum())),
        emergency_minutes=_mean(facts.emergency, people),
        obstetrics_minutes=_mean(facts.obstetrics, people),
        usual_minutes=_mean(facts.usual, people),
    )


def _mean(near: Sequence[Near | None], people: FloatArray) -> float | None:
    """Return the mean minutes of these people; None where some have nothing to go to, or there is nobody."""
    rows = np.flatnonzero(people)
    minutes = [site.minutes for row in rows.tolist() if (site := near[row]) is not None]
    if not minutes or len(minutes) < len(rows):
        return None
    return round(float(np.average(minutes, weights=people[rows])), 1)
