"""From the four result tables to one impact document."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Literal

import pyarrow as pa

from zorgstroom.dataset.model import Dataset, Figure
from zorgstroom.domain.area import Region
from zorgstroom.domain.hospital import clinic_pool
from zorgstroom.domain.scenario import Capacity, Close, Concentrate, Scenario, Spread
from zorgstroom.indicators.catalogue import CATALOGUE, TRAVEL_BANDS, Theme
from zorgstroom.planning.norms import norm_to_judge_by
from zorgstroom.planning.plan import action_order, calendar_of, compile_plan
from zorgstroom.reporting import wording
from zorgstroom.reporting.impact import (
    AreaImpact,
    Assumption,
    ConfidenceLevel,
    ConservationLine,
    Estimate,
    Flow,
    Identity,
    Impact,
    LocationImpact,
    PoolRow,
    Row,
    TextRef,
    TravelBand,
    Verdict,
    VolumeRow,
    WaitRow,
)
from zorgstroom.reporting.readings import Moves, Reading, Readings
from zorgstroom.text import LANGUAGES, translate

#: How well this model can tell something: travel and volume rest on public counts and a calibrated
#: choice model; waiting and load rest on capacities that are derived, not observed.
CONFIDENCE: Mapping[Theme, ConfidenceLevel] = {
    "volume": "medium",
    "travel": "medium",
    "activity": "medium",
    "waiting": "low",
    "capacity": "low",
}
#: Share of simulated years from which a norm counts as met, and below which as not met.
MET_FROM, NOT_MET_BELOW = 0.95, 0.40
#: Expected load above which a list grows without end.
FULL_LOAD = 1.01
#: Smallest change of load worth a row.
NOTICEABLE_LOAD = 0.005
#: A list that grows more than chance explains: this many standard deviations of a year's arrivals.
GROWTH_SIGMAS = 3.0
MAX_ASSUMPTIONS = 40
#: Profiles with rows of their own in the summary table: all their rows, or only travel time.
MAX_HEADLINE_PROFILES, MAX_TRAVEL_PROFILES = 3, 8
#: Longest tables: the result tables hold everything, the document what a reader can use.
MAX_FLOWS, MAX_WAITS, MAX_VOLUMES, MAX_POOLS = 2000, 120, 300, 200

_HEADLINE_PER_PROFILE = ("volume_at_norm", "travel_mean", "travel_p90", "travel_over_30", "wait_treatment")
#: Figures of a profile that decide how many patients move, and how much room they take.
_DECISIVE_FIGURES = (
    "volume_per_year",
    "acute_share",
    "los_nights_mean",
    "procedure_share",
    "procedure_minutes_mean",
    "ic_probability",
    "ic_days_mean",
    "wait_first_visit_weeks",
    "wait_treatment_weeks",
    "providers",
)
_RULE_PARAMETERS = (
    "ward_target_load",
    "kappa_patient",
    "planner_look_ahead",
    "change_over_minutes",
    "acute_reserve_share",
    "outlier_max_share",
    "diversion_max_minutes",
    "via_ed_share",
    "target_cv",
)
_LEVELS: tuple[ConfidenceLevel, ...] = ("low", "medium", "high")


def build_impact(
    tables: Mapping[str, pa.Table],
    dataset: Dataset,
    scenario: Scenario,
    region: Region | None,
    identity: Identity,
    warnings: Sequence[TextRef],
) -> Impact:
    """Return the impact document of one run from its tables (schemas in `zorgstroom.tables`)."""
    readings = Readings(tables["comparison"])
    moves = Moves(tables["flows"], identity.replications, identity.weeks)
    plan_profiles = _plan_profiles(scenario, dataset, moves)
    late = _late_profiles(scenario, dataset, region)
    volumes = _volumes(readings, dataset, scenario, identity, plan_profiles, late)
    locations = _locations(dataset, scenario, region, moves)
    touched = [row.id for row in locations]
    bands = _bands(readings)
    waits = _waits(readings, dataset, touched, plan_profiles)
    pools = _pools(readings, dataset, _planned_capacities(dataset, scenario, region), touched, identity.weeks)
    assumptions = _assumptions(dataset, plan_profiles)
    moved = {name for (name,) in moves.patients("profile")}
    moved_locations = sum(row.received.mean > 0 or row.sent.mean > 0 for row in locations)
    parts: dict[str, Any] = {
        "headline": _headline(readings, plan_profiles, late),
        "locations": locations,
        "volumes": volumes,
        "flows": _flows(moves),
        "areas": _areas(dataset, moves, identity.demand_year),
        "waits": waits,
        "pools": pools,
        "activity": _activity(readings, touched),
    }
    return Impact(
        name=scenario.name,
        description=scenario.description,
        actions=wording.actions(scenario, region),
        identity=identity,
        summary=wording.summary(
            moves.patients().get(()),
            moves.extra_minutes().get(()),
            locations,
            bands,
            waits,
            pools,
            assumptions,
            plan_profiles,
            identity.replications,
        ),
        travel_bands=bands,
        conservation=_conservation(tables["conservation"]),
        assumptions=assumptions,
        unchanged=wording.unchanged(scenario, dataset, len(moved), moved_locations),
        limits=wording.limits(region),
        warnings=[*warnings, *_late_warnings(scenario, dataset, volumes, late)],
        names=_names(dataset, scenario, parts, plan_profiles),
        **parts,
    )


def verdict_of(reading: Reading) -> Verdict:
    """Return better or worse for a clear difference, by the direction of the indicator's catalogue entry."""
    direction = CATALOGUE[reading.indicator].direction
    if not reading.has_interval:
        return "none"
    if not reading.clear:
        return "equal"
    if direction == "neutral":
        return "none"
    return "better" if (reading.difference.mean > 0) == (direction == "higher") else "worse"


