"""Who bears the extra travel and the waits: groups of inhabitants in the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.impact import Estimate, Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.readings import is_clear
from zorgstroom.reporting.wording import Param, spread

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

#: In the order of the table; regions follow.
GROUPS = (
    *(f"ses_{number}" for number in range(1, 6)),
    *(f"urbanity_{number}" for number in range(1, 6)),
    "age_75plus",
    "age_under_75",
)
WORST, LOWEST = "worst_fifth", "ses_1"


def contribute(sources: Sources) -> Sequence[Section]:
    """Return travel, waits and the part of the extra travel of every group of the region's inhabitants."""
    at = sources.readings.at
    burden = _plan_only(sources.tables["comparison"], "burden_share")
    regions = sorted(row.band for row in sources.readings.of("group_inhabitants") if ":" in row.band)
    people = {
        name: row.baseline.mean
        for name in (*GROUPS, *regions)
        if (row := at("group_inhabitants", band=name)) is not None
    }
    everybody = sum(people.get(name, 0.0) for name in ("age_75plus", "age_under_75"))
    rows: list[list[SectionCell]] = []
    for name, living in people.items():
        travel, wait = at("group_travel", band=name), at("group_wait", band=name)
        rows.append(
            [
                _label(name),
                living / everybody if everybody else None,
                travel.baseline if travel else None,
                travel.difference if travel else None,
                wait.baseline if wait else None,
                wait.difference if wait else None,
                burden.get(name),
            ]
        )
    return (
        Section(
            id="equity",
            criterion="care_use",
            columns=[
                SectionColumn(id="equity_group"),
                SectionColumn(id="equity_people", kind="number", share=True),
                SectionColumn(id="equity_travel", kind="spread", decimals=1),
                SectionColumn(id="equity_travel_change", kind="difference", decimals=1),
                SectionColumn(id="equity_wait", kind="spread", decimals=1),
                SectionColumn(id="equity_wait_change", kind="difference", decimals=1),
                SectionColumn(id="equity_burden", kind="spread", share=True),
            ],
            rows=rows,
            sentences=_sentences(sources, burden, people.get(LOWEST, 0.0) / everybody if everybody else 0.0),
            confidence="medium",
            table="indicators",
            assumptions=[numbers()[kind] for kind in ("areas.ses_score", "areas.urbanity")],
        ),
    )


def _label(name: str) -> TextRef | str:
    if name.startswith("roaz:"):
        return name.removeprefix("roaz:")
    kind, _, number = name.partition("_")
    if kind == "ses" and number in ("2", "3", "4"):
        return TextRef(key="equity.group.ses", params={"number": int(number)})
    return TextRef(key=f"equity.group.{name}")


def _sentences(sources: Sources, burden: Mapping[str, Estimate], part: float) -> list[TextRef]:
    """Return who bears most of the extra travel; nothing where nobody travels further."""
    index = _plan_only(sources.tables["comparison"], "burden_concentration").get("")
    if WORST not in burden or index is None:
        return []
    sentences = [TextRef(key="report.equity.worst", params={"percent": _percent(burden[WORST])})]
    if LOWEST in burden:
        shares = {"percent": _percent(burden[LOWEST]), "people": {"share": part}}
        sentences.append(TextRef(key="report.equity.lowest", params=shares))
    who = "unknown" if index.low is None else "nobody"
    if is_clear(index):
        who = "low_score" if index.mean < 0 else "high_score"
    sentences.append(TextRef(key=f"report.equity.index_{who}", params={"index": spread(index, 2)}))
    return sentences


def _percent(share: Estimate) -> Param:
    """Return a share with its interval in per cents."""
    low, high = (None if end is None else 100 * end for end in (share.low, share.high))
    return spread(Estimate(mean=100 * share.mean, low=low, high=high), 0)


def _plan_only(comparison: pa.Table, indicator: str) -> dict[str, Estimate]:
    """Return what an indicator that only a plan has is, by band: there is nothing to compare it with."""
    rows: list[dict[str, Any]] = comparison.filter(pc.equal(comparison["indicator"], indicator)).to_pylist()
    return {
        row["band"] or "": Estimate(mean=row["plan"], low=row["plan_low"], high=row["plan_high"])
        for row in rows
        if row["plan"] is not None
    }
