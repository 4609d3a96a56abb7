"""The answer to a request to join is kept until it is used; with real brokers: `tests/contract/test_events.py`."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from kafka.coordinator.base import MemberState

from zorgstroom.events.kafka_joining import keep_answers

pytestmark = pytest.mark.unit


class Coordinator:
    """kafka-python's side of a member: each request begins another generation."""

    def __init__(self) -> None:
        self.state = MemberState.UNJOINED
        self.rejoin_needed = False
        self.needed_while_asked: list[bool] = []
        self._generation: object = object()

    async def _do_join_and_sync_async(self) -> bytes:
        self.state = MemberState.REBALANCING
        self.needed_while_asked.append(self.rejoin_needed)
        self._generation = object()
        return b"partitions %d" % len(self.needed_while_asked)

    def request_rejoin(self) -> None:
        self.rejoin_needed = True

    def join(self) -> bytes:
        # Nothing in it waits. Without an event loop of its own: another test may have one in this thread.
        with pytest.raises(StopIteration) as ended:
            self._do_join_and_sync_async().send(None)
        return bytes(ended.value.value)

    def use(self) -> None:
        """Do what kafka-python does once it looks at the answer."""
        self.state, self.rejoin_needed = MemberState.STABLE, False

    def fall_out(self) -> None:
        """Do what kafka-python does when the group took the member for gone."""
        self.state, self._generation = MemberState.UNJOINED, object()


@pytest.fixture
def coordinator() -> Coordinator:
    made = Coordinator()
    keep_answers(SimpleNamespace(_coordinator=made))
    return made


def test_an_answer_that_was_not_used_is_given_again(coordinator: Coordinator) -> None:
    assert [coordinator.join() for _ in range(3)] == [b"partitions 1"] * 3


def test_an_answer_that_was_used_is_not(coordinator: Coordinator) -> None:
    coordinator.join()
    coordinator.use()
    assert coordinator.join() == b"partitions 2"


def test_nor_one_from_before_the_member_fell_out_of_the_group(coordinator: Coordinator) -> None:
    coordinator.join()
    coordinator.fall_out()
    assert coordinator.join() == b"partitions 2"


def test_the_member_goes_on_joining_until_the_answer_is_used(coordinator: Coordinator) -> None:
    coordinator.join()
    assert coordinator.needed_while_asked == [True]
    assert coordinator.rejoin_needed
    coordinator.use()
    assert not coordinator.rejoin_needed
