"""From the four result tables to one impact document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Literal, TypeVar

import pyarrow as pa

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.hospital import POOL_UNITS
from zorgstroom.domain.scenario import Close, Concentrate, Scenario, Spread
from zorgstroom.indicators.catalogue import CATALOGUE, TRAVEL_BANDS, Theme
from zorgstroom.planning.norms import norm_to_judge_by
from zorgstroom.planning.plan import Plan, action_order, calendar_of, compile_plan
from zorgstroom.reporting import capacity, doubts, places, waiting, waterfall, wording
from zorgstroom.reporting.growing import Kind, Queues
from zorgstroom.reporting.impact import (
    Assumption,
    ConfidenceLevel,
    ConservationLine,
    Estimate,
    Identity,
    Impact,
    Row,
    Section,
    TextRef,
    TravelBand,
    Verdict,
    VolumeRow,
)
from zorgstroom.reporting.own_minimum import own_minimums
from zorgstroom.reporting.readings import Moves, Reading, Readings, is_clear
from zorgstroom.reporting.sections import Sources, sections
from zorgstroom.text import LANGUAGES, translate

Item = TypeVar("Item")

#: How well this model can tell something: travel and volume rest on public counts and a calibrated
#: choice model; waiting and load rest on capacities that are derived, not observed.
CONFIDENCE: Mapping[Theme, ConfidenceLevel] = {
    "volume": "medium",
    "travel": "medium",
    "activity": "medium",
    "waiting": "low",
    "capacity": "low",
    # Key figures and prices without a Dutch source per hospital.
    "staff": "low",
    "finance": "low",
}
#: Share of simulated years from which a norm counts as met, and below which as not met.
MET_FROM, NOT_MET_BELOW = 0.95, 0.40
#: Profiles with rows of their own in the summary table: all their rows, or only travel time.
MAX_HEADLINE_PROFILES, MAX_TRAVEL_PROFILES = 3, 8
#: Longest parts of the document, in rows; the result tables hold everything.
LONGEST: Mapping[str, int] = {"flows": 5_000, "waits": 3_000, "volumes": 2_000, "pools": 2_000}

#: Indicators with rows in the summary table only where the plan changes them.
_WHEN_CHANGED = ("replaced", "contact_travel", "beyond_45_ed", "beyond_30_obstetrics")
#: Minutes in the name of an indicator about the people who live further away.
_BEYOND_MINUTES = {"beyond_45_ed": 45, "beyond_30_obstetrics": 30}

#: Waits and list of all care together, told in the summary of a plan that moves nobody.
_OVERALL = ("wait_first_visit", "wait_treatment", "list_treatment_end")
_HEADLINE_PER_PROFILE = ("volume_at_norm", "travel_mean", "travel_p90", "travel_over_30", "wait_treatment")


def build_impact(
    tables: Mapping[str, pa.Table],
    dataset: Dataset,
    scenario: Scenario,
    region: Region | None,
    identity: Identity,
    warnings: Sequence[TextRef],
) -> Impact:
    """Return the impact document of one run from its tables (schemas in `zorgstroom.tables`).

    With a table `waterfall` it also says what each part of the plan does.
    """
    readings = Readings(tables["comparison"])
    moves = Moves(tables["flows"], identity.replications, identity.weeks)
    plan = compile_plan(scenario, dataset, region)
    plan_profiles = _plan_profiles(scenario, dataset, moves)
    late = _late_profiles(scenario, dataset, plan)
    centres = _centres(scenario, dataset, plan)
    locations = places.locations(dataset, region, moves, _named_locations(scenario, centres))
    resized = {dataset.locations[change.location].id for change in plan.capacities}
    touched = list(dict.fromkeys([*(row.id for row in locations), *sorted(resized)]))
    bands = _bands(readings)
    left_out: dict[str, int] = {}

    def longest(part: str, rows: list[Item]) -> list[Item]:
        if len(rows) > LONGEST[part]:
            left_out[part] = len(rows) - LONGEST[part]
        return rows[: LONGEST[part]]

    queues = Queues(readings, dataset, identity.weeks)
    waits = longest("waits", waiting.waits(readings, dataset, queues, touched, plan_profiles))
    pools = capacity.pools(readings, dataset, capacity.planned_capacities(dataset, plan), queues)
    volumes = _volumes(readings, dataset, identity, plan_profiles, centres, late)
    assumptions = doubts.assumptions(dataset, plan_profiles, pools, touched)
    moved = {name for (name,) in moves.patients("profile")}
    moved_locations = sum(row.received.mean > 0 or row.sent.mean > 0 for row in locations)
    parts: dict[str, Any] = {
        "headline": _headline(readings, dataset, identity, queues, plan_profiles, late),
        "locations": locations,
        "profiles": places.profiles(moves, readings),
        "volumes": longest("volumes", volumes),
        "flows": longest("flows", places.flows(moves)),
        "areas": places.areas(dataset, moves, identity.demand_year),
        "waits": waits,
        "access": _access(readings),
        "pools": longest("pools", pools),
        "activity": _activity(readings, touched),
    }
    contributed = sections(
        Sources(
            tables, readings, moves, dataset, scenario, region, plan, identity, touched, tuple(plan_profiles)
        )
    )
    demand_factors = wording.demand_factors(scenario)
    parts_rows = waterfall.waterfall(tables["waterfall"]) if "waterfall" in tables else []
    texts = {
        "actions": wording.actions(scenario, region),
        "summary": wording.summary(
            moves.patients().get(()),
            moves.extra_minutes().get(()),
            readings.at("volume") if plan.demand else None,
            locations,
            bands,
            waits,
            pools,
            assumptions,
            plan_profiles,
            identity.replications,
            readings.at("diverted"),
            [row for name in _OVERALL if (row := readings.at(name)) is not None and not _grows(row, queues)],
        ),
        "demand_factors": demand_factors,
        "own_minimums": own_minimums(scenario, dataset, plan, volumes, late),
        "unchanged": wording.unchanged(
            dataset,
            len(moved),
            moved_locations,
            same_capacity=not plan.capacities,
            same_demand=not plan.demand,
        ),
        "limits": _limits(wording.limits(scenario, region), contributed),
        "warnings": [
            *wording.other_demand(identity.demand_year, dataset.base_year, demand_factors),
            *warnings,
            *_late_warnings(scenario, dataset, volumes, late),
        ],
    }
    return Impact(
        name=scenario.name,
        description=scenario.description,
        identity=identity,
        travel_bands=bands,
        pool_totals=capacity.totals(pools),
        conservation=_conservation(tables["conservation"]),
        same_patients=not plan.demand,
        moved=moves.patients().get(()),
        moved_extra_minutes=moves.extra_minutes().get(()),
        longer_years=moves.longer_years(),
        waterfall=parts_rows,
        waterfall_notes=waterfall.notes(parts_rows, scenario) if "waterfall" in tables else [],
        assumptions=assumptions,
        left_out=left_out,
        sections=contributed,
        names=_names(
            dataset, _mentioned(parts, texts, assumptions, plan_profiles) | _in_sections(contributed)
        ),
        **parts,
        **texts,
    )


def verdict_of(reading: Reading) -> Verdict:
    """Return better or worse for a clear difference, by the direction of the indicator's catalogue entry."""
    return judged(reading.indicator, reading.difference)


