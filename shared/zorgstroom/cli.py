"""The command line: ``zorgstroom COMMAND``.

The root imports no command until it is asked for one, so that checking a plan does not wait for the web
server or the screens. Services bring their commands through the entry points ``zorgstroom.commands``.
Whatever goes wrong ends here, as text a person can read; `--debug` shows the traceback of a defect.
"""

from __future__ import annotations

import importlib
import re
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError

import zorgstroom
from zorgstroom.cli_options import (
    default_language,
    language_option,
    localised,
    requested_language,
    usage_words,
)
from zorgstroom.errors import ZorgstroomError, nearest_known
from zorgstroom.settings import Settings
from zorgstroom.text import Language, catalogue, translate

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

#: How a setting can be too small or too large: the sign of what is allowed, and where pydantic keeps the limit.
SIGNS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("≥", "ge"),
    "greater_than": (">", "gt"),
    "less_than_equal": ("≤", "le"),
    "less_than": ("<", "lt"),
}
#: Commands of the shared package, by ``module:name``.
OWN_COMMANDS: Mapping[str, str] = {
    "validate": "zorgstroom.scenario_commands:validate",
    "combine": "zorgstroom.combine_command:combine_command",
    "preview": "zorgstroom.preview_command:preview_command",
    "load": "zorgstroom.load_command:load_command",
    "compare": "zorgstroom.compare_command:compare_command",
    "report": "zorgstroom.report_command:report_command",
    "actual": "zorgstroom.actual_commands:actual",
    "dataset": "zorgstroom.dataset_commands:dataset",
    "national": "zorgstroom.national_commands:national",
    "import": "zorgstroom.national_commands:import_group",
    "deadletters": "zorgstroom.deadletter_commands:deadletters",
    "up": "zorgstroom.supervisor:up",
}
#: Commands of the services, by the entry point that brings them.
SERVICE_COMMANDS: Mapping[str, str] = {
    "run": "simulator",
    "sweep": "simulator",
    "stress": "simulator",
    "design": "simulator",
    "calibrate": "simulator",
    "verify": "simulator",
    "simulator": "simulator",
    "worker": "simulator",
    "api": "api",
    "keys": "api",
    "backup": "api",
    "restore": "api",
    "tidy": "api",
    "ui": "ui",
}
#: In the order of the help page: what a planner needs first.
COMMANDS = (
    "up",
    "run",
    "sweep",
    "stress",
    "design",
    "report",
    "compare",
    "actual",
    "validate",
    "combine",
    "preview",
    "load",
    "dataset",
    "national",
    "import",
    "calibrate",
    "verify",
    "simulator",
    "worker",
    "api",
    "keys",
    "backup",
    "restore",
    "tidy",
    "deadletters",
    "ui",
)

INTERRUPTED = 130
#: What installs every part in a copy of the project.
INSTALLS = "make run"
#: What click says of words it has no place for; it has no class of its own for this mistake.
UNEXPECTED_ARGUMENTS = re.compile(r"Got unexpected extra arguments? \((.*)\)", re.DOTALL)


class MissingPart(ZorgstroomError):
    """A command needs an optional part of the product that is not installed."""

    key = "cli.missing_part"


class Root(click.Group):
    """The root command; finds a command by name without importing the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command in the language asked for, or None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        command = load_command(cmd_name)
        return localised(command, _language_of(ctx))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with one line each, from the catalogue: nothing is imported for it."""
        texts = catalogue(_language_of(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(name, texts[f"cli.help.{name}"]) for name in COMMANDS])


def load_command(name: str) -> click.Command:
    """Import a command; raises MissingPart if its service is not installed."""
    try:
        if name in OWN_COMMANDS:
            module, _, attribute = OWN_COMMANDS[name].partition(":")
            found = getattr(importlib.import_module(module), attribute)
            assert isinstance(found, click.Command)
            return found
        for entry_point in entry_points(group="zorgstroom.commands", name=SERVICE_COMMANDS[name]):
            for command in entry_point.load():
                if command.name == name:
                    assert isinstance(command, click.Command)
                    return command
    except ModuleNotFoundError as error:
        raise MissingPart(command=name, module=error.name, make=INSTALLS) from error
    raise MissingPart(command=name, module=SERVICE_COMMANDS[name], make=INSTALLS)


