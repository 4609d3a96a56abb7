"""Makes the documents that hold numbers: every number comes from the dataset, the code or the last verification.

    python -m docs.make            writes the documents
    python -m docs.make --check    names those that differ from what would be written; exit code 1

A template is Markdown with ``{{ ... }}`` (Jinja). What may stand between the braces is in `vocabulary`. A test
compares the documents with their templates, and refuses a number that was typed in a template.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from benchmarks.preview_agreement import agreement, read_agreement
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import zorgstroom
from zorgstroom.dataset import DEFAULT_DATASET, dataset_folder, load_dataset
from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.domain.profile import Profile
from zorgstroom.planning.attraction import ORGANISATION_LIMIT
from zorgstroom.planning.fit import TYPE_FITTED
from zorgstroom.planning.projection import PROJECTED_YEARS
from zorgstroom.planning.ranges import RELATIVE_RANGE
from zorgstroom.planning.targets import read_targets
from zorgstroom.reporting.assumption_page import register_page
from zorgstroom.reporting.assumptions import Entry, numbers, plain, register, register_csv
from zorgstroom.reporting.verification import FILE_NAME, Verification, read_verification
from zorgstroom.reporting.verification_views import VerificationViews
from zorgstroom.tables import write_atomically
from zorgstroom.text import Language
from zorgstroom.text.columns import markdown_table
from zorgstroom.text.numbers import number, percent

DOCS = Path(__file__).parent
TEMPLATES = DOCS / "templates"
#: The committed verification, made by ``zorgstroom verify --out docs/validation``.
VALIDATION = DOCS / "validation"
LANGUAGE: Language = "en"
#: Documents made of a template of the same name.
DOCUMENTS = ("model.md", "trace.md", "limitations.md", "preview.md", "validation/README.md")


def documents() -> dict[str, bytes]:
    """Return every document by its path under ``docs``."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - Markdown from our own templates and tables
    )
    environment.globals.update(vocabulary())
    environment.filters["n"] = _plain
    made = {name: environment.get_template(Path(name).name).render().encode() for name in DOCUMENTS}
    dataset = load_dataset()
    entries = _register()
    made["assumptions.md"] = register_page(dataset, entries, LANGUAGE).encode()
    made["assumptions.csv"] = register_csv(dataset, entries)
    return made


def vocabulary() -> Mapping[str, Any]:
    """Return what a template may use."""
    dataset = load_dataset()
    verification = _verification()
    return {
        "p": lambda name: _plain(dataset.parameter(name)),
        "pct": lambda name: percent(dataset.parameter(name), LANGUAGE),
        "staffing": lambda name: _plain(dataset.staffing[name].value),
        "price": lambda name: _plain(dataset.prices[name].value),
        "price_year": lambda name: dataset.prices[name].year,
        "fixed": lambda year, end="share": percent(getattr(dataset.fixed_shares[year - 1], end), LANGUAGE),
        "c": _constant,
        "constant": _named,
        "default": _default,
        "percent": lambda share, decimals=0: percent(share, LANGUAGE, decimals),
        "a": _assumption,
        "profile": _profile,
        "count": _count,
        "basis": _basis_count,
        "confidence": _confidence_count,
        "reach": lambda level: percent(RELATIVE_RANGE[level], LANGUAGE),
        "people": _people,
        "share_of": _share_of_people,
        "published": _published,
        "projected": PROJECTED_YEARS,
        "type_fitted": TYPE_FITTED,
        "limit_minutes": _plain(ORGANISATION_LIMIT / dataset.parameter("beta_basic")),
        "longest_stay": _plain(max(profile.los_nights_mean for profile in dataset.profiles)),
        "default_replications": _option_default(
            "zorgstroom_simulator.run_command:run_command", "replications"
        ),
        "dataset_name": f"{dataset.id} {dataset.version}",
        "model_version": zorgstroom.MODEL_VERSION,
        "targets": _target_count,
        "v": VerificationViews(verification, LANGUAGE),
        "agreement": agreement(read_agreement(DOCS / "preview.csv")),
        "verification": verification,
        "figure": _checked_figure,
        "clock": lambda name: "{:d}:{:02d}".format(*divmod(round(dataset.parameter(name)), 60)),
        "long_lists": _long_lists,
        "bullets": lambda lines: "\n".join(f"- {line}" for line in lines),
        "table": lambda rows: markdown_table(rows).rstrip("\n"),
    }


