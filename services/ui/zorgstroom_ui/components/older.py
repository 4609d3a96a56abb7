"""A word about results of an older model or older figures: they stay readable, and can be computed anew."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from zorgstroom.errors import ZorgstroomError
from zorgstroom.reporting.impact import Identity
from zorgstroom_ui import session
from zorgstroom_ui.components.html import box, paragraph, show


def show_note(identities: Sequence[Identity]) -> None:
    """Say which of these results are of an older model or other figures than those in use, if any."""
    try:
        model = session.service().model_version
        digest = session.dataset()["digest"]
    except ZorgstroomError:
        # Who cannot be asked what is in use now, cannot be compared with it.
        return
    for identity in identities:
        if identity.model_version != model:
            _show(identity, session.text("ui.older.model", model=identity.model_version))
        elif identity.dataset_digest != digest:
            dataset = f"{identity.dataset_id} {identity.dataset_version}"
            _show(identity, session.text("ui.older.figures", dataset=dataset))


def _show(identity: Identity, words: str) -> None:
    show(box(paragraph(words), "zs-note"))
    if st.button(session.text("ui.older.again"), key=f"older-{identity.run_id}"):
        again = session.submit(session.client().run(identity.run_id).scenario_id)
        st.query_params["run"] = again.id
        st.rerun()
