r"""Notions that all languages share, found by hand-written patterns in each.

A lexicon file holds one concept a line, ``NAME: pattern; pattern; ...``. Case, diacritics and apostrophes do
not matter, a digit matches any digit. In a pattern

=========  ======================================================================================
``a b``    word after word; in Chinese and Japanese every character is a word
``~``      a gap of up to three words, six in Chinese and Japanese; it never leaves the sentence
``can*``   any ending of the word
``(a|b|)``  a choice, here with an empty one; inside a word or for several words
=========  ======================================================================================

A line ``@NAME: (a|b)`` gives a choice a name; ``@NAME`` stands for it in the lines below, other names' included.

Of two matches, one that lies inside a longer one of another concept gives way.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from model.errors import CorpusError
from model.features import Buffer, fold_word

_CJK = "\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]|[?!.]|[^\s?!.\0{_CJK}]+")
SENTENCE_END = frozenset("?!.")
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_CHOICE_NAME = re.compile(r"@([A-Z0-9_]+)")
_CHOICE_AFTER_CJK = re.compile(f"([{_CJK})])\\(")
_CHOICE_BEFORE_CJK = re.compile(f"\\)([{_CJK}])")
_PIECES = re.compile(r"[()~]|\s+|[^()~\s]+")
_GAP_WORDS, _GAP_CHARACTERS = 3, 6
_MERGE_FROM = 100  # nodes; for fewer, merging their tables costs more than asking each
_COMPILE_ALL_AFTER = 20  # messages
_CACHE_LIMIT = 200_000  # remembered steps per lexicon; beyond it the memory starts anew
_MAX_ALTERNATIVES = 4_000


class _State:
    """A state of the deterministic automaton: what it accepts, and where its words lead.

    `steps` remembers the steps known so far; `exact`, `stems` and `anything` merge the tables of its nodes.
    """

    __slots__ = ("anything", "exact", "names", "nodes", "stems", "steps")

    def __init__(self, nodes: frozenset[int], names: tuple[str, ...]) -> None:
        self.nodes = nodes
        self.names = names
        self.steps: dict[str, _State] = {}
        self.exact: dict[str, set[int]] | None = None
        self.stems: dict[str, set[int]] = {}
        self.anything: set[int] = set()


class Lexicon:
    """The patterns of one language, compiled.

    Parameters
    ----------
    patterns : iterable of (concept, pattern)

    Notes
    -----
    All patterns form one nondeterministic automaton over words. It is made deterministic on the way, step by
    step as messages need it, and every step is remembered: so a message costs a few look-ups per word, however
    many patterns there are. For the first few messages only those patterns are compiled that can begin with a
    word of theirs: one message from the shell does not wait for thousands of patterns that it cannot hold.
    """

    def __init__(self, patterns: Iterable[tuple[str, str]]) -> None:
        self._exact: list[dict[str, set[int]]] = []
        self._stems: list[dict[str, set[int]]] = []
        self._any: list[set[int]] = []
        self._free: list[set[int]] = []
        self._accepts: list[str | None] = []
        self._known: dict[tuple[str, tuple[str, ...]], int] = {}
        self._root = self._node()
        self._pending: dict[int, tuple[str, tuple[str, ...]]] = {}
        self._by_first_word: dict[str, list[int]] = {}
        for number, (concept, pattern) in enumerate(patterns):
            clusters = _clusters(pattern)
            if clusters:
                self._pending[number] = (concept, clusters)
                for word in _first_words(clusters):
                    self._by_first_word.setdefault(word, []).append(number)
        self._n_messages = 0
        self._states: dict[frozenset[int], _State] = {}
        self._n_steps = 0
        self._start = self._state(self._close({self._root}))

    def find(self, tokens: Sequence[str]) -> list[tuple[int, int, str]]:
        """Find all concepts in a message: first token, end token, concept; unresolved, in text order."""
        found: list[tuple[int, int, str]] = []
        if self._pending:
            self._compile_for(tokens)
        if self._n_steps > _CACHE_LIMIT:
            self._restart()
        start, n_tokens = self._start, len(tokens)
        for first in range(n_tokens):
            state = start
            longest: dict[str, int] | None = None
            position = first
            while position < n_tokens:
                token = tokens[position]
                following = state.steps.get(token)
                if following is None:
                    following = self._step(state, token)
                if not following.nodes:
                    break
                state = following
                position += 1
                if state.names:
                    longest = dict.fromkeys(state.names, position) if longest is None else longest
                    for name in state.names:
                        longest[name] = position
            if longest:
                found.extend((first, last, name) for name, last in longest.items())
        return found

    def _compile_for(self, tokens: Sequence[str]) -> None:
        """Compile the patterns that can begin with one of the words; all of them after some messages."""
        self._n_messages += 1
        if self._n_messages > _COMPILE_ALL_AFTER:
            numbers = set(self._pending)
        else:
            starts = {token[:k] + "*" for token in tokens for k in range(len(token) + 1)} | set(tokens)
            numbers = {n for start in starts for n in self._by_first_word.get(start, ()) if n in self._pending}
        for number in numbers:
            self._free[self._root].add(self._chain(*self._pending.pop(number)))
        if numbers:
            self._restart()

    def _restart(self) -> None:
        self._states.clear()
        self._n_steps = 0
        self._start = self._state(self._close({self._root}))

    def _state(self, nodes: frozenset[int]) -> _State:
        state = self._states.get(nodes)
        if state is None:
            names = {name for node in nodes if (name := self._accepts[node]) is not None}
            state = self._states[nodes] = _State(nodes, tuple(sorted(names)))
        return state

    def _step(self, state: _State, token: str) -> _State:
        stems = [token[:k] for k in range(1, len(token) + 1)]
        if len(state.nodes) > _MERGE_FROM:
            if state.exact is None:
                self._merge_tables(state)
            tables = [(state.exact or {}, state.stems, state.anything)]
        else:
            tables = [(self._exact[node], self._stems[node], self._any[node]) for node in state.nodes]
        reached: set[int] = set()
        for exact, by_stem, anything in tables:
            if token in exact:
                reached |= exact[token]
            if by_stem:
                for stem in stems:
                    if stem in by_stem:
                        reached |= by_stem[stem]
            if anything and token not in SENTENCE_END:
                reached |= anything
        self._n_steps += 1
        following = state.steps[token] = self._state(self._close(reached))
        return following

    def _merge_tables(self, state: _State) -> None:
        state.exact = {}
        for node in state.nodes:
            state.anything |= self._any[node]
            for word, targets in self._exact[node].items():
                state.exact.setdefault(word, set()).update(targets)
            for stem, targets in self._stems[node].items():
                state.stems.setdefault(stem, set()).update(targets)

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
        self._connect(node, clusters[0], self._chain(concept, clusters[1:]))
        return node

    def _connect(self, node: int, cluster: str, following: int) -> None:
        """Lead from one node to another by what a cluster matches."""
        if cluster in ("~", "~~"):
            self._gap(node, following, _GAP_WORDS if cluster == "~" else _GAP_CHARACTERS)
        elif cluster[0] == "(" and _closing(cluster, 0) == len(cluster) - 1:
            for option in _split(cluster[1:-1]):
                parts = _clusters(option)
                here = node
                for part in parts[:-1]:
                    between = self._node()
                    self._connect(here, part, between)
                    here = between
                if parts:
                    self._connect(here, parts[-1], following)
                else:
                    self._free[here].add(following)
        else:
            for alternative in _alternatives(cluster):
                self._path(node, _words(alternative), following)

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


@cache
def _clusters(pattern: str) -> tuple[str, ...]:
    """Cut a pattern at the blanks outside parentheses, and at gaps."""
    if "(" not in pattern and "~" not in pattern:
        return tuple(pattern.split())
    gap = "~"
    if _CJK_CHARACTER.search(pattern):
        gap = "~~"
        # every character is a word there, so a choice beside one is a word of its own
        pattern = _CHOICE_AFTER_CJK.sub(r"\1 (", _CHOICE_BEFORE_CJK.sub(r") \1", pattern)).replace(")(", ") (")
    depth, cluster = 0, ""
    clusters: list[str] = []
    for piece in _PIECES.findall(pattern):
        depth += (piece == "(") - (piece == ")")
        if depth == 0 and (piece == "~" or piece.isspace()):
            clusters += [cluster, gap if piece == "~" else ""]
            cluster = ""
        else:
            cluster += piece
    return tuple(filter(None, [*clusters, cluster]))


@cache
def _first_words(clusters: tuple[str, ...]) -> frozenset[str]:
    """Give the words that a match can begin with; ``can*`` for a beginning, ``*`` for any word."""
    words: set[str] = set()
    for cluster in clusters:
        if cluster in ("~", "~~"):
            return frozenset({*words, "*"})
        can_be_empty = False
        if cluster[0] == "(" and _closing(cluster, 0) == len(cluster) - 1:
            for option in _split(cluster[1:-1]):
                parts = _clusters(option)
                inner = _first_words(parts) if parts else frozenset({""})
                can_be_empty = can_be_empty or "" in inner
                words |= inner - {""}
        else:
            for alternative in _alternatives(cluster):
                folded = _words(alternative)
                can_be_empty = can_be_empty or not folded
                words |= set(folded[:1])
        if not can_be_empty:
            return frozenset(words)
    return frozenset({*words, ""})


@cache
def _write_out(pattern: str) -> None:
    """Walk through all choices of a pattern; ValueError where it cannot be read."""
    for cluster in _clusters(pattern):
        if cluster[0] == "(" and _closing(cluster, 0) == len(cluster) - 1:
            for option in _split(cluster[1:-1]):
                _write_out(option)
        elif "(" in cluster or ")" in cluster:
            _alternatives(cluster)


def _alternatives(cluster: str) -> list[str]:
    """Write out the choices of a cluster."""
    if "(" not in cluster:
        return [cluster]
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


@cache
def _closing(text: str, start: int) -> int:
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    raise ValueError(f"a parenthesis is not closed in {text!r}")


@cache
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


@cache
def _words(alternative: str) -> list[str]:
    """Fold the words of a written-out alternative as messages are folded; a final * stays."""
    words: list[str] = []
    for word in alternative.split():
        bare = word.rstrip("*")
        tokens = [token for token in _TOKEN.findall(fold_word(bare)) if token not in SENTENCE_END or bare in "?!"]
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


def read_lexicon(
    content: str, names: Sequence[str], name: str, *, check: bool = True
) -> tuple[list[tuple[str, str]], list[str]]:
    """Read the content of a lexicon file; give its (concept, pattern) pairs and its function words.

    Without `check` the patterns are taken as they are: those of an artefact were checked when it was trained.

    Raises
    ------
    CorpusError
        If a line has no concept of `names` or a pattern cannot be read; it names file, line and mend.
    """
    allowed = set(names)
    pairs: list[tuple[str, str]] = []
    choices: dict[str, str] = {}

    def write_out(match: re.Match[str]) -> str:
        if match[1] not in choices:
            raise CorpusError(f"{name}:{number}: @{match[1]} is not defined above; define it or mend its name")
        return choices[match[1]]

    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        concept, colon, rest = line.partition(":")
        rest = _CHOICE_NAME.sub(write_out, rest)
        if concept.startswith("@"):
            choices[concept[1:]] = rest.strip()
            continue
        if not colon or (concept != "WORDS" and concept not in allowed):
            raise CorpusError(f"{name}:{number}: {concept[:40]!r} is no concept; use a name of concepts.csv, or WORDS")
        if concept == "WORDS":
            continue
        for pattern in filter(None, (part.strip() for part in rest.split(";"))):
            if check:
                _check_pattern(pattern, f"{name}:{number}: {concept}")
            pairs.append((concept, pattern))
    return pairs, read_function_words(content)


def _check_pattern(pattern: str, where: str) -> None:
    try:
        if pattern[0] == "~":
            raise ValueError("it begins with a gap")
        _first_words(_clusters(pattern))
        _write_out(pattern)
    except ValueError as error:
        raise CorpusError(f"{where}: pattern {pattern!r}: {error}") from error


def read_function_words(content: str) -> list[str]:
    """Read the commonest words of the language, folded as messages are."""
    words: list[str] = []
    for line in content.splitlines():
        if line.startswith("WORDS:"):
            words += [w for part in line[6:].split(";") for w in _words(part.replace("*", " "))]
    return words
