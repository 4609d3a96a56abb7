"""HEAD wherever GET works: the same answer without its body."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Has a HEAD request answered as a GET, and keeps the body to itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_no_body(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                await send(message)
            elif not begun:
                begun = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def receive_or_leave() -> Message:
            # A stream would go on for as long as somebody listens.
            return {"type": "http.disconnect"} if begun else await receive()

        inner = dict(scope, method="GET")
        await self._app(inner, receive_or_leave, send_no_body)
        # What was found on the way, such as the endpoint, is known to the layers outside too.
        scope.update({key: value for key, value in inner.items() if key != "method"})
