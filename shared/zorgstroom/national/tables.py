"""The outcome as tidy tables: one figure per cell, with its formula and where its inputs come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from zorgstroom.national.case import Case, Origin, Value, bases_of
from zorgstroom.national.impact import (
    ACTIVITY_STEP,
    HOURS_STEP,
    Effect,
    Share,
    Term,
    effects_in,
    hours,
    origins_of,
    to_step,
)
from zorgstroom.national.measures import ACTIVITIES, MEASURES, PROFESSIONS, UNITS, filled_in, measures_in
from zorgstroom.national.outcome import Outcome
from zorgstroom.national.redistribution import Redistributed
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number

ZERO = Fraction(0)
Cell = str | int | Fraction | None
#: Decimals at which a number is shown inside a formula.
_DECIMALS = 4


@dataclass(frozen=True)
class Table:
    """Rows under column codes; the names of both are texts ``national.sheet.*`` and ``national.column.*``."""

    id: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def tables(outcomes: Sequence[Outcome], language: Language) -> list[Table]:
    """Return every table of the outcome of each plan; of several plans also how they compare."""
    made = [_of_one(outcome, language) for outcome in outcomes]
    if len(made) == 1:
        return made[0]
    joined = [
        Table(
            same[0].id,
            ("plan", *same[0].columns),
            tuple(
                (outcome.case.plan, *row)
                for outcome, table in zip(outcomes, same, strict=True)
                for row in table.rows
            ),
        )
        for same in zip(*made, strict=True)
    ]
    return [joined[0], plans_table(outcomes, language), *joined[1:]]


def plans_table(outcomes: Sequence[Outcome], language: Language) -> Table:
    """Return the plans side by side: per norm who moves, how far, and who reaches the norm."""
    rows: list[tuple[Cell, ...]] = []
    for outcome in outcomes:
        for item, travel in zip(outcome.norms, outcome.travel, strict=True):
            doing = [place for place, patients in item.after.items() if patients]
            reaching = sum(item.meets(place) is True for place in doing)
            rows.append(
                (
                    outcome.case.plan,
                    item.norm.id,
                    item.norm.name(language),
                    sum(item.flows().values(), ZERO),
                    len(doing),
                    None if item.norm.minimum is None else reaching,
                    None if travel is None else travel.mean_extra,
                    None if travel is None else travel.longest_extra,
                )
            )
    return Table("plans", _PLANS, tuple(rows))


def _of_one(outcome: Outcome, language: Language) -> list[Table]:
    made = _Tables(outcome, language)
    return [
        Table("notes", ("note",), tuple((line,) for line in made.notes())),
        Table("redistribution", _REDISTRIBUTION, tuple(made.redistribution())),
        Table(
            "flows", ("norm", "norm_name", "from", "to", "patients", "share", "basis"), tuple(made.flows())
        ),
        Table("top_ups", _TOP_UPS, tuple(made.top_ups())),
        Table("travel", _TRAVEL, tuple(made.travel())),
        Table("bands", ("norm", "norm_name", "band", "patients", "inhabitants"), tuple(made.bands())),
        Table("totals", _TOTALS, tuple(made.totals())),
        Table("staff_totals", _STAFF, tuple(made.staff())),
        Table("activity", _EFFECT, tuple(made.effects(ACTIVITIES))),
        Table("staff", _EFFECT, tuple(made.effects(PROFESSIONS))),
        Table("per_patient", _PER_PATIENT, tuple(made.per_patient())),
        Table("inputs", _INPUTS, tuple(made.inputs())),
        Table(
            "used_volumes",
            ("location", "intervention", "value", "basis", "origin", "source"),
            tuple(made.volumes()),
        ),
    ]


_PLANS = (
    *("plan", "norm", "norm_name", "moving_patients", "doing", "reaching"),
    *("mean_extra", "longest_extra"),
)
_REDISTRIBUTION = (
    *("norm", "norm_name", "location", "location_name", "choice", "region"),
    *("before", "after_step_1", "after", "change", "minimum", "meets", "basis"),
)
_TOP_UPS = ("norm", "norm_name", "to", "from", "shortfall", "surplus", "minutes", "patients")
_TRAVEL = (
    *("norm", "norm_name", "patients", "changed"),
    *("mean_before", "mean_extra", "longest_after", "longest_extra"),
)
_TOTALS = (
    *("level", "organisation", "location", "specialty", "activity", "unit"),
    *("own", "basis", "national", "national_basis"),
    *("total", "total_basis", "total_origin", "total_source", "part_own", "part_national"),
    *("rounded_own", "rounded_national", "rounded_total", "percent_own", "percent_national"),
)
_STAFF = (
    *("location", "location_name", "profession", "unit"),
    *("own", "basis", "national", "national_basis", "rounded_own", "rounded_national"),
)
_EFFECT = (
    *("location", "intervention", "what", "unit", "change"),
    *("own", "basis", "national", "national_basis", "formula_own", "formula_national", "origins"),
)
_PER_PATIENT = (
    *("location", "intervention", "what", "unit", "own", "basis", "national", "national_basis"),
    *("formula", "formula_own", "formula_national"),
)
_INPUTS = (
    *("location", "intervention", "measure", "measure_name", "unit"),
    *("value", "basis", "origin", "source"),
    *("national", "national_basis", "national_origin", "national_source"),
)


class _Tables:
    def __init__(self, outcome: Outcome, language: Language) -> None:
        self._outcome = outcome
        self._case: Case = outcome.case
        self._language = language
        #: Places and interventions whose proxies are used.
        self._used = sorted(
            {
                (term.proxies_of, effect.intervention)
                for effect in outcome.effects
                for term in effect.terms
                if term.patients
            }
        )

    def _text(self, key: str, **params: object) -> str:
        return translate(f"national.{key}", self._language, **params)

    def _id(self, place: int) -> str:
        return self._case.places[place].id

    def _intervention(self, code: str) -> str:
        found = next(item for item in self._case.interventions if item.id == code)
        return found.name(self._language)

    def _specialty(self, code: str) -> str:
        names = self._case.specialties.get(code)
        return code if names is None else names[self._language]

    def _what(self, what: str) -> str:
        return self._text(f"{'activity' if what in ACTIVITIES else 'profession'}.{what}")

    def _unit(self, what: str) -> str:
        return self._text(f"unit.{UNITS.get(what, 'hours')}")

    def _basis(self, origins: Iterable[Origin]) -> str:
        """Return how firm a cell is, in words, the firmest first."""
        return ", ".join(self._text(f"basis.{basis}") for basis in bases_of(origins))

    def _volume_basis(self, places: Iterable[int], norm: str) -> str:
        given = self._case.volumes
        keys = [(self._id(place), item.id) for place in places for item in self._case.members(norm)]
        # Who begins has no volume yet: nobody gave one.
        return self._basis([given[key].origin for key in keys if key in given] or ["missing"])

    def _bases(self, effects: Iterable[Effect]) -> tuple[str, str]:
        """Return how firm a sum of effects is, with own and with national proxies."""
        found = list(effects)
        own, national = (
            self._basis(
                origin
                for effect in found
                for origin in origins_of(self._case, self._outcome.proxies, effect, national=side)
            )
            for side in (False, True)
        )
        return own, national

    def _number(self, value: Fraction) -> str:
        decimals = next((n for n in range(_DECIMALS) if round(value, n) == value), _DECIMALS)
        return number(float(value), self._language, decimals)

    def redistribution(self) -> Iterator[tuple[Cell, ...]]:
        for item in self._outcome.norms:
            head = (item.norm.id, item.norm.name(self._language))
            for place, decision in item.decisions.items():
                at = self._case.places[place]
                meets = item.meets(place)
                yield (
                    *head,
                    at.id,
                    at.name,
                    self._text(f"choice.{decision.choice}"),
                    decision.region,
                    item.before[place],
                    item.after_step_1[place],
                    item.after[place],
                    item.after[place] - item.before[place],
                    item.norm.minimum,
                    "" if meets is None else self._text("yes" if meets else "no"),
                    self._volume_basis([place], item.norm.id),
                )
            sums = [sum(part.values(), ZERO) for part in (item.before, item.after_step_1, item.after)]
            total = self._text("total")
            basis = self._volume_basis(item.decisions, item.norm.id)
            yield (*head, total, total, "", "", *sums, sums[2] - sums[0], None, "", basis)

    def flows(self) -> Iterator[tuple[Cell, ...]]:
        for item in self._outcome.norms:
            for (origin, holder), patients in item.flows().items():
                share = patients / item.before[origin]
                name, basis = item.norm.name(self._language), self._volume_basis([origin], item.norm.id)
                yield (item.norm.id, name, self._id(origin), self._id(holder), patients, share, basis)

    def top_ups(self) -> Iterator[tuple[Cell, ...]]:
        for item in self._outcome.norms:
            for step in item.top_ups:
                yield (
                    item.norm.id,
                    item.norm.name(self._language),
                    self._id(step.receiver),
                    self._id(step.giver),
                    step.shortfall,
                    step.surplus,
                    Fraction(step.hundredths, 100),
                    step.patients,
                )

    def travel(self) -> Iterator[tuple[Cell, ...]]:
        for item, travel in zip(self._outcome.norms, self._outcome.travel, strict=True):
            if travel is not None:
                yield (
                    item.norm.id,
                    item.norm.name(self._language),
                    travel.patients,
                    travel.changed,
                    travel.mean_before,
                    travel.mean_extra,
                    travel.longest_after,
                    travel.longest_extra,
                )

    def bands(self) -> Iterator[tuple[Cell, ...]]:
        for item, travel in zip(self._outcome.norms, self._outcome.travel, strict=True):
            if travel is not None:
                head = (item.norm.id, item.norm.name(self._language))
                for band, patients in travel.patients_in.items():
                    yield (*head, band, patients, travel.inhabitants_in[band])
                sums = [sum(part.values(), ZERO) for part in (travel.patients_in, travel.inhabitants_in)]
                yield (*head, self._text("total"), *sums)

    def totals(self) -> Iterator[tuple[Cell, ...]]:
        for item in self._outcome.shares:
            yield self._total(item)

    def _total(self, item: Share) -> tuple[Cell, ...]:
        own, national = item.part(item.own), item.part(item.national)
        known = item.total.origin != "missing"
        basis, national_basis = self._bases(effects_in(self._case, self._outcome.effects, item))
        return (
            self._text(f"level.{item.level}"),
            item.organisation,
            item.place,
            self._specialty(item.specialty),
            self._what(item.activity),
            self._unit(item.activity),
            item.own,
            basis,
            item.national,
            national_basis,
            item.total.value if known else None,
            self._basis([item.total.origin]),
            self._text(f"origin.{item.total.origin}"),
            item.total.source,
            own,
            national,
            to_step(item.own, ACTIVITY_STEP),
            to_step(item.national, ACTIVITY_STEP),
            to_step(item.total.value, ACTIVITY_STEP) if known else None,
            None if own is None else round(own * 100),
            None if national is None else round(national * 100),
        )

    def staff(self) -> Iterator[tuple[Cell, ...]]:
        found = hours(self._outcome.effects)
        for (place, profession), sides in found.items():
            at = self._case.places[place]
            yield self._staff((at.id, at.name), profession, sides, [place])
        total = self._text("total")
        for profession in dict.fromkeys(profession for _, profession in found):
            places = [place for place, of in found if of == profession]
            own, national = (
                sum((found[place, profession][side] for place in places), ZERO) for side in (0, 1)
            )
            yield self._staff((total, total), profession, (own, national), places)

    def _staff(
        self, at: tuple[str, str], profession: str, sides: tuple[Fraction, Fraction], places: Sequence[int]
    ) -> tuple[Cell, ...]:
        basis, national_basis = self._bases(
            effect for effect in self._outcome.effects if effect.what == profession and effect.place in places
        )
        return (
            *at,
            self._what(profession),
            self._unit(profession),
            sides[0],
            basis,
            sides[1],
            national_basis,
            *(to_step(side, HOURS_STEP) for side in sides),
        )

    def effects(self, kinds: object) -> Iterator[tuple[Cell, ...]]:
        wanted = set(ACTIVITIES if kinds is ACTIVITIES else PROFESSIONS)
        for effect in self._outcome.effects:
            if effect.what in wanted:
                basis, national_basis = self._bases([effect])
                yield (
                    self._id(effect.place),
                    self._intervention(effect.intervention),
                    self._what(effect.what),
                    self._unit(effect.what),
                    effect.patients,
                    effect.own,
                    basis,
                    effect.national,
                    national_basis,
                    self._terms(effect, national=False),
                    self._terms(effect, national=True),
                    self._origins(effect),
                )

    def _terms(self, effect: Effect, *, national: bool) -> str:
        """Return ``12 × 8.4``, or a sum of such for patients of several places."""
        return " + ".join(
            f"{self._number(term.patients)} × {self._number(self._asked(effect, term, national))}"
            + (f" ({self._id(term.proxies_of)})" if term.proxies_of != effect.place else "")
            for term in effect.terms
        )

    def _asked(self, effect: Effect, term: Term, national: bool) -> Fraction:
        return self._outcome.proxies.per_patient(
            term.proxies_of, effect.intervention, effect.what, national=national
        )

    def _origins(self, effect: Effect) -> str:
        formula = self._outcome.proxies.formulas[effect.what]
        found = {
            self._outcome.proxies.own(term.proxies_of, effect.intervention, measure).origin
            for term in effect.terms
            for measure in measures_in(formula)
        }
        return ", ".join(sorted(self._text(f"origin.{name}") for name in found))

    def per_patient(self) -> Iterator[tuple[Cell, ...]]:
        proxies = self._outcome.proxies
        for place, intervention in self._used:
            for what in (*ACTIVITIES, *PROFESSIONS):
                formula = proxies.formulas[what]
                basis, national_basis = (
                    self._basis(
                        proxies.value(place, intervention, measure, national=side).origin
                        for measure in measures_in(formula)
                    )
                    for side in (False, True)
                )
                yield (
                    self._id(place),
                    self._intervention(intervention),
                    self._what(what),
                    self._unit(what),
                    proxies.per_patient(place, intervention, what, national=False),
                    basis,
                    proxies.per_patient(place, intervention, what, national=True),
                    national_basis,
                    filled_in(formula, lambda name: self._text(f"measure.{name}")),
                    self._filled_in(formula, place, intervention, national=False),
                    self._filled_in(formula, place, intervention, national=True),
                )

    def _filled_in(self, formula: str, place: int, intervention: str, *, national: bool) -> str:
        def written(measure: str) -> str:
            value = self._outcome.proxies.value(place, intervention, measure, national=national)
            return self._number(value.value)

        return filled_in(formula, written)

    def inputs(self) -> Iterator[tuple[Cell, ...]]:
        for place, intervention in self._used:
            for measure, unit in MEASURES.items():
                own = self._outcome.proxies.own(place, intervention, measure)
                national = self._outcome.proxies.national(intervention, measure)
                yield (
                    self._id(place),
                    self._intervention(intervention),
                    measure,
                    self._text(f"measure.{measure}"),
                    self._text(f"unit.{unit}"),
                    *self._value(own),
                    *self._value(national),
                )

    def _value(self, value: Value) -> tuple[Cell, ...]:
        known = value.origin != "missing"
        return (
            value.value if known else None,
            self._basis([value.origin]),
            self._text(f"origin.{value.origin}"),
            value.source,
        )

    def volumes(self) -> Iterator[tuple[Cell, ...]]:
        under = {item.norm.id: item for item in self._outcome.norms}
        for intervention in self._case.interventions:
            taking = under.get(intervention.norm)
            for place in taking.decisions if taking else ():
                value = self._case.volumes.get((self._id(place), intervention.id))
                if value is not None:
                    name = self._intervention(intervention.id)
                    yield (self._id(place), name, *self._value(value))

    def notes(self) -> Iterator[str]:
        case = self._case
        yield self._text("note.method")
        if case.confidential:
            yield self._text("note.confidential")
        geography = case.geography or self._text("note.own_geography")
        yield self._text("note.geography", name=geography)
        if case.published_nursing_days:
            yield self._text("note.published_nursing_days")
        for item in self._outcome.norms:
            yield from self._notes_of(item)
        yield self._text("note.basis")
        missing = self._missing()
        if missing:
            yield self._text("note.missing", measures=", ".join(missing))
        yield self._text("note.limits")

    def _notes_of(self, item: Redistributed) -> Iterator[str]:
        name = item.norm.name(self._language)
        if item.norm.minimum is None:
            yield self._text("note.no_minimum", norm=name)
        if item.norm.moving != 1:
            part = number(float(item.norm.moving * 100), self._language)
            yield self._text("note.moving", norm=name, percent=part)
        if not item.norm.impact:
            yield self._text("note.no_impact", norm=name)
        if not item.norm.travel:
            yield self._text("note.no_travel", norm=name)
        if item.without_catchment:
            places = ", ".join(self._id(place) for place in item.without_catchment)
            yield self._text("note.no_catchment", norm=name, locations=places)
        nobody = [row for row, now in item.decisions.items() if now.choice != "stops" and not item.after[row]]
        if nobody:
            places = ", ".join(self._id(place) for place in nobody)
            yield self._text("note.nobody", norm=name, locations=places)
        below = [
            row
            for row in item.decisions
            if item.meets(row) is False and item.decisions[row].choice != "stops"
        ]
        if below and item.norm.minimum is not None:
            places = ", ".join(f"{self._id(row)} ({self._number(item.after[row])})" for row in below)
            minimum = self._number(item.norm.minimum)
            yield self._text("note.below", norm=name, locations=places, minimum=minimum)

    def _missing(self) -> Sequence[str]:
        """Return the names of measures that some used intervention has no value of at all."""
        return [
            self._text(f"measure.{measure}")
            for measure in MEASURES
            if any(
                self._outcome.proxies.own(place, intervention, measure).origin == "missing"
                for place, intervention in self._used
            )
        ]
