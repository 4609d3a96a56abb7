"""Everything that can go wrong, as one tree.

An error never holds a finished sentence: it holds the key of a text in the catalogue and what to fill
in, so that the same mistake reads in Dutch in the terminal, in English in the API and in either on screen.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number


class Count(int):
    """How many there are of something: written with the thousands separator of the language.

    Other whole numbers, such as a port, a year or what a user typed, are written as they are.
    """


class Amount(float):
    """How much there is of something: written as the language has it, with the decimals it needs, at most three."""


@dataclass(frozen=True)
class Named:
    """Something with a name: written as its name in the language, with the code to find it by in brackets."""

    code: str
    names: Mapping[Language, str]

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True)
class Phrase:
    """Words that are ready in every language: written as they are in the one that is asked for."""

    texts: Mapping[Language, str]

    def __str__(self) -> str:
        return self.texts["en"]


@dataclass(frozen=True)
class Problem:
    """One mistake in something a user handed in.

    `where` names the place (``plan.yaml:12`` or ``/actions/0/concentrate/at/1``), `key` the text in the
    catalogue, `params` what the text fills in, `pointer` the JSON pointer of the field if there is one.
    """

    where: str
    key: str
    params: Mapping[str, object] = field(default_factory=dict)
    pointer: str | None = None

    def message(self, language: Language) -> str:
        """Return the mistake as one sentence, without the place."""
        params = {name: _written(value, language) for name, value in self.params.items()}
        return translate(self.key, language, **params)

    def line(self, language: Language) -> str:
        """Return ``place: sentence``."""
        return f"{self.where}: {self.message(language)}" if self.where else self.message(language)


def _written(value: object, language: Language) -> object:
    """Return a count, amount, phrase or name as the language writes it; anything else as it is."""
    if isinstance(value, Count):
        return number(value, language)
    if isinstance(value, Amount):
        decimals = next(digits for digits in range(4) if round(value, digits) == round(value, 3))
        return number(value, language, decimals)
    if isinstance(value, Phrase):
        return value.texts[language]
    if isinstance(value, Named):
        return f"{value.names[language]} ({value.code})"
    return value


class ZorgstroomError(Exception):
    """Root of the tree. `http_status`, `exit_code` and `retriable` are data, not string matching."""

    key = "error.internal"
    http_status = 500
    exit_code = 1
    retriable = False

    def __init__(self, key: str | None = None, **params: object) -> None:
        self.text_key = key or self.key
        self.params = params
        super().__init__(self.text_key, params)

    def message(self, language: Language) -> str:
        """Return the error as text for a person."""
        return translate(self.text_key, language, **self.params)

    def __str__(self) -> str:
        return self.message("en")


class InvalidInput(ZorgstroomError):
    """Something handed in is wrong; carries every mistake found, not only the first."""

    key = "error.invalid_input"
    http_status = 400

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        super().__init__(count=len(self.problems))

    def message(self, language: Language) -> str:
        """Return one line per mistake."""
        return "\n".join(problem.line(language) for problem in self.problems)


class NotFound(ZorgstroomError):
    """The thing asked for does not exist."""

    key = "error.not_found"
    http_status = 404


class NotAllowed(ZorgstroomError):
    """Who asks has no key, or one that may not do this."""

    key = "error.not_allowed"
    http_status = 403


class Conflict(ZorgstroomError):
    """The request contradicts the state of things, such as comparing runs that cannot be compared."""

    key = "error.conflict"
    http_status = 409


class Unavailable(ZorgstroomError):
    """A part that is needed does not answer now; trying again may help."""

    key = "error.unavailable"
    http_status = 503
    retriable = True


class ConservationError(ZorgstroomError):
    """Patients vanished or appeared inside the engine: a defect of the model, never of the user."""

    key = "error.conservation"


def nearest_known(value: str, known: Iterable[str]) -> str | None:
    """Return the known name nearest to `value`, or None if nothing resembles it.

    >>> nearest_known("oesofagus", ["oesophagus", "pancreas"])
    'oesophagus'
    """
    names = list(known)
    by_folded = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(value.casefold(), list(by_folded), n=1, cutoff=0.5)
    return by_folded[found[0]] if found else None
