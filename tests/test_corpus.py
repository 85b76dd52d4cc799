import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from model import LANGUAGES, CorpusError, load_corpus
from model.corpus import DEFAULT_BENCHMARK, DEFAULT_CORPUS

HEADER = "text,intent,reason,evidence,marketplace,origin\n"


@pytest.fixture(scope="module")
def messages() -> pd.DataFrame:
    return load_corpus(DEFAULT_CORPUS)


@pytest.fixture(scope="module")
def benchmark() -> pd.DataFrame:
    return load_corpus(DEFAULT_BENCHMARK)


def test_corpus_has_enough_messages_in_every_language(messages: pd.DataFrame) -> None:
    assert set(messages["language"]) == set(LANGUAGES)
    assert messages["language"].value_counts().min() >= 150


def test_corpus_half_are_no_requests(messages: pd.DataFrame) -> None:
    share = (messages["intent"] != "cancel_request").groupby(messages["language"]).mean()
    assert share.between(0.42, 0.7).all(), share


def test_corpus_many_non_requests_hold_the_words_of_a_cancellation(messages: pd.DataFrame) -> None:
    english = messages[(messages["language"] == "en") & (messages["intent"] != "cancel_request")]
    assert english["text"].str.contains("cancel", case=False).mean() > 0.35


def test_benchmark_has_enough_messages_in_every_language_and_slice(benchmark: pd.DataFrame) -> None:
    assert set(benchmark["language"]) == set(LANGUAGES)
    assert benchmark.groupby(["language", "slice"]).size().min() >= 40
    share = (benchmark["intent"] == "cancel_request").groupby(benchmark["language"]).mean()
    assert share.between(0.4, 0.6).all(), share


def shingles(text: str) -> frozenset[str]:
    folded = re.sub(r"\W+", " ", unicodedata.normalize("NFKC", text).casefold())
    size = 3 if re.search("[\u3041-\u9fff]", folded) else 5
    return frozenset(folded[i : i + size] for i in range(max(1, len(folded) - size + 1)))


def near_duplicates(texts: list[str], others: list[str] | None = None) -> Iterator[tuple[int, int]]:
    sets = [shingles(text) for text in texts]
    against = sets if others is None else [shingles(text) for text in others]
    for i, one in enumerate(sets):
        for j, other in enumerate(against[:i] if others is None else against):
            if len(one) > 2 * len(other) or len(other) > 2 * len(one):
                continue
            if len(one & other) > 0.7 * len(one | other):
                yield i, j


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_near_duplicates_inside_or_across(messages: pd.DataFrame, benchmark: pd.DataFrame, language: str) -> None:
    ours = messages.loc[messages["language"] == language, "text"].tolist()
    theirs = benchmark.loc[benchmark["language"] == language, "text"].tolist()
    assert not list(near_duplicates(ours))
    assert not list(near_duplicates(theirs))
    assert not list(near_duplicates(theirs, ours))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEADER + "hi,cancel,,,US,x\n", r"en.csv:2: column 'intent': 'cancel' is no intent; use one of cancel_request"),
        (HEADER + "hi,other,,,XX,x\n", r"en.csv:2: column 'marketplace': 'XX' is no marketplace"),
        (HEADER + "ok,other,,,US,x\nhi,cancel_request,late,hi,US,x\n", r"en.csv:3: column 'reason': 'late'"),
        (HEADER + "hi,cancel_request,other,cancel it,US,x\n", r"en.csv:2: column 'evidence': not found in the text"),
        (HEADER + "hi,other,other,,US,x\n", r"en.csv:2: column 'reason': must be empty for other"),
        (HEADER + "hi,other,,hi,US,x\n", r"en.csv:2: column 'evidence': must be empty for other"),
        (HEADER + "hi,other,,,US,x\nHI,other,,,US,x\n", r"en.csv:3: column 'text': the same message as .*en.csv:2"),
        (HEADER + ",other,,,US,x\n", r"en.csv:2: column 'text': empty"),
        (HEADER + "a,b,other,,,US,x\n", r"en.csv:2: 7 cells, the header has 6"),
        (HEADER + '"a\n', r"en.csv:2: .*close the quote"),
        ("text,intent\nhi,other\n", r"en.csv:1: column 'reason' is missing"),
        (HEADER.replace("origin", "origin,text"), r"en.csv:1: column 'text' stands twice"),
        (HEADER, r"no message found"),
    ],
    ids=[
        "intent",
        "marketplace",
        "reason",
        "evidence",
        "reason set",
        "evidence set",
        "duplicate",
        "empty",
        "cells",
        "quote",
        "column",
        "doubled",
        "nothing",
    ],
)
def test_load_corpus_bad_file_names_line_and_mend(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "en.csv").write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        load_corpus(tmp_path)


def test_load_corpus_line_number_counts_line_breaks_inside_messages(tmp_path: Path) -> None:
    (tmp_path / "en.csv").write_text(HEADER + '"a\nb\nc",other,,,US,x\nd,nope,,,US,x\n', encoding="utf-8")
    with pytest.raises(CorpusError, match=r"en.csv:5: column 'intent'"):
        load_corpus(tmp_path)


def test_load_corpus_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such file or folder"):
        load_corpus(tmp_path / "nowhere")


def test_load_corpus_keeps_na_and_zeros_as_text(tmp_path: Path) -> None:
    (tmp_path / "en.csv").write_text(HEADER + "NA,other,,,US,x\n00123,other,,,US,x\n", encoding="utf-8")
    assert load_corpus(tmp_path)["text"].tolist() == ["NA", "00123"]
