"""What this machine, or the container on it, has free."""

from __future__ import annotations

import os
from pathlib import Path

#: Where Linux says how much memory is free, and a container how much it may have and has.
_MEMINFO = Path("/proc/meminfo")
_LIMITS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


def free_memory() -> int:
    """Return the bytes this process may still take; where nobody says, half of the machine's memory."""
    found = []
    if _MEMINFO.exists():
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines() if ":" in line)
        if "MemAvailable" in lines:
            found.append(int(lines["MemAvailable"].split()[0]) * 1024)
    for limit, used in _LIMITS:
        if limit.exists() and used.exists():
            allowed = limit.read_text().strip()
            if allowed.isdecimal():
                found.append(max(0, int(allowed) - int(used.read_text())))
    if found:
        return min(found)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
