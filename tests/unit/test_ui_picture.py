"""Pictures as files: figures that a spreadsheet reads well, and drawings made here."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest

from zorgstroom.text import LANGUAGES
from zorgstroom_ui.components.picture import Picture, Sheet, as_csv, as_excel, as_png, as_svg

pytestmark = pytest.mark.unit

SHEET = Sheet(["Gemeente", "Minuten"], [["Venlo", 1234.5], ["=1+1", None], ["Eijsden; Margraten", -2]])
PICTURE = Picture(
    name="reistijd",
    title="Meer patiënten reizen langer: [proef]",
    alt="Staafdiagram",
    spec={
        "width": "container",
        "height": 80,
        "layer": [
            {
                "data": {"values": [{"place": "Venlo", "minutes": 1234.5}]},
                "mark": {"type": "bar"},
                "encoding": {
                    "x": {"field": "minutes", "type": "quantitative"},
                    "y": {"field": "place", "type": "nominal"},
                },
            }
        ],
    },
    sheet=SHEET,
    source="Bron: eigen berekening",
    legend=[("#154273", "10 tot 15 minuten")],
)


def test_csv_is_as_a_dutch_or_english_spreadsheet_reads_it() -> None:
    dutch = as_csv(SHEET, "nl").decode("utf-8-sig")
    assert dutch.splitlines() == [
        "Gemeente;Minuten",
        "Venlo;1234,5",
        "'=1+1;",
        '"Eijsden; Margraten";-2',
    ]
    english = as_csv(SHEET, "en").decode("utf-8-sig")
    assert english.splitlines()[1] == "Venlo,1234.5"
    assert as_csv(SHEET, "nl").startswith("\ufeff".encode())


def test_a_workbook_holds_numbers_a_header_and_where_they_come_from() -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_excel(SHEET, PICTURE.title, PICTURE.source)))
    [sheet] = book.worksheets
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("Gemeente", "Minuten")
    assert rows[1] == ("Venlo", 1234.5)
    # What looks like a formula is text.
    assert sheet["A3"].value == "=1+1"
    assert sheet["A3"].data_type == "s"
    assert PICTURE.source in {row[0] for row in rows}
    assert sheet.freeze_panes == "B2"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_drawing_has_its_title_its_legend_and_its_source(language: str) -> None:
    drawing = as_svg(PICTURE, "nl" if language == "nl" else "en").decode()
    for words in ("Meer patiënten reizen langer", "Bron: eigen berekening", "10 tot 15 minuten", "Venlo"):
        assert words in drawing
    assert ("1.200" if language == "nl" else "1,200") in drawing
    assert as_png(PICTURE, "nl").startswith(b"\x89PNG")


def test_a_drawing_fetches_nothing() -> None:
    elsewhere = {"data": {"url": "https://example.org/figures.json"}, "mark": "bar"}
    with pytest.raises(ValueError, match="not allowed"):
        as_svg(replace(PICTURE, spec=elsewhere, legend=()), "nl")
