"""The report of a session, as the same tree of blocks as the report of a run: facts apart from opinions.

What the model says, what participants said per role, arguments, agreements, what stays open, and what was done with it.
Nothing in it leads to one person: it is made from an `Outcome`, which holds no answers.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence

from zorgstroom.reporting.blocks import Block, Bullets, Chapter, Document, Paragraph, Part, Section, Table
from zorgstroom.reporting.forms import Form, require
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.rendering import joined, render, with_interval
from zorgstroom.reporting.views import Cell, Column, Number, TableView, Views, translator
from zorgstroom.text import Language
from zorgstroom.text.numbers import date, number
from zorgstroom.workshop.documents import (
    ASKING,
    GroupResult,
    Lever,
    Note,
    NoteKind,
    Outcome,
    Step,
    StepResults,
)
from zorgstroom.workshop.facts import fact
from zorgstroom.workshop.results import options_of

#: Rows of the summary of a scenario, and combinations that were sent in most.
FACTS, COMBINATIONS = 8, 10
_ARGUMENTS: tuple[NoteKind, ...] = ("for", "against", "question")


def render_session(form: Form, outcome: Outcome, impacts: Mapping[str, Impact], language: Language) -> bytes:
    """Return the report of a session as a file; `impacts`: of the scenarios that are calculated, by their id.

    Raises `MissingExtra` for a form that needs a library that is not installed.
    """
    require(form)
    made = SessionReport(outcome, impacts, language)
    if form == "xlsx":
        from zorgstroom.reporting.excel import tables_xlsx  # noqa: PLC0415

        return tables_xlsx(outcome.plan.name, made.tables(), language, confidential=made.confidential)
    document = made.document()
    if form == "docx":
        from zorgstroom.reporting.word import write_docx  # noqa: PLC0415

        return write_docx(document)
    if form == "pdf":
        from zorgstroom.reporting.pdf import write_pdf  # noqa: PLC0415

        return write_pdf(document)
    from zorgstroom.reporting.html import write_html  # noqa: PLC0415

    return write_html(document).encode()


class SessionReport:
    """What the report of one session holds, in one language."""

    def __init__(self, outcome: Outcome, impacts: Mapping[str, Impact], language: Language) -> None:
        self.outcome, self.impacts, self.language = outcome, impacts, language
        self.text = translator(language)
        self.confidential = any(impact.identity.confidential for impact in impacts.values())

    def document(self) -> Document:
        """Return the report as a tree."""
        text, plan = self.text, self.outcome.plan
        parts = (
            ("facts", self._facts()),
            ("poll", self._poll()),
            ("arguments", self._arguments()),
            ("agreements", self._notes("agreement")),
            ("open", self._notes("open")),
            ("feedback", self._feedback()),
        )
        chapters = [
            Chapter(tuple(sections), text(f"workshop.report.{name}"), text(f"workshop.report.{name}.help"))
            for name, sections in parts
        ]
        honest = [text("workshop.no_decision"), text("report.honest")]
        if any(impact.identity.synthetic for impact in self.impacts.values()):
            honest.append(text("report.honest_synthetic"))
        if self.outcome.rehearsal:
            honest.insert(0, text("workshop.rehearsal_note"))
        return Document(
            language=self.language,
            title=plan.name,
            kind=text("workshop.report.title"),
            description="",
            honest=tuple(honest),
            facts=self._identity(),
            status=text("workshop.rehearsal") if self.outcome.rehearsal else text("workshop.report.status"),
            confidential=text("report.confidential") if self.confidential else "",
            confidential_note=text("report.confidential_note") if self.confidential else "",
            attribution=self._attribution(),
            created=dt.datetime.combine(plan.date, dt.time(12), dt.UTC),
            parts=(Part("full", text("workshop.report.title"), tuple(chapters)),),
        )

    def tables(self) -> list[TableView]:
        """Return every table of the report, as sheets of a workbook."""
        return [
            self._about(),
            *(
                self._headline(name, self.impacts[name])
                for name in self.outcome.plan.scenarios
                if name in self.impacts
            ),
            *(
                table
                for step, result in self._asked()
                for table in (*self.tables_of(step, result), *self._worries(step, result))
            ),
            self._note_table(("for", "against", "question", "agreement", "open"), "notes"),
            self._feedback_table(),
        ]

    # -- the session -------------------------------------------------------------------------------------

    def _identity(self) -> str:
        plan = self.outcome.plan
        return self.text(
            "workshop.report.identity",
            date=date(plan.date, self.language),
            participants=number(self.outcome.participants, self.language),
            code=self.outcome.code,
        )

    def _attribution(self) -> str:
        for impact in self.impacts.values():
            return Views(impact, self.language).attribution()
        return self.text("workshop.report.no_model")

    def _about(self) -> TableView:
        outcome, text = self.outcome, self.text
        rows: list[tuple[Cell, ...]] = [
            (text("workshop.column.name"), outcome.plan.name),
            (text("workshop.column.date"), date(outcome.plan.date, self.language)),
            (text("workshop.column.code"), outcome.code),
            (text("workshop.column.participants"), number(outcome.participants, self.language)),
            *((self.roles(group), number(group.count, self.language)) for group in outcome.roles),
            (text("workshop.column.remark"), text("workshop.no_decision")),
        ]
        if outcome.rehearsal:
            rows.append((text("workshop.column.remark"), text("workshop.rehearsal_note")))
        return self._view(
            "session",
            self.text("workshop.sheet.session"),
            ("item", "value"),
            rows,
            text("workshop.report.title"),
        )

    # -- facts -------------------------------------------------------------------------------------------

    def _facts(self) -> list[Section]:
        sections = []
        for scenario in self.outcome.plan.scenarios:
            impact = self.impacts.get(scenario)
            name = self.scenario_name(scenario)
            if impact is None:
                sections.append(Section(name, (Paragraph(self.text("workshop.report.not_calculated")),)))
                continue
            identity = impact.identity
            lines = tuple(render(line, self.language, impact.names) for line in impact.summary)
            origin = self.text(
                "workshop.report.origin",
                address=f"/impact?s={scenario}&run={identity.run_id}",
                calculation=identity.run_id,
                model=identity.model_version,
                dataset=f"{identity.dataset_id} {identity.dataset_version}",
                years=number(identity.replications, self.language),
            )
            table = Table(f"facts-{scenario[:8]}", self._headline(scenario, impact), captioned=False)
            sections.append(Section(name, (Bullets(lines), table, Paragraph(origin, "note"))))
        return sections or [self._nothing("facts")]

    def _headline(self, scenario: str, impact: Impact) -> TableView:
        view = Views(impact, self.language).headline()
        # Who is in a session reads what it is about; the whole table is at the address.
        kept = [index for index, column in enumerate(view.columns) if column.id != "agreed"]
        number_of = self.outcome.plan.scenarios.index(scenario) + 1
        return TableView(
            f"facts{number_of}",
            self.text("workshop.sheet.facts", n=number_of),
            self.scenario_name(scenario),
            tuple(view.columns[index] for index in kept),
            tuple(tuple(row[index] for index in kept) for row in view.rows[:FACTS]),
        )

    # -- what participants said ----------------------------------------------------------------------------

    def _asked(self) -> list[tuple[Step, StepResults]]:
        found = {result.step: result for result in self.outcome.results}
        return [
            (step, found[step.id])
            for step in self.outcome.plan.steps
            if step.kind in ASKING and step.id in found
        ]

    def _poll(self) -> list[Section]:
        sections = []
        for step, result in self._asked():
            blocks: list[Block] = []
            if step.text:
                blocks.append(Paragraph(step.text))
            blocks.append(Paragraph(self._answers(result), "note"))
            blocks += [Table(view.id, view) for view in self.tables_of(step, result) if view.rows]
            if step.kind == "number":
                blocks += [Paragraph(line, "strong") for line in self.model_answer(step)]
            if result.worries:
                blocks += [Paragraph(self.text("workshop.worries"), "strong"), Bullets(tuple(result.worries))]
            sections.append(Section(step.title, tuple(blocks)))
        return sections or [self._nothing("poll")]

    def _answers(self, result: StepResults) -> str:
        one = ".one" if result.answers == 1 else ""
        return self.text(f"workshop.answers{one}", n=number(result.answers, self.language))

    def model_answer(self, step: Step) -> list[str]:
        """Return what the model says to the question of a step; nothing where it says nothing."""
        scenario = step.scenario or next(iter(self.outcome.plan.scenarios), None)
        impact = self.impacts.get(scenario or "")
        found = fact(impact, step.indicator, self.language) if impact and step.indicator else None
        if found is None:
            return []
        value = with_interval(found.value, self.language, found.decimals, is_signed=True)
        return [self.text("workshop.model_says", label=found.label, value=value, unit=found.unit)]

    def tables_of(self, step: Step, result: StepResults) -> list[TableView]:
        """Return what came out of one step."""
        if step.kind == "number":
            made = [self._numbers(step, result)]
        elif step.kind == "levers":
            made = [self._levers(step, result), self._sent_in(step, result)]
        else:
            made = [self._ranking(step, result)]
        return [*made, *self._hands(step)]

    def _numbers(self, step: Step, result: StepResults) -> TableView:
        everyone = (
            self.text("workshop.everyone"),
            Number(result.answers),
            *(
                None if value is None else Number(value, _decimals(value))
                for value in (
                    result.numbers[0] if result.numbers else None,
                    result.everyone.middle,
                    result.numbers[-1] if result.numbers else None,
                )
            ),
        )
        rows: list[tuple[Cell, ...]] = [everyone] if result.answers else []
        # The lowest and the highest of a small group would be somebody's answer.
        rows += [
            (
                self.roles(group),
                Number(group.count),
                None,
                None if group.middle is None else Number(group.middle, _decimals(group.middle)),
                None,
            )
            for group in result.groups
        ]
        columns = ("role", "#count", "#lowest", "#middle", "#highest")
        return self._view(f"step-{step.id}", self._sheet(step), columns, rows, step.title)

    def _ranking(self, step: Step, result: StepResults) -> TableView:
        plan, text = self.outcome.plan, self.text
        options = options_of(step, [self.scenario_name(scenario) for scenario in plan.scenarios])
        headings = [
            Column("option", text("workshop.column.option")),
            Column("firsts", text("workshop.column.firsts"), numeric=True),
            Column("points", text("workshop.column.points"), numeric=True),
            *(
                Column(
                    f"group{index}",
                    text("workshop.column.points_of", group=self._counted(group)),
                    numeric=True,
                )
                for index, group in enumerate(result.groups)
            ),
        ]
        rows: list[tuple[Cell, ...]] = []
        if result.everyone.points:
            order = sorted(range(len(options)), key=lambda option: -result.everyone.points[option])
            rows = [
                (
                    options[option],
                    Number(result.everyone.firsts[option]),
                    Number(result.everyone.points[option]),
                    *(Number(group.points[option]) for group in result.groups),
                )
                for option in order
            ]
        caption = text("workshop.ranking.caption", title=step.title)
        return TableView(f"step-{step.id}", self._sheet(step), caption, tuple(headings), tuple(rows))

    def _levers(self, step: Step, result: StepResults) -> TableView:
        levers = {lever.key: lever for lever in self.outcome.plan.levers}
        rows: list[tuple[Cell, ...]] = [
            (
                levers[line.lever].label,
                *(_label(levers[line.lever], at) for at in (line.lowest, line.middle, line.highest)),
                Number(line.untouched),
            )
            for line in result.levers
            if line.lever in levers
        ]
        columns = ("lever", "lowest", "middle", "highest", "#untouched")
        return self._view(
            f"step-{step.id}",
            self._sheet(step),
            columns,
            rows,
            self.text("workshop.levers.caption", title=step.title),
        )

    def _sent_in(self, step: Step, result: StepResults) -> TableView:
        levers = self.outcome.plan.levers
        rows: list[tuple[Cell, ...]] = []
        for key, times in result.combinations[:COMBINATIONS]:
            labels = [
                f"{lever.label}: {_label(lever, at)}"
                for lever, at in zip(levers, _positions(key), strict=False)
            ]
            known = self.outcome.combinations.get(key)
            address = f"/impact?s={known.scenario_id}" if known and known.scenario_id else None
            rows.append(("; ".join(labels), Number(times), address))
        return self._view(
            f"sent-{step.id}",
            self._sheet(step, "b"),
            ("combination", "#count", "address"),
            rows,
            self.text("workshop.combinations.caption", title=step.title),
        )

    def _hands(self, step: Step) -> list[TableView]:
        counted = next((hands for hands in self.outcome.hands if hands.step == step.id), None)
        if counted is None:
            return []
        names = [self.scenario_name(scenario) for scenario in self.outcome.plan.scenarios]
        rows: list[tuple[Cell, ...]] = [
            (option, Number(times))
            for option, times in zip(options_of(step, names), counted.counts, strict=False)
        ]
        caption = self.text("workshop.hands.caption", title=step.title)
        return [self._view(f"hands-{step.id}", self._sheet(step, "c"), ("option", "#hands"), rows, caption)]

    def _worries(self, step: Step, result: StepResults) -> list[TableView]:
        """Return the worries as a table, for a workbook; on a page they are a list."""
        rows: list[tuple[Cell, ...]] = [(worry,) for worry in result.worries]
        caption = self.text("workshop.worries.caption", title=step.title)
        return (
            [self._view(f"worries-{step.id}", self._sheet(step, "d"), ("worry",), rows, caption)]
            if rows
            else []
        )

    # -- notes and feedback ----------------------------------------------------------------------------------

    def _arguments(self) -> list[Section]:
        sections = []
        for kind in _ARGUMENTS:
            if said := tuple(note.text for note in self._of(kind)):
                sections.append(Section(self.text(f"workshop.note.{kind}"), (Bullets(said),)))
        return sections or [self._nothing("arguments")]

    def _notes(self, kind: NoteKind) -> list[Section]:
        view = self._note_table((kind,), kind)
        if not view.rows:
            return [self._nothing("agreements" if kind == "agreement" else kind)]
        return [Section(view.caption, (Table(view.id, view, captioned=False),))]

    def _note_table(self, kinds: Sequence[NoteKind], name: str) -> TableView:
        titles = {step.id: step.title for step in self.outcome.plan.steps}
        rows: list[tuple[Cell, ...]] = [
            (note.text, self.text(f"workshop.note.{note.kind}"), note.responsible, titles.get(note.step, ""))
            for kind in kinds
            for note in self._of(kind)
        ]
        caption = self.text(f"workshop.notes.{name}")
        return self._view(
            f"notes-{name}",
            self.text("workshop.sheet.notes"),
            ("note", "kind", "responsible", "step"),
            rows,
            caption,
        )

    def _of(self, kind: NoteKind) -> Iterable[Note]:
        return (note for note in self.outcome.notes if note.kind == kind)

    def _feedback(self) -> list[Section]:
        view = self._feedback_table()
        if not view.rows:
            return [self._nothing("feedback")]
        return [Section(self.text("workshop.feedback.caption"), (Table(view.id, view, captioned=False),))]

    def _feedback_table(self) -> TableView:
        given = {item.step: item for item in self.outcome.feedback}
        rows: list[tuple[Cell, ...]] = [
            (
                step.title,
                self.text(f"workshop.feedback.{given[step.id].status}"),
                given[step.id].reason,
            )
            for step in self.outcome.plan.steps
            if step.id in given
        ]
        caption = self.text("workshop.feedback.caption")
        return self._view(
            "feedback", self.text("workshop.sheet.feedback"), ("question", "status", "reason"), rows, caption
        )

    # -- words ------------------------------------------------------------------------------------------------

    def scenario_name(self, scenario: str) -> str:
        """Return the name of a scenario of the session."""
        impact = self.impacts.get(scenario)
        return self.outcome.names.get(scenario) or (impact.name if impact else scenario[:12])

    def roles(self, group: GroupResult) -> str:
        """Return the roles of a group, and that they were merged."""
        if not group.roles:
            return self.text("workshop.everyone")
        names = [self.text(f"workshop.role.{role}") for role in group.roles]
        together = joined(names, self.language)
        return self.text("workshop.merged", roles=together) if len(names) > 1 else together

    def _counted(self, group: GroupResult) -> str:
        return f"{self.roles(group)} ({number(group.count, self.language)})"

    def _nothing(self, name: str) -> Section:
        title = self.text(f"workshop.report.{name}.none.title")
        return Section(title, (Paragraph(self.text(f"workshop.report.{name}.none")),))

    def _view(
        self, name: str, sheet: str, columns: Sequence[str], rows: Sequence[tuple[Cell, ...]], caption: str
    ) -> TableView:
        """Return a table; a column with ``#`` holds numbers."""
        made = tuple(
            Column(
                column.lstrip("#"),
                self.text(f"workshop.column.{column.lstrip('#')}"),
                numeric=column.startswith("#"),
            )
            for column in columns
        )
        return TableView(name, sheet, caption, made, tuple(rows))

    def _sheet(self, step: Step, part: str = "") -> str:
        """Return the name of a sheet: Excel takes 31 characters, and not all of them."""
        place = f"{self.outcome.plan.steps.index(step) + 1}{part} "
        return place + re.sub(r"[\[\]:*?/\\\x00-\x1f']", " ", step.title)[: 31 - len(place)].strip()


def _positions(key: str) -> list[int]:
    return [int(part) for part in key.split("-") if part.isdigit()]


def _label(lever: Lever, position: int | None) -> str | None:
    if position is None or not 0 <= position < len(lever.options):
        return None
    return lever.options[position].label


def _decimals(value: float) -> int:
    return 0 if value == round(value) else 1
