"""One catalogue of texts for command line, API, screens and reports.

Texts live in ``text/{nl,en}/<part>.yaml`` as a flat mapping of dotted keys; ``{name}`` is filled in.
Numbers are formatted by the caller with `zorgstroom.text.numbers`, never inside a text.
Every key exists in both languages (tested).
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

import yaml

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "en")
DEFAULT_LANGUAGE: Language = "nl"


#: Both make nothing but plain values; the one in C, where it is there, reads the catalogue eight times as quickly.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def catalogue(language: Language) -> dict[str, str]:
    """Return all texts of one language as {key: text}; a key defined twice is an error."""
    texts: dict[str, str] = {}
    folder = resources.files(__package__).joinpath(language)
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".yaml"):
            continue
        found = yaml.load(file.read_text("utf-8"), Loader=_Loader) or {}  # noqa: S506
        for key, text in found.items():
            if key in texts:
                raise ValueError(f"text {key!r} is defined twice ({language}/{file.name})")
            texts[key] = str(text)
    return texts


def translate(key: str, language: Language, **params: object) -> str:
    """Return the text of `key`, filled in; an unknown key comes back as itself, so nothing breaks on screen."""
    text = catalogue(language).get(key)
    return key if text is None else text.format(**params)


def as_language(value: str | None) -> Language:
    """Return a supported language for ``nl``, ``en-GB``, an ``Accept-Language`` header or nothing (Dutch)."""
    for part in (value or "").lower().split(","):
        code = part.split(";")[0].strip()[:2]
        if code in LANGUAGES:
            return code
    return DEFAULT_LANGUAGE
