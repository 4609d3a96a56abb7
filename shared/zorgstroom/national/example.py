"""The worked example of the documentation: four hospitals and six areas that do not exist."""

from __future__ import annotations

from collections.abc import Mapping

#: Cells of the filled-in columns by sheet; texts and numbers as a planner would type them.
Typed = str | int | float
EXAMPLE_PLACES = {"NOORD": ("Noord", "Koepel", "G1"), "OOST": ("Oost", "Koepel", "G3")} | {
    "ZUID": ("Zuid", "Zuid", "G5"),
    "WEST": ("West", "West", "G6"),
}
#: Area: inhabitants, and minutes to Noord, Oost, Zuid and West.
EXAMPLE_AREAS: Mapping[str, tuple[int, tuple[int, ...]]] = {
    "G1": (60_000, (10, 25, 40, 30)),
    "G2": (40_000, (15, 20, 35, 40)),
    "G3": (50_000, (30, 10, 28, 45)),
    "G4": (30_000, (40, 20, 16, 50)),
    "G5": (70_000, (45, 30, 10, 35)),
    "G6": (50_000, (30, 42, 36, 12)),
}
EXAMPLE_VOLUMES: Mapping[tuple[str, str], int] = {
    **{("NOORD", "lung_resection"): 42, ("OOST", "lung_resection"): 30},
    **{("ZUID", "lung_resection"): 70, ("WEST", "lung_resection"): 50},
    **{("NOORD", "pancreas_ercp"): 200, ("OOST", "pancreas_ercp"): 100, ("ZUID", "pancreas_ercp"): 300},
    **{("NOORD", "kidney_nephrectomy"): 36, ("NOORD", "kidney_focal"): 9},
    **{("OOST", "kidney_nephrectomy"): 10, ("OOST", "kidney_focal"): 10},
    **{("ZUID", "kidney_nephrectomy"): 40, ("ZUID", "kidney_focal"): 10},
}
EXAMPLE_CHOICES: Mapping[tuple[str, str], str] = {
    **{("NOORD", "lung_resection"): "keeps", ("OOST", "lung_resection"): "stops"},
    **{("ZUID", "lung_resection"): "keeps", ("WEST", "lung_resection"): "keeps"},
    **{("OOST", "lung_benign"): "stops", ("ZUID", "lung_benign"): "keeps"},
    **{("NOORD", "pancreas_ercp"): "keeps", ("OOST", "pancreas_ercp"): "stops"},
    **{("ZUID", "pancreas_ercp"): "keeps", ("WEST", "pancreas_ercp"): "not_done"},
    **{("NOORD", "kidney_local"): "keeps", ("OOST", "kidney_local"): "stops"},
    **{("ZUID", "kidney_local"): "keeps", ("WEST", "kidney_local"): "receives"},
}
EXAMPLE_OVERRIDES: tuple[tuple[str, str, str, float], ...] = (
    ("OOST", "pancreas_ercp", "NOORD", 0.6),
    ("OOST", "pancreas_ercp", "ZUID", 0.4),
)
#: Holder ("": national), intervention, measure: value.
EXAMPLE_PROXIES: Mapping[tuple[str, str, str], float] = {
    **{("", "lung_resection", "visits_before"): 2, ("", "lung_resection", "visits_after"): 3},
    **{("", "lung_resection", "share_admitted"): 1, ("", "lung_resection", "share_ic"): 0.2},
    **{("", "lung_resection", "stay_without_ic"): 5, ("", "lung_resection", "stay_after_ic"): 6},
    **{("", "lung_resection", "ic_stay"): 2, ("", "lung_resection", "ed_visits"): 0.1},
    **{("", "lung_resection", "or_minutes"): 150, ("", "lung_resection", "claims"): 15_000},
    **{("", "lung_resection", "cost"): 12_000, ("", "lung_resection", "radiotherapy_sessions"): 2},
    **{("ZUID", "lung_resection", "stay_without_ic"): 4.5, ("ZUID", "lung_resection", "or_minutes"): 180},
    **{("", "lung_benign", "visits_before"): 1, ("", "lung_benign", "visits_after"): 1},
    **{("", "lung_benign", "share_admitted"): 1, ("", "lung_benign", "stay_without_ic"): 4},
    ("", "lung_benign", "or_minutes"): 90,
    **{("", "pancreas_ercp", "visits_before"): 1, ("", "pancreas_ercp", "visits_after"): 1},
    **{("", "pancreas_ercp", "share_admitted"): 0.5, ("", "pancreas_ercp", "stay_without_ic"): 2},
    **{("", "pancreas_ercp", "scope_minutes"): 45, ("", "pancreas_ercp", "claims"): 2_000},
    **{("", "pancreas_ercp", "visits_anaesthesia"): 0, ("", "pancreas_ercp", "recovery_hours"): 0},
    **{("", "pancreas_ercp", "visits_vspa_before"): 0, ("", "pancreas_ercp", "visits_vspa_after"): 0},
    **{("", "kidney_nephrectomy", "visits_before"): 2, ("", "kidney_nephrectomy", "visits_after"): 2},
    **{("", "kidney_nephrectomy", "share_admitted"): 1, ("", "kidney_nephrectomy", "share_ic"): 0},
    **{("", "kidney_nephrectomy", "stay_without_ic"): 4, ("", "kidney_nephrectomy", "or_minutes"): 180},
    **{("", "kidney_nephrectomy", "ed_visits"): 0, ("", "kidney_nephrectomy", "claims"): 10_000},
    **{("Koepel", "kidney_nephrectomy", "stay_without_ic"): 3, ("", "kidney_focal", "visits_before"): 1},
    **{("", "kidney_focal", "visits_after"): 2, ("", "kidney_focal", "share_admitted"): 0},
    ("", "kidney_focal", "day_treatments"): 1,
    **{("", "kidney_focal", "or_minutes"): 60, ("", "*", "ward_nurses"): 0.2},
}
#: Organisation, location ("": the organisation), specialty ("": all), activity: total a year.
EXAMPLE_KEY_FIGURES: Mapping[tuple[str, str, str, str], int] = {
    **{("Koepel", "NOORD", "", "or_hours"): 20_000, ("Koepel", "OOST", "", "or_hours"): 12_000},
    **{("Zuid", "ZUID", "", "or_hours"): 30_000, ("West", "WEST", "", "or_hours"): 15_000},
    **{("Koepel", "", "", "nursing_days"): 150_000, ("Zuid", "", "", "nursing_days"): 120_000},
    **{("Koepel", "", "surgery", "or_hours"): 8_000, ("Zuid", "", "surgery", "or_hours"): 10_000},
    ("Koepel", "", "", "claims"): 400_000_000,
}
