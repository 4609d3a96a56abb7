"""Which runs can be put next to each other: those that ask the same question of the same patients.

Everything but the plan must be equal: the data, the model, the period, the demand, the region and the chance. Not the
engine: every engine gives the same. One list for the command line and the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zorgstroom.domain.scenario import Horizon
from zorgstroom.errors import Conflict
from zorgstroom.reporting.impact import Identity
from zorgstroom.text import Language, translate

#: What must be equal of the identity of an impact analysis.
OF_IDENTITY = (
    "dataset_digest",
    "model_version",
    "region",
    "seed",
    "replications",
    "demand_year",
    "weeks",
)
#: What must be equal of the horizon of the scenario.
OF_HORIZON = ("warmup_weeks", "demand_factors", "demand_growth")
#: What was computed for today, where all that was asked is equal.
BASELINE = "baseline"


class NotComparable(Conflict):
    """The runs differ in more than their plan; `members` names in what, with the value of each run."""

    key = "api.not_comparable"

    def __init__(self, differences: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(fields=", ".join(differences))
        self.members = {
            "differences": [{"field": field, "values": dict(values)} for field, values in differences.items()]
        }
        self._differences = differences

    def lines(self, language: Language) -> list[str]:
        """Return a line per field that differs, with the value of each run."""
        return [
            translate(
                "compare.difference",
                language,
                field=translate(f"compare.field.{field}", language),
                values="; ".join(
                    translate("compare.value", language, folder=run, value=_written(value, language))
                    for run, value in values.items()
                ),
            )
            for field, values in self._differences.items()
        ]


def question_of(identity: Identity, horizon: Horizon) -> dict[str, Any]:
    """Return what must be equal, by field, as plain data."""
    asked = horizon.model_dump(mode="json", exclude_none=True)
    return {field: getattr(identity, field) for field in OF_IDENTITY} | {
        field: asked.get(field, "") for field in OF_HORIZON
    }


def require_same_question(questions: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise `NotComparable` if the questions, by run, are not all the same."""
    fields = next(iter(questions.values()))
    differences = {
        field: {run: question[field] for run, question in questions.items()}
        for field in fields
        if any(question[field] != fields[field] for question in questions.values())
    }
    if differences:
        raise NotComparable(differences)


def _written(value: object, language: Language) -> str:
    """Return a value as it can be told apart from another: digests by their first characters."""
    if value in ("", []):
        return translate("compare.nothing", language)
    if isinstance(value, str) and len(value) == _DIGEST:
        return value[:12]
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_written(part, language)}" for name, part in value.items())
    if isinstance(value, list):
        return " + ".join(_written(part, language) for part in value)
    return str(value)


_DIGEST = 64
