"""What we ask of the Docker engine, beside building: facts, the local image store, and one container at a time."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from lockage.errors import ToolError
from lockage.model.ids import Digest
from lockage.tools import engine
from lockage.tools.process import Completed, run

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_IN_MEMORY = 'volume-nocopy,volume-opt=type=tmpfs,volume-opt=device=tmpfs,"volume-opt=o=mode=0755"'
_LONGEST_HELD_SECONDS = 7200
"""When folders go that nobody removed, because whoever made them was killed."""
_OURS = f"lockage.invoke={os.getpid()}"
"""On every container that is started here: which process has to remove it."""
_NO_ENGINE = ("Cannot connect to the Docker daemon", "docker was not found", "error during connect")


class EngineMissing(ToolError):  # noqa: N818 - what is the matter, as the other outcomes are named
    """No Docker engine answers."""


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """The engine that answers."""

    version: str
    context: str
    """Docker context, which is also the name of buildx's builder inside that engine."""
    containerd: bool
    """Whether it keeps images in containerd's store: only then its own BuildKit writes OCI layouts."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What an image says of how it was made."""

    created: str
    """ISO time."""
    layers: int
    """How many it has."""


class Image(Made, frozen=True, kw_only=True):
    """An image of the local store."""

    digest: Digest


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine runs on."""

    platform: str
    """Such as ``linux/amd64``."""
    cpus: int
    memory: int
    """Bytes."""


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """A container to start: cut off from what a function does not have either."""

    name: str
    image: str
    command: Sequence[str]
    environment: Mapping[str, str]
    memory_mb: int
    platform: str
    folders_of: str = ""
    """A container made by :meth:`Docker.hold`, whose folders it has, read-only."""
    network: bool = False
    """Whether it reaches anything but itself."""
    user: str = "10001:10001"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How a container is."""

    running: bool
    code: int
    """Exit code."""
    out_of_memory: bool
    """Whether the kernel killed anything in it for want of memory."""


