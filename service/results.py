"""The shape of an outcome as others read it: result object of HTTP, columns of a scored export."""

from typing import Any

from service.responder import Outcome

RESULT_COLUMNS = (
    "is_cancel_request",
    "probability",
    "decision",
    "intent",
    "reason",
    "evidence",
    "language",
    "action",
    "recommended_actions",
    "reply_language",
    "reply",
    "seller_guidance",
    "reply_by",
    "error",
)
"""What `score` adds to every row, in this order."""


def result_object(outcome: Outcome) -> dict[str, Any]:
    """Give the result object of the contract, JSON values only."""
    prediction, decision = outcome.prediction, outcome.decision
    result: dict[str, Any] = {
        "id": outcome.id,
        "is_cancel_request": outcome.is_cancel_request,
        "probability": prediction.probability,
        "decision": str(decision.verdict),
        "intent": prediction.intent,
        "intents": prediction.intents,
        "reason": prediction.reason,
        "evidence": [
            {"start": span.start, "end": span.end, "text": span.text, "weight": span.weight}
            for span in prediction.evidence
        ],
        "language": {
            "code": outcome.language.code,
            "confidence": outcome.language.confidence,
            "source": outcome.language.source,
        },
        "action": str(decision.action),
        "recommended_actions": [str(step) for step in decision.steps],
        "reply": None,
        "seller_guidance": outcome.guidance,
        "text_used": prediction.text_used,
        "model_version": outcome.model_version,
    }
    if outcome.reply:
        reply = outcome.reply
        result["reply"] = {"template": reply.template, "language": reply.language, "body": reply.body}
        if reply.subject:
            result["reply"]["subject"] = reply.subject
    if outcome.reply_by:
        result["reply_by"] = outcome.reply_by.isoformat()
    return result


def result_values(outcome: Outcome | None, problem: str | None) -> dict[str, Any]:
    """Give the result columns of one row, JSON values; all but `error` are None where nothing was scored."""
    values: dict[str, Any] = dict.fromkeys(RESULT_COLUMNS)
    values["error"] = problem
    if outcome is None:
        return values
    prediction, decision = outcome.prediction, outcome.decision
    return values | {
        "is_cancel_request": outcome.is_cancel_request,
        "probability": round(prediction.probability, 6),
        "decision": str(decision.verdict),
        "intent": prediction.intent,
        "reason": prediction.reason,
        "evidence": [span.text for span in prediction.evidence],
        "language": outcome.language.code,
        "action": str(decision.action),
        "recommended_actions": [str(step) for step in decision.steps],
        "reply_language": outcome.reply.language if outcome.reply else None,
        "reply": outcome.reply.body if outcome.reply else None,
        "seller_guidance": f"{outcome.guidance['en']}\n{outcome.guidance['zh']}",
        "reply_by": outcome.reply_by.isoformat() if outcome.reply_by else None,
    }
