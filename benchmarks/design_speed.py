"""How long the plan designer takes: every ROAZ region, and the whole country per profile; a Markdown table.

``python -m benchmarks.design_speed regions`` or ``country``; the tables are in docs/design.md. Seconds are of one
processor (CPU time), so that a busy machine does not count.
"""

from __future__ import annotations

import json
import sys
import time

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.errors import InvalidInput
from zorgstroom.planning.design.designing import Design, design
from zorgstroom.planning.design.request import read_request

REGION_REQUESTS: tuple[dict[str, object], ...] = (
    {"profiles": ["oesophagus", "stomach", "pancreas"], "norm": "dataset"},
    {"profiles": ["lung"], "norm": 60},
    {"profiles": ["colon"], "norm": 100},
    {"profiles": ["breast"], "norm": 200, "objective": "worst_off_travel"},
    {"profiles": ["hip_replacement"], "at_most": 4},
    {"profiles": ["lung", "colon", "rectum"], "norm": "dataset", "max_load": 1.05},
)
COUNTRY_REQUESTS: tuple[dict[str, object], ...] = (
    {"profiles": ["oesophagus"], "norm": 50},
    {"profiles": ["stomach"], "norm": 20},
    {"profiles": ["pancreas"], "norm": 50},
    {"profiles": ["prostate_rarp"], "norm": 200},
    {"profiles": ["head_neck"], "norm": "dataset"},
    {"profiles": ["ovarian_crs"], "norm": "dataset"},
    {"profiles": ["liver"], "norm": 50},
    {"profiles": ["bladder_cystectomy"], "norm": "dataset", "seconds": 240},
    {"profiles": ["pci"], "norm": "dataset", "seconds": 240},
    {"profiles": ["lung"], "norm": 60, "seconds": 240},
    {"profiles": ["carotid"], "norm": "dataset", "seconds": 240},
    {"profiles": ["kidney"], "norm": "dataset", "seconds": 240},
    {"profiles": ["aaa_elective"], "norm": "dataset", "seconds": 240},
    {"profiles": ["rectum"], "norm": "dataset", "seconds": 240},
    {"profiles": ["colon"], "norm": 100, "seconds": 240},
    {"profiles": ["breast"], "norm": "dataset", "seconds": 240},
    {"profiles": ["pci"], "norm": "dataset", "rule": "nearest"},
    {"profiles": ["bladder_cystectomy"], "norm": "dataset", "rule": "nearest"},
    {"profiles": ["lung"], "norm": "dataset", "rule": "nearest"},
    {"profiles": ["carotid"], "norm": "dataset", "rule": "nearest"},
    {"profiles": ["kidney"], "norm": "dataset", "rule": "nearest"},
    {"profiles": ["aaa_elective"], "norm": "dataset", "rule": "nearest"},
    {"profiles": ["rectum"], "norm": "dataset", "rule": "nearest"},
    {"profiles": ["colon"], "norm": "dataset", "rule": "nearest"},
    {"profiles": ["breast"], "norm": "dataset", "rule": "nearest"},
)


def measured(request: dict[str, object], data: Dataset) -> tuple[Design | None, float, float]:
    """Return what came of a request, with the seconds it took: of the processor, and by the clock."""
    text = json.dumps({"zorgstroom_design": 1, "name": "x", **request})
    wall, cpu = time.monotonic(), time.process_time()
    try:
        found = design(read_request(text, "x", data), data)
    except InvalidInput:
        return None, 0.0, 0.0
    return found, time.process_time() - cpu, time.monotonic() - wall


def line(where: str, request: dict[str, object], data: Dataset) -> str | None:
    found, cpu, wall = measured(request, data)
    if found is None:
        return None
    profiles = ", ".join(map(str, request["profiles"]))  # type: ignore[call-overload]
    rest = {key: value for key, value in request.items() if key not in ("profiles", "region", "seconds")}
    gap = f"{found.gap:.2%}" if found.plans else "-"
    candidates = sum(len(case.rows) for case in found.cases)
    cells = (where, profiles, json.dumps(rest), candidates, found.method, found.status, gap, f"{cpu:.1f}")
    print(f"{cells} wall {wall:.0f}", file=sys.stderr, flush=True)
    return "| " + " | ".join(map(str, cells)) + " |"


def main(what: str) -> None:
    data = load_dataset("nl2025")
    print("| gebied | profielen | vraag | locaties | manier | uitkomst | gap | CPU-seconden |")
    print("|---|---|---|---|---|---|---|---|")
    if what == "regions":
        for region in data.regions("roaz"):
            for request in REGION_REQUESTS:
                row = line(region, {**request, "region": {"roaz": region}}, data)
                if row:
                    print(row, flush=True)
    else:
        for request in COUNTRY_REQUESTS:
            print(line("Nederland", {"seconds": 600, **request}, data), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
