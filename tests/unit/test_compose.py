"""docker-compose.yml and the Dockerfiles keep the promises of SECURITY.md.

`make compose-check` validates them against the Compose specification with the real tools.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("simulator", "api", "ui")


def test_the_services_are_those_of_the_architecture() -> None:
    assert set(SERVICES) == {"kafka", "postgres", *OURS}


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_or_can_write_outside_its_volumes(name: str) -> None:
    service = SERVICES[name]
    uid, gid = service["user"].split(":")
    assert int(uid) > 0
    assert int(gid) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["tmpfs"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_on_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))
    assert COMPOSE["networks"]["backend"]["internal"] is True
    assert set(SERVICES[name]["networks"]) <= {"backend", "frontend"}


@pytest.mark.parametrize("name", SERVICES)
def test_services_start_when_what_they_need_is_healthy(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[needed]


def test_the_broker_listens_inside_for_services_and_outside_for_this_machine() -> None:
    environment = SERVICES["kafka"]["environment"]
    assert environment["KAFKA_PROCESS_ROLES"] == "broker,controller"
    advertised = dict(item.split("://") for item in environment["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert advertised["INSIDE"] == "kafka:19092"
    assert advertised["OUTSIDE"].startswith("localhost:")
    for name in ("simulator", "api"):
        assert SERVICES[name]["environment"]["ZORGSTROOM_BUS_URL"] == f"kafka://{advertised['INSIDE']}"


def test_secrets_come_from_the_environment_and_every_variable_is_in_the_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    used = set(re.findall(r"\$\{(\w+)", text))
    example = (ROOT / ".env.example").read_text("utf-8")
    given = set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    assert used == given
    # A secret without a value stops the start with a reason; it never has a default.
    assert not re.search(r"\$\{\w*(PASSWORD|SECRET|TOKEN)\w*:-", text)
    assert not re.search(r"(PASSWORD|SECRET|TOKEN)\w*:\s+(?!\$\{)\S", text)


@pytest.mark.parametrize("name", OURS)
def test_images_install_from_their_own_lock_and_do_not_run_as_root(name: str) -> None:
    lines = (ROOT / "services" / name / "Dockerfile").read_text("utf-8").splitlines()
    stages = [index for index, line in enumerate(lines) if line.startswith("FROM ")]
    assert len(stages) == 2
    build, final = "\n".join(lines[: stages[1]]), "\n".join(lines[stages[1] :])
    assert f"-r requirements/{name}.lock" in build
    assert build.count("pip install") == build.count("--require-hashes") + build.count("--no-index")
    assert "pip install" not in final
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert SERVICES[name]["user"] == "10001:10001"
    assert f'CMD ["{name}"]' in final


@pytest.mark.parametrize("name", OURS)
def test_the_lock_of_an_image_has_the_versions_of_the_common_lock(name: str) -> None:
    def pins(path: Path) -> set[str]:
        return set(re.findall(r"^([a-z0-9.-]+==\S+)", path.read_text("utf-8"), re.MULTILINE))

    image = pins(ROOT / "requirements" / f"{name}.lock")
    assert image
    assert image <= pins(ROOT / "requirements.lock")
    assert pins(ROOT / "requirements.lock") <= pins(ROOT / "requirements-dev.lock")
