"""What the outcome rests on: figures that are not known for certain, and those an organisation gave itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zorgstroom.dataset.model import Dataset, Figure, OwnFigure
from zorgstroom.reporting import wording
from zorgstroom.reporting.impact import Assumption, ConfidenceLevel, PoolRow, TextRef

MAX_ASSUMPTIONS, MAX_CAPACITIES = 40, 20
#: Own figures shown one by one; the dataset holds them all.
MAX_OWN = 200
#: Figures of a profile that decide how many patients move, and how much room they take.
_DECISIVE_FIGURES = (
    "volume_per_year",
    "acute_share",
    "los_nights_mean",
    "procedure_share",
    "procedure_minutes_mean",
    "ic_probability",
    "ic_days_mean",
    "wait_first_visit_weeks",
    "wait_treatment_weeks",
    "providers",
)
_RULE_PARAMETERS = (
    "ward_target_load",
    "kappa_patient",
    "planner_look_ahead",
    "change_over_minutes",
    "acute_reserve_share",
    "outlier_max_share",
    "diversion_max_minutes",
    "via_ed_share",
    "target_cv",
)
_LEVELS: tuple[ConfidenceLevel, ...] = ("low", "medium", "high")


def assumptions(
    dataset: Dataset, plan_profiles: Sequence[str], pools: Sequence[PoolRow], touched: Sequence[str]
) -> list[Assumption]:
    """Return the figures behind the outcome: the least certain first, the organisation's own last.

    Within a level of confidence: the rules of the model, the capacities the plan changes most, and the
    care of the plan in its order.
    """
    of_profile = {name: rank for rank, name in enumerate(plan_profiles)}
    of_figure = {name: rank for rank, name in enumerate(_DECISIVE_FIGURES)}
    classes = {dataset.profiles[dataset.profile_index[name]].choice_class for name in plan_profiles}
    rules = [f"beta_{name}" for name in sorted(classes)] + list(_RULE_PARAMETERS)
    ranked = [
        (0, rank, _figure(dataset, dataset.parameters[name], named=False))
        for rank, name in enumerate(rules)
        if name in dataset.parameters
    ]
    ranked += [
        (2 + of_profile[figure.subject], of_figure[figure.name], _figure(dataset, figure, named=True))
        for figure in dataset.figures
        if figure.subject in of_profile and figure.name in of_figure
    ]
    uncertain = [entry for entry in ranked if entry[2].basis != "known" or entry[2].confidence == "low"]
    uncertain.sort(key=lambda entry: (_LEVELS.index(entry[2].confidence), entry[0], entry[1]))
    figures = [assumption for _, _, assumption in uncertain[:MAX_ASSUMPTIONS]]
    capacities = _capacities(pools)
    first = sum(entry[0] == 0 and entry[2].confidence == "low" for entry in uncertain)
    return [*figures[:first], *capacities, *figures[first:], *_travel(dataset), *_own(dataset, touched)]


def _figure(dataset: Dataset, figure: Figure, *, named: bool) -> Assumption:
    what = wording.text(f"figure.{figure.name}")
    label = TextRef(key=f"figure.{figure.name}")
    if named:
        params = {"figure": what, "profile": {"name": figure.subject, "lower": True}}
        label = TextRef(key="report.assumption", params=params)
    return Assumption(
        id=f"{figure.subject}.{figure.name}",
        label=label,
        value=figure.value,
        unit=figure.unit,
        basis=figure.basis,
        confidence=figure.confidence,
        source=sources(dataset, figure.source),
    )


def _capacities(pools: Sequence[PoolRow]) -> list[Assumption]:
    """Capacities we derived of the places whose load changes most."""
    derived = [row for row in pools if not row.own and row.capacity_baseline > 0]
    derived.sort(key=lambda row: (-abs(row.load_plan - row.load_baseline), row.location, row.pool))
    return [
        Assumption(
            id=f"{row.location}.{row.pool}",
            label=TextRef(key="report.assumption.capacity", params=_place(row.pool, row.location)),
            value=round(row.capacity_baseline, 0 if row.capacity_baseline >= 10 else 1),
            unit=f"pool.unit.{row.pool.partition(':')[0]}",
            basis="derived",
            confidence="low",
            source="",
        )
        for row in derived[:MAX_CAPACITIES]
    ]


def _travel(dataset: Dataset) -> list[Assumption]:
    """Which travel times the user measured and which follow from the function; nothing if none were measured."""
    measured = dataset.measured_travel
    if measured is None:
        return []
    pairs = measured.hundredths.size
    given = Assumption(
        id="travel.measured",
        label=TextRef(
            key="report.assumption.travel_measured", params={"count": measured.pairs, "pairs": pairs}
        ),
        value=measured.share,
        unit="share",
        basis="own",
        confidence="high",
        source=sources(dataset, ";".join(measured.sources)),
    )
    rest = Assumption(
        id="travel.function",
        label=TextRef(
            key="report.assumption.travel_function", params={"count": pairs - measured.pairs, "pairs": pairs}
        ),
        value=1 - measured.share,
        unit="share",
        basis="estimated",
        confidence="medium",
        source=sources(dataset, dataset.parameters["a1"].source if "a1" in dataset.parameters else ""),
    )
    return [given, rest] if measured.share < 1 else [given]


def _own(dataset: Dataset, touched: Sequence[str]) -> list[Assumption]:
    """Figures the organisation gave itself, those of places the plan touches first."""
    order = {name: rank for rank, name in enumerate(touched)}
    figures = sorted(dataset.own, key=lambda figure: order.get(figure.location_id, len(order)))
    return [_own_figure(figure) for figure in figures[:MAX_OWN]]


def _own_figure(figure: OwnFigure) -> Assumption:
    kind = "no_offers" if figure.kind == "offers" and not figure.value else figure.kind
    return Assumption(
        id=f"{figure.location_id}.{figure.kind}.{figure.subject}",
        label=TextRef(key=f"report.assumption.own.{kind}", params=_place(figure.subject, figure.location_id)),
        value=figure.value,
        unit="report.unit.yes_no" if figure.unit == "yes_no" else f"own.unit.{figure.unit}",
        basis="own",
        confidence="high",
        source=", ".join(part for part in (figure.source, figure.date) if part),
        default=figure.default,
    )


def _place(subject: str, location: str) -> dict[str, Any]:
    return {"what": {"name": subject, "lower": True}, "location": {"name": location}}


def sources(dataset: Dataset, ids: str) -> str:
    """Return the titles of sources, given their ids separated by semicolons."""
    titles = {source.id: source.title for source in dataset.sources}
    parts = (part.strip() for part in ids.split(";"))
    return "; ".join(titles.get(part, part) for part in parts if part)
