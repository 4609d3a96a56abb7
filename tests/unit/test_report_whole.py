"""The whole report: the board's page, a chapter per criterion and the annex, as page, Word, PDF and workbook."""

from __future__ import annotations

import io
import itertools
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import docx
import openpyxl
import pytest
import typst
from click.testing import CliRunner
from docx.oxml.ns import qn
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset import load_dataset
from zorgstroom.report_command import report_command
from zorgstroom.report_files import About
from zorgstroom.reporting import pdf, sections
from zorgstroom.reporting.answers import QUESTIONS, answers
from zorgstroom.reporting.blocks import Bullets, Document, Paragraph, Picture, Table
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.contents import Contents
from zorgstroom.reporting.excel import render_xlsx
from zorgstroom.reporting.forms import FORMS, render_form
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.impact import Estimate, Impact, Section, SectionColumn, TextRef
from zorgstroom.reporting.options import PARTS, Options
from zorgstroom.reporting.rendering import cited, render
from zorgstroom.reporting.report import build_report
from zorgstroom.reporting.views import Spread, Views, shown
from zorgstroom.text import LANGUAGES, Language, catalogue

pytestmark = pytest.mark.unit

#: Means something in HTML, Typst, Word, Excel and a text of the catalogue.
NASTY = '<b>&#x41;</b> #panic("x") $x$ \\ "q" \' ]] {0} {name} %s =1+1 \x07 \u202e 你好 😀 @import ~ `code` *vet* _x_'


def sample(**changes: object) -> Impact:
    made = build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )
    return made.model_copy(update=changes)


def nasty() -> Impact:
    impact = sample(name=NASTY, description=NASTY)
    locations = [row.model_copy(update={"name": NASTY}) for row in impact.locations]
    names = {name: dict.fromkeys(LANGUAGES, NASTY) for name in impact.names}
    return impact.model_copy(update={"locations": locations, "names": names})


def headings(document: Document) -> list[str]:
    found = [document.title]
    for part in document.parts:
        for chapter in part.chapters:
            found += [chapter.title] if chapter.title else []
            found += [section.title for section in chapter.sections]
    return found


def blocks(document: Document) -> Iterator[object]:
    for part in document.parts:
        for chapter in part.chapters:
            for section in chapter.sections:
                yield from section.blocks


