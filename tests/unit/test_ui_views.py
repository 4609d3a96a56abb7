"""The screens without a browser: what the impact page and the comparison say about a known result."""

from __future__ import annotations

import html
import re
from functools import cache

import pytest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.client import Comparison, ComparisonCell, RunInfo, RunState
from zorgstroom.errors import Unavailable
from zorgstroom.reporting import board
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.impact import AreaImpact, Estimate, Impact, LocationImpact, PoolRow, Row
from zorgstroom.text import LANGUAGES, Language, catalogue
from zorgstroom_ui import session
from zorgstroom_ui.components import charts, comparison, country_map, impact_board, pictures
from zorgstroom_ui.components.html import (
    MOST_ROWS,
    ROWS_AT_ONCE,
    Column,
    Html,
    TableRow,
    cut_table,
    element,
    table,
)
from zorgstroom_ui.components.impact_view import ImpactView
from zorgstroom_ui.components.wording import area_name, basis_lines, figures_in_use, no_value, years_text
from zorgstroom_ui.server import streamlit_options

pytestmark = pytest.mark.unit


@cache
def impact() -> Impact:
    return build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )


def words(markup: str) -> str:
    """Return what a reader sees, without the marks."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


def view(language: Language = "nl", **changes: object) -> ImpactView:
    return ImpactView(impact().model_copy(update=changes), language)


def rows_of(markup: str) -> list[list[str]]:
    """Return the texts of the cells of every row of a table."""
    return [
        [words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", markup, re.DOTALL)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_section_shows_a_key_or_a_blank_that_was_not_filled(language: Language) -> None:
    shown = view(language)
    sections = [section for group in impact_board.SECTIONS.values() for section in group]
    told = [section(shown) for section in (*sections, *impact_board.DETAILS.values())]
    told += [impact_board.theme(shown, names) for names in impact_board.themes(shown).values()]
    page = words("".join([*told, shown.travel(), shown.areas(), shown.map_key()]))
    assert not re.findall(r"\b(?:ui|report|indicator|unit|verdict|band|figure)\.[a-z_.]+", page)
    assert "{" not in page
    assert "None" not in page


def test_how_many_go_elsewhere_from_an_area_is_not_told_of_a_few() -> None:
    area = impact().areas[0]
    few = area.model_copy(update={"moved_patients": Estimate(mean=3.0, low=2.0, high=4.0), "name": "Klein"})
    many = area.model_copy(update={"moved_patients": Estimate(mean=10.0, low=9.0, high=11.0)})
    shown = view(areas=[few, many])
    patients = {row[0]: row[2] for row in rows_of(shown.areas())}
    assert patients["Klein"] == "minder dan 10"
    assert patients[area.name].startswith("10")
    assert [row[2] for row in shown.areas_sheet().rows if row[0] == "Klein"] == ["minder dan 10"]


def test_figures_of_an_organisation_are_named_on_pages_without_outcomes() -> None:
    public = sample_result.identity()
    own = sample_result.identity(own_figures=3, confidential=True, dataset_version="1+own")
    shared = own.model_copy(update={"confidential": False})
    assert figures_in_use(None, "nl") == figures_in_use(public, "nl") == ""
    assert "Vertrouwelijk" in words(figures_in_use(own, "nl"))
    assert "gegevens small 1+own. Deel ze niet verder." in words(figures_in_use(own, "nl"))
    assert "Vertrouwelijk" not in words(figures_in_use(shared, "nl"))
    assert basis_lines([], "nl") == basis_lines([public], "nl")
    assert "eigen cijfers" not in "".join(basis_lines([public], "nl"))
    assert [line.split()[0] for line in basis_lines([own], "nl")] == ["VERTROUWELIJK:", "Gebaseerd"]
    assert "openbare cijfers en eigen cijfers" in basis_lines([shared], "nl")[0]


def test_start_does_without_the_figures_in_use_when_no_outcome_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(name: str, created: str, state: RunState) -> RunInfo:
        return RunInfo(id=name, scenario_id=name, name=name, state=state, created=created)

    def unreadable(_: str) -> Impact:
        raise Unavailable(what="result")

    runs = [run("old", "2025", "completed"), run("new", "2026", "completed"), run("busy", "2027", "running")]
    found = {"old": sample_result.identity(), "new": sample_result.identity(own_figures=2)}
    monkeypatch.setattr(session, "latest_runs", lambda: {item.id: item for item in runs})
    monkeypatch.setattr(session, "impact", lambda name: impact().model_copy(update={"identity": found[name]}))
    assert session.newest_identity() == found["new"]
    monkeypatch.setattr(session, "impact", unreadable)
    assert session.newest_identity() is None
    monkeypatch.setattr(session, "latest_runs", dict)
    assert session.newest_identity() is None


def test_text_from_outside_never_becomes_markup() -> None:
    shown = view(name="<script>alert(1)</script>", description="<b>vet</b> & 'meer'")
    assert "<script>" not in shown.heading()
    assert "<b>vet" not in shown.changes()
    assert "&lt;b&gt;vet&lt;/b&gt; &amp;" in shown.changes()
    assert element("p", "a < b") == "<p>a &lt; b</p>"
    assert element("p", Html("<b>a</b>"), title='"') == '<p title="&quot;"><b>a</b></p>'


def test_the_summary_has_a_group_per_kind_of_care_and_one_for_everything() -> None:
    rows = rows_of(view().summary())
    groups = [row[0] for row in rows if len(row) == 1]
    # What says most first, and all of it behind a line to open.
    assert groups == 2 * ["Slokdarmresectie", "Alle zorg samen"]
    shown = [row for row in rows if len(row) > 1]
    assert len(shown) == 1 + board.ROWS + 1 + len(impact().headline)
    travel = next(row for row in rows if row[0].startswith("Gemiddelde reistijd"))
    assert travel[1:4] == ["19,6 18,8 tot 20,4", "34,9 34,1 tot 35,7", "+15,3 14,5 tot 16,1"]
    assert travel[4:6] == [no_value(), "▲ slechter"]


def test_a_certain_difference_that_reads_as_zero_is_neither_better_nor_worse() -> None:
    nothing = Estimate(mean=0.01, low=0.005, high=0.015)
    row = Row(
        indicator="wait_treatment",
        baseline=Estimate(mean=5.0),
        plan=Estimate(mean=5.01),
        difference=nothing,
        clear=True,
        verdict="worse",
    )
    assert rows_of(view(headline=[row]).summary())[1][5] == "○ vrijwel gelijk"


def test_intervals_stop_at_what_is_possible() -> None:
    wide = Estimate(mean=0.5, low=-0.7, high=1.8)
    row = Row(
        indicator="volume_at_norm", baseline=wide, plan=wide, difference=wide, clear=False, verdict="equal"
    )
    cells = rows_of(view(headline=[row]).summary())[1]
    assert cells[1] == "50,0% 0,0 tot 100,0"
    assert cells[3] == "+50,0 procentpunt −70,0 tot 180,0"


def test_the_largest_movers_come_first_with_their_numbers() -> None:
    rows = rows_of(view().who())
    assert [row[0] for row in rows[1:3]] == ["1 UMC Noord", "2 Ziekenhuis Midden"]
    assert rows[1][3].startswith("46")
    assert rows[2][1].startswith("46")
    assert rows[2][4].startswith("−46")


def test_the_bands_add_up_to_everybody_who_moves() -> None:
    rows = rows_of(view().travel())
    assert rows[-1] == ["Samen", "", "45", "100%"]
    assert [row[3] for row in rows[1:-1] if row[3] != "0%"] == ["11%", "49%", "40%"]


def test_a_hospital_that_stops_has_no_waiting_to_compare_and_no_verdict() -> None:
    midden = next(row for row in rows_of(view().volumes()) if row[0].startswith("Ziekenhuis Midden"))
    assert midden[4:] == ["stopt met deze zorg", "−"]
    noord = next(row for row in rows_of(view().volumes()) if row[0].startswith("UMC Noord"))
    assert noord[4:] == ["vrijwel altijd: in 10 van de 10 jaren", "● voldoet"]


def pool(name: str, today: float, plan: float, growth: float) -> PoolRow:
    return PoolRow(
        location="NOORD",
        pool=name,
        capacity_baseline=1,
        capacity_plan=1,
        load_baseline=today,
        load_plan=plan,
        occupancy_baseline=None,
        occupancy_plan=None,
        growing=plan > 1,
        growth_per_week=Estimate(mean=growth),
    )


def test_lists_the_plan_makes_grow_are_kept_apart_from_those_that_grow_anyway() -> None:
    pools = [pool("proc", 1.2, 1.21, 4.0), pool("or", 0.9, 1.06, 2.5), pool("adm", 0.7, 0.8, 0.0)]
    page = view(pools=pools).capacity()
    assert words(page).count("er komen per week") == 1
    assert "er komen per week 2,5 wachtenden bij" in words(page)
    assert "Op 1 plek is er ook zonder het plan te weinig capaciteit" in words(page)
    assert [row[5] for row in rows_of(page)[1:4]] == ["▲ lijst groeit", "▲ groeit ook nu al", "● past"]


def test_the_count_of_patients_is_shown_and_checked() -> None:
    assert words(view().control()).count("dat klopt.") == 2
    lines = impact().conservation
    broken = lines[0].model_copy(update={"treated": lines[0].treated + 1})
    assert words(view(conservation=[broken, lines[1]]).control()).count("dat klopt niet.") == 1


def test_the_map_shows_areas_and_hospitals_and_fetches_nothing() -> None:
    shown = view()
    spec = country_map.map_spec(
        shown.changed_areas(), shown.changed_locations(), shown.marked_locations(), "nl"
    )
    land, areas, places, edge, numbers = (layer["data"]["values"] for layer in spec["layer"])
    assert land[0]["geometry"]["type"] == "MultiPolygon"
    assert {area["place"] for area in areas} == {area.name for area in impact().areas}
    assert {place["shape"] for place in places} == {"triangle-up", "triangle-down"}
    assert [item["number"] for item in numbers] == [item["number"] for item in edge] == ["1", "2"]
    # The name of the grammar is the only address in it, and nobody fetches that.
    assert re.findall(r"https?://[^'\"]+", str(spec)) == ["https://vega.github.io/schema/vega-lite/v6.json"]


def test_the_map_is_described_by_its_longest_journey() -> None:
    assert "Kaart van 3 gemeenten" in view().map_words()
    assert view(areas=[]).map_words() == "In geen enkele gemeente gaan patiënten naar een ander ziekenhuis."


@pytest.mark.parametrize(
    ("minutes", "colour"), [(-3, 0), (-0.4, 1), (0, 1), (5, 2), (14.9, 3), (20, 5), (30, 6), (80, 6)]
)
def test_a_class_of_the_map_begins_at_its_round_number(minutes: float, colour: int) -> None:
    assert country_map.colour_of(minutes) == country_map.CLASSES[colour][1]


def test_a_plan_without_effect_says_so_everywhere() -> None:
    nobody = [
        LocationImpact(
            id="NOORD",
            name="UMC Noord",
            type="umc",
            latitude=53,
            longitude=6,
            in_region=True,
            received=Estimate(mean=0),
            sent=Estimate(mean=0),
            net=Estimate(mean=0),
        )
    ]
    nowhere: list[AreaImpact] = []
    shown = view(
        actions=[],
        headline=[],
        locations=nobody,
        flows=[],
        travel_bands=[],
        areas=nowhere,
        waits=[],
        pools=[],
    )
    assert "Dit plan verandert niets." in words(shown.changes())
    assert "Geen enkele patiënt" in words(shown.who())
    assert "Niemand reist" in words(shown.travel())
    assert "geen wachttijden" in words(shown.waits())
    assert "Bij geen enkele afdeling" in words(shown.capacity())


def test_long_tables_fold_and_short_ones_do_not() -> None:
    columns = [Column("Naam"), Column("Aantal", "num")]
    rows = [TableRow([f"Rij {index}", str(index)]) for index in range(40)]
    folded = cut_table("Alle rijen.", columns, rows, "nl")
    assert folded.count("<tr") == 2 + ROWS_AT_ONCE + len(rows)
    assert "Toon alle 40 regels" in folded
    assert cut_table("Een paar.", columns, rows[:14], "nl") == table("Een paar.", columns, rows[:14])


def test_every_table_has_a_caption_and_headings_with_a_scope() -> None:
    made = table("Opschrift", [Column("Naam"), Column("Aantal", "num")], [TableRow(["Noord", "3"])])
    assert "<caption><span>Opschrift</span></caption>" in made
    assert re.findall(r'<th scope="(\w+)"', made.replace('class="zs-num" ', "")) == ["col", "col", "row"]
    assert 'data-label="Aantal"' in made


def test_pictures_stay_inside_their_frame() -> None:
    wild = Estimate(mean=3.0, low=-2.0, high=12.0)
    drawn = (
        pictures.before_and_after(wild, wild, 5.0)
        + pictures.out_and_in(1.0, 1.0)
        + pictures.load(0.4, 2.0, 1.2)
    )
    shares = [float(share) for share in re.findall(r"(?:left|width):([\d.]+)%", drawn)]
    assert shares
    assert all(0 <= share <= 100 for share in shares)


def test_a_norm_has_a_dot_for_every_simulated_year() -> None:
    drawn = pictures.years(37, 50)
    assert drawn.count("zs-year") == 50
    assert drawn.count("zs-met") == 37
    assert years_text(37, 50, "nl") == "vaker wel dan niet: in 37 van de 50 jaren"


def cell(mean: float, half: float, clear: bool) -> ComparisonCell:
    return ComparisonCell(
        baseline=Estimate(mean=20.0),
        plan=Estimate(mean=20.0 + mean),
        difference=Estimate(mean=mean, low=mean - half, high=mean + half),
        clear=clear,
    )


def test_best_is_only_what_is_clearly_better_than_all_others_and_today() -> None:
    def best(direction: str, *cells: ComparisonCell) -> int | None:
        differences = [comparison.NOTHING, *(cell.difference for cell in cells)]
        return comparison.best_of(direction, differences)  # type: ignore[arg-type]

    assert best("lower", cell(-5, 1, True), cell(-2, 0.5, True), cell(3, 1, True)) == 1
    assert best("higher", cell(-5, 1, True), cell(3, 1, True)) == 2
    assert best("lower", cell(-5, 1, True), cell(-4.5, 1, True), cell(3, 1, True)) is None
    assert best("lower", cell(-5, 1, True), cell(0, 9, False)) is None
    assert best("lower", cell(2, 1, True), cell(3, 1, True)) == 0
    assert best("lower", cell(2, 1, True), cell(0.2, 1, False)) is None
    assert best("lower", cell(-0.1, 1, False), cell(3, 1, True)) is None
    assert best("lower", cell(0, 0, False), cell(-5, 1, True)) == 2
    assert best("neutral", cell(-5, 1, True)) is None
    without_interval = cell(-5, 1, True).model_copy(update={"difference": Estimate(mean=-5)})
    assert best("lower", without_interval) is None


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (
            [cell(-2, 1, True), cell(0.2, 1, False)],
            ["20,0", "18,0 −2,0 beste", "20,2 geen duidelijk verschil"],
        ),
        ([cell(2, 1, True), cell(3, 1, True)], ["20,0 beste", "22,0 +2,0", "23,0 +3,0"]),
        ([cell(2, 1, True), cell(0.2, 1, False)], ["20,0", "22,0 +2,0", "20,2 geen duidelijk verschil"]),
        (
            [cell(-0.02, 0.01, True), cell(2, 1, True)],
            ["20,0", "20,0 vrijwel gelijk", "22,0 +2,0"],
        ),
    ],
)
def test_the_comparison_marks_best_and_greys_what_is_not_clear(
    cells: list[ComparisonCell], expected: list[str]
) -> None:
    runs = [RunInfo(id=name, scenario_id=name, name=name, state="completed") for name in ("Een", "Twee")]
    compared = Comparison(runs=runs, indicators={"travel_mean:oesophagus": cells})
    shown = comparison.outcomes(compared, impact().names, "nl")
    assert rows_of(shown)[1] == ["Gemiddelde reistijd (Slokdarmresectie) minuten", *expected]


def test_choices_that_all_plans_share_are_only_counted() -> None:
    other = impact().model_copy(update={"name": "Ander plan", "actions": impact().actions[:1]})
    page = words(comparison.choices([impact(), other], [impact().name, other.name], "nl"))
    assert page.count("alleen nog bij UMC Noord") == 0
    assert "Maatregelen die alle plannen delen: 1." in page
    assert "Ander plan Geen eigen maatregelen." in page


def test_long_tables_are_cut_and_say_where_the_rest_is() -> None:
    rows = [TableRow([str(index)]) for index in range(MOST_ROWS + 50)]
    page = cut_table("Rijen", [Column("Rij")], rows, "nl")
    assert len(rows_of(page)) == ROWS_AT_ONCE + MOST_ROWS + 2
    assert "Toon 100 van de 150 regels; alle regels staan in het Excel-bestand" in words(page)


def test_both_sides_of_a_plan_are_on_the_page() -> None:
    who, capacity = view().who(), view().capacity()
    assert "Operatie-uren per jaar erbij" in words(who)
    hospitals = impact_board.winners(view(), "winners_locations")
    areas = impact_board.winners(view(), "winners_areas")
    assert hospitals is not None
    assert areas is not None
    assert [row[0] for row in hospitals.picture.sheet.rows] == [
        "Ziekenhuis Midden",
        "UMC Noord",
        "Alles samen",
    ]
    assert hospitals.together == "Alles samen: 0"
    arrows = {row["label"].partition(":")[0]: row for row in hospitals.picture.spec["data"]["values"]}
    assert (arrows["Ziekenhuis Midden"]["side"], arrows["UMC Noord"]["side"]) == ("left", "right")
    # More hours on the road is a loss, and drawn as one.
    lost = [row for row in areas.picture.spec["data"]["values"] if row["colour"] == charts.LOSS]
    assert lost
    assert all(row["value"] > 0 for row in lost)
    assert "De tabel noemt ze" in areas.picture.alt
    assert "Hier komt capaciteit tekort" in words(capacity)
    assert "Hier komt capaciteit vrij" in words(capacity)
    assert "Binnen Treeknorm plan" in words(view().waits())


@pytest.mark.parametrize("language", LANGUAGES)
def test_confidential_and_own_figures_are_marked_on_the_page(language: Language) -> None:
    identity = impact().identity.model_copy(update={"confidential": True, "own_figures": 1})
    own = impact().assumptions[0].model_copy(update={"basis": "own", "default": 3.0})
    page = view(language, identity=identity, assumptions=[own])
    assert catalogue(language)["report.confidential_note"] in words(page.heading())
    assert catalogue(language)["basis.own"] in words(page.assumptions())
    assert catalogue(language)["report.confidential_note"] not in words(view(language).heading())


def test_comparison_shows_both_sides_capacity_and_figures() -> None:
    other = impact().model_copy(update={"name": "Ander plan", "assumptions": [], "pool_totals": []})
    plans = [impact(), other]
    called = [item.name for item in plans]
    moves = {row[0]: row[1:] for row in rows_of(comparison.moves(plans, called, "nl"))}
    assert moves["Patiënten die ergens anders worden behandeld"] == ["46", "46"]
    assert moves["Gebieden waar inwoners samen korter reizen"] == ["1", "1"]
    capacity = {row[0]: row[1:] for row in rows_of(comparison.capacity(plans, called, "nl"))}
    freed_and_short, nothing = capacity["Operatiekamers minuten per werkdag"]
    assert re.fullmatch(r"[\d.,]+ vrij, [\d.,]+ tekort", freed_and_short)
    assert nothing == no_value()
    figures = rows_of(comparison.assumptions(plans, called, "nl"))
    assert {row[-1] for row in figures} == {"Onder welk plan", impact().name}


def test_areas_are_named_by_their_division() -> None:
    assert area_name("roaz:Euregio", "nl") == "ROAZ-regio Euregio"
    assert area_name("province:Limburg", "en") == "Province Limburg"
    assert area_name("", "nl") == "Heel Nederland"


def test_the_options_of_streamlit_keep_visitors_to_themselves() -> None:
    options = streamlit_options("127.0.0.1", 1234)
    assert options["browser.gatherUsageStats"] is False
    assert options["client.showErrorDetails"] == "none"
    assert options["server.fileWatcherType"] == "none"
    assert (options["server.address"], options["server.port"]) == ("127.0.0.1", 1234)
