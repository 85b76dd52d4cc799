"""From the labelled messages to the artefact and what it measured."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
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
        languages=fit_language_head([*corpus["text"], *others], [*corpus["language"], *[language.OTHER] * len(others)]),
        version=f"{version('cancel-triage')}-{corpus_digest(corpus)}",
    )
    report = held_out_report(classifier, corpus)
    return Trained(scorer, report, save_artefact(scorer, Path(out), report))


def fit_corpus(corpus: pd.DataFrame, classifier: CancelClassifier | None = None) -> CancelClassifier:
    """Fit a classifier on a corpus as `load_corpus` gives it, reasons and languages included."""
    return (classifier or CancelClassifier()).fit(corpus["text"].tolist(), corpus["intent"], reasons=corpus["reason"])


def fit_language_head(texts: Sequence[str], languages: Sequence[str]) -> LinearHead:
    """Fit the small model that tells languages apart, see `model.language`."""
    cleaned = [clean(text).text for text in texts]
    shape = design(cleaned, language.FEATURES, _LANGUAGE_MIN_DF, keep_marks=True)
    return fit_head(shape, np.array(languages, dtype=str), _LANGUAGE_C)


def load_other_languages(path: Path = DEFAULT_OTHER) -> list[str]:
    """Read messages in languages outside the thirteen; one column `text`."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)["text"].tolist()


def corpus_digest(corpus: pd.DataFrame) -> str:
    """Give eight hexadecimal digits that name the labelled messages, in whatever order they stand."""
    lines = sorted("\0".join(row) for row in corpus[["text", "intent", "reason"]].itertuples(index=False))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def held_out_report(classifier: CancelClassifier, corpus: pd.DataFrame) -> dict[str, Any]:
    """Tell how the classifier does on its held-out folds, over all and per language."""
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

    everything = np.arange(len(corpus))
    languages = corpus["language"].to_numpy()
    return {
        "held_out": figures(everything),
        "held_out_by_language": {
            str(code): figures(np.flatnonzero(languages == code)) for code in np.unique(languages)
        },
        "intent_accuracy": float((classifier.held_out_intent_ == corpus["intent"].to_numpy()).mean()),
        "messages_by_origin": {str(k): int(v) for k, v in corpus["origin"].value_counts().sort_index().items()},
    }
