"""What every tab of the page Verdieping works with, and the small pieces they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zorgstroom.client import RunInfo
from zorgstroom.reporting.impact import Estimate, Impact
from zorgstroom.text import Language, catalogue, translate
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components.html import Column, Html, element, join, paragraph
from zorgstroom_ui.components.in_depth.asking import Names
from zorgstroom_ui.components.in_depth.choices import Choices, Tab
from zorgstroom_ui.components.wording import no_value, plain_cell

#: Groups of fewer patients are not told.
SMALLEST = 10
#: Below this a number of patients is none at all.
NOBODY = 0.05
#: Lines of a chart; its table has more.
CHART_LINES = 12
#: Names of the parts of the address that say which rows are meant, and the filters of the API they stand for.
ROW_FILTERS: Mapping[str, str] = {
    "maat": "indicator",
    "ziekenhuis": "location",
    "zorg": "profile",
    "gemeente": "area",
    "van": "from_location",
    "naar": "to_location",
    "pool": "pool",
    "groep": "band",
}


@dataclass(frozen=True)
class Context:
    """A finished run, in one language, and what of it the visitor looks at."""

    plan: str
    run: RunInfo
    impact: Impact
    language: Language
    tab: Tab
    choices: Choices
    names: Names

    def text(self, key: str, **params: object) -> str:
        """Return a text of this page."""
        return translate(key, self.language, **params)

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number as it is written."""
        return number(value, self.language, decimals)

    @property
    def sides(self) -> dict[str, str]:
        """What today, the plan and the norm are called in a chart."""
        return {name: self.text(f"ui.depth.side.{name}") for name in ("baseline", "plan", "limit")}

    def band(self, band: str) -> str:
        """Return what a group of inhabitants is called."""
        texts = catalogue(self.language)
        known = texts.get(f"equity.group.{band}", texts.get(f"band.{band}"))
        if known is not None:
            return known
        if band.startswith("ses_"):
            return translate("equity.group.ses", self.language, number=band.removeprefix("ses_"))
        return band.removeprefix("roaz:")

    def columns(self, tab: str, *names: str) -> list[Column]:
        """Return columns of a table; ``name:num`` is one of numbers."""
        parts = [name.partition(":") for name in names]
        return [Column(self.text(f"ui.depth.{tab}.column.{name}"), kind) for name, _, kind in parts]

    def patients(self, estimate: Estimate | None) -> Html:
        """Return a number of patients with its interval; few of them are not told."""
        if estimate is None:
            return Html(no_value())
        if NOBODY <= abs(estimate.mean) < SMALLEST:
            return element("span", self.text("ui.depth.few"), "zs-muted")
        return plain_cell(estimate, self.language)

    def difference(self, estimate: Estimate, decimals: int = 0) -> Html:
        """Return a difference with its interval; grey and in words where chance may have made it."""
        cell = plain_cell(estimate, self.language, decimals, difference=True)
        clear = (
            estimate.low is not None and estimate.high is not None and (estimate.low > 0 or estimate.high < 0)
        )
        if clear or round(estimate.mean, decimals) == 0:
            return cell
        words = element("span", translate("ui.unclear", self.language), "zs-range")
        return element("span", join(cell, words), "zs-grey")

    def few(self) -> Html:
        """Return what is said below a table in which small numbers are left out."""
        return paragraph(self.text("ui.depth.few.help"), "zs-small zs-muted")

    def rows_link(self, label: str, table: str, indicator: str = "", **about: Sequence[str] | str) -> Html:
        """Return the link from a number to the rows behind it; `label` says aloud which number."""
        given = {name: about[name] for name in ROW_FILTERS if about.get(name)}
        address = session.address(
            "verdieping",
            s=self.plan,
            run=self.run.id,
            onderdeel=self.tab,
            tabel=table,
            maat=indicator,
            **given,
        )
        name = self.text("ui.depth.rows.link")
        return element("a", name, href=f"{address}#rijen", aria_label=f"{name}: {label}")


def heading(text: str, anchor: str, *below: str) -> Html:
    """Return the heading of a part of a tab, and what it says in a few words."""
    return join(element("h2", text, id=anchor), *(paragraph(line) for line in below))
