"""The policy engine: one OPA server for each execution environment, reached over a Unix socket and by nobody else."""

import hashlib
import http.client
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_QUERY = "/v1/data/findings/result"
_START_SECONDS = 5.0
_ANSWER_SECONDS = 2.0
_POLL_SECONDS = 0.005
_TESTS = "*_test.rego"
_STDERR = 2


class PolicyError(Exception):
    """The policy engine did not start, did not answer, or gave no result."""


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("opa", timeout=_ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class PolicyEngine:
    """Asks the policies of one folder.

    The server starts with the first question, stays for the environment's life, and is started again if it died:
    Lambda ends what a function left running when an invocation timed out.

    Args:
        binary: the OPA executable.
        policies: folder of ``.rego`` files.
    """

    def __init__(self, binary: Path, policies: Path) -> None:
        self._binary = binary
        self._policies = policies
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self.digest = _digest(policies)
        """``sha256:…`` over the policies' names and bytes, tests left out."""

    def evaluate(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The policy's result on one input.

        Raises:
            PolicyError: there is none; a server that stopped answering was started again and asked once more.
        """
        if self._process is None or self._process.poll() is not None:
            self._start()
        try:
            return self._ask(document)
        except OSError:
            self._start()
        try:
            return self._ask(document)
        except OSError as error:
            raise PolicyError(f"opa does not answer after a new start: {error}") from error

    def stop(self) -> None:
        """End the server and remove its socket."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _start(self) -> None:
        self.stop()
        self._folder = Path(tempfile.mkdtemp(prefix="opa-"))  # mode 0700, a new one each time: no stale socket
        command = [
            str(self._binary), "run", "--server",
            "--addr", f"unix://{self._socket()}", "--unix-socket-perm", "600",
            "--log-level", "error", "--skip-version-check", "--ignore", _TESTS, str(self._policies),
        ]  # fmt: skip
        try:
            # An empty environment: the function's credentials are none of the engine's business.
            self._process = subprocess.Popen(command, env={}, stdin=subprocess.DEVNULL, stdout=_STDERR)  # noqa: S603 - constant program, no outside input
        except OSError as error:
            raise PolicyError(f"opa cannot be run: {error}") from error
        self._wait(self._process)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise PolicyError(f"opa ended with exit code {process.returncode}; its own words stand in the log")
            if self._healthy():
                return
            time.sleep(_POLL_SECONDS)
        self.stop()
        raise PolicyError(f"opa was not ready within {_START_SECONDS:g} s")

    def _healthy(self) -> bool:
        try:
            status, _ = self._request("GET", "/health")
        except OSError:
            return False
        return status == http.HTTPStatus.OK

    def _ask(self, document: Mapping[str, Any]) -> dict[str, Any]:
        status, body = self._request("POST", _QUERY, json.dumps({"input": document}))
        if status != http.HTTPStatus.OK:
            raise PolicyError(f"opa answered {status}: {body[:500].decode(errors='replace')}")
        result = json.loads(body).get("result")
        if not isinstance(result, dict):
            raise PolicyError(f"the policy in {self._policies} gives no result at {_QUERY}")
        return result

    def _request(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        connection = _Connection(self._socket())
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as error:
            raise ConnectionError(f"opa broke off: {error!r}") from error
        finally:
            connection.close()

    def _socket(self) -> Path:
        if self._folder is None:
            raise ConnectionError("opa is not running")
        return self._folder / "api.sock"


def _digest(policies: Path) -> str:
    """Over the files that decide."""
    digest = hashlib.sha256()
    for path in sorted(policies.rglob("*.rego")):
        if not path.match(_TESTS):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(policies)}\0{len(content)}\0".encode() + content)
    return f"sha256:{digest.hexdigest()}"
