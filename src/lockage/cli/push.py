"""``lockage push``: what passed, into the registry and the release store."""

from functools import cached_property
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
from lockage.publish.archives import Stored, store
from lockage.publish.push import Pushed, Shop, push
from lockage.release.make import Source
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.tools.crane import Crane
from lockage.tools.locked import Locked

_THROUGH_S3 = "; more than the 50 MB that Lambda takes directly, which reads it from S3"


@click.command("push")
@click.argument("names", nargs=-1)
@project_option
@handed.options
def command(
    names: tuple[str, ...], *, project_file: Path, evidence: Path | None, expect: dict[str, Digest] | None
) -> None:
    """Push what passed the gate: absent, push; the same, nothing; another in its place, stop.

    NAMES are artifacts of lockage.yaml; by default all zips and layers, and all images that have a repository. Images
    go to their repositories under the commit's tag, zips and layers to the release store under their own hash. Builds
    nothing: what is in dist/ is hashed again and held to its verdict and its SBOMs first. Runs as the project's
    publisher. Prints a line an artifact: place, digest.
    """
    console = make_console()
    project, root = load_project(project_file), project_file.parent
    with timed("push", DistDir(root / "dist"), console):
        with console.step("hold every artifact to its evidence"):
            meant = chosen(names, wares.published(project))
            goods = wares.inspect(meant, project, root, evidence=evidence, expect=expect)
        done = _push(project, project_file, goods, console)
    for line in done:
        print(line)


def _push(project: Project, project_file: Path, goods: list[wares.Ware], console: Console) -> list[str]:
    access = Access.default(project.registry.region)
    access.require(project.registry.account, "the registry's account")
    rehearsal = access.parameters().is_rehearsal(project.project)
    mirror = load_local(project_file).mirrors.registry
    acceptance.hold_own_registry(mirror, project.registry.account, rehearsal=rehearsal)
    for ware in goods:
        reasons = ware.proven.second_sources
        acceptance.hold_rehearsal(ware.artifact, reasons, project.registry.account, rehearsal=rehearsal)
    places = Places(access, project, mirror, wares.source(project_file.parent))
    return [_push_one(ware, places, console) for ware in goods]


class Places:
    """Where artifacts go; what an image needs is made ready when there is one.

    Args:
        access: the publisher's.
        project: what ``lockage.yaml`` says.
        mirror: what stands in for ECR.
        source: of everything.
    """

    def __init__(self, access: Access, project: Project, mirror: str, source: Source) -> None:
        self._access, self._project, self._mirror, self._source = access, project, mirror, source
        self.bucket = access.bucket(project.registry.store)

    @cached_property
    def registry(self) -> Shop:
        """Of images."""
        return Shop(
            images=self._access.images(),
            registry=Crane(Locked().path("crane")),
            host=registry_host(self._project.registry, self._mirror),
        )

    def tag(self, digest: Digest) -> str:
        """Of an image."""
        return image_tag(self._source.commit, digest, dirty=self._source.dirty)


def _push_one(ware: wares.Ware, places: Places, console: Console) -> str:
    with console.step(f"push {ware.artifact.name}") as step:
        done = _pushed(ware, places)
        through = _THROUGH_S3 if isinstance(done, Stored) and done.large else ""
        if done.reused:
            step.reused(f"what is there is this very artifact already{through}")
        else:
            step.made(f"{done.sent:,} of {done.size:,} bytes sent{through}")
    return f"{done.place} {done.digest}"


def _pushed(ware: wares.Ware, places: Places) -> Pushed | Stored:
    if isinstance(ware, wares.ArchiveWare):
        return store(ware.artifact, ware.archive, places.bucket)
    return push(ware.artifact, ware.layout, ware.repository, places.tag(ware.artifact.digest), places.registry)
