"""Machine code kept on disk: of exactly these sources and numbers, for several processes at once.

Numba's own keeping looks at the file a function is in. A number that a function takes from another file is frozen into
its code, so that an update of that file alone would leave old code in use. And its index of files is one that two
processes can overwrite for each other. Here every file says what it was made of, and there is no index.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import caching

#: How compiled code finds and reads its columns.
_READ_BY = ("columns.py", "layout.py")
# Numba has no types for these.
_caching: Any = caching


class _Files(_caching.IndexDataCacheFile):  # type: ignore[misc]
    """One file per function, types and processor, which begins with the hash of all it was made of."""

    def __init__(self, folder: str, stem: str, made_of: str) -> None:
        super().__init__(folder, stem, made_of)
        self._folder, self._stem, self._made_of = Path(folder), stem, made_of

    def load(self, key: object) -> object:
        """Return what was kept for these types, or None if it was made of something else."""
        try:
            content = self._file(key).read_bytes()
        except OSError:
            return None
        seal = self._seal(key)
        return pickle.loads(content[len(seal) :]) if content.startswith(seal) else None  # noqa: S301

    def save(self, key: object, data: object) -> None:
        """Keep something, unless the disk is full: then it is made again next time."""
        with contextlib.suppress(OSError), self._open_for_write(str(self._file(key))) as file:
            file.write(self._seal(key) + self._dump(data))

    def _file(self, key: object) -> Path:
        return self._folder / f"{self._stem}.{_hash(repr(key))[:16]}.nbc"

    def _seal(self, key: object) -> bytes:
        return _hash(repr((numba.__version__, self._made_of, key))).encode()


class KeptCode(_caching.FunctionCache):  # type: ignore[misc]
    """Numba's keeping of one function, with files of our own. Raises RuntimeError if there is nowhere to keep it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, _made_of(function))

    def _index_key(self, signature: object, codegen: Any) -> tuple[object, ...]:
        return signature, codegen.magic_tuple()


def _made_of(function: Callable[..., Any]) -> str:
    """Return the hash of the file of a function, of the numbers it finds there by name, and of how columns are read."""
    numbers = sorted((name, value) for name, value in function.__globals__.items() if isinstance(value, int))
    own = _source(Path(inspect.getfile(function)))
    return _hash(repr((numbers, own, *(_source(Path(__file__).with_name(name)) for name in _READ_BY))))


@functools.cache
def _source(file: Path) -> str:
    return _hash(file.read_text("utf-8"))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
