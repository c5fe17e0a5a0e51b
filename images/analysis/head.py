"""The head: what it learns from, and how.

Logistic regression in double precision, to the one optimum that it has: no seed, no order and no step size could come
out in the result.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

STRENGTH = 0.003
"""Of the penalty on large weights; chosen by cross-validation within the training sentences alone."""
CLOSE = 1e-12
MOST_STEPS = 50


def read(path: Path) -> tuple[list[str], Flags]:
    """Sentences, and which of them are positive.

    Raises:
        ValueError: a label is another word.
    """
    labels, sentences = zip(*(line.split("\t") for line in path.read_text().splitlines()), strict=True)
    if not set(labels) <= {"positive", "negative"}:
        raise ValueError(f"{path} has labels other than positive and negative: {sorted(set(labels))}")
    return list(sentences), np.array([label == "positive" for label in labels])


def fit(features: Array, positive: Flags, strength: float = STRENGTH) -> Array:
    """The optimal weights, the bias last, by Newton's method.

    Args:
        features: one sentence a row.
        positive: which of them are.
        strength: of the penalty.

    Raises:
        ArithmeticError: it did not settle.
    """
    inputs = np.column_stack([features, np.ones(len(features))])
    penalty = np.append(np.full(features.shape[1], strength), 0.0)  # the bias is free
    weights = np.zeros(inputs.shape[1])
    for _ in range(MOST_STEPS):
        likely = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (likely - positive) / len(inputs) + penalty * weights
        if np.abs(slope).max() < CLOSE:
            return weights
        curvature = (inputs * (likely * (1 - likely))[:, None]).T @ inputs / len(inputs) + np.diag(penalty)
        weights = weights - np.linalg.solve(curvature, slope)
    raise ArithmeticError(f"the head did not settle within {MOST_STEPS} steps")
