"""A ``dist/`` with an image in it, without a builder."""

from collections.abc import Callable
from pathlib import Path

from lockage.model.artifact import ImageArtifact, Layer
from lockage.model.dist import DistDir
from lockage.model.ids import Fingerprint
from lockage.oci import layout as oci


def put_image(dist: DistDir, name: str, write: Callable[[Path], str]) -> ImageArtifact:
    """Write a layout into ``dist/`` and describe it as a build would."""
    write(dist.layout(name))
    image = oci.read(dist.layout(name))
    pairs = zip(image.manifest.layers, image.config.rootfs.diff_ids, strict=True)
    layers = tuple(Layer(digest=blob.digest, diff_id=diff_id, size=blob.size) for blob, diff_id in pairs)
    artifact = ImageArtifact(
        name=name,
        digest=image.digest,
        fingerprint=Fingerprint("sha256:" + "0" * 64),
        platform="linux/amd64",
        size=sum(layer.size for layer in layers),
        unpacked=sum(layer.size for layer in layers),
        layers=layers,
        inputs=(),
    )
    dist.write_artifact(dist.folder(name), artifact)
    return artifact
