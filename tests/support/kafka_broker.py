"""A real Apache Kafka broker for the tests (KRaft, one process), its jars from Maven Central.

`KAFKA_BOOTSTRAP_SERVERS` set: that cluster is used (tests that stop the broker skip). Otherwise Java and
Maven are needed; without them the tests skip with one line.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "kafka_broker"
HEAP = "-Xmx512m"
START_SECONDS = 90


class KafkaMissing(Exception):
    """What a broker needs is not on this machine; the text says what."""


def jars() -> Path:
    """Return the folder with the broker's jars, filled the first time."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise KafkaMissing(f"Kafka tests need {program} (or KAFKA_BOOTSTRAP_SERVERS)")
    pom = FOLDER / "pom.xml"
    cache = Path(os.environ.get("ZORGSTROOM_TEST_CACHE") or Path.home() / ".cache" / "zorgstroom") / "kafka"
    folder = cache / hashlib.sha256(pom.read_bytes()).hexdigest()[:16]
    if not folder.is_dir():
        partial = cache / f"partial-{uuid.uuid4().hex}"
        done = subprocess.run(
            ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies",
             f"-DoutputDirectory={partial}", "-DincludeScope=runtime"],
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            shutil.rmtree(partial, ignore_errors=True)
            raise KafkaMissing(f"Kafka's jars cannot be fetched: {done.stdout.strip()[-300:]}")
        try:
            partial.rename(folder)
        except OSError:
            # Another test session was faster.
            shutil.rmtree(partial)
    return folder


def free_ports(count: int) -> list[int]:
    """Return ports on the loopback address that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
    finally:
        for item in sockets:
            item.close()


#: Who may log in on the secured listener.
USERNAME, PASSWORD = "zorg", "geheim-woord-3"


def make_certificates(folder: Path) -> None:
    """Make ``ca.pem``, ``other-ca.pem`` (which signed nothing) and ``server.pem`` (key and certificate)."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=30)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for name in ("ca", "other-ca"):
        openssl("req", "-x509", *key, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "server.ext", "-out", "server.crt")  # fmt: skip
    (folder / "server.pem").write_bytes(
        (folder / "server.key").read_bytes() + (folder / "server.crt").read_bytes()
    )


class Broker:
    """One broker that is also the controller, with its data in a folder.

    `secured`: it also listens with TLS (`tls_servers`) and with TLS and a login (`login_servers`).
    """

    def __init__(self, folder: Path, secured: bool = False) -> None:
        self.folder = self._folder = folder
        self._jars = jars()
        self._process: subprocess.Popen[bytes] | None = None
        self.port, controller, tls, login = free_ports(4)
        self.tls_servers, self.login_servers = f"127.0.0.1:{tls}", f"127.0.0.1:{login}"
        folder.mkdir(parents=True, exist_ok=True)
        self._properties = folder / "server.properties"
        listeners = f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}"
        if secured:
            make_certificates(folder)
            listeners += f",SSL://{self.tls_servers},SASL_SSL://{self.login_servers}"
        self._properties.write_text(
            "\n".join(
                [
                    "process.roles=broker,controller",
                    "node.id=1",
                    f"controller.quorum.bootstrap.servers=127.0.0.1:{controller}",
                    f"listeners={listeners}",
                    f"advertised.listeners={listeners}",
                    "controller.listener.names=CONTROLLER",
                    "listener.security.protocol.map="
                    "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL",
                    *(self._security() if secured else ()),
                    f"log.dirs={folder / 'log'}",
                    "auto.create.topics.enable=false",
                    "offsets.topic.replication.factor=1",
                    "offsets.topic.num.partitions=3",
                    "transaction.state.log.replication.factor=1",
                    "transaction.state.log.min.isr=1",
                    "group.initial.rebalance.delay.ms=0",
                    "group.min.session.timeout.ms=1000",
                ]
            )
        )
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "a")
        users = ["--add-scram", f"SCRAM-SHA-512=[name={USERNAME},password={PASSWORD}]"] if secured else []
        storage = ["--standalone", "-t", cluster, "-c", str(self._properties)]
        self._java("kafka.tools.StorageTool", "format", *storage, *users)

    def _security(self) -> list[str]:
        login = "listener.name.sasl_ssl"
        module = "org.apache.kafka.common.security"
        return [
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={self._folder / 'server.pem'}",
            f"{login}.sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN",
            f"{login}.scram-sha-512.sasl.jaas.config={module}.scram.ScramLoginModule required;",
            f"{login}.plain.sasl.jaas.config={module}.plain.PlainLoginModule required"
            f' user_{USERNAME}="{PASSWORD}";',
        ]

    @property
    def servers(self) -> str:
        """Where clients connect."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self._folder / "broker.out").open("ab") as output:
            self._process = subprocess.Popen(
                self._command("kafka.Kafka", str(self._properties)),
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        wait_for(self.servers, self._process)

    def stop(self) -> None:
        """Stop as an operator would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Stop as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _command(self, main: str, *arguments: str) -> list[str]:
        config = (FOLDER / "log4j2.properties").as_uri()
        return [
            "java", HEAP, "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            f"-Dlog4j2.configurationFile={config}", "-cp", f"{self._jars}/*", main, *arguments,
        ]  # fmt: skip

    def _java(self, main: str, *arguments: str) -> None:
        done = subprocess.run(
            self._command(main, *arguments), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{main}: {done.stdout}{done.stderr}"


def wait_for(servers: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until a broker answers an admin client."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process is None or process.poll() is None, "the broker stopped while starting; see broker.out"
        try:
            admin = KafkaAdminClient(bootstrap_servers=servers, bootstrap_timeout_ms=2000)
        except KafkaError:
            assert time.monotonic() < deadline, f"no broker at {servers}"
            time.sleep(0.2)
            continue
        try:
            admin.list_topics()
            return
        finally:
            admin.close()


@pytest.fixture(scope="session")
def _shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    try:
        broker = Broker(tmp_path_factory.mktemp("kafka"), secured=shutil.which("openssl") is not None)
    except KafkaMissing as missing:
        pytest.skip(str(missing))
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


@pytest.fixture(scope="session")
def kafka_broker(request: pytest.FixtureRequest) -> str:
    """Give the bootstrap servers of a broker that all tests share; use a topic prefix of your own."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if given:
        wait_for(given)
        return given
    broker = request.getfixturevalue("_shared_broker")
    assert isinstance(broker, Broker)
    return broker.servers


@pytest.fixture(scope="session")
def secured_kafka_broker(request: pytest.FixtureRequest) -> Broker:
    """Give the broker that all tests share, for its listeners with TLS."""
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or shutil.which("openssl") is None:
        pytest.skip("TLS tests need a broker of our own, and openssl")
    broker = request.getfixturevalue("_shared_broker")
    assert isinstance(broker, Broker)
    return broker


@pytest.fixture
def own_kafka_broker(tmp_path: Path) -> Iterator[Broker]:
    """Give a broker that the test may stop and start."""
    try:
        broker = Broker(tmp_path / "kafka")
    except KafkaMissing as missing:
        pytest.skip(str(missing))
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
