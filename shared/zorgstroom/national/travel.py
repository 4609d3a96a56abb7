"""What it does to travel: minutes before, extra minutes, and people in bands of extra minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from zorgstroom.indicators.catalogue import TRAVEL_BANDS
from zorgstroom.national.case import Case
from zorgstroom.national.redistribution import Redistributed, Stream


@dataclass(frozen=True)
class Travel:
    """Travel one way of the patients of one norm; minutes, exact."""

    patients: Fraction
    #: Of those whose travel changes: how many, minutes before, extra minutes. None: nobody's changes.
    changed: Fraction
    mean_before: Fraction | None
    mean_extra: Fraction | None
    longest_after: Fraction
    longest_extra: Fraction
    #: Patients a year and inhabitants by `indicators.catalogue.TRAVEL_BANDS`.
    patients_in: Mapping[str, Fraction]
    inhabitants_in: Mapping[str, Fraction]


def band_of(extra_hundredths: int) -> str:
    """Return the band of extra travel.

    >>> band_of(0), band_of(-1), band_of(499), band_of(500), band_of(4500)
    ('0', '<0', '0-5', '5-10', '>45')
    """
    return next(name for name, low in reversed(TRAVEL_BANDS) if extra_hundredths >= low)


def travel_of(case: Case, outcome: Redistributed) -> Travel:
    """Return the travel of one norm; the means are over the patients whose travel changes, as in the method."""
    changed = before = added = Fraction(0)
    longest_after = longest_extra = 0
    patients_in = {name: Fraction(0) for name, _ in TRAVEL_BANDS}
    inhabitants_in = dict(patients_in)
    inhabitants = _inhabitants_per_patient(case, outcome.streams)
    for stream in outcome.streams:
        minutes = case.travel[stream.area]
        extra = minutes[stream.holder] - minutes[stream.origin]
        band = band_of(extra)
        patients_in[band] += stream.patients
        inhabitants_in[band] += stream.patients * inhabitants[stream.area]
        longest_after = max(longest_after, minutes[stream.holder])
        longest_extra = max(longest_extra, extra)
        if extra:
            changed += stream.patients
            before += stream.patients * minutes[stream.origin]
            added += stream.patients * extra
    return Travel(
        patients=sum((stream.patients for stream in outcome.streams), Fraction(0)),
        changed=changed,
        mean_before=before / changed / 100 if changed else None,
        mean_extra=added / changed / 100 if changed else None,
        longest_after=Fraction(longest_after, 100),
        longest_extra=Fraction(longest_extra, 100),
        patients_in=patients_in,
        inhabitants_in=inhabitants_in,
    )


def _inhabitants_per_patient(case: Case, streams: Sequence[Stream]) -> dict[int, Fraction]:
    """Return how many inhabitants of an area stand behind one patient of it."""
    patients: dict[int, Fraction] = {}
    for stream in streams:
        patients[stream.area] = patients.get(stream.area, Fraction(0)) + stream.patients
    return {area: Fraction(case.areas[area].inhabitants) / number for area, number in patients.items()}
