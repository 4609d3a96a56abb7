"""Zorgstroom: what the services share.

The data flows one way: dataset -> demand -> engine -> indicators -> events -> store -> screens.
This package holds the words (`domain`), the figures (`dataset`), the plans (`planning`), the
definitions of what is measured (`indicators`), the messages (`events`) and the reports (`reporting`).
It imports none of the services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zorgstroom.client import Client as Client
    from zorgstroom.events.schemas import RunSettings as RunSettings

__version__ = "0.1.0"

#: Part of the key of every result: a change of a rule of the model, or of what is measured, is a new number.
MODEL_VERSION = f"{__version__}+model.3"

#: What notebooks and scripts import from here, and where it is; found when it is asked for.
_ELSEWHERE = {"Client": "zorgstroom.client", "RunSettings": "zorgstroom.events.schemas"}


def __getattr__(name: str) -> Any:
    """Import the client when somebody asks for it: no command line should wait for it."""
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_ELSEWHERE[name]), name)
