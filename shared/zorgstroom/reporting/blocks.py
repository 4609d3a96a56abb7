"""A report as a tree of blocks, before any form: HTML, Word and PDF each write the same tree.

What a block holds is text, cells and pictures; how it looks is the business of a writer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from zorgstroom.reporting.options import PartName
from zorgstroom.reporting.views import Cell, TableView
from zorgstroom.text import Language


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `note` is small print, `check` a control, `alert` what must not be missed."""

    text: str
    style: Literal["plain", "note", "check", "alert", "strong"] = "plain"


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Tile:
    """One large number with what it counts."""

    value: str
    label: str
    alarm: bool = False


@dataclass(frozen=True)
class Tiles:
    """Large numbers next to each other."""

    items: tuple[Tile, ...]


@dataclass(frozen=True)
class Table:
    """A table; `groups` puts its rows under headings, `total` makes the last row stand out."""

    id: str
    view: TableView
    groups: tuple[tuple[str, tuple[tuple[Cell, ...], ...]], ...] = ()
    total: bool = False
    #: Not where the caption only repeats the heading above it.
    captioned: bool = True
    #: Intervals stand behind their number instead of under it, to save lines.
    inline: bool = False
    #: Hidden on a screen until somebody asks for it: a picture shows the same.
    folded: bool = False


@dataclass(frozen=True)
class Symbol:
    """A sign of a legend: a colour with a shape, and what it stands for."""

    svg: str
    label: str


@dataclass(frozen=True)
class Picture:
    """A picture with its caption; the picture itself holds what it shows in words."""

    svg: str
    caption: str
    legend: tuple[Symbol, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class NormLine:
    """Simulated years at a norm, as dots and as a sentence."""

    location: str
    profile: str
    norm: str
    dots: str
    sentence: str


@dataclass(frozen=True)
class NormLines:
    """How often norms are met."""

    items: tuple[NormLine, ...]


Block = Paragraph | Bullets | Tiles | Table | Picture | NormLines


@dataclass(frozen=True)
class Section:
    """A heading with what is under it; `style` is `alert` for what to heed, `short` for the summary."""

    title: str
    blocks: tuple[Block, ...]
    style: Literal["plain", "alert", "short"] = "plain"
    #: Stands next to the section after it where there is room.
    beside: bool = False


@dataclass(frozen=True)
class Chapter:
    """Sections under one heading, with a sentence on what they are about; without a heading they stand alone."""

    sections: tuple[Section, ...]
    title: str = ""
    about: str = ""


@dataclass(frozen=True)
class Part:
    """The page for the board, the full report or the annex; each begins on a new page."""

    name: PartName
    title: str
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Document:
    """The whole report in one language."""

    language: Language
    title: str
    kind: str
    description: str
    #: What this is, in one or two sentences, and what the reader must know about its figures.
    honest: tuple[str, ...]
    facts: str
    status: str
    #: Word for confidential, and what it means for the reader; empty where everybody may read it.
    confidential: str
    confidential_note: str
    attribution: str
    created: dt.datetime
    parts: tuple[Part, ...]
