"""The national method beside the full simulation, per location and care profile: what each says, and the difference.

`national_section` shows these rows: in the report of a plan, and as a table beside those of the method.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.indicators.catalogue import TRAVEL_BANDS
from zorgstroom.national.case import Basis, bases_of
from zorgstroom.national.impact import Term, origins_of, terms_of
from zorgstroom.national.measures import PROFESSIONS, hours_per_unit
from zorgstroom.national.outcome import Outcome
from zorgstroom.national.redistribution import Redistributed
from zorgstroom.national.travel import band_of
from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.intervals import estimate
from zorgstroom.reporting.readings import WEEKS_PER_YEAR, Readings, at_least_zero

ZERO = Fraction(0)
_COUNTED = ("patients", "extra_travel_hundredths", "bed_days", "or_minutes", "ic_minutes")
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BesideRow:
    """One thing at one location (empty: the whole plan) of one profile; `what` is a text ``national.beside.what.*``.

    A side without a value cannot say it: the method knows no waiting.
    """

    location: str
    profile: str
    what: str
    band: str = ""
    method: Fraction | None = None
    simulated: Estimate | None = None
    difference: Estimate | None = None
    #: How firm what the method starts from is.
    bases: tuple[Basis, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether both sides say that nothing happens."""
        method = float(self.method or 0)
        simulated = 0.0 if self.simulated is None else self.simulated.mean
        return abs(method) < 0.05 and abs(simulated) < 0.05


def compare(
    outcome: Outcome, readings: Readings, flows: pa.Table, replications: int, weeks: int
) -> list[BesideRow]:
    """Return what method and simulation say of every profile that both know; rows of nothing are left out."""
    profiles = {item.id: item.profile for item in outcome.case.interventions if item.profile}
    simulated = _Simulated(flows, frozenset(profiles.values()), replications, weeks)
    rows: list[BesideRow] = []
    for item in outcome.norms:
        for member in outcome.case.members(item.norm.id):
            if member.profile:
                rows += _Member(outcome, item, member.id, member.profile, simulated, readings).rows()
    return [row for row in rows if not row.empty]


class _Simulated:
    """Who is treated elsewhere than today, in every simulated year."""

    def __init__(self, flows: pa.Table, profiles: frozenset[str], replications: int, weeks: int) -> None:
        self._replications = replications
        self._per_year = WEEKS_PER_YEAR / weeks
        self._sums: dict[tuple[str, str, str], Values] = {}
        self.places: dict[str, set[str]] = {}
        counted = [name for name in _COUNTED if name in flows.column_names]
        chosen = flows.filter(pc.is_in(flows["profile"], pa.array(sorted(profiles), pa.string())))
        # All of one row travel equally much further.
        extra = chosen["extra_travel_hundredths"].to_numpy() // np.maximum(chosen["patients"].to_numpy(), 1)
        bands = pa.array([band_of(int(value)) for value in extra], pa.string())
        grouped = (
            chosen.append_column("band", bands)
            .group_by(["replication", "profile", "from_location", "to_location", "band"])
            .aggregate([(name, "sum") for name in counted])
        )
        for row in grouped.to_pylist():
            self._add(row, counted)

    def _add(self, row: dict[str, Any], counted: Sequence[str]) -> None:
        profile, sender, receiver = row["profile"], row["from_location"], row["to_location"]
        self.places.setdefault(profile, set()).update((sender, receiver))
        for name in counted:
            amount = row[f"{name}_sum"]
            self._at(profile, sender, f"-{name}")[row["replication"]] += amount
            self._at(profile, receiver, f"+{name}")[row["replication"]] += amount
        for place in (sender, ""):
            self._at(profile, place, f"band:{row['band']}")[row["replication"]] += row["patients_sum"]
        self._at(profile, "", "-patients")[row["replication"]] += row["patients_sum"]
        if "extra_travel_hundredths" in counted:
            self._at(profile, "", "-extra_travel_hundredths")[row["replication"]] += row[
                "extra_travel_hundredths_sum"
            ]

    def _at(self, profile: str, place: str, what: str) -> Values:
        return self._sums.setdefault((profile, place, what), np.zeros(self._replications))

    def values(self, profile: str, place: str, what: str) -> Values:
        """Return one sum in every simulated year, a year."""
        return self._sums.get((profile, place, what), np.zeros(self._replications)) * self._per_year

    def net(self, profile: str, place: str, column: str) -> Values:
        """Return what comes less what leaves."""
        return self.values(profile, place, f"+{column}") - self.values(profile, place, f"-{column}")