class Docker:
    """The engine's command line."""

    def engine(self) -> Engine:
        """What answers.

        Raises:
            EngineMissing: nothing does.
        """
        try:
            about = engine.get("/info")
            version, context, status = about["ServerVersion"], "default", str(about["DriverStatus"])
        except (engine.Unreachable, KeyError, TypeError):
            template = "{{.ServerVersion}}\t{{.ClientInfo.Context}}\t{{.DriverStatus}}"
            version, context, status = self._run("info", "--format", template).stdout.strip().split("\t")
        return Engine(version=version, context=context, containerd="io.containerd.snapshotter" in status)

    def machine(self) -> Machine:
        """What the engine runs on."""
        try:
            about = engine.get("/info")
            found = [about[key] for key in ("OSType", "Architecture", "NCPU", "MemTotal")]
        except (engine.Unreachable, KeyError, TypeError):
            template = "{{.OSType}} {{.Architecture}} {{.NCPU}} {{.MemTotal}}"
            found = self._run("info", "--format", template).stdout.split()
        system, architecture, cpus, memory = found
        platform = f"{system}/{_ARCHITECTURES.get(architecture, architecture)}"
        return Machine(platform=platform, cpus=int(cpus), memory=int(memory))

    def image(self, reference: str) -> Image | None:
        """An image of the local store; None when it is not there."""
        try:
            about = engine.get(engine.image_path(reference))
            return None if about is None else _image(about)
        except (engine.Unreachable, KeyError, TypeError):
            return self._inspected(reference)

    def _inspected(self, reference: str) -> Image | None:
        found = self._run("image", "inspect", "--format", "{{json .}}", reference, ok=(0, 1))
        return None if found.code else _image(msgspec.json.decode(found.stdout))

    def load(self, archive: Path) -> None:
        """Put the image of a tar file into the local store."""
        self._run("load", "--quiet", "--input", archive)

    def pull(self, reference: str, platform: str) -> None:
        """Fetch an image of a registry into the local store."""
        self._run("pull", "--quiet", "--platform", platform, reference)

    def start(self, container: Container) -> None:
        """Start a container in the background: read-only, no privileges, only ``/tmp`` to write."""
        variables = [word for key in sorted(container.environment) for word in ("--env", key)]
        folders = ["--volumes-from", f"{container.folders_of}:ro"] if container.folders_of else []
        self._run(
            "run", "--detach", "--name", container.name, "--label", _OURS,
            "--pull", "never", "--platform", container.platform,
            "--read-only", "--tmpfs", "/tmp:rw,nosuid,nodev,size=512m,mode=1777",  # noqa: S108 - the container's
            "--user", container.user, "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--memory", f"{container.memory_mb}m", "--memory-swap", f"{container.memory_mb}m", "--pids-limit", "1024",
            *([] if container.network else ["--network", "none"]),
            *folders, *variables, container.image, *container.command,
            env=container.environment,
        )  # fmt: skip

    def hold(self, name: str, image: str, platform: str, folders: Sequence[str]) -> None:
        """Start a container that sleeps and holds folders for others, in memory; :meth:`remove` removes them with it.

        In memory, because thousands of small files take a busy disk seconds to write, and as long again to remove.

        Args:
            name: its name.
            image: one with Python, in the local store.
            platform: the image's.
            folders: places of the folders.
        """
        mounts = [word for folder in folders for word in ("--mount", f"type=volume,dst={folder},{_IN_MEMORY}")]
        self._run(
            "run", "--detach", "--rm", "--name", name, "--label", _OURS,
            "--pull", "never", "--platform", platform, "--network", "none", "--user", "10001:10001", *mounts,
            "--entrypoint", "python3", image, "-c", f"import time; time.sleep({_LONGEST_HELD_SECONDS})",
        )  # fmt: skip

    def fill(self, name: str, content: Path) -> None:
        """Unpack a tar file into a running container; it is sent to the engine, which may be on another machine."""
        self._run("cp", "--quiet", "-", f"{name}:/", stdin=content)

    def execute(self, name: str, command: Sequence[str], *, stdin: str = "", timeout: float) -> Completed:
        """Run a program in a running container, whatever its exit code.

        Raises:
            ToolError: it did not end in time; it is left running.
        """
        return self._run("exec", "--interactive", name, *command, ok=range(256), stdin=stdin, timeout=timeout)

    def state(self, name: str) -> State:
        """How a container is."""
        template = "{{.State.Running}} {{.State.ExitCode}} {{.State.OOMKilled}}"
        running, code, killed = self._run("container", "inspect", "--format", template, name).stdout.split()
        return State(running=running == "true", code=int(code), out_of_memory=killed == "true")

    def logs(self, name: str) -> tuple[str, str]:
        """What a container printed: standard output, standard error."""
        said = self._run("logs", name, ok=(0, 1))
        return said.stdout, said.stderr

    def remove(self, name: str) -> None:
        """Stop and remove a container and its folders; fine if there is none."""
        self._run("rm", "--force", "--volumes", name, ok=(0, 1))

    def _run(
        self,
        *arguments: str | Path,
        ok: Sequence[int] = (0,),
        env: Mapping[str, str] | None = None,
        stdin: str | Path | None = None,
        timeout: float | None = None,
    ) -> Completed:
        try:
            completed = run(["docker", *arguments], ok=tuple(ok), env=env, stdin=stdin, timeout=timeout)
        except ToolError as error:
            said = f"{error.what}\n{error.why}"
            if any(sign in said for sign in _NO_ENGINE):
                _no_engine(error)
            raise
        if any(sign in completed.stderr for sign in _NO_ENGINE):
            _no_engine(completed)
        return completed


def _image(about: Mapping[str, Any]) -> Image:
    """What the engine says of an image; one from scratch names no layers."""
    layers = about.get("RootFS", {}).get("Layers") or ()
    return Image(digest=Digest(about["Id"]), created=about["Created"], layers=len(layers))


def _no_engine(found: ToolError | Completed) -> NoReturn:
    said = found.why if isinstance(found, ToolError) else found.stderr
    raise EngineMissing(
        "no Docker engine answers",
        why=said.strip(),
        remedy="start it, or have one installed: scripts/docker-engine (Debian and Ubuntu); "
        "elsewhere see https://docs.docker.com/engine/install/",
    )
