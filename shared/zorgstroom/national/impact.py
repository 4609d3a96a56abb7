"""What the redistribution does to each hospital: change in volume times what one patient asks.

Under one norm with several interventions, a receiver works with the proxies of the places its patients come from, in
the mix they come in: it may never have done the intervention itself. Otherwise each place works with its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from zorgstroom.national.case import MISSING, Case, Origin, Value
from zorgstroom.national.measures import ACTIVITIES, BY_LOCATION, BY_SPECIALTY, PROFESSIONS, measures_in
from zorgstroom.national.proxies import Proxies
from zorgstroom.national.redistribution import Redistributed

ZERO = Fraction(0)
#: What a change is held against, in the order of the tables.
LEVELS = ("organisation", "specialty", "location")
#: What the method rounds to, last of all: key figures and changes of activity, and hours of a profession.
ACTIVITY_STEP = 10
HOURS_STEP = 50


@dataclass(frozen=True)
class Term:
    """So many patients more (or fewer), with the proxies of this place."""

    patients: Fraction
    proxies_of: int


@dataclass(frozen=True)
class Effect:
    """What one place notices of one intervention in one activity or profession."""

    place: int
    intervention: str
    what: str
    terms: tuple[Term, ...]
    own: Fraction
    national: Fraction

    @property
    def patients(self) -> Fraction:
        """Change in volume."""
        return sum((term.patients for term in self.terms), ZERO)


@dataclass(frozen=True)
class Share:
    """A change of an activity held against its total: of a specialty, an organisation or a location."""

    #: One of `LEVELS`.
    level: str
    organisation: str
    place: str
    specialty: str
    activity: str
    own: Fraction
    national: Fraction
    total: Value

    def part(self, change: Fraction) -> Fraction | None:
        """Return the change as a part of the total; None: the total is not known."""
        return change / self.total.value if self.total.value else None


def terms_of(case: Case, outcome: Redistributed) -> dict[tuple[int, str], tuple[Term, ...]]:
    """Return by place and intervention which patients come and go, and whose proxies hold for them."""
    members = case.members(outcome.norm.id)
    if len(members) == 1:
        return {
            (place, members[0].id): (Term(outcome.after[place] - outcome.before[place], place),)
            for place in outcome.decisions
        }
    terms: dict[tuple[int, str], list[Term]] = {
        (place, member.id): [] for place in outcome.decisions for member in members
    }
    for (origin, holder), patients in outcome.flows().items():
        for member in members:
            part = patients * case.volume(origin, member.id) / case.total(origin, outcome.norm.id)
            if part:
                terms[origin, member.id].append(Term(-part, origin))
                terms[holder, member.id].append(Term(part, origin))
    return {key: _together(found) for key, found in terms.items()}


def _together(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Return one term per sender."""
    found: dict[int, Fraction] = {}
    for term in terms:
        found[term.proxies_of] = found.get(term.proxies_of, ZERO) + term.patients
    return tuple(Term(patients, place) for place, patients in sorted(found.items()) if patients)


def origins_of(case: Case, proxies: Proxies, effect: Effect, *, national: bool = False) -> set[Origin]:
    """Return where everything an effect rests on comes from: volumes, and own or national proxies."""
    places = {term.proxies_of for term in effect.terms}
    volumes = (case.volumes.get((case.places[place].id, effect.intervention)) for place in places)
    measures = measures_in(proxies.formulas[effect.what])
    return {volume.origin for volume in volumes if volume is not None} | {
        proxies.value(place, effect.intervention, measure, national=national).origin
        for place in places
        for measure in measures
    }


def effects_in(case: Case, found: Iterable[Effect], share: Share) -> list[Effect]:
    """Return the effects that a change of a specialty, an organisation or a location is the sum of."""
    specialty = {item.id: item.specialty for item in case.interventions}
    return [
        effect
        for effect in found
        if effect.what == share.activity
        and case.places[effect.place].organisation == share.organisation
        and share.place in ("", case.places[effect.place].id)
        and share.specialty in ("", specialty[effect.intervention])
    ]


