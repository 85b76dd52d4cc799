"""Text to numbers: hashed character and word n-grams over one buffer of code points.

The whole chunk of messages is one array, so there is no Python loop per message. The same functions serve
training and scoring; nothing here is fitted.

Every code point is first replaced by one other (case, width, diacritics, digits and kana folded), never by
two, so that a position in the buffer is a position in the text.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

HASH_BITS = 20
"""Features are numbers below ``2 ** HASH_BITS``: some 400,000 n-grams of a corpus rarely collide in them."""

_SEPARATOR, _SPACE, _DELETED = 0, 32, 0xFFFFFFFF
_QUESTION, _EXCLAMATION, _STOP = ord("?"), ord("!"), ord(".")
_DIGIT = ord("0")
_FULL_STOP = 0x3002  # ends a sentence without a blank after it, as does a line break
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so it has an inverse modulo 2 ** 64
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 2**64))
_MIX = np.uint64(0xD6E8FEB86659FD93)
_TRIPLE = re.compile(r"(.)\1{2,}")
CJK_FROM = 0x2E80  # scripts without blanks between words: single characters count as well


@dataclass(frozen=True)
class Block:
    """One family of features of a chunk of messages.

    Attributes
    ----------
    bins : ndarray of int32, shape (n_features,)
        The features of all messages, one message after the other; repeated ones stand repeatedly.
    starts : ndarray of int64, shape (n_messages + 1,)
        Where each message's features begin in `bins`.
    first, last : ndarray of int32, shape (n_features,)
        The stretch ``first:last`` of the buffer that each feature was read from.
    """

    bins: NDArray[np.int32]
    starts: NDArray[np.int64]
    first: NDArray[np.int32]
    last: NDArray[np.int32]

    def of(self, message: int) -> "Block":
        """Give the features of one message as a block of their own."""
        a, b = int(self.starts[message]), int(self.starts[message + 1])
        return Block(self.bins[a:b], np.array([0, b - a]), self.first[a:b], self.last[a:b])

    @property
    def scale(self) -> NDArray[np.float64]:
        """Weight of one feature in its message, shape (n_messages,): a long message has no louder voice."""
        return 1.0 / np.sqrt(np.maximum(np.diff(self.starts), 1))


@dataclass(frozen=True)
class Buffer:
    """A chunk of messages as one array of folded code points.

    Attributes
    ----------
    points : ndarray of uint32, shape (n_points,)
        The folded code points; messages are parted by a zero with a blank on both sides.
    origin : ndarray of int64, shape (n_points,)
        For each point its offset in its own message.
    bounds : ndarray of int64, shape (n_messages, 2)
        Where each message begins and ends in `points`, blanks included.
    """

    points: NDArray[np.uint32]
    origin: NDArray[np.int64]
    bounds: NDArray[np.int64]


def fold(texts: Sequence[str], *, keep_marks: bool = False) -> Buffer:
    """Fold the texts into one buffer of code points.

    Lower case, no diacritics, compatibility forms (full-width letters and the like) resolved, digits all 0,
    katakana as hiragana, any other symbol than ? ! and the stop at the end of a sentence a blank, runs of
    blanks one blank, and of a letter repeated three times and more two are left. With `keep_marks` the
    diacritics stay: they tell languages apart.
    """
    joined = " \0 ".join([text.replace("\0", " ") if "\0" in text else text for text in texts])
    raw = np.frombuffer(f" {joined} \0".encode("utf-32-le", "surrogatepass"), dtype="<u4")
    points = _fold_table(keep_marks)[np.minimum(raw, 0x2FFFF)]
    lengths = np.fromiter((len(text) for text in texts), np.int64, len(texts))
    starts = np.concatenate(([0], np.cumsum(lengths + 3)[:-1])) if len(texts) else np.zeros(0, np.int64)
    origin = np.arange(len(raw), dtype=np.int64)
    if len(texts):
        # each message begins after its leading blank
        origin -= np.repeat(starts + 1, lengths + 3)[: len(raw)]
    keep = points != _DELETED
    points, origin = points[keep], origin[keep]
    points[:-1][(points[:-1] == _STOP) & (points[1:] != _SPACE)] = _SPACE  # 3.99, amazon.de
    points[points == _FULL_STOP] = _STOP
    keep = np.ones(len(points), bool)
    keep[1:] = (points[1:] != _SPACE) | (points[:-1] != _SPACE)
    keep[2:] &= (points[2:] != points[1:-1]) | (points[2:] != points[:-2])
    points, origin = points[keep], origin[keep]
    ends = np.flatnonzero(points == _SEPARATOR)
    bounds = np.stack((np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends, ends), axis=1)
    return Buffer(points, origin, bounds[: len(texts)])


def fold_word(text: str) -> str:
    """Fold a few words as `fold` does; faster for many short texts.

    >>> fold_word("Können")
    'konnen'
    """
    folded = _TRIPLE.sub(r"\1\1", "".join([_fold_character(character) for character in text]))
    return " ".join(folded.split())


@cache
def _fold_character(character: str) -> str:
    value = _fold_point(ord(character))
    return "" if value == _DELETED else "." if value == _FULL_STOP else chr(value)


def character_ngrams(buffer: Buffer, shortest: int, longest: int) -> Block:
    """Hash the character n-grams of `shortest` to `longest` points; of CJK scripts single ones too."""
    points, bounds = buffer.points, buffer.bounds
    room = _room(points, bounds)
    parts: list[tuple[NDArray[np.int64], NDArray[np.uint64], int]] = []
    code = points.astype(np.uint64)
    value = np.zeros(len(points), np.uint64)
    for n in range(1, longest + 1):
        value = value[: len(points) - n + 1] * _MULTIPLIER + code[n - 1 :]
        enough = room[: len(value)] >= n
        if n >= shortest:
            where = np.flatnonzero(enough)
        elif n == 1:
            where = np.flatnonzero(enough & (points >= CJK_FROM))
        else:
            continue
        parts.append((where, value[where] + np.uint64(n), n))
    return _block(parts, bounds)


def word_ngrams(buffer: Buffer, longest: int) -> Block:
    """Hash the words and the runs of up to `longest` words within a message."""
    points, bounds = buffer.points, buffer.bounds
    is_word = (points > _QUESTION) | (points == _DIGIT)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_word.view(np.int8), [0]))))
    first, last = edges[::2], edges[1::2]
    # Prefix sums of a polynomial give the value of any stretch: (S[last] - S[first]) / m ** first.
    powers = np.multiply.accumulate(np.concatenate(([np.uint64(1)], np.full(len(points), _MULTIPLIER))))
    inverse = np.multiply.accumulate(np.concatenate(([np.uint64(1)], np.full(len(points), _INVERSE))))
    sums = np.concatenate(([np.uint64(0)], np.cumsum(points.astype(np.uint64) * powers[:-1])))
    word = (sums[last] - sums[first]) * inverse[first]
    message = np.searchsorted(bounds[:, 1], first)
    parts: list[tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]] = []
    value = np.zeros(len(word), np.uint64)
    for n in range(1, longest + 1):
        value = value[: len(word) - n + 1] * _MIX + word[n - 1 :]
        same = message[: len(value)] == message[n - 1 :]
        where = np.flatnonzero(same)
        parts.append((first[where], value[where] + np.uint64(1000 + n), last[n - 1 :][where]))
    return _block(parts, bounds)


def _room(points: NDArray[np.uint32], bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count, for each point, how many points are left to the end of its message."""
    room = np.zeros(len(points), np.int64)
    if len(bounds):
        ends = np.repeat(bounds[:, 1], bounds[:, 1] + 1 - bounds[:, 0])
        room[: len(ends)] = ends - np.arange(len(ends))
    return room


