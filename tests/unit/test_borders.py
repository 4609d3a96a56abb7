"""Borders of areas: their geometry, fewer points without gaps, fetched and kept, and filled on the map."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.open_data import Service, open_data, square

from zorgstroom.client import Client
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.boundaries import fetch_boundaries
from zorgstroom.dataset.fetching import FetchFailed, Limits
from zorgstroom.dataset_commands import dataset as dataset_command
from zorgstroom.geo.boundaries import (
    Boundaries,
    attributions,
    boundaries_folder,
    boundary_file,
    load_boundaries,
    patches,
)
from zorgstroom.geo.polygons import (
    Shape,
    area_km2,
    contains,
    geometry_of,
    inner_point,
    ring_area,
    shape_of,
    spherical_geometry_of,
)
from zorgstroom.geo.simplify import simplify
from zorgstroom.reporting import svg
from zorgstroom.reporting.impact import AreaImpact, Estimate
from zorgstroom.text import translate

pytestmark = pytest.mark.unit

QUICK = Limits(silence_seconds=2.0, attempts=1)
#: A letter U: its middle lies outside.
LETTER_U = shape_of(
    {
        "type": "Polygon",
        "coordinates": [
            [
                [5, 52],
                [5.3, 52],
                [5.3, 52.3],
                [5.2, 52.3],
                [5.2, 52.1],
                [5.1, 52.1],
                [5.1, 52.3],
                [5, 52.3],
                [5, 52],
            ]
        ],
    }
)


def ring_around(hole: bool) -> Shape:
    """Return a square of 0.4 degrees, with a hole of 0.2 or without."""
    outer = square(5.5, 52.0, 0.2)["coordinates"]
    inner = square(5.5, 52.0, 0.1)["coordinates"] if hole else []
    return shape_of({"type": "Polygon", "coordinates": outer + inner})


def test_area_and_inside_leave_holes_out() -> None:
    full, holed = ring_around(hole=False), ring_around(hole=True)
    one_degree = 111.2**2 * math.cos(math.radians(52))
    assert area_km2(full) == pytest.approx(0.16 * one_degree, rel=1e-6)
    assert area_km2(holed) == pytest.approx(0.12 * one_degree, rel=1e-6)
    assert contains(full, (5.5, 52.0))
    assert not contains(holed, (5.5, 52.0))
    assert contains(holed, (5.35, 52.0))
    assert not contains(full, (5.8, 52.0))


@pytest.mark.parametrize("shape", [LETTER_U, ring_around(hole=True), ring_around(hole=False)])
def test_the_inner_point_lies_inside(shape: Shape) -> None:
    assert contains(shape, inner_point(shape))


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Point", "coordinates": [5, 52]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[155000, 463000], [155100, 463000], [155100, 463100]]]},
        {"type": "Polygon", "coordinates": [["x"]]},
        {"type": "Polygon", "coordinates": [[[5, 52], [5.00001, 52], [5, 52]]]},
    ],
)
def test_what_is_no_border_in_degrees_is_refused(geometry: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        shape_of(geometry)


def test_rings_go_around_as_their_reader_expects() -> None:
    shape = ring_around(hole=True)
    for make, sign in ((geometry_of, 1), (spherical_geometry_of, -1)):
        outer, hole = make(shape)["coordinates"]
        assert ring_area(outer) * sign > 0
        assert ring_area(hole) * sign < 0


def neighbours(seed: int, points: int = 300) -> tuple[Shape, Shape, Shape]:
    """Return two areas side by side with a ragged border between them, and one around them with a hole for both."""
    dice = random.Random(seed)
    ragged = [[5.5 + dice.uniform(-0.0006, 0.0006), 52.0 + 0.4 * step / points] for step in range(1, points)]
    border = [[5.5, 52.0], *ragged, [5.5, 52.4]]
    left = [[5.2, 52.0], *border, [5.2, 52.4], [5.2, 52.0]]
    right = [[5.8, 52.4], *reversed(border), [5.8, 52.0], [5.8, 52.4]]
    hole = [[5.2, 52.0], [5.5, 52.0], [5.8, 52.0], [5.8, 52.4], [5.5, 52.4], [5.2, 52.4], [5.2, 52.0]]
    frame = square(5.5, 52.2, 0.5)["coordinates"]
    shapes = [{"type": "Polygon", "coordinates": rings} for rings in ([left], [right], [*frame, hole])]
    one, two, around = map(shape_of, shapes)
    return one, two, around


def segments(shape: Shape) -> set[frozenset[tuple[float, float]]]:
    return {frozenset(pair) for polygon in shape for ring in polygon for pair in pairwise(ring)}


@pytest.mark.parametrize("seed", range(5))
def test_neighbours_keep_the_same_border_with_fewer_points(seed: int) -> None:
    before = neighbours(seed)
    after = simplify(before, 0.002)
    assert sum(map(len, map(segments, after))) < sum(map(len, map(segments, before))) / 10
    # Every piece of border but the frame is that of exactly two areas: no gaps, no overlaps.
    for piece in set().union(*map(segments, after)):
        sharing = sum(piece in segments(shape) for shape in after)
        outside = all(abs(x - 5.5) > 0.4 or abs(y - 52.2) > 0.4 for x, y in piece)
        assert sharing == (1 if outside else 2)
    assert sum(map(area_km2, after)) == pytest.approx(sum(map(area_km2, before)), rel=1e-9)


def test_small_islands_go_and_the_last_part_stays() -> None:
    islands = [square(5.0, 52.0, 0.05), square(5.2, 52.0, 0.0003)]
    archipelago = shape_of(
        {"type": "MultiPolygon", "coordinates": [island["coordinates"] for island in islands]}
    )
    rock = shape_of(square(5.4, 52.0, 0.0003))
    thinned = simplify([archipelago, rock], 0.002)
    assert [len(shape) for shape in thinned] == [1, 1]
    assert thinned[1] == rock


@pytest.fixture
def service() -> Iterator[Service]:
    """Return a service with a square around every gemeente of the shipped dataset."""
    with open_data() as running:
        running.gemeenten[2025] = {
            area.gemeente_id: (area.longitude, area.latitude, 0.03) for area in load_dataset().areas
        }
        yield running


def test_borders_are_fetched_once_and_read_back(service: Service, tmp_path: Path) -> None:
    wanted = {"GM0014", "GM0034", "GM9999"}
    stored = fetch_boundaries(tmp_path, wanted, year=2025, address=service.address, limits=QUICK)
    assert stored.areas == 342
    assert stored.missing == ("GM9999",)
    assert len(stored.unused) == 340
    found = load_boundaries(tmp_path, "gemeente")
    assert found is not None
    assert found.attribution == "CBS, Kadaster: CBS gebiedsindelingen (PDOK), 2025, CC BY 4.0"
    assert len(found.shapes) == 342
    again = boundary_file(tmp_path, "gemeente").read_bytes()
    fetch_boundaries(tmp_path, wanted, year=2025, address=service.address, limits=QUICK)
    assert boundary_file(tmp_path, "gemeente").read_bytes() == again


@pytest.mark.parametrize("fault", [500, "html", "short"])
def test_what_was_there_stays_when_fetching_fails(service: Service, tmp_path: Path, fault: int | str) -> None:
    fetch_boundaries(tmp_path, (), year=2025, address=service.address, limits=QUICK)
    before = boundary_file(tmp_path, "gemeente").read_bytes()
    service.faults = ["ok", fault]
    with pytest.raises(FetchFailed):
        fetch_boundaries(tmp_path, (), year=2025, address=service.address, limits=QUICK)
    assert boundary_file(tmp_path, "gemeente").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["gemeente.geojson"]


def test_a_year_without_borders_is_said_or_the_year_before_taken(service: Service, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed) as failure:
        fetch_boundaries(tmp_path, (), year=2026, address=service.address, limits=QUICK)
    assert "has no data about 2026" in failure.value.message("en")
    stored = fetch_boundaries(tmp_path, (), year=2026, exact=False, address=service.address, limits=QUICK)
    assert stored.year == 2025


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"features": 3}'])
def test_a_broken_file_of_borders_means_circles(tmp_path: Path, content: bytes) -> None:
    assert load_boundaries(tmp_path, "gemeente") is None
    boundary_file(tmp_path, "gemeente").write_bytes(content)
    assert load_boundaries(tmp_path, "gemeente") is None


def test_the_command_says_what_it_fetched(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZORGSTROOM_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(dataset_command, ["boundaries", "--address", service.address])
    assert result.exit_code == 0, result.output
    assert "Grenzen van 342 gemeenten (2025)" in result.stdout
    assert "CC BY 4.0" in result.stdout
    record = CliRunner().invoke(dataset_command, ["boundaries", "--address", service.address, "--json"])
    assert json.loads(record.stdout)["missing"] == []
    assert load_boundaries(tmp_path / "boundaries", "gemeente") is not None


def test_parts_of_a_gemeente_share_a_border_and_a_weighted_value() -> None:
    shape = shape_of(square(6.5, 53.2, 0.1))
    known = Boundaries("gemeente", 2025, "Bron", "CC BY 4.0", {"GM0014": shape})
    values = [("GM0014-1", 300.0, 10.0), ("GM0014-2", 100.0, 2.0), ("GM0034", 5.0, 1.0), ("PC1011", 5.0, 1.0)]
    (patch,), inside = patches(values, [known])
    assert (patch.code, patch.area_ids, patch.value) == ("GM0014", ("GM0014-1", "GM0014-2"), 8.0)
    assert inside == {"GM0014-1", "GM0014-2"}
    (nobody,), _ = patches([("GM0014", 0.0, 4.0)], [known])
    assert nobody.value == 4.0


def area(identifier: str, name: str, minutes: float, patients: float) -> AreaImpact:
    return AreaImpact(
        id=identifier,
        name=name,
        latitude=53.0,
        longitude=6.0,
        inhabitants=1000,
        moved_patients=Estimate(mean=patients),
        extra_minutes=Estimate(mean=minutes),
    )


def test_the_map_fills_areas_with_a_border_and_draws_circles_for_the_others() -> None:
    country_map = pytest.importorskip("zorgstroom_ui.components.country_map")
    areas = [
        area("GM0014-1", "Groningen (Martini)", 12.0, 30.0),
        area("GM0014-2", "Groningen (UMCG)", 4.0, 10.0),
        area("GM0034", "Almere", 31.0, 20.0),
    ]
    shape = shape_of(square(6.5, 53.2, 0.1))
    known = Boundaries("gemeente", 2025, "CBS, Kadaster", "CC BY 4.0", {"GM0014": shape})
    spec = country_map.map_spec(areas, [], {}, "nl", [known])
    _, filled, circles, _, source, *_ = spec["layer"]
    (feature,) = filled["data"]["values"]
    assert feature["properties"] == {
        "place": "Groningen",
        "colour": country_map.colour_of(10.0),
        "first": translate("ui.map.minutes", "nl", minutes="+10,0"),
        "second": translate("ui.map.patients", "nl", patients="40"),
    }
    assert [item["place"] for item in circles["data"]["values"]] == ["Almere"]
    assert source["data"]["values"] == [{"text": "Grenzen: CBS, Kadaster, 2025, CC BY 4.0."}]
    # All of the border is on the map, not only the points of its areas.
    corners = spec["projection"]["fit"]["geometry"]["coordinates"]
    assert max(x for x, _ in corners) > 6.6
    without = country_map.map_spec(areas, [], {}, "nl")
    assert len(without["layer"]) == len(spec["layer"]) - 2


def test_two_plans_on_one_map_have_each_their_side_of_the_line() -> None:
    country_map = pytest.importorskip("zorgstroom_ui.components.country_map")
    first, second = (
        [country_map.spot_of(area("GM0014", "Groningen", minutes, 30.0))] for minutes in (12.0, -4.0)
    )
    shape = shape_of(square(6.5, 53.2, 0.1))
    known = Boundaries("gemeente", 2025, "CBS, Kadaster", "CC BY 4.0", {"GM0014": shape})
    frame = country_map.extent([first, second])
    spec = country_map.divided_spec((first, []), (second, []), country_map.TRAVEL, "nl", [known], frame=frame)
    of_areas = [layer for layer in spec["layer"] if "transform" in layer and "geoshape" in str(layer["mark"])]
    (one,), (other,) = (layer["data"]["values"] for layer in of_areas)
    assert one["properties"]["colour"] == country_map.colour_of(12.0)
    assert other["properties"]["colour"] == country_map.colour_of(-4.0)
    assert one["longitude"] == first[0].longitude
    (keeps,), (others,) = (layer["transform"] for layer in of_areas)
    assert others["filter"] == f"!{keeps['filter']}"
    (slider,) = spec["params"]
    assert (slider["name"], slider["bind"]["input"]) == ("divider", "range")
    # Whose borders they are stands on it once.
    assert str(spec).count("Grenzen: CBS") == 1


def test_borders_reach_the_screens_through_the_service(tmp_path: Path) -> None:
    api_support = pytest.importorskip("tests.support.api")
    with api_support.running_api(tmp_path) as api:
        folder = boundaries_folder(api.settings.data_dir)
        with Client("http://127.0.0.1:8000", "nl", transport=api.client._transport) as client:
            assert client.boundaries("gemeente") is None
            response = api.client.get("/v1/boundaries/gemeente")
            assert (response.status_code, response.headers["content-type"]) == (
                404,
                "application/problem+json",
            )
            assert "zorgstroom dataset boundaries --level gemeente" in response.json()["detail"]
            with open_data() as running:
                running.gemeenten[2025] = {"GM0034": (5.2, 52.3, 0.1)}
                fetch_boundaries(folder, (), year=2025, address=running.address, limits=QUICK)
            found = client.boundaries("gemeente")
            assert found is not None
            assert found.shapes.keys() == {"GM0034"}
        response = api.client.get("/v1/boundaries/gemeente")
        assert response.headers["content-type"] == "application/geo+json"
        etag = response.headers["etag"]
        again = api.client.get("/v1/boundaries/gemeente", headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        assert api.client.get("/v1/boundaries/provincie").status_code == 400


def test_the_map_of_a_report_fills_areas_within_their_borders() -> None:
    shape = ring_around(hole=True)
    sites = [svg.Site("A", 1, "Een", 5.5, 52.0, sends=False)]
    surface = svg.Surface("Almere: +4,0", shape, 31.0)
    drawn = svg.map_chart([], sites, [], "kaart", [surface])
    (path,) = re.findall(r'<path d="([^"]+)" fill="([^"]+)" fill-rule="evenodd"', drawn)
    assert path[0].count("M") == path[0].count("Z") == 2, "the hole is a line of its own"
    assert path[1] == svg.travel_class(31.0)[1]
    assert "<title>Almere: +4,0</title>" in drawn
    # The border decides what part of the country is shown: all its points are inside the picture.
    width, height = map(int, re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawn)[0])
    for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path[0]):
        assert 0 <= float(x) <= width
        assert 0 <= float(y) <= height


def test_only_the_source_of_borders_on_the_map_is_named() -> None:
    shape = shape_of(square(6.5, 53.2, 0.1))
    known = [
        Boundaries("gemeente", 2025, "Gemeenten", "CC BY 4.0", {"GM0034": shape}),
        Boundaries("pc4", 2024, "Postcodes", "CC BY 4.0", {"PC1011": shape}),
    ]
    filled, _ = patches([("PC1011", 1.0, 1.0)], known)
    assert attributions(filled, known) == "Postcodes, 2024, CC BY 4.0"
    assert attributions([], known) == ""


def test_a_service_that_cannot_be_reached_leaves_no_folder(tmp_path: Path) -> None:
    out = tmp_path / "borders"
    arguments = ["boundaries", "--address", "http://127.0.0.1:9", "--out", str(out)]
    result = CliRunner().invoke(dataset_command, arguments)
    assert result.exit_code != 0
    assert not out.exists()
    # A folder that was there stays, with what is in it.
    out.mkdir()
    (out / "gemeente.geojson").write_text("{}", "utf-8")
    assert CliRunner().invoke(dataset_command, arguments).exit_code != 0
    assert (out / "gemeente.geojson").read_text("utf-8") == "{}"
