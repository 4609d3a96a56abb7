"""Numbers and names of the impact analysis as a visitor reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.impact import Estimate, Identity
from zorgstroom.reporting.rendering import interval
from zorgstroom.reporting.views import figure_unit
from zorgstroom.reporting.wording import ladder
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import MINUS, date, number, percent, signed
from zorgstroom_ui.components.html import Html, element, join


def area_name(region: str, language: Language) -> str:
    """Return ``ROAZ-regio Limburg`` for ``roaz:Limburg``, and the whole country for nothing."""
    kind, _, name = region.partition(":")
    if not name:
        return translate("ui.area.country", language)
    return translate(f"ui.area.{kind}", language, name=name)


def capital(text: str) -> str:
    """Return the text with a capital at its beginning.

    >>> capital("klaar")
    'Klaar'
    """
    return text[:1].upper() + text[1:]


def date_text(moment: str, language: Language) -> str:
    """Return an ISO 8601 moment as a date; an empty one stays empty."""
    return date(dt.datetime.fromisoformat(moment).date(), language) if moment else ""


def indicator_name(indicator: str, language: Language) -> str:
    """Return the name of an indicator."""
    return translate(f"indicator.{indicator}", language)


def unit_name(indicator: str, language: Language) -> str:
    """Return the unit of an indicator; shares are written as percentages and need none."""
    unit = CATALOGUE[indicator].unit
    return "" if unit == "share" else translate(f"unit.{unit}", language)


def value_text(indicator: str, value: float, language: Language) -> str:
    """Return a value of an indicator without its unit: ``23,4`` or ``99,1%``."""
    definition = CATALOGUE[indicator]
    if definition.unit == "share":
        return percent(value, language, max(0, definition.decimals - 2))
    return number(value, language, definition.decimals)


def difference_text(indicator: str, value: float, language: Language) -> Html:
    """Return a difference with its sign; of shares in percentage points."""
    definition = CATALOGUE[indicator]
    if definition.unit == "share":
        points = signed(value * 100, language, max(0, definition.decimals - 2))
        unit = translate("unit.percentage_points", language)
        return join(points, " ", element("span", unit, "zs-small zs-muted"))
    return join(signed(value, language, definition.decimals))


def reads_as_zero(indicator: str, difference: float) -> bool:
    """Return whether a difference is written as zero, however certain it is."""
    definition = CATALOGUE[indicator]
    return round(difference, definition.decimals) == 0


def estimate_cell(indicator: str, estimate: Estimate, language: Language, difference: bool = False) -> Html:
    """Return a value with its interval below it.

    The interval of a value stops at what is possible: nothing is below zero, no share above one.
    """
    shown = (
        difference_text(indicator, estimate.mean, language)
        if difference
        else value_text(indicator, estimate.mean, language)
    )
    if estimate.low is None or estimate.high is None:
        return join(shown)
    definition = CATALOGUE[indicator]
    share = definition.unit == "share"
    low, high = estimate.low, estimate.high
    if not difference:
        low, high = max(0.0, low), min(1.0, high) if share else high
    scale, decimals = (100, max(0, definition.decimals - 2)) if share else (1, definition.decimals)
    return join(shown, range_line(low * scale, high * scale, language, decimals))


def plain_cell(estimate: Estimate, language: Language, decimals: int = 0, difference: bool = False) -> Html:
    """Return a number with its interval below it; only a difference can be below zero."""
    mean = (signed if difference else number)(estimate.mean, language, decimals)
    if estimate.low is None or estimate.high is None:
        return join(mean)
    low = estimate.low if difference else max(0.0, estimate.low)
    return join(mean, range_line(low, estimate.high, language, decimals))


def range_line(low: float, high: float, language: Language, decimals: int) -> Html:
    """Return ``7 tot 12`` as a second line; nothing when both ends read the same."""
    if number(low, language, decimals) == number(high, language, decimals):
        return Html("")
    return element("span", interval(low, high, language, decimals), "zs-range")


def years_text(met: int, replications: int, language: Language) -> str:
    """Return ``meestal (8 van de 10 jaren)``: fixed words for how often, always with the count."""
    return translate(
        "ui.years",
        language,
        word=translate(ladder(met, replications), language),
        met=number(met, language),
        total=number(replications, language),
    )


def confidential_mark(identities: Sequence[Identity], language: Language) -> Html:
    """Return what stands above figures that are confidential; nothing when none is."""
    if not any(identity.confidential for identity in identities):
        return Html("")
    word = element("b", translate("report.confidential", language))
    return element("div", join(word, ". ", translate("report.confidential_note", language)), "zs-note")


def figures_in_use(identity: Identity | None, language: Language) -> Html:
    """Return what stands on a page without figures of its own when an organisation's figures are in use."""
    if identity is None or not identity.own_figures:
        return Html("")
    dataset = f"{identity.dataset_id} {identity.dataset_version}"
    content = translate("ui.own_in_use", language, dataset=dataset)
    if not identity.confidential:
        return element("div", content, "zs-info")
    word = element("b", translate("report.confidential", language))
    return element(
        "div", join(word, ". ", content, " ", translate("ui.own_in_use.secret", language)), "zs-note"
    )


def basis_lines(identities: Sequence[Identity], language: Language) -> list[str]:
    """Return the lines of the footer that say what the figures rest on, the most pressing first."""
    own = any(identity.own_figures for identity in identities)
    lines = [translate("ui.footer.basis_own" if own else "ui.footer.basis", language)]
    if any(identity.synthetic for identity in identities):
        lines.insert(0, translate("ui.footer.synthetic", language))
    if any(identity.confidential for identity in identities):
        lines.insert(0, translate("ui.footer.confidential", language))
    return lines


def figure_text(value: float, unit: str, language: Language) -> str:
    """Return a figure of the dataset as it was entered, with its unit."""
    if unit == "share":
        return percent(value, language, 0 if round(value, 2) == value else 1)
    decimals = next((digits for digits in range(4) if round(value, digits) == value), 3)
    return f"{number(value, language, decimals)} {figure_unit(unit, language)}".strip()


def no_value() -> str:
    """Return what stands in a table where there is nothing to say."""
    return MINUS
