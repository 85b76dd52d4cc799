"""The HTTP service. Routes hold no rules: they read, ask the responder, and write."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi_offline import FastAPIOffline
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from model import LANGUAGES, CancelTriageError, read_manifest, read_report
from service import schemas
from service.errors import LimitError
from service.limits import BodyLimit, Shield
from service.marketplaces import load_marketplaces
from service.problems import PROBLEM_JSON, problem_of, problem_response, validation_problem
from service.responder import Message, Responder
from service.results import result_object
from service.settings import Settings, read_settings
from service.templates import load_templates

_log = logging.getLogger("cancel_triage")
_NDJSON = "application/x-ndjson"
_NDJSON_TYPES = (_NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines")
_BATCH = "/v1/classify/batch"
_LINES_AT_ONCE = 64

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {PROBLEM_JSON: {"schema": schemas.Problem.model_json_schema()}}}
    for status, text in (
        (400, "The body is no JSON"),
        (413, "The text, the list or the body is too large"),
        (422, "A field is not as it must be"),
        (503, "The model is not loaded"),
    )
}


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    settings : Settings, optional
        Read from the environment where it is not given.

    Raises
    ------
    SettingsError
        If the environment holds a setting that cannot be read.
    """
    chosen = settings or read_settings()
    app = FastAPIOffline(  # the documentation page works without a content network
        title="Cancel triage",
        summary="Finds informal cancellation requests in buyer messages and suggests the reply.",
        version=_package_version(),
        lifespan=_lifespan,
    )
    app.state.settings = chosen
    app.state.responder = None
    app.state.load_error = None
    app.add_middleware(Shield)
    app.add_middleware(BodyLimit, max_bytes=chosen.max_body_bytes, streamed_path=_BATCH, streamed_types=_NDJSON_TYPES)
    app.include_router(router)
    app.add_exception_handler(CancelTriageError, _on_own_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    try:
        responder = Responder.load(settings.artefact, settings.follow_up_after)
        responder.respond(Message("warm up"))
        app.state.responder = responder
    except CancelTriageError as error:
        # the process stays up, so that /readyz can say why it is not ready
        app.state.load_error = error
        _log.error("not ready: %s", error)
    yield


router = APIRouter()


@router.post(
    "/v1/classify",
    response_model=schemas.ClassifyResponse,
    response_model_exclude_none=True,
    responses=_PROBLEMS,
    tags=["classify"],
)
async def classify(body: schemas.ClassifyRequest, request: Request) -> JSONResponse:
    """Say what one message asks for, and suggest the reply.

    Scoring takes less time than a thread would take to start it, so it runs on the event loop.
    """
    responder = _responder(request)
    _check_length(body.text, request.app.state.settings)
    return JSONResponse(result_object(responder.respond(body.to_message())))


@router.post(
    "/v1/classify/batch",
    response_model=schemas.BatchResponse,
    responses=_PROBLEMS,
    tags=["classify"],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": schemas.BatchRequest.model_json_schema()},
                _NDJSON: {
                    "schema": {"type": "string"},
                    "example": '{"text": "Please cancel my order"}\n{"text": "Where is it?", "marketplace": "UK"}\n',
                },
            },
        }
    },
)
async def classify_batch(request: Request) -> Any:
    """Answer many messages in order.

    A JSON list gives a JSON list. NDJSON (one object a line, `Content-Type: application/x-ndjson`) is
    answered line by line while it arrives, however long it is. A bad message gets an error in its place.
    """
    responder = _responder(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() in _NDJSON_TYPES:
        return _Duplex(_answer_lines(request, responder), media_type=_NDJSON)
    try:
        batch = schemas.BatchRequest.model_validate(json.loads(await request.body()))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise RequestValidationError([{"type": "json_invalid", "loc": (), "msg": ""}]) from None
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False, include_input=False)) from None
    settings: Settings = request.app.state.settings
    if len(batch.messages) > settings.max_batch:
        raise LimitError(f"messages: {len(batch.messages)} in one list; at most {settings.max_batch}; use NDJSON")
    results = await run_in_threadpool(_answer, batch.messages, responder, settings, "messages")
    return JSONResponse({"results": results})


