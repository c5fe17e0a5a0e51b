"""Packs a folder as an image of one layer: a build context that a digest names, sent once and never confused."""

import hashlib
import tarfile
from pathlib import Path
from typing import Any

import msgspec

from lockage.model.ids import Digest
from lockage.oci.layout import Config, Descriptor, Manifest, RootFs, blob_path, hash_file

_TIME = 315_532_800  # 1980-01-01
_CREATED = "1980-01-01T00:00:00Z"
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def pack(tree: Path, into: Path, platform: str) -> Digest:
    """Write a layout whose one layer holds the folder; the manifest's digest.

    Names, modes and contents alone decide the bytes; everything belongs to root and has one time.

    Args:
        tree: the folder.
        into: where the layout goes; made.
        platform: such as ``linux/amd64``.
    """
    into.joinpath("blobs", "sha256").mkdir(parents=True)
    layer = _layer(tree, into)
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


def _layer(tree: Path, into: Path) -> Descriptor:
    packed = into / "layer.tar"
    with tarfile.open(packed, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(tree.rglob("*")):
            header = tar.gettarinfo(path, str(path.relative_to(tree)))
            header.uid = header.gid = 0
            header.uname = header.gname = ""
            header.mtime = _TIME
            if header.isreg():
                with path.open("rb") as content:
                    tar.addfile(header, content)
            else:
                tar.addfile(header)
    described = Descriptor(media_type=_LAYER, digest=hash_file(packed), size=packed.stat().st_size)
    packed.rename(blob_path(into, described.digest))
    return described


def _blob(into: Path, media_type: str, value: Any) -> Descriptor:  # noqa: ANN401 - anything that is JSON
    content = _json(value)
    digest = Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")
    blob_path(into, digest).write_bytes(content)
    return Descriptor(media_type=media_type, digest=digest, size=len(content))


def _json(value: Any) -> bytes:  # noqa: ANN401 - as above
    return msgspec.json.encode(value, order="deterministic")
