"""The report as HTML and Excel, and the texts it needs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import doctest
import io
import itertools
import re
from collections import Counter
from collections.abc import Mapping
from html.parser import HTMLParser
from types import ModuleType

import openpyxl
import pytest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom import geo
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import OwnFigure
from zorgstroom.geo import lakes, outline, project
from zorgstroom.indicators.catalogue import CATALOGUE, TRAVEL_BANDS
from zorgstroom.reporting import drawing, intervals, printed, rendering, svg, views, wording
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.capacity import totals
from zorgstroom.reporting.excel import render_xlsx
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.impact import Estimate, Impact, Row, TextRef
from zorgstroom.reporting.printed import Printed
from zorgstroom.reporting.views import Mark, Spread, Views, shown
from zorgstroom.reporting.wording import ladder
from zorgstroom.text import LANGUAGES, Language, catalogue

pytestmark = pytest.mark.unit


def sample(**identity: object) -> Impact:
    return build_impact(
        sample_result.tables(),
        make_dataset(),
        sample_result.scenario(),
        None,
        sample_result.identity(**identity),
        [],
    )


class _Page(HTMLParser):
    """What the tests ask about a page."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.misnested: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.misnested.append(tag)

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == name]


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_is_whole_and_asks_nothing_of_the_network(language: Language) -> None:
    html = render_html(sample(), language)
    page = _Page(html)
    assert page.misnested == []
    assert page.open == []
    assert page.all("html") == [{"lang": language}]
    assert len(page.all("h1")) == 1
    assert re.search(r"<head>.*<title>Slokdarmzorg op één plek.*</head>", html, re.DOTALL)
    for tag in ("script", "link", "img", "iframe", "object"):
        assert page.all(tag) == []
    addresses = [attrs.get(name) for _, attrs in page.tags for name in ("src", "href", "xlink:href")]
    assert all(address is None or address.startswith("#") for address in addresses)
    assert "url(" not in html
    assert "@import" not in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_is_accessible(language: Language) -> None:
    page = _Page(render_html(sample(), language))
    tables, captions = page.all("table"), page.all("caption")
    assert len(tables) == len(captions) > 8
    assert all(attrs.get("scope") in ("col", "row", "rowgroup") for attrs in page.all("th"))
    pictures = page.all("svg")
    assert len(pictures) > 5
    assert all(attrs.get("aria-hidden") == "true" or attrs.get("aria-label") for attrs in pictures)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing(language: Language) -> None:
    words = " ".join(_Page(render_html(sample(), language)).words)
    # A key without text comes back as itself.
    keys = r"\b(?:report|indicator|unit|pool|figure|verdict|confidence|basis|band)\.[a-z_<>0-9.-]+"
    assert re.findall(keys, words) == []
    assert "{" not in words


def test_dutch_page_avoids_jargon() -> None:
    words = " ".join(_Page(render_html(sample(), "nl")).words).lower()
    for jargon in ("baseline", "seed", "kpi", "dashboard", "percentiel", " run ", "runs"):
        assert jargon not in words


def test_conservation_line_shows_or_warns() -> None:
    good = render_html(sample(), "nl")
    assert "Controle: 10.500 patiënten voor en na" in good
    assert "Controle: per jaar vertrekken 46 patiënten en komen er ergens anders 46 bij" in good
    lost = sample()
    line = lost.conservation[1].model_copy(update={"treated": lost.conservation[1].treated - 1})
    lost = lost.model_copy(update={"conservation": [lost.conservation[0], line]})
    assert "Controle mislukt" in render_html(lost, "nl")


def test_plan_that_changes_who_comes_is_balanced_with_two_counts() -> None:
    today, plan = sample().conservation
    fewer = plan.model_copy(update={"arrived": plan.arrived - 300, "treated": plan.treated - 300})
    changed = sample().model_copy(update={"conservation": [today, fewer], "same_patients": False})
    page = render_html(changed, "nl")
    assert "Controle: 10.500 patiënten in Nu en 10.200 met het plan" in page
    assert "Controle mislukt" not in page
    # Where the plan leaves demand as it is, the same difference is patients who got lost.
    assert "Controle mislukt" in render_html(changed.model_copy(update={"same_patients": True}), "nl")


