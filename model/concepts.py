r"""Notions that all languages share, found by hand-written patterns in each.

A lexicon file holds one concept a line, ``NAME: pattern; pattern; ...``. Case, diacritics and apostrophes do
not matter, a digit matches any digit. In a pattern

=========  ======================================================================================
``a b``    word after word; in Chinese and Japanese every character is a word
``~``      a gap of up to three words, six in Chinese and Japanese; it never leaves the sentence
``can*``   any ending of the word
``(a|b|)``  a choice, here with an empty one; inside a word or for several words
=========  ======================================================================================

Of two matches, one that lies inside a longer one of another concept gives way.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


from model.errors import CorpusError
from model.features import Buffer, fold

_CJK = "\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]|[?!.]|[^\s?!.\0{_CJK}]+")
_SENTENCE_END = frozenset("?!.")
_GAP_WORDS, _GAP_CHARACTERS = 3, 6
_CACHE_LIMIT = 200_000  # remembered steps per lexicon; beyond it the memory starts anew
_MAX_ALTERNATIVES = 4_000


@dataclass(frozen=True)
class Match:
    """One concept found: ``points[first:last]`` of the buffer."""

    concept: str
    first: int
    last: int


class Lexicon:
    """The patterns of one language, compiled.

    Parameters
    ----------
    patterns : iterable of (concept, pattern)

    Notes
    -----
    All patterns form one nondeterministic automaton over words. It is made deterministic on the way, step by
    step as messages need it, and every step is remembered: so a message costs a few look-ups per word, however
    many patterns there are.
    """

    def __init__(self, patterns: Iterable[tuple[str, str]]) -> None:
        self._exact: list[dict[str, set[int]]] = []
        self._stems: list[dict[str, set[int]]] = []
        self._any: list[set[int]] = []
        self._free: list[set[int]] = []
        self._accepts: list[str | None] = []
        self._known: dict[tuple[str, tuple[str, ...]], int] = {}
        self._root = self._node()
        for concept, pattern in patterns:
            clusters = tuple(_clusters(pattern))
            if clusters:
                self._free[self._root].add(self._chain(concept, clusters))
        self._start = self._close({self._root})
        self._steps: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._dead: frozenset[int] = frozenset()
        self._concepts: dict[frozenset[int], tuple[str, ...]] = {}

    def find(self, tokens: Sequence[str]) -> list[tuple[int, int, str]]:
        """Find all concepts in a message: first token, end token, concept; unresolved, in text order."""
        found: list[tuple[int, int, str]] = []
        steps, concepts = self._steps, self._concepts
        if len(steps) > _CACHE_LIMIT:
            steps.clear()
            concepts.clear()
        for first in range(len(tokens)):
            state = self._start
            longest: dict[str, int] = {}
            for position in range(first, len(tokens)):
                token = tokens[position]
                key = (state, token)
                following = steps.get(key)
                if following is None:
                    following = steps[key] = self._step(state, token)
                state = following
                if not state:
                    break
                names = concepts.get(state)
                if names is None:
                    names = concepts[state] = self._names(state)
                for name in names:
                    longest[name] = position + 1
            found.extend((first, last, name) for name, last in longest.items())
        return found

    def _names(self, state: frozenset[int]) -> tuple[str, ...]:
        return tuple(sorted({name for node in state if (name := self._accepts[node]) is not None}))

    def _step(self, state: frozenset[int], token: str) -> frozenset[int]:
        reached: set[int] = set()
        ends = token in _SENTENCE_END
        stems = [token[:k] for k in range(1, len(token) + 1)]
        for node in state:
            if not ends:
                reached |= self._any[node]
            reached |= self._exact[node].get(token, set())
            by_stem = self._stems[node]
            if by_stem:
                for stem in stems:
                    if stem in by_stem:
                        reached |= by_stem[stem]
        return self._close(reached)

    def _close(self, nodes: set[int]) -> frozenset[int]:
        waiting = list(nodes)
        closed = set(nodes)
        while waiting:
            for node in self._free[waiting.pop()]:
                if node not in closed:
                    closed.add(node)
                    waiting.append(node)
        return frozenset(closed)

    def _node(self) -> int:
        self._exact.append({})
        self._stems.append({})
        self._any.append(set())
        self._free.append(set())
        self._accepts.append(None)
        return len(self._exact) - 1

    def _chain(self, concept: str, clusters: tuple[str, ...]) -> int:
        """Give the node from which these clusters lead to the concept; equal remainders share it."""
        key = (concept, clusters)
        if key in self._known:
            return self._known[key]
        node = self._known[key] = self._node()
        if not clusters:
            self._accepts[node] = concept
            return node
        following = self._chain(concept, clusters[1:])
        if clusters[0] in ("~", "~~"):
            self._gap(node, following, _GAP_WORDS if clusters[0] == "~" else _GAP_CHARACTERS)
        else:
            for alternative in _alternatives(clusters[0]):
                self._path(node, _words(alternative), following)
        return node

    def _gap(self, node: int, following: int, length: int) -> None:
        self._free[node].add(following)
        for _ in range(length):
            passed = self._node()
            self._any[node].add(passed)
            self._free[passed].add(following)
            node = passed

    def _path(self, node: int, words: list[str], following: int) -> None:
        if not words:
            self._free[node].add(following)
            return
        for k, word in enumerate(words):
            target = following if k == len(words) - 1 else self._node()
            stem = word.endswith("*")
            table = self._stems[node] if stem else self._exact[node]
            table.setdefault(word.rstrip("*"), set()).add(target)
            node = target


def _clusters(pattern: str) -> Iterator[str]:
    """Cut a pattern at the blanks outside parentheses, and at gaps."""
    cjk = re.search(f"[{_CJK}]", pattern) is not None
    depth, cluster = 0, ""
    for character in pattern.strip():
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and (character.isspace() or character == "~"):
            if cluster:
                yield cluster
            cluster = ""
            if character == "~":
                yield "~~" if cjk else "~"
        else:
            cluster += character
    if cluster:
        yield cluster


def _alternatives(cluster: str) -> list[str]:
    """Write out the choices of a cluster."""
    results = [""]
    position = 0
    while position < len(cluster):
        character = cluster[position]
        if character != "(":
            results = [r + character for r in results]
            position += 1
            continue
        end = _closing(cluster, position)
        options = [text for part in _split(cluster[position + 1 : end]) for text in _alternatives(part)]
        results = [r + option for r in results for option in options]
        if len(results) > _MAX_ALTERNATIVES:
            raise ValueError(f"more than {_MAX_ALTERNATIVES} choices in {cluster!r}")
        position = end + 1
    return results


def _closing(text: str, start: int) -> int:
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    raise ValueError(f"a parenthesis is not closed in {text!r}")


def _split(inside: str) -> list[str]:
    parts, depth, part = [], 0, ""
    for character in inside:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += character
    return [*parts, part]


def _words(alternative: str) -> list[str]:
    """Fold the words of a written-out alternative as messages are folded; a final * stays."""
    words: list[str] = []
    for word in alternative.split():
        bare = word.rstrip("*")
        tokens = [token for token, _, _ in tokenise(fold([bare])) if token not in _SENTENCE_END or bare in "?!"]
        if tokens and word.endswith("*"):
            tokens[-1] += "*"
        words += tokens
    return words


def tokenise(buffer: Buffer, message: int = 0) -> list[tuple[str, int, int]]:
    """Cut one message of the buffer into words (characters in CJK) and ends of sentences, with positions."""
    first, last = buffer.bounds[message]
    text = buffer.points[first:last].astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    offset = int(first)
    return [(m.group(), offset + m.start(), offset + m.end()) for m in _TOKEN.finditer(text)]


def read_lexicon(path: Path, names: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Read a lexicon file; give its (concept, pattern) pairs and its function words.

    Raises
    ------
    CorpusError
        If a line has no concept of `names` or a pattern cannot be read; it names file, line and mend.
    """
    allowed = set(names)
    pairs: list[tuple[str, str]] = []
    words: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, rest = line.partition(":")
        patterns = [pattern.strip() for pattern in rest.split(";") if pattern.strip()]
        if not colon or (name != "WORDS" and name not in allowed):
            raise CorpusError(
                f"{path}:{number}: {name[:40]!r} is no concept; use a name of concepts.csv, or WORDS"
            )
        if name == "WORDS":
            words += [token for word in patterns for token in _words(word)]
            continue
        for pattern in patterns:
            try:
                if pattern[0] == "~":
                    raise ValueError("a pattern cannot begin with a gap")
                for cluster in _clusters(pattern):
                    _alternatives(cluster)
            except ValueError as error:
                raise CorpusError(f"{path}:{number}: {name}: pattern {pattern!r}: {error}") from error
            pairs.append((name, pattern))
    return pairs, words


def resolve(found: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Drop each match that lies inside a longer one of another concept; text order, equal ones once."""
    ordered = sorted(set(found), key=lambda m: (m[0], -m[1], m[2]))
    kept: list[tuple[int, int, str]] = []
    reach: list[tuple[int, int, str]] = []
    for first, last, name in ordered:
        reach = [r for r in reach if r[1] > first]
        if any(
            r[0] <= first and r[1] >= last and (r[1] - r[0] > last - first) for r in reach
        ):
            continue
        reach.append((first, last, name))
        kept.append((first, last, name))
    return kept


