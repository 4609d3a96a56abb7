"""Levers: widgets that show what the document says and write what a visitor chooses.

The document decides what a widget shows, also after a step back; a widget's own memory decides nothing. Options are
values of the document, whatever the language, so that a visitor may switch language half way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from zorgstroom.text.numbers import number, percent
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.builder import desk as desks
from zorgstroom_ui.components.builder.desk import Desk, Typed
from zorgstroom_ui.components.builder.documents import Path, found, put, toggled
from zorgstroom_ui.components.builder.remarks import Remarks
from zorgstroom_ui.components.builder.typed import date_typed, number_typed
from zorgstroom_ui.components.html import element, show
from zorgstroom_ui.components.wording import area_name

#: Makes the value of the document from that of a widget. Raises `Unreadable`.
Read = Callable[[Any], Any]
#: What stands for "not filled in" among options.
NOTHING = ""


class Unreadable(ValueError):
    """What was typed is no value of this field; says why in the visitor's language."""


def key_of(path: Path) -> str:
    """Return the key of the widget of a path; the same field has the same one, always."""
    return "build." + "/".join(map(str, path))


def seed(key: str, value: Any) -> str:
    """Let a widget show this value, and return its key."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def write(path: Path, key: str, read: Read, lever: str = "") -> None:
    """Put what a widget says in the document; what cannot be read stays in the field with the reason."""
    desk = desks.current()
    shown = st.session_state[key]
    try:
        value = read(shown)
    except Unreadable as error:
        desk.typed[key] = Typed(str(shown), str(error))
        return
    desk.typed.pop(key, None)
    desk.change(put(desk.document, path, value), lever)


def today_line(words: str) -> None:
    """Say below a lever what it is today."""
    show(element("p", session.text("build.now", value=words), "zs-small zs-muted"))


class Fields:
    """The levers of one document, each with the remarks that are about it."""

    def __init__(self, desk: Desk, remarks: Remarks) -> None:
        self.desk, self.remarks = desk, remarks
        self.language = session.language()

    def value(self, path: Path, default: Any = None) -> Any:
        """Return what the document says at a path."""
        return found(self.desk.document, path, default)

    def below(self, path: Path, now: str | None = None) -> None:
        """Say below a lever what it is today, what is wrong with it and what deserves a second look."""
        with steady.place():
            self._say(path, now)

    def _draw(
        self,
        widget: Callable[..., object],
        path: Path,
        label: str,
        *given: object,
        shown: object,
        read: Read,
        now: str | None = None,
        slides: bool = False,
        **more: object,
    ) -> None:
        """Draw the widget of a lever, which shows a value, and below it what is said of it.

        All that is done in a row with a lever that slides is one step back.
        """
        key = seed(key_of(path), shown)
        lever = key if slides else ""
        with steady.place():
            widget(label, *given, key=key, on_change=write, args=(path, key, read, lever), **more)
            self._say(path, now)

    def _draw_typed(
        self,
        path: Path,
        label: str,
        text: str,
        read: Read,
        *,
        widget: Callable[..., object] = st.text_input,
        now: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Draw a field to type in; what could not be read is still in it."""
        typed = self.desk.typed.get(key_of(path))
        shown = typed.text if typed else text
        self._draw(widget, path, label, shown=shown, read=read, now=now, help=hint)

    def _draw_options(
        self,
        widget: Callable[..., object],
        path: Path,
        label: str,
        options: Mapping[str, str],
        *,
        shown: object,
        read: Read,
        **more: Any,
    ) -> None:
        """Draw a choice among values of the document, by their words."""

        def words(option: str) -> str:
            return options.get(option, option)

        self._draw(widget, path, label, list(options), shown=shown, read=read, format_func=words, **more)

    def _say(self, path: Path, now: str | None) -> None:
        if now is not None:
            today_line(now)
        typed = self.desk.typed.get(key_of(path))
        if typed is not None:
            show(element("p", typed.message, "zs-mistake", role="alert"))
        self.remarks.show_at(path)

    def line(
        self,
        path: Path,
        label: str,
        *,
        most: int,
        long: bool = False,
        hint: str | None = None,
        needed: bool = False,
    ) -> None:
        """Draw a field for words."""

        def read(shown: str) -> str | None:
            text = shown.strip()
            if len(text) > most:
                raise Unreadable(
                    session.text(
                        "build.too_long",
                        length=number(len(text), self.language),
                        most=number(most, self.language),
                    )
                )
            return text or ("" if needed else None)

        widget = st.text_area if long else st.text_input
        self._draw_typed(path, label, str(self.value(path, "")), read, widget=widget, hint=hint)

    def amount(
        self,
        path: Path,
        label: str,
        *,
        low: float,
        high: float,
        whole: bool = False,
        scale: float = 1.0,
        needed: bool = False,
        default: float | None = None,
        now: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Draw a field for a number, typed as people type it; `scale` is what one of the document is here.

        Where nothing is filled in, `default` is what it is.
        """

        def read(shown: str) -> float | int | None:
            if not shown.strip() and not needed:
                return None
            try:
                value = number_typed(shown, self.language)
            except ValueError:
                raise Unreadable(session.text("build.no_number", text=shown[:40])) from None
            if not low <= value <= high or (whole and value != round(value)):
                kind = "build.whole_between" if whole else "build.between"
                bounds = {"low": _plain(low, self.language), "high": _plain(high, self.language)}
                raise Unreadable(session.text(kind, **bounds))
            if value == default:
                return None
            return round(value) if whole and scale == 1 else round(value / scale, 6)

        value = self.value(path, default)
        text = "" if value is None else _plain(value * scale, self.language)
        self._draw_typed(path, label, text, read, now=now, hint=hint)

    def share(
        self,
        path: Path,
        label: str,
        *,
        low: int = 0,
        high: int = 100,
        default: float = 0.0,
        now: str | None = None,
        empty: float | None = 0.0,
    ) -> None:
        """Draw a slider in percent; at `empty` nothing is filled in."""

        def read(shown: float) -> float | None:
            return None if empty is not None and shown == empty else round(shown / 100, 6)

        value = round(float(self.value(path, default)) * 100, 4)
        self._draw(
            st.slider,
            path,
            label,
            float(low),
            float(high),
            shown=min(max(value, float(low)), float(high)),
            read=read,
            now=now,
            slides=True,
            step=1.0,
            format="%.10g%%",
        )

    def whole(
        self, path: Path, label: str, *, low: int, high: int, step: int, now: str | None = None
    ) -> None:
        """Draw a slider of whole numbers; one beyond its ends makes it longer."""
        value = self.value(path)
        value = value if isinstance(value, int) else low
        self._draw(
            st.slider,
            path,
            label,
            min(low, value),
            max(high, value),
            shown=value,
            read=lambda shown: shown,
            now=now,
            slides=True,
            step=step,
        )

    def one_of(
        self,
        path: Path,
        label: str,
        options: Mapping[str, str],
        *,
        default: str = NOTHING,
        as_list: bool = False,
        now: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Draw a choice between values of the document; `default` is what holds where nothing is filled in."""

        def read(shown: str | None) -> Any:
            return None if shown in (None, default) else _as_in_document(shown)

        value = str(self.value(path, default))
        known = {**options, **({} if value in options else {value: value})}
        widget: Any = st.selectbox if as_list else st.radio
        extra: dict[str, Any] = {} if as_list else {"horizontal": True}
        self._draw_options(widget, path, label, known, shown=value, read=read, now=now, help=hint, **extra)

    def chosen(
        self, key: str, label: str, options: Mapping[str, str], current: str, act: Callable[[str], None]
    ) -> None:
        """Draw a choice of a form, such as how many or which ones; `act` changes the document."""

        def pressed() -> None:
            # A browser may say once more what was shown already.
            if st.session_state[key] != current:
                act(st.session_state[key])

        seed(key, current)
        st.radio(
            label,
            list(options),
            format_func=lambda option: options.get(option, option),
            key=key,
            on_change=pressed,
        )

    def several(
        self,
        path: Path,
        label: str,
        options: Mapping[str, str],
        *,
        hint: str | None = None,
        empty: bool = False,
    ) -> None:
        """Draw a list to choose several from, to be searched by typing."""

        def read(shown: list[str]) -> list[str] | None:
            # In the order in which they were chosen: the document keeps its own.
            return shown or ([] if empty else None)

        value = list(self.value(path, []))
        known = {**options, **{name: name for name in value if name not in options}}
        self._draw_options(
            st.multiselect,
            path,
            label,
            known,
            shown=value,
            read=read,
            placeholder=session.text("build.choose"),
            help=hint,
        )

    def ticks(
        self,
        path: Path,
        label: str,
        options: Mapping[str, str],
        *,
        default: Sequence[str] = (),
        empty: bool = False,
    ) -> None:
        """Draw a tick for each of a few values."""
        value = list(self.value(path, list(default)))
        with steady.place():
            show(element("p", label, "zs-label"))
            with steady.row(f"ticks-{key_of(path)}"):
                for option, words in options.items():
                    self.tick_of(path, option, words, value, tuple(default), empty=empty)
            self._say(path, None)

    def tick_of(
        self,
        path: Path,
        option: str,
        words: str,
        value: list[str],
        default: tuple[str, ...] = (),
        *,
        empty: bool = False,
    ) -> None:
        """Draw the tick of one member of a list; `empty` keeps a list without members."""

        def read(shown: bool) -> list[str] | None:
            # As the document is when it is clicked, and never the other way round: a click may arrive twice.
            members = list(found(desks.current().document, path, list(default)))
            if shown != (option in members):
                members = toggled(members, option)
            return None if members == list(default) or not (members or empty) else members

        key = seed(f"{key_of(path)}/{option}", option in value)
        st.checkbox(words, key=key, on_change=write, args=(path, key, read), wrap=True)

    def tick(
        self, path: Path, label: str, *, on: Any = True, off: Any = None, hint: str | None = None
    ) -> None:
        """Draw a single tick."""
        self._draw(
            st.checkbox,
            path,
            label,
            shown=self.value(path, off) == on,
            read=lambda shown: on if shown else off,
            help=hint,
            wrap=True,
        )

    def day(self, path: Path, label: str, hint: str | None = None) -> None:
        """Draw a field for a date, typed as people type it."""

        def read(shown: str) -> str | None:
            if not shown.strip():
                return None
            try:
                return date_typed(shown).isoformat()
            except ValueError:
                raise Unreadable(session.text("build.no_date", text=shown[:40])) from None

        value = self.value(path)
        self._draw_typed(path, label, "" if value is None else _day(value), read, hint=hint)

    def region(self, path: Path, label: str, regions: Mapping[str, Sequence[str]], everywhere: str) -> None:
        """Draw a choice of one region of any division."""

        def read(shown: str) -> dict[str, str] | None:
            kind, _, name = shown.partition(":")
            return {kind: name} if name else None

        value = self.value(path, {})
        current = ":".join(next(iter(value.items()), ("", ""))) if value else NOTHING
        options = {NOTHING: everywhere} | {
            f"{kind}:{name}": area_name(f"{kind}:{name}", self.language)
            for kind, names in regions.items()
            for name in names
        }
        options.setdefault(current, current)
        self._draw_options(st.selectbox, path, label, options, shown=current, read=read)


def percent_words(share: float) -> str:
    """Return a share as people write it, with a decimal only where it needs one."""
    decimals = next(digits for digits in range(3) if round(share * 100, digits) == round(share * 100, 2))
    return percent(share, session.language(), decimals)


def _plain(value: float, language: Any) -> str:
    decimals = next((digits for digits in range(4) if round(value, digits) == round(value, 6)), 4)
    return number(value, language, decimals)


def _day(value: str) -> str:
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        return value
    return f"{day.day}-{day.month}-{day.year}"


def _as_in_document(shown: str) -> Any:
    """Return a year as a number; every other option is a word of the document."""
    return int(shown) if shown.isdecimal() else shown