def test_marks_of_the_figures_are_shown() -> None:
    html = render_html(sample(confidential=True, created="2026-01-02T03:04:05+00:00"), "nl")
    assert "Vertrouwelijk" in html
    assert "CBS (CC BY 4.0)" in html
    synthetic = render_html(sample(synthetic=True), "nl")
    assert "CBS" not in synthetic
    assert "oefenland" in synthetic


def test_warnings_are_shown_above_the_plan() -> None:
    action = {"close": {"location": "POLI", "start": "2025-06-01"}}
    late = build_impact(
        sample_result.tables(),
        make_dataset(),
        sample_result.scenario(actions=[action]),
        None,
        sample_result.identity(),
        [],
    )
    html = render_html(late, "nl")
    heading, words = "<h2>Let op</h2>", "Het plan gaat in op 1 juni 2025;"
    assert html.index(heading) < html.index(words) < html.index("<h2>In het kort</h2>")
    assert heading not in render_html(sample(), "nl")


def test_many_warnings_are_cut_on_the_page_and_all_in_the_workbook() -> None:
    warnings = [TextRef(key="report.warning.late_plan", params={"date": f"dag {n}"}) for n in range(20)]
    many = sample().model_copy(update={"warnings": warnings})
    page = render_html(many, "nl")
    assert page.count("Het plan gaat in op dag") == 6
    assert "Nog 14 punten staan in het Excel-bestand, blad In het kort." in page
    sheet = openpyxl.load_workbook(io.BytesIO(render_xlsx(many, "nl")))["In het kort"]
    assert sum("Het plan gaat in op dag" in str(row[1].value) for row in sheet.iter_rows()) == 20


def test_names_are_escaped_everywhere() -> None:
    nasty = '<script>alert("x")</script>'
    impact = sample().model_copy(update={"name": nasty, "description": nasty})
    locations = [row.model_copy(update={"name": nasty}) for row in impact.locations]
    impact = impact.model_copy(update={"locations": locations})
    page = _Page(render_html(impact, "nl"))
    assert page.all("script") == []
    assert page.misnested == []


def test_judgement_has_word_and_shape_besides_colour() -> None:
    html = render_html(sample(), "nl")
    assert '<span class="mark worse"><span aria-hidden="true">▲</span> slechter</span>' in html
    assert '<span class="mark equal"><span aria-hidden="true">○</span> geen duidelijk verschil</span>' in html
    assert "vrijwel altijd: in 10 van de 10 doorgerekende jaren" in html


def test_norm_line_about_today_is_there() -> None:
    assert "Ligt een aantal van Nu onder een norm, dan zegt dat niets over dat ziekenhuis" in render_html(
        sample(), "nl"
    )


@pytest.mark.parametrize(
    ("met", "total", "word"),
    [
        (50, 50, "nearly_always"),
        (48, 50, "nearly_always"),
        (47, 50, "usually"),
        (40, 50, "usually"),
        (39, 50, "more_often"),
        (29, 50, "half"),
        (19, 50, "less_often"),
        (9, 50, "seldom"),
        (2, 50, "nearly_never"),
        (10, 10, "nearly_always"),
        (9, 10, "usually"),
        (0, 10, "nearly_never"),
    ],
)
def test_ladder_of_chances(met: int, total: int, word: str) -> None:
    assert ladder(met, total) == f"report.ladder.{word}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_workbook_holds_numbers_and_opens(language: Language) -> None:
    impact = sample()
    workbook = openpyxl.load_workbook(io.BytesIO(render_xlsx(impact, language)))
    # Nobody comes to live further from acute care, and nobody asked for the parts of the plan: no sheets about it.
    assert not impact.access
    assert not impact.waterfall
    without = ("access", "waterfall", "robustness", "drivers", "precision")
    tables = [table for table in Views(impact, language).all() if table.id not in without]
    # Behind the data: where it comes from, what it means, and what run it is of.
    assert workbook.sheetnames[1:-3] == [table.sheet for table in tables]
    for sheet, table in zip(workbook.worksheets[1:-3], tables, strict=True):
        assert not sheet.merged_cells.ranges
        assert sheet.max_row == len(table.rows) + 1
        assert all(isinstance(cell.value, str) for cell in sheet[1])
    travel = workbook[tables[0].sheet][2]
    assert [cell.value for cell in travel[2:5]] == pytest.approx([19.6, 18.8, 20.4])
    assert travel[2].number_format == "#,##0.0"
    share = workbook[tables[0].sheet][4]
    assert share[2].number_format == "0.0%"


