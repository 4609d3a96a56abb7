"""Libraries that only some forms of a report need, and what to say where one is not installed."""

from __future__ import annotations

import importlib

from zorgstroom.errors import ZorgstroomError


class MissingExtra(ZorgstroomError):
    """A form of the report needs a library that is not installed here."""

    key = "report.command.missing"
    http_status = 501


def extra(module: str, form: str) -> None:
    """Import a library of the extra ``report``. Raises `MissingExtra` with what to install for which form."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(format=form, package=module) from error
