"""Messages per second of `score`, beside a plain scikit-learn TF-IDF pipeline over the same file."""

import csv
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from model import load_corpus
from model.corpus import DEFAULT_BENCHMARK

ROWS = 100_000


def write_export(path: Path) -> None:
    """One message in ten a request, from the benchmark's texts, joined in pairs so that no two rows are alike."""
    corpus = load_corpus(DEFAULT_BENCHMARK)
    is_request = corpus["intent"] == "cancel_request"
    requests, others = corpus.loc[is_request, "text"].tolist(), corpus.loc[~is_request, "text"].tolist()
    chance = random.Random(0)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        for i in range(ROWS):
            text = chance.choice(requests if i % 10 == 0 else others)
            writer.writerow([i, f"{text} {i}"])


def peer(source: Path, target: Path) -> float:
    """Read, predict the intent, write: what one would write in ten lines. Training is not timed."""
    corpus = load_corpus()
    pipeline = make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
        LogisticRegression(max_iter=200),
    ).fit(corpus["text"], corpus["intent"])
    started = time.perf_counter()
    frame = pd.read_csv(source, dtype=str, keep_default_na=False)
    probabilities = pipeline.predict_proba(frame["text"])
    frame["intent"] = pipeline.classes_[probabilities.argmax(axis=1)]
    frame.to_csv(target, index=False)
    return time.perf_counter() - started


def ours(source: Path, target: Path) -> tuple[float, str]:
    command = [str(Path(sys.executable).parent / "cancel-triage"), "score", str(source), "--out", str(target)]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - started, done.stderr


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        write_export(source)
        our_seconds, summary = ours(source, target)
        peer_seconds = peer(source, Path(folder) / "peer.csv")
    print(summary.strip())
    print(f"score, whole process, all columns and replies: {ROWS / our_seconds:,.0f} messages per second")
    print(f"TF-IDF pipeline, in memory, intent only:       {ROWS / peer_seconds:,.0f} messages per second")
    print(f"ratio: {peer_seconds / our_seconds:.2f}")


if __name__ == "__main__":
    main()
