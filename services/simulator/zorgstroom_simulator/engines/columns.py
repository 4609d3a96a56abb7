"""Many columns for compiled code, handed over as one array of addresses.

A function that is given sixty arrays takes minutes to compile and counts sixty references at every call. Given
one array of their addresses it looks up the columns it needs, in a load or two each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numba
import numpy as np
import numpy.typing as npt
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np import arrayobj

# Numba has no types for these.
_array: Any = arrayobj
_codegen: Any = cgutils
#: Words per column in the array of addresses: where it begins, and its length along two axes.
_WORDS = 3


def addresses_of(columns: Sequence[np.ndarray]) -> npt.NDArray[np.int64]:
    """Return the array from which compiled code finds the columns, in this order: int64[3 x columns].

    The caller keeps the columns alive as long as compiled code uses the addresses. Each is contiguous and has one axis
    or two.
    """
    words = np.empty((len(columns), _WORDS), np.int64)
    for row, column in zip(words, columns, strict=True):
        if not column.flags.c_contiguous or column.ndim not in (1, 2):
            raise ValueError("a column is contiguous and has one axis or two")
        row[:] = (column.ctypes.data, *column.shape, 1)[:_WORDS]
    return words.ravel()


def column_of(kind: type[np.generic], axes: int = 1) -> Callable[..., Any]:
    """Return what compiled code calls as ``column(addresses, number)`` to get a column of this type."""
    element = numba.from_dtype(np.dtype(kind))
    width = np.dtype(kind).itemsize

    @intrinsic
    def column(typing_context: Any, addresses: Any, number: Any) -> Any:
        array_type = types.Array(element, axes, "C")
        signature = array_type(addresses, types.int64)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            words = _array.make_array(signature.args[0])(context, builder, arguments[0])
            integer = context.get_value_type(types.intp)

            def word(place: int) -> Any:
                index = builder.add(builder.mul(arguments[1], integer(_WORDS)), integer(place))
                return builder.load(builder.gep(words.data, [index]))

            made = _array.make_array(array_type)(context, builder)
            lengths = [word(1 + axis) for axis in range(axes)]
            size = integer(width)
            steps = [size] if axes == 1 else [builder.mul(lengths[1], size), size]
            _array.populate_array(
                made,
                data=builder.inttoptr(word(0), made.data.type),
                shape=_codegen.pack_array(builder, lengths),
                strides=_codegen.pack_array(builder, steps),
                itemsize=size,
                # Nobody's memory: nothing to count references to.
                meminfo=None,
            )
            return made._getvalue()

        return signature, generate

    return cast(Callable[..., Any], column)
