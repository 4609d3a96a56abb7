"""Measures Zorgstroom: ``python -m benchmarks [PART...] [--full]``; see ``benchmarks/README.md``."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import answers, engines, floor, machine, replication, report, scaling, starting, tandem
from benchmarks.bench import Bench

HERE = Path(__file__).parent
#: In this order, which is that of the tables.
PARTS: dict[str, Callable[[Bench], report.Part]] = {
    "engines": engines.measure,
    "floor": floor.measure,
    "tandem": tandem.measure,
    "replication": replication.measure,
    "scaling": scaling.measure,
    "starting": starting.measure,
    "answers": answers.measure,
}
#: Of the services on Kafka and PostgreSQL: only when asked for by name, since they need what the tests need.
SERVICES = ("accepting", "reading", "ingest", "overhead", "draining", "cluster")
#: Of the screens and of what phones see: they need a browser.
SCREENS = ("screens", "phones", "soak")
ORDER = (*PARTS, *SERVICES, *SCREENS)
#: What can be asked for by one name.
GROUPS = {"services": SERVICES, "visitors": ("screens", "phones")}


def _measuring(name: str) -> Callable[[Bench], report.Part]:
    if name in PARTS:
        return PARTS[name]
    folder = "screens" if name in SCREENS else "backbone"
    measure: Callable[[Bench], report.Part] = importlib.import_module(f"benchmarks.{folder}.{name}").measure
    return measure


def main() -> None:
    """Measure what is asked, and write after each part: who stops it keeps what is done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        help=f"which tables (default: the first {len(PARTS)}): {', '.join((*ORDER, *GROUPS))}",
    )
    parser.add_argument("--full", action="store_true", help="also what takes minutes")
    parser.add_argument("--page", type=Path, default=HERE / "README.md", help="page with the tables")
    parser.add_argument("--results", type=Path, default=HERE / "results", help="folder of the figures")
    asked = parser.parse_args()
    parts = [part for name in asked.parts for part in GROUPS.get(name, (name,))]
    unknown = [name for name in parts if name not in ORDER]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join((*ORDER, *GROUPS))}")
    # What cannot be written is said before an hour is spent on it.
    try:
        report.check(asked.page)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    command = " ".join(["python -m benchmarks", *asked.parts, *(["--full"] if asked.full else [])])
    date = dt.datetime.now(dt.UTC).date().isoformat()
    file = asked.results / f"{date}-{machine.words()}.json"
    # A developer may have forbidden what every user has: then each start would read its sources again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Before anything is written: what is measured is what is there now.
    commit = machine.commit()
    results = report.read(file, machine.described())
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="zorgstroom-bench-") as folder:
        bench = Bench(asked.full, Path(folder))
        for name in parts or PARTS:
            print(f"{name} ...", file=sys.stderr, flush=True)
            load, started = machine.load(), time.perf_counter()
            try:
                part = _measuring(name)(bench)
            except subprocess.CalledProcessError as error:
                # It said why on stderr; the other parts may well work.
                print(f"{name}: {error}", file=sys.stderr)
                failed.append(name)
                continue
            measured = report.Measured(
                part=part,
                when=date,
                commit=commit,
                command=command,
                seconds=round(time.perf_counter() - started, 1),
                load_before=load,
            )
            results = results.with_part(measured, ORDER)
            report.write(results, file, asked.page)
            print(
                f"{part.title}, {measured.seconds:.0f} s\n{report.table(part.columns, part.rows)}\n",
                flush=True,
            )
    if failed:
        sys.exit(f"Not measured: {', '.join(failed)}")
    print(f"Written: {file} and {asked.page}", file=sys.stderr)


if __name__ == "__main__":
    main()
