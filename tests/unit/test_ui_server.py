"""The web server of the screens: what a page says of itself, and the files a first visit asks for."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from zorgstroom_ui import navigation, preloading
from zorgstroom_ui.bundle import BundleMiddleware
from zorgstroom_ui.server import CONTENT_SECURITY_POLICY, PageMiddleware

pytestmark = pytest.mark.unit

BUNDLE = Path(st.__file__).with_name("static")
PAGE = (BUNDLE / "index.html").read_text("utf-8")


def page(_request: Request) -> Response:
    return HTMLResponse(PAGE, headers={"ETag": '"old"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"})


@pytest.fixture
def browser() -> TestClient:
    """A browser that asks a server with our middleware around Streamlit's page, and nothing else."""
    routes = [Route("/words", lambda _request: PlainTextResponse("words")), Route("/{name:path}", page)]
    middleware = [Middleware(BundleMiddleware), Middleware(PageMiddleware)]
    return TestClient(Starlette(routes=routes, middleware=middleware))


@pytest.mark.parametrize(("address", "language"), [("/", "nl"), ("/over?taal=en", "en"), ("/?taal=xx", "nl")])
def test_a_page_says_its_language_and_keeps_to_itself(
    browser: TestClient, address: str, language: str
) -> None:
    answer = browser.get(address)
    assert f'<html lang="{language}">' in answer.text
    assert "<title>Zorgstroom</title>" in answer.text
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["referrer-policy"] == "same-origin"
    assert int(answer.headers["content-length"]) == len(answer.content)
    # Of the page as it was.
    assert not {"etag", "last-modified"} & set(answer.headers)


def test_what_is_no_page_passes_as_it_is(browser: TestClient) -> None:
    answer = browser.get("/words")
    assert answer.text == "words"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" not in answer.headers


def test_a_page_names_early_what_the_browser_would_hear_of_late(browser: TestClient) -> None:
    named = {
        address: set(re.findall(r'modulepreload" crossorigin href="\./([^"]+)"', browser.get(address).text))
        for address in ("/", "/over", "/impact", "/regiobeeld")
    }
    for files in named.values():
        for file in files:
            assert (BUNDLE / file).is_file()
            assert browser.get(f"/{file}").headers["content-type"].endswith("javascript; charset=utf-8")
    assert named["/"] == named["/over"] < named["/impact"] == named["/regiobeeld"]
    for stem in preloading.FRAME:
        assert any(file.startswith(f"static/js/{stem}.") for file in named["/"])
    for stem in preloading.CHARTS:
        assert any(file.startswith(f"static/js/{stem}.") for file in named["/impact"] - named["/"])
    # Nothing that Streamlit's own page does not need for itself is named twice.
    assert not any(
        link in PAGE for entry in navigation.PAGES for link in preloading.parts(f"/{entry.address}")
    )


def test_the_files_of_the_bundle_are_what_they_are_on_disk(browser: TestClient) -> None:
    for file in BUNDLE.glob("static/*/*"):
        for accepted in ("gzip", "identity"):
            answer = browser.get(
                f"/{file.relative_to(BUNDLE).as_posix()}", headers={"Accept-Encoding": accepted}
            )
            assert answer.content == file.read_bytes()
            assert "immutable" in answer.headers["cache-control"]
            if accepted == "identity":
                assert "content-encoding" not in answer.headers
    script = next(BUNDLE.glob("static/js/index.*.js"))
    compressed = browser.get(f"/static/js/{script.name}", headers={"Accept-Encoding": "gzip"})
    assert compressed.headers["content-encoding"] == "gzip"
    assert int(compressed.headers["content-length"]) < script.stat().st_size / 2


@pytest.mark.parametrize("path", ["/static/../index.html", "/static/js/unknown.js", "/static/", "/static"])
def test_nothing_else_is_read_from_disk(browser: TestClient, path: str) -> None:
    # The server behind it answers, whatever that is.
    assert "<title>Zorgstroom</title>" in browser.get(path).text


def test_before_anybody_comes_the_pages_are_read() -> None:
    preloading.warm_up()
    assert set(preloading.LATE) <= set(sys.modules)
    assert "zorgstroom_ui.components.impact_page" in sys.modules
