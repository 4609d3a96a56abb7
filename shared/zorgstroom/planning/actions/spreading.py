"""`spread`: a share of the patients goes from some locations to others; nobody stops."""

from __future__ import annotations

from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.domain.scenario import ShareParts, Spread
from zorgstroom.planning.ability import able_mask
from zorgstroom.planning.regions import scope_of
from zorgstroom.planning.rounding import permille
from zorgstroom.planning.state import Mover, Setting, State, Step, filter_mask, profile_positions, type_mask


def spread(action: Spread, state: State, setting: Setting) -> Step:
    """A share of the patients of the `from` locations in the region moves to the `to` locations.

    `to` locations in the region that did not provide the profile start if they are able to (see `ability`);
    those that are not able to are left out. The share may differ per type of the location patients leave, or
    per profile; what it does not name stays. `acute` is the part of the acute patients.
    """
    dataset = setting.dataset
    scope = scope_of(action.within, dataset, setting.region)
    to = filter_mask(dataset, action.to) & scope
    senders = filter_mask(dataset, action.from_) & scope & ~to
    acute = None if action.acute is None else permille(action.acute)
    offers = state.offers.copy()
    mover = Mover(state, setting)
    by_type = isinstance(action.share, ShareParts) and action.share.by_type is not None
    groups = [(kind,) for kind in HOSPITAL_TYPES] if by_type else [HOSPITAL_TYPES]
    for profile in profile_positions(dataset, action.profiles):
        receivers = to & (state.offers[:, profile] | able_mask(dataset, profile, state.locations))
        for types in groups:
            part = permille(action.share_of(types[0], dataset.profiles[profile].id))
            leaving = state.offers[:, profile] & senders & type_mask(dataset, types)
            if part == 0 or not leaving.any():
                continue
            offers[:, profile] |= receivers
            mover.move(profile, leaving, receivers, action.rule, part=part, acute=acute)
    return mover.step(offers)
