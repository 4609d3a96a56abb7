"""How far a figure may be off, by how sure we are of it: the ranges that a robustness run draws from.

One place for these ranges. A figure of 100 with medium confidence is drawn between 85 and 115. They are a
convention of this model and no confidence intervals: nobody measured how wrong such figures are.
"""

from __future__ import annotations

from collections.abc import Mapping

from zorgstroom.domain.hospital import Confidence

#: Part of its value that a figure may be lower or higher, by confidence.
RELATIVE_RANGE: Mapping[Confidence, float] = {"high": 0.05, "medium": 0.15, "low": 0.35}

#: Figures that are whole numbers and stay so.
WHOLE_NUMBERS = frozenset(
    {
        "providers",
        "planner_look_ahead",
        "change_over_minutes",
        "acute_reserve_min",
        "ic_reserve",
        "diversion_delay_minutes",
        "work_up_days",
        "observation_minutes",
    }
)

#: Figures between 0 and 1.
SHARES = frozenset(
    {
        "acute_share",
        "procedure_share",
        "ic_probability",
        "acute_reserve_share",
        "outlier_max_share",
        "ward_target_load",
        "via_ed_share",
    }
)

#: Figures that are never drawn, by why: ``robust.held_reason.<reason>`` in the catalogue.
HELD_FIGURES: Mapping[str, str] = {
    # What was agreed is not uncertain.
    "treeknorm_first_visit_weeks": "agreed",
    "treeknorm_day_weeks": "agreed",
    "treeknorm_admission_weeks": "agreed",
    # How the model counts a day or a queue: another value is another definition.
    "discharge_minute": "definition",
    "small_clinic_visits": "definition",
    "diversion_max_candidates": "definition",
    # One fitted factor per area; the function that all areas share is drawn.
    "access_factor": "shared",
    # No simulated patient depends on them.
    "transfer_share": "unused",
    "mortality_percent_low_volume": "unused",
    "mortality_percent_high_volume": "unused",
    # Worked out after the patients; outcomes have a low and a high of their own where it matters.
    "road_detour_factor": "after",
    "car_kg_co2_per_km": "after",
    "mortality_percent_mean": "after",
    "cost_eur": "after",
}

#: Whole tables that are never drawn, by why.
HELD_TABLES: Mapping[str, str] = {
    "population.csv": "counted",
    "national_population.csv": "counted",
    "areas.csv": "counted",
    "locations.csv": "counted",
    "profiles.csv": "definition",
    "norms.csv": "agreed",
    # Rules of the national method of 2024.
    "interventions.csv": "agreed",
    "demand_patterns.csv": "definition",
    "targets.csv": "unused",
    "sources.csv": "unused",
    "staffing.csv": "after",
    "prices.csv": "after",
    "cost_behaviour.csv": "after",
    "volume_outcome.csv": "after",
    "dependencies.csv": "after",
    "own_figures.csv": "own",
    "travel_minutes.csv": "own",
    "derived/capacities.csv": "follows",
}


def relative_bounds(value: float, confidence: Confidence, *, share: bool = False) -> tuple[float, float]:
    """Return the lowest and highest factor on a figure; a share stays at most one.

    >>> relative_bounds(0.8, "low", share=True), relative_bounds(12.0, "high")
    ((0.65, 1.25), (0.95, 1.05))
    """
    reach = RELATIVE_RANGE[confidence]
    highest = 1 + reach
    if share and value > 0:
        highest = max(1.0, min(highest, 1 / value))
    return 1 - reach, highest
