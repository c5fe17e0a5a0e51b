"""What a function runs from, as ``lockage.yaml`` says: artifacts, sources, locks, and who shares them; pure."""

from collections.abc import Callable

import msgspec

from lockage.config.schema import Image, Layer, Platform, Project, Zip
from lockage.model.packaging import Packaging


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Of one function."""

    declared: Packaging
    artifacts: tuple[str, ...]
    """Its image; or its zip, then the layers of it."""
    sources: frozenset[str]
    locks: frozenset[str]
    runtime: str
    """Such as ``python3.13``; an image's is that of the Python in it."""
    platform: Platform


def parts(project: Project, function: str) -> Parts:
    """What a function runs from.

    Args:
        project: all of ``lockage.yaml``, without mistakes.
        function: one that it names.
    """
    declared = project.functions[function]
    if declared.zip is None:
        image = project.images[str(declared.image)]
        return _parts("image", [(str(declared.image), image)], f"python{image.python}", image.platform)
    zip_ = project.zips[declared.zip]
    layers = [(name, project.layers[name]) for name in zip_.layers]
    return _parts("layers" if layers else "zip", [(declared.zip, zip_), *layers], zip_.runtime, zip_.platform)


def code_sharers(project: Project, function: str) -> int:
    """Functions that have a source folder in common with this one, itself included."""
    ours = parts(project, function).sources
    return sum(1 for other in project.functions if other == function or ours & parts(project, other).sources)


def lock_sharers(project: Project, function: str, content: Callable[[str], str]) -> int:
    """Functions that have a lock of the same content as this one, itself included; 0 when it has none.

    Args:
        project: all of ``lockage.yaml``, without mistakes.
        function: one that it names.
        content: what identifies a lock's content, by its path.
    """
    ours = {content(lock) for lock in parts(project, function).locks}
    theirs = ({content(lock) for lock in parts(project, other).locks} for other in project.functions)
    return sum(1 for locks in theirs if ours & locks)


def _parts(
    declared: Packaging, made_of: list[tuple[str, Image | Zip | Layer]], runtime: str, platform: Platform
) -> Parts:
    return Parts(
        declared=declared,
        artifacts=tuple(name for name, _ in made_of),
        sources=frozenset(source for _, one in made_of for source in one.sources),
        locks=frozenset(one.requirements for _, one in made_of if one.requirements),
        runtime=runtime,
        platform=platform,
    )
