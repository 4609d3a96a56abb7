"""The worked example of the national method, every cell against a calculation by hand.

What is expected here was worked out on paper from the inputs; no function of the product takes part in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from tests.support.national_example import SHOWN, documented, worked_example

from zorgstroom.dataset import load_dataset
from zorgstroom.national.measures import ACTIVITIES, PROFESSIONS
from zorgstroom.national.outcome import Outcome, outcome_of
from zorgstroom.national.reading import read_cases
from zorgstroom.national.tables import Cell, tables
from zorgstroom.national.template import about_rows, template_csv, template_tables
from zorgstroom.text import LANGUAGES, Language

pytestmark = pytest.mark.unit

NORMS = ("lung_resection", "lung_benign", "pancreas_ercp", "kidney_local")
PLACES = ("NOORD", "OOST", "ZUID", "WEST")

#: Place: before, after step 1, after step 2.
VOLUMES: dict[str, dict[str, tuple[int, int, int]]] = {
    # East's 30 patients live in G3, to which South (28 minutes) is nearest of those that remain. West then misses 10
    # and North 18; West's shortfall is the smallest. Nearest to West is North (30), which has nothing to spare; South
    # (36) has 40. Nearest to North is West (30), exactly at the norm now; South (40) has 90 - 60 = 30.
    "lung_resection": {
        "NOORD": (42, 42, 60),
        "OOST": (30, 0, 0),
        "ZUID": (70, 100, 72),
        "WEST": (50, 50, 60),
    },
    # 1.5 x 30 and 1.5 x 70.
    "lung_benign": {"OOST": (45, 0, 0), "ZUID": (105, 150, 150)},
    # A tenth of 100 moves: 60% to North, 40% to South.
    "pancreas_ercp": {"NOORD": (200, 206, 206), "OOST": (100, 90, 90), "ZUID": (300, 304, 304)},
    # North's area G6 (50,000 of its 150,000 people: 15 of 45 patients) is nearer to West, which starts.
    "kidney_local": {"NOORD": (45, 30, 30), "OOST": (20, 0, 0), "ZUID": (50, 70, 70), "WEST": (0, 15, 15)},
}
FLOWS: dict[str, dict[tuple[str, str], str]] = {
    # West takes a tenth of South's 100, North then a fifth of its 90, of those who came from East as of the others.
    "lung_resection": {
        ("OOST", "WEST"): "3",
        ("OOST", "NOORD"): "5.4",
        ("OOST", "ZUID"): "21.6",
        ("ZUID", "WEST"): "7",
        ("ZUID", "NOORD"): "12.6",
    },
    "lung_benign": {("OOST", "ZUID"): "45"},
    "pancreas_ercp": {("OOST", "NOORD"): "6", ("OOST", "ZUID"): "4"},
    "kidney_local": {("NOORD", "WEST"): "15", ("OOST", "ZUID"): "20"},
}
#: Receiver, giver, shortfall, surplus, minutes, patients.
TOP_UPS = [("WEST", "ZUID", 10, 40, 36, 10), ("NOORD", "ZUID", 18, 30, 40, 18)]
#: Patients, those whose travel changes, mean before, mean extra, longest after, most extra.
TRAVEL = {
    "lung_resection": ("192", "49.6", "531.28/49.6", "1195.12/49.6", "50", "35"),
    "pancreas_ercp": ("600", "10", "10", "192/10", "30", "20"),
    "kidney_local": ("115", "35", "650/35", "90/35", "28", "18"),
}
#: Patients and inhabitants by band of extra minutes; bands that are not here are empty.
BANDS: dict[str, dict[str, tuple[str, int]]] = {
    "lung_resection": {
        "0": ("142.4", 222_000),
        "15-20": ("21.6", 36_000),
        "20-25": ("9.18", 14_400),
        "25-30": ("4.9", 7_000),
        "30-45": ("13.92", 20_600),
    },
    "pancreas_ercp": {"0": ("590", 295_000), "15-20": ("4", 2_000), "20-25": ("6", 3_000)},
    "kidney_local": {"<0": ("15", 50_000), "0": ("80", 200_000), "15-20": ("20", 50_000)},
}
#: What one patient asks, in the order of ACTIVITIES: visits, nursing days, IC days, day treatments, radiotherapy, ED
#: visits, scope hours, OR hours, claims, cost; then hours of the professions in the order of PROFESSIONS.
LUNG = ["6", "5.2", "0.4", "0", "2", "0.1", "0", "2.5", "15000", "12000"]
LUNG += ["95/12", "19/12", "7/6", "5", "2.5", "0", "0.66", "24.96", "7.68"]
LUNG_SOUTH = ["6", "4.8", "0.4", "0", "2", "0.1", "0", "3", "15000", "12000"]
LUNG_SOUTH += ["553/60", "11/6", "7/6", "6", "3", "0", "0.66", "23.04", "7.68"]
BENIGN = ["3", "4", "0", "0", "0", "0", "0", "1.5", "0", "0"]
BENIGN += ["269/60", "13/12", "7/6", "3", "1.5", "0", "0.66", "19.2", "0"]
ERCP = ["2", "1", "0", "0", "0", "0", "0.75", "0", "2000", "0"]
ERCP += ["187/120", "0", "0", "0", "0", "1.5", "0", "4.8", "0"]
NEPHRECTOMY = ["5", "4", "0", "0", "0", "0", "0", "3", "10000", "0"]
NEPHRECTOMY += ["269/30", "11/6", "7/6", "6", "3", "0", "0.66", "19.2", "0"]
NEPHRECTOMY_NORTH = ["5", "3", "0", "0", "0", "0", "0", "3", "10000", "0"]
NEPHRECTOMY_NORTH += ["269/30", "11/6", "7/6", "6", "3", "0", "0.66", "14.4", "0"]
FOCAL = ["4", "0", "0", "1", "0", "0", "0", "1", "0", "0"]
FOCAL += ["103/30", "5/6", "7/6", "2", "1", "0", "0.66", "0", "0"]
#: Place, intervention: change in patients, and what one asks by own and by national proxies. Of the kidney, a receiver
#: works with the proxies of the sender, in the sender's mix: 36 to 9 in North, 10 to 10 in East.
CHANGES = {
    ("NOORD", "lung_resection"): (18, LUNG, LUNG),
    ("OOST", "lung_resection"): (-30, LUNG, LUNG),
    ("ZUID", "lung_resection"): (2, LUNG_SOUTH, LUNG),
    ("WEST", "lung_resection"): (10, LUNG, LUNG),
    ("OOST", "lung_benign"): (-45, BENIGN, BENIGN),
    ("ZUID", "lung_benign"): (45, BENIGN, BENIGN),
    ("NOORD", "pancreas_ercp"): (6, ERCP, ERCP),
    ("OOST", "pancreas_ercp"): (-10, ERCP, ERCP),
    ("ZUID", "pancreas_ercp"): (4, ERCP, ERCP),
    ("NOORD", "kidney_nephrectomy"): (-12, NEPHRECTOMY_NORTH, NEPHRECTOMY),
    ("NOORD", "kidney_focal"): (-3, FOCAL, FOCAL),
    ("OOST", "kidney_nephrectomy"): (-10, NEPHRECTOMY_NORTH, NEPHRECTOMY),
    ("OOST", "kidney_focal"): (-10, FOCAL, FOCAL),
    ("ZUID", "kidney_nephrectomy"): (10, NEPHRECTOMY_NORTH, NEPHRECTOMY),
    ("ZUID", "kidney_focal"): (10, FOCAL, FOCAL),
    ("WEST", "kidney_nephrectomy"): (12, NEPHRECTOMY_NORTH, NEPHRECTOMY),
    ("WEST", "kidney_focal"): (3, FOCAL, FOCAL),
}
#: Level, organisation, place, specialty: the same changes summed, and the total they are held against.
OR_HOURS = {
    # North: 18 x 2.5 - 12 x 3 - 3 x 1 = 6; East: -30 x 2.5 - 45 x 1.5 - 10 x 3 - 10 x 1 = -182.5.
    ("location", "Koepel", "NOORD", ""): ("6", "20000", 0),
    ("location", "Koepel", "OOST", ""): ("-182.5", "12000", -2),
    ("organisation", "Koepel", "", ""): ("-176.5", "32000", -1),
    # South: 2 x 3 + 45 x 1.5 + 10 x 3 + 10 x 1 = 113.5; West: 10 x 2.5 + 12 x 3 + 3 x 1 = 64.
    ("location", "Zuid", "ZUID", ""): ("113.5", "30000", 0),
    ("organisation", "Zuid", "", ""): ("113.5", "30000", 0),
    ("location", "West", "WEST", ""): ("64", "15000", 0),
    ("organisation", "West", "", ""): ("64", "15000", 0),
    # Surgery without the kidney: 45 - 75 - 67.5 = -97.5 of 8,000, and 6 + 67.5 = 73.5 of 10,000.
    ("specialty", "Koepel", "", "surgery"): ("-97.5", "8000", -1),
    ("specialty", "Zuid", "", "surgery"): ("73.5", "10000", 1),
    ("specialty", "West", "", "surgery"): ("25", None, None),
    ("specialty", "Koepel", "", "urology"): ("-79", None, None),
    ("specialty", "Zuid", "", "urology"): ("40", None, None),
    ("specialty", "West", "", "urology"): ("39", None, None),
    ("specialty", "Koepel", "", "gastroenterology"): ("0", None, None),
    ("specialty", "Zuid", "", "gastroenterology"): ("0", None, None),
}
#: Hours with own proxies, to 50: North, East, South, West. Ward nurses of East: -30 x 24.96 - 45 x 19.2 - 10 x 4.8 -
#: 10 x 14.4 = -1804.8.
HOURS = {
    "operating_specialist": (50, -600, 350, 200),
    "anaesthetist": (0, -100, 100, 50),
    "vspa": (0, -100, 100, 50),
    "or_assistant": (0, -350, 250, 150),
    "anaesthesia_assistant": (0, -200, 100, 50),
    "scope_nurse": (0, 0, 0, 0),
    "recovery_nurse": (0, -50, 50, 0),
    "ward_nurse": (300, -1800, 1050, 400),
    "ic_nurse": (150, -250, 0, 100),
}


def exact(text: str) -> Fraction:
    """Return ``531.28/49.6`` or ``5.2``."""
    above, _, below = text.partition("/")
    return Fraction(above) / Fraction(below or "1")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The example as ``zorgstroom national template --example`` writes it, read again and worked out."""
    return worked_example(tmp_path_factory.mktemp("example"))


