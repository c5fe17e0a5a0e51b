"""Uploads, deployments and bursts of calls in the embedded AWS, by the code that a release goes through."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import msgspec

from lockage.aws.access import Access
from lockage.aws.sessions import open_session
from lockage.config.load import load_local, load_project
from lockage.console import Console, PlainView
from lockage.model.artifact import Artifact, ImageArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import CommitSha
from lockage.model.packaging import Burst
from lockage.model.release import Release
from lockage.oci import layout
from lockage.publish.archives import store
from lockage.publish.push import Shop, push
from lockage.rehearsal import engine, resources, runtimes
from lockage.rehearsal.embedded import EmbeddedAws
from lockage.rehearsal.operator import Operator
from lockage.rehearsal.provision import provision
from lockage.rehearsal.surroundings import surroundings
from lockage.release.make import Proven, Source, make, probe_event
from lockage.release.store import ReleaseStore
from lockage.rollout.plan import plan
from lockage.rollout.references import Sources, desired, layers, look_up
from lockage.rollout.site import Site
from lockage.tools.crane import Crane
from lockage.tools.locked import Locked
from shared.variants import ENVIRONMENT, Variant

_ANY = "any"
_TIMED_OUT = ("Task timed out", "Sandbox.Timedout")
_SECONDS_IN_MS = 1000


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a burst."""

    ms: float
    error: str = ""
    """Empty when it was answered well."""


class Hosted:
    """An embedded AWS with one account, in which everything of a project is.

    Args:
        aws: runs; all of this happens inside of its ``surroundings``.
        project_file: everything that it declares is built.
    """

    def __init__(self, aws: EmbeddedAws, project_file: Path) -> None:
        self._aws, self._root = aws, project_file.parent
        self._project, self._dist = load_project(project_file), DistDir(project_file.parent / "dist")
        registry = self._project.registry
        self._operator = Operator(aws, registry.account, registry.region)
        access = Access(open_session(registry.account, _ANY, region=registry.region), registry.region)
        self._bucket = access.bucket(registry.store)
        crane = Crane(Locked().path("crane"))
        self._shop = Shop(images=access.images(), registry=crane, host=aws.registry)
        self._site = _site(self._project.project, access, Sources(registry=aws.registry, archives=registry.store))
        provision(lambda *_: self._operator, resources.registry(self._project), self._image)

    def make_functions(self) -> None:
        """What Terraform makes: functions without a release, and all that they refer to. Images must be there."""
        provision(lambda *_: self._operator, resources.environment(self._project, ENVIRONMENT), self._image)

    def upload(self, name: str) -> int:
        """Upload what one function runs from, as far as it is not there; the bytes that were sent."""
        return sum(self._upload(artifact) for artifact in self._parts(name))

    def deploy(self, variant: Variant) -> None:
        """Take what stands in ``dist/`` of one function to its alias: update, settle, publish, check, shift, read back.

        Raises:
            LockageError: it did not get there.
        """
        release, site = self._release(), self._site
        meanings = look_up(release, site.parameters.get, ENVIRONMENT)
        wanted = tuple(one for one in desired(release, meanings, site.sources) if one.function == variant.name)
        remote = site.observe([variant.name])
        lacking = [layer for layer in layers(release, site.sources) if not site.holds(layer)]
        planned = plan(wanted, remote, lacking=lacking)
        held = {function: found for function, found in remote.items() if found}
        executor = site.executor(
            {function: found.alias for function, found in held.items()},
            {function: found.latest.revision for function, found in held.items()},
        )
        executor.run(planned.instructions)

    def burst(self, variant: Variant, calls: int) -> Burst:
        """Call a function so many times at one moment, and remove its containers."""
        client, probe = self._operator.client("lambda"), self._probe(variant.name)
        name, together = self._project.function_name(variant.name), Barrier(calls)

        def one(_: int) -> Called:
            together.wait()
            return _call(client, name, probe)

        try:
            with ThreadPoolExecutor(calls) as pool:
                return summed(list(pool.map(one, range(calls))))
        finally:
            engine.remove_containers(self._aws.label)

    def _parts(self, name: str) -> list[Artifact]:
        """Of a function: its image, or its zip and the layers of it."""
        runs = self._project.runs(name)
        names = [runs, *(self._project.zips[runs].layers if runs in self._project.zips else ())]
        return [self._dist.read_artifact(one) for one in names]

    def _upload(self, artifact: Artifact) -> int:
        if not isinstance(artifact, ImageArtifact):
            return store(artifact, self._dist.archive(artifact.name), self._bucket).sent
        repository = self._project.images[artifact.name].repository or ""
        tag = artifact.digest.replace(":", "-")
        return push(artifact, layout.read(self._dist.layout(artifact.name)), repository, tag, self._shop).sent

    def _image(self, repository: str) -> str:
        [name] = [name for name, image in self._project.images.items() if image.repository == repository]
        return f"{self._aws.registry}/{repository}@{self._dist.read_artifact(name).digest}"

    def _release(self) -> Release:
        goods = {
            artifact.name: Proven(artifact=artifact, documents={}, second_sources=())
            for name in self._project.functions
            for artifact in self._parts(name)
        }
        probes = {name: self._probe(name).decode() for name in self._project.functions}
        return make(self._project, Source(commit=CommitSha("0" * 40), dirty=True), goods, probes, rehearsal=True)

    def _probe(self, function: str) -> bytes:
        path = self._project.functions[function].probe
        return probe_event(function, path, (self._root / path).read_bytes()).encode()


