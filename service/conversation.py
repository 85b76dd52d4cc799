"""What was written before: who still owes whom an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from service.errors import OrderError
from service.orders import read_moment

_SENDERS = ("buyer", "seller")


@dataclass(frozen=True)
class Entry:
    """One earlier message of the conversation.

    Attributes
    ----------
    sender : str
        ``buyer`` or ``seller``.
    sent_at : datetime
    template : str or None
        Name of the template that a seller's reply was made from, where it was one of ours.
    text : str
    """

    sender: str
    sent_at: datetime
    template: str | None = None
    text: str = field(default="", repr=False)


def read_conversation(value: Any) -> tuple[Entry, ...]:
    """Read a conversation: a list of ``{"sender", "sent_at", "template"?, "text"?}``, in any order.

    Raises
    ------
    OrderError
        If an entry is not as it must be; the message names its place and field.
    """
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise OrderError("conversation: give a list of objects with sender and sent_at")
    entries = []
    for position, item in enumerate(value):
        where = f"conversation[{position}]"
        if not isinstance(item, dict):
            raise OrderError(f"{where}: give an object with sender and sent_at")
        if item.get("sender") not in _SENDERS:
            raise OrderError(f"{where}.sender: use one of {', '.join(_SENDERS)}")
        sent_at = item.get("sent_at")
        moment = read_moment(sent_at) if isinstance(sent_at, str) else sent_at
        if not isinstance(moment, datetime):
            raise OrderError(f"{where}.sent_at: give an ISO 8601 time such as 2026-05-23T10:11:12+00:00")
        template, text = item.get("template"), item.get("text") or ""
        if not isinstance(text, str) or not isinstance(template, str | None):
            raise OrderError(f"{where}: template and text must be texts")
        entries.append(Entry(item["sender"], moment, template, text))
    return tuple(sorted(entries, key=lambda entry: entry.sent_at))


def first_unanswered(entries: Sequence[Entry]) -> datetime | None:
    """Give the time of the first buyer's message after the seller's last one."""
    pending: datetime | None = None
    for entry in entries:
        if entry.sender == "seller":
            pending = None
        elif pending is None:
            pending = entry.sent_at
    return pending


def last_order_page_reply(entries: Sequence[Entry], templates: Sequence[str]) -> datetime | None:
    """Give the time of the last reply that sent the buyer to the order page."""
    times = [e.sent_at for e in entries if e.sender == "seller" and e.template in templates]
    return times[-1] if times else None
