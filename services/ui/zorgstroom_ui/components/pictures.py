"""Pictures that fit in a table cell, drawn with plain HTML: no script, sharp on paper, readable on a phone.

They are hidden from screen readers, because the numbers stand in the cells next to them.
"""

from __future__ import annotations

from collections.abc import Sequence

from zorgstroom.reporting.impact import Estimate
from zorgstroom_ui.components.html import Html, element, join

#: Colour class per band of extra travel time; the others are blue.
BAND_COLOURS = {"<0": "zs-teal", "30-45": "zs-orange", ">45": "zs-orange"}


def bar(share: float, colour: str = "zs-blue") -> Html:
    """Return a bar of `share` of the width (0 to 1)."""
    return _track(_fill(0, share, colour))


def out_and_in(sent: float, received: float) -> Html:
    """Return what leaves to the left and what comes in to the right of the middle; shares of 0 to 1."""
    return _track(
        _fill(0.5 - sent / 2, sent / 2, "zs-orange"), _fill(0.5, received / 2, "zs-blue"), _line(0.5)
    )


def before_and_after(baseline: Estimate, plan: Estimate, largest: float) -> Html:
    """Return two means with intervals on a line from 0 to `largest`: open is today, filled the plan."""
    marks = [_whisker(baseline, largest, "#595959", 0.3), _whisker(plan, largest, "#154273", 0.7)]
    return _track(*marks, _dot(baseline.mean / largest, False, 0.3), _dot(plan.mean / largest, True, 0.7))


def load(baseline: float, plan: float, scale: float) -> Html:
    """Return load today (open) and under the plan (filled), with a line at full (100%)."""
    return _track(_line(1 / scale), _dot(baseline / scale, False, 0.5), _dot(plan / scale, True, 0.5))


def years(met: int, replications: int) -> Html:
    """Return a dot for every simulated year, filled where the norm is met."""
    dots = [
        element("span", "", "zs-year zs-met" if index < met else "zs-year") for index in range(replications)
    ]
    return element("span", join(*dots), aria_hidden="true", style="display:block")


def legend(entries: Sequence[tuple[str, str]]) -> Html:
    """Return what the colours mean: (class, text) per colour."""
    items = []
    for css, label in entries:
        border = ";background:#fff;border:2px solid #595959" if "zs-open" in css else ""
        key = element("span", "", f"zs-key {css}", style=f"box-sizing:border-box{border}", aria_hidden="true")
        items.append(element("span", join(key, label)))
    return element("div", join(*items), "zs-legend")


def sides_legend(baseline: str, plan: str, limit: str | None = None) -> Html:
    """Return what the marks of a comparison mean, in their own shapes: today, the plan, and a norm or limit."""
    entries = [("zs-round zs-open", baseline), ("zs-diamond zs-blue", plan)]
    if limit is not None:
        entries.append(("zs-upright zs-orange", limit))
    return legend(entries)


def swatches(entries: Sequence[tuple[str, str]]) -> Html:
    """Return what the colours of a map mean: (colour, text) per class."""
    items = []
    for colour, label in entries:
        style = f"background:{colour};border:1px solid #595959;box-sizing:border-box"
        key = element("span", "", "zs-key zs-round", style=style, aria_hidden="true")
        items.append(element("span", join(key, label)))
    return element("div", join(*items), "zs-legend")


def _track(*marks: str) -> Html:
    return element("span", join(*marks), "zs-track", aria_hidden="true")


def _fill(left: float, width: float, colour: str) -> Html:
    style = f"left:{_share(left)};width:{_share(width)}"
    return element("span", "", f"zs-fill {colour}", style=style)


def _line(at: float) -> Html:
    return element("span", "", "zs-mid", style=f"left:{_share(at)}")


def _whisker(value: Estimate, largest: float, colour: str, height: float) -> Html:
    if value.low is None or value.high is None:
        return Html("")
    left, right = max(0.0, value.low / largest), min(1.0, value.high / largest)
    style = f"left:{_share(left)};width:{_share(right - left)};top:{_share(height)};background:{colour}"
    return element("span", "", "zs-whisker", style=style)


def _dot(at: float, filled: bool, height: float) -> Html:
    css = "zs-dot zs-diamond zs-blue" if filled else "zs-dot zs-open"
    return element("span", "", css, style=f"left:{_share(min(1.0, at))};top:{_share(height)}")


def _share(value: float) -> str:
    return f"{max(0.0, value) * 100:.1f}%"
