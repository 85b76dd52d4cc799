"""Scores a pandas frame: the columns of `score`, in a notebook."""

from datetime import datetime

import pandas as pd

from service.batch import result_names
from service.errors import ExportError
from service.responder import Message, Responder
from service.results import result_values


def score_frame(
    frame: pd.DataFrame,
    text: str,
    *,
    marketplace: str | None = None,
    responder: Responder | None = None,
    now: datetime | None = None,
) -> pd.DataFrame:
    """Give a copy of the frame with the result columns of `score` beside its own.

    Parameters
    ----------
    frame : DataFrame
    text : str
        The column with the buyer's words.
    marketplace : str, optional
        A marketplace for all rows, or the name of a column that holds each row's.
    responder : Responder, optional
        Loaded where it is not given.
    now : datetime, optional
        The moment of the run, with its time zone.

    Raises
    ------
    ExportError
        If the frame has no such column.
    MarketplaceError
        If a marketplace is unknown.
    """
    if text not in frame.columns:
        raise ExportError(f"no column {text!r}; the columns are: {', '.join(map(str, frame.columns))}")
    loaded = responder or Responder.load()
    places = frame[marketplace].tolist() if marketplace in frame.columns else [marketplace] * len(frame)
    results: list[dict[str, object]] = []
    messages: list[Message] = []
    for value, place in zip(frame[text].tolist(), places, strict=True):
        if isinstance(value, str) and value.strip():
            messages.append(Message(value, place if isinstance(place, str) and place else None))
            results.append({})
        else:
            results.append(result_values(None, f"column {text!r} holds no text; nothing to score"))
    answers = iter(loaded.respond_many(messages, now))
    filled = [result or result_values(next(answers), None) for result in results]
    added = pd.DataFrame(filled, index=frame.index).rename(columns=result_names([str(c) for c in frame.columns]))
    return pd.concat([frame, added], axis=1)
