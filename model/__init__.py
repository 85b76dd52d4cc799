"""Finds the intent of buyer messages, above all the request to cancel.

>>> from model import load_artefact
>>> scorer = load_artefact()
>>> scorer.predict(["I ordered this by mistake, please cancel it"])[0].intent
'cancel_request'

The names below load only what they need: scoring imports neither scikit-learn nor pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.classifier import CancelClassifier
    from model.corpus import load_corpus
    from model.errors import ArtefactError, CancelTriageError, CorpusError
    from model.evaluation import Evaluation, evaluate
    from model.labels import LANGUAGES, Intent, Reason, Verdict
    from model.language import Language, LanguageDetector
    from model.persistence import DEFAULT_ARTEFACT, load_artefact, read_manifest, read_report, save_artefact
    from model.scoring import Evidence, OperatingPoint, Prediction, Scorer
    from model.text import clean
    from model.training import fit_corpus, train

_HOMES = {
    "ArtefactError": "errors",
    "CancelClassifier": "classifier",
    "CancelTriageError": "errors",
    "CorpusError": "errors",
    "DEFAULT_ARTEFACT": "persistence",
    "Evaluation": "evaluation",
    "Evidence": "scoring",
    "Intent": "labels",
    "LANGUAGES": "labels",
    "Language": "language",
    "LanguageDetector": "language",
    "OperatingPoint": "scoring",
    "Prediction": "scoring",
    "Reason": "labels",
    "Scorer": "scoring",
    "Verdict": "labels",
    "clean": "text",
    "evaluate": "evaluation",
    "fit_corpus": "training",
    "load_artefact": "persistence",
    "load_corpus": "corpus",
    "read_manifest": "persistence",
    "read_report": "persistence",
    "save_artefact": "persistence",
    "train": "training",
}

__all__ = [
    "DEFAULT_ARTEFACT",
    "LANGUAGES",
    "ArtefactError",
    "CancelClassifier",
    "CancelTriageError",
    "CorpusError",
    "Evaluation",
    "Evidence",
    "Intent",
    "Language",
    "LanguageDetector",
    "OperatingPoint",
    "Prediction",
    "Reason",
    "Scorer",
    "Verdict",
    "clean",
    "evaluate",
    "fit_corpus",
    "load_artefact",
    "load_corpus",
    "read_manifest",
    "read_report",
    "save_artefact",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'model' has no attribute {name!r}")
    return getattr(import_module(f"model.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
