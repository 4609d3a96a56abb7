"""Start: what this is for, which plans there are, and what is not in it."""

from __future__ import annotations

from zorgstroom_ui import session
from zorgstroom_ui.components import frame, plans
from zorgstroom_ui.components.html import h1, h2, listing, paragraph, show

text = session.text

frame.strip(text("ui.start.strip"))
examples, runs = session.examples(), session.latest_runs()
frame.show_figures_in_use()
show(h1(text("ui.start.heading")), paragraph(text("ui.start.lead"), "zs-lead"), plans.doors(examples, runs))
show(h2(text("ui.start.plans")), plans.plan_table(text("ui.start.caption"), examples, runs))
if own := session.own_plans()[: plans.MOST_OWN]:
    show(h2(text("ui.start.own")), plans.plan_table(text("ui.start.own.caption"), own, runs))
show(
    h2(text("ui.start.limits")),
    listing(text(f"ui.start.limit.{name}") for name in ("model", "staff", "figures")),
)
