"""A visitor of the screens without a browser: opens pages, changes what can be changed, and waits for the answer.

Speaks what Streamlit's pages speak over their websocket, so that dozens of visitors fit beside what is measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

_PATH = "/_stcore/stream"


class NotShown(RuntimeError):
    """A page said that it could not be shown."""


@dataclass(frozen=True)
class Widget:
    """Something on a page that can be changed."""

    id: str
    kind: str
    label: str
    proto: Any


@dataclass
class Visitor:
    """One session. `widgets` are those of the page as it is now, in the order in which they came."""

    socket: ClientConnection
    page: str = ""
    query: str = ""
    bytes_received: int = 0
    widgets: dict[str, Widget] = field(default_factory=dict)
    _states: dict[str, WidgetState] = field(default_factory=dict)

    async def open(self, page: str, **query: str) -> float:
        """Open a page; return the seconds until all of it is there."""
        self.page, self.query = page, urlencode(query)
        return await self._run()

    async def set(self, widget: Widget, **value: Any) -> float:
        """Change a widget, such as ``bool_value=True``; return the seconds until the page is there again."""
        self._states[widget.id] = WidgetState(id=widget.id, **value)
        return await self._run()

    async def press(self, widget: Widget) -> float:
        """Press a button; return the seconds until the page is there again."""
        try:
            return await self.set(widget, trigger_value=True)
        finally:
            del self._states[widget.id]

    def find(self, kind: str, wanted: Callable[[Widget], bool] = lambda _: True) -> list[Widget]:
        """Return the widgets of a kind."""
        return [widget for widget in self.widgets.values() if widget.kind == kind and wanted(widget)]

    async def _run(self) -> float:
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        message.rerun_script.widget_states.widgets.extend(self._states.values())
        self.widgets = {}
        # What is still said of an earlier run is no answer.
        answering = False
        started = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            content = await self.socket.recv(decode=False)
            self.bytes_received += len(content)
            received = ForwardMsg()
            received.ParseFromString(content)
            kind = received.WhichOneof("type")
            if kind == "new_session":
                answering = True
            elif not answering:
                continue
            elif kind == "delta":
                self._note(received)
            elif kind == "page_info_changed":
                self.query = received.page_info_changed.query_string
            elif kind == "script_finished":
                if received.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return time.perf_counter() - started
                if received.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise NotShown(self.page)

    def _note(self, received: ForwardMsg) -> None:
        delta = received.delta
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        kind = element.WhichOneof("type") or ""
        if kind == "exception":
            raise NotShown(f"{self.page}: {element.exception.message}")
        proto = getattr(element, kind)
        if identifier := getattr(proto, "id", ""):
            self.widgets[identifier] = Widget(identifier, kind, getattr(proto, "label", ""), proto)


async def arrive(base: str) -> Visitor:
    """Return a visitor with a session of their own; `base` is the address of the screens."""
    address = base.replace("http", "ws", 1) + _PATH
    socket = await connect(
        address, subprotocols=[Subprotocol("streamlit")], origin=Origin(base), max_size=None, ping_timeout=60
    )
    return Visitor(socket)
