"""One single-platform image in an OCI image layout, as the image specification describes it.

https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
"""

import hashlib
import zlib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from lockage.errors import LockageError
from lockage.model.ids import Digest

T = TypeVar("T")

_CHUNK = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


class LayoutError(LockageError):
    """A layout that is not one intact image."""


class Descriptor(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What names a blob."""

    media_type: str = ""
    digest: Digest
    size: int
    annotations: dict[str, str] = {}


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """``index.json``."""

    manifests: tuple[Descriptor, ...]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An image manifest."""

    media_type: str = ""
    config: Descriptor
    layers: tuple[Descriptor, ...]


class RootFs(msgspec.Struct, frozen=True, kw_only=True):
    """The layers, uncompressed."""

    diff_ids: tuple[Digest, ...]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What made a layer."""

    created_by: str = ""
    empty_layer: bool = False


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """An image configuration."""

    architecture: str
    os: str
    created: str = ""
    """ISO time."""
    config: dict[str, Any] = {}
    rootfs: RootFs
    history: tuple[History, ...] = ()


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """A layout that was read; its layers' bytes stay on disk."""

    path: Path
    digest: Digest
    """Of the manifest."""
    manifest: Manifest
    config: Config

    def blob(self, digest: Digest) -> Path:
        """Where a blob's bytes are."""
        return blob_path(self.path, digest)

    @property
    def descriptors(self) -> tuple[Descriptor, ...]:
        """Configuration and layers."""
        return (self.manifest.config, *self.manifest.layers)

    @property
    def digests(self) -> tuple[Digest, ...]:
        """Of every blob: manifest, configuration, layers."""
        return (self.digest, *(blob.digest for blob in self.descriptors))

    @property
    def made_by(self) -> tuple[str, ...]:
        """For every layer the instruction that made it, as far as the history tells."""
        told = [entry.created_by for entry in self.config.history if not entry.empty_layer]
        missing = len(self.manifest.layers) - len(told)
        return ("",) * missing + tuple(told[: len(self.manifest.layers)])


def blob_path(layout: Path, digest: Digest) -> Path:
    """Where a layout keeps a blob."""
    return layout.joinpath("blobs", *digest.split(":", 1))


def read(path: Path) -> Layout:
    """Read manifest and configuration, and hold that every blob is there at its size.

    Raises:
        LayoutError: no layout, more than one manifest, or a blob that is missing, cut short or not what it is called.
    """
    index = _decode(path, path / "index.json", Index)
    if len(index.manifests) != 1:
        raise _broken(path, f"index.json names {len(index.manifests)} manifests; Lambda takes exactly one")
    top = index.manifests[0]
    manifest = _decode(path, _whole(path, top), Manifest)
    config = _decode(path, _whole(path, manifest.config), Config)
    layout = Layout(path=path, digest=top.digest, manifest=manifest, config=config)
    for layer in manifest.layers:
        _hold_size(path, layer)
    if len(config.rootfs.diff_ids) != len(manifest.layers):
        raise _broken(path, f"{len(manifest.layers)} layers, but {len(config.rootfs.diff_ids)} in the configuration")
    return layout


def named_index(layout: Layout, name: str) -> bytes:
    """An ``index.json`` for this image that gives it a name, as containerd and ``docker load`` read it."""
    manifest = {
        "mediaType": layout.manifest.media_type,
        "digest": layout.digest,
        "size": blob_path(layout.path, layout.digest).stat().st_size,
        "annotations": {"io.containerd.image.name": name},
    }
    return msgspec.json.encode({"schemaVersion": 2, "manifests": [manifest]})


def intact(path: Path, digest: Digest) -> bool:
    """Whether a layout holds this image with every blob at its size; bytes of layers are not read."""
    try:
        return read(path).digest == digest
    except LayoutError:
        return False


def verify(layout: Layout) -> None:
    """Re-hash every layer.

    Raises:
        LayoutError: a layer's bytes are not what its digest says.
    """
    for layer in layout.manifest.layers:
        found = hash_file(layout.blob(layer.digest))
        if found != layer.digest:
            raise _broken(layout.path, f"the layer {layer.digest} has the bytes of {found}")


def unpacked_size(blob: Path) -> int:
    """Bytes of a gzip layer's tar, by unpacking it.

    Raises:
        LayoutError: it is no gzip stream, or it is cut short.
    """
    unpacker, total = zlib.decompressobj(_GZIP), 0
    try:
        with blob.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                total += len(unpacker.decompress(chunk))
    except zlib.error as error:
        raise _broken(blob, f"the layer is no gzip stream: {error}") from error
    if not unpacker.eof:
        raise _broken(blob, "the layer's gzip stream ends too early")
    return total


def hash_file(path: Path) -> Digest:
    """A file's SHA-256."""
    with path.open("rb") as stream:
        return Digest(f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}")


def _whole(path: Path, descriptor: Descriptor) -> Path:
    """A small blob that was hashed before it is read."""
    _hold_size(path, descriptor)
    blob = blob_path(path, descriptor.digest)
    found = hash_file(blob)
    if found != descriptor.digest:
        raise _broken(path, f"the blob {descriptor.digest} has the bytes of {found}")
    return blob


def _hold_size(path: Path, descriptor: Descriptor) -> None:
    blob = blob_path(path, descriptor.digest)
    if not blob.is_file():
        raise _broken(path, f"the blob {descriptor.digest} is missing")
    if blob.stat().st_size != descriptor.size:
        raise _broken(path, f"the blob {descriptor.digest} has {blob.stat().st_size} bytes, not {descriptor.size}")


def _decode(path: Path, file: Path, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(file.read_bytes(), type=type_)
    except FileNotFoundError as error:
        raise _broken(path, f"{file.relative_to(path)} is missing") from error
    except msgspec.DecodeError as error:
        raise _broken(
            path, f"{file.relative_to(path)} does not read as the image specification says: {error}"
        ) from error


def _broken(path: Path, why: str) -> LayoutError:
    return LayoutError(
        f"{path} is not one intact image",
        why=why,
        remedy="remove it and build again: ./noxw -s build",
    )
