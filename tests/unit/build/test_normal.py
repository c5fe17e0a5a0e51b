import os
import stat
from pathlib import Path

import pytest

from lockage.build.normal import digest, normalise, strip_installer

YEAR_1980 = 315_532_800


def write(tree: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(content)
    return tree


def told(tree: Path) -> dict[str, tuple[int, int]]:
    """Mode and time of everything in a tree, and of the tree."""
    found = {str(path.relative_to(tree)): path.stat() for path in (tree, *tree.rglob("*"))}
    return {name: (stat.S_IMODE(about.st_mode), int(about.st_mtime)) for name, about in found.items()}


def test_who_wrote_a_tree_when_and_with_what_umask_does_not_show(tmp_path: Path) -> None:
    files = {"a/b.py": "one", "a/c/d.txt": "two"}
    usual, old = os.umask(0o077), 0
    try:
        first = write(tmp_path / "first", files)
    finally:
        os.umask(usual)
    os.utime(first / "a/b.py", (old, old))
    second = write(tmp_path / "second", files)
    normalise(first)
    normalise(second)
    assert told(first) == told(second)
    assert told(first)["a/b.py"] == (0o644, YEAR_1980)
    assert digest(first) == digest(second)
    assert told(first)["a/c"] == (0o755, YEAR_1980)


def test_what_may_run_still_may(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", {"run": "#!/bin/sh"})
    (tree / "run").chmod(0o700)
    normalise(tree)
    assert told(tree)["run"][0] == 0o755


@pytest.mark.parametrize(
    "change",
    [
        {"a.py": "two"},
        {"a.py": "one", "b.py": ""},
        {"b.py": "one"},
        {"d/a.py": "one"},
        {"a.py": "", "one": ""},
    ],
)
def test_every_change_is_another_digest(tmp_path: Path, change: dict[str, str]) -> None:
    assert digest(write(tmp_path / "new", change)) != digest(write(tmp_path / "old", {"a.py": "one"}))


def test_what_may_run_is_another_digest(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", {"run": "#!/bin/sh"})
    before = digest(tree)
    (tree / "run").chmod(0o755)
    assert digest(tree) != before


def test_only_the_wheels_own_files_stay(tmp_path: Path) -> None:
    tree = write(
        tmp_path / "tree",
        {
            ".lock": "",
            "bin/jp.py": "#!/home/someone/.venv/bin/python\n",
            "jmespath/__init__.py": "",
            "jmespath/INSTALLER": "a package's own file of that name",
            "jmespath/__pycache__/__init__.cpython-311.pyc": "",
            "jmespath-1.0.dist-info/INSTALLER": "uv",
            "jmespath-1.0.dist-info/REQUESTED": "",
            "jmespath-1.0.dist-info/METADATA": "Name: jmespath\n",
            "jmespath-1.0.dist-info/RECORD": (
                "jmespath/__init__.py,sha256=a,0\n"
                "jmespath/__pycache__/__init__.cpython-311.pyc,,\n"
                "../../bin/jp.py,sha256=b,1\n"
                "bin/jp.py,sha256=b,1\n"
                "jmespath-1.0.dist-info/RECORD,,\n"
                "jmespath-1.0.dist-info/INSTALLER,sha256=c,2\n"
                "jmespath-1.0.dist-info/METADATA,sha256=d,3\n"
            ),
        },
    )
    strip_installer(tree)
    assert sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()) == [
        "jmespath-1.0.dist-info/METADATA",
        "jmespath-1.0.dist-info/RECORD",
        "jmespath/INSTALLER",
        "jmespath/__init__.py",
    ]
    assert (tree / "jmespath-1.0.dist-info/RECORD").read_text() == (
        "jmespath-1.0.dist-info/METADATA,sha256=d,3\njmespath-1.0.dist-info/RECORD,,\njmespath/__init__.py,sha256=a,0\n"
    )


@pytest.mark.parametrize("name", ['"odd,name.py",sha256=a,1', "plain.py,sha256=a,1"])
def test_a_record_may_quote_names(tmp_path: Path, name: str) -> None:
    path = name.rsplit(",", 2)[0].strip('"')
    tree = write(tmp_path / "tree", {path: "", "x-1.dist-info/RECORD": f"{name}\n"})
    strip_installer(tree)
    assert (tree / "x-1.dist-info/RECORD").read_text() == f"{name}\n"
