"""A project of zips and layers in a git tree of its own: one function that is well, and one for every way not to be."""

import re
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from lockage.build.archive import entry, write
from lockage.cli.main import main_inner
from lockage.model.dist import DistDir
from lockage.model.ids import CommitSha
from lockage.model.release import Configuration, Evidence, Release, ReleasedLayer, released_function
from lockage.oci.layout import hash_file
from lockage.tools.git import Git

ROOT = Path(__file__).parents[2]

SURROUNDINGS = """\
import errno
import os
import socket

import first
import second


def refused(what, *numbers):
    try:
        what()
    except OSError as error:
        assert error.errno in numbers, error
    else:
        raise AssertionError(what)


def handle(event, context):
    for place in ("/var/task", "/opt/python", "/etc", "/var/tmp"):
        refused(lambda: open(f"{place}/x", "w"), errno.EROFS)
    with open("/tmp/x", "w") as file:
        file.write("x")
    space = os.statvfs("/tmp")
    assert space.f_blocks * space.f_frsize == 512 << 20
    refused(lambda: socket.create_connection(("192.0.2.1", 80), 1), errno.ENETUNREACH)
    assert os.getuid() == 10001
    assert not any(os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))
    assert os.environ["AWS_LAMBDA_FUNCTION_NAME"] == "shop-well"
    assert os.environ["ITEMS"] == "shop-items"
    assert context.memory_limit_in_mb == "128"
    assert (first.LAYER, second.LAYER) == ("one", "two")
    return {"well": event["asked"]}
"""
HANDLERS = {
    "well": SURROUNDINGS,
    "absent": "import nope_nope\n",
    "library": 'import ctypes\n\nctypes.CDLL("libnothere.so.3")\n',
    "foreign": "from shop import _core\n",
    "syntax": "def handle(event, context)\n",
    "nothandle": "def other(event, context):\n    return 1\n",
    "number": "handle = 3\n",
    "raises": 'def handle(event, context):\n    raise KeyError("asked too much")\n',
    "hungry": 'def handle(event, context):\n    return len(b"x" * (1 << 30))\n',
    "greedy": 'KEPT = b"x" * (1 << 30)\n',
    "slow": "import time\n\n\ndef handle(event, context):\n    time.sleep(60)\n",
    "crash": "import ctypes\n\nctypes.string_at(0)\n",
    "quits": "import os\n\n\ndef handle(event, context):\n    os._exit(3)\n",
}
"""A module a function."""

LAYERS = {
    "one": {"first/__init__.py": 'LAYER = "one"\n'},
    "two": {"second/__init__.py": 'LAYER = "two"\n'},
}

_OTHER = "sha256:" + "f" * 64