def rows(outcome: Outcome, table: str) -> Iterator[dict[str, Cell]]:
    found = next(item for item in tables([outcome], "en") if item.id == table)
    for row in found.rows:
        yield dict(zip(found.columns, row, strict=True))


def test_who_goes_where(outcome: Outcome) -> None:
    assert [item.norm.id for item in outcome.norms] == list(NORMS)
    found = {
        item.norm.id: {
            outcome.case.places[place].id: (item.before[place], item.after_step_1[place], item.after[place])
            for place in item.decisions
            if outcome.case.decision(place, item.norm.id).choice != "not_done"
        }
        for item in outcome.norms
    }
    expected: object = VOLUMES
    assert found == expected


def test_from_whom_to_whom(outcome: Outcome) -> None:
    ids = [place.id for place in outcome.case.places]
    found = {
        item.norm.id: {(ids[origin], ids[to]): patients for (origin, to), patients in item.flows().items()}
        for item in outcome.norms
    }
    assert found == {
        norm: {pair: exact(number) for pair, number in flows.items()} for norm, flows in FLOWS.items()
    }


def test_step_2_takes_the_smallest_shortfall_first(outcome: Outcome) -> None:
    found = [
        tuple(row[name] for name in ("to", "from", "shortfall", "surplus", "minutes", "patients"))
        for row in rows(outcome, "top_ups")
    ]
    assert found == TOP_UPS


