"""What a plan must know of a Dockerfile: its stages, what they rest on, and whether all of it is pinned.

A stage ``FROM scratch AS <name>`` is a place that Lockage fills through a named context of that name: another image of
the project, a locked tool, or one of :data:`STAGED`. Everything else must be named by content.
https://docs.docker.com/reference/dockerfile/
"""

import re
from collections.abc import Iterator

import msgspec

from lockage.plan.instructions import DockerfileError, Instruction, read

STAGED = ("dependencies", "sources", "checks", "lockage")
"""Contexts that Lockage stages: wheels; function code; what only checks need; Lockage's own scripts for the build."""

_PINNED = re.compile(r"[a-z0-9][A-Za-z0-9._:/-]*@sha256:[0-9a-f]{64}")
_STAGE = re.compile(r"[a-z][a-z0-9_.-]*")
_RESERVED = {"scratch", "context"}
_MOUNT = re.compile(r"[a-z]+(?:=[^=]+)?")
_MOUNT_KEYS = {"type", "from", "source", "src", "target", "dst", "destination", "ro", "readonly", "rw", "size"}
_MOUNT_TYPES = {"bind", "tmpfs"}
_CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}")
_DOWNLOAD = re.compile(r"https://[A-Za-z0-9._~:/?&=%+-]+")
_LOCAL = re.compile(r"(?!github\.com/)[A-Za-z0-9._/*?-]+")


class Reference(msgspec.Struct, frozen=True):
    """A stage or an image that an instruction names."""

    name: str
    line: int
    """From 1."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One ``FROM`` and what follows it."""

    name: str
    """Empty when it has none."""
    base: Reference
    uses: tuple[Reference, ...] = ()
    """What ``COPY --from`` and ``RUN --mount`` read."""
    runs: bool = False
    """Whether it runs a program."""


