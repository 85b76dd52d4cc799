"""Reads all features of a chunk of messages: n-grams of characters and words, and of concepts."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.concepts import ConceptReader
from model.features import HASH_BITS, Block, Buffer, character_ngrams, word_ngrams

_CONCEPT_SALT = np.uint64(0xA24BAED4963EE407)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SENTENCE_END, _QUESTION, _EXCLAMATION = 1, 2, 3  # numbers of the signs; concepts follow
_FIRST_CONCEPT = 4
_MAX_DISTANCE = 10
_MAX_NGRAM = 3


@dataclass(frozen=True)
class FeatureSettings:
    """Which features are read, and how loud each family is; a weight of zero leaves a family out."""

    shortest: int = 2
    longest: int = 5
    words: int = 2
    character_weight: float = 0.4
    word_weight: float = 0.4
    concept_weight: float = 1.0
    pair_weight: float = 0.5


@dataclass(frozen=True)
class FeatureReader:
    """Reads the features of messages.

    Attributes
    ----------
    settings : FeatureSettings
    concepts : ConceptReader or None
        Without it only characters and words are read.
    """

    settings: FeatureSettings
    concepts: ConceptReader | None = field(default=None, repr=False)

    def blocks(self, buffer: Buffer) -> list[tuple[float, Block]]:
        """Read every family of features of the buffer, each with its weight."""
        s = self.settings
        blocks = []
        if s.character_weight:
            blocks.append((s.character_weight, character_ngrams(buffer, s.shortest, s.longest)))
        if s.words and s.word_weight:
            blocks.append((s.word_weight, word_ngrams(buffer, s.words)))
        if self.concepts is not None and (s.concept_weight or s.pair_weight):
            sequence = _sequence(self.concepts, buffer)
            if s.concept_weight:
                blocks.append((s.concept_weight, _concept_ngrams(sequence)))
            if s.pair_weight:
                blocks.append((s.pair_weight, _concept_pairs(sequence)))
        return blocks


@dataclass(frozen=True)
class _Sequence:
    """The concepts of all messages, one after the other.

    `number` names the concept or sign, `message` and `sentence` say where it stands, `first` and `last` are
    its stretch of the buffer; `starts` is where each message begins.
    """

    number: NDArray[np.uint64]
    message: NDArray[np.int64]
    sentence: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    n_messages: int


def _sequence(concepts: ConceptReader, buffer: Buffer) -> _Sequence:
    signs = {".": _SENTENCE_END, "?": _QUESTION, "!": _EXCLAMATION}
    numbers, messages, sentences, firsts, lasts = [], [], [], [], []
    sentence = 0
    read = concepts.read(buffer)
    for message, matches in enumerate(read):
        sentence += 1
        before = -1
        for match in matches:
            sign = signs.get(match.concept)
            number = sign if sign else _FIRST_CONCEPT + concepts.index(match.concept)
            if number == before:
                continue  # equal neighbours count once
            before = number
            numbers.append(number)
            messages.append(message)
            sentences.append(sentence)
            firsts.append(match.first)
            lasts.append(match.last)
            sentence += sign is not None
    return _Sequence(
        np.array(numbers, np.uint64),
        np.array(messages, np.int64),
        np.array(sentences, np.int64),
        np.array(firsts, np.int64),
        np.array(lasts, np.int64),
        len(read),
    )


def _concept_ngrams(s: _Sequence) -> Block:
    """Hash runs of one to three concepts in text order."""
    parts = []
    value = np.zeros(len(s.number), np.uint64)
    for n in range(1, _MAX_NGRAM + 1):
        if len(s.number) < n:
            break
        value = value[: len(s.number) - n + 1] * _MIX + s.number[n - 1 :]
        where = np.flatnonzero(s.message[: len(value)] == s.message[n - 1 :])
        parts.append((value[where] + np.uint64(n), where, where + n - 1))
    return _block(parts, s)


def _concept_pairs(s: _Sequence) -> Block:
    """Hash ordered pairs of concepts of one sentence that are no neighbours."""
    parts = []
    for distance in range(2, _MAX_DISTANCE + 1):
        if len(s.number) <= distance:
            break
        where = np.flatnonzero(s.sentence[:-distance] == s.sentence[distance:])
        value = s.number[where] * _MIX + s.number[where + distance]
        parts.append((value + np.uint64(100), where, where + distance))
    return _block(parts, s)


def _block(parts: list[tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]], s: _Sequence) -> Block:
    none = np.zeros(0, np.int64)
    value = np.concatenate([part[0] for part in parts] or [none.astype(np.uint64)])
    left = np.concatenate([part[1] for part in parts] or [none])
    right = np.concatenate([part[2] for part in parts] or [none])
    bins = ((value * _CONCEPT_SALT) >> np.uint64(64 - HASH_BITS)).astype(np.int32)
    order = np.argsort(s.message[left], kind="stable")
    starts = np.searchsorted(s.message[left][order], np.arange(s.n_messages + 1))
    first, last = s.first[left][order], s.last[right][order]
    return Block(bins[order], starts, first.astype(np.int32), last.astype(np.int32))
