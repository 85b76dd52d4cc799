"""Tables for a person at a terminal."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.responder import Outcome

if TYPE_CHECKING:
    from model.evaluation import Evaluation

_WIDTH_IN_PIPE = 180
_STYLES = {"reply": "bold red", "review": "yellow", "none": "dim"}
_MESSAGE_CHARS, _EVIDENCE_CHARS, _REPLY_CHARS = 150, 70, 110


def print_outcomes(rows: Sequence[tuple[str, Outcome]]) -> None:
    """Print messages and what was said of them; long cells are cut, the output file holds them whole."""
    table = Table(box=SIMPLE_HEAD, show_lines=True, pad_edge=False)
    table.add_column("message", ratio=5)
    table.add_column("lang", no_wrap=True)
    table.add_column("p", justify="right", no_wrap=True)
    table.add_column("decision", no_wrap=True)
    table.add_column("evidence", ratio=3)
    table.add_column("action", no_wrap=True)
    table.add_column("reply", ratio=4)
    for text, outcome in rows:
        verdict = str(outcome.decision.verdict)
        evidence = " | ".join(span.text for span in outcome.prediction.evidence)
        table.add_row(
            Text(_cut(text, _MESSAGE_CHARS)),
            outcome.language.code,
            f"{outcome.prediction.probability:.2f}",
            Text(verdict, style=_STYLES[verdict]),
            Text(_cut(evidence, _EVIDENCE_CHARS)),
            str(outcome.decision.action),
            Text(_middle(outcome.reply.body) if outcome.reply else ""),
        )
    _console().print(table)


def print_evaluation(evaluation: "Evaluation") -> None:
    """Print the figures per slice and language, and those over all."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("slice", "language"):
        table.add_column(name)
    for name in (
        "messages",
        "requests",
        "F1",
        "95 %",
        "AP",
        "reply prec.",
        "reply rec.",
        "missed",
        "missed %",
        "review %",
    ):
        table.add_column(name, justify="right")
    for row in evaluation.table.to_dict(orient="records"):
        table.add_row(
            row["slice"],
            row["language"],
            str(row["messages"]),
            str(row["requests"]),
            f"{row['f1']:.3f}",
            f"{row['f1_low']:.2f}-{row['f1_high']:.2f}",
            f"{row['average_precision']:.3f}",
            f"{row['reply_precision']:.3f}",
            f"{row['reply_recall']:.3f}",
            str(row["missed"]),
            f"{100 * row['missed_share']:.1f}",
            f"{100 * row['review_share']:.1f}",
            style="bold" if row["language"] == "all" else None,
        )
    console = _console()
    console.print(table)
    overall = evaluation.overall
    console.print(
        f"calibration error {overall['expected_calibration_error']:.3f}, "
        f"intent accuracy {overall['intent_accuracy']:.3f}, reason macro-F1 {overall['reason_macro_f1']:.3f}, "
        f"evidence overlap F1 {overall['evidence_overlap_f1']:.3f}"
    )


def _console() -> Console:
    """Use the terminal's width; in a pipe, where there is none, a width that shows every column."""
    wide = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDTH_IN_PIPE
    return Console(width=wide, highlight=False)


def _cut(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def _middle(body: str) -> str:
    """Give the reply without its greeting line, cut."""
    lines = [line for line in body.splitlines() if line]
    return _cut(" ".join(lines[1:]), _REPLY_CHARS)
