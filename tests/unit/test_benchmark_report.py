"""What the measurements write: numbers one can read, and tables in the page where they belong and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks import report
from benchmarks.report import BEGIN, END, Measured, Part, Results, Target

pytestmark = pytest.mark.unit

PAGE = f"# Title\n\nBefore.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), ("simpy", "simpy"), (0, "0"), (0.000321, "0.0003"), (0.0612, "0.0612"), (0.25, "0.250"),
        (1.234, "1.23"), (99.96, "100.0"), (321.4, "321"), (1234.5, "1,234"), (10_512_418, "10,510,000"),
        (-2.5, "-2.50"),
    ],
)  # fmt: skip
def test_number_has_three_or_four_significant_digits(value: float | str | None, text: str) -> None:
    assert report.number(value) == text


def measured(name: str, value: float, wanted: float = 1.0) -> Measured:
    target = Target(what=f"{name} is fast", unit="s", kind="at most", wanted=wanted, measured=value)
    part = Part(
        name=name,
        title=name.title(),
        about="About it.",
        columns=("what", "s"),
        rows=(("all", value),),
        targets=(target,),
    )
    return Measured(part=part, when="2026-01-02", commit="abc", command="run", seconds=3, load_before=0.1)


def test_page_keeps_all_but_what_is_between_the_lines() -> None:
    once = report.replaced(PAGE, "new")

    assert once == f"# Title\n\nBefore.\n\n{BEGIN}\n\nnew\n\n{END}\n\nAfter.\n"
    assert report.replaced(once, "new") == once


@pytest.mark.parametrize("page", ["", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}{BEGIN}{END}"])
def test_page_without_a_place_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="needs one line"):
        report.replaced(page, "new")


def test_target_is_reached_on_the_right_side() -> None:
    least = Target(what="ratio", unit="times", kind="at least", wanted=100, measured=99.9)

    assert not least.reached
    assert least.model_copy(update={"measured": 100}).reached
    assert least.model_copy(update={"kind": "at most"}).reached


def test_a_part_that_is_measured_again_replaces_its_older_figures_only(tmp_path: Path) -> None:
    page, file, machine = tmp_path / "README.md", tmp_path / "results" / "x.json", {"cores": "2"}
    page.write_text(PAGE, "utf-8")
    order = ["engines", "floor"]
    first = report.read(file, machine)
    for part in (measured("floor", 0.25), measured("engines", 0.5)):
        first = first.with_part(part, order)
    report.write(first, file, page)

    second = report.read(file, machine).with_part(measured("engines", 2.0), order)
    report.write(second, file, page)

    assert isinstance(second, Results)
    assert [line.part.name for line in second.parts] == ["engines", "floor"]
    text = page.read_text("utf-8")
    assert "| engines is fast | at most 1.00 s | 2.00 | **no** |" in text
    assert "| floor is fast | at most 1.00 s | 0.250 | yes |" in text
    assert text.count("### Engines") == 1
    assert "| all | 0.500 |" not in text
    assert text.endswith("After.\n")
