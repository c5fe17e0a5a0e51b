"""What ``push`` and ``release`` hold of functions: each was run where it will live, as it is now, and answered."""

from pathlib import Path

from lockage.config.schema import Project
from lockage.errors import UsageError
from lockage.inspect.emulator.call import call
from lockage.inspect.emulator.hold import Expected, hold_checked
from lockage.model.artifact import Artifact, ZipArtifact
from lockage.model.check import ArtifactCheck
from lockage.model.dist import DistDir


def hold(artifact: Artifact, project: Project, root: Path, dist: DistDir) -> tuple[str, ...] | None:
    """Why what was found of an artifact's functions may serve a rehearsal only; None when no function runs it.

    Args:
        artifact: that is to be pushed.
        project: what ``lockage.yaml`` says.
        root: its folder, where the probes are.
        dist: what was built, and what came of running it.

    Raises:
        UsageError: they were not run, or not as they are now: another artifact, layer, runtime, setting or probe.
        FunctionsFailed: one does not answer.
        Inconclusive: of one nothing is known.
    """
    functions = [name for name in project.functions if project.runs(name) == artifact.name]
    if not functions:
        return None
    layers = artifact.layers if isinstance(artifact, ZipArtifact) else ()
    probes = {name: (root / project.functions[name].probe).read_bytes() for name in functions}
    check = dist.read_check(artifact.name)
    if isinstance(artifact, ZipArtifact):
        _hold_runtime(check, project.runtimes[artifact.runtime])
    expected = Expected(
        artifact=artifact.digest,
        layers=tuple(dist.read_artifact(layer).digest for layer in layers),
        asked={name: call(name, project, probe).asked for name, probe in probes.items()},
    )
    return hold_checked(check, expected)


def _hold_runtime(check: ArtifactCheck, pinned: str) -> None:
    """What took the pinned image's place marks what came of it, whoever left the mark out."""
    if check.runtime != pinned or (check.runtime_digest != pinned.partition("@")[2] and not check.second_source):
        raise UsageError(
            f"the functions of {check.name} were not run in the runtime that is pinned",
            why=f"pinned:  {pinned}\nrun in: {check.runtime or 'nothing'}, as {check.runtime_digest or 'nothing'}",
            remedy=f"run them again: ./noxw -s check -- {check.name}",
        )
