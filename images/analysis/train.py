"""Trains the head: ``train.py SENTENCES WEIGHTS HEAD``, a table, a folder and the file to write.

Logistic regression on embeddings, in double precision, to the one optimum that it has: there is no seed, no order and no
step size that could come out in the result. What is kept are six decimals, so that neither does the processor.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from reference import Array, Reference
from safetensors.numpy import load_file

from analysis.model import Words

STRENGTH = 0.003
"""Of the penalty on large weights; chosen by cross-validation within the training sentences alone."""
CLOSE = 1e-12
MOST_STEPS = 50
DECIMALS = 6


def read(path: Path) -> tuple[list[str], NDArray[np.bool_]]:
    """Sentences, and which of them are positive."""
    labels, sentences = zip(*(line.split("\t") for line in path.read_text().splitlines()), strict=True)
    if not set(labels) <= {"positive", "negative"}:
        raise ValueError(f"{path} has labels other than positive and negative: {sorted(set(labels))}")
    return list(sentences), np.array([label == "positive" for label in labels])


def fit(features: Array, positive: NDArray[np.bool_], strength: float = STRENGTH) -> Array:
    """The optimal weights, the bias last, by Newton's method.

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


def embed(sentences: list[str], folder: Path) -> Array:
    """One embedding a row."""
    words, reference = Words(folder), Reference(load_file(folder / "model.safetensors"))
    return np.array([reference.embed(words.ids(sentence)) for sentence in sentences])


def sha256(path: Path) -> str:
    """``sha256:…`` of a file."""
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def main(table: str, folder: str, target: str) -> None:
    """The script."""
    sentences, positive = read(Path(table))
    *weights, bias = np.round(fit(embed(sentences, Path(folder)), positive), DECIMALS).tolist()
    head = {
        "bias": bias,
        "encoder": sha256(Path(folder) / "model.safetensors"),
        "schema": 1,
        "sentences": sha256(Path(table)),
        "weights": weights,
    }
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    Path(target).write_text(json.dumps(head, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
