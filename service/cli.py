"""The command line: every subcommand, and the only place that prints."""

import json
import logging
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from model import DEFAULT_ARTEFACT, CancelTriageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.responder import Outcome

app = typer.Typer(
    name="cancel-triage",
    help="Finds informal cancellation requests in buyer messages and suggests the reply.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Artefact = Annotated[
    Path, typer.Option(help="Folder of the trained model.", envvar="CANCEL_TRIAGE_ARTEFACT", show_default=False)
]
EXIT_CLOSED = 1  # standard input or output is closed
_PROGRESS_FROM_BYTES = 200_000  # below it a run is over before a bar could be read


@app.command()
def classify(
    text: Annotated[str | None, typer.Argument(help="The message; standard input where it is absent.")] = None,
    marketplace: Annotated[str | None, typer.Option(help="US, UK, DE ..., an SP-API id, or a domain.")] = None,
    language: Annotated[str | None, typer.Option(help="The buyer's language, where it is known.")] = None,
    order: Annotated[Path | None, typer.Option(help="JSON file with the state of the order.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result object of the HTTP service.")] = False,
    artefact: Artefact = DEFAULT_ARTEFACT,
) -> None:
    """Classify one message: the decision, the words that decided, and the reply."""
    from service.orders import Order, read_order
    from service.responder import Message, Responder

    known = read_order(_read_json(order)) if order else Order()
    if text is None:
        text = sys.stdin.buffer.read().decode("utf-8", "replace")
    outcome = Responder.load(artefact).respond(Message(text, marketplace, language, known))
    if as_json:
        from service.results import result_object

        print(json.dumps(result_object(outcome), ensure_ascii=False, indent=2))
    else:
        print(describe(outcome))


@app.command()
def score(
    inputs: Annotated[list[str], typer.Argument(help="CSV, TSV or JSON Lines files; - is standard input.")],
    out: Annotated[str, typer.Option(help="Output file (.csv, .tsv, .jsonl); - is standard output.")],
    text_column: Annotated[str | None, typer.Option(help="Column with the buyer's words.")] = None,
    marketplace: Annotated[str | None, typer.Option(help="For rows that name none.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Where it is not found rightly: utf-8, cp932 ...")] = None,
    only_cancellations: Annotated[bool, typer.Option(help="Leave out rows whose decision is none.")] = False,
    table: Annotated[bool, typer.Option(help="Print the scored rows as a table as well.")] = False,
    artefact: Artefact = DEFAULT_ARTEFACT,
) -> None:
    """Score message exports: every row with decision, evidence and reply beside its own columns."""
    from service.batch import ScoreOptions, score_exports
    from service.responder import Responder

    options = ScoreOptions(text_column, marketplace, encoding, only_cancellations)
    responder = Responder.load(artefact)
    rows: list[tuple[str, Outcome]] = []

    def keep(_: dict[str, Any], outcome: "Outcome | None") -> None:
        if outcome is not None:
            rows.append((outcome.prediction.text_used, outcome))

    with _progress() as progress:
        summary = score_exports(inputs, out, responder, options, progress=progress, on_row=keep if table else None)
    if table:
        from service.tables import print_outcomes

        print_outcomes(rows)
    for line in summary.lines():
        print(line, file=sys.stderr)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes.", min=1, max=64)] = 1,
) -> None:
    """Run the HTTP service. Its settings are environment variables that begin with CANCEL_TRIAGE_."""
    import uvicorn

    from model import load_artefact
    from service.settings import read_settings
    from service.templates import load_templates

    settings = read_settings()
    load_artefact(settings.artefact)  # a service without a model must not start
    load_templates()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    shown = f"[{host}]" if ":" in host else host
    print(f"Cancel triage on http://{shown}:{port} (documentation: /docs); stop it with Ctrl-C", file=sys.stderr)
    uvicorn.run("service.app:create_app", factory=True, host=host, port=port, workers=workers, log_level="warning")


@app.command()
def train(
    messages: Annotated[Path | None, typer.Option(help="Folder of labelled <language>.csv files.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the artefact.", show_default=False)] = DEFAULT_ARTEFACT,
) -> None:
    """Train, calibrate, choose thresholds, and write the artefact with its manifest and report."""
    from model.corpus import DEFAULT_CORPUS
    from model.training import train as train_model

    with _status("training"):
        trained = train_model(messages or DEFAULT_CORPUS, out)
    held_out = trained.report["held_out"]
    messages_in_all = trained.report["held_out_all"]["messages"]
    print(f"model {trained.scorer.version}, trained on {messages_in_all:,} messages, written to {trained.folder}")
    print(
        f"held-out folds ({held_out['messages']:,} messages): F1 {held_out['f1']:.3f}, "
        f"average precision {held_out['average_precision']:.3f}, "
        f"calibration error {held_out['expected_calibration_error']:.3f}"
    )
    point = trained.scorer.point
    print(
        f"reply from {point.reply:.3f}, review from {point.review:.3f}: precision of reply "
        f"{held_out['reply_precision']:.3f}, missed {held_out['missed_share']:.3f}, "
        f"to review {held_out['review_share']:.3f}"
    )


