"""Who goes elsewhere: expected flows before and after all actions, compared.

What leaves one location arrives at another: nobody is lost or made. Of the inhabitants of one area with one need,
those who leave a location go to the locations that gain, in proportion to what each gains; that is exact wherever
where somebody goes does not depend on where he comes from, as under all rules of one action. Patients who change
places with each other within an area are not seen. Axes A areas, L locations; float64[2, A, L] are persons a year who
need no IC, and who need one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray, Int32Array
from zorgstroom.indicators.catalogue import TRAVEL_BANDS
from zorgstroom.planning.expected import FloatArray

#: Fewer persons a year than this are what rounding leaves of a difference.
NEGLIGIBLE = 1e-6
#: Locations that get a smaller part of those who move are left out of the bands of extra travel.
_HARDLY = 1e-4
#: Bands of extra travel begin at these hundredths of minutes, and the band of each of -1 (shorter) to the last.
_BOUNDS = [low for _, low in TRAVEL_BANDS[1:]]
_LONGEST = _BOUNDS[-1]
_BAND_OF = np.searchsorted(_BOUNDS, np.arange(-1, _LONGEST + 1), side="right")


@dataclass(frozen=True)
class Redistribution:
    """Persons a year of one profile who go elsewhere."""

    #: From one location (axis 0) to another: float64[L, L].
    pairs: FloatArray
    #: Those among them who live in the areas asked about: how many, and their extra minutes one way, together.
    movers: float
    extra_minutes: float
    #: Those by `indicators.catalogue.TRAVEL_BANDS`: float64[band].
    bands: FloatArray


def redistribution(
    before: FloatArray, after: FloatArray, travel_hundredths: Int32Array, areas: BoolArray
) -> Redistribution:
    """Return who goes elsewhere between flows before and after.

    Of patients of whom fewer or more come after, those who come in both are compared. `travel_hundredths` int32[A, L]
    are minutes x 100; `areas` bool[A] are whose extra travel is counted.
    """
    before, after = _who_come_in_both(before, after)
    change = after - before
    leaving, arriving = np.maximum(-change, 0.0), np.maximum(change, 0.0)
    pairs = np.zeros((before.shape[2], before.shape[2]))
    bands = np.zeros(len(TRAVEL_BANDS))
    movers = extra = 0.0
    for gone, came in zip(leaving, arriving, strict=True):
        sources = np.flatnonzero((gone > NEGLIGIBLE).any(axis=0))
        if not len(sources):
            continue
        shares = came * _ratio(np.ones(len(came)), came.sum(axis=1))[:, None]
        pairs[sources] += gone[:, sources].T @ shares
        counted, shares, travel = gone[areas], shares[areas], travel_hundredths[areas]
        minutes = np.einsum("al,al->a", shares, travel) / 100
        # Where hardly anybody goes makes no difference to the bands, and takes most of the time.
        chosen = np.flatnonzero(came.sum(axis=0) >= _HARDLY * came.sum())
        near = shares[:, chosen]
        near *= _ratio(shares.sum(axis=1), near.sum(axis=1))[:, None]
        for source in sources.tolist():
            rows = np.flatnonzero(counted[:, source] > NEGLIGIBLE)
            mine, here = counted[rows, source], travel[rows, source]
            movers += float(mine.sum())
            extra += float((mine * (minutes[rows] - here / 100)).sum())
            further = np.clip(travel[np.ix_(rows, chosen)] - here[:, None], -1, _LONGEST)
            band = _BAND_OF[further + 1]
            bands += np.bincount(band.ravel(), (mine[:, None] * near[rows]).ravel(), minlength=len(bands))
    return Redistribution(pairs, movers, extra, bands)


def _who_come_in_both(before: FloatArray, after: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the flows of as many patients of each area and need before as after."""
    totals = before.sum(axis=2, keepdims=True), after.sum(axis=2, keepdims=True)
    if np.abs(totals[0] - totals[1]).max(initial=0.0) < NEGLIGIBLE:
        return before, after
    both = np.minimum(*totals)
    first, second = (
        flows * np.divide(both, total, out=np.zeros(total.shape), where=total > 0)
        for flows, total in zip((before, after), totals, strict=True)
    )
    return first, second


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Return a quotient, 0 where nothing is below."""
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
