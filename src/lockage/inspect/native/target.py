"""What an artifact is for: a Python and a platform, and the names both go by."""

from collections.abc import Iterator
from typing import Literal

import msgspec
from packaging.tags import compatible_tags, cpython_tags

_MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
_OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}
"""Minor version of the first glibc that the platform has manylinux tags for."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A Lambda runtime on a platform."""

    python: str
    """Such as ``3.13``."""
    platform: Literal["linux/amd64", "linux/arm64"]

    @property
    def machine(self) -> str:
        """``x86_64`` or ``aarch64``."""
        return _MACHINES[self.platform]

    @property
    def extension(self) -> str:
        """What marks an extension module as this Python's own: ``cpython-313-x86_64-linux-gnu``."""
        return f"cpython-{self._digits}-{self.machine}-linux-gnu"

    @property
    def _digits(self) -> str:
        return self.python.replace(".", "")

    def tags(self, glibc: str, aliases: tuple[str, ...]) -> frozenset[str]:
        """Every wheel tag that may run there, such as ``cp313-cp313-manylinux_2_17_x86_64``.

        Args:
            glibc: the runtime's, such as ``2.34``.
            aliases: older names of its platform tags, such as ``manylinux2014_x86_64``.
        """
        major, _, minor = self.python.partition(".")
        version, interpreter = (int(major), int(minor)), f"cp{self._digits}"
        platforms = [*self._platforms(glibc), *aliases]
        # Without abis the running interpreter would be asked for its own.
        own = cpython_tags(version, abis=[interpreter], platforms=platforms)
        return frozenset(map(str, (*own, *compatible_tags(version, interpreter, platforms))))

    def _platforms(self, glibc: str) -> Iterator[str]:
        newest = int(glibc.partition(".")[2])
        for minor in range(newest, _OLDEST_GLIBC[self.machine] - 1, -1):
            yield f"manylinux_2_{minor}_{self.machine}"
        yield f"linux_{self.machine}"
