"""Impact: what one plan does, on one page."""

from __future__ import annotations

import streamlit as st

from zorgstroom_ui import session
from zorgstroom_ui.components import impact_page, plans
from zorgstroom_ui.components.html import h1, paragraph, show

text = session.text

name = session.remembered("s")
if name is None and (run := st.query_params.get("run")):
    # A link that names a calculation is about its scenario.
    name = session.client().run(run).scenario_id
if name is None:
    show(h1(text("ui.impact.title")), paragraph(text("ui.impact.choose"), "zs-lead"))
    show(plans.plan_table(text("ui.start.caption"), session.examples(), session.latest_runs()))
else:
    impact_page.show_plan(session.find_scenario(name))
