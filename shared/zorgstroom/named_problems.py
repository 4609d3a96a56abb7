"""What is told of a plan to somebody who does not have its file: care and locations by their names."""

from __future__ import annotations

from dataclasses import replace

from zorgstroom.dataset.model import Dataset
from zorgstroom.errors import Phrase, Problem
from zorgstroom.reporting.rendering import uncapitalised


def with_names(problem: Problem, dataset: Dataset) -> Problem:
    """Return the problem with names instead of the codes it lists; a code that is unknown stays as it is."""
    params = dict(problem.params)
    for key in ("profile", "profiles"):
        codes = str(params.get(key, "")).split(", ")
        if all(code in dataset.profile_index for code in codes):
            profiles = [dataset.profiles[dataset.profile_index[code]] for code in codes]
            params[key] = Phrase(
                {
                    "nl": ", ".join(uncapitalised(profile.name_nl) for profile in profiles),
                    "en": ", ".join(uncapitalised(profile.name_en) for profile in profiles),
                }
            )
    codes = str(params.get("locations", "")).split(", ")
    if all(code in dataset.location_index for code in codes):
        names = ", ".join(dataset.locations[dataset.location_index[code]].name for code in codes)
        params["locations"] = names
    return replace(problem, params=params)
