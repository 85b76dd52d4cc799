"""Finds the concepts of a message: notions that all languages share, with a name in English and Chinese."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.features import Buffer
from model.lexicon import Lexicon, tokenise
from model.patterns import SENTENCE_END, read_function_words, read_lexicon


@dataclass(frozen=True)
class Match:
    """One concept found: ``points[first:last]`` of the buffer."""

    concept: str
    first: int
    last: int


def resolve(found: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Drop each match that lies inside a longer one of another concept; text order, equal ones once."""
    ordered = sorted(set(found), key=lambda m: (m[0], -m[1], m[2]))
    kept: list[tuple[int, int, str]] = []
    reach: list[tuple[int, int, str]] = []
    for first, last, name in ordered:
        reach = [r for r in reach if r[1] > first]
        if any(r[0] <= first and r[1] >= last and (r[1] - r[0] > last - first) for r in reach):
            continue
        reach.append((first, last, name))
        kept.append((first, last, name))
    return kept


# Scripts that name their lexicons; every other letter is Latin and the commonest words vote.
_SCRIPT_LEXICONS = (
    (re.compile("[\u3041-\u30ff]"), ("ja",)),
    (re.compile("[\u3400-\u9fff]"), ("zh", "ja")),
    (re.compile("[\u0620-\u06ff]"), ("ar",)),
    (re.compile("[\u0900-\u097f]"), ("hi",)),
)
_LATIN_WORD = re.compile("[a-z]{2}")
_OWN_SCRIPT = frozenset(("ja", "zh"))
_VOTE_SHARE = 0.6


class ConceptReader:
    """Finds the concepts in messages, with the lexicons that their script and commonest words call for.

    Parameters
    ----------
    names : sequence of (name, English name, Chinese name)
    lexicons : dict of str to str
        Content of each language's lexicon file.

    Raises
    ------
    CorpusError
        If a lexicon cannot be read, when it is first needed.
    """

    def __init__(self, names: Sequence[tuple[str, str, str]], lexicons: Mapping[str, str]) -> None:
        self.names = tuple((str(a), str(b), str(c)) for a, b, c in names)
        self.lexicons = dict(sorted(lexicons.items()))
        self._index = {name: i for i, (name, _, _) in enumerate(self.names)}
        self._compiled: dict[str, Lexicon] = {}
        self._votes: dict[str, list[str]] = {}
        for language, content in self.lexicons.items():
            if language not in _OWN_SCRIPT:
                for word in read_function_words(content):
                    self._votes.setdefault(word, []).append(language)
        self._latin = tuple(language for language in self.lexicons if language not in _OWN_SCRIPT)

    @classmethod
    def from_folder(cls, folder: Path) -> "ConceptReader":
        """Read ``concepts.csv`` and every ``<language>.txt`` of a folder, and check all patterns.

        Raises
        ------
        CorpusError
            If a file cannot be read; it names file, line and mend.
        """
        with (folder / "concepts.csv").open(encoding="utf-8", newline="") as file:
            names = [(row["name"], row["en"], row["zh"]) for row in csv.DictReader(file)]
        lexicons = {}
        for path in sorted(folder.glob("*.txt")):
            content = path.read_text(encoding="utf-8")
            read_lexicon(content, [name for name, _, _ in names], str(path))
            lexicons[path.stem] = content
        return cls(names, lexicons)

    def label(self, name: str) -> tuple[str, str]:
        """Give the English and the Chinese name of a concept."""
        _, english, chinese = self.names[self._index[name]]
        return english, chinese

    def index(self, name: str) -> int:
        """Give the number of a concept."""
        return self._index[name]

    def read(self, buffer: Buffer) -> list[list[Match]]:
        """Find the concepts of every message of the buffer, in text order, ends of sentences among them."""
        return [self._read_one(tokenise(buffer, message)) for message in range(len(buffer.bounds))]

    def _read_one(self, tokens: list[tuple[str, int, int]]) -> list[Match]:
        words = [token for token, _, _ in tokens]
        found: list[tuple[int, int, str]] = []
        for language in self._called_for(words):
            found += self._lexicon(language).find(words)
        matches = [Match(name, tokens[a][1], tokens[b - 1][2]) for a, b, name in resolve(found)]
        matches += [Match(word, first, last) for word, first, last in tokens if word in SENTENCE_END]
        matches.sort(key=lambda match: (match.first, match.last))
        return matches

    def _called_for(self, words: list[str]) -> Sequence[str]:
        text = "".join(words)
        chosen: list[str] = []
        latin = text.isascii()
        if not latin:
            for script, languages in _SCRIPT_LEXICONS:
                if script.search(text):
                    chosen += [language for language in languages if language not in chosen]
                    if languages == ("ja",):
                        break
            latin = not chosen or len(_LATIN_WORD.findall(text)) >= 2
        if latin:
            votes = Counter(language for word in words for language in self._votes.get(word, ()))
            if votes:
                enough = _VOTE_SHARE * max(votes.values())
                chosen += [name for name, n in votes.items() if n >= enough and name not in chosen]
            else:
                chosen += [language for language in self._latin if language not in chosen]
        return [language for language in sorted(chosen) if language in self.lexicons]

    def _lexicon(self, language: str) -> Lexicon:
        if language not in self._compiled:
            names = [name for name, _, _ in self.names]
            pairs, _ = read_lexicon(self.lexicons[language], names, f"{language}.txt", check=False)
            self._compiled[language] = Lexicon(pairs)
        return self._compiled[language]
