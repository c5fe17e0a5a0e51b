"""Builds one image: stages its contexts, lets BuildKit write an OCI layout, and describes what came of it."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from lockage.build import stage
from lockage.build.bases import Bases, Ground
from lockage.build.budget import hold_budget
from lockage.build.normal import digest
from lockage.build.packages import Packages, Target, key, went_in
from lockage.build.packs import Pack
from lockage.build.runtime import Runtime
from lockage.console import Console
from lockage.model.artifact import ImageArtifact, Layer, Package
from lockage.model.dist import DistDir, write
from lockage.oci import layout
from lockage.oci.weigh import newest
from lockage.plan.decide import Step
from lockage.plan.recipe import Base, Lock, Recipe, sha256
from lockage.tools.buildx import Build, BuildFailed, Buildx, disk_full
from lockage.tools.locked import Locked
from lockage.tools.uv import Uv


class Workshop(msgspec.Struct, frozen=True, kw_only=True):
    """What building takes."""

    root: Path
    """The project's folder."""
    dist: DistDir
    cache: Path
    """The per-user cache."""
    buildx: Buildx
    bases: Bases
    uv: Uv
    tools: Locked
    console: Console
    packages: Packages
    use_cache: bool = True
    """Whether BuildKit may reuse what it has built before."""


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """What BuildKit is given to read: copies, whose bytes are those that the plan hashed."""

    dockerfile: Path
    main: Path
    """The main context."""
    named: dict[str, str]
    """Named contexts, for every place of the Dockerfile and for images that a mirror takes the place of."""
    packages: tuple[Package, ...]
    """What the lock brings in."""


