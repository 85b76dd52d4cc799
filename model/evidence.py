"""Which words decided: spans of the text as sent, for a person who has to check the verdict."""

import numpy as np
from numpy.typing import NDArray

from model.features import Buffer, fold
from model.labels import Intent
from model.scoring import Evidence, Scorer, softmax
from model.text import CleanText

_MAX_SPANS = 3
_MARGIN = 0.35  # share of the mean weight of the words that speak for the request, taken off every word


def find_evidence(scorer: Scorer, sent: str, cleaned: CleanText) -> tuple[Evidence, ...]:
    """Find the stretches of a message that speak most for a cancellation request, strongest first.

    Every n-gram's share in the log-odds of `cancel_request` is spread over the characters it was read from
    and summed by word; the stretches of words with the largest sums are the evidence.

    Parameters
    ----------
    scorer : Scorer
    sent : str
        The message as it was sent.
    cleaned : CleanText
        What is left of it; ``cleaned.text`` is what was scored.
    """
    if not cleaned.text:
        return ()
    buffer = fold([cleaned.text])
    by_point = _weight_by_point(scorer, buffer)
    words, weights = _by_word(buffer, by_point)
    if not words or max(weights) <= 0:
        return ()
    spans = _best_spans(np.array(weights))
    found = []
    for first, last, weight in spans:
        start, end = cleaned.to_sent(words[first][0], words[last - 1][1])
        found.append(Evidence(start, end, sent[start:end], round(weight, 4)))
    return tuple(found)


def _weight_by_point(scorer: Scorer, buffer: Buffer) -> NDArray[np.float64]:
    """Share of every point of the buffer in the log-odds of `cancel_request`."""
    head = scorer.intents
    blocks = scorer.features.blocks(buffer)
    chances = softmax(head.logits(blocks))[0]
    request = head.classes.index(Intent.CANCEL_REQUEST)
    direction = -chances / max(1e-9, 1 - chances[request])
    direction[request] = 1.0
    line = head.padded_weights @ direction
    total = np.zeros(len(buffer.points) + 1)
    for weight, block in blocks:
        share = line[head.row_of_bin[block.bins]] * weight * float(block.scale[0])
        share /= np.maximum(block.last - block.first, 1)
        np.add.at(total, block.first, share)
        np.add.at(total, block.last, -share)
    return np.cumsum(total)[:-1]


def _by_word(buffer: Buffer, by_point: NDArray[np.float64]) -> tuple[list[tuple[int, int]], list[float]]:
    """Sum the weights by word: (start, end) of each in the cleaned text, and its weight."""
    from model.lexicon import tokenise

    words, weights = [], []
    for token, first, last in tokenise(buffer):
        if token in "?!.":
            continue
        words.append((int(buffer.origin[first]), int(buffer.origin[last - 1]) + 1))
        weights.append(float(by_point[first:last].sum()))
    return words, weights


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
