"""How well the preview agrees with the simulation, on the examples: one row per example and kind of figure.

    python -m benchmarks.preview_agreement [--replications 10] [--examples 02 05] [--out docs/preview.csv]

A figure counts where the simulated paired interval of its difference excludes zero, the difference is not small, and
the preview says that something changes. Clear differences about which the preview says nothing are counted apart. All
regional examples take some minutes, the national one longer.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import click

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.plan import region_of
from zorgstroom.planning.preview import Preview, preview
from zorgstroom.planning.sides import Side
from zorgstroom.scenario_file import example_scenarios, parse_scenario
from zorgstroom_simulator.experiment import Experiment, combine, simulate_replication

#: Kinds of figures, with the smallest simulated difference that counts: patients a year, minutes, shares, patients on
#: a list, weeks.
SMALLEST = {
    "volume": 1.0,
    "travel_mean": 0.05,
    "travel_over_30": 0.002,
    "travel_over_45": 0.002,
    "load": 0.005,
    "list_growth": 10.0,
    "list_first_visit_end": 10.0,
    "list_treatment_end": 10.0,
    "wait_first_visit": 0.05,
    "wait_treatment": 0.05,
    "volume_at_norm": 0.005,
    "diverted": 0.5,
}
KINDS = tuple(SMALLEST)
#: The preview says that something changes from this part of the smallest difference that counts, and of numbers of
#: patients from this part of today's number.
SAYS, SAYS_RELATIVE = 0.5, 0.002
PATIENTS = ("volume", "list_growth", "list_first_visit_end", "list_treatment_end")
#: From the middle of the first quarter of a year to the middle of the last: what `list_growth` counts.
PART_OF_YEAR = 0.75

Line = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """One figure of a scenario: the difference between plan and today, expected and simulated."""

    kind: str
    #: Location, profile and pool it is about, as far as it is about one.
    about: tuple[str, ...]
    #: Today, by the simulation.
    today: float
    expected: float
    simulated: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the simulation says that it changes, by more than chance and not by little."""
        return self.low * self.high > 0 and abs(self.simulated) >= SMALLEST[self.kind]

    @property
    def counts(self) -> bool:
        """Whether simulation and preview both say that it changes."""
        least = SAYS * SMALLEST[self.kind]
        if self.kind in PATIENTS:
            least = max(least, SAYS_RELATIVE * self.today)
        return self.clear and abs(self.expected) >= least

    @property
    def agrees(self) -> bool:
        """Whether both go the same way."""
        return self.expected * self.simulated > 0

    @property
    def error(self) -> float:
        """How far off the preview is, as a part of the simulated difference."""
        return abs(self.expected - self.simulated) / abs(self.simulated)


def simulated(dataset: Dataset, scenario: Scenario, region: Region | None, replications: int) -> list[Line]:
    """Return the lines of the comparison of a run with seed 1."""
    experiment = Experiment(dataset, scenario, region, seed=1, engine="compiled")
    tables = combine([simulate_replication(experiment, number) for number in range(replications)])
    lines: list[Line] = tables["comparison"].to_pylist()
    return lines


def figures(
    dataset: Dataset, scenario: Scenario, region: Region | None, lines: Iterable[Line]
) -> list[Figure]:
    """Return what both say of a scenario, in the order of the lines."""
    expected = dict(_expected(preview(dataset, scenario, region)))
    found = []
    for line in lines:
        key = (line["indicator"], line["location"], line["profile"], line["pool"])
        if key in expected and not line["area"] and line["difference_low"] is not None:
            found.append(
                Figure(
                    key[0],
                    tuple(filter(None, key[1:])),
                    line["baseline"],
                    expected[key],
                    line["difference"],
                    line["difference_low"],
                    line["difference_high"],
                )
            )
    return found


def _expected(found: Preview) -> Iterator[tuple[tuple[str, str, str, str], float]]:
    """Yield the differences of a preview by (indicator, location, profile, pool)."""

    def change(side: Side[float]) -> float:
        return side.plan - side.today

    for row in found.volumes:
        yield ("volume", row.location, row.profile, ""), change(row.treated)
    for profile, travel in [("", found.travel), *found.travel_by_profile.items()]:
        yield ("travel_mean", "", profile, ""), change(travel.minutes)
        yield ("travel_over_30", "", profile, ""), change(travel.over_30)
        yield ("travel_over_45", "", profile, ""), change(travel.over_45)
    for pool in found.pools:
        if pool.load_today is not None and pool.load_plan is not None:
            yield ("load", pool.location, "", pool.pool), pool.change
    yield from _full_beds(found)
    for item in found.lists:
        if item.pool:
            yield ("list_growth", item.location, "", item.pool), PART_OF_YEAR * change(item.growth)
            continue
        yield (f"list_{item.kind}_end", item.location, "", ""), change(item.after_year)
        if item.weeks.today is not None and item.weeks.plan is not None:
            yield (f"wait_{item.kind}", item.location, "", ""), item.weeks.plan - item.weeks.today
    if found.at_norm is not None:
        yield ("volume_at_norm", "", "", ""), change(found.at_norm)


