"""Build wheels of sdists: ``sdists.py SDISTS WHEELS``.

SDISTS is a folder of source distributions, each called ``<name>-<version>`` before its suffix; WHEELS takes a wheel of
each. ``pip`` and what builds them are on the path already. Everything happens in places of fixed names, because some
packages write down where they were built.
"""

import lzma
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

PLACE = Path("/tmp/sdists")  # noqa: S108 - the only folder of an image that anybody may write to
SUFFIXES = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
OPTIONS = (
    "--isolated", "--no-index", "--no-deps", "--no-build-isolation", "--check-build-dependencies", "--no-cache-dir",
    "--no-input", "--disable-pip-version-check", "--progress-bar", "off",
)  # fmt: skip

MALFORMED = (
    OSError, ValueError, EOFError, RuntimeError, tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
)  # fmt: skip
"""What unpacking raises where an sdist is damaged; RuntimeError: encrypted, or packed in a way that is not known."""


class Failed(Exception):  # noqa: N818 - an outcome
    """An sdist gave no wheel; the text says which."""


def build(sdist: Path, wheels: Path) -> None:
    """Put the wheel of one sdist into a folder."""
    command = [sys.executable, "-m", "pip", "wheel", *OPTIONS, "--wheel-dir", str(wheels), str(unpacked(sdist))]
    sys.stdout.flush()
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - pip, by the runtime's own Python
        raise Failed(f"{sdist.name} does not build")


def unpacked(sdist: Path) -> Path:
    """The folder that an sdist holds; nothing in it leads out of it."""
    suffix = next(one for one in SUFFIXES if sdist.name.endswith(one))
    place = PLACE / sdist.name.removesuffix(suffix)
    try:
        if suffix == ".zip":
            unzip(sdist, place)
        else:
            shutil.unpack_archive(sdist, place, filter="data")
    except MALFORMED as error:
        raise Failed(f"{sdist.name} cannot be unpacked: {error}") from error
    inside = [path for path in place.iterdir() if path.is_dir()]
    if len(inside) != 1:
        raise Failed(f"{sdist.name} is no sdist: it holds {len(inside)} folders where one is to be")
    return inside[0]


def unzip(sdist: Path, place: Path) -> None:
    """Unpack a zip; one that leads out of its folder is refused before anything of it is written."""
    with zipfile.ZipFile(sdist) as archive:
        for name in archive.namelist():
            if name.startswith("/") or ".." in PurePosixPath(name).parts:
                raise ValueError(f"{name!r} leads out of it")
        archive.extractall(place)  # noqa: S202 - every name was looked at


def main(sdists: str, wheels: str) -> int:
    """The script; the process's exit code."""
    os.umask(0o022)
    Path(wheels).mkdir(parents=True)
    try:
        for sdist in sorted(Path(sdists).iterdir()):
            build(sdist, Path(wheels))
    except Failed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