def effects(case: Case, outcomes: Iterable[Redistributed], proxies: Proxies) -> list[Effect]:
    """Return every effect on activities and professions; norms whose impact does not count are left out."""
    found = []
    for outcome in outcomes:
        if not outcome.norm.impact:
            continue
        for (place, intervention), terms in terms_of(case, outcome).items():
            for what in (*ACTIVITIES, *PROFESSIONS):
                own, national = (
                    sum(
                        (
                            term.patients
                            * proxies.per_patient(term.proxies_of, intervention, what, national=side)
                            for term in terms
                        ),
                        ZERO,
                    )
                    for side in (False, True)
                )
                found.append(Effect(place, intervention, what, terms, own, national))
    return found


def shares(case: Case, found: Sequence[Effect]) -> list[Share]:
    """Return the changes of activities per specialty, organisation and location, with their totals."""
    specialty = {item.id: item.specialty for item in case.interventions}
    sums: dict[tuple[str, str, str, str, str], tuple[Fraction, Fraction]] = {}

    def add(level: str, effect: Effect, place: str, of_specialty: str) -> None:
        key = (level, case.places[effect.place].organisation, place, of_specialty, effect.what)
        own, national = sums.get(key, (ZERO, ZERO))
        sums[key] = (own + effect.own, national + effect.national)

    for effect in found:
        if effect.what not in ACTIVITIES:
            continue
        add("organisation", effect, "", "")
        if effect.what in BY_SPECIALTY:
            add("specialty", effect, "", specialty[effect.intervention])
        if effect.what in BY_LOCATION:
            add("location", effect, case.places[effect.place].id, "")
    found_shares = [
        Share(level, organisation, place, of_specialty, activity, own, national, total)
        for (level, organisation, place, of_specialty, activity), (own, national) in sums.items()
        for total in [key_figure(case, organisation, place, of_specialty, activity)]
    ]
    places = case.place_index()
    owners = list(dict.fromkeys(place.organisation for place in case.places))
    return sorted(
        found_shares,
        key=lambda item: (
            owners.index(item.organisation),
            LEVELS.index(item.level),
            places.get(item.place, -1),
            item.specialty,
            list(ACTIVITIES).index(item.activity),
        ),
    )


def key_figure(case: Case, organisation: str, place: str, specialty: str, activity: str) -> Value:
    """Return a total; that of an organisation without one of its own is the sum of its locations'."""
    figures = case.key_figures
    found = figures.get((organisation, place, specialty, activity))
    if found is not None or place:
        return found or MISSING
    places = [item.id for item in case.places if item.organisation == organisation]
    parts = [figures[key] for item in places if (key := (organisation, item, specialty, activity)) in figures]
    # The sum of some of the locations is no total, unless the model has left out those with nothing.
    if not parts or (len(parts) < len(places) and any(part.origin != "derived" for part in parts)):
        return MISSING
    origins = {part.origin for part in parts}
    origin = parts[0].origin if len(origins) == 1 else "derived"
    sources = "; ".join(dict.fromkeys(part.source for part in parts if part.source))
    return Value(sum((part.value for part in parts), ZERO), origin, sources)


def hours(found: Sequence[Effect]) -> Mapping[tuple[int, str], tuple[Fraction, Fraction]]:
    """Return the change in hours by place and profession: own and national proxies, not rounded."""
    sums: dict[tuple[int, str], tuple[Fraction, Fraction]] = {}
    for effect in found:
        if effect.what in PROFESSIONS:
            own, national = sums.get((effect.place, effect.what), (ZERO, ZERO))
            sums[effect.place, effect.what] = (own + effect.own, national + effect.national)
    return sums


def to_step(value: Fraction, step: int) -> int:
    """Round to a whole number of steps, halves to the even one.

    >>> to_step(Fraction(-74), 50), to_step(Fraction(25), 50), to_step(Fraction(75), 50)
    (-50, 0, 100)
    """
    return round(value / step) * step
