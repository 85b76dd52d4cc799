"""The names of intents, cancellation reasons, decisions and languages."""

from enum import StrEnum


class Intent(StrEnum):
    """What the buyer wants of the seller. Where two meet in one message, the first of this order wins."""

    CANCEL_REQUEST = "cancel_request"
    """Asks the seller to cancel an order, or part of it, that the message does not show as received."""
    CANCEL_STATUS = "cancel_status"
    """Asks whether a cancellation went through, or complains that the seller cancelled."""
    CANCEL_WITHDRAWN = "cancel_withdrawn"
    """Takes a cancellation back, or asks the seller not to cancel."""
    RETURN_REFUND = "return_refund"
    """Has the goods or refused them, or wants money back, an exchange or a return."""
    ORDER_STATUS = "order_status"
    """Asks where the order is or when it ships or arrives."""
    CHANGE_ORDER = "change_order"
    """Wants the order changed, not ended."""
    PRODUCT_QUESTION = "product_question"
    """Asks about a product, its use, stock or price."""
    OTHER = "other"
    """Anything else."""


class Reason(StrEnum):
    """Why the buyer wants to cancel, in the terms of the order page's own list."""

    ORDERED_BY_MISTAKE = "ordered_by_mistake"
    ARRIVES_TOO_LATE = "arrives_too_late"
    SHIPPING_COST_TOO_HIGH = "shipping_cost_too_high"
    PRICE_TOO_HIGH = "price_too_high"
    FOUND_CHEAPER = "found_cheaper"
    CHANGE_SHIPPING_ADDRESS = "change_shipping_address"
    CHANGE_SHIPPING_SPEED = "change_shipping_speed"
    CHANGE_BILLING_ADDRESS = "change_billing_address"
    CHANGE_PAYMENT_METHOD = "change_payment_method"
    NO_LONGER_NEEDED = "no_longer_needed"
    OTHER = "other"
    UNSPECIFIED = "unspecified"


class Verdict(StrEnum):
    """The three-way decision on one message."""

    REPLY = "reply"
    """Surely enough a cancellation request: the suggested reply may go out."""
    REVIEW = "review"
    """A person should read it before anything ships or is sent."""
    NONE = "none"
    """Surely enough no cancellation request."""


LANGUAGES = ("en", "es", "fr", "de", "it", "nl", "pl", "sv", "tr", "ar", "ja", "hi", "zh")
"""The languages that the corpus and the replies cover, ISO 639-1."""

SLICES = ("everyday", "hard")
"""The two halves of the benchmark."""