class _Member:
    """One intervention under a norm on both sides."""

    def __init__(
        self,
        outcome: Outcome,
        item: Redistributed,
        intervention: str,
        profile: str,
        simulated: _Simulated,
        readings: Readings,
    ) -> None:
        self._outcome = outcome
        self._item = item
        self._intervention = intervention
        self._profile = profile
        self._simulated = simulated
        self._readings = readings
        self._index = outcome.case.place_index()
        self._terms = {
            place: terms for (place, of), terms in terms_of(outcome.case, item).items() if of == intervention
        }
        self._leaving: dict[tuple[str, str], Fraction] = {}
        self._arriving: dict[str, Fraction] = {}
        self._extra: dict[str, Fraction] = {}
        self._follow()

    def _follow(self) -> None:
        """Count who leaves and comes by the method; of a sum of interventions in the mix of who they leave."""
        case = self._outcome.case
        for stream in self._item.streams:
            total = case.total(stream.origin, self._item.norm.id)
            if stream.holder == stream.origin or not total:
                continue
            patients = stream.patients * case.volume(stream.origin, self._intervention) / total
            minutes = case.travel[stream.area]
            extra = minutes[stream.holder] - minutes[stream.origin]
            sender, receiver = case.places[stream.origin].id, case.places[stream.holder].id
            self._arriving[receiver] = self._arriving.get(receiver, ZERO) + patients
            for place in (sender, ""):
                self._extra[place] = self._extra.get(place, ZERO) + patients * extra / 100
                for band in ("", band_of(extra)):
                    self._leaving[place, band] = self._leaving.get((place, band), ZERO) + patients

    def rows(self) -> Iterator[BesideRow]:
        """Yield the rows of every location that has a part in it on either side, and of all together."""
        case = self._outcome.case
        taking = [case.places[place].id for place in self._item.decisions]
        elsewhere = sorted(self._simulated.places.get(self._profile, set()) - set(taking))
        for place in [*taking, *(place for place in elsewhere if place in self._index)]:
            yield from self._volumes(place)
            yield from self._moving(place)
            yield from self._work(place)
            yield from self._only_simulated(place)
        yield from self._moving("")

    def _volumes(self, place: str) -> Iterator[BesideRow]:
        row = self._index[place]
        before = self._outcome.case.volume(row, self._intervention)
        change = sum((term.patients for term in self._terms.get(row, ())), ZERO)
        reading = self._readings.at("volume", location=place, profile=self._profile)
        sides = (None, None, None)
        if reading is not None:
            sides = (reading.baseline, reading.plan, reading.difference)  # type: ignore[assignment]
        for what, method, simulated in zip(
            ("before", "after", "change"), (before, before + change, change), sides, strict=True
        ):
            yield self._row(place, what, method, simulated)

    def _moving(self, place: str) -> Iterator[BesideRow]:
        leaving = self._leaving.get((place, ""), ZERO)
        counts = self._simulated.values(self._profile, place, "-patients")
        yield self._row(place, "leaving", leaving, _count(counts))
        if place:
            arriving = self._simulated.values(self._profile, place, "+patients")
            yield self._row(place, "arriving", self._arriving.get(place, ZERO), _count(arriving))
        hundredths = self._simulated.values(self._profile, place, "-extra_travel_hundredths")
        some = counts > 0
        minutes = estimate((hundredths[some] / counts[some] / 100).tolist()) if some.any() else None
        yield self._row(place, "extra_minutes", self._extra[place] / leaving if leaving else None, minutes)
        for band, _ in TRAVEL_BANDS:
            seen = self._simulated.values(self._profile, place, f"band:{band}")
            yield self._row(place, "band", self._leaving.get((place, band), ZERO), _count(seen), band)

    def _work(self, place: str) -> Iterator[BesideRow]:
        """Yield hours in operating rooms, days in a bed and hours of staff; in the simulation of who moves only."""
        if not self._item.norm.impact:
            return
        row = self._index[place]
        terms = self._terms.get(row, ())
        net = {name: self._simulated.net(self._profile, place, name) for name in _COUNTED}
        seen = {
            "or_hours": net["or_minutes"] / 60,
            "nursing_days": net["bed_days"],
            "ic_days": net["ic_minutes"] / 1440,
        }
        for what, values in seen.items():
            yield self._row(place, what, self._asked(terms, what), estimate(values.tolist()))
        hours = sum((self._asked(terms, profession) for profession in PROFESSIONS), ZERO)
        yield self._row(
            place, "staff_hours", hours, estimate(self._hours(row, net["patients"], seen).tolist())
        )

    def _asked(self, terms: Sequence[Term], what: str) -> Fraction:
        proxies = self._outcome.proxies
        return sum(
            (
                term.patients * proxies.per_patient(term.proxies_of, self._intervention, what, national=False)
                for term in terms
            ),
            ZERO,
        )

    def _hours(self, row: int, patients: Values, seen: dict[str, Values]) -> Values:
        """Return hours of staff for the simulated work, by the formulas and proxies of the method."""
        proxies = self._outcome.proxies

        def asked(what: str) -> float:
            return float(proxies.per_patient(row, self._intervention, what, national=False))

        hours = patients * sum(asked(profession) for profession in PROFESSIONS)
        for activity, amount in seen.items():
            per_unit = hours_per_unit(
                activity, lambda measure: proxies.own(row, self._intervention, measure).value
            )
            hours = hours + (amount - patients * asked(activity)) * float(per_unit)
        return hours

    def _only_simulated(self, place: str) -> Iterator[BesideRow]:
        """Yield what the method cannot say: the chance that the norm is met, and waiting."""
        met = self._readings.at("norm_met", location=place, profile=self._profile)
        at = self._index[place]
        reached = self._item.meets(at) if at in self._item.decisions else None
        if met is not None and reached is not None:
            yield self._row(place, "norm_met", Fraction(int(reached)), met.plan)
        wait = self._readings.at("wait_treatment", location=place, profile=self._profile)
        if wait is not None:
            yield BesideRow(place, self._profile, "wait", simulated=wait.difference)

    def _row(
        self, place: str, what: str, method: Fraction | None, simulated: Estimate | None, band: str = ""
    ) -> BesideRow:
        difference = None
        if method is not None and simulated is not None:
            difference = Estimate(
                **{
                    side: None if value is None else value - float(method)
                    for side, value in simulated.model_dump().items()
                }
            )
        return BesideRow(
            place, self._profile, what, band, method, simulated, difference, self._bases(place, what)
        )

    def _bases(self, place: str, what: str) -> tuple[Basis, ...]:
        case = self._outcome.case
        if what in ("or_hours", "nursing_days", "ic_days", "staff_hours"):
            asked = PROFESSIONS if what == "staff_hours" else (what,)
            return bases_of(
                origin
                for effect in self._outcome.effects
                if effect.place == self._index[place]
                and effect.intervention == self._intervention
                and effect.what in asked
                for origin in origins_of(case, self._outcome.proxies, effect)
            )
        places = [place] if place else [case.places[row].id for row in self._item.decisions]
        return bases_of(
            value.origin for at in places if (value := case.volumes.get((at, self._intervention))) is not None
        )


def _count(values: Values) -> Estimate:
    return at_least_zero(estimate(values.tolist()))
