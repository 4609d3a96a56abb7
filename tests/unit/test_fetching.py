"""Open data over real HTTP from a service on this machine: whole and in pages, or a clear message."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from tests.support.open_data import Service, open_data

from zorgstroom.dataset.fetching import FetchFailed, Limits, address_of, fetch_json, fetch_pages
from zorgstroom.dataset.pc4 import Postcode
from zorgstroom.dataset.pc4_cbs import fetch_inhabitants, fetch_postcodes, fetch_shapes, odata_next

pytestmark = pytest.mark.unit

QUICK = Limits(
    silence_seconds=2.0, answer_seconds=0.4, megabytes=0.05, attempts=3, pause_seconds=0.01, pages=6
)


@pytest.fixture
def service() -> Iterator[Service]:
    """Return a service with two gemeenten, four PC4s of which one has nobody, and two years of counts."""
    with open_data() as running:
        running.gemeenten[2025] = {"GM0001": (5.0, 52.0, 0.1), "GM0002": (5.2, 52.0, 0.1)}
        running.postcodes[2024] = {
            "1001": (5.0, 52.05, 0.02),
            "1002": (5.0, 51.95, 0.02),
            "2001": (5.2, 52.0, 0.05),
            "2002": (5.25, 52.05, 0.01),
        }
        ages = [10] * 20
        running.people = {
            2024: {"1001": ages},
            2025: {"1001": ages, "1002": [0] * 19 + [7], "2001": [n * 5 for n in range(20)]},
        }
        yield running


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def message(failure: pytest.ExceptionInfo[FetchFailed]) -> str:
    return failure.value.message("en")


def periods(service: Service) -> str:
    return address_of(service.statline, "83502NED/Perioden", {"$format": "json"})


def test_inhabitants_come_per_age_band_of_the_latest_year(service: Service) -> None:
    counts, year = fetch_inhabitants(service.statline, None, QUICK)
    assert year == 2025
    assert counts["PC1001"] == (30, 20, 40, 40, 20, 50)
    assert counts["PC1002"] == (0, 0, 0, 0, 0, 7)
    assert counts["PC2001"] == (15, 35, 130, 210, 135, 425)
    assert sum(1 for path in service.requests if "TypedDataSet" in path) > 1, "more than one page was needed"


def test_a_year_can_be_asked_for_and_an_unknown_one_is_refused(service: Service) -> None:
    assert fetch_inhabitants(service.statline, 2024, QUICK)[1] == 2024
    with pytest.raises(FetchFailed) as failure:
        fetch_inhabitants(service.statline, 2031, QUICK)
    assert "no data about 2031. Latest years: 2024, 2025" in message(failure)


def test_borders_come_in_degrees_page_by_page(service: Service) -> None:
    shapes = fetch_shapes(service.address, "pc4", 2024, QUICK)
    assert sorted(shapes) == ["PC1001", "PC1002", "PC2001", "PC2002"]
    assert shapes["PC2001"][0][0][0] == (5.15, 51.95)
    assert len(service.requests) == 2


def test_borders_in_metres_are_refused(service: Service) -> None:
    service.gemeenten[2025]["GM0003"] = (155_000.0, 463_000.0, 100.0)
    with pytest.raises(FetchFailed) as failure:
        fetch_shapes(service.address, "gemeente", 2025, QUICK)
    assert "outside the Netherlands: 154900, 462900" in message(failure)


def test_postcodes_get_a_point_inside_and_the_gemeente_around_it(service: Service) -> None:
    found, sources = fetch_postcodes(
        {"GM0001": "Een", "GM0002": "Twee"},
        2025,
        statline=service.statline,
        pdok=service.address,
        limits=QUICK,
    )
    assert [(item.pc4, item.gemeente_id) for item in found] == [
        ("1001", "GM0001"),
        ("1002", "GM0001"),
        ("2001", "GM0002"),
    ]
    first: Postcode = found[0]
    assert (first.latitude, first.longitude) == pytest.approx((52.05, 5.0), abs=0.001)
    assert first.area_km2 == pytest.approx(0.04**2 * 111.2**2 * 0.6157, rel=0.001)
    assert first.inhabitants == {2025: (30, 20, 40, 40, 20, 50)}
    # Borders of 2025 are not out yet: those of the year before are used, and the source says so.
    assert [(source.id, source.year) for source in sources] == [
        ("cbs_83502ned", "2025"),
        ("cbs_postcode4", "2024"),
    ]


def test_a_gemeente_without_border_is_named(service: Service) -> None:
    with pytest.raises(FetchFailed) as failure:
        fetch_postcodes(
            {"GM0001": "Een", "GM0002": "Twee", "GM0009": "Negen"},
            2025,
            statline=service.statline,
            pdok=service.address,
            limits=QUICK,
        )
    assert "lack gemeenten of the dataset: GM0009" in message(failure)


@pytest.mark.parametrize("fault", [500, 503, 429, "drop", "short"])
def test_a_passing_fault_is_tried_again(service: Service, fault: int | str) -> None:
    service.faults = [fault, fault]
    assert [row["Key"] for row in fetch_json(periods(service), QUICK)["value"]] == ["2024JJ00", "2025JJ00"]
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    ("fault", "attempts", "said"),
    [
        (500, 3, "answers with an error (HTTP 500)"),
        (404, 1, "answers with an error (HTTP 404)"),
        ("drop", 3, "did not come whole"),
        ("short", 3, "did not come whole"),
        ("drip", 3, "answers too slowly"),
        ("html", 1, "begins with '<html>Onderhoud</html>'"),
    ],
)
def test_a_lasting_fault_is_said_in_words(
    service: Service, fault: int | str, attempts: int, said: str
) -> None:
    service.faults = [fault] * attempts
    with pytest.raises(FetchFailed) as failure:
        fetch_json(periods(service), QUICK)
    assert said in message(failure)
    assert "Nothing was changed." in message(failure)
    assert len(service.requests) == attempts


def test_a_fault_on_a_later_page_loses_the_whole(service: Service) -> None:
    service.faults = ["ok", *["html"] * 3]
    with pytest.raises(FetchFailed):
        fetch_shapes(service.address, "pc4", 2024, QUICK)


def test_too_large_an_answer_is_not_read_on(service: Service) -> None:
    service.people[2025] = {str(1000 + n): [1] * 20 for n in range(3)}
    with pytest.raises(FetchFailed) as failure:
        fetch_json(
            address_of(service.statline, "83502NED/TypedDataSet", {"$filter": "'2025JJ00' 'T001038'"}),
            Limits(megabytes=0.001),
        )
    assert "larger than 0.001 MB" in message(failure)


def test_who_says_nothing_is_given_up(service: Service) -> None:
    service.faults = ["silent", "silent"]
    with pytest.raises(FetchFailed) as failure:
        fetch_json(periods(service), Limits(silence_seconds=0.1, attempts=2, pause_seconds=0.01))
    assert "answers too slowly" in message(failure)


def test_who_is_not_online_hears_it_at_once() -> None:
    port = closed_port()
    with pytest.raises(FetchFailed) as failure:
        fetch_json(f"http://127.0.0.1:{port}/x", Limits(pause_seconds=60))
    assert f"127.0.0.1:{port} cannot be reached" in message(failure)
    assert "connected to the internet" in message(failure)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/x", "opendata.cbs.nl", "http://"])
def test_only_the_web_is_an_address(address: str) -> None:
    with pytest.raises(FetchFailed) as failure:
        fetch_json(address, QUICK)
    assert failure.value.text_key == "area.fetch.bad_address"


def test_pages_come_to_an_end_and_stay_at_one_host(service: Service) -> None:
    with pytest.raises(FetchFailed) as failure:
        list(fetch_pages(f"{service.address}/endless", odata_next, QUICK))
    assert "no end" in message(failure)
    with pytest.raises(FetchFailed) as failure:
        list(fetch_pages(f"{service.address}/elsewhere", odata_next, QUICK))
    assert "refers to another computer for the rest (example.org)" in message(failure)
