"""Reading an Excel workbook (.xlsx): cells with their stored values, hidden rows and merged cells.

Nothing in the file is trusted: what it unpacks to is bounded before anything is unpacked, and a document
type declaration, the way to entities that multiply or fetch something, is refused. Formulas are not
calculated; the value that the spreadsheet program stored is read.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from zorgstroom.dataset.own.sheets import MAX_COLUMNS, MAX_ROWS, MAX_TEXT, Cell, Range, Sheet, excel_date
from zorgstroom.errors import InvalidInput, Problem

#: Bytes all parts may unpack to, and how many parts and sheets there may be.
MAX_UNPACKED = 60_000_000
MAX_PARTS = 500
#: Elements of one part: each takes memory, however short it is.
MAX_ELEMENTS = 2_000_000
MAX_SHEETS = 50

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
#: What is no code in a number format: quoted text, conditions and colours, escaped characters.
_NO_CODE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')


def read_workbook(content: bytes, file: str) -> list[Sheet]:
    """Return the sheets in their order; raises InvalidInput for what is no workbook or too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _Workbook(archive, file).sheets()
    except zipfile.BadZipFile:
        key = "own.old_or_locked" if content.startswith(_OLD_OR_LOCKED) else "own.no_workbook"
        raise InvalidInput([Problem(file, key)]) from None
    except (ElementTree.ParseError, KeyError, ValueError, IndexError, RuntimeError, NotImplementedError):
        # Broken XML, parts that are not there, encrypted parts, compression nobody uses for workbooks.
        raise InvalidInput([Problem(file, "own.no_workbook")]) from None


@dataclass(frozen=True)
class _Style:
    """What a cell needs to know of the workbook."""

    texts: list[str]
    #: Whether the cell format with this number shows a date.
    dates: list[bool]
    base_1904: bool


