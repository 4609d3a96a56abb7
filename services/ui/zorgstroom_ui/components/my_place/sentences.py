"""The five sentences for a resident: pure functions of the outcome of a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zorgstroom.places_document import AcuteCare, CareOfPlace, NearestSite, PlaceOutcome, PlaceShare
from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.rendering import uncapitalised
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number, percent

#: Below this many minutes nobody notices.
NOTICEABLE = 1.0
#: Kinds of care named in a sentence.
NAMED = 3
#: In the id of what is left of a specialty.
_MIXED = "other"


@dataclass(frozen=True)
class Teller:
    """An outcome with the language it is told in."""

    outcome: PlaceOutcome
    language: Language

    def sentences(self) -> list[str]:
        """Return five sentences: where, how much further, what stays, what comes nearer, emergency care."""
        lead = self.lead()
        return [self.where(lead), self.further(lead), self.stays(), self.nearer(), self.emergency()]

    def lead(self) -> CareOfPlace | None:
        """Return the care that the first sentences are about: of which most go elsewhere and travel longer."""
        longer = [care for care in self.outcome.changed if care.extra_minutes.mean > NOTICEABLE]
        moving = [
            care for care in longer if care.today and care.plan and _first(care.today) != _first(care.plan)
        ]
        return next(iter([*moving, *longer, *self.outcome.changed]), None)

    def where(self, care: CareOfPlace | None) -> str:
        """Return where one goes now and then."""
        if care is None:
            return self._text("where.same")
        names = {"care": self.care(care.profile), "place": self.outcome.name}
        now = [self.name(item.location) for item in care.today]
        then = [self.name(item.location) for item in care.plan]
        if now[:1] != then[:1]:
            return self._text("where.moves", **names, now=self._or(now), then=self._or(then))
        if care.moved_share is None:
            return self._text("where.few", **names, now=self._or(now[:1]))
        share = percent(care.moved_share, self.language)
        return self._text("where.some", **names, share=share, now=self._or(now[:1]))

    def further(self, care: CareOfPlace | None) -> str:
        """Return how much longer or shorter the way is of who goes elsewhere."""
        if care is None:
            return self._text("further.same")
        extra = care.extra_minutes
        minutes = number(abs(extra.mean), self.language)
        key = "longer" if extra.mean > NOTICEABLE else "shorter" if extra.mean < -NOTICEABLE else "equal"
        return self._text(
            f"further.{key}",
            minutes=minutes,
            then=number(care.minutes_plan, self.language),
            now=number(care.minutes_today, self.language),
            range=self.range_of(extra),
        )

    def stays(self) -> str:
        """Return what stays near."""
        shared = next((care for care in self.outcome.changed if care.shared), None)
        if shared is not None:
            return self._text("stays.shared", care=self.care(shared.profile))
        count = len(self.outcome.unchanged)
        if not count:
            return self._text("stays.nothing")
        # What is put together under one name says little to who reads it.
        told = sorted(self.outcome.unchanged, key=lambda care: _MIXED in care.profile)[:NAMED]
        names = [self.care(care.profile) for care in told]
        return self._text("stays.care", count=number(count, self.language), care=self._and(names))

    def nearer(self) -> str:
        """Return what comes nearer."""
        nearer = [care for care in self.outcome.changed if care.extra_minutes.mean < -NOTICEABLE]
        if not nearer:
            return self._text("nearer.nothing")
        ordered = sorted(nearer, key=lambda care: (_MIXED in care.profile, -_moved(care)))
        first = ordered[0]
        return self._text(
            "nearer.care",
            care=self._and([self.care(care.profile) for care in ordered[:NAMED]]),
            count=number(len(nearer), self.language),
            first=self.care(first.profile),
            minutes=number(abs(first.extra_minutes.mean), self.language),
        )

    def emergency(self) -> str:
        """Return what happens to the nearest emergency department, and to acute obstetrics if that changes."""
        parts = [self._acute("emergency", self.outcome.emergency)]
        if self.outcome.obstetrics.today != self.outcome.obstetrics.plan:
            parts.append(self._acute("obstetrics", self.outcome.obstetrics))
        return " ".join(parts)

    def range_of(self, value: Estimate) -> str:
        """Return the range due to chance in words; empty where there is none to tell."""
        if value.low is None or value.high is None:
            return ""
        low, high = (number(end, self.language, 1) for end in sorted((abs(value.low), abs(value.high))))
        return "" if low == high else self._text("range", low=low, high=high)

    def moved(self, care: CareOfPlace) -> str:
        """Return how many go elsewhere, with the range; not for a small group."""
        if care.moved is None:
            return translate("ui.small", self.language)
        return number(care.moved.mean, self.language)

    def name(self, identifier: str) -> str:
        """Return what a location or a kind of care is called."""
        return self.outcome.names.get(identifier, {}).get(self.language, identifier)

    def care(self, profile: str) -> str:
        """Return what a kind of care is called in the middle of a sentence, without what it holds in detail."""
        return uncapitalised(self.name(profile).partition(" (")[0])

    def _acute(self, kind: str, care: AcuteCare) -> str:
        if care.plan is None:
            return self._text(f"{kind}.none")
        if care.today == care.plan or care.today is None:
            return self._text(f"{kind}.same", **self._site(care.plan))
        now = care.today
        return self._text(
            f"{kind}.changes",
            **self._site(care.plan),
            now=self.name(now.location),
            now_minutes=number(now.minutes, self.language),
        )

    def _site(self, site: NearestSite) -> dict[str, str]:
        return {"hospital": self.name(site.location), "minutes": number(site.minutes, self.language)}

    def _or(self, names: list[str]) -> str:
        return self._listed(names, "or")

    def _and(self, names: list[str]) -> str:
        return self._listed(names, "and")

    def _listed(self, names: list[str], word: str) -> str:
        """Return ``a, b or c``; somewhere else for nothing."""
        if not names:
            return self._text("nowhere")
        if len(names) == 1:
            return names[0]
        return f"{', '.join(names[:-1])} {self._text(word)} {names[-1]}"

    def _text(self, key: str, **params: object) -> str:
        return translate(f"ui.mine.{key}", self.language, **params)


def _moved(care: CareOfPlace) -> float:
    return care.moved.mean if care.moved else 0.0


def _first(shares: Sequence[PlaceShare]) -> str:
    return shares[0].location
