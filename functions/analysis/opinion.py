"""What the model makes of a text."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Whether a text speaks well or ill."""

    sentiment: Literal["positive", "negative"]
    score: float
    """How sure the model is, from 0.5 to 1, with four decimals."""