def _plan_profiles(scenario: Scenario, dataset: Dataset, moves: Moves) -> list[str]:
    """Profiles the plan names, then other profiles whose patients move, most first."""
    named: dict[str, None] = {}
    for item in scenario.actions:
        profiles = getattr(item.action, "profiles", None)
        if isinstance(item.action, Close) and profiles is None:
            continue
        named |= dict.fromkeys(profiles or ())
    moved = sorted(moves.patients("profile").items(), key=lambda item: -item[1].mean)
    known = [name for name in named if name in dataset.profile_index]
    return list(dict.fromkeys([*known, *(profile for (profile,), _ in moved)]))


def _centres(scenario: Scenario) -> set[tuple[str, str]]:
    """Places the plan itself points at: (location, profile)."""
    centres: set[tuple[str, str]] = set()
    for item in scenario.actions:
        action = item.action
        if isinstance(action, Concentrate):
            centres |= {(location, profile) for location in action.at or () for profile in action.profiles}
        elif isinstance(action, Spread):
            centres |= {
                (location, profile) for location in action.to.locations or () for profile in action.profiles
            }
    return centres


def _named_locations(scenario: Scenario) -> set[str]:
    closing = {item.action.location for item in scenario.actions if isinstance(item.action, Close | Capacity)}
    return closing | {location for location, _ in _centres(scenario)}


def _late_profiles(scenario: Scenario, dataset: Dataset, region: Region | None) -> frozenset[str]:
    """Profiles whose patients start to move only after the measured period has begun.

    Their measured volume is partly that of today, so it says nothing about a norm for a year of the plan.
    """
    first = calendar_of(scenario, dataset).measured_from_day
    moves = compile_plan(scenario, dataset, region).moves
    return frozenset(dataset.profiles[move.profile].id for move in moves if move.start_day > first)


def _late_warnings(
    scenario: Scenario, dataset: Dataset, volumes: Sequence[VolumeRow], late: Set[str]
) -> list[TextRef]:
    """Say that part of the measured period lies before the plan, and what is not judged because of that."""
    calendar = calendar_of(scenario, dataset)
    order = action_order(scenario, calendar)
    starts = [
        scenario.actions[index].action.start for index, day in order if day > calendar.measured_from_day
    ]
    norms = any(row.profile in late and row.norm_status == "in_force" for row in volumes)
    return wording.late_start(
        [start for start in starts if start], whole=len(starts) == len(order), norms=norms
    )


