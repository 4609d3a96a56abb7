"""Settings that only this service reads, on top of the shared ones."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from zorgstroom.settings import Settings


class ApiSettings(Settings):
    """Read from the environment (``ZORGSTROOM_*``)."""

    #: The dataset runs are asked on: a shipped one by name, or a folder.
    dataset: str = "nl2025"
    #: Who keeps this service, in its description.
    contact_name: str = "Zorgstroom"
    contact_email: str = ""
    contact_url: str = ""
    #: More host names to be written to under, separated by commas (``api`` in a compose file).
    allowed_hosts: str = ""
    #: Whether writing needs a key: ``off`` or ``keys``; None: only when others than this machine can reach it.
    auth: Literal["off", "keys"] | None = None
    #: Requests of one caller per minute, of each kind; 0: as many as he likes.
    reads_per_minute: int = Field(default=600, ge=0)
    writes_per_minute: int = Field(default=60, ge=0)
    previews_per_minute: int = Field(default=120, ge=0)
    #: Of the pages of a workshop: a whole room shares one address.
    room_per_minute: int = Field(default=20_000, ge=0)
    #: Codes of workshops that do not exist, asked for from one address.
    wrong_codes_per_minute: int = Field(default=120, ge=1)
    #: Heavy requests (previews, comparisons, reports, workbooks) that are worked on at once.
    max_heavy_requests: int = Field(default=4, ge=1)
    #: Readers who may follow a run as it goes, at once; each is looked after twice a second.
    max_streams: int = Field(default=100, ge=1)
    #: A request that takes longer is given up.
    request_timeout_seconds: float = Field(default=30.0, gt=0)
    #: A running run that has said nothing for so long is asked for again.
    heartbeat_timeout_seconds: float = Field(default=30.0, gt=0)
    #: How often the background threads look when nothing happens.
    poll_seconds: float = Field(default=0.5, gt=0)
    #: Silence after which a progress stream sends a sign of life.
    stream_heartbeat_seconds: float = Field(default=15.0, gt=0)
    #: With so many runs waiting, another one is refused.
    max_queued_runs: int = Field(default=2000, ge=1)
    #: Runs of each priority that are given to the simulators before they have taken up the ones before.
    max_runs_in_transit: int = Field(default=4, ge=1)
    #: Runs of one owner that are given to the simulators and have not ended.
    max_runs_per_owner: int = Field(default=8, ge=1)
    #: Runs that ended longer ago are thrown away, every day; None: never, unless `zorgstroom tidy` is told to.
    keep_runs_days: int | None = Field(default=None, ge=1)
    #: Older lines of the audit log are thrown away with them.
    keep_audit_days: int = Field(default=365, ge=1)
    #: Where the pages of workshops, and nothing else, are open to the room besides; empty: nowhere.
    room_host: str = ""
    room_port: int = Field(default=8080, ge=0, le=65535)
    #: The address under which telephones reach those pages; empty: the one a page is asked under.
    room_url: str = ""
    #: Largest request body.
    max_body_bytes: int = Field(default=1_500_000, gt=0)

    @property
    def keys_needed(self) -> bool:
        """Whether writing needs a key."""
        return self.auth == "keys" or (self.auth is None and not self.only_here)

    @property
    def only_here(self) -> bool:
        """Whether this machine alone can reach the service."""
        return is_loopback(self.api_host)

    @property
    def host_names(self) -> frozenset[str]:
        """The host names that may stand in the Host header of a write."""
        own = {"localhost", "127.0.0.1", "::1", self.api_host, urlsplit(self.resolved_api_url).hostname or ""}
        named = {name.strip().lower() for name in self.allowed_hosts.split(",")}
        # Listening on every address says nothing about the names others may use.
        return frozenset((own | named) - {"", "0.0.0.0", "::"})  # noqa: S104 - removed, not bound

    @property
    def room_names(self) -> frozenset[str]:
        """The host names, besides numbers, under which the room reaches the pages of workshops."""
        machine = socket.gethostname().lower()
        own = {machine, f"{machine}.local", urlsplit(self.room_url).hostname or ""}
        return frozenset((own | self.host_names) - {""})

    @property
    def origins(self) -> frozenset[str]:
        """The web origins besides its own from which this service may be written to: the screens."""
        return frozenset(f"http://{host}:{self.ui_port}" for host in {"localhost", "127.0.0.1", self.ui_host})


def is_loopback(host: str) -> bool:
    """Return whether the name or address is that of this machine, for itself.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0"), is_loopback("api")
    (True, True, False, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
