"""What doing replications again with the other engine showed, in one sentence."""

from __future__ import annotations

from zorgstroom.reporting.impact import CrossCheck, TextRef


def sentence(found: CrossCheck) -> TextRef:
    """Return how much was equal, or what differs first."""
    many = found.replications != 1
    params = {
        "replications": {
            "key": "cross_check.years" if many else "cross_check.years.one",
            "params": {"n": found.replications},
        },
        "engine": found.engine,
        "other": found.other,
        "patients": {"n": found.patients, "d": 0},
        "events": {"n": found.events, "d": 0},
    }
    differs = found.difference
    if differs is None:
        return TextRef(key="cross_check.equal", params=params)
    place = f"{differs.table}.{differs.column}" if differs.column else differs.table
    return TextRef(
        key="cross_check.differs",
        params=params
        | {
            "table": place,
            "row": {"n": differs.row, "d": 0},
            "replication": {"n": differs.replication + 1, "d": 0},
            "ours": differs.ours,
            "theirs": differs.theirs,
        },
    )
