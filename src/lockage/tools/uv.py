"""uv: wheels for another machine than this one, by hash."""

import sys
from pathlib import Path

from uv import find_uv_bin

from lockage.errors import ToolError
from lockage.tools.process import run

_MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
_FIRST_ON_AL2023 = 12
_HASH_MISMATCH = "Hash mismatch"


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
    """uv's command line."""

    def install(self, lock: Path, into: Path, *, python: str, platform: str) -> None:
        """Unpack the wheels a lock names into a folder; nothing is built and nothing runs.

        Raises:
            DependencyError: a wheel is missing for the target, has other bytes than locked, or cannot be fetched.
        """
        command: list[str | Path] = [
            find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable, "--target", into,
            "--require-hashes", "--no-deps", "--only-binary", ":all:",
            "--python-version", python, "--python-platform", target(python, platform),
            "--link-mode", "copy", "--no-compile-bytecode", "--no-installer-metadata", "--requirements", lock,
        ]  # fmt: skip
        try:
            run(command)
        except ToolError as error:
            raise _explained(lock, error) from error


def _explained(lock: Path, error: ToolError) -> DependencyError:
    if _HASH_MISMATCH in error.why:
        what = f"the index serves other bytes than {lock.name} names"
        remedy = "do not lock again before you know why: a published file never changes its bytes by itself"
    else:
        what = f"the wheels of {lock.name} cannot be had"
        remedy = "see the line above; a package without a wheel for Lambda needs another version or another package"
    return DependencyError(what, why=error.why, remedy=remedy)