class Dockerfile(msgspec.Struct, frozen=True, kw_only=True):
    """All stages in order; the last one is the image."""

    path: str
    stages: tuple[Stage, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the stages that are from scratch: what a named context may fill."""
        return tuple(stage.name for stage in self.stages if stage.base.name == "scratch" and stage.name)

    @property
    def images(self) -> tuple[Reference, ...]:
        """References that are no stage of this file, in order."""
        return tuple(self._external())

    @property
    def final_runs(self) -> bool:
        """Whether a layer of the final image comes from a program, and so carries the time it ran at."""
        return any(stage.runs for stage in self._final_chain())

    @property
    def final_base(self) -> str:
        """What the final image rests on: an image, ``scratch``, or a stage from scratch that a context may fill."""
        last = list(self._final_chain())[-1]
        return last.name if last.base.name == "scratch" and last.name else last.base.name

    def _final_chain(self) -> Iterator[Stage]:
        """The last stage, the one it is built from, and so on."""
        stages = {stage.name: stage for stage in self.stages if stage.name}
        stage: Stage | None = self.stages[-1]
        while stage is not None:
            yield stage
            stage = stages.get(stage.base.name)

    def _external(self) -> Iterator[Reference]:
        known = {"scratch"}
        for stage in self.stages:
            yield from (use for use in (stage.base, *stage.uses) if use.name not in known)
            known.add(stage.name)


def parse(path: str, text: str) -> Dockerfile:
    """Read a Dockerfile.

    Raises:
        DockerfileError: it has no ``FROM``, or a line that is not of the part of the language that is accepted.
    """
    stages: list[Stage] = []
    for instruction in read(path, text):
        if instruction.keyword == "FROM":
            stages.append(_stage(instruction, {stage.name for stage in stages if stage.name}))
        elif stages:
            stages[-1] = _with(stages[-1], instruction)
        elif instruction.keyword != "ARG":
            raise instruction.refused(f"{instruction.keyword} stands before the first FROM", "begin with a base")
    if not stages:
        raise DockerfileError(f"{path} builds nothing", why="it has no FROM", remedy="begin with a base, by digest")
    return Dockerfile(path=path, stages=tuple(stages))


def hold_pinned(dockerfile: Dockerfile) -> None:
    """Refuse whatever could be something else tomorrow.

    Raises:
        DockerfileError: a base or a stage is not named by content; all of them are listed.
    """
    found = [use for use in dockerfile.images if not _PINNED.fullmatch(use.name)]
    if found:
        raise DockerfileError(
            f"{dockerfile.path} rests on something that is not pinned",
            why="\n".join(f"line {use.line}: {use.name} has no digest" for use in found),
            remedy="name images as image:tag@sha256:… (docker buildx imagetools inspect prints the digest), "
            "and stages by name, not by number",
        )


def _stage(found: Instruction, taken: set[str]) -> Stage:
    words = found.arguments.split()
    if not words or "$" in found.arguments:
        raise DockerfileError(
            f"{found.path}, line {found.line}: the base is not literal",
            why=f"FROM {found.arguments} is only known when it is built, so it cannot be held to a digest",
            remedy="write the image out, by digest; to swap it on one machine use mirrors.bases in local configuration",
        )
    if len(words) == 1:
        return Stage(name="", base=Reference(words[0], found.line))
    name = words[-1].lower()
    if len(words) != 3 or words[1].upper() != "AS" or not _STAGE.fullmatch(name):  # noqa: PLR2004 - image AS name
        raise found.refused(f"FROM {found.arguments} is not: FROM image AS name", "give the stage a plain name")
    if name in taken | _RESERVED:
        raise found.refused(f"a stage cannot be called {name}: the name is taken", "give it another name")
    return Stage(name=name, base=Reference(words[0], found.line))


def _with(stage: Stage, found: Instruction) -> Stage:
    uses = stage.uses
    if found.keyword == "RUN":
        uses += tuple(Reference(name, found.line) for flag in found.flags for name in _run_from(found, *flag))
        return msgspec.structs.replace(stage, runs=True, uses=uses)
    if found.keyword == "COPY":
        uses += tuple(Reference(value, found.line) for name, value in found.flags if name == "from")
        return msgspec.structs.replace(stage, uses=uses)
    if found.keyword == "ADD":
        _hold_add(found)
    return stage


def _run_from(found: Instruction, name: str, value: str) -> Iterator[str]:
    """What a flag of ``RUN`` reads."""
    if name == "network" and value != "none":
        raise found.refused(f"RUN --network={value}: no step has a network", "fetch it by hash: lock it, or ADD it")
    if name != "mount":
        return
    fields = [field.partition("=")[::2] for field in value.split(",") if _MOUNT.fullmatch(field)]
    known = len(fields) == len(value.split(",")) and {key for key, _ in fields} <= _MOUNT_KEYS
    if not known or any(key == "type" and kind not in _MOUNT_TYPES for key, kind in fields):
        raise found.refused(
            f"RUN --mount={value}: accepted are the types bind and tmpfs, in lower case and without quotes; a cache, a "
            "secret or an agent would be an input that no fingerprint knows",
            "mount a stage or a staged folder: --mount=type=bind,from=…,source=…,target=…",
        )
    yield from (value for key, value in fields if key == "from")


def _hold_add(found: Instruction) -> None:
    """Only files beside the Dockerfile, by plain names, and downloads by hash."""
    sources, checksum = found.arguments.split()[:-1], dict(found.flags).get("checksum")
    accepted = _LOCAL if checksum is None else _DOWNLOAD
    if checksum is not None and not _CHECKSUM.fullmatch(checksum):
        raise found.refused(f"--checksum={checksum} is no SHA-256", "give sha256: and 64 hex digits in lower case")
    if not sources or not all(accepted.fullmatch(source) for source in sources):
        raise found.refused(
            f"ADD {found.arguments} may fetch something that is not named by content",
            "download with ADD --checksum=sha256:… https://… /place, and take files of the project with COPY",
        )