def test_workbook_has_a_sheet_on_acute_care_when_there_is_something_to_say() -> None:
    impact = sample()
    further = impact.model_copy(update={"access": [impact.headline[0]]})
    assert "Acute zorg" in openpyxl.load_workbook(io.BytesIO(render_xlsx(further, "nl"))).sheetnames


def test_production_is_cut_between_hospitals_and_says_how_much_is_left_out() -> None:
    impact = sample()
    [row, *_] = impact.activity
    kinds = [name for name, indicator in CATALOGUE.items() if indicator.theme == "activity"]
    many = impact.model_copy(
        update={
            "activity": [
                row.model_copy(update={"location": f"H{index}", "indicator": kind})
                for index in range(12)
                for kind in kinds
            ]
        }
    )
    page = Printed(Views(many, "nl"))
    rows = page.tables()["activity"].rows
    counted = Counter(str(cells[0]) for cells in rows)
    assert counted == dict.fromkeys((f"H{index}" for index in range(8)), 5)
    assert f"Hier staan 40 van de {12 * len(kinds)} regels." in page.notes()["activity"]
    few = Printed(Views(impact, "nl"))
    assert len(few.tables()["activity"].rows) == len(impact.activity)
    assert not few.notes()["activity"]


def test_capacity_that_is_written_as_nothing_is_neither_free_nor_short() -> None:
    impact = sample()
    [pool, *_] = impact.pools
    rooms = (0.04, -0.04, 0.06, -0.06)
    pools = [pool.model_copy(update={"room": Estimate(mean=room)}) for room in rooms]
    tables = Printed(Views(impact.model_copy(update={"pools": pools}), "nl")).tables()
    assert [len(tables[name].rows) for name in ("freed", "short")] == [1, 1]
    [total] = totals(pools)
    assert (total.places_freed, total.places_short) == (1, 1)


def test_tiles_count_one_as_one_and_less_travel_as_less() -> None:
    impact = sample()
    page = render_html(impact, "nl")
    assert "<strong>1</strong>" in page
    assert "plek met meer werk dan capaciteit" in page
    assert "minuten extra reistijd" in page
    areas = [row.model_copy(update={"extra_minutes": Estimate(mean=-8.2)}) for row in impact.areas]
    nearer = render_html(impact.model_copy(update={"areas": areas}), "nl")
    assert re.search(r"<strong>8</strong>\s*(?:<span>)?\s*minuten kortere reistijd", nearer)
    assert "minuten extra reistijd voor hen" not in nearer


def test_workbook_is_the_same_each_time() -> None:
    assert render_xlsx(sample(), "nl") == render_xlsx(sample(), "nl")


def test_formula_in_a_name_stays_a_text() -> None:
    impact = sample().model_copy(
        update={"name": '=HYPERLINK("http://x","y")', "description": "+1\x07\n@SUM(A1)"}
    )
    workbook = openpyxl.load_workbook(io.BytesIO(render_xlsx(impact, "nl")))
    name, description = (workbook["Instellingen"].cell(row, 2) for row in (2, 3))
    assert (name.value, name.data_type) == ('=HYPERLINK("http://x","y")', "s")
    assert description.data_type == "s"


def test_every_number_of_the_tables_has_a_unit() -> None:
    """Each column of means says its unit in the heading, the caption, the row or the number itself."""
    units = ("minuten", "weken", "patiënten", "per jaar", "per week", "%", "procentpunt", "wachtlijst",
             "bedden", "werkdag", "plaatsen")  # fmt: skip
    for view in Views(sample(), "nl").all():
        for row in view.rows:
            for cell, column in zip(row, view.columns, strict=True):
                if isinstance(cell, Spread):
                    words = " ".join(other for other in row if isinstance(other, str))
                    near = f"{view.caption} {column.header} {shown(cell, 'nl')} {words}"
                    assert any(unit in near.lower() for unit in units), (view.id, near)


