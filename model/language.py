"""Which language a message is written in. It chooses the reply's language and never the verdict.

Scripts speak for themselves. Among languages in Latin letters (romanised Hindi and Arabic included) a small
linear model over letters and words decides, with the marketplace's languages as prior: it was trained on
buyers' messages, and is right on texts of two words where general detectors guess. langdetect is asked only
where that model sees none of the thirteen languages, or none clearly.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.features import fold
from model.labels import LANGUAGES
from model.reader import FeatureReader, FeatureSettings
from model.scoring import LinearHead, softmax

UNDETERMINED = "und"
"""The code of a text without letters, ISO 639-2."""

OTHER = "other"
"""The class of every language outside the thirteen."""

FEATURES = FeatureReader(FeatureSettings(shortest=1, longest=3, words=1, character_weight=1.0, word_weight=1.0))
"""Letters with their diacritics, one to three in a row, and words."""

_SCRIPTS = {
    "han": re.compile("[\u3400-\u9fff\uf900-\ufaff]"),
    "kana": re.compile("[\u3041-\u30ff\uff66-\uff9f]"),
    "arabic": re.compile("[\u0620-\u064a\u066e-\u06d3\ufb50-\ufefc]"),
    "devanagari": re.compile("[\u0904-\u0939\u0958-\u0961]"),
    "ko": re.compile("[\u1100-\u11ff\uac00-\ud7a3]"),
    "cyrillic": re.compile("[\u0400-\u04ff]"),
    "el": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "he": re.compile("[\u05d0-\u05ea]"),
    "th": re.compile("[\u0e01-\u0e4e]"),
    "bn": re.compile("[\u0985-\u09b9]"),
    "pa": re.compile("[\u0a05-\u0a39]"),
    "gu": re.compile("[\u0a85-\u0ab9]"),
    "ta": re.compile("[\u0b85-\u0bb9]"),
    "te": re.compile("[\u0c05-\u0c39]"),
    "kn": re.compile("[\u0c85-\u0cb9]"),
    "ml": re.compile("[\u0d05-\u0d39]"),
}
_NON_LATIN = re.compile("[\u0370-\u1fff\u3041-\ud7a3\uf900-\ufaff\ufb50-\ufefc\uff66-\uff9f]")
_LETTER = re.compile(r"[^\W\d_]")
_PERSIAN_URDU = re.compile("[پچژگٹڈڑںےۓہ]")
_URDU = re.compile("[ٹڈڑںےہ]")
# Characters that only one of the two writes, for short texts in Han characters alone.
_JAPANESE_ONLY = re.compile(
    "[込届払発気様変対読売図働続価応県検済単荷戻円営実帰廃択択拝拠]|注文|返品|交換|希望|配送|未着|至急"
)
_CHINESE_ONLY = re.compile(
    "[们这那吗呢吧没请货单谢么为买卖东车发错钱还给让问说话张订时间过开关电产现两从间应"
    "們這嗎請貨謝麼買賣單幫還給錯錢讓問說話個您你我他她的了是在不有很都]"
)
_TRADITIONAL = re.compile("[們這嗎請貨謝麼買賣單幫還給錯錢讓問說話個訂發時間過開關電產現兩從應對會後來沒與為]")
_SIMPLIFIED = re.compile("[们这吗请货谢么买卖单帮还给错钱让问说话个订发时间过开关电产现两从应对会后来没与为]")

# langdetect's profiles of languages that their script names; they would only slow it down.
_OWN_SCRIPT = frozenset("ar bn el fa gu he hi ja kn ko ml mr ne pa ta te th ur zh-cn zh-tw".split())

_SURE = 0.85  # share of the small model's belief from which langdetect is not asked
_LANGDETECT_MIN_WORDS = 4  # below it, langdetect's guess at a foreign language is noise
_LANGDETECT_SURE = 0.9
_IMAGINABLE = 0.2
_OWN_CHARACTERS = ("ja", "zh")
_LIKELY_ANYWHERE = ("en",)  # where the marketplace is not known
_PRIOR_WEIGHT = (2.0, 1.0)  # log-odds for the marketplace's first language and its other ones


@dataclass(frozen=True)
class Language:
    """The language of a message.

    Attributes
    ----------
    code : str
        ISO 639-1, also of languages outside the thirteen; `UNDETERMINED` for a text without letters.
    confidence : float
        0 to 1.
    source : str
        What decided: ``given`` (by the caller), ``script``, ``words`` (the small model), ``langdetect``,
        ``marketplace`` (its first language, where the text tells nothing) or ``none``.
    script : str
        ``Hant`` or ``Hans`` for Chinese, else empty.
    """

    code: str
    confidence: float
    source: str
    script: str = ""

    @property
    def is_known(self) -> bool:
        """Whether the model was trained on this language; a text without letters needs none."""
        return self.code in LANGUAGES or self.code == UNDETERMINED


class LanguageDetector:
    """Tells languages apart.

    Parameters
    ----------
    head : LinearHead
        The small model, classes of `LANGUAGES` and `OTHER`; from a trained `Scorer`.
    """

    def __init__(self, head: LinearHead) -> None:
        self._head = head

    def detect(self, text: str, likely: Sequence[str] = ()) -> Language:
        """Tell the language of one text; `likely` are the marketplace's languages, its first one first."""
        return self.detect_many([text], [likely])[0]

    def detect_many(self, texts: Sequence[str], likely: Sequence[Sequence[str]]) -> list[Language]:
        """Tell the language of each text; n in, n out, in order.

        Parameters
        ----------
        texts : sequence of str
            The buyers' own words, cleaned.
        likely : sequence of sequences of str
            For each text the marketplace's languages, the first one first; may be empty.
        """
        results: list[Language | None] = [_by_script(t, k) for t, k in zip(texts, likely, strict=True)]
        open_ones = [i for i, result in enumerate(results) if result is None]
        if open_ones:
            logits = self._head.logits(FEATURES.blocks(fold([texts[i] for i in open_ones], keep_marks=True)))
            for row, i in zip(logits, open_ones, strict=True):
                results[i] = self._by_words(texts[i], likely[i], row)
        return [result for result in results if result is not None]

    def _by_words(self, text: str, likely: Sequence[str], logits: NDArray[np.float64]) -> Language:
        prior = np.zeros(len(self._head.classes))
        for code in _OWN_CHARACTERS:  # these two are not written in Latin letters
            if code in self._head.classes:
                prior[self._head.classes.index(code)] = -np.inf
        for position, code in enumerate(likely or _LIKELY_ANYWHERE):
            if code in self._head.classes:
                prior[self._head.classes.index(code)] = _PRIOR_WEIGHT[min(position, 1)]
        belief = softmax((logits + prior)[None, :])[0]
        best = int(belief.argmax())
        code, confidence = self._head.classes[best], float(belief[best])
        if code != OTHER and confidence >= _SURE:
            return Language(code, confidence, "words")
        if len(text.split()) >= _LANGDETECT_MIN_WORDS:
            guess = _ask_langdetect(text)
            if guess and guess[1] >= _LANGDETECT_SURE and self._may_be(guess[0], belief):
                return Language(guess[0], guess[1], "langdetect")
        known = [(float(b), c) for b, c in zip(belief, self._head.classes, strict=True) if c != OTHER]
        confidence, code = max(known)
        if likely and confidence < 0.5:
            return Language(likely[0], confidence, "marketplace")
        return Language(code, confidence, "words")

    def _may_be(self, code: str, belief: NDArray[np.float64]) -> bool:
        """Tell whether the small model can imagine what langdetect says: romanised Hindi is Spanish to it."""
        name = code if code in LANGUAGES else OTHER
        return float(belief[self._head.classes.index(name)]) >= _IMAGINABLE


