"""Reads a YAML or JSON document that a user wrote, and remembers on which line everything stands.

Only what such a document needs is read: mappings, lists, texts, numbers, true, false and nothing. What
makes YAML unsafe or surprising (anchors, aliases, tags, merge keys, ``no`` as false, dates, a key twice)
is refused or read as plain text. Every mistake found is returned; nothing here raises for a user's mistake.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from zorgstroom.errors import Problem

#: Largest document in bytes, and how deep lists and mappings may lie inside each other.
MAX_BYTES = 1_000_000
MAX_DEPTH = 20
#: After so many mistakes reading stops: such a file is something else than a plan.
MAX_PROBLEMS = 200
#: A document with more values than this is no plan either; reading them all takes seconds.
MAX_VALUES = 20_000
#: A number with more characters is read as text, so that no digit string can keep the parser busy.
MAX_NUMBER_LENGTH = 30

_WHOLE = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, object] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_CHARACTER = re.compile(r"\\U(?!000|0010)[0-9A-Fa-f]{8}")
_JSON_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+|\n')


@dataclass
class Document:
    """What was read: the value, the line of every JSON pointer, and the mistakes."""

    where: str
    value: object = None
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    #: False if reading had to stop, so that judging the value would only add confusing mistakes.
    complete: bool = True

    def line_of(self, pointer: str) -> int:
        """Return the line of a pointer, or of the nearest thing around it."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)

    def place(self, pointer: str) -> str:
        """Return ``file:line`` of a pointer."""
        return f"{self.where}:{self.line_of(pointer)}"

    def report(self, key: str, line: int, pointer: str | None = None, **params: object) -> None:
        """Note a mistake on a line."""
        # A key or tag may hold half a character, which no answer can hold.
        readable = {
            name: _readable(value) if isinstance(value, str) else value for name, value in params.items()
        }
        place = pointer if pointer is None else _readable(pointer)
        self.problems.append(Problem(f"{self.where}:{line}", key, readable, place))

    @property
    def hopeless(self) -> bool:
        """Return whether there are so many mistakes, or values, that reading on helps nobody."""
        if len(self.problems) == MAX_PROBLEMS:
            self.give_up("scenario.many_mistakes", self.line_of(self.problems[-1].pointer or ""))
        if len(self.lines) > MAX_VALUES:
            self.give_up("scenario.many_values", max(self.lines.values()), most=MAX_VALUES)
            return True
        return len(self.problems) > MAX_PROBLEMS

    def give_up(self, key: str, line: int, **params: object) -> None:
        """Note a mistake after which nothing more can be read."""
        self.complete = False
        self.report(key, line, "", **params)


