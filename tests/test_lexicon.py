from pathlib import Path

import pytest

from model import LANGUAGES, CorpusError
from model.concepts import ConceptReader, resolve
from model.features import fold
from model.lexicon import Lexicon, tokenise
from model.patterns import read_lexicon

CONCEPTS = Path(__file__).parent.parent / "data" / "concepts"


def found(patterns: list[tuple[str, str]], text: str) -> list[tuple[str, str]]:
    tokens = tokenise(fold([text]))
    matches = resolve(Lexicon(patterns).find([token for token, _, _ in tokens]))
    return [(name, " ".join(token for token, _, _ in tokens[a:b])) for a, b, name in matches]


@pytest.mark.parametrize(
    ("pattern", "text", "match"),
    [
        ("cancel(l|)ed", "it was cancelled", "cancelled"),
        ("cancel(l|)ed", "it was canceled", "canceled"),
        ("cancel*", "cancellation", "cancellation"),
        ("(please|pls|) cancel (it|my order)", "pls cancel my order", "pls cancel my order"),
        ("(please|pls|) cancel (it|my order)", "cancel it", "cancel it"),
        ("want ~ cancel", "I want you to now cancel", "want you to now cancel"),
        ("don't send", "Dont SEND", "dont send"),
        ("können", "konnen", "konnen"),
        ("不要~发货", "请不要给我发货了", "不 要 给 我 发 货"),
        ("キャンセル", "きゃんせるして", "き ゃ ん せ る"),
    ],
)
def test_lexicon_pattern_finds(pattern: str, text: str, match: str) -> None:
    assert found([("A", pattern)], text) == [("A", match)]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("cancel", "cancellation"),
        ("want ~ cancel", "I want you all to please now cancel"),
        ("want ~ cancel", "I want it. Cancel"),
        ("不要~发货", "不要。马上发货"),
    ],
    ids=["whole word", "gap too long", "gap over a sentence", "gap over a Chinese sentence"],
)
def test_lexicon_pattern_does_not_find(pattern: str, text: str) -> None:
    assert found([("A", pattern)], text) == []


def test_resolve_inner_match_gives_way_to_longer_one() -> None:
    patterns = [("CANCEL", "cancel"), ("DONT", "dont cancel"), ("I", "i")]
    assert found(patterns, "I dont cancel") == [("I", "i"), ("DONT", "dont cancel")]


def test_resolve_keeps_overlapping_matches_that_do_not_contain_each_other() -> None:
    assert resolve([(0, 2, "A"), (1, 3, "B")]) == [(0, 2, "A"), (1, 3, "B")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("NOPE: a", r"de.txt:1: 'NOPE' is no concept"),
        ("A: (a|b", r"de.txt:1: A: pattern '\(a\|b': a parenthesis is not closed"),
        ("A: ~ b", r"de.txt:1: A: pattern '~ b': it begins with a gap"),
        ("just words", r"de.txt:1: 'just words' is no concept"),
    ],
)
def test_read_lexicon_bad_line_names_file_and_line(line: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_lexicon(line, ["A"], "de.txt")


def test_read_lexicon_named_choices_are_written_out() -> None:
    content = "@PLS: (please|pls)\n@ASK: (@PLS |)(can|could) you\nA: @ASK cancel; @PLS stop"
    pairs, _ = read_lexicon(content, ["A"], "en.txt")
    assert pairs == [("A", "((please|pls) |)(can|could) you cancel"), ("A", "(please|pls) stop")]
    with pytest.raises(CorpusError, match=r"en.txt:1: @PLS is not defined above"):
        read_lexicon("A: @PLS stop", ["A"], "en.txt")


@pytest.fixture(scope="module")
def reader() -> ConceptReader:
    return ConceptReader.from_folder(CONCEPTS)


def test_lexicon_exists_for_every_language(reader: ConceptReader) -> None:
    assert set(reader.lexicons) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_lexicon_covers_nearly_all_concepts(reader: ConceptReader, language: str) -> None:
    names = [name for name, _, _ in reader.names]
    pairs, words = read_lexicon(reader.lexicons[language], names, language)
    missing = set(names) - {name for name, _ in pairs}
    assert len(missing) <= 3, missing
    assert len(words) >= 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_lexicon_finds_what_its_sentences_say(reader: ConceptReader, language: str) -> None:
    lexicon = Lexicon(read_lexicon(reader.lexicons[language], [n for n, _, _ in reader.names], language)[0])
    wrong = []
    for number, line in enumerate((CONCEPTS / f"{language}.tests.tsv").read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        sentence, _, wanted = line.partition("\t")
        tokens = [token for token, _, _ in tokenise(fold([sentence]))]
        names = {name for _, _, name in resolve(lexicon.find(tokens))}
        wrong += [f"{number}: {w}" for w in wanted.split() if (w in names) == w.startswith("-") and w[0] != "-"]
        wrong += [f"{number}: {w}" for w in wanted.split() if w[0] == "-" and w[1:] in names]
    assert not wrong


def test_reader_tries_lexicons_by_script_and_words(reader: ConceptReader) -> None:
    texts = ["Please cancel my order", "Bitte stornieren Sie meine Bestellung", "请取消订单", "الغاء الطلب من فضلك"]
    for matches in reader.read(fold(texts)):
        assert {"PLEASE_CANCEL", "CANCEL"} & {match.concept for match in matches}
