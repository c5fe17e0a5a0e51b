"""Where tools come from: a server that publishes releases, and a Go that records how it was called."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PROGRAM = b"#!/bin/sh\necho scanner\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def archive(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


class Publisher:
    """Serves what it was given on loopback, and remembers what was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.authorizations: list[str | None] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append(self.path)
                publisher.authorizations.append(self.headers.get("Authorization"))
                status, headers, body = publisher.answers.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def publish(self, path: str, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> str:
        self.answers[path] = (status, headers or {}, body)
        return self.url + path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class FakeGo:
    """A stub ``go`` that writes what it is asked to build, or fails, and records its calls."""

    def __init__(self, folder: Path, *, version: str = "go1.26.8", fails: str = "") -> None:
        self.folder = folder
        self._calls = folder / "calls"
        folder.mkdir()
        stub = folder / "go"
        stub.write_text(
            f"""#!/bin/sh
            if [ "$1" = env ]; then echo {version}; exit; fi
            settings="CGO_ENABLED=$CGO_ENABLED GOFLAGS=$GOFLAGS GOTOOLCHAIN=$GOTOOLCHAIN SPECIAL=$SPECIAL"
            echo "$* [$(ls | tr '\\n' ' ')$settings]" >>{self._calls}
            if [ -n "{fails}" ]; then echo "{fails}" >&2; exit 1; fi
            while [ "$1" != -o ]; do shift; done
            echo "built by $2" >"$2"; chmod +x "$2"
            """
        )
        stub.chmod(0o755)

    def builds(self) -> list[str]:
        return self._calls.read_text().splitlines() if self._calls.exists() else []


MakeGo = Callable[..., FakeGo]
