"""What a release holds, as it was released: in ``dist/`` while it stands there, else from where it was pushed."""

from functools import cached_property
from pathlib import Path

import msgspec

from lockage.aws.access import Access
from lockage.aws.bucket import Bucket
from lockage.aws.ecr import registry_host
from lockage.config.load import load_local, load_project
from lockage.config.schema import Project
from lockage.console import Console
from lockage.errors import UsageError
from lockage.model.artifact import Artifact, ImageArtifact, Input
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.model.release import Release
from lockage.oci.layout import LayoutError, hash_file, read, verify
from lockage.publish import archives
from lockage.publish.acceptance import hold_own_registry
from lockage.publish.push import Shop, pull
from lockage.release.store import ReleaseStore
from lockage.tools.crane import Crane
from lockage.tools.locked import Locked

_ARTIFACT: "msgspec.json.Decoder[Artifact]" = msgspec.json.Decoder(Artifact)


class Remote:
    """Where artifacts were pushed, reached with whatever credentials are at hand, and only once something is wanted.

    Args:
        project_file: ``lockage.yaml``.
    """

    def __init__(self, project_file: Path) -> None:
        self._file = project_file

    @cached_property
    def _project(self) -> Project:
        return load_project(self._file, files=False)

    @cached_property
    def _access(self) -> Access:
        return Access.default(self._project.registry.region)

    @cached_property
    def bucket(self) -> Bucket:
        """The release store's."""
        return self._access.bucket(self._project.registry.store)

    @cached_property
    def store(self) -> ReleaseStore:
        """The release store."""
        return ReleaseStore(self.bucket)

    @cached_property
    def shop(self) -> Shop:
        """The registry of images."""
        registry, mirror = self._project.registry, load_local(self._file).mirrors.registry
        if mirror:
            rehearsal = self._access.parameters().is_rehearsal(self._project.project)
            hold_own_registry(mirror, registry.account, rehearsal=rehearsal)
        crane = Crane(Locked().path("crane"))
        return Shop(images=self._access.images(), registry=crane, host=registry_host(registry, mirror))


class Released:
    """A release's own artifacts.

    Args:
        release: the manifest.
        standing: where they may stand.
        fetched: takes what has to be fetched.
        remote: where they were pushed.
        console: told what is fetched.
    """

    def __init__(self, release: Release, standing: DistDir, fetched: DistDir, remote: Remote, console: Console) -> None:
        self._release, self._standing, self._fetched = release, standing, fetched
        self._remote, self._console = remote, console

    def inputs(self, name: str, digest: Digest) -> tuple[Input, ...]:
        """What one was built of, as the release records it.

        Raises:
            UsageError: it does not.
            AwsError: the record cannot be reached.
        """
        recorded = [one.sha256 for one in self._release.evidence if (one.artifact, one.kind) == (digest, "artifact")]
        for sha256 in recorded:
            found = self._recorded(name, sha256)
            if found.name == name:
                return found.inputs
        standing = self._standing.find_artifact(name)
        if not recorded and standing and standing.digest == digest:
            return standing.inputs
        raise UsageError(
            f"the release does not record what {name} was built of",
            why=f"it names no artifact.json of {digest}, and none of it stands in dist",
            remedy="none is needed to build it again; releases made from now on record it",
        )

    def dist(self, name: str, digest: Digest) -> DistDir:
        """Where one stands, after it was fetched if need be.

        Raises:
            AwsError: it cannot be reached.
            ToolError: the registry does not give it, or its client is not installed.
            LayoutError: what the registry gave is not it.
        """
        if _stands(self._standing, name, digest):
            return self._standing
        with self._console.step(f"fetch the released {name}"):
            self._fetched.folder(name).mkdir(parents=True)
            repository = next((one.repository for one in self._release.functions if one.artifact == digest), "")
            if repository:
                pull(repository, digest, self._fetched.layout(name), self._remote.shop)
            else:
                archives.fetch(digest, self._fetched.archive(name), self._remote.bucket)
        return self._fetched

    def _recorded(self, name: str, sha256: Digest) -> Artifact:
        file = self._standing.artifact(name)
        here = file.is_file() and hash_file(file) == sha256
        body = file.read_bytes() if here else self._remote.store.evidence(sha256)
        try:
            return _ARTIFACT.decode(body)
        except msgspec.DecodeError as error:
            raise UsageError(
                f"what {name} was built of cannot be read",
                why=f"the release's artifact.json {sha256}: {error}",
                remedy="use the version of lockage that made the release",
            ) from error


def _stands(dist: DistDir, name: str, digest: Digest) -> bool:
    """Whether it is there, byte for byte."""
    artifact = dist.find_artifact(name)
    if artifact is None or artifact.digest != digest:
        return False
    if isinstance(artifact, ImageArtifact):
        return _holds(dist.layout(name), digest)
    archive = dist.archive(name)
    return archive.is_file() and hash_file(archive) == digest


def _holds(place: Path, digest: Digest) -> bool:
    try:
        image = read(place)
        verify(image)
    except LayoutError:
        return False
    return image.digest == digest
