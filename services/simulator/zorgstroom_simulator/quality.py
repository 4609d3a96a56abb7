"""Expected deaths by the volume of each location: an estimate of the model with a wide range.

About everybody who is simulated, also at locations outside the region, so that a plan that sends patients out of the
region does not make their deaths disappear. A location outside it is not simulated in full: its volume is at least what
is expected there today. Never told per location: a modelled death is no finding about a hospital.
"""

from __future__ import annotations

import numpy as np

from zorgstroom.planning.volume_outcome import BANDS, counted_profiles, deaths_millionths
from zorgstroom_simulator.rows import Rows, Sums
from zorgstroom_simulator.scope import Scope
from zorgstroom_simulator.treatments import Treatments


def add_quality(rows: Rows, scope: Scope, treated: Treatments) -> None:
    """Add expected deaths a year, whole and per profile, by the curve and by its weakest and strongest (`band`)."""
    dataset, weeks = scope.dataset, scope.calendar.weeks
    number = treated.number.sum(axis=(2, 3))
    profiles = counted_profiles(dataset)
    yearly = number * 52_000 // weeks
    # Patients of elsewhere are not simulated at a location outside the region.
    yearly = np.where(scope.locations[:, None], yearly, np.maximum(yearly, dataset.expected_volume))
    counted = np.zeros_like(number)
    counted[:, profiles] = number[:, profiles]
    for band in BANDS:
        deaths = np.zeros_like(number)
        for location, profile in np.argwhere(counted > 0).tolist():
            patients, volume = int(number[location, profile]), int(yearly[location, profile])
            deaths[location, profile] = deaths_millionths(dataset, profile, band, patients, volume)
        found = Sums(("location", "profile"), deaths * 52, weeks, counted)
        for kept in ((), ("profile",)):
            rows.part_of("expected_deaths", found, kept, band=band)
