"""Unpacks a zip or layer as Lambda does: held to its hash, every file in its real place below a folder."""

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from lockage.errors import LockageError
from lockage.model.artifact import LayerArtifact, ZipArtifact
from lockage.oci.layout import hash_file

Archived = ZipArtifact | LayerArtifact


class UnpackError(LockageError):
    """An archive that is not what was built, or that cannot be unpacked."""


def mount(artifact: Archived) -> str:
    """Where Lambda unpacks it, below the root (https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html)."""
    return "var/task" if isinstance(artifact, ZipArtifact) else "opt"


def home(artifact: Archived) -> str:
    """The folder below the root that it puts on Python's import path."""
    return "var/task" if isinstance(artifact, ZipArtifact) else "opt/python"


def unpack(
    artifact: Archived, archive: Path, root: Path, wanted: Callable[[str, bytes], bool] = lambda *_: True
) -> dict[str, str]:
    """Unpack an archive; a file's path below the root → its SHA-256, 64 hex digits.

    Args:
        artifact: what was built.
        archive: its file.
        root: stands for the root of Lambda's file system; made if missing.
        wanted: whether a file, by its path below the root and its content, is written out; all are by default.

    Raises:
        UnpackError: the file is not the artifact, or something in it is no plain file with a plain name.
    """
    _hold_digest(artifact, archive)
    hashes: dict[str, str] = {}
    root.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                path = _place(artifact, member)
                if path in hashes:
                    raise _refused(artifact, f"{member.filename} is in it twice")
                content = opened.read(member)
                hashes[path] = hashlib.sha256(content).hexdigest()
                if wanted(path, content):
                    _write(root / path, content, executable=bool(member.external_attr >> 16 & stat.S_IXUSR))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:  # RuntimeError: encrypted
        raise _refused(artifact, str(error)) from error
    return hashes


def _hold_digest(artifact: Archived, archive: Path) -> None:
    try:
        found = hash_file(archive)
    except OSError as error:
        raise _refused(artifact, f"{archive}: {error.strerror}") from error
    if found != artifact.digest:
        raise _refused(artifact, f"{archive} is {found}, but built was {artifact.digest}")


def _place(artifact: Archived, member: zipfile.ZipInfo) -> str:
    """A member's path below the root; folders of their own are as odd in our archives as what leads out of them."""
    path = PurePosixPath(member.filename)
    plain = not path.is_absolute() and ".." not in path.parts and str(path) == member.filename
    if not plain or stat.S_IFMT(member.external_attr >> 16) not in {0, stat.S_IFREG}:
        raise _refused(artifact, f"{member.filename} is no plain file with a plain name")
    return f"{mount(artifact)}/{path}"


def _write(target: Path, content: bytes, *, executable: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    if executable:
        target.chmod(0o755)


def _refused(artifact: Archived, why: str) -> UnpackError:
    return UnpackError(
        f"the archive of {artifact.name} cannot be looked into",
        why=why,
        remedy=f"build it again: ./noxw -s build -- {artifact.name}",
    )
