"""The estimator: scikit-learn's conventions outside, hashed n-grams and a linear model inside."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.validation import check_is_fitted

from model.calibration import Costs, choose_operating_point, fit_sigmoid
from model.concepts import ConceptReader
from model.corpus import DEFAULT_CONCEPTS
from model.labels import Intent, Reason
from model.linear import Design, design, fit_dual, fit_head
from model.reader import FeatureReader, FeatureSettings
from model.scoring import LinearHead, Prediction, Scorer, request_log_odds, sigmoid
from model.text import clean


class CancelClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Finds the intent of buyer messages, above all the request to cancel, in any language and script.

    Parameters
    ----------
    C : float, default=0.3
        Inverse strength of the ridge penalty; larger fits the training messages more closely.
    shortest, longest : int, default=2 and 5
        Lengths of the character n-grams.
    words : int, default=2
        Longest run of words that counts as a feature; 0 reads none.
    character_weight, word_weight, concept_weight, pair_weight : float, default=0.4, 0.4, 1 and 0.5
        How loud each family of features is: n-grams of characters, of words, of concepts, and pairs of
        concepts in a sentence; 0 leaves it out.
    concepts : Path or None
        Folder of the concept lexicon; None reads no concepts.
    min_df : int, default=4
        In how many training messages an n-gram must stand to count.
    folds : int, default=3
        Folds for the held-out probabilities that calibration and thresholds are chosen on.
    review_cost, wrong_reply_cost, missed_request_cost : float, default=1, 15 and 12
        What each kind of answer costs; see `model.calibration.Costs`.
    random_state : int, default=0
        Seeds the folds.

    Attributes
    ----------
    classes_ : ndarray of str, shape (n_classes,)
        The intents, sorted.
    scorer_ : Scorer
        The trained model as plain arrays.
    held_out_probability_ : ndarray of float, shape (n_texts,)
        For every training message the calibrated probability of `cancel_request`, from folds without it.
    held_out_intent_ : ndarray of str, shape (n_texts,)
        The most likely intent, from the same folds.
    n_features_in_ : int
        Always 1: the text.

    Examples
    --------
    >>> texts = ["please cancel my order", "where is my parcel"] * 10
    >>> intents = ["cancel_request", "order_status"] * 10
    >>> CancelClassifier(folds=2).fit(texts, intents).predict(["cancel it please"])
    array(['cancel_request'], dtype='<U14')
    """

    def __init__(
        self,
        C: float = 0.3,
        shortest: int = 2,
        longest: int = 5,
        words: int = 2,
        character_weight: float = 0.4,
        word_weight: float = 0.4,
        concept_weight: float = 1.0,
        pair_weight: float = 0.5,
        concepts: Path | str | None = DEFAULT_CONCEPTS,
        min_df: int = 4,
        folds: int = 3,
        review_cost: float = 1.0,
        wrong_reply_cost: float = 15.0,
        missed_request_cost: float = 12.0,
        random_state: int = 0,
    ) -> None:
        self.C = C
        self.shortest = shortest
        self.longest = longest
        self.words = words
        self.character_weight = character_weight
        self.word_weight = word_weight
        self.concept_weight = concept_weight
        self.pair_weight = pair_weight
        self.concepts = concepts
        self.min_df = min_df
        self.folds = folds
        self.review_cost = review_cost
        self.wrong_reply_cost = wrong_reply_cost
        self.missed_request_cost = missed_request_cost
        self.random_state = random_state

    def fit(
        self,
        X: Sequence[str],
        y: ArrayLike,
        *,
        reasons: ArrayLike | None = None,
        calibrate_on: ArrayLike | None = None,
    ) -> Self:
        """Train, calibrate and choose the thresholds.

        Parameters
        ----------
        X : sequence of str, length n_texts
            The messages as they were sent.
        y : array-like of str, shape (n_texts,)
            The intent of each, names of `model.labels.Intent`, or their numbers in sorted order; at least
            `cancel_request` and one other.
        reasons : array-like of str, shape (n_texts,), optional
            The reason of each request (other rows are ignored); without it every reason is `unspecified`.
        calibrate_on : array-like of bool, shape (n_texts,), optional
            The messages whose held-out probabilities calibrate the model and choose its thresholds; all of
            them where it is not given. Leave out those that the lexicon's writers had before them: the model
            looks better on them than it is.

        Raises
        ------
        ValueError
            If shapes do not fit, a label is unknown, or there is but one class.
        """
        texts = check_texts(X)
        intents = self._check_labels(y, len(texts))
        cleaned = [clean(text).text for text in texts]
        features = self._features()
        shape = design(cleaned, features, self.min_df)
        request = intents == Intent.CANCEL_REQUEST
        logits = self._held_out_logits(shape, intents)
        log_odds = request_log_odds(logits)
        rows = np.ones(len(texts), bool) if calibrate_on is None else np.asarray(calibrate_on, bool)
        calibration = fit_sigmoid(log_odds[rows], request[rows])
        costs = Costs(self.review_cost, self.wrong_reply_cost, self.missed_request_cost)
        self.held_out_probability_ = sigmoid(calibration[0] * log_odds + calibration[1])
        point = choose_operating_point(self.held_out_probability_[rows], request[rows], costs)
        self.held_out_intent_ = np.array(ALL_INTENTS)[logits.argmax(axis=1)]
        self.n_features_in_ = 1
        self.scorer_ = Scorer(
            features=features,
            intents=_full_head(fit_head(shape, intents, self.C)),
            reasons=self._fit_reasons(cleaned, request, reasons, features),
            calibration=calibration,
            point=point,
        )
        return self

    @classmethod
    def from_scorer(cls, scorer: Scorer) -> Self:
        """Wrap a loaded model, so that it can be used as an estimator."""
        self = cls()
        self.scorer_ = scorer
        self.classes_ = np.array(scorer.intents.classes)
        self.n_features_in_ = 1
        return self

    def predict_proba(self, X: Sequence[str]) -> NDArray[np.float64]:
        """Give the probability of every intent, shape (n_texts, n_classes), columns as `classes_`."""
        check_is_fitted(self, "scorer_")
        probabilities = self.scorer_.intent_probabilities(check_texts(X))
        return np.asarray(probabilities[:, self._columns()])

    def predict(self, X: Sequence[str]) -> NDArray[np.str_]:
        """Give the intent of each text, shape (n_texts,): `cancel_request` where it is more likely than not."""
        probabilities = self.predict_proba(X)
        request = self._columns().index(ALL_INTENTS.index(Intent.CANCEL_REQUEST))
        others = probabilities.copy()
        others[:, request] = np.where(probabilities[:, request] >= 0.5, 2.0, -1.0)
        return np.asarray(self.classes_[others.argmax(axis=1)]) if len(others) else self.classes_[:0]

    def predict_messages(self, X: Sequence[str]) -> list[Prediction]:
        """Say of each text what it asks for, with decision, reason and evidence."""
        check_is_fitted(self, "scorer_")
        return self.scorer_.predict(check_texts(X))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that the input is text."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        return tags

    def _features(self) -> FeatureReader:
        settings = FeatureSettings(
            self.shortest,
            self.longest,
            self.words,
            self.character_weight,
            self.word_weight,
            self.concept_weight,
            self.pair_weight,
        )
        folder = self.concepts
        return FeatureReader(settings, ConceptReader.from_folder(Path(folder)) if folder is not None else None)

    def _check_labels(self, y: ArrayLike, n_texts: int) -> NDArray[np.str_]:
        """Give the intent of each label and set `classes_`; numbers stand for the sorted intents.

        scikit-learn encodes labels as numbers when it cross-validates probabilities; 0 is `cancel_request`,
        which sorts first.
        """
        given = np.asarray(y).ravel()
        if given.dtype.kind in "iu":
            if len(given) and not 0 <= given.min() <= given.max() < len(ALL_INTENTS):
                raise ValueError(f"labels run from {given.min()} to {given.max()}; use 0 to {len(ALL_INTENTS) - 1}")
            labels = np.array([str(ALL_INTENTS[number]) for number in given])
        else:
            labels = np.array([str(label) for label in given])
            given = labels
        if len(labels) != n_texts:
            raise ValueError(f"X has {n_texts} texts and y {len(labels)} labels; they must be as many")
        unknown = sorted(set(labels.tolist()) - set(Intent))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no intent; use one of {', '.join(Intent)}")
        if len(set(labels)) < 2 or Intent.CANCEL_REQUEST not in labels:
            raise ValueError(
                f"y holds {', '.join(sorted(set(labels.tolist()))) or 'nothing'}; "
                "it must hold cancel_request and at least one other intent"
            )
        self.classes_ = np.unique(given)
        return labels

    def _columns(self) -> list[int]:
        """Give the column of the scorer's intents for each of `classes_`."""
        if self.classes_.dtype.kind in "iu":
            return [int(number) for number in self.classes_]
        return [self.scorer_.intents.classes.index(str(name)) for name in self.classes_]

    def _held_out_logits(self, shape: Design, intents: NDArray[np.str_]) -> NDArray[np.float64]:
        """Logits of all eight intents for every message, from folds without it."""
        smallest = min(np.unique(intents, return_counts=True)[1])
        request = intents == Intent.CANCEL_REQUEST
        # a rare intent must not stop the folds: they keep the share of requests, and of intents if they can
        strata = intents if smallest >= self.folds else request
        logits = np.full((len(intents), len(ALL_INTENTS)), -30.0)
        folds = StratifiedKFold(self.folds, shuffle=True, random_state=self.random_state)
        for train, test in folds.split(np.zeros(len(intents)), strata):
            gram = shape.gram[np.ix_(train, train)]
            dual, intercept, classes = fit_dual(gram, intents[train], self.C, _FOLD_TOLERANCE)
            columns = [ALL_INTENTS.index(name) for name in classes]
            logits[np.ix_(test, columns)] = shape.gram[np.ix_(test, train)] @ dual + intercept
        return logits

    def _fit_reasons(
        self,
        cleaned: list[str],
        request: NDArray[np.bool_],
        reasons: ArrayLike | None,
        features: FeatureReader,
    ) -> LinearHead:
        names = np.asarray(reasons, dtype=object).ravel() if reasons is not None else None
        if names is None or len({str(names[i]) for i in np.flatnonzero(request)}) < 2:
            return LinearHead.constant(Reason.UNSPECIFIED)
        rows = np.flatnonzero(request)
        labels = np.array([str(names[i]) for i in rows])
        unknown = sorted(set(labels) - set(Reason))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no reason; use one of {', '.join(Reason)}")
        shape = design([cleaned[i] for i in rows], features, self.min_df)
        return fit_head(shape, labels, self.C)


