"""Whether the warm-up was long enough, in one sentence."""

from __future__ import annotations

from zorgstroom.reporting.impact import TextRef, Warmup, WarmupRow


def sentence(found: Warmup) -> TextRef | None:
    """Return what the check of the warm-up says; None for a run without beds."""
    beds = [row for row in found.rows if row.judged]
    if not beds:
        return None
    params = {
        "weeks": {
            "key": "warmup.weeks.one" if found.weeks == 1 else "warmup.weeks",
            "params": {"n": found.weeks},
        },
        "series": {"texts": [_series(row) for row in beds]},
    }
    if all(row.too_short for row in beds):
        return TextRef(key="warmup.short_run", params=params)
    if found.enough is None or found.needed_weeks is None:
        return TextRef(key="warmup.unknown", params=params)
    if found.enough:
        return TextRef(key="warmup.enough", params=params)
    return TextRef(key="warmup.too_short", params={**params, "needed": {"n": found.needed_weeks, "d": 0}})


def _series(row: WarmupRow) -> dict[str, object]:
    if row.settles_on_day is None:
        key = "warmup.series_short" if row.too_short else "warmup.series_never"
    else:
        key = "warmup.series"
    params = {
        "series": {"key": f"pool.{row.series}"},
        "day": {"n": row.settles_on_day or 0, "d": 0},
        "effect": {"share": abs(row.effect or 0.0), "d": 1},
    }
    return {"key": key, "params": params}
