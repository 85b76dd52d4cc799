"""Fits the linear heads. Training only: scikit-learn does the optimisation.

With far more n-grams than messages, ridge-penalised logistic regression has its solution in the span of the
messages. So it is fitted on the messages' coordinates in that span (a Cholesky factor of their Gram matrix),
which gives the same weights as fitting on the n-grams, many times faster.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

from model.features import HASH_BITS, fold
from model.reader import FeatureReader
from model.scoring import LinearHead


@dataclass(frozen=True)
class Design:
    """The training messages as a sparse matrix over the n-grams that stand in enough of them.

    Attributes
    ----------
    matrix : csr_matrix, shape (n_messages, n_bins)
        Already scaled by `scale`.
    bins : ndarray of int32, shape (n_bins,)
    scale : ndarray of float64, shape (n_bins,)
        Inverse document frequency of each column.
    gram : ndarray of float64, shape (n_messages, n_messages)
    """

    matrix: csr_matrix
    bins: NDArray[np.int32]
    scale: NDArray[np.float64]
    gram: NDArray[np.float64]


def design(texts: Sequence[str], features: FeatureReader, min_df: int, *, keep_marks: bool = False) -> Design:
    """Read the n-grams of the cleaned texts and keep those that stand in at least `min_df` of them."""
    blocks = features.blocks(fold(texts, keep_marks=keep_marks))
    total: csr_matrix | None = None
    for weight, block in blocks:
        values = np.repeat(weight * block.scale, np.diff(block.starts))
        part = csr_matrix((values, block.bins, block.starts), shape=(len(texts), 2**HASH_BITS))
        part.sum_duplicates()
        total = part if total is None else total + part
    if total is None:
        raise ValueError("no block of features given")
    frequency = np.bincount(total.indices, minlength=total.shape[1])
    bins = np.flatnonzero(frequency >= min_df).astype(np.int32)
    scale = np.log((1 + len(texts)) / (1 + frequency[bins])) + 1.0
    matrix = (total[:, bins] @ diags(scale)).tocsr()
    return Design(matrix, bins, scale, np.asarray((matrix @ matrix.T).todense()))


def fit_dual(
    gram: NDArray[np.float64], labels: NDArray[np.str_], C: float, tolerance: float = 1e-9
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.str_]]:
    """Fit on a Gram matrix; give the weight of each message, the intercepts and the classes.

    Shapes: ``(n_messages, n_classes)``, ``(n_classes,)``, ``(n_classes,)``. The logits of other messages are
    their Gram matrix with the training ones, times the first, plus the second.
    """
    # The jitter keeps the factor stable where messages repeat; it shifts no probability visibly.
    jittered = gram + np.eye(len(gram)) * (1e-9 * float(np.trace(gram)) / len(gram))
    factor = cholesky(jittered, lower=True)
    model = LogisticRegression(C=C, max_iter=2000, tol=tolerance)
    model.fit(factor, labels)
    coefficients, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        coefficients = np.vstack((-coefficients[0] / 2, coefficients[0] / 2))
        intercept = np.array([-intercept[0] / 2, intercept[0] / 2])
    dual = solve_triangular(factor, coefficients.T, lower=True, trans="T")
    return dual, intercept, model.classes_


def fit_head(shape: Design, labels: NDArray[np.str_], C: float) -> LinearHead:
    """Fit a linear head: weights of messages, turned into weights of n-grams."""
    dual, intercept, classes = fit_dual(shape.gram, labels, C)
    weights = np.asarray(diags(shape.scale) @ (shape.matrix.T @ dual))
    return LinearHead(
        tuple(str(name) for name in classes),
        shape.bins,
        weights.astype(np.float32),
        intercept.astype(np.float64),
    )
