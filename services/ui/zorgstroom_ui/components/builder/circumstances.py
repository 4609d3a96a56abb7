"""What nobody here can choose: the year, the length of time, the demand for care."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.builder import desk as desks
from zorgstroom_ui.components.builder.documents import Document, Path, put
from zorgstroom_ui.components.builder.facts import Facts
from zorgstroom_ui.components.builder.fields import Fields
from zorgstroom_ui.components.builder.levers import AGES, care_options, worded
from zorgstroom_ui.components.builder.words import today_of
from zorgstroom_ui.components.html import element, show

_FACTORS: Path = ("horizon", "demand_factors")


def show_circumstances(fields: Fields, facts: Facts) -> None:
    """Draw the levers of the scenario as a whole."""
    text = session.text
    show(element("h3", text("build.circumstances")))
    base = str(facts.base_year)
    years = {"": text("build.demand_year.base", year=base)} | {
        str(year): str(year) for year in facts.demand_years if year != facts.base_year
    }
    fields.one_of(("horizon", "demand_year"), text("build.field.demand_year"), years, as_list=True, now=base)
    with steady.row("weeks"):
        fields.amount(
            ("horizon", "weeks"),
            text("build.field.weeks"),
            low=4,
            high=260,
            whole=True,
            default=today_of("weeks"),
            now=text("build.weeks.now"),
        )
        fields.amount(
            ("horizon", "warmup_weeks"),
            text("build.field.warmup_weeks"),
            low=0,
            high=52,
            whole=True,
            default=today_of("warmup_weeks"),
            now=text("build.warmup_weeks.now"),
        )
    fields.tick(("horizon", "demand_growth"), text("build.field.demand_growth"), on="projected")
    fields.tick(
        ("method",), text("build.field.method"), on="national-tranche-1", hint=text("build.method.help")
    )
    _factors(fields, facts)


def _factors(fields: Fields, facts: Facts) -> None:
    """Draw the lines that change demand on both sides, one below the other."""
    text = session.text
    rows = fields.value(_FACTORS, [])
    show(element("p", text("build.field.demand_factors"), "zs-label"))
    show(element("p", text("build.demand_factors.help"), "zs-small"))
    for index in range(len(rows)):
        line = number(index + 1, fields.language)
        with st.container(border=True, key=f"zs-factor-{index}"):
            fields.amount(
                (*_FACTORS, index, "factor"),
                text("build.factor", line=line),
                low=0,
                high=5,
                needed=True,
                now=text("build.factor.now"),
            )
            fields.several(
                (*_FACTORS, index, "profiles"),
                text("build.factor.profiles", line=line),
                care_options(facts, fields),
            )
            fields.ticks((*_FACTORS, index, "ages"), text("build.field.ages"), worded("ages", AGES))
            fields.region(
                (*_FACTORS, index, "within"),
                text("build.factor.within", line=line),
                facts.regions,
                text("build.country"),
            )
            st.button(
                text("build.factor.remove", line=line),
                key=f"build.factor.remove.{index}",
                on_click=partial(_remove, index),
                wrap=True,
            )
    st.button(
        text("build.factor.add"), key="build.factor.add", icon=":material/add:", on_click=_add, wrap=True
    )


def _add() -> None:
    _rows(lambda rows: [*rows, {"factor": 1.05}])


def _remove(index: int) -> None:
    _rows(lambda rows: [row for place, row in enumerate(rows) if place != index])


def _rows(change: Callable[[list[Document]], list[Document]]) -> None:
    desk = desks.current()
    rows = change((desk.document.get("horizon") or {}).get("demand_factors") or [])
    desk.change(put(desk.document, _FACTORS, rows or None))
