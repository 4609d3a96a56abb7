"""``zorgstroom up``: the whole of Zorgstroom on one machine, until Ctrl-C.

Starts the API, the simulator and the screens, says where to look, and has the example plans computed, the
regional one first.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

from zorgstroom import logs
from zorgstroom.cli_options import language_option
from zorgstroom.client import Client, RunInfo, ScenarioDetail
from zorgstroom.errors import InvalidInput, NotAllowed, Problem, Unavailable, ZorgstroomError
from zorgstroom.events.schemas import RunSettings
from zorgstroom.processes import Service, Supervisor, check_port
from zorgstroom.settings import Settings
from zorgstroom.text import Language, translate

#: How long the services may take to answer; a slow disk with a virus scanner needs most of it.
READY_SECONDS = 180.0
#: Between two looks at the children and at the runs.
TICK_SECONDS = 0.5


#: Simulated years of each example: enough for intervals, few enough to see the first one soon.
EXAMPLE_REPLICATIONS = 5
#: In whose turn they are computed: after what somebody waits for.
EXAMPLES_OWNER = "examples"
#: Where telephones find the pages of workshops, and on which of this machine's addresses.
LAN_PORT = 8080
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - asked for, and only those pages
#: Sub-commands that are the services.
SERVICES = ("api", "simulator", "ui")


class NoNetwork(ZorgstroomError):
    """This machine is on no network, so no telephone can reach it."""

    key = "up.no_network"


@click.command()
@click.option("--ui-port", "--port", type=click.IntRange(1, 65535), help="up.option.ui_port")
@click.option("--api-port", type=click.IntRange(1, 65535), help="up.option.api_port")
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), help="up.option.data_dir")
@click.option("--lan", is_flag=True, help="up.option.lan")
@click.option("--lan-address", help="up.option.lan_address")
@click.option(
    "--lan-port",
    type=click.IntRange(1, 65535),
    default=LAN_PORT,
    show_default=True,
    help="up.option.lan_port",
)
@click.option("--no-browser", is_flag=True, help="up.option.no_browser")
@click.option("--no-examples", is_flag=True, help="up.option.no_examples")
@click.option(
    "--replications",
    type=click.IntRange(1, 1000),
    default=EXAMPLE_REPLICATIONS,
    show_default=True,
    help="up.option.replications",
)
@language_option
def up(
    *,
    ui_port: int | None,
    api_port: int | None,
    data_dir: Path | None,
    lan: bool,
    lan_address: str | None,
    lan_port: int,
    no_browser: bool,
    no_examples: bool,
    replications: int,
    lang: Language,
) -> None:
    """Start everything on this machine: simulator, API and screens."""
    given = {"api_port": api_port, "ui_port": ui_port, "data_dir": data_dir}
    # The services are started here, so an API elsewhere (api_url) is not what the screens should read.
    settings = Settings().model_copy(
        update={"api_url": None, **{k: v for k, v in given.items() if v is not None}}
    )
    logs.setup(settings, "up")
    if settings.api_port == settings.ui_port:
        raise InvalidInput([Problem("--ui-port", "up.same_port", {"port": settings.ui_port})])
    check_port(settings.api_host, settings.api_port, "--api-port")
    check_port(settings.ui_host, settings.ui_port, "--ui-port")
    room = None
    if lan or lan_address:
        if lan_port in (settings.api_port, settings.ui_port):
            raise InvalidInput([Problem("--lan-port", "up.same_port", {"port": lan_port})])
        check_port(EVERY_ADDRESS, lan_port, "--lan-port")
        room = f"http://{lan_address or address_of_this_machine()}:{lan_port}"
    make_data_folder(settings.data_dir)
    say = Speaker(lang)
    supervisor = Supervisor(
        services=[Service(name, (sys.executable, "-m", "zorgstroom", name)) for name in SERVICES],
        log_dir=settings.data_dir / "logs",
        environment=child_environment(settings) | room_environment(room, lan_port),
        on_restart=lambda name, seconds: say("up.restart", name=name, seconds=round(seconds)),
    )
    key = settings.api_key.get_secret_value() if settings.api_key else None
    with (
        stop_signals() as stop,
        Client(settings.resolved_api_url, lang, timeout=5.0, retries=0, api_key=key) as client,
    ):
        say("up.starting", folder=settings.data_dir)
        supervisor.start()
        try:
            if wait_until_ready(supervisor, client, settings, stop):
                say("up.ready", ui=ui_address(settings), api=f"{settings.resolved_api_url}/v1/docs")
                if room is not None:
                    say("up.room", address=f"{room}/m")
                if not no_browser:
                    open_browser(ui_address(settings))
            examples = (
                None if no_examples else ExampleRuns(client, say, RunSettings(replications=replications))
            )
            while not stop.wait(TICK_SECONDS):
                supervisor.check()
                if examples is not None:
                    examples.tick()
        finally:
            say("up.stopping")
            stop.clear()  # set again by a second Ctrl-C: no more waiting
            supervisor.stop(hurry=stop)
            say("up.stopped")


def make_data_folder(folder: Path) -> None:
    """Make the folder for data and logs; raise InvalidInput when that cannot be."""
    try:
        (folder / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        params = {"folder": str(folder), "reason": error.strerror or type(error).__name__}
        raise InvalidInput([Problem("--data-dir", "run.folder_not_writable", params)]) from None


class Speaker:
    """Prints texts of the catalogue in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **params: object) -> None:
        """Print one text at once, also into a pipe."""
        click.echo(translate(key, self.language, **params))
        sys.stdout.flush()