def test_travel(outcome: Outcome) -> None:
    columns = ("patients", "changed", "mean_before", "mean_extra", "longest_after", "longest_extra")
    found = {str(row["norm"]): tuple(row[name] for name in columns) for row in rows(outcome, "travel")}
    assert found == {norm: tuple(map(exact, numbers)) for norm, numbers in TRAVEL.items()}


def test_bands(outcome: Outcome) -> None:
    found: dict[str, dict[str, tuple[Cell, Cell]]] = {}
    for row in rows(outcome, "bands"):
        if row["patients"] and row["band"] != "Total":
            found.setdefault(str(row["norm"]), {})[str(row["band"])] = (row["patients"], row["inhabitants"])
    assert found == {
        norm: {band: (exact(patients), people) for band, (patients, people) in bands.items()}
        for norm, bands in BANDS.items()
    }


def test_every_effect_on_activity_and_hours(outcome: Outcome) -> None:
    ids = [place.id for place in outcome.case.places]
    found = {
        (ids[effect.place], effect.intervention, effect.what): (effect.patients, effect.own, effect.national)
        for effect in outcome.effects
    }
    expected: object = {
        (place, intervention, what): (patients, patients * exact(own), patients * exact(national))
        for (place, intervention), (patients, of_own, of_all) in CHANGES.items()
        for what, own, national in zip((*ACTIVITIES, *PROFESSIONS), of_own, of_all, strict=True)
    }
    assert found == expected