def judged(indicator: str, difference: Estimate) -> Verdict:
    """Return whether a difference of an indicator is clearly better or worse."""
    if difference.low is None:
        return "none"
    if not is_clear(difference):
        return "equal"
    direction = CATALOGUE[indicator].direction
    if direction == "neutral":
        return "none"
    return "better" if (difference.mean > 0) == (direction == "higher") else "worse"


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


def _centres(scenario: Scenario, dataset: Dataset, plan: Plan) -> set[tuple[str, str]]:
    """Places the plan itself points at: (location, profile); where it counts, all that are left."""
    centres: set[tuple[str, str]] = set()
    for item in scenario.actions:
        action = item.action
        if isinstance(action, Concentrate):
            centres |= {(location, profile) for location in action.at or () for profile in action.profiles}
        elif isinstance(action, Spread):
            centres |= {
                (location, profile) for location in action.to.locations or () for profile in action.profiles
            }
    for move in plan.moves:
        action = scenario.actions[move.action].action
        if isinstance(action, Concentrate) and action.at is None:
            profile = dataset.profiles[move.profile].id
            centres |= {(dataset.locations[index].id, profile) for index in move.receivers.nonzero()[0]}
    return centres


def _named_locations(scenario: Scenario, centres: Set[tuple[str, str]]) -> set[str]:
    named = {getattr(item.action, "location", "") for item in scenario.actions}
    return (named | {location for location, _ in centres}) - {""}


