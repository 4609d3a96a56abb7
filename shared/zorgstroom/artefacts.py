"""Where result tables are: a folder of files named after their content, written once and never changed.

A key is a relative path such as ``3f/3fa1...e0.parquet``; events and the database carry keys and digests,
never addresses. Two runs with the same table share one file.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from pathlib import Path
from typing import BinaryIO

from zorgstroom.errors import NotFound, Unavailable
from zorgstroom.tables import write_atomically

logger = logging.getLogger(__name__)

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}(\.[a-z0-9]{1,10})?")


class CannotKeep(Unavailable):
    """The folder takes nothing more: the disk is full, away, or may not be written to; the log says which."""

    key = "error.cannot_keep"


class ArtefactStore:
    """The artefacts under one folder, shared by all processes of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, content: bytes) -> tuple[str, str]:
        """Keep the content and return (key, SHA-256); `name` only gives the extension. Raises `Unavailable`."""
        sha256 = hashlib.sha256(content).hexdigest()
        key = f"{sha256[:2]}/{sha256}{Path(name).suffix.lower()}"
        path = self._root / key
        try:
            try:
                # In use again: not to be taken for a file of no run. Unlike `touch` this makes no empty file
                # of one that is tidied away just now.
                os.utime(path)
            except FileNotFoundError:
                write_atomically(path, content)
        except OSError as error:
            logger.error("artefact %s cannot be kept: %s", key, error)
            raise CannotKeep from error
        return key, sha256

    def path(self, key: str) -> Path:
        """Return where the artefact is. Raises `NotFound` for a key that does not exist or is no key."""
        path = self._root / key
        if not _KEY.fullmatch(key) or not path.is_file():
            raise NotFound(what="artefact", name=key)
        return path

    def open(self, key: str) -> BinaryIO:
        """Open the artefact for reading. Raises `NotFound`."""
        return self.path(key).open("rb")
