"""The ``ui`` command of the root ``zorgstroom``."""

from __future__ import annotations

import socket

import click

from zorgstroom import logs
from zorgstroom.cli_options import language_option
from zorgstroom.errors import ZorgstroomError
from zorgstroom.lifeline import watch_lifeline
from zorgstroom.settings import Settings
from zorgstroom.text import Language


class CannotListen(ZorgstroomError):
    """The address is taken, or is none of this machine."""

    key = "ui.cannot_listen"


@click.command(help="ui.help")
@click.option("--host", help="ui.option.host")
@click.option("--port", type=click.IntRange(1, 65535), help="ui.option.port")
@language_option
def ui(host: str | None, port: int | None, lang: Language) -> None:
    """Serve the screens; they ask the service at ZORGSTROOM_API_URL for everything."""
    del lang  # visitors choose their own; errors are shown by the root
    settings = Settings()
    # Before Streamlit is imported, which takes a second that the other commands should not wait for.
    logs.setup(settings, "ui")
    from zorgstroom_ui.server import create_app, streamlit_options  # noqa: PLC0415

    host, port = host or settings.ui_host, port or settings.ui_port
    watch_lifeline()
    require_free(host, port)
    create_app().run(config=streamlit_options(host, port))


def require_free(host: str, port: int) -> None:
    """Raise `CannotListen` when nobody can listen there, before Streamlit says so in its own words."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotListen(host=host, port=str(port), reason=error.strerror or str(error)) from error


commands: list[click.Command] = [ui]
