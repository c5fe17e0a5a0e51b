"""What we ask of crane: push an OCI layout, pull an image; the way in lives in a folder of its own for that long."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lockage.errors import ToolError
from lockage.model.ids import Digest
from lockage.tools.locked import Tool
from lockage.tools.process import run
from lockage.tools.scrub import scrubbed

_SECONDS = 1800
_PUSHED = re.compile(r"pushed blob: (sha256:[0-9a-f]{64})")


class RegistryRefused(ToolError):  # noqa: N818 - an outcome
    """The registry did not take or give an image; ``said`` is its own answer."""

    def __init__(self, error: ToolError) -> None:
        super().__init__(error.what, why=error.why, remedy=error.remedy)
        self.said = error.why


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A way into one registry."""

    host: str
    token: str
    """Basic authentication in base64, as ``ecr:GetAuthorizationToken`` gives it."""


class Crane:
    """The locked registry client.

    Args:
        tool: the locked program.
    """

    def __init__(self, tool: Tool) -> None:
        self.tool = tool

    def push(self, layout: Path, reference: str, login: Login) -> frozenset[Digest]:
        """Push a layout's only image under a tag.

        Args:
            layout: an OCI image layout.
            reference: ``host/repository:tag``.
            login: for that host.

        Returns:
            The blobs that the registry did not have; no other bytes went over the wire.

        Raises:
            RegistryRefused: it did not take it.
        """
        return uploaded(self._run(login, "push", layout, reference))

    def pull(self, reference: str, folder: Path, login: Login) -> None:
        """Pull an image by digest into a new OCI layout.

        Raises:
            RegistryRefused: it did not give it.
        """
        self._run(login, "pull", "--format=oci", reference, folder)

    def _run(self, login: Login, *arguments: str | Path) -> str:
        with _configuration(login) as folder:
            environment = {**scrubbed(folder, "REGISTRY_", "DOCKER_"), "DOCKER_CONFIG": str(folder)}
            try:
                return run([self.tool.path, *arguments], env=environment, timeout=_SECONDS).stderr
            except ToolError as error:
                raise RegistryRefused(error) from error


def uploaded(said: str) -> frozenset[Digest]:
    """The blobs that crane says it sent."""
    return frozenset(Digest(found) for found in _PUSHED.findall(said))


@contextmanager
def _configuration(login: Login) -> Iterator[Path]:
    """A client configuration that knows this one way in, readable by nobody else, and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lockage-registry-") as name:
        folder = Path(name)
        content = msgspec.json.encode({"auths": {login.host: {"auth": login.token}}})
        file = folder / "config.json"
        file.touch(mode=0o600)
        file.write_bytes(content)
        yield folder