CONFIDENTIAL: Mapping[Language, str] = {"nl": "Vertrouwelijk", "en": "Confidential"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_confidential_figures_are_marked_everywhere(language: Language) -> None:
    word = CONFIDENTIAL[language]
    marked, open_ = sample(confidential=True), sample()
    page = render_html(marked, language)
    # In view wherever the reader is, on every sheet of paper, above the title and in the footer.
    assert f'<p class="confidential">{word}</p>' in page
    assert "position: fixed" in page.split(".confidential {")[1].split("}")[0]
    assert page.count(word) == 3
    workbook = openpyxl.load_workbook(io.BytesIO(render_xlsx(marked, language)))
    for sheet in workbook.worksheets:
        assert str(sheet["A1"].value).startswith(word)
        assert sheet.oddHeader is not None
        assert word in str(sheet.oddHeader.right.text)
        assert sheet.freeze_panes == "B3"
    assert workbook.properties.contentStatus == word
    assert Impact.model_validate_json(marked.model_dump_json()).identity.confidential
    assert f'<p class="confidential">{word}</p>' not in render_html(open_, language)
    for sheet in openpyxl.load_workbook(io.BytesIO(render_xlsx(open_, language))).worksheets:
        assert word not in str(sheet["A1"].value)


def own_and_derived(impact: Impact, language: Language) -> tuple[str, str]:
    """Return the names of a capacity of the organisation itself and of one that is derived."""
    own, derived = (next(row for row in impact.pools if row.own is kind) for kind in (True, False))
    return impact.names[own.pool][language], impact.names[derived.pool][language]


@pytest.mark.parametrize(("language", "word"), [("nl", "eigen cijfer"), ("en", "own figure")])
def test_own_figures_are_shown_as_such(language: Language, word: str) -> None:
    own = OwnFigure("rooms", "NOORD", "or", 480.0, "hours_per_week", 400.0, "OK-rooster", "2025")
    dataset = dataclasses.replace(make_dataset(), own=(own,))
    identity = sample_result.identity(own_figures=1)
    impact = build_impact(sample_result.tables(), dataset, sample_result.scenario(), None, identity, [])
    page = render_html(impact, language)
    assert word in page
    assert catalogue(language)["report.honest_own"].format(n=1) in page
    # In the tables too: the note under them says that what is not marked is estimated.
    marked, unmarked = (f">{name} ({word})<" for name in own_and_derived(impact, language))
    assert marked in page
    assert unmarked not in page
    assert catalogue(language)["report.volumes_own"] in page
    assert catalogue(language)["report.volumes"] not in page
    workbook = openpyxl.load_workbook(io.BytesIO(render_xlsx(impact, language)))
    cells = {cell.value for sheet in workbook.worksheets for row in sheet.iter_rows() for cell in row}
    assert word in cells
    assert catalogue(language)["report.setting.basis_own"] in cells


def test_years_and_moments_are_numbers_in_the_workbook() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(render_xlsx(sample(), "nl")))
    settings = {row[0].value: row[1] for row in workbook["Instellingen"].iter_rows(min_row=2)}
    assert settings["Jaar van de zorgvraag"].value == 2025
    assert settings["Jaar van de zorgvraag"].number_format == "0"
    assert settings["Gemaakt op"].value == dt.datetime(2026, 11, 22, 12, 0)
    # Too long for a number of Excel: it would come back as another one.
    assert settings["Toevalsgetal"].value == "1"


