"""Pages of a workshop from templates: everything is escaped, and nothing is loaded from elsewhere."""

from __future__ import annotations

import hashlib
from functools import cache, partial
from importlib import resources
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from zorgstroom.errors import ZorgstroomError
from zorgstroom.style import stylesheet
from zorgstroom.text import LANGUAGES, Language, as_language, translate

#: Only from this very service: its style, and the script that looks whether something changed.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
#: A form of these pages must say where it came from, which "no-referrer" would keep from us too.
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin", "Vary": "Accept-Language"}
STYLE, SCRIPT = "style.css", "live.js"


@cache
def static(name: str) -> bytes:
    """Return a file that the pages load."""
    content = resources.files(__package__).joinpath("static", name).read_text("utf-8")
    return (stylesheet() + content if name == STYLE else content).encode()


@cache
def version_of(name: str) -> str:
    """Return what a file is told apart by, so that a browser may keep it for good."""
    return hashlib.sha256(static(name)).hexdigest()[:12]


def language_of_page(scope: Scope) -> tuple[Language, bool]:
    """Return the language of a page, and whether the address asks for it (`taal`)."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("taal", [""])[0]
    for language in LANGUAGES:
        if language == asked:
            return language, True
    return as_language(Headers(scope=scope).get("accept-language")), False


def page(
    template: str, scope: Scope, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> Response:
    """Return a page in the language of its reader."""
    language, asked = language_of_page(scope)
    text = partial(translate, language=language)
    content = (
        _environment()
        .get_template(template)
        .render(
            language=language,
            t=text,
            # What an address of ours needs to stay in the language that was asked for.
            query=f"taal={language}" if asked else "",
            path=scope["path"],
            others=[other for other in LANGUAGES if other != language],
            style=version_of(STYLE),
            script=version_of(SCRIPT),
            **context,
        )
    )
    return HTMLResponse(content, status, {**HEADERS, "Content-Language": language, **(headers or {})})


def error_page(error: ZorgstroomError, scope: Scope) -> Response:
    """Return what went wrong as a page, with what to do next."""
    language, _ = language_of_page(scope)
    extra = ({"Retry-After": "5"} if error.retriable else {}) | getattr(error, "headers", {})
    return page("went_wrong.html.jinja", scope, error.http_status, extra, message=error.message(language))


def paragraphs(text: str) -> Markup:
    """Return plain text as paragraphs; a single line break stays one."""
    found = [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(part.split("\n"))) for part in found
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(__package__ or "", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["paragraphs"] = paragraphs
    return made
