"""What ``push`` and ``release`` hold: native code fits, and each function answered where it will live, as it is now."""

from pathlib import Path

from lockage.config.schema import Project
from lockage.errors import UsageError
from lockage.inspect.emulator.call import call
from lockage.inspect.emulator.hold import Expected, hold_checked
from lockage.model.artifact import Artifact, LayerArtifact, ZipArtifact
from lockage.model.check import ArtifactCheck
from lockage.model.dist import DistDir


def hold(artifact: Artifact, project: Project, root: Path, dist: DistDir) -> tuple[str, ...] | None:
    """Why what was found of an artifact may serve a rehearsal only; None of a layer, which is checked with its zips.

    Args:
        artifact: that is to be pushed.
        project: what ``lockage.yaml`` says.
        root: its folder, where the probes are.
        dist: what was built, and what came of checking it.

    Raises:
        UsageError: it was not checked, or not as it is now: another artifact, layer, runtime, setting or probe.
        FunctionsFailed: a function does not answer, or native code does not fit.
        Inconclusive: of one nothing is known.
    """
    zips = [name for name, one in project.zips.items() if artifact.name in one.layers]
    if isinstance(artifact, LayerArtifact) and zips:
        built = [one for name in zips if (one := dist.find_artifact(name))]
        for one in built or [dist.read_artifact(zips[0])]:  # what is not built is held when it is pushed itself
            hold(one, project, root, dist)
        return None
    functions = [name for name in project.functions if project.runs(name) == artifact.name]
    layers = artifact.layers if isinstance(artifact, ZipArtifact) else ()
    probes = {name: (root / project.functions[name].probe).read_bytes() for name in functions}
    check = dist.read_check(artifact.name)
    if functions and isinstance(artifact, ZipArtifact):
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
            remedy=f"check it again: ./noxw -s check -- {check.name}",
        )