def _headline(readings: Readings, plan_profiles: Sequence[str], late: Set[str]) -> list[Row]:
    rows = []
    if len(plan_profiles) <= MAX_TRAVEL_PROFILES:
        few = len(plan_profiles) <= MAX_HEADLINE_PROFILES
        indicators = _HEADLINE_PER_PROFILE if few else ("travel_mean",)
        for profile in plan_profiles:
            found = (readings.at(indicator, profile=profile) for indicator in indicators)
            rows += [_row(reading) for reading in found if reading is not None]
    for name, indicator in CATALOGUE.items():
        if indicator.headline:
            rows += [_row(reading) for reading in readings.of(name, _is_overall)]
    return [_unjudged_if_late(row, late) for row in rows]


def _unjudged_if_late(row: Row, late: Set[str]) -> Row:
    """Take the judgement off a share at the norm that counts volumes of a part of the year."""
    if row.indicator == "volume_at_norm" and (row.profile in late or (late and not row.profile)):
        return row.model_copy(update={"verdict": "none"})
    return row


def _is_overall(reading: Reading) -> bool:
    """About everybody; at most per kind of pool, such as all wards together."""
    return not (reading.location or reading.profile or reading.area or reading.band or ":" in reading.pool)


def _row(reading: Reading) -> Row:
    return Row(
        indicator=reading.indicator,
        location=reading.location,
        profile=reading.profile,
        area=reading.area,
        pool=reading.pool,
        band=reading.band,
        baseline=reading.baseline,
        plan=reading.plan,
        difference=reading.difference,
        clear=reading.clear,
        verdict=verdict_of(reading),
        confidence=CONFIDENCE[CATALOGUE[reading.indicator].theme],
    )


def _locations(
    dataset: Dataset, scenario: Scenario, region: Region | None, moves: Moves
) -> list[LocationImpact]:
    """Locations that send, receive or are named, the largest movers first."""
    nothing = Estimate(mean=0.0)
    received = {key[0]: value for key, value in moves.patients("to_location").items()}
    sent = {key[0]: value for key, value in moves.patients("from_location").items()}
    net = moves.net()
    inside = dataset.locations_in(region) if region else [True] * len(dataset.locations)
    named = _named_locations(scenario)
    rows = [
        LocationImpact(
            id=location.id,
            name=location.name,
            type=location.type,
            latitude=location.latitude,
            longitude=location.longitude,
            in_region=bool(in_region),
            received=received.get(location.id, nothing),
            sent=sent.get(location.id, nothing),
            net=net.get(location.id, nothing),
        )
        for location, in_region in zip(dataset.locations, inside, strict=True)
        if location.id in received or location.id in sent or location.id in named
    ]
    return sorted(rows, key=lambda row: (-(row.received.mean + row.sent.mean), row.id))


def _flows(moves: Moves) -> list[Flow]:
    columns = ("profile", "from_location", "to_location")
    extra = moves.extra_minutes(*columns)
    rows = [
        Flow(
            profile=key[0],
            from_location=key[1],
            to_location=key[2],
            patients=patients,
            extra_minutes=extra[key].mean,
        )
        for key, patients in moves.patients(*columns).items()
        if key in extra
    ]
    rows.sort(key=lambda row: (-row.patients.mean, row.profile, row.from_location, row.to_location))
    return rows[:MAX_FLOWS]


def _bands(readings: Readings) -> list[TravelBand]:
    rows = []
    for band, _ in TRAVEL_BANDS:
        reading = readings.at("extra_travel_band", band=band)
        rows.append(TravelBand(band=band, patients=reading.plan if reading else Estimate(mean=0.0)))
    return rows


def _areas(dataset: Dataset, moves: Moves, year: int) -> list[AreaImpact]:
    nearest_year = min(dataset.population, key=lambda known: abs(known - year))
    inhabitants = dataset.population[nearest_year].sum(axis=1)
    patients, extra = moves.patients("area"), moves.extra_minutes("area")
    rows = [
        AreaImpact(
            id=area.id,
            name=area.name,
            latitude=area.latitude,
            longitude=area.longitude,
            inhabitants=int(inhabitants[index]),
            moved_patients=patients[area.id,],
            extra_minutes=extra[area.id,],
        )
        for index, area in enumerate(dataset.areas)
        if (area.id,) in extra
    ]
    return sorted(rows, key=lambda row: (-row.moved_patients.mean, row.id))


