"""What a robustness run draws: the figures of a dataset that are not certain, grouped into dimensions.

Figures that were made together move together, as one dimension with one draw: the rates of a profile with its
yearly volume, a mean with its standard deviation, the three slopes of the travel function. Shares that add up to
one (settings, hospital types) are one dimension: the first share above zero is drawn, the others share the rest
in proportion. How far a dimension reaches follows from its confidence (`zorgstroom.planning.ranges`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from zorgstroom.dataset.loading import CONFIDENCES
from zorgstroom.dataset.model import Dataset, Figure
from zorgstroom.dataset.reading import read_rows
from zorgstroom.domain.hospital import HOSPITAL_TYPES, Confidence
from zorgstroom.domain.profile import SETTINGS
from zorgstroom.planning.baseline import KNOWN_PROVIDERS
from zorgstroom.planning.ranges import HELD_FIGURES, RELATIVE_RANGE, SHARES, WHOLE_NUMBERS, relative_bounds

#: How a dimension works on the figures: as a factor on each, as a tilt of the ages, or as the first share of a whole.
Kind = Literal["factor", "tilt", "whole"]

#: Parameters that were fitted together: one draw for all.
FITTED_TOGETHER: Mapping[str, tuple[str, ...]] = {"travel_function": ("a1", "a2", "a3")}
#: Figures of a profile that move as one, named by the first.
MOVE_TOGETHER: tuple[tuple[str, ...], ...] = (
    ("los_nights_mean", "los_nights_sd"),
    ("procedure_minutes_mean", "procedure_minutes_sd"),
    ("ic_days_mean", "ic_days_sd"),
    ("precare_contacts", "aftercare_contacts", "outpatient_contacts_at_centre"),
)
ALONE = (
    "acute_share",
    "procedure_share",
    "ic_probability",
    "providers",
    "wait_first_visit_weeks",
    "wait_treatment_weeks",
)


@dataclass(frozen=True)
class Dimension:
    """One thing that is drawn."""

    #: ``profile.figure`` or ``group.name``: the key of its random numbers.
    name: str
    #: Table it is of: ``model``, ``profile``, ``specialty``, ``case_mix``, ``organisation`` or ``ferry``.
    table: str
    #: Profile, specialty, hospital type or organisation; empty for the model.
    subject: str
    #: First figure of the group, and all of them.
    figure: str
    members: tuple[str, ...]
    value: float
    confidence: Confidence
    #: Lowest and highest factor; of a tilt the lowest and highest tilt.
    low: float
    high: float
    kind: Kind = "factor"
    #: Whole numbers stay whole.
    whole: bool = False

    def at(self, position: float) -> float:
        """Return the factor (or tilt) at a position in (0, 1); the figure as it is lies in the middle.

        Uniform on either side of the middle: a share near one has less room above than below it.
        """
        middle = 0.0 if self.kind == "tilt" else 1.0
        if position < 0.5:
            return self.low + (middle - self.low) * 2 * position
        return middle + (self.high - middle) * (2 * position - 1)


def dimensions(folder: Path, dataset: Dataset) -> tuple[Dimension, ...]:
    """Return everything that is drawn of a dataset, in a fixed order; `folder` is the one it is in.

    Figures that cannot move are left out: those of zero, and whole numbers so small that their range holds no other.
    """
    found = [
        *_of_model(dataset),
        *(item for profile in dataset.profiles for item in _of_profile(profile.id, dataset)),
        *_of_tables(folder),
    ]
    return tuple(item for item in found if _moves(item))


def _moves(item: Dimension) -> bool:
    if item.low == item.high or (item.kind != "tilt" and item.value <= 0):
        return False
    return not item.whole or round(item.value * item.low) != round(item.value * item.high)


def _of_model(dataset: Dataset) -> Iterator[Dimension]:
    together = {name: group for group, names in FITTED_TOGETHER.items() for name in names}
    for name, figure in dataset.parameters.items():
        if name in HELD_FIGURES or (name in together and FITTED_TOGETHER[together[name]][0] != name):
            continue
        group = together.get(name, name)
        members = tuple(part for part in FITTED_TOGETHER.get(group, (name,)) if part in dataset.parameters)
        yield _factor("model", "", group, members, figure)


def _of_profile(profile: str, dataset: Dataset) -> Iterator[Dimension]:
    figures = _figures_of(dataset).get(profile, {})
    volume = figures.get("volume_per_year")
    if volume is not None:
        yield _factor("profile", profile, "volume_per_year", ("volume_per_year", "rate_*"), volume)
    ages = next((figure for name, figure in figures.items() if name.startswith("rate_")), None)
    if ages is not None:
        reach = RELATIVE_RANGE[ages.confidence]
        yield Dimension(
            f"{profile}.ages",
            "profile",
            profile,
            "ages",
            ("rate_*",),
            1.0,
            ages.confidence,
            -reach,
            reach,
            "tilt",
        )
    for group, names in (
        ("settings", tuple(f"setting_{name}" for name in SETTINGS)),
        ("types", tuple(f"share_{name}" for name in HOSPITAL_TYPES)),
    ):
        first = next((figures[name] for name in names if name in figures and figures[name].value > 0), None)
        if first is not None and first.value < 1:
            low, high = relative_bounds(first.value, first.confidence, share=True)
            yield Dimension(
                f"{profile}.{group}",
                "profile",
                profile,
                group,
                names,
                first.value,
                first.confidence,
                low,
                high,
                "whole",
            )
    for names in (*MOVE_TOGETHER, *((name,) for name in ALONE)):
        present = tuple(name for name in names if name in figures)
        if not present or (names[0] == "providers" and profile in KNOWN_PROVIDERS):
            continue
        leading = next((figures[name] for name in present if figures[name].value > 0), figures[present[0]])
        yield _factor("profile", profile, names[0], present, leading)


def _figures_of(dataset: Dataset) -> dict[str, dict[str, Figure]]:
    found: dict[str, dict[str, Figure]] = {}
    for figure in dataset.figures:
        found.setdefault(figure.subject, {})[figure.name] = figure
    return found


def _of_tables(folder: Path) -> Iterator[Dimension]:
    """Figures with a confidence of their own in other tables of the dataset."""
    for row in read_rows(folder, "case_mix.csv"):
        subject, figure = row.text("type"), row.text("duration")
        confidence = row.choice("confidence", CONFIDENCES)
        yield _plain("case_mix", subject, figure, row.number("multiplier"), confidence)
    for row in read_rows(folder, "specialties.csv"):
        subject = row.text("specialty_id")
        for figure, column in (
            ("first_visit_share", "confidence"),
            ("wait_first_visit_weeks", "wait_confidence"),
        ):
            yield _plain("specialty", subject, figure, row.number(figure), row.choice(column, CONFIDENCES))
    for row in read_rows(folder, "organisations.csv"):
        if row.text("beds"):
            confidence = row.choice("beds_confidence", CONFIDENCES)
            yield _plain("organisation", row.text("organisation_id"), "beds", row.number("beds"), confidence)
    ferries = [row.choice("confidence", CONFIDENCES) for row in read_rows(folder, "ferries.csv")]
    if ferries:
        # One draw for all: they are estimated in one way. As sure as the least sure of them.
        worst = min(ferries, key=lambda level: -RELATIVE_RANGE[level])
        yield _plain("ferry", "", "ferry_minutes", 1.0, worst)


def _factor(table: str, subject: str, name: str, members: tuple[str, ...], figure: Figure) -> Dimension:
    low, high = relative_bounds(figure.value, figure.confidence, share=figure.name in SHARES)
    return Dimension(
        f"{subject or table}.{name}",
        table,
        subject,
        name,
        members,
        figure.value,
        figure.confidence,
        low,
        high,
        whole=figure.name in WHOLE_NUMBERS,
    )


def _plain(table: str, subject: str, figure: str, value: float, confidence: Confidence) -> Dimension:
    low, high = relative_bounds(value, confidence)
    name = ".".join(part for part in (table, subject, figure) if part)
    return Dimension(name, table, subject, figure, (figure,), value, confidence, low, high)
