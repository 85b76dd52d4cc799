"""How good a model is on labelled messages: figures with intervals, as a table, JSON and plots."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, confusion_matrix, f1_score

from model.calibration import expected_calibration_error
from model.labels import LANGUAGES, Intent, Verdict
from model.scoring import OperatingPoint, Prediction, Scorer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RESAMPLES = 1000
_SEED = 0


@dataclass(frozen=True)
class Evaluation:
    """Figures of one model on one labelled set.

    Attributes
    ----------
    table : DataFrame
        One row per slice and language, and one over all: messages, requests, F1 with its 95 % interval,
        average precision, precision and recall of `reply`, share of requests missed, share to review.
    overall : dict
        The same over everything, with calibration error, intent accuracy, reason macro-F1 and the overlap of
        evidence with the marked words.
    confusion : DataFrame
        True intents by predicted ones.
    probability : ndarray of float, shape (n,)
    is_request : ndarray of bool, shape (n,)
    point : OperatingPoint
    """

    table: pd.DataFrame
    overall: dict[str, Any]
    confusion: pd.DataFrame
    probability: NDArray[np.float64]
    is_request: NDArray[np.bool_]
    point: OperatingPoint

    def to_json(self) -> str:
        """Give all figures as JSON."""
        content = {
            "overall": self.overall,
            "by_language": self.table.to_dict(orient="records"),
            "confusion": self.confusion.to_dict(orient="index"),
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def write(self, folder: Path) -> list[Path]:
        """Write ``evaluation.json``, ``evaluation.csv`` and the plots into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        written = [folder / "evaluation.json", folder / "evaluation.csv"]
        written[0].write_text(self.to_json(), encoding="utf-8")
        self.table.to_csv(written[1], index=False)
        for name, figure in (
            ("reliability", self.plot_reliability()),
            ("thresholds", self.plot_thresholds()),
        ):
            path = folder / f"{name}.png"
            figure.savefig(path, dpi=120, bbox_inches="tight")
            written.append(path)
        return written

    def plot_reliability(self) -> "Figure":
        """Draw observed shares against predicted probabilities."""
        figure, axes = _figure()
        bins = np.minimum((self.probability * 10).astype(int), 9)
        points = [
            (self.probability[bins == k].mean(), self.is_request[bins == k].mean(), (bins == k).sum())
            for k in range(10)
            if (bins == k).any()
        ]
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        axes.plot([p[0] for p in points], [p[1] for p in points], marker="o", color="#0b6e4f")
        for x, y, n in points:
            axes.annotate(str(n), (x, y), textcoords="offset points", xytext=(6, -10), fontsize=8, color="0.4")
        axes.set(
            xlabel="predicted probability of cancel_request",
            ylabel="observed share of requests",
            title=f"Reliability (expected calibration error {self.overall['expected_calibration_error']:.3f})",
        )
        return figure

    def plot_thresholds(self) -> "Figure":
        """Draw, for every threshold, the precision above it and the share of requests below it."""
        figure, axes = _figure()
        grid = np.linspace(0, 1, 201)
        above = [self.is_request[self.probability >= t] for t in grid]
        axes.plot(grid, [a.mean() if len(a) else np.nan for a in above], color="#0b6e4f", label="precision above")
        requests = max(int(self.is_request.sum()), 1)
        axes.plot(grid, [1 - a.sum() / requests for a in above], color="#b3261e", label="requests missed below")
        axes.axvspan(self.point.review, self.point.reply, color="0.92", label="review")
        axes.set(xlabel="threshold on the probability", ylabel="share", title="What each threshold gives")
        axes.legend(loc="center")
        return figure


