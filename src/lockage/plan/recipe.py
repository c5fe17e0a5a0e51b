"""Everything that goes into one image, gathered and not yet decided upon."""

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from lockage.model.artifact import Input
from lockage.model.ids import Fingerprint
from lockage.model.tool import Source, UsedTool
from lockage.plan.dockerfile import Dockerfile
from lockage.tools.git import TreeFile
from lockage.tools.index import Index

STAGING = "3"
"""Version of how trees are staged and built; to be raised when equal inputs would give other bytes."""


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """A folder's files by content."""

    path: str
    files: tuple[TreeFile, ...]

    @property
    def digest(self) -> str:
        """``sha256:…`` over names, modes and contents; the folder's own place does not count."""
        lines = [f"{file.mode} {file.blob} {self.inside(file)}\0" for file in self.files]  # names can hold a newline
        return sha256("".join(lines).encode())

    def inside(self, file: TreeFile) -> str:
        """A file's path below the folder."""
        return str(PurePosixPath(file.path).relative_to(self.path))


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """A requirements lock that holds what it should."""

    path: str
    digest: str
    indexes: Mapping[str, Index] = {}
    """Package → the index that it comes from; of all others that is the default one."""
    from_source: "FromSource | None" = None

    @property
    def paths(self) -> tuple[str, ...]:
        """Of all locks that are read: its own, and that of what builds from source."""
        return (self.path, *(self.from_source.lock.paths if self.from_source else ()))


class FromSource(msgspec.Struct, frozen=True, kw_only=True):
    """What of a lock is built from sdists."""

    packages: tuple[str, ...]
    lock: Lock
    """Of what builds them."""
    script: str
    """Digest of the script that builds there."""

    def inputs(self) -> list[Input]:
        """All that decides what comes of an sdist, the lock that names it aside."""
        return [
            Input(kind="option", name="from source", digest=" ".join(sorted(self.packages))),
            Input(kind="option", name=f"built with {self.lock.path}", digest=self.lock.digest),
            Input(kind="stage", name="sdists", digest=self.script),
            *_indexes(self.lock),
        ]


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """An image from outside the project."""

    reference: str
    """As the Dockerfile names it, by digest."""
    context: str = ""
    """What takes its place on this machine, by digest; empty for the original."""
    digest: str

    @property
    def second_source(self) -> str:
        """Why it is not the original; empty when it is."""
        return f"{self.context} stands in for {self.reference}" if self.context else ""


class ToolUse(msgspec.Struct, frozen=True, kw_only=True):
    """A locked tool that an image takes in."""

    name: str
    version: str
    source: Source
    path: Path
    digest: str
    second_source: str


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What one image is made of."""

    name: str
    dockerfile: Dockerfile
    dockerfile_digest: str
    folder: Tree | None
    """What else stands beside the Dockerfile: the main context."""
    sources: tuple[Tree, ...]
    handlers: tuple[str, ...]
    lock: Lock | None
    scripts: str
    """Digest of Lockage's own scripts for the build."""
    bases: tuple[Base, ...]
    interpreter: Base | None
    """The image from outside that it rests on in the end: its Python compiles packages. None for one from scratch."""
    tools: tuple[ToolUse, ...]
    upon: tuple[str, ...]
    """Images of this project that it is built upon."""
    python: str
    platform: str
    budget_mb: int


def inputs(recipe: Recipe, builder: str, upon: dict[str, tuple[Fingerprint, tuple[Input, ...]]]) -> tuple[Input, ...]:
    """All that goes into an image.

    Args:
        recipe: the image's.
        builder: what builds it, exactly.
        upon: for every image of the project it is built upon, that one's fingerprint and inputs.
    """
    uses = recipe.dockerfile.places
    found = [
        Input(kind="dockerfile", name=recipe.dockerfile.path, digest=recipe.dockerfile_digest),
        Input(kind="builder", name="buildkit", digest=builder),
        Input(kind="option", name="platform", digest=recipe.platform),
        Input(kind="option", name="staging", digest=STAGING),
    ]
    found += [base_input(base) for base in recipe.bases]
    found += [_own_base(name, *upon[name]) for name in recipe.upon]
    found += [_tool_input(tool) for tool in recipe.tools]
    if recipe.folder:
        found.append(Input(kind="source", name=recipe.folder.path, digest=recipe.folder.digest))
    if recipe.lock and "dependencies" in uses:
        found += lock_inputs(recipe.lock)
        found.append(Input(kind="option", name="python", digest=recipe.python))
    found += [Input(kind="source", name=tree.path, digest=tree.digest) for tree in recipe.sources]
    if "lockage" in uses:
        found.append(Input(kind="stage", name="lockage", digest=recipe.scripts))
    if "checks" in uses:
        found.append(Input(kind="option", name="handlers", digest=" ".join(recipe.handlers)))
    return tuple(found)


def lock_inputs(lock: Lock) -> list[Input]:
    """What a lock brings into an artifact.

    A named index counts beside the hashes: of the files that a lock names for a version it says which are there, and
    so which of them is taken. The default index is this machine's to say; it stands for one that has all of them.
    """
    source = lock.from_source.inputs() if lock.from_source else []
    found = [Input(kind="requirements", name=lock.path, digest=lock.digest), *_indexes(lock), *source]
    return list({(one.kind, one.name): one for one in found}.values())


def _indexes(lock: Lock) -> list[Input]:
    return [
        Input(kind="option", name=f"index of {package}", digest=index.url)
        for package, index in sorted(lock.indexes.items())
    ]


def base_input(base: Base) -> Input:
    """An image from outside."""
    return Input(kind="base", name=base.reference, digest=base.digest, second_source=base.second_source)


def fingerprint(found: tuple[Input, ...]) -> Fingerprint:
    """Over all inputs, whatever their order."""
    content: list[Any] = sorted((i.kind, i.name, i.digest, i.second_source) for i in found)
    return Fingerprint(sha256(msgspec.json.encode(content)))


def sha256(content: bytes) -> str:
    """``sha256:…`` of some bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _tool_input(tool: ToolUse) -> Input:
    used = UsedTool(
        name=tool.name, version=tool.version, source=tool.source, sha256=tool.digest.removeprefix("sha256:")
    )
    return Input(
        kind="tool",
        name=f"{tool.name} {tool.version}",
        digest=tool.digest,
        second_source=tool.second_source,
        tool=used,
    )


def _own_base(name: str, made_from: Fingerprint, its: tuple[Input, ...]) -> Input:
    """An image of the project counts by its fingerprint, and hands on that it rests on a second source."""
    return Input(
        kind="base",
        name=name,
        digest=made_from,
        second_source="; ".join(i.second_source for i in its if i.second_source),
    )