def pdf_objects(content: bytes) -> bytes:
    """Return the file with everything that is packed in it unpacked, to look for structure in."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    unpacked = []
    for part in packed:
        try:
            unpacked.append(zlib.decompress(part))
        except zlib.error:
            continue
    return b"\n".join([content, *unpacked])


def texts(document: Document) -> list[str]:
    """Return all words of a report outside its tables."""
    found = []
    for block in blocks(document):
        if isinstance(block, Paragraph):
            found.append(block.text)
        elif isinstance(block, Bullets):
            found += block.items
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_report_exists_in_its_language(language: Language) -> None:
    document = build_report(sample(), language)
    told = [*headings(document), *texts(document)]
    told += [
        str(cell) for block in blocks(document) if isinstance(block, Table) for cell in block.view.rows[0]
    ]
    told += [
        column.header
        for block in blocks(document)
        if isinstance(block, Table)
        for column in block.view.columns
    ]
    assert [text for text in told if re.match(r"(report|unit|robust|indicator)\.[a-z_.]+$", text)] == []


def test_parts_are_those_asked_for_and_the_criteria_head_the_full_report() -> None:
    whole = build_report(sample(), "nl")
    assert [part.name for part in whole.parts] == list(PARTS)
    [full] = [part for part in whole.parts if part.name == "full"]
    assert [chapter.title for chapter in full.chapters][1:5] == [
        "Zorggebruik",
        "Herverdeling over de regio en profielen",
        "Inzet van personeel",
        "Vastgoed, capaciteit en geld",
    ]
    only = build_report(sample(), "nl", options=Options(parts=("annex",)))
    assert [part.name for part in only.parts] == ["annex"]


def test_the_board_sees_no_more_than_a_page_holds() -> None:
    [board] = build_report(sample(), "nl", options=Options(parts=("board",))).parts
    sections = {section.title: section for chapter in board.chapters for section in chapter.sections}
    tables = [block for section in sections.values() for block in section.blocks if isinstance(block, Table)]
    effect, hospitals, areas = tables
    assert 8 <= len(effect.view.rows) <= 10
    headers = [column.id for column in effect.view.columns]
    assert headers == ["indicator", "baseline", "plan", "difference", "agreed", "verdict", "confidence"]
    # All together last: what leaves arrives.
    assert [str(table.view.rows[-1][0]) for table in (hospitals, areas)] == ["Samen", "Samen"]
    sent, received = (hospitals.view.rows[-1][index].value.mean for index in (1, 2))  # type: ignore[union-attr]
    assert sent == pytest.approx(received)
    for title, most in (("Wat verandert er", 3), ("In het kort", 5), ("Welke aannames tellen het meest", 3)):
        [lines] = [block for block in sections[title].blocks if isinstance(block, Bullets)]
        assert 1 <= len(lines.items) <= most
    assert any(isinstance(block, Picture) for section in sections.values() for block in section.blocks)


def test_board_page_is_one_page_even_for_a_long_plan() -> None:
    actions = [TextRef(key="report.warning.late_plan", params={"date": "lange tekst " * 20})] * 12
    long = sample(actions=actions, warnings=actions)
    data = pdf.as_data(build_report(long, "nl", options=Options(parts=("board",))))
    content = pdf.write_pdf(build_report(long, "nl", options=Options(parts=("board",))))
    assert len(data["parts"]) == 1
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf_objects(content))) == 1


def test_every_question_of_the_board_has_an_answer() -> None:
    found = answers(sample())
    assert list(found) == list(QUESTIONS)
    assert all(found.values())
    assert found["far"][0].params["n"]["n"] == pytest.approx(18, abs=1)
    assert [line.key for line in found["staff"]] == ["report.answer.staff.none"]
    answered = Section(
        id="staff",
        criterion="staff",
        columns=[SectionColumn(id="location")],
        rows=[["NOORD"]],
        sentences=[TextRef(key="report.answer.far.nobody"), TextRef(key="report.no_actions")],
    )
    nobody = TextRef(key="report.answer.far.nobody")
    told = answers(sample(sections=[answered]))["staff"]
    assert told == [nobody, TextRef(key="report.answer.staff.one_year")]
    # With a table per year the first year and the last are told.
    years = Section(
        id="years",
        criterion="redistribution",
        columns=[
            SectionColumn(id="year"),
            SectionColumn(id="years_side"),
            SectionColumn(id="years_staff_fte"),
        ],
        rows=[
            [float(year), TextRef(key=f"report.column.{side}"), Estimate(mean=change)]
            for year, change in ((1, 2.0), (2, 4.0), (5, 7.0))
            for side in ("baseline", "difference")
        ],
    )
    first, course = answers(sample(sections=[answered, years]))["staff"]
    assert (first, course.key) == (nobody, "report.answer.staff.years")
    assert [course.params[name][part] for name, part in (("first", "mean"), ("last", "mean"))] == [2.0, 7.0]
    assert course.params["last_year"]["n"] == 5


def test_what_a_part_of_the_analysis_brings_is_in_its_chapter_in_every_form() -> None:
    brought = Section(
        id="bands",
        criterion="staff",
        columns=[SectionColumn(id="location"), SectionColumn(id="patients", kind="difference", decimals=1)],
        rows=[["NOORD", Estimate(mean=2.0, low=1.0, high=3.0)], [TextRef(key="report.board.total"), None]],
        sentences=[TextRef(key="report.answer.far.nobody")],
        assumptions=["A-013"],
        sources=["Bron X"],
    )
    impact = sample(sections=[brought])
    document = build_report(impact, "nl")
    [chapter] = [
        chapter
        for part in document.parts
        for chapter in part.chapters
        if chapter.title == "Inzet van personeel"
    ]
    [section] = chapter.sections
    [table] = [block for block in section.blocks if isinstance(block, Table)]
    assert table.view.rows[0][0] == impact.names["NOORD"]["nl"]
    origin = [block.text for block in section.blocks if isinstance(block, Paragraph)][-1]
    assert "A-013" in origin
    assert "Bron X" in origin
    page = render_html(impact, "nl")
    assert "+2,0 <small>1,0 tot 3,0</small>" in page


def test_what_the_report_holds_is_not_listed_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    money = Section(
        id="finance", criterion="real_estate", columns=[SectionColumn(id="location")], rows=[["NOORD"]]
    )
    missing = {}
    for name, brought in (("without", []), ("with", [money])):
        monkeypatch.setattr(sections, "CONTRIBUTORS", (lambda _, found=tuple(brought): found,))
        missing[name] = {line.key for line in sample().limits}
    assert missing["without"] - missing["with"] == {"report.limit.money"}
    assert missing["with"] - missing["without"] == {"report.limit.money_partly"}


@pytest.mark.parametrize("form", FORMS)
def test_equal_results_give_equal_bytes(form: str) -> None:
    [chosen] = [known for known in FORMS if known == form]
    manifest = {"run_id": "3f9a1c", "settings": {"seed": 1}, "packages": {"numpy": "2"}}
    first = render_form(chosen, sample(), "nl", options=Options(status="vastgesteld"), manifest=manifest)
    again = render_form(chosen, sample(), "nl", options=Options(status="vastgesteld"), manifest=manifest)
    assert first == again
    assert first != render_form(chosen, sample(), "en", manifest=manifest)


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_has_headings_languages_repeated_heads_and_words_for_pictures(language: Language) -> None:
    impact = sample()
    word = docx.Document(io.BytesIO(render_form("docx", impact, language)))
    levels = [
        int(str(line.style.name)[-1])
        for line in word.paragraphs
        if line.style and "Heading" in str(line.style.name)
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    titled = [line.text for line in word.paragraphs if line.style and "Heading" in str(line.style.name)]
    assert titled == headings(build_report(impact, language))
    properties = word.core_properties
    tag = {"nl": "nl-NL", "en": "en-GB"}[language]
    assert (properties.title, properties.language) == (impact.name, tag)
    assert properties.created == properties.modified
    defaults = word.styles.element.find(qn("w:docDefaults"))
    assert {found.get(qn("w:val")) for found in defaults.iter(qn("w:lang"))} == {tag}
    assert len(word.tables) > 10
    for table in word.tables:
        first = table._tbl.tr_lst[0]
        assert first.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        assert table._tbl.tblPr.find(qn("w:tblCaption")) is not None
    assert len(word.inline_shapes) > 3
    assert all(shape._inline.docPr.get("descr") for shape in word.inline_shapes)
    footer = word.sections[0].footer._element.xml
    assert "NUMPAGES" in footer


@pytest.mark.parametrize("language", LANGUAGES)
def test_pdf_is_tagged_with_title_language_headings_and_words_for_pictures(language: Language) -> None:
    found = pdf_objects(render_form("pdf", sample(), language))
    assert b"pdfuaid:part" in found
    assert re.search(rb"/MarkInfo\s*<<[^>]*/Marked\s+true", found)
    assert re.search(rb"/Lang\s*\(" + language.encode(), found)
    assert re.search(rb"/DisplayDocTitle\s+true", found)
    for tag in (b"/H1", b"/H2", b"/H3", b"/TH", b"/TD", b"/Figure", b"/LI", b"/Caption"):
        assert re.search(rb"/S\s*" + tag + rb"\b", found), tag
    pictures = len(re.findall(rb"/S\s*/Figure\b", found))
    assert pictures >= 3
    assert len(re.findall(rb"/Alt\s*[(<]", found)) >= pictures
    assert b"/ModDate" not in found


def test_words_of_a_plan_are_never_read_as_a_language_of_a_form() -> None:
    impact = nasty()
    page = render_html(impact, "nl")
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    word = docx.Document(io.BytesIO(render_form("docx", impact, "nl")))
    assert word.core_properties.title == NASTY.replace("\x07", " ")
    assert word.paragraphs[1].text == NASTY.replace("\x07", " ")
    assert render_form("pdf", impact, "nl").startswith(b"%PDF-")
    workbook = openpyxl.load_workbook(io.BytesIO(render_form("xlsx", impact, "nl")))
    assert {cell.data_type for sheet in workbook for row in sheet.iter_rows() for cell in row} <= {
        "s",
        "n",
        "d",
    }


def test_a_letter_no_font_has_becomes_a_box_and_others_stay() -> None:
    document = build_report(
        sample(name="Zorg in 你好, Súdwest-Fryslân"), "nl", options=Options(parts=("board",))
    )
    content = pdf_objects(pdf.write_pdf(document))
    # The title is in the properties of the file as it is; other words are pictures of letters.
    assert "Zorg in \u25a1\u25a1, Súdwest-Fryslân".encode() in content


def test_a_mistake_of_the_template_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_template", lambda: b'#panic("template")')
    with pytest.raises(typst.TypstError, match="panic"):
        pdf.write_pdf(build_report(sample(), "nl", options=Options(parts=("board",))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_workbook_has_data_assumptions_dictionary_and_manifest(language: Language) -> None:
    manifest = {"run_id": "3f9a1c", "dataset": {"digest": "ab" * 32}, "packages": {"numpy": "2.0"}}
    workbook = openpyxl.load_workbook(io.BytesIO(render_xlsx(sample(), language, manifest)))
    text = catalogue(language)
    for name in ("headline", "assumptions", "origin", "dictionary", "manifest"):
        assert text[f"report.sheet.{name}"] in workbook.sheetnames
    kept = {
        row[0].value: row[1].value for row in workbook[text["report.sheet.manifest"]].iter_rows(min_row=2)
    }
    assert kept == {"run_id": "3f9a1c", "dataset.digest": "ab" * 32, "packages.numpy": "2.0"}
    terms = [row[1].value for row in workbook[text["report.sheet.dictionary"]].iter_rows(min_row=2)]
    assert text["indicator.travel_mean"] in terms
    assert all(len(name) <= 31 for name in workbook.sheetnames)


#: Columns of tables that explain themselves or that no workbook has, and ends of a range.
SELF_EVIDENT = {"answer", "formula", "high", "low", "meaning", "question", "term", "text", "text_part"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_of_the_workbook_is_explained_in_words(language: Language) -> None:
    known = catalogue(language)
    columns = {name.split(".")[2] for name in known if re.fullmatch(r"report\.column\.\w+", name)}
    assert sorted(name for name in columns - SELF_EVIDENT if f"report.column.{name}.help" not in known) == []
    views = Views(sample(), language)
    explained = {(row[0], row[1]): str(row[2]) for row in views.dictionary().rows}
    shown = {(view.sheet, column.header) for view in views.all() if view.rows for column in view.columns}
    assert shown <= explained.keys()
    assert [place for place in shown if explained[place].rstrip(".") == place[1]] == []


def test_a_row_of_differences_under_columns_of_values_has_signs_and_percentage_points() -> None:
    columns = [
        SectionColumn(id="years_side"),
        SectionColumn(id="years_volume_at_norm", kind="spread", share=True, decimals=1),
    ]
    rows = [
        [TextRef(key=f"report.column.{side}"), Estimate(mean=0.006, low=low, high=0.009)]
        for side, low in (("plan", 0.003), ("difference", 0.003), ("difference", -0.001))
    ]
    table = Views(sample(), "nl").section(
        Section(id="years", criterion="redistribution", columns=columns, rows=rows)
    )
    found = [row[1] for row in table.rows]
    assert shown(found[0], "nl") == "0,6% (0,3 tot 0,9)"
    assert shown(found[1], "nl") == "+0,6 procentpunt (0,3 tot 0,9)"
    assert [cell.muted for cell in found if isinstance(cell, Spread)] == [False, False, True]


def test_what_chance_can_explain_is_no_large_number_and_no_direction() -> None:
    unclear = sample(summary=[TextRef(key="report.summary.travel_unclear", params={"far": "0"})])
    labels = {
        name: [tile.label for tile in Contents(impact, "nl", ()).tiles()]
        for name, impact in (("clear", sample()), ("unclear", unclear))
    }
    assert [label for label in labels["clear"] if label not in labels["unclear"]] == [
        "minuten extra reistijd voor hen, enkele reis"
    ]
    km = {"mean": 5358.0, "low": -5203.0, "high": 15920.0, "d": 0, "signed": True}
    told = render(TextRef(key="report.environment.unclear", params={"km": km}), "nl")
    assert "+5.358 (−5.203 tot 15.920) kilometer" in told


def test_a_source_that_is_none_is_said_in_the_language_of_the_reader() -> None:
    [nobody] = [source.title for source in load_dataset().sources if source.id == "assumption"]
    assert cited(f"DUCA; {nobody}", "nl") == f"DUCA; {nobody}"
    assert cited(f"DUCA; {nobody}", "en") == "DUCA; Assumption or general knowledge, without a public source"


def test_letters_of_the_boards_page_can_be_read() -> None:
    """The sample plan fits the page in letters of 8 points."""
    content = pdf_objects(pdf.write_pdf(build_report(sample(), "nl", options=Options(parts=("board",)))))
    sizes = {float(size) for size in re.findall(rb"/f\d+ ([\d.]+) Tf", content)}
    assert len(sizes) > 2
    assert min(sizes) >= 8


def test_every_table_names_its_file_and_every_figure_its_number_in_the_register() -> None:
    views = Views(sample(), "nl")
    shown = {view.caption for view in views.all() if view.rows}
    origin = views.origin()
    assert {row[0] for row in origin.rows} == shown
    assert all(re.fullmatch(r"([a-z]+\.(parquet|json)(, )?)+", str(row[2])) for row in origin.rows)
    figures = views.assumptions()
    numbers = [str(row[-1]) for row in figures.rows]
    assert numbers
    assert all(re.fullmatch(r"A-\d{3}(/.+)?", number) for number in numbers), numbers


# -- the command -----------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "uitkomst"
    made.mkdir()
    (made / "impact.json").write_text(sample().model_dump_json(), "utf-8")
    (made / "manifest.json").write_text('{"run_id": "3f9a1c", "settings": {"seed": 1}}', "utf-8")
    return made


def asked(*arguments: object) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(report_command, [str(argument) for argument in arguments])
    return result.exit_code, result.output, result.exception


def test_one_command_gives_four_forms_and_again_the_same(folder: Path, tmp_path: Path) -> None:
    names = {"report.html", "report.docx", "report.pdf", "report.xlsx", "report.json"}
    for out in ("a", "b"):
        code, _, error = asked(folder, "--out", tmp_path / out, "--parts", "board", "--language", "en")
        assert (code, error) == (0, None)
    written = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert set(written) == names
    assert written == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    about = About.model_validate_json(written["report.json"])
    assert (about.run_id, about.language, about.parts, about.status) == (
        "3f9a1c",
        "en",
        ("board",),
        "concept",
    )
    assert set(about.files) == names - {"report.json"}
    assert b"draft" in written["report.html"]


def test_report_of_confidential_figures_says_so_in_its_name(folder: Path, tmp_path: Path) -> None:
    marked = sample(identity=sample_result.identity(confidential=True))
    (folder / "impact.json").write_text(marked.model_dump_json(), "utf-8")
    assert asked(folder, "--format", "html", "--out", tmp_path / "a")[0] == 0
    assert (tmp_path / "a" / "report-vertrouwelijk.html").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--format", "word"], "word bestaat niet. Mogelijk: html, docx, pdf, xlsx."),
        (["--format", "pfd"], "Bedoelt u pdf?"),
        (["--format", " , "], "Noem er minstens een."),
        (["--parts", "bord"], "Bedoelt u board?"),
        (["--address", "javascript:alert(1)"], "http:// of https://"),
        (["--address", "https://x/\nTweede regel"], "http:// of https://"),
    ],
)
def test_nonsense_is_refused_before_anything_is_written(
    folder: Path, tmp_path: Path, arguments: list[str], expected: str
) -> None:
    code, _, error = asked(folder, *arguments, "--out", tmp_path / "out")
    assert code == 1
    assert expected in str(error.message("nl"))  # type: ignore[union-attr]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_result_or_two_halves_is_refused(folder: Path, tmp_path: Path) -> None:
    _, _, error = asked(tmp_path / "niets")
    assert "manifest.json" in str(error)
    (folder / "impact.json").write_text("{}", "utf-8")
    assert "impact.json" in str(asked(folder)[2])
    (folder / "impact.json").write_text(sample().model_dump_json(), "utf-8")
    (folder / "manifest.json").write_text('{"run_id": "een andere"}', "utf-8")
    assert "een andere" in str(asked(folder)[2])
    (folder / "manifest.json").write_text("[1]", "utf-8")
    assert "manifest.json" in str(asked(folder)[2])


def test_a_missing_library_is_named_and_nothing_is_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "docx", None)
    code, _, error = asked(folder, "--out", tmp_path / "out")
    assert code == 1
    assert 'pip install "zorgstroom[report]"' in str(error)
    assert not (tmp_path / "out").exists()
    assert asked(folder, "--format", "html", "--out", tmp_path / "out")[0] == 0
