"""The trained model as plain arrays, and what it says of a message.

This module needs neither scikit-learn nor pandas, so a program that only scores starts quickly. The estimator
in `model.classifier` predicts through it too: there is one way from text to probability.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from model.features import HASH_BITS, Block, fold
from model.labels import Intent, Reason, Verdict
from model.reader import FeatureReader
from model.text import clean

_CHUNK = 2_000  # messages per buffer: keeps the arrays in the processor's cache and memory flat
_LETTER = re.compile(r"[^\W\d_]")
_SAYS_SOMETHING = re.compile(r"[\u2e80-\u9fff\uac00-\ud7a3]|(?:[^\W\d_][\W\d_]*){3}")
_SHORT = 200  # characters; longer texts are only asked for a letter
_REQUEST = tuple(sorted(Intent)).index(Intent.CANCEL_REQUEST)
_OTHERS = tuple(intent for intent in sorted(Intent) if intent is not Intent.CANCEL_REQUEST)


@dataclass(frozen=True)
class LinearHead:
    """One linear model over the hashed features.

    Attributes
    ----------
    classes : tuple of str
        In the order of the columns of `weights`.
    bins : ndarray of int32, shape (n_bins,)
        The features that carry weight, ascending; every other feature counts nothing.
    weights : ndarray of float32, shape (n_bins, n_classes)
    intercept : ndarray of float64, shape (n_classes,)
    """

    classes: tuple[str, ...]
    bins: NDArray[np.int32]
    weights: NDArray[np.float32]
    intercept: NDArray[np.float64]

    @classmethod
    def constant(cls, name: str) -> "LinearHead":
        """Give a head that knows one class only."""
        return cls((str(name),), np.zeros(0, np.int32), np.zeros((0, 1), np.float32), np.zeros(1))

    @cached_property
    def row_of_bin(self) -> NDArray[np.int32]:
        """Row of `padded_weights` for every possible feature, shape (2 ** HASH_BITS,)."""
        rows = np.zeros(2**HASH_BITS, np.int32)
        rows[self.bins] = np.arange(1, len(self.bins) + 1, dtype=np.int32)
        return rows

    @cached_property
    def padded_weights(self) -> NDArray[np.float64]:
        """`weights` below a row of zeros for the features without weight."""
        return np.vstack((np.zeros(self.weights.shape[1]), self.weights)).astype(np.float64)

    def logits(self, blocks: Sequence[tuple[float, Block]]) -> NDArray[np.float64]:
        """Sum the weights of every message's features, shape (n_messages, n_classes)."""
        total = np.zeros((len(blocks[0][1].starts) - 1, self.weights.shape[1])) if blocks else np.zeros((0, 0))
        for weight, block in blocks:
            rows = self.row_of_bin[block.bins]
            if len(block.starts) == 2:  # one message: no matrix is worth its making
                part = self.padded_weights[rows].sum(axis=0, keepdims=True)
            else:
                shape = (len(block.starts) - 1, len(self.padded_weights))
                part = csr_matrix((np.ones(len(rows)), rows, block.starts), shape=shape) @ self.padded_weights
            total += part * (weight * block.scale)[:, None]
        return total + self.intercept


@dataclass(frozen=True)
class OperatingPoint:
    """From which calibrated probability on a message is a `reply`, and from which at least a `review`.

    Attributes
    ----------
    reply, review : float
        Probabilities, ``0 <= review <= reply <= 1``.
    figures : dict of str to float
        What the two gave on held-out folds, and the costs they were chosen for.
    """

    reply: float
    review: float
    figures: dict[str, float] = field(default_factory=dict)

    def decide(self, probability: float) -> Verdict:
        """Give the three-way decision for a calibrated probability."""
        if probability >= self.reply:
            return Verdict.REPLY
        return Verdict.REVIEW if probability >= self.review else Verdict.NONE


@dataclass(frozen=True)
class Evidence:
    """Words that decided: ``text[start:end]`` of the text as sent, and how much they weigh in log-odds."""

    start: int
    end: int
    text: str = field(repr=False)
    weight: float


@dataclass(frozen=True)
class Prediction:
    """What the model says of one message. Holds no policy: order and reply come later.

    Attributes
    ----------
    probability : float
        Calibrated probability of `cancel_request`, 0 to 1.
    is_cancel_request : bool
        Whether `cancel_request` is more likely than not.
    verdict : Verdict
        The three-way decision at the model's operating point.
    intent : str
        The most likely intent; `cancel_request` exactly where `is_cancel_request`.
    intents : dict of str to float
        Probability of each intent; they sum to 1.
    reason : str or None
        The most likely reason of a cancellation; None where the verdict is `none`.
    evidence : tuple of Evidence
        The words that decided, strongest first; empty where the verdict is `none`.
    text_used : str
        The buyer's own words, quoted mail and footers off.
    """

    probability: float
    is_cancel_request: bool
    verdict: Verdict
    intent: str
    intents: dict[str, float]
    reason: str | None
    evidence: tuple[Evidence, ...] = field(repr=False)
    text_used: str = field(repr=False)


