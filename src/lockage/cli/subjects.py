"""What functions run from on this machine: images of ``dist/`` in the engine's store, archives over their runtime."""

from lockage.build.bases import Bases
from lockage.config.schema import Local, Project
from lockage.inspect.emulator.subject import Archive, Subject
from lockage.model.artifact import Artifact, ImageArtifact, LayerArtifact, ZipArtifact
from lockage.model.dist import DistDir
from lockage.plan.bases import find_base
from lockage.plan.recipe import Base
from lockage.tools.buildx import Buildx, choose
from lockage.tools.docker import Docker


class Subjects:
    """Answers for one project.

    Args:
        project: what ``lockage.yaml`` says.
        local: what this machine's own configuration says.
        dist: what was built.
        docker: the engine.
    """

    def __init__(self, project: Project, local: Local, dist: DistDir, docker: Docker) -> None:
        self._project, self._local, self._dist, self._docker = project, local, dist, docker
        self._bases = Bases(docker, Buildx(lambda: choose(docker.engine())), project.project)

    def runtime(self, artifact: ZipArtifact | LayerArtifact) -> Base:
        """The image of an archive's runtime, or what takes its place here."""
        return find_base(self._project.runtimes[artifact.runtime], self._local, self._docker)

    def layers(self, artifact: Artifact) -> tuple[Artifact, ...]:
        """The layers that a zip was built to run with; none of anything else."""
        names = artifact.layers if isinstance(artifact, ZipArtifact) else ()
        return tuple(self._dist.read_artifact(name) for name in names)

    def subject(self, artifact: Artifact) -> Subject:
        """What the artifact's functions run from, its image in the engine's store."""
        if isinstance(artifact, ImageArtifact):
            image = self._bases.load(artifact, self._dist.layout(artifact.name))
            return Subject(image=image, platform=artifact.platform)
        return Subject(
            image=self._bases.runnable(self.runtime(artifact), artifact.platform),
            platform=artifact.platform,
            task=self._archive(artifact),
            layers=tuple(self._archive(layer) for layer in self.layers(artifact)),
        )

    def _archive(self, artifact: Artifact) -> Archive:
        return Archive(path=self._dist.archive(artifact.name), digest=artifact.digest)
