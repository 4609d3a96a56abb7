"""For who wants to see how a result is computed: the engine, and doing it again with another one."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from zorgstroom.client import RunInfo
from zorgstroom.events.schemas import EngineChoice
from zorgstroom.reporting.cross_check import sentence
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.rendering import render
from zorgstroom_ui import session
from zorgstroom_ui.components.html import paragraph, show


def show_engine(run: RunInfo, impact: Impact) -> None:
    """Say, folded away, which engine computed a result, and let it be computed again."""
    text = session.text
    with st.expander(text("ui.engine.title")):
        show(paragraph(text("ui.engine.used", engine=impact.identity.engine)))
        if impact.cross_check is not None:
            show(paragraph(render(sentence(impact.cross_check), session.language())))
        show(paragraph(text("ui.engine.help"), "zs-small"))
        choices: tuple[EngineChoice, ...] = get_args(EngineChoice)
        chosen = st.selectbox(
            text("ui.engine.label"),
            choices,
            index=choices.index(run.settings.engine),
            format_func=lambda choice: text(f"ui.engine.choice.{choice}"),
            key="engine",
        )
        check = st.checkbox(text("ui.engine.check"), value=bool(run.settings.cross_check), key="cross-check")
        if st.button(text("ui.engine.again")):
            changes = {"engine": chosen, "cross_check": int(check)}
            asked = session.submit(run.scenario_id, run.settings.model_copy(update=changes))
            st.query_params["run"] = asked.id
            st.rerun()
