"""A small open-data service on this machine that speaks as CBS StatLine (OData) and PDOK (OGC API Features) do.

Real HTTP: what is tested against it are sockets, pages, times and broken answers. `Service.faults` makes the next
answers go wrong.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

#: Pages of features and rows per page: everything comes in several.
PAGES, ROWS = 3, 25
TABLE = "/odata/83502NED"

#: How long a silent answer stays away.
SILENCE_SECONDS = 0.5

Square = tuple[float, float, float]


@dataclass
class Service:
    """What the service has, and what goes wrong next."""

    address: str
    #: {code: (longitude, latitude, half a side)} of gemeenten and PC4s, per year of the borders.
    gemeenten: dict[int, dict[str, Square]] = field(default_factory=dict)
    postcodes: dict[int, dict[str, Square]] = field(default_factory=dict)
    #: {year: {PC4: inhabitants per group of five years}}.
    people: dict[int, dict[str, Sequence[int]]] = field(default_factory=dict)
    #: Taken one per request: a status, or html, drop, short, drip, silent.
    faults: list[int | str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def statline(self) -> str:
        """Where StatLine is said to be."""
        return f"{self.address}/odata"


def square(longitude: float, latitude: float, half: float) -> dict[str, Any]:
    """Return a square as GeoJSON."""
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    return {
        "type": "Polygon",
        "coordinates": [[[longitude + x * half, latitude + y * half] for x, y in corners]],
    }


@contextmanager
def open_data() -> Iterator[Service]:
    """Give a running service on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    service = Service(f"http://127.0.0.1:{server.server_port}")
    _Handler.services[server.server_port] = service
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        del _Handler.services[server.server_port]


class _Handler(BaseHTTPRequestHandler):
    services: ClassVar[dict[int, Service]] = {}

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        service = self.services[self.connection.getsockname()[1]]
        service.requests.append(self.path)
        fault = service.faults.pop(0) if service.faults else None
        if isinstance(fault, int):
            self.send_error(fault)
            return
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = b"<html>Onderhoud</html>" if fault == "html" else _answer(service, parts.path, query)
        if body is None:
            self.send_error(404)
            return
        if fault == "drop":
            return
        if fault == "silent":
            time.sleep(SILENCE_SECONDS)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault == "short":
            self.wfile.write(body[: len(body) // 2])
        elif fault == "drip":
            for position in range(len(body)):
                try:
                    self.wfile.write(body[position : position + 1])
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)
        else:
            self.wfile.write(body)


def _answer(service: Service, path: str, query: Mapping[str, str]) -> bytes | None:
    if path.startswith(TABLE):
        rows = _table(service, path.removeprefix(TABLE + "/"), query.get("$filter", ""))
        return None if rows is None else _odata(service, path, query, rows)
    year = int(query.get("jaarcode", 0))
    if path.endswith("/gemeente_gegeneraliseerd/items"):
        known, name = service.gemeenten.get(year, {}), "statcode"
    elif path.endswith("/postcode4/items"):
        known, name = service.postcodes.get(year, {}), "postcode"
    elif path == "/endless":
        return json.dumps({"odata.nextLink": f"{service.address}/endless?n={len(service.requests)}"}).encode()
    elif path == "/elsewhere":
        return json.dumps({"odata.nextLink": "http://example.org/secret"}).encode()
    else:
        return None
    features = [
        {
            "type": "Feature",
            "properties": {name: int(code) if name == "postcode" else code, "jaarcode": year},
            "geometry": square(*place),
        }
        for code, place in sorted(known.items())
    ]
    start, size = int(query.get("cursor", 0)), -(-len(features) // PAGES)
    following = urlencode({**query, "cursor": start + size})
    links = [{"rel": "self", "href": f"{service.address}{path}"}]
    if start + size < len(features):
        links.append({"rel": "next", "href": f"{service.address}{path}?{following}"})
    page = {"type": "FeatureCollection", "links": links, "features": features[start : start + size]}
    return json.dumps(page).encode()


def _table(service: Service, name: str, condition: str) -> list[dict[str, Any]] | None:
    if name == "Perioden":
        return [{"Key": f"{year}JJ00", "Title": str(year)} for year in sorted(service.people)]
    if name == "Leeftijd":
        groups = [(10000, "Totaal"), (53100, "0 tot 15 jaar"), (22000, "90 jaar of ouder")]
        groups += [(70100 + start, f"{start} tot {start + 5} jaar") for start in range(0, 95, 5)]
        return [{"Key": f"{key}   ", "Title": title} for key, title in [*groups, (22200, "95 jaar of ouder")]]
    if name != "TypedDataSet":
        return None
    rows = []
    for year, places in service.people.items():
        if f"'{year}JJ00'" not in condition or "'T001038'" not in condition:
            continue
        for code, counts in places.items():
            rows.append({"Leeftijd": "10000   ", "Postcode": f"PC{code}   ", "Bevolking_1": sum(counts)})
            for group, count in enumerate(counts):
                key = 70100 + 5 * group if group < 19 else 22200
                rows.append({"Leeftijd": f"{key}", "Postcode": f"PC{code}   ", "Bevolking_1": count or None})
        rows.append({"Leeftijd": "70100", "Postcode": "PC10     ", "Bevolking_1": 999_999})
    return rows


def _odata(service: Service, path: str, query: Mapping[str, str], rows: list[dict[str, Any]]) -> bytes:
    start, size = int(query.get("$skip", 0)), ROWS
    page: dict[str, Any] = {"odata.metadata": f"{service.address}{path}", "value": rows[start : start + size]}
    if start + size < len(rows):
        page["odata.nextLink"] = f"{service.address}{path}?{urlencode({**query, '$skip': start + size})}"
    return json.dumps(page).encode()
