"""A member of a consumer group that keeps the answer to its request to join until it is used.

kafka-python 3.0.12 asks to join in the background, and loses the answer when it comes between two polls:

- the next poll asks again. When the group's leader asks again, everything is divided again: a group with members
  that poll now and then, since they compute, never came to rest, and commands went from one to the other before
  they were accepted;
- or, when it joined because topics had come, the next poll thinks that all is well: the member gets nothing any
  more, says nothing either, and is put out of the group without knowing it.
"""

from __future__ import annotations

from typing import Any

from kafka import KafkaConsumer
from kafka.coordinator.base import MemberState


def keep_answers(consumer: KafkaConsumer) -> None:
    """Have a consumer that did not join yet keep the answers to its requests to join."""
    coordinator = consumer._coordinator
    coordinator._do_join_and_sync_async = _Joining(coordinator).join


class _Joining:
    """Joins a group for a coordinator, which is kafka-python's side of one member."""

    def __init__(self, coordinator: Any) -> None:
        self._coordinator = coordinator
        self._ask = coordinator._do_join_and_sync_async
        #: The generation of the group that was joined last, and the encoded partitions that were given in it.
        self._answer: tuple[object, bytes] | None = None

    async def join(self) -> bytes:
        """Return the encoded partitions this member is given. Raises what kafka-python raises."""
        # Until the answer is used; kafka-python takes this back then.
        self._coordinator.request_rejoin()
        if self._answer is not None and self._waits_for(self._answer[0]):
            return self._answer[1]
        self._answer = None
        partitions: bytes = await self._ask()
        self._answer = (self._coordinator._generation, partitions)
        return partitions

    def _waits_for(self, generation: object) -> bool:
        """Return whether the member joined this generation and was not told so yet."""
        return (
            self._coordinator._generation is generation and self._coordinator.state is MemberState.REBALANCING
        )
