"""Impact: what one plan does, on one page."""

from __future__ import annotations

from zorgstroom_ui import session
from zorgstroom_ui.components import frame, impact_page, plans
from zorgstroom_ui.components.html import h1, paragraph, show

text = session.text

name = session.remembered("s")
if name is None:
    frame.strip(text("ui.strip.none"))
    show(h1(text("ui.impact.title")), paragraph(text("ui.impact.choose"), "zs-lead"))
    show(plans.plan_table(text("ui.start.caption"), session.examples(), session.latest_runs()))
else:
    impact_page.show_plan(session.find_scenario(name))