def _volumes(
    readings: Readings,
    dataset: Dataset,
    scenario: Scenario,
    identity: Identity,
    plan_profiles: Sequence[str],
    late: Set[str],
) -> list[VolumeRow]:
    """Volumes that the plan changes, with the norm where there is one.

    Who offers what today is partly derived; a volume of today below a norm is then an artefact of that
    derivation and no finding about a hospital. So today's count of years at the norm is only given where
    the norm is met, and a verdict only about what the plan does: at its centres, or where a norm that was
    met is no longer met. And no verdict where the plan changes a profile during the measured period: then the
    volume is not that of a year of the plan.
    """
    centres = _centres(scenario)
    rows = []
    for reading in readings.of("volume", lambda row: bool(row.location) and row.profile in plan_profiles):
        norm = norm_to_judge_by(dataset, reading.profile, identity.demand_year)
        changed = abs(reading.difference.mean) >= 0.5
        centre = (reading.location, reading.profile) in centres
        if not (changed or centre):
            continue
        met = readings.at("norm_met", location=reading.location, profile=reading.profile)
        years = reading.replications
        before = after = None
        verdict: Verdict = "none"
        if norm is not None and norm.status == "in_force" and met is not None:
            was_met = met.baseline.mean >= MET_FROM
            before = round(met.baseline.mean * years) if was_met else None
            if reading.plan.mean > 0 and (centre or was_met) and reading.profile not in late:
                after = round(met.plan.mean * years)
                verdict = _norm_verdict(met.plan.mean)
        rows.append(
            VolumeRow(
                location=reading.location,
                profile=reading.profile,
                baseline=reading.baseline,
                plan=reading.plan,
                difference=reading.difference,
                norm=norm.minimum if norm else None,
                norm_status=norm.status if norm else "",
                norm_source=_source(dataset, norm.source) if norm else "",
                baseline_met=before,
                plan_met=after,
                replications=years,
                verdict=verdict,
            )
        )
    order = {profile: index for index, profile in enumerate(plan_profiles)}
    rows.sort(key=lambda row: (row.norm is None, order[row.profile], -row.plan.mean, row.location))
    return rows[:MAX_VOLUMES]


def _norm_verdict(share_met: float) -> Verdict:
    if share_met >= MET_FROM:
        return "meets"
    return "fails" if share_met < NOT_MET_BELOW else "near"


def _waits(
    readings: Readings, dataset: Dataset, touched: Sequence[str], plan_profiles: Sequence[str]
) -> list[WaitRow]:
    """Waits where the plan sends or takes patients; for a profile as a whole; and other clear changes."""
    rows = []
    kinds: tuple[Literal["first_visit", "treatment"], ...] = ("first_visit", "treatment")
    for kind in kinds:
        for reading in readings.of(
            f"wait_{kind}", lambda row: not row.area and bool(row.location or row.profile)
        ):
            of_plan = reading.profile in plan_profiles and (
                not reading.location or reading.location in touched
            )
            whole_location = not reading.profile and reading.location in touched
            if not (of_plan or whole_location or wording.stands_out(reading.difference)):
                continue
            listed = _list_at_end(readings, dataset, kind, reading)
            rows.append(
                WaitRow(
                    kind=kind,
                    location=reading.location,
                    profile=reading.profile,
                    baseline=reading.baseline,
                    plan=reading.plan,
                    difference=reading.difference,
                    list_baseline=listed.baseline if listed else None,
                    list_plan=listed.plan if listed else None,
                    clear=reading.clear,
                )
            )
    rows.sort(key=lambda row: (not row.clear, -abs(row.difference.mean), row.kind, row.location, row.profile))
    return rows[:MAX_WAITS]


def _list_at_end(readings: Readings, dataset: Dataset, kind: str, reading: Reading) -> Reading | None:
    if kind == "treatment":
        return readings.at("list_treatment_end", location=reading.location, profile=reading.profile)
    if not reading.profile:
        return readings.at("list_first_visit_end", location=reading.location)
    specialty = dataset.profiles[dataset.profile_index[reading.profile]].specialty
    return readings.at("list_first_visit_end", location=reading.location, pool=clinic_pool(specialty))