def _language_of(ctx: click.Context) -> Language:
    """Return the language of this invocation."""
    language: Language | None = ctx.find_root().obj
    return language or default_language()


@click.group(cls=Root, name="root", invoke_without_command=True, help="cli.help.root")
@click.option("--debug", is_flag=True, help="cli.help.debug")
@click.version_option(zorgstroom.__version__, prog_name="zorgstroom", help="cli.help.version")
@language_option
@click.pass_context
def root(ctx: click.Context, debug: bool, lang: Language) -> None:
    """Show what can be done if nothing is asked."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; every mistake becomes text on standard error."""
    language = requested_language(arguments)
    command = localised(root, language)
    try:
        result = command.main(list(arguments), prog_name="zorgstroom", standalone_mode=False, obj=language)
        return result if isinstance(result, int) else 0
    except (KeyboardInterrupt, EOFError, click.Abort):
        _say(translate("cli.interrupted", language))
        return INTERRUPTED
    except click.ClickException as error:
        _say(_click_message(error, language))
        return error.exit_code
    except ZorgstroomError as error:
        _say(error.message(language))
        return error.exit_code
    except ModuleNotFoundError as error:
        # What an older installation lacks; a part of our own that is not there is a defect.
        if error.name is None or error.name.startswith("zorgstroom"):
            return _unexpected(error, "--debug" in arguments, language)
        missing = MissingPart(command=next(iter(arguments), "zorgstroom"), module=error.name, make=INSTALLS)
        _say(missing.message(language))
        return missing.exit_code
    except Exception as error:
        return _unexpected(error, "--debug" in arguments, language)


def _say(text: str) -> None:
    """Write a line to standard error."""
    click.echo(text, err=True)


