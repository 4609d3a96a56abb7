"""A quick first visit: the browser hears early what it needs, and the server has read it before anybody comes.

Streamlit's page names the parts of its bundle that every app needs. Those that draw a chart or a list the browser
would hear of only when the first one arrives, a few rounds later.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import streamlit as st

from zorgstroom.text import LANGUAGES, catalogue
from zorgstroom_ui import bundle, components, navigation

#: Parts of Streamlit's bundle by the beginning of their name: what the frame is drawn with, and what charts are.
FRAME = ("Html", "Selectbox", "TextInput")
CHARTS = ("ArrowVegaLiteChart", "embed")
#: What Streamlit reads only when it is first asked for a table or a chart.
LATE = ("numpy", "pandas", "pyarrow", "streamlit.elements.vega_charts")

_BUNDLE = Path(st.__file__).with_name("static")
_SCRIPTS = "static/js"
_NAMED = re.compile(r'"\./(static/[^"]+)"')
_IMPORT = re.compile(r"""(?:from|import)\s*["'`]\./([\w.-]+\.js)["'`]""")


def parts(path: str) -> tuple[str, ...]:
    """Return the files of the bundle that the page at an address needs, beyond those Streamlit names itself."""
    address = path.rsplit("/", 1)[-1]
    charts = any(entry.charts and entry.address == address for entry in navigation.PAGES)
    return _with_imports((*FRAME, *CHARTS) if charts else FRAME)


def links(path: str) -> str:
    """Return the elements that have the browser fetch those parts while it reads the rest."""
    return "".join(
        f'<link rel="modulepreload" crossorigin href="./{_SCRIPTS}/{name}">' for name in parts(path)
    )


def warm_up() -> None:
    """Read texts, the code of the pages and what a browser asks for first, so that the first visitor need not wait."""
    for language in LANGUAGES:
        catalogue(language)
    for module in pkgutil.walk_packages(components.__path__, f"{components.__name__}."):
        importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)
    every = (name for entry in navigation.PAGES for name in parts(entry.address))
    for path in {*_NAMED.findall(_page()), *(f"{_SCRIPTS}/{name}" for name in every)}:
        bundle.read(f"/{path}")


@cache
def _with_imports(stems: tuple[str, ...]) -> tuple[str, ...]:
    """Return these scripts and what they import, without what the page of Streamlit names already."""
    folder = _BUNDLE / _SCRIPTS
    named = _page()
    found: dict[str, None] = {}
    new: list[str] = [file.name for stem in stems for file in sorted(folder.glob(f"{stem}.*.js"))]
    while new:
        name = new.pop()
        if name not in found and name not in named:
            found[name] = None
            new.extend(_imports(folder / name))
    return tuple(found)


@cache
def _page() -> str:
    return (_BUNDLE / "index.html").read_text("utf-8")


def _imports(script: Path) -> Iterable[str]:
    return _IMPORT.findall(script.read_text("utf-8"))
