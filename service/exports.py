"""Message exports: CSV, TSV and JSON Lines are read row by row and written with the results beside them."""

import csv
import io
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, TextIO

from service.encodings import detect_encoding
from service.errors import ExportError

csv.field_size_limit(1 << 30)  # a cell may be as long as it likes; the standard limit is 128 KiB

DELIMITED = {".csv": None, ".tsv": "\t", ".tab": "\t", ".txt": None}
JSON_LINES = (".jsonl", ".ndjson", ".json")
_LOST = "\ufffd"
_RAW_LINE = "raw_line"


@dataclass(frozen=True)
class Row:
    """One row of an export.

    Attributes
    ----------
    place : str
        File and line, for errors.
    values : dict of str to object
        By column; text as it stood in CSV, any JSON value in JSON Lines.
    problem : str or None
        Why the row as a whole cannot be trusted; it never holds the buyer's text.
    is_readable : bool
        Whether `values` hold the row's fields all the same.
    """

    place: str
    values: dict[str, Any] = field(repr=False)
    problem: str | None = None
    is_readable: bool = True


@dataclass(frozen=True)
class Export:
    """An opened export.

    Attributes
    ----------
    name : str
        What to call it.
    columns : tuple of str
        In the order of the file; doubled names are numbered (`text`, `text_2`).
    encoding : str
    kind : str
        ``delimited`` or ``json_lines``.
    size : int
        Bytes, for the progress bar.
    rows : callable
        ``rows(text_column, on_bytes)`` reads the rows; it can be called anew.
    """

    name: str
    columns: tuple[str, ...]
    encoding: str
    kind: str
    size: int
    rows: Callable[[str, Callable[[int], None]], Iterator[Row]] = field(repr=False)


@contextmanager
def open_export(source: str, encoding: str | None = None) -> Iterator[Export]:
    """Open an export; ``-`` is standard input.

    Raises
    ------
    ExportError
        If it cannot be read, is empty, binary, of a format that is not known, or has no header.
    """
    if source == "-":
        with tempfile.NamedTemporaryFile(prefix="cancel-triage-") as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
            spool.flush()
            yield _describe(Path(spool.name), "standard input", "", encoding)
        return
    path = Path(source)
    if path.is_dir():
        raise ExportError(f"{source}: is a folder; give a CSV, TSV or JSON Lines file")
    if not path.exists():
        raise ExportError(f"{source}: no such file")
    suffix = path.suffix.lower()
    if suffix not in DELIMITED and suffix not in JSON_LINES:
        raise ExportError(f"{source}: ending {suffix or '(none)'} is not known; use .csv, .tsv, .jsonl or .ndjson")
    try:
        yield _describe(path, source, suffix, encoding)
    except OSError as error:
        raise ExportError(f"{source}: cannot be read ({error.strerror or error})") from error


def _describe(path: Path, name: str, suffix: str, encoding: str | None) -> Export:
    try:
        found = encoding or detect_encoding(path, name)
        size = path.stat().st_size
    except OSError as error:
        raise ExportError(f"{name}: cannot be read ({error.strerror})") from error
    with _open_text(path, name, found) as stream:
        first = _first_line(stream, name)
    if suffix in JSON_LINES or (not suffix and first.lstrip().startswith("{")):
        columns = _json_columns(path, name, found)
        return Export(name, columns, found, "json_lines", size, lambda text, seen: _json_rows(path, name, found, seen))
    delimiter = DELIMITED.get(suffix) or _sniff_delimiter(first)
    quoting = _quoting(path, name, found, delimiter)
    columns = _header(path, name, found, delimiter, quoting)

    def rows(text_column: str, seen: Callable[[int], None]) -> Iterator[Row]:
        dialect = _Dialect(found, delimiter, quoting)
        return _delimited_rows(path, name, dialect, columns, text_column, seen)

    return Export(name, columns, found, "delimited", size, rows)


@dataclass(frozen=True)
class _Dialect:
    encoding: str
    delimiter: str
    quoting: Literal[0, 3]


@contextmanager
def _open_text(path: Path, name: str, encoding: str) -> Iterator[TextIO]:
    try:
        with path.open("r", encoding=encoding, errors=_errors(encoding), newline="") as stream:
            yield stream
    except UnicodeDecodeError as error:
        raise ExportError(
            f"{name}: byte {error.start} is not {encoding}; name the right encoding with --encoding"
        ) from error
    except (LookupError, UnicodeError) as error:
        raise ExportError(
            f"encoding {encoding[:40]!r} is unknown; use a name such as utf-8, cp1252 or cp932"
        ) from error


def _first_line(stream: TextIO, name: str) -> str:
    for line in stream:
        if line.strip():
            return line
    raise ExportError(f"{name}: the file is empty; expected a header line and messages")


def _sniff_delimiter(header: str) -> str:
    """Give the separator that parts the header into most cells; quoted parts do not count."""
    bare = "".join(part for k, part in enumerate(header.split('"')) if k % 2 == 0)
    return max(",;\t|", key=lambda mark: (bare.count(mark), mark == ","))


def _reader(stream: TextIO, dialect: _Dialect) -> Any:
    return csv.reader(stream, delimiter=dialect.delimiter, quoting=dialect.quoting, strict=True)


def _quoting(path: Path, name: str, encoding: str, delimiter: str) -> Literal[0, 3]:
    """Tell whether quotes mean something: in the marketplace's tab-separated files they are plain text."""
    if delimiter != "\t":
        return csv.QUOTE_MINIMAL
    with _open_text(path, name, encoding) as stream:
        try:
            for _ in _reader(stream, _Dialect(encoding, delimiter, csv.QUOTE_MINIMAL)):
                pass
        except csv.Error:
            return csv.QUOTE_NONE
    return csv.QUOTE_MINIMAL


