import re
from datetime import UTC, datetime

import pytest

from service.conversation import first_unanswered, read_conversation
from service.errors import MarketplaceError, OrderError
from service.marketplaces import find_marketplace, load_marketplaces
from service.notices import is_formal_notice
from service.orders import Order, Status, read_order


def test_read_order_everything_is_optional() -> None:
    assert read_order({}) == Order()


def test_read_order_takes_the_words_of_every_api() -> None:
    order = read_order(
        {
            "order_id": "111-2223334-5556667",
            "marketplace": "Amazon.de",
            "purchased_at": "2026-05-23T10:11:12Z",
            "fulfillment": "MFN",
            "status": "PARTIALLY_SHIPPED",
            "buyer_requested_cancel": "TRUE",
            "label_created": "",
        }
    )
    assert order.marketplace == "DE"
    assert order.purchased_at == datetime(2026, 5, 23, 10, 11, 12, tzinfo=UTC)
    assert order.fulfillment == "seller"
    assert order.status is Status.PARTIALLY_SHIPPED
    assert order.buyer_requested_cancel is True
    assert order.label_created is None


def test_read_order_request_on_one_item_is_a_request() -> None:
    items = [{"buyer_requested_cancel": False}, {"buyer_requested_cancel": "true"}]
    assert read_order({"items": items}).buyer_requested_cancel is True
    assert read_order({"items": items[:1]}).buyer_requested_cancel is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"state": "x"}, "order: 'state' is no field"),
        ({"status": "Flying"}, "order.status: 'Flying' is not known; use one of PendingAvailability"),
        ({"fulfillment": "me"}, "order.fulfillment: 'me' is not known"),
        ({"label_created": 3}, "order.label_created: give true or false"),
        ({"purchased_at": "yesterday"}, "order.purchased_at: give an ISO 8601 time"),
        ({"order_id": 5}, "order.order_id: is int; give a text"),
        ({"items": "x"}, "order.items: give a list"),
        ([], "order is list"),
    ],
)
def test_read_order_bad_field_is_named(value: object, message: str) -> None:
    with pytest.raises(OrderError, match=re.escape(message)):
        read_order(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["UK", "gb", "A1F83G8C2ARO7P", "amazon.co.uk", "www.amazon.co.uk"])
def test_find_marketplace_by_any_name(name: str) -> None:
    assert find_marketplace(name).code == "UK"


def test_find_marketplace_unknown_lists_the_known_ones() -> None:
    with pytest.raises(MarketplaceError, match="marketplace 'XX' is unknown; use one of US, CA, MX"):
        find_marketplace("XX")


def test_marketplaces_facts() -> None:
    found = load_marketplaces()
    assert len(found) == 19
    assert found["JP"].self_service_window.total_seconds() == 300
    assert found["IN"].rate_target_percent == 2 and found["IN"].rate_window_days == (7, 30)


def test_conversation_first_unanswered() -> None:
    entries = read_conversation(
        [
            {"sender": "buyer", "sent_at": "2026-05-01T08:00:00Z"},
            {"sender": "seller", "sent_at": "2026-05-01T09:00:00Z", "template": "order_page"},
            {"sender": "buyer", "sent_at": "2026-05-02T08:00:00Z"},
            {"sender": "buyer", "sent_at": "2026-05-02T09:00:00Z"},
        ]
    )
    assert first_unanswered(entries) == datetime(2026, 5, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x", "conversation: give a list"),
        ([3], r"conversation\[0\]: give an object"),
        ([{"sender": "me"}], r"conversation\[0\].sender: use one of buyer, seller"),
        ([{"sender": "buyer", "sent_at": "x"}], r"conversation\[0\].sent_at: give an ISO 8601 time"),
    ],
)
def test_read_conversation_bad_entry_is_named(value: object, message: str) -> None:
    with pytest.raises(OrderError, match=message):
        read_conversation(value)


@pytest.mark.parametrize(
    "text",
    [
        "Order cancellation request from Amazon customer Ann (Order: 111-1111111-1111111)",
        "Subject: Order cancelation request from Amazon customer Bob",
        "Solicitud de cancelación de pedido del cliente de Amazon Ana",
        "Stornierungsanfrage von Amazon-Kunde Jan (Bestellung: 028-1111111-1111111)",
        "Demande d'annulation de commande de la part du client Amazon Luc",
    ],
)
def test_is_formal_notice_recognises_the_marketplace(text: str) -> None:
    assert is_formal_notice(text)


@pytest.mark.parametrize(
    "text",
    [
        "I sent an order cancellation request from my Amazon customer account",
        "Please cancel my order",
        "Frage von Amazon-Kunde Jan: Stornierung?",
    ],
)
def test_is_formal_notice_leaves_buyers_alone(text: str) -> None:
    assert not is_formal_notice(text)
