"""Wraps what is staged as a zip or a layer: packs of its packages, its sources, one archive."""

import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from lockage.build import stage
from lockage.build.archive import Entry, entry, write
from lockage.build.budget import File, hold_archive_budget, within_archive_budget
from lockage.build.image import Workshop
from lockage.build.packages import Target
from lockage.build.packs import Pack
from lockage.build.runtime import Runtime
from lockage.model.artifact import LayerArtifact, ZipArtifact
from lockage.model.ids import Digest
from lockage.plan.archive import ArchiveRecipe
from lockage.plan.decide import Step


def build_archive(step: Step, recipe: ArchiveRecipe, shop: Workshop) -> ZipArtifact | LayerArtifact:
    """Build a zip or layer into ``dist/<name>``; nothing is left there if it fails.

    Raises:
        BuildFailed: its packages do not compile, or it is over its budget.
        DependencyError: a wheel cannot be had as locked.
        ArchiveError: it cannot become an archive.
        ChangedSincePlan: a file's bytes are not those that the plan hashed.
    """
    packs = _packages(recipe, shop)
    folder = shop.dist.beside(step.name)
    try:
        entries = [*_under(recipe.prefix, packs), *_sources(recipe, shop)]
        unpacked = hold_archive_budget(recipe, ((one.path, one.size) for one in entries), _layers(recipe, shop))
        digest, size = write(folder / "archive.zip", entries)
        artifact = _describe(step, recipe, digest, size, unpacked)
        shop.dist.write_artifact(folder, artifact)
        shop.dist.replace(step.name, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return artifact


def weigh_archive(recipe: ArchiveRecipe, shop: Workshop) -> None:
    """Hold an archive that stands, with its layers, to its budget.

    What each weighs was written down when it was built; only what is over is opened, to say what weighs so much.

    Raises:
        OverBudget: they weigh more.
    """
    standing = (shop.dist.read_artifact(name) for name in (recipe.name, *recipe.layers))
    if not within_archive_budget(recipe, sum(one.unpacked for one in standing)):
        hold_archive_budget(recipe, _files(shop.dist.archive(recipe.name)), _layers(recipe, shop))


def _layers(recipe: ArchiveRecipe, shop: Workshop) -> dict[str, list[File]]:
    """What is in the layers that a zip runs with: every plan has them before it."""
    return {name: _files(shop.dist.archive(name)) for name in recipe.layers}


def _files(archive: Path) -> list[File]:
    with zipfile.ZipFile(archive) as opened:
        return [(one.filename, one.file_size) for one in opened.infolist()]


def _packages(recipe: ArchiveRecipe, shop: Workshop) -> list[Pack]:
    if recipe.lock is None:
        return []
    wanted = stage.packages(shop.root, recipe.lock)
    target = Target(python=recipe.python, platform=recipe.platform, compiler=recipe.base.digest)
    with shop.console.step(f"packages of {recipe.name}") as progress:
        packs, made = shop.packages.packs(wanted, target, Runtime(recipe.base, shop.buildx, shop.bases, shop.console))
        if made:
            progress.made(f"{made} of {len(wanted)} fetched, compiled and compressed")
        else:
            progress.reused("every one was prepared before")
    return packs


def _under(prefix: str, packs: Iterable[Pack]) -> Iterator[Entry]:
    for pack in packs:
        yield from (one._replace(path=prefix + one.path) for one in pack.entries) if prefix else pack.entries


def _sources(recipe: ArchiveRecipe, shop: Workshop) -> Iterator[Entry]:
    """Own sources, without bytecode: it would cost a container's start at every edit."""
    for one in stage.source_files(shop.root, recipe.sources):
        yield entry(recipe.prefix + one.path, one.content, executable=one.executable)


def _describe(
    step: Step, recipe: ArchiveRecipe, digest: Digest, size: int, unpacked: int
) -> ZipArtifact | LayerArtifact:
    made = ZipArtifact(
        name=recipe.name,
        digest=digest,
        fingerprint=step.fingerprint,
        platform=recipe.platform,
        runtime=recipe.runtime,
        size=size,
        unpacked=unpacked,
        inputs=step.inputs,
        layers=recipe.layers,
    )
    if recipe.kind == "zip":
        return made
    shared = {name: getattr(made, name) for name in LayerArtifact.__struct_fields__}
    return LayerArtifact(**shared)
