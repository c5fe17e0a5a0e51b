"""Tools that an earlier job made and hands over: whoever takes them builds nothing, and takes them by hash only."""

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from lockage.errors import ToolError, UsageError
from lockage.tools.locked import Tool, check_sha256

_TOLD = re.compile(r"([a-z0-9-]+)=sha256:([0-9a-f]{64})")
_AGAIN = "run all jobs again; if it stays so, look at who else writes this artifact"


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of tools, and which they are to be."""

    folder: Path
    programs: Mapping[str, str]
    """Tool → SHA-256 of its program, as the job that made it told, and not through files."""

    def sha256(self, name: str) -> str:
        """What a tool's program is to hash to, 64 hex digits.

        Raises:
            ToolError: it was not told.
        """
        if name not in self.programs:
            raise _absent(name, f"its hash was not told; told were those of: {', '.join(self.programs) or 'none'}")
        return self.programs[name]

    def take(self, name: str, program: Path) -> None:
        """Put a tool's program at a path. Artifacts keep no modes, so it is made executable here.

        Raises:
            ToolError: it was not handed over, cannot be read, or is another than was told.
        """
        expected = self.sha256(name)
        content = self._read(name)
        program.write_bytes(content)
        check_sha256(program, expected, name=f"{name}, as it was handed over,", remedy=_AGAIN)
        program.chmod(0o755)

    def _read(self, name: str) -> bytes:
        try:
            return (self.folder / name / name).read_bytes()
        except FileNotFoundError as error:
            raise _absent(name, f"{self.folder / name}: {error}") from error
        except OSError as error:
            raise ToolError(
                f"{name} was handed over, and cannot be read",
                why=str(error),
                remedy=f"let this user read {self.folder / name / name}, or hand it over again: run all jobs again",
            ) from error


def hand_over(tools: Sequence[Tool], folder: Path) -> str:
    """Copy tools to ``FOLDER/<name>/``; what a later job is to be told of them."""
    for tool in tools:
        place = folder / tool.name
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(tool.path, place)
    return ",".join(f"{tool.name}=sha256:{tool.sha256}" for tool in tools)


def told(text: str) -> dict[str, str]:
    """What :func:`hand_over` said, by name.

    Raises:
        UsageError: it does not read so.
    """
    pairs = [_TOLD.fullmatch(pair) for pair in text.split(",")] if text else []
    if not all(pairs):
        raise UsageError(
            "which tools were handed over cannot be read",
            why=f"NAME=sha256:…,NAME=sha256:… is the form; given was {text!r}",
            remedy="hand over the output `tools` of the job that ran `lockage tools install --hand-over`",
        )
    return {pair[1]: pair[2] for pair in pairs if pair}


def _absent(name: str, why: str) -> ToolError:
    return ToolError(f"{name} was not handed over, and here nothing is built", why=why, remedy=_AGAIN)