def _late_profiles(scenario: Scenario, dataset: Dataset, plan: Plan) -> frozenset[str]:
    """Profiles whose patients start to move only after the measured period has begun.

    Their measured volume is partly that of today, so it says nothing about a norm for a year of the plan.
    """
    first = calendar_of(scenario, dataset).measured_from_day
    return frozenset(dataset.profiles[move.profile].id for move in plan.moves if move.start_day > first)


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


def _headline(
    readings: Readings,
    dataset: Dataset,
    identity: Identity,
    queues: Queues,
    plan_profiles: Sequence[str],
    late: Set[str],
) -> list[Row]:
    rows: list[Row] = []
    if len(plan_profiles) <= MAX_TRAVEL_PROFILES:
        few = len(plan_profiles) <= MAX_HEADLINE_PROFILES
        indicators = _HEADLINE_PER_PROFILE if few else ("travel_mean",)
        for profile in plan_profiles:
            found = (readings.at(indicator, profile=profile) for indicator in indicators)
            rows += [_row(reading) for reading in found if reading is not None]
            contacts = readings.at("contact_travel", profile=profile)
            rows += [_row(contacts)] if contacts is not None and _changes(contacts) else []
    for changed in _WHEN_CHANGED:
        rows += [_row(reading) for reading in readings.of(changed, _is_overall) if _changes(reading)]
    for name, indicator in CATALOGUE.items():
        if indicator.headline:
            rows += [_row(reading) for reading in readings.of(name, _is_overall)]
    rows = [told for row in rows if (told := _unless_growing(row, queues)) is not None]
    normed = (row.model_copy(update={"norm": _norm(row, dataset, identity)}) for row in rows)
    return [_unjudged_if_late(row, late) for row in normed]


#: Indicators of a wait that mean nothing where its queue grows, by the kind of wait.
_OF_WAIT: Mapping[str, Kind] = {
    "wait_first_visit": "first_visit",
    "wait_treatment": "treatment",
    "within_treeknorm": "treatment",
}


def _unless_growing(row: Row, queues: Queues) -> Row | None:
    """Return the row; of a mean wait of which the queues grow, their growth; of a share within the norm, nothing."""
    kind = _OF_WAIT.get(row.indicator)
    queue = queues.behind(kind, row.location, row.profile) if kind else None
    if kind is None or queue is None or not queue.grows:
        return row
    before, after, difference = queue.per_week_baseline, queue.per_week_plan, queue.per_week_difference
    if row.indicator == "within_treeknorm" or before is None or after is None or difference is None:
        return None
    verdict: Verdict = "none"
    if queue.grows_plan and not queue.grows_baseline and difference.mean > 0:
        verdict = "worse"
    elif queue.grows_baseline and not queue.grows_plan and difference.mean < 0:
        verdict = "better"
    return row.model_copy(
        update={
            "indicator": f"growth_{kind}",
            "baseline": before,
            "plan": after,
            "difference": difference,
            "clear": is_clear(difference),
            "verdict": verdict,
        }
    )


