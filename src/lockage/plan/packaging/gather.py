"""Reads a function's figures: sizes from ``dist/``, changes from git; what others measure comes as plain numbers."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path

import msgspec

from lockage.config.schema import Project
from lockage.model.artifact import Artifact
from lockage.model.dist import DistDir
from lockage.model.packaging import Facts, Measured, Measurements, Packaging
from lockage.oci import layout
from lockage.oci.weigh import bytes_below
from lockage.plan.packaging.compare import percentile
from lockage.plan.packaging.parts import Parts, code_sharers, lock_sharers, parts
from lockage.plan.packaging.rules import PER_DAYS
from lockage.tools.git import Git

TASK_ROOT = "/var/task"


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """What inspection tells of what a function runs from; None is *not measured*."""

    glibc: int | None = None
    """As of :class:`~lockage.model.packaging.Facts`."""
    glibc_offered: int
    native_objects: int | None = None
    packages: int | None = None
    os_packages: int | None = None


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """A function's facts, and what has to be built before more of them can be told."""

    facts: Facts
    unbuilt: tuple[str, ...]
    """Artifacts that ``dist/`` does not hold."""
    standing: Measured
    """The declared packaging, as far as it stands in ``dist/``."""


def gather(
    function: str, project: Project, root: Path, now: datetime, inspected: Inspected, measurements: Measurements | None
) -> Gathered:
    """Gather the facts of one function.

    Args:
        function: one that the project names.
        project: all of ``lockage.yaml``, without mistakes.
        root: the project's folder, with ``dist/`` in it.
        now: with its time zone; changes are counted back from here.
        inspected: what inspection tells of its artifacts.
        measurements: what was measured of it in several packagings, if anything was.

    Raises:
        LayoutError: its image in ``dist/`` is not intact.
    """
    made_of, dist = parts(project, function), DistDir(root / "dist")
    found = {name: dist.find_artifact(name) for name in made_of.artifacts}
    unbuilt = tuple(name for name, artifact in found.items() if artifact is None)
    built = () if unbuilt else tuple(artifact for artifact in found.values() if artifact)
    standing = _standing(made_of, built, inspected)
    archive, image, tools = _archive(measurements, made_of), _measured(measurements, "image"), _tools(built)
    as_image = made_of.declared == "image"
    facts = Facts(
        function=function,
        declared=made_of.declared,
        runtime=made_of.runtime,
        platform=made_of.platform,
        unpacked=_first(_in_task_root(built, dist) if as_image else standing.unpacked, archive.unpacked),
        zipped=_first(None if as_image else standing.size, archive.size),
        image_unpacked=_first(standing.unpacked if as_image else None, image.unpacked),
        layers=_layers(project, function, made_of),
        # A zip has no way to bring anything of a system along, so it does without.
        system_parts=None if as_image and not built else len(tools),
        system_names=tools,
        glibc=inspected.glibc,
        glibc_offered=inspected.glibc_offered,
        code_changes=_changes(root, now, made_of.sources, apart_from=made_of.locks),
        lock_changes=_changes(root, now, made_of.locks),
        cold_start_ms=project.functions[function].cold_start_ms,
        image_start_ms=_p90(image),
        archive_start_ms=_p90(archive),
        code_sharers=code_sharers(project, function),
        lock_sharers=lock_sharers(project, function, lambda path: _content(root / path)),
        packages=inspected.packages,
        os_packages=inspected.os_packages if as_image else image.os_packages,
        native_objects=inspected.native_objects,
    )
    return Gathered(facts=facts, unbuilt=unbuilt, standing=standing)


def _standing(made_of: Parts, built: Sequence[Artifact], inspected: Inspected) -> Measured:
    """An image, or a zip with all its layers; without figures when a part of it is missing."""
    return Measured(
        packaging=made_of.declared,
        size=sum(one.size for one in built) if built else None,
        change=built[0].size if built and made_of.declared != "image" else None,
        unpacked=sum(one.unpacked for one in built) if built else None,
        packages=inspected.packages,
        os_packages=inspected.os_packages,
    )


def _in_task_root(built: Sequence[Artifact], dist: DistDir) -> int | None:
    """What an image's function would weigh as a zip."""
    below = [bytes_below(layout.read(dist.layout(image.name)), TASK_ROOT) for image in built]
    return sum(below) if below else None


def _tools(built: Sequence[Artifact]) -> tuple[str, ...]:
    """Locked tools that an image takes in."""
    return tuple(entry.name for artifact in built for entry in artifact.inputs if entry.kind == "tool")


def _layers(project: Project, function: str, made_of: Parts) -> int:
    """As declared; else one for its lock, and one for code that it shares."""
    if made_of.declared == "layers":
        return len(made_of.artifacts) - 1
    return bool(made_of.locks) + (code_sharers(project, function) > 1)


def _changes(root: Path, now: datetime, paths: frozenset[str], apart_from: frozenset[str] = frozenset()) -> int | None:
    """Commits of the last days that touched any of these; a lock that stands among sources is none of them."""
    specs = [*sorted(paths), *(f":(exclude){path}" for path in sorted(apart_from))]
    return Git(root).commits(now - timedelta(days=PER_DAYS), *specs) if paths else 0


def _content(path: Path) -> str:
    """What a lock says; of one that cannot be read, its name."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return str(path)


def _archive(measurements: Measurements | None, made_of: Parts) -> Measured:
    """What was measured of it as a zip: in the way that is declared, else in the other."""
    ways: tuple[Packaging, Packaging] = ("layers", "zip") if made_of.declared == "layers" else ("zip", "layers")
    first, second = (_measured(measurements, way) for way in ways)
    return first if first != Measured(packaging=first.packaging) else second


def _measured(measurements: Measurements | None, packaging: Packaging) -> Measured:
    """Its column; an empty one when there is none."""
    columns = measurements.measured if measurements else ()
    return next((one for one in columns if one.packaging == packaging), Measured(packaging=packaging))


def _p90(measured: Measured) -> int | None:
    found = percentile(measured.cold_starts_ms, 90)
    return None if found is None else ceil(found)


def _first(*figures: int | None) -> int | None:
    return next((figure for figure in figures if figure is not None), None)