def _plain(value: float) -> str:
    """Return a number with the decimals it needs."""
    return number(value, LANGUAGE, len(plain(value).partition(".")[2]))


def _named(path: str) -> Any:
    """Return what ``module:NAME`` or ``module:NAME.attribute`` is."""
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _constant(path: str, scale: float = 1) -> str:
    """Return a number that stands in the code; of a collection, how many are in it."""
    value = _named(path)
    return _plain((len(value) if hasattr(value, "__len__") else value) * scale)


def _default(path: str) -> str:
    """Return the default of a field: ``module:Class.field``."""
    owner, _, field = path.rpartition(".")
    return _plain(_named(owner).model_fields[field].default)


def _option_default(path: str, option: str) -> str:
    """Return the default of an option of a command: ``module:command``."""
    return _plain(next(item.default for item in _named(path).params if item.name == option))


def _assumption(kind: str) -> str:
    """Return the number of an assumption, as a link to the register."""
    return f"[{numbers()[kind]}](assumptions.md)"


def _profile(identifier: str) -> Profile:
    dataset = load_dataset()
    return dataset.profiles[dataset.profile_index[identifier]]


def _count(what: str) -> str:
    """Return how many there are of something in the dataset."""
    return number(len(getattr(load_dataset(), what)), LANGUAGE)


@cache
def _register() -> tuple[Entry, ...]:
    return register(dataset_folder(DEFAULT_DATASET))


def _basis_count(word: str) -> str:
    return number(sum(entry.count("basis")[word] for entry in _register()), LANGUAGE)


def _confidence_count(word: str) -> str:
    return number(sum(entry.count("confidence")[word] for entry in _register()), LANGUAGE)


def _people(year: int) -> str:
    """Return the inhabitants of a year in millions."""
    return number(float(load_dataset().population[year].sum()) / 1e6, LANGUAGE, 2)


def _share_of_people(year: int, *bands: str) -> str:
    """Return the share of age bands in the inhabitants of a year."""
    people = load_dataset().population[year]
    chosen = [AGE_BANDS.index(band) for band in bands]
    return percent(float(people[:, chosen].sum()) / float(people.sum()), LANGUAGE)


@cache
def _quoted() -> dict[str, dict[str, str]]:
    content = yaml.safe_load((TEMPLATES / "published.yaml").read_text("utf-8"))
    assert isinstance(content, dict)
    return content


def _published(identifier: str) -> str:
    """Return a figure that somebody else published, with where."""
    quoted = _quoted()[identifier]
    return f"{quoted['figure']} ({quoted['source']})"


def _target_count(use: str = "") -> str:
    """Return how many published figures the baseline is held against, of a use or of all."""
    targets = read_targets(dataset_folder(DEFAULT_DATASET))
    return number(sum(target.published and (not use or target.use == use) for target in targets), LANGUAGE)


@cache
def _verification() -> Verification:
    return read_verification(VALIDATION / FILE_NAME)


def _checked_figure(identifier: str, what: str) -> str:
    """Return what the last verification says of a published figure: known, model, deviation or verdict."""
    views = VerificationViews(_verification(), LANGUAGE)
    line = next(
        line for line in _verification().national or () if line.figure == identifier and not line.subject
    )
    shown: dict[str, Callable[[], str]] = {
        "known": lambda: views.figure_value(line.known),
        "model": lambda: views.figure_value(line.model),
        "deviation": lambda: views.deviation(line),
        "verdict": lambda: views.text(f"verification.verdict.{line.verdict}"),
    }
    return shown[what]()


def _long_lists(more: float) -> list[str]:
    """Return the waiting lists that ended the year more than a part longer than they began, with how much."""
    views = VerificationViews(_verification(), LANGUAGE)
    return [
        f"{views.subject(line.subject)}: {views.deviation(line)}"
        for line in _verification().national or ()
        if line.subject_kind == "list" and line.deviation > more
    ]


def main(arguments: list[str]) -> int:
    """Write the documents, or say which would change; return the exit code."""
    made = documents()
    different = [
        name
        for name, content in made.items()
        if not (DOCS / name).is_file() or (DOCS / name).read_bytes() != content
    ]
    if arguments == ["--check"]:
        print("\n".join(different) or "All documents are as they would be made.")
        return 1 if different else 0
    for name in different:
        write_atomically(DOCS / name, made[name])
    print(f"Written: {', '.join(different) or 'nothing changed'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
