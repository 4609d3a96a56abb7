"""Where patients live: every area belongs wholly to the nearest place that does the intervention."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from zorgstroom.national.case import Area, Minutes


def nearest(minutes: Sequence[int], candidates: Sequence[int], ids: Sequence[str]) -> int:
    """Return the candidate with the least minutes, of equally near ones the first by id.

    `minutes` are those of one area (or place) to every place.
    """
    return min(candidates, key=lambda place: (minutes[place], ids[place]))


def catchments(travel: Minutes, providers: Sequence[int], ids: Sequence[str]) -> tuple[int, ...]:
    """Return for each area the provider nearest to it."""
    return tuple(nearest(minutes, providers, ids) for minutes in travel)


def spread_over_catchment(
    volume: Fraction, place: int, belongs_to: Sequence[int], areas: Sequence[Area], travel: Minutes
) -> tuple[dict[int, Fraction], bool]:
    """Return the patients of a place per area, in proportion to the inhabitants of its catchment.

    A place that is nearest to nobody (two places in one area) has no catchment; its patients then all live in the
    area nearest to it, and the second value says so: the method itself would lose them.
    """
    mine = [row for row, owner in enumerate(belongs_to) if owner == place and areas[row].inhabitants > 0]
    inhabitants = sum(areas[row].inhabitants for row in mine)
    if inhabitants:
        return {row: volume * areas[row].inhabitants / inhabitants for row in mine}, True
    at = min(range(len(areas)), key=lambda row: (travel[row][place], areas[row].id))
    return {at: volume}, False