class Shop:
    """The project; tests may change it."""

    def __init__(self, root: Path, *, functions: Mapping[str, str] = HANDLERS, platform: str = "linux/amd64") -> None:
        self.root, self.dist = root, DistDir(root / "dist")
        self.write("functions/shop/__init__.py", "")
        if "foreign" in functions:
            self.write("functions/shop/_core.cpython-27-x86_64-linux-gnu.so", "of another Python")
        for name, text in functions.items():
            self.write(f"functions/shop/{name}.py", text)
        for name, files in LAYERS.items():
            for path, text in files.items():
                self.write(f"layers/{name}/{path}", text)
        self.write("probe.json", '{"asked": true}\n')
        self.write("lockage.yaml", msgspec.json.format(msgspec.json.encode(_declared(functions, platform))).decode())
        subprocess.run(["git", "init", "--quiet", root], check=True)  # noqa: S603 - the test's own words

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def lockage(self, verb: str, *arguments: str) -> None:
        """Run a verb on it."""
        main_inner([verb, "--project", str(self.root / "lockage.yaml"), *arguments])

    def commit(self) -> CommitSha:
        """Commit all of it but ``dist/``; the commit."""
        git, who = ["git", "-C", str(self.root)], ["-c", "user.name=shop", "-c", "user.email=shop@example.com"]
        subprocess.run([*git, "add", "--all", ":!dist"], check=True)  # noqa: S603 - the test's own words
        subprocess.run([*git, *who, "commit", "--quiet", "--message=as it is"], check=True)  # noqa: S603 - as above
        return Git(self.root).head()

    def alter(self, name: str, path: str, content: bytes) -> None:
        """Have what was built of a zip or layer be of another source: one file of it, and the recorded input."""
        artifact, archive = self.dist.read_artifact(name), self.dist.archive(name)
        with zipfile.ZipFile(archive) as opened:
            files = {one: opened.read(one) for one in opened.namelist()}
        digest, size = write(archive, [entry(one, text) for one, text in {**files, path: content}.items()])
        inputs = tuple(replace(one, digest=_OTHER) if one.kind == "source" else one for one in artifact.inputs)
        self.dist.write_artifact(self.dist.folder(name), replace(artifact, digest=digest, size=size, inputs=inputs))

    def release(self, commit: CommitSha) -> Release:
        """A release, written by hand, of what was built of the function that is well."""
        built = {name: self.dist.read_artifact(name) for name in ("shop", *LAYERS)}
        recorded = ((one.digest, hash_file(self.dist.artifact(name))) for name, one in built.items())
        digests = tuple(built[name].digest for name in LAYERS)
        configuration = Configuration(
            command=(),
            memory_mb=128,
            timeout_s=30,
            environment={"ITEMS": "${table.items}"},
            architecture="x86_64",
            handler="shop.well.handle",
            runtime="python3.13",
            layers=digests,
        )
        return Release(
            schema=1,
            project="shop",
            commit=commit,
            dirty=False,
            functions=(
                released_function(
                    "well", repository="", artifact=built["shop"].digest, configuration=configuration, probe="{}"
                ),
            ),
            evidence=tuple(Evidence(artifact=one, kind="artifact", sha256=sha256) for one, sha256 in recorded),
            parent=None,
            second_sources=(),
            layers=tuple(
                ReleasedLayer(name=name, artifact=digest, runtime="python3.13", architecture="x86_64")
                for name, digest in zip(LAYERS, digests, strict=True)
            ),
        )


def pinned_runtime() -> str:
    """The image that this repository's own base is built from: what stands in for it, stands in here too."""
    found = re.search(r"^FROM (\S+@sha256:[0-9a-f]{64})$", (ROOT / "images/base/Dockerfile").read_text(), re.MULTILINE)
    assert found
    return found[1]


def _declared(functions: Mapping[str, str], platform: str) -> dict[str, object]:
    sources = {name: sorted({path.split("/")[0] for path in files}) for name, files in LAYERS.items()}
    return {
        "version": 1,
        "project": "shop",
        "runtimes": {"python3.13": pinned_runtime()},
        "zips": {"shop": {"sources": ["functions/shop"], "layers": list(LAYERS), "platform": platform}},
        "layers": {
            name: {"sources": [f"layers/{name}/{folder}" for folder in folders], "platform": platform}
            for name, folders in sources.items()
        },
        "functions": {name: _function(name) for name in functions},
        "resources": {"tables": {"items": {"key": "id"}}},
        "registry": {"account": "222222222222", "region": "eu-central-1", "store": "shop-releases"},
        "environments": {"prod": {"account": "222222222222", "region": "eu-central-1"}},
    }


def _function(name: str) -> dict[str, object]:
    return {
        "zip": "shop",
        "handler": f"shop.{name}.handle",
        "memory_mb": 128,
        "timeout_s": 3 if name == "slow" else 30,
        "environment": {"ITEMS": "${table.items}"},
        "probe": "probe.json",
    }


def dockerfile_of_runtime() -> str:
    """An image of what is staged, upon the pinned runtime itself."""
    return f"""\
FROM scratch AS dependencies
FROM scratch AS sources
FROM scratch AS lockage
FROM {pinned_runtime()} AS compiled
COPY --from=sources / /staged/
RUN --mount=type=bind,from=lockage,source=/bytecode.py,target=/bytecode.py python3 /bytecode.py /staged /var/task
FROM {pinned_runtime()}
COPY --from=dependencies /packages/ /var/task/
COPY --from=compiled /staged/ /var/task/
"""