def test_hours_per_profession_are_rounded_to_50(outcome: Outcome) -> None:
    by_hand = {
        name: tuple(
            round(
                sum(
                    patients * exact(own[len(ACTIVITIES) + column])
                    for (at, _), (patients, own, _) in CHANGES.items()
                    if at == place
                )
                / 50
            )
            * 50
            for place in PLACES
        )
        for column, name in enumerate(HOURS)
    }
    assert by_hand == HOURS
    found: dict[str, list[Cell]] = {}
    names = {row["profession"]: None for row in rows(outcome, "staff_totals")}
    codes = dict(zip(names, PROFESSIONS, strict=True))
    for row in rows(outcome, "staff_totals"):
        if row["location"] == "Total":
            assert row["national"] == 0
        else:
            found.setdefault(codes[row["profession"]], []).append(row["rounded_own"])
    assert {name: tuple(values) for name, values in found.items()} == HOURS


def test_operating_hours_against_their_totals(outcome: Outcome) -> None:
    levels = {"organisation": "organisation", "specialty": "specialty", "location": "location"}
    found = {
        (levels[str(row["level"])], row["organisation"], row["location"], str(row["specialty"]).lower()): (
            row["own"],
            row["total"],
            row["percent_own"],
        )
        for row in rows(outcome, "totals")
        if row["activity"] == "OR time"
    }
    assert found == {
        key: (exact(own), None if total is None else exact(total), percent)
        for key, (own, total, percent) in OR_HOURS.items()
    }


def test_nothing_is_lost_or_made(outcome: Outcome) -> None:
    for item in outcome.norms:
        assert sum(item.before.values()) == sum(item.after_step_1.values()) == sum(item.after.values())
        assert sum(stream.patients for stream in item.streams) == sum(item.before.values())
    for what in (*ACTIVITIES, *PROFESSIONS):
        assert sum(effect.national for effect in outcome.effects if effect.what == what) == 0


