"""The whole method, from a case to everything that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zorgstroom.national.case import Case
from zorgstroom.national.impact import Effect, Share, effects, shares
from zorgstroom.national.proxies import Proxies
from zorgstroom.national.redistribution import Redistributed, redistribute
from zorgstroom.national.travel import Travel, travel_of


@dataclass(frozen=True)
class Outcome:
    """What the method says of a case; nothing in it is rounded."""

    case: Case
    norms: tuple[Redistributed, ...]
    #: By position of the norm; None: the travel of a norm does not count.
    travel: tuple[Travel | None, ...]
    effects: Sequence[Effect]
    shares: Sequence[Share]
    proxies: Proxies


def outcome_of(case: Case) -> Outcome:
    """Work out a case."""
    norms = tuple(redistribute(case, norm) for norm in case.computed_norms())
    proxies = Proxies(case)
    found = effects(case, norms, proxies)
    return Outcome(
        case,
        norms,
        tuple(travel_of(case, item) if item.norm.travel else None for item in norms),
        found,
        shares(case, found),
        proxies,
    )
