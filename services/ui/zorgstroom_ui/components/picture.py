"""A picture as every page shows it: the chart, its legend, its table, and files of both to take along.

    show_picture(
        Picture(
            name="reistijd-limburg",                  # of the files, without ending
            title="Meer patiënten reizen langer",     # the conclusion; stands above the picture in its files
            alt="Kaart van 12 gemeenten ...",         # the same for who does not see it
            spec=spec,                                # Vega-Lite, made once and cached
            sheet=Sheet(["Gemeente", "Minuten"], [["Venlo", 12.5]]),
            source=source_of(impact.identity),        # or who published the figures, and of which date
            legend=[("#154273", "10 tot 15 minuten")],  # only where the specification has none of its own
        ),
        table=html.table(...),
    )

CSV comes as Excel in the visitor's language reads it, Excel with real numbers. A file is made when somebody asks
for it, in this process: no font and no line comes from elsewhere.
"""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import streamlit as st

from zorgstroom.reporting.impact import Identity
from zorgstroom.text import Language
from zorgstroom.text.spreadsheet import harmless
from zorgstroom_ui import session
from zorgstroom_ui.components import pictures
from zorgstroom_ui.components.html import Html, show
from zorgstroom_ui.components.wording import area_name, basis_lines, date_text

Cell = str | int | float | None
#: Width of a picture in a file, of which the screen decides in the browser.
FILE_WIDTH = 900
#: Dots of a PNG per point: sharp on paper and on a projector.
SHARPNESS = 2.0
#: Comes with the library that draws, so that a picture is the same on every machine.
FILE_FONT = "Liberation Sans"
#: Excel allows no longer name of a sheet.
LONGEST_SHEET_NAME = 31
WIDEST_COLUMN = 60

_MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Sheet:
    """The figures of a picture: the headings of the columns (with unit), and rows of numbers and texts."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Picture:
    """A chart with everything that goes with it, except its table on screen."""

    name: str
    title: str
    alt: str
    spec: Mapping[str, Any]
    sheet: Sheet
    source: str = ""
    legend: Sequence[tuple[str, str]] = ()


def show_picture(picture: Picture, table: Html | None = None, *, below: Html | None = None) -> None:
    """Show the chart, `below` it (such as a line of explanation), its table, and the files to take along.

    `table` is a table of `html`, folded away where it is long. Leave it out only where the page has the same
    figures in a table right beside the picture.
    """
    if picture.legend:
        show(pictures.swatches(picture.legend))
    # Streamlit hands the specification to the browser as it is.
    spec = cast("dict[str, Any]", picture.spec)
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=picture.alt, key=f"picture-{picture.name}")
    if below is not None:
        show(below)
    if table is not None:
        show(table)
    offer_files(picture)


def offer_files(picture: Picture) -> None:
    """Offer the figures and the drawing of a picture as files."""
    language = session.language()
    with st.popover(session.text("ui.picture.files"), type="tertiary", key=f"files-{picture.name}"):
        show_table_files(picture.name, picture.sheet, picture.title, picture.source)
        for ending, make in (("png", as_png), ("svg", as_svg)):
            _button(picture.name, ending, partial(make, picture, language))


def show_table_files(name: str, sheet: Sheet, title: str, source: str = "") -> None:
    """Offer figures as CSV and Excel; also for a table without a picture."""
    _button(name, "csv", partial(as_csv, sheet, session.language()))
    _button(name, "xlsx", partial(as_excel, sheet, title, source))


def source_of(identity: Identity) -> str:
    """Return what stands below a picture that was calculated: the area, and by which model of which figures."""
    language = session.language()
    line = session.text(
        "ui.picture.source",
        area=area_name(identity.region, language),
        year=str(identity.demand_year),
        model=identity.model_version,
        dataset=f"{identity.dataset_id} {identity.dataset_version}",
        chance=str(identity.seed),
        created=date_text(identity.created, language),
    )
    return " ".join([line, *basis_lines([identity], language)[:-1]])


def as_csv(sheet: Sheet, language: Language) -> bytes:
    """Return the figures as CSV that Excel opens well in a Dutch or an English setting.

    >>> as_csv(Sheet(["Gemeente", "Minuten"], [["Venlo", 12.5]]), "nl").decode("utf-8-sig")
    'Gemeente;Minuten\\r\\nVenlo;12,5\\r\\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if language == "nl" else ",", lineterminator="\r\n")
    writer.writerows([_written(cell, language) for cell in row] for row in (sheet.columns, *sheet.rows))
    return text.getvalue().encode("utf-8-sig")