def _by_script(text: str, likely: Sequence[str]) -> Language | None:
    """Decide by script; None where the letters are Latin."""
    if text.isascii() or not _NON_LATIN.search(text):
        return None if _LETTER.search(text) else _undetermined(likely)
    letters = len(_LETTER.findall(text))
    counts = {name: len(rule.findall(text)) for name, rule in _SCRIPTS.items()}
    cjk = counts["han"] + counts["kana"]
    # a CJK character says as much as a word of Latin letters
    if cjk and 4 * cjk >= letters - cjk:
        return _chinese_or_japanese(text, counts["han"], counts["kana"], likely)
    name = max(counts, key=lambda key: counts[key])
    if not counts[name] or 3 * counts[name] < letters:
        return None if letters else _undetermined(likely)
    if name == "arabic":
        foreign = len(_PERSIAN_URDU.findall(text))
        return Language("ur" if _URDU.search(text) else "fa", 0.8, "script") if foreign > 1 else _script("ar")
    if name == "cyrillic":
        guess = _ask_langdetect(text)
        return Language(guess[0], guess[1], "langdetect") if guess else Language("ru", 0.5, "script")
    return _script("hi" if name == "devanagari" else name)


def _script(code: str) -> Language:
    return Language(code, 1.0, "script")


def _undetermined(likely: Sequence[str]) -> Language:
    return Language(likely[0], 0.0, "marketplace") if likely else Language(UNDETERMINED, 0.0, "none")


def _chinese_or_japanese(text: str, han: int, kana: int, likely: Sequence[str]) -> Language:
    chinese, japanese = len(_CHINESE_ONLY.findall(text)), len(_JAPANESE_ONLY.findall(text))
    # Chinese messages quote a kana or two of a product's name
    if kana > 2 or (kana and not chinese):
        return _script("ja")
    if japanese > chinese or (japanese == chinese and likely and likely[0] == "ja"):
        return Language("ja", 0.8, "script")
    traditional, simplified = len(_TRADITIONAL.findall(text)), len(_SIMPLIFIED.findall(text))
    return Language("zh", 1.0 if chinese else 0.8, "script", "Hant" if traditional > simplified else "Hans")


def _ask_langdetect(text: str) -> tuple[str, float] | None:
    """Ask langdetect, seeded anew each time, so that the answer depends on the text alone."""
    from langdetect.lang_detect_exception import LangDetectException

    detector = _langdetect_factory().create()
    detector.seed = 0
    detector.append(text[:2000])
    try:
        best = detector.get_probabilities()
    except LangDetectException:
        return None
    if not best:
        return None
    code = {"zh-cn": "zh", "zh-tw": "zh"}.get(best[0].lang, best[0].lang)
    return code, min(float(best[0].prob), 1.0)


@cache
def _langdetect_factory() -> Any:
    """Load langdetect's profiles of the languages in Latin and Cyrillic letters, once."""
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    factory.set_seed(0)
    profiles = [
        path.read_text(encoding="utf-8")
        for path in sorted(Path(PROFILES_DIRECTORY).iterdir())
        if path.name not in _OWN_SCRIPT
    ]
    factory.load_json_profile(profiles)
    return factory
