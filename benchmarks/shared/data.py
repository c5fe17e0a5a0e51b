"""What the figures' page is made of: measurements, and what they were taken on."""

from pathlib import Path
from typing import Literal

import msgspec

from lockage.errors import UsageError
from lockage.model.dist import encode, write
from lockage.model.packaging import Comparison, Measurements
from lockage.plan.packaging.compare import DEPLOYMENTS, compare

COMMAND = "./noxw -s bench -- figures --page"


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured on."""

    cpus: int
    memory: int
    """Bytes."""
    platform: str
    """Such as ``linux/amd64``."""
    engine: str
    """The Docker engine's version."""
    runtime: str
    """The image of the runtime, as it is pinned."""
    runtime_digest: str
    """Of what ran."""
    stands_in: bool
    """Whether that was a stand-in for the pinned image."""

    @property
    def words(self) -> str:
        """In a few words, for ``lockage explain --compare``."""
        base = "a stand-in for the runtime's image" if self.stands_in else "the runtime's own image"
        return f"{self.cpus} cores, {self.memory / 2**30:.0f} GiB, Docker {self.engine}, {base}"


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """``figures.json``: one run of the benchmark."""

    schema: Literal[1] = 1
    date: str
    """ISO date, UTC."""
    setting: Setting
    functions: tuple[Measurements, ...]
    remarks: tuple[str, ...] = ()
    """What whoever measured has to add to it, a sentence each."""

    @property
    def comparisons(self) -> dict[str, Comparison]:
        """Function → its packagings side by side."""
        return {one.function: compare(one, DEPLOYMENTS) for one in self.functions}


def read(path: Path) -> Figures:
    """Figures that were kept.

    Raises:
        UsageError: there are none, or they cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Figures)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"{path} cannot be read", why=str(error), remedy=f"measure again: {COMMAND}") from error


def keep(path: Path, figures: Figures) -> None:
    """Keep figures."""
    write(path, encode(figures))
