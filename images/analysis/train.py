"""Trains the head: ``train.py SENTENCES WEIGHTS HEAD``, a table, a folder and the file to write.

Of every weight six decimals are kept, far above the last digits that depend on the processor.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from head import Array, fit, read
from reference import Reference
from safetensors.numpy import load_file

from analysis.words import Words

DECIMALS = 6


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
    content = {
        "bias": bias,
        "encoder": sha256(Path(folder) / "model.safetensors"),
        "schema": 1,
        "sentences": sha256(Path(table)),
        "weights": weights,
    }
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    Path(target).write_text(json.dumps(content, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
