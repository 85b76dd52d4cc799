"""The labelled messages: read, and checked line by line."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import CorpusError
from model.labels import LANGUAGES, SLICES, Intent, Reason

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_CORPUS = Path(__file__).parent.parent / "data" / "messages"
DEFAULT_CONCEPTS = Path(__file__).parent.parent / "data" / "concepts"
DEFAULT_OTHER = Path(__file__).parent.parent / "data" / "languages" / "other.csv"
DEFAULT_BENCHMARK = Path(__file__).parent.parent / "data" / "benchmark"

COLUMNS = ("text", "intent", "reason", "evidence", "marketplace", "origin")
MARKETPLACES = tuple("US CA MX JP SG AU UK DE FR IT ES NL PL SE IN TR AE SA EG".split())


def load_corpus(path: Path | str = DEFAULT_CORPUS) -> "pd.DataFrame":
    """Read labelled messages from a folder of ``<language>.csv`` files, or from one such file.

    Returns
    -------
    DataFrame
        One row a message: `text`, `intent`, `reason`, `evidence`, `marketplace`, `origin`, `language` (from
        the file's name) and, in the benchmark, `slice`; all text, an empty cell is ``""``.

    Raises
    ------
    CorpusError
        If a file, a column, a label or a quote is not as it must be. The message names file, line, column
        and the mend.
    """
    import pandas as pd

    rows = list(iter_corpus(Path(path)))
    if not rows:
        raise CorpusError(f"{path}: no message found; each file needs a header and at least one row")
    return pd.DataFrame(rows, dtype=object).astype(str)


def iter_corpus(path: Path) -> Iterator[dict[str, str]]:
    """Give the checked rows of `load_corpus` one by one."""
    if path.is_dir():
        files = sorted(path.glob("*.csv"))
    elif path.is_file():
        files = [path]
    else:
        raise CorpusError(f"{path}: no such file or folder; give a labelled CSV file or a folder of them")
    if not files:
        raise CorpusError(f"{path}: holds no .csv file; expected one per language, such as en.csv")
    for file in files:
        seen: dict[str, str] = {}  # "ok" may stand in two languages, never twice in one
        for line, row in _rows(file):
            where = f"{file}:{line}"
            first = seen.setdefault(row["text"].strip().casefold(), where)
            if first != where:
                raise CorpusError(f"{where}: column 'text': the same message as {first}; remove one of them")
            yield row


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    language = file.stem
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = next(reader, [])
            _check_header(file, header)
            while True:
                line = reader.line_num + 1
                cells = next(reader, None)
                if cells is None:
                    return
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise CorpusError(
                        f"{file}:{line}: {len(cells)} cells, the header has {len(header)}; "
                        "quote a text that holds a comma or a line break"
                    )
                row = dict(zip(header, cells, strict=True))
                _check_row(f"{file}:{line}", row)
                yield line, {**row, "language": row.get("language") or language}
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except csv.Error as error:
        raise CorpusError(f"{file}:{reader.line_num}: {error}; close the quote or double it inside") from error


def _check_header(file: Path, header: list[str]) -> None:
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise CorpusError(f"{file}:1: column {missing[0]!r} is missing; the header must hold {','.join(COLUMNS)}")
    doubled = sorted({column for column in header if header.count(column) > 1})
    if doubled:
        raise CorpusError(f"{file}:1: column {doubled[0]!r} stands twice; keep one of them")


def _check_row(where: str, row: dict[str, str]) -> None:
    def check(column: str, allowed: tuple[str, ...], kind: str) -> None:
        if row[column] not in allowed:
            raise CorpusError(
                f"{where}: column {column!r}: {row[column][:40]!r} is no {kind}; use one of {', '.join(allowed)}"
            )

    if not row["text"].strip():
        raise CorpusError(f"{where}: column 'text': empty; write the message or remove the row")
    check("intent", tuple(Intent), "intent")
    check("marketplace", MARKETPLACES, "marketplace")
    if "slice" in row:
        check("slice", SLICES, "slice")
    if row.get("language"):
        check("language", LANGUAGES, "language")
    if row["intent"] == Intent.CANCEL_REQUEST:
        check("reason", tuple(Reason), "reason")
        if not row["evidence"] or row["evidence"] not in row["text"]:
            raise CorpusError(
                f"{where}: column 'evidence': not found in the text; quote, to the letter, the words that ask "
                "for the cancellation"
            )
        return
    for column in ("reason", "evidence"):
        if row[column]:
            raise CorpusError(
                f"{where}: column {column!r}: must be empty for {row['intent']}; only cancel_request has one"
            )
