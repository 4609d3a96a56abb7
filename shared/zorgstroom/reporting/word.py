"""The report as a Word document: real headings, tables with repeated headings, pictures with words for who sees none.

Equal documents give equal bytes: the moments in the file are those of the run, not of writing.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import docx
import typst
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

from zorgstroom.geo.boundaries import Boundaries
from zorgstroom.reporting import drawing
from zorgstroom.reporting.blocks import (
    Block,
    Bullets,
    Chapter,
    Document,
    NormLines,
    Paragraph,
    Part,
    Picture,
    Section,
    Table,
    Tiles,
)
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.options import Options
from zorgstroom.reporting.report import EVERYTHING, build_report
from zorgstroom.reporting.views import Cell, Column, Mark, Spread, shown
from zorgstroom.text import Language, translate

#: Word takes no control characters, and halves of pairs are no text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: The first moment a zip file can hold; Word looks at the properties inside.
_ZIP_MOMENT = (1980, 1, 1, 0, 0, 0)
_TAGS = {"nl": "nl-NL", "en": "en-GB"}
_MAIN, _LOSS, _GREY, _CHECK = "154273", "A84300", "595959", "00645A"
_COLOURS = {"fails": _LOSS, "worse": _LOSS, "meets": _MAIN, "better": _MAIN, "near": "7A3E6B"}
_STYLES = {"note": _GREY, "check": _CHECK}
_FONT = "Calibri"
#: Points of the letters: of the board's page, which is meant for one sheet, and of the rest; and in tables.
_SMALL, _NORMAL, _TABLE = 8.0, 10.0, 8.0
#: Points of headings on the board's page, by level.
_BOARD_HEADINGS = {1: 15.0, 2: 10.5}
#: Width of pictures and of the map on the board's page, in centimetres, and their dots per inch.
_WIDE, _NARROW, _DOTS = 15.5, 5.5, 150


def render_docx(
    impact: Impact, lang: Language, boundaries: Sequence[Boundaries] = (), options: Options = EVERYTHING
) -> bytes:
    """Return the report in one language."""
    return write_docx(build_report(impact, lang, boundaries, options))


def write_docx(document: Document) -> bytes:
    """Return the tree of a report as a Word document."""
    content = io.BytesIO()
    _Writer(document).word.save(content)
    return _timeless(content.getvalue())


def _timeless(content: bytes) -> bytes:
    """Return the same file with the same moment for every part, whenever it is written."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, _ZIP_MOMENT)
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(name))
    return made.getvalue()


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text)


