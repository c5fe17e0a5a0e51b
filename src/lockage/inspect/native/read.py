"""Trees on this machine, read into facts: the one part of the native-code check that has effects."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from email.parser import HeaderParser
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import IO, cast

from packaging.tags import parse_tag

from lockage.inspect.native.elf import MAGIC, read_elf
from lockage.inspect.native.facts import Elf, Root, Tree, Wheel

_NAMED_AS_ELF = re.compile(r"\.so(\.[0-9]+)*$")
_WHEEL = re.compile(r"\.dist-info/WHEEL$")


def matters(path: str, begins: bytes) -> bool:
    """Whether a file can say anything about native code: of all others only their number is told.

    Args:
        path: the file's, anywhere.
        begins: its first bytes, four at least where it has them.
    """
    return begins.startswith(MAGIC) or any(one.search(path) for one in (_NAMED_AS_ELF, _WHEEL))


class _Found:
    """What a walk has gathered so far, by path as the function sees it."""

    def __init__(self) -> None:
        self.files: dict[str, Path] = {}
        self.links: dict[str, str] = {}
        self.unread: dict[str, str] = {}

    def put(self, seen: str, entry: os.DirEntry[str]) -> None:
        """Note a file or a link; a later root's takes the place of an earlier one's."""
        self.files.pop(seen, None)
        self.links.pop(seen, None)
        if entry.is_symlink():
            self.links[seen] = _printable(str(Path(entry.path).readlink()))
        elif entry.is_file(follow_symlinks=False):
            self.files[seen] = Path(entry.path)


def read_tree(roots: Sequence[Root]) -> Tree:
    """Everything about native code in these trees, merged in this order as Lambda merges layers.

    Never raises for what is in a tree: what cannot be read is a fact too.
    """
    found = _Found()
    for root in roots:
        _walk(root, found)
    objects, misnamed = {}, []
    for seen, path in sorted(found.files.items()):
        one = _look(seen, path, found)
        if one is not None:
            objects[seen] = one
        elif _NAMED_AS_ELF.search(seen) and seen not in found.unread:
            misnamed.append(seen)
    return Tree(
        mounts=tuple(dict.fromkeys(root.mount for root in roots)),
        files=len(found.files),
        objects=objects,
        links=found.links,
        wheels=tuple(_wheels(found)),
        misnamed=tuple(misnamed),
        unread=found.unread,
    )


def _walk(root: Root, found: _Found) -> None:
    folders = [(str(root.path), root.mount)]
    while folders:
        folder, seen = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            found.unread[seen] = str(error.strerror)
            continue
        for entry in entries:
            inside = f"{seen}/{_printable(entry.name)}"
            if entry.is_dir(follow_symlinks=False):
                folders.append((entry.path, inside))
            else:
                found.put(inside, entry)


def _look(seen: str, path: Path, found: _Found) -> Elf | None:
    """The object's facts; nothing where the file is not ELF."""
    try:
        with path.open("rb", buffering=0) as file:
            if file.read(len(MAGIC)) != MAGIC:
                return None
            with mmap(file.fileno(), 0, access=ACCESS_READ) as content:
                return read_elf(seen, cast("IO[bytes]", content))
    except OSError as error:
        found.unread[seen] = str(error.strerror)
        return None


def _wheels(found: _Found) -> Iterator[Wheel]:
    for seen, path in sorted(found.files.items()):
        if _WHEEL.search(seen) and seen not in found.unread:
            written = HeaderParser().parsestr(path.read_text(encoding="utf-8", errors="replace"))
            yield Wheel(path=seen, tags=tuple(_spelled_out(written.get_all("Tag", []))))


def _spelled_out(tags: Iterable[str]) -> Iterator[str]:
    for tag in tags:
        with suppress(ValueError):  # what is no tag names nothing that runs it
            yield from sorted(map(str, parse_tag(tag)))


def _printable(name: str) -> str:
    """A name as UTF-8, whatever bytes it has."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
