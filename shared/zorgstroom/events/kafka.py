"""The bus on Apache Kafka, with kafka-python behind it and nowhere else.

The key of a message is its run, so a run's events stay in order. Topics are created here, explicitly;
runs and results never expire. A cursor spells the next offset of every partition (``0.12-3.7``).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    KafkaError,
    MessageSizeTooLargeError,
    RebalanceInProgressError,
    RecordListTooLargeError,
    TopicAlreadyExistsError,
    UnknownMemberIdError,
)
from kafka.structs import OffsetAndMetadata
from pydantic import SecretStr

from zorgstroom.events.codec import (
    BusUnavailable,
    InvalidBusUrl,
    InvalidCursor,
    MessageTooLarge,
    Unreadable,
    as_reason,
    decode,
    encode,
)
from zorgstroom.events.kafka_joining import keep_answers
from zorgstroom.events.kafka_refusal import why_refused
from zorgstroom.events.ports import (
    BATCH_COMMANDS,
    COMMAND_TOPICS,
    COMMANDS,
    DEADLETTERS,
    MAX_EVENT_BYTES,
    READ_BYTES,
    RESULTS,
    RUNS,
    SESSION_SECONDS,
    DeadLetter,
    Delivery,
    LogEntry,
)
from zorgstroom.events.schemas import Event

logger = logging.getLogger(__name__)
# At DEBUG kafka-python writes all its settings, the password too.
logging.getLogger("kafka").setLevel(max(logging.INFO, logging.getLogger("kafka").level))

#: How long one publication may take, a restart of the broker included.
DELIVERY_SECONDS = 30.0
#: How long a first connection may take.
CONNECT_SECONDS = 10.0
#: A reader that got nothing for so long asks whether the brokers are still there, and waits so long for an answer.
SILENCE_SECONDS, ANSWER_SECONDS = 2.0, 5.0
#: Fixed once topics exist: another number would send a run's next events to another partition.
PARTITIONS = 6
#: The broker writes its own time on messages: it refuses those of a machine whose clock is an hour ahead.
_OWN_TIME = {"message.timestamp.type": "LogAppendTime"}
_FOR_EVER = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete", **_OWN_TIME}
_A_WEEK = {"retention.ms": str(7 * 24 * 3600 * 1000), "cleanup.policy": "delete", **_OWN_TIME}
TOPIC_SETTINGS: Mapping[str, Mapping[str, str]] = {
    COMMANDS: _A_WEEK,
    BATCH_COMMANDS: _A_WEEK,
    RUNS: _FOR_EVER,
    RESULTS: _FOR_EVER,
    # The key of a dead letter is where the message was: compaction keeps one when several readers meet it,
    # and none once a message without a value says that it is settled.
    # It must take what the other topics take, and the headers.
    DEADLETTERS: {"cleanup.policy": "compact", "max.message.bytes": str(2 * MAX_EVENT_BYTES), **_OWN_TIME},
}
#: A member reads so many commands ahead of what it takes, so that what came later can go first.
READ_AHEAD = 50
#: Answers to a commit by which the broker says that another member has the partition.
_PARTITION_LOST = (CommitFailedError, IllegalGenerationError, UnknownMemberIdError)
_SECURITY = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_FILES = {"cafile": "ssl_cafile", "certfile": "ssl_certfile", "keyfile": "ssl_keyfile"}


@dataclass(frozen=True)
class KafkaAddress:
    """Where the brokers are and how to talk to them; the password stays out of every text and log."""

    servers: tuple[str, ...]
    #: Set before every topic and group name, for several installations on one cluster.
    prefix: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(
        cls, url: str, username: SecretStr | None = None, password: SecretStr | None = None
    ) -> KafkaAddress:
        """Read ``kafka://host:9092,host:9092?security=SASL_SSL&mechanism=SCRAM-SHA-512&cafile=ca.pem&prefix=x.``.

        Also `certfile` and `keyfile` for a client certificate. Raises `InvalidBusUrl`.
        """
        parts = urlsplit(url)
        if "@" in parts.netloc:
            # Not echoed: it holds a password.
            raise InvalidBusUrl(
                url="kafka://...",
                reason="user name and password go in ZORGSTROOM_KAFKA_USERNAME and ZORGSTROOM_KAFKA_PASSWORD",
            )
        servers = tuple(filter(None, parts.netloc.split(",")))
        if parts.scheme != "kafka" or not servers or parts.path not in ("", "/"):
            raise InvalidBusUrl(url=url, reason="no broker is named")
        query = dict(parse_qsl(parts.query))
        if unknown := set(query) - {"security", "mechanism", "prefix", *_FILES}:
            raise InvalidBusUrl(url=url, reason=f"unknown option {', '.join(sorted(unknown))}")
        security = query.get("security", "PLAINTEXT")
        if security not in _SECURITY:
            raise InvalidBusUrl(url=url, reason=f"security is not one of {', '.join(_SECURITY)}")
        options: dict[str, Any] = {"security_protocol": security}
        options |= {_FILES[name]: value for name, value in query.items() if name in _FILES}
        if security.startswith("SASL"):
            mechanism = query.get("mechanism", "SCRAM-SHA-512")
            if mechanism not in _MECHANISMS:
                raise InvalidBusUrl(url=url, reason=f"mechanism is not one of {', '.join(_MECHANISMS)}")
            if username is None or password is None:
                raise InvalidBusUrl(
                    url=url, reason="ZORGSTROOM_KAFKA_USERNAME and ZORGSTROOM_KAFKA_PASSWORD are not set"
                )
            options |= {
                "sasl_mechanism": mechanism,
                "sasl_plain_username": username.get_secret_value(),
                "sasl_plain_password": password.get_secret_value(),
            }
        return cls(servers, query.get("prefix", ""), options)

    def topic(self, name: str) -> str:
        """Return the name of a topic on this cluster."""
        return self.prefix + name

    def client(self, **more: Any) -> dict[str, Any]:
        """Return the settings every client shares."""
        return {
            "bootstrap_servers": list(self.servers),
            "bootstrap_timeout_ms": int(CONNECT_SECONDS * 1000),
            "reconnect_backoff_max_ms": 1000,
            "metrics_enabled": False,
            **self.options,
            **more,
        }


@contextlib.contextmanager
def _guarded() -> Iterator[None]:
    try:
        yield
    except (KafkaError, OSError) as error:
        raise BusUnavailable(detail=f"Kafka: {type(error).__name__}: {error}") from error


def ensure_topics(address: KafkaAddress) -> None:
    """Create the topics that are not there yet, and wait until every partition has a leader.

    Raises `BusUnavailable`.
    """
    with _guarded():
        settings = address.client()
        del settings["metrics_enabled"]
        try:
            admin = KafkaAdminClient(**settings)
        except (KafkaError, OSError) as error:
            if refusal := why_refused(address.servers, address.options):
                raise refusal from error
            raise
        try:
            missing = {address.topic(name) for name in TOPIC_SETTINGS} - set(admin.list_topics())
            for name, configs in TOPIC_SETTINGS.items():
                topic = address.topic(name)
                if topic not in missing:
                    continue
                # Another process may have been faster.
                with contextlib.suppress(TopicAlreadyExistsError):
                    admin.create_topics({topic: {"num_partitions": PARTITIONS, "configs": dict(configs)}})
            admin.wait_for_topics([address.topic(name) for name in TOPIC_SETTINGS])
        finally:
            admin.close()


class _Message(NamedTuple):
    """What is sent; without a value it takes what has the same key off a compacted topic."""

    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class _Producer:
    """Publishes durably (all replicas, in order, without duplicates by retries).

    kafka-python's idempotent producer stays broken after one error that cannot be retried: every later
    message fails with that same error. So after any failure the next publication starts a new producer.
    """

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._producer: KafkaProducer | None = None

    def send(self, topic: str, messages: Sequence[_Message]) -> None:
        """Send messages in order; returns when all are stored.

        Raises `BusUnavailable`; `MessageTooLarge` when the brokers are set to take less than we allow.
        """
        with self._lock, _guarded():
            if self._producer is None:
                ensure_topics(self._address)
                self._producer = KafkaProducer(
                    **self._address.client(
                        acks="all",
                        enable_idempotence=True,
                        delivery_timeout_ms=int(DELIVERY_SECONDS * 1000),
                        request_timeout_ms=10_000,
                        max_block_ms=int(CONNECT_SECONDS * 1000),
                        max_request_size=2 * MAX_EVENT_BYTES,
                    )
                )
            try:
                pending = [
                    self._producer.send(
                        self._address.topic(topic), key=key, value=value, headers=list(headers)
                    )
                    for key, value, headers in messages
                ]
                for future in pending:
                    future.get(timeout=DELIVERY_SECONDS + 5)
            except Exception as error:
                self._discard()
                if isinstance(error, (MessageSizeTooLargeError, RecordListTooLargeError)):
                    # Trying again cannot help: the brokers take less than we allow.
                    size = max(len(value or b"") for _, value, _ in messages)
                    raise MessageTooLarge("error.message_too_large_there", kind=topic, size=size) from error
                raise

    def close(self) -> None:
        """Free the producer; everything sent is stored already."""
        with self._lock:
            self._discard()

    def _discard(self) -> None:
        if self._producer is not None:
            # With the broker away, closing raises a timeout; nothing is left to flush.
            with contextlib.suppress(KafkaError):
                self._producer.close(timeout=0)
        self._producer = None


def _send_events(producer: _Producer, topic: str, events: Sequence[Event]) -> None:
    producer.send(topic, [_Message(event.subject.encode(), encode(event)) for event in events])


def _bury(producer: _Producer, topic: str, record: ConsumerRecord, reason: str) -> None:
    """Send a message to the dead letters as it is, with its key, where it was and why in the headers."""
    place = f"{record.partition}/{record.offset}"
    reason = as_reason(reason)
    logger.warning("message in %s at %s goes to the dead letters: %s", topic, place, reason)
    headers = [("topic", topic.encode()), ("place", place.encode()), ("reason", reason.encode())]
    if record.key is not None:
        headers.append(("key", record.key))
    producer.send(DEADLETTERS, [_Message(f"{topic}/{place}".encode(), record.value or b"", headers)])


def _dead_letter(record: ConsumerRecord) -> DeadLetter | None:
    """Read back what `_bury` sent; None for what somebody else put there."""
    headers = {name: value.decode(errors="replace") for name, value in record.headers if value is not None}
    if not headers.keys() >= {"topic", "place", "reason"}:
        return None
    return DeadLetter(
        topic=headers["topic"],
        place=headers["place"],
        reason=headers["reason"],
        value=record.value,
        key=headers.get("key"),
        time=dt.datetime.fromtimestamp(record.timestamp / 1000, dt.UTC),
    )


class _Partition:
    """What a member took from one partition and did not accept yet, for as long as it has the partition."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.next_offset = 0
        #: Something was accepted while the group was dividing the partitions: to be committed after that.
        self.late = False


