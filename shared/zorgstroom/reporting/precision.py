"""How precise an outcome is, in one sentence."""

from __future__ import annotations

from zorgstroom.reporting.impact import Precision, PrecisionRow, TextRef


def sentence(found: Precision) -> TextRef | None:
    """Return what was asked for and reached, and what was not; None where nothing was asked or can be told."""
    widths = {row.indicator: width for row in found.rows if (width := widest(row)) is not None}
    if not widths and found.target is not None:
        asked = [{"key": f"indicator.{row.indicator}"} for row in found.rows]
        return TextRef(key="precision.nothing", params={"indicators": {"texts": asked}})
    if not widths:
        return None
    name = max(widths, key=lambda indicator: widths[indicator])
    params = {
        "n": {"n": found.replications, "d": 0},
        "width": _share(widths[name]),
        "indicator": {"key": f"indicator.{name}"},
    }
    if found.target is None:
        return TextRef(key="precision.achieved", params=params)
    params["target"] = _share(found.target)
    if not found.too_wide:
        return TextRef(key="precision.reached", params=params)
    missed = [
        {
            "key": "precision.width",
            "params": {"indicator": {"key": f"indicator.{row.indicator}"}, "width": width},
        }
        for row in found.too_wide
        for width in [
            _share(widths[row.indicator]) if row.indicator in widths else {"key": "precision.unknown"}
        ]
    ]
    return TextRef(key="precision.missed", params={**params, "missed": {"texts": missed}})


def widest(row: PrecisionRow) -> float | None:
    """Return the largest of the relative half-widths of one indicator, if there is any."""
    return max(
        (width for width in (row.baseline, row.plan, row.difference) if width is not None), default=None
    )


def _share(width: float) -> dict[str, float]:
    return {"share": width, "d": 1}
