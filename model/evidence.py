"""Which words decided: spans of the text as sent, for a person who has to check the verdict."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.features import CJK_FROM, Block, Buffer
from model.labels import Intent
from model.lexicon import tokenise
from model.patterns import SENTENCE_END
from model.scoring import Evidence, LinearHead, softmax
from model.text import CleanText

_MAX_SPANS = 2
# Share of the mean weight of the words that speak for the request, taken off every word; of the values from
# 0 to 1.2 tried on the training messages, this one overlaps most with the marked words.
_MARGIN = 0.8


def find_evidence(
    head: LinearHead,
    sent: str,
    cleaned: CleanText,
    buffer: Buffer,
    message: int,
    blocks: Sequence[tuple[float, Block]],
    logits: NDArray[np.float64],
) -> tuple[Evidence, ...]:
    """Find the stretches of a message that speak most for a cancellation request, strongest first.

    Every feature's share in the log-odds of `cancel_request` is spread over the characters it was read from
    and summed by word; the stretches of words with the largest sums are the evidence.

    Parameters
    ----------
    head : LinearHead
        Over the intents.
    sent : str
        The message as it was sent.
    cleaned : CleanText
        What is left of it; ``cleaned.text`` is what was scored.
    buffer : Buffer
        In which the message is number `message`.
    blocks : sequence of (float, Block)
        The features of this message alone.
    logits : ndarray of float64, shape (n_classes,)
        Of this message.
    """
    begin, end = buffer.bounds[message]
    by_point = _weight_by_point(head, blocks, logits, int(begin), int(end))
    words, weights = _by_word(buffer, message, by_point)
    if not words or max(weights) <= 0:
        return ()
    found = []
    for first, last, weight in _best_spans(np.array(weights)):
        end_of_word = words[last - 1][1]
        while (
            end_of_word < len(cleaned.text)
            and cleaned.text[end_of_word].isalnum()
            and not _is_cjk(cleaned.text, end_of_word)
        ):
            end_of_word += 1  # what folding dropped of a word belongs to it
        start, stop = cleaned.to_sent(words[first][0], end_of_word)
        found.append(Evidence(start, stop, sent[start:stop], round(weight, 4)))
    return tuple(found)


def _is_cjk(text: str, position: int) -> bool:
    return "\u2e80" <= text[position] <= "\u9fff"


def _weight_by_point(
    head: LinearHead, blocks: Sequence[tuple[float, Block]], logits: NDArray[np.float64], begin: int, end: int
) -> NDArray[np.float64]:
    """Share of every point of the message in the log-odds of `cancel_request`, shape (end - begin,)."""
    chances = softmax(logits[None, :])[0]
    request = head.classes.index(Intent.CANCEL_REQUEST)
    direction = -chances / max(1e-9, 1 - chances[request])
    direction[request] = 1.0
    total = np.zeros(end - begin + 1)
    for weight, block in blocks:
        share = (head.padded_weights[head.row_of_bin[block.bins]] @ direction) * (weight * float(block.scale[0]))
        share /= np.maximum(block.last - block.first, 1)
        np.add.at(total, block.first - begin, share)
        np.add.at(total, block.last - begin, -share)
    return np.cumsum(total)[:-1]


def _by_word(buffer: Buffer, message: int, by_point: NDArray[np.float64]) -> tuple[list[tuple[int, int]], list[float]]:
    """Sum the weights by word: (start, end) of each in the cleaned text, and its weight."""
    begin = int(buffer.bounds[message, 0])
    words, weights = [], []
    for token, first, last in tokenise(buffer, message):
        if token in SENTENCE_END:
            continue
        words.append((int(buffer.origin[first]), int(buffer.origin[last - 1]) + 1))
        weights.append(float(by_point[first - begin : last - begin].sum()))
    return words, _smooth_cjk(buffer, weights, message) if weights else weights


def _smooth_cjk(buffer: Buffer, weights: list[float], message: int) -> list[float]:
    """Share the weight of CJK characters with their neighbours, so that no word is cut in the middle."""
    begin, end = buffer.bounds[message]
    if not (buffer.points[begin:end] >= CJK_FROM).any():
        return weights
    padded = np.pad(np.array(weights), 1, mode="edge")
    return [float(weight) for weight in (padded[:-2] + padded[1:-1] + padded[2:]) / 3]


def _best_spans(weights: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    """Give the stretches with the largest sums, after a margin is taken off every word."""
    margin = _MARGIN * float(weights[weights > 0].mean())
    left = weights - margin
    spans: list[tuple[int, int, float]] = []
    while len(spans) < _MAX_SPANS:
        first, last = _maximum_stretch(left)
        weight = float(weights[first:last].sum())
        if last == first or (spans and weight < 0.4 * spans[0][2]):
            break
        spans.append((first, last, weight))
        left[first:last] = -np.inf
    return spans


def _maximum_stretch(values: NDArray[np.float64]) -> tuple[int, int]:
    """Give the contiguous stretch with the largest positive sum (Kadane's algorithm)."""
    best, best_span = 0.0, (0, 0)
    current, start = 0.0, 0
    for position, value in enumerate(values):
        if current <= 0:
            current, start = 0.0, position
        current += float(value)
        if current > best:
            best, best_span = current, (start, position + 1)
    return best_span
