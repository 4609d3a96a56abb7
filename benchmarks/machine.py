"""What was measured, and on what: no names of machines or people."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_LIBRARIES = ("numpy", "numba", "simpy", "pyarrow")


def words() -> str:
    """Return the machine in a file name: its cores and memory, such as 2-cores-24GB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{os.cpu_count() or 1}-cores-{round(memory / 2**30)}GB"


def described() -> dict[str, str]:
    """Return the machine and the versions of what computes."""
    lines = _CPUINFO.read_text().splitlines() if _CPUINFO.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "Machine:": f"{words().replace('-', ' ')}, {models[0] if models else platform.machine()}",
        platform.system(): platform.release().split("-")[0],
        "Python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


def load() -> float:
    """Return how many processes wanted a core in the last minute, this one included."""
    return round(os.getloadavg()[0], 2)


def commit() -> str:
    """Return the commit that is measured, with a plus where its code was changed; empty outside a repository."""
    found = _git("rev-parse", "--short=10", "HEAD")
    changed = _git("status", "--porcelain", "--", "shared", "services", "benchmarks/*.py")
    return found + ("+" if found and changed else "")


def _git(*words: str) -> str:
    folder = Path(__file__).parent.parent
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False, cwd=folder)
    return done.stdout.strip() if done.returncode == 0 else ""
