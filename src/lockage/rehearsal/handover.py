"""What one release leaves behind in an environment, and how an earlier one must read it after a rollback.

A project declares this as data in ``tests/rehearsal/handover.yaml``; without the file nothing is handed over. Texts may
hold ``${version.FUNCTION}``: the version that the function's alias serves at that moment.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from lockage.errors import UsageError

FILE = "handover.yaml"

_VERSION = re.compile(r"\$\{version\.([a-z][a-z0-9-]*)\}")


class Invoke(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="ask", tag="invoke"):
    """A function, asked through its alias."""

    function: str
    event: Any
    answers: Any
    """What its answer must contain."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="ask", tag="row"):
    """A row of a table."""

    table: str
    key: str
    has: dict[str, Any]
    """What it must contain."""


Fact = Invoke | Row


class Handover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    version: Literal[1] = 1
    hold: tuple[str, ...] = ()
    """Queues whose messages wait from before the facts are written until after the rollback."""
    writes: tuple[Fact, ...] = ()
    reads: tuple[Fact, ...] = ()


def read(path: Path) -> Handover | None:
    """The declared handover, or None when a project has none.

    Raises:
        UsageError: the file does not read as one.
    """
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=Handover)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{path} does not read as a handover",
            why=str(error),
            remedy="see docs/explanation/rehearsal.md for its form",
        ) from error


def resolve(value: Any, version: Callable[[str], str]) -> Any:  # noqa: ANN401 - any JSON value
    """The value with every ``${version.FUNCTION}`` replaced."""
    if isinstance(value, str):
        return _VERSION.sub(lambda match: version(match[1]), value)
    if isinstance(value, dict):
        return {key: resolve(inner, version) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolve(inner, version) for inner in value]
    return value


def missing(wanted: Any, found: Any, where: str = "") -> list[str]:  # noqa: ANN401 - any JSON values
    """What of the wanted value the found one does not contain; objects may hold more than is wanted."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            said
            for key, inner in wanted.items()
            for said in missing(inner, found.get(key), f"{where}.{key}".strip("."))
        ]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = enumerate(zip(wanted, found, strict=True))
        return [said for number, (want, have) in pairs for said in missing(want, have, f"{where}[{number}]")]
    return [] if wanted == found else [f"{where or 'the answer'} is {found!r}, not {wanted!r}"]
