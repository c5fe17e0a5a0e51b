"""The tree of one release: a clone with a ``dist/`` and a local configuration of its own.

What was built before is linked in, so that it is reused when its inputs are the same, and what is built here is linked
back when it is complete. Two rehearsals of one project thus share everything and disturb nothing.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from lockage.config.load import LOCAL_NAME, load_local
from lockage.errors import UsageError
from lockage.model.dist import DistDir, write
from lockage.model.release import Release
from lockage.rehearsal import checkout
from lockage.tools.git import Git

_EMULATOR_PER_SECOND = 1000
"""The embedded AWS refuses nobody who asks often."""


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """A release's own project folder."""

    release: int
    project_file: Path
    commit: str
    kept: Path
    """Where its artifacts are kept between rehearsals."""

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.project_file.parent

    @property
    def dist(self) -> DistDir:
        """What is built from it."""
        return DistDir(self.folder / "dist")

    def released(self) -> Release | None:
        """Its release, once there is one."""
        path = self.dist.release()
        return msgspec.json.decode(path.read_bytes(), type=Release) if path.is_file() else None

    def archived(self, name: str) -> str:
        """The digest of a zip's or layer's archive, worked out from its bytes."""
        with self.dist.archive(name).open("rb") as archive:
            return f"sha256:{hashlib.file_digest(archive, 'sha256').hexdigest()}"


def make(release: int, *, before: Path, into: Path, home: Path, registry: str) -> Tree:
    """Make a release's tree.

    Args:
        release: 1 for the project as it is; for a later one its patch goes on top of the tree before.
        before: the project file to start from: the user's own for release 1.
        into: where the clone goes; must not exist.
        home: the user's own project folder.
        registry: ``host:port`` of the embedded registry.

    Raises:
        UsageError: the project stands in no git tree, or the patch does not apply.
    """
    folder = checkout.clone(before.parent, into)
    patch = home / checkout.MATERIAL / f"release-{release}.patch"
    commit = Git(folder).head() if release == 1 else checkout.commit_patch(folder, patch)
    checkout.ignore(folder, "dist", LOCAL_NAME)
    local = load_local(home / before.name)
    here = replace(
        local, mirrors=replace(local.mirrors, registry=registry), lambda_requests_per_second=_EMULATOR_PER_SECOND
    )
    write(folder / LOCAL_NAME, msgspec.json.encode(here))
    kept = home / "dist" if release == 1 else home / "dist" / "rehearsal" / f"release-{release}"
    return Tree(release=release, project_file=folder / before.name, commit=commit, kept=kept)


def carry(source: DistDir, target: DistDir, name: str) -> None:
    """Link an artifact, evidence included, from one ``dist/`` into another; the very same one stays.

    Raises:
        UsageError: it cannot be written there; nothing half-written is left.
    """
    folder = source.folder(name)
    if not folder.is_dir() or _same(folder, target.folder(name)):
        return
    beside = target.beside(name)
    try:
        shutil.copytree(folder, beside, copy_function=_link, dirs_exist_ok=True)
    except OSError as error:
        shutil.rmtree(beside)
        raise UsageError(
            f"{name} cannot be kept in {target.root}",
            why=str(error),
            remedy="make room there or give write access, and run it again",
        ) from error
    target.replace(name, beside)


def reuse(fingerprints: Mapping[str, str], sources: Sequence[DistDir], target: DistDir) -> None:
    """Link every artifact that would be built anew from the first ``dist/`` that holds it.

    Args:
        fingerprints: of what is wanted, by name.
        sources: where it may be.
        target: where it is wanted.
    """
    for name, fingerprint in fingerprints.items():
        for source in sources:
            found = source.find_artifact(name)
            if found and found.fingerprint == fingerprint:
                carry(source, target, name)
                break


def _link(source: str, target: str) -> None:
    os.link(source, target, follow_symlinks=False)


def _same(one: Path, other: Path) -> bool:
    """Whether two folders hold the very same files: linked, not only equal."""
    return _inodes(one) == _inodes(other)


def _inodes(folder: Path) -> dict[Path, int]:
    return {path.relative_to(folder): path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
