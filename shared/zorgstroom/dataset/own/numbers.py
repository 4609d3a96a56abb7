"""Numbers, dates and yes or no as people write them in a Dutch or English spreadsheet."""

from __future__ import annotations

import datetime as dt
import re

#: Longer than any figure; keeps a digit string from keeping the parser busy.
MAX_LENGTH = 30

_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_WHOLE = re.compile(r"[-−+]?\d+", re.ASCII)
_DUTCH = re.compile(r"[-−+]?(\d{1,3}(\.\d{3})+(,\d+)?|\d+,\d+)", re.ASCII)
_ENGLISH = re.compile(r"[-−+]?(\d{1,3}(,\d{3})+(\.\d+)?|\d+\.\d+)", re.ASCII)
_GROUPED = re.compile(r"[-−+]?\d{1,3}( \d{3})+([.,]\d+)?", re.ASCII)
_YES = frozenset({"ja", "j", "yes", "y", "waar", "true", "1"})
_NO = frozenset({"nee", "n", "no", "onwaar", "false", "0"})
_DUTCH_DATE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", re.ASCII)


class NotANumber(ValueError):
    """The text is no number."""


class Ambiguous(ValueError):
    """The text is one number in Dutch and another in English; carries both."""

    def __init__(self, dutch: float, english: float) -> None:
        super().__init__()
        self.dutch = dutch
        self.english = english


def parse_number(text: str) -> float:
    """Return the number; raises NotANumber, or Ambiguous for ``1.234`` and ``1,234``.

    >>> parse_number("1.234,5"), parse_number("1234.5"), parse_number("12 500"), parse_number("0,125")
    (1234.5, 1234.5, 12500.0, 0.125)
    """
    written = _SPACES.sub(" ", text.strip())
    if len(written) > MAX_LENGTH or not written.isprintable():
        raise NotANumber
    if _GROUPED.fullmatch(written):
        return _number(written.replace(" ", "").replace(",", "."))
    dutch = _number(written.replace(".", "").replace(",", ".")) if _DUTCH.fullmatch(written) else None
    english = _number(written.replace(",", "")) if _ENGLISH.fullmatch(written) else None
    if _WHOLE.fullmatch(written):
        return _number(written)
    if dutch is not None and english is not None and dutch != english:
        # Nobody writes 0.125 for 125: a leading zero is before a decimal sign.
        if written.lstrip("-−+").startswith("0"):
            return min(dutch, english, key=abs)
        raise Ambiguous(dutch, english)
    found = english if dutch is None else dutch
    if found is None:
        raise NotANumber
    return found


def _number(text: str) -> float:
    return float(text.replace("−", "-"))


def parse_yes(text: str) -> bool | None:
    """Return whether the text says yes or no, in Dutch or English; None: neither."""
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def parse_date(text: str) -> str | None:
    """Return a year or date as ``2025`` or ``2025-12-31``; day before month, as in Dutch; None: no date.

    >>> parse_date("31-12-2025"), parse_date("2025"), parse_date("soon")
    ('2025-12-31', '2025', None)
    """
    written = text.strip()
    if re.fullmatch(r"(19|20)[0-9]{2}", written):
        return written
    dutch = _DUTCH_DATE.fullmatch(written)
    iso = f"{dutch[3]}-{int(dutch[2]):02d}-{int(dutch[1]):02d}" if dutch else written
    try:
        day = dt.date.fromisoformat(iso)
    except ValueError:
        return None
    return day.isoformat() if day.isoformat() == iso else None
