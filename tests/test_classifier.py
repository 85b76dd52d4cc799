import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score

from model import CancelClassifier, Intent, load_corpus
from model.calibration import Costs, choose_operating_point, expected_calibration_error, fit_sigmoid, operating_figures
from model.corpus import DEFAULT_CORPUS
from model.scoring import OperatingPoint, request_log_odds, sigmoid, softmax


@pytest.fixture(scope="module")
def english() -> pd.DataFrame:
    return load_corpus(DEFAULT_CORPUS / "en.csv")


@pytest.fixture(scope="module")
def tiny(english: pd.DataFrame) -> CancelClassifier:
    return CancelClassifier(longest=4, folds=3).fit(english["text"], english["intent"], reasons=english["reason"])


def test_fit_returns_self_and_learns_sorted_classes(tiny: CancelClassifier) -> None:
    assert list(tiny.classes_) == sorted(Intent)
    assert tiny.n_features_in_ == 1


def test_clone_and_params_round_trip() -> None:
    classifier = CancelClassifier(C=0.5, words=1)
    assert clone(classifier).get_params() == classifier.get_params()
    assert classifier.set_params(min_df=4).min_df == 4


def test_predict_proba_shape_sum_and_agreement_with_predict(tiny: CancelClassifier, english: pd.DataFrame) -> None:
    texts = english["text"].tolist()[:50]
    probabilities = tiny.predict_proba(texts)
    assert probabilities.shape == (50, 8)
    assert np.allclose(probabilities.sum(axis=1), 1)
    request = probabilities[:, list(tiny.classes_).index("cancel_request")]
    assert ((tiny.predict(texts) == "cancel_request") == (request >= 0.5)).all()
    messages = tiny.predict_messages(texts)
    assert [m.intent for m in messages] == tiny.predict(texts).tolist()
    assert np.allclose([m.probability for m in messages], request)


def test_predict_no_texts_gives_no_rows(tiny: CancelClassifier) -> None:
    assert tiny.predict_proba([]).shape == (0, 8)
    assert tiny.predict([]).shape == (0,)


def test_predict_one_by_one_is_predict_together(tiny: CancelClassifier, english: pd.DataFrame) -> None:
    texts = english["text"].tolist()[:30]
    alone = np.vstack([tiny.predict_proba([text]) for text in texts])
    assert np.allclose(alone, tiny.predict_proba(texts), atol=1e-9)


@pytest.mark.parametrize("X", [pd.Series(["cancel it"]), np.array(["cancel it"], dtype=object), ("cancel it",)])
def test_predict_takes_any_sequence(tiny: CancelClassifier, X: object) -> None:
    assert tiny.predict(X).shape == (1,)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("cancel it", ValueError, "X is a single text; give a list"),
        (np.zeros((2, 2)), ValueError, "X has 2 dimensions"),
        (["secret words", 5], TypeError, r"X\[1\] is int; every message must be a str"),
        ([None], TypeError, r"X\[0\] is NoneType"),
    ],
)
def test_predict_wrong_input_is_named(tiny: CancelClassifier, X: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        tiny.predict(X)  # type: ignore[arg-type]


def test_predict_before_fit_says_so() -> None:
    with pytest.raises(NotFittedError):
        CancelClassifier().predict(["hi"])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["cancel_request"], "X has 2 texts and y 1 labels"),
        (["cancel_request", "nope"], "'nope' is no intent; use one of cancel_request"),
        (["other", "order_status"], "y holds order_status, other; it must hold cancel_request"),
    ],
)
def test_fit_wrong_labels_are_named(y: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CancelClassifier().fit(["a", "b"], y)


def test_fit_takes_the_numbers_that_scikit_learn_encodes_labels_to(english: pd.DataFrame) -> None:
    rows = english.groupby("intent").head(10)
    names, numbers = np.unique(rows["intent"].to_numpy(dtype=str), return_inverse=True)
    by_name = CancelClassifier(folds=2).fit(rows["text"], rows["intent"])
    by_number = CancelClassifier(folds=2).fit(rows["text"], numbers)
    texts = rows["text"].tolist()[:20]
    assert np.allclose(by_name.predict_proba(texts), by_number.predict_proba(texts))
    assert (names[by_number.predict(texts)] == by_name.predict(texts)).all()
    with pytest.raises(ValueError, match="labels run from 0 to 9; use 0 to 7"):
        CancelClassifier().fit(["a", "b"], [0, 9])


@pytest.mark.slow
def test_cross_validation_and_grid_search_work(english: pd.DataFrame) -> None:
    rows = english.groupby("intent").head(12)
    classifier = CancelClassifier(longest=3, folds=2, words=0)
    scores = cross_val_score(classifier, rows["text"].to_numpy(), rows["intent"].to_numpy(), cv=2)
    assert scores.shape == (2,) and np.isfinite(scores).all()
    held_out = cross_val_predict(classifier, rows["text"], rows["intent"], cv=2, method="predict_proba")
    assert held_out.shape == (len(rows), 8)
    search = GridSearchCV(classifier, {"C": [0.3, 3.0], "concept_weight": [0.0, 2.0]}, cv=2)
    search.fit(rows["text"].tolist(), rows["intent"].tolist())
    assert search.best_params_.keys() == {"C", "concept_weight"}


def test_fit_without_a_rare_intent_still_answers() -> None:
    texts = [f"please cancel my order {w}" for w in "abcd"] + [f"where is parcel {w}" for w in "abcd"]
    fitted = CancelClassifier(folds=2, min_df=1).fit(texts, ["cancel_request"] * 4 + ["order_status"] * 4)
    assert fitted.predict_proba(["cancel"]).shape == (1, 2)
    assert fitted.predict(["please cancel my order now"]).tolist() == ["cancel_request"]


def test_fit_sigmoid_recovers_a_shifted_scale() -> None:
    random = np.random.default_rng(0)
    log_odds = random.normal(0, 3, 20_000)
    y = random.random(20_000) < sigmoid(0.5 * log_odds - 1)
    slope, intercept = fit_sigmoid(log_odds, y)
    assert slope == pytest.approx(0.5, abs=0.03) and intercept == pytest.approx(-1, abs=0.06)


def test_expected_calibration_error_of_true_probabilities_is_small() -> None:
    random = np.random.default_rng(0)
    p = random.random(50_000)
    y = random.random(50_000) < p
    assert expected_calibration_error(p, y) < 0.01
    assert expected_calibration_error(np.ones(100), np.zeros(100, bool)) == 1.0


def test_choose_operating_point_costs_least_of_all_pairs() -> None:
    random = np.random.default_rng(1)
    p = random.random(60).round(2)
    y = random.random(60) < p
    costs = Costs(review=1, wrong_reply=6, missed_request=5)

    def cost(point: OperatingPoint) -> float:
        reply, review = p >= point.reply, (p >= point.review) & (p < point.reply)
        wrong, missed = (reply & ~y).sum(), (y & ~reply & ~review).sum()
        return float(wrong * 6 + missed * 5 + review.sum())

    chosen = choose_operating_point(p, y, costs)
    grid = [*sorted(set(p - 0.001)), 0.0, 1.0]
    best = min(cost(OperatingPoint(a, b)) for a in grid for b in grid if b <= a)
    assert cost(chosen) == best
    assert operating_figures(p, y, chosen)["review_share"] == chosen.figures["review_share"]


def test_request_log_odds_is_that_of_softmax() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (20, 8))
    p = softmax(logits)[:, 0]
    assert np.allclose(request_log_odds(logits), np.log(p / (1 - p)))
