"""Questions to the Docker engine over its own socket: 10 ms each, where starting the command line costs 30 to 90.

Only an engine behind a Unix socket is asked this way; for others (``ssh://``, ``tcp://`` with TLS, another context) the
command line knows the way. https://docs.docker.com/reference/api/engine/
"""

import os
import re
import socket
from pathlib import Path
from typing import Any

import msgspec

_DEFAULT = Path("/var/run/docker.sock")
_SECONDS = 5.0
_CHUNK = 1 << 16
_REFERENCE = re.compile(r"[\w./:@-]+")


class Unreachable(Exception):  # noqa: N818 - what is the matter; never shown to people
    """The engine cannot be asked this way."""


def get(path: str) -> Any:  # noqa: ANN401 - the engine's JSON
    """Ask for a resource; None when there is none.

    Args:
        path: such as ``/info``.

    Raises:
        Unreachable: there is no Unix socket to ask, or no answer that can be read.
    """
    place = socket_path()
    if place is None:
        raise Unreachable("the engine is not behind a Unix socket")
    try:
        status, body = _exchange(place, path)
        if status == b"404":
            return None
        if status != b"200":
            raise Unreachable(f"the engine answered {status.decode(errors='replace')}")
        return msgspec.json.decode(body)
    except (OSError, msgspec.DecodeError) as error:
        raise Unreachable(str(error)) from error


def image_path(reference: str) -> str:
    """The path of a local image.

    Raises:
        Unreachable: the reference holds something that a path cannot.
    """
    if not _REFERENCE.fullmatch(reference):
        raise Unreachable(f"an odd reference: {reference}")
    return f"/images/{reference}/json"


def socket_path() -> Path | None:
    """The engine's Unix socket, found as the command line finds it; None when it is reached another way."""
    if host := os.environ.get("DOCKER_HOST"):
        return Path(host.removeprefix("unix://")) if host.startswith("unix://") else None
    context = os.environ.get("DOCKER_CONTEXT") or _configured_context()
    return _DEFAULT if context in {"", "default"} else None


def _configured_context() -> str:
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        configuration = msgspec.json.decode((folder / "config.json").read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError):
        return ""
    return str(configuration.get("currentContext", ""))


def _exchange(place: Path, path: str) -> tuple[bytes, bytes]:
    """Status and body. HTTP 1.0: one answer, whole, and the engine closes; no client library is worth its import."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(str(place))
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(_CHUNK), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split(b" ")
    return (words[1] if len(words) > 1 else b"nothing"), body