def _pools(
    readings: Readings,
    dataset: Dataset,
    capacity_plan: Mapping[tuple[str, str], int],
    touched: Sequence[str],
    weeks: int,
) -> list[PoolRow]:
    """Pools of touched locations whose load changes or whose list grows, the fullest first."""
    rows = []
    for reading in readings.of("load", lambda row: row.location in touched and bool(row.pool)):
        key = (reading.location, reading.pool)
        growth = readings.at("list_growth", location=reading.location, pool=reading.pool)
        occupancy = readings.at("occupancy", location=reading.location, pool=reading.pool)
        arrivals = readings.at("list_arrivals", location=reading.location, pool=reading.pool)
        growing = reading.plan.mean > FULL_LOAD or _grows(growth, arrivals)
        fills = growing and reading.baseline.mean <= FULL_LOAD and reading.difference.mean > 0
        before, after = dataset.capacities.get(key, 0), capacity_plan.get(key, 0)
        # A pool that was too small without the plan too says something about our derivation, not about the plan.
        if not (fills or abs(reading.difference.mean) >= NOTICEABLE_LOAD or before != after):
            continue
        scale = wording.pool_scale(reading.pool)
        rows.append(
            PoolRow(
                location=reading.location,
                pool=reading.pool,
                capacity_baseline=before / scale,
                capacity_plan=after / scale,
                load_baseline=reading.baseline.mean,
                load_plan=reading.plan.mean,
                occupancy_baseline=occupancy.baseline if occupancy else None,
                occupancy_plan=occupancy.plan if occupancy else None,
                growing=growing,
                growth_per_week=_per_week(growth.plan, weeks) if growth else None,
            )
        )
    rows.sort(key=lambda row: (not row.growing, -row.load_plan, row.location, row.pool))
    return rows[:MAX_POOLS]


def _grows(growth: Reading | None, arrivals: Reading | None) -> bool:
    """Whether a list grows more than chance explains, in every way we can tell."""
    if growth is None or growth.plan.low is None:
        return False
    chance = GROWTH_SIGMAS * math.sqrt(arrivals.plan.mean) if arrivals else 0.0
    return growth.plan.low > 0 and growth.plan.mean > chance


def _per_week(growth: Estimate, weeks: int) -> Estimate:
    """Growth between the mean of the first and of the last quarter, which lie three quarters apart."""
    apart = weeks * 3 / 4

    def scaled(value: float | None) -> float | None:
        return None if value is None else value / apart

    return Estimate(mean=growth.mean / apart, low=scaled(growth.low), high=scaled(growth.high))


def _planned_capacities(
    dataset: Dataset, scenario: Scenario, region: Region | None
) -> dict[tuple[str, str], int]:
    """Capacities after all actions, in stored units."""
    plan = compile_plan(scenario, dataset, region)
    changes = {
        (dataset.locations[change.location].id, change.pool): change.capacity for change in plan.capacities
    }
    return {**dataset.capacities, **changes}


def _activity(readings: Readings, touched: Sequence[str]) -> list[Row]:
    """Production of the locations the plan touches, where it is not nil on both sides."""
    order = {location: index for index, location in enumerate(touched)}
    rows = [
        _row(reading)
        for name, indicator in CATALOGUE.items()
        if indicator.theme == "activity"
        for reading in readings.of(name, lambda row: row.location in order and not row.profile)
        if reading.baseline.mean or reading.plan.mean
    ]
    return sorted(rows, key=lambda row: order[row.location])


