"""The rules about what leans on what: a pure function from how things stand to findings.

A rule (`Dataset.dependencies`) fires where the plan brings about what it names: what was so already is no finding. A
location that stops altogether leans on nothing any more. A finding is a question to ask, no judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Dataset, Dependency, Fires
from zorgstroom.planning.dependencies.situation import Situation
from zorgstroom.planning.sides import Side

#: Fewer a year is too few to take a share of.
LEAST_PATIENTS = 50.0
#: A specialty is a part of the hospital, and teaches, from so many patients a year.
LEAST_OF_SPECIALTY = 200.0


@dataclass(frozen=True)
class Finding:
    """A rule that fires at a location."""

    rule: str
    location: str
    #: The amount the rule looks at, today and under the plan, in patients, admissions, operations or beds; of a rule
    #: about a unit or care that is there or not, 1 or 0.
    today: float
    plan: float
    #: Of a rule that looks at each specialty.
    specialty: str = ""

    @property
    def lost_share(self) -> float:
        """Which part of the amount goes."""
        return 1 - self.plan / self.today if self.today else 0.0


#: Type of IC of a unit that a rule may name; a rule about ICs that names none of them is about that of adults.
_IC_OF_UNIT: Mapping[str, str] = {"ic": "adult", "picu": "picu", "nicu": "nicu"}
#: Numbers by location: float64[L].
Each = npt.NDArray[np.floating]
#: An amount of a rule by name (of a specialty, or empty), on both sides.
Amounts = Iterator[tuple[str, Each, Each]]
#: bool[L] where a rule fires, given the amounts.
Test = Callable[[Dependency, Each, Each], BoolArray]


def knock_on(dataset: Dataset, sides: Side[Situation]) -> tuple[Finding, ...]:
    """Return what the dataset's rules find, in their order and that of the locations."""
    working = sides.plan.offers.any(axis=1)
    findings = []
    for rule in dataset.dependencies:
        amounts, test = _RULES[rule.fires]
        for specialty, today, plan in amounts(dataset, rule, sides):
            for row in np.flatnonzero(working & test(rule, today, plan)).tolist():
                found = float(today[row]), float(plan[row])
                findings.append(Finding(rule.id, dataset.locations[row].id, *found, specialty))
    return tuple(findings)


# What rules look at


def _ic_admissions(dataset: Dataset, rule: Dependency, sides: Side[Situation]) -> Amounts:
    """Admissions a year to the IC of the rule, where there are beds of that type in the end."""
    kind = _IC_OF_UNIT.get(rule.unit, "adult")
    chance = np.array([p.ic_probability if p.ic_type == kind else 0.0 for p in dataset.profiles])
    stays = sides.plan.ic_beds[kind] > 0
    yield "", sides.today.volumes @ chance * stays, sides.plan.volumes @ chance * stays


def _patients(dataset: Dataset, rule: Dependency, sides: Side[Situation]) -> Amounts:
    """Patients a year of the profiles of the rule."""
    columns = [dataset.profile_index[name] for name in rule.profiles]
    yield "", sides.today.volumes[:, columns].sum(axis=1), sides.plan.volumes[:, columns].sum(axis=1)


def _by_specialty(dataset: Dataset, rule: Dependency, sides: Side[Situation]) -> Amounts:
    """Patients a year of each specialty who are treated along a care pathway."""
    yield from _weighted_by_specialty(dataset, sides, {p.id: 1.0 for p in dataset.profiles})


def _operations(dataset: Dataset, rule: Dependency, sides: Side[Situation]) -> Amounts:
    """Operations a week of each specialty."""
    each = {p.id: p.procedure_share / 52 for p in dataset.profiles if p.procedure_list == "or"}
    yield from _weighted_by_specialty(dataset, sides, each)


def _weighted_by_specialty(dataset: Dataset, sides: Side[Situation], each: Mapping[str, float]) -> Amounts:
    for specialty in dataset.specialties:
        weights = np.array(
            [
                each.get(p.id, 0.0) if p.specialty == specialty.id and p.pathway == "care" else 0.0
                for p in dataset.profiles
            ]
        )
        if weights.any():
            yield specialty.id, sides.today.volumes @ weights, sides.plan.volumes @ weights


def _unit_open(rule: Dependency, side: Situation) -> BoolArray:
    if rule.unit in _IC_OF_UNIT:
        return np.asarray(side.ic_beds[_IC_OF_UNIT[rule.unit]] > 0)
    return {"ed": side.ed, "obstetrics": side.obstetrics}[rule.unit]


def _offered(dataset: Dataset, rule: Dependency, side: Situation) -> BoolArray:
    columns = [dataset.profile_index[name] for name in rule.profiles]
    return np.asarray(side.offers[:, columns].any(axis=1))


def _ic_beds_behind(dataset: Dataset, rule: Dependency, sides: Side[Situation]) -> Amounts:
    """Adult IC beds where the unit of the rule stays open."""
    stays = _unit_open(rule, sides.plan)
    today, plan = (side.ic_beds["adult"] * stays * 1.0 for side in sides)
    yield "", today, plan


def _care_behind(dataset: Dataset, rule: Dependency, sides: Side[Situation]) -> Amounts:
    """Whether any of the care of the rule is there, where its unit stays open."""
    stays = _unit_open(rule, sides.plan)
    today, plan = (_offered(dataset, rule, side) * stays * 1.0 for side in sides)
    yield "", today, plan


def _unit_before(dataset: Dataset, rule: Dependency, sides: Side[Situation]) -> Amounts:
    """Whether the unit of the rule is there, where any of its care stays."""
    stays = _offered(dataset, rule, sides.plan)
    today, plan = (_unit_open(rule, side) * stays * 1.0 for side in sides)
    yield "", today, plan


# When rules fire


def _falls_below(rule: Dependency, today: Each, plan: Each) -> BoolArray:
    return np.asarray((today >= rule.threshold) & (plan < rule.threshold) & (plan > 0))


def _vanishes(rule: Dependency, today: Each, plan: Each) -> BoolArray:
    return np.asarray((today > 0) & (plan == 0))


def _loses_share_or_all(rule: Dependency, today: Each, plan: Each) -> BoolArray:
    return np.asarray((today >= LEAST_PATIENTS) & (today - plan >= rule.threshold * today))


def _loses_share(rule: Dependency, today: Each, plan: Each) -> BoolArray:
    return _loses_share_or_all(rule, today, plan) & (plan > 0)


def _loses_share_of_specialty(rule: Dependency, today: Each, plan: Each) -> BoolArray:
    return np.asarray((today >= LEAST_OF_SPECIALTY) & (today - plan >= rule.threshold * today))


_RULES: Mapping[Fires, tuple[Callable[[Dataset, Dependency, Side[Situation]], Amounts], Test]] = {
    "ic_share_lost": (_ic_admissions, _loses_share_or_all),
    "ic_admissions_below": (_ic_admissions, _falls_below),
    "unit_without_ic": (_ic_beds_behind, _vanishes),
    "unit_without_profiles": (_care_behind, _vanishes),
    "profiles_without_unit": (_unit_before, _vanishes),
    "profiles_below": (_patients, _falls_below),
    "profiles_share_lost": (_patients, _loses_share),
    "operations_per_week_below": (_operations, _falls_below),
    "specialty_share_lost": (_by_specialty, _loses_share_of_specialty),
}
