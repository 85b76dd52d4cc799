import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.features import character_ngrams, fold, word_ngrams


def folded(text: str) -> str:
    buffer = fold([text])
    first, last = buffer.bounds[0]
    return buffer.points[first:last].astype("<u4").tobytes().decode("utf-32-le").strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DON'T cancel", "dont cancel"),
        ("Können Sie", "konnen sie"),
        ("Ko\u0308nnen", "konnen"),
        ("ŁÓDŹ İPTAL ısı", "lodz iptal isi"),
        ("soooooo", "soo"),
        ("ﾊﾞｽ カメラ", "はす かめら"),
        ("Ｃａｎｃｅｌ", "cancel"),
        ("أُريد إلغاءَ الطلب", "اريد الغاء الطلب"),
        ("order 123-4567890", "order 00 00"),
        ("3.99 at amazon.de. ok", "0 00 at amazon de. ok"),
        ("wait... 👍 ok?!", "wait . ok?!"),
        ("क़रीब", "करीब"),
    ],
)
def test_fold_makes_spellings_one(text: str, expected: str) -> None:
    assert folded(text) == expected


@given(st.lists(st.text(max_size=40), max_size=8))
def test_fold_keeps_messages_apart(texts: list[str]) -> None:
    together = fold(texts)
    assert len(together.bounds) == len(texts)
    for text, (first, last) in zip(texts, together.bounds, strict=True):
        alone = fold([text])
        a, b = alone.bounds[0]
        assert np.array_equal(together.points[first:last], alone.points[a:b])


@given(st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_ngrams_of_a_chunk_are_those_of_its_messages(texts: list[str]) -> None:
    buffer = fold(texts)
    for read in (lambda b: character_ngrams(b, 2, 4), lambda b: word_ngrams(b, 2)):
        block = read(buffer)
        for i, text in enumerate(texts):
            alone = read(fold([text]))
            assert sorted(block.bins[block.starts[i] : block.starts[i + 1]]) == sorted(alone.bins)


@given(st.text(max_size=60))
def test_fold_origin_points_into_the_text(text: str) -> None:
    buffer = fold([text])
    first, last = buffer.bounds[0]
    inside = buffer.origin[first + 1 : last - 1]
    assert ((inside >= 0) & (inside <= max(len(text), 1))).all()


def test_fold_no_texts_gives_no_bounds() -> None:
    assert fold([]).bounds.shape == (0, 2)
    assert len(character_ngrams(fold([]), 2, 4).bins) == 0
