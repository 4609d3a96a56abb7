"""Where blocks run, as a user names it: ``processes``, ``threads``, ``dask``, or the address of a Dask cluster."""

from __future__ import annotations

import re

from zorgstroom.errors import InvalidInput, Problem, nearest_known
from zorgstroom_simulator.compute import Compute, LocalCompute
from zorgstroom_simulator.compute_dask import DaskCompute, require_dask
from zorgstroom_simulator.compute_steady import SteadyCompute
from zorgstroom_simulator.compute_threads import ThreadCompute

NAMES = ("processes", "threads", "dask")
_ADDRESS = re.compile(r"(tcp|tls)://[^\s/:]+:[0-9]{1,5}|(tcp|tls)://\[[0-9a-fA-F:]+\]:[0-9]{1,5}")


def check_compute(name: str, where: str) -> None:
    """Refuse what names no compute, or one that is not installed; raises InvalidInput at `where`, or NoDask."""
    if name in ("processes", "threads"):
        return
    if name in NAMES:
        require_dask()
        return
    if "://" in name:
        check_cluster(name, where)
        return
    suggestion = nearest_known(name, NAMES)
    key = "compute.unknown_near" if suggestion else "compute.unknown"
    params = {"value": name, "suggestion": suggestion, "known": ", ".join(NAMES)}
    raise InvalidInput([Problem(where, key, params)])


def check_cluster(address: str, where: str) -> None:
    """Refuse what is no address of a cluster; raises InvalidInput at `where`, or NoDask."""
    if not _ADDRESS.fullmatch(address):
        raise InvalidInput([Problem(where, "compute.bad_address", {"value": address})])
    require_dask()


def open_cluster(address: str, prepare: str, setup: str) -> Compute:
    """Return a compute on the Dask cluster at an address that `check_cluster` lets through, which may be away."""
    return SteadyCompute(lambda: DaskCompute(prepare, setup, 1, address))


def open_compute(name: str, prepare: str, setup: str, jobs: int) -> Compute:
    """Start the compute of a name that `check_compute` lets through; see `LocalCompute` for the other arguments.

    A running cluster has as many workers as it has, whatever `jobs` says.
    """
    if name == "processes":
        return LocalCompute(prepare, setup, jobs)
    if name == "threads":
        return ThreadCompute(prepare, setup, jobs)
    return DaskCompute(prepare, setup, jobs, None if name == "dask" else name)


def workers_of(compute: Compute, jobs: int) -> int:
    """Return how many blocks a compute does at the same time; `jobs`: what was asked of `open_compute`."""
    return compute.workers if isinstance(compute, DaskCompute) else jobs
