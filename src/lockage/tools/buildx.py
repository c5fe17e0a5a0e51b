"""BuildKit, through ``docker buildx``: which builder, and one build into an OCI layout."""

import os
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from lockage.errors import LockageError
from lockage.tools.docker import Engine, Made
from lockage.tools.process import Completed, run

BUILDKIT = "moby/buildkit:v0.25.2@sha256:72bda77240181301a0d5ee57d39fa58e4aabd7eff26f81bbf108088caf810f05"
"""What builds where the engine's own BuildKit cannot write OCI layouts."""

OPTIONS = ("--provenance=false", "--sbom=false", "--network=none", "--progress=plain")
"""Options of every build; the first two make one manifest instead of an index, which Lambda refuses."""

_OWN = "lockage"
_STEP_LINE = re.compile(r"^#\d+ |^\d+\.\d+ ?")
_RULE = "------"
_DISK_FULL = "no space left on device"


_SETTINGS = ("BUILDX_", "BUILDKIT_", "EXPERIMENTAL_BUILDKIT_", "DOCKER_DEFAULT_PLATFORM", "SOURCE_DATE_EPOCH")
"""Variables that change what is built, or where, behind a plan's back; which engine answers stays the user's choice."""


class BuildFailed(LockageError):  # noqa: N818 - an outcome
    """BuildKit could not build an image."""

    exit_code = 15


class DiskFull(BuildFailed):
    """There was no room for what was being built."""


class Builder(msgspec.Struct, frozen=True, kw_only=True):
    """A buildx builder."""

    name: str
    identity: str
    """What it is, exactly: other versions may write other bytes."""
    container: bool
    """Whether it is a container of its own, which sees no image of the engine's store."""


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """One image to build."""

    name: str
    """What to call the Dockerfile, whose path may be a copy's."""
    dockerfile: Path
    context: Path
    """Its last name is BuildKit's key for what it has already received of all contexts."""
    contexts: Mapping[str, str]
    """Named contexts: folders, ``docker-image://…`` or ``oci-layout://…``."""
    platform: str
    epoch: int
    """Seconds since 1970: the time that the image and its history carry."""
    rewrite: bool
    """Whether layers' files are set back to the epoch too."""
    output: Path
    """Folder of the OCI layout. Blobs that are there already are not written again."""
    cache: bool = True


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """Files to make in a build, and to have back."""

    name: str
    """What to call it in messages."""
    dockerfile: Path
    context: Path
    """As a build's."""
    contexts: Mapping[str, str]
    """As a build's."""
    output: Path
    """Folder that takes the files of the last stage."""


def choose(engine: Engine) -> Builder:
    """The engine's own BuildKit where it writes OCI layouts, else a pinned one in a container."""
    if engine.containerd:
        return Builder(name=engine.context, identity=f"BuildKit of Docker {engine.version}", container=False)
    return Builder(name=_OWN, identity=BUILDKIT, container=True)


class Buildx:
    """Builds with one builder.

    Args:
        choice: says which, when something is built for the first time: what only reads needs no engine.
    """

    def __init__(self, choice: Callable[[], Builder]) -> None:
        self._choice = choice

    @cached_property
    def builder(self) -> Builder:
        """What builds."""
        return self._choice()

    def prepare(self) -> None:
        """Make the builder if it is a container that does not run yet."""
        if not self.builder.container:
            return
        known = _run(["docker", "buildx", "inspect", self.builder.name], ok=(0, 1))
        if known.code or BUILDKIT not in known.stdout:
            _run(["docker", "buildx", "rm", "--force", self.builder.name], ok=(0, 1))
            _run(
                ["docker", "buildx", "create", "--name", self.builder.name, "--driver", "docker-container",
                 "--driver-opt", f"image={BUILDKIT}", "--bootstrap"]
            )  # fmt: skip

    def made(self, reference: str, platform: str) -> Made:
        """What an image of a registry says of how it was made."""
        template = "{{json .Image}}"
        said = _run(["docker", "buildx", "imagetools", "inspect", "--format", template, reference]).stdout
        about: dict[str, Any] = msgspec.json.decode(said)
        config = about.get(platform, about)
        return Made(created=config["created"], layers=len(config["rootfs"]["diff_ids"]))

    def build(self, build: Build) -> None:
        """Build one image into a layout.

        Raises:
            BuildFailed: a step failed, something could not be fetched, or the disk is full.
        """
        completed = _run(command(self.builder, build), ok=(0, 1))
        if completed.code:
            raise failure(build.name, completed)

    def export(self, export: Export) -> None:
        """Build, and write the files of the last stage into a folder.

        Raises:
            BuildFailed: as of :meth:`build`.
        """
        completed = _run(export_command(self.builder, export), ok=(0, 1))
        if completed.code:
            raise failure(export.name, completed)


