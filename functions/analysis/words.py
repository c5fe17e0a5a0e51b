"""Cuts a text into the encoder's tokens; the build's training does it with this very module."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

LONGEST = 256
"""Tokens that the encoder was made for; what is beyond is not read."""


class Words:
    """The tokenizer.

    Args:
        weights: folder with ``tokenizer.json``.
    """

    def __init__(self, weights: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)

    def ids(self, text: str) -> NDArray[np.int64]:
        """Ids of a text's tokens, the two that frame it included."""
        return np.array(self._tokenizer.encode(text).ids, dtype=np.int64)
