"""An analyst goes from a number to its rows and takes them along; the address is one that somebody else can open."""

from __future__ import annotations

import csv
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from tests.support.browser import Stack, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]


def test_from_a_number_to_its_rows_to_a_file(live_stack: Stack, visitor: Visitor) -> None:
    page, plan, run = visitor.page, live_stack.plans[0], live_stack.runs[0]
    visitor.open(f"{live_stack.address}/verdieping?taal=nl&s={plan.id}&onderdeel=stromen")
    streams = page.get_by_role("table").filter(has_text="Minuten langer")
    row = streams.get_by_role("row").nth(1)
    sender, receiver = (re.sub(r"^\d+ ", "", cell) for cell in row.locator("th, td").all_inner_texts()[:2])
    row.get_by_role("link", name=f"Rijen: {sender} → {receiver}").click()

    expect(page.get_by_role("heading", name="Rijen achter het getal")).to_be_visible()
    visitor.wait_until_complete()
    expect(page.get_by_text(f"Gekozen: van: {sender}; naar: {receiver}.")).to_be_visible()
    asked = parse_qs(urlsplit(page.url).query)
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV", exact=True).click()
    with saved.value.path().open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert {(line["from_location"], line["to_location"]) for line in rows} == {
        (asked["van"][0], asked["naar"][0])
    }
    expected = live_stack.client.frame(run, "flows", from_location=asked["van"], to_location=asked["naar"])
    assert [int(line["patients"]) for line in rows] == expected["patients"].to_pylist()
    visitor.screenshot("verdieping-rijen-nl-1280")
