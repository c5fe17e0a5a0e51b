"""From a project file to a plan: gathers, looks at what stands, decides."""

from collections.abc import Iterable
from pathlib import Path

from lockage.config.load import load_local, load_project
from lockage.model.dist import DistDir
from lockage.oci import layout
from lockage.plan.decide import BuildPlan, Present, decide
from lockage.plan.gather import Gatherer
from lockage.tools.buildx import choose
from lockage.tools.docker import Docker
from lockage.tools.locked import Locked


def make_plan(project_file: Path, names: tuple[str, ...], docker: Docker) -> BuildPlan:
    """Plan the named images, or all, with those they are built upon.

    Args:
        project_file: ``lockage.yaml``.
        names: images; none for all.
        docker: the engine.
    """
    root = project_file.parent
    project, local = load_project(project_file), load_local(project_file)
    recipes = Gatherer(root, project, local, docker=docker, tools=Locked()).recipes(names)
    present = find_present(DistDir(root / "dist"), [recipe.name for recipe in recipes])
    return decide(recipes, choose(docker.engine()), present)


def find_present(dist: DistDir, names: Iterable[str]) -> dict[str, Present]:
    """What ``dist/`` holds of these images."""
    found = {name: dist.find_artifact(name) for name in names}
    return {
        name: Present(artifact=artifact, intact=layout.intact(dist.layout(name), artifact.digest))
        for name, artifact in found.items()
        if artifact
    }
