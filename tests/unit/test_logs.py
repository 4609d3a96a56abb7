"""What the services write down, and what never."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from tests.support.api import wait_until
from tests.support.services import ServiceProcess

from zorgstroom import logs
from zorgstroom.settings import Settings

pytestmark = pytest.mark.unit

RUN = "0123456789abcdef0123456789abcdef"
#: With what has to be written differently in an address, in JSON and in Python.
PASSWORD = "Pa55/w\"o'rd"
ENVIRONMENT = {
    "ZORGSTROOM_DATABASE_URL": "postgresql+psycopg://bureau:Pa55%2Fw%22o%27rd@127.0.0.1:1/zorgstroom",
    "ZORGSTROOM_KAFKA_USERNAME": "bureau",
    "ZORGSTROOM_KAFKA_PASSWORD": "kafka-geheim",
    "ZORGSTROOM_BUS_URL": "kafka://127.0.0.1:1?security=SASL_PLAINTEXT&mechanism=PLAIN",
}
SECRETS = (PASSWORD, "Pa55%2Fw", 'Pa55/w\\"o', "kafka-geheim", "Pa55")


def lines_of(
    program: str, *, log_format: str = "json", environment: dict[str, str] | None = None
) -> list[str]:
    """What a process logs that sets up its log and then runs this program."""
    start = "import logging\nfrom zorgstroom import logs\nfrom zorgstroom.settings import Settings\n"
    start += "logs.setup(Settings(), 'api')\nlog = logging.getLogger('zorgstroom.test')\n"
    done = subprocess.run(
        [sys.executable, "-c", start + textwrap.dedent(program)],
        env={"ZORGSTROOM_LOG_FORMAT": log_format, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_a_line_of_json_says_which_run_and_which_request_it_is_about() -> None:
    (by_text, by_block, neither) = map(
        json.loads,
        lines_of(
            f"""
            log.warning("run %s: attempt %d is silent", "{RUN}", 2)
            with logs.about_run("{RUN}"), logs.about_request("abc"):
                log.error("the table does not fit")
            log.info("waiting for één ding", extra={{"color_message": "for a terminal"}})
            logging.getLogger("alembic.runtime.migration").info("every step")
            """
        ),
    )
    assert by_text["run_id"] == by_block["run_id"] == RUN
    assert by_text["level"] == "WARNING"
    assert by_text["service"] == "api"
    assert by_text["logger"] == "zorgstroom.test"
    assert by_text["message"] == f"run {RUN}: attempt 2 is silent"
    assert by_block["request_id"] == "abc"
    assert by_block["time"].endswith("+00:00")
    fields = {"time", "level", "service", "logger", "message", "run_id", "request_id"}
    assert set(by_block) == set(neither) == fields
    assert neither["run_id"] is None
    assert neither["message"] == "waiting for één ding"


def test_a_line_of_text_names_them_once() -> None:
    by_text, by_block = lines_of(
        f"""
        log.warning("run {RUN}: is silent")
        with logs.about_run("{RUN}"), logs.about_request("abc"):
            log.error("the table does not fit")
        """,
        log_format="text",
    )
    assert by_text.endswith(f"WARNING zorgstroom.test: run {RUN}: is silent")
    assert by_block.endswith(f"the table does not fit [run {RUN}, request abc]")


def test_a_traceback_stays_one_line_of_json_and_holds_no_password() -> None:
    program = f"""
    import threading
    def fail():
        raise OSError({PASSWORD!r}, {PASSWORD.encode()!r})
    try:
        fail()
    except OSError:
        log.exception("could not connect to postgresql://bureau:anders@host")
    thread = threading.Thread(target=fail, name="relay")
    thread.start()
    thread.join()
    fail()
    """
    caught, in_thread, uncaught = map(json.loads, lines_of(program, environment=ENVIRONMENT))
    for line in (caught, in_thread, uncaught):
        assert "OSError" in line["exc_info"]
        assert not any(secret in json.dumps(line) for secret in SECRETS)
    assert "anders" not in caught["message"]
    assert in_thread["message"] == "thread relay ends"


def test_libraries_with_handlers_of_their_own_write_through_ours() -> None:
    program = """
    other = logging.getLogger("streamlit.something")
    other.propagate = False
    other.addHandler(logging.StreamHandler())
    other.warning("kafka-geheim")
    logging.getLogger("uvicorn.access").info("127.0.0.1:5000 - GET /")
    import warnings
    warnings.warn("old", DeprecationWarning)
    """
    line, *rest = lines_of(program, environment=ENVIRONMENT)
    assert json.loads(line)["message"] == "***"
    assert all("127.0.0.1" not in text for text in rest)


def test_keys_are_struck_out_without_being_known() -> None:
    clean = logs.strike_out(())
    assert clean("Authorization: Bearer zs_ab12cd_s3cr3t-x_y") == "Authorization: Bearer zs_ab12cd_***"
    assert clean("host=db password=geheim user=me") == "host=db password=*** user=me"


def test_every_secret_setting_is_known_also_in_an_address_that_cannot_be_read() -> None:
    settings = Settings(
        database_url=SecretStr("postgresql://bureau:open[sesame@host:port/name"),
        kafka_password=SecretStr("k"),
    )
    assert {"open[sesame", "k"} <= logs.secrets_of(settings)


def test_a_level_or_format_that_does_not_exist_is_refused() -> None:
    assert Settings(log_level="debug").log_level == "DEBUG"
    with pytest.raises(ValidationError):
        Settings(log_level="LOUD")
    with pytest.raises(ValidationError):
        Settings(log_format="xml")


def test_a_service_whose_database_is_away_names_no_password(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zorgstroom", "--debug", "api", "--port", "0"],
        env={**ENVIRONMENT, "ZORGSTROOM_DATA_DIR": str(tmp_path), "ZORGSTROOM_LOG_LEVEL": "debug"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "database" in done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS)


def test_a_service_whose_broker_is_away_logs_json_without_a_password(tmp_path: Path) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if "DATABASE" not in name}
    environment |= {"ZORGSTROOM_LOG_FORMAT": "json", "ZORGSTROOM_LOG_LEVEL": "debug"}
    process = ServiceProcess(tmp_path, environment, "api", "--port", "0")
    try:
        wait_until(lambda: "projector waits" in process.log())
        process.terminate()
        output = process.log()
    finally:
        process.close()
    said = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert len(said) >= len(output.splitlines()) - 2  # it also says where it listens
    assert not any(secret in output for secret in SECRETS)


def test_setting_up_twice_writes_a_line_once() -> None:
    assert len(lines_of("logs.setup(Settings(), 'api'); log.error('once')")) == 1
