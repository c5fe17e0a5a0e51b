"""What we ask of the Docker engine, beside building: facts, the local image store, and one container at a time."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from lockage.errors import ToolError
from lockage.model.ids import Digest
from lockage.tools import engine
from lockage.tools.process import Completed, run

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
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


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """An image of the local store."""

    digest: Digest
    created: str
    """ISO time."""


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """A container to start: cut off from what a function does not have either."""

    name: str
    image: str
    command: Sequence[str]
    environment: Mapping[str, str]
    memory_mb: int
    port: int
    """Published on a free port of loopback."""
    user: str = "10001:10001"


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

    def image(self, reference: str) -> Image | None:
        """An image of the local store; None when it is not there."""
        try:
            about = engine.get(engine.image_path(reference))
            return None if about is None else Image(digest=Digest(about["Id"]), created=about["Created"])
        except (engine.Unreachable, KeyError, TypeError):
            return self._inspected(reference)

    def _inspected(self, reference: str) -> Image | None:
        found = self._run("image", "inspect", "--format", "{{.Id}}\t{{.Created}}", reference, ok=(0, 1))
        if found.code:
            return None
        digest, created = found.stdout.strip().split("\t")
        return Image(digest=Digest(digest), created=created)

    def load(self, archive: Path) -> None:
        """Put the image of a tar file into the local store."""
        self._run("load", "--quiet", "--input", archive)

    def start(self, container: Container) -> None:
        """Start a container in the background: read-only, no privileges, only ``/tmp`` to write."""
        variables = [word for key in sorted(container.environment) for word in ("--env", key)]
        self._run(
            "run", "--detach", "--name", container.name, "--label", "lockage.invoke",
            "--read-only", "--tmpfs", "/tmp:rw,nosuid,nodev,size=512m,mode=1777",  # noqa: S108 - the container's
            "--user", container.user, "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--memory", f"{container.memory_mb}m", "--memory-swap", f"{container.memory_mb}m", "--pids-limit", "1024",
            "--publish", f"127.0.0.1::{container.port}", *variables, container.image, *container.command,
            env=container.environment,
        )  # fmt: skip

    def address(self, name: str, port: int) -> str:
        """``host:port`` on which a container's published port is reached."""
        return self._run("port", name, f"{port}/tcp").stdout.splitlines()[0]

    def running(self, name: str) -> bool:
        """Whether a container runs."""
        found = self._run("container", "inspect", "--format", "{{.State.Running}}", name, ok=(0, 1))
        return found.stdout.strip() == "true"

    def logs(self, name: str) -> tuple[str, str]:
        """What a container printed: standard output, standard error."""
        said = self._run("logs", name, ok=(0, 1))
        return said.stdout, said.stderr

    def remove(self, name: str) -> None:
        """Stop and remove a container; fine if there is none."""
        self._run("rm", "--force", "--volumes", name, ok=(0, 1))

    def _run(
        self, *arguments: str | Path, ok: tuple[int, ...] = (0,), env: Mapping[str, str] | None = None
    ) -> Completed:
        try:
            completed = run(["docker", *arguments], ok=ok, env=env)
        except ToolError as error:
            said = f"{error.what}\n{error.why}"
            if any(sign in said for sign in _NO_ENGINE):
                _no_engine(error)
            raise
        if any(sign in completed.stderr for sign in _NO_ENGINE):
            _no_engine(completed)
        return completed


def _no_engine(found: ToolError | Completed) -> NoReturn:
    said = found.why if isinstance(found, ToolError) else found.stderr
    raise EngineMissing(
        "no Docker engine answers",
        why=said.strip(),
        remedy="start it, or have one installed: scripts/docker-engine (Debian and Ubuntu); "
        "elsewhere see https://docs.docker.com/engine/install/",
    )