def test_which_value_was_used_is_visible_per_cell(outcome: Outcome) -> None:
    found = {
        (row["location"], row["intervention"], row["measure"]): (row["value"], row["origin"], row["national"])
        for row in rows(outcome, "inputs")
    }
    lung, kidney = "Lung: resection for cancer", "Kidney: (partial) nephrectomy"
    assert found["ZUID", lung, "or_minutes"] == (180, "own", 150)
    assert found["NOORD", lung, "or_minutes"] == (150, "national, given", 150)
    assert found["OOST", kidney, "stay_without_ic"] == (3, "organisation", 4)
    assert found["NOORD", lung, "operators"] == (2, "assumed", 2)
    assert found["OOST", "Lung: surgery for benign disease", "cost"] == (None, "missing", None)
    volumes = {(row["location"], row["intervention"]): row["origin"] for row in rows(outcome, "used_volumes")}
    assert volumes["OOST", "Lung: surgery for benign disease"] == "rule of the method"
    assert volumes["OOST", lung] == "own"


def test_a_calculation_can_be_followed(outcome: Outcome) -> None:
    written = {
        (row["location"], row["intervention"], row["what"]): row["formula_own"]
        for row in rows(outcome, "activity")
    }
    assert written["ZUID", "Lung: resection for cancer", "Nursing days"] == "2 × 4.8"
    assert written["WEST", "Kidney: (partial) nephrectomy", "Nursing days"] == "12 × 3 (NOORD)"
    asked = {
        (row["location"], row["intervention"], row["what"]): row["formula_own"]
        for row in rows(outcome, "per_patient")
    }
    assert asked["ZUID", "Lung: resection for cancer", "Nursing days"] == "0.2 * 6 + (1 - 0.2) * 4.5"


@pytest.mark.parametrize("language", LANGUAGES)
def test_csv_files_say_the_same_as_the_workbook(outcome: Outcome, tmp_path: Path, language: Language) -> None:
    sheets = template_tables(load_dataset(), (), language, example=True, own_areas=False)
    about = about_rows("Voorbeeld", language, example=True)
    for name, content in template_csv(sheets, about, language).items():
        (tmp_path / name).write_bytes(content)
    again = outcome_of(read_cases(tmp_path, "nl2025")[0])
    assert [item.after for item in again.norms] == [item.after for item in outcome.norms]
    assert [effect.own for effect in again.effects] == [effect.own for effect in outcome.effects]


def test_every_total_is_the_sum_by_hand(outcome: Outcome) -> None:
    owner = {"NOORD": "Koepel", "OOST": "Koepel", "ZUID": "Zuid", "WEST": "West"}
    names: tuple[str, ...] = (
        "Clinic visits",
        "Nursing days",
        "IC days",
        "Day treatments",
        "Radiotherapy sessions",
    )
    names += ("ED visits", "Scope time", "OR time", "Claims", "Cost")
    of_specialty = {"Clinic visits", "Nursing days", "Day treatments", "Scope time", "OR time"}
    of_location = {*names[:6], "OR time"}
    expected: dict[tuple[str, ...], list[Fraction]] = {}
    for (place, intervention), (patients, own, national) in CHANGES.items():
        line = {"lung": "Surgery", "panc": "Gastroenterology", "kidn": "Urology"}[intervention[:4]]
        for column, name in enumerate(names):
            places = [("organisation", owner[place], "", "", name)]
            if name in of_specialty:
                places.append(("specialty", owner[place], "", line, name))
            if name in of_location:
                places.append(("location", owner[place], place, "", name))
            for key in places:
                sums = expected.setdefault(key, [Fraction(0), Fraction(0)])
                sums[0] += patients * exact(own[column])
                sums[1] += patients * exact(national[column])
    keys = ("level", "organisation", "location", "specialty", "activity")
    found = {tuple(str(row[key]) for key in keys): row for row in rows(outcome, "totals")}
    assert found.keys() == expected.keys()
    for which, sides in expected.items():
        row = found[which]
        assert [row["own"], row["national"]] == sides
        assert [row["rounded_own"], row["rounded_national"]] == [round(side / 10) * 10 for side in sides]


@pytest.mark.parametrize("table", [*SHOWN, "activities", "professions"])
def test_the_documentation_shows_these_figures(outcome: Outcome, table: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "national-method.md").read_text("utf-8")
    assert documented(outcome)[table] in page
