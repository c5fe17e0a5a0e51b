"""``lockage check``: native code, held to Lambda's runtime; every function, run where it will live, on its probe."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import click
from msgspec.structs import replace

from lockage import github
from lockage.cli.options import project_option
from lockage.cli.subjects import Subjects
from lockage.config.load import load_local, load_project
from lockage.config.schema import Project
from lockage.console import Console
from lockage.errors import UsageError
from lockage.inspect.emulator.call import call
from lockage.inspect.emulator.check import Case, Checker
from lockage.inspect.emulator.hold import hold_answered
from lockage.inspect.emulator.sandbox import Sandbox
from lockage.inspect.emulator.standing import RULES
from lockage.model.artifact import Artifact, ZipArtifact
from lockage.model.check import ArtifactCheck
from lockage.model.dist import DistDir
from lockage.report.live import console as make_console
from lockage.report.timings import timed
from lockage.tools.docker import Docker


@click.command("check")
@click.argument("names", nargs=-1)
@project_option
def command(names: tuple[str, ...], *, project_file: Path) -> None:
    """Hold native code to Lambda's runtime, then run every function where it will live, on its probe.

    NAMES are images, zips and layers of lockage.yaml, a layer for the zips on it; all of them by default, whether
    functions run them or not. Machine, symbol versions and libraries of native code are held to what AWS's runtime
    has, not to what is here. Functions run in the real Runtime Interface Emulator, without network, credentials or a
    place to write but /tmp. What passed stands while artifact, layers, runtime and probe are the same. Exit code 18
    when something fails, 11 when something cannot be told or executed on this machine.
    """
    console, docker = make_console(), Docker()
    project, dist = load_project(project_file), DistDir(project_file.parent / "dist")
    with timed("check", dist, console):
        subjects = Subjects(project, load_local(project_file), dist, docker)
        cases = [_case(name, project, project_file.parent, subjects, dist) for name in to_check(names, project)]
        checks = _run(cases, subjects, docker, dist, console)
    _show(checks)
    hold_answered(checks)


def to_check(names: Sequence[str], project: Project) -> list[str]:
    """What is checked by itself of what is named, or of everything: what functions run comes first.

    A layer is checked with the zips on it; by itself only if there is none.

    Raises:
        UsageError: a name of nothing that is built.
    """
    unknown = [name for name in names if name not in project.built]
    if unknown:
        raise UsageError(
            f"nothing that is built is called {', '.join(unknown)}",
            why=f"lockage.yaml names {', '.join(project.built)}",
            remedy="give names of those, or none for all of them",
        )
    on_layers = {name for name, one in project.zips.items() if set(one.layers) & set(names)}
    wanted = {*names, *on_layers} or set(project.built)
    wanted -= {layer for one in project.zips.values() for layer in one.layers}
    return [one for one in dict.fromkeys([*map(project.runs, project.functions), *project.built]) if one in wanted]


def _case(name: str, project: Project, root: Path, subjects: Subjects, dist: DistDir) -> Case:
    artifact = dist.read_artifact(name)
    functions = [function for function in project.functions if project.runs(function) == name]
    return Case(
        about=_about(artifact, subjects, is_run=bool(functions)),
        before=dist.find_check(name),
        platform=artifact.platform,
        calls=tuple(call(one, project, (root / project.functions[one].probe).read_bytes()) for one in functions),
    )


def _about(artifact: Artifact, subjects: Subjects, *, is_run: bool) -> ArtifactCheck:
    layers = tuple(layer.digest for layer in subjects.layers(artifact))
    about = ArtifactCheck(name=artifact.name, artifact=artifact.digest, layers=layers, rules=RULES, functions=())
    if not is_run or not isinstance(artifact, ZipArtifact):
        return about
    base = subjects.runtime(artifact)
    return replace(about, runtime=base.reference, runtime_digest=base.digest, second_source=base.second_source)


def _run(
    cases: Sequence[Case], subjects: Subjects, docker: Docker, dist: DistDir, console: Console
) -> list[ArtifactCheck]:
    """What stands, and what is found now."""
    found = {}
    for case in (case for case in cases if not case.due):
        with console.step(f"check {case.about.name}") as step:
            step.reused("artifact, layers, runtime and probes are the same")
            found[case.about.name] = case.result()
    if due := [case for case in cases if case.due]:
        from lockage.cli.natives import look  # noqa: PLC0415 - half of the time that it takes to say that all stands

        checker = Checker(
            Sandbox(docker),
            subject=lambda case: subjects.subject(dist.read_artifact(case.about.name)),
            native=lambda case: look(dist.read_artifact(case.about.name), dist),
            machine=docker.machine(),
        )
        with checker.begun(due) as begun:
            found |= {case.about.name: _ended(case, one, dist, console) for case, one in zip(due, begun, strict=True)}
    return [found[case.about.name] for case in cases]


def _ended(case: Case, future: "Future[ArtifactCheck]", dist: DistDir, console: Console) -> ArtifactCheck:
    with console.step(f"check {case.about.name}") as step:
        check = future.result()
        dist.write_check(check)
        step.made(f"{check.outcome}; {check.native.summary}" if check.native else check.outcome)
        return check


def _show(checks: Sequence[ArtifactCheck]) -> None:
    lines = [line for check in checks for line in _lines(check)]
    print("\n".join(lines))
    github.add_summary("\n".join(["### Functions, run where they will live", "", "```text", *lines, "```", ""]))


def _lines(check: ArtifactCheck) -> Iterator[str]:
    if check.native and (check.native.failure or not check.functions):
        outcome = check.native.failure.outcome if check.native.failure else "pass"
        yield f"{outcome:<12} native code of {check.name}"
    for one in check.functions:
        figures = f"first answer after {one.cold_ms} ms, {one.memory_mb} MB held" if one.failure is None else ""
        yield f"{one.outcome:<12} {one.function:<31} {figures}".rstrip()
    if check.second_source:
        yield f"{check.name}: good for rehearsals only: {check.second_source}"
