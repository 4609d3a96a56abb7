"""From result tables to the impact document: what is said, what is not said, and about whom."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from tests.support import sample_result
from tests.support.sample_result import reading
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset.model import OWN_KINDS, Dataset, Figure, OwnFigure
from zorgstroom.domain.area import Region
from zorgstroom.errors import Problem
from zorgstroom.planning.norms import norm_to_judge_by
from zorgstroom.reporting import wording
from zorgstroom.reporting.answers import answers
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.impact import Estimate, Impact, TextRef, VolumeRow
from zorgstroom.reporting.intervals import estimate
from zorgstroom.reporting.rendering import render
from zorgstroom.reporting.wording import fuller
from zorgstroom.text import LANGUAGES, Language, catalogue

pytestmark = pytest.mark.unit


def impact_of(
    comparison: list[dict[str, Any]] | None = None,
    *,
    dataset: Dataset | None = None,
    actions: list[dict[str, Any]] | None = None,
    region: Region | None = None,
    replications: int = sample_result.REPLICATIONS,
) -> Impact:
    plan = sample_result.scenario() if actions is None else sample_result.scenario(actions=actions)
    return build_impact(
        sample_result.tables(comparison, replications),
        dataset or make_dataset(),
        plan,
        region,
        sample_result.identity(replications=replications),
        [],
    )


def sentences(impact: Impact, language: Language = "nl") -> list[str]:
    return [render(line, language, impact.names) for line in impact.summary]


def volume(impact: Impact, location: str, profile: str = "oesophagus") -> VolumeRow:
    return next(row for row in impact.volumes if (row.location, row.profile) == (location, profile))


def test_summary_tells_who_moves_how_far_how_long_whether_it_fits_and_how_sure() -> None:
    fits = [row for row in sample_result.readings() if row["indicator"] not in ("load", "list_growth")]
    _, _, waits, *_ = sentences(impact_of(fits))
    assert "bij UMC Noord voor slokdarmresectie wordt duidelijk langer: van 3,8 naar 6,6 weken" in waits
    assert "verschil 1,9 tot 3,7 weken" in waits
    moves, travel, waits, capacity, doubt = sentences(impact_of())
    assert "46 (45 tot 48) patiënten" in moves
    assert "vertrekken vooral bij Ziekenhuis Midden (46) en gaan vooral naar UMC Noord (46)" in moves
    assert "gemiddeld 19 minuten langer" in travel
    assert "18 patiënten per jaar reizen meer dan 30 minuten extra" in travel
    # The list for operations of NOORD grows: no mean wait can be told.
    assert "Bij één combinatie van ziekenhuis en zorg gaat de wachtlijst door dit plan groeien" in waits
    assert "Niet alles past: bij UMC Noord (operatiekamers)" in capacity
    assert "wachttijd voor de behandeling nu (slokdarmresectie)" in doubt


def test_summary_reads_in_english() -> None:
    moves, travel, *_ = sentences(impact_of(), "en")
    assert "46 (45 to 48) patients a year are seen or treated elsewhere than today" in moves
    assert "19 minutes longer on average" in travel


def test_wait_within_uncertainty_is_no_clear_difference() -> None:
    rows = [reading("wait_treatment", 4.0, 4.6, 0.7, location="NOORD", profile="oesophagus")]
    impact = impact_of(rows)
    assert not impact.waits[0].clear
    assert "geen duidelijk verschil" in " ".join(sentences(impact))


def wait(before: float, after: float, location: str, profile: str) -> dict[str, Any]:
    return reading("wait_treatment", before, after, 0.1, location=location, profile=profile)


def test_wait_of_the_care_of_the_plan_is_told_before_larger_changes_of_other_care() -> None:
    rows = [
        wait(4.0, 9.0, "ZUID", "hip"),
        wait(4.0, 5.0, "NOORD", "oesophagus"),
        wait(6.0, 4.0, "NOORD", "hip"),
        wait(6.0, 5.0, "MIDDEN", "hip"),
    ]
    impact = impact_of(rows)
    told = next(line for line in sentences(impact) if "wachttijd voor behandeling" in line)
    assert "bij UMC Noord voor slokdarmresectie wordt duidelijk langer: van 4,0 naar 5,0 weken" in told
    assert told.endswith("; op 3 andere plekken verandert de wachttijd ook: 1 langer, 2 korter.")
    assert any(
        "in 3 other places the wait changes too: 1 longer, 2 shorter." in line
        for line in sentences(impact, "en")
    )


@pytest.mark.parametrize(
    ("others", "dutch", "english"),
    [
        ([], "elders is er geen duidelijk verschil", "elsewhere there is no clear difference"),
        (
            [(4.0, 6.0)],
            "op één andere plek wordt de wachttijd duidelijk langer.",
            "in one other place the wait becomes clearly longer.",
        ),
        (
            [(6.0, 4.0), (7.0, 4.0)],
            "op 2 andere plekken wordt de wachttijd duidelijk korter.",
            "in 2 other places the wait becomes clearly shorter.",
        ),
    ],
)
def test_other_waits_are_told_with_their_direction(
    others: list[tuple[float, float]], dutch: str, english: str
) -> None:
    places = ("NOORD", "MIDDEN")
    rows = [wait(before, after, place, "hip") for place, (before, after) in zip(places, others, strict=False)]
    # Without a wait of the care of the plan that stands out, the largest of other care is told.
    impact = impact_of([*rows, wait(4.0, 9.0, "ZUID", "hip")])
    told = " ".join(sentences(impact))
    assert "bij Ziekenhuis Zuid voor heupprothese wordt duidelijk langer: van 4,0 naar 9,0 weken" in told
    assert dutch in told
    assert english in " ".join(sentences(impact, "en"))


def test_small_or_aggregate_changes_of_waits_are_not_told_as_places() -> None:
    rows = [
        reading("wait_treatment", 4.0, 4.3, 0.1, location="NOORD", profile="oesophagus"),
        reading("wait_treatment", 4.0, 6.0, 0.1, location="NOORD"),
        reading("wait_treatment", 4.0, 4.3, 0.1, location="ZUID", profile="hip"),
    ]
    impact = impact_of(rows)
    assert "geen duidelijk verschil in wachttijd" in " ".join(sentences(impact))
    assert ("ZUID", "hip") not in {(row.location, row.profile) for row in impact.waits}


def test_pool_that_was_full_anyway_is_not_news_about_the_plan() -> None:
    rows = [reading("load", 1.15, 1.15, 0.0, location="NOORD", pool="clinic:surgery")]
    assert impact_of(rows).pools == []


def test_count_of_few_patients_has_no_interval_below_zero() -> None:
    tables = sample_result.tables()
    tables["flows"] = tables["flows"].slice(0, 1)
    impact = build_impact(
        tables, make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )
    assert impact.flows[0].patients.low == 0


def test_without_intervals_nothing_is_clear_or_judged() -> None:
    rows = [reading("travel_mean", 18.0, 30.0), reading("wait_treatment", 4.0, 9.0, profile="oesophagus")]
    impact = impact_of(rows, replications=2)
    assert [row.verdict for row in impact.headline] == ["none"] * len(impact.headline)
    assert not any(row.clear for row in impact.headline)
    assert "minder dan 3 doorgerekende jaren (nu 2)" in " ".join(sentences(impact))


@pytest.mark.parametrize(
    ("indicator", "before", "after", "half_width", "verdict"),
    [
        ("travel_mean", 18.0, 20.0, 1.0, "worse"),
        ("travel_mean", 20.0, 18.0, 1.0, "better"),
        ("travel_mean", 18.0, 20.0, 2.5, "equal"),
        ("within_treeknorm", 0.8, 0.9, 0.05, "better"),
        ("occupancy", 0.7, 0.8, 0.01, "none"),
    ],
)
def test_verdict_follows_direction_and_uncertainty(
    indicator: str, before: float, after: float, half_width: float, verdict: str
) -> None:
    (row,) = impact_of([reading(indicator, before, after, half_width)]).headline
    assert row.verdict == verdict


def test_receiver_is_judged_by_the_share_of_years_at_the_norm() -> None:
    at = {"location": "NOORD", "profile": "oesophagus"}
    cases = ((1.0, "meets", 10), (0.7, "near", 7), (0.3, "fails", 3))
    for share, verdict, met in cases:
        impact = impact_of([reading("volume", 31, 60, 2, **at), reading("norm_met", 1.0, share, 0.0, **at)])
        row = volume(impact, "NOORD")
        assert (row.verdict, row.plan_met, row.norm) == (verdict, met, 20)


def test_todays_volume_below_the_norm_is_no_finding() -> None:
    at = {"location": "MIDDEN", "profile": "oesophagus"}
    impact = impact_of([reading("volume", 12, 9, 1, **at), reading("norm_met", 0.0, 0.0, 0.0, **at)])
    row = volume(impact, "MIDDEN")
    assert row.verdict == "none"
    assert row.baseline_met is None
    assert row.plan_met is None


def test_losing_a_norm_that_was_met_is_a_finding() -> None:
    at = {"location": "MIDDEN", "profile": "oesophagus"}
    impact = impact_of([reading("volume", 45, 12, 1, **at), reading("norm_met", 1.0, 0.0, 0.0, **at)])
    row = volume(impact, "MIDDEN")
    assert (row.verdict, row.baseline_met, row.plan_met) == ("fails", 10, 0)


def moved_to_noord(start: str, **changes: Any) -> list[dict[str, Any]]:
    return [{"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"], "start": start, **changes}}]


def warnings_of(impact: Impact, language: Language = "nl") -> list[str]:
    return [render(line, language, impact.names) for line in impact.warnings]


def test_volume_of_part_of_a_year_is_not_judged_by_the_norm_of_a_year() -> None:
    # The measured year 2025 begins on Monday 30 December 2024.
    in_time, late = (impact_of(actions=moved_to_noord(day)) for day in ("2024-12-30", "2024-12-31"))
    assert (volume(in_time, "NOORD").verdict, volume(in_time, "NOORD").plan_met) == ("meets", 10)
    assert (volume(late, "NOORD").verdict, volume(late, "NOORD").plan_met) == ("none", None)
    assert volume(late, "NOORD").baseline_met == 10, "today is measured over the whole year"
    at_norm = [
        {row.verdict for row in impact.headline if row.indicator == "volume_at_norm"}
        for impact in (in_time, late)
    ]
    assert at_norm == [{"better"}, {"none"}]
    assert in_time.warnings == []


def test_plan_that_starts_during_the_measured_period_is_warned_about() -> None:
    impact = impact_of(actions=moved_to_noord("2025-06-01"))
    assert warnings_of(impact) == [
        "Het plan gaat in op 1 juni 2025; de aantallen per jaar zijn een gemiddelde over het hele doorgerekende "
        "tijdvak, ook over de tijd daarvoor.",
        "Over normen van zorg die tijdens het doorgerekende tijdvak verandert, staat hier geen oordeel: "
        "de aantallen horen deels bij Nu en deels bij het plan.",
    ]
    assert warnings_of(impact, "en")[0] == (
        "The plan starts on 1 June 2025; numbers a year are a mean over the whole simulated period, the time "
        "before that included."
    )


def test_part_of_a_plan_that_starts_later_is_warned_about() -> None:
    bed = {"capacity": {"location": "NOORD", "pool": "ic:adult", "add": 1, "start": "2025-03-01"}}
    impact = impact_of(actions=[*moved_to_noord("2024-01-01"), bed])
    assert warnings_of(impact) == [
        "Een deel van het plan gaat in op 1 maart 2025; de aantallen per jaar zijn een gemiddelde over het hele "
        "doorgerekende tijdvak, ook over de tijd daarvoor."
    ]
    assert volume(impact, "NOORD").verdict == "meets", "the patients move from the beginning"


def test_announced_norm_counts_only_when_none_is_in_force() -> None:
    dataset = make_dataset()
    (norm,) = dataset.norms
    old = dataclasses.replace(norm, valid_to="2025-12-31")
    new = dataclasses.replace(norm, minimum=60, status="announced", valid_from="2026-01-01")
    dataset = dataclasses.replace(dataset, norms=(new, old))
    assert [norm_to_judge_by(dataset, "oesophagus", year).minimum for year in (2025, 2026)] == [20, 60]  # type: ignore[union-attr]
    assert norm_to_judge_by(dataset, "hip", 2025) is None


def test_flows_locations_and_areas_add_up() -> None:
    impact = impact_of()
    total = sum(row.patients.mean for row in impact.flows)
    assert total == pytest.approx(46.5)
    assert sum(row.received.mean for row in impact.locations) == pytest.approx(total)
    assert sum(row.sent.mean for row in impact.locations) == pytest.approx(total)
    assert sum(row.net.mean for row in impact.locations) == pytest.approx(0)
    assert sum(row.moved_patients.mean for row in impact.areas) == pytest.approx(total)


def test_half_a_year_of_measurement_is_scaled_to_a_year() -> None:
    tables = sample_result.tables()
    identity = sample_result.identity(weeks=26)
    impact = build_impact(tables, make_dataset(), sample_result.scenario(), None, identity, [])
    assert impact.flows[0].patients.mean == pytest.approx(93)


def test_location_outside_the_region_is_marked() -> None:
    impact = impact_of(region=Region("roaz", "Noord"))
    assert {row.id: row.in_region for row in impact.locations} == {"NOORD": True, "MIDDEN": False}


def test_pool_capacity_follows_the_plan_in_units_people_use() -> None:
    pools = {(row.location, row.pool): row for row in impact_of().pools}
    care = pools["NOORD", "ic:adult"]
    assert (care.capacity_baseline, care.capacity_plan) == (2, 3)
    # Minutes per working day, stored per mille.
    assert 100 < pools["NOORD", "or"].capacity_baseline < 1000
    assert ("ZUID", "or") not in pools, "an untouched pool is no news"


@pytest.mark.parametrize(
    ("growth", "half_width", "growing"), [(200, 20, True), (200, 210, False), (20, 5, False)]
)
def test_list_grows_only_beyond_chance(growth: float, half_width: float, growing: bool) -> None:
    rows = [
        reading("load", 0.9, 0.95, 0.0, location="NOORD", pool="or"),
        reading("list_growth", 0, growth, half_width, location="NOORD", pool="or"),
        # 400 patients a year: a list moves about 20 by chance.
        reading("list_arrivals", 300, 400, 10, location="NOORD", pool="or"),
    ]
    (row,) = impact_of(rows).pools
    assert row.growing is growing


@pytest.mark.parametrize(
    ("before", "after", "half_width", "growing"),
    [(1.05, 1.02, 0.03, False), (1.05, 1.02, 0.005, True), (1.01, 1.02, 0.03, True)],
)
def test_load_a_plan_relieves_is_too_high_only_beyond_chance(
    before: float, after: float, half_width: float, growing: bool
) -> None:
    (row,) = impact_of([reading("load", before, after, half_width, location="NOORD", pool="or")]).pools
    assert row.growing is growing


def test_load_that_fits_is_said_to_fit() -> None:
    impact = impact_of([reading("load", 0.7, 0.9, 0.0, location="NOORD", pool="or")])
    assert "kunnen de extra patiënten opvangen; de hoogste belasting is 90%" in " ".join(sentences(impact))


@pytest.mark.parametrize(("before", "after"), [(1.003, 1.008), (1.1, 1.03)])
def test_place_that_was_full_already_is_no_new_shortage(before: float, after: float) -> None:
    impact = impact_of([reading("load", before, after, 0.0, location="NOORD", pool="or")])
    told = f"{after:.0%}", f"{before:.0%}"
    assert sentences(impact)[-2] == (
        "Door het plan komt er geen nieuw tekort bij; de drukste plek was al vol: "
        f"UMC Noord (operatiekamers), met een belasting van {told[0]} (nu {told[1]})."
    )
    assert (
        f"full already: UMC Noord (operating theatres), with a load of {told[0]} (today {told[1]})"
        in (sentences(impact, "en")[-2])
    )


def test_place_that_the_plan_makes_just_full_is_said_to_be_full() -> None:
    impact = impact_of([reading("load", 0.7, 1.008, 0.0, location="NOORD", pool="or")])
    assert (
        "maar net opvangen; de drukste plek zit dan vol: UMC Noord (operatiekamers)" in sentences(impact)[-2]
    )
    assert "met een belasting van 101% (nu 70%)" in sentences(impact)[-2]


def test_load_that_did_not_fit_before_is_not_blamed_on_the_plan_alone() -> None:
    impact = impact_of([reading("load", 1.05, 1.2, 0.0, location="NOORD", pool="or")])
    assert "waar het nu al niet past" in " ".join(sentences(impact))


def test_warnings_of_the_plan_name_care_and_places_by_their_names() -> None:
    dataset = make_dataset()
    found = [
        Problem("/a", "scenario.profile_unchanged", {"profile": "oesophagus"}),
        Problem("/b", "scenario.contradicts", {"other": 1, "profiles": "oesophagus, hip"}),
        Problem("/c", "scenario.leaves_outside_region", {"region": "Zuid", "locations": "NOORD, MIDDEN"}),
        Problem("/d", "scenario.capacity_nothing_moves"),
    ]
    impact = build_impact(
        sample_result.tables(),
        dataset,
        sample_result.scenario(),
        None,
        sample_result.identity(),
        [wording.warning(problem, dataset) for problem in found],
    )
    told = [render(line, "nl", impact.names) for line in impact.warnings]
    name = dataset.profiles[dataset.profile_index["oesophagus"]].name_nl
    assert told[0] == f"Voor '{name.lower()}' verandert deze maatregel niets."
    assert f"voor: {name.lower()} en " in told[1]
    assert "UMC Noord en Ziekenhuis Midden" in told[2]


def test_plan_in_words_names_every_action() -> None:
    actions: list[dict[str, Any]] = [
        {"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"], "within": {"roaz": "Noord"}}},
        {
            "spread": {
                "profiles": ["hip"],
                "from": {"types": ["umc"]},
                "to": {"locations": ["ZUID"]},
                "share": 0.4,
                "start": "2025-06-01",
            }
        },
        {"close": {"location": "POLI"}},
        {"capacity": {"location": "ZUID", "pool": "or", "percent": -10}},
    ]
    impact = impact_of(actions=actions)
    words = [render(line, "nl", impact.names) for line in impact.actions]
    assert words == [
        "Slokdarmresectie: in ROAZ-regio Noord alleen nog bij UMC Noord. Patiënten kiezen zelf een ander ziekenhuis.",
        "Heupprothese: in heel Nederland gaat 40% van de patiënten van UMC's naar Ziekenhuis Zuid. "
        "Patiënten gaan naar de dichtstbijzijnde van deze locaties. Vanaf 1 juni 2025.",
        "Polikliniek Midden stopt met alle zorg. Patiënten kiezen zelf een ander ziekenhuis.",
        "Ziekenhuis Zuid, operatiekamers: −10% ten opzichte van Nu (in minuten per werkdag).",
    ]


def test_plan_that_moves_nobody_says_so() -> None:
    tables = sample_result.tables()
    tables["flows"] = tables["flows"].slice(0, 0)
    impact = build_impact(
        tables, make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )
    assert (
        sentences(impact)[0]
        == "Door dit plan worden geen patiënten ergens anders gezien of behandeld dan nu."
    )
    assert len(impact.summary) <= 5


def test_plan_that_moves_nobody_tells_first_what_it_does_to_all_care() -> None:
    def told(*rows: dict[str, Any]) -> list[str]:
        tables = sample_result.tables([*rows, reading("wait_first_visit", 4.1, 4.14, 0.01)])
        tables["flows"] = tables["flows"].slice(0, 0)
        made = build_impact(
            tables, make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
        )
        return sentences(made)

    wait, queue = (
        reading("wait_treatment", 8.7, 9.2, 0.2),
        reading("list_treatment_end", 8000, 8996, 100),
    )
    assert told(wait, queue)[1] == (
        "Over alle zorg samen: de wachttijd voor behandeling gaat van 8,7 naar 9,2 weken en "
        "aan het eind van het jaar wachten 996 (896 tot 1.096) patiënten meer op behandeling."
    )
    unclear = reading("wait_treatment", 8.7, 9.2, 0.6)
    fewer = reading("list_treatment_end", 8996, 8000, 100)
    assert told(unclear, fewer)[1] == (
        "Over alle zorg samen: aan het eind van het jaar wachten 996 (896 tot 1.096) patiënten minder "
        "op behandeling."
    )
    assert not any("alle zorg samen" in line for line in told(unclear))
    moving = [*sample_result.readings(), wait]
    assert not any("alle zorg samen" in line for line in sentences(impact_of(moving)))


def test_assumptions_are_uncertain_figures_least_certain_first() -> None:
    assumptions = impact_of().assumptions
    levels = [("low", "medium", "high").index(row.confidence) for row in assumptions]
    assert levels == sorted(levels)
    assert all(row.basis != "known" or row.confidence == "low" for row in assumptions)
    assert {row.id.split(".")[0] for row in assumptions} == {"oesophagus", "model", "NOORD", "MIDDEN"}
    capacities = [row for row in assumptions if row.unit.startswith("pool.unit")]
    assert capacities[0].id == "NOORD.ic:adult"
    assert all(row.basis == "derived" for row in capacities)


def own_figure(location: str, pool: str, value: float) -> OwnFigure:
    return OwnFigure("rooms", location, pool, value, "hours_per_week", 400.0, "OK-rooster", "2025")


def test_own_figures_are_told_apart_from_what_we_estimate() -> None:
    dataset = make_dataset()
    figures = (own_figure("ZUID", "or", 500.0), own_figure("NOORD", "or", 480.0))
    impact = impact_of(dataset=dataclasses.replace(dataset, own=figures))
    own = [row for row in impact.assumptions if row.basis == "own"]
    # Those of the places the plan touches come first, and none of them is called an assumption of ours.
    assert [(row.value, row.default) for row in own] == [(480.0, 400.0), (500.0, 400.0)]
    assert own == impact.assumptions[-2:]
    assert own[0].source == "OK-rooster, 2025"
    assert "NOORD.or" not in {row.id for row in impact.assumptions if row.basis == "derived"}
    assert [row.pool for row in impact.pools if row.own] == ["or"]
    assert "ziekenhuis zuid" in impact.names["ZUID"]["nl"].lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_own_figure_has_words_and_a_unit(language: Language) -> None:
    units = {
        "beds": ("ward:surgical", ["beds"]),
        "rooms": ("or", ["hours_per_week", "places", "admissions_per_week", "visits_per_week"]),
        "volumes": ("hip", ["patients_per_year", "visits_per_year"]),
        "waits": ("hip", ["weeks"]),
        "offers": ("hip", ["yes_no"]),
    }
    figures = tuple(
        OwnFigure(kind, "NOORD", subject, value, unit, 1.0, "", "")
        for kind in OWN_KINDS
        for subject, of_kind in [units[kind]]
        for unit in of_kind
        for value in (0.0, 1.0)
    )
    impact = impact_of(dataset=dataclasses.replace(make_dataset(), own=figures))
    own = [row for row in impact.assumptions if row.basis == "own"]
    assert len(own) == len(figures)
    for row in own:
        assert row.label.key in catalogue(language)
        assert row.unit in catalogue(language)
        assert "UMC Noord" in render(row.label, language, impact.names)


def test_balance_of_a_hospital_is_in_patients_hours_and_days() -> None:
    impact = impact_of()
    noord, midden = (next(row for row in impact.locations if row.id == name) for name in ("NOORD", "MIDDEN"))
    assert noord.or_hours is not None
    assert noord.bed_days is not None
    assert midden.bed_days is not None
    # Every patient has 300 minutes in an operating room and 10 days in a bed, see the sample.
    assert noord.or_hours.received.mean == pytest.approx(noord.received.mean * 5)
    assert noord.bed_days.received.mean == pytest.approx(noord.received.mean * 10)
    assert midden.bed_days.net.mean == pytest.approx(-noord.bed_days.net.mean)
    assert noord.or_hours.sent.mean == 0


def test_areas_tell_who_travels_longer_and_who_shorter() -> None:
    shorter, longer, longest = sorted(impact_of().areas, key=lambda row: row.id)
    assert shorter.shorter is not None
    assert shorter.shorter.mean == shorter.moved_patients.mean
    assert longer.longer is not None
    assert longer.longer.mean == longer.moved_patients.mean
    assert longest.travel_hours is not None
    assert longest.travel_hours.mean == pytest.approx(longest.moved_patients.mean * 30 / 60)
    assert shorter.travel_hours is not None
    assert shorter.travel_hours.mean < 0


def test_room_is_what_is_left_at_the_load_of_today() -> None:
    pools = {(row.location, row.pool): row for row in impact_of().pools}
    leaving, receiving = pools["MIDDEN", "or"], pools["NOORD", "or"]
    assert leaving.room is not None
    assert receiving.room is not None
    assert leaving.room.mean == pytest.approx(leaving.capacity_plan * (1 - 0.58 / 0.80))
    assert receiving.room.mean == pytest.approx(receiving.capacity_plan * (1 - 1.06 / 0.82))


def test_freed_and_short_are_never_set_off_against_each_other() -> None:
    impact = impact_of()
    total = next(row for row in impact.pool_totals if row.kind == "or")
    rooms = [row.room.mean for row in impact.pools if row.pool == "or" and row.room]
    assert (total.places_freed, total.places_short) == (1, 1)
    assert total.freed == pytest.approx(max(rooms))
    assert total.short == pytest.approx(-min(rooms))


def test_waits_stand_next_to_the_treeknorm() -> None:
    rows = [
        reading("wait_treatment", 5.0, 8.0, 0.2, location="NOORD", profile="oesophagus"),
        reading("within_treeknorm", 0.9, 0.4, 0.02, location="NOORD", profile="oesophagus"),
        reading("wait_treatment", 5.0, 6.0, 0.2, location="NOORD"),
    ]
    dataset = make_dataset()
    weeks = {
        f"treeknorm_{name}_weeks": Figure("model", name, value, "weeks", "known", "high", "norm")
        for name, value in (("first_visit", 4.0), ("day", 6.0), ("admission", 7.0))
    }
    with_norms = dataclasses.replace(dataset, parameters={**dataset.parameters, **weeks})
    whole, of_profile = impact_of(rows, dataset=with_norms).waits
    assert (of_profile.norm_weeks, whole.norm_weeks) == (7.0, None)
    assert of_profile.within_plan is not None
    assert of_profile.within_plan.mean == 0.4


def test_plan_that_changes_demand_says_how_many_fewer_are_treated() -> None:
    rows = [reading("volume", 10_000, 9_400, 50), *sample_result.readings()]
    demand = [{"demand": {"profiles": ["hip"], "prevent": 0.1}}]
    impact = impact_of(rows, actions=demand)
    assert not impact.same_patients
    # Fewer are treated because fewer come, or because more of them wait: the count alone does not tell which.
    assert "600 (550 tot 650) patiënten minder in het ziekenhuis behandeld dan nu" in sentences(impact)[0]
    assert "600 (550 to 650) fewer patients a year are treated" in sentences(impact, "en")[0]


def test_acute_care_that_comes_to_lie_further_is_told_with_its_norm_and_its_areas() -> None:
    rows = [
        reading("beyond_45_ed", 1_000, 9_000, 10),
        reading("beyond_45_ed", 0, 6_000, 5, area="GM0002"),
        reading("beyond_45_ed", 1_000, 3_000, 5, area="GM0003"),
        reading("beyond_45_ed", 10, 10, 0, area="GM0001"),
        reading("beyond_30_obstetrics", 500, 500, 0),
    ]
    impact = impact_of(rows)
    told = [(row.indicator, row.verdict) for row in impact.headline]
    assert told == [("beyond_45_ed", "worse")]
    norm = impact.headline[0].norm
    assert norm is not None
    assert render(norm, "nl", impact.names) == "45 minuten"
    assert [row.area for row in impact.access] == ["GM0002", "GM0003"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            0.70,
            0.74,
            "De belasting stijgt het meest bij UMC Noord (verpleegbedden chirurgie): van 70% naar 74%.",
        ),
        (0.74, 0.70, "De belasting stijgt nergens merkbaar."),
    ],
)
def test_plan_that_moves_nobody_tells_where_the_load_rises(before: float, after: float, told: str) -> None:
    tables = sample_result.tables(
        [reading("load", before, after, 0.0, location="NOORD", pool="ward:surgical")]
    )
    tables["flows"] = tables["flows"].slice(0, 0)
    nurses = [{"workforce": {"profession": "ward_nurse", "percent": -5}}]
    scenario, identity = sample_result.scenario(actions=nurses), sample_result.identity()
    assert told in sentences(build_impact(tables, make_dataset(), scenario, None, identity, []))


def test_action_is_told_with_its_reason_and_who_is_responsible() -> None:
    action = {"profiles": ["oesophagus"], "at": ["NOORD"], "why": "Eén team.", "responsible": "Raad"}
    impact = impact_of(actions=[{"concentrate": action}])
    told = render(impact.actions[0], "nl", impact.names)
    assert told.endswith("Reden: Eén team. Verantwoordelijk: Raad.")


def test_conservation_sums_over_simulated_years() -> None:
    baseline, plan = impact_of().conservation
    assert (baseline.arrived, baseline.seeded) == (10_000, 500)
    assert baseline.balanced
    assert plan.balanced


def test_every_name_is_known_in_both_languages() -> None:
    impact = impact_of()
    used = {row.location for row in impact.pools} | {row.pool for row in impact.pools}
    used |= {row.profile for row in impact.flows} | {row.id for row in impact.areas}
    assert all(set(impact.names[identifier]) == {"nl", "en"} for identifier in used)


def test_document_survives_json() -> None:
    impact = impact_of()
    assert Impact.model_validate_json(impact.model_dump_json()) == impact


def test_interval_is_students_t() -> None:
    # Three values 1, 2, 3: mean 2, standard error 1/sqrt(3), t(2) = 4.3027 (any statistics table).
    found = estimate([1, 2, 3])
    assert found.mean == 2
    assert found.high == pytest.approx(2 + 4.3027 / 3**0.5, abs=1e-3)
    assert estimate([1, 2]).low is None


def test_care_without_patients_under_the_plan_has_no_wait_to_compare() -> None:
    stopped = reading("wait_treatment", 4.0, 4.0, 0.5, location="MIDDEN", profile="oesophagus")
    stopped |= {f"{what}{part}": None for what in ("plan", "difference") for part in ("", "_low", "_high")}
    assert impact_of([stopped]).waits == []


def test_rendering_joins_and_formats() -> None:
    text = TextRef(
        key="report.named_number",
        params={"name": {"names": ["A", "B", "C"]}, "n": {"n": -1234.5, "d": 1, "signed": True}},
    )
    assert render(text, "nl") == "A, B en C (−1.234,5)"
    assert render(text, "en") == "A, B and C (−1,234.5)"


def test_a_wait_stands_out_only_beyond_what_chance_gives_somewhere() -> None:
    def around(mean: float, half: float) -> Estimate:
        return Estimate(mean=mean, low=mean - half, high=mean + half)

    assert wording.stands_out(around(2.0, 0.6))
    assert wording.stands_out(around(-2.0, 0.6))
    assert not wording.stands_out(around(2.0, 0.7)), "clear on its own, not among hundreds"
    assert not wording.stands_out(around(0.4, 0.0)), "too small to tell"
    assert not wording.stands_out(Estimate(mean=9.0)), "no interval below three years"


def test_places_that_get_too_full_are_all_told_also_where_nobody_arrives() -> None:
    # MIDDEN sends patients and loses room faster than work; two places were too full already.
    rows = [
        reading("load", 0.90, 1.10, 0.0, location="NOORD", pool="or"),
        reading("load", 1.05, 1.20, 0.0, location="MIDDEN", pool="or"),
        *(
            reading("load", 1.02, 1.04 + n / 100, 0.0, location="ZUID", pool=pool)
            for n, pool in enumerate(("ward:surgical", "ward:medical", "ic:adult"))
        ),
    ]
    impact = impact_of(rows)
    assert sentences(impact)[-2] == (
        "Niet alles past: bij UMC Noord (operatiekamers) komt door het plan meer werk binnen dan er gedaan kan worden, "
        "en de wachtlijst blijft daar groeien; bij Ziekenhuis Midden (operatiekamers), Ziekenhuis Zuid "
        "(IC-bedden volwassenen), Ziekenhuis Zuid (verpleegbedden interne zorg) en één andere plek past het nu al "
        "niet, en wordt het voller."
    )
    assert len(fuller(impact.pools)) == 5


def test_full_hospitals_that_send_more_patients_on_are_told_where_the_plan_moves_nobody() -> None:
    tables = sample_result.tables([reading("diverted", 13.2, 20.8, 1.5)])
    tables["flows"] = tables["flows"].slice(0, 0)
    impact = build_impact(
        tables, make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )
    assert sentences(impact)[0] == (
        "Dit plan verplaatst zelf geen patiënten, maar volle ziekenhuizen verwijzen meer spoedpatiënten door: "
        "20,8 per 1.000, nu 13,2."
    )
    assert "full hospitals send on more acute patients: 20.8 per 1,000" in sentences(impact, "en")[0]


def test_demand_of_another_year_is_said_to_be_that_of_today_too() -> None:
    scenario = sample_result.scenario(horizon={"demand_factors": [{"factor": 1.03, "ages": ["75plus"]}]})
    impact = build_impact(
        sample_result.tables(),
        make_dataset(),
        scenario,
        None,
        sample_result.identity(demand_year=2035),
        [],
    )
    year, factor = warnings_of(impact)
    assert year.startswith("De zorgvraag is die van 2035, in Nu en in het plan.")
    assert "75 jaar en ouder, in heel Nederland: maal 1,03" in factor
    assert "demand of 2035" in warnings_of(impact, "en")[0]
    assert not impact_of().warnings


def test_how_sure_begins_with_a_count_of_simulated_years_and_the_fixed_word() -> None:
    impact = impact_of()
    longer = sum(year > 0 for year in hours_per_year())
    assert impact.longer_years == longer
    first = answers(impact)["sure"][0]
    said = render(first, "nl", impact.names)
    assert f"in {longer} van de {sample_result.REPLICATIONS} doorgerekende jaren" in said
    assert said.startswith("Wie verhuist, reist vrijwel altijd gemiddeld langer")
    # Nobody moves: there is nothing to say of it.
    nobody = impact.model_copy(update={"longer_years": None})
    assert answers(nobody)["sure"][0].key != first.key


def hours_per_year() -> list[int]:
    """Return the extra travel of everybody who moves, in each simulated year."""
    sums = dict.fromkeys(range(sample_result.REPLICATIONS), 0)
    for row in sample_result.tables()["flows"].to_pylist():
        sums[row["replication"]] += row["extra_travel_hundredths"]
    return list(sums.values())
