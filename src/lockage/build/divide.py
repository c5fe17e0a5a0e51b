"""Parts what was installed together into a folder a package, as each one's ``RECORD`` says.

A record is its publisher's word: what it names is looked for below the folder of packages, and nowhere else.
https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lockage.build.archive import two_called
from lockage.plan.requirements import normalised
from lockage.tools.buildx import BuildFailed

_SHOWN = 5


class _Recorded(NamedTuple):
    path: str
    hashed: str
    """Empty where the record does not say."""
    package: str


def divide(tree: Path, folders: Mapping[tuple[str, str], str], into: Path) -> None:
    """Part what was installed together.

    Args:
        tree: where packages were installed.
        folders: normalised name and version → the folder's name.
        into: takes the folders; made.

    Raises:
        BuildFailed: a file belongs to no package, is no plain file, or a package was not asked for.
        ArchiveError: two packages bring different files of one name, of which only one can be there.
    """
    into.mkdir()
    for name in folders.values():
        (into / name).mkdir()
    files, seen = _files(tree), dict[str, _Recorded]()
    for record in sorted(tree.glob("*.dist-info/RECORD")):
        for file in _recorded(record):
            _hold_alone(seen.setdefault(file.path, file), file)
            target = into / _folder(record, folders) / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                os.link(_recorded_file(tree, file, files), target)
    left = [path for path in files if str(path.relative_to(tree)) not in seen]
    if left:
        raise _unexpected(f"files that belong to no package: {_named(tree, left)}")


def called(folder: str) -> tuple[str, str]:
    """Normalised name and version of the package whose metadata is in a folder of this name."""
    name, _, version = folder.removesuffix(".dist-info").rpartition("-")
    return normalised(name), version


def _files(tree: Path) -> dict[Path, Path]:
    """All files of a tree as plain ones: a link to one of them stands for that one, for a zip holds no links safely."""
    paths = list(tree.rglob("*"))
    links = {path: _end(path, tree.resolve()) for path in paths if path.is_symlink()}
    astray = [path for path, end in links.items() if end is None]
    if astray:
        raise _unexpected(f"links that lead in a circle, out of the packages or to no file: {_named(tree, astray)}")
    return {path: links.get(path) or path for path in paths if path.is_file()}


def _end(link: Path, tree: Path) -> Path | None:
    """The file that a link leads to; None if there is none in the tree."""
    try:
        end = link.resolve(strict=True)
    except (OSError, RuntimeError):  # nothing is there, or it leads in a circle: which is raised depends on the Python
        return None
    return end if end.is_file() and end.is_relative_to(tree) else None


def _folder(record: Path, folders: Mapping[tuple[str, str], str]) -> str:
    package = called(record.parent.name)
    if package not in folders:
        raise _unexpected(f"{' '.join(package)} was installed, and the lock does not name it")
    return folders[package]


def _recorded(record: Path) -> Iterator[_Recorded]:
    package = record.parent.name.removesuffix(".dist-info")
    for row in csv.reader(io.StringIO(record.read_text(encoding="utf-8"))):
        if row:
            path = PurePosixPath(row[0])
            if path.is_absolute() or ".." in path.parts:
                raise _unexpected(f"{package} records {row[0]}, which leads out of the folder of packages")
            yield _Recorded(path=str(path), hashed=row[1] if len(row) > 1 else "", package=package)


def _recorded_file(tree: Path, file: _Recorded, files: Mapping[Path, Path]) -> Path:
    if tree / file.path not in files:
        raise _unexpected(f"{file.package} records {file.path}, which is not there")
    return files[tree / file.path]


def _hold_alone(one: _Recorded, other: _Recorded) -> None:
    """What is there of a file that two packages bring is an accident, unless it is the same for both."""
    if one.package != other.package and (one.hashed != other.hashed or not one.hashed):
        raise two_called(one.path, f"{one.package} and {other.package} bring it with different contents")


def _named(tree: Path, paths: Iterable[Path]) -> str:
    return ", ".join(sorted(str(path.relative_to(tree)) for path in paths)[:_SHOWN])


def _unexpected(why: str) -> BuildFailed:
    return BuildFailed(
        "the installed packages are not what the lock names",
        why=why,
        remedy="lock again; if it stays so, one of the wheels is malformed: use another version of it",
    )
