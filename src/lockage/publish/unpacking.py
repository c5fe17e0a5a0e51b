"""What Lambda unpacks, held before anything is pushed: a zip, its layers, and all of them together."""

import stat
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from lockage.model.artifact import LayerArtifact, ZipArtifact
from lockage.oci.layout import hash_file
from lockage.publish.acceptance import ALL_AGAIN, NotAcceptedError

LARGEST_BYTES = 262_144_000
"""A zip with its layers, unpacked (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""

MOST_LAYERS = 5
"""Of one function (same page)."""

_SHOWN = 10
_MEGA = 1_000_000
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ON_THE_PATH = "python"
"""The folder of a layer from which Python imports."""


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that Lambda would unpack."""

    artifact: ZipArtifact | LayerArtifact
    weights: dict[str, int]
    """Package or folder at the top → bytes."""


def read(artifact: ZipArtifact | LayerArtifact, archive: Path) -> Contents:
    """Hold that an archive is the artifact that was built, and that Lambda would unpack it.

    Raises:
        NotAcceptedError: naming everything that stands against it.
    """
    remedy = f"make it again, with its evidence: {ALL_AGAIN}"
    found = hash_file(archive)
    if found != artifact.digest:
        raise NotAcceptedError(
            f"dist/{artifact.name} holds another archive than was built",
            why=f"artifact.json names {artifact.digest}, and archive.zip is {found}",
            remedy=remedy,
        )
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise _refused(artifact, str(error), remedy) from error
    flaws = [*_names(artifact, members), *_sizes(artifact, members)]
    if flaws:
        raise _refused(artifact, "\n".join(flaws[:_SHOWN]), remedy)
    return Contents(artifact=artifact, weights=_weights(artifact, members))


def hold_together(function: Contents, layers: Sequence[Contents], declared: tuple[str, ...]) -> None:
    """Hold that Lambda would run a zip with its layers.

    Args:
        function: the zip.
        layers: what it was built for, in order.
        declared: the layers that ``lockage.yaml`` gives it, in order.

    Raises:
        NotAcceptedError: naming everything that stands against it.
    """
    flaws = [
        *_declared(function, declared),
        *(flaw for layer in layers for flaw in _fits(function, layer)),
        *_repeated(layers),
        *_total([function, *layers]),
    ]
    if flaws:
        name = function.artifact.name
        raise NotAcceptedError(
            f"Lambda would not run the zip {name} with its layers; it was not pushed",
            why="\n".join(flaws),
            remedy=f"mend it under zips.{name} and layers of lockage.yaml, then: {ALL_AGAIN}\n"
            "what cannot be made to fit belongs in an image",
        )


def _refused(artifact: ZipArtifact | LayerArtifact, why: str, remedy: str) -> NotAcceptedError:
    return NotAcceptedError(
        f"Lambda would not take the archive of {artifact.name}; it was not pushed", why=why, remedy=remedy
    )


def _names(artifact: ZipArtifact | LayerArtifact, members: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    yield from (f"{name} is in it twice" for name, times in Counter(m.filename for m in members).items() if times > 1)
    for member in members:
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in member.filename or not path.parts:
            yield f"{member.filename} would land outside of it"
        elif isinstance(artifact, LayerArtifact) and path.parts[0] != _ON_THE_PATH:
            yield f"{member.filename} is not under {_ON_THE_PATH}/, where nothing is imported from"
        if stat.S_IFMT(member.external_attr >> 16) not in {0, stat.S_IFREG}:
            yield f"{member.filename} is no regular file"
        if member.compress_type not in _METHODS or member.flag_bits & 1:
            yield f"{member.filename} is packed in a way that Lambda does not unpack"


def _sizes(artifact: ZipArtifact | LayerArtifact, members: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    unpacked = sum(member.file_size for member in members)
    if unpacked != artifact.unpacked:
        yield f"it unpacks to {unpacked:,} bytes, and artifact.json says {artifact.unpacked:,}"
    if not members:
        yield "it is empty"


def _weights(artifact: ZipArtifact | LayerArtifact, members: Sequence[zipfile.ZipInfo]) -> dict[str, int]:
    prefix = f"{_ON_THE_PATH}/" if isinstance(artifact, LayerArtifact) else ""
    found: Counter[str] = Counter()
    for member in members:
        found[member.filename.removeprefix(prefix).partition("/")[0]] += member.file_size
    return dict(found)


def _declared(function: Contents, declared: tuple[str, ...]) -> Iterator[str]:
    recorded = getattr(function.artifact, "layers", ())
    if recorded != declared:
        yield f"it was built for the layers {_list(recorded)}, and lockage.yaml gives it {_list(declared)}"
    if len(recorded) > MOST_LAYERS:
        yield f"it has {len(recorded)} layers; Lambda takes {MOST_LAYERS}"


def _fits(function: Contents, layer: Contents) -> Iterator[str]:
    for what in ("runtime", "platform"):
        wanted, found = getattr(function.artifact, what), getattr(layer.artifact, what)
        if wanted != found:
            yield f"the layer {layer.artifact.name} is for {found}, the zip is for {wanted}"


def _repeated(layers: Sequence[Contents]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for layer in layers:
        name, digest = layer.artifact.name, layer.artifact.digest
        if digest in seen:
            yield f"the layers {seen[digest]} and {name} are the same; Lambda takes a layer once"
        seen.setdefault(digest, name)


def _total(archives: Sequence[Contents]) -> Iterator[str]:
    total = sum(one.artifact.unpacked for one in archives)
    if total <= LARGEST_BYTES:
        return
    yield f"it unpacks to {total:,} bytes with its layers; Lambda takes {LARGEST_BYTES:,}. The largest of it:"
    weights = [(size, one.artifact.name, what) for one in archives for what, size in one.weights.items()]
    for size, name, what in sorted(weights, key=lambda one: -one[0])[:_SHOWN]:
        yield f"{size / _MEGA:7.1f} MB  {name}: {what}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
