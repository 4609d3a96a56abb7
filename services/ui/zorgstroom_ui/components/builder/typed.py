"""Numbers and dates as people type them, in Dutch or English."""

from __future__ import annotations

import datetime as dt
import re

from zorgstroom.text import Language
from zorgstroom.text.numbers import MINUS

_THOUSANDS = {"nl": r"[-+]?\d{1,3}(\.\d{3})+(,\d+)?", "en": r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?"}
_PLAIN = re.compile(r"[-+]?\d+([.,]\d+)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def number_typed(text: str, language: Language) -> float:
    """Return the number in a text, with or without thousands separators, unit sign and spaces. Raises ValueError.

    >>> number_typed("1.204,5", "nl"), number_typed("€ 1,204.5", "en"), number_typed("2.5 %", "nl")
    (1204.5, 1204.5, 2.5)
    """
    plain = re.sub(r"[\s\u00a0€%]", "", text).replace(MINUS, "-")
    if re.fullmatch(_THOUSANDS[language], plain):
        plain = plain.replace("." if language == "nl" else ",", "")
    if not _PLAIN.fullmatch(plain):
        raise ValueError(text)
    return float(plain.replace(",", "."))


def date_typed(text: str) -> dt.date:
    """Return the date in a text: day, month, year, or ISO 8601. Raises ValueError.

    >>> date_typed("1-7-2026"), date_typed("2026-07-01")
    (datetime.date(2026, 7, 1), datetime.date(2026, 7, 1))
    """
    plain = text.strip()
    if found := _DAY_FIRST.fullmatch(plain):
        day, month, year = map(int, found.groups())
    elif found := _YEAR_FIRST.fullmatch(plain):
        year, month, day = map(int, found.groups())
    else:
        raise ValueError(text)
    return dt.date(year, month, day)