def _changes(reading: Reading) -> bool:
    """Whether the plan changes it by as much as can be written down."""
    decimals = CATALOGUE[reading.indicator].decimals
    return round(reading.difference.mean, decimals) != 0


def _access(readings: Readings) -> list[Row]:
    """Areas with more or fewer inhabitants far from acute care, the largest changes first."""
    rows = [
        _row(reading)
        for indicator in _BEYOND_MINUTES
        for reading in readings.of(indicator, lambda row: bool(row.area))
        if _changes(reading)
    ]
    return sorted(rows, key=lambda row: (-abs(row.difference.mean), row.indicator, row.area))


def _norm(row: Row, dataset: Dataset, identity: Identity) -> TextRef | None:
    """What is agreed about an indicator: a minimum volume, a longest wait, a furthest distance."""
    if row.indicator == "volume_at_norm":
        norm = norm_to_judge_by(dataset, row.profile, identity.demand_year) if row.profile else None
        if norm is not None:
            return TextRef(key="report.norm.volume", params={"n": wording.number(norm.minimum)})
    if row.indicator in _BEYOND_MINUTES:
        minutes = wording.number(_BEYOND_MINUTES[row.indicator])
        return TextRef(key="report.norm.minutes", params={"n": minutes})
    if row.indicator in ("wait_first_visit", "wait_treatment"):
        kind: Kind = "first_visit" if row.indicator == "wait_first_visit" else "treatment"
        weeks = waiting.norm_weeks(dataset, kind, row.profile)
        if weeks is not None:
            return TextRef(key="report.norm.weeks", params={"n": wording.number(weeks)})
    if row.indicator in ("wait_treatment", "within_treeknorm"):
        limits = {
            name: wording.number(dataset.parameter(f"treeknorm_{name}_weeks"))
            for name in ("day", "admission")
            if f"treeknorm_{name}_weeks" in dataset.parameters
        }
        return TextRef(key="report.norm.treeknorm", params=limits) if len(limits) == 2 else None
    return None


def _unjudged_if_late(row: Row, late: Set[str]) -> Row:
    """Take the judgement off a share at the norm that counts volumes of a part of the year."""
    if row.indicator == "volume_at_norm" and (row.profile in late or (late and not row.profile)):
        return row.model_copy(update={"verdict": "none"})
    return row


def _grows(reading: Reading, queues: Queues) -> bool:
    """Whether it is a mean wait of queues that grow."""
    kind = _OF_WAIT.get(reading.indicator)
    return kind is not None and queues.behind(kind, reading.location, reading.profile).grows


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


def _bands(readings: Readings) -> list[TravelBand]:
    rows = []
    for band, _ in TRAVEL_BANDS:
        reading = readings.at("extra_travel_band", band=band)
        rows.append(TravelBand(band=band, patients=reading.plan if reading else Estimate(mean=0.0)))
    return rows


def _volumes(
    readings: Readings,
    dataset: Dataset,
    identity: Identity,
    plan_profiles: Sequence[str],
    centres: Set[tuple[str, str]],
    late: Set[str],
) -> list[VolumeRow]:
    """Volumes that the plan changes, with the norm where there is one.

    Who offers what today is partly derived; a volume of today below a norm is then an artefact of that
    derivation and no finding about a hospital. So today's count of years at the norm is only given where
    the norm is met, and a verdict only about what the plan does: at its centres, or where a norm that was
    met is no longer met. And no verdict where the plan changes a profile during the measured period: then the
    volume is not that of a year of the plan.
    """
    of_plan = set(plan_profiles)
    rows = []
    for reading in readings.of("volume", lambda row: bool(row.location) and row.profile in of_plan):
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
                norm_source=doubts.sources(dataset, norm.source) if norm else "",
                baseline_met=before,
                plan_met=after,
                replications=years,
                verdict=verdict,
            )
        )
    order = {profile: index for index, profile in enumerate(plan_profiles)}
    rows.sort(key=lambda row: (row.norm is None, order[row.profile], -row.plan.mean, row.location))
    return rows


