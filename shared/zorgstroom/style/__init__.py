"""The look of everything that is read in a browser, as design tokens: one file of CSS custom properties.

Names follow NL Design System: ``--zs-*`` are the brand's own values, ``--utrecht-*`` those of the components it
names. The theme is this product's own; it is not the style of the government.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

_DECLARATION = re.compile(r"(--[a-z0-9-]+)\s*:\s*([^;]+);")
_REFERENCE = re.compile(r"var\((--[a-z0-9-]+)\)")


@cache
def stylesheet() -> str:
    """Return the tokens as CSS, to stand before any other style."""
    return resources.files(__package__).joinpath("tokens.css").read_text("utf-8")


@cache
def tokens() -> Mapping[str, str]:
    """Return the value of every token, references followed.

    >>> tokens()["--utrecht-link-color"]
    '#01689B'
    """
    declared = dict(_DECLARATION.findall(stylesheet()))
    return {name: _followed(value, declared) for name, value in declared.items()}


def _followed(value: str, declared: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda found: _followed(declared[found[1]], declared), value).strip()
