"""The embedded AWS of one rehearsal: its own process, ports, name and folder, so that several run side by side.

It listens on loopback, where the Docker engine accepts a registry without TLS, and on the Docker bridge, where
functions reach it; nobody else can. IAM is evaluated. Twelve digits as access key are that account's root.
"""

import errno
import shutil
import socket
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from uuid import uuid4

from lockage.errors import ToolError
from lockage.rehearsal import engine
from lockage.rehearsal.scratch import in_memory
from lockage.tools.process import Running

_LOOPBACK = "127.0.0.1"
_START_SECONDS = 90.0
_POLL_SECONDS = 0.02
_ATTEMPTS = 20
_UNPACKED = 512 << 20
"""Bytes of zips and layers, unpacked, that functions run from; few projects have more."""
_ENGINE_SECONDS = "120"
"""How long the emulator waits for the Docker engine; its own 10 s blame a function for a busy machine."""


class PortTaken(ToolError):  # noqa: N818 - says what it found
    """Another program listens on the port."""


class EmbeddedAws:
    """An emulator's process and what it leaves in the Docker engine; whoever starts it stops it."""

    def __init__(
        self, *, account: str, region: str, parent: Path, runtimes: Mapping[str, str] | None = None, port: int = 0
    ) -> None:
        """Describe it; nothing runs yet.

        Args:
            account: the registry's account; the data plane of ECR serves this one only.
            region: its Region.
            parent: gets a folder of this one's own, for its log and its temporary files.
            runtimes: Lambda's name of a runtime → the image in the engine that zips for it run in.
            port: where to listen; 0 takes a free one.
        """
        self.name = f"lockage-{uuid4().hex[:8]}"
        self.host = engine.bridge_address()
        self.port = port or free_port(self.host)
        self.folder = parent / self.name
        self.log = self.folder / "aws.log"
        self.scratch = (in_memory(_UNPACKED) or self.folder) / f"{self.name}-unpacked"
        """What functions run from is unpacked there, as long as it runs."""
        self._account = account
        self._region = region
        self._runtimes = runtimes or {}
        self._running: Running | None = None

    @property
    def endpoint(self) -> str:
        """Where every service answers, for this machine and for functions."""
        return f"http://{self.host}:{self.port}"

    @property
    def registry(self) -> str:
        """ECR's data plane, as the Docker engine on this machine reaches it."""
        return f"localhost:{self.port}"

    @property
    def label(self) -> str:
        """What every container carries that this emulator starts."""
        return f"ministack.instance={self.name}:{self.port}"

    @property
    def pid(self) -> int:
        """The emulator's process, 0 before it runs."""
        return self._running.pid if self._running else 0

    def start(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            PortTaken: another program listens there.
            ToolError: it ended, or does not answer in time.
        """
        addresses = (f"{_LOOPBACK}:{self.port}", f"{self.host}:{self.port}")
        images = (f"{runtime}={image}" for runtime, image in self._runtimes.items())
        self.folder.mkdir(parents=True, exist_ok=True)
        self.scratch.mkdir(mode=0o700)
        try:
            self._running = Running(
                [sys.executable, "-m", "lockage.rehearsal.server", *addresses, *images],
                log=self.log,
                env=self._environment(),
            )
            self._wait(self._running)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> int:
        """End it, remove its containers and forget its images; returns how many containers. Safe to do twice.

        It is ended first, and at once: it would take down its containers one by one, and start others meanwhile.
        """
        if self._running:
            self._running.kill()
        try:
            removed = engine.remove_containers(self.label)
            removed += engine.remove_containers(self.label)  # what the engine was still making for it
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)
        engine.remove_images(self.registry)
        return removed

    def _environment(self) -> dict[str, str | None]:
        return {
            **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")),
            "AUTH": "true",
            "AWS_ENDPOINT_URL": self.endpoint,  # functions are given the same
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",  # or it opens a port of its own
            "LAMBDA_DOCKER_NETWORK": "bridge",  # asked at their own address: no port of this machine, no proxy
            "LAMBDA_EXECUTOR": "docker",
            "LAMBDA_STRICT": "1",  # never run a function outside of its container
            "LOG_LEVEL": "INFO",
            "MINISTACK_ACCOUNT_ID": self._account,
            "MINISTACK_DOCKER_TIMEOUT": _ENGINE_SECONDS,
            "MINISTACK_HOST": self.host,
            "MINISTACK_HOSTNAME": self.name,
            "MINISTACK_REGION": self._region,
            "NO_PROXY": "*",  # functions are called at addresses of this machine's own
            "no_proxy": "*",
            "PERSIST_STATE": "0",
            "TMPDIR": str(self.scratch),
        }

    def _wait(self, running: Running) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if running.ended() is not None:
                raise self._failure(running)
            if time.monotonic() > deadline:
                raise ToolError(
                    f"the embedded AWS does not answer after {_START_SECONDS:g} s",
                    why=running.tail() or "it printed nothing",
                    remedy=f"see {self.log}; on a busy machine run it again",
                )
            time.sleep(_POLL_SECONDS)

    def _failure(self, running: Running) -> ToolError:
        said = running.tail()
        if "address already in use" in said.lower():
            return PortTaken(
                f"port {self.port} is taken",
                why=f"another program listens on {_LOOPBACK}:{self.port} or {self.host}:{self.port}",
                remedy=f"run it again, which takes another port; `ss -ltnp 'sport = :{self.port}'` names the program",
            )
        return ToolError(
            "the embedded AWS did not start",
            why=said or "it printed nothing",
            remedy=f"see {self.log}; `./noxw` installs what it needs, by hand: pip install 'lockage[rehearsal]'",
        )

    def _answers(self) -> bool:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"{self.endpoint}/_ministack/ready", timeout=2) as answer:
                return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own number
        except OSError:
            return False


def free_port(host: str) -> int:
    """A port that is free on loopback and on ``host``.

    Raises:
        ToolError: ``host`` is no address of this machine, or no port was free on both.
    """
    for _ in range(_ATTEMPTS):
        with socket.socket() as loopback, socket.socket() as bridge:
            loopback.bind((_LOOPBACK, 0))
            port: int = loopback.getsockname()[1]
            try:
                bridge.bind((host, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise _unreachable(host) from error
                continue
            return port
    raise PortTaken(
        f"no port is free on {_LOOPBACK} and {host} at once",
        why=f"{_ATTEMPTS} were tried",
        remedy="end some programs that listen, and run it again",
    )


def _unreachable(host: str) -> ToolError:
    return ToolError(
        f"{host} is not an address of this machine",
        why="the Docker engine's bridge stands elsewhere (Docker Desktop, a rootless or a remote engine), so functions "
        "could not reach an embedded AWS on this machine",
        remedy="rehearse on Linux with an engine of its own; in a virtual machine it works too",
    )
