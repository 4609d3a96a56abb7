"""Functions compiled to machine code, kept on disk: of exactly these sources, for several processes at once.

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
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core import caching, types

F = TypeVar("F", bound=Callable[..., Any])
# Numba has no types for these.
_caching: Any = caching
_njit: Any = numba.njit
#: Two hashes as text.
_SEAL_BYTES = 128


def compiled(function: F) -> F:
    """Compile to machine code on first use, kept on disk where that can be; other threads run meanwhile."""
    dispatcher = _dispatcher(function, no_cfunc_wrapper=True)
    # There may be nowhere to keep it: neither beside the source, nor in NUMBA_CACHE_DIR, nor in a home directory.
    with contextlib.suppress(RuntimeError, OSError):
        dispatcher._cache = KeptCode(function)
    return cast(F, dispatcher)


def compiled_part(function: F) -> F:
    """Compile as part of the `compiled` functions that call it, which alone can: half the work of compiling."""
    return cast(F, _dispatcher(function, no_cfunc_wrapper=True, no_cpython_wrapper=True))


def written_out(function: F) -> F:
    """A line or two that is written out wherever compiled code calls it: quicker to compile than a function."""
    return cast(F, _njit(inline="always", error_model="numpy")(function))


def _dispatcher(function: Callable[..., Any], **options: bool) -> Any:
    dispatcher = _njit(nogil=True, error_model="numpy", **options)(function)
    template = dispatcher.get_call_template
    # Once for whole numbers, not once more for every constant that some caller writes.
    dispatcher.get_call_template = lambda args, kws: template(tuple(map(types.unliteral, args)), kws)
    return dispatcher


class _Files(_caching.IndexDataCacheFile):  # type: ignore[misc]
    """One file per function, types and processor: hashes of all it was made of and of the code, then the code."""

    def __init__(self, folder: str, stem: str, made_of: str) -> None:
        super().__init__(folder, stem, made_of)
        self._folder, self._stem, self._made_of = Path(folder), stem, made_of

    def load(self, key: object) -> object:
        """Return what was kept for these types, or None if it is damaged or was made of something else."""
        try:
            content = self._file(key).read_bytes()
        except OSError:
            return None
        data = content[_SEAL_BYTES:]
        return pickle.loads(data) if content.startswith(self._seal(key, data)) else None  # noqa: S301

    def save(self, key: object, data: object) -> None:
        """Keep something, unless the disk is full: then it is made again next time."""
        with contextlib.suppress(OSError), self._open_for_write(str(self._file(key))) as file:
            content = self._dump(data)
            file.write(self._seal(key, content) + content)

    def _file(self, key: object) -> Path:
        return self._folder / f"{self._stem}.{_hash(repr(key))[:16]}.nbc"

    def _seal(self, key: object, content: bytes) -> bytes:
        made_of = _hash(repr((numba.__version__, self._made_of, key)))
        return made_of.encode() + hashlib.sha256(content).hexdigest().encode()


class KeptCode(_caching.FunctionCache):  # type: ignore[misc]
    """Numba's keeping of one function, with files of our own. Raises RuntimeError if there is nowhere to keep it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, _made_of(function))

    def _index_key(self, signature: object, codegen: Any) -> tuple[object, ...]:
        return signature, codegen.magic_tuple()


def _made_of(function: Callable[..., Any]) -> str:
    """Return the hash of all that decides the code of a function: its file, those it takes functions from, numbers."""
    numbers: set[tuple[str, str]] = set()
    files: set[Path] = set()
    for part in _parts(cast(FunctionType, function), set()):
        files.add(Path(inspect.getfile(part)))
        numbers |= {
            (name, repr(value))
            for name, value in part.__globals__.items()
            if isinstance(value, (int, float, np.generic))
        }
    return _hash(repr((sorted(numbers), sorted((file.name, _source(file)) for file in files))))


def _parts(function: FunctionType, seen: set[str]) -> Iterator[FunctionType]:
    """Yield a function, and one of every module that its module takes compiled functions or intrinsics from."""
    if function.__module__ in seen:
        return
    seen.add(function.__module__)
    yield function
    for value in list(function.__globals__.values()):
        taken = getattr(value, "py_func", None) or getattr(value, "_defn", None)
        if isinstance(taken, FunctionType):
            yield from _parts(taken, seen)


@functools.cache
def _source(file: Path) -> str:
    return _hash(file.read_text("utf-8"))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
