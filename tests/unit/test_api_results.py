"""Results over HTTP: impact, tables in three formats, reports, comparisons."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support import sample_result
from tests.support.api import Api, running_api, small_dataset, wait_until

from zorgstroom.events.schemas import HeadlineIndicator, ReplicationCompleted
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.impact import Impact
from zorgstroom.tables import CONFIDENTIAL, SCHEMAS, table_digest, to_parquet
from zorgstroom_api.results import exports
from zorgstroom_api.results.exports import to_csv
from zorgstroom_api.results.tables import TableFile

pytestmark = pytest.mark.unit

CSV = {"Accept": "text/csv"}
PARQUET = {"Accept": "application/vnd.apache.parquet"}
SAMPLE_TABLES = sample_result.tables()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api")) as api:
        yield api


@pytest.fixture(scope="module")
def run_id(api: Api) -> str:
    return api.completed_run()


def test_the_impact_is_the_document_that_was_made(api: Api, run_id: str) -> None:
    response = api.client.get(f"/v1/runs/{run_id}/impact")
    impact = Impact.model_validate_json(response.content)
    assert impact.identity.run_id == run_id
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    held = api.client.get(f"/v1/runs/{run_id}/impact", headers={"If-None-Match": response.headers["etag"]})
    assert (held.status_code, held.content, held.headers["etag"]) == (304, b"", response.headers["etag"])
    other = api.client.get(f"/v1/runs/{run_id}/impact", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_headline_numbers_can_be_read_while_the_run_goes_on(api: Api) -> None:
    run = api.request_run(seed=99)
    address = f"/v1/runs/{run}/headline"
    nothing = api.client.get(address).json()
    assert (nothing["replications"], nothing["total"], nothing["indicators"]) == (0, 10, [])
    scale = CATALOGUE["travel_mean"].scale
    for replication, (today, plan) in enumerate(((10, 14), (12, 16), (14, 18))):
        numbers = [
            HeadlineIndicator(scenario=scenario, indicator="travel_mean", total=minutes * 5 * scale, count=5)
            for scenario, minutes in (("baseline", today), ("plan", plan))
        ]
        # Of nothing observed there is no mean.
        numbers.append(HeadlineIndicator(scenario="plan", indicator="wait_treatment", total=0, count=0))
        # A simulator of another version may tell more.
        numbers.append(HeadlineIndicator(scenario="plan", indicator="not_known_here", total=7, count=1))
        api.say(run, ReplicationCompleted(attempt=1, replication=replication, indicators=numbers))
    wait_until(lambda: api.client.get(address).json()["replications"] == 3)
    [line] = api.client.get(address).json()["indicators"]
    assert line["indicator"] == "travel_mean"
    assert (line["baseline"]["mean"], line["plan"]["mean"]) == (12, 16)
    # The same patients: every year differs by the same four minutes.
    assert line["difference"] == {"mean": 4, "low": 4, "high": 4}
    assert line["baseline"]["low"] < 12 < line["baseline"]["high"]
    assert api.client.get(f"/v1/runs/{'0' * 32}/headline").status_code == 404


def test_the_list_leads_to_every_table_and_to_how_it_was_made(api: Api, run_id: str) -> None:
    results = api.client.get(f"/v1/runs/{run_id}/results").json()
    tables = sample_result.tables()
    assert {item["name"] for item in results["artefacts"]} == {"impact", *tables}
    assert results["manifest"]["run_id"] == run_id
    for item in results["artefacts"]:
        assert api.client.get(item["address"]).status_code == 200
        if item["name"] in tables:
            assert item["table_digest"] == table_digest(tables[item["name"]])


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_format_holds_the_same_rows(api: Api, run_id: str, name: str) -> None:
    table = sample_result.tables()[name]
    address = f"/v1/runs/{run_id}/results/{name}"
    as_json = api.client.get(address)
    assert as_json.json()["columns"] == table.column_names
    assert as_json.json()["items"] == table.to_pylist()
    as_parquet = api.client.get(address, headers=PARQUET)
    assert table_digest(pq.read_table(io.BytesIO(as_parquet.content))) == table_digest(table)
    english = api.client.get(address, headers=CSV | {"Accept-Language": "en"}).text
    rows = list(csv.reader(io.StringIO(english)))
    assert rows[0] == table.column_names
    assert rows[1:] == [
        ["" if value is None else str(value) for value in row.values()] for row in table.to_pylist()
    ]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_arrow_and_excel_hold_the_same_rows_too(api: Api, run_id: str, name: str) -> None:
    table = sample_result.tables()[name]
    address = f"/v1/runs/{run_id}/results/{name}"
    stream = api.client.get(address, headers={"Accept": "application/vnd.apache.arrow.stream"})
    assert table_digest(pa.ipc.open_stream(stream.content).read_all()) == table_digest(table)
    workbook = api.client.get(address, params={"format": "xlsx"})
    book = openpyxl.load_workbook(io.BytesIO(workbook.content))
    head, *rows = book[name].iter_rows(values_only=True)
    assert list(head) == table.column_names
    # An empty text is an empty cell; a number has the 16 digits that Excel keeps.
    expected = [[None if value == "" else value for value in row.values()] for row in table.to_pylist()]
    for found, row in zip(rows, expected, strict=True):
        assert list(found) == [pytest.approx(value) if isinstance(value, float) else value for value in row]
    explained = [row[0] for row in book["Kolommen"].iter_rows(min_row=2, values_only=True)]
    assert explained == table.column_names
    assert "run_id" in [row[0] for row in book["Herkomst"].iter_rows(values_only=True)]


def test_the_comparison_can_be_laid_on_a_map(api: Api, run_id: str) -> None:
    address = f"/v1/runs/{run_id}/results/comparison"
    response = api.client.get(address, headers={"Accept": "application/geo+json"})
    assert response.headers["content-type"] == "application/geo+json"
    areas = {area.id: area for area in small_dataset().areas}
    rows = [
        row
        for row in sample_result.tables()["comparison"].to_pylist()
        if row["area"] and not any(row[name] for name in ("location", "profile", "pool", "band"))
    ]
    features = {feature["id"]: feature for feature in response.json()["features"]}
    assert set(features) == {row["area"] for row in rows}
    for row in rows:
        feature, area = features[row["area"]], areas[row["area"]]
        assert feature["geometry"]["coordinates"] == [round(area.longitude, 5), round(area.latitude, 5)]
        for value in ("baseline", "plan", "difference"):
            assert feature["properties"][f"{row['indicator']}.{value}"] == row[value]
        assert feature["properties"][f"{row['indicator']}.unit"]
    held = api.client.get(
        address, params={"format": "geojson"}, headers={"If-None-Match": response.headers["etag"]}
    )
    assert held.status_code == 304
    elsewhere = api.client.get(f"/v1/runs/{run_id}/results/flows", params={"format": "geojson"})
    assert elsewhere.status_code == 406
    assert "arrow" in elsewhere.json()["detail"]


def test_a_workbook_that_would_be_too_large_names_what_is_not(
    api: Api, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "XLSX_ROWS", 3)
    response = api.client.get(f"/v1/runs/{run_id}/results/flows", params={"format": "xlsx"})
    assert (response.status_code, response.json()["code"]) == (406, "tables.too_many_for_excel")
    assert "parquet" in response.json()["detail"]


def test_dutch_csv_opens_in_a_dutch_spreadsheet(api: Api, run_id: str) -> None:
    response = api.client.get(f"/v1/runs/{run_id}/results/comparison", params={"format": "csv"})
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert f'filename="zorgstroom-{run_id}-comparison.csv"' in response.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    table = sample_result.tables()["comparison"].to_pylist()
    assert [float(row["baseline"].replace(",", ".")) for row in rows] == [row["baseline"] for row in table]
    assert any("," in row["baseline"] for row in rows)
    assert not any("." in row["baseline"] for row in rows)


def test_filters_select_the_same_rows_in_every_format(api: Api, run_id: str) -> None:
    address = f"/v1/runs/{run_id}/results/flows"
    expected = [
        row for row in sample_result.tables()["flows"].to_pylist() if row["area"] in ("GM0001", "GM0003")
    ]
    params: dict[str, Any] = {"area": ["GM0001", "GM0003"], "location": "NOORD"}
    assert api.client.get(address, params=params).json()["items"] == expected
    parquet = api.client.get(address, params=params, headers=PARQUET)
    assert pq.read_table(io.BytesIO(parquet.content)).to_pylist() == expected
    text = api.client.get(address, params={**params, "format": "csv", "lang": "en"}).text
    assert len(list(csv.reader(io.StringIO(text)))) == len(expected) + 1
    assert api.client.get(address, params={"location": "ZUID"}).json()["items"] == []
    nothing = api.client.get(address, params={"location": "ZUID"}, headers=PARQUET)
    assert pq.read_table(io.BytesIO(nothing.content)).schema.names == SCHEMAS["flows"].names


def test_pages_of_a_table_hold_every_row_once(api: Api, run_id: str) -> None:
    expected = sample_result.tables()["flows"].to_pylist()
    address, found = f"/v1/runs/{run_id}/results/flows?limit=7", []
    while address:
        response = api.client.get(address)
        page = response.json()
        assert len(page["items"]) <= 7
        found += page["items"]
        address = response.links["next"]["url"] if page["next_cursor"] else ""
    assert found == expected


def test_what_cannot_be_asked_of_a_table_is_named(api: Api, run_id: str) -> None:
    address = f"/v1/runs/{run_id}/results/conservation"
    for params, where in (
        ({"profile": "x", "location": "y"}, {"query:profile", "query:location"}),
        ({"colour": "red"}, {"query:colour"}),
        ({"limit": "0"}, {"query:limit"}),
        ({"cursor": "abc"}, {"query:cursor"}),
        ({"limit": "5", "format": "csv"}, {"query:limit"}),
    ):
        response = api.client.get(address, params=params)
        assert response.status_code == 400, params
        assert {item["where"] for item in response.json()["problems"]} == where
    wrong = api.client.get(address, headers={"Accept": "image/png"})
    assert wrong.status_code == 406
    assert "application/vnd.apache.parquet" in wrong.json()["detail"]
    assert api.client.get(address, params={"format": "pdf"}).status_code == 406
    assert api.client.get(f"/v1/runs/{run_id}/results/nonsense").status_code == 400
    # A table that is only made when it is asked for.
    assert api.client.get(f"/v1/runs/{run_id}/results/journeys").status_code == 404


def test_tables_are_cached_per_question(api: Api, run_id: str) -> None:
    address = f"/v1/runs/{run_id}/results/flows"
    answers = [
        api.client.get(address, params=params, headers=headers)
        for params, headers in (
            ({}, {}),
            ({"area": "GM0001"}, {}),
            ({}, CSV),
            ({}, CSV | {"Accept-Language": "en"}),
        )
    ]
    assert len({answer.headers["etag"] for answer in answers}) == 4
    held = api.client.get(address, headers=CSV | {"If-None-Match": f'"x", {answers[2].headers["etag"]}'})
    assert held.status_code == 304
    assert "Accept" in held.headers["vary"]


def test_no_cell_is_run_as_a_formula(tmp_path: Path) -> None:
    names = ["=1+1", "+cmd", "-2", "@x", "\tx", "plain", ""]
    table = pa.table({"name": names, "value": pa.array([-1.5, None, 0.1, 2.0, 1e-9, 1e20, 3.25])})
    (tmp_path / "t.parquet").write_bytes(to_parquet(table))
    text = "".join(to_csv(TableFile(tmp_path / "t.parquet", {}), "nl")).removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]
    assert [row[0] for row in rows] == ["'=1+1", "'+cmd", "'-2", "'@x", "'\tx", "plain", ""]
    assert [row[1] for row in rows] == ["-1,5", "", "0,1", "2,0", "1e-09", "1e+20", "3,25"]


@pytest.mark.parametrize(
    ("language", "word", "yes"), [("nl", "vertrouwelijk", "ja"), ("en", "confidential", "yes")]
)
def test_confidential_results_say_so_in_every_form(api: Api, language: str, word: str, yes: str) -> None:
    run_id = api.request_run(seed=40 + len(word))
    api.complete(run_id, confidential=True)
    reader = {"Accept-Language": language}
    table = f"/v1/runs/{run_id}/results/comparison"
    page = api.client.get(table, headers=reader).json()
    assert page["confidential"] is True
    rows = api.client.get(table, headers=CSV | reader)
    assert f"-{word}.csv" in rows.headers["content-disposition"]
    delimiter = ";" if language == "nl" else ","
    head, *lines = list(csv.reader(io.StringIO(rows.text.removeprefix("\ufeff")), delimiter=delimiter))
    assert head[-1] == word
    assert {line[-1] for line in lines} == {yes}
    for params in ({}, {"location": "NOORD"}):
        parquet = api.client.get(table, params=params | {"format": "parquet"}, headers=reader)
        assert f"-{word}.parquet" in parquet.headers["content-disposition"]
        assert pq.read_table(io.BytesIO(parquet.content)).schema.metadata[CONFIDENTIAL] == b"true"
    workbook = api.client.get(f"/v1/runs/{run_id}/report", params={"format": "xlsx"}, headers=reader)
    assert f"-{word}.xlsx" in workbook.headers["content-disposition"]
    html = api.client.get(f"/v1/runs/{run_id}/report", params={"format": "html"}, headers=reader)
    assert f'<p class="confidential">{word.capitalize()}</p>' in html.text
    assert api.client.get(f"/v1/runs/{run_id}/impact").json()["identity"]["confidential"] is True
    assert api.client.get(f"/v1/runs/{run_id}/headline").json()["confidential"] is True
    places = api.client.get(table, params={"format": "geojson"}, headers=reader)
    assert places.json()["confidential"] is True
    # No cache between may keep them for others.
    both = f"/v1/comparisons?run={run_id}&run={run_id}"
    for address in (
        table,
        f"{table}?format=csv",
        f"{table}?format=geojson",
        both,
        *(f"/v1/runs/{run_id}/{part}" for part in ("impact", "results", "report")),
    ):
        assert api.client.get(address).headers["cache-control"].startswith("private"), address


def test_open_results_carry_no_mark(api: Api) -> None:
    run_id = api.completed_run()
    table = f"/v1/runs/{run_id}/results/comparison"
    assert api.client.get(table).json()["confidential"] is False
    rows = api.client.get(table, headers=CSV)
    assert "vertrouwelijk" not in rows.text + rows.headers["content-disposition"]


def test_a_large_table_is_read_in_parts(tmp_path: Path) -> None:
    table = pa.table({"replication": pa.array(range(50_000), pa.int32())})
    (tmp_path / "t.parquet").write_bytes(to_parquet(table))
    rows = TableFile(tmp_path / "t.parquet", {})
    assert max(batch.num_rows for batch in rows.batches()) < 10_000
    found, then = rows.page(41_000, 3)
    assert ([row["replication"] for row in found], then) == ([41_000, 41_001, 41_002], 41_003)
    assert rows.page(49_999, 3) == ([{"replication": 49_999}], None)
    assert rows.page(49_997, 3)[1] is None
    assert rows.page(60_000, 3) == ([], None)


def test_a_run_without_a_result_has_nothing_to_show(api: Api) -> None:
    run_id = api.request_run(seed=99)
    for part in ("impact", "results", "results/flows", "report"):
        response = api.client.get(f"/v1/runs/{run_id}/{part}")
        assert (response.status_code, response.json()["code"]) == (404, "api.no_result_yet")
        assert response.headers["cache-control"] == "no-store"


def test_reports_come_in_four_formats_and_two_languages(api: Api, run_id: str) -> None:
    address = f"/v1/runs/{run_id}/report"
    page = api.client.get(address)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'lang="nl"' in page.text
    assert 'lang="en"' in api.client.get(address, params={"lang": "en"}).text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    held = api.client.get(address, headers={"If-None-Match": page.headers["etag"]})
    assert held.status_code == 304
    by_accept = api.client.get(
        address, headers={"Accept": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    )
    book = openpyxl.load_workbook(io.BytesIO(by_accept.content))
    assert book.sheetnames
    assert (
        api.client.get(address, params={"format": "xlsx"}).headers["content-disposition"].endswith('.xlsx"')
    )
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    board = {"part": "board", "status": "vastgesteld"}
    for media_type, start, ending in (("application/pdf", b"%PDF-", ".pdf"), (word, b"PK", ".docx")):
        made = api.client.get(address, headers={"Accept": media_type}, params=board)
        assert made.headers["content-type"] == media_type
        assert made.headers["content-disposition"].endswith(f'{ending}"')
        assert made.content.startswith(start)
        assert made.content == api.client.get(address, headers={"Accept": media_type}, params=board).content
    only = api.client.get(address, params=board)
    assert "Vragen en antwoorden" in page.text
    assert "Vragen en antwoorden" not in only.text
    assert only.headers["etag"] != page.headers["etag"]
    assert api.client.get(address, params={"format": "odt"}).status_code == 406
    assert api.client.get(address, params={"part": "boord"}).status_code == 400


def test_a_report_carries_who_fixed_it_and_where_it_can_be_opened_again(api: Api, run_id: str) -> None:
    address, here = f"/v1/runs/{run_id}/report", "https://example.org/impact?s=plan&run=1"
    asked = {"format": "html", "status": "vastgesteld", "fixed_by": "Regiotafel", "fixed_on": "2026-11-23"}
    page = api.client.get(address, params={**asked, "address": here, "part": ["region_plan", "board"]}).text
    assert "vastgesteld door Regiotafel op 23 november 2026" in page
    assert here.replace("&", "&amp;") in page
    assert "Tekstblok voor het regioplan" in page
    draft = api.client.get(address, params={**asked, "status": "concept"}).text
    assert "Regiotafel" not in draft
    for name, wrong in (("fixed_on", "gisteren"), ("fixed_by", "a\nb"), ("address", "javascript:alert(1)")):
        assert api.client.get(address, params={**asked, name: wrong}).status_code == 400


def test_a_form_whose_library_is_missing_says_what_to_install(
    api: Api, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    answer = api.client.get(f"/v1/runs/{run_id}/report", params={"format": "pdf"})
    assert (answer.status_code, answer.headers["content-type"]) == (501, "application/problem+json")
    assert 'pip install "zorgstroom[report]"' in answer.json()["detail"]


def test_runs_that_differ_only_in_their_plan_stand_next_to_each_other(api: Api, run_id: str) -> None:
    other = api.client.post(
        "/v1/runs", json={"scenario": {**sample_result.PLAN, "name": "Another"}, "settings": {}}
    ).json()["id"]
    api.complete(other)
    response = api.client.get("/v1/comparisons", params={"run": [run_id, other]})
    assert response.status_code == 200
    comparison = response.json()
    assert [run["id"] for run in comparison["runs"]] == [run_id, other]
    impact = Impact.model_validate_json(api.client.get(f"/v1/runs/{run_id}/impact").content)
    assert len(comparison["indicators"]) == len(impact.headline)
    for row in impact.headline:
        place = [part for part in (row.location, row.profile, row.area, row.pool, row.band) if part]
        first, second = comparison["indicators"][":".join([row.indicator, *place])]
        assert first["plan"] == second["plan"] == row.plan.model_dump()


def with_years(shift: float) -> dict[str, pa.Table]:
    """Return the sample result with travel and norm of every simulated year; under the plan `shift` minutes more."""
    values = {
        "travel_mean": {"baseline": 18.4, "plan": 18.9 + shift},
        "volume_at_norm": {"baseline": 0.93, "plan": 0.96},
    }
    place = dict.fromkeys(("location", "profile", "area", "pool", "band"), "")
    rows = [
        {
            **place,
            "scenario": side,
            "replication": year,
            "indicator": name,
            # Years differ, and a thousand patients make the mean exact.
            "total": round((mean + year / 100) * 1000 * CATALOGUE[name].scale),
            "count": 1000,
        }
        for name, sides in values.items()
        for side, mean in sides.items()
        for year in range(sample_result.REPLICATIONS)
    ]
    return {**SAMPLE_TABLES, "indicators": pa.Table.from_pylist(rows, schema=SCHEMAS["indicators"])}


def test_differences_are_with_the_run_that_is_asked_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = []
    for name, shift in (("First", 0.0), ("Second", 2.0)):
        body = {"scenario": {**sample_result.PLAN, "name": name}, "settings": {}}
        plans.append(api.client.post("/v1/runs", json=body).json()["id"])
        monkeypatch.setattr(sample_result, "tables", partial(with_years, shift))
        api.complete(plans[-1])
    asked = {"run": plans, "reference": plans[1]}
    comparison = api.client.get("/v1/comparisons", params=asked).json()
    today = api.client.get("/v1/comparisons", params={"run": plans}).json()
    assert (comparison["reference"], today["reference"]) == (plans[1], None)
    first, second = comparison["indicators"]["travel_mean"]
    assert first["difference"]["mean"] == pytest.approx(-2.0)
    assert (first["clear"], first["verdict"], second["verdict"]) == (True, "better", "none")
    assert comparison["indicators"]["volume_at_norm"][0]["verdict"] == "equal"
    # What is not counted per year cannot be paired, and is left out rather than guessed.
    assert set(comparison["indicators"]) < set(today["indicators"])
    wrong = api.client.get("/v1/comparisons", params={**asked, "reference": "nowhere"})
    assert wrong.status_code == 400
    assert "'nowhere'" in wrong.json()["problems"][0]["message"]

    weighed = api.client.get("/v1/comparisons/trade-offs", params={"run": plans}).json()
    (item,) = weighed["items"]
    assert (item["across"], item["against"], item["profile"]) == ("travel_mean", "volume_at_norm", "")
    assert [point["run"] for point in item["points"]] == [None, *plans]
    assert [len(point["years"]) for point in item["points"]] == 3 * [sample_result.REPLICATIONS]
    assert item["points"][2]["years"][1] == [pytest.approx(20.91), pytest.approx(0.97)]
    assert api.client.get("/v1/comparisons/trade-offs").status_code == 400
    assert api.client.get("/v1/comparisons/trade-offs", params={"run": "nowhere"}).status_code == 404


def test_runs_that_cannot_be_compared_say_in_what_they_differ(api: Api, run_id: str) -> None:
    other = api.completed_run(seed=2)
    response = api.client.get("/v1/comparisons", params={"run": [run_id, other]})
    assert response.status_code == 409
    assert response.json()["differences"] == [{"field": "seed", "values": {run_id: 1, other: 2}}]
    assert response.headers["content-type"] == "application/problem+json"
    assert api.client.get("/v1/comparisons", params={"run": run_id}).status_code == 400
    # What the horizon asks differs too, though the results say nothing of it.
    horizon = {"demand_factors": [{"factor": 1.1}], "warmup_weeks": 8}
    other = api.client.post(
        "/v1/runs", json={"scenario": {**sample_result.PLAN, "horizon": horizon}, "settings": {}}
    ).json()["id"]
    api.complete(other)
    response = api.client.get("/v1/comparisons", params={"run": [run_id, other]})
    assert response.status_code == 409
    assert [item["field"] for item in response.json()["differences"]] == ["warmup_weeks", "demand_factors"]
    assert api.client.get("/v1/comparisons", params={"run": [run_id, "nowhere"]}).status_code == 404
