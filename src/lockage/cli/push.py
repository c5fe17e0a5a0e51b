"""``lockage push``: what passed, into the registry."""

from pathlib import Path

import click

from lockage.aws.access import Access
from lockage.aws.ecr import registry_host
from lockage.cli import handed, wares
from lockage.cli.images import chosen
from lockage.cli.options import project_option
from lockage.config.load import load_local, load_project
from lockage.config.schema import Project
from lockage.console import Console
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.model.release import image_tag
from lockage.publish import acceptance
from lockage.publish.push import Pushed, Shop, push
from lockage.release.make import Source
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.tools.crane import Crane
from lockage.tools.locked import Locked


@click.command("push")
@click.argument("names", nargs=-1)
@project_option
@handed.options
def command(
    names: tuple[str, ...], *, project_file: Path, evidence: Path | None, expect: dict[str, Digest] | None
) -> None:
    """Push what passed the gate, under the commit's tag: absent, push; the same, nothing; another, stop.

    NAMES are images of lockage.yaml; all that have a repository by default. Builds nothing: what is in dist/ is hashed
    again and held to its verdict and its SBOMs first. Runs as the project's publisher. Prints a line an image:
    repository, tag, digest.
    """
    console = make_console()
    project, root = load_project(project_file), project_file.parent
    with timed("push", DistDir(root / "dist"), console):
        with console.step("hold every image to its evidence"):
            meant = chosen(names, wares.published(project))
            goods = wares.inspect(meant, project, root, evidence=evidence, expect=expect)
        done = _push(project, project_file, goods, console)
    for one in done:
        print(f"{one.repository}:{one.tag} {one.digest}")


def _push(project: Project, project_file: Path, goods: list[wares.Ware], console: Console) -> list[Pushed]:
    access = Access.default(project.registry.region)
    access.require(project.registry.account, "the registry's account")
    rehearsal = access.parameters().is_rehearsal(project.project)
    mirror = load_local(project_file).mirrors.registry
    acceptance.hold_own_registry(mirror, project.registry.account, rehearsal=rehearsal)
    for ware in goods:
        reasons = ware.proven.second_sources
        acceptance.hold_rehearsal(ware.artifact, reasons, project.registry.account, rehearsal=rehearsal)
    shop = Shop(
        images=access.images(),
        registry=Crane(Locked().path("crane")),
        host=registry_host(project.registry, mirror),
    )
    source = wares.source(project_file.parent)
    return [_push_one(ware, source, shop, console) for ware in goods]


def _push_one(ware: wares.Ware, source: Source, shop: Shop, console: Console) -> Pushed:
    tag = image_tag(source.commit, ware.artifact.digest, dirty=source.dirty)
    with console.step(f"push {ware.artifact.name}") as step:
        done = push(ware.artifact, ware.layout, ware.repository, tag, shop)
        if done.reused:
            step.reused("the tag names this very image already")
        else:
            step.made(f"{done.sent:,} of {done.size:,} bytes sent")
    return done
