"""Inhabitants per postcode area from CBS: counts from StatLine, borders and gemeenten from PDOK.

StatLine table 83502NED counts inhabitants per PC4 by five years of age, rounded to fives. It has no places: the
borders of PC4s (CBS postcode4) give a point inside each, and the borders of the gemeenten which one that point is
in. Both services are open data (CC BY 4.0).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from zorgstroom.dataset.fetching import Document, FetchFailed, Limits, address_of, fetch_pages
from zorgstroom.dataset.pc4 import NETHERLANDS, Postcode, TableSource
from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.geo import Point
from zorgstroom.geo.polygons import Shape, area_km2, bounds, contains, distance_km, inner_point, shape_of

STATLINE = "https://opendata.cbs.nl/ODataFeed/odata"
PDOK = "https://api.pdok.nl"
TABLE = "83502NED"
#: Men and women together.
EVERYBODY = "T001038"
#: The age each band starts at.
BAND_STARTS = tuple(int(band.split("_")[0].removesuffix("plus")) for band in AGE_BANDS)
#: PDOK gives no more features at once.
PAGE = 1000
#: How many years back borders of PC4s are looked for: they come out later than the counts.
YEARS_BACK = 4
#: How far from a gemeente a point may lie and still be taken as in it: generalised coasts cut corners off.
NEAR_KM = 5.0

Shapes = Mapping[str, Shape]


def odata_next(page: Document) -> str | None:
    """Return the address of the next page of an OData answer (version 3 or 4)."""
    link = page.get("odata.nextLink") or page.get("@odata.nextLink")
    return link if isinstance(link, str) else None


def ogc_next(page: Document) -> str | None:
    """Return the address of the next page of an OGC API Features answer."""
    links = page.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("rel") == "next" and isinstance(link.get("href"), str):
            return str(link["href"])
    return None


def fetch_shapes(pdok: str, level: str, year: int, limits: Limits | None = None) -> dict[str, Shape]:
    """Return the borders of all gemeenten (``GM0014``) or PC4s (``PC1011``) of a year, in degrees.

    `level` is gemeente or pc4. Raises FetchFailed; a year without borders gives an empty answer.
    """
    path, code = _COLLECTIONS[level]
    query: dict[str, str | int] = {"f": "json", "limit": PAGE, "jaarcode": year}
    shapes: dict[str, Shape] = {}
    for page in fetch_pages(address_of(pdok, path, query), ogc_next, limits):
        features = page.get("features")
        if not isinstance(features, list):
            raise FetchFailed("area.fetch.unexpected", host=pdok, what="features")
        for feature in features:
            try:
                name = code(feature["properties"])
                shapes[name] = shapes.get(name, ()) + shape_of(feature["geometry"])
            except (KeyError, TypeError, ValueError) as error:
                raise FetchFailed("area.fetch.unexpected", host=pdok, what=str(error)) from None
    return shapes


def _gemeente_code(properties: Mapping[str, object]) -> str:
    code = str(properties["statcode"])
    if not re.fullmatch(r"GM\d{4}", code):
        raise ValueError(f"statcode {code}")
    return code


def _pc4_code(properties: Mapping[str, object]) -> str:
    code = str(properties["postcode"])
    if not re.fullmatch(r"[1-9]\d{3}", code):
        raise ValueError(f"postcode {code}")
    return f"PC{code}"


_COLLECTIONS: Mapping[str, tuple[str, Callable[[Mapping[str, object]], str]]] = {
    "gemeente": ("cbs/gebiedsindelingen/ogc/v1/collections/gemeente_gegeneraliseerd/items", _gemeente_code),
    "pc4": ("cbs/postcode4/ogc/v1/collections/postcode4/items", _pc4_code),
}


def fetch_postcodes(
    gemeenten: Mapping[str, str],
    gemeente_year: int,
    *,
    year: int | None = None,
    statline: str = STATLINE,
    pdok: str = PDOK,
    limits: Limits | None = None,
) -> tuple[list[Postcode], tuple[TableSource, ...]]:
    """Return every PC4 with inhabitants, and the sources to name.

    `gemeenten` is {code: name} of the dataset and `gemeente_year` the year of its borders; `year` is 1 January of
    that year, by default the latest. Raises FetchFailed if anything did not come, or was not as expected.
    """
    counts, counted = fetch_inhabitants(statline, year, limits)
    borders, drawn = fetch_latest_shapes(pdok, "pc4", counted, limits)
    of_gemeente = fetch_shapes(pdok, "gemeente", gemeente_year, limits)
    unknown = [code for code in gemeenten if code not in of_gemeente]
    if unknown:
        raise FetchFailed(
            "area.fetch.gemeenten", host=pdok, year=gemeente_year, codes=", ".join(unknown[:10])
        )
    finder = _Finder({code: of_gemeente[code] for code in gemeenten})
    postcodes = [
        made
        for code, shape in sorted(borders.items())
        if code in counts and (made := _postcode(code, shape, counts[code], counted, finder)) is not None
    ]
    if not postcodes:
        raise FetchFailed("area.fetch.unexpected", host=pdok, what="postcode")
    return postcodes, _sources(counted, drawn)


def fetch_inhabitants(
    statline: str, year: int | None, limits: Limits | None = None
) -> tuple[dict[str, tuple[float, ...]], int]:
    """Return {``PC1011``: inhabitants per age band} and their year; raises FetchFailed."""
    periods = {
        int(match[1]): match[0]
        for row in _rows(statline, "Perioden", {}, limits)
        if (match := re.fullmatch(r"(\d{4})JJ00", str(row.get("Key", "")).strip()))
    }
    if not periods or (year is not None and year not in periods):
        known = ", ".join(str(item) for item in sorted(periods)[-6:])
        raise FetchFailed("area.fetch.no_year", host=statline, year=year or "?", known=known or "-")
    chosen = max(periods) if year is None else year
    bands = _bands(statline, _rows(statline, "Leeftijd", {}, limits))
    query = {
        "$filter": f"Geslacht eq '{EVERYBODY}' and Perioden eq '{periods[chosen]}'",
        "$select": "Leeftijd,Postcode,Bevolking_1",
    }
    counts: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * len(AGE_BANDS))
    for row in _rows(statline, "TypedDataSet", query, limits):
        band = bands.get(str(row.get("Leeftijd", "")).strip())
        code, number = str(row.get("Postcode", "")).strip(), row.get("Bevolking_1")
        if band is None or number is None or not re.fullmatch(r"PC\d{4}", code):
            continue
        if not isinstance(number, int | float) or number < 0:
            raise FetchFailed("area.fetch.unexpected", host=statline, what=f"Bevolking_1 {number!r}")
        counts[code][band] += number
    if not counts:
        raise FetchFailed("area.fetch.unexpected", host=statline, what="Postcode")
    return {code: tuple(values) for code, values in counts.items()}, chosen


def _rows(
    statline: str, name: str, query: Mapping[str, str], limits: Limits | None
) -> Iterator[Mapping[str, object]]:
    address = address_of(statline, f"{TABLE}/{name}", {"$format": "json", **query})
    for page in fetch_pages(address, odata_next, limits):
        rows = page.get("value")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise FetchFailed("area.fetch.unexpected", host=statline, what="value")
        yield from rows


def _bands(statline: str, ages: Iterator[Mapping[str, object]]) -> dict[str, int]:
    """Return {key of five years of age: position of our band}; the groups cover every age once.

    The table also has totals and wider groups; those are left out. Raises FetchFailed if ages are missing.
    """
    groups: dict[int, str] = {}
    open_ended: dict[int, str] = {}
    for row in ages:
        title, key = str(row.get("Title", "")).strip(), str(row.get("Key", "")).strip()
        closed = re.fullmatch(r"(\d+) tot (\d+) jaar", title)
        if closed and int(closed[2]) - int(closed[1]) == 5:
            groups[int(closed[1])] = key
        elif older := re.fullmatch(r"(\d+) jaar of ouder", title):
            open_ended[int(older[1])] = key
    end = max(groups, default=0) + 5
    if end not in open_ended or sorted(groups) != list(range(0, end, 5)) or end < BAND_STARTS[-1]:
        raise FetchFailed("area.fetch.unexpected", host=statline, what="Leeftijd")
    return {
        key: sum(start <= age for start in BAND_STARTS) - 1
        for age, key in [*groups.items(), (end, open_ended[end])]
    }


def fetch_latest_shapes(
    pdok: str, level: str, year: int, limits: Limits | None = None
) -> tuple[dict[str, Shape], int]:
    """Return the borders of a year, or of the latest of the years before it that has them; raises FetchFailed."""
    for candidate in range(year, year - YEARS_BACK - 1, -1):
        shapes = fetch_shapes(pdok, level, candidate, limits)
        if shapes:
            return shapes, candidate
    raise FetchFailed("area.fetch.no_year", host=pdok, year=year, known="-")


class _Finder:
    """Finds the gemeente a point lies in."""

    def __init__(self, gemeenten: Shapes) -> None:
        self._gemeenten = [(code, shape, bounds(shape)) for code, shape in sorted(gemeenten.items())]

    def find(self, point: Point) -> str | None:
        """Return the gemeente around a point, else the nearest one within `NEAR_KM`."""
        x, y = point
        for code, shape, (west, south, east, north) in self._gemeenten:
            if west <= x <= east and south <= y <= north and contains(shape, point):
                return code
        distance, code = min((distance_km(shape, point), code) for code, shape, _ in self._gemeenten)
        return code if distance <= NEAR_KM else None


def _postcode(
    code: str, shape: Shape, counts: Sequence[float], year: int, finder: _Finder
) -> Postcode | None:
    """Return a PC4, or None if nobody lives there or it lies in none of the gemeenten."""
    longitude, latitude = point = inner_point(shape)
    (south, north), (west, east) = NETHERLANDS["latitude"], NETHERLANDS["longitude"]
    gemeente = finder.find(point)
    if not sum(counts) or gemeente is None or not (south <= latitude <= north and west <= longitude <= east):
        return None
    return Postcode(
        pc4=code.removeprefix("PC"),
        gemeente_id=gemeente,
        name="",
        latitude=latitude,
        longitude=longitude,
        area_km2=area_km2(shape),
        access_factor=None,
        inhabitants={year: tuple(counts)},
    )


def _sources(counted: int, drawn: int) -> tuple[TableSource, ...]:
    return (
        TableSource(
            id="cbs_83502ned",
            title="Bevolking; geslacht, leeftijd en viercijferige postcode, 1 januari (StatLine 83502NED)",
            publisher="CBS",
            year=str(counted),
            address="https://opendata.cbs.nl/#/CBS/nl/dataset/83502NED/table",
            licence="CC-BY-4.0",
            read="fetched from the open data service; bands of five years added up",
        ),
        TableSource(
            id="cbs_postcode4",
            title="Postcode, numeriek deel (CBS postcode4), grenzen",
            publisher="CBS, PDOK",
            year=str(drawn),
            address="https://api.pdok.nl/cbs/postcode4/ogc/v1",
            licence="CC-BY-4.0",
            read="fetched from the open data service; a point inside each border",
        ),
    )