class _Writer:
    """One Word document, filled from the tree."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.word: Any = docx.Document()
        self.size = _NORMAL
        self._properties()
        self._styles()
        self._page()
        for index, part in enumerate(document.parts):
            self._part(part, first=index == 0)

    # -- the document ------------------------------------------------------------------------------------

    def _properties(self) -> None:
        document, properties = self.document, self.word.core_properties
        moment = document.created.replace(tzinfo=None)
        properties.title = _clean(document.title)
        properties.subject = document.kind
        properties.author = properties.last_modified_by = "Zorgstroom"
        properties.language = _TAGS[document.language]
        properties.comments = document.attribution
        properties.content_status = document.confidential or document.status
        properties.created = properties.modified = moment
        properties.revision = 1
        defaults = self.word.styles.element.find(qn("w:docDefaults"))
        for language in defaults.iter(qn("w:lang")):
            language.set(qn("w:val"), _TAGS[document.language])

    def _styles(self) -> None:

        sizes = {
            "Normal": _NORMAL,
            "Title": 22,
            "Heading 1": 22,
            "Heading 2": 14,
            "Heading 3": 11.5,
            "Caption": 9,
        }
        for name, size in sizes.items():
            style = self.word.styles[name]
            style.font.name = _FONT
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(qn(f"w:{theme}"), None)
            style.font.size = Pt(size)
            if name != "Normal":
                style.font.color.rgb = RGBColor.from_string(_MAIN)
                style.paragraph_format.keep_with_next = True
                style.paragraph_format.space_before = Pt(8)
        self.word.styles["Normal"].paragraph_format.space_after = Pt(4)

    def _page(self) -> None:

        section = self.word.sections[0]
        section.page_width, section.page_height = Cm(21.0), Cm(29.7)
        section.left_margin = section.right_margin = Cm(1.8)
        section.top_margin = section.bottom_margin = Cm(1.3)
        section.header_distance = section.footer_distance = Cm(0.6)
        if self.document.confidential:
            header = section.header.paragraphs[0]
            header.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            mark = header.add_run(self.document.confidential.upper())
            mark.bold = True
            mark.font.color.rgb = RGBColor.from_string(_LOSS)
        footer = section.footer.paragraphs[0]
        self._run(footer, f"{self.document.attribution} · {self.document.status}. ", size=7.5, colour=_GREY)
        self._run(footer, translate("report.page_word", self.document.language) + " ", size=7.5, colour=_GREY)
        self._field(footer, "PAGE")
        self._run(footer, f" {translate('report.of_word', self.document.language)} ", size=7.5, colour=_GREY)
        self._field(footer, "NUMPAGES")

    def _field(self, paragraph: Any, code: str) -> None:
        """Add a number that Word works out, such as that of the page."""
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), code)
        run = paragraph.add_run("1")
        run.font.size = Pt(7.5)
        field.append(run._r)
        paragraph._p.append(field)

    # -- the tree ----------------------------------------------------------------------------------------

    def _part(self, part: Part, *, first: bool) -> None:
        self.size = _SMALL if part.name == "board" else _NORMAL
        if first:
            self._head()
        else:
            self.word.add_page_break()
        for chapter in part.chapters:
            self._chapter(chapter)

    def _head(self) -> None:
        document = self.document
        self._paragraph(f"Zorgstroom · {document.kind} · {document.status}", colour=_GREY, bold=True)
        self._heading(document.title, 1)
        if document.description:
            self._paragraph(document.description)
        self._paragraph(" ".join(document.honest), colour=_GREY)
        self._paragraph(document.facts, bold=True)
        if document.confidential_note:
            self._paragraph(document.confidential_note, colour=_LOSS, bold=True)

    def _chapter(self, chapter: Chapter) -> None:
        if chapter.title:
            self._heading(chapter.title, 2)
        if chapter.about:
            self._paragraph(chapter.about, colour=_GREY)
        level = 3 if chapter.title else 2
        paired = False
        for section in chapter.sections:
            if section.beside and not paired:
                self._columns(2)
            self._section(section, level, narrow=section.beside or paired)
            if section.beside:
                self.word.paragraphs[-1].add_run().add_break(WD_BREAK.COLUMN)
            elif paired:
                self._columns(1)
            paired = section.beside

    def _section(self, section: Section, level: int, *, narrow: bool) -> None:
        self._heading(section.title, level)
        for block in section.blocks:
            self._block(block, narrow=narrow)

    def _block(self, block: Block, *, narrow: bool) -> None:
        if isinstance(block, Paragraph):
            loud = block.style in ("alert", "strong")
            colour = _LOSS if block.style == "alert" else _STYLES.get(block.style, "")
            self._paragraph(block.text, colour=colour, bold=loud)
        elif isinstance(block, Bullets):
            for item in block.items:
                self._paragraph(item, style="List Bullet")
        elif isinstance(block, Tiles):
            # The sentences of the board's page say the same, and there they would not fit.
            for tile in block.items if self.size != _SMALL else ():
                self._lead(tile.value, tile.label, colour=_LOSS if tile.alarm else _MAIN)
        elif isinstance(block, Picture):
            self._picture(block, narrow=narrow)
        elif isinstance(block, NormLines):
            for line in block.items:
                self._lead(line.location, f"{line.profile} ({line.norm}): {line.sentence}", colour="")
        else:
            self._table(block)

    def _columns(self, count: int) -> None:
        """Put what follows in so many columns next to each other; readers of screens read them one by one."""
        columns = self.word.add_section(WD_SECTION.CONTINUOUS)._sectPr.find(qn("w:cols"))
        columns.set(qn("w:num"), str(count))

    # -- blocks ------------------------------------------------------------------------------------------

    def _heading(self, text: str, level: int) -> None:
        heading = self.word.add_heading(_clean(text), level)
        if self.size == _SMALL:
            heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(4), Pt(0)
            for run in heading.runs:
                run.font.size = Pt(_BOARD_HEADINGS.get(level, _BOARD_HEADINGS[2]))

    def _paragraph(self, text: str, *, style: str = "Normal", colour: str = "", bold: bool = False) -> Any:
        paragraph = self.word.add_paragraph(style=style)
        self._run(paragraph, text, size=self.size, colour=colour, bold=bold)
        if self.size == _SMALL:
            self._tight(paragraph)
        return paragraph

    def _lead(self, first: str, rest: str, *, colour: str) -> None:
        """A line that begins with what counts."""
        paragraph = self.word.add_paragraph(style="List Bullet")
        self._run(paragraph, first, size=self.size + 1, colour=colour, bold=True)
        self._run(paragraph, f" {rest}", size=self.size)
        self._tight(paragraph)

    def _tight(self, paragraph: Any) -> None:
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1)

    def _run(self, paragraph: Any, text: str, *, size: float, colour: str = "", bold: bool = False) -> None:
        run = paragraph.add_run(_clean(text))
        run.font.size = Pt(size)
        run.bold = bold or None
        if colour:
            run.font.color.rgb = RGBColor.from_string(colour)

    def _picture(self, block: Picture, *, narrow: bool) -> None:
        self._caption(block.caption)
        width = Cm(_NARROW if narrow else _WIDE)
        made = self.word.add_picture(io.BytesIO(png(block.svg)), width=width)
        described = made._inline.docPr
        described.set("descr", _clean(drawing.alternative(block.svg)))
        described.set("title", _clean(block.caption))
        if block.legend:
            # The colours of a legend are of no use without the picture: its words are.
            signs = self.word.add_paragraph()
            for sign in block.legend:
                signs.add_run().add_picture(io.BytesIO(png(sign.svg)), height=Cm(0.28))
                signs.runs[-1]._r.find(".//{*}docPr").set("descr", sign.label)
                self._run(signs, f" {sign.label}   ", size=self.size - 1)
            self._tight(signs)
        if block.note:
            self._paragraph(block.note, colour=_GREY)

    def _caption(self, text: str) -> None:
        self.word.add_paragraph(_clean(text), style="Caption")

    def _table(self, block: Table) -> None:
        view = block.view
        if block.captioned:
            self._caption(view.caption)
        groups = block.groups or (("", view.rows),)
        count = 1 + sum(len(rows) + bool(title) for title, rows in groups)
        # python-docx finds a cell by counting all before it: all cells once is a hundred times as fast.
        table = self.word.add_table(rows=count, cols=len(view.columns), style="Table Grid")
        self._describe(table, view.caption)
        rows = list(table._tbl.tr_lst)
        self._header(rows[0], [column.header for column in view.columns])
        position = 1
        for title, group in groups:
            if title:
                self._title(rows[position], title, len(view.columns))
                position += 1
            for cells in group:
                last = block.total and cells is group[-1]
                self._fill(rows[position], cells, view.columns, bold=last)
                position += 1
        for row in rows:
            self._property(row.get_or_add_trPr(), "w:cantSplit")
        # A table may not touch the next one: Word would make one of them.
        self._tight(self.word.add_paragraph())

    def _describe(self, table: Any, caption: str) -> None:

        table.autofit = True
        for name in ("w:tblCaption", "w:tblDescription"):
            told = OxmlElement(name)
            told.set(qn("w:val"), _clean(caption))
            table._tbl.tblPr.append(told)

    def _header(self, row: Any, names: Sequence[str]) -> None:
        self._property(row.get_or_add_trPr(), "w:tblHeader")
        for cell, name in zip(row.tc_lst, names, strict=True):
            self._write(cell, name, numeric=False, bold=True, colour=_MAIN)

    def _title(self, row: Any, title: str, columns: int) -> None:
        """Write one cell over the whole width."""
        first, *others = row.tc_lst
        for cell in others:
            row.remove(cell)
        first.grid_span = columns
        self._write(first, title, numeric=False, bold=True, colour=_MAIN)

    def _fill(self, row: Any, cells: Sequence[Cell], columns: Sequence[Column], *, bold: bool) -> None:
        for place, cell, column in zip(row.tc_lst, cells, columns, strict=True):
            colour = _COLOURS.get(cell.kind, "") if isinstance(cell, Mark) else ""
            if isinstance(cell, Spread) and cell.muted:
                colour = _GREY
            text = shown(cell, self.document.language)
            self._write(
                place, text, numeric=column.numeric, bold=bold or bool(colour == _LOSS), colour=colour
            )

    def _write(self, cell: Any, text: str, *, numeric: bool, bold: bool, colour: str) -> None:
        paragraph = WordParagraph(cell.p_lst[0], self.word)
        paragraph.paragraph_format.space_after = Pt(0)
        if numeric:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self._run(paragraph, text, size=_TABLE, colour=colour, bold=bold)

    def _property(self, properties: Any, name: str) -> None:
        properties.append(OxmlElement(name))


def png(svg: str) -> bytes:
    """Return a picture as dots, for forms that cannot hold a drawing; with the letters Typst brings itself."""
    made: bytes = typst.compile(
        b"#set page(width: auto, height: auto, margin: 0pt)\n"
        b'#image(bytes(sys.inputs.svg), format: "svg", width: float(sys.inputs.width) * 1pt)',
        format="png",
        ppi=_DOTS,
        ignore_system_fonts=True,
        sys_inputs={"svg": drawing.standalone(svg), "width": "20" if "aria-hidden" in svg else "520"},
    )
    return made