def evaluate(scorer: Scorer, labelled: pd.DataFrame) -> Evaluation:
    """Score labelled messages and measure.

    Parameters
    ----------
    scorer : Scorer
    labelled : DataFrame
        As `load_corpus` gives it; the column `slice` is used where it stands.
    """
    predictions = scorer.predict(labelled["text"].tolist())
    probability = np.array([p.probability for p in predictions])
    request = (labelled["intent"] == Intent.CANCEL_REQUEST).to_numpy()
    verdicts = np.array([p.verdict for p in predictions])
    rows = []
    for name, in_slice in _slices(labelled):
        for code in (*LANGUAGES, "all"):
            inside = in_slice & ((labelled["language"] == code).to_numpy() | (code == "all"))
            if inside.any():
                figures = _figures(request[inside], probability[inside], verdicts[inside])
                rows.append({"slice": name, "language": code, **figures})
    overall = _figures(request, probability, verdicts) | _others(labelled, predictions, probability, request)
    names = [str(intent) for intent in Intent]
    counts = confusion_matrix(labelled["intent"], [p.intent for p in predictions], labels=names)
    confusion = pd.DataFrame(counts, index=names, columns=names)
    return Evaluation(pd.DataFrame(rows), overall, confusion, probability, request, scorer.point)


def _slices(labelled: pd.DataFrame) -> list[tuple[str, NDArray[np.bool_]]]:
    everything = np.ones(len(labelled), bool)
    if "slice" not in labelled:
        return [("all", everything)]
    names = [name for name in ("everyday", "hard") if (labelled["slice"] == name).any()]
    return [*((name, (labelled["slice"] == name).to_numpy()) for name in names), ("all", everything)]


def _figures(
    request: NDArray[np.bool_], probability: NDArray[np.float64], verdicts: NDArray[np.str_]
) -> dict[str, float]:
    replied, passed = verdicts == Verdict.REPLY, verdicts == Verdict.NONE
    requests = max(int(request.sum()), 1)
    low, high = bootstrap_interval(
        lambda rows: float(f1_score(request[rows], probability[rows] >= 0.5, zero_division=0)), len(request)
    )
    return {
        "messages": len(request),
        "requests": int(request.sum()),
        "f1": float(f1_score(request, probability >= 0.5, zero_division=0)),
        "f1_low": low,
        "f1_high": high,
        "average_precision": float(average_precision_score(request, probability)) if request.any() else 0.0,
        "reply_precision": float(request[replied].mean()) if replied.any() else 1.0,
        "reply_recall": float(replied[request].sum() / requests),
        "missed": int(passed[request].sum()),
        "missed_share": float(passed[request].sum() / requests),
        "review_share": float((verdicts == Verdict.REVIEW).mean()),
    }


def _others(
    labelled: pd.DataFrame,
    predictions: list[Prediction],
    probability: NDArray[np.float64],
    request: NDArray[np.bool_],
) -> dict[str, float]:
    found = [i for i in np.flatnonzero(request) if predictions[i].reason is not None]
    true, guessed = [labelled["reason"].iloc[i] for i in found], [predictions[i].reason for i in found]
    overlaps = [evidence_overlap(labelled["text"].iloc[i], labelled["evidence"].iloc[i], predictions[i]) for i in found]
    return {
        "expected_calibration_error": expected_calibration_error(probability, request),
        "intent_accuracy": float(
            np.mean([p.intent == t for p, t in zip(predictions, labelled["intent"], strict=True)])
        ),
        "reason_macro_f1": float(f1_score(true, guessed, average="macro", zero_division=0)) if found else 0.0,
        "evidence_overlap_f1": float(np.mean(overlaps)) if overlaps else 0.0,
    }


def evidence_overlap(text: str, marked: str, prediction: Prediction) -> float:
    """Give the F1 over characters between the found evidence and the marked words, 0 to 1."""
    start = text.find(marked)
    if start < 0 or not marked:
        return 0.0
    wanted = set(range(start, start + len(marked)))
    found = {i for span in prediction.evidence for i in range(span.start, span.end)}
    return 2 * len(wanted & found) / (len(wanted) + len(found)) if found else 0.0


def bootstrap_interval(statistic: Callable[[NDArray[np.int64]], float], n: int) -> tuple[float, float]:
    """Give the 95 % interval of a statistic over resampled rows, seeded."""
    random = np.random.default_rng(_SEED)
    values = [statistic(random.integers(0, n, n)) for _ in range(_RESAMPLES if n else 0)]
    return (float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))) if values else (0.0, 0.0)


def _figure() -> tuple["Figure", Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.grid(color="0.93")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