def _assumptions(dataset: Dataset, plan_profiles: Sequence[str]) -> list[Assumption]:
    """Figures the outcome rests on that are not known for certain, the least certain first."""
    classes = {dataset.profiles[dataset.profile_index[name]].choice_class for name in plan_profiles}
    rules = [f"beta_{name}" for name in sorted(classes)] + list(_RULE_PARAMETERS)
    ranked = [
        (0, rank, dataset.parameters[name]) for rank, name in enumerate(rules) if name in dataset.parameters
    ]
    of_profile = {name: rank for rank, name in enumerate(plan_profiles)}
    of_figure = {name: rank for rank, name in enumerate(_DECISIVE_FIGURES)}
    ranked += [
        (1 + of_profile[figure.subject], of_figure[figure.name], figure)
        for figure in dataset.figures
        if figure.subject in of_profile and figure.name in of_figure
    ]
    uncertain = [entry for entry in ranked if entry[2].basis != "known" or entry[2].confidence == "low"]
    uncertain.sort(key=lambda entry: (_LEVELS.index(entry[2].confidence), entry[0], entry[1]))
    return [
        _assumption(dataset, figure, figure.subject in of_profile)
        for _, _, figure in uncertain[:MAX_ASSUMPTIONS]
    ]


def _assumption(dataset: Dataset, figure: Figure, of_profile: bool) -> Assumption:
    what = wording.text(f"figure.{figure.name}")
    return Assumption(
        id=f"{figure.subject}.{figure.name}",
        label=TextRef(
            key="report.assumption",
            params={"figure": what, "profile": {"name": figure.subject, "lower": True}},
        )
        if of_profile
        else TextRef(key=f"figure.{figure.name}"),
        value=figure.value,
        unit=figure.unit,
        basis=figure.basis,
        confidence=figure.confidence,
        source=_source(dataset, figure.source),
    )


def _source(dataset: Dataset, source: str) -> str:
    """Titles of the sources named by id (``S40;S43``); anything else as it stands."""
    titles = {entry.id: entry.title for entry in dataset.sources}
    parts = (part.strip() for part in source.split(";"))
    return "; ".join(titles.get(part, part) for part in parts if part)


def _conservation(table: pa.Table) -> list[ConservationLine]:
    """Counts per scenario, summed over simulated years."""
    columns = ("arrived", "seeded", "treated", "in_treatment", "waiting")
    rows = table.to_pylist()
    scenarios: tuple[Literal["baseline", "plan"], ...] = ("baseline", "plan")
    return [
        ConservationLine(
            scenario=scenario,
            **{name: sum(row[name] for row in rows if row["scenario"] == scenario) for name in columns},
        )
        for scenario in scenarios
    ]


def _names(
    dataset: Dataset, scenario: Scenario, parts: Mapping[str, Iterable[object]], plan_profiles: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Names of every location, profile, area and pool in the document."""
    used = set(plan_profiles) | _named_locations(scenario)
    for item in scenario.actions:
        used |= {getattr(item.action, "pool", "")} | set(getattr(item.action, "profiles", None) or ())
        if isinstance(item.action, Spread):
            used |= set(item.action.from_.locations or ())
    for rows in parts.values():
        for row in rows:
            for field in ("id", "location", "profile", "area", "pool", "from_location", "to_location"):
                used.add(getattr(row, field, ""))
    names: dict[str, dict[str, str]] = {}
    for identifier in sorted(used - {""}):
        if identifier in dataset.location_index:
            name = dataset.locations[dataset.location_index[identifier]].name
            names[identifier] = dict.fromkeys(LANGUAGES, name)
        elif identifier in dataset.area_index:
            names[identifier] = dict.fromkeys(LANGUAGES, dataset.areas[dataset.area_index[identifier]].name)
        elif identifier in dataset.profile_index:
            profile = dataset.profiles[dataset.profile_index[identifier]]
            names[identifier] = {language: profile.name(language) for language in LANGUAGES}
        else:
            names[identifier] = pool_names(dataset, identifier)
    return names


def pool_names(dataset: Dataset, pool: str) -> dict[str, str]:
    """Return the name of a pool in both languages, clinics by their specialty."""
    kind, _, detail = pool.partition(":")
    if kind == "clinic" and detail in dataset.specialty_index:
        specialty = dataset.specialties[dataset.specialty_index[detail]]
        named = {"nl": specialty.name_nl, "en": specialty.name_en}
        return {lang: translate("pool.clinic", lang, specialty=named[lang].lower()) for lang in LANGUAGES}
    return {language: translate(f"pool.{pool.replace(':', '.')}", language) for language in LANGUAGES}
