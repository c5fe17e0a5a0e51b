import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lockage.errors import UsageError
from lockage.model.ids import CommitSha
from lockage.tools.git import Git


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)  # noqa: S603 - the test's own words


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "functions/scorer").mkdir(parents=True)
    (root / "functions/scorer/handler.py").write_text("one\n")
    (root / "functions/scorer/run").write_text("#!/bin/sh\n")
    (root / "functions/scorer/run").chmod(0o755)
    (root / "other").write_text("not asked for\n")
    (root / ".gitignore").write_text("*.pyc\n")
    git(root, "init", "--quiet")
    commit(root)
    return root


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", "m")


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def commit_at(root: Path, moment: datetime, path: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(moment.isoformat())
    git(root, "add", "--all")
    person = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    dates = {"GIT_AUTHOR_DATE": moment.isoformat(), "GIT_COMMITTER_DATE": moment.isoformat()}
    command = ["git", *person, "commit", "--quiet", "--message", "m"]
    subprocess.run(command, cwd=root, check=True, env={**os.environ, **dates})  # noqa: S603 - the test's own words


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A project below the top of its tree, changed 40, 20, 10 and 2 days ago."""
    root = tmp_path / "history" / "project"
    root.mkdir(parents=True)
    git(root.parent, "init", "--quiet")
    for days, path in ((40, "functions/a/x.py"), (20, "functions/a/x.py"), (10, "functions/b/y.py"), (2, "a.lock")):
        commit_at(root, NOW - timedelta(days=days), path)
    return root


def test_commits_are_counted_by_path_and_since_when(history: Path) -> None:
    told = Git(history)
    month, all_time = NOW - timedelta(days=30), NOW - timedelta(days=400)
    assert told.commits(month, "functions/a") == 1
    assert told.commits(all_time, "functions/a") == 2
    assert told.commits(month, "functions/a", "functions/b") == 2
    assert told.commits(month, "a.lock") == 1
    assert told.commits(month) == 3
    assert told.commits(month, "functions/none") == 0


def test_a_moment_counts_with_its_time_zone(history: Path) -> None:
    twenty_days_ago = NOW - timedelta(days=20)
    after = (twenty_days_ago + timedelta(minutes=1)).astimezone().isoformat()
    assert Git(history).commits(twenty_days_ago - timedelta(minutes=1), "functions/a") == 1
    assert Git(history).commits(datetime.fromisoformat(after), "functions/a") == 0


def test_a_merge_is_no_change_of_its_own(history: Path) -> None:
    git(history, "checkout", "--quiet", "-b", "side", "HEAD~1")
    commit_at(history, NOW - timedelta(days=1), "functions/a/z.py")
    person = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    git(history, *person, "merge", "--quiet", "--no-edit", "-")
    assert Git(history).commits(NOW - timedelta(days=5)) == 2


def test_commits_cannot_be_told_where_history_is_missing(history: Path, tmp_path: Path) -> None:
    shallow, empty = tmp_path / "shallow", tmp_path / "empty"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{history.parent}", str(shallow))
    git(tmp_path, "init", "--quiet", str(empty))
    assert Git(shallow / "project").commits(NOW - timedelta(days=30), "functions/a") is None
    assert Git(empty).commits(NOW - timedelta(days=30)) is None


def test_tells_files_by_content_and_mode(root: Path) -> None:
    files = Git(root).files("functions")
    assert [(file.path, file.mode) for file in files] == [
        ("functions/scorer/handler.py", "100644"),
        ("functions/scorer/run", "100755"),
    ]
    assert files[0].blob == "5626abf0f72e58d7a153368ba57db4c673c0e171"  # what `git hash-object` says of "one\n"


def test_a_change_counts_at_once_and_committing_it_changes_nothing(root: Path) -> None:
    before = Git(root).files("functions")
    (root / "functions/scorer/handler.py").write_text("two\n")
    (root / "functions/scorer/new.py").write_text("new\n")
    (root / "functions/scorer/run").unlink()
    dirty = Git(root).files("functions")
    assert [file.path for file in dirty] == ["functions/scorer/handler.py", "functions/scorer/new.py"]
    assert dirty[0] != before[0]
    git(root, "add", "--all")
    assert Git(root).files("functions") == dirty
    commit(root)
    assert Git(root).files("functions") == dirty


def test_a_file_that_was_only_touched_is_the_same(root: Path) -> None:
    before = Git(root).files("functions")
    (root / "functions/scorer/handler.py").touch()
    assert Git(root).files("functions") == before


def test_what_git_ignores_does_not_count(root: Path) -> None:
    before = Git(root).files("functions")
    (root / "functions/scorer/handler.pyc").write_bytes(b"\0")
    assert Git(root).files("functions") == before


def test_a_project_may_lie_below_the_top_of_the_tree(root: Path) -> None:
    (root / "functions/scorer/handler.py").write_text("two\n")
    assert [file.path for file in Git(root / "functions").files("scorer")] == ["scorer/handler.py", "scorer/run"]


def test_a_link_is_told_as_a_link(root: Path) -> None:
    (root / "functions/scorer/link").symlink_to("/etc/passwd")
    dirty = next(file for file in Git(root).files("functions") if file.path.endswith("link"))
    commit(root)
    assert dirty.mode == "120000"
    assert dirty in Git(root).files("functions")


@pytest.mark.parametrize("tracked", [False, True])
def test_a_name_that_is_not_utf8_is_refused(root: Path, *, tracked: bool) -> None:
    Path(os.fsdecode(os.fsencode(root / "functions") + b"/caf\xe9.py")).write_text("not to be left out unseen\n")
    if tracked:
        commit(root)
    with pytest.raises(UsageError) as caught:
        Git(root).files("functions")
    assert caught.value.what == f"{root} holds a file whose name is not UTF-8"
    assert "functions/caf" in caught.value.why
    assert caught.value.remedy == "rename it, or have git ignore it"


def test_a_file_that_may_not_be_read_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "functions/scorer/handler.py").write_text("two\n")

    def denied(_: Path) -> bytes:  # root may read everything, and tests may run as root
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(UsageError) as caught:
        Git(root).files("functions")
    assert (caught.value.what, caught.value.why) == ("functions/scorer/handler.py cannot be read", "Permission denied")
    assert "chmod u+r" in caught.value.remedy


def test_outside_a_working_tree_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Git(tmp_path).files("functions")
    assert caught.value.what == f"{tmp_path} is not in a git working tree"
    assert "git init" in caught.value.remedy


def test_a_clone_holds_the_commit_and_not_what_came_after(root: Path, tmp_path: Path) -> None:
    first = Git(root).head()
    (root / "functions/scorer/handler.py").write_text("two\n")
    commit(root)
    (root / "functions/scorer/handler.py").write_text("not committed\n")
    project = Git(root / "functions").clone(first, tmp_path / "clone")
    assert project == tmp_path / "clone" / "functions"
    assert (project / "scorer/handler.py").read_text() == "one\n"
    assert Git(root).is_dirty()


def test_a_commit_that_is_not_here_is_said_to_be_fetched(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not have the commit") as caught:
        Git(root).clone(CommitSha("0" * 40), tmp_path / "clone")
    assert "git fetch" in caught.value.remedy
