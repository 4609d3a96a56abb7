"""What a sweep says in the terminal: the variants next to each other, and what stands out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click
import pyarrow as pa

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.views import Spread, shown
from zorgstroom.text import Language, translate
from zorgstroom.text.columns import aligned
from zorgstroom.text.numbers import number
from zorgstroom_simulator.sweep.variants import Variant, Variants

#: Outcomes of everybody together, and of one profile where a sweep is about one. Not the occupancy of beds: those of a
#: location that closed would count as empty.
OF_EVERYBODY = (
    "travel_mean",
    "travel_over_30",
    "wait_first_visit",
    "wait_treatment",
    "list_treatment_end",
    "diverted",
)
OF_PROFILE = (
    "volume_at_norm",
    "travel_mean",
    "travel_over_30",
    "wait_first_visit",
    "wait_treatment",
    "list_treatment_end",
)
#: Variants in the table; of more, those in which an outcome is the largest or the smallest.
MOST_LINES = 16


@dataclass(frozen=True)
class Outcome:
    """The difference that a variant makes to an outcome of everybody together."""

    indicator: str
    difference: Estimate

    @property
    def visible(self) -> bool:
        """Whether something is left of it when it is rounded."""
        return round(self.difference.mean, CATALOGUE[self.indicator].decimals) != 0

    @property
    def interval(self) -> bool:
        """Whether there were years enough for an interval."""
        return self.difference.low is not None

    @property
    def clear(self) -> bool:
        """Whether it is more than chance: its interval leaves out zero."""
        low, high = self.difference.low, self.difference.high
        return low is not None and high is not None and (low > 0 or high < 0)

    def text(self, lang: Language, *, interval: bool) -> str:
        """Return the difference as people write it, with its interval if asked."""
        definition = CATALOGUE[self.indicator]
        value = self.difference if interval else Estimate(mean=self.difference.mean)
        share = definition.unit == "share"
        spread = Spread(value, definition.decimals, share, difference=True, clear=self.clear)
        return shown(spread, lang)


#: Outcomes of a variant by indicator.
Outcomes = Mapping[str, Outcome]


def outcomes_of(table: pa.Table, profile: str = "") -> dict[str, Outcome]:
    """Return the outcomes of a profile, or of everybody together, in the rows of one variant."""
    found = {}
    for row in table.to_pylist():
        everywhere = not any(row[level] for level in ("location", "area", "band"))
        if everywhere and row["profile"] == profile and row["difference"] is not None:
            estimate = Estimate(
                mean=row["difference"], low=row["difference_low"], high=row["difference_high"]
            )
            found[row["indicator"]] = Outcome(row["indicator"], estimate)
    return found


def show(found: Variants, outcomes: Mapping[int, Outcomes], of: str | None, lang: Language) -> None:
    """Print the variants with their differences, those that are not possible, and what stands out.

    `outcomes`: of the variants that are possible, by their number; `of`: the profile they are about.
    """
    possible = found.possible
    indicators = [
        indicator
        for indicator in (OF_EVERYBODY if of is None else OF_PROFILE)
        if any(indicator in values for values in outcomes.values())
    ]
    extremes = _extremes(outcomes, indicators)
    lines = possible
    if len(possible) > MOST_LINES:
        chosen = {number for pair in extremes.values() for number in pair}
        lines = [variant for variant in possible if variant.number in chosen]
        click.echo(translate("sweep.show.some", lang, shown=len(lines), count=number(len(possible), lang)))
    click.echo("\n" + "\n".join(aligned(_table(found, lines, outcomes, indicators, lang))) + "\n")
    whose = translate("sweep.show.everybody", lang) if of is None else of
    click.echo(translate("sweep.show.legend", lang, whose=whose))
    for variant in [variant for variant in found.variants if variant.note][:MOST_LINES]:
        key = "sweep.show.note" if variant.possible else "sweep.show.not_possible"
        values = _named(found, variant, lang)
        click.echo(translate(key, lang, number=variant.number, values=values, note=variant.note[lang]))
    click.echo(f"\n{translate('sweep.show.stands_out', lang)}")
    for line in _standing_out(found, outcomes, extremes, lang):
        click.echo(f"- {line}")


def _extremes(outcomes: Mapping[int, Outcomes], indicators: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the variants in which each outcome falls most and rises most."""
    found = {}
    for indicator in indicators:
        means = {
            variant: values[indicator].difference.mean
            for variant, values in outcomes.items()
            if indicator in values
        }
        if means:
            found[indicator] = (min(means, key=means.__getitem__), max(means, key=means.__getitem__))
    return found


def _table(
    found: Variants,
    lines: Sequence[Variant],
    outcomes: Mapping[int, Outcomes],
    indicators: Sequence[str],
    lang: Language,
) -> list[list[str]]:
    heads = [translate("sweep.column.variant", lang), *found.factors]
    heads += [translate(f"sweep.column.{indicator}", lang) for indicator in indicators]
    rows = [heads]
    for variant in lines:
        row = [str(variant.number), *(_value(value, lang) for value in variant.values)]
        for indicator in indicators:
            outcome = outcomes[variant.number].get(indicator)
            if outcome is None:
                row.append("–")
            else:
                row.append(outcome.text(lang, interval=False) + ("" if outcome.clear else " ≈"))
        rows.append(row)
    return rows


def _standing_out(
    found: Variants,
    outcomes: Mapping[int, Outcomes],
    extremes: Mapping[str, tuple[int, int]],
    lang: Language,
) -> list[str]:
    """Return a sentence per outcome about the variant in which it falls most and that in which it rises most."""
    variants = {variant.number: variant for variant in found.variants}
    lines = []
    for indicator, (lowest, highest) in extremes.items():
        for number_of, key, sign in ((highest, "rises", 1), (lowest, "falls", -1)):
            outcome = outcomes[number_of][indicator]
            if outcome.clear and outcome.visible and outcome.difference.mean * sign > 0:
                lines.append(
                    translate(
                        f"sweep.show.{key}",
                        lang,
                        indicator=translate(f"indicator.{indicator}", lang),
                        number=number_of,
                        values=_named(found, variants[number_of], lang),
                        difference=outcome.text(lang, interval=True),
                        unit=_unit(indicator, lang),
                    ).rstrip()
                )
    if not lines:
        known = any(values[name].interval for values in outcomes.values() for name in values)
        lines.append(translate("sweep.show.nothing" if known else "sweep.show.too_few_years", lang))
    return lines


def _unit(indicator: str, lang: Language) -> str:
    """Return the unit of a difference; that of a share is in the number already."""
    unit = CATALOGUE[indicator].unit
    return "" if unit == "share" else translate(f"unit.{unit}", lang)


def _named(found: Variants, variant: Variant, lang: Language) -> str:
    pairs = zip(found.factors, variant.values, strict=True)
    return ", ".join(f"{name} = {_value(value, lang)}" for name, value in pairs)


def _value(value: object, lang: Language) -> str:
    """Return a value as it stands in the file; numbers keep their point, so that they can be looked up."""
    return translate("sweep.value.none", lang) if value is None else str(value)
