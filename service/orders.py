"""The order that a message is about, as far as the caller knows it. Unknown stays unknown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from service.errors import OrderError
from service.marketplaces import find_marketplace

_NAME = re.compile(r"[\w.-]{1,20}", re.ASCII)
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_T = TypeVar("_T")


class Status(StrEnum):
    """State of an order, in the words of the Orders API."""

    PENDING_AVAILABILITY = "PendingAvailability"
    PENDING = "Pending"
    UNSHIPPED = "Unshipped"
    PARTIALLY_SHIPPED = "PartiallyShipped"
    SHIPPED = "Shipped"
    INVOICE_UNCONFIRMED = "InvoiceUnconfirmed"
    CANCELED = "Canceled"
    UNFULFILLABLE = "Unfulfillable"


_STATUS_NAMES = {status.lower(): status for status in Status} | {
    "pending_availability": Status.PENDING_AVAILABILITY,
    "partially_shipped": Status.PARTIALLY_SHIPPED,
    "partiallyshipped": Status.PARTIALLY_SHIPPED,
    "cancelled": Status.CANCELED,
    "canceled": Status.CANCELED,
    "invoice_unconfirmed": Status.INVOICE_UNCONFIRMED,
}
_FULFILLMENT_NAMES = {
    "seller": "seller",
    "merchant": "seller",
    "mfn": "seller",
    "amazon": "amazon",
    "afn": "amazon",
    "fba": "amazon",
}
_FIELDS = frozenset(
    "order_id marketplace purchased_at fulfillment status label_created items buyer_requested_cancel "
    "buyer_cancel_reason out_of_stock".split()
)


@dataclass(frozen=True)
class Order:
    """What is known of an order; None is unknown.

    Attributes
    ----------
    order_id : str or None
        Three, seven and seven digits.
    marketplace : str or None
        Code, as in `load_marketplaces`.
    purchased_at : datetime or None
        With its time zone.
    fulfillment : str or None
        Who ships: ``seller`` or ``amazon``.
    status : Status or None
    label_created, buyer_requested_cancel, out_of_stock : bool or None
    buyer_cancel_reason : str or None
        Free text from the order page, in the buyer's language.
    items : tuple of dict
        As the caller gave them; an item may hold `buyer_requested_cancel` of its own.
    """

    order_id: str | None = None
    marketplace: str | None = None
    purchased_at: datetime | None = None
    fulfillment: str | None = None
    status: Status | None = None
    label_created: bool | None = None
    buyer_requested_cancel: bool | None = None
    buyer_cancel_reason: str | None = None
    out_of_stock: bool | None = None
    items: tuple[Mapping[str, Any], ...] = ()


def read_order(value: Mapping[str, Any]) -> Order:
    """Read an order as the contract has it; every field is optional.

    Raises
    ------
    OrderError
        If a field is unknown, or its value is none that it may have; the message names the field.
    MarketplaceError
        If the marketplace is unknown.
    """
    if not isinstance(value, Mapping):
        raise OrderError(f"order is {type(value).__name__}; give an object such as {{'status': 'Unshipped'}}")
    unknown = sorted(str(name) for name in value.keys() - _FIELDS)
    if unknown:
        raise OrderError(f"order: {shown(unknown[0])} is no field; use {', '.join(sorted(_FIELDS))}")
    marketplace = _text(value, "marketplace")
    items = value.get("items") or ()
    if not isinstance(items, list | tuple) or not all(isinstance(item, Mapping) for item in items):
        raise OrderError("order.items: give a list of objects")
    requested = _flag(value, "buyer_requested_cancel")
    if requested is None and any(_flag(item, "buyer_requested_cancel") for item in items):
        requested = True
    return Order(
        order_id=_text(value, "order_id"),
        marketplace=find_marketplace(marketplace).code if marketplace else None,
        purchased_at=_moment(value.get("purchased_at")),
        fulfillment=_choice(value, "fulfillment", _FULFILLMENT_NAMES, "seller or amazon"),
        status=_choice(value, "status", _STATUS_NAMES, ", ".join(Status)),
        label_created=_flag(value, "label_created"),
        buyer_requested_cancel=requested,
        buyer_cancel_reason=_text(value, "buyer_cancel_reason"),
        out_of_stock=_flag(value, "out_of_stock"),
        items=tuple(items),
    )


def read_moment(text: str) -> datetime | None:
    """Read an ISO 8601 moment; without a time zone it is taken as UTC; None where it is no moment."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: Mapping[str, Any], name: str) -> str | None:
    found = value.get(name)
    if found is None or found == "":
        return None
    if not isinstance(found, str):
        raise OrderError(f"order.{name}: is {type(found).__name__}; give a text")
    return _HALF_PAIR.sub("\ufffd", found).strip()


def shown(value: str) -> str:
    """Show a value in an error if it can be a mere name; a sentence could be a buyer's own words."""
    return repr(value) if _NAME.fullmatch(value) else f"a text of {len(value)} characters"


def _flag(value: Mapping[str, Any], name: str) -> bool | None:
    found = value.get(name)
    if found is None or isinstance(found, bool):
        return found
    # Amazon itself writes "true" and "TRUE", and leaves blank what it does not say
    words = {"true": True, "false": False, "": None}
    if isinstance(found, str) and found.strip().lower() in words:
        return words[found.strip().lower()]
    raise OrderError(f"order.{name}: give true or false")


def _choice(value: Mapping[str, Any], name: str, names: Mapping[str, _T], allowed: str) -> _T | None:
    found = _text(value, name)
    if found is None:
        return None
    if found.lower() not in names:
        raise OrderError(f"order.{name}: {shown(found)} is not known; use one of {allowed}")
    return names[found.lower()]


def _moment(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    moment = read_moment(value) if isinstance(value, str) else None
    if moment is None:
        raise OrderError("order.purchased_at: give an ISO 8601 time such as 2026-05-23T10:11:12+00:00")
    return moment
