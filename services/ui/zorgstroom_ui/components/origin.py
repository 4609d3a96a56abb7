"""Where numbers come from: the rows they were counted from, what they rest on, and how they were calculated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from zorgstroom.reporting.impact import Identity, Impact
from zorgstroom.reporting.views import ASSUMED, ORIGINS, register_id
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_ui.components.html import Html, element, folded, join, link, listing
from zorgstroom_ui.components.wording import date_text

#: Part of the documents that is no result table.
_WHOLE = "impact"


@dataclass(frozen=True)
class Origin:
    """Result tables that something was counted from, and the numbers in the register of what it rests on."""

    tables: tuple[str, ...]
    assumptions: tuple[str, ...] = ()


def origin_of(impact: Impact, name: str) -> Origin:
    """Return where a table of the report comes from."""
    section = next((found for found in impact.sections if found.id == name), None)
    if section is not None:
        return Origin((section.table or "comparison",), tuple(section.assumptions))
    numbers = (register_id(kind) for kind in ASSUMED.get(name, ()))
    return Origin(ORIGINS.get(name, (_WHOLE,)), tuple(found for found in numbers if found))


def rows_address(
    identity: Identity, scenario: str, table: str, language: Language, **filters: str | Iterable[str]
) -> str:
    """Return the address of the rows of a result table, relative to a page.

    Only what is about this result is in it: pages that are kept for everybody hold no choice of one visitor.
    """
    named = {name: value for name, value in filters.items() if value}
    query = {"s": scenario, "run": identity.run_id, "tabel": table, **named, "taal": language}
    return f"verdieping?{urlencode(query, doseq=True)}#rijen"


def assumption_links(numbers: Sequence[str], language: Language) -> Html:
    """Return numbers of the register, each a link to what stands there."""
    links = [
        link(found, f"aannames?{urlencode({'zoek': found, 'taal': language})}")
        for found in dict.fromkeys(numbers)
    ]
    return Html(", ".join(links))


def calculation(impact: Impact, scenario: str, names: Sequence[str], language: Language) -> Html:
    """Return, behind a line to open, how the tables with these names were made."""
    origins = [origin_of(impact, name) for name in names]
    identity = impact.identity
    lines: list[str] = []
    tables = list(dict.fromkeys(table for found in origins for table in found.tables))
    for table in tables:
        words = translate("ui.origin.table", language, table=table)
        if table == _WHOLE or not scenario:
            lines.append(words)
        else:
            address = rows_address(identity, scenario, table, language)
            lines.append(join(words, " ", link(translate("ui.origin.rows", language), address)))
    numbers = list(dict.fromkeys(item for found in origins for item in found.assumptions))
    if numbers:
        links = assumption_links(numbers, language)
        lines.append(join(translate("ui.origin.rests", language), " ", links, "."))
    lines.append(
        translate(
            "ui.origin.run",
            language,
            calculation=identity.run_id[:12],
            years=number(identity.replications, language),
            weeks=number(identity.weeks, language),
            model=identity.model_version,
            dataset=f"{identity.dataset_id} {identity.dataset_version}",
            digest=identity.dataset_digest[:12],
            chance=str(identity.seed),
            engine=identity.engine,
            created=date_text(identity.created, language),
        )
    )
    return element("div", folded(translate("ui.origin.show", language), listing(lines)), "zs-small")
