"""The summary of a sweep: who dominates whom, who receives, and tables and a picture anybody can read."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest

from zorgstroom.dataset import load_dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.reporting.drawing import alternative
from zorgstroom.tables import INDICATORS
from zorgstroom.text import Language
from zorgstroom_simulator.sweep.summarising import PAGE, WORKBOOK, Gatherer, files_of
from zorgstroom_simulator.sweep.summary import Years, dominators, receivers, years_of
from zorgstroom_simulator.sweep.summary_views import MOST_POINTS, SummaryViews
from zorgstroom_simulator.sweep.variants import Variant, Variants

pytestmark = pytest.mark.unit

DATA = load_dataset("nl2025")
EUREGIO = Region("roaz", "Euregio")


def years(travel: list[float], wait: list[float]) -> Years:
    """Return the years of a variant by its differences with today."""
    return Years(
        {
            name: np.array([[0.0] * len(values), values])
            for name, values in (("travel_mean", travel), ("wait_treatment", wait))
        }
    )


def test_a_variant_is_dominated_only_by_more_than_chance() -> None:
    clearly = years([1.0, 1.1, 0.9], [2.0, 2.0, 2.0])
    worse = years([3.0, 3.1, 2.9], [2.0, 2.0, 2.0])
    perhaps = years([0.5, 1.6, 0.9], [2.0, 2.0, 2.0])
    exchange = years([0.0, 0.1, 0.0], [9.0, 9.0, 9.0])
    weighed = ("travel_mean", "wait_treatment")
    none: list[float | None] = [None] * 4
    # `perhaps` has the same mean as `clearly`: neither dominates; `exchange` travels less and waits longer.
    assert dominators([clearly, worse, perhaps, exchange], weighed, none) == [None, 0, None, None]
    # With two years there is no interval, so that nothing is beyond chance.
    short = [years([1.0, 1.0], [2.0, 2.0]), years([3.0, 3.0], [2.0, 2.0])]
    assert dominators(short, weighed, [None, None]) == [None, None]
    # A higher norm is worth something by itself, and cannot be made up for.
    assert dominators([clearly, worse], weighed, [20.0, 50.0]) == [None, None]
    assert dominators([clearly, clearly], weighed, [20.0, 50.0]) == [1, None]


def test_a_year_without_a_wait_is_left_out_of_the_pairs_and_proves_nothing() -> None:
    """Rare care: nobody was treated in the last year of one of them."""
    nan = float("nan")
    shorter = years([1.0, 1.1, 0.9, 1.0], [9.0, 9.0, 9.0, nan])
    longer = years([3.0, 3.1, 2.9, 3.0], [2.0, 2.0, 2.0, 2.0])
    weighed = ("travel_mean", "wait_treatment")
    assert dominators([shorter, longer], weighed, [None, None]) == [None, None]
    as_long = years([3.0, 3.1, 2.9, 3.0], [9.0, 9.0, 9.0, 2.0])
    assert dominators([shorter, as_long], weighed, [None, None]) == [None, 0]
    never = years([0.0, 0.0, 0.0, 0.0], [nan, nan, nan, nan])
    assert dominators([never, longer], weighed, [None, None]) == [None, None]


def test_pairs_show_what_separate_intervals_hide() -> None:
    """Years differ much more than variants do: pairs tell them apart."""
    one = years([1.0, 5.0, 9.0, 13.0], [0.0] * 4)
    other = years([1.5, 5.6, 9.5, 13.4], [0.0] * 4)
    assert dominators([one, other], ("travel_mean", "wait_treatment"), [None, None]) == [None, 0]


def results(*lines: tuple[str, int, str, str, int, int]) -> pa.Table:
    """Rows: side, year, indicator, location, total, count."""
    rows = [
        dict(zip(("scenario", "replication", "indicator", "location", "total", "count"), line, strict=True))
        | {"profile": "", "area": "", "pool": "", "band": ""}
        for line in lines
    ]
    return pa.Table.from_pylist(rows, schema=INDICATORS)


def variant_results(travel: int, wait: int) -> pa.Table:
    found = []
    for year in range(3):
        for side, more, longer in (("baseline", 0, 0), ("plan", travel + year, wait)):
            found += [
                (side, year, "travel_mean", "", (20_00 + more) * 100, 100),
                (side, year, "wait_treatment", "", (4 * 10080 + longer) * 100, 100),
            ]
        for side, numbers in (("baseline", (50, 30, 20)), ("plan", (0, 70, 30))):
            found += [
                (side, year, "travel_mean", name, 2000 * count, count)
                for name, count in zip(("MST", "ZGT-AL", "SKB"), numbers, strict=True)
                if count
            ]
    return results(*found)


def test_values_are_per_year_and_receivers_share_what_comes() -> None:
    found = years_of(variant_results(300, 0), "")
    difference = found.difference("travel_mean")
    assert difference is not None
    assert difference.tolist() == pytest.approx([3.0, 3.01, 3.02])
    assert found.difference("diverted") is None
    assert receivers({"MST": -150.0, "ZGT-AL": 120.0, "SKB": 30.0}, "MST") == (("ZGT-AL", 0.8), ("SKB", 0.2))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_loss_of_locations_is_ranked_and_written_in_every_form(language: Language) -> None:
    scenario = Scenario(zorgstroom=1, name="x")
    names = ["MST", "ZGT-AL", *(f"=L{number}" for number in range(14))]
    variants = tuple(
        Variant(number, (name,), scenario, EUREGIO) for number, name in enumerate(names, start=1)
    )
    gatherer = Gatherer(Variants(("leave_out",), variants), DATA, None)
    for variant in variants:
        gatherer.take(variant, variant_results(100 * variant.number, 0))
    summary = gatherer.summary("<b>Weg</b>", 3)
    assert [row.location for row in summary.left_out] == list(reversed(names))
    assert summary.left_out[-1].receivers == (("ZGT-AL", 0.8), ("SKB", 0.2))
    assert [point.label for point in summary.points if point.dominated_by is None] == ["MST"]
    files = files_of(summary, language, DATA)
    page = files[PAGE].decode()
    assert "<b>Weg</b>" not in page
    assert "<script" not in page
    assert page.count("<caption>") == 2
    assert files[WORKBOOK][:2] == b"PK"
    rows = list(csv.DictReader(io.StringIO(files["summary-left_out.csv"].decode())))
    assert float(rows[-1]["travel_mean"]) == pytest.approx(1.01)
    assert rows[0]["location"] == "'=L13"
    assert files == files_of(summary, language, DATA)
    chart = SummaryViews(summary, language, {}).chart()
    drawn = ElementTree.fromstring(chart)
    # And today, that all of them are differences with.
    assert len(drawn.findall(".//circle")) == MOST_POINTS + 1
    frontier = list(csv.DictReader(io.StringIO(files["summary-frontier.csv"].decode())))
    assert [frontier[0][name] for name in ("travel_mean", "wait_treatment")] == ["0.0", "0.0"]
    assert len(frontier) == 1 + len(names)
    assert "MST" in alternative(chart)


def test_a_norm_step_says_who_goes_on() -> None:
    action = {"concentrate": {"profiles": ["hip_replacement"], "to_minimum": 442, "rule": "nearest"}}
    scenario = Scenario.model_validate(
        {"zorgstroom": 1, "name": "x", "region": {"roaz": "Euregio"}, "actions": [action]}
    )
    variant = Variant(1, (442,), scenario, EUREGIO)
    gatherer = Gatherer(Variants(("norm_steps.hip_replacement",), (variant,)), DATA, "hip_replacement")
    gatherer.take(variant, variant_results(100, 60))
    summary = gatherer.summary("Normen", 3)
    [step] = summary.norms["hip_replacement"]
    assert (step.norm, step.providers) == (442, 1)
    assert step.smallest >= 442
    assert step.at_norm == 1.0
    assert summary.points[0].norm == 442
    assert "442" in files_of(summary, "nl", DATA)["summary-norms-hip_replacement.csv"].decode()