def _norm_verdict(share_met: float) -> Verdict:
    if share_met >= MET_FROM:
        return "meets"
    return "fails" if share_met < NOT_MET_BELOW else "near"


def _activity(readings: Readings, touched: Sequence[str]) -> list[Row]:
    """Production of the locations the plan touches, where it is not nil on both sides."""
    order = {location: index for index, location in enumerate(touched)}
    rows = [
        _row(reading)
        for name, indicator in CATALOGUE.items()
        if indicator.theme == "activity"
        for reading in readings.of(name, lambda row: row.location in order and not (row.profile or row.pool))
        if reading.baseline.mean or reading.plan.mean
    ]
    return sorted(rows, key=lambda row: order[row.location])


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


def _mentioned(
    parts: Mapping[str, Iterable[object]],
    texts: Mapping[str, Iterable[TextRef]],
    assumptions: Iterable[Assumption],
    plan_profiles: Sequence[str],
) -> set[str]:
    """Ids of everything the document refers to."""
    used = set(plan_profiles)
    for rows in parts.values():
        for row in rows:
            for field in ("id", "location", "profile", "area", "pool", "from_location", "to_location"):
                used.add(getattr(row, field, ""))
    for line in [text for lines in texts.values() for text in lines] + [row.label for row in assumptions]:
        used |= set(_named_in(line.params))
    return used - {""}


#: What is not in the report, by the section that takes it away and what is left of it.
_TAKEN_AWAY = {
    "report.limit.money": ("finance", "report.limit.money_partly"),
    "report.limit.quality": ("quality", "report.limit.quality_partly"),
    "report.limit.transition": ("years", None),
}


def _limits(lines: Iterable[TextRef], contributed: Iterable[Section]) -> list[TextRef]:
    """Return what is not in the report, given what its further parts bring."""
    there = {section.id for section in contributed}
    kept = []
    for line in lines:
        section, left = _TAKEN_AWAY.get(line.key, ("", None))
        if section not in there:
            kept.append(line)
        elif left is not None:
            kept.append(TextRef(key=left))
    return kept


def _in_sections(contributed: Iterable[Section]) -> set[str]:
    """Ids in the cells and sentences of sections; words that are no id find no name."""
    cells = [cell for section in contributed for row in section.rows for cell in row]
    texts = [cell for cell in cells if isinstance(cell, TextRef)]
    texts += [line for section in contributed for line in section.sentences]
    return {cell for cell in cells if isinstance(cell, str)} | {
        name for line in texts for name in _named_in(line.params)
    }


def _named_in(value: object) -> Iterator[str]:
    """Yield the ids in the parameters of a text; their forms are those of `zorgstroom.reporting.rendering`."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key == "name" and isinstance(part, str) and "key" not in value:
                yield part
            elif key == "names":
                yield from part
            else:
                yield from _named_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from _named_in(part)


def _names(dataset: Dataset, used: Set[str]) -> dict[str, dict[str, str]]:
    """Names of every location, profile, area and pool in the document."""
    names: dict[str, dict[str, str]] = {}
    for identifier in sorted(used):
        if identifier in dataset.location_index:
            name = dataset.locations[dataset.location_index[identifier]].name
            names[identifier] = dict.fromkeys(LANGUAGES, name)
        elif identifier in dataset.area_index:
            names[identifier] = dict.fromkeys(LANGUAGES, dataset.areas[dataset.area_index[identifier]].name)
        elif identifier in dataset.profile_index:
            profile = dataset.profiles[dataset.profile_index[identifier]]
            names[identifier] = {language: profile.name(language) for language in LANGUAGES}
        elif identifier.partition(":")[0] in POOL_UNITS:
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
