import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from lockage.build.inside import bytecode, imports

TIME = 315_532_800
UNCHECKED_HASH = 1


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "staged"
    (tree / "scorer").mkdir(parents=True)
    (tree / "scorer/__init__.py").write_text("")
    (tree / "scorer/handler.py").write_text(
        "NAMES = {'a', 'b', 'c'}\n\ndef handle(event, context):\n    return event\n"
    )
    return tree


def compiled(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in sorted(tree.rglob("*.pyc"))}


def test_bytecode_is_never_checked_and_shows_the_place_it_runs_at(tree: Path) -> None:
    assert bytecode.main(str(tree), "/var/task") == 0
    found = compiled(tree)
    assert [name.rpartition("/")[2].partition(".")[0] for name in found] == ["__init__", "handler"]
    for content in found.values():
        assert content[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(content[4:8], "little") == UNCHECKED_HASH
    assert any(b"/var/task/scorer/handler.py" in content for content in found.values())
    assert not any(str(tree).encode() in content for content in found.values())


def test_two_processes_write_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    found = []
    for seed in ("1", "2"):
        place = tmp_path / seed
        subprocess.run(["cp", "--recursive", tree, place], check=True)  # noqa: S603 - the test's own words
        command = [sys.executable, bytecode.__file__, str(place), "/var/task"]
        subprocess.run(command, check=True, env={"PYTHONHASHSEED": seed})  # noqa: S603 - as above
        found.append(compiled(place))
    assert found[0] == found[1]
    assert found[0]


def test_everything_has_the_one_time_afterwards(tree: Path) -> None:
    bytecode.main(str(tree), "/var/task")
    assert {int(path.stat().st_mtime) for path in (tree, *tree.rglob("*"))} == {TIME}


def test_what_does_not_compile_is_named_by_where_it_would_run(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "scorer/broken.py").write_text("def handle(:\n")
    assert bytecode.main(str(tree), "/var/task") == 1
    assert "/var/task/scorer/broken.py does not compile: " in capsys.readouterr().err
    assert bytecode.main(str(tree), "/var/task", "--lenient") == 0
    assert capsys.readouterr().err == ""


@pytest.fixture
def task_root(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tree))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tree


def test_handlers_that_import_pass(task_root: Path, tmp_path: Path) -> None:
    (task_root / "fine.py").write_text("def handle(event, context): ...\n")
    (tmp_path / "handlers").write_text("fine.handle\n")
    assert imports.main(str(tmp_path / "handlers")) == 0


def test_every_handler_that_does_not_import_is_named_with_its_cause(
    task_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (task_root / "lacks.py").write_text("x = 1\nimport no_such_module\n")
    (task_root / "leaves.py").write_text("raise SystemExit(0)\n")
    (task_root / "other.py").write_text("handle = 'not a function'\n")
    (tmp_path / "handlers").write_text("lacks.handle\nleaves.handle\nother.handle\nnowhere.handle\n")
    assert imports.main(str(tmp_path / "handlers")) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == (
        "handler lacks.handle does not import: ModuleNotFoundError: No module named 'no_such_module' "
        f"({task_root}/lacks.py, line 2)"
    )
    assert lines[1].startswith("handler leaves.handle does not import: SystemExit: 0")
    assert lines[2] == "handler other.handle does not import: other has no function handle"
    assert lines[3].startswith("handler nowhere.handle does not import: ModuleNotFoundError: No module named 'nowhere'")