class ExampleRuns:
    """Has the example plans computed one after another, each when nobody waits for something else.

    What was computed before is not computed again: the API gives the same run for the same request.
    """

    def __init__(self, client: Client, say: Speaker, settings: RunSettings) -> None:
        self._client = client
        self._say = say
        self._settings = settings
        self._plans: list[ScenarioDetail] | None = None
        self._run: RunInfo | None = None

    def tick(self) -> None:
        """Look once how far it is; when the API does not answer now, the next look tries again."""
        try:
            if self._plans is None:
                self._plans = self._in_order()
            if self._plans and self._is_done(self._plans[0]):
                self._plans.pop(0)
                self._run = None
        except Unavailable:
            pass
        except NotAllowed:
            # Nobody may be asked for a key here: said once, and everything else works.
            self._say("up.examples_need_key")
            self._plans = []

    def _in_order(self) -> list[ScenarioDetail]:
        """Return the examples of a region: plans that change something first, then today, then those of several years.

        One about the whole country takes longer than all others together: it is for the user to start.
        """
        found = [self._client.scenario(example.id) for example in self._client.examples()]
        details = [example for example in found if example.document.region is not None]

        def turn(example: ScenarioDetail) -> tuple[int, bool, str]:
            document = example.document
            return document.horizon.weeks, not document.actions, example.slug or example.name

        details.sort(key=turn)
        return details

    def _is_done(self, plan: ScenarioDetail) -> bool:
        """Ask for the run of a plan, or how far it is; tell it, and return whether the next one may go."""
        try:
            run = (
                self._client.run(self._run.id)
                if self._run
                else self._client.submit(plan.id, self._settings, "batch", EXAMPLES_OWNER)
            )
        except (Unavailable, NotAllowed):
            raise
        except ZorgstroomError as error:
            # One example that cannot be computed must not keep the others, or the services, from working.
            self._say("up.example_failed", name=plan.name, reason=error.message(self._say.language))
            return True
        if run.state == "completed":
            self._say("up.example_ready", name=plan.name)
        elif run.final:
            self._say("up.example_failed", name=plan.name, reason=run.error or run.state)
        elif self._run is None or run.done != self._run.done:
            self._say("up.example_progress", name=plan.name, done=run.done, total=run.total)
        self._run = run
        return run.final


def child_environment(settings: Settings) -> dict[str, str]:
    """Return the settings every service gets, so that all agree on folder and addresses."""
    return {
        "ZORGSTROOM_DATA_DIR": str(settings.data_dir.absolute()),
        "ZORGSTROOM_API_HOST": settings.api_host,
        "ZORGSTROOM_API_PORT": str(settings.api_port),
        "ZORGSTROOM_API_URL": settings.resolved_api_url,
        "ZORGSTROOM_UI_HOST": settings.ui_host,
        "ZORGSTROOM_UI_PORT": str(settings.ui_port),
        # Screens that held a key would let every visitor write with it.
        "ZORGSTROOM_API_KEY": "",
        "PYTHONUNBUFFERED": "1",
    }


def room_environment(room: str | None, port: int) -> dict[str, str]:
    """Return the settings with which the pages of workshops, and nothing else, are open to the room."""
    if room is None:
        return {}
    return {
        "ZORGSTROOM_ROOM_HOST": EVERY_ADDRESS,
        "ZORGSTROOM_ROOM_PORT": str(port),
        "ZORGSTROOM_ROOM_URL": room,
    }


def address_of_this_machine() -> str:
    """Return the number under which others on the network reach this machine. Raises `NoNetwork`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: it only asks which way would be taken to an address that nobody has (RFC 5737).
            probe.connect(("192.0.2.1", 9))
        except OSError as error:
            raise NoNetwork from error
        address: str = probe.getsockname()[0]
    return address


def ui_address(settings: Settings) -> str:
    """Return where the screens are."""
    return f"http://{settings.ui_host}:{settings.ui_port}"


def wait_until_ready(
    supervisor: Supervisor, client: Client, settings: Settings, stop: threading.Event
) -> bool:
    """Return True when API and screens both answer, False when the user stops it first.

    Raises `Unavailable` after 180 seconds and `GaveUp` when a service keeps crashing.
    """
    deadline = time.monotonic() + READY_SECONDS
    while not stop.wait(TICK_SECONDS / 2):
        supervisor.check()
        if _api_answers(client) and _ui_answers(settings):
            return True
        if time.monotonic() > deadline:
            raise Unavailable("up.not_ready", seconds=round(READY_SECONDS), folder=settings.data_dir / "logs")
    return False


def open_browser(address: str) -> None:
    """Open the page in a browser with windows; without a screen (a server, a build) do nothing."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    # Exactly this class is a browser in text mode, which would take over the terminal.
    if type(browser) is not webbrowser.GenericBrowser:
        browser.open(address)


@contextlib.contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """Yield an event that is set by Ctrl-C, by kill and by closing the terminal."""
    event = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        event.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _api_answers(client: Client) -> bool:
    try:
        client.health()
    except Unavailable:
        return False
    return True


def _ui_answers(settings: Settings) -> bool:
    # httpx is not needed by who only runs scenarios from the command line.
    import httpx  # noqa: PLC0415

    try:
        return httpx.get(f"{ui_address(settings)}/_stcore/health", timeout=5.0).is_success
    except httpx.HTTPError:
        return False
