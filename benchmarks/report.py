"""Results as a file and as the table in ``benchmarks/README.md``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

#: Between these lines everything is written by the measurements.
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

Cell = str | float | None


class Target(BaseModel):
    """What was to be reached, and whether it is."""

    model_config = ConfigDict(frozen=True)

    what: str
    unit: str
    kind: Literal["at most", "at least"]
    wanted: float
    measured: float

    @property
    def reached(self) -> bool:
        """Whether the figure is on the right side."""
        if self.kind == "at most":
            return self.measured <= self.wanted
        return self.measured >= self.wanted


class Part(BaseModel):
    """One table of measurements."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    #: What one has to know to read the table.
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    targets: tuple[Target, ...] = ()


class Measured(BaseModel):
    """A part with what was measured when."""

    model_config = ConfigDict(frozen=True)

    part: Part
    when: str
    commit: str
    command: str
    seconds: float
    load_before: float


class Results(BaseModel):
    """All parts, each as it was last measured on this machine that day."""

    model_config = ConfigDict(frozen=True)

    machine: dict[str, str]
    parts: tuple[Measured, ...]

    def with_part(self, measured: Measured, order: Sequence[str]) -> Results:
        """Return the results with this part in the place of an older one; parts in this order of names."""
        others = [old for old in self.parts if old.part.name != measured.part.name and old.part.name in order]
        parts = sorted([*others, measured], key=lambda one: order.index(one.part.name))
        return self.model_copy(update={"parts": tuple(parts)})


def number(value: Cell) -> str:
    """Return a cell: three significant digits, thousands apart, a dash for what was not measured."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100:
        rounded = round(value, -max(0, len(str(int(size))) - 4)) if size >= 10_000 else round(value)
        return f"{int(rounded):,}"
    decimals = 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    return f"{value:.{decimals}f}"


def table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Return a table in Markdown."""
    lines = [
        columns,
        ["---"] + ["--:"] * (len(columns) - 1),
        *([number(cell) for cell in row] for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shown(results: Results) -> str:
    """Return what goes between the lines of the README."""
    machine = "; ".join(f"{name} {value}" for name, value in results.machine.items())
    targets = [target for measured in results.parts for target in measured.part.targets]
    pieces = [f"{machine}."]
    if targets:
        judged = [
            (
                target.what,
                f"{target.kind} {number(target.wanted)} {target.unit}".strip(),
                target.measured,
                "yes" if target.reached else "**no**",
            )
            for target in targets
        ]
        pieces += ["### Targets", table(("what", "target", "measured", "reached"), judged)]
    for measured in results.parts:
        part = measured.part
        source = (
            f"`{measured.command}`, {measured.when}, commit {measured.commit or 'unknown'}, "
            f"{measured.seconds:,.0f} s in all, load before: {measured.load_before}"
        )
        pieces += [f"### {part.title}", part.about, table(part.columns, part.rows), source]
    return "\n\n".join(pieces)


def replaced(page: str, content: str) -> str:
    """Return a page with this content between the two lines. Raises ValueError if a line is not there once."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"the page needs one line {BEGIN} and after it one line {END}")
    before, after = page[: page.index(BEGIN)], page[page.index(END) :]
    return f"{before}{BEGIN}\n\n{content}\n\n{after}"


def check(page: Path) -> None:
    """Raise OSError or ValueError for a page in which no tables can be written."""
    replaced(page.read_text("utf-8"), "")


def write(results: Results, file: Path, page: Path) -> None:
    """Write the file, and the table in the page; the file first, for its figures took the time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(results.model_dump_json(indent=1) + "\n", "utf-8")
    page.write_text(replaced(page.read_text("utf-8"), shown(results)), "utf-8")


def read(file: Path, machine: dict[str, str]) -> Results:
    """Return the results of a file, or none yet for this machine."""
    if not file.exists():
        return Results(machine=machine, parts=())
    kept = Results.model_validate_json(file.read_text("utf-8"))
    return kept.model_copy(update={"machine": machine})
