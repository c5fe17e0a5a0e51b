"""``lockage plan``: what a build would do, and why."""

from pathlib import Path

import click

from lockage.cli.options import project_option
from lockage.config.load import load_local, load_project
from lockage.model.dist import DistDir
from lockage.oci import layout
from lockage.plan.decide import BuildPlan, Present, decide
from lockage.plan.gather import Gatherer
from lockage.tools.background import Later
from lockage.tools.buildx import choose
from lockage.tools.docker import Docker
from lockage.tools.locked import Locked


@click.command("plan")
@click.argument("names", nargs=-1)
@project_option
def command(names: tuple[str, ...], *, project_file: Path) -> None:
    """Print what a build would do, and why: build or reuse, image, fingerprint, reasons.

    NAMES are images of lockage.yaml; all of them by default. Nothing is built.
    """
    plan = make_plan(project_file, names)
    width = max(len(step.name) for step in plan.steps)
    for step in plan.steps:
        print(f"{step.action:<5}  {step.name:<{width}}  {step.fingerprint[:19]}  {step.reasons[0]}")
        for reason in step.reasons[1:]:
            print(f"{'':{width + 30}}{reason}")
        for second in dict.fromkeys(i.second_source for i in step.inputs if i.second_source):
            print(f"{'':{width + 30}}rehearsal only: {second}")


def make_plan(project_file: Path, names: tuple[str, ...]) -> BuildPlan:
    """Gather and decide; the engine is asked while everything else is read."""
    docker = Docker()
    engine = Later(docker.engine)
    root = project_file.parent
    gatherer = Gatherer(root, load_project(project_file), load_local(project_file), docker=docker, tools=Locked())
    recipes = gatherer.recipes(names)
    present = find_present(DistDir(root / "dist"), [recipe.name for recipe in recipes])
    return decide(recipes, choose(engine.result()), present)


def find_present(dist: DistDir, names: list[str]) -> dict[str, Present]:
    """What ``dist/`` holds of these images."""
    found = {name: dist.find_artifact(name) for name in names}
    return {
        name: Present(artifact=artifact, intact=layout.intact(dist.layout(name), artifact.digest))
        for name, artifact in found.items()
        if artifact
    }
