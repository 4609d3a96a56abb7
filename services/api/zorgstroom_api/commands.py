"""The ``api`` command of the root ``zorgstroom``."""

from __future__ import annotations

import socket
from contextlib import closing

import click

from zorgstroom import logs
from zorgstroom.cli_options import language_option
from zorgstroom.errors import ZorgstroomError
from zorgstroom.events import check_bus_url, quiet_kafka
from zorgstroom.lifeline import watch_lifeline
from zorgstroom.text import Language, translate
from zorgstroom_api.keys_command import keys
from zorgstroom_api.maintenance_commands import backup, restore, tidy

#: How long open answers (progress streams) may keep the service from stopping.
SHUTDOWN_SECONDS = 3


class CannotListen(ZorgstroomError):
    """The address is taken, or is none of this machine."""

    key = "api.cannot_listen"


@click.command()
@click.option("--host", help="api.option.host")
@click.option("--port", type=click.IntRange(0, 65535), help="api.option.port")
@language_option
def api(host: str | None, port: int | None, lang: Language) -> None:
    """Keep scenarios, runs and results, and serve them over HTTP."""
    # The web framework takes a second to import; the other commands should not wait for it.
    import uvicorn  # noqa: PLC0415

    from zorgstroom_api.app import create_app  # noqa: PLC0415
    from zorgstroom_api.connections import PATIENCE_SECONDS, PatientProtocol  # noqa: PLC0415
    from zorgstroom_api.settings import ApiSettings  # noqa: PLC0415
    from zorgstroom_api.store.database import Database  # noqa: PLC0415
    from zorgstroom_api.store.migrations import upgrade  # noqa: PLC0415

    given = {"api_host": host, "api_port": port}
    settings = ApiSettings().model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    logs.setup(settings, "api")
    quiet_kafka()
    watch_lifeline()
    # Before anything listens, so that a bus that is wrong or a database that is away is one line and no traceback.
    check_bus_url(settings)
    with closing(Database(settings.resolved_database_url)) as database:
        upgrade(database)
    listeners = [listen(settings.api_host, settings.api_port)]
    address = f"http://{settings.api_host}:{listeners[0].getsockname()[1]}"
    click.echo(translate("api.listening", lang, address=address))
    if settings.room_host:
        listeners.append(listen(settings.room_host, settings.room_port))
        settings = settings.model_copy(update={"room_port": listeners[1].getsockname()[1]})
        room = settings.room_url or f"http://{settings.room_host}:{settings.room_port}"
        click.echo(translate("session.open_to_room", lang, address=room))
    if not settings.only_here:
        words = "identity.keys_needed" if settings.keys_needed else "identity.open_to_all"
        click.echo(translate(words, lang), err=True)
    config = uvicorn.Config(
        create_app(settings),
        http=PatientProtocol,
        # Its lines go the way of ours.
        log_config=None,
        # There is nothing to talk to this way, and it logs who tries.
        ws="none",
        # Logs hold no network addresses.
        access_log=False,
        server_header=False,
        # Clients and proxies drop a silent connection sooner than that: who closes last never cuts off a request.
        timeout_keep_alive=int(PATIENCE_SECONDS),
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    uvicorn.Server(config).run(sockets=listeners)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 means any that is free. Raises `CannotListen`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, or the event loop leaves small answers waiting for 40 ms to be sent together with more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CannotListen(host=host, port=port, reason=error.strerror or str(error)) from error
    listener.set_inheritable(False)
    return listener


commands: list[click.Command] = [backup, restore, tidy, api, keys]
