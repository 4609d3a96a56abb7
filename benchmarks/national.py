"""How long the whole country takes, in one process: ``python -m benchmarks.national [--years N]``; minutes a year."""

from __future__ import annotations

import argparse

from benchmarks.measuring import measure


def main() -> None:
    """Print a table of seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=1, help="simulated years (default 1)")
    parser.add_argument("--example", default="09-long-60-per-locatie", help="name of the example")
    asked = parser.parse_args()
    measure(asked.example, asked.years)


if __name__ == "__main__":
    main()
