"""The catalogue of texts: complete, and the same in both languages."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from zorgstroom.text import LANGUAGES, catalogue, translate

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "shared" / "zorgstroom" / "text"
SOURCES = sorted(
    path
    for folder in ("shared", "services")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
#: Words that a planner does not use (Dutch catalogue only).
AVOIDED_IN_DUTCH = ("run", "runs", "seed", "baseline", "KPI", "dashboard", "cluster")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def literal_keys(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, key) of every string that is given to `translate` or is spelled like a key."""
    families = {key.partition(".")[0] for key in catalogue("nl")}
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    # The beginning of a key that is put together is not a key, nor is the name of an action in the audit log.
    no_keys = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    no_keys |= {id(node.value) for node in nodes if isinstance(node, ast.keyword) and node.arg == "action"}
    for node in nodes:
        if isinstance(node, ast.Call) and node.args:
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            first = node.args[0]
            if name == "translate" and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.lineno, first.value
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in no_keys:
            spelled = re.fullmatch(r"([a-z_]+)(\.[a-z0-9_]+)+", node.value)
            is_file = node.value.endswith((".json", ".yaml"))
            if spelled and spelled[1] in families and not is_file:
                yield node.lineno, node.value


def test_every_text_exists_in_both_languages_with_the_same_blanks() -> None:
    dutch, english = (catalogue(language) for language in LANGUAGES)
    assert dutch.keys() == english.keys()
    different = {key for key in dutch if placeholders(dutch[key]) != placeholders(english[key])}
    assert not different


def test_both_languages_have_the_same_files_with_the_same_keys() -> None:
    files = {language: {path.name for path in (TEXTS / language).glob("*.yaml")} for language in LANGUAGES}
    assert files["nl"] == files["en"]
    for name in files["nl"]:
        keys = [yaml.safe_load((TEXTS / language / name).read_text("utf-8")).keys() for language in LANGUAGES]
        assert keys[0] == keys[1], name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_asked_for_exists(path: Path) -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{line}: {key}"
        for line, key in literal_keys(path)
        if key not in catalogue("nl")
    ]
    assert not missing


def test_dutch_texts_avoid_the_words_of_programmers() -> None:
    found = {
        key: word
        for key, text in catalogue("nl").items()
        for word in AVOIDED_IN_DUTCH
        if word in "".join(letter if letter.isalnum() else " " for letter in text).split()
    }
    assert not found


def test_a_text_is_filled_in() -> None:
    assert translate("error.invalid_input", "nl", count=3) == "Aantal fouten: 3."
