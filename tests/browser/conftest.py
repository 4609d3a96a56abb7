"""A real browser on the real product: API, simulator and screens as processes of their own.

`CHROMIUM` names the browser to use; without one these tests are skipped with one clear line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.support.browser import (
    BROWSER_OPTIONS,
    PIECE_BY_PIECE,
    REPLICATIONS,
    LonelyScreens,
    Stack,
    Visitor,
    chromium,
    free_port,
    service,
    wait_until_answering,
)

from zorgstroom.client import Client
from zorgstroom.events.schemas import RunSettings

RUN_SECONDS = 240.0
#: The examples these tests calculate, over a few weeks instead of a year so that they are soon there.
PLANS = ("02-slokdarm-pancreas-een-locatie", "05-sluiting-locatie")
WEEKS = {"weeks": 8, "warmup_weeks": 1}


@pytest.fixture(scope="session")
def live_stack(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Stack]:
    """Start everything once; asks for the browser first, so that nothing starts where there is none."""
    folder = tmp_path_factory.mktemp("stack")
    api_port, ui_port = free_port(), free_port()
    environment = {
        "ZORGSTROOM_DATA_DIR": str(folder / "data"),
        "ZORGSTROOM_API_PORT": str(api_port),
        "ZORGSTROOM_UI_PORT": str(ui_port),
    }
    with ExitStack() as stack:
        api_log = stack.enter_context(service("api", folder, environment))
        simulator_log = stack.enter_context(service("simulator", folder, environment))
        ui_log = stack.enter_context(service("ui", folder, environment))
        wait_until_answering(f"http://127.0.0.1:{api_port}/v1/health/ready", api_log)
        wait_until_answering(f"http://127.0.0.1:{ui_port}/_stcore/health", ui_log)
        client = stack.enter_context(Client(f"http://127.0.0.1:{api_port}", "nl"))
        made = Stack(f"http://127.0.0.1:{ui_port}", client)
        by_slug = {example.slug: example.id for example in client.examples()}
        for slug in PLANS:
            document = client.scenario(by_slug[slug]).document.model_dump(
                mode="json", by_alias=True, exclude_none=True
            )
            plan = client.add_scenario({**document, "name": f"Proef: {document['name']}", "horizon": WEEKS})
            made.plans.append(plan)
            made.runs.append(client.submit(plan.id, RunSettings(replications=REPLICATIONS)))
        for run in made.runs:
            ended = client.wait(run.id, timeout=RUN_SECONDS)
            assert ended.state == "completed", f"{ended.error}\n{simulator_log.read_text()[-3000:]}"
        yield made


@pytest.fixture
def screens_without_api(tmp_path: Path, browser: Browser) -> Iterator[LonelyScreens]:
    """Screens whose API is not there, yet."""
    ui_port, api_port = free_port(), free_port()
    environment = {
        "ZORGSTROOM_DATA_DIR": str(tmp_path / "data"),
        "ZORGSTROOM_API_PORT": str(api_port),
        "ZORGSTROOM_UI_PORT": str(ui_port),
    }
    with service("ui", tmp_path, environment) as log:
        wait_until_answering(f"http://127.0.0.1:{ui_port}/_stcore/health", log)
        yield LonelyScreens(f"http://127.0.0.1:{ui_port}", tmp_path, environment)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("no browser here: install the package chromium, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """A new visitor, who at the end has seen no request to elsewhere and no error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.add_init_script(PIECE_BY_PIECE)
    made = Visitor(context.new_page())
    yield made
    context.close()
    assert made.elsewhere == []
    assert made.complaints == []
