"""What the order's state makes of a cancellation request. Pure: clock and data are arguments."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from model import Verdict
from service.marketplaces import Marketplace
from service.orders import Order, Status


class Action(StrEnum):
    """What is to be done about a message; also the name of the reply and of the guidance."""

    NONE = "none"
    ORDER_PAGE = "order_page"
    SELF_SERVICE = "self_service"
    ORDER_PAGE_PARTIAL = "order_page_partial"
    ORDER_PAGE_AMAZON = "order_page_amazon"
    CANCEL_BUYER_REQUEST = "cancel_buyer_request"
    ALREADY_CANCELLED = "already_cancelled"
    RETURN_AFTER_DELIVERY = "return_after_delivery"
    RETURN_AFTER_DELIVERY_LABEL = "return_after_delivery_label"
    FOLLOW_UP_IMPORTANT = "follow_up_important"
    CANCEL_NO_INVENTORY = "cancel_no_inventory"


class Step(StrEnum):
    """One thing for the seller to do."""

    HOLD_SHIPMENT = "hold_shipment"
    READ_MESSAGE = "read_message"
    SEND_REPLY = "send_reply"
    SEND_IMPORTANT_MESSAGE = "send_important_message"
    WAIT_FOR_REQUEST = "wait_for_request"
    CANCEL_BUYER_CANCELLED = "cancel_order_buyer_cancelled"
    CANCEL_NO_INVENTORY = "cancel_order_no_inventory"
    EXPECT_RETURN = "expect_return"
    ANSWER_AS_USUAL = "answer_as_usual"


_STEPS: dict[Action, tuple[Step, ...]] = {
    Action.NONE: (Step.ANSWER_AS_USUAL,),
    Action.ORDER_PAGE: (Step.HOLD_SHIPMENT, Step.SEND_REPLY, Step.WAIT_FOR_REQUEST),
    Action.SELF_SERVICE: (Step.HOLD_SHIPMENT, Step.SEND_REPLY, Step.WAIT_FOR_REQUEST),
    Action.ORDER_PAGE_PARTIAL: (
        Step.HOLD_SHIPMENT,
        Step.SEND_REPLY,
        Step.WAIT_FOR_REQUEST,
        Step.EXPECT_RETURN,
    ),
    Action.ORDER_PAGE_AMAZON: (Step.SEND_REPLY,),
    Action.CANCEL_BUYER_REQUEST: (Step.HOLD_SHIPMENT, Step.CANCEL_BUYER_CANCELLED, Step.SEND_REPLY),
    Action.ALREADY_CANCELLED: (Step.SEND_REPLY,),
    Action.RETURN_AFTER_DELIVERY: (Step.SEND_REPLY, Step.EXPECT_RETURN),
    Action.RETURN_AFTER_DELIVERY_LABEL: (Step.SEND_REPLY, Step.EXPECT_RETURN),
    Action.FOLLOW_UP_IMPORTANT: (Step.HOLD_SHIPMENT, Step.SEND_IMPORTANT_MESSAGE, Step.WAIT_FOR_REQUEST),
    Action.CANCEL_NO_INVENTORY: (Step.CANCEL_NO_INVENTORY, Step.SEND_REPLY),
}

SENDS_TO_ORDER_PAGE = (
    Action.ORDER_PAGE,
    Action.SELF_SERVICE,
    Action.ORDER_PAGE_PARTIAL,
    Action.ORDER_PAGE_AMAZON,
    Action.FOLLOW_UP_IMPORTANT,
)
"""The actions whose reply holds the menu path."""


@dataclass(frozen=True)
class Decision:
    """What to do about one message.

    Attributes
    ----------
    verdict : Verdict
    action : Action
    steps : tuple of Step
        In the order in which to do them.
    guidance : str
        Name of the text for the seller: the action's, or ``review`` or ``none``.
    has_reply : bool
        Whether a reply is suggested.
    """

    verdict: Verdict
    action: Action
    steps: tuple[Step, ...]
    guidance: str
    has_reply: bool


@dataclass(frozen=True)
class Circumstances:
    """All that the decision depends on beside the verdict.

    Attributes
    ----------
    order : Order
    marketplace : Marketplace or None
    now : datetime
        With its time zone.
    replied_at : datetime or None
        When an earlier reply sent the buyer to the order page.
    follow_up_after : timedelta
    is_formal_notice : bool
        Whether the text is the marketplace's own notice of a request on the order page.
    is_known_language : bool
    """

    order: Order
    marketplace: Marketplace | None
    now: datetime
    replied_at: datetime | None = None
    follow_up_after: timedelta = timedelta(hours=24)
    is_formal_notice: bool = False
    is_known_language: bool = True


def decide(verdict: Verdict, at: Circumstances) -> Decision:
    """Decide on a message; for a request the first row of the contract's table that fits wins."""
    if at.is_formal_notice:
        # It is the marketplace that writes, on the buyer's behalf: there is nobody to reply to here.
        action = Action.CANCEL_BUYER_REQUEST
        unsent = tuple(step for step in _STEPS[action] if step is not Step.SEND_REPLY)
        return Decision(Verdict.NONE, action, unsent, str(action), has_reply=False)
    if verdict is Verdict.NONE and not at.is_known_language:
        verdict = Verdict.REVIEW
    if verdict is Verdict.NONE:
        return Decision(verdict, Action.NONE, _STEPS[Action.NONE], "none", has_reply=False)
    action = choose_action(at)
    if verdict is Verdict.REPLY:
        return Decision(verdict, action, _STEPS[action], str(action), has_reply=True)
    steps: tuple[Step, ...] = _STEPS[action]
    held = steps[:1] if steps[0] is Step.HOLD_SHIPMENT else ()
    steps = (*held, Step.READ_MESSAGE, *steps[len(held) :])
    return Decision(verdict, action, steps, "review", has_reply=True)


def choose_action(at: Circumstances) -> Action:
    """Give the first row of the contract's table that fits; what is not known fits no row."""
    order = at.order
    rows: tuple[tuple[bool, Action], ...] = (
        (order.out_of_stock is True, Action.CANCEL_NO_INVENTORY),
        (order.status is Status.CANCELED, Action.ALREADY_CANCELLED),
        (order.status is Status.SHIPPED, Action.RETURN_AFTER_DELIVERY),
        (order.label_created is True, Action.RETURN_AFTER_DELIVERY_LABEL),
        (order.fulfillment == "amazon", Action.ORDER_PAGE_AMAZON),
        (order.buyer_requested_cancel is True, Action.CANCEL_BUYER_REQUEST),
        (_can_cancel_alone(at), Action.SELF_SERVICE),
        (_is_due(at), Action.FOLLOW_UP_IMPORTANT),
        (order.status is Status.PARTIALLY_SHIPPED, Action.ORDER_PAGE_PARTIAL),
    )
    return next((action for fits, action in rows if fits), Action.ORDER_PAGE)


def _can_cancel_alone(at: Circumstances) -> bool:
    if at.order.status in (Status.PENDING, Status.PENDING_AVAILABILITY):
        return True
    if at.order.purchased_at is None or at.marketplace is None:
        return False
    return timedelta(0) <= at.now - at.order.purchased_at <= at.marketplace.self_service_window


def _is_due(at: Circumstances) -> bool:
    return at.replied_at is not None and at.now - at.replied_at >= at.follow_up_after