def _header(path: Path, name: str, encoding: str, delimiter: str, quoting: Literal[0, 3]) -> tuple[str, ...]:
    with _open_text(path, name, encoding) as stream:
        try:
            rows = _reader(stream, _Dialect(encoding, delimiter, quoting))
            cells: list[str] = next((row for row in rows if any(row)), [])
        except csv.Error as error:
            raise ExportError(f"{name}:1: the header cannot be read: {error}") from error
    while cells and not cells[-1].strip():
        cells.pop()
    columns: list[str] = []
    for cell in cells:
        column = cell.strip().lstrip("\ufeff")
        count = 2
        while column in columns:
            column = f"{cell.strip()}_{count}"
            count += 1
        columns.append(column)
    if not columns:
        raise ExportError(f"{name}:1: no header; the first line must name the columns")
    return tuple(columns)


def _delimited_rows(
    path: Path,
    name: str,
    dialect: _Dialect,
    columns: tuple[str, ...],
    text_column: str,
    seen: Callable[[int], None],
) -> Iterator[Row]:
    with path.open("rb") as raw, _wrap(raw, name, dialect.encoding) as stream:
        reader = _reader(stream, dialect)
        header_passed = False
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise ExportError(
                    f"{name}:{line}: a quote is not in order ({error}); in this row, double each quote inside "
                    "a quoted cell and close the cell with one"
                ) from error
            except UnicodeDecodeError as error:
                raise ExportError(
                    f"{name}:{line}: not {dialect.encoding}; name the encoding with --encoding"
                ) from error
            if cells is None:
                return
            seen(raw.tell())
            if not any(cells) and len(cells) <= 1:
                continue
            if not header_passed:
                header_passed = True
                continue
            yield _fit(cells, columns, text_column, f"{name}:{line}")


def _errors(encoding: str) -> str:
    """In a UTF-8 file a damaged byte costs its character, not the file; the row says so."""
    return "replace" if encoding.lower().startswith(("utf-8", "utf8")) else "strict"


@contextmanager
def _wrap(raw: BinaryIO, name: str, encoding: str) -> Iterator[TextIO]:
    try:
        wrapper = io.TextIOWrapper(raw, encoding=encoding, errors=_errors(encoding), newline="")
    except (LookupError, UnicodeError) as error:
        raise ExportError(f"encoding {encoding[:40]!r} is unknown; use a name such as utf-8 or cp1252") from error
    try:
        yield wrapper
    finally:
        wrapper.detach()


def _fit(cells: list[str], columns: tuple[str, ...], text_column: str, place: str) -> Row:
    """Fit a row to the header; a row of another length keeps all it holds and says what was made of it."""
    row = _fit_length(cells, columns, text_column, place)
    if any(_LOST in cell for cell in cells):
        damaged = f"{place}: holds bytes that are not UTF-8, each shown as {_LOST}"
        return Row(place, row.values, f"{row.problem}; {damaged}" if row.problem else damaged)
    return row


def _fit_length(cells: list[str], columns: tuple[str, ...], text_column: str, place: str) -> Row:
    extra = len(cells) - len(columns)
    if extra > 0 and not any(cells[len(columns) :]):
        cells, extra = cells[: len(columns)], 0
    if extra == 0:
        return Row(place, dict(zip(columns, cells, strict=True)))
    count = f"{place}: {len(cells)} cells, the header has {len(columns)}"
    if extra < 0:
        return Row(place, dict(zip(columns, cells + [""] * -extra, strict=True)), f"{count}: the last ones are empty")
    # Free text is what holds the comma that nobody quoted: the cells beyond the header are its.
    at = columns.index(text_column)
    joined = ",".join(cells[at : at + extra + 1])
    fitted = [*cells[:at], joined, *cells[at + extra + 1 :]]
    problem = f"{count}: read as an unquoted separator in column {text_column!r}"
    return Row(place, dict(zip(columns, fitted, strict=True)), problem)


def _json_lines(path: Path, name: str, encoding: str) -> Iterator[tuple[int, str, Any, int]]:
    """Give line number, line, value and bytes read; a line that is no JSON object has the value None."""
    with path.open("rb") as raw, _wrap(raw, name, encoding) as stream:
        for number, line in enumerate(stream, 1):
            stripped = line.strip().lstrip("\ufeff")
            if not stripped:
                continue
            try:
                value = json.loads(stripped)
            except (ValueError, RecursionError):
                value = None
            yield number, stripped, value if isinstance(value, dict) else None, raw.tell()


def _json_columns(path: Path, name: str, encoding: str) -> tuple[str, ...]:
    columns: dict[str, None] = {}
    broken = rows = 0
    for _, _, value, _ in _json_lines(path, name, encoding):
        rows += 1
        broken += value is None
        columns.update(dict.fromkeys(value or ()))
    if rows == broken:
        raise ExportError(f'{name}:1: no line is a JSON object; expected one such as {{"text": "..."}} a line')
    if broken:
        columns[_RAW_LINE] = None
    return tuple(columns)


def _json_rows(path: Path, name: str, encoding: str, seen: Callable[[int], None]) -> Iterator[Row]:
    for number, line, value, position in _json_lines(path, name, encoding):
        seen(position)
        place = f"{name}:{number}"
        if value is None:
            yield Row(place, {_RAW_LINE: line}, f"{place}: is no JSON object", is_readable=False)
        else:
            damaged = f"{place}: holds bytes that are not UTF-8, each shown as {_LOST}" if _LOST in line else None
            yield Row(place, value, damaged)