_FOLD_TOLERANCE = 1e-6  # folds only calibrate; the model itself is fitted to the last digit
ALL_INTENTS = tuple(sorted(Intent))


def check_texts(X: Sequence[str]) -> list[str]:
    """Give the texts as a list; refuse what is not a one-dimensional sequence of str.

    Raises
    ------
    ValueError
        If `X` is a bare string or more than one-dimensional.
    TypeError
        If an item is not a str; the message names its place and type, never its content.
    """
    if isinstance(X, str | bytes):
        raise ValueError("X is a single text; give a list of texts, such as [text]")
    if getattr(X, "ndim", 1) != 1:
        raise ValueError(f"X has {getattr(X, 'ndim', '?')} dimensions; give one text per message, shape (n,)")
    texts = list(X)
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"X[{position}] is {type(text).__name__}; every message must be a str")
    return [str(text) for text in texts]


def _full_head(head: LinearHead) -> LinearHead:
    """Give a head over all eight intents; intents without a training message get a negligible chance."""
    columns = [head.classes.index(name) if name in head.classes else -1 for name in ALL_INTENTS]
    weights = np.hstack((head.weights, np.zeros((len(head.weights), 1), np.float32)))[:, columns]
    intercept = np.append(head.intercept, -30.0)[columns]
    return LinearHead(ALL_INTENTS, head.bins, np.ascontiguousarray(weights), intercept)
