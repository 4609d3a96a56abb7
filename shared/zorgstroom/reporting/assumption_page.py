"""The register of assumptions as a page to read, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import Confidence
from zorgstroom.planning.ranges import RELATIVE_RANGE
from zorgstroom.reporting.assumptions import Entry, held, plain
from zorgstroom.reporting.views import Translator, translator
from zorgstroom.text import Language
from zorgstroom.text.columns import markdown_table
from zorgstroom.text.numbers import number, percent

_PARAMETERS, _PROFILES = "parameters.", "profile_figures."
#: Sources named in a row of a kind; the CSV names all.
_SHOWN_SOURCES = 3
_PARAMETER_COLUMNS = ("id", "what", "value", "unit", "range", "basis", "confidence", "source", "used_in")
_KIND_COLUMNS = (
    "id", "what", "number", "values", "unit", "range", "basis", "confidence", "source", "used_in",
)  # fmt: skip
_BASES = ("known", "estimated", "assumed")
_CONFIDENCES: tuple[Confidence, ...] = ("high", "medium", "low")


def register_page(dataset: Dataset, entries: Sequence[Entry], language: Language) -> str:
    """Return the register in Markdown: parameters one by one, other figures per kind, and the sources."""
    text = translator(language)
    parameters = [entry for entry in entries if entry.is_parameter]
    profiles = [entry for entry in entries if entry.kind.startswith(_PROFILES)]
    others = [entry for entry in entries if entry not in parameters and entry not in profiles]
    parts = [
        f"# {text('register.title')}",
        text("register.lead", dataset=f"{dataset.id} {dataset.version}", digest=dataset.digest[:12]),
        _counts(entries, text, language),
        text(
            "register.how",
            **{f"{level}_range": percent(RELATIVE_RANGE[level], language) for level in _CONFIDENCES},
        ),
    ]
    if profiles:
        parts.append(text("register.csv", example=profiles[0].id_of(profiles[0].figures[0])))
    if parameters:
        rows = [_parameter_row(dataset, entry, text, language) for entry in parameters]
        parts += [f"## {text('register.heading.parameters')}", _table(_PARAMETER_COLUMNS, rows, text)]
    for heading, chosen in (("profile_figures", profiles), ("other", others)):
        if chosen:
            rows = [_kind_row(dataset, entry, text, language) for entry in chosen]
            parts += [f"## {text(f'register.heading.{heading}')}", _table(_KIND_COLUMNS, rows, text)]
    parts += [f"## {text('register.heading.sources')}", text("register.sources_note")]
    parts.append(
        _table(("source_id", "title", "year", "figures", "read"), _source_rows(dataset, entries), text)
    )
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def register_record(dataset: Dataset, entries: Sequence[Entry], language: Language) -> dict[str, object]:
    """Return the register as data: every kind with its single figures."""
    text = translator(language)
    return {
        "dataset": {"id": dataset.id, "version": dataset.version, "digest": dataset.digest},
        "ranges": dict(RELATIVE_RANGE),
        "entries": [
            {
                "id": entry.number,
                "table": entry.kind.partition(".")[0],
                "figure": entry.kind.partition(".")[2],
                "what": _name(entry, text),
                "used_in": list(entry.used_in),
                "not_varied": held(entry.kind) or None,
                "figures": [
                    {
                        "subject": figure.subject,
                        "value": figure.value,
                        "unit": figure.unit,
                        "range": list(figure.bounds) if figure.bounds else None,
                        "basis": figure.basis,
                        "confidence": figure.confidence,
                        "sources": figure.source.split(";"),
                    }
                    for figure in entry.figures
                ],
            }
            for entry in entries
        ],
    }


def _counts(entries: Sequence[Entry], text: Translator, language: Language) -> str:
    bases, levels = Counter[str](), Counter[str]()
    for entry in entries:
        bases += entry.count("basis")
        levels += entry.count("confidence")
    words = {word: number(count, language) for word, count in {**bases, **levels}.items()}
    absent = dict.fromkeys((*_BASES, *_CONFIDENCES), "0")
    return text(
        "register.counts",
        **absent
        | words
        | {"total": number(bases.total(), language), "kinds": number(len(entries), language)},
    )


def _parameter_row(dataset: Dataset, entry: Entry, text: Translator, language: Language) -> list[str]:
    figure = entry.figures[0]
    bounds = figure.bounds
    return [
        entry.number,
        f"{_name(entry, text)} (`{entry.kind.removeprefix(_PARAMETERS)}`)",
        _plain(figure.value, language),
        figure.unit,
        " – ".join(_plain(end, language) for end in bounds) if bounds else _held(entry, text),
        text(f"dataset.basis.{figure.basis}"),
        text(f"dataset.confidence.{figure.confidence}"),
        _sources(dataset, entry, text),
        _used(entry, text),
    ]


def _kind_row(dataset: Dataset, entry: Entry, text: Translator, language: Language) -> list[str]:
    smallest, largest = entry.ends
    ends = [smallest] if smallest == largest else [smallest, largest]
    return [
        entry.number,
        f"{_name(entry, text)} (`{entry.kind.removeprefix(_PROFILES)}`)",
        number(len(entry.figures), language),
        " – ".join(_plain(end, language) for end in ends),
        "; ".join(entry.units),
        _held(entry, text) if held(entry.kind) else text("register.per_confidence"),
        _counted(entry.count("basis"), "basis", _BASES, text, language),
        _counted(entry.count("confidence"), "confidence", _CONFIDENCES, text, language),
        _sources(dataset, entry, text),
        _used(entry, text),
    ]


def _counted(
    counts: Counter[str], mark: str, order: Iterable[str], text: Translator, language: Language
) -> str:
    return ", ".join(
        f"{number(counts[word], language)} {text(f'dataset.{mark}.{word}')}" for word in order if counts[word]
    )


def _sources(dataset: Dataset, entry: Entry, text: Translator) -> str:
    known = {source.id: source for source in dataset.sources}
    found = entry.sources
    names = [
        f"{identifier} ({source.year})" if (source := known.get(identifier)) and source.year else identifier
        for identifier in found[:_SHOWN_SOURCES]
    ]
    if len(found) > _SHOWN_SOURCES:
        names.append(text("register.more_sources", n=len(found) - _SHOWN_SOURCES))
    return ", ".join(names)


def _source_rows(dataset: Dataset, entries: Sequence[Entry]) -> list[list[str]]:
    """Return the sources that figures lean on, those with most figures first."""
    leaning = Counter(
        source for entry in entries for figure in entry.figures for source in figure.source.split(";")
    )
    used = sorted((s for s in dataset.sources if leaning[s.id]), key=lambda s: (-leaning[s.id], s.id))
    return [[s.id, f"{s.publisher}: {s.title}", s.year, str(leaning[s.id]), s.read] for s in used]


def _name(entry: Entry, text: Translator) -> str:
    key = f"assumption.{entry.kind}"
    name = text(key)
    return entry.kind if name == key else name


def _held(entry: Entry, text: Translator) -> str:
    reason = held(entry.kind)
    return text(f"register.held.{reason}") if reason else ""


def _used(entry: Entry, text: Translator) -> str:
    """Return the modules, without the name of the package where it is the shared one."""
    names = [
        module.removeprefix("zorgstroom/").replace("zorgstroom_simulator/", "simulator/")
        for module in entry.used_in
    ]
    return ", ".join(f"`{name}`" for name in names) or text("register.not_used")


def _plain(value: float, language: Language) -> str:
    """Return a number with the decimals it needs, as the language writes it."""
    decimals = len(plain(value).partition(".")[2])
    return number(value, language, decimals)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], text: Translator) -> str:
    return markdown_table([[text(f"register.column.{name}") for name in header], *rows])
