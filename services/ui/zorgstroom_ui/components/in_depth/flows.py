"""Tab Stromen: from which hospital to which, as a table, and on a map, as a flow chart or as a matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from zorgstroom.depth_document import Moves, MovesLine
from zorgstroom.text.numbers import percent, signed
from zorgstroom_ui import session
from zorgstroom_ui.components import flow_picture
from zorgstroom_ui.components.html import Html, TableRow, cut_table, join, link, paragraph, show
from zorgstroom_ui.components.in_depth import asking, charts
from zorgstroom_ui.components.in_depth.context import Context, heading
from zorgstroom_ui.components.picture import Picture, Sheet, show_picture, source_of

#: A flow chart of more places on one side cannot be read any more.
MOST_IN_FLOW_CHART = 8


def show_tab(context: Context) -> None:
    """Show the tab."""
    _show_moves(context)
    show(heading(context.text("ui.flow.heading"), "week", context.text("ui.flow.help")))
    flow_picture.show_for(context.run)


def _show_moves(context: Context) -> None:
    areas = _areas()
    found = asking.moves(context.run.id, {**context.choices.moves(), "area": areas})
    show(heading(context.text("ui.depth.moves"), "moves", context.text("ui.depth.moves.help")))
    if areas:
        names = ", ".join(context.names.of(area) for area in areas)
        everywhere = session.address("verdieping", s=context.plan, run=context.run.id, onderdeel=context.tab)
        words = context.text("ui.depth.moves.area", area=names)
        show(paragraph(join(words, " ", link(context.text("ui.depth.moves.everywhere"), everywhere))))
    if not found.items:
        show(paragraph(context.text("ui.depth.moves.small" if found.left_out else "ui.depth.moves.none")))
        return
    numbers = _numbers(context, found.items)
    where = asking.positions(context.impact.identity.dataset_id)
    forms = ["kaart"] if all(place in where for place in numbers) else []
    forms.append("schema" if _fits_flow_chart(found.items) else "matrix")
    form = st.radio(
        context.text("ui.depth.moves.form"),
        forms,
        format_func=lambda name: context.text(f"ui.depth.moves.form.{name}"),
        horizontal=True,
        key="depth-moves-form",
    )
    streams = [
        charts.Stream(
            line.from_location, line.to_location, line.patients.mean, context.number(line.patients.mean)
        )
        for line in found.items
    ]
    show_picture(
        Picture(
            name=f"stromen-{form}",
            title=context.text("ui.depth.moves.title"),
            alt=context.text(
                "ui.depth.moves.alt",
                streams=context.number(len(found.items)),
                start=context.names.of(found.items[0].from_location),
                end=context.names.of(found.items[0].to_location),
                patients=context.number(found.items[0].patients.mean),
            ),
            spec=_spec(context, form, streams, numbers, where),
            sheet=Sheet(
                [column.heading for column in _columns(context)[:4]],
                [
                    [
                        context.names.of(line.from_location),
                        context.names.of(line.to_location),
                        line.patients.mean,
                        line.extra_minutes,
                    ]
                    for line in found.items
                ],
            ),
            source=source_of(context.impact.identity),
        ),
        _table(context, found, numbers),
        below=_share_line(context, found),
    )


def _areas() -> list[str]:
    """Return where patients live who are looked at, by the address; of rows that is said at the rows."""
    return [] if st.query_params.get("tabel") else st.query_params.get_all("gemeente")


def _numbers(context: Context, lines: Sequence[MovesLine]) -> dict[str, str]:
    """Return the number of every hospital: as in the table, by name."""
    places = {line.from_location for line in lines} | {line.to_location for line in lines}
    ordered = sorted(places, key=context.names.of)
    return {place: str(index) for index, place in enumerate(ordered, start=1)}


def _fits_flow_chart(lines: Sequence[MovesLine]) -> bool:
    senders, receivers = {line.from_location for line in lines}, {line.to_location for line in lines}
    return max(len(senders), len(receivers)) <= MOST_IN_FLOW_CHART


def _spec(
    context: Context,
    form: str,
    streams: Sequence[charts.Stream],
    numbers: Mapping[str, str],
    where: Mapping[str, tuple[float, float]],
) -> dict[str, Any]:
    ends = context.text("ui.depth.moves.from"), context.text("ui.depth.moves.to")
    if form == "kaart":
        places = [charts.Place(place, number, *where[place]) for place, number in numbers.items()]
        return charts.stream_map(streams, places, context.language)
    if form == "matrix":
        return charts.matrix(streams, numbers, ends, context.language)
    totals: dict[str, float] = {}
    for stream in streams:
        for key in (f"from:{stream.start}", f"to:{stream.end}"):
            totals[key] = totals.get(key, 0.0) + stream.patients
    texts = {key: context.number(value) for key, value in totals.items()}
    names = {place: context.names.of(place) for place in numbers}
    return charts.flow_chart(streams, names, ends, texts, context.language)


def _share_line(context: Context, found: Moves) -> Html:
    share = percent(found.shown_share, context.language)
    line = context.text(
        "ui.depth.moves.share",
        share=share,
        patients=context.number(found.patients.mean),
        smallest=str(found.smallest),
    )
    hidden = (
        context.text("ui.depth.moves.left_out", count=context.number(found.left_out))
        if found.left_out
        else ""
    )
    return paragraph(f"{line} {hidden}".strip(), "zs-small")


def _columns(context: Context) -> list[Any]:
    return context.columns("moves", "from", "to", "patients:num", "minutes:num", "rows")


def _table(context: Context, found: Moves, numbers: Mapping[str, str]) -> Html:
    def name(place: str) -> Html:
        return join(f"{numbers[place]} ", context.names.of(place))

    rows = [
        TableRow(
            [
                name(line.from_location),
                name(line.to_location),
                context.patients(line.patients),
                signed(line.extra_minutes, context.language, 1),
                context.rows_link(
                    f"{context.names.of(line.from_location)} → {context.names.of(line.to_location)}",
                    "flows",
                    van=line.from_location,
                    naar=line.to_location,
                    zorg=context.choices.zorg,
                ),
            ]
        )
        for line in found.items
    ]
    return cut_table(context.text("ui.depth.moves.caption"), _columns(context), rows, context.language)
