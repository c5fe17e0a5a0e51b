"""Packs files as an image of one layer: a build context that a digest names, sent once and never confused."""

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import msgspec

from lockage.model.ids import Digest
from lockage.oci.layout import Config, Descriptor, Manifest, RootFs, blob_path, hash_file

_TIME = 315_532_800  # 1980-01-01
_CREATED = "1980-01-01T00:00:00Z"
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


_EXECUTABLE = 0o111


class File(NamedTuple):
    """One file of an image."""

    path: str
    executable: bool
    content: bytes | memoryview


def pack(tree: Path, into: Path, platform: str) -> Digest:
    """Write a layout whose one layer holds a folder's files; see :func:`pack_files`."""
    return pack_files(_files(tree), into, platform)


def pack_files(files: Iterable[File], into: Path, platform: str) -> Digest:
    """Write a layout whose one layer holds these files; the manifest's digest.

    Names, whether a file may be run, and contents alone decide the bytes; everything belongs to root and has one time.

    Args:
        files: in the order of their names, each once; their folders need not be named.
        into: where the layout goes; made.
        platform: such as ``linux/amd64``.
    """
    into.joinpath("blobs", "sha256").mkdir(parents=True)
    layer = _layer(files, into)
    system, _, architecture = platform.partition("/")
    config = Config(architecture=architecture, os=system, created=_CREATED, rootfs=RootFs(diff_ids=(layer.digest,)))
    described = _blob(into, _CONFIG, config)
    manifest = {"schemaVersion": 2, **msgspec.to_builtins(_manifest(described, layer))}
    top = _blob(into, _MANIFEST, manifest)
    into.joinpath("oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    into.joinpath("index.json").write_bytes(_json({"schemaVersion": 2, "manifests": [top]}))
    return top.digest


def _manifest(config: Descriptor, layer: Descriptor) -> Manifest:
    return Manifest(media_type=_MANIFEST, config=config, layers=(layer,))


def _files(tree: Path) -> Iterator[File]:
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        executable = bool(path.stat().st_mode & _EXECUTABLE)
        yield File(path.relative_to(tree).as_posix(), executable, path.read_bytes())


def _layer(files: Iterable[File], into: Path) -> Descriptor:
    packed, folders = into / "layer.tar", set[PurePosixPath]()
    with tarfile.open(packed, "w", format=tarfile.PAX_FORMAT) as tar:
        for file in files:
            for folder in reversed(PurePosixPath(file.path).parents[:-1]):
                if folder not in folders:
                    folders.add(folder)
                    tar.addfile(_header(str(folder), tarfile.DIRTYPE, 0o755, 0))
            mode, size = 0o755 if file.executable else 0o644, len(file.content)
            tar.addfile(_header(file.path, tarfile.REGTYPE, mode, size), io.BytesIO(file.content))
    described = Descriptor(media_type=_LAYER, digest=hash_file(packed), size=packed.stat().st_size)
    packed.rename(blob_path(into, described.digest))
    return described


def _header(name: str, kind: bytes, mode: int, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.mode, header.size, header.mtime = kind, mode, size, _TIME
    return header


def _blob(into: Path, media_type: str, value: Any) -> Descriptor:  # noqa: ANN401 - anything that is JSON
    content = _json(value)
    digest = Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")
    blob_path(into, digest).write_bytes(content)
    return Descriptor(media_type=media_type, digest=digest, size=len(content))


def _json(value: Any) -> bytes:  # noqa: ANN401 - as above
    return msgspec.json.encode(value, order="deterministic")
