"""From a project file to a plan: gathers, looks at what stands, decides."""

from collections.abc import Iterable
from pathlib import Path

from lockage.config.load import load_local, load_project
from lockage.model.artifact import Artifact, ImageArtifact
from lockage.model.dist import DistDir
from lockage.oci import layout
from lockage.plan.archive import ArchiveRecipe, writer
from lockage.plan.decide import Builders, BuildPlan, Present, decide
from lockage.plan.gather import Gatherer
from lockage.tools.ahead import Ahead
from lockage.tools.buildx import choose
from lockage.tools.docker import Docker
from lockage.tools.locked import Locked


def make_plan(project_file: Path, names: tuple[str, ...], docker: Docker) -> BuildPlan:
    """Plan the named artifacts, or all, with those they are built upon.

    Args:
        project_file: ``lockage.yaml``.
        names: images, zips and layers; none for all.
        docker: the engine, asked only where something needs it.
    """
    root = project_file.parent
    project, local = load_project(project_file), load_local(project_file)
    images = any(name in project.images for name in names or project.images)
    engine = Ahead(docker.engine) if images else None
    recipes = Gatherer(root, project, local, docker=docker, tools=Locked()).recipes(names)
    present = find_present(DistDir(root / "dist"), [recipe.name for recipe in recipes])
    builders = Builders(
        image=choose(engine()).identity if engine else "",
        archive=writer() if any(isinstance(recipe, ArchiveRecipe) for recipe in recipes) else "",
    )
    return decide(recipes, builders, present)


def find_present(dist: DistDir, names: Iterable[str]) -> dict[str, Present]:
    """What ``dist/`` holds of these artifacts."""
    found = {name: dist.find_artifact(name) for name in names}
    return {name: Present(artifact=one, intact=_intact(dist, one)) for name, one in found.items() if one}


def _intact(dist: DistDir, artifact: Artifact) -> bool:
    """Whether it is all there; its bytes are hashed again where they matter, before a push."""
    if isinstance(artifact, ImageArtifact):
        return layout.intact(dist.layout(artifact.name), artifact.digest)
    archive = dist.archive(artifact.name)
    return archive.is_file() and archive.stat().st_size == artifact.size
