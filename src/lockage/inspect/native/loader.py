"""What the dynamic loader would bind, worked out from facts; pure.

The rules are glibc's (``elf/dl-load.c``): breadth first; a name that is loaded already is not looked for again; RPATH
of the object and of those that brought it in, unless the object has a RUNPATH; ``LD_LIBRARY_PATH``; the object's own
RUNPATH, which nobody inherits; the system's folders. A file of another machine is passed over.
"""

import posixpath
import re
from collections import deque
from collections.abc import Iterator

import msgspec

from lockage.inspect.native.facts import TASK, Elf, Tree
from lockage.inspect.native.paths import LinkLoop, follow
from lockage.inspect.native.systems import System

_VARIABLE = re.compile(r"\$(?:\{(?P<braced>ORIGIN|LIB|PLATFORM)\}|(?P<bare>ORIGIN|LIB|PLATFORM))")


class Bond(msgspec.Struct, frozen=True, kw_only=True):
    """A library that an object needs, and what serves it."""

    user: str
    """Path of the object."""
    name: str
    """As the object writes it."""
    by: Elf | System
    """An object of the artifact, or the system."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What loading one object brings in."""

    entry: str
    bonds: tuple[Bond, ...]
    missing: tuple[tuple[str, str], ...]
    """Object and library, where the loader would give up."""

    @property
    def reached(self) -> frozenset[str]:
        """Paths of the objects it brings in, itself left out."""
        return frozenset(bond.by.path for bond in self.bonds if isinstance(bond.by, Elf)) - {self.entry}


class _Node(msgspec.Struct, frozen=True, kw_only=True):
    elf: Elf
    at: str
    """The path it was found under, links and all: that is what ``$ORIGIN`` means."""
    above: "tuple[_Node, ...]" = ()
    """What brought it in, nearest first."""


class Loader:
    """Glibc's loader in a runtime, over a tree's facts.

    Args:
        tree: the artifact.
        system: the runtime.
        machine: what it runs on, ``x86_64`` or ``aarch64``.
    """

    def __init__(self, tree: Tree, system: System, machine: str) -> None:
        self._tree = tree
        self._system = system
        self._machine = machine

    def load(self, entry: Elf) -> Load:
        """Load one object, as an import or a start would."""
        serving: dict[str, Elf | System] = {entry.soname: entry} if entry.soname else {}
        loaded = {entry.path}
        queue = deque([_Node(elf=entry, at=entry.path)])
        bonds: list[Bond] = []
        missing: list[tuple[str, str]] = []
        while queue:
            node = queue.popleft()
            for name in node.elf.needed:
                if name not in serving:
                    found = self._search(name, node)
                    if found is None:
                        missing.append((node.elf.path, name))
                        continue
                    serving[name] = found if isinstance(found, System) else found.elf
                    if isinstance(found, _Node) and found.elf.path not in loaded:
                        loaded.add(found.elf.path)
                        serving.setdefault(found.elf.soname or name, found.elf)
                        queue.append(found)
                bonds.append(Bond(user=node.elf.path, name=name, by=serving[name]))
        return Load(entry=entry.path, bonds=tuple(bonds), missing=tuple(missing))

    def _search(self, name: str, node: _Node) -> _Node | System | None:
        if "/" in name:
            return self._open(self._expand(name, node), node)
        for folder in self._folders(node):
            if self._system.has(posixpath.normpath(folder), name):
                return self._system
            found = self._open(f"{folder}/{name}", node)
            if found is not None:
                return found
        return None

    def _open(self, path: str, user: _Node) -> _Node | None:
        try:
            elf = self._tree.objects.get(follow(path, self._tree.links))
        except LinkLoop:
            return None
        if elf is None or elf.machine not in ("", self._machine):
            return None
        return _Node(elf=elf, at=path, above=(user, *user.above))

    def _folders(self, node: _Node) -> Iterator[str]:
        if not node.elf.runpath:
            for one in (node, *node.above):
                yield from (self._expand(folder, one) for folder in one.elf.rpath)
        yield from self._system.search
        yield from (self._expand(folder, node) for folder in node.elf.runpath)
        yield from self._system.default

    def _expand(self, written: str, node: _Node) -> str:
        """A folder as the loader reads it; one that is relative, or empty, counts from the working directory."""
        meaning = {"ORIGIN": posixpath.dirname(node.at), "LIB": "lib64", "PLATFORM": self._machine}
        expanded = _VARIABLE.sub(lambda found: meaning[found["braced"] or found["bare"]], written)
        return posixpath.join(TASK, expanded)
