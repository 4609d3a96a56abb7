"""What the parts of the client of the API have in common: asking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx


class Calls:
    """Questions of one subject; `zorgstroom.client.Client` knows how to ask them."""

    def _get(self, path: str, **options: Any) -> httpx.Response:
        raise NotImplementedError

    def _send(self, method: str, path: str, retries: int | None = None, **options: Any) -> httpx.Response:
        raise NotImplementedError

    def _pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[Any]:
        raise NotImplementedError
