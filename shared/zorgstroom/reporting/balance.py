"""The balance sheet of every hospital: what it gives away under a plan, and what it gets back.

Patients who are treated elsewhere take their operating time, bed-days and IC days along: what one location gives,
another gets, so that over all locations both sides are the same. What is no part of a patient's journey, such as staff
and money, is joined by the id of its indicator: its change at a location is told apart by whether that care leaves the
location or comes to it. Arrays are float64[replications], a year each; what is subtracted is of the same patients.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Close, Concentrate, Scenario
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.plan import Plan
from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.impact import Estimate, Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.intervals import count, estimate
from zorgstroom.reporting.readings import Readings
from zorgstroom.reporting.staff import everybody

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

FloatArray = npt.NDArray[np.float64]
#: ``concentration``: fewer places (`concentrate`, `close`); ``spreading``: a part goes elsewhere or comes back
#: (`spread`, `open`); ``both``: actions of both kinds, or one after the other.
Cause = Literal["concentration", "spreading", "both"]
CAUSES: tuple[Cause, ...] = ("concentration", "spreading", "both")
#: Profile, from and to.
Transfer = tuple[str, str, str]
#: In the place of a location: all of them together.
TOGETHER = ""
#: Less than this in a year is rounding.
NOTHING = 1e-9

#: What patients take along: the column of the flows table, what its numbers are multiplied by, and the indicator of a
#: location's own activity.
CARRIED: Mapping[str, tuple[str, float, str]] = {
    "patients": ("patients", 1.0, "volume"),
    "or_hours": ("or_minutes", 1 / 60, "or_hours"),
    "bed_days": ("bed_days", 1.0, "bed_days"),
    "ic_days": ("ic_minutes", 1 / 1440, "ic_days"),
}
#: What who goes where rests on, what they take along, and what staff and money are made of: figures by their kind.
CHOICE = ("parameters.beta_basic", "parameters.beta_complex", "parameters.beta_acute")
CARE = tuple(
    f"profile_figures.{name}"
    for name in ("los_nights_mean", "procedure_minutes_mean", "ic_probability", "ic_days_mean")
)
#: Contacts that shared care brings elsewhere: what is given, got, and the own activity.
CONTACTS = ("contacts_handed_over", "contacts_received", "contacts")
#: Indicators of staff and money that are joined, where the result has them.
JOINED = ("staff_fte", "turnover", "reference_cost")


@dataclass
class Account:
    """What one location gives and gets of one thing: a year in every simulated year."""

    given: FloatArray
    received: FloatArray
    #: (given, received) by why it moves.
    causes: dict[Cause, tuple[FloatArray, FloatArray]] = field(default_factory=dict)
    #: What else changes, not because care leaves or comes.
    other: FloatArray | None = None

    @property
    def net(self) -> FloatArray:
        """What it gains; below zero: loses."""
        change = self.received - self.given
        return change if self.other is None else change + self.other


@dataclass(frozen=True)
class Line:
    """One thing on the balance sheet of one location (or of all together)."""

    location: str
    measure: str
    #: Own activity of today, a year; None where that is not counted.
    today: float | None
    #: None: only the net is known.
    given: Estimate | None
    received: Estimate | None
    net: Estimate
    #: Means of (given, received).
    causes: Mapping[Cause, tuple[float, float]]
    #: What else changes there: care that neither leaves nor comes, which waits longer or shorter.
    other: Estimate | None = None

    @property
    def share(self) -> float | None:
        """The net as a part of the own activity of today."""
        return self.net.mean / self.today if self.today else None


# Pure: accounts


def ledger(
    transfers: Mapping[Transfer, FloatArray], cause_of: Callable[[Transfer], Cause]
) -> dict[str, Account]:
    """Return the account of every location that gives or gets, and of all `TOGETHER`."""
    accounts: dict[str, Account] = {}
    for transfer, amount in transfers.items():
        cause = cause_of(transfer)
        nothing = np.zeros(len(amount))
        for location, given, received in (
            (transfer[1], amount, nothing),
            (transfer[2], nothing, amount),
            (TOGETHER, amount, amount),
        ):
            account = accounts.setdefault(location, Account(nothing, nothing))
            account.given, account.received = account.given + given, account.received + received
            before = account.causes.get(cause, (nothing, nothing))
            account.causes[cause] = (before[0] + given, before[1] + received)
    return accounts


def split(
    changes: Mapping[tuple[str, str], FloatArray], direction: Mapping[tuple[str, str], float]
) -> dict[str, Account]:
    """Return accounts of changes by (location, profile), told apart by whether patients of it leave or come there.

    `direction` is the net of patients by (location, profile): below zero the change is what the location gives, above
    zero what it gets, and where nobody leaves or comes it is something else.
    """
    accounts: dict[str, Account] = {}
    for (location, profile), change in changes.items():
        nothing = np.zeros(len(change))
        towards = direction.get((location, profile), 0.0)
        for place in (location, TOGETHER):
            account = accounts.setdefault(place, Account(nothing, nothing, other=nothing))
            if towards < 0:
                account.given = account.given - change
            elif towards > 0:
                account.received = account.received + change
            else:
                assert account.other is not None
                account.other = account.other + change
    return accounts


def causes_of(plan: Plan, scenario: Scenario, dataset: Dataset) -> Callable[[Transfer], Cause]:
    """Return what tells by which kind of action patients of a profile go from one location to another."""
    moves = defaultdict(list)
    for move in (move for move in plan.moves if not move.returns):
        moves[dataset.profiles[move.profile].id].append(move)

    def cause_of(transfer: Transfer) -> Cause:
        profile, sender, receiver = transfer
        row, column = dataset.location_index[sender], dataset.location_index[receiver]
        found: set[Cause] = {
            "concentration"
            if isinstance(scenario.actions[move.action].action, Concentrate | Close)
            else "spreading"
            for move in moves[profile]
            if move.leaving[row] and move.receivers[column]
        }
        return found.pop() if len(found) == 1 else "both"

    return cause_of


def lines(measure: str, accounts: Mapping[str, Account], today: Mapping[str, float]) -> list[Line]:
    """Return a line of every account that is not empty.

    Of all together the activity of today is told only if it is known of each: not where some are outside the region.
    """
    known = all(location in today for location in accounts if location != TOGETHER)
    return [
        Line(
            location,
            measure,
            today.get(location) if known or location != TOGETHER else None,
            _given(account.given),
            _given(account.received),
            estimate(account.net.tolist()),
            {
                cause: (float(given.mean()), float(received.mean()))
                for cause, (given, received) in account.causes.items()
            },
            None if account.other is None else estimate(account.other.tolist()),
        )
        for location, account in accounts.items()
        if max(np.abs(part).max() for part in (account.given, account.received, account.net)) > NOTHING
    ]


def _given(values: FloatArray) -> Estimate:
    """Return what is given or got; a negative amount, of care that goes the other way, keeps its interval."""
    return (count if values.mean() >= 0 else estimate)(values.tolist())


# From the tables of a run


def carried(sources: Sources) -> list[Line]:
    """Return what patients take along between locations."""
    cause_of = causes_of(sources.plan, sources.scenario, sources.dataset)
    by = ("profile", "from_location", "to_location")
    visits = {profile.id for profile in sources.dataset.profiles if profile.pathway == "visit"}
    found: list[Line] = []
    for measure, (column, scale, own) in CARRIED.items():
        moved = {_transfer(key): values for key, values in sources.moves.yearly(column, by, scale).items()}
        treated = {transfer: values for transfer, values in moved.items() if transfer[0] not in visits}
        found += lines(measure, ledger(treated, cause_of), _today(sources.readings, own))
        if measure == "patients":
            visiting = {transfer: values for transfer, values in moved.items() if transfer[0] in visits}
            found += lines("visits", ledger(visiting, cause_of), {})
    return found


def _transfer(key: tuple[str, ...]) -> Transfer:
    profile, sender, receiver = key
    return profile, sender, receiver


def _today(readings: Readings, indicator: str) -> dict[str, float]:
    """Return the activity of today by location, and of all of the region."""
    found = readings.of(indicator, lambda row: not (row.profile or row.area or row.pool or row.band))
    return {row.location: row.baseline.mean for row in found}


def contacts(sources: Sources) -> list[Line]:
    """Return the contacts that shared care brings elsewhere."""
    given, received, own = CONTACTS
    table = sources.tables["indicators"]
    years = sources.identity.replications
    handed, got = (_by_location(yearly_changes(table, name, years)) for name in (given, received))
    nothing = np.zeros(years)
    accounts = {
        location: Account(handed.get(location, nothing), got.get(location, nothing))
        for location in sorted(handed.keys() | got.keys())
    }
    if accounts:
        accounts[TOGETHER] = Account(sum(handed.values(), nothing), sum(got.values(), nothing))
    return lines("contacts", accounts, _today(sources.readings, own))


def _by_location(changes: Mapping[tuple[str, str], FloatArray]) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    for (location, _), change in changes.items():
        found[location] = found[location] + change if location in found else change
    return found


def joined(sources: Sources) -> list[Line]:
    """Return what staff and money change: given and got where they are counted by care, else the net alone."""
    direction: dict[tuple[str, str], float] = defaultdict(float)
    net = sources.moves.yearly("patients", ("profile", "from_location", "to_location"))
    for (profile, sender, receiver), values in net.items():
        direction[sender, profile] -= float(values.mean())
        direction[receiver, profile] += float(values.mean())
    found: list[Line] = []
    for name in JOINED:
        if name not in CATALOGUE:
            continue
        today = _today(sources.readings, name)
        changes = yearly_changes(sources.tables["indicators"], name, sources.identity.replications)
        if changes:
            made = lines(name, split(changes, direction), today)
        else:
            rows = sources.readings.of(
                name, lambda row: not (row.profile or row.area or row.pool or row.band)
            )
            made = [
                Line(row.location, name, row.baseline.mean, None, None, row.difference, {}) for row in rows
            ]
        there = {location for location, _ in direction} | {TOGETHER}
        found += [line for line in made if line.location in there]
    return found


def yearly_changes(table: pa.Table, indicator: str, replications: int) -> dict[tuple[str, str], FloatArray]:
    """Return plan less baseline by (location, profile), from a table of `zorgstroom.tables.INDICATORS`.

    Of an indicator that counts: where a scenario has no row, it is zero.
    """
    alone = pc.and_(
        pc.equal(table["area"], ""), pc.and_(pc.equal(table["pool"], ""), pc.equal(table["band"], ""))
    )
    somewhere = pc.and_(pc.not_equal(table["location"], ""), pc.not_equal(table["profile"], ""))
    mine = table.filter(pc.and_(pc.equal(table["indicator"], indicator), pc.and_(alone, somewhere)))
    scale = CATALOGUE[indicator].scale
    found: dict[tuple[str, str], FloatArray] = {}
    for row in mine.to_pylist():
        if row["count"]:
            sign = 1 if row["scenario"] == "plan" else -1
            years = found.setdefault((row["location"], row["profile"]), np.zeros(replications))
            years[row["replication"]] += sign * row["total"] / row["count"] / scale
    return found


# As sections of the report


def contribute(sources: Sources) -> Sequence[Section]:
    """Return the balance sheet of every hospital in activity, and in staff and money."""
    activity, means = [*carried(sources), *contacts(sources)], joined(sources)
    return (
        _section("balance", activity, TextRef(key="report.balance.together"), _sentences(activity)),
        _section("balance_means", means, everybody(sources.region), _means_told(means), decimals=1),
    )


def _section(
    identifier: str, found: Sequence[Line], together: TextRef, sentences: list[TextRef], decimals: int = 0
) -> Section:
    by_cause = [cause for cause in CAUSES if any(cause in line.causes for line in found)]
    with_other = any(line.other is not None for line in found)
    columns = [
        SectionColumn(id="location"),
        SectionColumn(id="balance_measure"),
        SectionColumn(id="own_today", kind="number", decimals=decimals),
        SectionColumn(id="given", kind="spread", decimals=decimals),
        SectionColumn(id="gets", kind="spread", decimals=decimals),
        *([SectionColumn(id="gain_other", kind="difference", decimals=decimals)] if with_other else []),
        SectionColumn(id="gain", kind="difference", decimals=decimals),
        SectionColumn(id="gain_share", kind="number", decimals=1, share=True),
        *(
            SectionColumn(id=f"{side}_{cause}", kind="number", decimals=decimals)
            for cause in by_cause
            for side in ("given", "gets")
        ),
    ]
    rows = [_row(line, together, by_cause, with_other=with_other) for line in _in_order(found)]
    return Section(
        id=identifier,
        criterion="redistribution" if identifier == "balance" else "staff",
        columns=columns,
        rows=rows,
        sentences=sentences,
        confidence="medium" if identifier == "balance" else "low",
        table="flows" if identifier == "balance" else "indicators",
        assumptions=_rests_on(identifier),
    )


def _rests_on(identifier: str) -> list[str]:
    """Return the ids in the register of what a balance rests on."""
    known = numbers()
    found = [known[kind] for kind in (*CHOICE, *CARE)]
    if identifier == "balance":
        return found
    return [*found, *(number for kind, number in known.items() if kind.startswith(("staffing.", "prices.")))]


def _in_order(found: Sequence[Line]) -> list[Line]:
    """Return all together first, then the locations of which most goes or comes, each with its measures in order."""
    measures = list(dict.fromkeys(line.measure for line in found))
    weight: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(measures))
    for line in found:
        parts = (line.given, line.received) if line.given and line.received else (line.net,)
        weight[line.location][measures.index(line.measure)] = sum(abs(part.mean) for part in parts)
    places = sorted(weight, key=lambda place: (place != TOGETHER, [-size for size in weight[place]], place))
    return sorted(found, key=lambda line: (places.index(line.location), measures.index(line.measure)))


def _row(line: Line, together: TextRef, causes: Iterable[Cause], *, with_other: bool) -> list[SectionCell]:
    scale = 1 / 1000 if _in_euros(line.measure) else 1.0
    return [
        line.location or together,
        measure_name(line.measure),
        None if line.today is None else line.today * scale,
        _times(line.given, scale),
        _times(line.received, scale),
        *([_times(line.other, scale)] if with_other else []),
        _times(line.net, scale),
        line.share,
        *(part * scale for cause in causes for part in line.causes.get(cause, (0.0, 0.0))),
    ]


def measure_name(measure: str) -> TextRef:
    """Return what a line is about, with its unit; money in thousands."""
    if measure in ("patients", "visits"):
        return TextRef(key=f"report.balance.{measure}")
    if CATALOGUE[measure].unit == "fte":
        # The name says it.
        return TextRef(key=f"indicator.{measure}")
    unit = "thousand_euros_per_year" if _in_euros(measure) else CATALOGUE[measure].unit
    name = {"key": f"indicator.{measure}"}
    return TextRef(key="report.balance.measure", params={"name": name, "unit": {"key": f"unit.{unit}"}})


def _in_euros(measure: str) -> bool:
    return measure in CATALOGUE and CATALOGUE[measure].unit.startswith("eur")


def _times(value: Estimate | None, scale: float) -> Estimate | None:
    if value is None or scale == 1.0:
        return value
    low, high = (None if end is None else end * scale for end in (value.low, value.high))
    return Estimate(mean=value.mean * scale, low=low, high=high)


def _sentences(found: Sequence[Line]) -> list[TextRef]:
    """Say who loses most and what it gets back, who gains most, and by what patients move."""
    by_place = {(line.location, line.measure): line for line in found}
    patients = [line for line in found if line.measure == "patients" and line.location != TOGETHER]
    together = by_place.get((TOGETHER, "patients"))
    if not patients or together is None or together.given is None:
        return []
    said = []
    loser = min(patients, key=lambda line: (line.net.mean, line.location))
    gainer = max(patients, key=lambda line: (line.net.mean, line.location))
    if loser.net.mean < 0:
        said.append(_told("report.balance.loses", loser.location, by_place))
    said += _swap(patients, by_place)
    if gainer.net.mean > 0:
        said.append(_told("report.balance.gains", gainer.location, by_place))
    parts = [
        {"key": f"report.balance.by_{cause}", "params": {"n": {"n": together.causes[cause][0]}}}
        for cause in CAUSES
        if cause in together.causes
    ]
    params = {"n": together.given.model_dump(), "parts": {"texts": parts}}
    return [*said, TextRef(key="report.balance.total", params=params)]


def _swap(patients: Sequence[Line], by_place: Mapping[tuple[str, str], Line]) -> list[TextRef]:
    """Say who gives most by concentrating and gets something back by spreading."""
    both = [
        line
        for line in patients
        if line.causes.get("concentration", (0, 0))[0] >= 1 and line.causes.get("spreading", (0, 0))[1] >= 1
    ]
    if not both:
        return []
    place = max(both, key=lambda line: (line.causes["concentration"][0], line.location)).location
    params: dict[str, object] = {"location": {"name": place}}
    for measure in ("patients", "or_hours"):
        causes = by_place[place, measure].causes if (place, measure) in by_place else {}
        params[f"{measure}_given"] = {"n": causes.get("concentration", (0.0, 0.0))[0]}
        params[f"{measure}_gets"] = {"n": causes.get("spreading", (0.0, 0.0))[1]}
    return [TextRef(key="report.balance.swaps", params=params)]


def _told(key: str, location: str, by_place: Mapping[tuple[str, str], Line]) -> TextRef:
    params: dict[str, object] = {"location": {"name": location}}
    for measure in ("patients", "or_hours", "bed_days"):
        line = by_place.get((location, measure))
        given, received = (None, None) if line is None else (line.given, line.received)
        params[f"{measure}_given"] = {"n": 0.0} if given is None else given.model_dump()
        params[f"{measure}_gets"] = {"n": 0.0} if received is None else received.model_dump()
    return TextRef(key=key, params=params)


def _means_told(found: Sequence[Line]) -> list[TextRef]:
    """Say who gives most turnover and staff, and what it gets back."""
    by_place = {(line.location, line.measure): line for line in found}
    known = [
        line for line in found if line.measure == "turnover" and line.location != TOGETHER and line.given
    ]
    if not known:
        return []
    most = max(known, key=lambda line: (0.0 if line.given is None else line.given.mean, line.location))
    params: dict[str, object] = {"location": {"name": most.location}}
    for measure, scale in (("turnover", 1 / 1000), ("staff_fte", 1.0)):
        line = by_place.get((most.location, measure))
        sides = (None, None) if line is None else (line.given, line.received)
        for side, value in zip(("given", "gets"), sides, strict=True):
            made = _times(value, scale) or Estimate(mean=0.0)
            params[f"{measure}_{side}"] = made.model_dump() | {"d": 0 if measure == "turnover" else 1}
    return [TextRef(key="report.balance.means", params=params)]
