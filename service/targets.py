"""Writes scored rows: CSV, TSV or JSON Lines, whole or not at all."""

import csv
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from service.errors import ExportError
from service.exports import DELIMITED, JSON_LINES

_HALF_PAIR = re.compile("[\ud800-\udfff]")


class Writer:
    """Writes scored rows; the format follows the ending of the target.

    Parameters
    ----------
    stream : TextIO
    target : str
        Its ending decides: ``.tsv``, ``.jsonl`` or ``.ndjson``, else CSV; for ``-`` give `kind`.
    columns : sequence of str
        Input columns, then result columns.
    """

    def __init__(self, stream: TextIO, target: str, columns: Sequence[str], kind: str = "delimited") -> None:
        suffix = Path(target).suffix.lower()
        self._stream = stream
        self._columns = columns
        self._csv: Any = None
        if not (suffix in JSON_LINES or (target == "-" and kind == "json_lines")):
            delimiter = "\t" if suffix in (".tsv", ".tab") else ","
            self._csv = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n" if suffix == ".csv" else "\n")
            self._csv.writerow(columns)

    def write(self, values: dict[str, Any]) -> None:
        """Write one row."""
        if self._csv is None:
            self._stream.write(_json_line(values))
        else:
            self._csv.writerow([_cell(values.get(column)) for column in self._columns])


def _json_line(values: dict[str, Any]) -> str:
    line = json.dumps(values, ensure_ascii=False)
    # a half of a surrogate pair can only be written the way it came: escaped
    return f"{line if line.isascii() or not _HALF_PAIR.search(line) else json.dumps(values)}\n"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " | ".join(value)
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def open_target(target: str, with_bom: bool) -> Iterator[TextIO]:
    """Open the output: it appears whole when the block ends well, and not at all otherwise.

    Raises
    ------
    ExportError
        If its folder is missing, it cannot be written, or its ending is of no format that is written.
    """
    check_target(target)
    encoding = "utf-8-sig" if with_bom else "utf-8"
    folder = Path(target).parent if target != "-" else Path(tempfile.gettempdir())
    try:
        handle, name = tempfile.mkstemp(dir=folder, prefix=".cancel-triage-")
    except OSError as error:
        raise ExportError(f"{target}: cannot be written ({error.strerror}); choose another folder") from error
    try:
        with os.fdopen(handle, "w", encoding=encoding, newline="", errors="replace") as stream:
            yield stream
        if target == "-":
            with open(name, "rb") as finished:
                shutil.copyfileobj(finished, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, target)
    except OSError as error:
        raise ExportError(f"{target}: cannot be written ({error.strerror or error})") from error
    finally:
        Path(name).unlink(missing_ok=True)


def check_target(target: str) -> None:
    """Refuse a target before any work is done for it.

    Raises
    ------
    ExportError
        If its ending is not known, it is a folder, or its folder is missing.
    """
    path = Path(target)
    if target == "-":
        return
    if path.suffix.lower() not in DELIMITED and path.suffix.lower() not in JSON_LINES:
        raise ExportError(f"{target}: ending {path.suffix or '(none)'} is not known; use .csv, .tsv or .jsonl")
    if path.is_dir():
        raise ExportError(f"{target}: is a folder; name a file")
    if not path.parent.is_dir():
        raise ExportError(f"{target}: the folder {path.parent} does not exist; make it first")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
