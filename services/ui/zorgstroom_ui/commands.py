"""The ``ui`` command of the root ``zorgstroom``."""

from __future__ import annotations

import click

from zorgstroom.lifeline import watch_lifeline
from zorgstroom.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on; default ZORGSTROOM_UI_HOST or 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; default ZORGSTROOM_UI_PORT or 8501.")
def ui(host: str | None, port: int | None) -> None:
    """Serve the screens; they read from the API at ZORGSTROOM_API_URL."""
    # Streamlit takes a second to import; the other commands should not wait for it.
    from zorgstroom_ui.server import create_app, streamlit_options  # noqa: PLC0415

    settings = Settings()
    watch_lifeline()
    create_app().run(config=streamlit_options(host or settings.ui_host, port or settings.ui_port))


commands: list[click.Command] = [ui]
