"""Where the code uses a figure of the dataset: found in the code itself, so that it cannot be out of date."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

#: Parts of the code that calculate; reading, checking and showing a figure is no use of it.
_CALCULATES = (
    (
        "zorgstroom",
        (
            "planning/",
            *(f"reporting/{name}.py" for name in ("waiting", "finance", "stranded", "transition")),
            *(f"national/{name}.py" for name in ("measures", "redistribution", "reading")),
        ),
        ("planning/ranges.py",),
    ),
    (
        "zorgstroom_simulator",
        ("",),
        ("verification/", "robust/", "engines/", "systems/", "calibrate_command.py"),
    ),
)
#: Attribute of the loaded dataset by name or start of the name of its figure, where it is not the name itself.
_ATTRIBUTES: Mapping[str, str] = {
    "profile_figures.rate_": "rate_per_1000",
    "profile_figures.setting_": "setting_shares",
    "profile_figures.share_": "type_shares",
    "profile_figures.outpatient_contacts_at_centre": "centre_contacts",
    "population.age_": "population",
    "national_population.": "national_population",
    "case_mix.": "case_mix",
    "interventions.factor": "per_patient",
    "ferries.": "ferry_minutes",
    "demand_patterns.": "demand_patterns",
}
#: A name put together from pieces tells something only when its first piece is as long as this.
_LONG_ENOUGH = 4


def uses(kinds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return for each ``table.name`` the modules that calculate with it, as ``package/path.py``."""
    return {kind: _modules(*_wanted(kind)) for kind in kinds}


def _wanted(kind: str) -> tuple[str, bool]:
    """Return what to look for, and whether it is a word in quotes rather than an attribute."""
    table, _, name = kind.partition(".")
    attribute = next((word for start, word in _ATTRIBUTES.items() if kind.startswith(start)), name)
    return attribute, table in ("parameters", "staffing", "prices")


def _modules(name: str, quoted: bool) -> tuple[str, ...]:
    return tuple(
        module
        for module, (words, patterns, attributes) in _code().items()
        if (
            (name in words or any(pattern.fullmatch(name) for pattern in patterns))
            if quoted
            # `national_population` is read by the name of its table.
            else name in attributes or (name == "national_population" and f"{name}.csv" in words)
        )
    )


@cache
def _code() -> dict[str, tuple[frozenset[str], tuple[re.Pattern[str], ...], frozenset[str]]]:
    """Return per module its quoted words, the patterns of words it puts together, and its attributes."""
    found = {}
    for package, parts, others in _CALCULATES:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        folder = Path(spec.origin).parent
        for file in sorted(folder.rglob("*.py")):
            path = file.relative_to(folder).as_posix()
            if path.startswith(parts) and not path.startswith(others):
                found[f"{package}/{path}"] = _mentioned(ast.parse(file.read_text("utf-8")))
    return found


def _mentioned(tree: ast.AST) -> tuple[frozenset[str], tuple[re.Pattern[str], ...], frozenset[str]]:
    words, patterns, attributes = set(), [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.add(node.value)
        elif isinstance(node, ast.Attribute):
            if not (isinstance(node.value, ast.Name) and node.value.id == "np"):
                attributes.add(node.attr)
        elif isinstance(node, ast.JoinedStr):
            first = node.values[0] if node.values else None
            if isinstance(first, ast.Constant) and len(str(first.value)) >= _LONG_ENOUGH:
                pieces = (
                    re.escape(str(piece.value)) if isinstance(piece, ast.Constant) else "[a-z0-9_]+"
                    for piece in node.values
                )
                patterns.append(re.compile("".join(pieces)))
    return frozenset(words), tuple(patterns), frozenset(attributes)
