"""Go, which builds what has no release: any from 1.21 on fetches the toolchain that a ``go.mod`` asks for."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from lockage.errors import ToolError
from lockage.tools import process

_FIRST_THAT_FETCHES_TOOLCHAINS = (1, 21)
_ALONE = {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "auto"}
"""Nothing of this machine goes in, nor that its Go is told to stay as it is (``GOTOOLCHAIN=local``). The checksum
database vouches for a toolchain that is fetched."""
_INSTALL = "install Go 1.21 or newer: https://go.dev/doc/install; on Debian and Ubuntu, scripts/golang does"


def need() -> None:
    """Refuse a Go that cannot read the modules of this project.

    Raises:
        ToolError: Go is missing or older than 1.21 (https://go.dev/doc/toolchain).
    """
    if shutil.which("go") is None:
        raise ToolError("Go is not installed", why="no program go on the path", remedy=_INSTALL)
    version = process.run(["go", "env", "GOVERSION"]).stdout.strip()
    if not _will_do(version):
        named = version or "one older than 1.16, which tells no version,"
        raise ToolError("Go is too old", why=f"{named} cannot read these modules", remedy=_INSTALL)


def _will_do(version: str) -> bool:
    found = re.match(r"go(\d+)\.(\d+)", version)
    if found is None:
        return version.startswith("devel")  # a development version, without a number or with it further on
    return tuple(map(int, found.groups())) >= _FIRST_THAT_FETCHES_TOOLCHAINS


def build(
    package: str, program: Path, module: Path, *, linker: str = "", environment: Mapping[str, str] | None = None
) -> None:
    """Build a program: same module, same Go, same bytes. It links nothing of this machine, so it runs in any image too.

    Args:
        package: import path of its main package.
        program: where it goes.
        module: folder of the ``go.mod`` and ``go.sum`` that pin it.
        linker: flags for the linker.
        environment: what its build needs besides.

    Raises:
        ToolError: it cannot be built.
    """
    flags = ("-mod=readonly", "-trimpath", "-buildvcs=false", *((f"-ldflags={linker}",) if linker else ()))
    process.run(["go", "build", *flags, "-o", program, package], cwd=module, env={**_ALONE, **(environment or {})})
