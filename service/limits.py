"""What stands around every request: a bound on its body, and a shield that keeps errors quiet."""

import json
import logging
from collections.abc import Sequence

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import LimitError
from service.problems import PROBLEM_JSON, problem_of, problem_response

_log = logging.getLogger("cancel_triage")


class Shield:
    """ASGI middleware that answers 500 to what went wrong unforeseen, and logs no more than its kind.

    The message of an error, or a traceback with it, could hold a buyer's words.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return  # nobody is there to answer
        except _TooLarge:
            raise
        except Exception as error:
            if scope["type"] != "http":
                raise
            _log.error("unexpected %s in %s %s", type(error).__name__, scope["method"], scope["path"])
            if not started:
                detail = "The service failed on this request; the kind of the error is in its log"
                problem = {"type": "about:blank", "title": "Internal error", "status": 500, "detail": detail}
                await problem_response(problem)(scope, receive, send)


class _TooLarge(Exception):
    """The body grew over the limit while it was read."""


class BodyLimit:
    """ASGI middleware that bounds the size of request bodies.

    Parameters
    ----------
    app : ASGIApp
    max_bytes : int
    streamed_path : str
        The path whose bodies may be streamed,
    streamed_types : sequence of str
        if they are of one of these content types; they are bounded line by line elsewhere.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, streamed_path: str, streamed_types: Sequence[str]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._streamed_path = streamed_path
        self._streamed_types = frozenset(streamed_types)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        kind = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
        if scope["path"] == self._streamed_path and kind in self._streamed_types:
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
