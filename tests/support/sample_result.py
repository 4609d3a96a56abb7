"""Result tables of one plan in the small country, written by hand: oesophagus only at UMC Noord.

45 patients a year leave Ziekenhuis Midden; its norm, the travel time, one wait and one pool change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.reporting.impact import Identity
from zorgstroom.tables import SCHEMAS

REPLICATIONS = 10

PLAN: Mapping[str, Any] = {
    "zorgstroom": 1,
    "name": "Slokdarmzorg op één plek",
    "description": "Alle slokdarmresecties bij UMC Noord.",
    "actions": [
        {"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"]}},
        {"capacity": {"location": "NOORD", "pool": "ic:adult", "add": 1}},
    ],
}

#: Patients per area (rows) who move from MIDDEN to NOORD, and their extra minutes one way.
MOVED = {"GM0001": (5, -20), "GM0002": (22, 20), "GM0003": (18, 30)}


def scenario(**changes: Any) -> Scenario:
    """Return the plan; name what differs."""
    return Scenario.model_validate({**PLAN, **changes})


def identity(**changes: Any) -> Identity:
    """Return where the result comes from; name what differs."""
    made = Identity(
        run_id="3f9a1c",
        region="",
        dataset_id="small",
        dataset_version="1",
        dataset_digest="0" * 64,
        model_version="1.0",
        engine="simpy",
        seed=1,
        replications=REPLICATIONS,
        demand_year=2025,
        weeks=52,
        created="2026-11-22T12:00:00+00:00",
    )
    return made.model_copy(update=changes)


def reading(
    indicator: str, baseline: float, plan: float, half_width: float | None = None, **place: str
) -> dict[str, Any]:
    """Return one row of the comparison; every interval has the same half width (None: no intervals)."""
    row: dict[str, Any] = dict.fromkeys(("location", "profile", "area", "pool", "band"), "")
    row |= {"indicator": indicator, "replications": REPLICATIONS, **place}
    for what, mean in (("baseline", baseline), ("plan", plan), ("difference", plan - baseline)):
        row[what] = mean
        row[f"{what}_low"] = None if half_width is None else mean - half_width
        row[f"{what}_high"] = None if half_width is None else mean + half_width
    return row


def readings() -> list[dict[str, Any]]:
    """Return the comparison of the plan."""
    at_noord = {"location": "NOORD", "profile": "oesophagus"}
    at_midden = {"location": "MIDDEN", "profile": "oesophagus"}
    return [
        reading("volume_at_norm", 0.93, 0.96, 0.01),
        reading("travel_mean", 18.4, 18.9, 0.2),
        reading("travel_p90", 31.0, 31.2, 0.4),
        reading("travel_over_30", 0.102, 0.118, 0.004),
        reading("wait_first_visit", 4.1, 4.1, 0.1),
        reading("wait_treatment", 5.6, 5.7, 0.2),
        reading("within_treeknorm", 0.81, 0.80, 0.02),
        reading("list_treatment_end", 410, 421, 15),
        reading("occupancy", 0.71, 0.712, 0.004, pool="ward"),
        reading("diverted", 3.1, 3.3, 0.5),
        reading("travel_mean", 19.6, 34.9, 0.8, profile="oesophagus"),
        reading("travel_p90", 32.0, 61.0, 1.5, profile="oesophagus"),
        reading("travel_over_30", 0.21, 0.55, 0.05, profile="oesophagus"),
        reading("wait_treatment", 4.0, 6.6, 0.9, profile="oesophagus"),
        reading("volume", 31, 76, 3, **at_noord),
        reading("volume", 45, 0, 3, **at_midden),
        reading("volume", 257, 257, 12, location="NOORD", profile="hip"),
        reading("norm_met", 1.0, 1.0, 0.0, **at_noord),
        reading("norm_met", 1.0, 0.0, 0.0, **at_midden),
        reading("wait_treatment", 3.8, 6.6, 0.9, **at_noord),
        reading("wait_treatment", 4.2, 4.0, 0.6, location="MIDDEN"),
        reading("wait_first_visit", 2.0, 2.6, 0.8, **at_noord),
        reading("list_treatment_end", 3, 12, 2, **at_noord),
        reading("load", 0.82, 1.06, 0.0, location="NOORD", pool="or"),
        reading("load", 0.66, 0.91, 0.0, location="NOORD", pool="ic:adult"),
        reading("load", 0.70, 0.93, 0.0, location="NOORD", pool="ward:surgical"),
        reading("load", 0.80, 0.58, 0.0, location="MIDDEN", pool="or"),
        reading("load", 0.71, 0.50, 0.0, location="MIDDEN", pool="ward:surgical"),
        reading("load", 0.70, 0.70, 0.0, location="ZUID", pool="or"),
        reading("occupancy", 0.79, 0.98, 0.02, location="NOORD", pool="or"),
        reading("list_growth", 2, 95, 11, location="NOORD", pool="or"),
        reading("list_arrivals", 420, 620, 15, location="NOORD", pool="or"),
        reading("list_growth", 1, -4, 6, location="MIDDEN", pool="or"),
        reading("or_hours", 560, 830, 20, location="NOORD"),
        reading("or_hours", 745, 475, 20, location="MIDDEN"),
        reading("bed_days", 3400, 3950, 80, location="NOORD"),
        reading("extra_travel_band", 0, 5, 1, band="<0"),
        reading("extra_travel_band", 0, 22, 2, band="20-25"),
        reading("extra_travel_band", 0, 18, 2, band="30-45"),
    ]


def tables(
    comparison: Sequence[Mapping[str, Any]] | None = None, replications: int = REPLICATIONS
) -> dict[str, pa.Table]:
    """Return the four tables; one moved patient more or less per simulated year gives the spread."""
    flows = [
        {
            "replication": replication,
            "profile": "oesophagus",
            "area": area,
            "from_location": "MIDDEN",
            "to_location": "NOORD",
            "patients": patients + replication % 2,
            "extra_travel_hundredths": (patients + replication % 2) * minutes * 100,
            "bed_days": (patients + replication % 2) * 10,
            "or_minutes": (patients + replication % 2) * 300,
            "ic_minutes": (patients + replication % 2) * 2880,
        }
        for replication in range(replications)
        for area, (patients, minutes) in MOVED.items()
    ]
    conservation = [
        {
            "scenario": name,
            "replication": replication,
            "arrived": 1000,
            "seeded": 50,
            "treated": 990 - 5 * (name == "plan"),
            "in_treatment": 20,
            "waiting": 40 + 5 * (name == "plan"),
        }
        for name in ("baseline", "plan")
        for replication in range(replications)
    ]
    rows: dict[str, Sequence[Mapping[str, Any]]] = {
        "indicators": [],
        "flows": flows,
        "comparison": readings() if comparison is None else comparison,
        "conservation": conservation,
    }
    return {name: pa.Table.from_pylist(list(rows[name]), schema=schema) for name, schema in SCHEMAS.items()}


def simulated_years(replications: int = REPLICATIONS) -> pa.Table:
    """Return the table of indicators of the plan, year by year: volumes and travel of oesophagus, and all travel."""
    rows = []
    for number in range(replications):
        # Of the same patients: one more or less a year, on both sides.
        more = number % 3 - 1
        about = [
            ("volume", {"location": "NOORD", "profile": "oesophagus"}, 31 + more, 76 + more, 1),
            ("volume", {"location": "MIDDEN", "profile": "oesophagus"}, 45 + more, 0, 1),
            ("volume", {"location": "NOORD", "profile": "hip"}, 257 + more, 257 + more, 1),
            ("volume", {"location": "NOORD"}, 288 + more, 333 + more, 1),
            ("volume", {"location": "MIDDEN"}, 345 + more, 300 + more, 1),
            ("volume", {"profile": "oesophagus"}, 76 + more, 76 + more, 1),
            ("volume", {"profile": "hip"}, 557 + more, 557 + more, 1),
            ("travel_mean", {}, 18_400 + 10 * more, 18_900 + 10 * more, 10),
            ("load", {"location": "NOORD", "pool": "or"}, 82 + more, 106 + more, 100),
        ]
        for indicator, place, baseline, plan, count in about:
            for scenario_name, total in (("baseline", baseline), ("plan", plan)):
                row: dict[str, Any] = dict.fromkeys(("location", "profile", "area", "pool", "band"), "")
                row |= {"scenario": scenario_name, "replication": number, "indicator": indicator, **place}
                rows.append(row | {"total": total, "count": count})
    return pa.Table.from_pylist(rows, schema=SCHEMAS["indicators"])


def national_tables(dataset: Dataset, replications: int) -> dict[str, pa.Table]:
    """Return tables as large as those of a national plan: everybody goes to the next hospitals of the list."""
    ids = [location.id for location in dataset.locations]
    profiles = ["lung", "hip_replacement", "cataract"]
    flows = []
    for index, sender in enumerate(ids):
        for step in range(1, 21):
            receiver = ids[(index + step) % len(ids)]
            area = dataset.areas[(7 * index + 3 * step) % len(dataset.areas)].id
            for extra, profile in enumerate(profiles, start=-1):
                minutes = (step + 5 * extra) * (1 if index % 2 else -1)
                flows += [
                    {
                        "replication": replication,
                        "profile": profile,
                        "area": area,
                        "from_location": sender,
                        "to_location": receiver,
                        "patients": 4 + (replication + index) % 3,
                        "extra_travel_hundredths": (4 + (replication + index) % 3) * minutes * 100,
                        "bed_days": 12,
                        "or_minutes": 300,
                        "ic_minutes": 0,
                    }
                    for replication in range(replications)
                ]
    comparison = [reading("volume_at_norm", 0.93, 0.96, 0.01), reading("travel_mean", 18.4, 18.9, 0.2)]
    for index, location in enumerate(ids):
        change = 0.1 if index % 2 else -0.1
        comparison += [
            reading("load", 0.95, 0.95 + change, 0.01, location=location, pool=pool)
            for pool in ("or", "ward:surgical", "day")
        ]
        for profile in profiles:
            at = {"location": location, "profile": profile}
            comparison += [
                reading("wait_treatment", 6.0, 6.0 + 20 * change, 0.1, **at),
                reading("volume", 60, 60 + 100 * change, 4, **at),
            ]
    comparison += [reading("wait_treatment", 6.0, 6.5, 0.1, profile=profile) for profile in profiles]
    rows: dict[str, Sequence[Mapping[str, Any]]] = {
        "indicators": [],
        "flows": flows,
        "comparison": [{**row, "replications": replications} for row in comparison],
    }
    made = {name: pa.Table.from_pylist(list(rows[name]), schema=SCHEMAS[name]) for name in rows}
    return {**made, "conservation": tables([], replications)["conservation"]}