def pointer_to(parent: str, step: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a key or position inside `parent`.

    >>> pointer_to("/actions", 0), pointer_to("", "a/b")
    ('/actions/0', '/a~1b')
    """
    return f"{parent}/{str(step).replace('~', '~0').replace('/', '~1')}"


def read_document(content: str | bytes, where: str) -> Document:
    """Read a document; JSON if it is JSON, else YAML."""
    document = Document(where)
    text = _text(content, document)
    if text is None:
        return document
    if text.lstrip().startswith(("{", "[")) and _read_json(text, document):
        return document
    _read_yaml(text, document)
    return document


def read_json(content: str | bytes, where: str) -> Document:
    """Read a document that must be JSON; what a parser lets pass, such as a key twice, is a mistake here too."""
    document = Document(where)
    text = _text(content, document)
    if text is not None and not _read_json(text, document):
        document.give_up("scenario.json_syntax", 1)
    return document


def _text(content: str | bytes, document: Document) -> str | None:
    """Return the content as text without byte order mark, or None if it is too large or not UTF-8 text."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(data) > MAX_BYTES:
        document.give_up("scenario.too_large", 1, kilobytes=MAX_BYTES // 1000)
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        document.give_up("scenario.not_utf8", data.count(b"\n", 0, error.start) + 1)
        return None
    if unreadable := _UNREADABLE.search(text):
        line = text.count("\n", 0, unreadable.start()) + 1
        document.give_up("scenario.unreadable_character", line, code=f"U+{ord(unreadable.group()):04X}")
        return None
    return text


def _readable(text: str) -> str:
    """Return the text with half characters spelled out."""
    return text.encode(errors="backslashreplace").decode()


def _refuse_unreadable(text: str, line: int, pointer: str, document: Document) -> None:
    """Refuse control characters and half characters, which an escape such as ``\\u0000`` can spell."""
    if unreadable := _UNREADABLE.search(text):
        code = f"U+{ord(unreadable.group()):04X}"
        document.complete = False
        document.report("scenario.unreadable_character", line, pointer, code=code)


# YAML


def _read_yaml(text: str, document: Document) -> None:
    """Read YAML from its stream of events; iterative, so that depth costs no stack."""
    try:
        _build(_yaml_events(text), document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        document.give_up(_yaml_error_key(error), line, column=column)
    except (OverflowError, ValueError):
        # PyYAML takes \UFFFFFFFF for a character and fails on it.
        escape = _NO_CHARACTER.search(text)
        line = text.count("\n", 0, escape.start()) + 1 if escape else 1
        code = escape.group()[2:] if escape else "?"
        document.give_up("scenario.unreadable_character", line, code=f"U+{code}")


def _yaml_events(text: str) -> Iterator[yaml.Event]:
    """Return the events of the YAML parser."""
    return iter(yaml.parse(text, Loader=yaml.SafeLoader))


def _yaml_error_key(error: yaml.MarkedYAMLError) -> str:
    """Return the text that helps most with a YAML syntax error."""
    problem = error.problem or ""
    if "\\t" in problem or "'\t'" in problem:
        return "scenario.yaml_tab"
    if "mapping values are not allowed" in problem:
        return "scenario.yaml_colon"
    return "scenario.yaml_syntax"


@dataclass
class _Open:
    """A list or mapping being filled."""

    pointer: str
    items: list[object] | dict[str, object]
    #: The key read last, if its value is still to come; None: a key is expected.
    key: str | None = None
    #: False while the value of a key that was there before is skipped.
    key_counts: bool = True

    @property
    def expects_key(self) -> bool:
        """A mapping alternates keys and values."""
        return isinstance(self.items, dict) and self.key is None

    def next_pointer(self) -> str:
        """Return the pointer of the value that comes next."""
        return pointer_to(self.pointer, len(self.items) if isinstance(self.items, list) else self.key or "")

    def put(self, value: object) -> None:
        """Add a value."""
        if isinstance(self.items, list):
            self.items.append(value)
        else:
            assert self.key is not None
            if self.key_counts:
                self.items[self.key] = value
            self.key = None


def _build(events: Iterator[yaml.Event], document: Document) -> None:  # noqa: PLR0912 - one case per event
    """Build the value of a document from its events, refusing what is not safe or not clear."""
    stack: list[_Open] = []
    documents = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if document.hopeless:
            return
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                document.give_up("scenario.one_document", line)
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            if stack and stack[-1].expects_key:
                _read_key(event, stack[-1], line, document)
                if not document.complete:
                    return
                continue
            pointer = stack[-1].next_pointer() if stack else ""
            document.lines.setdefault(pointer, line)
            _refuse_unsafe(event, line, pointer, document)
            value: object = None
            if isinstance(event, yaml.ScalarEvent):
                value = _plain_value(event.value) if event.implicit[0] else event.value
            elif isinstance(event, yaml.SequenceStartEvent):
                value = []
            elif isinstance(event, yaml.MappingStartEvent):
                value = {}
            if stack:
                stack[-1].put(value)
            else:
                document.value = value
            if isinstance(value, list | dict):
                if len(stack) == MAX_DEPTH:
                    document.give_up("scenario.too_deep", line, depth=MAX_DEPTH)
                    return
                stack.append(_Open(pointer, value))


def _read_key(event: yaml.NodeEvent, mapping: _Open, line: int, document: Document) -> None:
    """Take a key of a mapping: a text that was not used before in the same mapping."""
    assert isinstance(mapping.items, dict)
    if not isinstance(event, yaml.ScalarEvent):
        document.give_up("scenario.key_not_text", line)
        return
    pointer = pointer_to(mapping.pointer, event.value)
    _refuse_unsafe(event, line, pointer, document)
    mapping.key, mapping.key_counts = event.value, event.value not in mapping.items
    if mapping.key_counts:
        document.lines[pointer] = line
    else:
        first = document.lines[pointer]
        document.report("scenario.duplicate_key", line, pointer, name=event.value, first=first)


def _refuse_unsafe(event: yaml.NodeEvent, line: int, pointer: str, document: Document) -> None:
    """Refuse anchors, aliases and tags: a plan needs none, and they can hide or multiply content."""
    if isinstance(event, yaml.AliasEvent):
        document.report("scenario.yaml_alias", line, pointer, name=f"*{event.anchor}")
    elif event.anchor is not None:
        document.report("scenario.yaml_alias", line, pointer, name=f"&{event.anchor}")
    if isinstance(event, yaml.ScalarEvent):
        _refuse_unreadable(event.value, line, pointer, document)
    tag = getattr(event, "tag", None)
    if tag is not None:
        document.report("scenario.yaml_tag", line, pointer, name=tag)


def _plain_value(text: str) -> object:
    """Return the value of an unquoted word, as in YAML 1.2: ``no`` and ``2026-01-01`` stay text."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > MAX_NUMBER_LENGTH:
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text


# JSON


def _read_json(text: str, document: Document) -> bool:
    """Read JSON; False if it is not JSON (it may still be YAML, which also knows braces)."""
    try:
        value = json.loads(text, parse_int=_plain_value, parse_float=_plain_value, parse_constant=str)
    except RecursionError:
        document.give_up("scenario.too_deep", 1, depth=MAX_DEPTH)
        return True
    except ValueError:
        return False
    if _locate_json(text, document):
        document.value = value
    return True


def _locate_json(text: str, document: Document) -> bool:
    """Note the line of everything in valid JSON and the keys that stand there twice; False if too deep."""
    line = 1
    stack: list[_Open] = []
    for match in _JSON_PIECE.finditer(text):
        piece = match.group()
        if document.hopeless:
            return False
        if piece == "\n":
            line += 1
        elif piece in "}]":
            stack.pop()
        elif piece in ":,":
            continue
        elif stack and stack[-1].expects_key:
            _take_json_key(json.loads(piece), stack[-1], line, document)
        else:
            pointer = stack[-1].next_pointer() if stack else ""
            document.lines.setdefault(pointer, line)
            if piece.startswith('"'):
                _refuse_unreadable(json.loads(piece), line, pointer, document)
            if stack:
                stack[-1].put(None)
            if piece in "{[":
                if len(stack) == MAX_DEPTH:
                    document.give_up("scenario.too_deep", line, depth=MAX_DEPTH)
                    return False
                stack.append(_Open(pointer, {} if piece == "{" else []))
    return True


def _take_json_key(key: str, mapping: _Open, line: int, document: Document) -> None:
    """Take a key of a mapping, and note it if it was used before in the same mapping."""
    assert isinstance(mapping.items, dict)
    mapping.key = key
    pointer = mapping.next_pointer()
    _refuse_unreadable(key, line, pointer, document)
    if key in mapping.items:
        first = document.lines[pointer]
        document.report("scenario.duplicate_key", line, pointer, name=key, first=first)
    else:
        document.lines[pointer] = line