class _Token(NamedTuple):
    """A command that was read: only good as long as the member keeps the partition."""

    held: _Partition
    partition: TopicPartition
    record: ConsumerRecord


class _Held(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """The partitions of a member.

    What it keeps through a change of the group is read on where it was (kafka-python keeps the place), so
    what was read of it is kept here too; what it loses is delivered again, to whoever has it then.
    """

    def __init__(self) -> None:
        self.partitions: dict[TopicPartition, _Partition] = {}

    def has(self, token: _Token) -> bool:
        """Say whether the partition is still this member's, and was all the time."""
        return self.partitions.get(token.partition) is token.held

    def on_partitions_revoked(self, revoked: object) -> None:
        """Nothing to do: which ones are really lost is known when all are divided again."""

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """All partitions are divided again."""
        self.partitions = {
            partition: self.partitions.get(partition) or _Partition() for partition in assigned
        }

    def on_partitions_lost(self, lost: object) -> None:
        """The group took this member for gone."""
        self.partitions = {}


class KafkaCommandQueue:
    """`CommandQueue` as a consumer group; see there. Use one object from one thread (publishing from any).

    A taken command goes to another member when its taker closes, or is silent for `session_seconds`.
    """

    def __init__(self, address: KafkaAddress, group: str, session_seconds: float = SESSION_SECONDS) -> None:
        self._address = address
        self._group = address.prefix + group
        self._session_seconds = session_seconds
        self._producer = _Producer(address)
        self._consumer: KafkaConsumer | None = None
        self._held = _Held()
        #: What was read and not taken yet, interactive and batch.
        self._waiting: dict[str, deque[_Token]] = {topic: deque() for topic in COMMAND_TOPICS}

    def publish(self, event: Event, topic: str = COMMANDS) -> None:
        """See `CommandQueue.publish`."""
        _send_events(self._producer, topic, [event])

    def take(self, timeout_seconds: float, *, batch: bool = True) -> Delivery | None:
        """See `CommandQueue.take`."""
        topics = COMMAND_TOPICS if batch else (COMMANDS,)
        deadline = time.monotonic() + timeout_seconds
        while True:
            # What is in already, so that an interactive run overtakes the batch that was read before it.
            self._poll(topics, 0.0)
            if not any(self._waiting[topic] for topic in topics):
                self._poll(topics, max(0.0, deadline - time.monotonic()))
            for topic in topics:
                while self._waiting[topic]:
                    token = self._waiting[topic].popleft()
                    if not self._held.has(token):
                        continue
                    token.held.open.add(token.record.offset)
                    token.held.next_offset = token.record.offset + 1
                    try:
                        return Delivery(decode(token.record.value), token)
                    except Unreadable as reason:
                        self._bury(token, str(reason))
            if time.monotonic() >= deadline:
                return None

    def reject(self, delivery: Delivery, reason: str) -> None:
        """See `CommandQueue.reject`."""
        assert isinstance(delivery.token, _Token)
        self._bury(delivery.token, reason)

    def keep_alive(self) -> None:
        """See `CommandQueue.keep_alive`."""
        # Partitions that were assigned just now are not paused: what they give waits for `take`.
        self._poll((), 0.0)

    def accept(self, delivery: Delivery) -> None:
        """See `CommandQueue.accept`."""
        assert isinstance(delivery.token, _Token)
        self._finish(delivery.token)

    def close(self) -> None:
        """See `CommandQueue.close`."""
        self._producer.close()
        if self._consumer is not None:
            with contextlib.suppress(KafkaError):
                self._consumer.close(autocommit=False, timeout_ms=5000)
        self._consumer = None

    def _member(self) -> KafkaConsumer:
        """Return the consumer, joining the group the first time."""
        if self._consumer is None:
            ensure_topics(self._address)
            self._consumer = KafkaConsumer(
                **self._address.client(
                    group_id=self._group,
                    enable_auto_commit=False,
                    auto_offset_reset="earliest",
                    max_poll_records=READ_AHEAD,
                    # A paused topic is asked for again only after this.
                    fetch_max_wait_ms=200,
                    max_poll_interval_ms=60_000,
                    session_timeout_ms=int(self._session_seconds * 1000),
                    heartbeat_interval_ms=int(self._session_seconds * 1000 / 5),
                )
            )
            keep_answers(self._consumer)
            names = [self._address.topic(topic) for topic in COMMAND_TOPICS]
            self._consumer.subscribe(names, listener=self._held)
        return self._consumer

    def _poll(self, topics: Sequence[str], timeout_seconds: float) -> None:
        """Read what there is on these topics, and stay a member."""
        wanted = {self._address.topic(topic) for topic in topics}
        with _guarded():
            consumer = self._member()
            for partition in consumer.assignment():
                (consumer.resume if partition.topic in wanted else consumer.pause)(partition)
            found = consumer.poll(timeout_ms=int(timeout_seconds * 1000))
        for partition, held in self._held.partitions.items():
            if held.late:
                self._commit(consumer, partition, held)
        for partition, records in found.items():
            held = self._held.partitions.setdefault(partition, _Partition())
            topic = partition.topic.removeprefix(self._address.prefix)
            self._waiting[topic].extend(_Token(held, partition, record) for record in records)

    def _bury(self, token: _Token, reason: str) -> None:
        _bury(self._producer, token.partition.topic.removeprefix(self._address.prefix), token.record, reason)
        self._finish(token)

    def _finish(self, token: _Token) -> None:
        """The command needs nothing more of this member."""
        if self._consumer is None or not self._held.has(token):
            return
        token.held.open.discard(token.record.offset)
        try:
            self._commit(self._consumer, token.partition, token.held)
        except BusUnavailable:
            token.held.open.add(token.record.offset)
            raise

    def _commit(self, consumer: KafkaConsumer, partition: TopicPartition, held: _Partition) -> None:
        """Commit up to the first command that is still open."""
        offset = min(held.open, default=held.next_offset)
        held.late = False
        try:
            with _guarded():
                consumer.commit({partition: OffsetAndMetadata(offset, "", -1)}, timeout_ms=10_000)
        except BusUnavailable as error:
            if isinstance(error.__cause__, RebalanceInProgressError):
                held.late = True
            elif isinstance(error.__cause__, _PARTITION_LOST):
                logger.info(
                    "commands of partition %s went to another member before they were accepted", partition
                )
            else:
                raise


class KafkaEventLog:
    """`EventLog` on topics; see there. Usable from several threads; reads wait for each other."""

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._producer = _Producer(address)
        self._lock = threading.Lock()
        self._readers: dict[str, _Reader] = {}
        #: Per topic the cursor a reader comes back with and how far has been read from there: what could not be
        #: read behind the last entry is in no cursor, and must not be buried at every reading.
        self._passed: dict[str, tuple[str | None, dict[int, int]]] = {}

    def publish(self, topic: str, events: Sequence[Event]) -> None:
        """See `EventLog.publish`."""
        _send_events(self._producer, topic, events)

    def read(self, topic: str, after: str | None, limit: int, timeout_seconds: float) -> Sequence[LogEntry]:
        """See `EventLog.read`."""
        offsets = _offsets(after)
        deadline = time.monotonic() + timeout_seconds
        entries: list[LogEntry] = []
        with self._lock:
            reader = self._reader(topic)
            passed = self._passed.get(topic)
            if passed is not None and passed[0] == after:
                offsets = passed[1]
            while True:
                remaining = max(0.0, deadline - time.monotonic())
                for record in reader.read(offsets, limit, remaining):
                    offsets = {**offsets, record.partition: record.offset + 1}
                    try:
                        entries.append(LogEntry(topic, decode(record.value), _cursor(offsets), record))
                    except Unreadable as reason:
                        _bury(self._producer, topic, record, str(reason))
                if entries or time.monotonic() >= deadline:
                    self._passed[topic] = (entries[-1].cursor if entries else after, offsets)
                    return entries

    def end(self, topic: str) -> str:
        """See `EventLog.end`."""
        with self._lock:
            return _cursor(self._reader(topic).end())

    def behind(self, topic: str, after: str | None) -> int:
        """See `EventLog.behind`."""
        offsets = _offsets(after)
        with self._lock:
            reader = self._reader(topic)
            first = reader.first()
            end = reader.end()
        return sum(max(0, end[number] - max(offsets.get(number, 0), first[number])) for number in end)

    def bury(self, entry: LogEntry, reason: str) -> None:
        """See `EventLog.bury`."""
        _bury(self._producer, entry.topic, entry.token, reason)

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """See `EventLog.dead_letters`."""
        found: dict[bytes, DeadLetter] = {}
        ensure_topics(self._address)
        reader = _Reader(self._address, DEADLETTERS)
        try:
            offsets: dict[int, int] = {}
            end = reader.end()
            # Compaction leaves gaps, so the position, not the number of records, says when all is read;
            # to the end, since a letter may be settled further on.
            while any(reader.position(number) < end[number] for number in end):
                for record in reader.read(offsets, 500, 1.0):
                    offsets = {**offsets, record.partition: record.offset + 1}
                    if record.value is None:
                        found.pop(record.key, None)
                    elif letter := _dead_letter(record):
                        found.setdefault(record.key, letter)
        finally:
            reader.close()
        return list(found.values())[:limit]

    def resubmit(self, letter: DeadLetter) -> None:
        """See `EventLog.resubmit`."""
        event = decode(letter.value)
        key = event.subject if letter.key is None else letter.key
        self._producer.send(letter.topic, [_Message(key.encode(), letter.value)])
        self.discard(letter)

    def discard(self, letter: DeadLetter) -> None:
        """See `EventLog.discard`."""
        self._producer.send(DEADLETTERS, [_Message(letter.name.encode(), None)])

    def close(self) -> None:
        """See `EventLog.close`."""
        self._producer.close()
        with self._lock:
            for reader in self._readers.values():
                reader.close()
            self._readers.clear()

    def _reader(self, topic: str) -> _Reader:
        if topic not in self._readers:
            ensure_topics(self._address)
            self._readers[topic] = _Reader(self._address, topic)
        return self._readers[topic]


class _Reader:
    """Reads one topic, all partitions, from given offsets; seeks only when the reading is not continued."""

    def __init__(self, address: KafkaAddress, topic: str) -> None:
        with _guarded():
            self._consumer = KafkaConsumer(
                **address.client(
                    enable_auto_commit=False,
                    auto_offset_reset="earliest",
                    # What one reading may hold, spread over the partitions; a larger event comes alone.
                    max_partition_fetch_bytes=READ_BYTES // PARTITIONS,
                )
            )
            name = address.topic(topic)
            self._partitions = {
                number: TopicPartition(name, number)
                for number in sorted(self._consumer.partitions_for_topic(name) or ())
            }
            if not self._partitions:
                raise BusUnavailable(detail=f"Kafka: topic {name} has no partitions")
            self._consumer.assign(list(self._partitions.values()))
        self._at: dict[int, int] | None = None
        self._answered = time.monotonic()

    def read(self, offsets: Mapping[int, int], limit: int, timeout_seconds: float) -> list[ConsumerRecord]:
        """Return up to `limit` records from the offsets on; a partition without one starts at its first."""
        if set(offsets) - set(self._partitions):
            raise InvalidCursor(cursor=_cursor(offsets))
        with _guarded():
            if self._at != offsets:
                for number, partition in self._partitions.items():
                    if number in offsets:
                        self._consumer.seek(partition, offsets[number])
                    else:
                        self._consumer.seek_to_beginning(partition)
            self._at = None
            found = self._consumer.poll(timeout_ms=int(timeout_seconds * 1000), max_records=limit)
            # With the brokers away polling gives nothing, as it does when there is nothing to read.
            if not found and time.monotonic() - self._answered > SILENCE_SECONDS:
                self._consumer.end_offsets(
                    list(self._partitions.values()), timeout_ms=int(ANSWER_SECONDS * 1000)
                )
                self._answered = time.monotonic()
        if found:
            self._answered = time.monotonic()
        records = [record for batch in found.values() for record in batch]
        self._at = {**offsets, **{record.partition: record.offset + 1 for record in records}}
        return records

    def position(self, number: int) -> int:
        """Return the offset of a partition that is read next."""
        with _guarded():
            return int(self._consumer.position(self._partitions[number], timeout_ms=10_000))

    def first(self) -> dict[int, int]:
        """Return the offset of the first record that is still kept of every partition."""
        with _guarded():
            firsts = self._consumer.beginning_offsets(list(self._partitions.values()))
        return {partition.partition: int(offset) for partition, offset in firsts.items()}

    def end(self) -> dict[int, int]:
        """Return the offset after the last record of every partition."""
        with _guarded():
            ends = self._consumer.end_offsets(list(self._partitions.values()))
        return {partition.partition: int(offset) for partition, offset in ends.items()}

    def close(self) -> None:
        """Free the consumer."""
        with contextlib.suppress(KafkaError):
            self._consumer.close()


def _cursor(offsets: Mapping[int, int]) -> str:
    return "-".join(f"{number}.{offset}" for number, offset in sorted(offsets.items()))


def _offsets(cursor: str | None) -> dict[int, int]:
    if cursor is None:
        return {}
    try:
        offsets = {
            int(number): int(offset) for number, offset in (part.split(".") for part in cursor.split("-"))
        }
    except ValueError as error:
        raise InvalidCursor(cursor=cursor[:80]) from error
    if max(offsets.values()) >= 2**63:
        raise InvalidCursor(cursor=cursor[:80])
    return offsets
