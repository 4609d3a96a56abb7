"""The page Verdieping against the real service: tabs, filters, addresses, and the rows behind a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import vl_convert
from tests.support import sample_result
from tests.support.api import Api, running_api, small_dataset
from tests.support.screens import address_of, asking, opened, press, run, said, tables_of

from zorgstroom.client import Client
from zorgstroom.text import LANGUAGES
from zorgstroom_ui.components.in_depth import charts, choices
from zorgstroom_ui.components.in_depth.choices import TABS, Tab
from zorgstroom_ui.components.in_depth.rows import filters_of

pytestmark = pytest.mark.unit

SIDES = {"baseline": "Nu", "plan": "Dit plan", "limit": "Norm"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture(scope="module")
def run_id(api: Api) -> str:
    run_id = api.request_run()
    api.complete(run_id, sample_result.simulated_years(), dataset_digest=small_dataset().digest)
    return run_id


@pytest.fixture(scope="module")
def client(api: Api, run_id: str) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch, asking(api, patch) as client:
        yield client


@pytest.fixture(scope="module")
def plan(client: Client, run_id: str) -> str:
    return client.run(run_id).scenario_id


def page() -> None:
    from zorgstroom_ui.components.in_depth.page import show_page

    show_page()


def test_without_a_plan_the_page_says_what_to_do(client: Client) -> None:
    screen = opened(page)
    assert "Kies een plan." in said(screen)
    assert not screen.tabs


def test_a_plan_without_outcome_leads_to_where_it_is_calculated(client: Client) -> None:
    other = client.add_scenario({**sample_result.PLAN, "name": "Nog niet"})
    assert "Dit plan is nog niet doorgerekend." in said(opened(page, s=other.id))


@pytest.mark.parametrize(("tab", "language"), list(zip(TABS, 4 * LANGUAGES, strict=True)))
def test_every_tab_is_told_without_keys_or_blanks(client: Client, plan: str, tab: Tab, language: str) -> None:
    screen = opened(page, s=plan, onderdeel=tab, taal=language)
    words = said(screen)
    assert not re.findall(r"\b(?:ui|report|indicator|unit|equity)\.[a-z_.]+", words)
    assert "{" not in words
    assert address_of(screen, "onderdeel") == [tab]
    # What a hidden tab holds is not made.
    filled = [item for item in screen.tabs if len(item.children)]
    assert len(filled) == 1


def test_volumes_are_shown_per_hospital_with_the_years_that_meet_the_norm(client: Client, plan: str) -> None:
    screen = opened(page, s=plan)
    rows = tables_of(screen)[0]
    noord = next(row for row in rows if row[0].startswith("UMC Noord"))
    assert noord[2].startswith("31")
    assert noord[3].startswith("76")
    assert "in 10 van de 10 jaren" in noord[5]
    assert next(row for row in rows if "Midden" in row[0])[5] == "doet dit niet meer"


def test_filters_take_effect_with_the_button_and_stand_in_the_address(client: Client, plan: str) -> None:
    screen = opened(page, s=plan)
    screen.multiselect(key="depth-field-ziekenhuis").set_value(["NOORD"])
    screen.selectbox(key="depth-field-noemer").set_value("organisatie")
    press(screen, "Toepassen")
    assert address_of(screen, "ziekenhuis") == ["NOORD"]
    assert address_of(screen, "noemer") == ["organisatie"]
    assert {row[0].split(" ")[1] for row in tables_of(screen)[0][1:]} == {"Noord"}
    press(screen, "Wis keuzes")
    assert address_of(screen, "ziekenhuis") == []
    assert screen.multiselect(key="depth-field-ziekenhuis").value == []


def test_a_shared_address_opens_with_its_filters_and_says_what_it_does_not_know(
    client: Client, plan: str
) -> None:
    screen = opened(page, s=plan, zorg=["hip", "oesofagus"], leeftijd="oudje", onderdeel="nergens")
    words = said(screen)
    assert "‘oesofagus’ kennen we niet. Bedoelt u ‘oesophagus’?" in words
    assert "‘oudje’ kennen we niet." in words
    assert "Onderdeel: ‘nergens’ kennen we niet." in words
    assert screen.multiselect(key="depth-field-zorg").value == ["hip"]
    assert address_of(screen, "onderdeel") == ["volumes"]


def test_streams_are_a_table_with_their_share_and_small_ones_are_not_told(client: Client, plan: str) -> None:
    screen = opened(page, s=plan, onderdeel="stromen")
    words = said(screen)
    assert "Toont 100% van de verplaatsingen: 46 patiënten per jaar" in words
    assert tables_of(screen)[0][1][2].startswith("46")
    assert "minder dan 10 patiënten" in words
    screen.radio(key="depth-moves-form").set_value("schema")
    assert "Stroomschema" in str(run(screen).radio[0].options)
    few = said(opened(page, s=plan, onderdeel="stromen", gemeente="GM0001"))
    assert "kleiner dan 10 patiënten per jaar" in few
    travel = said(opened(page, s=plan, onderdeel="reistijd"))
    # Five a year of GM0001 go elsewhere.
    assert "De kaart en de tabel tonen 88%" in travel


def test_from_a_number_to_its_rows_and_on_to_the_api(client: Client, plan: str, run_id: str) -> None:
    screen = opened(page, s=plan)
    markup = " ".join(item.proto.body for item in screen.get("html"))
    address = next(
        item for item in re.findall(r'href="([^"]+)"', markup) if "NOORD" in item and "oesophagus" in item
    )
    asked = parse_qs(urlsplit(address.replace("&amp;", "&")).query)
    assert address.endswith("#rijen")
    rows = opened(page, **{name: values for name, values in asked.items() if name != "taal"})
    words = said(rows)
    assert "Gekozen: maat:" in words
    table = tables_of(rows)[-1]
    assert len(table) == 1 + 20
    expected = client.rows(
        run_id, "indicators", 100, indicator=["volume"], location=["NOORD"], profile=["oesophagus"]
    )
    assert [row[-2] for row in table[1:]] == [str(item["total"]) for item in expected.items]
    assert {item.proto.label for item in rows.get("download_button")} >= {"CSV", "Excel", "Parquet", "Arrow"}


def test_rows_come_in_pages_that_an_address_can_name(client: Client, plan: str) -> None:
    screen = opened(page, s=plan, tabel="indicators", maat="volume")
    assert "Rijen 1 tot en met 25." in said(screen)
    screen.button(key="depth-rows-on").click()
    run(screen)
    assert address_of(screen, "vanaf") == ["25"]
    assert "Rijen 26 tot en met 50." in said(screen)
    shared = opened(page, s=plan, tabel="indicators", maat="volume", vanaf="50")
    assert "Rijen 51 tot en met 75." in said(shared)
    for nonsense in ("veel", "700"):
        assert "Rijen 1 tot en met 25." in said(
            opened(page, s=plan, tabel="indicators", maat="volume", vanaf=nonsense)
        )


def test_few_patients_in_a_row_are_not_told(client: Client, plan: str) -> None:
    screen = opened(page, s=plan, onderdeel="stromen", tabel="flows", gemeente="GM0001")
    table = tables_of(screen)[-1]
    assert {row[5] for row in table[1:]} == {"minder dan 10"}
    assert {cell for row in table[1:] for cell in row[6:]} == {"−"}


def test_a_table_that_is_not_there_is_answered_in_words(client: Client, plan: str) -> None:
    assert "De tabel ‘flow’ bestaat niet." in said(opened(page, s=plan, tabel="flow"))
    filters = said(opened(page, s=plan, tabel="conservation", maat="volume"))
    assert "Filteren kan op" in filters
    years = said(opened(page, s=plan, tabel="years"))
    assert "years" in years


def test_uncertainty_says_in_how_many_years_and_keeps_assumptions_apart(client: Client, plan: str) -> None:
    words = said(opened(page, s=plan, onderdeel="onzekerheid"))
    assert "Alles samen: vrijwel altijd hoger met het plan, in 10 van de 10 jaren." in words
    assert words.index("Door toeval") < words.index("Door aannames")
    assert "niet herhaald met andere aannames" in words


def test_everybody_is_counted_before_and_after(client: Client, plan: str) -> None:
    words = said(opened(page, s=plan, onderdeel="controle"))
    assert "Controle: 10.500 patiënten voor en 10.500 na. Dat klopt." in words


# -- the parts without a service -------------------------------------------------------------------------


def test_the_address_of_rows_has_the_names_of_the_api() -> None:
    asked = {"maat": ["load"], "pool": ["or"], "van": ["A"], "naar": ["B"], "groep": [], "tabel": ["x"]}
    assert filters_of(asked) == {
        "indicator": ["load"],
        "from_location": ["A"],
        "to_location": ["B"],
        "pool": ["or"],
    }


def test_choices_are_those_that_are_known() -> None:
    known = {"zorg": ["hip"], "ses": choices.FIFTHS}
    found, unknown = choices.read({"zorg": ["hip", "hip"], "ses": ["7"]}, known)
    assert found.zorg == ("hip",)
    assert [(item.field, item.value) for item in unknown] == [("ses", "7")]


STREAMS = [
    charts.Stream("A", "B", 60, "60"),
    charts.Stream("A", "C", 30, "30"),
    charts.Stream("D", "B", 10, "10"),
]


def test_streams_are_as_wide_at_their_end_as_at_their_beginning() -> None:
    names = {name: name for name in "ABCD"}
    texts = {f"{side}:{name}": "1" for side in ("from", "to") for name in names}
    spec = charts.flow_chart(STREAMS, names, ("Van", "Naar"), texts, "nl")
    points = spec["layer"][0]["data"]["values"]
    for number, stream in enumerate(STREAMS):
        widths = {round(point["bottom"] - point["top"], 6) for point in points if point["stream"] == number}
        assert widths == {stream.patients}
    nodes = spec["layer"][1]["data"]["values"]
    sizes = {(node["side"], node["label"][0]): node["bottom"] - node["top"] for node in nodes}
    assert sizes == {("from", "A"): 90, ("from", "D"): 10, ("to", "B"): 70, ("to", "C"): 30}


def test_every_chart_can_be_drawn() -> None:
    places = [charts.Place(name, str(index), 5.0 + index / 10, 52.0) for index, name in enumerate("ABCD", 1)]
    numbers = {place.id: place.number for place in places}
    names = {name: name for name in "ABCD"}
    texts = {f"{side}:{name}": "1" for side in ("from", "to") for name in names}
    specs = [
        charts.dot_strips([charts.Strip("UMC", [1, 2, None], [3, 4, 5], 4)], "Patiënten", SIDES, "nl"),
        charts.dumbbells([charts.Dumbbell("Groep 1", 1.0, 2.0)], "Minuten", SIDES, "nl"),
        charts.stream_map(STREAMS, places, "nl"),
        charts.flow_chart(STREAMS, names, ("Van", "Naar"), texts, "nl"),
        charts.matrix(STREAMS, numbers, ("Van", "Naar"), "nl"),
    ]
    for spec in specs:
        drawn = vl_convert.vegalite_to_svg({**spec, "width": 600}, allowed_base_urls=[])
        assert "NaN" not in drawn
        assert len(drawn) > 1000


def test_an_arrow_points_where_the_stream_goes() -> None:
    here, north, east = (
        charts.Place("a", "1", 5, 52), charts.Place("b", "2", 5, 53), charts.Place("c", "3", 6, 52)
    )  # fmt: skip
    assert charts._direction(here, north) == 0
    assert charts._direction(here, east) == 90
    assert charts._direction(north, here) == 180
