"""``zorgstroom deadletters``: the messages that could not be read or used, and what to do with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import click

from zorgstroom.cli_options import language_option
from zorgstroom.errors import NotFound, Problem, ZorgstroomError, nearest_known
from zorgstroom.events import open_event_log, quiet_kafka
from zorgstroom.events.codec import Unreadable
from zorgstroom.events.ports import DeadLetter, EventLog
from zorgstroom.settings import Settings
from zorgstroom.text import Language, translate
from zorgstroom.text.columns import aligned

#: So many characters of a reason are on a line of the list.
REASON_WIDTH = 80
#: So many characters of a message are shown.
MESSAGE_WIDTH = 4000
#: More dead letters than anyone looks through: what is searched for a place.
MOST = 100_000
ALL = click.option("--all", "everything", is_flag=True, help="deadletters.option.all")


class UnknownPlace(NotFound):
    """There is no dead letter of this name."""

    key = "deadletters.unknown"


class ChooseOne(ZorgstroomError):
    """One place or all of them: neither or both were given."""

    key = "deadletters.choose"
    exit_code = 2


@click.group()
def deadletters() -> None:
    """Look at messages that could not be read or used, send them again or discard them."""


@deadletters.command("list", help="deadletters.help.list")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="deadletters.option.json")
@language_option
def list_all(limit: int, as_json: bool, lang: Language) -> None:
    """Show the dead letters, the first ones first."""
    with _log() as log:
        letters = log.dead_letters(limit)
    if as_json:
        click.echo(json.dumps([_record(letter) for letter in letters], ensure_ascii=False, indent=2))
    elif not letters:
        click.echo(translate("deadletters.none", lang))
    else:
        head = [translate(f"deadletters.head.{name}", lang) for name in ("place", *_LISTED)]
        rows = [[letter.name, *(_record(letter)[name] or "-" for name in _LISTED)] for letter in letters]
        for line in aligned([head, *([*row[:-1], row[-1][:REASON_WIDTH]] for row in rows)]):
            click.echo(line)


@deadletters.command(help="deadletters.help.show")
@click.argument("place", metavar="PLACE")
@language_option
def show(place: str, lang: Language) -> None:
    """Show one dead letter with its message."""
    with _log() as log:
        letter = _find(log, place)
    record = _record(letter)
    for name in ("place", *_LISTED):
        value = letter.name if name == "place" else record[name] or "-"
        click.echo(f"{translate(f'deadletters.head.{name}', lang)}: {value}")
    text = printable(letter.value.decode(errors="backslashreplace"))
    click.echo(translate("deadletters.message", lang, size=len(letter.value)))
    click.echo(text[:MESSAGE_WIDTH])
    if len(text) > MESSAGE_WIDTH:
        click.echo(translate("deadletters.cut", lang, shown=MESSAGE_WIDTH))


@deadletters.command(help="deadletters.help.resubmit")
@click.argument("place", metavar="[PLACE]", required=False)
@ALL
@language_option
@click.pass_context
def resubmit(ctx: click.Context, place: str | None, everything: bool, lang: Language) -> None:
    """Send dead letters again; exit code 1 when one still cannot be read."""
    with _log() as log:
        mistakes = []
        for letter in _chosen(log, place, everything):
            try:
                log.resubmit(letter)
            except Unreadable as reason:
                params = {"reason": printable(str(reason))}
                mistakes.append(Problem(letter.name, "deadletters.still_unreadable", params))
            else:
                click.echo(translate("deadletters.resubmitted", lang, place=letter.name))
    for mistake in mistakes:
        click.echo(mistake.line(lang), err=True)
    if mistakes:
        ctx.exit(1)


@deadletters.command(help="deadletters.help.discard")
@click.argument("place", metavar="PLACE")
@language_option
def discard(place: str, lang: Language) -> None:
    """Take a dead letter off the list for good."""
    with _log() as log:
        letter = _find(log, place)
        log.discard(letter)
    click.echo(translate("deadletters.discarded", lang, place=letter.name))


#: What the list and the page of one letter show of it, besides its place.
_LISTED = ("time", "run", "type", "reason")


def printable(text: str) -> str:
    r"""Return the text with what a terminal would obey written out.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )


def _record(letter: DeadLetter) -> dict[str, str | None]:
    """Return a dead letter as text that is safe to show; None for what is not known."""
    kind = _type_of(letter.value)
    return {
        "place": letter.name,
        "topic": letter.topic,
        "time": letter.time.isoformat(timespec="seconds") if letter.time else None,
        "run": None if letter.key is None else printable(letter.key),
        "type": None if kind is None else printable(kind),
        "reason": printable(letter.reason),
    }


def _type_of(value: bytes) -> str | None:
    """Return what kind of event a message says it is, if it can be read at all."""
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        return None
    kind = document.get("type") if isinstance(document, dict) else None
    return kind if isinstance(kind, str) else None


def _chosen(log: EventLog, place: str | None, everything: bool) -> Sequence[DeadLetter]:
    if (place is None) != everything:
        raise ChooseOne
    return log.dead_letters(MOST) if place is None else [_find(log, place)]


def _find(log: EventLog, place: str) -> DeadLetter:
    """Return the dead letter of this name; raises `UnknownPlace`, which names the nearest."""
    letters = {letter.name: letter for letter in log.dead_letters(MOST)}
    if place in letters:
        return letters[place]
    nearest = nearest_known(place, letters)
    if nearest is None:
        raise UnknownPlace(place=place)
    raise UnknownPlace("deadletters.unknown_near", place=place, nearest=nearest)


@contextmanager
def _log() -> Iterator[EventLog]:
    """Give the event log of this installation."""
    quiet_kafka()
    with closing(open_event_log(Settings())) as log:
        yield log
