"""Probabilities that mean what they say, and the two thresholds on them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.scoring import OperatingPoint, sigmoid


@dataclass(frozen=True)
class Costs:
    """What each kind of answer costs, in units of one message that a person has to read.

    Attributes
    ----------
    review : float
        A person reads the message.
    wrong_reply : float
        A buyer who wants no cancellation is told how to request one: that breaks the marketplace's rules.
    missed_request : float
        A request ends as `none`: the parcel goes out and comes back.
    """

    review: float = 1.0
    wrong_reply: float = 15.0
    missed_request: float = 12.0


def fit_sigmoid(log_odds: NDArray[np.float64], is_request: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit slope and intercept of the sigmoid that turns held-out log-odds into probabilities.

    Platt's method, with his smoothed targets: http://citeseerx.ist.psu.edu/viewdoc/summary?doi=10.1.1.41.1639
    """
    from scipy.optimize import minimize

    positives, negatives = int(is_request.sum()), int((~is_request).sum())
    targets = np.where(is_request, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = parameters[0] * log_odds + parameters[1]
        error = sigmoid(z) - targets
        value = float(np.mean(np.logaddexp(0, z) - targets * z))
        return value, np.array([np.mean(error * log_odds), np.mean(error)])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS", options={"gtol": 1e-10})
    return float(found.x[0]), float(found.x[1])


def choose_operating_point(
    probability: NDArray[np.float64], is_request: NDArray[np.bool_], costs: Costs
) -> OperatingPoint:
    """Choose the two thresholds that cost least on held-out probabilities.

    Every pair of held-out probabilities is a candidate; the cheapest pair wins, among equals the one with
    the fewest wrong replies.
    """
    order = np.argsort(-probability, kind="stable")
    p, y = probability[order], is_request[order]
    cut = np.flatnonzero(np.concatenate((np.diff(p) < 0, [True]))) + 1  # never between equal probabilities
    cut = np.concatenate(([0], cut))
    wrong = np.concatenate(([0], np.cumsum(~y)))[cut]
    missed = y.sum() - np.concatenate(([0], np.cumsum(y)))[cut]
    # cost(reply cut i, review cut j) = [wrong_i * w - i * r] + [missed_j * m + j * r], with j >= i
    first = wrong * costs.wrong_reply - cut * costs.review
    second = missed * costs.missed_request + cut * costs.review
    best_first = np.minimum.accumulate(first)
    j = int(np.argmin(second + best_first))
    i = int(np.argmin(first[: j + 1]))
    reply, review = _between(p, int(cut[i])), _between(p, int(cut[j]))
    point = OperatingPoint(reply, min(review, reply))
    figures = operating_figures(probability, is_request, point)
    figures |= {
        "cost_review": costs.review,
        "cost_wrong_reply": costs.wrong_reply,
        "cost_missed_request": costs.missed_request,
    }
    return OperatingPoint(point.reply, point.review, figures)


def operating_figures(
    probability: NDArray[np.float64], is_request: NDArray[np.bool_], point: OperatingPoint
) -> dict[str, float]:
    """Tell what an operating point gives on labelled messages: each figure a share from 0 to 1."""
    reply, review = probability >= point.reply, (probability < point.reply) & (probability >= point.review)
    requests = max(int(is_request.sum()), 1)
    return {
        "reply_precision": float(is_request[reply].mean()) if reply.any() else 1.0,
        "reply_recall": float(reply[is_request].sum() / requests),
        "missed_share": float((~reply & ~review)[is_request].sum() / requests),
        "review_share": float(review.mean()) if len(review) else 0.0,
    }


def expected_calibration_error(
    probability: NDArray[np.float64], is_request: NDArray[np.bool_], n_bins: int = 10
) -> float:
    """Mean distance of probability from observed share over bins of equal width, weighted by their size."""
    bin_of = np.minimum((probability * n_bins).astype(int), n_bins - 1)
    error = 0.0
    for k in range(n_bins):
        inside = bin_of == k
        if inside.any():
            error += inside.mean() * abs(probability[inside].mean() - is_request[inside].mean())
    return float(error)


def _between(descending: NDArray[np.float64], count: int) -> float:
    """Give a threshold that takes in exactly the first `count` probabilities."""
    if count == 0:
        return 1.0
    if count == len(descending):
        return 0.0
    return float((descending[count - 1] + descending[count]) / 2)