def build_image(step: Step, recipe: Recipe, shop: Workshop) -> ImageArtifact:
    """Build an image into ``dist/<name>``; nothing is left there if it fails.

    Raises:
        BuildFailed: a step of the Dockerfile failed, the image is over its budget, or the disk is full.
        DependencyError: a wheel cannot be had as locked.
        ChangedSincePlan: a file's bytes are not those that the plan hashed.
    """
    with _no_space_left(step.name), tempfile.TemporaryDirectory() as work:
        staged = _stage(recipe, shop, Path(work))
        folder = shop.dist.beside(step.name)
        try:
            artifact = _build(step, recipe, shop, staged, folder)
            shop.dist.write_artifact(folder, artifact)
            shop.dist.replace(step.name, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return artifact


def _stage(recipe: Recipe, shop: Workshop, work: Path) -> Staged:
    places = recipe.dockerfile.places
    dockerfile = stage.stage_dockerfile(shop.root, recipe, work / "dockerfile")
    stage.stage_folder(shop.root, recipe.folder, work / "main")
    stage.stage_sources(shop.root, recipe, work / "sources", work / "checks")
    stage.stage_scripts(work / "lockage")
    found: dict[str, str] = {name: str(work / name) for name in ("sources", "checks", "lockage") if name in places}
    packages: tuple[Package, ...] = ()
    if recipe.lock and "dependencies" in places:
        packed = packed_lock(recipe, recipe.lock, shop)
        found["dependencies"] = packed.context
        packages = went_in(stage.packages(shop.root, recipe.lock), stage.records(packed))
    for tool in recipe.tools:
        found[tool.name] = stage.stage_tool(tool, shop.tools.path(tool.name).path, recipe, shop.cache).context
    for name in recipe.upon:
        found[name] = shop.bases.context(shop.dist.read_artifact(name), shop.dist.layout(name))
    mirrors = {base.reference: shop.bases.place_of(base) for base in recipe.bases if base.context}
    main = _keyed(work / "main", {**found, "Dockerfile": str(dockerfile.parent)}, shop)
    return Staged(dockerfile=dockerfile, main=main, named={**found, **mirrors}, packages=packages)


def _keyed(main: Path, found: Mapping[str, str], shop: Workshop) -> Path:
    """Give the main context its name, which is BuildKit's key for what it has received of all contexts.

    It spells out the contents of all of them, for BuildKit itself compares sizes and times only. Without the cache it
    is new, and so is everything that BuildKit reads.
    """
    folders = {"": main, **{name: Path(value) for name, value in found.items() if Path(value).is_dir()}}
    contents = [(name, digest(folder)) for name, folder in sorted(folders.items())]
    key = sha256(msgspec.json.encode(contents)).partition(":")[2] if shop.use_cache else main.parent.name
    return main.rename(main.with_name(f"lockage-{key}"))


def packed_lock(recipe: Recipe, lock: Lock, shop: Workshop) -> stage.Packed:
    """A lock's packages with bytecode by the image's own Python, as a build context.

    Raises:
        DependencyError: a wheel cannot be had as locked.
        BuildFailed: nothing can compile them, or what should failed.
    """
    base, packages = _interpreter(recipe), stage.packages(shop.root, lock)
    target = Target(python=recipe.python, platform=recipe.platform, compiler=base.digest)

    def packs() -> Sequence[Pack]:
        return shop.packages.packs(packages, target, Runtime(base, shop.buildx, shop.bases, shop.console))[0]

    with shop.console.step(f"packages of {recipe.name}") as progress:
        found = stage.stage_packages([key(one, target) for one in packages], packs, recipe.platform, shop.cache)
        if found.reused:
            progress.reused("every one was prepared before")
    return found


def _interpreter(recipe: Recipe) -> Base:
    if recipe.interpreter is None:
        raise BuildFailed(
            f"nothing can compile the packages of {recipe.name}",
            why=f"{recipe.dockerfile.path} has a stage called dependencies, and its last stage rests on no image",
            remedy="build it upon an image with Python, or take the stage out",
        )
    return recipe.interpreter


def _build(step: Step, recipe: Recipe, shop: Workshop, staged: Staged, folder: Path) -> ImageArtifact:
    output = folder / "layout"
    own = {name: shop.dist.layout(name) for name in recipe.upon}
    ground = shop.bases.ground(recipe, own)
    if shop.use_cache:
        _seed(output, [*own.values(), shop.dist.layout(step.name)])
    build = Build(
        name=recipe.dockerfile.path,
        dockerfile=staged.dockerfile,
        context=staged.main,
        contexts=staged.named,
        platform=recipe.platform,
        epoch=ground.epoch,
        rewrite=recipe.dockerfile.final_runs,
        output=output,
        cache=shop.use_cache,
    )
    shop.buildx.build(build)
    built = layout.read(output)
    if not build.rewrite and (dated := _dated(built, ground, shop.cache)):
        shop.console.note(_hint(step.name, dated))
        shop.buildx.build(msgspec.structs.replace(build, rewrite=True, cache=True))
        built = layout.read(output)
    _prune(built)
    described = describe(step, recipe, built, weigh(recipe, built, ground.layers, shop))
    return msgspec.structs.replace(described, base_layers=ground.layers, packages=staged.packages)


def _dated(built: layout.Layout, ground: Ground, cache: Path) -> int:
    """The number, from 1, of the first layer upon the base that holds a later time than the base; 0 for none."""
    upon = list(enumerate(built.manifest.layers, 1))[ground.layers :]
    return next((number for number, layer in upon if _newest(built, layer, cache) > ground.epoch), 0)


def _hint(name: str, layer: int) -> str:
    return (
        f"{name}: layer {layer} holds the time it was built at, of a topmost folder copied or one made for a copy; "
        "setting it back takes seconds, which a copy from a folder within into one that is there does not"
    )


def weigh(recipe: Recipe, built: layout.Layout, base_layers: int, shop: Workshop) -> int:
    """An image's unpacked bytes, held to its budget.

    Args:
        recipe: the image's.
        built: what was built.
        base_layers: how many of its layers are its base's.
        shop: knows the sizes of layers.

    Raises:
        OverBudget: it weighs more.
    """
    sizes = tuple(_unpacked(built, layer, shop.cache) for layer in built.manifest.layers)
    hold_budget(recipe, built, sizes, base_layers)
    return sum(sizes)


def describe(step: Step, recipe: Recipe, built: layout.Layout, unpacked: int) -> ImageArtifact:
    """The artifact's value, as far as the layout tells it."""
    layers = zip(built.manifest.layers, built.config.rootfs.diff_ids, strict=True)
    return ImageArtifact(
        name=step.name,
        digest=built.digest,
        fingerprint=step.fingerprint,
        platform=recipe.platform,
        size=sum(layer.size for layer in built.manifest.layers),
        unpacked=unpacked,
        layers=tuple(Layer(digest=blob.digest, diff_id=diff_id, size=blob.size) for blob, diff_id in layers),
        inputs=step.inputs,
        base=recipe.dockerfile.final_base,
    )


def _seed(output: Path, layouts: list[Path]) -> None:
    """Give BuildKit the blobs that stand already: it then writes only new ones (0.3 s instead of 1.3 s)."""
    blobs = output / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for known in layouts:
        for blob in known.glob("blobs/sha256/*"):
            with suppress(OSError):  # there already, or of another user: then BuildKit writes it
                (blobs / blob.name).hardlink_to(blob)


def _prune(built: layout.Layout) -> None:
    """Leave exactly the image in its layout."""
    needed = {built.blob(digest) for digest in built.digests}
    for blob in built.path.glob("blobs/sha256/*"):
        if blob not in needed:
            blob.unlink()
    shutil.rmtree(built.path / "ingest", ignore_errors=True)


def _unpacked(built: layout.Layout, layer: layout.Descriptor, cache: Path) -> int:
    """A layer's unpacked size."""
    return _once(cache / "unpacked", layer, lambda: layout.unpacked_size(built.blob(layer.digest)))


def _newest(built: layout.Layout, layer: layout.Descriptor, cache: Path) -> int:
    """The latest time in a layer."""
    return _once(cache / "newest", layer, lambda: newest(built, layer))


def _once(known: Path, layer: layout.Descriptor, work_out: Callable[[], int]) -> int:
    """A figure of a layer, worked out once per layer and user."""
    place = known / layer.digest.partition(":")[2]
    if not place.is_file():
        write(place, str(work_out()).encode())
    return int(place.read_text())


@contextmanager
def _no_space_left(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise disk_full(f"building {name}", f"{error.filename or 'a file'}: {os.strerror(errno.ENOSPC)}") from error
