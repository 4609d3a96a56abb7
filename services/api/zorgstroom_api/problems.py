"""Every answer of 400 and higher is a problem document (RFC 9457), in the reader's language.

Invalid input is 400, never 422, and names every mistake: JSON pointer, place, message and machine code.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from zorgstroom.document import MAX_PROBLEMS, pointer_to
from zorgstroom.errors import InvalidInput, NotFound, Problem, ZorgstroomError
from zorgstroom.text import Language, as_language, catalogue, translate
from zorgstroom_api.rooms import is_room
from zorgstroom_api.sessions.rendering import error_page

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class ProblemItem(BaseModel):
    """One mistake in what was handed in."""

    pointer: str | None = Field(description="JSON pointer of the field in the body")
    where: str = Field(description="file and line, or query parameter")
    message: str
    code: str = Field(description="stays the same in every language")


class ProblemDocument(BaseModel):
    """What went wrong, for people and for programs."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    problems: list[ProblemItem] = []


class NotAcceptable(ZorgstroomError):
    """None of the formats asked for exists; `params` lists those that do."""

    key = "api.not_acceptable"
    http_status = 406


class WrongMediaType(ZorgstroomError):
    """The body is in a format that is not read here."""

    key = "api.wrong_media_type"
    http_status = 415


class Refused(ZorgstroomError):
    """The request may not be made from there (Host or Origin)."""

    key = "api.refused_origin"
    http_status = 403


class TooLarge(ZorgstroomError):
    """The body is larger than is read."""

    key = "api.too_large"
    http_status = 413


class NeedsIfMatch(ZorgstroomError):
    """A change must say which state it is a change of."""

    key = "api.needs_if_match"
    http_status = 428


def language_of(headers: Headers) -> Language:
    """Return the reader's language, Dutch when nothing else is asked."""
    return as_language(headers.get("accept-language"))


def invalid(where: str, key: str, pointer: str | None = None, **params: object) -> InvalidInput:
    """Return one mistake as an error."""
    return InvalidInput([Problem(where, key, params, pointer)])


def problem_response(
    status: int,
    language: Language,
    detail: str,
    code: str,
    problems: Iterable[ProblemItem] = (),
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document as an answer; `extra` adds members of its own."""
    title_key = f"api.status.{status}"
    title = translate(title_key, language)
    document = ProblemDocument(
        title=HTTPStatus(status).phrase if title == title_key else title,
        status=status,
        detail=detail,
        code=code,
        problems=list(problems),
    )
    return JSONResponse(
        document.model_dump(mode="json") | dict(extra or {}),
        status,
        {"Content-Language": language, "Vary": "Accept-Language", **(headers or {})},
        MEDIA_TYPE,
    )


def error_response(error: ZorgstroomError, language: Language) -> Response:
    """Return the problem document of one of our own errors."""
    if isinstance(error, InvalidInput):
        detail = translate(error.key, language, **error.params)
    else:
        detail = error.message(language)
    return problem_response(
        error.http_status,
        language,
        detail,
        error.text_key,
        [describe(problem, language) for problem in getattr(error, "problems", ())],
        getattr(error, "members", None),
        ({"Retry-After": "5"} if error.retriable else {}) | getattr(error, "headers", {}),
    )


def describe(problem: Problem, language: Language) -> ProblemItem:
    """Return a mistake as it stands in the document."""
    return ProblemItem(
        pointer=problem.pointer, where=problem.where, message=problem.message(language), code=problem.key
    )


def internal_error_response(language: Language) -> Response:
    """Return the answer to a defect: no detail of it leaves the process."""
    return problem_response(500, language, translate("error.internal", language), "error.internal")


def install(app: FastAPI) -> None:
    """Make the application answer every error with a problem document."""
    app.add_exception_handler(ZorgstroomError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)


async def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ZorgstroomError)
    if is_room(request.url.path):
        return error_page(error, request.scope)
    if error.http_status >= 500:
        level = logging.INFO if error.retriable else logging.WARNING
        _log.log(level, "%s %s: %s", request.method, request.url.path, error)
    return error_response(error, language_of(request.headers))


async def _on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router itself refuses: 404 for an unknown address, 405 for a method."""
    assert isinstance(error, HTTPException)
    language = language_of(request.headers)
    key = f"api.http.{error.status_code}"
    if is_room(request.url.path):
        return error_page(NotFound(key, path=request.url.path, method=request.method), request.scope)
    detail = translate(key, language, path=request.url.path, method=request.method)
    if detail == key:
        detail = HTTPStatus(error.status_code).phrase
    headers = error.headers
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # The framework names the methods of the first endpoint that has the address only.
        headers = {"Allow": ", ".join(sorted(_methods(request)))}
    return problem_response(error.status_code, language, detail, key, headers=headers)


def _methods(request: Request) -> set[str]:
    """Return the methods that an address knows."""
    found = {
        method
        for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        for route in request.app.router.routes
        if route.matches(dict(request.scope, method=method))[0] is Match.FULL
    }
    return found | ({"HEAD"} if "GET" in found else set())


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    language = language_of(request.headers)
    problems = [_problem_of(item) for item in error.errors()[:MAX_PROBLEMS]]
    return error_response(InvalidInput(problems), language)


def _problem_of(item: Mapping[str, Any]) -> Problem:
    """Translate one mistake that the validation library found."""
    place, *steps = item["loc"]
    key = f"api.invalid.{item['type']}"
    params = dict(item.get("ctx", {}))
    if "expected" in params:
        # pydantic joins the last two with an English word.
        params["expected"] = str(params["expected"]).replace(" or ", ", ")
    params["reason"] = params.pop("error", item["msg"])
    if item["type"] == "value_error":
        # Our own validators raise ValueError with the key of a text.
        key = f"api.invalid.{params['reason']}"
    if key not in catalogue("en"):
        key = "api.invalid.other"
    if place != "body":
        return Problem(f"{place}:{'.'.join(map(str, steps))}", key, params)
    pointer = ""
    for step in steps if item["type"] != "json_invalid" else ():
        pointer = pointer_to(pointer, step)
    return Problem("body", key, params, pointer)
