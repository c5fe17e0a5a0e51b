"""The encoder read plainly from its weights, in double precision.

The function runs the same model through ONNX Runtime, in single precision and many times faster. Its last digits depend
on the processor; those of a double are far below what is kept of the head, so a head that is trained on these
embeddings has the same bytes everywhere. https://arxiv.org/abs/1810.04805, https://arxiv.org/abs/2002.10957
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LAYERS, HEADS = 6, 12
EPSILON = 1e-12
_erf = np.vectorize(math.erf, otypes=[np.float64])


class Reference:
    """The encoder.

    Args:
        weights: by the names under which the model's authors published them.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        self._weights = {name: values.astype(np.float64) for name, values in weights.items()}

    def embed(self, ids: NDArray[np.int64]) -> Array:
        """A sentence's embedding, of length 1.

        Args:
            ids: of its tokens, the two that frame it included.
        """
        words = self._weights["embeddings.word_embeddings.weight"][ids]
        places = self._weights["embeddings.position_embeddings.weight"][: len(ids)]
        kind = self._weights["embeddings.token_type_embeddings.weight"][0]
        values = self._norm(words + places + kind, "embeddings.LayerNorm")
        for layer in range(LAYERS):
            values = self._layer(values, f"encoder.layer.{layer}")
        mean: Array = values.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def _layer(self, values: Array, name: str) -> Array:
        attended = self._linear(self._attend(values, name), f"{name}.attention.output.dense")
        values = self._norm(values + attended, f"{name}.attention.output.LayerNorm")
        inner = self._linear(values, f"{name}.intermediate.dense")
        gelu = inner * (1 + _erf(inner / math.sqrt(2))) / 2
        return self._norm(values + self._linear(gelu, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attend(self, values: Array, name: str) -> Array:
        query, key, value = (
            self._linear(values, f"{name}.attention.self.{part}").reshape(len(values), HEADS, -1).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(1, 2) / math.sqrt(query.shape[2])
        shares = np.exp(scores - scores.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        joined: Array = (shares @ value).swapaxes(0, 1).reshape(len(values), -1)
        return joined

    def _linear(self, values: Array, name: str) -> Array:
        return values @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, values: Array, name: str) -> Array:
        centred = values - values.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
        normal: Array = centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return normal
