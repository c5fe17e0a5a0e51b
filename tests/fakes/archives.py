"""Small zips and layers with chosen packages, as a build would put them into ``dist/``, and ways to make them lie."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from lockage.build.archive import Entry, entry, write
from lockage.model.artifact import Input, LayerArtifact, ZipArtifact
from lockage.model.artifact import Package as Packed
from lockage.model.dist import DistDir
from lockage.model.ids import Digest, Fingerprint
from lockage.plan.requirements import parse

Files = dict[str, bytes]
SOURCES: Mapping[str, bytes] = {"shop/handler.py": b"def handle(event, context):\n    return event\n"}


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """A package as a lock names it and as it is installed."""

    name: str
    version: str
    modules: Mapping[str, bytes] = {}
    """Beside a module of its own name."""

    @property
    def info(self) -> str:
        """The folder of its metadata."""
        return f"{self.name.replace('-', '_')}-{self.version}.dist-info"

    @property
    def hashed(self) -> str:
        """64 hex digits, which a lock names for its wheel."""
        return hashlib.sha256(f"{self.name} {self.version}".encode()).hexdigest()

    def installed(self) -> Files:
        """Its files, ``RECORD`` included."""
        metadata = f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\nLicense: MIT\n"
        files = {
            f"{self.name.lower()}/__init__.py": f"# {self.name}\n".encode(),
            f"{self.info}/METADATA": metadata.encode(),
            f"{self.info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            **self.modules,
        }
        return {**files, f"{self.info}/RECORD": record(files, self.info)}


def record(files: Mapping[str, bytes], info: str) -> bytes:
    """A ``RECORD`` of these files."""
    lines = [f"{path},sha256={_hashed(content)},{len(content)}" for path, content in sorted(files.items())]
    return "".join(f"{line}\n" for line in [*lines, f"{info}/RECORD,,"]).encode()


def _hashed(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def lock_text(packages: Sequence[Package]) -> str:
    """A lock of these, with one file each."""
    return "".join(f"{one.name}=={one.version} --hash=sha256:{one.hashed}\n" for one in packages)


def put_archive(
    dist: DistDir,
    name: str,
    packages: Sequence[Package] = (),
    *,
    kind: Literal["zip", "layer"] = "zip",
    lock: str | None = None,
    spoil: Callable[[Files], None] = lambda _files: None,
) -> ZipArtifact | LayerArtifact:
    """Put an archive into ``dist/``, and its lock beside that.

    Args:
        dist: usually ``dist`` in a project's folder.
        name: the artifact's.
        packages: what is installed in it.
        kind: a layer has all of it under ``python/``.
        lock: the lock's text; that of these packages if not said, and none without packages.
        spoil: changes what is in it, unknown to anybody.
    """
    files = {**SOURCES, **{path: content for one in packages for path, content in one.installed().items()}}
    spoil(files)
    prefix = "python/" if kind == "layer" else ""
    entries = [entry(prefix + path, content) for path, content in files.items()]
    text = lock_text(packages) if lock is None else lock
    inputs = (_source(), *_lock(dist.root.parent, name, text)) if text else (_source(),)
    made = replace(_put(dist, name, entries, inputs, kind), packages=packed(packages, text))
    dist.write_artifact(dist.folder(name), made)
    return made


def packed(packages: Sequence[Package], text: str) -> tuple[Packed, ...]:
    """What a build of a lock says of these."""
    records = {(one.name.lower(), one.version): one.installed()[f"{one.info}/RECORD"] for one in packages}
    return tuple(
        Packed(name=pin.name, version=pin.version, hashes=pin.hashes, record=hashlib.sha256(content).hexdigest())
        for pin in parse("requirements.lock", text)
        if (content := records.get((pin.name, pin.version)))
    )


def _put(
    dist: DistDir, name: str, entries: Sequence[Entry], inputs: tuple[Input, ...], kind: Literal["zip", "layer"]
) -> ZipArtifact | LayerArtifact:
    dist.folder(name).mkdir(parents=True, exist_ok=True)
    digest, size = write(dist.archive(name), entries)
    made = (ZipArtifact if kind == "zip" else LayerArtifact)(
        name=name,
        digest=digest,
        fingerprint=Fingerprint("sha256:" + "0" * 64),
        platform="linux/amd64",
        runtime="python3.13",
        size=size,
        unpacked=sum(one.size for one in entries),
        inputs=inputs,
    )
    dist.write_artifact(dist.folder(name), made)
    return made


def _source() -> Input:
    return Input(kind="source", name="functions/shop", digest="sha256:" + "1" * 64)


def _lock(root: Path, name: str, text: str) -> tuple[Input, ...]:
    path = root / "functions" / name / "requirements.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    digest = Digest(f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")
    return (Input(kind="requirements", name=f"functions/{name}/requirements.lock", digest=digest),)
