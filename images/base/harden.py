"""Hardens the base image from inside; works on Amazon Linux and on Debian, with the standard library alone.

- No file runs as another user than its caller: set-user and set-group bits go.
- No installer for Python: pip and its bundled wheels go, so nothing can be added at run time.
- No caches and no logs of a package manager. Its database stays, or scanners could not tell what is installed.
- A fixed user and group 10001 exist, for runs outside Lambda.
- No folder is open to everyone's writes without the sticky bit.

Updates of the operating system come with the next digest of the image below, never from a package manager here.
"""

import os
import re
import shutil
import stat
import sys
import sysconfig
from pathlib import Path

USER = "function"
ID = 10001
CACHES = ("/var/cache", "/var/log", "/var/lib/apt/lists", "/var/lib/dnf", "/tmp", "/var/tmp")  # noqa: S108 - emptied
PIP = re.compile(r"pip(3(\.\d+)?)?")
VIRTUAL = ("/proc", "/sys", "/dev")


def drop_privileged_bits() -> None:
    """Clear set-user, set-group, and unguarded world-writable bits."""
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if str(Path(folder, name)) not in VIRTUAL]
        for path in (Path(folder, name) for name in (*folders, *files)):
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and (wanted := hardened(mode)) != stat.S_IMODE(mode):
                path.chmod(wanted)


def hardened(mode: int) -> int:
    """The permissions a file or folder keeps."""
    kept = stat.S_IMODE(mode) & ~stat.S_ISUID & ~(0 if stat.S_ISDIR(mode) else stat.S_ISGID)
    if kept & stat.S_IWOTH and not (stat.S_ISDIR(mode) and kept & stat.S_ISVTX):
        kept &= ~stat.S_IWOTH
    return kept


def remove_installers() -> None:
    """Remove pip and the wheels it can be brought back from."""
    library = Path(sysconfig.get_path("stdlib"))
    packages = Path(sysconfig.get_path("purelib"))
    for path in (library / "ensurepip", *packages.glob("pip"), *packages.glob("pip-*.dist-info")):
        shutil.rmtree(path, ignore_errors=True)
    for program in Path(sys.executable).resolve().parent.iterdir():
        if PIP.fullmatch(program.name):
            program.unlink()


def empty_caches() -> None:
    """Empty folders that hold nothing a function needs; the folders stay."""
    for folder in map(Path, CACHES):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def add_user() -> None:
    """Add the user and group by hand: a minimal image has no useradd."""
    for file, line in (
        ("/etc/passwd", f"{USER}:x:{ID}:{ID}::/tmp:/sbin/nologin\n"),
        ("/etc/group", f"{USER}:x:{ID}:\n"),
    ):
        with Path(file).open("a") as known:
            known.write(line)


if __name__ == "__main__":
    drop_privileged_bits()
    remove_installers()
    empty_caches()
    add_user()