class _Duplex(StreamingResponse):
    """Streams while the request is still read; the base class would take its parts to wait for a hang-up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


async def _answer_lines(request: Request, responder: Responder) -> AsyncIterator[bytes]:
    settings: Settings = request.app.state.settings
    limit = 8 * settings.max_text_chars + 65_536  # a character takes up to six bytes in JSON, plus the order
    rest = b""
    number = 0
    async for block in request.stream():
        *lines, rest = (rest + block).split(b"\n")
        for start in range(0, len(lines), _LINES_AT_ONCE):
            some = lines[start : start + _LINES_AT_ONCE]
            yield await run_in_threadpool(_answer_some, some, number, responder, settings)
            number += len(some)
        if len(rest) > limit:
            error = LimitError(f"line {number + 1}: longer than {limit} bytes; the rest is not read")
            yield _line({"error": problem_of(error)})
            return
    if rest.strip():
        yield await run_in_threadpool(_answer_some, [rest], number, responder, settings)


def _answer_some(lines: list[bytes], number: int, responder: Responder, settings: Settings) -> bytes:
    items: list[Any] = []
    places: list[str] = []
    for offset, line in enumerate(lines):
        if line.strip():
            places.append(f"line {number + offset + 1}")
            items.append(_parse(line))
    return b"".join(_line(result) for result in _answer(items, responder, settings, places))


def _parse(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return _NOT_JSON


_NOT_JSON = object()


def _answer(
    items: list[Any], responder: Responder, settings: Settings, places: list[str] | str
) -> list[dict[str, Any]]:
    """Answer the items that can be read; the others get a problem in their place."""
    names = places if isinstance(places, list) else [f"{places}[{i}]" for i in range(len(items))]
    results: list[dict[str, Any] | None] = []
    messages: list[Message] = []
    for item, name in zip(items, names, strict=True):
        read = _read_message(item, name, responder, settings)
        results.append(read if isinstance(read, dict) else None)
        if isinstance(read, Message):
            messages.append(read)
    answers = iter(responder.respond_many(messages))
    return [result if result is not None else result_object(next(answers)) for result in results]


def _read_message(item: Any, name: str, responder: Responder, settings: Settings) -> Message | dict[str, Any]:
    if item is _NOT_JSON:
        return {
            "error": {
                "type": "about:blank",
                "title": "No JSON",
                "status": 400,
                "detail": f"{name}: is no JSON",
            }
        }
    try:
        body = schemas.ClassifyRequest.model_validate(item)
        _check_length(body.text, settings)
        message = body.to_message()
        responder.check(message)
        return message
    except ValidationError as error:
        return {"error": validation_problem(error.errors(include_url=False, include_input=False), name)}
    except CancelTriageError as error:
        return {"error": problem_of(error, name)}


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


@router.get("/v1/model", response_model=schemas.ModelOut, responses={503: _PROBLEMS[503]}, tags=["what is loaded"])
async def loaded_model(request: Request) -> dict[str, Any]:
    """Tell which model is loaded, its thresholds, and what it measured on held-out folds."""
    scorer = _responder(request).scorer
    folder = request.app.state.settings.artefact
    manifest = read_manifest(folder)
    return {
        "version": scorer.version,
        "intents": list(scorer.intents.classes),
        "reasons": list(scorer.reasons.classes),
        "languages": list(LANGUAGES),
        "operating_point": manifest["operating_point"],
        "trained_with": manifest["versions"],
        "metrics": read_report(folder),
    }


@router.get("/v1/templates", response_model=schemas.TemplatesOut, tags=["what is loaded"])
async def templates() -> dict[str, Any]:
    """Give every reply as it would be sent, and the guidance for the seller."""
    loaded = load_templates()
    found = []
    for variant in loaded.variants:
        menu = {k: {"label": v.label, "confirmed": v.confirmed} for k, v in variant.menu.items()}
        for action in variant.bodies:
            reply = loaded.render(action, variant)
            found.append(
                {
                    "template": reply.template,
                    "language": reply.language,
                    "marketplaces": list(variant.marketplaces),
                    "menu": menu,
                    "subject": reply.subject,
                    "body": reply.body,
                }
            )
    return {"templates": found, "guidance": loaded.guidance}


@router.get("/v1/marketplaces", response_model=list[schemas.MarketplaceOut], tags=["what is loaded"])
async def marketplaces() -> list[dict[str, Any]]:
    """Give the marketplaces with their languages, windows, targets and clocks."""
    return [
        {
            "code": m.code,
            "marketplace_id": m.marketplace_id,
            "domain": m.domain,
            "country": m.country,
            "languages": list(m.languages),
            "self_service_minutes": m.self_service_window.total_seconds() / 60,
            "rate_target_percent": m.rate_target_percent,
            "rate_window_days": list(m.rate_window_days),
            "reply_clock_hours": m.reply_clock.total_seconds() / 3600,
            "process_start": m.process_start.isoformat(),
        }
        for m in load_marketplaces().values()
    ]


@router.get("/healthz", tags=["operation"])
async def healthz() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: _PROBLEMS[503]}, tags=["operation"])
async def readyz(request: Request) -> dict[str, str]:
    """Tell that the model is loaded, and which."""
    return {"status": "ready", "model_version": _responder(request).scorer.version}


def _responder(request: Request) -> Responder:
    state = request.app.state
    if state.responder is None:
        raise state.load_error or HTTPException(503, "The model is not loaded yet; try again in a moment")
    responder: Responder = state.responder
    return responder


def _check_length(text: str, settings: Settings) -> None:
    if len(text) > settings.max_text_chars:
        raise LimitError(
            f"text: {len(text)} characters; at most {settings.max_text_chars}; "
            "send the buyer's own words without quoted mail"
        )


async def _on_own_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, CancelTriageError):
        raise TypeError("this handler is registered for the project's own errors")
    return problem_response(problem_of(error))


async def _on_invalid(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    return problem_response(validation_problem(found))


async def _on_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "The request failed"
    titles = {404: "Not found", 405: "Method not allowed", 400: "Bad request"}
    problem = {
        "type": "about:blank",
        "title": titles.get(status, "Error"),
        "status": status,
        "detail": detail,
    }
    return problem_response(problem)


def _package_version() -> str:
    from importlib.metadata import version

    return version("cancel-triage")
