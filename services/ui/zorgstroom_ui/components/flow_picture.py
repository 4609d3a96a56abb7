"""The flow picture: patients of one simulated week on the way to hospitals, waiting and in bed.

    show_for(run)      # below a heading of the page; says itself what to do where a run keeps no journeys

It moves only when somebody presses play, and not at all for who asked for less motion. Beside it stand what the
week is (an example), the ranges, and everything it shows as a table per day.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import streamlit as st

from zorgstroom.client import RunInfo
from zorgstroom.errors import Conflict, NotAllowed, NotFound
from zorgstroom.places_document import Side, SimulatedWeek
from zorgstroom.text import Language
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import place_answers
from zorgstroom_ui.components.flow_scene import SPEEDS, scene
from zorgstroom_ui.components.html import Column, Html, TableRow, box, element, paragraph, show, table
from zorgstroom_ui.components.picture import Sheet, show_table_files, source_of
from zorgstroom_ui.components.progress import wait_for
from zorgstroom_ui.components.wording import area_name, capital

_ASSETS = resources.files("zorgstroom_ui").joinpath("assets")
_KINDS = ("acute", "diverted", "planned", "visit")
_COLUMNS = ("acute", "diverted", "planned", "visits", "in_bed", "waiting")
_SIDES: tuple[Side, ...] = ("plan", "baseline")


def _file(ending: str) -> str:
    return _ASSETS.joinpath(f"flow_picture.{ending}").read_text("utf-8")


#: Comes with the product, whole: nothing is fetched from elsewhere.
_DRAWING = st.components.v2.component(
    "zorgstroom_flow_picture", html=_file("html"), css=_file("css"), js=_file("js")
)

text = session.text


def show_for(run: RunInfo) -> None:
    """Show a week of this run, or of one like it that keeps journeys; else offer to calculate one."""
    language = session.language()
    kept = _with_journeys(run)
    if kept is None or not kept.final:
        _offer(run, kept)
        return
    with st.container(horizontal=True):
        side = st.radio(
            text("ui.flow.side"),
            _SIDES,
            format_func=lambda item: text(f"ui.flow.side.{item}"),
            horizontal=True,
            key="flow-side",
        )
        chosen = st.selectbox(
            text("ui.flow.week"),
            [0, *range(1, 53)],
            format_func=lambda item: text("ui.flow.week.usual") if item == 0 else str(item),
            key="flow-week",
            width=220,
        )
    try:
        week = place_answers.week(kept.id, side, chosen or None)
    except (NotFound, Conflict) as error:
        show(box(paragraph(error.message(language)), "zs-info"))
        return
    show(
        paragraph(text("ui.flow.example", years=number(week.years, language)), "zs-lead"),
        paragraph(_lead(week, language)),
    )
    _DRAWING(
        key="flow-picture",
        data=scene(week, _words(week, language), language),
    )
    show(paragraph(text("ui.flow.simulated"), "zs-small zs-muted"), _table(week, language))
    with st.popover(text("ui.picture.files"), type="tertiary", key="files-flow-week"):
        show_table_files(
            "stroomplaatje",
            _sheet(week),
            _title(week, language),
            source_of(session.impact(kept.id).identity),
        )


def _with_journeys(run: RunInfo) -> RunInfo | None:
    """Return the run itself or the newest like it that keeps journeys, also while it is calculated; else None."""
    if run.settings.journeys:
        return run
    same = [
        item
        for item in session.client().runs()
        if item.scenario_id == run.scenario_id
        and item.settings.journeys
        and item.settings.region == run.settings.region
        and item.state in ("completed", "running", "queued")
    ]
    return next((item for item in same if item.state == "completed"), same[0] if same else None)


def _offer(run: RunInfo, waiting: RunInfo | None) -> None:
    """Say that there are no journeys, and calculate some when asked."""
    if waiting is not None:
        show(paragraph(text("ui.flow.calculating")))
        wait_for([waiting.id])
        return
    show(box(paragraph(text("ui.flow.none")), "zs-info"))
    if st.button(text("ui.flow.calculate"), key="flow-calculate"):
        settings = run.settings.model_copy(update={"journeys": True})
        try:
            session.submit(run.scenario_id, settings)
        except NotAllowed as error:
            message = paragraph(error.message(session.language()))
            show(element("div", box(message, "zs-note"), role="alert"))
            return
        st.rerun()


def _title(week: SimulatedWeek, language: Language) -> str:
    return text(
        "ui.flow.title",
        week=str(week.week),
        area=area_name(week.region, language),
        side=text(f"ui.flow.side.{week.side}"),
    )


def _lead(week: SimulatedWeek, language: Language) -> str:
    low, high = week.arrivals_range.low or 0.0, week.arrivals_range.high or 0.0
    sentences = [
        text(
            "ui.flow.arrivals",
            week=str(week.week),
            count=number(week.arrivals_in_all, language),
            low=number(low, language),
            high=number(high, language),
            shown=number(len(week.arrivals), language),
        )
    ]
    if week.elsewhere >= 10:
        sentences.append(text("ui.flow.elsewhere", count=number(week.elsewhere, language)))
    end = week.waiting_at_end
    if end is not None and end.low is not None and end.high is not None:
        sentences.append(
            text(
                "ui.flow.waiting",
                years=number(week.years, language),
                mean=number(end.mean, language),
                low=number(end.low, language),
                high=number(end.high, language),
            )
        )
    return " ".join(sentences)


def _words(week: SimulatedWeek, language: Language) -> dict[str, Any]:
    """Return the texts of the drawing."""
    simple = ("play", "pause", "back", "on", "moment", "speed", "less", "svg", "png", "circle", "clock")
    words: dict[str, Any] = {name: text(f"ui.flow.{name}") for name in simple}
    # Filled in by the drawing itself, at every moment.
    words["hospital"] = text("ui.flow.hospital", beds="{beds}", waiting="{waiting}")
    words["status"] = text(
        "ui.flow.status", moment="{moment}", beds="{beds}", waiting="{waiting}", going="{going}"
    )
    words["days"] = [_day(day) for day in range(1, 8)]
    words["kinds"] = {kind: text(f"ui.flow.kind.{kind}") for kind in _KINDS}
    words["speeds"] = {str(hours): text("ui.flow.speed.hours", hours=str(hours)) for hours in SPEEDS}
    words["title"] = _title(week, language)
    words["example"] = text("ui.flow.example", years=number(week.years, language))
    words["alt"] = text(
        "ui.flow.alt",
        area=area_name(week.region, language),
        hospitals=number(len(week.locations), language),
        count=number(week.arrivals_in_all, language),
    )
    return words


def _day(day: int) -> str:
    return text(f"ui.flow.day.{day}")


def _table(week: SimulatedWeek, language: Language) -> Html:
    columns = [Column(text("ui.flow.column.day"))]
    columns += [Column(text(f"ui.flow.column.{name}"), "num") for name in _COLUMNS]
    rows = [
        TableRow([capital(_day(day.day)), *(number(getattr(day, name), language) for name in _COLUMNS)])
        for day in week.days
    ]
    totals = [number(sum(getattr(day, name) for day in week.days), language) for name in _COLUMNS[:4]]
    # Who waits or lies in bed at the end of a day is there the next day too: these do not add up.
    rows.append(TableRow([text("ui.flow.column.week"), *totals, "", ""], "total"))
    return table(text("ui.flow.caption", years=number(week.years, language)), columns, rows)


def _sheet(week: SimulatedWeek) -> Sheet:
    columns = [text("ui.flow.column.day"), *(text(f"ui.flow.column.{name}") for name in _COLUMNS)]
    return Sheet(columns, [[_day(day.day), *(getattr(day, name) for name in _COLUMNS)] for day in week.days])
