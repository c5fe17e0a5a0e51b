import subprocess
from pathlib import Path

import pytest

from lockage.errors import UsageError
from lockage.rehearsal.checkout import clone, commit_patch, top

PATCH = """\
diff --git a/app/handler.py b/app/handler.py
--- a/app/handler.py
+++ b/app/handler.py
@@ -2,3 +2,3 @@
 before = 1
-release = 1
+release = 2
 after = 1
"""
HANDLER = "first = 1\nbefore = 1\nrelease = 1\nafter = 1\nlast = 1\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "user"
    (tree / "app").mkdir(parents=True)
    (tree / "app" / "handler.py").write_text(HANDLER)
    (tree / "app" / "gone.py").write_text("old\n")
    (tree / ".gitignore").write_text("dist/\n")
    git(tree, "init", "--quiet", "--initial-branch=main")
    git(tree, "add", "--all")
    git(tree, "-c", "user.name=u", "-c", "user.email=u@localhost", "commit", "--quiet", "--message=first")
    return tree


def git(tree: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=tree, check=True, capture_output=True, text=True)  # noqa: S603 - a fixture's own git
    return done.stdout.strip()


def patch_file(folder: Path, text: str = PATCH) -> Path:
    path = folder / "release-2.patch"
    path.write_text(text)
    return path


def test_a_clone_has_uncommitted_changes_and_nothing_ignored(tree: Path, tmp_path: Path) -> None:
    (tree / "app" / "handler.py").write_text("release = 1.5\n")
    (tree / "app" / "new file.py").write_text("new\n")
    (tree / "app" / "gone.py").unlink()
    (tree / "dist").mkdir()
    (tree / "dist" / "big").write_text("ignored")
    project = clone(tree / "app", tmp_path / "clone")
    assert project == tmp_path / "clone" / "app"
    assert {path.name: path.read_text() for path in project.iterdir()} == {
        "handler.py": "release = 1.5\n",
        "new file.py": "new\n",
    }
    assert not (tmp_path / "clone" / "dist").exists()


def test_a_patch_becomes_a_commit_on_top(tree: Path, tmp_path: Path) -> None:
    project = clone(tree, tmp_path / "clone")
    commit = commit_patch(project, patch_file(tmp_path))
    assert git(project, "rev-parse", "HEAD^") == git(tree, "rev-parse", "HEAD")
    assert git(project, "rev-parse", "HEAD") == commit
    assert "release = 2" in git(project, "show", "HEAD:app/handler.py")
    assert git(project, "status", "--porcelain") == ""


def test_the_same_tree_and_patch_give_the_same_commit(tree: Path, tmp_path: Path) -> None:
    commits = {commit_patch(clone(tree, tmp_path / name), patch_file(tmp_path)) for name in ("one", "two")}
    assert len(commits) == 1


def test_uncommitted_changes_go_into_the_commit(tree: Path, tmp_path: Path) -> None:
    (tree / "app" / "new.py").write_text("new\n")
    (tree / "app" / "handler.py").write_text(HANDLER + "mine = 1\n")
    project = clone(tree, tmp_path / "clone")
    commit_patch(project, patch_file(tmp_path))
    assert git(project, "show", "HEAD:app/new.py") == "new"
    assert git(project, "show", "HEAD:app/handler.py").endswith("release = 2\nafter = 1\nlast = 1\nmine = 1")


def test_the_users_tree_is_only_read(tree: Path, tmp_path: Path) -> None:
    (tree / "app" / "gone.py").write_text("mine\n")
    before = git(tree, "status", "--porcelain"), git(tree, "for-each-ref"), git(tree, "stash", "list")
    commit_patch(clone(tree, tmp_path / "clone"), patch_file(tmp_path))
    assert (git(tree, "status", "--porcelain"), git(tree, "for-each-ref"), git(tree, "stash", "list")) == before


def test_a_patch_that_does_not_apply_is_named(tree: Path, tmp_path: Path) -> None:
    (tree / "app" / "handler.py").write_text("release = 7\n")
    project = clone(tree, tmp_path / "clone")
    with pytest.raises(UsageError, match=r"release-2\.patch does not apply any more") as caught:
        commit_patch(project, patch_file(tmp_path))
    assert "app/handler.py" in caught.value.why
    assert "git apply --3way tests/rehearsal/release-2.patch" in caught.value.remedy


def test_a_missing_patch_says_how_to_make_it(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no release-2\.patch") as caught:
        commit_patch(clone(tree, tmp_path / "clone"), tmp_path / "release-2.patch")
    assert "git diff > tests/rehearsal/release-2.patch" in caught.value.remedy


def test_a_folder_without_a_commit_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(UsageError, match="not in a git working tree with a commit"):
        top(tmp_path)
