"""What every command shares: the language option, and help in that language.

A command may write its help as a key of the catalogue or as plain text. Where the catalogue has
``cli.help.<command>`` or ``cli.option.<command>.<option>`` (or ``cli.option.<option>``), that text is shown.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from zorgstroom.settings import Settings
from zorgstroom.text import LANGUAGES, Language, as_language, catalogue, translate

_Function = TypeVar("_Function", bound=Callable[..., Any])


def default_language() -> Language:
    """Return the language of the settings (``ZORGSTROOM_LANG``), Dutch if they say nothing."""
    try:
        return as_language(Settings().lang)
    except ValidationError:
        return as_language(None)


def requested_language(arguments: Sequence[str]) -> Language:
    """Return the language in ``--lang en`` or ``--lang=en``, wherever it stands; else the default.

    >>> requested_language(["validate", "--lang=en", "plan.yaml"])
    'en'
    """
    for position, argument in enumerate(arguments):
        value = argument.removeprefix("--lang=") if argument.startswith("--lang=") else None
        if argument == "--lang":
            value = next(iter(arguments[position + 1 :]), None)
        if value in LANGUAGES:
            return as_language(value)
    return default_language()


def _language(context: click.Context, _parameter: click.Parameter, value: str | None) -> Language:
    """Return the language given here, else that given before the command, else the default."""
    if value:
        return as_language(value)
    before = context.find_root().params.get("lang")
    return as_language(before) if before else default_language()


def language_option(function: _Function) -> _Function:
    """Add ``--lang nl|en``; the command receives it as ``lang: Language``."""
    option = click.option(
        "--lang", type=click.Choice(LANGUAGES), default=None, callback=_language, help="cli.help.lang"
    )
    return option(function)


def localised(command: click.Command, language: Language) -> click.Command:
    """Return a copy of a command, and of all below it, that explains itself in this language."""
    made = copy.copy(command)
    made.context_class = _CONTEXT_OF[language]
    made.help = _text([f"cli.help.{command.name}"], command.help, language)
    made.params = [_localised_parameter(parameter, command, language) for parameter in command.params]
    if isinstance(made, click.Group):
        made.commands = {name: localised(child, language) for name, child in made.commands.items()}
    return made


def _localised_parameter(
    parameter: click.Parameter, command: click.Command, language: Language
) -> click.Parameter:
    """Return a copy of an option with its help in this language."""
    if not isinstance(parameter, click.Option):
        return parameter
    made = copy.copy(parameter)
    keys = [f"cli.option.{command.name}.{parameter.name}", f"cli.option.{parameter.name}"]
    made.help = _text(keys, parameter.help, language)
    return made


def _text(keys: Sequence[str], written: str | None, language: Language) -> str | None:
    """Return the first text of the catalogue among `keys`, else what was written (a key or plain text)."""
    texts = catalogue(language)
    if written in texts:
        return translate(written, language)
    return next((texts[key] for key in keys if key in texts), written)


def usage_words(text: str, language: Language) -> str:
    """Return a line of usage, or a part of it, with its capitals in this language.

    >>> usage_words("[OPTIONS] FILE...", "nl")
    '[OPTIES] BESTAND...'
    """
    if language == "nl":
        for english, dutch in (("[OPTIONS]", "[OPTIES]"), ("COMMAND", "OPDRACHT"), ("FILE", "BESTAND")):
            text = text.replace(english, dutch)
    return text


class _DutchFormatter(click.HelpFormatter):
    """Click's page of help with its own words in Dutch."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(
            prog, usage_words(args, "nl"), prefix or f"{translate('cli.heading.usage', 'nl')}: "
        )

    def write_heading(self, heading: str) -> None:
        known = {"Options": "cli.heading.options", "Commands": "cli.heading.commands"}
        super().write_heading(translate(known.get(heading, heading), "nl"))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(term, _in_dutch(text)) for term, text in rows], col_max, col_spacing)


def _in_dutch(text: str) -> str:
    """Return the explanation of an option with the words click adds to it in Dutch."""
    words = {
        "Show this message and exit.": translate("cli.help.help", "nl"),
        "Show the version and exit.": translate("cli.help.version", "nl"),
        "[default: ": "[standaard: ",
        "[required]": "[verplicht]",
    }
    for english, dutch in words.items():
        text = text.replace(english, dutch)
    return text


class _DutchContext(click.Context):
    formatter_class = _DutchFormatter


_CONTEXT_OF: dict[Language, type[click.Context]] = {"nl": _DutchContext, "en": click.Context}
