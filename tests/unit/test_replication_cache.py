"""Replications kept on disk: found again, bounded, and never wrong."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.small_disk import SmallDisk

from zorgstroom_simulator.replication_cache import ReplicationCache

pytestmark = pytest.mark.unit

MOST = 100_000


def files(folder: Path) -> list[Path]:
    return [path for path in folder.glob("**/*") if path.is_file()]


def noise(seed: int, size: int = 5_000) -> bytes:
    """What does not get smaller."""
    return random.Random(seed).randbytes(size)


def test_what_was_kept_is_found_by_its_block_only(tmp_path: Path) -> None:
    cache = ReplicationCache(tmp_path / "kept", MOST)
    assert cache.get(b"block") is None
    cache.put(b"block", b"result")
    assert cache.get(b"block") == b"result"
    assert cache.get(b"other block") is None
    # Also by the next process.
    assert ReplicationCache(tmp_path / "kept", MOST).get(b"block") == b"result"


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "foreign", "other"])
def test_a_file_that_is_not_right_is_no_result_and_is_removed(damage: str, tmp_path: Path) -> None:
    cache = ReplicationCache(tmp_path, MOST)
    cache.put(b"block", b"result" * 100)
    [path] = files(tmp_path)
    content = path.read_bytes()
    cache.put(b"other", b"another result")
    [other] = set(files(tmp_path)) - {path}
    path.write_bytes(
        {
            "cut": content[:-5],
            "changed": content[:-5] + bytes([content[-5] ^ 1]) + content[-4:],
            "empty": b"",
            "foreign": b"PAR1 something else",
            "other": other.read_bytes(),
        }[damage]
    )
    assert cache.get(b"block") is None
    assert files(tmp_path) == [other]
    cache.put(b"block", b"result")
    assert cache.get(b"block") == b"result"


def test_what_was_not_used_for_longest_goes_first_and_the_folder_stays_within_bounds(tmp_path: Path) -> None:
    cache = ReplicationCache(tmp_path, MOST)
    cache.put(b"favourite", b"wanted")
    for number in range(60):
        # What time passes between two runs.
        for path in files(tmp_path):
            known = path.stat()
            os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns - 10**9))
        assert cache.get(b"favourite") == b"wanted"
        cache.put(f"block {number}".encode(), noise(number))
        assert sum(path.stat().st_size for path in files(tmp_path)) <= MOST
    assert cache.get(b"block 0") is None
    assert cache.get(b"block 59") == noise(59)
    # One that would push out all the rest is not kept.
    cache.put(b"giant", noise(0, 2 * MOST))
    assert cache.get(b"giant") is None
    assert cache.get(b"favourite") == b"wanted"


def test_nothing_is_kept_when_that_was_not_asked_for(tmp_path: Path) -> None:
    cache = ReplicationCache(tmp_path, 0)
    cache.put(b"block", b"result")
    assert cache.get(b"block") is None
    assert not files(tmp_path)


def test_several_simulators_share_a_folder(tmp_path: Path) -> None:
    caches = [ReplicationCache(tmp_path, MOST) for _ in range(4)]

    def work(number: int) -> bool:
        cache = caches[number % 4]
        block = f"block {number % 10}".encode()
        cache.put(block, noise(number % 10))
        return cache.get(block) in (None, noise(number % 10))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(400)))
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 1.2 * MOST


def test_a_full_disk_keeps_nothing_and_stops_nothing(small_disk: SmallDisk) -> None:
    cache = ReplicationCache(small_disk.folder, 100 * MOST)
    cache.put(b"before", b"result")
    small_disk.fill()
    cache.put(b"block", noise(1))
    assert cache.get(b"block") is None
    small_disk.make_room()
    assert len(small_disk.files()) == 1
    cache.put(b"block", noise(1))
    assert cache.get(b"block") == noise(1)
    assert cache.get(b"before") == b"result"


def test_a_disk_that_is_only_read_stops_nothing(small_disk: SmallDisk) -> None:
    cache = ReplicationCache(small_disk.folder, MOST)
    cache.put(b"block", b"result")
    [path] = small_disk.files()
    path.write_bytes(b"damaged")
    small_disk.protect()
    cache.put(b"other", b"result")
    assert cache.get(b"other") is None
    assert cache.get(b"block") is None
