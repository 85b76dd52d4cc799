from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import Verdict
from service.marketplaces import find_marketplace
from service.orders import Order, Status
from service.policy import SENDS_TO_ORDER_PAGE, Action, Circumstances, Step, choose_action, decide

NOW = datetime(2026, 5, 23, 12, 0, tzinfo=UTC)


UNKNOWN = Order()


def at(order: Order = UNKNOWN, marketplace: str = "DE", **more: object) -> Circumstances:
    return Circumstances(order=order, marketplace=find_marketplace(marketplace), now=NOW, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "action"),
    [
        (Order(), Action.ORDER_PAGE),
        (Order(status=Status.UNSHIPPED), Action.ORDER_PAGE),
        (Order(status=Status.PENDING), Action.SELF_SERVICE),
        (Order(status=Status.CANCELED), Action.ALREADY_CANCELLED),
        (Order(status=Status.SHIPPED), Action.RETURN_AFTER_DELIVERY),
        (Order(status=Status.UNSHIPPED, label_created=True), Action.RETURN_AFTER_DELIVERY_LABEL),
        (Order(fulfillment="amazon"), Action.ORDER_PAGE_AMAZON),
        (Order(buyer_requested_cancel=True), Action.CANCEL_BUYER_REQUEST),
        (Order(buyer_requested_cancel=False), Action.ORDER_PAGE),
        (Order(status=Status.PARTIALLY_SHIPPED), Action.ORDER_PAGE_PARTIAL),
        (Order(out_of_stock=True), Action.CANCEL_NO_INVENTORY),
        (Order(out_of_stock=True, status=Status.SHIPPED), Action.CANCEL_NO_INVENTORY),
        (Order(status=Status.SHIPPED, fulfillment="amazon"), Action.RETURN_AFTER_DELIVERY),
        (Order(status=Status.SHIPPED, buyer_requested_cancel=True), Action.RETURN_AFTER_DELIVERY),
        (Order(status=Status.PENDING, buyer_requested_cancel=True), Action.CANCEL_BUYER_REQUEST),
        (Order(purchased_at=NOW - timedelta(minutes=29)), Action.SELF_SERVICE),
        (Order(purchased_at=NOW - timedelta(minutes=31)), Action.ORDER_PAGE),
        (Order(purchased_at=NOW + timedelta(hours=1)), Action.ORDER_PAGE),
    ],
)
def test_choose_action_follows_the_table(order: Order, action: Action) -> None:
    assert choose_action(at(order)) is action


def test_choose_action_window_is_shorter_in_japan() -> None:
    order = Order(purchased_at=NOW - timedelta(minutes=6))
    assert choose_action(at(order, "JP")) is Action.ORDER_PAGE
    assert choose_action(at(order, "US")) is Action.SELF_SERVICE


def test_choose_action_unanswered_reply_becomes_follow_up_after_a_day() -> None:
    order = Order(status=Status.UNSHIPPED)
    assert choose_action(at(order, replied_at=NOW - timedelta(hours=25))) is Action.FOLLOW_UP_IMPORTANT
    assert choose_action(at(order, replied_at=NOW - timedelta(hours=23))) is Action.ORDER_PAGE


STATES = st.builds(
    Order,
    status=st.sampled_from([None, *Status]),
    fulfillment=st.sampled_from([None, "seller", "amazon"]),
    label_created=st.sampled_from([None, True, False]),
    buyer_requested_cancel=st.sampled_from([None, True, False]),
    out_of_stock=st.sampled_from([None, True, False]),
    purchased_at=st.sampled_from([None, NOW, NOW - timedelta(days=3)]),
)


@given(STATES, st.sampled_from(list(Verdict)), st.booleans())
def test_decide_every_state_has_a_decision(order: Order, verdict: Verdict, known: bool) -> None:
    decision = decide(verdict, at(order, is_known_language=known))
    assert decision.steps
    assert decision.has_reply == (decision.verdict is not Verdict.NONE)
    assert (decision.action is Action.NONE) == (decision.verdict is Verdict.NONE)
    assert decision.verdict is (Verdict.REVIEW if verdict is Verdict.NONE and not known else verdict)
    if Step.HOLD_SHIPMENT in decision.steps:
        assert decision.steps[0] is Step.HOLD_SHIPMENT
    if order.out_of_stock:
        assert decision.action not in SENDS_TO_ORDER_PAGE
        assert Step.WAIT_FOR_REQUEST not in decision.steps


def test_decide_formal_notice_is_no_informal_request() -> None:
    decision = decide(Verdict.REPLY, at(is_formal_notice=True))
    assert (decision.verdict, decision.action) == (Verdict.NONE, Action.CANCEL_BUYER_REQUEST)
    assert decision.steps == (Step.HOLD_SHIPMENT, Step.CANCEL_BUYER_CANCELLED)


def test_decide_review_reads_the_message_after_holding_the_parcel() -> None:
    decision = decide(Verdict.REVIEW, at())
    assert decision.steps[:2] == (Step.HOLD_SHIPMENT, Step.READ_MESSAGE)
    assert decision.guidance == "review"