@dataclass(frozen=True)
class Scorer:
    """A trained model, ready to score.

    Attributes
    ----------
    features : FeatureReader
    intents, reasons : LinearHead
        Over the eight intents and the twelve reasons.
    calibration : tuple of float
        Slope and intercept of the sigmoid that turns raw log-odds of `cancel_request` into probabilities.
    point : OperatingPoint
    languages : LinearHead
        Over the thirteen languages and ``other``; for `model.language.LanguageDetector`.
    version : str
        Names the trained model in every result.
    """

    features: FeatureReader
    intents: LinearHead
    reasons: LinearHead
    calibration: tuple[float, float]
    point: OperatingPoint
    languages: LinearHead = LinearHead.constant("other")
    version: str = "untrained"

    def at(self, point: OperatingPoint) -> "Scorer":
        """Give the same model at another operating point."""
        return replace(self, point=point)

    def intent_probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give the calibrated probability of every intent, shape (n_texts, 8), classes in sorted order.

        Quoted mail is taken off first. A text of less than three letters asks for nothing: it is `other`.
        """
        parts = [self._probabilities(chunk) for chunk in _chunks([clean(text).text for text in texts])]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.intents.classes)))

    def _probabilities(self, cleaned: Sequence[str]) -> NDArray[np.float64]:
        logits = self.intents.logits(self.features.blocks(fold(cleaned)))
        return self._without_silent(self.calibrated(logits), cleaned)

    def _without_silent(self, probabilities: NDArray[np.float64], cleaned: Sequence[str]) -> NDArray[np.float64]:
        """Make every text without three letters, or one character of CJK, `other`: it asks for nothing."""
        silent = [i for i, text in enumerate(cleaned) if len(text) < _SHORT and not _SAYS_SOMETHING.search(text)]
        silent += [i for i, text in enumerate(cleaned) if len(text) >= _SHORT and not _LETTER.search(text)]
        if silent:
            probabilities[silent] = np.where(np.array(self.intents.classes) == Intent.OTHER, 1 - 7e-6, 1e-6)
        return probabilities

    def calibrated(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn raw logits of the intents into probabilities that mean what they say."""
        raw = softmax(logits)
        slope, intercept = self.calibration
        request = sigmoid(slope * request_log_odds(logits) + intercept)
        others = np.delete(raw, _REQUEST, axis=1)
        others *= ((1 - request) / np.maximum(others.sum(axis=1), 1e-300))[:, None]
        return np.insert(others, _REQUEST, request, axis=1)

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Say of each text what it asks for; n texts in, n predictions out, in order."""
        from model.evidence import find_evidence  # only here: scoring alone needs none of it

        predictions: list[Prediction] = []
        for chunk in _chunks(texts):
            cleaned = [clean(text) for text in chunk]
            buffer = fold([c.text for c in cleaned])
            blocks = self.features.blocks(buffer)
            logits = self.intents.logits(blocks)
            probabilities = self._without_silent(self.calibrated(logits), [c.text for c in cleaned])
            verdicts = [self.point.decide(p) for p in probabilities[:, _REQUEST].tolist()]
            reasons: list[str | None] = [None] * len(chunk)
            evidence: list[tuple[Evidence, ...]] = [()] * len(chunk)
            for i in [i for i, verdict in enumerate(verdicts) if verdict is not Verdict.NONE]:
                own = [(weight, block.of(i)) for weight, block in blocks]
                reasons[i] = self.reasons.classes[int(self.reasons.logits(own)[0].argmax())]
                evidence[i] = find_evidence(self.intents, chunk[i], cleaned[i], buffer, i, own, logits[i])
            for row, verdict, reason, found, c in zip(probabilities, verdicts, reasons, evidence, cleaned, strict=True):
                predictions.append(self._prediction(row, verdict, reason, found, c.text))
        return predictions

    def _prediction(
        self,
        row: NDArray[np.float64],
        verdict: Verdict,
        reason: str | None,
        evidence: tuple[Evidence, ...],
        text_used: str,
    ) -> Prediction:
        intents = dict(zip(self.intents.classes, row.tolist(), strict=True))
        probability = intents[Intent.CANCEL_REQUEST]
        is_request = probability >= 0.5
        intent = Intent.CANCEL_REQUEST if is_request else max(_OTHERS, key=intents.__getitem__)
        return Prediction(
            probability=probability,
            is_cancel_request=is_request,
            verdict=verdict,
            intent=str(intent),
            intents=intents,
            reason=reason if reason or verdict is Verdict.NONE else str(Reason.UNSPECIFIED),
            evidence=evidence,
            text_used=text_used,
        )


def _chunks(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[i : i + _CHUNK] for i in range(0, len(texts), _CHUNK)]


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn logits into probabilities, row by row."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def sigmoid(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn log-odds into probabilities, kept strictly inside 0 and 1 so that no certainty is claimed."""
    return np.clip(1.0 / (1.0 + np.exp(-np.clip(log_odds, -40, 40))), 1e-9, 1 - 1e-9)


def request_log_odds(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the raw log-odds of `cancel_request` against the seven other intents, shape (n,)."""
    others = np.delete(logits, _REQUEST, axis=1)
    top = others.max(axis=1)
    return np.asarray(logits[:, _REQUEST] - top - np.log(np.exp(others - top[:, None]).sum(axis=1)))
