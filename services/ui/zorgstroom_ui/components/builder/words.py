"""A document in words: what a choice does, and what a setting says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from zorgstroom.domain.scenario import ActionItem, Horizon, RegionChoice
from zorgstroom.planning.description import describe_action
from zorgstroom.planning.regions import region_of
from zorgstroom.reporting.impact import TextRef
from zorgstroom.reporting.rendering import joined, render
from zorgstroom.scenario_changes import Change
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import date, number, percent
from zorgstroom_ui.components.builder.documents import Document, kind_of
from zorgstroom_ui.components.builder.facts import Facts
from zorgstroom_ui.components.html import Column, Html, TableRow, cut_table, paragraph
from zorgstroom_ui.components.wording import area_name

#: Settings that are a part of one, and those that are an amount of money.
_SHARES = {"share", "acute", "capacity_follows", "staff_not_moving", "prevent", "replace", "grow"}
#: Settings whose values have words of their own.
_WORDED = {"rule", "contacts", "units", "types", "profession", "ages", "method", "demand_growth"}


class Words:
    """The words of one document in one language."""

    def __init__(self, facts: Facts, language: Language) -> None:
        self._facts, self._language = facts, language

    def choice(self, action: Document, document: Document) -> str:
        """Return what a choice does, as a sentence; of one that is not finished, what it will be."""
        try:
            item = ActionItem.model_validate(action)
        except ValidationError:
            return self._text(f"build.unfinished.{kind_of(action)}")
        key, params = describe_action(item.action, region_of(_region(document)))
        return render(TextRef(key=key, params=params), self._language, self._facts.names)

    def setting(self, change: Change) -> str:
        """Return how a setting is called, with the choice it belongs to."""
        name = self._text(f"build.field.{change.field}")
        if not change.action:
            return name
        number_of = "" if change.index is None else f" {change.index + 1}"
        return f"{self._text(f'build.kind.{change.action}')}{number_of}: {name}"

    def value(self, field: str, value: Any) -> str:
        """Return what a setting says."""
        if value is None or value in ("", [], {}):
            return self._text("build.value.none")
        if isinstance(value, bool):
            return self._text("build.value.yes" if value else "build.value.no")
        if field in ("region", "within"):
            return area_name(":".join(next(iter(value.items()))), self._language)
        if field in ("start", "until"):
            return _date(str(value), self._language)
        if field in _SHARES and isinstance(value, int | float):
            return percent(value, self._language, 0 if round(value, 2) == value else 1)
        if field in _WORDED:
            members = value if isinstance(value, list) else [value]
            return joined([self._text(f"build.{field}.{member}") for member in members], self._language)
        return self._other(field, value)

    def _other(self, field: str, value: Any) -> str:
        if field == "demand_factors":
            return joined([self._factor(row) for row in value], self._language)
        if field == "transition_cost":
            return f"€ {number(value, self._language)}"
        if field == "to_minimum" and value == "norm":
            return self._text("build.minimum.norm")
        if isinstance(value, Mapping):
            return joined(
                [f"{self._named(key)}: {self._inner(part)}" for key, part in value.items()], self._language
            )
        if isinstance(value, int | float):
            decimals = next((digits for digits in range(3) if round(value, digits) == value), 3)
            return str(value) if field == "demand_year" else number(value, self._language, decimals)
        if isinstance(value, Sequence) and not isinstance(value, str):
            return joined([self._named(member) for member in value], self._language)
        return self._facts.name(str(value), self._language)

    def _inner(self, part: Any) -> str:
        """Return a part of a mapping: a share, or again a list or mapping."""
        if isinstance(part, int | float):
            return self.value("share", part)
        return self._other("", part)

    def _named(self, identifier: Any) -> str:
        """Return the name of a location, kind of care, type of hospital or part of a setting."""
        for key in (f"build.types.{identifier}", f"build.part.{identifier}"):
            found = self._text(key)
            if found != key:
                return found
        return self._facts.name(str(identifier), self._language)

    def _factor(self, row: Mapping[str, Any]) -> str:
        about = [self.value(name, row[name]) for name in ("profiles", "ages", "within") if row.get(name)]
        times = number(row.get("factor", 1.0), self._language, 2)
        return self._text(
            "build.factor.words", factor=times, about=", ".join(about) or self._text("build.factor.all")
        )

    def _text(self, key: str, **params: object) -> str:
        return translate(key, self._language, **params)

    def changes_table(self, changes: Sequence[Change], caption: str, before: str, after: str) -> Html:
        """Return the settings that differ as a table."""
        if not changes:
            return paragraph(self._text("build.changes.none"))
        columns = [
            Column(self._text("build.changes.setting")),
            Column(before, "text"),
            Column(after, "text"),
        ]
        rows = []
        for change in changes:
            gone, new = change.sort == "removed", change.sort == "added"
            old = self._text("build.changes.not_there") if new else self.value(change.field, change.before)
            now = self._text("build.changes.gone") if gone else self.value(change.field, change.after)
            rows.append(TableRow([self.setting(change), old, now]))
        return cut_table(caption, columns, rows, self._language, most="build.changes.most")


def today_of(field: str) -> Any:
    """Return what a setting of the horizon is today."""
    return Horizon.model_fields[field].get_default(call_default_factory=True)


def _region(document: Document) -> RegionChoice | None:
    try:
        return RegionChoice.model_validate(document["region"]) if document.get("region") else None
    except ValidationError:
        return None


def _date(value: str, language: Language) -> str:
    try:
        return date(dt.date.fromisoformat(value), language)
    except ValueError:
        return value
