"""Refuses a request body that is larger than the service takes, before it is read."""

import json
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import LimitError
from service.problems import PROBLEM_JSON, problem_of


class _TooLarge(Exception):
    """The body grew over the limit while it was read."""


class BodyLimit:
    """ASGI middleware that bounds the size of request bodies.

    Parameters
    ----------
    app : ASGIApp
    max_bytes : int
    unlimited : sequence of str
        Content types that are streamed and bounded line by line elsewhere.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, unlimited: Sequence[str] = ()) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._unlimited = tuple(kind.encode() for kind in unlimited)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if headers.get(b"content-type", b"").lower().startswith(self._unlimited):
            await self._app(scope, receive, send)
            return
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._max_bytes:
            await self._refuse(send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            # whatever the application makes of the broken body, the answer is ours
            if read <= self._max_bytes:
                await send(message)

        try:
            await self._app(scope, counted, watched)
        except _TooLarge:
            pass
        if read > self._max_bytes:
            await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        problem = problem_of(LimitError(f"body: more than {self._max_bytes} bytes; use NDJSON for many messages"))
        body = json.dumps(problem).encode()
        headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": problem["status"], "headers": headers})
        await send({"type": "http.response.body", "body": body})