class _Workbook:
    """The parts of one file."""

    def __init__(self, archive: zipfile.ZipFile, file: str) -> None:
        self._archive = archive
        self._file = file
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise self._too_large()

    def sheets(self) -> list[Sheet]:
        """Return all sheets."""
        main = self._related("", "_rels/.rels", "officeDocument") or "xl/workbook.xml"
        root = self._parse(main)
        folder = posixpath.dirname(main)
        targets = self._relations(posixpath.join(folder, "_rels", posixpath.basename(main) + ".rels"))
        by_kind = dict(targets.values())
        style = _Style(
            self._shared_texts(_part(folder, by_kind.get("sharedStrings"))),
            self._date_formats(_part(folder, by_kind.get("styles"))),
            any(_flag(item, "date1904") for item in _all(root, "workbookPr")),
        )
        named = list(_all(root, "sheet"))[:MAX_SHEETS]
        found = []
        for item in named:
            relation = next(value for name, value in item.attrib.items() if name.endswith("}id"))
            kind, target = targets[relation]
            if kind == "worksheet":
                found.append(self._sheet(item.attrib["name"], _part(folder, target), style))
        return found

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return {id: (kind, target)} of a relations part."""
        return {
            item.attrib["Id"]: (item.attrib["Type"].rpartition("/")[2], item.attrib["Target"])
            for item in _all(self._parse(part), "Relationship")
        }

    def _related(self, folder: str, part: str, kind: str) -> str | None:
        found = [target for name, target in self._relations(part).values() if name == kind]
        return _part(folder, found[0]) if found else None

    def _parse(self, part: str) -> ElementTree.Element:
        """Return the root of a part: the element that is complete last."""
        return deque(self._elements(part), maxlen=1).pop()

    def _elements(self, part: str) -> Iterator[ElementTree.Element]:
        """Yield each element of a part when it is complete; the last is the root."""
        stream = io.BytesIO(self._read(part))
        for number, (_, element) in enumerate(
            ElementTree.iterparse(stream)  # noqa: S314 - no document type gets here
        ):
            if number == MAX_ELEMENTS:
                raise self._too_large()
            yield element

    def _too_large(self) -> InvalidInput:
        params = {"megabytes": MAX_UNPACKED // 10**6}
        return InvalidInput([Problem(self._file, "own.unpacks_too_large", params)])

    def _read(self, part: str) -> bytes:
        content = self._archive.read(part)
        if b"<!DOCTYPE" in content or b"\x00" in content[:4] or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise ValueError(part)
        return content

    def _shared_texts(self, part: str) -> list[str]:
        if not part:
            return []
        return [_text_of(item) for item in _children(self._parse(part), "si")]

    def _date_formats(self, part: str) -> list[bool]:
        if not part:
            return []
        root = self._parse(part)
        codes = {int(item.attrib["numFmtId"]): item.attrib["formatCode"] for item in _all(root, "numFmt")}
        formats = next(iter(_all(root, "cellXfs")), None)
        numbers = [] if formats is None else [int(item.get("numFmtId", "0")) for item in formats]
        return [number in _BUILT_IN_DATES or is_date_format(codes.get(number, "")) for number in numbers]

    def _sheet(self, name: str, part: str, style: _Style) -> Sheet:
        sheet = Sheet(self._file, name)
        row = 0
        for element in self._elements(part):
            tag = _local(element)
            if tag == "row":
                row = int(element.get("r", row + 1))
                self._take_row(sheet, row, element, style)
                element.clear()
            elif tag == "mergeCell":
                sheet.merged.append(_range(element.attrib["ref"]))
        return sheet

    def _take_row(self, sheet: Sheet, row: int, element: ElementTree.Element, style: _Style) -> None:
        cells: dict[int, Cell] = {}
        column = 0
        for item in _children(element, "c"):
            reference = _REFERENCE.fullmatch(item.get("r", ""))
            column = _column(reference[1]) if reference else column + 1
            cell = _cell(item, style) if column <= MAX_COLUMNS else None
            if cell is not None:
                cells[column] = cell
        if cells:
            sheet.rows[row] = cells
            if _flag(element, "hidden"):
                sheet.hidden_rows.add(row)
            if len(sheet.rows) > MAX_ROWS:
                raise InvalidInput([Problem(sheet.where, "own.too_many_rows", {"rows": MAX_ROWS})])


def is_date_format(code: str) -> bool:
    """Return whether a number format shows a date or time.

    >>> is_date_format("d-mmm"), is_date_format('#,##0.0 "dagen"')
    (True, False)
    """
    bare = _NO_CODE.sub("", code.lower()).replace("general", "").replace("standaard", "")
    return any(letter in bare for letter in "dmyhs")


def _cell(item: ElementTree.Element, style: _Style) -> Cell | None:
    """Return a cell, or None if it is empty."""
    kind = item.get("t", "n")
    value = "".join(child.text or "" for child in _children(item, "v"))
    if kind == "inlineStr":
        value = "".join(_text_of(child) for child in _children(item, "is"))
    elif kind == "s" and value:
        value = style.texts[int(value)]
    if not value.strip():
        has_formula = any(True for _ in _children(item, "f"))
        return Cell("formula", "") if has_formula and kind != "str" else None
    if kind in ("s", "str", "inlineStr"):
        return Cell("text", value.strip()[:MAX_TEXT])
    if kind == "e":
        return Cell("error", value[:MAX_TEXT])
    if kind == "b":
        return Cell("bool", "1" if value.strip() == "1" else "0")
    if kind == "d":
        return Cell("date", value[:10])
    number = float(value)
    format_number = int(item.get("s", "0"))
    if format_number < len(style.dates) and style.dates[format_number]:
        return Cell("date", excel_date(number, style.base_1904), number)
    # Fifteen digits are what a spreadsheet shows of a number; the rest is how it is stored.
    return Cell("number", f"{number:.15g}", float(f"{number:.15g}"))


def _text_of(item: ElementTree.Element) -> str:
    """Return the text of a string, its formatted runs joined; how it is pronounced is left out."""
    parts = []
    for child in item:
        if _local(child) == "t":
            parts.append(child.text or "")
        elif _local(child) == "r":
            parts += [part.text or "" for part in _children(child, "t")]
    return "".join(parts)


def _part(folder: str, target: str | None) -> str:
    """Return the name of a part inside the archive; targets are relative to the workbook's folder."""
    if not target:
        return ""
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(folder, target))


def _range(reference: str) -> Range:
    """Return a block such as ``A1:B2``."""
    first, _, last = reference.partition(":")
    start, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last or first)
    if start is None or end is None:
        raise ValueError(reference)
    return Range(reference, int(start[2]), int(end[2]), _column(start[1]), _column(end[1]))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _local(element: ElementTree.Element) -> str:
    """Return the name of an element without its namespace: there are two for workbooks."""
    return element.tag.rpartition("}")[2]


def _children(element: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    return (child for child in element if _local(child) == tag)


def _all(element: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    return (found for found in element.iter() if _local(found) == tag)


def _flag(element: ElementTree.Element, name: str) -> bool:
    return element.get(name, "0") in ("1", "true")