@app.command()
def evaluate(
    labelled: Annotated[Path, typer.Argument(help="Labelled CSV file, or a folder of <language>.csv files.")],
    out: Annotated[Path | None, typer.Option(help="Folder for JSON, CSV and plots.")] = None,
    artefact: Artefact = DEFAULT_ARTEFACT,
) -> None:
    """Measure the model on labelled messages, per language and over all."""
    from model import load_artefact, load_corpus
    from model.evaluation import evaluate as evaluate_model
    from service.tables import print_evaluation

    corpus = load_corpus(labelled)
    with _status("scoring"):
        evaluation = evaluate_model(load_artefact(artefact), corpus)
    print_evaluation(evaluation)
    if out is not None:
        for path in evaluation.write(out):
            print(f"written: {path}", file=sys.stderr)


def describe(outcome: "Outcome") -> str:
    """Describe an outcome for a person at a terminal."""
    prediction, decision = outcome.prediction, outcome.decision
    lines = [
        f"decision     {decision.verdict} (probability of a cancellation request {prediction.probability:.3f})",
        f"intent       {prediction.intent}" + (f", reason {prediction.reason}" if prediction.reason else ""),
        f"language     {outcome.language.code} (by {outcome.language.source})",
        f"action       {decision.action}: {', '.join(decision.steps)}",
    ]
    if prediction.evidence:
        lines.append("evidence     " + " | ".join(span.text for span in prediction.evidence))
    lines += [f"guidance     {outcome.guidance['en']}", f"             {outcome.guidance['zh']}"]
    if outcome.reply:
        lines.append(f"reply        ({outcome.reply.language}, {outcome.reply.template})")
        if outcome.reply.subject:
            lines.append(f"    Subject: {outcome.reply.subject}")
        lines += [f"    {line}" if line else "" for line in outcome.reply.body.splitlines()]
    return "\n".join(lines)


def main() -> None:
    """Run the command line; an error of ours is one line and an exit status, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave as on Ctrl-C: nothing half written stays
    if sys.stdin is None or sys.stdout is None:
        sys.exit(EXIT_CLOSED)
    try:
        status = app(prog_name="cancel-triage", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except CancelTriageError as error:
        from service.errors import EXIT_FAILED, EXIT_STATUS

        print(f"Error: {error}", file=sys.stderr)
        status = next((EXIT_STATUS[kind] for kind in type(error).__mro__ if kind in EXIT_STATUS), EXIT_FAILED)
        sys.exit(status)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        if hasattr(error, "format_message"):
            _refuse_usage(error)
        # only the kind: the message of an error could hold a buyer's words
        print(f"Error: unexpected {type(error).__name__}; please report it with the command", file=sys.stderr)
        sys.exit(1)


def _refuse_usage(error: Any) -> NoReturn:
    """Say what is wrong with the call; what was typed stays out of it, it could be a buyer's words."""
    parameter = getattr(getattr(error, "param", None), "name", None)
    name = f" for {parameter}" if parameter else ""
    kinds = {"MissingParameter": "missing argument", "BadParameter": "wrong value", "NoSuchOption": "no such option"}
    kind = kinds.get(type(error).__name__, "wrong number of arguments, or no such command; quote a text with blanks")
    command = error.ctx.command_path if getattr(error, "ctx", None) else "cancel-triage"
    print(f"Error: {kind}{name}; see: {command} --help", file=sys.stderr)
    sys.exit(2)


def _read_json(path: Path) -> Any:
    from service.errors import OrderError

    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise OrderError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise OrderError(f'{path}: is no JSON; give an object such as {{"status": "Unshipped"}}') from error


@contextmanager
def _progress() -> "Iterator[Callable[[int, int], None]]":
    """Show a bar with rate and time left on a terminal; be quiet in a pipe."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("scoring"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("scoring", total=None, visible=False)

        def update(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=total >= _PROGRESS_FROM_BYTES)

        yield update


@contextmanager
def _status(text: str) -> "Iterator[None]":
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


if __name__ == "__main__":
    main()
