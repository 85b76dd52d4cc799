"""What comes in over HTTP and what goes out."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr

from service.conversation import read_conversation
from service.orders import Order, read_order
from service.policy import Action, Step
from service.responder import Message

_EXAMPLE: dict[str, Any] = {
    "text": "Hi, I ordered the blue kettle twice by mistake. Please don't send the second one. 111-2223334-5556667",
    "marketplace": "US",
    "order": {"status": "Unshipped", "fulfillment": "seller"},
}


class ClassifyRequest(BaseModel):
    """One message, and what is known around it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    text: StrictStr = Field(description="What the buyer wrote, as it was sent")
    marketplace: StrictStr | None = Field(None, description="Code (US, UK, DE ...), SP-API id or domain")
    language: Annotated[StrictStr, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z]{2,4})*$")] | None = Field(
        None, description="The buyer's language where it is known, such as de or zh-TW"
    )
    order: dict[str, Any] | None = Field(None, description="State of the order; every field is optional")
    conversation: list[dict[str, Any]] | None = Field(
        None, description="Earlier messages: sender (buyer or seller), sent_at, and template or text"
    )

    def to_message(self) -> Message:
        """Give the message; raises `OrderError` where order or conversation cannot be read."""
        return Message(
            text=self.text,
            marketplace=self.marketplace or None,
            language=self.language,
            order=read_order(self.order) if self.order else Order(),
            conversation=read_conversation(self.conversation) if self.conversation else (),
        )


class BatchRequest(BaseModel):
    """A list of messages. Each is read by itself, so that a bad one gets an error in its place."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"messages": [_EXAMPLE]}]})

    messages: list[Any] = Field(description="Objects as `/v1/classify` takes them")


class EvidenceOut(BaseModel):
    """Words that decided; offsets in Unicode code points of the text as sent."""

    start: int
    end: int
    text: str
    weight: float = Field(description="Share in the log-odds of a cancellation request")


class LanguageOut(BaseModel):
    """The language of the message, and what told it."""

    code: str
    confidence: float
    source: str


class ReplyOut(BaseModel):
    """A suggested reply; nothing is sent by itself."""

    template: str
    language: str
    subject: str | None = None
    body: str


class GuidanceOut(BaseModel):
    """What the seller is told."""

    en: str
    zh: str


class ClassifyResponse(BaseModel):
    """The answer to one message."""

    id: str
    is_cancel_request: bool
    probability: float = Field(ge=0, le=1, description="Calibrated probability of a cancellation request")
    decision: Literal["reply", "review", "none"]
    intent: str
    intents: dict[str, float]
    reason: str | None
    evidence: list[EvidenceOut]
    language: LanguageOut
    action: Action
    recommended_actions: list[Step]
    reply: ReplyOut | None
    seller_guidance: GuidanceOut
    reply_by: str | None = None
    text_used: str
    model_version: str


class Problem(BaseModel):
    """An error, RFC 9457. It never repeats the buyer's text."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None


class BatchItemError(BaseModel):
    """The error that stands in the place of a message that could not be answered."""

    error: Problem


class BatchResponse(BaseModel):
    """Answers in the order of the messages."""

    results: list[ClassifyResponse | BatchItemError]


class ModelOut(BaseModel):
    """What is loaded."""

    version: str
    intents: list[str]
    reasons: list[str]
    languages: list[str]
    operating_point: dict[str, Any]
    trained_with: dict[str, str]
    metrics: dict[str, Any]


class TemplateOut(BaseModel):
    """One reply as it would be sent, for a variant of a language."""

    template: str
    language: str
    marketplaces: list[str]
    menu: dict[str, dict[str, Any]]
    subject: str | None
    body: str


class TemplatesOut(BaseModel):
    """All replies and all guidance."""

    templates: list[TemplateOut]
    guidance: dict[str, GuidanceOut]


class MarketplaceOut(BaseModel):
    """One marketplace."""

    code: str
    marketplace_id: str
    domain: str
    country: str
    languages: list[str]
    self_service_minutes: float
    rate_target_percent: float
    rate_window_days: list[int]
    reply_clock_hours: float
    process_start: str