def _block(
    parts: Sequence[tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64] | int]],
    bounds: NDArray[np.int64],
) -> Block:
    """Put the n-grams of every length together, message by message."""
    first = np.concatenate([where for where, _, _ in parts])
    last = np.concatenate([where + span if isinstance(span, int) else span for where, _, span in parts])
    value = np.concatenate([values for _, values, _ in parts])
    bins = ((value * _MIX) >> np.uint64(64 - HASH_BITS)).astype(np.int32)
    message = np.searchsorted(bounds[:, 1], first)
    order = np.argsort(message, kind="stable")
    starts = np.searchsorted(message[order], np.arange(len(bounds) + 1))
    return Block(bins[order], starts, first[order].astype(np.int32), last[order].astype(np.int32))


@cache
def _fold_table(keep_marks: bool) -> NDArray[np.uint32]:
    """Build the replacement of every code point, shape (0x30000,)."""
    if keep_marks:
        table = _fold_table(False).copy()
        for point in range(0x250):
            if chr(point).isalpha():
                table[point] = ord(chr(point).lower()[0])
        return table
    table = np.arange(0x30000, dtype=np.uint32)
    # the blocks in which anything folds; the others are letters that stay
    for point in (*range(0x3400), *range(0xF900, 0x10000), *range(0x1D400, 0x1D800)):
        table[point] = _fold_point(point)
    table[0xD800:0xF900] = table[0x1F000:0x1FB00] = _SPACE  # halves of pairs, private characters, emoji
    return table


# Letters that lose nothing by being written as another: strokes, ligatures, Arabic spellings.
_SAME = str.maketrans("łøđðħıæœßأإآٱىئؤةکی", "loddhiaosااااييوهكي")


_SIGNS = (
    dict.fromkeys("?؟", _QUESTION)
    | {"!": _EXCLAMATION}
    | dict.fromkeys(".;", _STOP)
    | dict.fromkeys("\n\r\u2028\u2029。｡।", _FULL_STOP)
    # don't and dont, l'ordre and lordre are one; the last is the Arabic stretching stroke
    | dict.fromkeys("'’ʼ`´\u0640", _DELETED)
)


def _fold_point(point: int) -> int:
    character = chr(point)
    if character == "\0":
        return _SEPARATOR
    folded = unicodedata.normalize("NFKC", character).casefold()
    if not 0x3000 <= point < 0xA000:  # the voiced kana are letters of their own
        folded = unicodedata.normalize("NFD", folded)
    folded = folded[:1]
    if not folded:
        return _DELETED
    folded = folded.translate(_SAME)
    kind = unicodedata.category(folded)
    value = ord(folded)
    if kind == "Nd":
        return _DIGIT
    if kind in ("Mn", "Cf") and (value < 0x900 or value in (0x93C, 0x3099, 0x309A, 0x200C, 0x200D, 0xFE0F, 0xFEFF)):
        return _DELETED  # accents, Arabic vowel signs, the Devanagari dot below, joiners
    if 0x30A1 <= value <= 0x30F6:
        return value - 0x60
    if folded in _SIGNS:
        return _SIGNS[folded]
    if kind[0] in "LM" or value == 0x30FC:
        return value
    return _SPACE
