"""The one way through: from messages to outcomes. HTTP, batch, command line and notebooks all come by here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from model import DEFAULT_ARTEFACT, Language, LanguageDetector, Prediction, Scorer, Verdict, load_artefact
from service.conversation import Entry, first_unanswered, last_order_page_reply
from service.marketplaces import Marketplace, find_marketplace
from service.notices import is_formal_notice
from service.orders import Order
from service.policy import SENDS_TO_ORDER_PAGE, Circumstances, Decision, decide
from service.templates import Reply, Templates, Variant, load_templates

_ORDER_ID = re.compile(r"(?<!\d)\d{3}-\d{7}-\d{7}(?!\d)", re.ASCII)
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_FALLBACK_LANGUAGE = "en"


@dataclass(frozen=True)
class Message:
    """What a buyer wrote, and what is known around it.

    Attributes
    ----------
    text : str
        As sent.
    marketplace : str or None
        Any name that `find_marketplace` takes.
    language : str or None
        The buyer's language where the caller knows it, such as ``de`` or ``zh-TW``.
    order : Order
    conversation : tuple of Entry
        Earlier messages; this one is not among them.
    sent_at : datetime or None
        When the buyer wrote this message.
    """

    text: str = field(repr=False)
    marketplace: str | None = None
    language: str | None = None
    order: Order = Order()
    conversation: tuple[Entry, ...] = ()
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """All that is said of one message.

    Attributes
    ----------
    id : str
        Random; names this result, not the message.
    prediction : Prediction
    language : Language
    decision : Decision
    reply : Reply or None
        A suggestion; nothing is sent by itself.
    guidance : dict of str to str
        What the seller is told, ``en`` and ``zh``.
    reply_by : datetime or None
        When the marketplace's reply clock runs out.
    model_version : str
    """

    id: str
    prediction: Prediction
    language: Language
    decision: Decision
    reply: Reply | None
    guidance: dict[str, str]
    reply_by: datetime | None
    model_version: str

    @property
    def is_cancel_request(self) -> bool:
        """Whether the message is an informal cancellation request; the marketplace's own notice is none."""
        return self.prediction.is_cancel_request and self.decision.verdict is not Verdict.NONE


@dataclass(frozen=True)
class Responder:
    """Answers messages.

    Attributes
    ----------
    scorer : Scorer
    detector : LanguageDetector
    templates : Templates
    follow_up_after : timedelta
        After which an unanswered reply is followed by an Important message.
    """

    scorer: Scorer
    detector: LanguageDetector
    templates: Templates
    follow_up_after: timedelta = timedelta(hours=24)

    @classmethod
    def load(cls, artefact: Path = DEFAULT_ARTEFACT, follow_up_after: timedelta = timedelta(hours=24)) -> "Responder":
        """Load model and templates.

        Raises
        ------
        ArtefactError
            If the artefact is missing, damaged or of another version.
        TemplateError
            If a reply file is not as it must be.
        """
        scorer = load_artefact(artefact)
        return cls(scorer, LanguageDetector(scorer.languages), load_templates(), follow_up_after)

    def respond(self, message: Message, now: datetime | None = None) -> Outcome:
        """Answer one message; the one-item case of `respond_many`."""
        return self.respond_many([message], now)[0]

    def respond_many(self, messages: Sequence[Message], now: datetime | None = None) -> list[Outcome]:
        """Answer messages; n in, n out, in order.

        Parameters
        ----------
        messages : sequence of Message
        now : datetime, optional
            With its time zone; the present moment where it is not given.

        Raises
        ------
        MarketplaceError
            If a message names a marketplace that there is not.
        """
        moment = now or datetime.now(UTC)
        marketplaces = [self._marketplace(message) for message in messages]
        predictions = self.scorer.predict([_encodable(message.text) for message in messages])
        languages = self._languages(messages, predictions, marketplaces)
        return [
            self._outcome(message, prediction, language, marketplace, moment)
            for message, prediction, language, marketplace in zip(
                messages, predictions, languages, marketplaces, strict=True
            )
        ]

    def check(self, message: Message) -> None:
        """Refuse a message that cannot be answered, before others wait for it.

        Raises
        ------
        MarketplaceError
            If it names a marketplace that there is not.
        """
        self._marketplace(message)

    def _marketplace(self, message: Message) -> Marketplace | None:
        name = message.marketplace or message.order.marketplace
        return find_marketplace(name) if name else None

    def _languages(
        self,
        messages: Sequence[Message],
        predictions: Sequence[Prediction],
        marketplaces: Sequence[Marketplace | None],
    ) -> list[Language]:
        likely = [marketplace.languages if marketplace else () for marketplace in marketplaces]
        detected = self.detector.detect_many([p.text_used for p in predictions], likely)
        return [
            Language(_primary(message.language), 1.0, "given") if message.language else language
            for message, language in zip(messages, detected, strict=True)
        ]

    def _outcome(
        self,
        message: Message,
        prediction: Prediction,
        language: Language,
        marketplace: Marketplace | None,
        now: datetime,
    ) -> Outcome:
        circumstances = Circumstances(
            order=message.order,
            marketplace=marketplace,
            now=now,
            replied_at=last_order_page_reply(message.conversation, [str(a) for a in SENDS_TO_ORDER_PAGE]),
            follow_up_after=self.follow_up_after,
            is_formal_notice=is_formal_notice(message.text),
            is_known_language=language.is_known,
        )
        decision = decide(prediction.verdict, circumstances)
        reply = None
        if decision.has_reply:
            order_id = message.order.order_id or _find_order_id(message.text)
            variant = self._variant(message, language, marketplace)
            reply = self.templates.render(decision.action, variant, order_id)
        return Outcome(
            id=uuid4().hex,
            prediction=prediction,
            language=language,
            decision=decision,
            reply=reply,
            guidance=dict(self.templates.guidance[decision.guidance]),
            reply_by=_reply_by(message, marketplace),
            model_version=self.scorer.version,
        )

    def _variant(self, message: Message, language: Language, marketplace: Marketplace | None) -> Variant:
        code = marketplace.code if marketplace else None
        tag = message.language or "-".join(part for part in (language.code, language.script) if part)
        for wanted in (tag, marketplace.languages[0] if marketplace else "", _FALLBACK_LANGUAGE):
            variant = self.templates.variant(wanted, code)
            if variant:
                return variant
        raise AssertionError("there is always an English variant")


def _encodable(text: str) -> str:
    """Replace halves of surrogate pairs, which no encoding can write; offsets stay."""
    return _HALF_PAIR.sub("\ufffd", text)


def _primary(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()


def _find_order_id(text: str) -> str | None:
    found = set(_ORDER_ID.findall(text))
    # two numbers in one message: which one is meant is not ours to guess
    return found.pop() if len(found) == 1 else None


def _reply_by(message: Message, marketplace: Marketplace | None) -> datetime | None:
    clock = marketplace.reply_clock if marketplace else timedelta(hours=24)
    since = first_unanswered(message.conversation) or message.sent_at
    try:
        return since + clock if since else None
    except OverflowError:  # the last day of the calendar
        return None
