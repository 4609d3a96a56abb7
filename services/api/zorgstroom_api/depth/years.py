"""An indicator in every simulated year: rows of a result table, put next to each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zorgstroom.dataset.model import Dataset
from zorgstroom.depth_document import Norm, Subject, YearsLine
from zorgstroom.errors import InvalidInput
from zorgstroom.indicators.catalogue import CATALOGUE, Indicator
from zorgstroom.planning.norms import norm_to_judge_by
from zorgstroom.reporting.build import MET_FROM
from zorgstroom.reporting.doubts import sources
from zorgstroom.reporting.impact import Estimate, Impact
from zorgstroom.reporting.intervals import estimate
from zorgstroom_api.problems import invalid

#: The column that a subject is read from.
COLUMN: Mapping[Subject, str] = {
    "location": "location",
    "organisation": "location",
    "profile": "profile",
    "group": "profile",
    "area": "area",
    "pool": "pool",
    "band": "band",
    "year": "year",
}
#: Subjects that add up lines of the table.
SUMS: frozenset[Subject] = frozenset({"organisation", "group"})
_PLACE = ("location", "profile", "area", "pool", "band")
Key = tuple[str | int, ...]


@dataclass
class Sides:
    """The values of one line so far, by scenario and simulated year."""

    values: dict[str, dict[int, float]] = field(default_factory=lambda: {"baseline": {}, "plan": {}})

    def add(self, scenario: str, replication: int, value: float) -> None:
        """Add a value of one simulated year."""
        side = self.values[scenario]
        side[replication] = side.get(replication, 0.0) + value


def indicator_of(name: str, by: Sequence[Subject]) -> Indicator:
    """Return the indicator if it can be told by these subjects. Raises `InvalidInput`."""
    indicator = CATALOGUE.get(name)
    if indicator is None or indicator.derived:
        known = ", ".join(known for known, item in CATALOGUE.items() if not item.derived)
        raise invalid("query:indicator", "depth.unknown_indicator", name=name, known=known)
    if SUMS.intersection(by) and not indicator.empty_is_zero:
        raise invalid("query:by", "depth.not_a_sum", name=name)
    return indicator


def collect(
    rows: Iterable[Mapping[str, Any]], by: Sequence[Subject], indicator: Indicator, dataset: Dataset
) -> dict[Key, Sides]:
    """Return the values of every line: rows that name exactly the columns that `by` is read from."""
    named = {COLUMN[subject] for subject in by}
    organisations = {location.id: location.organisation_id for location in dataset.locations}
    groups = {profile.id: profile.group for profile in dataset.profiles}
    found: dict[Key, Sides] = {}
    for row in rows:
        if not row["count"] or any(bool(row[column]) != (column in named) for column in _PLACE):
            continue
        key = tuple(
            organisations.get(row["location"], row["location"])
            if subject == "organisation"
            else groups.get(row["profile"], row["profile"])
            if subject == "group"
            else row[COLUMN[subject]]
            for subject in by
        )
        value = row["total"] / row["count"] / indicator.scale
        found.setdefault(key, Sides()).add(row["scenario"], row["replication"], value)
    return found


def lines(
    found: Mapping[Key, Sides], by: Sequence[Subject], indicator: Indicator, replications: int
) -> list[YearsLine]:
    """Return the lines, the largest under the plan or today first; a count that is missing in a year is zero."""
    missing = 0.0 if indicator.empty_is_zero else None
    made = []
    for key, sides in found.items():
        today, plan = (
            [sides.values[side].get(number, missing) for number in range(replications)]
            for side in ("baseline", "plan")
        )
        changes = [
            after - before
            for before, after in zip(today, plan, strict=True)
            if before is not None and after is not None
        ]
        measured = {
            "baseline": today,
            "plan": plan,
            "baseline_mean": _estimate(today),
            "plan_mean": _estimate(plan),
            "difference": _estimate(changes),
            "higher": sum(change > 0 for change in changes),
            "lower": sum(change < 0 for change in changes),
        }
        made.append(YearsLine.model_validate(dict(zip(by, key, strict=True)) | measured))
    return sorted(made, key=lambda line: (-_size(line), _name(line)))


def judged(line: YearsLine, impact: Impact, dataset: Dataset) -> YearsLine:
    """Return a line of volumes with its norm, and in how many simulated years it is met.

    What the report judges is judged as there; elsewhere only a norm that is met today.
    """
    norm = norm_to_judge_by(dataset, line.profile, impact.identity.demand_year) if line.profile else None
    if norm is None or not (line.location or line.organisation):
        return line
    told = Norm(minimum=norm.minimum, status=norm.status, source=sources(dataset, norm.source))
    reported = {(row.location, row.profile): row for row in impact.volumes}
    row = reported.get((line.location, line.profile))
    if row is not None:
        before, after = row.baseline_met, row.plan_met
    else:
        met = [sum((value or 0.0) >= norm.minimum for value in side) for side in (line.baseline, line.plan)]
        judge = norm.status == "in_force" and met[0] >= MET_FROM * len(line.baseline)
        before, after = (met[0], met[1]) if judge else (None, None)
    return line.model_copy(update={"norm": told, "baseline_met": before, "plan_met": after})


def profiles_of(groups: Sequence[str], dataset: Dataset, where: str) -> list[str]:
    """Return the care in these groups. Raises `InvalidInput` for a group the dataset does not have."""
    known = {profile.group for profile in dataset.profiles}
    unknown = [name for name in groups if name not in known]
    if unknown:
        problem: InvalidInput = invalid(
            where, "depth.unknown_group", name=unknown[0], known=", ".join(sorted(known))
        )
        raise problem
    return [profile.id for profile in dataset.profiles if profile.group in groups]


def _estimate(values: Sequence[float | None]) -> Estimate | None:
    there = [value for value in values if value is not None]
    return estimate(there) if there else None


def _size(line: YearsLine) -> float:
    return max(side.mean if side else 0.0 for side in (line.baseline_mean, line.plan_mean))


def _name(line: YearsLine) -> tuple[str, ...]:
    return (
        line.location,
        line.organisation,
        line.profile,
        line.group,
        line.area,
        line.pool,
        line.band,
        str(line.year or ""),
    )
