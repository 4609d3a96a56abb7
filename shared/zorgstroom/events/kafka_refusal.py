"""Why a broker that is there refuses us: TLS, the certificate or the login.

kafka-python tries again until its time is over and then only says that it could not connect. So the first
steps of a connection are made again here, one by one, to tell an operator which one fails.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from zorgstroom.events.codec import BusRefused

#: How long one step of a connection may take.
PROBE_SECONDS = 3.0


def why_refused(servers: Sequence[str], options: Mapping[str, Any]) -> BusRefused | None:
    """Return what is wrong with the connection to the first broker that is there; None when none is."""
    security = options["security_protocol"]
    for server in servers:
        host, _, port = server.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), PROBE_SECONDS) as connection:
                if "SSL" in security:
                    refusal = _tls_refusal(connection, host, server, options)
                else:
                    refusal = _tls_expected(connection, server)
        except (OSError, ValueError):
            continue
        if refusal is None and security.startswith("SASL"):
            # The broker is there and TLS is right: what is left is the login.
            refusal = BusRefused("error.bus_login", server=server, mechanism=options["sasl_mechanism"])
        return refusal
    return None


def _tls_refusal(
    connection: socket.socket, host: str, server: str, options: Mapping[str, Any]
) -> BusRefused | None:
    """Shake hands as kafka-python does."""
    try:
        context = ssl.create_default_context(cafile=options.get("ssl_cafile"))
        if "ssl_certfile" in options:
            context.load_cert_chain(options["ssl_certfile"], options.get("ssl_keyfile"))
    except OSError as error:
        return BusRefused("error.bus_certificate_file", detail=error.strerror or str(error))
    try:
        with context.wrap_socket(connection, server_hostname=host):
            return None
    except ssl.SSLCertVerificationError as error:
        return BusRefused("error.bus_certificate", server=server, detail=error.verify_message)
    except ssl.SSLError as error:
        return BusRefused("error.bus_no_tls", server=server, detail=error.reason or str(error))


def _tls_expected(connection: socket.socket, server: str) -> BusRefused | None:
    """Say so when the broker answers a handshake that we were not going to make."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is sent over this connection; it only tells whether TLS is spoken at all.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with context.wrap_socket(connection):
            return BusRefused("error.bus_tls_expected", server=server)
    except OSError:
        return None
