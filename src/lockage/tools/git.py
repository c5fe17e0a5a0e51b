"""What we ask of git: the tree's files by content, and nothing that changes it."""

import hashlib
import os
from datetime import datetime
from pathlib import Path

import msgspec

from lockage.errors import ToolError, UsageError
from lockage.model.ids import CommitSha, commit_sha
from lockage.tools.process import run

_NOT_UTF8 = "\ufffd"  # what stands in the output for bytes that are not
_REGULAR, _EXECUTABLE = "100644", "100755"
_IN_INDEX, _NEW = "H", "?"


class TreeFile(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One file of the working tree."""

    path: str
    """Relative to the project, with ``/``."""
    mode: str
    """git's: ``100644``, ``100755``, ``120000`` for a link, ``160000`` for a submodule."""
    blob: str
    """git's object id of its content, changed or not."""


class Git:
    """A project in a git working tree.

    Args:
        root: the project's folder, the tree's top or below it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def files(self, *paths: str) -> tuple[TreeFile, ...]:
        """Every tracked, and every new but not ignored, file under the paths, as it is in the working tree.

        Raises:
            UsageError: the folder is not in a git working tree.
        """
        found: dict[str, TreeFile | None] = {}
        for entry in self._list(*paths):
            tag, told = entry[0], entry[2:]
            path = told if tag == _NEW else told.partition("\t")[2]
            if tag != _IN_INDEX:
                found[path] = self._hashed(path)  # changed, gone or new: the working tree counts
            else:
                found.setdefault(path, _indexed(told))
        return tuple(sorted(file for file in found.values() if file))

    def head(self) -> CommitSha:
        """The commit that is checked out.

        Raises:
            UsageError: there is none, or this is no working tree.
        """
        try:
            return commit_sha(run(["git", "rev-parse", "--verify", "HEAD^{commit}"], cwd=self.root).stdout.strip())
        except ToolError as error:
            raise UsageError(
                f"{self.root} has no commit",
                why=error.why,
                remedy="commit what is to be released: a release is named after its commit",
            ) from error

    def is_dirty(self) -> bool:
        """Whether the project's folder holds anything that the commit does not, ignored files aside."""
        return bool(run(["git", "status", "--porcelain", "--untracked-files=normal", "--", "."], cwd=self.root).stdout)

    def commits(self, since: datetime, *paths: str) -> int | None:
        """How many commits since a moment touched any of these paths, merges aside; renames are not followed.

        Args:
            since: with its time zone; held against when each commit was made.
            paths: git's pathspecs, relative to the project; without one, any path.

        Returns:
            None when it cannot be told: the clone is shallow, as CI makes them, or there is no commit yet.
        """
        if self._asked("rev-parse", "--is-shallow-repository") != "false":
            return None
        count = ("rev-list", "--count", "--no-merges", f"--since={since.isoformat()}", "HEAD", "--", *paths)
        told = self._asked(*count)
        return int(told) if told else None

    def _asked(self, *arguments: str) -> str:
        """What git answers; empty when it has no answer."""
        return run(["git", *arguments], cwd=self.root, ok=(0, 128)).stdout.strip()

    def clone(self, commit: CommitSha, into: Path) -> Path:
        """The project at a commit, in a clone of its own that shares this one's objects; its folder there.

        Raises:
            UsageError: this repository does not have the commit.
        """
        top = Path(run(["git", "rev-parse", "--show-toplevel"], cwd=self.root).stdout.strip())
        run(["git", "clone", "--quiet", "--shared", "--no-tags", "--no-checkout", top, into])
        try:
            run(["git", "checkout", "--quiet", "--detach", commit], cwd=into)
        except ToolError as error:
            raise UsageError(
                f"this repository does not have the commit {commit}",
                why=error.why,
                remedy="fetch it: git fetch --all, or git fetch origin COMMIT; a shallow clone: git fetch --unshallow",
            ) from error
        return into / self.root.resolve().relative_to(top.resolve())

    def _list(self, *paths: str) -> list[str]:
        """A tag, a space and a file; but for new files its mode, blob and stage come before it."""
        kinds = ("--stage", "--modified", "--deleted", "--others", "--exclude-standard")
        try:
            said = run(["git", "ls-files", "-z", "-t", *kinds, "--", *paths], cwd=self.root).stdout
        except ToolError as error:
            if "not a git repository" not in error.why:
                raise
            raise UsageError(
                f"{self.root} is not in a git working tree",
                why="what goes into an artifact is what git knows or would add; files it ignores are left out",
                remedy="work in a clone, or start one: git init",
            ) from error
        entries = [entry for entry in said.split("\0") if entry]
        if odd := [entry for entry in entries if _NOT_UTF8 in entry]:
            raise UsageError(
                f"{self.root} holds a file whose name is not UTF-8",
                why="\n".join(odd),
                remedy="rename it, or have git ignore it",
            )
        return entries

    def _hashed(self, path: str) -> TreeFile | None:
        """As git would add it, so that committing a change does not change its identity; None when it is gone."""
        file = self.root / path
        if file.is_symlink():
            mode, content = "120000", os.fsencode(file.readlink())
        elif not file.is_file():
            return None
        else:
            mode, content = _EXECUTABLE if os.access(file, os.X_OK) else _REGULAR, _content(path, file)
        return TreeFile(path=path, mode=mode, blob=blob(content))


def blob(content: bytes) -> str:
    """Git's object id of a content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def unreadable(path: str, error: OSError) -> UsageError:
    """The one message for a file that is there and cannot be read, whoever tried."""
    return UsageError(
        f"{path} cannot be read",
        why=error.strerror or str(error),
        remedy="let whoever builds read it (chmod u+r), or have git ignore it if nothing needs it",
    )


def _content(path: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def _indexed(entry: str) -> TreeFile:
    about, path = entry.split("\t", 1)
    mode, known, _ = about.split(" ")
    return TreeFile(path=path, mode=mode, blob=known)
