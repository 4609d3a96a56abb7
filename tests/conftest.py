"""Fixtures that tests of several levels share, and the rules every test obeys."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from importlib.util import find_spec
from typing import TypeVar

import pytest

#: What the store tests need is there only where the API is installed.
pytest_plugins = [
    name
    for name in (
        "tests.support.kafka_broker",
        "tests.support.postgres",
        "tests.support.simulator_bench",
        "tests.support.small_disk",
    )
    if find_spec(name) is not None
]

#: Every test is of exactly one of these levels; `slow` or `nightly` may stand beside it.
LEVELS = frozenset({"unit", "theory", "contract", "e2e", "browser"})
#: Set where everything is installed: a test that cannot reach its broker, database or browser then fails.
REQUIRE_REAL = "ZORGSTROOM_REQUIRE_REAL"


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test without a level, so that each can be run with its own kind."""
    wrong = [item.nodeid for item in items if len(LEVELS & {mark.name for mark in item.iter_markers()}) != 1]
    if wrong:
        raise pytest.UsageError(
            f"exactly one level marker ({', '.join(sorted(LEVELS))}) is needed on: {', '.join(wrong)}"
        )


@pytest.fixture(autouse=True)
def _main_module() -> Generator[None]:
    """Put the main module back: a page that is run without a browser takes its place, and new processes look for it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count a skipped test as a failure where the real parts must be there."""
    return _without_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Count a skipped module as a failure where the real parts must be there."""
    return _without_skip((yield))


def _without_skip(report: Report) -> Report:
    if report.skipped and os.environ.get(REQUIRE_REAL) and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{REQUIRE_REAL} is set, but this was skipped: {reason}"
    return report
