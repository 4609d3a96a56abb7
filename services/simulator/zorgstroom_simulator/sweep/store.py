"""The result store of a sweep: one file per variant and replication, written once, never trusted unseen.

A file is named ``results/<2>/<key>.<digest>.arrow``: the key says what it is the result of, the digest (SHA-256) what
is in it. What does not match its name, because it is damaged, cut off or of something else, is not used. Files are
written under another name and renamed when they are whole, so that several commands may share a folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.tables import INDICATORS, write_atomically
from zorgstroom_simulator.sweep.work import KEY

#: Marks a folder as ours; the number is that of the form of the store.
MARK, FORM = "sweep-store.json", 1
RESULTS = "results"
_NAME = re.compile(r"(?P<key>[0-9a-f]{64})\.(?P<digest>[0-9a-f]{64})\.arrow")


@dataclass(eq=False)
class ResultStore:
    """The finished results in a folder.

    Raises InvalidInput if the folder cannot be used: it holds something else, or cannot be written in.
    """

    folder: Path
    #: Files that were there but cannot be used.
    refused: list[Path] = field(default_factory=list)
    _paths: dict[str, list[Path]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        params = {"folder": str(self.folder)}
        mark = self.folder / MARK
        if self.folder.is_dir() and any(self.folder.iterdir()):
            if not mark.is_file():
                raise InvalidInput([Problem("--out", "sweep.folder_not_ours", params)])
            if _form_of(mark) != FORM:
                raise InvalidInput([Problem("--out", "sweep.folder_other_form", params)])
        with self.writing():
            write_atomically(mark, (json.dumps({"zorgstroom_sweep_store": FORM}) + "\n").encode())
        for path in sorted((self.folder / RESULTS).rglob("*")):
            name = _NAME.fullmatch(path.name)
            if name is not None:
                self._paths.setdefault(name["key"], []).append(path)
            elif path.is_file() and not path.name.startswith("."):
                self.refused.append(path)

    def get(self, key: str) -> pa.Table | None:
        """Return a result that is there and whole, in the columns of `INDICATORS`; None if it must be made.

        A file that cannot be used is taken away, so that it is not looked at again.
        """
        for path in list(self._paths.get(key, ())):
            table = _read(path, key)
            if table is not None:
                return table
            self.refused.append(path)
            self._paths[key].remove(path)
            path.unlink(missing_ok=True)
        return None

    def put(self, key: str, content: bytes) -> None:
        """Keep the finished file of a result. Raises InvalidInput if it cannot be written."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.folder / RESULTS / key[:2] / f"{key}.{digest}.arrow"
        with self.writing():
            write_atomically(path, content)
        self._paths[key] = [path]

    def write(self, name: str, content: bytes) -> None:
        """Write a table or the manifest in the folder. Raises InvalidInput if it cannot be written."""
        with self.writing():
            write_atomically(self.folder / name, content)

    def forget(self, name: str) -> None:
        """Take a file away that no longer says what is in the folder."""
        with self.writing():
            (self.folder / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Tell the user what the operating system says when a file cannot be written."""
        try:
            yield
        except OSError as error:
            params = {"folder": str(self.folder), "reason": error.strerror or type(error).__name__}
            raise InvalidInput([Problem("--out", "sweep.folder_not_writable", params)]) from None


def _form_of(mark: Path) -> object:
    try:
        return json.loads(mark.read_bytes()).get("zorgstroom_sweep_store")
    except (OSError, ValueError, AttributeError):
        return None


def _read(path: Path, key: str) -> pa.Table | None:
    """Return the table in a file if it is whole and the result of this key."""
    name = _NAME.fullmatch(path.name)
    try:
        content = path.read_bytes()
        if name is None or hashlib.sha256(content).hexdigest() != name["digest"]:
            return None
        with pa.ipc.open_file(pa.py_buffer(content)) as reader:
            table = reader.read_all()
    except (OSError, pa.ArrowInvalid):
        return None
    if table.schema.remove_metadata() != INDICATORS or (table.schema.metadata or {}).get(KEY) != key.encode():
        return None
    return table
