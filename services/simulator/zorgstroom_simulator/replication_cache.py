"""Replications that were computed before, kept on disk: more years of the same run cost only the years that are new.

A replication is named by the block that computes it, which says everything that decides its numbers. A file carries
its own digest, so that one that was cut, damaged or put there by something else is seen; it is removed and its
replication computed again. Several simulators may share a folder. A disk that is full keeps nothing and stops nothing.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import zlib
from pathlib import Path

from zorgstroom.tables import write_atomically

logger = logging.getLogger(__name__)

_MAGIC = b"zorgstroom replication 1\n"
_SEAL_BYTES = hashlib.sha256().digest_size
#: Fast; tables of numbers are a tenth of their size either way.
_COMPRESSION = 1
#: How much is left once the folder was full, so that not every next one has to push something out.
_LEFT = 0.9


class ReplicationCache:
    """Replications under one folder, of at most `most_bytes`; those not used for longest are let go first.

    Threads and processes may share it; each counts what it adds, and looks at the folder when that is too much.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        #: Bytes in the folder as far as this process knows; None: not looked yet.
        self._bytes: int | None = None

    def get(self, block: bytes) -> bytes | None:
        """Return what computing this block gave before, or None when it is not there or cannot be used."""
        if not self._most_bytes:
            return None
        name = _name(block)
        path = self._path(name)
        try:
            content = path.read_bytes()
            # Used now: of all, it is let go last.
            os.utime(path)
        except OSError:
            return None
        body = content[len(_MAGIC) + _SEAL_BYTES :]
        if content == _sealed(name, body):
            return zlib.decompress(body)
        logger.warning("%s is damaged, and is computed again", path)
        self._remove(path)
        return None

    def put(self, block: bytes, result: bytes) -> None:
        """Keep what computing a block gave; one that cannot be kept is only noted."""
        if not self._most_bytes:
            return
        name = _name(block)
        content = _sealed(name, zlib.compress(result, _COMPRESSION))
        if len(content) > self._most_bytes * (1 - _LEFT):
            # It would push out too much else.
            return
        try:
            write_atomically(self._path(name), content)
        except OSError as error:
            logger.warning("a replication cannot be kept: %s", error)
            return
        with self._lock:
            self._bytes = None if self._bytes is None else self._bytes + len(content)
            if self._bytes is None or self._bytes > self._most_bytes:
                self._bytes = self._let_go()

    def _let_go(self) -> int:
        """Remove what was not used for longest if there is too much; return how many bytes there are then."""
        found = []
        for path in self._folder.glob("*/*"):
            try:
                known = path.stat()
            except OSError:
                continue
            found.append((known.st_mtime_ns, known.st_size, path))
        total = sum(size for _, size, _ in found)
        if total <= self._most_bytes:
            return total
        for _, size, path in sorted(found, key=lambda file: file[0]):
            if total <= self._most_bytes * _LEFT:
                break
            self._remove(path)
            total -= size
        return total

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("%s cannot be removed: %s", path, error)


def _name(block: bytes) -> str:
    return hashlib.sha256(block).hexdigest()


def _sealed(name: str, body: bytes) -> bytes:
    """Return a file: its kind, the digest of its name and what is in it, and what is in it."""
    return _MAGIC + hashlib.sha256(name.encode() + body).digest() + body
