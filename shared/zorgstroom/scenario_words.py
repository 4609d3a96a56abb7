"""What a plan would do, in words and expected numbers, before anything is simulated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.description import describe_action
from zorgstroom.planning.plan import (
    BED_POOLS,
    CapacityChange,
    Leaving,
    Steps,
    calendar_of,
    expected_leaving,
    region_of,
    start_day_of,
)
from zorgstroom.planning.state import Kept, Step
from zorgstroom.reporting.build import pool_names
from zorgstroom.reporting.impact import TextRef
from zorgstroom.reporting.rendering import joined, render
from zorgstroom.text import LANGUAGES, Language, translate
from zorgstroom.text.numbers import date, number

#: Lines of one sort per action; a closure has dozens of groups of patients.
MOST_LINES = 9
_UNITS = {"ward": "beds", "ic": "beds", "day": "places", "adm": "admissions", "clinic": "visits"}


@dataclass(frozen=True)
class _Capacity:
    """A change of capacity with what was there before it."""

    change: CapacityChange
    before: int


def describe(
    scenario: Scenario,
    origins: Sequence[str | None],
    found: Steps,
    dataset: Dataset,
    region: Region | None,
    language: Language,
) -> list[str]:
    """Return what each action does: the sentence, who stays and who leaves where, and which capacity changes.

    `origins`: the file each action comes from, None for the scenario's own; `region` of the run.
    """
    if not scenario.actions:
        return []
    about = region_of(scenario.region) or region
    words = _Words(scenario, found, dataset, language)
    lines: list[str] = []
    for index, item in enumerate(scenario.actions):
        key, params = describe_action(item.action, about)
        origin = origins[index]
        lines.append(
            translate(
                "scenario.words.title",
                language,
                number=index + 1,
                sentence=render(TextRef(key=key, params=params), language, words.names),
                origin="" if origin is None else translate("scenario.words.origin", language, file=origin),
            )
        )
        lines += words.of_action(index)
    return [*lines, translate("scenario.words.note", language)]


class _Words:
    """Words on the steps of one scenario."""

    def __init__(self, scenario: Scenario, found: Steps, dataset: Dataset, language: Language) -> None:
        self._scenario = scenario
        self._dataset = dataset
        self._language = language
        self._steps = {step.action: step for step in found.steps if not step.ends}
        self._leaving = expected_leaving(found, dataset)
        self._capacities = _with_before(found.capacities, dataset)
        self._calendar = calendar_of(scenario, dataset)
        self.names = _names(scenario, dataset)

    def of_action(self, index: int) -> list[str]:
        """Return the lines below the sentence of an action."""
        step = self._steps[index]
        moved = {move.profile for move in step.moves}
        lines = [self._kept(kept) for kept in step.kept if kept.profile in moved]
        lines += self._units(step)
        lines += self._leaving_lines([row for row in self._leaving if row.action == index])
        lines += self._demand(step)
        return lines + self._capacity_lines(index)

    def _kept(self, kept: Kept) -> str:
        """Return who still provides a profile, with expected patients."""
        parts = [
            translate(
                "scenario.words.location",
                self._language,
                location=self._dataset.locations[row].name,
                patients=number(patients, self._language),
            )
            for row, patients in zip(kept.locations, kept.patients_per_year, strict=True)
        ]
        return translate(
            "scenario.words.kept",
            self._language,
            profile=self._dataset.profiles[kept.profile].name(self._language),
            locations=joined(parts, self._language),
        )

    def _units(self, step: Step) -> list[str]:
        return [
            translate(
                f"scenario.words.unit_{'opens' if change.opens else 'closes'}.{change.unit}",
                self._language,
                location=self._dataset.locations[change.location].name,
            )
            for change in step.units
        ]

    def _leaving_lines(self, rows: Sequence[Leaving]) -> list[str]:
        """Return a line per group of leaving patients, the largest first, and their sum.

        First visits are counted apart: they are visits, and most of these people are never admitted.
        """
        ordered = sorted(rows, key=lambda row: (-row.patients_per_year, row.profile_id, row.location_id))
        patients = [row for row in ordered if not self._is_visit(row)]
        visits = [row for row in ordered if self._is_visit(row)]
        shown = len(patients) if len(patients) <= MOST_LINES + 1 else MOST_LINES
        lines = [self._leaving_line(row) for row in patients[:shown]]
        if len(patients) > shown:
            rest = number(len(patients) - shown, self._language)
            lines.append(translate("scenario.words.more", self._language, count=rest))
        if len(patients) > 1:
            total = number(sum(row.patients_per_year for row in patients), self._language)
            lines.append(translate("scenario.words.total", self._language, patients=total))
        return lines + [self._leaving_line(row) for row in visits[:MOST_LINES]]

    def _is_visit(self, row: Leaving) -> bool:
        """Return whether these are first visits and nothing more."""
        return self._dataset.profiles[self._dataset.profile_index[row.profile_id]].pathway == "visit"

    def _leaving_line(self, row: Leaving) -> str:
        """Return how many leave one location."""
        key = "scenario.words.visits" if self._is_visit(row) else "scenario.words.leave"
        if round(row.patients_per_year) < 1:
            key = "scenario.words.few"
        profile = self._dataset.profiles[self._dataset.profile_index[row.profile_id]]
        return translate(
            key,
            self._language,
            patients=number(row.patients_per_year, self._language),
            profile=profile.name(self._language),
            location=self._dataset.locations[self._dataset.location_index[row.location_id]].name,
        )

    def _demand(self, step: Step) -> list[str]:
        """Return how many patients more or fewer come, per profile."""
        lines = []
        for change, difference in zip(step.demand, step.demand_per_year, strict=True):
            more = difference > 0
            lines.append(
                translate(
                    "scenario.words.demand_more" if more else "scenario.words.demand_less",
                    self._language,
                    patients=number(abs(difference), self._language),
                    profile=self._dataset.profiles[change.profile].name(self._language),
                )
            )
        return lines

    def _capacity_lines(self, index: int) -> list[str]:
        """Return a line per change, the largest first; of many, sums per kind of capacity."""
        rows = [item for item in self._capacities if item.change.action == index]
        start = start_day_of(self._scenario.actions[index].action, self._calendar)
        if len(rows) <= MOST_LINES + 1:
            return [self._capacity_line(row, start) for row in rows]
        groups: dict[tuple[str, bool], list[_Capacity]] = {}
        for row in rows:
            more = row.change.capacity > row.before
            groups.setdefault((row.change.pool.partition(":")[0], more), []).append(row)
        return [
            self._capacity_line(group[0], start) if len(group) == 1 else self._capacity_sum(kind, more, group)
            for (kind, more), group in sorted(groups.items())
        ]

    def _capacity_sum(self, kind: str, more: bool, group: Sequence[_Capacity]) -> str:
        """Return how much more or less of a kind there is in so many places together."""
        scale, decimals = _scale(kind)
        total = sum(abs(row.change.capacity - row.before) for row in group)
        return translate(
            "scenario.words.capacity_more" if more else "scenario.words.capacity_less",
            self._language,
            kind=translate(f"scenario.words.kind.{kind}", self._language),
            count=number(len(group), self._language),
            amount=number(total / scale, self._language, decimals),
            unit=_unit(kind, self._language),
        )

    def _capacity_line(self, row: _Capacity, start: int) -> str:
        """Return what a pool was and becomes, in the units people use, and when if that is later."""
        change = row.change
        kind = change.pool.partition(":")[0]
        scale, decimals = _scale(kind)
        later = ""
        if change.start_day > start:
            when = self._calendar.start + dt.timedelta(days=change.start_day)
            later = translate("scenario.words.start", self._language, date=date(when, self._language))
        return translate(
            "scenario.words.capacity",
            self._language,
            pool=pool_names(self._dataset, change.pool)[self._language],
            location=self._dataset.locations[change.location].name,
            before=number(row.before / scale, self._language, decimals),
            after=number(change.capacity / scale, self._language, decimals),
            unit=_unit(kind, self._language),
            start=later,
        )


def _scale(kind: str) -> tuple[int, int]:
    """Return how many stored units make one that people use, and decimals to show."""
    return (1, 0) if kind in BED_POOLS else (1000, 1)


def _unit(kind: str, language: Language) -> str:
    return translate(f"scenario.unit.{_UNITS.get(kind, 'minutes')}", language)


def _with_before(changes: Sequence[CapacityChange], dataset: Dataset) -> list[_Capacity]:
    """Return the changes, which are in order of time, with the capacity before each."""
    present = dict(dataset.capacities)
    found = []
    for change in changes:
        place = (dataset.locations[change.location].id, change.pool)
        found.append(_Capacity(change, present.get(place, 0)))
        present[place] = change.capacity
    return found


def _names(scenario: Scenario, dataset: Dataset) -> Mapping[str, Mapping[str, str]]:
    """Return the names that sentences on actions use, in both languages."""
    names: dict[str, dict[str, str]] = {}
    for location in dataset.locations:
        names[location.id] = {"nl": location.name, "en": location.name}
    for profile in dataset.profiles:
        names[profile.id] = {language: profile.name(language) for language in LANGUAGES}
    for item in scenario.actions:
        if item.capacity is not None:
            names[item.capacity.pool] = pool_names(dataset, item.capacity.pool)
    return names
