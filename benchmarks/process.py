"""Does one measurement in this process: ``python -m benchmarks.process MODULE:FUNCTION JSON``; see `in_process`."""

from __future__ import annotations

import importlib
import json
import sys

from zorgstroom_simulator.resources import peak_memory_mb


def main() -> None:
    """Print what the function gives, and the most memory this process took, as the last line."""
    module, _, name = sys.argv[1].partition(":")
    given = getattr(importlib.import_module(module), name)(**json.loads(sys.argv[2]))
    print(json.dumps({**given, "peak_mb": peak_memory_mb()}))


if __name__ == "__main__":
    main()
