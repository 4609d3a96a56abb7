"""Which format an answer has: by the Accept header, or by ``?format=`` for a browser's address bar."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers

from zorgstroom.text import Language, translate
from zorgstroom_api.problems import NotAcceptable

JSON = "application/json"
CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
ARROW = "application/vnd.apache.arrow.stream"
GEOJSON = "application/geo+json"
HTML = "text/html"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


#: Results are addressed by what decides them and never change.
IMMUTABLE = "public, max-age=31536000, immutable"
#: To be kept, but asked about each time.
REVALIDATE = "no-cache"
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "Not Modified"}}


def caching(private: bool, policy: str = REVALIDATE) -> str:
    """Return the Cache-Control of an answer; a private one may be kept by nobody but its reader.

    >>> caching(True), caching(True, IMMUTABLE)
    ('private, no-cache', 'private, max-age=31536000, immutable')
    """
    return f"private, {policy.removeprefix('public, ')}" if private else policy


def choose(headers: Headers, formats: Mapping[str, str], named: str | None = None) -> str:
    """Return the short name of the format to answer with.

    `formats` is {short name: media type} with the preferred one first; `named` is what ``?format=`` says.
    Raises `NotAcceptable` with the list of what exists.
    """
    if named is not None:
        if named not in formats:
            raise NotAcceptable(formats=", ".join(formats))
        return named
    best, best_rank = None, (0.0, 0)
    for part in headers.get("accept", "*/*").split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = _quality(parameters)
        for name, media_type in formats.items():
            rank = (quality, _specificity(media_range, media_type))
            if quality and rank[1] and rank > best_rank:
                best, best_rank = name, rank
    if best is None:
        raise NotAcceptable(formats=", ".join(formats.values()))
    return best


def etag_of(*parts: object) -> str:
    """Return the strong ETag of an answer that depends on nothing but these parts."""
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return max(0.0, min(1.0, float(parameter[2:])))
            except ValueError:
                return 0.0
    return 1.0


def _specificity(media_range: str, media_type: str) -> int:
    """Return 3 for the type itself, 2 for ``text/*``, 1 for ``*/*``, 0 when it does not match."""
    if media_range == media_type:
        return 3
    if media_range == media_type.partition("/")[0] + "/*":
        return 2
    return int(media_range == "*/*")


def etag_matches(headers: Headers, etag: str) -> bool:
    """Return whether the reader already has this version."""
    held = headers.get("if-none-match", "")
    return held.strip() == "*" or etag in {part.strip().removeprefix("W/") for part in held.split(",")}


def if_match_holds(held: str, etag: str) -> bool:
    """Return whether what a change was made of is still how it is; a weak ETag never is (RFC 9110)."""
    return held.strip() == "*" or etag in {part.strip() for part in held.split(",")}


def file_name(what: str, ending: str, language: Language, *, confidential: bool) -> str:
    """Return the name of a download; a confidential one says so before anybody opens it.

    >>> file_name("3f9a", "xlsx", "nl", confidential=True)
    'zorgstroom-3f9a-vertrouwelijk.xlsx'
    """
    mark = f"-{translate('report.confidential', language).lower()}" if confidential else ""
    return f"zorgstroom-{what}{mark}.{ending}"
