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
from collections.abc import Sequence
from functools import cache

from model.errors import CorpusError
from model.features import fold_word

CJK = "\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff"
TOKEN = re.compile(rf"[{CJK}]|[?!.]|[^\s?!.\0{CJK}]+")
SENTENCE_END = frozenset("?!.")
_CJK_CHARACTER = re.compile(f"[{CJK}]")
_CHOICE_NAME = re.compile(r"@([A-Z0-9_]+)")
_CHOICE_AFTER_CJK = re.compile(f"([{CJK})])\\(")
_CHOICE_BEFORE_CJK = re.compile(f"\\)([{CJK}])")
_PIECES = re.compile(r"[()~]|\s+|[^()~\s]+")
_MAX_ALTERNATIVES = 4_000


@cache
def clusters_of(pattern: str) -> tuple[str, ...]:
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
def first_words(clusters: tuple[str, ...]) -> frozenset[str]:
    """Give the words that a match can begin with; ``can*`` for a beginning, ``*`` for any word."""
    words: set[str] = set()
    for cluster in clusters:
        if cluster in ("~", "~~"):
            return frozenset({*words, "*"})
        can_be_empty = False
        if cluster[0] == "(" and closing(cluster, 0) == len(cluster) - 1:
            for option in split_choice(cluster[1:-1]):
                parts = clusters_of(option)
                inner = first_words(parts) if parts else frozenset({""})
                can_be_empty = can_be_empty or "" in inner
                words |= inner - {""}
        else:
            for alternative in alternatives_of(cluster):
                folded = words_of(alternative)
                can_be_empty = can_be_empty or not folded
                words |= set(folded[:1])
        if not can_be_empty:
            return frozenset(words)
    return frozenset({*words, ""})


@cache
def _write_out(pattern: str) -> None:
    """Walk through all choices of a pattern; ValueError where it cannot be read."""
    for cluster in clusters_of(pattern):
        if cluster[0] == "(" and closing(cluster, 0) == len(cluster) - 1:
            for option in split_choice(cluster[1:-1]):
                _write_out(option)
        elif "(" in cluster or ")" in cluster:
            alternatives_of(cluster)


def alternatives_of(cluster: str) -> list[str]:
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
        end = closing(cluster, position)
        options = [text for part in split_choice(cluster[position + 1 : end]) for text in alternatives_of(part)]
        results = [r + option for r in results for option in options]
        if len(results) > _MAX_ALTERNATIVES:
            raise ValueError(f"more than {_MAX_ALTERNATIVES} choices in {cluster!r}")
        position = end + 1
    return results


@cache
def closing(text: str, start: int) -> int:
    """Find the parenthesis that closes the one at `start`; ValueError where there is none."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    raise ValueError(f"a parenthesis is not closed in {text!r}")


@cache
def split_choice(inside: str) -> list[str]:
    """Cut the inside of a choice at its bars."""
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
def words_of(alternative: str) -> list[str]:
    """Fold the words of a written-out alternative as messages are folded; a final * stays."""
    words: list[str] = []
    for word in alternative.split():
        bare = word.rstrip("*")
        tokens = [token for token in TOKEN.findall(fold_word(bare)) if token not in SENTENCE_END or bare in "?!"]
        if tokens and word.endswith("*"):
            tokens[-1] += "*"
        words += tokens
    return words


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
        first_words(clusters_of(pattern))
        _write_out(pattern)
    except ValueError as error:
        raise CorpusError(f"{where}: pattern {pattern!r}: {error}") from error


def read_function_words(content: str) -> list[str]:
    """Read the commonest words of the language, folded as messages are."""
    words: list[str] = []
    for line in content.splitlines():
        if line.startswith("WORDS:"):
            words += [w for part in line[6:].split(";") for w in words_of(part.replace("*", " "))]
    return words
