"""OCI image layouts without a builder: layers from plain mappings, byte for byte the same each time."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def write_layout(
    directory: Path,
    *,
    layers: Sequence[Mapping[str, bytes] | bytes],
    config: Mapping[str, object] | None = None,
) -> str:
    """Write an OCI image layout with one image of one platform, and return its manifest digest.

    Args:
        directory: where the layout goes; made if missing.
        layers: one mapping from path (no leading slash) to content, or a whole tar, for each layer, lowest first.
        config: keys that replace those of the image configuration (``config``, ``created``, ``architecture`` …).
    """
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    tars = [layer if isinstance(layer, bytes) else _tar(layer) for layer in layers]
    packed = [gzip.compress(tar, mtime=0) for tar in tars]
    image = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(tar) for tar in tars]},
        "history": [{"created_by": f"layer {number}"} for number in range(len(tars))],
        **(config or {}),
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _store(blobs, CONFIG, _json(image)),
        "layers": [_store(blobs, LAYER, blob) for blob in packed],
    }
    descriptor = _store(blobs, MANIFEST, _json(manifest))
    (directory / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [descriptor]}
    (directory / "index.json").write_bytes(_json(index))
    return str(descriptor["digest"])


def digest_of(data: bytes) -> str:
    """``sha256:…`` of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _store(blobs: Path, media_type: str, data: bytes) -> dict[str, object]:
    digest = digest_of(data)
    (blobs / digest.removeprefix("sha256:")).write_bytes(data)
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _tar(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(files):
            member = tarfile.TarInfo(path)
            member.size = len(files[path])
            member.mode = 0o644
            tar.addfile(member, io.BytesIO(files[path]))
    return stream.getvalue()
