"""Settings that only this service reads, on top of the shared ones."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field

from zorgstroom.settings import Settings


class ApiSettings(Settings):
    """Read from the environment (``ZORGSTROOM_*``)."""

    #: The dataset runs are asked on: a shipped one by name, or a folder.
    dataset: str = "nl2025"
    #: More host names to be written to under, separated by commas (``api`` in a compose file).
    allowed_hosts: str = ""
    #: A running run that has said nothing for so long is asked for again.
    heartbeat_timeout_seconds: float = Field(default=30.0, gt=0)
    #: How often the background threads look when nothing happens.
    poll_seconds: float = Field(default=0.5, gt=0)
    #: Silence after which a progress stream sends a sign of life.
    stream_heartbeat_seconds: float = Field(default=15.0, gt=0)
    #: With so many runs waiting, another one is refused.
    max_queued_runs: int = Field(default=500, ge=1)
    #: Largest request body.
    max_body_bytes: int = Field(default=512_000, gt=0)

    @property
    def host_names(self) -> frozenset[str]:
        """The host names that may stand in the Host header of a write."""
        own = {"localhost", "127.0.0.1", "::1", self.api_host, urlsplit(self.resolved_api_url).hostname or ""}
        named = {name.strip().lower() for name in self.allowed_hosts.split(",")}
        # Listening on every address says nothing about the names others may use.
        return frozenset((own | named) - {"", "0.0.0.0", "::"})  # noqa: S104 - removed, not bound

    @property
    def origins(self) -> frozenset[str]:
        """The web origins besides its own from which this service may be written to: the screens."""
        return frozenset(f"http://{host}:{self.ui_port}" for host in {"localhost", "127.0.0.1", self.ui_host})
