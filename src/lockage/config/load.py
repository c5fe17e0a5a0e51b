"""Configuration files to frozen values; every mistake at once, each with its line."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from lockage.config import files as named
from lockage.config import meaning
from lockage.config.document import Document, parse
from lockage.config.mistakes import ConfigError, Mistake
from lockage.config.schema import Local, Project
from lockage.errors import UsageError

T = TypeVar("T")

LOCAL_NAME = "lockage.local.yaml"


def load_project(path: Path, *, files: bool = True) -> Project:
    """Read ``lockage.yaml``; paths in it are relative to its folder.

    Args:
        path: the project file.
        files: whether the files it names must be there; what only moves aliases does not need them.

    Raises:
        UsageError: there is no such file.
        ConfigError: it has mistakes, all of which are named.
    """
    project, document = _read(path, Project)
    meaning.check(project, document)
    if files:
        named.check(project, document, path.parent)
    _stop_at_mistakes(path, document)
    return project


def load_local(project_path: Path) -> Local:
    """Read the machine's own configuration: beside the project file, else the user's; defaults when there is none.

    Raises:
        ConfigError: the file has mistakes, all of which are named.
    """
    beside = project_path.parent / LOCAL_NAME
    for path in (beside, _user_folder() / "lockage" / "local.yaml"):
        if path.is_file():
            return load(path, Local)
    return Local()


def load(path: Path, type_: type[T], check: Callable[[T, Document], None] | None = None) -> T:
    """Read any YAML file that has a declared type.

    Args:
        path: the file.
        type_: its declared type.
        check: records mistakes of meaning in the document; sees stand-ins where the shape is wrong.

    Raises:
        UsageError: there is no such file.
        ConfigError: it has mistakes, all of which are named.
    """
    value, document = _read(path, type_)
    if check is not None:
        check(value, document)
    _stop_at_mistakes(path, document)
    return value


def _user_folder() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _read(path: Path, type_: type[T]) -> tuple[T, Document]:
    """The file's value, and its document with the mistakes of shape; a text that cannot be read raises at once."""
    document = parse(_content(path))
    _stop_at_mistakes(path, document)
    try:
        value = msgspec.convert(document.data, type_)
    except msgspec.ValidationError as error:
        value = _salvage(document, type_, str(error))
    return value, document


def _salvage(document: Document, type_: type[T], first: str) -> T:
    """All mistakes of shape; at the very least the one that stopped the conversion."""
    from lockage.config import shape  # noqa: PLC0415 - only needed when there is a mistake

    value: T = shape.salvage(document, type_)
    if not document.mistakes:
        document.mistakes.append(Mistake(line=0, key="", problem=first))
    return value


def _stop_at_mistakes(path: Path, document: Document) -> None:
    if document.mistakes:
        raise ConfigError(str(path), document.mistakes)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(
            f"{path} does not exist",
            why="every verb starts from the project's configuration file",
            remedy="run in the project's folder, or name the file with --project",
        ) from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read",
            why=f"{type(error).__name__}: {error.strerror}",
            remedy="make it a readable file",
        ) from error
