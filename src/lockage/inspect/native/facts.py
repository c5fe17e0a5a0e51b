"""What is in an artifact's trees, as far as native code is concerned: plain values, nothing judged."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

TASK = "/var/task"
"""Where Lambda unpacks a function's archive."""
LAYERS = "/opt"
"""Where Lambda unpacks layers, one over the other."""
ROOT = ""
"""Of an image, all of whose file system is its own."""

Form = Literal["library", "program", "other"]
"""A program has an interpreter or a fixed address. ``other`` is never loaded: a relocatable object, a core."""


class Root(msgspec.Struct, frozen=True):
    """A tree on this machine, and where the function will see it."""

    path: Path
    """Of the staged tree, or of an unpacked archive."""
    mount: str = TASK
    """``/var/task`` for a function's own tree, ``/opt`` for a layer's, empty for an image's whole file system."""


class Elf(msgspec.Struct, frozen=True, kw_only=True):
    """One ELF object, as its own headers describe it."""

    path: str
    """Where the function sees it."""
    machine: str = ""
    """``x86_64`` or ``aarch64``; else the header's own word, such as ``EM_386 (32-bit)``; empty where not even
    that could be read."""
    isa: str = ""
    """The instruction set it says it needs, such as ``x86_64_v3``; the machine's name if it says nothing."""
    form: Form = "other"
    interpreter: str = ""
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    """Folders as written, ``$ORIGIN`` and all; empty where a RUNPATH stands beside it, which makes it void."""
    runpath: tuple[str, ...] = ()
    requires: tuple[tuple[str, str], ...] = ()
    """Symbol versions by library: ``("libc.so.6", "GLIBC_2.17")``."""
    defines: frozenset[str] = frozenset()
    """Symbol versions it offers; empty when it offers none, which suits everybody."""
    trouble: str = ""
    """Why not all of it could be read; empty when it could."""


class Wheel(msgspec.Struct, frozen=True, kw_only=True):
    """What a ``WHEEL`` file says its distribution was built for."""

    path: str
    """Of the file, where the function sees it."""
    tags: tuple[str, ...]
    """Such as ``cp313-cp313-manylinux_2_17_x86_64``."""


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """All trees of a function, merged as Lambda merges them."""

    mounts: tuple[str, ...]
    files: int
    """Regular files seen, native or not."""
    objects: Mapping[str, Elf]
    """By path."""
    links: Mapping[str, str]
    """Symbolic links: path to what is written in it."""
    wheels: tuple[Wheel, ...]
    misnamed: tuple[str, ...]
    """Files with the name of a shared object that are not ELF."""
    unread: Mapping[str, str]
    """Files and folders that could not be read at all: path to reason."""
