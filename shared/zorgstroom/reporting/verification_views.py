"""The tables, charts and sentences of a verification in one language, for the page and for Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from zorgstroom.planning.targets import Use, Verdict
from zorgstroom.reporting.rendering import uncapitalised
from zorgstroom.reporting.svg import axis
from zorgstroom.reporting.verification import (
    NationalCheck,
    PublishedFigure,
    TheoryCheck,
    TrialCheck,
    Verification,
)
from zorgstroom.reporting.verification_charts import (
    Deviation,
    Prediction,
    deviation_chart,
    prediction_chart,
    symmetric_axis,
)
from zorgstroom.reporting.views import SHAPES, Cell, Column, Mark, Number, TableView, translator
from zorgstroom.text import Language, catalogue, translate
from zorgstroom.text.numbers import number, percent, signed

#: Axis of a chart of national figures never reaches further than this; what is beyond is in words.
WIDEST_NATIONAL = 0.4
#: Kind of subject in the order of the tables; the country first.
SUBJECT_KINDS = ("", "type", "roaz", "hospital", "other", "profile", "list")
#: Figures in the order a reader should doubt them: those the model aims at say least.
USES: tuple[Use, ...] = get_args(Use)
_MARKS: Mapping[Verdict, str] = {
    "fits": "meets",
    "does_not_fit": "fails",
    "may_be_chance": "near",
    "not_judged": "none",
}


class VerificationViews:
    """Everything a form of the verification shows, as cells and text."""

    def __init__(self, document: Verification, language: Language) -> None:
        self.document = document
        self.language = language
        self.text = translator(language)
        self.figures = {figure.id: figure for figure in document.figures}

    # Sentences

    def summary(self) -> list[str]:
        """Say what was tried and how much of it fits, in plain words."""
        document, lines = self.document, []
        if document.theory is not None:
            good = sum(line.accepted for line in document.theory)
            cases = len({line.case for line in document.theory})
            lines.append(self._counted("theory", good, len(document.theory), cases=cases))
        if document.invariants is not None:
            good = sum(not line.failures for line in document.invariants)
            tried = sum(line.comparisons for line in document.invariants)
            lines.append(
                self._counted("invariants", good, len(document.invariants), tried=self.number(tried))
            )
        if document.national is not None:
            lines += [self._national_counted(f"national.{use}", rows) for use, rows in self._published()]
            parts = [line for line in document.national if line.subject and self._of(line).published]
            kept = [line for line in document.national if not self._of(line).published]
            lines += [
                self._national_counted(part, rows)
                for part, rows in (("parts", parts), ("kept", kept))
                if rows
            ]
        if document.trial is not None:
            better = sum(map(_better, document.trial.lines))
            lines.append(self._counted("trial", better, len(document.trial.lines)))
        return lines

    def _published(self) -> list[tuple[Use, list[NationalCheck]]]:
        """Published figures by use; what is published per kind of care counts elsewhere."""
        found = []
        for use in USES:
            rows = [
                line for line in self.document.of_use(use) if not line.subject and self._of(line).published
            ]
            if rows:
                found.append((use, rows))
        return found

    def _of(self, line: NationalCheck) -> PublishedFigure:
        return self.figures[line.figure]

    def _counted(self, part: str, good: int, total: int, **params: object) -> str:
        return self.text(
            f"verification.summary.{part}", good=self.number(good), total=self.number(total), **params
        )

    def _national_counted(self, part: str, rows: Sequence[NationalCheck]) -> str:
        known = [line for line in rows if line.verdict != "not_judged"]
        good = sum(line.verdict == "fits" for line in known)
        chance = sum(line.verdict == "may_be_chance" for line in rows)
        unjudged = len(rows) - len(known)
        sentence = self._counted(part, good, len(known))
        if chance:
            sentence += " " + self.text("verification.summary.chance", n=self.number(chance))
        if unjudged:
            sentence += " " + self.text("verification.summary.not_judged", n=self.number(unjudged))
        return sentence

    def misfits(self) -> list[str]:
        """Name everything that does not fit, one sentence each; empty when all of it fits."""
        document = self.document
        lines = [
            self.text(
                "verification.misfit.theory",
                name=f"{self.case(line)}, {self.quantity(line)}",
                expected=self._theory_number(line, line.expected),
                observed=self._theory_number(line, line.observed),
                errors=self._errors(line),
            )
            for line in document.theory or ()
            if not line.accepted
        ]
        lines += [
            self.text(
                "verification.misfit.invariant", name=self.invariant(line.invariant), failure=line.failures[0]
            )
            for line in document.invariants or ()
            if line.failures
        ]
        for use in USES:
            lines += [
                self.text(
                    f"verification.misfit.{use}",
                    name=self.figure_name(line),
                    word=self.text(
                        f"verification.word.{'published' if self._of(line).published else 'wanted'}"
                    ),
                    known=self.figure_value(line.known),
                    model=self.figure_value(line.model),
                    deviation=self.deviation(line),
                    tolerance=self.tolerance(self.figures[line.figure]),
                )
                for line in document.off(use)
            ]
        return lines

    def unjudged_off(self) -> list[str]:
        """Name the figures that are shown but not judged, with how far they are off."""
        rows = [line for line in self.document.national or () if line.verdict == "not_judged"]
        return [f"{self.figure_name(line)}: {self.deviation(line)}" for line in rows]

    def facts(self) -> list[tuple[str, str]]:
        """Return what it was made with, as (what, value)."""
        made = self.document.made_with
        values = {
            "model_version": made.model_version,
            "dataset": f"{made.dataset} {made.dataset_version}",
            "dataset_digest": made.dataset_digest,
            "engine": made.engine,
            "seed": str(made.seed),
            "cases": made.cases,
            "replications": made.replications,
            "demand_year": made.demand_year,
            "weeks": made.weeks,
        }
        return [
            (self.text(f"verification.made.{name}"), str(value))
            for name, value in values.items()
            if value is not None
        ]

    # Tables

    def theory_table(self) -> TableView:
        """Return every quantity with its formula, expected and observed value, and verdict."""
        rows: list[tuple[Cell, ...]] = []
        for line in self.document.theory or ():
            low = self._theory_number(line, line.standard_error) if line.standard_error else "0"
            rows.append(
                (
                    f"{self.case(line)}: {self.quantity(line)}",
                    line.formula,
                    line.source,
                    self.unit(line.unit),
                    self._theory_number(line, line.expected),
                    f"{self._theory_number(line, line.observed)} ± {low}",
                    Number(line.replications),
                    self._errors(line),
                    self._mark("fits" if line.accepted else "does_not_fit"),
                )
            )
        columns = "case formula source unit expected:n observed:n replications:n errors:n verdict"
        return self._table("theory", columns, rows)

    def invariants_table(self) -> TableView:
        """Return every invariant with how often it was tried, and what shows a failure again."""
        rows: list[tuple[Cell, ...]] = [
            (
                self.invariant(line.invariant)
                + (f" ({self.text('verification.country')})" if line.country else ""),
                Number(line.cases),
                Number(line.comparisons),
                self._mark("does_not_fit" if line.failures else "fits"),
                "; ".join(line.failures) or None,
            )
            for line in self.document.invariants or ()
        ]
        return self._table("invariants", "invariant cases:n comparisons:n verdict failures", rows)

    def national_tables(self) -> list[TableView]:
        """Return the published figures beside the model's: the country, then a table per kind of subject."""
        tables = []
        for kind in SUBJECT_KINDS:
            lines = [line for line in self.document.national or () if line.subject_kind == kind]
            if lines:
                tables.append(self._national_table(kind, lines))
        return tables

    def _national_table(self, kind: str, lines: Sequence[NationalCheck]) -> TableView:
        rows: list[tuple[Cell, ...]] = []
        for line in lines:
            figure = self.figures[line.figure]
            cells: list[Cell] = [self.figure_name(line)]
            if kind not in ("profile", "list"):
                cells.append(self.unit(figure.unit))
            cells += [
                self.figure_value(line.known),
                self.figure_value(line.model),
                self._interval(line.low, line.high),
                self.deviation(line),
                self.tolerance(figure) or None,
                self.sample(figure) + (f" ({figure.used_for})" if figure.used_for else ""),
                self._mark(line.verdict),
            ]
            if kind not in ("profile", "list"):
                cells.append(f"{figure.source} ({figure.year})")
            rows.append(tuple(cells))
        long = "figure unit known:n model:n interval:n deviation:n tolerance:n sample verdict source"
        brief = "figure known:n model:n interval:n deviation:n tolerance:n sample verdict"
        columns = brief if kind in ("profile", "list") else long
        return self._table(f"national.{kind or 'country'}", columns, rows)

    def notes(self) -> list[tuple[str, str]]:
        """Return (name, note) of the published figures that have one: which was chosen, and why."""
        shown = {line.figure for line in self.document.national or ()}
        return [
            (self.name_of_figure(figure.id), figure.note)
            for figure in self.document.figures
            if figure.note and figure.id in shown
        ]

    def group_tables(self) -> list[TableView]:
        """Return what the model gives per hospital type and per ROAZ region: estimates, mostly without a yardstick."""
        tables = []
        for kind in ("type", "roaz"):
            rows: list[tuple[Cell, ...]] = [
                (
                    self.subject(line.group),
                    self._first(f"group.{line.figure}", default=line.figure),
                    self.unit(line.unit),
                    self.figure_value(line.model),
                    self._interval(line.low, line.high),
                    None if line.known is None else self.figure_value(line.known),
                    line.source or None,
                )
                for line in self.document.groups
                if line.kind == kind
            ]
            if rows:
                columns = "group figure unit model:n interval:n known:n source"
                tables.append(self._table(f"groups.{kind}", columns, rows))
        return tables

    def little_table(self) -> TableView:
        """Return Little's law on all queues and units of the national run, per kind."""
        rows: list[tuple[Cell, ...]] = [
            (
                self._pool(line.pool),
                Number(line.queues),
                Number(line.exact),
                Number(line.length, 1),
                Number(line.rate, 1),
                Number(line.wait, 2),
                signed(100 * line.difference, self.language, 1) + "%",
            )
            for line in self.document.little
        ]
        return self._table("little", "pool queues:n exact:n length:n rate:n wait:n difference:n", rows)

    def _pool(self, pool: str) -> str:
        if pool.startswith("line:"):
            return self.text("verification.line", pool=self._pool(pool.removeprefix("line:")))
        name = pool.replace(":", ".")
        return self._first(f"verification.pool.{name}", f"pool.{name}", default=pool)

    def _interval(self, low: float | None, high: float | None) -> str | None:
        if low is None or high is None:
            return None
        return self.text("report.range", low=self.figure_value(low), high=self.figure_value(high))

    def fit_table(self) -> TableView:
        """Return the shares that the calibration reproduces, per hospital type, ROAZ region and organisation."""
        rows: list[tuple[Cell, ...]] = [
            (
                self.text(f"verification.fit.{line.level}", name=self.subject(line.subject)),
                self.text(f"verification.fit.measure.{line.measure}"),
                percent(line.known, self.language, 1),
                percent(line.model, self.language, 1),
                signed(100 * line.deviation, self.language, 1) + "%",
                self._mark("fits" if line.fitted else "does_not_fit"),
            )
            for line in self.document.fit
        ]
        return self._table("fit", "share measure known:n model:n deviation:n verdict", rows)

    def trial_table(self) -> TableView:
        """Return per kind of figure and half how well what was held back is predicted."""
        groups: dict[tuple[str, int], list[TrialCheck]] = {}
        for line in self.document.trial.lines if self.document.trial else ():
            groups.setdefault((line.figure, line.half), []).append(line)
        rows: list[tuple[Cell, ...]] = [
            (
                self.trial_name(figure),
                Number(half),
                Number(len(lines)),
                self._error(_mean(_relative(line, line.fitted) for line in lines)),
                self._error(_mean(_relative(line, line.predicted) for line in lines)),
                self._error(_median(_relative(line, line.predicted) for line in lines)),
                self._error(_mean(_relative(line, line.without) for line in lines)),
                self._share(sum(map(_better, lines)), len(lines)),
            )
            for (figure, half), lines in sorted(groups.items(), key=lambda group: group[0])
        ]
        return self._table(
            "trial", "figure half:n number:n fitted:n error:n median:n without:n better:n", rows
        )

    def trial_lines_table(self) -> TableView:
        """Return every figure that was held back, the worst prediction of its kind first."""
        rows: list[tuple[Cell, ...]] = [
            (
                f"{self.trial_name(line.figure)}: {self.subject(line.subject)}",
                Number(line.half),
                self.figure_value(line.known),
                self.figure_value(line.predicted),
                self.figure_value(line.without),
                self.figure_value(line.fitted),
            )
            for line in sorted(
                self.document.trial.lines if self.document.trial else (),
                key=lambda line: (line.figure, -(_relative(line, line.predicted) or 0.0), line.subject),
            )
        ]
        return self._table(
            "trial_lines", "figure half:n known:n predicted:n without_value:n fitted_value:n", rows
        )

    def calibrated_table(self) -> TableView:
        """Return every kind of figure that the calibration uses, with how many there are."""
        trial = self.document.trial
        rows: list[tuple[Cell, ...]] = [
            (self.trial_name(kind.figure), Number(kind.number))
            for kind in (trial.calibrated_on if trial else ())
        ]
        return self._table("calibrated", "figure number:n", rows)

    def made_table(self) -> TableView:
        """Return what the verification was made with."""
        return self._table("made", "setting value", list(self.facts()))

    # Charts

    def theory_chart(self) -> str | None:
        """Draw how far each quantity is from its formula, with three standard errors on both sides."""
        rows = [
            Deviation(
                label=self.case(line),
                detail=self.quantity(line),
                value=line.observed / line.expected - 1,
                low=(line.observed - 3 * line.standard_error) / line.expected - 1,
                high=(line.observed + 3 * line.standard_error) / line.expected - 1,
                allowed=None,
                text=self._errors(line),
                off=not line.accepted,
            )
            for line in self.document.theory or ()
            if line.expected > 0
        ]
        return self._deviation_chart("theory", rows, math.inf)

    def national_chart(self) -> str | None:
        """Draw the relative deviation of every figure of the country, a type or a ROAZ region."""
        rows = []
        for line in self.document.national or ():
            figure = self.figures[line.figure]
            if line.subject_kind in ("profile", "list") or line.known == 0:
                continue
            scale = 1 / line.known
            rows.append(
                Deviation(
                    label=self.figure_name(line),
                    detail="",
                    value=line.model * scale - 1,
                    low=None if line.low is None else line.low * scale - 1,
                    high=None if line.high is None else line.high * scale - 1,
                    allowed=_allowed(figure, line),
                    text=self.deviation(line),
                    in_sample=figure.use != "held_back",
                    off=line.verdict == "does_not_fit",
                )
            )
        return self._deviation_chart("national", rows, WIDEST_NATIONAL)

    def _deviation_chart(self, name: str, rows: list[Deviation], limit: float) -> str | None:
        if not rows:
            return None
        reach = max(abs(end) for row in rows for end in (row.value, row.low or 0.0, row.high or 0.0))
        ticks = symmetric_axis(reach, limit)
        decimals = next(d for d in range(6) if all(math.isclose(t, round(t, d + 2)) or t == 0 for t in ticks))
        labels = [
            (tick, "0" if tick == 0 else signed(100 * tick, self.language, decimals) + "%") for tick in ticks
        ]
        off = sum(row.off for row in rows)
        alt = self.text(f"verification.chart.{name}.alt", n=len(rows), off=off)
        return deviation_chart(rows, labels, alt)

    def trial_charts(self) -> list[tuple[str, str]]:
        """Return (title, chart) per kind of figure: predicted beside known."""
        kinds: dict[str, list[TrialCheck]] = {}
        for line in self.document.trial.lines if self.document.trial else ():
            kinds.setdefault(line.figure, []).append(line)
        charts = []
        for kind, lines in kinds.items():
            points = [Prediction(self.subject(line.subject), line.known, line.predicted) for line in lines]
            name = self.trial_name(kind)
            alt = self.text(
                "verification.chart.trial.alt",
                name=name,
                n=len(points),
                error=self._error(_median(_relative(line, line.predicted) for line in lines)),
            )
            known, predicted = (self.text(f"verification.column.{c}") for c in ("known", "predicted"))
            ticks = [
                (tick, self.figure_value(tick))
                for tick in axis(max(max(point.known, point.predicted) for point in points))
            ]
            charts.append((name, prediction_chart(points, ticks, known, predicted, alt)))
        return charts

    # Words and numbers

    def case(self, line: TheoryCheck) -> str:
        """Return the name of a case of theory."""
        return self._first(f"theory.case.{line.case}", f"theory.{line.case}", default=line.case)

    def quantity(self, line: TheoryCheck) -> str:
        """Return the name of a quantity of theory."""
        return self._first(
            f"theory.quantity.{line.quantity}", f"theory.{line.quantity}", default=line.quantity
        )

    def invariant(self, identifier: str) -> str:
        """Return the name of an invariant."""
        return self._first(f"invariants.{identifier}", f"invariant.{identifier}", default=identifier)

    def trial_name(self, figure: str) -> str:
        """Return the name of a kind of figure the calibration uses."""
        return self._first(f"trial.{figure}", f"trial.figure.{figure}", f"figure.{figure}", default=figure)

    def name_of_figure(self, identifier: str) -> str:
        """Return the name of a published figure; one of your own goes by its id."""
        return self._first(f"target.{identifier}", default=identifier)

    def figure_name(self, line: NationalCheck) -> str:
        """Return the name of a figure, with its subject."""
        name = self.name_of_figure(line.figure)
        return f"{name}: {self.subject(line.subject)}" if line.subject else name

    def subject(self, identifier: str) -> str:
        """Return the name of what a line is about, or its id; a waiting list is a location and a pool."""
        texts = catalogue(self.language)
        kind = f"hospital_type.{identifier}"
        if kind in texts:
            return self.text(kind)
        place, _, pool = identifier.partition(" ")
        if f"pool.{pool}" in texts:
            return f"{self.subject(place)} ({uncapitalised(self.text(f'pool.{pool}'))})"
        return self.document.names.get(identifier, {}).get(self.language, identifier)

    def sample(self, figure: PublishedFigure) -> str:
        """Say whether the model aims at a figure, knows of it, or had it held back."""
        return self.text(f"verification.sample.{figure.use}")

    def deviation(self, line: NationalCheck) -> str:
        """Return a deviation with its sign, in percent or points."""
        if self.figures[line.figure].tolerance_kind == "points":
            return signed(line.deviation, self.language, 1)
        return signed(100 * line.deviation, self.language, 1) + "%"

    def tolerance(self, figure: PublishedFigure) -> str:
        """Return how far a figure may be off."""
        if figure.tolerance_kind == "at_least":
            return self.text("verify.at_least")
        if figure.tolerance is None:
            return ""
        points = figure.tolerance_kind == "points"
        return "± " + (
            number(figure.tolerance, self.language, 1) if points else percent(figure.tolerance, self.language)
        )

    def figure_value(self, value: float) -> str:
        """Return a figure with the decimals its size deserves."""
        size = abs(value)
        return number(value, self.language, 0 if size >= 1000 or not size else 2 if size >= 0.1 else 4)

    def number(self, value: float) -> str:
        """Return a whole number."""
        return number(value, self.language)

    def unit(self, unit: str) -> str:
        """Return the name of a unit, or the unit as the table has it."""
        return self._first(f"verification.unit.{unit}", f"theory.unit.{unit}", default=unit)

    def _error(self, value: float | None) -> str:
        return "–" if value is None else percent(value, self.language, 1)

    def _share(self, part: int, whole: int) -> str:
        return percent(part / whole, self.language) if whole else "–"

    def _theory_number(self, line: TheoryCheck, value: float) -> str:
        """Two significant digits of the standard error decide; exact values get what tells them apart."""
        if line.standard_error > 0:
            decimals = min(8, max(0, 1 - math.floor(math.log10(line.standard_error))))
        else:
            decimals = next(d for d in range(7) if d == 6 or round(line.expected, d) == line.expected)
        return number(value, self.language, decimals)

    def _errors(self, line: TheoryCheck) -> str:
        return "∞" if line.errors is None else signed(line.errors, self.language, 1)

    def _mark(self, verdict: Verdict) -> Mark:
        kind = _MARKS[verdict]
        return Mark(self.text(f"verification.verdict.{verdict}"), kind, SHAPES[kind])

    def _table(self, name: str, columns: str, rows: Sequence[tuple[Cell, ...]]) -> TableView:
        made = []
        for column in columns.split():
            identifier, _, numeric = column.partition(":")
            made.append(
                Column(identifier, self.text(f"verification.column.{identifier}"), numeric=bool(numeric))
            )
        caption = self.text(f"verification.caption.{name}")
        return TableView(name.replace(".", "-"), "", caption, tuple(made), tuple(rows))

    def _first(self, *keys: str, default: str) -> str:
        known = catalogue(self.language)
        return next((translate(key, self.language) for key in keys if key in known), default)


def _allowed(figure: PublishedFigure, line: NationalCheck) -> float | None:
    """The tolerance as a part of the known figure."""
    if figure.tolerance is None or figure.tolerance_kind == "at_least":
        return None
    return figure.tolerance / line.known if figure.tolerance_kind == "points" else figure.tolerance


def _better(line: TrialCheck) -> bool:
    """Whether it is predicted better than without any figure of its kind."""
    return abs(line.predicted - line.known) < abs(line.without - line.known)


def _relative(line: TrialCheck, value: float) -> float | None:
    """How far a value is from the known figure, as a part of it; None where nothing is known of a size."""
    return abs(value - line.known) / line.known if line.known > 0 else None


def _mean(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return math.fsum(found) / len(found) if found else None


def _median(values: Iterable[float | None]) -> float | None:
    """The lower median, so that it is a value that occurs."""
    found = sorted(value for value in values if value is not None)
    return found[(len(found) - 1) // 2] if found else None