@pytest.fixture(scope="module")
def national() -> Impact:
    dataset = load_dataset()
    scenario = sample_result.scenario(
        actions=[{"concentrate": {"profiles": ["lung"], "at": [place.id for place in dataset.locations[:8]]}}]
    )
    identity = sample_result.identity(replications=3)
    tables = sample_result.national_tables(dataset, replications=3)
    return build_impact(tables, dataset, scenario, None, identity, [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_national_page_shows_the_largest_and_says_where_the_rest_is(
    national: Impact, language: Language
) -> None:
    page = render_html(national, language)
    assert len(page.encode()) < 1_000_000
    tables = {attrs.get("id"): attrs for attrs in _Page(page).all("table")}
    assert {"table-losers", "table-gainers", "table-workload", "table-wait-profiles", "table-short"} <= set(
        tables
    )
    assert page.count("<tr>") < 450
    for sheet in ("locations", "waits", "flows"):
        assert catalogue(language)[f"report.sheet.{sheet}"] in page
    assert {"nl": "Alle 115 ziekenhuizen", "en": "All 115 hospitals"}[language] in page


def test_national_workbook_holds_what_the_page_leaves_out(national: Impact) -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(render_xlsx(national, "nl")), read_only=True)
    assert workbook["Ziekenhuizen"].max_row == len(national.locations) + 1 == 116
    assert workbook["Gebieden"].max_row == len(national.areas) + 1
    assert workbook["Wachten"].max_row == len(national.waits) + 1


def test_totals_do_not_depend_on_how_many_streams_the_document_holds(national: Impact) -> None:
    assert len(national.flows) == 5_000
    assert national.left_out["flows"] > 0
    assert national.moved_patients > sum(row.patients.mean for row in national.flows)
    tile = render_html(national, "en").split("<strong>")[1].split("</strong>")[0]
    assert tile == f"{national.moved_patients:,.0f}"


def test_difference_that_rounds_to_nothing_is_not_called_zero() -> None:
    clear = Spread(Estimate(mean=0.01, low=0.005, high=0.015), 1, difference=True, clear=True)
    assert shown(clear, "nl") == "< 0,1"


def test_difference_too_small_to_write_is_neither_better_nor_worse() -> None:
    impact = sample()
    row = next(row for row in impact.headline if row.verdict == "worse" and row.indicator == "travel_mean")
    tiny = row.model_copy(update={"difference": Estimate(mean=0.01, low=0.005, high=0.015)})

    def judged(headline: Row) -> str:
        views = Views(impact.model_copy(update={"headline": [headline]}), "nl")
        return next(cell.word for cell in views.headline().rows[0] if isinstance(cell, Mark))

    assert judged(row) == "slechter"
    assert judged(tiny) == "vrijwel gelijk"


def test_texts_cover_the_catalogue_in_both_languages() -> None:
    for language in LANGUAGES:
        texts = catalogue(language)
        for indicator in CATALOGUE.values():
            for key in (
                f"indicator.{indicator.id}",
                f"indicator.{indicator.id}.help",
                f"unit.{indicator.unit}",
                f"theme.{indicator.theme}",
            ):
                assert texts.get(key), key
        assert all(texts.get(f"band.{band}") for band, _ in TRAVEL_BANDS)


def test_outline_is_the_netherlands() -> None:
    points = [point for ring in outline() for point in ring]
    assert 3.2 < min(longitude for longitude, _ in points) < max(longitude for longitude, _ in points) < 7.4
    assert 50.7 < min(latitude for _, latitude in points) < max(latitude for _, latitude in points) < 53.8
    assert all(ring[0] == ring[-1] for ring in (*outline(), *lakes()))
    # One degree to the north is one unit up; one to the east is cos(52 degrees).
    assert project(6.0, 53.0)[1] - project(6.0, 52.0)[1] == pytest.approx(-1)
    assert project(6.0, 52.0)[0] - project(5.0, 52.0)[0] == pytest.approx(0.6157, abs=1e-3)


def test_charts_scale_to_their_data() -> None:
    assert svg.axis(0) == [0.0, 1.0]
    assert svg.axis(0.93)[-1] >= 0.93
    assert svg.dot_strip(3, 200, "x").count("<circle") == 50
    strip = svg.dot_strip(7, 10, "7 van 10")
    assert strip.count(f'fill="{drawing.MAIN}"') == 7
    assert svg.travel_class(-3.0)[0] == "shorter"
    assert svg.travel_class(31.0)[0] == "more"


def test_map_without_places_shows_the_whole_country() -> None:
    assert svg.map_chart([], [], [], "leeg").count("<polygon") == len(outline()) + len(lakes())


@pytest.mark.parametrize("module", [geo, intervals, printed, rendering, svg, views, wording])
def test_examples_in_docstrings_run(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
