"""From the expected numbers of a scenario to the preview as a document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.indicators.catalogue import Theme
from zorgstroom.load_words import pool_previews
from zorgstroom.planning.plan import calendar_of
from zorgstroom.planning.pool_estimates import PoolLoad
from zorgstroom.planning.preview import Preview, preview
from zorgstroom.planning.sides import Side
from zorgstroom.planning.travel_estimates import Stream, Travel
from zorgstroom.planning.volume_estimates import Volume
from zorgstroom.planning.waiting_lists import WaitingList
from zorgstroom.preview_document import (
    BandPreview,
    BeforeAndAfter,
    HowEstimated,
    ListPreview,
    Method,
    MoversPreview,
    NormPreview,
    Numbers,
    Part,
    PreviewDocument,
    StreamPreview,
    TravelPreview,
    VolumePreview,
)
from zorgstroom.reporting.build import CONFIDENCE, pool_names
from zorgstroom.text import LANGUAGES

#: How each part is estimated, and the theme of the report whose confidence it has.
PARTS: Mapping[Part, tuple[Method, Theme]] = {
    "redistribution": ("choice_shares", "volume"),
    "volumes": ("choice_shares", "volume"),
    "travel": ("choice_shares", "travel"),
    "loads": ("work_over_capacity", "capacity"),
    "lists": ("queueing_theory", "waiting"),
}
#: Longest parts of the document, in rows.
LONGEST = 500


def preview_document(dataset: Dataset, scenario: Scenario, region: Region | None) -> PreviewDocument:
    """Return the preview of a scenario that passed its check, in the region of the run (None: its own)."""
    found = preview(dataset, scenario, region)
    calendar = calendar_of(scenario, dataset)
    lists = [row for row in found.lists if row.pool or not row.location]
    parts: tuple[Sequence[object], ...] = (found.streams, found.volumes, lists, found.pools)
    left_out = sum(max(0, len(rows) - LONGEST) for rows in parts)
    streams, volumes, pools = found.streams[:LONGEST], found.volumes[:LONGEST], found.pools[:LONGEST]
    lists = lists[:LONGEST]
    return PreviewDocument(
        scenario=scenario.name,
        dataset_digest=dataset.digest,
        confidential=dataset.confidential,
        region=None if found.region is None else f"{found.region.kind}:{found.region.name}",
        demand_year=calendar.demand_year,
        complete_from=calendar.start + dt.timedelta(days=found.loads.days[-1].day),
        parts={
            part: HowEstimated(method=method, confidence=CONFIDENCE[theme])
            for part, (method, theme) in PARTS.items()
        },
        travel=[_travel(name, row) for name, row in [("", found.travel), *found.travel_by_profile.items()]],
        movers=MoversPreview(
            patients=_rounded(found.movers.patients),
            extra_minutes=None
            if found.movers.extra_minutes is None
            else _rounded(found.movers.extra_minutes),
            bands=[BandPreview(band=band, patients=_rounded(number)) for band, number in found.movers.bands],
        ),
        streams=[
            StreamPreview(
                profile=row.profile,
                source=row.source,
                destination=row.destination,
                patients=_rounded(row.patients),
            )
            for row in streams
        ],
        volumes=[_volume(row) for row in volumes],
        at_norm=None if found.at_norm is None else _numbers(found.at_norm),
        lists=[_list(row) for row in lists],
        too_full=BeforeAndAfter(
            today=found.too_full.today,
            plan=found.too_full.plan,
        ),
        pools=pool_previews(pools),
        left_out=left_out,
        names=_names(dataset, streams, volumes, lists, pools, found),
    )


def _rounded(value: float) -> float:
    return round(value, 4)


def _numbers(side: Side[float] | Side[float | None]) -> Numbers:
    """Return rounded numbers, and the difference of what was not rounded."""
    today, plan = side
    difference = None if today is None or plan is None else _rounded(plan - today)
    return Numbers(
        today=None if today is None else _rounded(today),
        plan=None if plan is None else _rounded(plan),
        difference=difference,
    )


def _travel(profile: str, row: Travel) -> TravelPreview:
    return TravelPreview(
        profile=profile,
        patients=_numbers(row.patients),
        minutes=_numbers(row.minutes),
        over_30=_numbers(row.over_30),
        over_45=_numbers(row.over_45),
    )


def _volume(row: Volume) -> VolumePreview:
    norm = None
    if row.norm is not None and row.norm_met is not None and row.norm_chance is not None:
        norm = NormPreview(
            minimum=row.norm,
            met_today=row.norm_met.today,
            met_plan=row.norm_met.plan,
            chance=_numbers(row.norm_chance),
        )
    return VolumePreview(
        location=row.location,
        profile=row.profile,
        patients=_numbers(row.patients),
        treated=_numbers(row.treated),
        norm=norm,
    )


def _list(row: WaitingList) -> ListPreview:
    return ListPreview(
        location=row.location,
        kind=row.kind,
        pool=row.pool,
        at_start=_numbers(row.at_start),
        after_year=_numbers(row.after_year),
        growth_per_year=_numbers(row.growth),
        grows_today=row.grows.today,
        grows_plan=row.grows.plan,
        weeks=_numbers(row.weeks),
    )


def _names(
    dataset: Dataset,
    streams: Iterable[Stream],
    volumes: Iterable[Volume],
    lists: Iterable[WaitingList],
    pools: Iterable[PoolLoad],
    found: Preview,
) -> dict[str, dict[str, str]]:
    """Return the names of what is mentioned."""
    locations = {name for row in streams for name in (row.source, row.destination)}
    locations |= {row.location for rows in (volumes, lists, pools) for row in rows}
    profiles = {row.profile for rows in (streams, volumes) for row in rows} | set(found.travel_by_profile)
    names = {row.pool: pool_names(dataset, row.pool) for rows in (lists, pools) for row in rows if row.pool}
    for location in sorted(locations - {""}):
        names[location] = dict.fromkeys(LANGUAGES, dataset.locations[dataset.location_index[location]].name)
    for profile in sorted(profiles):
        kind = dataset.profiles[dataset.profile_index[profile]]
        names[profile] = {language: kind.name(language) for language in LANGUAGES}
    return names
