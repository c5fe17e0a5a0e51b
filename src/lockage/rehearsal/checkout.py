"""Trees of releases to come: temporary clones of the project's tree as it stands, each with one patch more.

The user's own tree, index and refs are only read.
"""

import shutil
from pathlib import Path

from lockage.errors import ToolError, UsageError
from lockage.model.ids import CommitSha
from lockage.tools.git import Git
from lockage.tools.process import run

MATERIAL = Path("tests", "rehearsal")
"""Where a project keeps what a rehearsal plays with it, from the folder of its lockage.yaml."""

_COMMITTER = {
    "GIT_AUTHOR_NAME": "rehearsal",
    "GIT_AUTHOR_EMAIL": "rehearsal@localhost",
    "GIT_COMMITTER_NAME": "rehearsal",
    "GIT_COMMITTER_EMAIL": "rehearsal@localhost",
    "GIT_CONFIG_GLOBAL": "/dev/null",  # no signing, no hooks of the user's
    "GIT_CONFIG_SYSTEM": "/dev/null",
}


def top(project: Path) -> Path:
    """The working tree that a project stands in.

    Raises:
        UsageError: it stands in none, or nothing was ever committed there.
    """
    try:
        found = _git(project, "rev-parse", "--show-toplevel", "--verify", "HEAD^{commit}")
    except ToolError as error:
        raise UsageError(
            f"{project} is not in a git working tree with a commit",
            why=error.why,
            remedy="a release belongs to a commit: git init, git add, git commit; then run it again",
        ) from error
    return Path(found.splitlines()[0])


def clone(project: Path, into: Path) -> Path:
    """Clone a project's tree with its uncommitted changes; returns the project's folder in the clone.

    Args:
        project: the folder of lockage.yaml.
        into: where to; must not exist.

    Raises:
        UsageError: the project stands in no git working tree with a commit.
    """
    source = top(project)
    run(["git", "clone", "--quiet", "--shared", "--no-tags", source, into])
    _copy_changes(source, into)
    return into / project.resolve().relative_to(source.resolve())


def commit_patch(project: Path, patch: Path) -> CommitSha:
    """Commit everything in a clone, with a patch on top; equal trees on an equal commit give an equal id.

    Args:
        project: the project's folder in the clone.
        patch: a unified diff, relative to the top of the tree.

    Raises:
        UsageError: there is no such patch, or it does not apply.
    """
    tree = top(project)
    try:
        text = patch.read_text()
    except FileNotFoundError as error:
        raise UsageError(
            f"there is no {patch.name} to rehearse with",
            why=f"a rehearsal makes its later releases by the patches in {MATERIAL}",
            remedy=f"change what the release is to change, then: git diff > {MATERIAL / patch.name}",
        ) from error
    run(["git", "add", "--all"], cwd=tree)
    try:
        run(["git", "apply", "--index", "-"], cwd=tree, stdin=text)
    except ToolError as error:
        raise UsageError(
            f"{patch.name} does not apply any more",
            why=error.why,
            remedy=f"git apply --3way {MATERIAL / patch.name}, mend, then: git diff > {MATERIAL / patch.name}",
        ) from error
    when = _git(tree, "show", "--no-patch", "--format=%ct", "HEAD")
    dates = {"GIT_AUTHOR_DATE": f"{when} +0000", "GIT_COMMITTER_DATE": f"{when} +0000"}
    run(["git", "commit", "--quiet", "--message", patch.stem], cwd=tree, env={**_COMMITTER, **dates})
    return Git(tree).head()


def ignore(project: Path, *names: str) -> None:
    """Let git in a clone ignore what a rehearsal puts beside the project file, whatever the project itself ignores."""
    exclude = top(project) / ".git" / "info" / "exclude"
    with exclude.open("a") as file:
        file.writelines(f"{name}\n" for name in names)


def _copy_changes(source: Path, clone_: Path) -> None:
    """What differs from the last commit: changed, new and not ignored, deleted."""
    changed = _git(source, "diff", "--name-only", "-z", "HEAD")
    new = _git(source, "ls-files", "--others", "--exclude-standard", "-z")
    for name in filter(None, (changed + "\0" + new).split("\0")):
        here, there = source / name, clone_ / name
        if there.is_symlink() or there.is_file():
            there.unlink()
        if here.is_symlink() or here.is_file():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(here, there, follow_symlinks=False)


def _git(folder: Path, *arguments: str) -> str:
    return run(["git", *arguments], cwd=folder).stdout.strip()
