"""From the labelled messages to the artefact and what it measured."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score

from model import language
from model.calibration import expected_calibration_error, operating_figures
from model.classifier import CancelClassifier
from model.corpus import DEFAULT_CORPUS, DEFAULT_OTHER, load_corpus
from model.labels import Intent
from model.linear import design, fit_head
from model.persistence import DEFAULT_ARTEFACT, save_artefact
from model.scoring import LinearHead, Scorer
from model.text import clean

_SEEN_ORIGIN = "first"  # the batch that the concept lexicon was tried on
_ENOUGH_UNSEEN = 500
_LANGUAGE_MESSAGES = 220
_LANGUAGE_MIN_DF = 6  # n-grams that tell languages apart are common ones
_LANGUAGE_C = 30.0


@dataclass(frozen=True)
class Trained:
    """What `train` gives: the model, what it measured, and where it was written."""

    scorer: Scorer
    report: dict[str, Any]
    folder: Path


def train(messages: Path | str = DEFAULT_CORPUS, out: Path | str = DEFAULT_ARTEFACT) -> Trained:
    """Read the corpus, fit, calibrate, choose thresholds, and write the artefact.

    Parameters
    ----------
    messages : Path or str
        A folder of ``<language>.csv`` files, or one file.
    out : Path or str
        The artefact's folder; written only when all went well.

    Raises
    ------
    CorpusError
        If the corpus does not hold what it must; nothing is written then.
    """
    corpus = load_corpus(messages)
    classifier = fit_corpus(corpus)
    others = load_other_languages()
    scorer = replace(
        classifier.scorer_,
        languages=fit_language_head(corpus, others),
        version=f"{version('cancel-triage')}-{content_digest(corpus, others, classifier.scorer_)}",
    )
    report = held_out_report(classifier, corpus)
    return Trained(scorer, report, save_artefact(scorer, Path(out), report))


def fit_corpus(corpus: pd.DataFrame, classifier: CancelClassifier | None = None) -> CancelClassifier:
    """Fit a classifier on a corpus as `load_corpus` gives it, reasons included."""
    return (classifier or CancelClassifier()).fit(
        corpus["text"].tolist(), corpus["intent"], reasons=corpus["reason"], calibrate_on=unseen_rows(corpus)
    )


def unseen_rows(corpus: pd.DataFrame) -> NDArray[np.bool_]:
    """Mark the messages that the writers of the concept lexicon had not before them, shape (n_messages,).

    All messages, where there would be too few to calibrate on.
    """
    unseen = (corpus["origin"] != _SEEN_ORIGIN).to_numpy()
    return unseen if unseen.sum() >= _ENOUGH_UNSEEN else np.ones(len(corpus), bool)


def fit_language_head(corpus: pd.DataFrame, others: Sequence[str]) -> LinearHead:
    """Fit the small model that tells languages apart, see `model.language`, on some messages of each."""
    some = corpus.groupby("language", sort=True).head(_LANGUAGE_MESSAGES)
    cleaned = [clean(text).text for text in (*some["text"], *others)]
    labels = np.array([*some["language"], *[language.OTHER] * len(others)], dtype=str)
    return fit_head(design(cleaned, language.FEATURES, _LANGUAGE_MIN_DF, keep_marks=True), labels, _LANGUAGE_C)


def load_other_languages(path: Path = DEFAULT_OTHER) -> list[str]:
    """Read messages in languages outside the thirteen; one column `text`."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)["text"].tolist()


def content_digest(corpus: pd.DataFrame, others: Sequence[str], scorer: Scorer) -> str:
    """Give eight hexadecimal digits that name all a model is made of, in whatever order the rows stand."""
    lines = sorted("\0".join(row) for row in corpus[["text", "intent", "reason", "language"]].itertuples(index=False))
    concepts = scorer.features.concepts
    lines += [*sorted(others), repr(scorer.features.settings), *(concepts.lexicons.values() if concepts else ())]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def held_out_report(classifier: CancelClassifier, corpus: pd.DataFrame) -> dict[str, Any]:
    """Tell how the classifier does on its held-out folds, over all and per language.

    The figures are of the messages that the lexicon's writers had not seen; `held_out_all` is of all.
    """
    probability = classifier.held_out_probability_
    request = (corpus["intent"] == Intent.CANCEL_REQUEST).to_numpy()
    point = classifier.scorer_.point

    def figures(rows: np.ndarray) -> dict[str, float]:
        p, y = probability[rows], request[rows]
        return {
            "messages": len(p),
            "requests": int(y.sum()),
            "f1": float(f1_score(y, p >= 0.5, zero_division=0)),
            "average_precision": float(average_precision_score(y, p)) if y.any() else 0.0,
            "expected_calibration_error": expected_calibration_error(p, y),
            **operating_figures(p, y, point),
        }

    languages = corpus["language"].to_numpy()
    unseen = unseen_rows(corpus)
    return {
        "held_out": figures(np.flatnonzero(unseen)),
        "held_out_by_language": {
            str(code): figures(np.flatnonzero(unseen & (languages == code))) for code in np.unique(languages[unseen])
        },
        "held_out_all": figures(np.arange(len(corpus))),
        "intent_accuracy": float((classifier.held_out_intent_ == corpus["intent"].to_numpy())[unseen].mean()),
        "messages_by_origin": {str(k): int(v) for k, v in corpus["origin"].value_counts().sort_index().items()},
    }
