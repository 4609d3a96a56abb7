"""The page Aannames: search, filter, open one, take them along."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

import streamlit as st

from zorgstroom.client import RunInfo
from zorgstroom.places_document import Assumption, AssumptionDetail, AssumptionFigure, Assumptions, Influence
from zorgstroom.reporting.assumptions import plain
from zorgstroom.text import Language, catalogue
from zorgstroom.text.numbers import number, percent, signed
from zorgstroom_ui import session
from zorgstroom_ui.components import pictures, place_answers
from zorgstroom_ui.components.html import (
    ROWS_AT_ONCE,
    Column,
    Html,
    TableRow,
    box,
    element,
    folded,
    h1,
    h2,
    join,
    link,
    listing,
    paragraph,
    show,
    table,
)
from zorgstroom_ui.components.register.finding import (
    INFLUENCES,
    KINDS,
    Kind,
    found,
    kind_of,
    nearest,
    numbered,
)
from zorgstroom_ui.kept import kept_for

SEARCH, OPENED = "zoek", "aanname"
#: Sources named in a row; all stand where it is opened.
_SOURCES = 2
#: Kinds of figures that the page Scenario maken has something for.
_LEVERS = (
    "norms.minimum",
    "profile_figures.rate_",
    "profile_figures.volume_per_year",
    "population.",
    "organisations.beds",
    "staffing.",
)
_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

text = session.text


def show_page() -> None:
    """Show the register."""
    language = session.language()
    run = _run_with_trials()
    register = _register(run)
    total = sum(item.figures for item in register.items)
    show(
        h1(text("ui.register.heading")),
        paragraph(
            text(
                "ui.register.lead",
                kinds=number(len(register.items), language),
                figures=number(total, language),
                dataset=f"{register.dataset} {register.version}",
            ),
            "zs-lead",
        ),
        _about_ranges(register, language),
        _about_influence(register, run, language),
    )
    words, kind, influence = _filters(register)
    chosen = found(register.items, words, kind, influence)
    opened = _opened(register, words)
    if opened is not None:
        _show_opened(opened.number, run, language)
    show(h2(text("ui.register.list"), "lijst"))
    show(
        element(
            "p",
            text(
                "ui.register.shown",
                shown=number(len(chosen), language),
                total=number(len(register.items), language),
            ),
            role="status",
        )
    )
    if chosen:
        show(_table(chosen, register, language))
    else:
        _nothing(register, words)
    _files()


def _run_with_trials() -> RunInfo | None:
    """Return the calculation of the scenario in the frame, if it was tried with other assumptions."""
    plan = session.chosen_plan()
    run = None if plan is None else session.latest_runs().get(plan.id)
    if run is None or run.state != "completed" or session.impact(run.id).robustness is None:
        return None
    return run


@kept_for(place_answers.DATASET_SECONDS, most=16)
def _asked(visitor: str, base_url: str, run_id: str | None, dataset: str) -> Assumptions:
    del visitor, base_url
    return session.client().assumptions(run_id, dataset)


def _register(run: RunInfo | None) -> Assumptions:
    run_id = None if run is None else run.id
    return session.last_known(
        f"register {run_id}",
        lambda: _asked(session.who(), session.api_address(), run_id, session.dataset_id()),
    )


@kept_for(place_answers.DATASET_SECONDS, most=128)
def _detail(visitor: str, base_url: str, number_: str, run_id: str | None, dataset: str) -> AssumptionDetail:
    del visitor, base_url
    return session.client().assumption(number_, run_id, dataset)


# -- above the table ---------------------------------------------------------------------------------------


def _about_ranges(register: Assumptions, language: Language) -> Html:
    levels = {f"{level}_range": percent(reach, language) for level, reach in register.ranges.items()}
    return paragraph(text("ui.register.ranges", **levels), "zs-small zs-muted")


def _about_influence(register: Assumptions, run: RunInfo | None, language: Language) -> Html:
    if run is not None:
        words = text("ui.register.influence.run", name=run.name, draws=number(register.draws or 0, language))
        return paragraph(words)
    return box(
        paragraph(
            join(
                text("ui.register.influence.none"),
                " ",
                link(text("ui.register.influence.ask"), session.address("impact")),
            )
        ),
        "zs-info",
    )


def _filters(register: Assumptions) -> tuple[str, Kind | None, Influence | None]:
    """Draw search and filters; what is searched for stands in the address."""
    asked = st.query_params.get(SEARCH, "")
    if st.session_state.get("register-asked") != asked:
        st.session_state["register-asked"] = st.session_state["register-search"] = asked
    with st.container(horizontal=True):
        words = st.text_input(
            text("ui.register.search"),
            key="register-search",
            max_chars=80,
            help=text("ui.register.search.help"),
            width=320,
        )
        kind = st.selectbox(
            text("ui.register.kind"),
            [None, *KINDS],
            format_func=lambda item: text(f"ui.register.kind.{item or 'all'}"),
            key="register-kind",
            width=240,
        )
        influence = None
        if register.draws is not None:
            influence = st.selectbox(
                text("ui.register.influence"),
                [None, *INFLUENCES],
                format_func=lambda item: text(f"ui.register.influence.{item or 'all'}"),
                key="register-influence",
                width=200,
            )
    words = words.strip()
    st.session_state["register-asked"] = words
    if words:
        st.query_params[SEARCH] = words
    else:
        st.query_params.pop(SEARCH, None)
    return words, kind, influence


def _nothing(register: Assumptions, words: str) -> None:
    near = nearest(register.items, words) if words else None
    lines = [
        paragraph(text("ui.register.nothing", words=words) if words else text("ui.register.nothing.kind"))
    ]
    if near is not None:
        lines.append(paragraph(link(text("ui.register.nearest", word=near), session.here(**{SEARCH: near}))))
    show(box(join(*lines), "zs-info"))


def _opened(register: Assumptions, words: str) -> Assumption | None:
    asked = st.query_params.get(OPENED)
    if asked:
        item = numbered(register.items, asked)
        if item is None:
            show(
                element(
                    "div",
                    box(paragraph(text("ui.register.unknown", number=asked[:20])), "zs-note"),
                    role="alert",
                )
            )
        return item
    return numbered(register.items, words)


# -- the table ---------------------------------------------------------------------------------------------


def _table(items: Sequence[Assumption], register: Assumptions, language: Language) -> Html:
    names = ["what", "value", "range", "source", "kind", "confidence"]
    names += ["influence"] if register.draws is not None else []
    columns = [
        Column(text(f"ui.register.column.{name}"), "text" if name == "source" else "") for name in names
    ]
    rows = []
    for item in items:
        cells = [
            _name(item, language),
            _value(item, language),
            _range(item, register, language),
            _sources(item),
            text(f"ui.register.kind.{kind_of(item)}"),
            _confidence(item),
        ]
        if register.draws is not None:
            cells.append(text(f"ui.register.influence.{item.influence or 'unknown'}"))
        rows.append(TableRow(cells))
    caption = text("ui.register.caption")
    if len(rows) <= ROWS_AT_ONCE + 3:
        return table(caption, columns, rows)
    # All of them: a register of which a part cannot be reached is none.
    everything = table(text("ui.table.all.caption", caption=caption), columns, rows)
    summary = text("ui.table.all", count=number(len(rows), language))
    return join(table(caption, columns, rows[:ROWS_AT_ONCE]), folded(summary, everything))


def _name(item: Assumption, language: Language) -> Html:
    return join(link(item.number, session.here(**{OPENED: item.number})), " ", item.name[language])


def _value(item: Assumption, language: Language) -> str:
    unit = unit_text(item.units, language)
    if item.lowest == item.highest:
        return f"{written(item.lowest, language)} {unit}".strip()
    return text(
        "ui.register.many",
        low=written(item.lowest, language),
        high=written(item.highest, language),
        unit=unit,
        count=number(item.figures, language),
    ).strip()


def _range(item: Assumption, register: Assumptions, language: Language) -> str:
    if item.range is not None:
        return text(
            "ui.register.between",
            low=_end(item.range[0], language),
            high=_end(item.range[1], language),
        )
    if item.not_varied:
        return text(f"ui.register.held.{item.not_varied}")
    reaches = sorted({register.ranges[level] for level in item.confidences})
    return text("ui.register.either_way", reach=" / ".join(percent(reach, language) for reach in reaches))


def _sources(item: Assumption) -> str:
    named = [f"{source.publisher or source.title} {source.year}".strip() for source in item.sources]
    named = list(dict.fromkeys(named))
    shown = "; ".join(named[:_SOURCES])
    if len(named) > _SOURCES:
        shown += "; " + text("ui.register.more_sources", n=str(len(named) - _SOURCES))
    return shown or text("ui.register.no_source")


def _confidence(item: Assumption) -> str:
    levels = [level for level in ("high", "medium", "low") if item.confidences.get(level)]
    return ", ".join(text(f"dataset.confidence.{level}") for level in levels)


def unit_text(units: Sequence[str], language: Language) -> str:
    """Return units in the language of the visitor; one that has no text stays as it is."""
    known = catalogue(language)
    names = [
        known.get(f"ui.register.unit.{re.sub('[^a-z0-9]+', '_', unit.casefold()).strip('_')}", unit)
        for unit in units
    ]
    return " / ".join(dict.fromkeys(names))


def written(value: float, language: Language) -> str:
    """Return a number with the decimals it needs."""
    return number(value, language, len(plain(value).partition(".")[2]))


# -- one of them -------------------------------------------------------------------------------------------


def _show_opened(number_: str, run: RunInfo | None, language: Language) -> None:
    run_id = None if run is None else run.id
    detail = _detail(session.who(), session.api_address(), number_, run_id, session.dataset_id())
    item = detail.assumption
    show(
        h2(f"{item.number}: {item.name[language]}", "geopend"),
        paragraph(_explained(item, language)),
        paragraph(text(f"ui.register.meaning.{kind_of(item)}")),
        _what_if(detail, run, language),
    )
    if detail.items and len(detail.items) > 1:
        show(
            folded(
                text("ui.register.figures", count=number(len(detail.items), language)),
                _figures(detail, language),
            )
        )
    elif detail.items and detail.items[0].note:
        show(paragraph(text("ui.register.note", note=detail.items[0].note), "zs-small"))
    if detail.left_out:
        left = number(detail.left_out, language)
        show(paragraph(text("ui.register.left_out", count=left), "zs-small"))
    sources = listing(
        " ".join(filter(None, (source.publisher, source.title, f"({source.year})" if source.year else "")))
        for source in item.sources
    )
    show(folded(text("ui.register.sources", count=number(len(item.sources), language)), sources))
    if item.used_in:
        modules = listing(element("code", module) for module in item.used_in)
        show(folded(text("ui.register.used_in"), modules))
    links = []
    if any(f"{item.table}.{item.figure}".startswith(lever) for lever in _LEVERS):
        links.append(link(text("ui.register.change"), session.address("scenario")))
    links.append(link(text("ui.register.close"), session.here(**{OPENED: "", SEARCH: ""})))
    show(paragraph(_dotted(links)))


def _dotted(links: Sequence[Html]) -> Html:
    parts: list[str] = []
    for item in links:
        parts += [" · ", item] if parts else [item]
    return join(*parts)


def _explained(item: Assumption, language: Language) -> str:
    if item.figures > 1:
        return text(
            "ui.register.explained.many",
            count=number(item.figures, language),
            low=written(item.lowest, language),
            high=written(item.highest, language),
            unit=unit_text(item.units, language),
        )
    value = f"{written(item.lowest, language)} {unit_text(item.units, language)}".strip()
    if item.range is None:
        return text("ui.register.explained.fixed", value=value)
    return text(
        "ui.register.explained.range",
        value=value,
        low=_end(item.range[0], language),
        high=_end(item.range[1], language),
    )


def _end(value: float, language: Language) -> str:
    """Return the end of a range: nobody knows it to more than three digits."""
    return written(float(f"{value:.3g}"), language)


def _what_if(detail: AssumptionDetail, run: RunInfo | None, language: Language) -> Html:
    heading = element("h3", text("ui.register.what_if"))
    if detail.assumption.not_varied:
        reason = text(f"ui.register.held.{detail.assumption.not_varied}")
        return join(heading, paragraph(text("ui.register.what_if.held", reason=reason)))
    if run is None:
        return join(heading, paragraph(text("ui.register.what_if.unknown")))
    if not detail.effects:
        return join(heading, paragraph(text("ui.register.what_if.nothing", name=run.name)))
    columns = [
        Column(text("ui.register.column.conclusion")),
        Column(text("ui.register.column.figure"), "text"),
        Column(text("ui.register.column.link"), "cell"),
        Column(text("ui.register.column.strength"), "num"),
        Column(text("ui.register.column.held"), "num"),
    ]
    rows = [
        TableRow(
            [
                effect.conclusion[language],
                effect.figure[language],
                pictures.out_and_in(max(0.0, -effect.correlation), max(0.0, effect.correlation)),
                signed(effect.correlation, language, 2),
                text(
                    "ui.register.held_of",
                    held=number(effect.held, language),
                    draws=number(effect.draws, language),
                )
                if effect.held is not None
                else "",
            ]
        )
        for effect in detail.effects
    ]
    return join(heading, table(text("ui.register.what_if.caption", name=run.name), columns, rows))


def _figures(detail: AssumptionDetail, language: Language) -> Html:
    columns = [
        Column(text("ui.register.column.subject")),
        Column(text("ui.register.column.value"), "num"),
        Column(text("ui.register.column.range"), "num"),
        Column(text("ui.register.column.basis")),
        Column(text("ui.register.column.confidence")),
    ]
    rows = [_figure(figure, language) for figure in detail.items]
    caption = text("ui.register.figures.caption", unit=unit_text(detail.assumption.units, language))
    return table(caption, columns, rows)


def _figure(figure: AssumptionFigure, language: Language) -> TableRow:
    bounds = ""
    if figure.range is not None:
        low, high = (_end(end, language) for end in figure.range)
        bounds = text("ui.register.between", low=low, high=high)
    return TableRow(
        [
            figure.name[language] or figure.subject,
            written(figure.value, language),
            bounds,
            text(f"dataset.basis.{figure.basis}"),
            text(f"dataset.confidence.{figure.confidence}"),
        ]
    )


def _files() -> None:
    """Offer every single figure as a file."""
    show(paragraph(text("ui.register.files"), "zs-small"))
    client, dataset = session.client(), session.dataset_id()
    with st.container(horizontal=True):
        for ending, media_type in _TYPES.items():
            st.download_button(
                text(f"ui.picture.{ending}"),
                data=partial(client.assumptions_file, media_type, dataset),
                file_name=f"zorgstroom-aannames.{ending}",
                mime=media_type,
                key=f"register-{ending}",
                on_click="ignore",
            )
