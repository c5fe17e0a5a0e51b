"""The tools lock: ``tools/tools.toml`` and, beside it, one Go module a tool."""

import hashlib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from lockage.config.mistakes import nearest
from lockage.errors import UsageError

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]

_PACKAGED = Path(__file__).parent / "pins"
_CHECKOUT = Path(__file__).parents[3] / "tools"


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A publisher's own binary, for Linux on x86-64."""

    url: Annotated[str, Meta(pattern=r"^https?://")]
    sha256: Sha256
    """Of the asset as downloaded."""
    member: str = ""
    """The program's name in the asset, a ``.tar.gz``; empty when the asset is the program."""
    program_sha256: Sha256
    """Of the program."""


class Pin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tool at one version."""

    version: str
    package: str
    """Import path of its Go main package."""
    linker: str = ""
    """Linker flags that stamp the version in; ``{version}`` is replaced."""
    environment: dict[str, str] = {}
    """Environment its build needs."""
    release: Release | None = None
    """None when it is always built from its module."""


class ToolsLock(msgspec.Struct, frozen=True, kw_only=True):
    """All pins, and the folder that holds each tool's module."""

    folder: Path
    pins: dict[str, Pin]

    def pin(self, name: str) -> Pin:
        """The pin of one tool.

        Raises:
            UsageError: the lock names no such tool.
        """
        if name in self.pins:
            return self.pins[name]
        near = nearest(name, self.pins)
        raise UsageError(
            f"no tool called {name!r} is locked",
            why=f"{self.folder / 'tools.toml'} names {', '.join(sorted(self.pins))}",
            remedy=f"did you mean {near!r}?" if near else "give one of these names",
        )

    def second_source(self, name: str, sha256: str) -> str:
        """Why a program of these bytes serves rehearsals only; empty when they are the release's, or there is none."""
        pin = self.pin(name)
        return "" if pin.release is None or sha256 == pin.release.program_sha256 else built(name, pin.version)

    def module(self, name: str) -> tuple[Path, Path]:
        """The ``go.mod`` and ``go.sum`` that pin a tool's build."""
        return self.folder / name / "go.mod", self.folder / name / "go.sum"

    def identity(self, name: str) -> str:
        """64 hex digits over everything that pins a tool; another pin is another identity."""
        hashed = hashlib.sha256(msgspec.json.encode(self.pin(name), order="deterministic"))
        for file in self.module(name):
            hashed.update(file.read_bytes())
        return hashed.hexdigest()


def built(name: str, version: str) -> str:
    """The second source of a program that has a release and is not it."""
    return f"{name} {version} built from its module"


def load(folder: Path | None = None) -> ToolsLock:
    """Read the tools lock: from ``folder``, else the one this package came with.

    Raises:
        UsageError: the file is missing or not a tools lock.
    """
    folder = folder or (_PACKAGED if _PACKAGED.is_dir() else _CHECKOUT)
    path = folder / "tools.toml"
    try:
        pins = msgspec.toml.decode(path.read_bytes(), type=dict[str, Pin])
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            "the tools lock cannot be read",
            why=f"{path}: {error}",
            remedy="restore it from version control, or install lockage again",
        ) from error
    return ToolsLock(folder=folder, pins=pins)