def _unexpected(error: Exception, debug: bool, language: Language) -> int:
    """Report a defect in one line; the traceback goes to a file of its own, or to the screen if asked.

    A setting in the environment that cannot be right is no defect: it is named. Neither is a folder for the data
    that cannot be made or written to.
    """
    if isinstance(error, ValidationError) and error.title.endswith(Settings.__name__):
        _say(_settings_message(error, language))
        return 2
    if isinstance(error, OSError) and _about_data_folder(error):
        _say(translate("cli.data_folder", language, path=error.filename, reason=error.strerror or str(error)))
        return 1
    if debug:
        _say("".join(traceback.format_exception(error)))
        return 1
    with tempfile.NamedTemporaryFile(
        "w", prefix="zorgstroom-", suffix=".log", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    _say(translate("cli.unexpected", language, kind=type(error).__name__, path=file.name))
    return 1


def _about_data_folder(error: OSError) -> bool:
    """Return whether this is about the folder for the data, what is in it or what it must be made in."""
    if not isinstance(error.filename, str):
        return False
    path, folder = Path(error.filename).absolute(), Settings().data_dir.absolute()
    return path.is_relative_to(folder) or folder.is_relative_to(path)


def _settings_message(error: ValidationError, language: Language) -> str:
    """Return one line per environment variable that holds something it cannot, with what it can."""
    return "\n".join(_setting_problem(mistake, language) for mistake in error.errors(include_url=False))


def _setting_problem(mistake: ErrorDetails, language: Language) -> str:
    """Return which setting is wrong, and what is allowed when that is a choice or a number."""
    name = "ZORGSTROOM_" + "_".join(str(step) for step in mistake["loc"]).upper()
    problem = translate("cli.bad_setting", language, name=name, value=mistake["input"])
    kind, context = mistake["type"], mistake.get("ctx", {})
    if kind == "literal_error":
        allowed = ", ".join(re.findall(r"'(.*?)'", context["expected"]))
        return f"{problem} {translate('cli.setting_choice', language, allowed=allowed)}"
    if kind in ("int_parsing", "float_parsing"):
        return f"{problem} {translate('cli.setting_number', language)}"
    if kind in SIGNS:
        sign, limit = SIGNS[kind]
        return f"{problem} {translate('cli.setting_limit', language, allowed=f'{sign} {context[limit]}')}"
    return problem


def _click_message(error: click.ClickException, language: Language) -> str:
    """Return a mistake on the command line in this language, with where to find help."""
    if isinstance(error, click.FileError):
        return f"{error.ui_filename}: {error.message}"
    if isinstance(error, click.exceptions.NoArgsIsHelpError) or not isinstance(error, click.UsageError):
        return error.format_message()
    lines = [_usage_problem(error, language)]
    if error.ctx is not None:
        lines.append(translate("cli.try_help", language, command=error.ctx.command_path))
    return "\n".join(lines)


def _usage_problem(error: click.UsageError, language: Language) -> str:
    """Return what is wrong with a command line, without where to find help."""
    if isinstance(error, click.NoSuchOption):
        known = [name for parameter in _parameters(error) for name in parameter.opts]
        return _unknown("cli.no_such_option", error.option_name, known, language)
    if isinstance(error, click.exceptions.NoSuchCommand):
        group = error.ctx.command if error.ctx else None
        known = group.list_commands(error.ctx) if isinstance(group, click.Group) and error.ctx else []
        return _unknown("cli.no_such_command", error.command_name, known, language)
    if isinstance(error, click.MissingParameter):
        return translate(
            "cli.missing_parameter", language, name=usage_words(_parameter_name(error), language)
        )
    if isinstance(error, click.BadParameter):
        return _bad_value(error, language)
    extra = UNEXPECTED_ARGUMENTS.fullmatch(error.format_message())
    if extra:
        return translate("cli.unexpected_argument", language, given=extra.group(1))
    return error.format_message()


def _parameters(error: click.UsageError) -> list[click.Parameter]:
    """Return the parameters of the command the error is about."""
    return error.ctx.command.get_params(error.ctx) if error.ctx else []


def _unknown(key: str, name: str, known: Sequence[str], language: Language) -> str:
    """Return the text for an unknown name, with the nearest known one if there is one."""
    bare = {choice.lstrip("-"): choice for choice in known}
    suggestion = bare.get(nearest_known(name.lstrip("-"), bare) or "")
    if suggestion:
        return translate(f"{key}_near", language, name=name, suggestion=suggestion)
    return translate(key, language, name=name, known=", ".join(known))


def _parameter_name(error: click.BadParameter) -> str:
    """Return a parameter as the user writes it: ``--seed`` or ``FILE``."""
    if error.param is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    return error.param.human_readable_name


def _bad_value(error: click.BadParameter, language: Language) -> str:
    """Return what a parameter accepts, by its type."""
    name, kind = _parameter_name(error), error.param.type if error.param else None
    if isinstance(kind, click.Choice):
        allowed = ", ".join(str(choice) for choice in kind.choices)
        return translate("cli.bad_choice", language, name=name, allowed=allowed)
    if isinstance(kind, click.IntRange | click.FloatRange):
        low = "" if kind.min is None else f"≥ {kind.min}"
        high = "" if kind.max is None else f"≤ {kind.max}"
        allowed = ", ".join(part for part in (low, high) if part)
        return translate("cli.bad_range", language, name=name, allowed=allowed)
    if isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        return translate("cli.bad_number", language, name=name)
    if isinstance(kind, click.DateTime):
        return translate("cli.bad_date", language, name=name)
    if isinstance(kind, click.Path | click.File):
        return translate("cli.bad_path", language, name=name)
    return translate("cli.bad_parameter", language, name=name)