def export_command(builder: Builder, export: Export) -> list[str | Path]:
    """The command line of an export, for the builder's own platform; it is made anew, for whoever asks keeps it."""
    contexts = [word for name in sorted(export.contexts) for word in _context(name, export.contexts[name])]
    return [
        "docker", "buildx", "build", "--builder", builder.name, *OPTIONS,
        "--file", export.dockerfile, *contexts, "--output", f"type=local,dest={export.output}", "--no-cache",
        export.context,
    ]  # fmt: skip


def command(builder: Builder, build: Build) -> list[str | Path]:
    """The command line of a build."""
    output = f"type=oci,tar=false,dest={build.output},compression=gzip,oci-mediatypes=true"
    if build.rewrite:
        output += ",rewrite-timestamp=true"
    contexts = [word for name in sorted(build.contexts) for word in _context(name, build.contexts[name])]
    return [
        "docker", "buildx", "build", "--builder", builder.name, *OPTIONS,
        "--platform", build.platform, "--build-arg", f"SOURCE_DATE_EPOCH={build.epoch}",
        "--file", build.dockerfile, *contexts, "--output", output,
        *([] if build.cache else ["--no-cache"]), build.context,
    ]  # fmt: skip


def failure(name: str, completed: Completed) -> BuildFailed:
    """What BuildKit's plain output says of a failed build."""
    if _DISK_FULL in completed.stderr:
        return disk_full(f"building {name}", _last_words(completed.stderr))
    return BuildFailed(
        f"{name} does not build",
        why=_failed_step(completed.stderr) or _last_words(completed.stderr),
        remedy="mend what the step names and build again; LOCKAGE_DEBUG=1 prints the exact docker command",
    )


def disk_full(doing: str, why: str) -> DiskFull:
    """The one message for a full disk, whoever hit it."""
    return DiskFull(
        f"the disk is full: {doing}",
        why=why,
        remedy="free some space (docker system df; docker buildx prune) and run this again; "
        "what was built before is untouched",
    )


def _run(command_: list[str | Path], *, ok: tuple[int, ...] = (0,)) -> Completed:
    taken: dict[str, str | None] = {key: None for key in os.environ if key.startswith(_SETTINGS)}
    return run(command_, ok=ok, env={**taken, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"})


def _context(name: str, value: str) -> tuple[str, str]:
    return "--build-context", f"{name}={value}"


def _failed_step(stderr: str) -> str:
    """The failed step and what it printed: BuildKit repeats them between two rules."""
    parts = stderr.split(f"\n{_RULE}\n")
    if len(parts) < 3:  # noqa: PLR2004 - before, between, after
        return ""
    return "\n".join(_STEP_LINE.sub("", line) for line in parts[-2].splitlines())


def _last_words(stderr: str) -> str:
    errors = [line for line in stderr.splitlines() if line.startswith("ERROR")]
    return "\n".join(errors) or stderr.strip() or "docker buildx printed nothing"
