"""What a plan must know of a Dockerfile: its stages, what they rest on, and whether all of it is pinned.

A stage ``FROM scratch AS <name>`` is a place that Lockage fills through a named context of that name: another image of
the project, a locked tool, or one of :data:`STAGED`. Everything else must be named by content.
https://docs.docker.com/reference/dockerfile/
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from lockage.errors import UsageError

STAGED = ("dependencies", "sources", "checks", "lockage")
"""Contexts that Lockage stages: wheels; function code; what only checks need; Lockage's own scripts for the build."""

_PINNED = re.compile(r".+@sha256:[0-9a-f]{64}")
_FLAG = re.compile(r"--([a-z-]+)(?:=(\S+))?\s+")
_MOUNT_FROM = re.compile(r"(?:^|,)from=([^,\s]+)")
_HEREDOC = re.compile(r"<<-?\s*([\"']?)([A-Za-z_]\w*)\1")
_SYNTAX = re.compile(r"#\s*syntax\s*=\s*(\S+)")
_TAKE_HEREDOCS = {"RUN", "COPY", "ADD"}


class DockerfileError(UsageError):
    """A Dockerfile that rests on something not named by content, or that cannot be read."""


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
    unchecked: tuple[Reference, ...] = ()
    """What ``ADD`` fetches without a checksum."""


class Dockerfile(msgspec.Struct, frozen=True, kw_only=True):
    """All stages in order; the last one is the image."""

    path: str
    stages: tuple[Stage, ...]
    syntax: Reference | None = None
    """The frontend named by a ``# syntax=`` line."""

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
        if self.syntax:
            yield self.syntax
        for number, stage in enumerate(self.stages):
            yield from (use for use in (stage.base, *stage.uses) if use.name not in known)
            known |= {stage.name, str(number)}


def parse(path: str, text: str) -> Dockerfile:
    """Read a Dockerfile.

    Raises:
        DockerfileError: it has no ``FROM``, or one whose image is only known when it is built.
    """
    stages: list[Stage] = []
    for line, keyword, rest in _instructions(text):
        if keyword == "FROM":
            stages.append(_stage(path, line, rest))
        elif stages:
            stages[-1] = _with(stages[-1], line, keyword, rest)
    if not stages:
        raise DockerfileError(f"{path} builds nothing", why="it has no FROM", remedy="begin with a base, by digest")
    return Dockerfile(path=path, stages=tuple(stages), syntax=_syntax(text))


def hold_pinned(dockerfile: Dockerfile) -> None:
    """Refuse whatever could be something else tomorrow.

    Raises:
        DockerfileError: a base, stage or download is not named by content; all of them are listed.
    """
    found = [(use, "no digest") for use in dockerfile.images if not _PINNED.fullmatch(use.name)]
    found += [(url, "no --checksum") for stage in dockerfile.stages for url in stage.unchecked]
    if found:
        raise DockerfileError(
            f"{dockerfile.path} rests on something that is not pinned",
            why="\n".join(f"line {use.line}: {use.name} has {what}" for use, what in found),
            remedy="name images as image:tag@sha256:… (docker buildx imagetools inspect prints the digest), "
            "give downloads --checksum=sha256:…",
        )


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Number of the first line, keyword in capitals, and the rest with its continuation lines."""
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        while content.endswith("\\"):
            content = content[:-1] + " " + next((more for _, more in _code(lines)), "")
        keyword, _, rest = content.partition(" ")
        if keyword.upper() in _TAKE_HEREDOCS:
            _skip_heredocs(rest, lines)
        yield number, keyword.upper(), rest.strip()


def _code(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Comments may stand between continuation lines and do not end them."""
    return ((number, line.strip()) for number, line in lines if line.strip() and not line.strip().startswith("#"))


def _skip_heredocs(rest: str, lines: Iterator[tuple[int, str]]) -> None:
    for match in _HEREDOC.finditer(rest):
        for _, line in lines:
            if line.strip() == match[2]:
                break


def _syntax(text: str) -> Reference | None:
    first = text.split("\n", 1)[0]
    match = _SYNTAX.match(first)
    return Reference(match[1], 1) if match else None


def _stage(path: str, line: int, rest: str) -> Stage:
    _, rest = _flags(rest)
    words = rest.split()
    image = words[0] if words else ""
    if not image or "$" in image:
        raise DockerfileError(
            f"{path}, line {line}: the base is not literal",
            why=f"FROM {rest} is only known when it is built, so it cannot be held to a digest",
            remedy="write the image out, by digest; to swap it on one machine use mirrors.bases in local configuration",
        )
    named = len(words) > 2 and words[1].upper() == "AS"  # noqa: PLR2004 - FROM image AS name
    return Stage(name=words[2].lower() if named else "", base=Reference(image, line))


def _with(stage: Stage, line: int, keyword: str, rest: str) -> Stage:
    flags, arguments = _flags(rest)
    if keyword == "RUN":
        mounts = [match[1] for name, value in flags if name == "mount" for match in _MOUNT_FROM.finditer(value)]
        uses = tuple(Reference(name, line) for name in mounts)
        return msgspec.structs.replace(stage, runs=True, uses=stage.uses + uses)
    if keyword == "COPY":
        uses = tuple(Reference(value, line) for name, value in flags if name == "from")
        return msgspec.structs.replace(stage, uses=stage.uses + uses)
    if keyword == "ADD" and "checksum" not in dict(flags):
        fetched = tuple(Reference(word, line) for word in arguments.split()[:-1] if _is_remote(word))
        return msgspec.structs.replace(stage, unchecked=stage.unchecked + fetched)
    return stage


def _flags(rest: str) -> tuple[list[tuple[str, str]], str]:
    """Leading ``--name=value`` words, and what follows them."""
    flags = []
    while match := _FLAG.match(rest):
        flags.append((match[1], match[2] or ""))
        rest = rest[match.end() :]
    return flags, rest


def _is_remote(source: str) -> bool:
    return source.startswith(("http://", "https://", "git@", "git://"))
