"""How long the regional example takes: ``python -m benchmarks.regional [--years N]``."""

from __future__ import annotations

import argparse

from benchmarks.measuring import measure


def main() -> None:
    """Print a table of seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=3, help="simulated years (default 3)")
    parser.add_argument("--example", default="02-slokdarm-pancreas-een-locatie", help="name of the example")
    asked = parser.parse_args()
    measure(asked.example, asked.years)


if __name__ == "__main__":
    main()
