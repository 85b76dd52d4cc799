"""Problem documents, RFC 9457: they name the field and the mend, and never repeat the buyer's text."""

import json
from collections.abc import Sequence
from typing import Any

from fastapi.responses import Response

from model import CancelTriageError
from service.errors import HTTP_STATUS

PROBLEM_JSON = "application/problem+json"
_FIELDS = "text, marketplace, language, order, conversation"


def problem_of(error: CancelTriageError, where: str = "") -> dict[str, Any]:
    """Turn one of our errors into a problem."""
    status, title = next(
        (HTTP_STATUS[kind] for kind in type(error).__mro__ if kind in HTTP_STATUS), (500, "Internal error")
    )
    detail = f"{where}: {error}" if where else str(error)
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


def validation_problem(errors: Sequence[Any], where: str = "") -> dict[str, Any]:
    """Turn what pydantic found into a problem; what was sent is left out."""
    if any(error.get("type") == "json_invalid" for error in errors):
        detail = 'the body is no JSON; send an object such as {"text": "..."}'
        return {"type": "about:blank", "title": "No JSON", "status": 400, "detail": detail}
    details = [_describe(error) for error in errors[:5]]
    detail = "; ".join(details) or "the body cannot be read"
    return {
        "type": "about:blank",
        "title": "The request cannot be read",
        "status": 422,
        "detail": f"{where}: {detail}" if where else detail,
    }


def problem_response(problem: dict[str, Any]) -> Response:
    """Send a problem."""
    # escaped, so that halves of surrogate pairs in a sender's own names cannot break it
    return Response(json.dumps(problem), status_code=problem["status"], media_type=PROBLEM_JSON)


def _describe(error: Any) -> str:
    location = [part for part in error.get("loc", ()) if part != "body"]
    if error.get("type") == "extra_forbidden":
        # the unknown name is the sender's own and could be anything, a buyer's words among them
        return f"a field is not known; use {_FIELDS}"
    name = ".".join(str(part) for part in location) or "body"
    return f"{name}: {error.get('msg', 'not as it must be')}"
