"""Which encoding an export is in, and whether it is text at all."""

import codecs
import re
from pathlib import Path

from service.errors import ExportError

_BLOCK = 1 << 20
_SAMPLE = 1 << 18
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What spreadsheets in the marketplaces' countries save where it is not Unicode.
_LEGACY = ("cp1252", "cp932", "gb18030", "big5", "cp1250", "cp1254", "cp1256")
_SIGNS = "€–—‘’‚“”„«»…·°©®×\xa0"
_LETTERS = {
    "cp1252": frozenset("äöüßÄÖÜàâçéèêëîïôùûœÀÂÇÉÈÊÎÔñáíóúÑÁÍÓÚ¿¡åÅæÆøØìòÒõãÕÃº ª" + _SIGNS),
    "cp1254": frozenset("şŞğĞıİçÇöÖüÜâîû" + _SIGNS),
    "cp1250": frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻěščřžýáíéúůďťňĚŠČŘŽÝÁÍÉÚőűöüÖÜ" + _SIGNS),
    "cp1256": frozenset("ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأؤإئ،؟؛ًٌٍَُِّْـ" + _SIGNS),
}
_BEYOND_ASCII = re.compile("[^\\x00-\\x7f]+")
_MAGIC = (
    (b"PK\x03\x04", "a ZIP or XLSX file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"PAR1", "a Parquet file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a database"),
)


def detect_encoding(path: Path, name: str) -> str:
    """Find the encoding of a text file.

    A byte order mark decides; else UTF-8 if the whole file is valid; else the likeliest of the encodings that
    spreadsheets save.

    Parameters
    ----------
    path : Path
    name : str
        What to call the file in an error.

    Raises
    ------
    ExportError
        If the file is empty, binary, or in no encoding that fits.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    if not head.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise ExportError(f"{name}: the file is empty; expected a header line and messages")
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return _checked(path, name, encoding)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise ExportError(f"{name}: is {kind}; save the messages as CSV, TSV or JSON Lines and score that")
    wide = _utf16_without_bom(head)
    if wide:
        return _checked(path, name, wide)
    if b"\x00" in head and _share_of_controls(head) > 0.02:
        raise ExportError(f"{name}: is no text file (binary); save the messages as CSV, TSV or JSON Lines")
    error_at = _first_invalid(path, "utf-8")
    if error_at is None:
        return "utf-8"
    if _is_utf8_but_for_a_few_bytes(path):
        return "utf-8"
    return _guess_legacy(path, name, error_at)


def _is_utf8_but_for_a_few_bytes(path: Path) -> bool:
    """Tell whether the file is UTF-8 in which some bytes were damaged, by what stands for characters beyond ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            text = decoder.decode(block)
            lost = text.count("\ufffd")
            bad += lost
            good += sum(len(part) for part in _BEYOND_ASCII.findall(text)) - lost
    return good > 10 * bad


def _checked(path: Path, name: str, encoding: str) -> str:
    error_at = _first_invalid(path, encoding)
    if error_at is not None:
        raise ExportError(
            f"{name}: begins as {encoding} but byte {error_at} does not fit it; "
            "export the file again, or name the encoding with --encoding"
        )
    return encoding


def _first_invalid(path: Path, encoding: str) -> int | None:
    """Read the whole file and give the offset near which it stops to be valid; None where all is valid."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    offset = 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return max(0, offset + error.start)
            if not block:
                return None
            offset += len(block)


def _utf16_without_bom(head: bytes) -> str | None:
    sample = head[:4096]
    if len(sample) < 4:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _share_of_controls(head: bytes) -> float:
    controls = sum(head.count(bytes([b])) for b in range(32) if b not in (9, 10, 12, 13, 27))
    return controls / len(head)


def _guess_legacy(path: Path, name: str, error_at: int) -> str:
    from charset_normalizer import from_bytes

    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
        if error_at > _SAMPLE // 2:
            file.seek(max(0, error_at - _SAMPLE // 2))
            sample += file.read(_SAMPLE)
    if _share_of_controls(sample) > 0.05:
        raise ExportError(f"{name}: is no text file (binary); save the messages as CSV, TSV or JSON Lines")
    letters = _lines_beyond_ascii(sample)
    matches = from_bytes(letters, cp_isolation=list(_LEGACY), enable_fallback=False)
    likely = [match.encoding for match in matches]
    if not likely or likely[0] in _LETTERS:
        # one byte a letter: the library weighs shapes of words, but the letters of a language say more
        likely = sorted(_LETTERS, key=lambda encoding: -_share_of_own_letters(letters, encoding)) + likely
    for encoding in (*likely, *(e for e in _LEGACY if e not in likely)):
        if _first_invalid(path, encoding) is None:
            return encoding
    raise ExportError(
        f"{name}: byte {error_at} is not UTF-8, and no other usual encoding fits the whole file; "
        "save it as UTF-8, or name the encoding with --encoding"
    )


def _share_of_own_letters(sample: bytes, encoding: str) -> float:
    """Give the share of characters beyond ASCII that the encoding's languages really use, 0 to 1."""
    text = sample.decode(encoding, "replace")
    beyond = [character for character in text if character > "\x7f"]
    return sum(character in _LETTERS[encoding] for character in beyond) / max(len(beyond), 1)


def _lines_beyond_ascii(sample: bytes) -> bytes:
    """Keep the lines that say something about the encoding, the first 64 KiB of them."""
    lines = [line for line in sample.split(b"\n") if not line.isascii()]
    return b"\n".join(lines)[: 1 << 16] or sample