@contextmanager
def hosted(project_file: Path, folder: Path) -> Iterator[Hosted]:
    """An embedded AWS with a project's registry, gone afterwards.

    Args:
        project_file: the project's.
        folder: for the emulator's log and files.
    """
    project = load_project(project_file)
    aws = EmbeddedAws(
        account=project.registry.account,
        region=project.registry.region,
        parent=folder,
        runtimes=runtimes.images(project, load_local(project_file)),
    )
    with surroundings(aws.endpoint, aws.host):
        try:
            yield Hosted(aws.start(), project_file)
        finally:
            aws.stop()


def summed(called: Sequence[Called]) -> Burst:
    """What came of calls."""
    return Burst(
        calls=len(called),
        errors=sum(1 for one in called if one.error),
        timeouts=sum(1 for one in called if any(sign in one.error for sign in _TIMED_OUT)),
        answers_ms=tuple(one.ms for one in called if not one.error),
    )


def _call(client: Any, name: str, event: bytes) -> Called:  # noqa: ANN401 - boto3 makes its classes at run time
    began = time.perf_counter()
    try:
        answered = client.invoke(FunctionName=name, Qualifier="live", Payload=event)
        said = answered["Payload"].read().decode()
    except Exception as error:  # noqa: BLE001 - whatever it is, this call was not answered
        return Called(ms=_since(began), error=f"{type(error).__name__}: {error}")
    return Called(ms=_since(began), error=said if "FunctionError" in answered else "")


def _since(began: float) -> float:
    """Milliseconds, to the hundredth."""
    return round((time.perf_counter() - began) * _SECONDS_IN_MS, 2)


def _site(project: str, access: Access, sources: Sources) -> Site:
    return Site(
        project=project,
        environment=ENVIRONMENT,
        alias="live",
        after=None,
        sources=sources,
        client=access.functions(),
        parameters=access.parameters(),
        store=ReleaseStore(access.bucket(sources.archives)),
        console=Console(_Silent()),
        now=lambda: datetime.now(UTC).isoformat(timespec="seconds"),
        clock=time.monotonic,
        sleep=time.sleep,
    )


class _Silent(PlainView):
    def note(self, text: str) -> None:
        """Nothing: a clock runs."""
        del text