def as_excel(sheet: Sheet, title: str, source: str = "") -> bytes:
    """Return the figures as a workbook of one sheet."""
    return as_workbook([(title, sheet)], source)


def as_workbook(pages: Sequence[tuple[str, Sheet]], source: str = "") -> bytes:
    """Return a workbook with a sheet per title: a header row, and below the figures what they are and rest on."""
    # Takes a moment to import, and only who asks for a file needs it.
    import xlsxwriter  # noqa: PLC0415

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": pages[0][0], "comments": source})
        bold = book.add_format({"bold": True})
        for title, sheet in pages:
            name = "".join(letter for letter in title if letter not in "[]:*?/\\")[:LONGEST_SHEET_NAME]
            page = book.add_worksheet(name.strip("' ") or None)
            for number, row in enumerate((sheet.columns, *sheet.rows)):
                page.write_row(number, 0, row, bold if number == 0 else None)
            for line, words in enumerate(filter(None, (title, source)), len(sheet.rows) + 2):
                page.write_string(line, 0, words)
            for column in range(len(sheet.columns)):
                longest = max(len(str(row[column])) for row in (sheet.columns, *sheet.rows))
                page.set_column(column, column, min(longest + 2, WIDEST_COLUMN))
            page.freeze_panes(1, 1)
    return file.getvalue()


def as_svg(picture: Picture, language: Language) -> bytes:
    """Return the drawing as SVG."""
    import vl_convert  # noqa: PLC0415

    return str(vl_convert.vegalite_to_svg(_for_file(picture), **_drawn_here(language))).encode()


def as_png(picture: Picture, language: Language) -> bytes:
    """Return the drawing as PNG."""
    import vl_convert  # noqa: PLC0415

    return bytes(vl_convert.vegalite_to_png(_for_file(picture), scale=SHARPNESS, **_drawn_here(language)))


def _drawn_here(language: Language) -> dict[str, Any]:
    """Return how to draw: no data from any address, numbers as the language writes them."""
    return {"allowed_base_urls": [], "format_locale": "nl-NL" if language == "nl" else "en-US"}


def _for_file(picture: Picture) -> dict[str, Any]:
    """Return the specification with what stands around the picture on screen: title, legend and source."""
    spec = copy.deepcopy(dict(picture.spec))
    if spec.get("width") == "container":
        spec["width"] = FILE_WIDTH
    subtitle = [line for line in (picture.source,) if line]
    spec["title"] = {"text": picture.title, "subtitle": subtitle, "anchor": "start", "offset": 12}
    spec["config"] = {**spec.get("config", {}), "font": FILE_FONT}
    spec["background"] = "#FFFFFF"
    # A fixed frame would cut off what is put around it.
    spec.pop("autosize", None)
    spec["padding"] = 12
    if picture.legend and "layer" in spec:
        spec["layer"] = [*spec["layer"], _legend_layer(picture.legend)]
    return spec


def _legend_layer(legend: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return a layer that shows nothing but a legend."""
    colours, labels = [colour for colour, _ in legend], [label for _, label in legend]
    keys = {
        "title": None,
        "orient": "bottom",
        "columns": 4,
        "labelLimit": 260,
        "symbolOpacity": 1,
        "symbolType": "square",
        "symbolSize": 150,
        "symbolStrokeColor": "#595959",
    }
    scale = {"domain": labels, "range": colours}
    return {
        "data": {"values": [{"label": label} for label in labels]},
        "mark": {"type": "point", "opacity": 0, "clip": True},
        "encoding": {"fill": {"field": "label", "type": "nominal", "scale": scale, "legend": keys}},
    }


def _button(name: str, ending: str, make: partial[bytes]) -> None:
    st.download_button(
        session.text(f"ui.picture.{ending}"),
        data=make,
        file_name=f"{name}.{ending}",
        mime=_MEDIA_TYPES[ending],
        key=f"{name}-{ending}",
        on_click="ignore",
        width="stretch",
    )


def _written(cell: Cell, language: Language) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    return str(cell).replace(".", ",") if language == "nl" else str(cell)