def _full_beds(found: Preview) -> Iterator[tuple[tuple[str, str, str, str], float]]:
    """Yield the change of the part of arrivals, per 1,000, that finds the beds of a location full."""
    blocked: dict[str, list[tuple[float, float]]] = {}
    for pool in found.pools:
        today, plan = pool.estimate_today.blocked, pool.estimate_plan.blocked
        if today is not None and plan is not None and pool.load_today and pool.load_plan:
            work = pool.load_plan * pool.capacity_plan
            blocked.setdefault(pool.location, []).append((work, 1000 * (plan - today)))
    for location, changes in blocked.items():
        total = sum(work for work, _ in changes)
        yield ("diverted", location, "", ""), sum(work * change for work, change in changes) / total


def summary(name: str, found: Sequence[Figure]) -> list[dict[str, str]]:
    """Return a row per kind of figure that counts: how many, how many agree in sign, the median relative error."""
    rows = []
    for kind in KINDS:
        clear = [figure for figure in found if figure.kind == kind and figure.clear]
        these = [figure for figure in clear if figure.counts]
        if clear:
            rows.append(
                {
                    "example": name,
                    "kind": kind,
                    "clear": str(len(clear)),
                    "said": str(len(these)),
                    "agree": str(sum(figure.agrees for figure in these)),
                    "median_error": f"{median(figure.error for figure in these):.3f}" if these else "",
                }
            )
    return rows


COLUMNS = ("example", "kind", "clear", "said", "agree", "median_error", "replications")


@click.command()
@click.option("--replications", type=click.IntRange(3, 100), default=10, show_default=True)
@click.option(
    "--examples", multiple=True, help="Numbers such as 05; all examples that change something by default."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/preview.csv"))
def main(replications: int, examples: Sequence[str], out: Path) -> None:
    """Simulate the examples and write how well their previews agree; rows of other examples stay."""
    dataset = load_dataset()
    rows = {(row["example"], row["kind"]): row for row in read_agreement(out)} if out.exists() else {}
    for example in example_scenarios():
        name = example.slug[:2]
        scenario = parse_scenario(example.text, example.slug)
        if (examples and name not in examples) or not (scenario.actions or examples):
            continue
        region = region_of(scenario.region)
        found = figures(dataset, scenario, region, simulated(dataset, scenario, region, replications))
        rows = {key: row for key, row in rows.items() if key[0] != name}
        for row in summary(name, found):
            rows[name, row["kind"]] = row | {"replications": str(replications)}
            click.echo("  ".join(row.values()))
        for figure in found:
            if figure.counts and not figure.agrees:
                click.echo(f"other sign: {figure}")
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[key] for key in sorted(rows, key=lambda key: (key[0], KINDS.index(key[1]))))


def read_agreement(path: Path) -> list[dict[str, str]]:
    """Return the rows that `main` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Agreement:
    """What the rows of `main` say together."""

    said: int
    agree: int
    #: Tables with a heading: per kind of figure and per example.
    kinds: list[list[str]]
    examples: list[list[str]]


def agreement(rows: Sequence[Mapping[str, str]]) -> Agreement:
    """Return the tables of the page about the preview."""

    def total(these: Sequence[Mapping[str, str]], column: str) -> int:
        return sum(int(row[column]) for row in these)

    def table(by: str, names: Iterable[str]) -> list[list[str]]:
        lines = [[by, "clear differences", "of which said", "same sign", "median error"]]
        for name in names:
            these = [row for row in rows if row[by] == name]
            errors = [float(row["median_error"]) for row in these if row["median_error"]]
            counts = [f"{total(these, column):,}" for column in ("clear", "said", "agree")]
            error = f"{median(errors):.0%} ({min(errors):.0%} – {max(errors):.0%})" if errors else "–"
            lines.append([f"`{name}`", *counts, error])
        return lines

    return Agreement(
        said=total(rows, "said"),
        agree=total(rows, "agree"),
        kinds=table("kind", [kind for kind in KINDS if any(row["kind"] == kind for row in rows)]),
        examples=table("example", sorted({row["example"] for row in rows})),
    )


if __name__ == "__main__":
    main()
