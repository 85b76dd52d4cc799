"""The patterns of one language, compiled into one automaton over words."""

from collections.abc import Iterable, Sequence

from model.features import Buffer
from model.patterns import (
    SENTENCE_END,
    TOKEN,
    alternatives_of,
    closing,
    clusters_of,
    first_words,
    split_choice,
    words_of,
)

_GAP_WORDS, _GAP_CHARACTERS = 3, 6
_MERGE_FROM = 100  # nodes; for fewer, merging their tables costs more than asking each
_COMPILE_ALL_AFTER = 20  # messages
_CACHE_LIMIT = 200_000  # remembered steps per lexicon; beyond it the memory starts anew


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
            clusters = clusters_of(pattern)
            if clusters:
                self._pending[number] = (concept, clusters)
                for word in first_words(clusters):
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
        elif cluster[0] == "(" and closing(cluster, 0) == len(cluster) - 1:
            for option in split_choice(cluster[1:-1]):
                parts = clusters_of(option)
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
            for alternative in alternatives_of(cluster):
                self._path(node, words_of(alternative), following)

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


def tokenise(buffer: Buffer, message: int = 0) -> list[tuple[str, int, int]]:
    """Cut one message of the buffer into words (characters in CJK) and ends of sentences, with positions."""
    first, last = buffer.bounds[message]
    text = buffer.points[first:last].astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    offset = int(first)
    return [(m.group(), offset + m.start(), offset + m.end()) for m in TOKEN.finditer(text)]
