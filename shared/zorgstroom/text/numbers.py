"""Numbers, dates and ranges as people write them in Dutch and English."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_date
from babel.numbers import format_decimal

from zorgstroom.text import Language

_LOCALE = {"nl": "nl_NL", "en": "en_GB"}
MINUS = "−"


def number(value: float, language: Language, decimals: int = 0) -> str:
    """Return ``1.204,5`` (nl) or ``1,204.5`` (en) with a true minus sign.

    >>> number(-1204.5, "nl", 1)
    '−1.204,5'
    """
    rounded = round(value, decimals) + 0.0
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    text = format_decimal(abs(rounded), format=pattern, locale=_LOCALE[language])
    return (MINUS if rounded < 0 else "") + text


def signed(value: float, language: Language, decimals: int = 0) -> str:
    """Return the number with a plus or minus sign; zero has none.

    >>> signed(3, "en")
    '+3'
    """
    text = number(value, language, decimals)
    return "+" + text if round(value, decimals) > 0 else text


def percent(share: float, language: Language, decimals: int = 0) -> str:
    """Return a share of one as ``12%``.

    >>> percent(0.991, "nl", 1)
    '99,1%'
    """
    return number(share * 100, language, decimals) + "%"


def date(day: dt.date, language: Language) -> str:
    """Return ``22 november 2026`` or ``22 November 2026``."""
    return format_date(day, format="d MMMM y", locale=_LOCALE[language])
