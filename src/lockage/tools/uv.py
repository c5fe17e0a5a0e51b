"""uv: packages for another machine than this one, by hash, each from the one index that it is to come from."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from uv import find_uv_bin

from lockage.errors import ToolError
from lockage.tools.index import KEPT, Index
from lockage.tools.process import run

_MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
_FIRST_ON_AL2023 = 12
_DEFAULTS = {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}

_SIGNS: tuple[tuple[str, str, str], ...] = (
    (
        "Hash mismatch",
        "the index serves other bytes than {lock} names",
        "do not lock again before you know why: a published file never changes its bytes by itself",
    ),
    (
        "no usable wheels",
        "something in {lock} has no wheel at all, only an sdist",
        "name it under from_source in lockage.yaml, with what builds it; or use a version that has wheels",
    ),
    (
        "no wheels with a matching",
        "something in {lock} has no wheel for {target}",
        "use a version of it that has one, or another package; or build it from its sdist: from_source in lockage.yaml",
    ),
    (
        "was not found in the package registry|there is no version of",
        "{index} does not have everything that {lock} names",
        "correct a mistyped name or version; or name what comes from another index under indexes in lockage.yaml",
    ),
    (
        "Failed to extract archive",
        "something in {lock} cannot be unpacked",
        "the wheel is malformed, as its publisher made it: use another version of it",
    ),
)
"""What uv prints, as an expression → what it means, and what to do."""

_LEFT_OUT = re.compile(r"Skipping unsafe file name: (.*)")
"""What uv logs of a member that leads out of its wheel; it unpacks the wheel without it, and succeeds."""

_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class DependencyError(ToolError):
    """What a lock names cannot be had for the target."""


def target(python: str, platform: str) -> str:
    """What uv calls the system that Lambda runs.

    Python 3.12 and newer run on Amazon Linux 2023 with glibc 2.34, older ones on Amazon Linux 2 with 2.26, for which
    uv's nearest name is 2.17. https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
    """
    minor = int(python.partition(".")[2])
    glibc = "2_34" if minor >= _FIRST_ON_AL2023 else "2_17"
    return f"{_MACHINES[platform]}-manylinux_{glibc}"


class Uv:
    """uv's command line; it reads no configuration files, and only such variables as say how to reach an index."""

    def install(self, lock: Path, into: Path, *, python: str, platform: str, index: Index | None = None) -> None:
        """Unpack the wheels a lock names into a folder; nothing is built and nothing runs.

        Args:
            lock: the requirements, with hashes.
            into: the folder; what is in it stays.
            python: minor version, such as ``3.13``.
            platform: ``linux/amd64`` or ``linux/arm64``.
            index: where all of them come from; the default index if not said.

        Raises:
            DependencyError: a wheel is missing for the target, has other bytes than locked, leads out of its folder, or
                cannot be fetched.
        """
        try:
            left_out = _install(_locked(lock, index), into, python, platform)
        except ToolError as error:
            raise _explained(lock, f"Python {python} on {platform}", index, error) from error
        if left_out:
            whose = list(_whose(lock, index, python, platform))
            raise _leads_out(f"a wheel of {lock.name}", whose or left_out)

    def unpack(self, wheels: Sequence[Path], into: Path, *, python: str, platform: str) -> None:
        """Unpack wheels that are here already into a folder.

        Raises:
            DependencyError: one of them is not for the target, leads out of its folder, or is malformed.
        """
        names = ", ".join(wheel.name for wheel in wheels)
        try:
            left_out = _install(["--no-index", *wheels], into, python, platform)
        except ToolError as error:
            raise DependencyError(
                f"{names} cannot be unpacked for Python {python} on {platform}",
                why=error.why,
                remedy="see the line above; what was built is not a wheel that this runtime can import",
            ) from error
        if left_out:
            raise _leads_out(names, left_out)


def _locked(lock: Path, index: Index | None) -> list[str | Path]:
    """The wheels of a lock, as uv is asked for them."""
    where = ["--default-index", f"{index.name}={index.url}"] if index else []
    return ["--require-hashes", "--requirements", lock, *where]


def _install(what: Sequence[str | Path], into: Path, python: str, platform: str) -> list[str]:
    """Unpack wheels; what uv left out of them, which it only tells of a wheel that its cache does not have yet."""
    command: list[str | Path] = [
        find_uv_bin(), "pip", "install", "--quiet", "--no-config", "--python", sys.executable, "--target", into,
        "--no-deps", "--only-binary", ":all:",
        "--python-version", python, "--python-platform", target(python, platform),
        "--link-mode", "copy", "--no-compile-bytecode", "--no-installer-metadata", *what,
    ]  # fmt: skip
    dropped = _DEFAULTS if "--default-index" in what else set[str]()
    return _LEFT_OUT.findall(run(command, env=_surroundings(dropped)).stderr)


def _surroundings(dropped: AbstractSet[str]) -> dict[str, str | None]:
    foreign = (name for name in os.environ if name in dropped or _is_foreign(name))
    return {**dict.fromkeys(foreign), "RUST_LOG": "uv_extract=warn"}


def _whose(lock: Path, index: Index | None, python: str, platform: str) -> Iterator[str]:
    """Which requirements of a lock have wheels that lead out, a line each.

    uv's cache is made to forget all of them first, so that uv unpacks them anew, here and whenever they are asked for
    again. One that cannot be had any more is passed over.
    """
    lines = lock.read_text().replace("\\\n", " ").splitlines()
    asked = {found[0]: line for line in lines if (found := _NAMED.match(line))}
    run([find_uv_bin(), "cache", "clean", "--quiet", "--no-config", *asked], env=_surroundings(set()))
    for line in asked.values():
        with tempfile.TemporaryDirectory() as work:
            alone = Path(work, lock.name)
            alone.write_text(f"{line}\n")
            try:
                left_out = _install([*_locked(alone, index), "--no-cache"], Path(work, "tree"), python, platform)
            except ToolError:
                continue
        if left_out:
            yield f"{line.split()[0]} holds {', '.join(left_out)}"


def _leads_out(what: str, why: Sequence[str]) -> DependencyError:
    return DependencyError(
        f"{what} leads out of the folder that it is unpacked into",
        why="\n".join(why),
        remedy="it was made so by mistake or to do harm: use another version of it, and tell whoever published it",
    )


def _is_foreign(variable: str) -> bool:
    return variable.startswith("UV_") and not KEPT.fullmatch(variable)


def _explained(lock: Path, wanted: str, index: Index | None, error: ToolError) -> DependencyError:
    place = f"the index {index.name}" if index else "the default index"
    for sign, what, remedy in _SIGNS:
        if re.search(sign, error.why):
            return DependencyError(
                what.format(lock=lock.name, target=wanted, index=place), why=error.why, remedy=remedy
            )
    return DependencyError(
        f"the wheels of {lock.name} cannot be had",
        why=error.why,
        remedy="see the line above; where the network is at fault, run this again",
    )
