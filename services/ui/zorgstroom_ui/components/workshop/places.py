"""Areas and scenarios to choose from, by name."""

from __future__ import annotations

from collections.abc import Sequence

from zorgstroom.errors import ZorgstroomError
from zorgstroom.text import Language
from zorgstroom_ui import session
from zorgstroom_ui.components.wording import area_name


def area_names(language: Language) -> dict[str, str]:
    """Return every area to choose from as {``roaz:Euregio``: name}, the whole country first."""
    codes = ["", *(f"{kind}:{name}" for kind, names in session.divisions().items() for name in names)]
    return {code: area_name(code, language) for code in codes}


def scenario_names(also: Sequence[str] = ()) -> dict[str, str]:
    """Return the scenarios to choose from as {id: name}: examples, own ones, and those named in `also`."""
    names = {item.id: item.name for item in (*session.examples(), *session.own_plans())}
    for identifier in also:
        if identifier not in names:
            names[identifier] = scenario_name(identifier)
    return names


def scenario_name(identifier: str) -> str:
    """Return the name of a scenario; the beginning of its id when it cannot be read."""
    try:
        return session.scenario(identifier).name
    except ZorgstroomError:
        return identifier[:12]
