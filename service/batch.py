"""Scores whole exports: read, answer and write in chunks, so that memory stays flat."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from model import CancelTriageError, Verdict
from service.columns import find_marketplace_column, find_order_column, find_text_column, find_time_column
from service.conversation import read_conversation
from service.errors import ExportError
from service.exports import Export, Row, open_export
from service.marketplaces import find_marketplace
from service.orders import Order, read_moment, read_order
from service.policy import Action
from service.responder import Message, Outcome, Responder
from service.results import RESULT_COLUMNS, result_values
from service.targets import Writer, check_target, open_target

_CHUNK = 1000


@dataclass(frozen=True)
class ScoreOptions:
    """How to read and answer an export.

    Attributes
    ----------
    text_column : str or None
        The column with the buyer's words; found by its name where it is not given.
    marketplace : str or None
        For rows that name none.
    encoding : str or None
        Found where it is not given.
    only_cancellations : bool
        Leave out rows that are surely no request. Rows to review, and rows that could not be scored, stay.
    """

    text_column: str | None = None
    marketplace: str | None = None
    encoding: str | None = None
    only_cancellations: bool = False


@dataclass
class Summary:
    """What a run did.

    Attributes
    ----------
    rows, scored, written, problems : int
        `problems` counts rows whose `error` says something.
    seconds : float
    encodings : dict of str to str
        What each file was read as.
    verdicts, languages, actions : Counter
    """

    rows: int = 0
    scored: int = 0
    written: int = 0
    problems: int = 0
    seconds: float = 0.0
    encodings: dict[str, str] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)

    def count(self, outcome: Outcome | None, problem: str | None) -> None:
        """Count one row."""
        self.rows += 1
        self.problems += problem is not None
        if outcome is None:
            return
        self.scored += 1
        self.verdicts[str(outcome.decision.verdict)] += 1
        self.languages[outcome.language.code] += 1
        if outcome.decision.action is not Action.NONE:
            self.actions[str(outcome.decision.action)] += 1

    def lines(self) -> list[str]:
        """Give the summary as it is shown."""
        rate = self.rows / self.seconds if self.seconds > 0 else 0.0
        by = {verdict: self.verdicts.get(str(verdict), 0) for verdict in Verdict}
        lines = [
            f"{self.rows:,} rows in {self.seconds:.1f} s ({rate:,.0f} per second): "
            f"{self.scored:,} scored, {self.written:,} written, {self.problems:,} with a note in `error`",
            f"decision: {by[Verdict.REPLY]:,} reply, {by[Verdict.REVIEW]:,} review, {by[Verdict.NONE]:,} none",
        ]
        for title, counter in (("language", self.languages), ("action", self.actions)):
            if counter:
                lines.append(f"{title}: " + ", ".join(f"{name} {n:,}" for name, n in counter.most_common()))
        for name, encoding in self.encodings.items():
            if encoding != "utf-8":
                lines.append(f"read as {encoding}: {name} (name another with --encoding if letters look wrong)")
        return lines


def score_exports(
    sources: Sequence[str],
    target: str,
    responder: Responder,
    options: ScoreOptions = ScoreOptions(),
    now: datetime | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    on_row: Callable[[dict[str, Any], Outcome | None], None] | None = None,
) -> Summary:
    """Score exports into one output, which appears whole or not at all.

    Parameters
    ----------
    sources : sequence of str
        Files, or ``-`` for standard input.
    target : str
        A file whose ending names the format, or ``-`` for standard output.
    responder : Responder
    options : ScoreOptions
    now : datetime, optional
        The moment of the run, with its time zone.
    progress : callable
        Called with the bytes read and the bytes in all.
    on_row : callable, optional
        Called with every row written and its outcome.

    Raises
    ------
    ExportError
        If a file cannot be read or the target not be written; no output is left then.
    """
    started = time.perf_counter()
    check_target(target)
    for source in sources:
        if target != "-" and source != "-" and Path(source).exists() and Path(target).exists():
            if Path(source).samefile(target):
                raise ExportError(f"{target}: is an input as well; name another output file")
    if options.marketplace:
        find_marketplace(options.marketplace)
    summary = Summary()
    with ExitStack() as stack:
        exports = [stack.enter_context(open_export(source, options.encoding)) for source in sources]
        summary.encodings = {export.name: export.encoding for export in exports}
        columns = list(dict.fromkeys(column for export in exports for column in export.columns))
        names = result_names(columns)
        plain_utf8 = all(export.encoding == "utf-8" for export in exports)
        # a byte order mark lets a spreadsheet show what the old encoding of the input could not hold
        with open_target(target, with_bom=not plain_utf8 and not _is_json(target, exports)) as stream:
            writer = Writer(stream, target, [*columns, *names.values()], exports[0].kind)
            for row, outcome, problem in _outcomes(exports, responder, options, now, progress):
                summary.count(outcome, problem)
                if options.only_cancellations and outcome and outcome.decision.verdict is Verdict.NONE:
                    continue
                writer.write(row.values | {names[k]: v for k, v in result_values(outcome, problem).items()})
                summary.written += 1
                if on_row:
                    on_row(row.values, outcome)
    summary.seconds = time.perf_counter() - started
    return summary


def result_names(columns: Sequence[str]) -> dict[str, str]:
    """Name the result columns; one whose name the input has already gets ``predicted_`` in front."""
    names = {}
    for column in RESULT_COLUMNS:
        name = column
        while name in columns:
            name = f"predicted_{name}"
        names[column] = name
    return names


def _is_json(target: str, exports: Sequence[Export]) -> bool:
    return target.lower().endswith((".jsonl", ".ndjson", ".json")) or (
        target == "-" and exports[0].kind == "json_lines"
    )


def _outcomes(
    exports: Sequence[Export],
    responder: Responder,
    options: ScoreOptions,
    now: datetime | None,
    progress: Callable[[int, int], None],
) -> Iterator[tuple[Row, Outcome | None, str | None]]:
    """Answer the rows of all exports, one export after the other."""
    runs = [_Run(export, responder, options, now) for export in exports]  # finds every file's columns first
    total = sum(export.size for export in exports)
    done = 0
    for run, export in zip(runs, exports, strict=True):

        def report(read: int, before: int = done) -> None:
            progress(before + read, total)

        yield from run.outcomes(report)
        done += export.size


class _Run:
    """One export on its way through the responder."""

    def __init__(self, export: Export, responder: Responder, options: ScoreOptions, now: datetime | None) -> None:
        self._export = export
        self._responder = responder
        self._options = options
        self._now = now
        self._text = find_text_column(export.columns, options.text_column, export.name)
        others = [column for column in export.columns if column != self._text]
        self._marketplace = find_marketplace_column(others)
        self._order = find_order_column(others)
        self._time = find_time_column(others)

    def outcomes(self, on_bytes: Callable[[int], None]) -> Iterator[tuple[Row, Outcome | None, str | None]]:
        rows = self._export.rows(self._text, on_bytes)
        while chunk := list(islice(rows, _CHUNK)):
            read = [self._message(row) for row in chunk]
            messages = [message for message, _ in read if message is not None]
            answers = iter(self._responder.respond_many(messages, self._now))
            for row, (message, problem) in zip(chunk, read, strict=True):
                yield row, next(answers) if message is not None else None, problem

    def _message(self, row: Row) -> tuple[Message | None, str | None]:
        """Give the row's message, or None where there is none to score; and what is to be said of the row."""
        if not row.is_readable:
            return None, row.problem
        text = row.values.get(self._text)
        if not isinstance(text, str):
            kind = "nothing" if text is None else type(text).__name__
            return None, f"{row.place}: column {self._text!r} holds {kind}; expected a text"
        if not text.strip():
            return None, row.problem or f"{row.place}: column {self._text!r} is empty; nothing to score"
        notes = [row.problem] if row.problem else []
        message = Message(
            text=text,
            marketplace=self._read_marketplace(row, notes),
            order=self._read_order(row, notes),
            conversation=self._read_conversation(row, notes),
            sent_at=read_moment(str(row.values.get(self._time) or "")) if self._time else None,
        )
        return message, "; ".join(notes) or None

    def _read_marketplace(self, row: Row, notes: list[str]) -> str | None:
        value = row.values.get(self._marketplace) if self._marketplace else None
        if not isinstance(value, str) or not value.strip():
            return self._options.marketplace
        try:
            return find_marketplace(value).code
        except CancelTriageError:
            notes.append(f"{row.place}: column {self._marketplace!r} names no known marketplace; scored without it")
            return self._options.marketplace

    def _read_order(self, row: Row, notes: list[str]) -> Order:
        value = row.values.get("order")
        if isinstance(value, dict) and "order" != self._text:
            try:
                return read_order(value)
            except CancelTriageError as error:
                notes.append(f"{row.place}: {error}; the order is taken as unknown")
                return Order()
        number = row.values.get(self._order) if self._order else None
        return Order(order_id=number.strip() or None) if isinstance(number, str) else Order()

    def _read_conversation(self, row: Row, notes: list[str]) -> Any:
        value = row.values.get("conversation")
        if not isinstance(value, list):
            return ()
        try:
            return read_conversation(value)
        except CancelTriageError as error:
            notes.append(f"{row.place}: {error}; the conversation is left out")
            return ()
